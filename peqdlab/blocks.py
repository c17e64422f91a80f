"""What can stand on a page: a few kinds of blocks that every writer turns into its own form."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple


class Heading(NamedTuple):
    """A title (level 1, which begins a page where there are pages) or section (level 2)."""

    text: str
    level: int = 2


class Paragraph(NamedTuple):
    """A line or more of text; ``strong`` is the number that matters, ``quiet`` what may be skipped."""

    text: str
    tone: str = ""


class Blank(NamedTuple):
    """Something to fill in, or filled in: its short code, what is asked, what is planned, what was found, what that replaced.

    ``unit`` is what stands behind an empty blank, so that nobody writes a bare number.
    """

    code: str
    asks: str
    planned: str = ""
    actual: str = ""
    unit: str = ""
    was: tuple[str, ...] = ()


Cell = str | Blank


class Table(NamedTuple):
    """Rows of cells under columns; ``right`` names the columns of numbers. The widest column gives way on a narrow page.

    ``ticked`` rows begin with a box to tick.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    right: tuple[str, ...] = ()
    ticked: bool = False


class StepBlock(NamedTuple):
    """One step with a box to tick, its blanks, and what must be so before going on; one that a grid ticks is not ``boxed``."""

    code: str
    text: str
    hold: bool = False
    lines: tuple[Blank, ...] = ()
    remarks: tuple[str, ...] = ()
    boxed: bool = True


class Grid(NamedTuple):
    """Boxes to tick: a column for each substrate, a row for each cycle with its blanks."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Blank, ...]], ...]


class Callout(NamedTuple):
    """A finding: severity, code, place, what is so, and what to do."""

    severity: str
    code: str
    place: str
    text: str
    details: tuple[tuple[str, str], ...] = ()


class Mark(NamedTuple):
    """What names the plan: a text for a machine to read off the paper, and the short one for people."""

    text: str
    short: str


Block = Heading | Paragraph | Table | StepBlock | Grid | Callout | Mark
BLANK: Final = "__________"
BOX: Final = "[ ]"


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


# what is small on a line -----------------------------------------------------------------------------------------------

_SMALL: Final = re.compile(r"(?P<sub>[₀-₉]+(?:\.[₀-₉]+)?)|(?P<sup>[⁰¹²³⁴-⁹⁺⁻]+)")
_PLAIN: Final = str.maketrans("₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "01234567890123456789+−")


def runs(text: str) -> list[tuple[str, str]]:
    """Return printable text in pieces, each with "sub", "sup" or "" for how it is set.

    >>> runs("CsPbI₂.₅Br₀.₅ in cm²")
    [('CsPbI', ''), ('2.5', 'sub'), ('Br', ''), ('0.5', 'sub'), (' in cm', ''), ('2', 'sup')]
    """
    shown, found, start = printable(text), [], 0
    for small in _SMALL.finditer(shown):
        found += [(shown[start : small.start()], "")] if small.start() > start else []
        found.append((small[0].translate(_PLAIN), str(small.lastgroup)))
        start = small.end()
    return [*found, (shown[start:], "")] if start < len(shown) or not found else found
