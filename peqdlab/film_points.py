"""Measured thicknesses as values: a film that the lab made and measured, by which the next one is reckoned."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.findings import Doubt
from peqdlab.units import as_typed, convert, parse_quantity, plain, restate

if TYPE_CHECKING:
    from decimal import Decimal

    from peqdlab.units import Quantity

GROUP: Final = "film"
# What is kept of a measured film, with its kind; thickness must be there, the rest as far as it is known.
KINDS_OF_PART: Final = {
    "thickness": "length", "concentration": "mass concentration", "speed": "rotation speed", "volume": "volume", "area": "area",
}  # fmt: skip
POINT_PARTS: Final = (*KINDS_OF_PART, "cycles")
MOST_CYCLES: Final = 100
EXAMPLE: Final = "255 nm, 3 cycles, 70 mg/mL, 2000 rpm, 60 µL, 2.25 cm2 [profilometer, 2026-11-20]"
_CYCLES: Final = re.compile(r"(\d{1,4})\s+cycles?\Z", re.ASCII)
_SOURCE: Final = re.compile(r"(?P<parts>[^\[\]]*)\[(?P<source>[^\[\]]*)\]\s*\Z")


class FilmPoint(NamedTuple):
    """One film that was measured: its thickness in all, its cycles, and its ink, speed, volume and substrate as far as known."""

    name: str
    thickness: Quantity
    cycles: int
    source: str
    concentration: Quantity | None = None
    speed: Quantity | None = None
    volume: Quantity | None = None
    area: Quantity | None = None

    @property
    def key(self) -> str:
        """Return the name by which the lab sets it, as in film.octane."""
        return f"{GROUP}.{self.name}"

    @property
    def layer_nm(self) -> Decimal:
        """Return the thickness of one cycle in nm."""
        return convert(self.thickness, "nm") / self.cycles

    def parts(self) -> dict[str, Quantity]:
        """Return the quantities of a point that are known, by the names that the lab sets them by."""
        return {name: getattr(self, name) for name in KINDS_OF_PART if getattr(self, name) is not None}


def film_data(points: tuple[FilmPoint, ...]) -> dict[str, dict[str, object]]:
    """Return measured films as JSON values, by name."""
    return {
        point.name: {**{name: restate(part) for name, part in point.parts().items()}, "cycles": point.cycles, "source": point.source}
        for point in points
    }


def typed_point(name: str, text: str) -> dict[str, object]:
    """Return a measured film as typed in one line, ``255 nm, 3 cycles, 70 mg/mL [profilometer]``, as a TOML table.

    The order of its parts is free: each is known by its unit. Raises Doubt A120 for a part that is none.
    """
    found = _SOURCE.match(text.strip())
    parts, source = (found["parts"], found["source"].strip()) if found else (text, "")
    table: dict[str, object] = {}
    for part in filter(None, (part.strip() for part in parts.split(","))):
        cycles = _CYCLES.match(part)
        kind = "cycles" if cycles else next((name for name, kind in KINDS_OF_PART.items() if _is(part, kind)), "")
        if not kind or kind in table:
            raise Doubt("A120", f"{part[:40]!r} is no part of a measured film, or is there twice", f'write {GROUP}.{name}="{EXAMPLE}"')
        table[kind] = int(cycles[1]) if cycles else as_typed(part)
    return table | ({"source": source} if source else {})


def _is(text: str, kind: str) -> bool:
    try:
        return parse_quantity(text).is_kind(kind)
    except Doubt:
        return False


def told(point: FilmPoint) -> str:
    """Return a point in words: ``film.octane (255 nm in 3 cycles of 70 mg/mL at 2000 rpm; profilometer)``."""
    known = point.parts()
    said = f"{plain(convert(point.thickness, 'nm'))} nm in {point.cycles} cycle{'' if point.cycles == 1 else 's'}"
    said += f" of {restate(known['concentration'])}" if "concentration" in known else ""
    said += f" at {restate(known['speed'])}" if "speed" in known else ""
    return f"{point.key} ({said}; {point.source})"
