"""Blocks to Markdown (CommonMark with tables); what a user typed is escaped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from peqdlab.blocks import Block, Callout, Grid, Heading, Mark, Paragraph, StepBlock, Table, printable
from peqdlab.writers.text import cell_text, grid_table, told

if TYPE_CHECKING:
    from collections.abc import Iterable

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|!~$&@]|:(?=//)|(?<=www)\.)", re.IGNORECASE)


def escape(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, link, tag, entity or list marker comes of it."""
    escaped = _SPECIAL.sub(r"\\\1", printable(text).strip())
    return re.sub(r"^([-+=]|\d+(?=[.)](?:\s|$)))", _escape_marker, escaped)


def _escape_marker(found: re.Match[str]) -> str:
    """Return a list marker that is none: the sign itself escaped, or the dot behind a number."""
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


def render_markdown(blocks: Iterable[Block]) -> str:
    """Return the blocks as Markdown."""
    return "\n\n".join(_render(block) for block in blocks) + "\n"


def _render(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {escape(text)}"
        case Paragraph(text, tone):
            return f"**{escape(text)}**" if tone == "strong" else escape(text)
        case Table():
            return _table(block)
        case StepBlock():
            return _step(block)
        case Grid():
            return _table(grid_table(block))
        case Mark():
            return escape(block.short)
        case Callout(severity, code, place, text, details):
            lines = [f"**{severity} {escape(code)}** {escape(place)}", escape(text)]
            return "  \n".join([*lines, *(f"{name}: {escape(detail)}" for name, detail in details)])


def _table(table: Table) -> str:
    head = [escape(column) or " " for column in table.columns]
    rule = ["---:" if column in table.right else "---" for column in table.columns]
    box = "☐ " if table.ticked else ""
    rows = [head, rule, *([box * (i == 0) + escape(cell_text(cell)) for i, cell in enumerate(row)] for row in table.rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _step(step: StepBlock) -> str:
    hold = "**HOLD** " if step.hold else ""
    lines = [f"- {'[ ] ' if step.boxed else ''}**{escape(step.code)}** {hold}{escape(step.text)}"]
    lines += [f"  - {escape(remark)}" for remark in step.remarks]
    for line in step.lines:
        planned = f", planned {escape(line.planned)}" if line.planned else ""
        lines.append(f"  - `{line.code}` {escape(line.asks)}{planned}: {escape(told(line))}")
    return "\n".join(lines)
