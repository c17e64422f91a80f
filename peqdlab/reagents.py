"""The reagent table: what a name on a bottle is, which species it delivers, and how a volume of it becomes an amount."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab.chemistry import Formula, FormulaError, molar_mass, parse_formula
from peqdlab.findings import Doubt, suggest
from peqdlab.units import ARITHMETIC, Quantity, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROPERTIES: Final = ("density", "boiling_point", "flash_point")


class Property(NamedTuple):
    """A tabulated value: ``quantity`` with the tag of its source, such as a density in g/mL."""

    text: str
    quantity: Quantity
    source: str


class Reagent(NamedTuple):
    """One row of the table. ``delivers`` counts species per formula unit; ``density`` is used at any room temperature."""

    key: str
    name: str
    formula: Formula
    molar_mass: Decimal  # g/mol
    delivers: tuple[tuple[str, int], ...]
    state: str
    row: Mapping[str, Any]
    cas: str | None = None
    density: Property | None = None
    boiling_point: Property | None = None
    flash_point: Property | None = None

    @property
    def density_g_per_ml(self) -> Decimal | None:
        """Return the density in g/mL, or None where none is on file."""
        return None if self.density is None else ARITHMETIC.divide(self.density.quantity.value, Decimal(1000))


class Reagents:
    """The reagent table with its species, looked up by key, name or alias in any case."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        """Take the parsed TOML table; rows are read when they are asked for."""
        self.data = data
        self._rows: dict[str, Any] = data["reagents"]
        self._species: dict[str, Any] = data["species"]
        self._folded: dict[str, str] = {}
        for key, row in self._rows.items():
            for spelling in (key, row["name"], *row.get("aliases", ())):
                self._folded.setdefault(spelling.casefold(), key)
        self._known: dict[str, Reagent] = {}
        self._parts: dict[str, dict[str, Decimal]] = {}

    def find(self, name: str) -> Reagent:
        """Return the reagent of this key, name or alias; raise Doubt C102 with the nearest spelling."""
        key = self._folded.get(name.casefold())
        if key is None:
            spellings = {spelling for row_key, row in self._rows.items() for spelling in (row_key, row["name"])}
            raise Doubt("C102", f"{name!r} is not in the reagent table", suggest(name, spellings))
        if key not in self._known:
            self._known[key] = _read_row(key, self._rows[key])
        return self._known[key]

    def formula(self, species: str) -> Formula:
        """Return the formula of a species; raise Doubt C101 where its name is neither in the table nor a formula."""
        row = self._species.get(species)
        try:
            return parse_formula(row["formula"] if row else species)
        except FormulaError as error:
            raise Doubt("C101", f"species {species!r}: {error}", "write a formula such as CO3-2, or a name of the table") from None

    def parts(self, species: str) -> dict[str, Decimal]:
        """Return what one formula unit counts for in a ratio: its elements, and its group (OA for acid and anion alike)."""
        if species not in self._parts:
            parts = dict(self.formula(species).counts)
            group = self._species.get(species, {}).get("part")
            if group:
                parts[group] = parts.get(group, Decimal(0)) + 1
            self._parts[species] = parts
        return self._parts[species]

    def part_of(self, species: str) -> str:
        """Return the symbol that a species is counted by: its group, or the one element of a simple ion."""
        group = self._species.get(species, {}).get("part")
        return str(group) if group else "".join(symbol for symbol, _ in self.formula(species).counts)

    def is_part(self, name: str) -> bool:
        """Return whether ratios can count by this name: an element such as Pb, or a group such as OA or FA."""
        if any(row.get("part") == name for row in self._species.values()):
            return True
        try:
            return len(parse_formula(name).counts) == 1 and name.isalpha()
        except FormulaError:
            return False

    def subset(self, keys: set[str], species: set[str]) -> dict[str, Any]:
        """Return the rows used by a plan, to be frozen with it."""
        tags = {tag for key in keys for tag in _tags(self._rows[key])}
        return {
            "format": self.data["format"],
            "sources": {tag: text for tag, text in self.data["sources"].items() if tag in tags},
            "species": {name: row for name, row in self._species.items() if name in species},
            "reagents": {key: row for key, row in self._rows.items() if key in keys},
        }


def _tags(row: Mapping[str, Any]) -> set[str]:
    return {str(row[name]).rpartition("[")[2].rstrip("]") for name in _PROPERTIES if name in row}


def _read_row(key: str, row: Mapping[str, Any]) -> Reagent:
    formula = parse_formula(row["formula"])
    return Reagent(
        key=key,
        name=row["name"],
        formula=formula,
        molar_mass=molar_mass(formula),
        delivers=tuple(row["delivers"].items()),
        state=row["state"],
        cas=row.get("cas"),
        row=row,
        **{name: _property(row[name]) for name in _PROPERTIES if name in row},
    )


def _property(text: str) -> Property:
    value, _, tag = text.rstrip("]").rpartition("[")
    return Property(value.strip(), parse_quantity(value), tag)


@lru_cache(maxsize=1)
def shipped_reagents() -> Reagents:
    """Return the reagent table that ships with the program."""
    text = resources.files("peqdlab").joinpath("reagents.toml").read_text(encoding="utf-8")
    return Reagents(tomllib.loads(text))
