"""A batch record as blocks and as data: planned beside actual, the air, the bottles, what was corrected, and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peqdlab.air import AIR
from peqdlab.asked import asked_of
from peqdlab.blocks import Block, Callout, Heading, Paragraph, Table
from peqdlab.dispensing import as_dispensed
from peqdlab.document import finding_row
from peqdlab.record import room_status, room_text
from peqdlab.sheet import asks_of_room, chemical_title, finding_callout, protocol_name
from peqdlab.standing import OF_ALL, assumed, not_logged, still_possible
from peqdlab.typed import said, subject
from peqdlab.units import significant
from peqdlab.wording import chemical

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from peqdlab.findings import Finding
    from peqdlab.plan import Plan
    from peqdlab.record import BatchRecord, Logged

# as data -------------------------------------------------------------------------------------------------------------


def record_document(record: BatchRecord, planned: Plan, ran: Plan) -> dict[str, Any]:
    """Return a batch as JSON values: planned, actual and as-run figures, conditions, lots, findings, corrections, outcomes.

    ``assumes`` lists the codes of the amounts that a figure takes from the plan because nobody logged them.
    """
    document, rests_on = record.document, assumed(record, ran)
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
        **{name: document[name] for name in ("scale", "choices", "weighed", "assays", "run", "rooms") if name in document},
        "started": {"at": record.started.at, "by": record.started.by},
        "values": value_rows(record, planned),
        "conditions": condition_rows(record),
        "lots": [{**logged.body, **_history(logged)} for logged in record.lots.values()],
        "ratios": {
            name: {"planned": before, "as_run": after, "assumes": list(rests_on.get(name, ()))}
            for name, before, after in ratio_rows(planned, ran)
        },
        "ceiling_mg": {"planned": ceiling_of(planned), "as_run": ceiling_of(ran), "assumes": list(rests_on.get(OF_ALL, ()))},
        "outcomes": [{**logged.body, **_history(logged)} for logged in record.outcomes.values()],
        "notes": [{"text": logged.body.get("text"), **_history(logged)} for logged in record.notes],
        "deviations": [{**logged.body, "event": logged.seq} for logged in record.deviations],
        "corrections": [
            {"event": logged.seq, "corrects": logged.body["corrects"], "was": logged.body["was"], "now": said(logged.body["now"]),
             "reason": logged.body["reason"], "at": logged.at, "by": logged.by}
            for logged in record.corrections
        ],
        "findings": [finding_row(finding) for finding in still_possible(record, ran)],
        "last_event": record.last_seq,
    }  # fmt: skip


def value_rows(record: BatchRecord, planned: Plan) -> list[dict[str, Any]]:
    """Return every blank of the sheet: planned, actual where logged (else as planned), deviation, and what was corrected."""
    steps = {blank.code: run for run in planned.books.steps for blank in run.blanks}
    rows = []
    for code, asked in asked_of(planned).items():
        logged = record.actuals.get(code)
        rows.append(
            {
                "code": code,
                "step": steps[code].n,
                "preparation": steps[code].preparation.name,
                "asks": asked.asks,
                "planned": as_dispensed(asked.planned, planned.instruments) if asked.planned else None,
                "planned_doubtful": bool(asked.doubt),
                "actual": logged.body["value"] if logged else None,
                "status": "logged" if logged else "as planned" if code in record.as_planned else "not logged",
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
                **{gas: text for gas in ("oxygen_ppm", "water_ppm") if (text := room_text(record, step["n"], gas)) is not None},
                **(_history(logged) if logged else {}),
            }
        )
    return rows


def ratio_rows(planned: Plan, ran: Plan) -> list[tuple[str, str, str]]:
    """Return every ratio as planned and as run."""
    before = planned.stoichiometry.ratios if planned.stoichiometry else {}
    after = ran.stoichiometry.ratios if ran.stoichiometry else {}
    return [(name, significant(ratio), significant(after[name]) if name in after else "–") for name, ratio in before.items()]


def ceiling_of(plan: Plan) -> str | None:
    """Return the ceiling in mg with four figures; None where no product forms."""
    return significant(plan.stoichiometry.ceiling_mg) if plan.stoichiometry else None


def _history(logged: Logged) -> dict[str, Any]:
    """Return who said it when, and what it replaced and why."""
    was = {"was": [said(old) for old in logged.was], "reason": logged.reason} if logged.was else {}
    return {"at": logged.at, "by": logged.by, "event": logged.seq, **was}


def new_findings(record: BatchRecord, planned: Plan, ran: Plan) -> tuple[Finding, ...]:
    """Return what the run found that the plan had not, with what can still be done about it."""
    known = {finding.code for finding in planned.findings}
    return tuple(finding for finding in still_possible(record, ran) if finding.code not in known)


# as blocks -----------------------------------------------------------------------------------------------------------


def show_record_blocks(record: BatchRecord, planned: Plan, ran: Plan) -> list[Block]:
    """Return the page of one batch: how it ended, planned beside actual, ratios, air, bottles, outcomes, findings, corrections."""
    document = record.document
    blocks: list[Block] = [Heading(f"{record.batch}  {chemical_title(document)}", 1), Paragraph(status_line(record), "strong")]
    blocks += [Heading("planned and actual"), values_table(record, planned)]
    blocks += as_run_blocks(record, planned, ran)
    if conditions := condition_rows(record):
        blocks += [Heading("air"), _conditions_table(conditions)]
    if record.lots:
        blocks += [Heading("bottles"), _lots_table(record)]
    blocks += outcome_blocks(record)
    if found := still_possible(record, ran):
        blocks += [Heading("findings, as run"), *(finding_callout(finding_row(finding)) for finding in found)]
    blocks += history_blocks(record)
    return blocks


def as_run_blocks(record: BatchRecord, planned: Plan, ran: Plan) -> list[Block]:
    """Return ratios and ceiling as planned and as run, and what the latter rest on."""
    rests_on = assumed(record, ran)
    return [Heading("ratios and ceiling"), ratios_table(planned, ran, rests_on), *_assumed(record, ran, rests_on)]


def outcome_blocks(record: BatchRecord) -> list[Block]:
    """Return the outcomes with what they replaced; nothing where there are none."""
    rows = tuple((name, logged.body["value"], was_text(logged)) for name, logged in record.outcomes.items())
    return [Heading("outcomes"), Table(("outcome", "value", ""), rows, right=("value",))] if rows else []


def values_table(record: BatchRecord, planned: Plan) -> Table:
    """Return every blank with its planned and actual value, deviation and correction."""
    cells = tuple(
        (row["code"], row["preparation"], chemical(row["asks"]), _planned(row), _actual(row), _off(row), _row_was(row))
        for row in value_rows(record, planned)
    )  # fmt: skip
    return Table(("code", "preparation", "what", "planned", "actual", "off", ""), cells, right=("planned", "actual", "off"))


def _planned(row: dict[str, Any]) -> str:
    return f"{row['planned']}{'?' if row['planned_doubtful'] else ''}" if row["planned"] else ""


def _actual(row: dict[str, Any]) -> str:
    equals = f" (= {row['equals']})" if "equals" in row else ""
    return f"{row['actual'] or row['status']}{equals}"


def _off(row: dict[str, Any]) -> str:
    return f"{row['deviation_pct']} %" if row["deviation_pct"] else str(row.get("deviation", ""))


def ratios_table(planned: Plan, ran: Plan, rests_on: Mapping[str, tuple[str, ...]]) -> Table:
    """Return ratios and ceiling as planned and as run; a * behind what takes amounts from the plan that nobody logged."""
    mark = {name: "*" for name, codes in rests_on.items() if codes}
    rows = [(name, before, after + mark.get(name, "")) for name, before, after in ratio_rows(planned, ran)]
    rows.append(("ceiling", f"{ceiling_of(planned) or '–'} mg", f"{ceiling_of(ran) or '–'} mg{mark.get(OF_ALL, '')}"))
    return Table(("", "planned", "as run"), tuple(rows), right=("planned", "as run"))


def _assumed(record: BatchRecord, ran: Plan, rests_on: Mapping[str, tuple[str, ...]]) -> list[Block]:
    """Return how many amounts the as-run figures take from the plan because nobody logged them."""
    missing = len(not_logged(record, ran))
    if not missing:
        return []
    everything = sum(bool(use.code) for run in ran.books.steps for use in run.uses)
    marked = f"; those with * rest on {', '.join(rests_on[OF_ALL])}" if rests_on.get(OF_ALL) else ""
    return [Paragraph(f"as run takes {missing} of {everything} amounts from the plan: they were not logged{marked}", "quiet")]


def status_line(record: BatchRecord) -> str:
    """Return what a batch was made of, when, by whom, and how it ended."""
    ended = f", {record.status}" if record.closed else ", open"
    why = f": {record.closed.body['reason']}" if record.closed and record.closed.body.get("reason") else ""
    corrections = f"; {len(record.corrections)} correction{'s' if len(record.corrections) != 1 else ''}" if record.corrections else ""
    plan_id = record.document["digest"].removeprefix("sha256:")[:12]
    protocol = protocol_name(record.document)
    return f"{protocol}, plan {plan_id}; started {_moment(record.started.at)} by {record.started.by}{ended}{why}{corrections}"


def _moment(at: str) -> str:
    return at[:16].replace("T", " ")


def _conditions_table(rows: Iterable[dict[str, Any]]) -> Table:
    def shown(row: dict[str, Any], name: str, unit: str) -> str:
        status = row[f"{name.rsplit('_', 1)[0]}_status"]
        return "not recorded" if row[name] is None else f"{row[name]} {unit}" + ("" if status == "measured" else f" ({status})")

    listed = list(rows)
    gases = [(name, key) for name, key, unit in AIR if unit == "ppm" and any(key in row for row in listed)]
    cells = tuple(
        (
            *(str(row["step"]), row["name"] or "", shown(row, "temperature_c", "°C"), shown(row, "relative_humidity_pct", "%")),
            *(f"{row[key]} ppm" if key in row else "" for _, key in gases),
            _row_was(row),
        )
        for row in listed
    )
    names = ("T", "RH", *(chemical(name) for name, _ in gases))
    return Table(("step", "name", *names, ""), cells, right=names)


def _lots_table(record: BatchRecord) -> Table:
    fields = ("lot", "opened", "grade", "supplier", "water")
    used = [name for name in fields if any(name in logged.body for logged in record.lots.values())]
    bottles = record.lots.items()
    cells = tuple((chemical(name), *(logged.body.get(field, "") for field in used), was_text(logged)) for name, logged in bottles)
    return Table(("material", *used, ""), cells)


def _row_was(row: dict[str, Any]) -> str:
    return f"was {', then '.join(row['was'])}: {row['reason']}" if row.get("was") else ""


def was_text(logged: Logged) -> str:
    """Return what a value replaced and why; nothing where it was never corrected."""
    return f"was {', then '.join(said(old) for old in logged.was)}: {logged.reason}" if logged.was else ""


def history_blocks(record: BatchRecord) -> list[Block]:
    """Return accepted deviations, notes and corrections, each where there are any."""
    blocks: list[Block] = []
    if record.deviations:
        blocks += [
            Heading("accepted deviations"),
            *(Callout("note", logged.body["code"], "accepted", logged.body["reason"]) for logged in record.deviations),
        ]
    if record.notes:
        cells = tuple(
            (str(logged.seq), _moment(logged.at), logged.by, str(logged.body.get("text", "")), was_text(logged)) for logged in record.notes
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
