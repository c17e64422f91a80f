"""Blocks to one HTML file that loads nothing: it prints as it shows, and it can be read on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from peqdlab.writers.page import page_data

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peqdlab.blocks import Block

_PAPERS: Final = {"a4": "A4", "letter": "letter"}


def render_html(blocks: Iterable[Block], paper: str = "a4") -> str:
    """Return the blocks as HTML that prints on ``a4`` or ``letter``."""
    from jinja2 import Environment, StrictUndefined

    page = {**page_data(blocks), "paper": _PAPERS[paper]}
    template = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True).from_string(
        Path(__file__).with_name("page.html.jinja").read_text(encoding="utf-8")
    )
    return template.render(page=page)
