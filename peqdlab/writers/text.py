"""Blocks to plain text of a given width, for a terminal, a pipe or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from peqdlab.blocks import Block, Callout, Heading, Paragraph, StepBlock, Table, printable, width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_GAP: Final = "  "
_BLANK: Final = "__________"
_NARROWEST: Final = 12


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
        case Callout():
            return _callout(block, columns, style)


def wrap(text: str, columns: int, indent: str = "") -> list[str]:
    """Return text in lines of at most this width; a word longer than a line is broken."""
    lines, line = [], ""
    for word in printable(text).split():
        rest = word
        while rest:
            room = columns - (width(line) + 1 if line else 0)
            if width(rest) <= room:
                line, rest = f"{line} {rest}" if line else rest, ""
            elif line:
                lines, line = [*lines, line], ""
            else:
                cut = _fitting(rest, columns)
                lines, rest = [*lines, rest[:cut]], rest[cut:]
    return [indent + each for each in ([*lines, line] if line or not lines else lines)]


def _fitting(word: str, columns: int) -> int:
    """Return how many characters of a word fit, at least one."""
    taken = 0
    for count, character in enumerate(word):
        taken += width(character)
        if taken > columns:
            return max(count, 1)
    return len(word)


def _pad(text: str, columns: int, *, right: bool = False) -> str:
    space = " " * max(columns - width(text), 0)
    return space + text if right else text + space


def _table(table: Table, columns: int, style: Callable[[str, str], str]) -> list[str]:
    rows = [tuple(printable(cell) for cell in row) for row in table.rows]
    widths = [max(width(cell) for cell in column) for column in zip(table.columns, *rows, strict=True)]
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - columns
    while excess > 0 and max(widths) > _NARROWEST:
        widest = widths.index(max(widths))
        cut = min(excess, widths[widest] - _NARROWEST, max(widths[widest] - sorted(widths)[-2], 1) if len(widths) > 1 else excess)
        widths[widest] -= cut
        excess -= cut
    right = [name in table.right for name in table.columns]
    lines = [style(line, "quiet") for line in _row(table.columns, widths, right)] if any(table.columns) else []
    for row in rows:
        lines += _row(row, widths, right)
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
    lines.append(f"[ ] {style(_pad(step.code, 4), 'strong')}  {first}")
    lines += [margin + line for line in rest]
    lines += [margin + line for remark in step.remarks for line in wrap(remark, columns - len(margin))]
    for line in step.lines:
        planned = f"planned {line.planned}" if line.planned else ""
        actual = line.actual or _BLANK
        text = f"{_pad(line.code, 4)} {_pad(printable(line.asks), 22)} {_pad(printable(planned), 22)}  {printable(actual)}"
        lines += [margin + text] if width(text) <= columns - len(margin) else [margin + each for each in wrap(text, columns - len(margin))]
    return lines


def _callout(callout: Callout, columns: int, style: Callable[[str, str], str]) -> list[str]:
    head = f"{style(callout.severity, callout.severity)} {callout.code}"
    lines = [f"{head}  {printable(callout.place)}"]
    lines += wrap(callout.text, columns - 4, "    ")
    for name, text in callout.details:
        first, *rest = wrap(text, columns - 12)
        lines.append(f"    {style(_pad(name, 7), 'quiet')} {first}")
        lines += [" " * 12 + line for line in rest]
    return lines
