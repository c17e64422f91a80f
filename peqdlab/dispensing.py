"""From what is typed to what is dispensed: a mass, volume or amount of a reagent becomes the species it delivers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from peqdlab.chemistry import molar_mass
from peqdlab.findings import Doubt
from peqdlab.instruments import instrument_for, portions, said_as_dispensed, say_tolerance
from peqdlab.ledger import Contents
from peqdlab.units import ARITHMETIC, parse_quantity, show

if TYPE_CHECKING:
    from peqdlab.books import Use
    from peqdlab.instruments import Instruments
    from peqdlab.reagents import Reagent, Reagents
    from peqdlab.units import Quantity

_MG_PER_G: Final = Decimal(1000)


def mass_and_volume(reagent: Reagent, amount: Quantity, assay: Decimal) -> tuple[Decimal, Decimal | None]:
    """Return mass (mg) and, for a liquid, volume (mL) of the bottle's content that bring this mass, volume or amount.

    m = n·M/w for an amount n of the named reagent at assay w; m = V·ρ. Raises Doubt C105 for a volume of a reagent without a
    density on file.
    """
    density = reagent.density_g_per_ml
    if amount.is_kind("volume"):
        if density is None or reagent.state == "solid":
            found = f"{reagent.key} is a solid" if reagent.state == "solid" else f"no density of {reagent.key} is on file"
            raise Doubt("C105", f"{found}, so a volume of it has no mass", "give a mass, as in 0.5 g, or an amount, as in 0.2 mmol")
        return ARITHMETIC.multiply(amount.value, density * _MG_PER_G), amount.value
    mass = amount.value
    if amount.is_kind("amount"):
        mass = ARITHMETIC.divide(ARITHMETIC.multiply(amount.value, reagent.molar_mass), assay * solution_assay(reagent))
    if density is None or reagent.state == "solid":
        return mass, None
    return mass, ARITHMETIC.divide(mass, density * _MG_PER_G)


def solution_assay(reagent: Reagent) -> Decimal:
    """Return the mass fraction of the named reagent in a bottle of solution; 1 for a pure reagent."""
    solution = reagent.row.get("solution")
    return parse_quantity(solution["assay"].partition("[")[0]).value if solution else Decimal(1)


def amount_mmol(reagent: Reagent, mass_mg: Decimal, assay: Decimal) -> Decimal:
    """Return the amount (mmol) of the named reagent in a mass of the bottle's content: n = m·w/M."""
    pure = ARITHMETIC.multiply(mass_mg, assay * solution_assay(reagent))
    return ARITHMETIC.divide(pure, reagent.molar_mass)


def delivered(use: Use, reagents: Reagents) -> Contents:
    """Return the species (mmol) and liquid (mL) that a dispensed material brings, the solvent of a solution included."""
    if use.reagent is None or use.amount_mmol is None:
        return Contents()
    return brought(use.reagent, use.amount_mmol, use.mass_mg, use.volume_ml, reagents=reagents)


def brought(reagent: Reagent, n: Decimal, mass_mg: Decimal | None, volume_ml: Decimal | None, *, reagents: Reagents) -> Contents:
    """Return what an amount (mmol) of a reagent in a mass (mg) and volume (mL) of its bottle brings."""
    species = {name: ARITHMETIC.multiply(n, Decimal(count)) for name, count in reagent.delivers}
    solution = reagent.row.get("solution")
    if solution and mass_mg is not None:
        rest = ARITHMETIC.multiply(mass_mg, 1 - solution_assay(reagent))
        solvent = solution["rest"]
        species[solvent] = species.get(solvent, Decimal(0)) + ARITHMETIC.divide(rest, molar_mass(reagents.formula(solvent)))
    return Contents(species, {} if volume_ml is None else {reagent.key: volume_ml})


def as_dispensed(quantity: Quantity, instruments: Instruments) -> str:
    """Return a quantity as the lab's instrument gives it: ``1.0000 g`` on a 0.1 mg balance, ``8.00 mL``, ``510 µL``.

    The one rounding that there is, and on paper only: the books keep the exact value.
    """
    instrument = instrument_for(quantity, instruments)
    if quantity.is_kind("flow rate"):
        return show(quantity, 4)  # a pump is set in figures, not in steps on file
    return show(quantity) if instrument is None else said_as_dispensed(quantity, instrument)


def dispensed_with(quantity: Quantity, instruments: Instruments) -> dict[str, str | None]:
    """Return what measures a quantity and its largest error, as texts: ``balance 0.1 mg`` and ``± 0.2 mg``; None for other kinds."""
    instrument = instrument_for(quantity, instruments)
    if instrument is None:
        return {"instrument": None, "tolerance": None}
    times = portions(quantity, instrument)
    label = f"{instrument.label}, {times} times" if times > 1 else instrument.label
    return {"instrument": label, "tolerance": say_tolerance(quantity, instrument)}
