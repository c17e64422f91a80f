"""Blocks to PDF/A: typst sets the page with the fonts that it brings along, so that the same blocks give the same bytes anywhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab.writers.page import page_data

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peqdlab.blocks import Block

PAPERS: Final = {"a4": "a4", "letter": "us-letter"}
_FONTS: Final = ("Libertinus Serif", "New Computer Modern", "New Computer Modern Math", "DejaVu Sans Mono")
_ARCHIVAL: Final = "a-2b"  # for keeping; it also refuses a letter that no font has
_NO_GLYPH: Final = "could not be displayed"


class Printed(NamedTuple):
    """A PDF, and the letters that no font has: each is printed as its number, such as U+4E2D."""

    pdf: bytes
    missing: tuple[str, ...] = ()


def render_pdf(blocks: Iterable[Block], moment: datetime, *, paper: str = "a4", fonts: str = "") -> Printed:
    """Return the blocks as PDF/A-2b on ``a4`` or ``letter``, printed at a ``moment``: the same blocks and moment give the same bytes.

    ``fonts`` is a folder with more fonts, for letters that the own ones lack.
    """
    from typst import TypstError

    page = {**page_data(blocks), "paper": PAPERS[paper], "printed": f"{moment:%Y-%m-%d %H:%M}"}
    try:
        return Printed(_set(page, moment, fonts))
    except TypstError as error:
        if _NO_GLYPH not in str(error):
            raise
    missing = tuple(letter for letter in sorted(_letters(page)) if not _has_glyph(letter, fonts))
    return Printed(_set(_told(page, str.maketrans({letter: f"U+{ord(letter):04X}" for letter in missing})), moment, fonts), missing)


def _set(page: Any, moment: datetime, fonts: str) -> bytes:
    compiler, families = _typesetter(fonts)
    data = json.dumps({**page, "fonts": families}, ensure_ascii=False)
    return _compile(compiler, _template(), {"page": data}, moment)


def _compile(compiler: Any, source: bytes, inputs: dict[str, str], moment: datetime) -> bytes:
    seconds = int(moment.timestamp())
    made: bytes = compiler.compile(source, format="pdf", sys_inputs=inputs, pdf_standards=_ARCHIVAL, timestamp=seconds, pdf_tags=False)
    return made


@cache
def _typesetter(fonts: str) -> tuple[Any, list[str]]:
    """Return the typesetter, which keeps its fonts in mind from page to page, and the families in the order of their use."""
    import typst

    folders = [fonts] if fonts else []
    more = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders).families() if fonts else []
    return typst.Compiler(ignore_system_fonts=True, font_paths=folders), [*_FONTS, *more]


@cache
def _template() -> bytes:
    return Path(__file__).with_name("page.typ").read_bytes()


@cache
def _has_glyph(letter: str, fonts: str) -> bool:
    from typst import TypstError

    compiler, families = _typesetter(fonts)
    source = b"#set text(font: json(bytes(sys.inputs.fonts)))\n#sys.inputs.letter"
    try:
        _compile(compiler, source, {"fonts": json.dumps(families), "letter": letter}, datetime.fromtimestamp(0, UTC))
    except TypstError:
        return False
    return True


def _letters(item: Any) -> set[str]:
    """Return every letter beyond ASCII in JSON values."""
    if isinstance(item, str):
        return {letter for letter in item if not letter.isascii()}
    parts = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return {letter for part in parts for letter in _letters(part)}


def _told(item: Any, letters: dict[int, str]) -> Any:
    """Return JSON values with letters replaced in every text."""
    if isinstance(item, str):
        return item.translate(letters)
    if isinstance(item, dict):
        return {name: _told(part, letters) for name, part in item.items()}
    return [_told(part, letters) for part in item] if isinstance(item, list) else item
