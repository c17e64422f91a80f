"""Two batch records become what they differ in: plan, actuals, air, bottles, outcomes; and no claim beyond two batches."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab.air import AIR
from peqdlab.blocks import Block, Heading, Paragraph, Table
from peqdlab.dispensing import as_dispensed
from peqdlab.film_points import GROUP, POINT_PARTS
from peqdlab.findings import Doubt
from peqdlab.instruments import DEFAULT, KIND_OF_GROUP, ROTOR_PARTS, Instruments, instruments_data
from peqdlab.plan_difference import named_uses
from peqdlab.record import as_run, plan_of, room_status, room_text
from peqdlab.standing import OF_ALL, assumed
from peqdlab.typed import said
from peqdlab.units import parse_quantity, significant
from peqdlab.wording import chemical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peqdlab.plan import Plan
    from peqdlab.record import BatchRecord

ABSENT: Final = "–"
AS_RUN: Final = "ratio as run"
_NO_CAUSE: Final = ("outcome", "how it ended", AS_RUN)
# What else differs between plans follows from these; the rest of the plan (program, acceptances) changes no step and no amount.
_CAUSES: Final = ("protocol", "template text", "scale", "setting ", "weighed ", "assay of ", "level of ", "planned lot of ")
_BY_INSTRUMENTS: Final = ("rotor", *(f"{group}." for group in KIND_OF_GROUP))  # these change how a step is said, and no amount
_SESSION: Final = " of the session"
NO_INFERENCE: Final = "n = 1 against 1 batch: no inference"


class Difference(NamedTuple):
    """One thing in which two batches differ: where it belongs, what it is, and both values.

    ``follows`` names the cause of what is no cause of its own; ``assumes`` are, for an as-run figure, the codes of the amounts that
    it takes from the plan of each batch because nobody logged them.
    """

    section: str
    what: str
    first: str
    second: str
    remark: str = ""
    follows: str = ""
    assumes: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())


class Comparison(NamedTuple):
    """Two batches and everything in which they differ, in the order of the record."""

    first: str
    second: str
    titles: tuple[str, str]
    status: tuple[str, str]
    differences: tuple[Difference, ...]


def compare_batches(first: BatchRecord, second: BatchRecord) -> Comparison:
    """Return what differs between two records; equal things are left out, a value not logged counts as planned."""
    plans = tuple(plan_of(record.document) for record in (first, second))
    runs = tuple(as_run(record, plan) for record, plan in zip((first, second), plans, strict=True))
    sections: list[tuple[str, tuple[dict[str, str], dict[str, str]]]] = [
        ("plan", (_plan_facts(first), _plan_facts(second))),
        ("planned amount", (_amounts(plans[0], plans[0].instruments), _amounts(plans[1], plans[0].instruments))),
        ("actual", _actuals((first, runs[0]), (second, runs[1]))),
        (AS_RUN, (_ratios(runs[0]), _ratios(runs[1]))),
        ("air", (_air(first), _air(second))),
        ("bottle", (_bottles(first), _bottles(second))),
        ("who and when", (_who(first), _who(second))),
        ("how it ended", (_ending(first), _ending(second))),
        ("outcome", (_outcomes(first), _outcomes(second))),
    ]
    differences = [
        Difference(section, what, one.get(what, ABSENT), other.get(what, ABSENT), _remark(section, one.get(what), other.get(what)))
        for section, (one, other) in sections
        for what in dict.fromkeys([*one, *other])
        if not _same(one.get(what, ABSENT), other.get(what, ABSENT))
    ]
    differences = _with_causes(differences, first, second)
    rests_on = tuple(assumed(record, run) for record, run in zip((first, second), runs, strict=True))
    differences = [row._replace(assumes=_assumes(row.what, *rests_on)) if row.section == AS_RUN else row for row in differences]
    titles = (first.document["title"], second.document["title"])
    return Comparison(first.batch, second.batch, titles, (first.status, second.status), tuple(differences))


def _with_causes(rows: list[Difference], first: BatchRecord, second: BatchRecord) -> list[Difference]:
    """Return the rows, each that only follows from another with its cause: a scale shows again in steps and amounts."""
    plan = [row.what for row in rows if row.section == "plan" and row.what.startswith(_CAUSES)]
    causes = [what for what in plan if what != "template text" or "protocol" not in plan]
    measured_by = [row.what for row in rows if row.section == "plan" and row.what.startswith(_BY_INSTRUMENTS)]
    scaled = {row.what for row in rows if row.section == "planned amount"}
    differing_session = {row.what for row in rows if row.what.endswith(_SESSION)}
    found = []
    for row in rows:
        of_plan = row.section == "planned amount" or (row.section == "plan" and row.what.startswith(("step ", "template text")))
        follows = ""
        if (of_plan or (row.section == "actual" and row.what in scaled)) and row.what not in causes:
            follows = ", ".join([*causes, *(measured_by if row.what.startswith("step ") else ())])
        elif row.section == "air" and row.what not in differing_session and not _is_measured(row.what, first, second):
            follows = f"{row.what.partition(' ')[0]}{_SESSION}"
        found.append(row._replace(follows=follows))
    return found


def _is_measured(what: str, first: BatchRecord, second: BatchRecord) -> bool:
    """Return whether the air of a step was measured there in one of the batches, rather than taken from the session."""
    kind, _, place = what.partition(" at ")
    key = next(key for name, key, _ in AIR if name == kind)
    return any(
        room_status(record, step["n"], key) == "measured"
        for record in (first, second)
        for step in record.document["steps"]
        if place in (step.get("name"), f"step {step['code']}")
    )


def _assumes(what: str, first: dict[str, tuple[str, ...]], second: dict[str, tuple[str, ...]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what an as-run figure takes from the plan in each batch; which ion limits is a matter of all ratios, as the ceiling is."""
    name = OF_ALL if what == "limiting" else what
    return first.get(name, ()), second.get(name, ())


