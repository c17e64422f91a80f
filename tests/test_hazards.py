"""Hazards against the harmonised classification: signal words, pictograms, flash points; and what no file says is never harmless."""

from __future__ import annotations

import json

import pytest

from peqdlab.catalog import open_template
from peqdlab.document import plan_document, without_nulls
from peqdlab.hazards import PROTECTION, STATEMENTS, codes_of, pictograms_of, protection_rows, signal_of
from peqdlab.plan import make_plan
from peqdlab.readiness import hazard_blocks, hazards_line
from peqdlab.reagents import Reagents, shipped_reagents
from peqdlab.record import plan_of

# Signal word and pictograms as Annex VI, Table 3 of Regulation (EC) No 1272/2008 lists them beside the statements.
ANNEX_VI = {
    "OAm": ("Danger", "05 07 08 09"),
    "Pb(OAc)2": ("Danger", "08 09"),
    "ZnCl2": ("Danger", "05 07 09"),
    "BzCl": ("Danger", "05 07"),
    "octanoic acid": ("Danger", "05"),
    "butyric acid": ("Danger", "05"),
    "butylamine": ("Danger", "02 05 07"),
    "hexane": ("Danger", "02 07 08 09"),
    "octane": ("Danger", "02 07 08 09"),
    "toluene": ("Danger", "02 07 08"),
    "chloroform": ("Danger", "06 08"),
    "chlorobenzene": ("Warning", "02 07 09"),
    "1,2-dichlorobenzene": ("Warning", "07 09"),
    "MeOAc": ("Danger", "02 07"),
    "EtOAc": ("Danger", "02 07"),
    "acetonitrile": ("Danger", "02 07"),
    "acetone": ("Danger", "02 07"),
    "IPA": ("Danger", "02 07"),
    "1-butanol": ("Danger", "02 05 07"),
    "2-butanol": ("Warning", "02 07"),
    "ethanol": ("Danger", "02"),
    "methanol": ("Danger", "02 06 08"),
    "diethyl ether": ("Danger", "02 07"),
    "HOAc": ("Danger", "02 05"),
    "MA": ("Danger", "02 05 07"),
    "DPA": ("Danger", "02 05 07"),
    "TiCl4": ("Danger", "05"),
    "MoO3": ("Warning", "07 08"),
    "LiTFSI": ("Danger", "05 06 08"),
}
REAGENTS = shipped_reagents()


def document(name: str = "hot_injection/binary-cspbi3") -> dict:
    return plan_document(make_plan(open_template(name, REAGENTS), REAGENTS))


# the table ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ANNEX_VI)
def test_signal_word_and_pictograms_follow_from_the_statements_as_the_regulation_lists_them(key) -> None:
    codes, tag = codes_of(REAGENTS.find(key))
    signal, pictograms = ANNEX_VI[key]
    assert tag == "clp"
    assert (signal_of(codes), pictograms_of(codes)) == (signal, tuple(f"GHS{number}" for number in pictograms.split()))


def test_every_harmonised_entry_of_the_table_is_held_against_the_regulation() -> None:
    assert {key for key in REAGENTS.data["reagents"] if codes_of(REAGENTS.find(key))[1] == "clp"} == ANNEX_VI.keys()


def test_every_statement_on_file_has_a_text_and_asks_for_something() -> None:
    on_file = {code for key in REAGENTS.data["reagents"] for code in codes_of(REAGENTS.find(key))[0]}
    assert on_file == STATEMENTS.keys()
    for statement in STATEMENTS.values():
        assert statement.text
        assert {*statement.protection.split()} <= PROTECTION.keys()
        assert statement.signal in ("Danger", "Warning", "")


@pytest.mark.parametrize("key", [key for key in REAGENTS.data["reagents"] if "Pb" in dict(REAGENTS.find(key).formula.counts)])
def test_all_lead_salts_may_damage_the_unborn_child(key) -> None:
    codes, _ = codes_of(REAGENTS.find(key))
    assert {"H360Df", "H373", "H410"} <= {*codes}
    assert {row["what"] for row in protection_rows([{"reagent": key, "codes": codes}])} >= {PROTECTION["unborn"], PROTECTION["drain"]}


