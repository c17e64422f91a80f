"""The run sheet of a batch after the fact: the sheet of its plan with what was logged in the blanks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from peqdlab.blocks import Block, StepBlock, Table
from peqdlab.document import finding_row
from peqdlab.record import AS_PLANNED, as_run, plan_of
from peqdlab.record_sheet import condition_rows, history_blocks, was_text
from peqdlab.sheet import MEASURED, finding_callout, sheet_blocks, step_block
from peqdlab.standing import still_possible
from peqdlab.typed import said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peqdlab.record import BatchRecord, Logged

NOT_LOGGED: Final = "not logged"


def record_blocks(record: BatchRecord) -> list[Block]:
    """Return the run sheet of a batch after the fact: its plan's sheet with values, bottles and air in the blanks."""
    document = record.document
    ran = as_run(record, plan_of(document))
    actual = dict.fromkeys(record.as_planned, AS_PLANNED) | {code: _filled(logged) for code, logged in record.actuals.items()}
    actual |= {str(row["step"]): _air(row) for row in condition_rows(record)}
    findings = [finding_callout(finding_row(finding)) for finding in still_possible(record, ran)]
    steps = {step["code"]: step for step in document["steps"]}
    blocks: list[Block] = []
    for block in sheet_blocks(document, batch=record.batch, findings=findings):
        if isinstance(block, StepBlock):
            blocks.append(step_block(steps[block.code], actual))
        else:
            blocks.append(_filled_table(block, record, actual) if isinstance(block, Table) else block)
    return [*blocks, *history_blocks(record)]


def _filled_table(table: Table, record: BatchRecord, actual: Mapping[str, str]) -> Table:
    """Return the weighing table with values and lots, the table of the room with the air of the session, any other as it is."""
    if table.columns[-2:] == ("real", "lot"):
        reagents = {row["code"]: row["reagent"] for row in record.document["materials"]}
        lots = {code: said(record.lots[key].body) for code, key in reagents.items() if key in record.lots}
        rows = (
            (*row[:-2], actual.get(row[0], NOT_LOGGED), lots.get(row[0]) or row[-1])
            for row in table.rows
        )  # fmt: skip
        return table._replace(rows=tuple(rows))
    if table.columns == MEASURED:
        found = {code: _filled(logged) for code, logged in record.outcomes.items()}
        return table._replace(rows=tuple((*row[:-1], found.get(row[0], row[-1])) for row in table.rows))
    room = record.conditions.get("room")
    if room is not None and any(row[0] == "room" for row in table.rows):
        return table._replace(rows=tuple(_session(row, room) if row[0] == "room" else row for row in table.rows))
    return table


def _session(row: tuple[str, ...], room: Logged) -> tuple[str, ...]:
    """Return the row of the room at start with the air of the session; what was not measured stays a blank."""
    measured = {"T": ("temperature_c", "°C"), "RH": ("relative_humidity_pct", "%")}
    code, when, *blanks, remark = row
    cells = [
        f"{room.body[name]} {unit}" if name in room.body else blank
        for blank, (name, unit) in zip(blanks, measured.values(), strict=True)
    ]  # fmt: skip
    return (code, when, *cells, was_text(room) or remark)


def _filled(logged: Logged) -> str:
    equals = f" (= {logged.body['equals']})" if "equals" in logged.body else ""
    return f"{logged.body['value']}{equals}" + (f" ({was_text(logged)})" if logged.was else "")


def _air(row: dict[str, Any]) -> str:
    warm, damp = (" (session)" if row[f"{name}_status"] == "inherited" else "" for name in ("temperature", "relative_humidity"))
    return f"{row['temperature_c'] or '______'} °C{warm} / {row['relative_humidity_pct'] or '______'} %{damp}"
