"""The air of a room or a glovebox: what is logged of it, by which key and in which unit, and how far a reading may go."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# Its name, the key in an event, its unit.
AIR: Final = (("T", "temperature_c", "°C"), ("RH", "relative_humidity_pct", "%"), ("O2", "oxygen_ppm", "ppm"), ("H2O", "water_ppm", "ppm"))
# What a meter in a lab can show (assumed): a reading beyond is a slip of the hand.
LIMITS: Final = {"temperature_c": (Decimal(-20), Decimal(60)), "relative_humidity_pct": (Decimal(0), Decimal(100))}


def said_air(body: Mapping[str, str]) -> list[str]:
    """Return what is known of the air, in the form in which it is typed: ``21.5 °C``, ``34 % RH``, ``0.5 ppm O2``."""
    return [f"{body[key]} {unit}{'' if name == 'T' else f' {name}'}" for name, key, unit in AIR if key in body]
