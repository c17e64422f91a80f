"""A plan as JSON: every key of the contract, numbers as plain texts, a digest of all that matters and of nothing else."""

from __future__ import annotations

import copy
import json
import re

import pytest

from peqdlab.books import Inputs
from peqdlab.catalog import open_template
from peqdlab.document import digest, plan_document, without_nulls
from peqdlab.plan import make_plan
from peqdlab.reagents import Reagents, shipped_reagents
from peqdlab.record import plan_of
from peqdlab.units import parse_quantity

# the contract's example of `plan --json`, its keys alone
CONTRACT = {
    "": "schema digest protocol variant product scale materials preparations ratios ratio_uncertainty limiting ceiling_mmol ceiling_mg "
    "steps layers findings hazards waste equipment time",
    "materials": "id reagent formula preparation mass_g volume_ml amount_mmol as_dispensed correction evidence source",
    "preparations": "id volume_ml species_mmol label_mol_per_l computed_mol_per_l",
    "steps": "n code do text preparation vessel temperature_c duration_s atmosphere relative_humidity_pct hold blanks",
    "findings": "severity code where message remedy limit source scope",
}
PLAIN = re.compile(r"-?\d+(\.\d+)?\Z")
NUMBERS = re.compile(r"ratios\Z|.*(_g|_ml|_mg|_mmol|_c|_s|_pct|_per_l|_min)\Z|scale\Z")


def document(name: str = "hot_injection/binary-cspbi3", inputs: Inputs | None = None, accepted: dict | None = None) -> dict:
    reagents = shipped_reagents()
    return plan_document(make_plan(open_template(name, reagents), reagents, inputs, accepted))


@pytest.fixture(scope="module")
def plan() -> dict:
    return document()


# keys and numbers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", CONTRACT)
def test_every_key_of_the_contract_is_there(part: str, plan: dict) -> None:
    rows = plan[part] if part else [plan]
    assert rows
    for row in rows:
        assert set(CONTRACT[part].split()) <= row.keys()


def test_blanks_places_and_times_have_the_keys_of_the_contract(plan: dict) -> None:
    assert {"code", "asks", "planned"} <= plan["steps"][0]["blanks"][0].keys()
    assert {"file", "line", "column", "key"} <= plan["findings"][0]["where"].keys()
    assert {"hands_on_min", "waiting_min", "elapsed_min"} <= plan["time"].keys()


def numbers(value: object, key: str = "") -> list[tuple[str, object]]:
    if isinstance(value, dict):
        inner = [(name if not NUMBERS.match(key) else key, item) for name, item in value.items()]
        return [found for name, item in inner for found in numbers(item, name)]
    if isinstance(value, list):
        return [found for item in value for found in numbers(item, key)]
    return [(key, value)] if NUMBERS.match(key) and value is not None else []


def test_numbers_are_texts_in_plain_decimal_notation(plan: dict) -> None:
    found = numbers({key: value for key, value in plan.items() if key not in ("reagents", "template")})
    assert len(found) > 90
    for key, number in found:
        assert isinstance(number, str), key
        assert PLAIN.match(number), (key, number)


def test_the_only_json_numbers_are_counts_and_places(plan: dict) -> None:
    def walk(value: object, key: str = "") -> set[str]:
        if isinstance(value, dict):
            return set().union(*(walk(item, name) for name, item in value.items()))
        if isinstance(value, list):
            return set().union(*(walk(item, key) for item in value))
        return {key} if isinstance(value, int | float) and not isinstance(value, bool) else set()

    assert walk({key: value for key, value in plan.items() if key != "reagents"}) == {"n", "line", "column", "count", "at_step", "places", "step"}


def test_computed_numbers_have_four_figures_and_stated_ones_their_own(plan: dict) -> None:
    rows = {(row["preparation"], row["id"]): row for row in plan["materials"]}
    assert (rows["cs_oleate", "Cs2CO3"]["mass_g"], rows["cs_oleate", "Cs2CO3"]["volume_ml"]) == ("0.7500", None)
    assert (rows["crude", "OA"]["mass_g"], rows["crude", "OA"]["volume_ml"], rows["crude", "OA"]["amount_mmol"]) == (None, "5.000", "15.82")
    assert rows["dots", "toluene"]["volume_ml"] == "6.80717"