def _same(one: str, other: str) -> bool:
    """Return whether two texts say the same: letter by letter, or the same quantity in other digits (1.030 g, 1030 mg)."""
    try:
        return one == other or parse_quantity(one) == parse_quantity(other)
    except Doubt:
        return False


def _plan_facts(record: BatchRecord) -> dict[str, str]:
    document = record.document
    facts = {
        "protocol": f"{document['protocol']}/{document['variant']}",
        "template text": document["template"]["sha256"][:12],
        "program": document["program"],
        "scale": document["scale"],
    }
    steps = {f"step {step['code']}": f"{step['preparation']}: {step['text']}" for step in document["steps"]}
    chosen = (("setting", "choices"), ("weighed", "weighed"), ("assay of", "assays"), ("accepted", "accepted"))
    settings = {f"{word} {name}": value for word, book in chosen for name, value in document.get(book, {}).items()}
    levels = {f"level of {name}": value for name, value in document.get("run", {}).get("levels", {}).items()}
    lots = {f"planned lot of {name}": value for name, value in document.get("lots", {}).items()}
    return facts | settings | levels | lots | _instrument_facts(document) | steps


def _instrument_facts(document: dict[str, Any]) -> dict[str, str]:
    """Return every instrument that a plan was made for in one line; the built-in ones for a plan stored without."""
    stored: dict[str, Any] = document.get("instruments") or instruments_data(DEFAULT)
    rows = {f"{group}.{name}": row for group in KIND_OF_GROUP for name, row in stored.get(group, {}).items()}
    lines = {key: f"{row['from']} to {row['to']}, step {row['step']}, tolerance {row['tolerance']}" for key, row in rows.items()}
    films, parts = stored.get(GROUP, {}).items(), (*POINT_PARTS, "source")
    lines |= {f"{GROUP}.{name}": ", ".join(f"{part} {row[part]}" for part in parts if part in row) for name, row in films}
    rotor = stored.get("rotor", {})
    return lines | {"rotor": ", ".join(f"{part.replace('_', ' ')} {rotor[part]}" for part in ROTOR_PARTS if part in rotor)}


def _amounts(plan: Plan, instruments: Instruments) -> dict[str, str]:
    """Return every addition in the digits of one lab's instruments, so that a finer balance alone is no difference of amounts."""
    return {name: as_dispensed(use.quantity, instruments) for name, use in named_uses(plan) if use.code}


def _actuals(first: tuple[BatchRecord, Plan], second: tuple[BatchRecord, Plan]) -> tuple[dict[str, str], dict[str, str]]:
    """Return every value that was logged in one of two batches, and in one line how the blanks without a value stand."""
    stated = tuple(_stated(*each) for each in (first, second))
    logged = {what for each in stated for what, (status, _) in each.items() if status == "logged"}
    one, other = ({what: text for what, (_, text) in each.items() if what in logged} for each in stated)
    silent = [what for what in dict.fromkeys([*stated[0], *stated[1]]) if what not in logged and stated[0].get(what) != stated[1].get(what)]
    for found, each in ((one, stated[0]), (other, stated[1])):
        if statuses := {each[what][0] for what in silent if what in each}:
            found["the other blanks"] = " or ".join(sorted(statuses))
    return one, other


def _stated(record: BatchRecord, run: Plan) -> dict[str, tuple[str, str]]:
    """Return of every blank whether it was logged, stated as planned or neither, and what to show for it."""
    names = {use.code: name for name, use in named_uses(run) if use.code}
    asks = {blank.code: f"{blank.asks}, step {blank.code}" for step in run.books.steps for blank in step.blanks}
    found = {}
    for code, ask in asks.items():
        logged = record.actuals.get(code)
        status = "logged" if logged else "as planned" if code in record.as_planned else "not logged"
        found[names.get(code, ask)] = (status, logged.body["value"] if logged else status)
    return found


