"""Blocks to plain text of a given width, for a terminal, a pipe or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from peqdlab.blocks import BLANK, BOX, Blank, Block, Callout, Cell, Grid, Heading, Mark, Paragraph, StepBlock, Table, printable, width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_GAP: Final = "  "
_NARROWEST: Final = 4
_SHORT: Final = "______"
_READABLE: Final = 8  # a table whose columns do not all get as many letters is told row by row


def unstyled(text: str, tone: str) -> str:  # noqa: ARG001 - a style takes a tone
    """Return the text as it is."""
    return text


def render_text(blocks: Iterable[Block], columns: int = 100, style: Callable[[str, str], str] = unstyled) -> str:
    """Return the blocks as text at most ``columns`` wide; ``style`` may colour what it is given without changing its width."""
    lines: list[str] = []
    before: Block | None = None
    for block in blocks:
        if before is not None and _spaced(before, block):
            lines.append("")
        lines += _render(block, max(columns, 40), style)
        before = block
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _spaced(before: Block, block: Block) -> bool:
    if isinstance(block, Heading):
        return True
    alike = type(before) is type(block)
    return not (alike and isinstance(block, Callout | Paragraph)) and not isinstance(before, Heading)


def _render(block: Block, columns: int, style: Callable[[str, str], str]) -> list[str]:
    match block:
        case Heading(text, 1):
            return [style(line, "title") for line in wrap(text, columns)]
        case Heading(text):
            return [style(line, "heading") for line in wrap(text, columns)]
        case Paragraph(text, tone):
            return [style(line, tone) for line in wrap(text, columns)]
        case Table():
            return _table(block, columns, style)
        case StepBlock():
            return _step(block, columns, style)
        case Grid():
            return _table(grid_table(block), columns, style)
        case Callout():
            return _callout(block, columns, style)
        case Mark():
            return [style(line, "quiet") for line in wrap(block.short, columns)]


def told(blank: Blank, line: str = BLANK) -> str:
    """Return what stands in a blank: what was found and what it replaced, or a ``line`` to write on with its unit."""
    was = f" (was {', then '.join(blank.was)})" if blank.was else ""
    return (blank.actual or f"{line} {blank.unit}".rstrip()) + was


def cell_text(cell: Cell) -> str:
    """Return a cell as printable text; a line to write on is short, so that a table of them fits a terminal."""
    return printable(cell if isinstance(cell, str) else told(cell, _SHORT))


def asked(blank: Blank) -> str:
    """Return a blank in one line: its code, what is asked and planned, and what stands in it."""
    planned = f", planned {blank.planned}" if blank.planned else ""
    return f"{blank.code} {blank.asks}{planned}: {told(blank)}"


def grid_table(grid: Grid) -> Table:
    """Return a grid as a table: boxes under the substrates, then a cycle's blanks with their codes."""
    rows = (
        (label, *([BOX] * len(grid.columns)), "; ".join(map(asked, blanks)))
        for label, blanks in grid.rows
    )
    return Table(("cycle", *grid.columns, "" if not any(blanks for _, blanks in grid.rows) else "to fill in"), tuple(rows))


def wrap(text: str, columns: int, indent: str = "") -> list[str]:
    """Return text in lines of at most this width; a word longer than a line is broken."""
    lines, line, used = [], "", 0
    for word in printable(text).split():
        for part in _parts(word, columns):
            size = width(part)
            if line and used + 1 + size <= columns:
                line, used = f"{line} {part}", used + 1 + size
            else:
                lines += [line] if line else []
                line, used = part, size
    return [indent + each for each in ([*lines, line] if line or not lines else lines)]


def _parts(word: str, columns: int) -> list[str]:
    """Return a word in pieces that fit a line, of at least one character each."""
    if len(word) * 2 <= columns:
        return [word]
    parts, start, taken = [], 0, 0
    for index, character in enumerate(word):
        size = width(character)
        if taken + size > columns and index > start:
            parts.append(word[start:index])
            start, taken = index, 0
        taken += size
    return [*parts, word[start:]]


