"""The reagent table as it is asked: by any spelling, for what counts in a ratio, and as the part that a plan keeps."""

from __future__ import annotations

from decimal import Decimal

import pytest

from peqdlab.catalog import open_template
from peqdlab.document import plan_document
from peqdlab.findings import Doubt
from peqdlab.plan import make_plan
from peqdlab.reagents import Reagents, shipped_reagents


@pytest.fixture(scope="module")
def reagents() -> Reagents:
    return shipped_reagents()


# lookup ------------------------------------------------------------------------------------------------------------------------


def spellings() -> list[tuple[str, str]]:
    rows = shipped_reagents().data["reagents"].items()
    return [(spelling, key) for key, row in rows for spelling in (key, row["name"], *row.get("aliases", ()))]


def test_every_key_name_and_alias_finds_its_row_in_any_case(reagents: Reagents) -> None:
    for spelling, key in spellings():
        found = {reagents.find(cased).key for cased in (spelling, spelling.lower(), spelling.upper(), spelling.casefold())}
        assert found == {key}, spelling


@pytest.mark.parametrize(
    ("typed", "key"), [("pbi2", "PbI2"), ("Lead(II) Iodide", "PbI2"), ("OLEYLAMINE", "OAm"), ("methyl acetate", "MeOAc")]
)
def test_a_reagent_is_found_as_chemists_write_it(typed: str, key: str, reagents: Reagents) -> None:
    assert reagents.find(typed).key == key


@pytest.mark.parametrize(
    ("typed", "remedy"), [("PbI3", "did you mean PbI2?"), ("oleilamine", "did you mean oleylamine?"), ("tolune", "did you mean toluene?")]
)
def test_an_unknown_reagent_is_told_with_the_nearest_spelling(typed: str, remedy: str, reagents: Reagents) -> None:
    with pytest.raises(Doubt) as raised:
        reagents.find(typed)
    assert (raised.value.code, raised.value.message, raised.value.remedy) == ("C102", f"{typed!r} is not in the reagent table", remedy)


def test_what_is_like_nothing_gets_a_list_of_eight(reagents: Reagents) -> None:
    with pytest.raises(Doubt) as raised:
        reagents.find("§§§")
    assert raised.value.remedy.startswith("one of: ")
    assert raised.value.remedy.count(", ") == 7


# rows --------------------------------------------------------------------------------------------------------------------------


def test_a_row_is_read_with_its_species_mass_and_density(reagents: Reagents) -> None:
    acid = reagents.find("OA")
    assert (acid.delivers, acid.state, acid.cas) == ((("OA", 1),), "liquid", "112-80-1")
    assert round(acid.molar_mass, 2) == Decimal("282.47")
    assert acid.density_g_per_ml == Decimal("0.8935")
    assert reagents.find("Cs2CO3").delivers == (("Cs+", 2), ("CO3-2", 1))


def test_a_solid_has_no_density(reagents: Reagents) -> None:
    assert reagents.find("PbI2").density_g_per_ml is None


def test_every_row_can_be_read(reagents: Reagents) -> None:
    for _, key in spellings():
        row = reagents.find(key)
        assert row.molar_mass > 0
        assert all(count > 0 and reagents.parts(species) for species, count in row.delivers)


# what counts -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("species", "part", "count"),
    [("OA-", "OA", 1), ("OA", "OA", 1), ("OAm+", "OAm", 1), ("FA+", "FA", 1), ("CsPbI3", "I", 3), ("CO3-2", "O", 3), ("OA-", "Cs", 0)],
)
def test_a_species_counts_by_its_elements_and_its_group(species: str, part: str, count: int, reagents: Reagents) -> None:
    assert reagents.parts(species).get(part, 0) == count


@pytest.mark.parametrize(("ion", "part"), [("Cs+", "Cs"), ("Pb+2", "Pb"), ("I-", "I"), ("FA+", "FA"), ("MA+", "MA"), ("OA-", "OA")])
def test_an_ion_is_counted_by_its_symbol(ion: str, part: str, reagents: Reagents) -> None:
    assert reagents.part_of(ion) == part


@pytest.mark.parametrize(
    ("name", "is_part"),
    [("Pb", True), ("OA", True), ("FA", True), ("PbI2", False), ("II", False), ("Xx", False), ("", False), ("I-", False), ("5", False)],
)
def test_elements_and_groups_are_parts_and_nothing_else(name: str, is_part: bool, reagents: Reagents) -> None:
    assert reagents.is_part(name) is is_part


def test_a_species_that_is_no_formula_is_a_doubt(reagents: Reagents) -> None:
    with pytest.raises(Doubt, match="species 'Qq'") as raised:
        reagents.formula("Qq")
    assert raised.value.code == "C101"


# what a plan keeps -------------------------------------------------------------------------------------------------------------


def test_the_part_of_the_table_that_a_plan_keeps_gives_the_same_plan(reagents: Reagents) -> None:
    whole = plan_document(make_plan(open_template("hot_injection/binary-cspbi3", reagents), reagents))
    frozen = Reagents(whole["reagents"])
    assert plan_document(make_plan(open_template("hot_injection/binary-cspbi3", frozen), frozen)) == whole


def test_the_kept_part_is_small_and_whole(reagents: Reagents) -> None:
    kept = reagents.subset({"PbI2", "OA"}, {"OA", "OA-"})
    assert (set(kept["reagents"]), set(kept["species"])) == ({"PbI2", "OA"}, {"OA", "OA-"})
    assert {"crc"} <= set(kept["sources"]) < set(reagents.data["sources"])
    assert Reagents(kept).find("oleic acid").molar_mass == reagents.find("OA").molar_mass
    with pytest.raises(Doubt):
        Reagents(kept).find("OAm")


def test_the_groups_of_the_shipped_table_are_those_of_its_rows(reagents: Reagents) -> None:
    rows = reagents.data["species"]
    assert reagents._groups == {rows[name]["part"] for name in rows if "part" in rows[name]}
