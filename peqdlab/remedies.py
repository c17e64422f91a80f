"""From the role that a general check wants changed to the values of this protocol that play it, likeliest first."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from peqdlab.injection import brings, feeding_uses
from peqdlab.knobs import (
    added_knob,
    inserted_knob,
    losing_knob,
    material_knob,
    parameter_knob,
    parameter_of,
    scale_knob,
    step_knob,
    swapped_knob,
    warming_knob,
)
from peqdlab.language import VERBS
from peqdlab.moments import base_of, brings_acid, stock_temperature_c, volatile
from peqdlab.preparation import Material, Step, Value
from peqdlab.units import KINDS, Quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from peqdlab.books import StepRun, Use
    from peqdlab.injection import Injection
    from peqdlab.knobs import Case, Knob

# The salt that brings one halide alone to a pot with amines, where a protocol has no halide source to turn.
_SALTS: Final = {"I": "OAmI", "Br": "OAmBr"}
_DRIES_C: Final = Decimal(100)
# What a remedy may name that the protocol does not use: frozen with a plan, so that it says the same when it is made again.
PROPOSED: Final = ("OA", "ODE", *_SALTS.values())


def knobs_for(role: str, injection: Injection, run: StepRun, case: Case) -> Iterator[Knob]:
    """Yield the values that play a role at a step, likeliest first: each may be turned to mend it."""
    yield from _ROLES[role](injection, run, case)


def _knobs_of(uses: list[Use], case: Case) -> Iterator[Knob]:
    """Yield the knobs of materials: of the parameter that an amount is, where it is one, and then of the amount itself."""
    for use in uses:
        parameter = parameter_of(use.material.amount, case.template)
        knob = parameter_knob(parameter, case) if parameter else None
        if knob:
            yield knob
        if use.material.amount is not None:
            alike = [
                other
                for run in case.books.steps
                for other in run.uses
                if (other.preparation, other.material.name) == (use.preparation, use.material.name)
            ]
            yield material_knob(tuple(alike), case, f"{use.preparation}.{use.material.name}")


def _bringing(parts: tuple[str, ...], but: tuple[str, ...], injection: Injection, case: Case) -> list[Use]:
    """Return what brings some parts into the pot, but none of others: what is put in itself before what it was made of."""
    reagents = case.books.ledger.reagents

    def is_one(use: Use) -> bool:
        below = [use] if use.reagent else [*feeding_uses(case.books, use.material.name, injection.run.n)]
        found = [each.reagent for each in below if each.reagent is not None]
        return any(brings(each, parts, reagents) for each in found) and not any(brings(each, but, reagents) for each in found)

    return [use for use in feeding_uses(case.books, injection.pot, injection.run.n) if is_one(use)]


def _a_site(injection: Injection, _: StepRun, case: Case) -> Iterator[Knob]:
    yield from _knobs_of(_bringing(injection.sites.a.parts, injection.sites.metal.parts, injection, case), case)


def _halide(injection: Injection, _: StepRun, case: Case) -> Iterator[Knob]:
    sites = injection.sites
    yield from _knobs_of(_bringing(sites.x.parts, sites.metal.parts, injection, case), case)
    salt = _SALTS.get(sites.x.parts[0])
    leads = [(run, use.amount_mmol) for run in case.books.steps for use in run.uses if _is_lead(use, injection, case) and use.amount_mmol]
    if salt is not None and case.reagents.named(salt) and leads and injection.route == "binary":
        yield added_knob(leads[0][0], _material(salt, leads[0][0], leads[0][1]), case)


def _is_lead(use: Use, injection: Injection, case: Case) -> bool:
    metal = injection.sites.metal.parts
    return use.preparation in injection.feeding and use.reagent is not None and brings(use.reagent, metal, case.books.ledger.reagents)


def _material(name: str, run: StepRun, like_mmol: Decimal) -> Material:
    """Return a material to be added, to begin the search with: a tenth of an amount that it goes with."""
    path, amount = (*run.step.path, run.step.verb.name, name), Quantity(like_mmol / 10, KINDS["amount"])
    return Material(name, path, Value(path, "", "unverified", quantity=amount), is_preparation=False)


def _acid(_: Injection, run: StepRun, case: Case) -> Iterator[Knob]:
    filled = [each for each in case.books.steps if each.preparation.name == run.preparation.name and each.uses and each.n <= run.n]
    acids = [use for each in filled for use in each.uses if use.reagent and any(brings_acid(name) for name, _ in use.reagent.delivers)]
    yield from _knobs_of(sorted(acids, key=lambda use: -(use.amount_mmol or 0)), case)
    needing = [(each, base_of(use)) for each in filled for use in each.uses if base_of(use)]
    if not acids and needing and case.reagents.named("OA"):
        yield added_knob(needing[0][0], _material("OA", *needing[0]), case)


def _temperature(_: Injection, run: StepRun, case: Case) -> Iterator[Knob]:
    """Yield what set the temperature of the vessel at this step."""
    for each in reversed([each for each in case.books.steps if each.preparation.name == run.preparation.name and each.n <= run.n]):
        takes_temperature = each.step.verb.takes == "quantity:temperature"
        adverb = next((name for name in ("to", "at", "") if name in each.values and (name or takes_temperature)), None)
        if adverb is not None and each.step.verb.takes != "preparation":
            yield from _stated(each, adverb, case)
            return


def _stated(run: StepRun, adverb: str, case: Case) -> Iterator[Knob]:
    """Yield the parameter that a value of a step is, where it is one, and then the value itself."""
    parameter = parameter_of(run.step.value_of(adverb), case.template)
    for knob in (parameter_knob(parameter, case) if parameter else None, step_knob(run, adverb, case)):
        if knob:
            yield knob


def _volatile(injection: Injection, run: StepRun, case: Case) -> Iterator[Knob]:
    """Yield that it leaves, where nobody put it in for its own sake; octadecene for another hydrocarbon; then the temperature."""
    found = volatile(run, case.books.ledger.reagents)
    put_in = [(each, use) for each in case.books.steps for use in each.uses if found and use.reagent and use.reagent.key == found[0]]
    if found is not None and not put_in:
        yield losing_knob(run, found[0], case)
    for each, use in put_in:
        is_hydrocarbon = use.reagent is not None and {symbol for symbol, _ in use.reagent.formula.counts} == {"C", "H"}
        if is_hydrocarbon and use.preparation in injection.feeding and case.reagents.named("ODE"):
            yield swapped_knob(each, use, "ODE", case)
    yield from _temperature(injection, run, case)


def _water(injection: Injection, _: StepRun, case: Case) -> Iterator[Knob]:
    """Yield the last step before the injection that is hot enough to drive water off and has some to lose; else a step that does."""
    pots = (injection.pot,) if injection.run.step.verb.books != "flow" else injection.feeding  # what is pumped is dried where it is made
    before = [run for run in case.books.steps if run.preparation.name in pots and run.n < injection.run.n]
    for run in reversed(before):
        hot = run.temperature_c is not None and run.temperature_c >= _DRIES_C
        if run.left.species.get("H2O") and hot and run.step.verb.name == "heat":
            yield losing_knob(run, "H2O", case)
    wet = [run for run in before if run.uses]
    if wet:
        path = (*wet[-1].step.path, "heat")
        heat = Value(path, "120 °C", "unverified", quantity=Quantity(Decimal(120), KINDS["temperature"]))
        under = Value((*path, "under"), "vacuum", "unverified")
        dry = Step(VERBS["heat"], path, (), heat, {"under": under, "loses": ("H2O",)})
        yield inserted_knob(wet[-1], dry, '{ heat = "120 °C [unverified]", under = "vacuum", loses = ["H2O"] }', case)


def _stock(_: Injection, run: StepRun, case: Case) -> Iterator[Knob]:
    """Yield the temperature to which the stock is warmed, or a step that warms it."""
    for use in run.uses:
        if not use.material.is_preparation:
            continue
        warming = [
            each
            for each in case.books.steps
            if each.step.verb.takes == "preparation" and each.step.value and each.step.value.text == use.material.name and each.n < run.n
        ]
        if warming:
            yield from _stated(warming[-1], "to", case)
        else:
            path = (*run.step.path, "warm")
            now = Quantity(stock_temperature_c(use, run), KINDS["temperature"])
            to = Value((*path, "to"), "", "unverified", quantity=now)
            yield warming_knob(run, Step(VERBS["warm"], path, (), Value(path, use.material.name, "unverified"), {"to": to}), to, now, case)


def _size(injection: Injection, _: StepRun, case: Case) -> Iterator[Knob]:
    yield scale_knob(case, injection.pot)


_ROLES: Final[dict[str, Callable[[Injection, StepRun, Case], Iterator[Knob]]]] = {
    "A": _a_site,
    "X": _halide,
    "acid": _acid,
    "T": _temperature,
    "volatile": _volatile,
    "water": _water,
    "stock": _stock,
    "size": _size,
}