@pytest.mark.parametrize("key", [key for key in REAGENTS.data["reagents"] if REAGENTS.find(key).flash_point and codes_of(REAGENTS.find(key))[0]])
def test_flash_points_and_flammability_agree(key) -> None:
    """H224 and H225 are liquids that flash below 23 °C, H226 from 23 to 60 °C (CLP, Annex I, 2.6)."""
    flash = REAGENTS.find(key).flash_point.quantity.value
    codes = {*codes_of(REAGENTS.find(key))[0]}
    assert (flash < 23) == bool({"H224", "H225"} & codes)
    assert (23 <= flash <= 60) == ("H226" in codes)


# plans -------------------------------------------------------------------------------------------------------------------------


def test_every_reagent_of_a_plan_has_a_row_in_the_order_of_use() -> None:
    made = document()
    assert [row["reagent"] for row in made["hazards"]] == ["Cs2CO3", "OA", "ODE", "PbI2", "OAm", "MeOAc", "hexane", "toluene"]
    toluene = made["hazards"][-1]
    assert (toluene["codes"], toluene["signal"]) == (["H225", "H304", "H315", "H336", "H361d", "H373"], "Danger")
    assert (toluene["flash_point_c"], toluene["flash_point_source"][:9], toluene["boiling_point_c"]) == ("4", "IEC 60079", "110.6")
    assert toluene["source"].startswith("harmonised classification, Annex VI")
    assert made["statements"]["H225"] == "Highly flammable liquid and vapour"


def test_what_is_not_on_file_says_so_and_is_treated_as_dangerous() -> None:
    made = document()
    oleic = next(row for row in made["hazards"] if row["reagent"] == "OA")
    assert (oleic["codes"], oleic["signal"], oleic["source"], oleic["flash_point_c"]) == ([], None, "not on file", "189")
    unread = next(row for row in made["protection"] if row["what"].startswith("no statement on file"))
    assert unread["reagents"] == ["OA", "ODE"]
    assert hazards_line(made["hazards"]).endswith("; not on file: OA, ODE")


def test_protection_names_the_reagents_that_ask_for_it() -> None:
    rows = {row["what"]: row for row in document()["protection"]}
    assert rows["tight goggles or face shield"]["reagents"] == ["Cs2CO3", "OAm"]
    assert rows["tight goggles or face shield"]["codes"] == ["H314", "H318"]
    assert rows[PROTECTION["fire"]]["reagents"] == ["MeOAc", "hexane", "toluene"]


def test_hazards_are_frozen_with_a_plan() -> None:
    frozen = json.loads(json.dumps(without_nulls(document())))
    assert frozen["reagents"]["reagents"]["PbI2"]["hazards"] == "H302 H332 H360Df H373 H400 H410 [clp_lead]"
    assert {"clp", "clp_lead", "sds_cs"} <= frozen["reagents"]["sources"].keys()
    assert plan_document(plan_of(frozen))["hazards"] == document()["hazards"]


def test_a_plan_that_was_frozen_before_hazards_were_known_has_none_on_file() -> None:
    frozen = json.loads(json.dumps(without_nulls(document())))
    for row in frozen["reagents"]["reagents"].values():
        row.pop("hazards", None)
    made = plan_document(plan_of(frozen))
    assert {row["source"] for row in made["hazards"]} == {"not on file"}
    assert made["statements"] == {}
    assert hazard_blocks({**frozen, "hazards": None}) == []


def test_ghs07_gives_way_only_as_the_regulation_says() -> None:
    assert pictograms_of(("H315", "H314")) == ("GHS05",)
    assert pictograms_of(("H302", "H314")) == ("GHS05", "GHS07")
    assert pictograms_of(("H302", "H331")) == ("GHS06",)
    assert pictograms_of(()) == ()


def test_a_lab_table_of_its_own_is_read_alike() -> None:
    data = {"sources": {"own": "ours"}, "species": {}, "reagents": {"X": {"hazards": "H226 [own]", "name": "x", "formula": "CH4", "delivers": {}, "state": "solid"}}}
    assert codes_of(Reagents(data).find("X")) == (("H226",), "own")
