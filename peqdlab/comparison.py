"""Two batch records become what they differ in: plan, actuals, air, bottles, outcomes; and no claim beyond two batches."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab.blocks import Block, Heading, Paragraph, Table
from peqdlab.dispensing import as_dispensed
from peqdlab.findings import Doubt
from peqdlab.record import as_run, plan_of, room_status, room_text
from peqdlab.typed import said
from peqdlab.units import parse_quantity, significant
from peqdlab.wording import chemical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peqdlab.plan import Plan
    from peqdlab.record import BatchRecord

ABSENT: Final = "–"
_NO_CAUSE: Final = ("outcome", "how it ended", "ratio as run")
NO_INFERENCE: Final = "n = 1 against 1 batch: no inference"


class Difference(NamedTuple):
    """One thing in which two batches differ: where it belongs, what it is, and both values."""

    section: str
    what: str
    first: str
    second: str
    remark: str = ""


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
        ("planned amount", (_amounts(plans[0]), _amounts(plans[1]))),
        ("actual", _actuals((first, runs[0]), (second, runs[1]))),
        ("ratio as run", (_ratios(runs[0]), _ratios(runs[1]))),
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
    titles = (first.document["title"], second.document["title"])
    return Comparison(first.batch, second.batch, titles, (first.status, second.status), tuple(differences))


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
    return facts | settings | steps


def _keyed(plan: Plan) -> Iterator[tuple[str, Any]]:
    """Yield every addition under a name that does not depend on step numbers: PbI2 into crude, MeOAc into dots (2)."""
    seen: dict[str, int] = {}
    for run in plan.books.steps:
        for use in run.uses:
            name = f"{chemical(use.material.name)} into {use.preparation}"
            seen[name] = seen.get(name, 0) + 1
            yield f"{name} ({seen[name]})" if seen[name] > 1 else name, use


def _amounts(plan: Plan) -> dict[str, str]:
    return {name: as_dispensed(use.quantity) for name, use in _keyed(plan) if use.code}


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
    names = {use.code: name for name, use in _keyed(run) if use.code}
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
    found = {}
    names = [step.get("name") for step in record.document["steps"]]
    for step in record.document["steps"]:
        name = step["name"] if step.get("name") and names.count(step["name"]) == 1 else f"step {step['code']}"
        for what, key, unit in (("T", "temperature_c", "°C"), ("RH", "relative_humidity_pct", "%")):
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
    for section in dict.fromkeys(difference.section for difference in comparison.differences):
        mine = [difference for difference in comparison.differences if difference.section == section]
        cells = tuple((row.what, row.first, row.second, row.remark) for row in mine)
        blocks += [Heading(section), Table(("", comparison.first, comparison.second, ""), cells)]
    others = [row for row in comparison.differences if row.section not in _NO_CAUSE]
    said_so = (
        f"{NO_INFERENCE}; the two differ in {len(others)} other thing{'s' if len(others) != 1 else ''}, and any of them may be the cause"
    )
    return [*blocks, Paragraph(said_so, "strong")]


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON values."""
    return {
        "schema": "peqdlab.comparison/1",
        "batches": [comparison.first, comparison.second],
        "status": list(comparison.status),
        "differences": [
            {"section": row.section, "what": row.what, "first": row.first, "second": row.second, "remark": row.remark or None}
            for row in comparison.differences
        ],
        "inference": NO_INFERENCE,
    }
