"""What every wash leaves beside the dots: free acid for each lead, and lead that did not become product."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.chemistry import molar_mass, perovskite_ions
from peqdlab.ledger import DUST, balances
from peqdlab.queries import product_mmol, vessel_of
from peqdlab.units import ARITHMETIC, ZERO

if TYPE_CHECKING:
    from peqdlab.books import Books, StepRun
    from peqdlab.ledger import Contents
    from peqdlab.preparation import Template

# Below this free oleic acid (with its anion) for each lead, dots count as OA-less: one cycle of the recipe read leaves about 0.2,
# two leave 0.005. The words are the review's (section 3.3, its ref. 66); the limit is reckoned.
OA_LESS: Final = Decimal("0.1")
_ACID: Final = "OA"


class Wash(NamedTuple):
    """One wash: which of the way of these dots, its spin, free acid for each lead in the pellet, and lead halide in the liquid (mg).

    ``acid_per_lead`` is None where there is no oleic acid at all; ``halide`` and ``halide_mg`` are of the lead that was outside
    the product before the spin, None where there is none.
    """

    n: int
    run: StepRun
    acid_per_lead: Decimal | None
    halide: str | None
    halide_mg: Decimal | None


def washes_of(template: Template, books: Books) -> tuple[Wash, ...]:
    """Return every spin that keeps a pellet of dots, in the order of the steps.

    Free acid is what the books have in the pellet's liquid: n(after) = n(before) · V(left) / V (acid bound to dots is not in them).
    """
    found, done = [], dict[str, int]()
    for run in books.steps:
        made = run.preparation.name
        drawn = [done.get(use.material.name, 0) for use in run.uses if use.material.is_preparation]
        begun = [done.get(run.step.text_of(""), 0)] if run.step.verb.books == "start" else []
        done[made] = max([done.get(made, 0), *drawn, *begun])
        if run.step.text_of("take") != "pellet" or not product_mmol(run.arrived, template.products):
            continue
        done[made] += 1
        found.append(_wash(done[made], run, template, books))
    return tuple(found)


def _wash(n: int, run: StepRun, template: Template, books: Books) -> Wash:
    ledger = books.ledger
    pellet = balances(entry for entry in ledger.entries if entry.step <= run.n).get(vessel_of(run.preparation.name))
    lead = ledger.amount(pellet, "Pb") if pellet is not None else ZERO
    has_acid = pellet is not None and lead > DUST and ledger.amount(run.arrived, _ACID) > DUST
    share = ARITHMETIC.divide(ledger.amount(pellet, _ACID), lead) if has_acid and pellet is not None else None
    return Wash(n, run, share, *_lead_outside(run.arrived, template, books))


def _lead_outside(held: Contents, template: Template, books: Books) -> tuple[str | None, Decimal | None]:
    """Return the lead outside the product as the lead halide that it could come down as, and its mass (mg)."""
    product = next(name for name in template.products if name in held.species)
    outside = books.ledger.amount(held, "Pb") - product_mmol(held, tuple(name for name in template.products if "Pb" in name))
    halides = [(count, ion.rstrip("-")) for ion, count in perovskite_ions(product) if ion.endswith("-")]
    if outside <= DUST or not halides:
        return None, None
    halide = f"Pb{max(halides)[1]}2"
    return halide, ARITHMETIC.multiply(outside, molar_mass(books.ledger.reagents.formula(halide)))
