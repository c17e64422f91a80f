"""The run sheet of a batch after the fact: the sheet of its plan with what was logged in the blanks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from peqdlab.air import AIR
from peqdlab.bench_sheet import sheet_blocks
from peqdlab.blocks import Blank, Block, Grid, Heading, Paragraph, StepBlock, Table
from peqdlab.document import finding_row
from peqdlab.record import AS_PLANNED, as_run, plan_of
from peqdlab.record_sheet import as_run_blocks, condition_rows, history_blocks, outcome_blocks, status_line
from peqdlab.sheet import finding_callout
from peqdlab.standing import still_possible
from peqdlab.typed import said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from peqdlab.record import BatchRecord, Logged

NOT_LOGGED: Final = "not logged"
Filled = tuple[str, tuple[str, ...]]  # what stands in a blank, and what it replaced


def record_blocks(record: BatchRecord) -> list[Block]:
    """Return the run sheet of a batch: its plan's sheet with values, bottles and air in the blanks.

    What was never logged stays a blank to write on until the batch is closed; then it says so.
    """
    document = record.document
    planned = plan_of(document)
    ran = as_run(record, planned)
    findings = [finding_callout(finding_row(finding)) for finding in still_possible(record, ran)]
    filled = _filled(record)
    asked = {row["code"] for step in document["steps"] for row in step["blanks"]} | {row["code"] for row in document["materials"]}

    def fill(blank: Blank) -> Blank:
        actual, was = filled.get(blank.code, (NOT_LOGGED if record.closed and blank.code in asked else "", ()))
        return blank._replace(actual=actual, was=was)

    sheet = [_with_blanks(block, fill) for block in sheet_blocks(document, batch=record.batch, findings=findings)]
    first = next(at for at, block in enumerate(sheet) if isinstance(block, Heading) and block.level > 1)
    found = [Paragraph(status_line(record), "strong"), *as_run_blocks(record, planned, ran), *outcome_blocks(record)]
    return [*sheet[:first], *found, *sheet[first:], *history_blocks(record)]


def _with_blanks(block: Block, fill: Callable[[Blank], Blank]) -> Block:
    """Return a block with every blank in it filled."""
    if isinstance(block, StepBlock):
        return block._replace(lines=tuple(map(fill, block.lines)))
    if isinstance(block, Grid):
        return block._replace(rows=tuple((label, tuple(map(fill, blanks))) for label, blanks in block.rows))
    if isinstance(block, Table):
        return block._replace(rows=tuple(tuple(fill(cell) if isinstance(cell, Blank) else cell for cell in row) for row in block.rows))
    return block


def _filled(record: BatchRecord) -> dict[str, Filled]:
    """Return what stands in every blank, by its code."""
    filled: dict[str, Filled] = dict.fromkeys(record.as_planned, (AS_PLANNED, ()))
    filled |= {code: _value(logged) for code, logged in (*record.actuals.items(), *record.outcomes.items())}
    airs = (row for row in condition_rows(record) if any(row.get(key) is not None for _, key, _ in AIR))
    filled |= {str(row["step"]): (_air(row), tuple(row.get("was", ()))) for row in airs}
    lots = {row["id"]: record.lots.get(row["reagent"]) for row in record.document["materials"]}
    filled |= {f"{name}=lot": (said(logged.body), _was(logged)) for name, logged in lots.items() if logged is not None}
    room = record.conditions.get("room")
    if room is not None:
        read = {f"room {what}": f"{room.body[name]} {unit}" for what, name, unit in AIR if name in room.body}
        filled |= {code: (text, ()) for code, text in read.items()} | {"room remark": ("", _was(room))}
    return filled


def _value(logged: Logged) -> Filled:
    equals = f" (= {logged.body['equals']})" if "equals" in logged.body else ""
    return f"{logged.body['value']}{equals}", _was(logged)


def _was(logged: Logged) -> tuple[str, ...]:
    return tuple(said(old) for old in logged.was)


def _air(row: Mapping[str, Any]) -> str:
    warm, damp = (" (session)" if row[f"{name}_status"] == "inherited" else "" for name in ("temperature", "relative_humidity"))
    gases = "".join(f" / {row[key]} ppm {name}" for name, key, unit in AIR if unit == "ppm" and key in row)
    return f"{row['temperature_c'] or '______'} °C{warm} / {row['relative_humidity_pct'] or '______'} %{damp}{gases}"