def _ratios(run: Plan) -> dict[str, str]:
    if run.stoichiometry is None:
        return {}
    ratios = {name: significant(ratio) for name, ratio in run.stoichiometry.ratios.items()}
    return ratios | {"limiting": run.stoichiometry.limiting, "ceiling": f"{significant(run.stoichiometry.ceiling_mg)} mg"}


def _air(record: BatchRecord) -> dict[str, str]:
    session = record.conditions["room"].body if "room" in record.conditions else {}
    found = {f"{what}{_SESSION}": f"{session[key]} {unit}" for what, key, unit in AIR if key in session}
    names = [step.get("name") for step in record.document["steps"]]
    for step in record.document["steps"]:
        name = step["name"] if step.get("name") and names.count(step["name"]) == 1 else f"step {step['code']}"
        for what, key, unit in AIR:
            value = room_text(record, step["n"], key)
            if value is not None and (room_status(record, step["n"], key) == "measured" or step["asks"] or step["room_wanted"]):
                found[f"{what} at {name}"] = f"{value} {unit}"
    return found


def _bottles(record: BatchRecord) -> dict[str, str]:
    return {chemical(name): said(logged.body) for name, logged in record.lots.items()}


def _ending(record: BatchRecord) -> dict[str, str]:
    reason = f": {record.closed.body['reason']}" if record.closed and record.closed.body.get("reason") else ""
    return {"result": f"{record.status}{reason}"}


def _who(record: BatchRecord) -> dict[str, str]:
    return {"operator": record.started.by, "day": record.started.at[:10]}


def _outcomes(record: BatchRecord) -> dict[str, str]:
    return {name: str(logged.body["value"]) for name, logged in record.outcomes.items()}


def _remark(section: str, first: str | None, second: str | None) -> str:
    """Return the difference of two outcomes, second minus first; a difference of two batches is no effect."""
    if section != "outcome" or first is None or second is None:
        return ""
    unit = first.partition(" ")[2]
    off = Decimal(second.partition(" ")[0]) - Decimal(first.partition(" ")[0])
    return f"{off:+f} {'points' if unit == '%' else unit}; {NO_INFERENCE}"


# as blocks and data --------------------------------------------------------------------------------------------------


def comparison_blocks(comparison: Comparison) -> list[Block]:
    """Return the page of a comparison: only what differs, section by section, and what may not be concluded."""
    title = f"{comparison.first} ({comparison.status[0]}) against {comparison.second} ({comparison.status[1]})"
    blocks: list[Block] = [Heading(title, 1)]
    if not comparison.differences:
        return [*blocks, Paragraph("they differ in nothing that was recorded")]
    for section, follows in dict.fromkeys((row.section, row.follows) for row in comparison.differences):
        mine = [row for row in comparison.differences if (row.section, row.follows) == (section, follows)]
        cells = tuple((row.what, *(f"{value}{'*' if codes else ''}" for value, codes in _values(row)), row.remark) for row in mine)
        title = f"{section} (follows from {follows})" if follows else section
        blocks += [Heading(title), Table(("", comparison.first, comparison.second, ""), cells)]
        blocks += [Paragraph(text, "quiet") for text in _assumptions(comparison, mine)]
    others = [row for row in comparison.differences if row.section not in _NO_CAUSE and not row.follows]
    other = f"the two differ in {len(others)} other thing{'s' if len(others) != 1 else ''}, and any of them may be the cause"
    return [*blocks, Paragraph(f"{NO_INFERENCE}; {other if others else 'nothing else that was recorded differs'}", "strong")]


def _values(row: Difference) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (row.first, row.assumes[0]), (row.second, row.assumes[1])


def _assumptions(comparison: Comparison, rows: Iterable[Difference]) -> list[str]:
    """Return what the * of as-run figures means: which amounts are the plan's, because nobody logged them."""
    told = []
    for batch, index in ((comparison.first, 0), (comparison.second, 1)):
        if codes := dict.fromkeys(code for row in rows for code in row.assumes[index]):
            told.append(f"{batch} {', '.join(codes)}")
    return [f"* rests on amounts of the plan that were not logged: {'; '.join(told)}"] if told else []


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON values."""
    return {
        "schema": "peqdlab.comparison/1",
        "batches": [comparison.first, comparison.second],
        "status": list(comparison.status),
        "differences": [
            {
                "section": row.section,
                "what": row.what,
                "first": row.first,
                "second": row.second,
                "remark": row.remark or None,
                "follows_from": row.follows or None,
                **({"assumes": {"first": list(row.assumes[0]), "second": list(row.assumes[1])}} if row.section == AS_RUN else {}),
            }
            for row in comparison.differences
        ],
        "inference": NO_INFERENCE,
    }
