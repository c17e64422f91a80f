"""What the books say of a vessel: n.Pb, c.Cs, mass.product, volume; and what was recorded of the room."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from peqdlab.chemistry import molar_mass
from peqdlab.findings import Doubt
from peqdlab.ledger import Account
from peqdlab.units import ARITHMETIC, KINDS, RATIO, ZERO, Quantity

if TYPE_CHECKING:
    from peqdlab.books import Books, Room
    from peqdlab.ledger import Contents, Ledger

ONE: Final = Decimal(1)


class NotRecordedError(Exception):
    """A condition of the room that is asked at the bench and not known yet."""


def vessel_of(preparation: str) -> Account:
    """Return the account of a preparation's vessel."""
    return Account("vessel", preparation)


def room_value(name: str, room: Room) -> Quantity:
    """Return room.T or room.RH; raise NotRecordedError where it is not known."""
    found = room.temperature_c if name == "T" else room.relative_humidity
    if found is None:
        raise NotRecordedError(name)
    return Quantity(found, KINDS["temperature"] if name == "T" else RATIO)


def product_mg(ledger: Ledger, held: Contents, products: tuple[str, ...]) -> Decimal:
    """Return the mass in mg of the inorganic products in contents."""
    masses = (
        ARITHMETIC.multiply(held.species[product], molar_mass(ledger.reagents.formula(product)))
        for product in products
        if product in held.species
    )
    return sum(masses, ZERO)


def product_mmol(held: Contents, products: tuple[str, ...]) -> Decimal:
    """Return the amount in mmol of the inorganic products in contents, by formula unit."""
    return sum((held.species[product] for product in products if product in held.species), ZERO)


def product_concentration(books: Books, preparation: str, products: tuple[str, ...]) -> Quantity:
    """Return the concentration of product, by formula unit, in another preparation or need; raise Doubt X104 where it has no volume."""
    held = books.endless.get(preparation) or books.finished.get(preparation)
    if held is None or not held.volume_ml:
        message = f"product.{preparation} divides by the volume of {preparation}, which is zero"
        raise Doubt("X104", message, f"make {preparation} before this step, or say what it is in")
    return Quantity(ARITHMETIC.divide(product_mmol(held, products), held.volume_ml), KINDS["concentration"])


def ledger_value(ledger: Ledger, held: Contents, name: str, products: tuple[str, ...]) -> Quantity:
    """Return what the books say of contents: n.Pb, c.Cs, mass.product, n.product, volume, scale, or a bare part such as Pb for n.Pb."""
    head, _, tail = name.partition(".")
    if name == "scale":
        return Quantity(ledger.scale, RATIO)
    if head == "volume":
        return Quantity(held.volume_ml, KINDS["volume"])
    if name == "mass.product":
        return Quantity(product_mg(ledger, held, products), KINDS["mass"])
    if head == "mass":
        return Quantity(ARITHMETIC.multiply(ledger.amount(held, tail), molar_mass(ledger.reagents.formula(tail))), KINDS["mass"])
    n = product_mmol(held, products) if tail == "product" else ledger.amount(held, tail or head)
    if head != "c":
        return Quantity(n, KINDS["amount"])
    if not held.volume_ml:
        raise Doubt("X104", f"{name} divides by the volume, which is zero", "add the solvent before this step")
    return Quantity(ARITHMETIC.divide(n, held.volume_ml), KINDS["concentration"])
