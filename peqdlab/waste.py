"""What a plan leaves as waste: each stream with the container it belongs in, its lead, and the lead of the whole plan as a balance."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from peqdlab.chemistry import molar_mass
from peqdlab.units import ARITHMETIC, ZERO, significant

if TYPE_CHECKING:
    from peqdlab.ledger import Account, Contents
    from peqdlab.plan import Plan

_HALOGENS: Final = ("F", "Cl", "Br", "I")
_AQUEOUS: Final = Decimal("0.5")  # of the volume


def waste_rows(plan: Plan) -> list[dict[str, Any]]:
    """Return every stream of waste and gas: container, volume (mL), mass of lead (mg), species (mmol)."""
    rows = []
    for account, held in plan.books.ledger.closing("waste", "gas").items():
        lead = lead_mg(plan, held)
        rows.append(
            {
                "stream": account.name,
                "kind": account.kind,
                "container": container_for(plan, account, held),
                "volume_ml": significant(held.volume_ml) if held.volume_ml else None,
                "lead_mg": significant(lead) if lead else None,
                "species_mmol": {name: significant(n) for name, n in held.species.items()},
            }
        )
    return rows


def lead_mg(plan: Plan, held: Contents) -> Decimal:
    """Return the mass of lead (mg) in contents, in whatever form."""
    return ARITHMETIC.multiply(plan.books.ledger.amount(held, "Pb"), molar_mass(plan.reagents.formula("Pb")))


def container_for(plan: Plan, account: Account, held: Contents) -> str:
    """Return the kind of container that a stream belongs in, as far as its contents tell: a lab's own rules come first.

    A molecule with carbon and a halogen makes it halogenated, as a solvent or dissolved; halide ions alone do not.
    """
    if account.kind == "gas":
        return "none: through the fume hood"
    lead = ", with lead" if plan.books.ledger.amount(held, "Pb") else ""
    if not held.volume_ml:
        return f"solid{lead}"
    water = ARITHMETIC.divide(held.liquids.get("H2O", ZERO), held.volume_ml)
    if water > _AQUEOUS:
        return f"aqueous{lead}"
    return f"organic solvent, {'halogenated' if _is_halogenated(plan, held) else 'halogen-free'}{lead}"


def _is_halogenated(plan: Plan, held: Contents) -> bool:
    formulas = [plan.reagents.formula(name) for name in held.species if not name.endswith(("+", "-"))]
    formulas += [plan.reagents.find(name).formula for name in held.liquids]
    return any("C" in found and not found.isdisjoint(_HALOGENS) for found in ({symbol for symbol, _ in f.counts} for f in formulas))


def lead_balance(plan: Plan) -> dict[str, str] | None:
    """Return the mass of lead (mg) that the bottles gave, and where it is at the end; None for a plan without lead."""
    ledger = plan.books.ledger
    mass = dict.fromkeys(("bottle", "vessel", "waste", "gas", "reaction"), ZERO)
    product = ZERO
    for account, held in ledger.accounts.items():
        mass[account.kind] += lead_mg(plan, held)
        product += _product_lead(plan, held) if account.kind == "vessel" else ZERO
    if not mass["bottle"]:
        return None
    return {
        "in_mg": significant(-mass["bottle"]),
        "product_mg": significant(product),
        "vessels_mg": significant(mass["vessel"] - product),
        "waste_mg": significant(mass["waste"] + mass["gas"]),
    }


def _product_lead(plan: Plan, held: Contents) -> Decimal:
    product = plan.template.product
    if product is None or product not in held.species:
        return ZERO
    share = plan.reagents.parts(product).get("Pb", ZERO)
    return ARITHMETIC.multiply(ARITHMETIC.multiply(held.species[product], share), molar_mass(plan.reagents.formula("Pb")))
