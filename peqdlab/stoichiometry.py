"""What meets when the last reactant has arrived: ratios, the limiting ion, the ceiling, and what is left outside the product."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from peqdlab.chemistry import molar_mass, perovskite_ions
from peqdlab.ledger import DUST
from peqdlab.units import ARITHMETIC, ZERO

if TYPE_CHECKING:
    from decimal import Decimal

    from peqdlab.books import Books
    from peqdlab.ledger import Contents
    from peqdlab.preparation import Preparation, Template


class Stoichiometry(NamedTuple):
    """What is in the vessel when the last reactant of the product has arrived, before reaction.

    ``ratios`` are by moles, acid and anion (amine and cation) together; ``limiting`` is the symbol of the ion that runs out first;
    ``ceiling_mmol`` and ``ceiling_mg`` are product if it is used up; ``idle`` is the share of each ion left outside the product.
    """

    ratios: dict[str, Decimal]
    limiting: str
    ceiling_mmol: Decimal
    ceiling_mg: Decimal
    idle: dict[str, Decimal]


def stoichiometry_of(template: Template, books: Books) -> Stoichiometry | None:
    """Return the ratios when the last reactant has arrived; None where no product forms.

    Ceiling = min over the product's ions of n(ion) / ν(ion); the halide counts wherever it is bound. Where several preparations
    form the product, the ceiling is that of all, without what one passes on to the next; the rest is that of the last.
    """
    forming = [run for run in books.forming if run.preparation.product == template.product]
    if not forming or template.product is None:
        return None
    ledger, ions = books.ledger, [(books.ledger.reagents.part_of(ion), ion, count) for ion, count in perovskite_ions(template.product)]
    ceiling = ZERO
    for run in forming:
        held = run.arrived
        present = {part: ledger.amount(held, part) for part, _, _ in ions}
        extents = {part: ARITHMETIC.divide(present[part], count) for part, _, count in ions}
        limiting = min(extents, key=extents.__getitem__)
        ceiling = ARITHMETIC.add(ceiling, ARITHMETIC.subtract(extents[limiting], held.species.get(template.product, ZERO)))
    mass = ARITHMETIC.multiply(ceiling, molar_mass(ledger.reagents.formula(template.product)))
    idle = {part: _idle(ARITHMETIC.divide(extents[part] - extents[limiting], extents[part])) for part in extents if present[part]}
    return Stoichiometry(_ratios(template, books, held, present, [ion for _, ion, _ in ions]), limiting, ceiling, mass, idle)


def _idle(share: Decimal) -> Decimal:
    """Return a share, the remainder of a division at 40 digits being none."""
    return share if share > DUST else ZERO


def _ratios(template: Template, books: Books, held: Contents, present: dict[str, Decimal], ions: list[str]) -> dict[str, Decimal]:
    reagents = books.ledger.reagents
    by_charge = {sign: [reagents.part_of(ion) for ion in ions if ion.endswith(sign)] for sign in ("+2", "+", "-")}
    metals = [reagents.part_of(ion) for ion in ions if "+2" in ion]
    if not metals:
        return {}
    metal = metals[0]
    ratios = {f"{metal}/{part}": (present[metal], present[part]) for part in by_charge["+"]}
    ratios |= {f"{part}/{metal}": (present[part], present[metal]) for part in by_charge["-"]}
    for species in template.shell:
        part = reagents.part_of(species)
        ratios[f"{part}/{metal}"] = (books.ledger.amount(held, part), present[metal])
    return {name: ARITHMETIC.divide(above, below) for name, (above, below) in ratios.items() if below}


def concentration(books: Books, preparation: Preparation, part: str) -> Decimal:
    """Return mmol/mL of an element or group in a finished preparation; zero where it has no volume."""
    held = books.finished[preparation.name]
    volume = held.volume_ml
    return ARITHMETIC.divide(books.ledger.amount(held, part), volume) if volume else ZERO