@pytest.mark.parametrize(
    ("typed", "mass_g", "dispensed"),
    [
        ("0.10425 g", "0.10425", "0.1042 g"),
        ("250.5 mg", "0.2505", "0.2505 g"),
        ("12.34 mg", "0.01234", "12.3 mg"),
        ("0.9000 g", "0.9000", "0.9000 g"),
    ],
)
def test_a_stated_mass_keeps_its_figures_and_is_dispensed_as_a_balance_reads(typed, mass_g, dispensed, edited) -> None:
    row = next(row for row in document(edited(('PbI2 = "1 g"', f'PbI2 = "{typed}"')))["materials"] if row["id"] == "PbI2")
    assert (row["mass_g"], row["as_dispensed"], row["typed"]) == (mass_g, dispensed, typed)


def test_the_same_reagent_in_two_places_is_two_rows(plan: dict) -> None:
    assert [row["preparation"] for row in plan["materials"] if row["id"] == "OA"] == ["cs_oleate", "crude"]
    assert [row["code"] for row in plan["materials"] if row["id"] == "MeOAc"] == ["12a", "14b"]


def test_a_row_says_its_source_grade_assay_and_density(edited) -> None:
    path = edited(('OAm = "5 mL"', 'OAm = { is = "5 mL, distilled [review 3.1]", assay = "70 %", grade = "technical" }'))
    row = next(row for row in document(path)["materials"] if row["id"] == "OAm")
    assert (row["correction"], row["grade"], row["remark"]) == ("assay 70 %", "technical", "distilled")
    assert (row["evidence"], row["source"], row["doubtful"]) == ("review", "10.1039/d5ta03996g", False)
    assert row["density"] == "0.813 g/mL [quoted]"


def test_waste_says_volume_and_lead(plan: dict) -> None:
    lead = {row["stream"]: (row["volume_ml"], row["lead_mg"]) for row in plan["waste"] if row["kind"] == "waste"}
    # 1 of 160 mL stays: 159/160 x 1.697 mmol x 207.2 g/mol = 349.4 mg
    assert lead == {"supernatant of step 13": ("159.0", "349.4"), "supernatant of step 15": ("36.00", "2.138")}


def test_tubes_are_counted_and_balanced(plan: dict) -> None:
    row = plan["equipment"][2]
    # 160 mL in tubes of 50 mL
    assert (row["what"], row["count"], row["fullest_ml"], row["each_ml"], row["at_step"]) == ("50 mL tubes", 4, "160.0", "40.00", 12)


@pytest.mark.parametrize(("tubes", "count"), [("40 mL tubes", 4), ("35 mL tubes", 6), ("200 mL tubes", 2)])
def test_an_odd_number_of_tubes_is_made_even(tubes: str, count: int, edited) -> None:
    assert document(edited(("50 mL tubes", tubes)))["equipment"][2]["count"] == count


def test_the_times_that_are_stated_add_up_to_waiting(plan: dict) -> None:
    # 1 h + 2 x 10 min on the day (the 10 s after the injection are spent at the flask), 2 h the day before
    assert plan["time"]["waiting_min"] == "80"
    assert plan["time"]["day_before"]["waiting_min"] == "120"


def test_settings_and_acceptances_are_kept(edited) -> None:
    made = document(inputs=Inputs(settings={"recovery": parse_quantity("80%")}), accepted={"S112": "label is old"})
    assert (made["choices"], made["accepted"]) == ({"recovery": "80 %"}, {"S112": "label is old"})


def test_keys_that_do_not_apply_are_null_and_never_zero(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stock.toml").write_text(
        'format = 1\n[sources]\n[v]\ntitle = "a"\nsource = "computed"\n'
        '[v.make.a]\nvessel = "5 mL vial"\nsteps = [{ add = { toluene = "1 mL" } }]\n',
        encoding="utf-8",
    )
    made = document("stock.toml")
    assert [made[key] for key in ("product", "limiting", "ceiling_mmol", "ceiling_mg", "expected_mg")] == [None] * 5
    assert (made["ratios"], made["idle_pct"]) == ({}, {})


