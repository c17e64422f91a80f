"""What a check may ask of a vessel at its step besides the contents: pot.T, pot.boils, pot.drop, pot.acid and so on."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.chemistry import perovskite_ions
from peqdlab.flow import rate_of
from peqdlab.queries import NotRecordedError
from peqdlab.units import ARITHMETIC, KINDS, RATIO, ZERO, Quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from peqdlab.books import Books, StepRun, Use
    from peqdlab.preparation import Template
    from peqdlab.reagents import Property, Reagents
    from peqdlab.scaling import Sizes

# Acid groups of a species that give a proton to acetate or carbonate: carboxylic acids with their anions, the first proton of a
# phosphonic acid, a sulfonic acid, the proton of HI and HBr. And the protons that a salt or free amine takes up.
_ACID: Final = dict.fromkeys(
    ("OA", "OA-", "octanoic acid", "octanoate-", "hexanoic acid", "hexanoate-", "butyric acid", "butyrate-", "TDPA", "TDPA-", "DBSA", "H+"),
    1,
)
_BASE: Final = {"CO3-2": 2, "OAc-": 1, "O-2": 2, "OH-": 1, "MA": 1, "FA": 1}
_ABX3: Final = (Decimal(1), Decimal(1), Decimal(3))
ROOM_C: Final = Decimal(25)  # of a stock or reagent that no step warms


class Moment(NamedTuple):
    """A step of the books, with what else a question about it needs."""

    run: StepRun
    books: Books
    template: Template
    sizes: Sizes


class Site(NamedTuple):
    """The ions of one sign in a product: the parts they are counted by, and how many there are in a formula unit."""

    parts: tuple[str, ...]
    per_unit: Decimal


class Sites(NamedTuple):
    """The A site, metal and halide of a product."""

    a: Site
    metal: Site
    x: Site


def sites_of(product: str | None, reagents: Reagents) -> Sites | None:
    """Return the sites of a product ABX3; None where it is none."""
    if product is None:
        return None
    by_charge: dict[str, list[tuple[str, Decimal]]] = {"+": [], "+2": [], "-": []}
    for ion, count in perovskite_ions(product):
        sign = next((sign for sign in ("+2", "+", "-") if ion.endswith(sign)), None)
        if sign is None:
            return None
        by_charge[sign].append((reagents.part_of(ion), count))
    a, metal, x = (Site(tuple(part for part, _ in found), sum((n for _, n in found), ZERO)) for found in by_charge.values())
    return Sites(a, metal, x) if (a.per_unit, metal.per_unit, x.per_unit) == _ABX3 else None


def pot_value(name: str, moment: Moment) -> Quantity:
    """Return one of language.POT at a step; raise NotRecordedError where the books do not know it."""
    return _VALUES[name](moment)


def _temperature(moment: Moment) -> Quantity:
    if moment.run.temperature_c is None:
        raise NotRecordedError("pot.T")
    return Quantity(moment.run.temperature_c, KINDS["temperature"])


def _boils(moment: Moment) -> Quantity:
    found = volatile(moment.run, moment.books.ledger.reagents)
    if found is None:
        raise NotRecordedError("pot.boils")
    return found[1].quantity


def volatile(run: StepRun, reagents: Reagents) -> tuple[str, Property] | None:
    """Return the most volatile thing that stays in a vessel, or is put in as a liquid, with its boiling point.

    What the step loses does not count; nor does a gas that its bottle holds in solution, once the step has bound it.
    """
    lost, found = run.step.texts_of("loses"), []
    for species in (run.flow.brought if run.flow else run.arrived).species:  # of a flow what is in the tube, not what it is collected in
        row = reagents.named(species)
        if row is None or row.boiling_point is None or species in lost:
            continue
        if species in run.left.species or row.state == "liquid":
            found.append((species, row.boiling_point))
    return min(found, key=lambda pair: pair[1].quantity.value) if found else None


def _drop(moment: Moment) -> Quantity:
    """Return how far an injection cools the pot: T − Σ V·T / Σ V, with no heat from outside and none of mixing."""
    run, hot = moment.run, moment.run.temperature_c
    cold = [(use.volume_ml, stock_temperature_c(use, run)) for use in run.uses if use.volume_ml]
    volume = run.arrived.volume_ml
    if run.step.verb.name != "inject" or hot is None or not volume:
        raise NotRecordedError("pot.drop")
    drop = sum((ARITHMETIC.multiply(v, hot - t) for v, t in cold), ZERO)
    return Quantity(ARITHMETIC.divide(drop, volume), KINDS["temperature difference"])


def stock_temperature_c(use: Use, run: StepRun) -> Decimal:
    """Return the temperature of what is put in: as last stated, else that of the room."""
    known = run.temperatures_c.get(use.material.name) if use.material.is_preparation else None
    return ROOM_C if known is None else known


def _size(moment: Moment) -> Quantity:
    return Quantity(moment.sizes.of(moment.run.preparation.name), RATIO)


def _stay(moment: Moment) -> Quantity:
    if moment.run.flow is None:
        raise NotRecordedError("pot.stay")
    return Quantity(moment.run.flow.stay_s, KINDS["duration"])


def _rate(moment: Moment) -> Quantity:
    if moment.run.flow is None:
        raise NotRecordedError("pot.rate")
    return rate_of(moment.run.flow.rate_ml_per_s)


def _acid(moment: Moment) -> Quantity:
    return Quantity(_counted(moment.run.arrived.species, _ACID), KINDS["amount"])


def _base(moment: Moment) -> Quantity:
    total = ZERO
    for run in moment.books.steps:
        if run.preparation.name == moment.run.preparation.name and run.n <= moment.run.n:
            total += sum((base_of(use) for use in run.uses), ZERO)
    return Quantity(total, KINDS["amount"])


def base_of(use: Use) -> Decimal:
    """Return the base that a reagent brings (mmol)."""
    if use.reagent is None or use.amount_mmol is None:
        return ZERO
    return _counted({name: ARITHMETIC.multiply(use.amount_mmol, Decimal(count)) for name, count in use.reagent.delivers}, _BASE)


def brings_acid(species: str) -> bool:
    """Return whether a species counts as acid."""
    return species in _ACID


def _counted(species: Mapping[str, Decimal], weights: Mapping[str, int]) -> Decimal:
    return sum((ARITHMETIC.multiply(n, Decimal(weights[name])) for name, n in species.items() if name in weights), ZERO)


def _halide(moment: Moment) -> Quantity:
    ledger, held = moment.books.ledger, moment.run.arrived
    sites = sites_of(moment.run.preparation.product or moment.template.product, ledger.reagents)
    if sites is None:
        raise NotRecordedError("pot.halide")
    a, metal, x = (sum((ledger.amount(held, part) for part in site.parts), ZERO) for site in sites)
    taken = ARITHMETIC.multiply(min(a, metal), sites.x.per_unit)
    if not taken:
        raise NotRecordedError("pot.halide")
    return Quantity(ARITHMETIC.divide(x, taken), RATIO)


_VALUES: Final[dict[str, Callable[[Moment], Quantity]]] = {
    "pot.T": _temperature,
    "pot.boils": _boils,
    "pot.drop": _drop,
    "pot.size": _size,
    "pot.acid": _acid,
    "pot.base": _base,
    "pot.halide": _halide,
    "pot.stay": _stay,
    "pot.rate": _rate,
}
