"""The size of a plan: one scale, what was really weighed, and the rule by which each quantity follows."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from peqdlab.findings import Doubt
from peqdlab.units import ARITHMETIC, KINDS, Quantity, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from peqdlab.preparation import Material, Template, Vessel

_EXTENSIVE: Final = (KINDS["mass"], KINDS["volume"], KINDS["amount"])
_AT_MOST: Final = re.compile(r"at most\s+(.+)\Z")
RULES: Final = ("linear", "fixed", "per vessel", "per substrate", "at most 10 mL")


class Rule:
    """How one quantity follows the size: linear unless it says fixed, per vessel, per substrate, or at most some quantity."""

    def __init__(self, typed: str = "") -> None:
        """Read the rule; raises Doubt L118 for a text that is none."""
        self.typed = typed or "linear"
        capped = _AT_MOST.match(self.typed)
        self.cap = parse_quantity(capped[1]) if capped else None
        if not capped and self.typed not in RULES:
            raise Doubt("L118", f"{typed!r} is no rule of scaling", f"one of: {', '.join(RULES)}")


LINEAR: Final = Rule()


@lru_cache(maxsize=64)
def rule_of(typed: str) -> Rule:
    """Return the rule that a material states; raises Doubt L118."""
    return Rule(typed)


def vessels_filled(vessel: Vessel, volume_ml: Decimal) -> int:
    """Return how many vessels a volume fills: an even number where they balance a rotor, one where they are not counted."""
    if not vessel.counted:
        return 1
    filled = int(ARITHMETIC.divide(volume_ml, vessel.capacity_ml).to_integral_value(rounding=ROUND_CEILING))
    return max(filled + filled % 2, 2)


def is_extensive(quantity: Quantity) -> bool:
    """Return whether a quantity grows with the batch: a mass, a volume or an amount."""
    return quantity.dimension in _EXTENSIVE


class Sizes:
    """The factor of every preparation: the scale, or what a weighed reagent makes it; its portions where it belongs to the substrates."""

    def __init__(
        self,
        template: Template,
        scale: Fraction | int,
        weighed: Mapping[str, Quantity],
        substrates: int = 1,
        *,
        portions: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Take the scale, by ``preparation.material`` what was weighed of it, the number of substrates, and portions by preparation."""
        self.substrates = Decimal(substrates)
        self.scale = ARITHMETIC.divide(Decimal(scale.numerator), Decimal(scale.denominator))
        self._of: dict[str, Decimal] = {}
        for preparation in template.preparations if weighed else ():
            for step in preparation.steps:
                for material in step.materials:
                    self._take(preparation.name, material, weighed.get(f"{preparation.name}.{material.name}"))
        for name in template.unsized:
            self._of.setdefault(name, Decimal(portions.get(name, 1)))

    def _take(self, preparation: str, material: Material, weighed: Quantity | None) -> None:
        if material.is_preparation and material.amount is None and material.name in self._of:
            self._of.setdefault(preparation, self._of[material.name])
        typed = material.amount.quantity if material.amount else None
        if weighed is not None and typed is not None and typed.value and typed.dimension == weighed.dimension:
            self._of.setdefault(preparation, ARITHMETIC.divide(weighed.value, typed.value))

    def of(self, preparation: str) -> Decimal:
        """Return the factor of a preparation."""
        return self._of.get(preparation, self.scale)

    def apply(self, quantity: Quantity, preparation: str, rule: Rule = LINEAR, vessels: int = 1) -> Quantity:
        """Return a typed quantity at the size of its preparation; one that does not grow with the batch stays."""
        if not is_extensive(quantity) or rule.typed == "fixed":
            return quantity
        if rule.typed == "per substrate":
            factor = self.substrates
        else:
            factor = Decimal(vessels) if rule.typed == "per vessel" else self.of(preparation)
        return self.capped(Quantity(ARITHMETIC.multiply(quantity.value, factor), quantity.dimension), rule)

    def capped(self, quantity: Quantity, rule: Rule) -> Quantity:
        """Return a quantity, or the cap of its rule where it is more."""
        if rule.cap is None or rule.cap.dimension != quantity.dimension or quantity.value <= rule.cap.value:
            return quantity
        return rule.cap