# digest ------------------------------------------------------------------------------------------------------------------------


def test_the_digest_is_of_all_but_itself_and_where_files_lie(plan: dict) -> None:
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", plan["digest"])
    moved = copy.deepcopy(plan)
    moved["template"]["file"] = "elsewhere/mine.toml"
    moved["digest"] = ""
    for finding in moved["findings"]:
        finding["where"]["file"] = None
    assert digest(moved) == plan["digest"]


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: plan["ratios"].update({"Pb/Cs": "4.595"}),
        lambda plan: plan["materials"][0].update(mass_g="0.7501"),
        lambda plan: plan["template"].update(text=plan["template"]["text"] + "\n"),
        lambda plan: plan["findings"].pop(),
        lambda plan: plan["accepted"].update(file="no reason"),
        lambda plan: plan["choices"].update(digest="5 mL"),
        lambda plan: plan["findings"][0]["where"].update(line=1),
    ],
)
def test_the_digest_changes_with_anything_else(change, plan: dict) -> None:
    changed = copy.deepcopy(plan)
    change(changed)
    assert digest(changed) != plan["digest"]


def test_the_digest_does_not_change_when_empty_keys_are_left_out(plan: dict) -> None:
    assert digest(without_nulls(plan)) == plan["digest"]
    assert "null" not in json.dumps(without_nulls(plan))


# planned again -----------------------------------------------------------------------------------------------------------------

AGAIN = {
    "as it ships": (),
    "a check counts what is not used": (("3 <= Pb/Cs <= 5", "TOP/Pb <= 1"),),
    "an expression counts what is not used": (('OAm = "5 mL"', 'OAm = "= 5 mL + 1 mL * (n.FA / n.Pb)"'),),
    "a label of what is not there": (('label  = { Cs = "0.0625 mol/L" }', 'label  = { Cs = "0.0590 mol/L", TDPA = "1 mol/L" }'),),
    "a reaction that never runs": (("CO3-2 + 2 OA -> 2 OA- + CO2 + H2O", "TOP + TMSI -> C27H60ISiP"),),
    "a material without a mass": (('PbI2 = "1 g"', 'PbI2 = "1 mL"'),),
    "an ion that is missing": (('product = "CsPbI3"', 'product = "FAPbI3"'),),
    "a reagent by its name": (('OAm = "5 mL"', 'Oleylamine = "5 mL"'),),
    "a solution": (('OAm = "5 mL"', 'OAm = "5 mL", HI = "0.1 mL"'),),
}


@pytest.mark.parametrize("name", AGAIN)
def test_a_plan_holds_all_it_takes_to_plan_again(name: str, edited) -> None:
    made = document(edited(*AGAIN[name]))
    frozen = json.loads(json.dumps(without_nulls(made)))
    assert plan_document(plan_of(frozen)) == made


def test_only_reagents_of_the_template_of_its_reactions_and_of_possible_remedies_are_frozen_with_it(plan: dict) -> None:
    assert set(plan["reagents"]["reagents"]) == {"Cs2CO3", "OA", "ODE", "PbI2", "OAm", "MeOAc", "hexane", "toluene", "H2O", "OAmI", "OAmBr"}


@pytest.mark.parametrize("name", ["hot_injection/binary-cspbi3", "hot_injection/ternary-benzoyl-cspbbr3", "ligand_exchange/lead-acetate"])
def test_every_frozen_reagent_is_frozen_with_the_species_that_it_delivers(name: str) -> None:
    shipped = shipped_reagents()
    rows = plan_document(make_plan(open_template(name), shipped))["reagents"]
    frozen = Reagents(rows)
    for key in rows["reagents"]:
        for species, _ in frozen.find(key).delivers:
            assert frozen.parts(species) == shipped.parts(species), (key, species)