def _pad(text: str, columns: int, *, right: bool = False) -> str:
    space = " " * max(columns - width(text), 0)
    return space + text if right else text + space


def _table(table: Table, columns: int, style: Callable[[str, str], str]) -> list[str]:
    head, *rows = [tuple(cell_text(cell) for cell in row) for row in (table.columns, *table.rows)]
    if table.ticked:
        rows = [(f"{BOX} {first}", *rest) for first, *rest in rows]
    widths = [max(map(width, column)) for column in zip(head, *rows, strict=True)]
    gaps = len(_GAP) * (len(widths) - 1)
    if sum(min(size, _READABLE) for size in widths) + gaps > columns:
        return _stacked(head, rows, columns, style)
    excess = sum(widths) + gaps - columns
    while excess > 0 and max(widths) > _NARROWEST:
        widest = widths.index(max(widths))
        cut = min(excess, max(widths[widest] - (sorted(widths)[-2] if len(widths) > 1 else 0), 1), widths[widest] - _NARROWEST)
        widths[widest] -= cut
        excess -= cut
    right = [name in table.right for name in table.columns]
    lines = [style(line, "quiet") for line in _row(head, widths, right)] if any(head) else []
    for row in rows:
        lines += _row(row, widths, right)
    return lines


def _stacked(head: tuple[str, ...], rows: Iterable[tuple[str, ...]], columns: int, style: Callable[[str, str], str]) -> list[str]:
    """Return a table that is too wide for its page as one paragraph a row: its first cell, then the others under their names."""
    lines = []
    for first, *rest in rows:
        lines += [style(line, "strong") for line in wrap(f"{head[0]} {first}".strip(), columns)]
        told = "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(head[1:], rest, strict=True) if cell)
        lines += wrap(told, columns - len(_GAP), _GAP) if told else []
    return lines


def _row(cells: Iterable[str], widths: list[int], right: list[bool]) -> list[str]:
    wrapped = [wrap(cell, size) for cell, size in zip(cells, widths, strict=True)]
    height = max(map(len, wrapped))
    filled = [[*lines, *[""] * (height - len(lines))] for lines in wrapped]
    return [
        _GAP.join(_pad(lines[i], size, right=to_right) for lines, size, to_right in zip(filled, widths, right, strict=True)).rstrip()
        for i in range(height)
    ]


def _step(step: StepBlock, columns: int, style: Callable[[str, str], str]) -> list[str]:
    margin = " " * 10
    body = wrap(step.text, columns - len(margin))
    lines = []
    if step.hold:
        lines.append(style(f"{'':6}HOLD  go on only when this is so", "warning"))
    first, *rest = body
    box = BOX if step.boxed else " " * len(BOX)
    lines.append(f"{box} {style(_pad(step.code, 4), 'strong')}  {first}")
    lines += [margin + line for line in rest]
    lines += [margin + line for remark in step.remarks for line in wrap(remark, columns - len(margin))]
    for blank in step.lines:
        planned = f"planned {blank.planned}" if blank.planned else ""
        named = f"{_pad(blank.code, 4)} {_pad(printable(blank.asks), 22)} {_pad(printable(planned), 26) if planned else ''}"
        text = f"{named}  {printable(told(blank))}"
        lines += [margin + text] if width(text) <= columns - len(margin) else [margin + each for each in wrap(text, columns - len(margin))]
    return lines


def _callout(callout: Callout, columns: int, style: Callable[[str, str], str]) -> list[str]:
    indent = len(callout.severity) + 1
    first, *rest = wrap(f"{callout.code} {callout.place}", columns - indent - 1)
    code, _, place = first.partition(" ")
    lines = [f"{style(callout.severity, callout.severity)} {code}  {place}", *(" " * indent + line for line in rest)]
    lines += wrap(callout.text, columns - 4, "    ")
    for name, text in callout.details:
        first, *rest = wrap(text, columns - 12)
        lines.append(f"    {style(_pad(name, 7), 'quiet')} {first}")
        lines += [" " * 12 + line for line in rest]
    return lines
