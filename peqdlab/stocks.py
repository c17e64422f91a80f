"""What is on the shelf, as typed: ``20mL`` or ``20mL,Cs=0.0590mol/L`` becomes the contents that a plan draws from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peqdlab.books import Stock
from peqdlab.findings import Doubt, suggest
from peqdlab.ledger import Contents, Ledger
from peqdlab.queries import product_mg
from peqdlab.units import ARITHMETIC, ZERO, parse_quantity, require_kind, show

if TYPE_CHECKING:
    from decimal import Decimal

    from peqdlab.reagents import Reagents


def read_stock(text: str, recipe: Contents, reagents: Reagents, products: tuple[str, ...]) -> Stock:
    """Return the stock that a text describes, of the composition that ``recipe`` gives, at the concentration that the text states.

    A stated concentration is reached as by dilution: all that is dissolved keeps its proportions, so that charge stays balanced, and the
    solvent (the liquid of which there is most) makes up the volume. Raises Doubt N103 where the text says no volume or more than one
    concentration, or where the recipe holds nothing of the part named, and Doubt Q1xx for what is no quantity.
    """
    volume_text, *stated = (part.strip() for part in text.split(","))
    volume = require_kind(parse_quantity(volume_text), "volume").value
    if not volume or not recipe.volume_ml:
        raise Doubt("N103", f"{text[:40]!r} is no volume of a liquid", "write --use cs_oleate=20mL")
    if len(stated) > 1:
        raise Doubt("N103", f"{len(stated)} concentrations are given; one sets all others", "write --use cs_oleate=20mL,Cs=0.059mol/L")
    per_ml = recipe.share(ARITHMETIC.divide(1, recipe.volume_ml))
    if stated:
        per_ml = _at_concentration(per_ml, stated[0], reagents, products)
    said = f", {stated[0].replace('=', ' ')}" if stated else ""
    return Stock(f"{show(parse_quantity(volume_text))}{said}", per_ml.share(volume))


def _at_concentration(per_ml: Contents, stated: str, reagents: Reagents, products: tuple[str, ...]) -> Contents:
    part, sign, value = (piece.strip() for piece in stated.partition("="))
    if not sign:
        raise Doubt("N103", f"{stated[:40]!r} is not PART=CONCENTRATION", "write --use cs_oleate=20mL,Cs=0.059mol/L")
    ledger = Ledger(reagents)
    if part == "product":
        wanted, there = require_kind(parse_quantity(value), "mass concentration").value, product_mg(ledger, per_ml, products)
    else:
        wanted = require_kind(parse_quantity(value), "concentration").value
        there = ledger.amount(per_ml, part) if reagents.is_part(part) else ZERO
    if not there:
        held = {symbol for species in per_ml.species for symbol in reagents.parts(species)}
        raise Doubt("N103", f"the recipe holds no {part!r}", suggest(part, held | ({"product"} if products else set())))
    return _thinned(per_ml, ARITHMETIC.divide(wanted, there), reagents)


def _thinned(per_ml: Contents, factor: Decimal, reagents: Reagents) -> Contents:
    """Return one millilitre in which everything but the solvent is ``factor`` times as much."""
    solvent = max(per_ml.liquids, key=per_ml.liquids.__getitem__)
    own = {name for name, _ in reagents.find(solvent).delivers}
    thin = per_ml.share(factor)
    others = sum((volume for name, volume in thin.liquids.items() if name != solvent), ZERO)
    if others >= 1:
        raise Doubt("N103", f"at that concentration the other liquids alone take {others:.3g} mL of each mL", "check the concentration")
    thin.liquids[solvent] = 1 - others
    for name in own:
        share = ARITHMETIC.divide(thin.liquids[solvent], per_ml.liquids[solvent])
        thin.species[name] = ARITHMETIC.multiply(per_ml.species.get(name, ZERO), share)
    return thin
