"""The reagent table: what a name on a bottle is, which species it delivers, and how a volume of it becomes an amount."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab.atomic_weights import STANDARD_ATOMIC_WEIGHTS, WITHOUT_STANDARD_WEIGHT
from peqdlab.chemistry import Formula, FormulaError, molar_mass, parse_formula, perovskite_ions
from peqdlab.findings import Doubt, suggest
from peqdlab.units import ARITHMETIC, Quantity, parse_count

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROPERTIES: Final = ("density", "boiling_point", "flash_point", "permittivity", "hydrogen_bond_acidity")


class Property(NamedTuple):
    """A tabulated value: ``quantity`` with the tag of its source, such as a density in g/mL."""

    text: str
    quantity: Quantity
    source: str


class Reagent(NamedTuple):
    """One row of the table. ``delivers`` counts species per formula unit; ``density`` is used at any room temperature.

    ``permittivity`` is the relative one (dielectric constant); ``hydrogen_bond_acidity`` is Catalán's SA, from 0 for what donates none.
    """

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
    permittivity: Property | None = None
    hydrogen_bond_acidity: Property | None = None

    @property
    def density_g_per_ml(self) -> Decimal | None:
        """Return the density in g/mL, or None where none is on file."""
        return None if self.density is None else ARITHMETIC.divide(self.density.quantity.value, Decimal(1000))


class Reagents:
    """The reagent table with its species, looked up by key, name or alias in any case."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        """Take the parsed TOML table; rows are read when they are asked for."""
        self.data = data
        self._rows: Mapping[str, Any] = data["reagents"]
        self._species: Mapping[str, Any] = data["species"]
        self._known: dict[str, Reagent] = {}
        self._parts: dict[str, dict[str, Decimal]] = {}

    @cached_property
    def _spellings(self) -> dict[str, str]:
        """Return every key, name and alias, casefolded, with its key."""
        return {
            spelling.casefold(): key
            for key, row in reversed([*self._rows.items()])
            for spelling in (key, row["name"], *row.get("aliases", ()))
        }

    def find(self, name: str) -> Reagent:
        """Return the reagent of this key, name or alias; raise Doubt C102 with the nearest spelling."""
        key = name if name in self._rows else self._spellings.get(name.casefold())
        if key is None:
            spellings = {spelling for row_key, row in self._rows.items() for spelling in (row_key, row["name"])}
            raise Doubt("C102", f"{name!r} is not in the reagent table", suggest(name, spellings))
        if key not in self._known:
            self._known[key] = _read_row(key, self._rows[key])
        return self._known[key]

    def named(self, species: str) -> Reagent | None:
        """Return the reagent that is this species as such, as ``hexane`` or ``H2O``; None where none is."""
        return self.find(species) if species in self._rows else None

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
            elif species not in self._species and len(parts) > 2:
                parts |= self._groups_of_product(species)
            self._parts[species] = parts
        return self._parts[species]

    def _groups_of_product(self, species: str) -> dict[str, Decimal]:
        """Return the organic cations that a perovskite holds: FA in Cs0.5FA0.5PbI3; nothing for anything else."""
        try:
            ions = perovskite_ions(species)
        except FormulaError:
            return {}
        return {self._species[ion]["part"]: count for ion, count in ions if ion in self._species}

    def part_of(self, species: str) -> str:
        """Return the symbol that a species is counted by: its group, or the one element of a simple ion."""
        group = self._species.get(species, {}).get("part")
        return str(group) if group else "".join(symbol for symbol, _ in self.formula(species).counts)

    def is_part(self, name: str) -> bool:
        """Return whether ratios can count by this name: an element such as Pb, or a group such as OA or FA."""
        return name in STANDARD_ATOMIC_WEIGHTS or name in WITHOUT_STANDARD_WEIGHT or name in self._groups

    @cached_property
    def _groups(self) -> frozenset[str]:
        """Return every group that species are counted by."""
        if isinstance(self._species, _Rows):
            return self._species.texts_of("part")
        return frozenset(row["part"] for row in self._species.values() if "part" in row)

    def subset(self, keys: set[str], species: set[str]) -> dict[str, Any]:
        """Return the rows used by a plan, to be frozen with it."""
        tags = {tag for key in keys for tag in _tags(self._rows[key])}
        return {
            "format": self.data["format"],
            "sources": {tag: text for tag, text in self.data["sources"].items() if tag in tags},
            "species": {name: self._species[name] for name in self._species if name in species},
            "reagents": {key: self._rows[key] for key in self._rows if key in keys},
        }


def _tags(row: Mapping[str, Any]) -> set[str]:
    texts = [row[name] for name in (*_PROPERTIES, "hazards") if name in row]
    texts += [row[name]["assay"] for name in ("solution",) if name in row]
    return {text.rpartition("[")[2].rstrip("]") for text in texts}


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
    return Property(value.strip(), parse_count(value), tag)


class _Rows(Mapping[str, Any]):
    """Rows of the shipped table, each parsed when it is asked for: a plan uses ten of two hundred."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts
        self._read: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if key not in self._read:
            row = tomllib.loads(self._texts[key])
            self._read[key] = row.get("row", row)
        return self._read[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def texts_of(self, key: str) -> frozenset[str]:
        """Return every text that stands under a key, from rows that are not parsed for it."""
        typed = re.compile(rf'\b{key} = "([^"]*)"')
        return frozenset(found[1] for row in self._texts.values() for found in typed.finditer(row))


def read_table(text: str) -> dict[str, Any]:
    """Return the shipped reagent table with rows that are read when asked for.

    The text is TOML in a strict form, which a test holds against a whole reading: each species one line, each reagent one block.
    """
    head, _, rest = text.partition("\n[species]\n")
    species, *blocks = rest.split("\n[reagents.")
    lines = (line.partition(" = ") for line in species.split("\n") if " = " in line and not line.startswith("#"))
    reagents = (block.partition("]\n") for block in blocks)
    return {
        **tomllib.loads(head),
        "species": _Rows({_key(key): f"row = {value}" for key, _, value in lines}),
        "reagents": _Rows({_key(key): body for key, _, body in reagents}),
    }


def _key(typed: str) -> str:
    return typed.strip().strip('"')


@lru_cache(maxsize=1)
def shipped_reagents() -> Reagents:
    """Return the reagent table that ships with the program."""
    return Reagents(read_table((Path(__file__).parent / "reagents.toml").read_text(encoding="utf-8")))
