"""Blocks as plain data for pages with fonts: what HTML and PDF share, every text cut into pieces that are only ever shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from peqdlab.blocks import Blank, Block, Callout, Cell, Grid, Heading, Mark, Paragraph, StepBlock, Table, printable, runs, width
from peqdlab.writers.text import cell_text

if TYPE_CHECKING:
    from collections.abc import Iterable

Pieces = list[list[str]]  # [text, "sub" | "sup" | "num" | ""]

_UNITS: Final = r"[mµnk]?[gLm]|[mµ]?mol|°C|min|ms|s|h|d|rpm|%|kV|V|× g"
_NUMBER: Final = re.compile(rf"(?<![\w.])[-−]?\d[\d.]*(?:–\d[\d.]*)? (?:{_UNITS})(?![\w/])\??")
_LONG: Final = re.compile(r"\S{41,}")
_PART: Final = 16
_LEAST, _MOST = 4, 34  # letters, between which a column's share of the page is reckoned
_BLANK_WIDTH: Final = 14
_RUNNING: Final = 80  # letters of the title that stand above every page


def page_data(blocks: Iterable[Block]) -> dict[str, Any]:
    """Return the title of a document and its parts as JSON values; each part begins a page, and stands under a running title."""
    parts: list[dict[str, Any]] = []
    short = ""
    for block in blocks:
        short = block.short if isinstance(block, Mark) else short
        if not parts or (isinstance(block, Heading) and block.level == 1):
            title = block.text if isinstance(block, Heading) else ""
            running = title if len(title) <= _RUNNING else f"{title[:_RUNNING]}…"
            parts.append({"title": title, "running": pieces(running), "blocks": []})
        parts[-1]["blocks"].append(_row(block))
        parts[-1]["short"] = printable(short)
    return {"title": pieces(str(parts[0]["title"]) if parts else ""), "parts": parts}


def pieces(text: str, *, numbers: bool = False) -> Pieces:
    """Return a text in pieces; ``numbers`` sets quantities apart, so that they can be printed large."""
    found: Pieces = []
    for text_of_run, style in runs(text):
        part = _LONG.sub(_breakable, text_of_run)
        found += [[part, style]] if style or not numbers else _numbers(part)
    return [piece for piece in found if piece[0]]


def _breakable(word: re.Match[str]) -> str:
    """Return a word that no line holds with places where it may be broken."""
    return "\u200b".join(word[0][i : i + _PART] for i in range(0, len(word[0]), _PART))


def _numbers(text: str) -> Pieces:
    found, start = [], 0
    for number in _NUMBER.finditer(text):
        found += [[text[start : number.start()], ""], [number[0], "num"]]
        start = number.end()
    return [*found, [text[start:], ""]]


def _row(block: Block) -> dict[str, Any]:
    match block:
        case Heading(text, level):
            return {"kind": "heading", "level": level, "text": pieces(text)}
        case Paragraph(text, tone):
            return {"kind": "paragraph", "tone": tone, "text": pieces(text)}
        case Mark(text, short):
            return {"kind": "mark", "short": printable(short), "code": _code(text)}
        case Table():
            return _table(block)
        case Grid(columns, rows):
            cycles = [{"label": pieces(label), "blanks": [_blank(each) for each in blanks]} for label, blanks in rows]
            return {"kind": "grid", "columns": list(map(printable, columns)), "rows": cycles}
        case StepBlock(code, text, hold, lines, remarks, boxed):
            return {
                "kind": "step",
                "code": printable(code),
                "text": pieces(text, numbers=True),
                "hold": hold,
                "boxed": boxed,
                "remarks": [pieces(remark) for remark in remarks],
                "blanks": [_blank(line) for line in lines],
            }
        case Callout(severity, code, place, text, details):
            told = [[printable(name), pieces(detail)] for name, detail in details]
            names = {"severity": printable(severity), "code": printable(code)}
            return {"kind": "callout", **names, "place": pieces(place), "text": pieces(text), "details": told}


def _code(text: str) -> str:
    """Return a QR code of a text as SVG."""
    import io

    import segno

    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", xmldecl=False, svgns=True, border=0, omitsize=True)
    return out.getvalue().decode()


def _table(table: Table) -> dict[str, Any]:
    columns = range(len(table.columns))
    cells = [table.columns, *table.rows]
    longest = [max(_letters(row[i]) for row in cells) for i in columns]
    return {
        "kind": "table",
        "columns": [pieces(column) for column in table.columns],
        "headed": any(table.columns),
        "rows": [[_cell(cell) for cell in row] for row in table.rows],
        "right": [column in table.right for column in table.columns],
        "shares": [min(max(each, _LEAST), _MOST) for each in longest],
        "ticked": table.ticked,
    }


def _letters(cell: Cell) -> int:
    return width(cell_text(cell)) if isinstance(cell, str) else max(_BLANK_WIDTH, width(cell.actual))


def _cell(cell: Cell) -> dict[str, Any]:
    return {"text": pieces(cell)} if isinstance(cell, str) else {"blank": _blank(cell)}


def _blank(blank: Blank) -> dict[str, Any]:
    return {
        "code": printable(blank.code),
        "asks": pieces(blank.asks),
        "planned": pieces(blank.planned),
        "actual": pieces(blank.actual) if blank.actual else [],
        "unit": printable(blank.unit),
        "was": [pieces(old) for old in blank.was],
    }
