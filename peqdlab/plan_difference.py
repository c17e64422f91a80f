"""Two plans become what they differ in: causes (size, parameters, materials, steps) first, then what follows from them."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab.blocks import Block, Heading, Paragraph, Table
from peqdlab.checks import evidence_of
from peqdlab.dispensing import as_dispensed
from peqdlab.language import ADVERBS, MATERIALS
from peqdlab.schedule import time_of
from peqdlab.stoichiometry import concentration
from peqdlab.supplies import equipment_rows
from peqdlab.units import RATIO, Quantity, restate, show, significant
from peqdlab.wording import chemical, source_of_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from peqdlab.books import StepRun, Use
    from peqdlab.plan import Plan

SCHEMA: Final = "peqdlab.plan-difference/1"
ABSENT: Final = "–"
Facts = dict[str, str]


class Change(NamedTuple):
    """One thing in which two plans differ: its section, what it is, both values, and whether it follows from other things."""

    section: str
    what: str
    first: str
    second: str
    follows: bool = False


def plan_differences(first: Plan, second: Plan) -> tuple[Change, ...]:
    """Return what differs between two plans, as shown at the bench; equal things are left out, causes stand before consequences."""
    found = [change for section in _SECTIONS for change in section(first, second)]
    return tuple(sorted(found, key=lambda change: change.follows))


def _facts(section: str, said: Callable[[Plan], Facts], *, follows: bool = False) -> Callable[[Plan, Plan], Iterator[Change]]:
    """Return the section of two plans in which the facts that ``said`` gives differ."""

    def changes(first: Plan, second: Plan) -> Iterator[Change]:
        one, other = said(first), said(second)
        for what in dict.fromkeys([*one, *other]):
            before, after = one.get(what, ABSENT), other.get(what, ABSENT)
            if before != after:
                yield Change(section, what, before, after, follows)

    return changes


# causes --------------------------------------------------------------------------------------------------------------


def _product(plan: Plan) -> Facts:
    return {"product": plan.template.product or ABSENT, "shell": ", ".join(plan.template.shell) or ABSENT}


def _size(plan: Plan) -> Facts:
    inputs = plan.inputs
    weighed = {f"weighed {name}": restate(quantity) for name, quantity in inputs.weighed.items()}
    assays = {f"assay of {name}": show(Quantity(share, RATIO)) for name, share in inputs.assays.items()}
    bottles = {f"lot of {name}": lot for name, lot in inputs.lots.items()}
    accepted = {f"accepted {code}": reason for code, reason in plan.accepted.items()}
    return {"scale": str(inputs.scale), **weighed, **assays, **bottles, **accepted}


def _parameters(plan: Plan) -> Facts:
    return {name: show(value) for name, value in plan.books.parameters.items()}


def _preparations(plan: Plan) -> Facts:
    found: Facts = {}
    for made in plan.template.preparations:
        found[f"{made.name}: vessel"] = made.vessel.text
        found[f"{made.name}: ready"] = made.ready or ABSENT
        found |= {f"{made.name}: label, {part}": value.text for part, value in made.label}
        found |= {f"{made.name}: reaction {n}": reaction.text for n, reaction in enumerate(made.react, 1)}
    return found


def named_uses(plan: Plan) -> Iterator[tuple[str, Use]]:
    """Yield every addition under a name that does not depend on step numbers: PbI₂ into crude, MeOAc into dots (2)."""
    seen: dict[str, int] = {}
    for run in plan.books.steps:
        for use in run.uses:
            name = f"{chemical(use.material.name)} into {use.preparation}"
            seen[name] = seen.get(name, 0) + 1
            yield f"{name} ({seen[name]})" if seen[name] > 1 else name, use


def _said(plan: Plan, use: Use) -> str:
    """Return an addition as it is dispensed, with its remark, grade, rule of scaling, and how far its source can be trusted."""
    material = use.material
    if material.amount is None:
        return "all"
    assay = f"assay {material.assay.text}" if material.assay else ""
    details = (material.amount.remark, assay, material.grade, "" if material.scales == "linear" else material.scales)
    evidence = evidence_of(plan.template, source_of_value(material.amount, plan.template))
    return f"{as_dispensed(use.quantity, plan.instruments)} ({', '.join([*filter(None, details), evidence])})"


def _amounts(first: Plan, second: Plan) -> Iterator[Change]:
    """Yield the additions that differ; where both plans type the same, the dispensed amount follows from something else."""
    one, other = dict(named_uses(first)), dict(named_uses(second))
    for name in dict.fromkeys([*one, *other]):
        uses = one.get(name), other.get(name)
        said = [ABSENT if use is None else _said(plan, use) for plan, use in zip((first, second), uses, strict=True)]
        if said[0] != said[1]:
            typed = [None if use is None or use.material.amount is None else use.material.amount.text for use in uses]
            follows = typed[0] is not None and typed[0] == typed[1] and said[0].partition("(")[2] == said[1].partition("(")[2]
            yield Change("amount" if follows else "material", name, said[0], said[1], follows)


def _steps(first: Plan, second: Plan) -> Iterator[Change]:
    """Yield steps of one plan that the other has not, then what differs within the steps that both have."""
    inside: list[Change] = []
    for name in dict.fromkeys(made.name for plan in (first, second) for made in plan.template.preparations):
        ours, theirs = ([run for run in plan.books.steps if run.preparation.name == name] for plan in (first, second))
        matcher = SequenceMatcher(None, [_signature(run) for run in ours], [_signature(run) for run in theirs], autojunk=False)
        for tag, start, end, other_start, other_end in matcher.get_opcodes():
            mine, yours = ours[start:end], theirs[other_start:other_end]
            if tag == "equal":
                inside += [change for pair in zip(mine, yours, strict=True) for change in _conditions(*pair)]
                continue
            for one, other in zip_longest(mine, yours):
                before, after = (ABSENT if run is None else f"{run.n}: {_signature(run)}" for run in (one, other))
                yield Change("step", name, before, after)
    yield from inside


def _signature(run: StepRun) -> str:
    """Return what a step does, without amounts and conditions."""
    step = run.step
    named = [material.name for material in step.materials]
    own = ", ".join(map(chemical, named)) if step.verb.takes == MATERIALS else step.text_of("") if step.verb.takes == "preparation" else ""
    return f"{step.verb.name} {own}".strip()


def _conditions(one: StepRun, other: StepRun) -> Iterator[Change]:
    number = str(one.n) if one.n == other.n else f"{one.n}, {other.n}"
    where = f"{one.preparation.name} {number}, {_signature(one).partition(',')[0]}"
    for name in ("", *ADVERBS):
        before, after = _condition(one, name), _condition(other, name)
        if before != after:
            typed = [value.text if (value := run.step.value_of(name)) else "" for run in (one, other)]
            follows = typed[0] == typed[1] != ""
            yield Change("condition that follows" if follows else "condition", f"{where}: {name}".rstrip(": "), before, after, follows)


def _condition(run: StepRun, name: str) -> str:
    """Return a condition of a step: reckoned values to four figures, typed ones as they are."""
    if name == "" and run.step.verb.takes in (MATERIALS, "preparation"):
        return ABSENT
    if name in run.values:
        typed = run.step.value_of(name)
        return show(run.values[name], 4 if typed and typed.expression and typed.expression.kind != "name" else None)
    given = run.step.text_of(name) or ", ".join(run.step.texts_of(name))
    return given or ("yes" if run.step.adverbs.get(name) is True else ABSENT)


def _checks(plan: Plan) -> Facts:
    return {check.name: f"{check.want_text} at {check.at}, else {check.severity}" for check in plan.template.checks}


# consequences --------------------------------------------------------------------------------------------------------


def _stocks(plan: Plan) -> Facts:
    if plan.books.incomplete:
        return {}
    made = [(preparation, part) for preparation in plan.template.preparations for part, _ in preparation.label]
    return {f"{part} in {row.name}": f"{significant(concentration(plan.books, row, part))} mol/L" for row, part in made}


def _ratios(plan: Plan) -> Facts:
    return {name: significant(ratio) for name, ratio in plan.stoichiometry.ratios.items()} if plan.stoichiometry else {}


def _yield(plan: Plan) -> Facts:
    expected = {"product expected": f"{significant(plan.expected_mg)} mg"} if plan.expected_mg is not None else {}
    if plan.stoichiometry is None:
        return expected
    made = plan.stoichiometry
    ceiling = f"{significant(made.ceiling_mg)} mg ({significant(made.ceiling_mmol)} mmol)"
    return {"limiting": made.limiting, "ceiling": ceiling, **expected}


def _bench(plan: Plan) -> Facts:
    """Return how full each vessel gets, how many are taken, and the estimated time of the day."""
    full: Facts = {}
    for row in equipment_rows(plan):
        if row["kind"] == "vessel" and row["fullest_ml"]:
            many = f" in {row['count']}" if row["each_ml"] else ""
            full[f"{row['for']}, fullest"] = f"{row['fullest_ml']} mL{many}"
    time = time_of(plan)
    return {**full, "hands on, estimated": f"{time['hands_on_min']} min", "in all, estimated": f"{time['elapsed_min']} min"}


def _findings(plan: Plan) -> Facts:
    """Return findings by code and the key that they are about, whatever the name of the variant."""
    found: Facts = {}
    for finding in plan.findings:
        name = ", ".join(filter(None, (f"{finding.severity} {finding.code}", finding.where.key.partition(".")[2])))
        found[name] = f"{found[name]}; {finding.message}" if name in found else finding.message
    return found


_SECTIONS: Final = (
    _facts("product", _product),
    _facts("size", _size),
    _facts("parameter", _parameters),
    _facts("preparation", _preparations),
    _amounts,
    _steps,
    _facts("check", _checks),
    _facts("stock", _stocks, follows=True),
    _facts("ratio", _ratios, follows=True),
    _facts("yield", _yield, follows=True),
    _facts("bench", _bench, follows=True),
    _facts("finding", _findings, follows=True),
)


# as blocks and data --------------------------------------------------------------------------------------------------


def difference_blocks(names: tuple[str, str], titles: tuple[str, str], changes: Iterable[Change]) -> list[Block]:
    """Return the page of a difference: section by section, only what differs."""
    changes = tuple(changes)
    blocks: list[Block] = [Heading(f"{names[0]} against {names[1]}", 1)]
    blocks += [Paragraph(f"{name}: {title}", "quiet") for name, title in zip(names, titles, strict=True)]
    if not changes:
        return [*blocks, Paragraph("the two plans say the same")]
    has_follow = False
    for section in dict.fromkeys(change.section for change in changes):
        mine = [change for change in changes if change.section == section]
        if mine[0].follows and not has_follow:
            blocks.append(Paragraph("what follows from that", "strong"))
            has_follow = True
        cells = tuple((change.what, change.first, change.second) for change in mine)
        blocks += [Heading(section), Table(("", *(_column(names))), cells)]
    return blocks


def _column(names: tuple[str, str]) -> tuple[str, str]:
    return names if names[0] != names[1] else (f"{names[0]} (1)", f"{names[1]} (2)")


def difference_document(names: tuple[str, str], plans: tuple[Plan, Plan], changes: Iterable[Change]) -> dict[str, Any]:
    """Return a difference as JSON values."""
    return {
        "schema": SCHEMA,
        "plans": [
            {"name": name, "protocol": plan.template.family, "variant": plan.template.variant, "title": plan.template.title}
            for name, plan in zip(names, plans, strict=True)
        ],
        "differences": [change._asdict() for change in changes],
    }
