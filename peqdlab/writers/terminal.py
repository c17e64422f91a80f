"""Blocks to a terminal with colours: the text writer's layout, styled by rich; user text is never read as markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from peqdlab.writers.text import render_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peqdlab.blocks import Block

_STYLES: Final = {
    "title": "bold",
    "heading": "bold cyan",
    "strong": "bold",
    "quiet": "dim",
    "error": "bold red",
    "warning": "bold yellow",
    "note": "bold blue",
}


def print_terminal(blocks: Iterable[Block], columns: int) -> None:
    """Print the blocks in colour, at most ``columns`` wide."""
    from rich.console import Console
    from rich.text import Text

    console = Console(width=columns, highlight=False, soft_wrap=True)

    def style(text: str, tone: str) -> str:
        name = _STYLES.get(tone)
        if name is None:
            return text
        with console.capture() as captured:
            console.print(Text(text, style=name), end="")
        return captured.get()

    console.out(render_text(blocks, columns, style), end="", highlight=False)
