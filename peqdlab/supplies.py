"""What must be on the bench before a plan starts: vessels, the equipment that its steps imply, totals per reagent, the day before."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab.dispensing import as_dispensed
from peqdlab.pumping import flow_needs
from peqdlab.scaling import vessels_filled
from peqdlab.schedule import drawn_on, made_ahead, stated_duration
from peqdlab.units import ARITHMETIC, KINDS, ZERO, Quantity, show, significant
from peqdlab.wording import doubt_mark, source_of_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peqdlab.books import StepRun, Use
    from peqdlab.plan import Plan
    from peqdlab.preparation import Preparation, Value

_LARGEST_COUNT: Final = 2**53 - 1  # what canonical JSON holds as a number
_MG_PER_G: Final = Decimal(1000)


class Implied(NamedTuple):
    """Equipment that a word implies: in the adverb of this name, or in the verb's own text where it is empty."""

    adverb: str
    words: str  # a regular expression
    what: str


# Beside what a verb itself needs (language.Verb.needs). A word more is a row more.
IMPLIED: Final = (
    Implied("under", r"vacuum", "vacuum line"),
    Implied("how", r"\bdegas", "vacuum line"),
    Implied("under", r"\bN2\b|nitrogen|\bAr\b|argon|inert", "inert gas line"),
    Implied("", r"\bice\b", "ice bath"),
    Implied("", r"(?<!ice-)\bwater bath", "water bath"),
    Implied("", r"glovebox", "glovebox"),
    Implied("", r"\bdark\b", "dark storage"),
    Implied("within", r"", "thermometer in the pot"),
)
_COLD: Final = ((Decimal(0), "freezer"), (Decimal(10), "refrigerator"))  # storage at or below (°C); 10 °C is a common upper limit
# What a remark on a material asks to be done with it beforehand.
BEFOREHAND: Final = (("dried", "dry"), ("degassed", "degas"), ("filtered", "filter"), ("distilled", "distil"))
LONG_WAIT: Final = Decimal(6 * 3600)  # s; a longer wait does not fit into a day at the bench


# vessels and equipment -----------------------------------------------------------------------------------------------


def equipment_rows(plan: Plan) -> list[dict[str, Any]]:
    """Return every vessel with how full it gets, tubes counted and balanced, then every other thing once with its steps."""
    return [*_vessels(plan), *_devices(plan)]


def _vessels(plan: Plan) -> Iterator[dict[str, Any]]:
    for preparation in plan.template.preparations:
        vessel = preparation.vessel
        if vessel.is_substrates and any(step.verb.books == "start" for step in preparation.steps):
            continue  # they are those of the film that it goes on with
        volume, step = (ZERO, 0) if vessel.is_substrates else plan.books.fullest_ml.get(preparation.name, (ZERO, 0))
        count = plan.inputs.substrates if vessel.is_substrates else _vessels_of(plan, preparation, volume)
        yield {
            "what": vessel.text,
            "kind": "vessel",
            "count": count if count <= _LARGEST_COUNT else str(count),
            "for": preparation.name,
            "fullest_ml": significant(volume) if volume else None,
            "at_step": step or None,
            "each_ml": significant(ARITHMETIC.divide(volume, Decimal(count))) if vessel.counted and volume else None,
            "doubtful": bool(doubt_mark(plan.template, vessel.source)),
        }


def _vessels_of(plan: Plan, preparation: Preparation, volume: Decimal) -> int:
    """Return how many vessels a preparation takes: one for each portion of it, unless they are counted by volume."""
    filled = vessels_filled(preparation.vessel, volume)
    return filled if preparation.vessel.counted else filled * plan.inputs.portions.get(preparation.name, 1)


def _devices(plan: Plan) -> Iterator[dict[str, Any]]:
    used: dict[str, list[StepRun]] = {}
    doubtful = set()
    for run in plan.books.steps:
        for what, value in dict(implied_by(run)).items():
            used.setdefault(what, []).append(run)
            if value is not None and doubt_mark(plan.template, source_of_value(value, plan.template)):
                doubtful.add(what)
    for what, runs in used.items():
        yield {
            "what": what,
            "kind": "equipment",
            "count": 1,
            "for": ", ".join(dict.fromkeys(run.preparation.name for run in runs)),
            "steps": [str(run.n) for run in runs],
            "setting": _setting(what, runs) or None,
            "doubtful": what in doubtful,
        }


def implied_by(run: StepRun) -> Iterator[tuple[str, Value | None]]:
    """Yield the equipment that a step implies, by its verb and the words of its adverbs, each with the value that says so."""
    step = run.step
    if step.verb.needs:
        yield step.verb.needs, step.value_of("to") or step.value
    yield from ((what, None) for what in flow_needs(run))
    for row in IMPLIED:
        value = step.value_of(row.adverb)
        if value is not None and re.search(row.words, value.text, re.IGNORECASE):
            yield row.what, value
    if step.verb.name == "keep" and "at" in run.values:
        yield from [(what, step.value_of("at")) for limit, what in _COLD if run.values["at"].value <= limit][:1]


