"""The reagent table against an outside witness: formulas, charges, molar masses, CAS numbers, densities, evidence tags."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import periodictable
import pytest

TABLE: dict[str, Any] = tomllib.loads((Path(__file__).parents[1] / "peqdlab" / "reagents.toml").read_text(encoding="utf-8"))
SOURCES: dict[str, str] = TABLE["sources"]
SPECIES: dict[str, dict[str, str]] = TABLE["species"]
REAGENTS: dict[str, dict[str, Any]] = TABLE["reagents"]

PROPERTIES = {"density": "g/mL", "boiling_point": "°C", "flash_point": "°C", "permittivity": "", "hydrogen_bond_acidity": ""}
FIELDS = {"name", "formula", "delivers", "cas", "state", "solution", "aliases", "hazards", *PROPERTIES}
GROUPS = {"OAc": "(C2H3O2)", "FA": "(CH5N2)", "MA": "(CH6N)"}
CHARGE = re.compile(r"(?P<sign>[+-])(?P<size>\d*)$")

# g/mol, as listed with the recipes
MOLAR_MASSES = {
    "Cs2CO3": 325.82,
    "CsOAc": 191.95,
    "FAOAc": 104.11,
    "MA": 31.06,
    "PbI2": 461.01,
    "PbBr2": 367.01,
    "PbCl2": 278.10,
    "Pb(OAc)2": 325.29,
    "Pb(OAc)2·3H2O": 379.33,
    "PbO": 223.20,
    "ZnI2": 319.19,
    "ZnBr2": 225.19,
    "HI": 127.91,
    "Yb(OAc)3": 350.18,
    "Yb(OAc)3·4H2O": 422.25,
    "OA": 282.47,
    "OAm": 267.50,
    "ODE": 252.49,
    "TOP": 370.65,
    "TMSI": 200.09,
    "tBuI": 184.02,
    "BzI": 232.02,
    "BzBr": 185.02,
    "BzCl": 140.57,
    "OAmI": 395.41,
    "hexane": 86.18,
    "octane": 114.23,
    "toluene": 92.14,
    "MeOAc": 74.08,
    "EtOAc": 88.11,
    "acetonitrile": 41.05,
    "octylamine": 129.25,
    "octanoic acid": 144.21,
    "FAI": 171.97,
    "MAI": 158.97,
    "FABr": 124.97,
    "MABr": 111.97,
    "CsI": 259.81,
    "GAI": 186.98,
    "PEAI": 249.09,
    "ChI": 231.08,
    "FASCN": 103.15,
    "GASCN": 118.16,
    "FABF4": 131.87,
    "glycine": 75.07,
    "alanine": 89.09,
    "lysine": 146.19,
    "glycocyamine": 117.11,
    "DPA": 101.19,
    "PEA": 121.18,
    "FPEA": 139.17,
    "DTA": 172.16,
    "TPP": 262.29,
    "Pb(NO3)2": 331.21,
    "LiTFSI": 287.09,
    "tBP": 135.21,
    "TiCl4": 189.68,
    "2PACz": 275.24,
    "MeO-2PACz": 335.30,
    "Me-4PACz": 331.35,
}
# listed with one decimal, or so large that the choice of atomic weights shows
LARGE_MOLAR_MASSES = {
    "spiro-OMeTAD": 1225.43,
    "FK209": 1503.2,
    "PCBM": 910.9,
    "ITIC": 1427.9,
    "Y6": 1451.9,
    "DDAB": 462.6,
    "TOAB": 546.8,
}


def elements(formula: str) -> Counter[str]:
    """Count the elements of a formula with periodictable, after its groups, hydrate dot and charge are rewritten."""
    text = CHARGE.sub("", formula)
    for group, expanded in GROUPS.items():
        text = text.replace(group, expanded)
    atoms = periodictable.formula(text.replace("·", "+")).atoms
    return Counter({element.symbol: count for element, count in atoms.items()})


def charge(formula: str) -> int:
    found = CHARGE.search(formula)
    return int(found["sign"] + (found["size"] or "1")) if found else 0


def species_formula(species: str) -> str:
    return SPECIES[species]["formula"] if species in SPECIES else species


def molar_mass(formula: str) -> float:
    return sum(count * float(getattr(periodictable, symbol).mass) for symbol, count in elements(formula).items())


def number(text: str, unit: str) -> float:
    """Read ``0.8935 g/mL [crc]``; the unit and the tag must be there, and the tag must be a source."""
    found = re.fullmatch(r"(?P<number>-?\d+(?:\.\d+)?) (?:(?P<unit>\S+) )?\[(?P<tag>[a-z0-9_]+)\]", text)
    assert found, f"not a number with unit and tag: {text!r}"
    assert (found["unit"] or "") == unit
    assert found["tag"] in SOURCES
    return float(found["number"])


def with_field(name: str) -> list[str]:
    return [key for key, row in REAGENTS.items() if name in row]


def test_rows_have_only_known_fields() -> None:
    assert TABLE.keys() == {"format", "sources", "species", "reagents"}
    assert TABLE["format"] == 1
    for key, row in REAGENTS.items():
        assert row.keys() <= FIELDS, key
        assert row.keys() >= {"name", "formula", "delivers", "state"}, key
        assert row["state"] in {"solid", "liquid", "solution"}, key
        assert ("solution" in row) == (row["state"] == "solution"), key
        if row["state"] == "solid":
            assert not row.keys() & PROPERTIES.keys(), key
    for species, entry in SPECIES.items():
        assert {"formula", "part"} <= entry.keys() <= {"formula", "part", "name"}, species


@pytest.mark.parametrize("key", REAGENTS)
def test_delivered_species_add_up_to_the_formula(key: str) -> None:
    row = REAGENTS[key]
    total: Counter[str] = Counter()
    for species, count in row["delivers"].items():
        assert isinstance(count, int)
        assert count > 0
        for symbol, atoms in elements(species_formula(species)).items():
            total[symbol] += count * atoms
    assert total == elements(row["formula"])
    assert sum(count * charge(species_formula(species)) for species, count in row["delivers"].items()) == 0


@pytest.mark.parametrize("species", SPECIES)
def test_species_name_and_formula_carry_one_charge(species: str) -> None:
    assert elements(SPECIES[species]["formula"])
    assert charge(SPECIES[species]["formula"]) == charge(species)


def test_a_molecule_delivers_itself_and_counts_as_itself() -> None:
    for key, row in REAGENTS.items():
        if list(row["delivers"]) == [key] and key in SPECIES and key != "HOAc":
            assert row["delivers"][key] == 1, key
            assert SPECIES[key]["part"] in (key, key.replace("-", ""))  # in a ratio a hyphen would subtract
        elif len(row["delivers"]) == 1:
            assert next(iter(row["delivers"])) == key
    assert {SPECIES[name]["part"] for name in ("HOAc", "OAc-")} == {"OAc"}


def test_acid_and_base_of_a_pair_differ_by_one_proton() -> None:
    for base, acid in (("OA-", "OA"), ("OAm", "OAm+"), ("FA", "FA+"), ("MA", "MA+"), ("PEA", "PEA+"), ("OAc-", "HOAc")):
        assert elements(species_formula(acid)) - elements(species_formula(base)) == Counter({"H": 1})
        assert charge(acid) - charge(base) == 1
        assert SPECIES[acid]["part"] == SPECIES[base]["part"]


@pytest.mark.parametrize("key", with_field("cas"))
def test_cas_check_digit(key: str) -> None:
    cas = REAGENTS[key]["cas"]
    assert re.fullmatch(r"[1-9]\d{1,6}-\d\d-\d", cas)
    *digits, check = (int(digit) for digit in cas.replace("-", ""))
    assert sum(place * digit for place, digit in enumerate(reversed(digits), start=1)) % 10 == check


def test_cas_numbers_are_unique() -> None:
    numbers = [row["cas"] for row in REAGENTS.values() if "cas" in row]
    assert len(numbers) == len(set(numbers))


def test_every_spelling_finds_one_reagent() -> None:
    owners: dict[str, str] = {}
    for key, row in REAGENTS.items():
        aliases = [alias.casefold() for alias in row.get("aliases", ())]
        assert len(aliases) == len(set(aliases)), key
        assert not {key.casefold(), row["name"].casefold()} & set(aliases), f"{key}: an alias repeats the key or the name"
        for spelling in {key.casefold(), row["name"].casefold(), *aliases}:
            assert spelling not in owners, f"{spelling!r} names {owners.get(spelling)} and {key}"
            owners[spelling] = key
    for spelling, key in {
        "oleic acid": "OA",
        "ola": "OAm",
        "1-octadecene": "ODE",
        "octadecene": "ODE",
        "cesium carbonate": "Cs2CO3",
        "caesium carbonate": "Cs2CO3",
        "methyl acetate": "MeOAc",
        "isopropanol": "IPA",
        "2-propanol": "IPA",
        "pb(ch3coo)2.3h2o": "Pb(OAc)2·3H2O",
    }.items():
        assert owners[spelling] == key


def test_every_number_has_a_source_and_every_source_is_used() -> None:
    used: set[str] = set()
    for row in REAGENTS.values():
        texts = [(row[name], unit) for name, unit in PROPERTIES.items() if name in row]
        if "solution" in row:
            texts.append((row["solution"]["assay"], "%"))
        for text, unit in texts:
            number(text, unit)
            used.add(text.rpartition("[")[2].rstrip("]"))
        used |= {row["hazards"].rpartition("[")[2].rstrip("]")} if "hazards" in row else set()
    assert used == SOURCES.keys()


@pytest.mark.parametrize("key", with_field("hazards"))
def test_hazards_are_statements_in_order_with_a_source(key: str) -> None:
    codes, tag = re.fullmatch(r"(H\d{3}[A-Za-z]*(?: H\d{3}[A-Za-z]*)*) \[([a-z_]+)\]", REAGENTS[key]["hazards"]).groups()
    assert codes.split() == sorted(set(codes.split()))
    assert tag in SOURCES


def test_solution_names_its_solvent() -> None:
    for key in with_field("solution"):
        solution = REAGENTS[key]["solution"]
        assert solution.keys() == {"assay", "rest"}, key
        assert 0 < number(solution["assay"], "%") < 100
        assert solution["rest"] in REAGENTS
        assert REAGENTS[solution["rest"]]["state"] == "liquid"


@pytest.mark.parametrize("key", [key for key, row in REAGENTS.items() if row["state"] != "solid"])
def test_what_is_poured_has_a_density(key: str) -> None:
    assert 0.6 <= number(REAGENTS[key]["density"], "g/mL") <= 3.5


@pytest.mark.parametrize("key", [key for key in with_field("flash_point") if "boiling_point" in REAGENTS[key]])
def test_boiling_point_lies_above_flash_point(key: str) -> None:
    assert number(REAGENTS[key]["boiling_point"], "°C") > number(REAGENTS[key]["flash_point"], "°C")


def test_densities_that_the_planner_relies_on() -> None:
    assert REAGENTS["OA"]["density"] == "0.8935 g/mL [crc]"
    assert REAGENTS["OAm"]["density"] == "0.813 g/mL [quoted]"


def test_hydriodic_acid_is_7_58_molar() -> None:
    row = REAGENTS["HI"]
    grams_per_litre = 1000 * number(row["density"], "g/mL") * number(row["solution"]["assay"], "%") / 100
    assert grams_per_litre / molar_mass("HI") == pytest.approx(7.58, abs=0.01)


@pytest.mark.parametrize(("key", "expected"), MOLAR_MASSES.items())
def test_molar_mass(key: str, expected: float) -> None:
    assert molar_mass(REAGENTS[key]["formula"]) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(("key", "expected"), LARGE_MOLAR_MASSES.items())
def test_molar_mass_of_a_large_molecule(key: str, expected: float) -> None:
    assert molar_mass(REAGENTS[key]["formula"]) == pytest.approx(expected, abs=0.06)
