"""Blocks to a file: a page as PDF, HTML, Markdown or text, by the ending of the file's name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from peqdlab.cli.running import callout, fail, talk, write_file
from peqdlab.findings import either

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peqdlab.blocks import Block

ENDINGS = (".pdf", ".html", ".md", ".txt")
PAPERS = ("a4", "letter")


def save_page(blocks: Sequence[Block], output: str, paper: str = "a4", also: Sequence[str] = ()) -> None:
    """Write blocks as a page; ends with A105 for another ending (``also`` is written elsewhere) or paper, with A107 where it cannot."""
    ending = Path(output).suffix.lower()
    if ending not in ENDINGS:
        fail("A105", f"-o {output}", f"{ending or 'no ending'} is not written here", f"end the name in {either((*also, *ENDINGS))}")
    if paper.lower() not in PAPERS:
        fail("A105", f"--paper {paper[:20]}", f"{paper[:20]!r} is no paper that is known here", f"one of: {', '.join(PAPERS)}")
    write_file(output, _pdf(blocks, paper.lower(), output) if ending == ".pdf" else _text(blocks, ending, paper.lower()))


def _text(blocks: Sequence[Block], ending: str, paper: str) -> str:
    if ending == ".html":
        from peqdlab.writers.html import render_html

        return render_html(blocks, paper)
    if ending == ".md":
        from peqdlab.writers.markdown import render_markdown

        return render_markdown(blocks)
    from peqdlab.writers.text import render_text

    return render_text(blocks)


def _pdf(blocks: Sequence[Block], paper: str, output: str) -> bytes:
    """Return a PDF; says on standard error which letters no font has."""
    from peqdlab.findings import Finding, Place
    from peqdlab.writers.pdf import render_pdf

    printed = render_pdf(blocks, print_moment(), paper=paper, fonts=_more_fonts())
    if printed.missing:
        named = ", ".join(f"{letter} (U+{ord(letter):04X})" for letter in printed.missing[:8])
        more = f" and {len(printed.missing) - 8} more" if len(printed.missing) > 8 else ""
        message = f"no font has {named}{more}: printed as numbers"
        remedy = f"-o {Path(output).with_suffix('.html')}, or name a folder of fonts in $PEQDLAB_FONTS"
        talk([callout(Finding("warning", "A112", Place(f"-o {output}"), message, remedy))])
    return printed.pdf


def print_moment() -> datetime:
    """Return now, or the moment that $SOURCE_DATE_EPOCH fixes so that a page can be made again to the byte."""
    from datetime import UTC, datetime

    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(fixed), UTC) if fixed.isdecimal() and len(fixed) < 11 else datetime.now().astimezone()


def _more_fonts() -> str:
    folder = os.environ.get("PEQDLAB_FONTS", "")
    if folder and not Path(folder).is_dir():
        fail("A112", "$PEQDLAB_FONTS", f"{folder} is no folder", "name a folder with font files, or unset it")
    return folder