def _own(run: StepRun) -> Quantity | None:
    """Return what a device is set to at a step: the temperature or speed of the verb, or the temperature to reach."""
    for name in ("", "to", "at"):
        found = run.values.get(name)
        if found is not None and any(found.is_kind(kind) for kind in ("temperature", "rotation speed", "centrifugal acceleration")):
            return found
    return None


def _setting(what: str, runs: list[StepRun]) -> str:
    """Return what a device is set to at its own steps: the speeds of a centrifuge, the highest temperature of a bath."""
    cold = {name for _, name in _COLD}
    own = [run for run in runs if what in (run.step.verb.needs, *cold)]
    settings = sorted({quantity for run in own if (quantity := _own(run)) is not None})
    if not settings:
        return ""
    hottest = len(settings) > 1 and settings[0].is_kind("temperature")
    return f"up to {show(settings[-1])}" if hottest else ", ".join(show(quantity) for quantity in settings)


# reagents ------------------------------------------------------------------------------------------------------------


def totals_rows(plan: Plan) -> list[dict[str, Any]]:
    """Return what the plan takes of each reagent over all preparations, as it is dispensed, to be held against stock."""
    taken: dict[str, list[Use]] = {}
    for use in (use for run in plan.books.steps for use in run.uses if use.reagent is not None):
        taken.setdefault(use.reagent.key if use.reagent else "", []).append(use)
    return [_total(plan, uses) for uses in taken.values()]


def _total(plan: Plan, uses: list[Use]) -> dict[str, Any]:
    reagent = uses[0].reagent
    mass = sum((use.mass_mg or ZERO for use in uses), ZERO)
    volume = sum((use.volume_ml or ZERO for use in uses), ZERO)
    amount = sum((use.amount_mmol or ZERO for use in uses), ZERO)
    taken = Quantity(volume, KINDS["volume"]) if volume else Quantity(mass, KINDS["mass"])
    return {
        "reagent": reagent.key if reagent else None,
        "name": reagent.name if reagent else None,
        "cas": reagent.cas if reagent else None,
        "mass_g": significant(mass / _MG_PER_G),
        "volume_ml": significant(volume) if volume else None,
        "amount_mmol": significant(amount),
        "as_taken": as_dispensed(taken, plan.instruments),
        "for": list(dict.fromkeys(use.preparation for use in uses)),
        "codes": [use.code for use in uses],
    }


# before the day ------------------------------------------------------------------------------------------------------


def ahead_rows(plan: Plan) -> list[dict[str, Any]]:
    """Return what has to be done before the day, or before a step of it, each with the reason: what the steps themselves say."""
    return [*_made_ahead(plan), *_long_waits(plan), *_treated(plan), *_preheated(plan)]


def _row(when: str, what: str, why: str, *runs: StepRun) -> dict[str, Any]:
    return {"when": when, "what": what, "why": why, "steps": [str(run.n) for run in runs]}


def _made_ahead(plan: Plan) -> Iterator[dict[str, Any]]:
    ahead = made_ahead(plan)
    for made in plan.template.preparations:
        if made.name in ahead:
            runs = [run for run in plan.books.steps if run.preparation.name == made.name]
            takers = [run for run in plan.books.steps if made.name in drawn_on(run)]
            why = f"step {takers[0].n} draws on it" if made.ready and takers else ahead[made.name]
            yield _row(made.ready or "before", f"make {made.name}", why, *runs)


def _long_waits(plan: Plan) -> Iterator[dict[str, Any]]:
    """Yield the waits that do not fit into a day, in preparations that something else draws on."""
    drawn = {name for run in plan.books.steps for name in drawn_on(run)} - made_ahead(plan).keys()
    for run in plan.books.steps:
        stated = stated_duration(run)
        if stated is not None and stated.value >= LONG_WAIT and run.preparation.name in drawn:
            yield _row("the day before", f"start {run.preparation.name}", f"step {run.n} takes {show(stated)}", run)


def _treated(plan: Plan) -> Iterator[dict[str, Any]]:
    for run in plan.books.steps:
        for use in run.uses:
            remark = use.material.amount.remark if use.material.amount else ""
            for word, verb in BEFOREHAND:
                if re.search(rf"\b{word}\b", remark, re.IGNORECASE) and not re.search(rf"\b(not|un)\s*{word}", remark, re.IGNORECASE):
                    what = f"{verb} {use.material.name}, {as_dispensed(use.quantity, plan.instruments)}"
                    yield _row("the day before", what, f"step {run.n} takes it {word}", run)


def _preheated(plan: Plan) -> Iterator[dict[str, Any]]:
    for run in plan.books.steps:
        if run.step.verb.takes == "preparation" and run.step.value is not None and "to" in run.values:
            stock = run.step.value.text
            takers = [taker.n for taker in plan.books.steps if taker.n > run.n and stock in {use.material.name for use in taker.uses}]
            what = f"put {stock} into its bath, {show(run.values['to'])}"
            yield _row(f"before step {(*takers, run.n)[0]}", what, f"step {run.n} warms it", run)
