"""What can stand on a page: a few kinds of blocks that every writer turns into its own form."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple


class Heading(NamedTuple):
    """A title (level 1) or section (level 2)."""

    text: str
    level: int = 2


class Paragraph(NamedTuple):
    """A line or more of text; ``strong`` is the number that matters, ``quiet`` what may be skipped."""

    text: str
    tone: str = ""


class Table(NamedTuple):
    """Rows of texts under columns; ``right`` names the columns of numbers. The widest column gives way on a narrow page."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[str, ...] = ()


class Line(NamedTuple):
    """Something to fill in or filled in: a short code, what is asked, what is planned, and what was found."""

    code: str
    asks: str
    planned: str
    actual: str = ""


class StepBlock(NamedTuple):
    """One step with a box to tick, its blanks, and what must be so before going on."""

    code: str
    text: str
    hold: bool = False
    lines: tuple[Line, ...] = ()
    remarks: tuple[str, ...] = ()


class Callout(NamedTuple):
    """A finding: severity, code, place, what is so, and what to do."""

    severity: str
    code: str
    place: str
    text: str
    details: tuple[tuple[str, str], ...] = ()


Block = Heading | Paragraph | Table | StepBlock | Callout


def printable(text: str) -> str:
    """Return text without control characters, so that no terminal, page or file is steered by what somebody typed.

    Line breaks of any kind become spaces; other control, format and surrogate characters become �.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_printable(character) for character in text)


def _printable(character: str) -> str:
    if character in "\n\r\t\u2028\u2029":
        return " "
    return "\ufffd" if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} else character


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for wide characters, none for combining marks."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    combining = sum(unicodedata.combining(character) > 0 for character in text)
    return len(text) + wide - combining
