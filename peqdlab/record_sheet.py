"""A batch record as blocks and as data: planned beside actual, the air, the bottles, what was corrected, and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from peqdlab.blocks import Block, Callout, Heading, Paragraph, Table
from peqdlab.dispensing import as_dispensed
from peqdlab.document import finding_row
from peqdlab.record import as_run, plan_of, planned_quantities, room_status, room_text
from peqdlab.sheet import asks_of_room, chemical_title, finding_callout, sheet_blocks, step_block, steps_of
from peqdlab.typed import said, subject
from peqdlab.units import significant
from peqdlab.wording import chemical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peqdlab.event import Draft
    from peqdlab.findings import Finding
    from peqdlab.plan import Plan
    from peqdlab.record import BatchRecord, Logged

_KINDS: Final = {
    "actual": "value",
    "condition": "room",
    "lot": "bottle",
    "outcome": "outcome",
    "note": "note",
    "close": "closed",
    "as_planned": "as planned",
    "correction": "corrected",
}


# as data -------------------------------------------------------------------------------------------------------------


def record_document(record: BatchRecord, planned: Plan, ran: Plan) -> dict[str, Any]:
    """Return a batch as JSON values: planned, actual and as-run figures, conditions, lots, findings, corrections, outcomes."""
    document = record.document
    return {
        "schema": "peqdlab.batch/1",
        "batch": record.batch,
        "status": record.status,
        "reason": record.closed.body.get("reason") or None if record.closed else None,
        "protocol": document["protocol"],
        "variant": document["variant"],
        "title": document["title"],
        "product": document.get("product"),
        "plan": document["digest"],
        **{name: document[name] for name in ("scale", "choices", "weighed", "assays") if name in document},
        "started": {"at": record.started.at, "by": record.started.by},
        "values": value_rows(record, planned),
        "conditions": condition_rows(record),
        "lots": [{**logged.body, **_history(logged)} for logged in record.lots.values()],
        "ratios": {name: {"planned": a, "as_run": b} for name, a, b in ratio_rows(planned, ran)},
        "ceiling_mg": {"planned": _ceiling(planned), "as_run": _ceiling(ran)},
        "outcomes": [{**logged.body, **_history(logged)} for logged in record.outcomes.values()],
        "notes": [{"text": logged.body.get("text"), **_history(logged)} for logged in record.notes],
        "deviations": [{**logged.body, "event": logged.seq} for logged in record.deviations],
        "corrections": [
            {"event": logged.seq, "corrects": logged.body["corrects"], "was": logged.body["was"], "now": said(logged.body["now"]),
             "reason": logged.body["reason"], "at": logged.at, "by": logged.by}
            for logged in record.corrections
        ],
        "findings": [finding_row(finding) for finding in ran.findings],
        "last_event": record.last_seq,
    }  # fmt: skip


def value_rows(record: BatchRecord, planned: Plan) -> list[dict[str, Any]]:
    """Return every blank of the sheet: planned, actual where logged (else as planned), deviation, and what was corrected."""
    quantities = planned_quantities(planned)
    rows = []
    for run in planned.books.steps:
        for blank in run.blanks:
            logged = record.actuals.get(blank.code)
            planned_value = quantities.get(blank.code)
            rows.append(
                {
                    "code": blank.code,
                    "step": run.n,
                    "preparation": run.preparation.name,
                    "asks": blank.asks,
                    "planned": as_dispensed(planned_value) if planned_value else None,
                    "actual": logged.body["value"] if logged else None,
                    "status": "logged" if logged else "as planned" if blank.code in record.as_planned else "not logged",
                    "deviation_pct": logged.body.get("deviation_pct") if logged else None,
                    **({**_more(logged), **_history(logged)} if logged else {}),
                }
            )
    return rows


def _more(logged: Logged) -> dict[str, Any]:
    """Return what only some values have: how far a temperature is off, and what a mass is as a volume by which density."""
    return {name: logged.body[name] for name in ("deviation", "equals", "density") if name in logged.body}


def condition_rows(record: BatchRecord) -> list[dict[str, Any]]:
    """Return the air at every step that asks for it or has it logged; each value measured, inherited or not recorded."""
    rows = []
    for step in record.document["steps"]:
        logged = record.conditions.get(step["code"])
        if not (asks_of_room(step) or logged):
            continue
        rows.append(
            {
                "step": step["n"],
                "name": step.get("name"),
                "temperature_c": room_text(record, step["n"], "temperature_c"),
                "temperature_status": room_status(record, step["n"], "temperature_c"),
                "relative_humidity_pct": room_text(record, step["n"], "relative_humidity_pct"),
                "relative_humidity_status": room_status(record, step["n"], "relative_humidity_pct"),
                **(_history(logged) if logged else {}),
            }
        )
    return rows


def ratio_rows(planned: Plan, ran: Plan) -> list[tuple[str, str, str]]:
    """Return every ratio as planned and as run."""
    before = planned.stoichiometry.ratios if planned.stoichiometry else {}
    after = ran.stoichiometry.ratios if ran.stoichiometry else {}
    return [(name, significant(ratio), significant(after[name]) if name in after else "–") for name, ratio in before.items()]


def _ceiling(plan: Plan) -> str | None:
    return significant(plan.stoichiometry.ceiling_mg) if plan.stoichiometry else None


def _history(logged: Logged) -> dict[str, Any]:
    """Return who said it when, and what it replaced and why."""
    was = {"was": [said(old) for old in logged.was], "reason": logged.reason} if logged.was else {}
    return {"at": logged.at, "by": logged.by, "event": logged.seq, **was}


def new_findings(planned: Plan, ran: Plan) -> tuple[Finding, ...]:
    """Return what the run found that the plan had not."""
    known = {finding.code for finding in planned.findings}
    return tuple(finding for finding in ran.findings if finding.code not in known)


# as blocks -----------------------------------------------------------------------------------------------------------


def show_record_blocks(record: BatchRecord, planned: Plan, ran: Plan) -> list[Block]:
    """Return the page of one batch: how it ended, planned beside actual, ratios, air, bottles, outcomes, findings, corrections."""
    document = record.document
    blocks: list[Block] = [Heading(f"{record.batch}  {chemical_title(document)}", 1), Paragraph(_status_line(record), "strong")]
    blocks += [Heading("planned and actual"), values_table(record, planned)]
    blocks += [Heading("ratios and ceiling"), ratios_table(planned, ran), *_assumed(record, planned)]
    if conditions := condition_rows(record):
        blocks += [Heading("air"), _conditions_table(conditions)]
    if record.lots:
        blocks += [Heading("bottles"), _lots_table(record)]
    if record.outcomes:
        blocks += [
            Heading("outcomes"),
            Table(
                ("outcome", "value", ""),
                tuple((name, logged.body["value"], _was(logged)) for name, logged in record.outcomes.items()),
                right=("value",),
            ),
        ]
    if ran.findings:
        blocks += [Heading("findings, as run"), *(finding_callout(finding_row(finding)) for finding in ran.findings)]
    blocks += _history_blocks(record)
    return blocks


def values_table(record: BatchRecord, planned: Plan) -> Table:
    """Return every blank with its planned and actual value, deviation and correction."""
    cells = tuple(
        (row["code"], row["preparation"], chemical(row["asks"]), row["planned"] or "", _actual(row), _off(row), _row_was(row))
        for row in value_rows(record, planned)
    )  # fmt: skip
    return Table(("code", "preparation", "what", "planned", "actual", "off", ""), cells, right=("planned", "actual", "off"))


def _actual(row: dict[str, Any]) -> str:
    equals = f" (= {row['equals']})" if "equals" in row else ""
    return f"{row['actual'] or row['status']}{equals}"


def _off(row: dict[str, Any]) -> str:
    return f"{row['deviation_pct']} %" if row["deviation_pct"] else str(row.get("deviation", ""))


def ratios_table(planned: Plan, ran: Plan) -> Table:
    """Return ratios and ceiling as planned and as run."""
    rows = [*ratio_rows(planned, ran), ("ceiling", f"{_ceiling(planned) or '–'} mg", f"{_ceiling(ran) or '–'} mg")]
    return Table(("", "planned", "as run"), tuple(rows), right=("planned", "as run"))


def _assumed(record: BatchRecord, planned: Plan) -> list[Block]:
    """Return how many amounts the as-run figures take from the plan because nobody logged them."""
    codes = [use.code for run in planned.books.steps for use in run.uses if use.code]
    missing = sum(code not in record.actuals and code not in record.as_planned for code in codes)
    said_so = f"as run takes {missing} of {len(codes)} amounts from the plan: they were not logged"
    return [Paragraph(said_so, "quiet")] if missing else []


def _status_line(record: BatchRecord) -> str:
    ended = f", {record.status}" if record.closed else ", open"
    why = f": {record.closed.body['reason']}" if record.closed and record.closed.body.get("reason") else ""
    corrections = f"; {len(record.corrections)} correction{'s' if len(record.corrections) != 1 else ''}" if record.corrections else ""
    plan_id = record.document["digest"].removeprefix("sha256:")[:12]
    protocol = f"{record.document['protocol']}/{record.document['variant']}"
    return f"{protocol}, plan {plan_id}; started {_moment(record.started.at)} by {record.started.by}{ended}{why}{corrections}"


def _moment(at: str) -> str:
    return at[:16].replace("T", " ")


def _conditions_table(rows: Iterable[dict[str, Any]]) -> Table:
    def shown(row: dict[str, Any], name: str, unit: str) -> str:
        status = row[f"{name.rsplit('_', 1)[0]}_status"]
        return "not recorded" if row[name] is None else f"{row[name]} {unit}" + ("" if status == "measured" else f" ({status})")

    cells = tuple(
        (str(row["step"]), row["name"] or "", shown(row, "temperature_c", "°C"), shown(row, "relative_humidity_pct", "%"), _row_was(row))
        for row in rows
    )
    return Table(("step", "name", "T", "RH", ""), cells, right=("T", "RH"))


def _lots_table(record: BatchRecord) -> Table:
    fields = ("lot", "opened", "grade", "supplier", "water")
    used = [name for name in fields if any(name in logged.body for logged in record.lots.values())]
    cells = tuple((chemical(name), *(logged.body.get(field, "") for field in used), _was(logged)) for name, logged in record.lots.items())
    return Table(("material", *used, ""), cells)


def _row_was(row: dict[str, Any]) -> str:
    return f"was {', then '.join(row['was'])}: {row['reason']}" if row.get("was") else ""


def _was(logged: Logged) -> str:
    return f"was {', then '.join(said(old) for old in logged.was)}: {logged.reason}" if logged.was else ""


def _history_blocks(record: BatchRecord) -> list[Block]:
    blocks: list[Block] = []
    if record.deviations:
        blocks += [
            Heading("accepted deviations"),
            *(Callout("note", logged.body["code"], "accepted", logged.body["reason"]) for logged in record.deviations),
        ]
    if record.notes:
        cells = tuple(
            (str(logged.seq), _moment(logged.at), logged.by, str(logged.body.get("text", "")), _was(logged)) for logged in record.notes
        )
        blocks += [Heading("notes"), Table(("event", "when", "who", "note", ""), cells)]
    if record.corrections:
        changes = tuple(
            (
                str(logged.seq),
                _moment(logged.at),
                logged.by,
                subject(logged.body["now"]),
                logged.body["was"],
                said(logged.body["now"]),
                logged.body["reason"],
            )
            for logged in record.corrections
        )
        blocks += [Heading("corrections"), Table(("event", "when", "who", "what", "was", "now", "why"), changes)]
    return blocks


def answer_blocks(
    record: BatchRecord, planned: Plan, ran: Plan, drafts: tuple[Draft, ...], *, started: bool, option: str = ""
) -> list[Block]:
    """Return what log-batch says after writing: what was logged, what it did to the chemistry, what it found.

    ``option`` is what a command needs to find the batch's store again, such as `` --store lab.db``.
    """
    begun = f"{record.batch} started: {chemical_title(record.document)}" if started else f"{record.batch}, {record.status}"
    blocks: list[Block] = [Paragraph(begun, "strong")]
    if drafts:
        blocks.append(Table(("logged", "what", "value"), tuple(_draft_row(draft) for draft in drafts)))
    if all(draft.kind in ("outcome", "note", "close", "as_planned") for draft in drafts) and not started:
        return [*blocks, Paragraph(f"next: peqdlab show {record.batch}{option}", "quiet")]
    changed = [(name, before, after) for name, before, after in ratio_rows(planned, ran) if before != after]
    if _ceiling(planned) != _ceiling(ran):
        changed.append(("ceiling", f"{_ceiling(planned)} mg", f"{_ceiling(ran)} mg"))
    if changed:
        blocks += [Heading("as run"), Table(("", "planned", "as run"), tuple(changed), right=("planned", "as run"))]
    if found := new_findings(planned, ran):
        blocks += [Heading("findings"), *(finding_callout(finding_row(finding)) for finding in found)]
    following = f"peqdlab log-batch {record.batch}{option} CODE=VALUE …   or   peqdlab show {record.batch}{option}"
    return [*blocks, Paragraph(f"next: {following}", "quiet")]


def _draft_row(draft: Draft) -> tuple[str, str, str]:
    body = draft.body.get("now", draft.body)
    key = subject(body) if {"result", "text"}.isdisjoint(body) or "now" in draft.body else ""
    what = f"{key} {body['asks']}" if "asks" in body else key
    value = f"{len(body['codes'])} blanks without a value of their own" if "codes" in body else said(body)
    equals = f" = {body['equals']} by {body['density']}" if "equals" in body else ""
    planned = f" (planned {body['planned']})" if "planned" in body else ""
    was = f" (was {draft.body['was']})" if "was" in draft.body else ""
    return (_KINDS.get(draft.kind, draft.kind), chemical(what), f"{value}{equals}{planned}{was}")


def record_blocks(record: BatchRecord) -> list[Block]:
    """Return the run sheet of a batch after the fact: its plan's sheet with the actual values in the blanks."""
    planned = plan_of(record.document)
    ran = as_run(record, planned)
    actual = dict.fromkeys(record.as_planned, "as planned") | {code: _filled(logged) for code, logged in record.actuals.items()}
    actual |= {row["step"] if isinstance(row["step"], str) else str(row["step"]): _air(row) for row in condition_rows(record)}
    findings = [finding_callout(finding_row(finding)) for finding in ran.findings]
    blocks: list[Block] = []
    for block in sheet_blocks(record.document, batch=record.batch, findings=findings):
        code = getattr(block, "code", None)
        steps = [step for row in record.document["preparations"] for step in steps_of(record.document, row["id"]) if step["code"] == code]
        blocks.append(step_block(steps[0], actual) if steps and not isinstance(block, Callout) else block)
    return [*blocks, *_history_blocks(record)]


def _filled(logged: Logged) -> str:
    return f"{logged.body['value']}" + (f" ({_was(logged)})" if logged.was else "")


def _air(row: dict[str, Any]) -> str:
    warm, damp = (" (session)" if row[f"{name}_status"] == "inherited" else "" for name in ("temperature", "relative_humidity"))
    return f"{row['temperature_c'] or '______'} °C{warm} / {row['relative_humidity_pct'] or '______'} %{damp}"
