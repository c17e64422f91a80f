"""What a run sheet asks, blank by blank: what is planned, what is measured rather than planned, and how far off is far."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab.dispensing import mass_and_volume
from peqdlab.layers import brought_by
from peqdlab.outcomes import OF_A_COLLOID, OF_A_FILM
from peqdlab.units import ARITHMETIC, KINDS, Quantity, plain, show
from peqdlab.wording import doubt_mark, doubtful_of_flow, source_of_value

if TYPE_CHECKING:
    from peqdlab.books import StepRun
    from peqdlab.plan import Plan
    from peqdlab.preparation import Preparation, Value
    from peqdlab.reagents import Reagent

# Adverbs whose blank is a result: it is measured afterwards, and no statement that all went as planned can give it.
_RESULTS: Final = ("wet", "recovers")
# How far from plan is remarked on: 2 % of a weight or volume; where the step gives no tolerance, 5 °C and a fifth of the time.
# The last two are this program's own choice, and each finding that rests on one says so.
AMOUNT: Final = Decimal("0.02")
TEMPERATURE_C: Final = Decimal(5)
DURATION: Final = Decimal("0.2")


class Asked(NamedTuple):
    """One blank: its code, what it asks, the plan (None: there is none), and what is known of it.

    ``is_result`` is what is measured, never stated; ``reagent`` is what is put in; ``within_c`` is the step's own tolerance;
    ``doubt`` is ? where the source of the planned value was not read, or had a digit repaired.
    """

    code: str
    asks: str
    planned: Quantity | None
    is_result: bool
    reagent: Reagent | None
    within_c: Decimal | None
    doubt: str = ""


def asked_of(plan: Plan) -> dict[str, Asked]:
    """Return every blank of a plan's sheet by its code, in the order of the sheet."""
    found: dict[str, Asked] = {}
    for run in plan.books.steps:
        adverbs = dict(run.step.verb.blanks)
        uses = {use.code: use for use in run.uses if use.code}
        for blank in run.blanks:
            use = uses.get(blank.code)
            value = use.material.amount if use else _planned_by(plan, run, "rate" if blank.kind == "rate" else adverbs.get(blank.asks, ""))
            doubt = doubt_mark(plan.template, source_of_value(value, plan.template)) if value and blank.planned else ""
            found[blank.code] = Asked(
                blank.code,
                blank.asks,
                blank.planned,
                use is None and adverbs.get(blank.asks) in _RESULTS,
                use.reagent if use else None,
                None if use else _within(plan, run, blank.planned),
                doubt,
            )
    return found


def measured_of(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return the outcomes that are asked of every stage, by preparation: of each colloid of dots, and of each film that is coated of them.

    They are logged as ``dots.plqy=82%``, which is no blank of a step: the codes of blanks stay as they are.
    """
    found: dict[str, tuple[str, ...]] = {}
    for made in plan.template.preparations:
        held = plan.books.finished[made.name]
        has_dots = any(product in held.species for product in plan.template.products)
        if made.vessel.is_substrates:
            found[made.name] = OF_A_FILM if has_dots and _is_coated(plan, made) else ()
        else:
            found[made.name] = OF_A_COLLOID if has_dots and held.volume_ml else ()
    return {name: outcomes for name, outcomes in found.items() if outcomes}


def _is_coated(plan: Plan, made: Preparation) -> bool:
    """Return whether a preparation puts dots on its substrates, rather than going on with a film that has them."""
    coats = (run for run in plan.books.steps if run.preparation.name == made.name and run.step.verb.books == "coat")
    return any(product in brought_by(run, plan.books).species for run in coats for product in plan.template.products)


def _planned_by(plan: Plan, run: StepRun, adverb: str) -> Value | None:
    """Return the value that a blank's plan comes from: an adverb, the verb's own, or what last set the pot's temperature."""
    if adverb == "rate":
        return doubtful_of_flow(run, plan.template)
    if adverb != "pot":
        return run.step.value_of(adverb)
    for before in reversed(plan.books.steps[: run.n - 1]):
        if before.preparation.name == run.preparation.name:
            own = before.step.value_of("") if before.step.verb.takes == "quantity:temperature" else None
            value: Value | None = before.step.value_of("to") or before.step.value_of("at") or own
            if value:
                return value
    return None


def _within(plan: Plan, run: StepRun, planned: Quantity | None) -> Decimal | None:
    """Return the tolerance (°C) of a temperature: that of its step, else of the step before that brought the vessel there."""
    if planned is None or not planned.is_kind("temperature"):
        return None
    for before in reversed(plan.books.steps[: run.n]):
        if before.preparation.name == run.preparation.name and "within" in before.values and before.temperature_c == planned.value:
            within: Decimal = before.values["within"].value
            return within
    return None


def in_kind(asked: Asked, found: Quantity) -> Quantity:
    """Return a mass as the volume that is planned, or the reverse, through the density on file; anything else as it is.

    V = m/ρ at any room temperature. Raises Doubt C105 for the volume of a solid.
    """
    planned, reagent = asked.planned, asked.reagent
    if planned is None or reagent is None or found.dimension == planned.dimension:
        return found
    if not (found.is_kind("mass") or found.is_kind("volume")):
        return found
    mass, volume = mass_and_volume(reagent, found, Decimal(1))
    if planned.is_kind("mass"):
        return Quantity(mass, KINDS["mass"])
    return found if volume is None else Quantity(volume, KINDS["volume"])


def deviation(asked: Asked, found: Quantity) -> tuple[dict[str, Any], str]:
    """Return how far a value is from its plan, as fields of its event, and a sentence where that is far (else nothing)."""
    planned = asked.planned
    if planned is None:
        return {}, ""
    off = found.value - planned.value
    if found.is_kind("temperature"):
        limit = TEMPERATURE_C if asked.within_c is None else asked.within_c
        body = {"deviation": f"{'+' if off >= 0 else ''}{plain(off)} °C"}
        own = "" if asked.within_c is not None else ", taken where the step gives none"
        return body, f"{body['deviation']} from the plan of {show(planned)}, outside ± {plain(limit)} °C{own}" if abs(off) > limit else ""
    if not planned.value or not any(found.is_kind(kind) for kind in ("mass", "volume", "duration", "flow rate")):
        return {}, ""
    share = ARITHMETIC.divide(off, planned.value)
    body = {"deviation_pct": f"{share * 100:+.1f}"}
    if found.is_kind("duration"):
        told = f"{body['deviation_pct']} % from the plan of {show(planned)}, outside ± {plain(DURATION * 100)} %, taken for times"
        return body, told if abs(share) > DURATION else ""
    far = abs(share) > AMOUNT and not asked.is_result
    return body, f"{body['deviation_pct']} % from the plan of {show(planned, 4)}" if far else ""
