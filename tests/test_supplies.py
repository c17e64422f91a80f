"""Before a plan starts: what its verbs and words imply, totals against the additions, and the day before, as the steps say it."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from peqdlab.catalog import open_template
from peqdlab.document import plan_document
from peqdlab.language import VERBS
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents
from peqdlab.supplies import IMPLIED

VARIANTS = ("binary-cspbi3", "binary-cspbi3-c8-c18", "binary-fapbi3", "ternary-benzoyl-mapbi3", "ternary-oami-fapbi3")


def document(name: str = "hot_injection/binary-cspbi3") -> dict:
    reagents = shipped_reagents()
    return plan_document(make_plan(open_template(name, reagents), reagents))


def devices(made: dict) -> dict[str, tuple[list[str], str | None]]:
    return {row["what"]: (row["steps"], row["setting"]) for row in made["equipment"] if row["kind"] == "equipment"}


# equipment ---------------------------------------------------------------------------------------------------------------------


def test_verbs_and_words_imply_equipment_once_with_its_steps_and_setting() -> None:
    assert devices(document()) == {
        "heating mantle or oil bath, with stirring": (["2", "5", "8"], "up to 180 °C"),
        "vacuum line": (["2", "5"], None),
        "inert gas line": (["3", "6", "8"], None),
        "second bath, for a stock": (["7"], "70 °C"),
        "thermometer in the pot": (["8"], None),
        "syringe and needle": (["9"], None),
        "ice bath": (["11"], None),
        "centrifuge": (["13", "15"], "8800 rpm"),
    }


@pytest.mark.parametrize(
    ("step", "what", "setting"),
    [
        ('{ sonicate = "5 min" }', "ultrasonic bath", None),
        ('{ stir = "5 min" }', "stirrer", None),
        ('{ keep = "dark", at = "4 °C" }', "refrigerator", "4 °C"),
        ('{ keep = "dark", at = "-20 °C" }', "freezer", "-20 °C"),
        ('{ keep = "dark", at = "4 °C" }', "dark storage", None),
        ('{ keep = "in the glovebox" }', "glovebox", None),
        ('{ cool = "water bath" }', "water bath", None),
        ('{ heat = "60 °C", how = "degas" }', "vacuum line", None),
        ('{ heat = "60 °C", under = "argon" }', "inert gas line", None),
    ],
)
def test_a_step_implies_what_it_takes(step, what, setting, edited) -> None:
    made = document(edited(('{ cool = "ice-water bath" },', f"{step},")))
    steps, found = devices(made)[what]
    assert ("11" in steps, found if what not in ("vacuum line", "inert gas line") else None) == (True, setting)


def test_storage_at_room_temperature_needs_no_refrigerator(edited) -> None:
    made = document(edited(('{ cool = "ice-water bath" },', '{ keep = "stored", at = "25 °C" },')))
    assert not {"refrigerator", "freezer", "ice bath"} & devices(made).keys()


def test_words_are_patterns_and_none_of_them_repeats_what_a_verb_needs() -> None:
    for row in IMPLIED:
        assert re.compile(row.words)
        assert row.what not in {verb.needs for verb in VERBS.values()}


def test_what_stands_on_a_doubtful_value_is_marked() -> None:
    # 180 °C has a repaired digit, N2 and ± 3 °C and the tubes are unverified; the vacuum, the bath and the speed are printed
    assert {row["what"] for row in document()["equipment"] if row["doubtful"]} == {
        "50 mL tubes",
        "heating mantle or oil bath, with stirring",
        "inert gas line",
        "thermometer in the pot",
    }


# totals ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", VARIANTS)
def test_totals_are_the_sums_of_the_additions(variant) -> None:
    made = document(f"hot_injection/{variant}")
    additions = {row["code"]: row for row in made["materials"]}
    assert sorted(code for row in made["totals"] for code in row["codes"]) == sorted(additions)
    for row in made["totals"]:
        amount = sum(Decimal(additions[code]["amount_mmol"]) for code in row["codes"])
        assert abs(Decimal(row["amount_mmol"]) / amount - 1) < Decimal("0.001")
        mass = Decimal(row["amount_mmol"]) * shipped_reagents().find(row["reagent"]).molar_mass / 1000
        if "solution" not in shipped_reagents().find(row["reagent"]).row:
            assert abs(Decimal(row["mass_g"]) / mass - 1) < Decimal("0.001")


def test_a_reagent_that_is_used_twice_is_taken_once() -> None:
    rows = {row["reagent"]: row for row in document()["totals"]}
    assert (rows["OA"]["volume_ml"], rows["OA"]["for"], rows["OA"]["codes"]) == ("8.000", ["cs_oleate", "crude"], ["1b", "6a"])
    assert (rows["PbI2"]["mass_g"], rows["PbI2"]["volume_ml"], rows["PbI2"]["as_taken"]) == ("1.000", None, "1.0000 g")


# before the day ----------------------------------------------------------------------------------------------------------------


def test_the_day_before_holds_stocks_and_what_a_remark_asks_for() -> None:
    rows = [(row["when"], row["what"], row["why"], row["steps"]) for row in document()["ahead"]]
    assert rows == [
        ("the day before", "make cs_oleate", "step 7 draws on it", ["1", "2", "3"]),
        ("the day before", "dry OA, 5.00 mL", "step 6 takes it dried", ["6"]),
        ("before step 9", "put cs_oleate into its bath, 70 °C", "step 7 warms it", ["7"]),
    ]


@pytest.mark.parametrize(("remark", "what"), [("degassed", "degas OA, 5.00 mL"), ("freshly distilled", "distil OA, 5.00 mL"), ("not dried", None), ("undried", None)])
def test_a_remark_is_read_as_what_has_to_be_done(remark, what, edited) -> None:
    made = document(edited(('"5 mL, dried"', f'"5 mL, {remark}"')))
    assert [row["what"] for row in made["ahead"] if row["steps"] == ["6"]] == ([what] if what else [])


def test_a_wait_that_no_day_holds_is_begun_the_day_before(edited) -> None:
    made = document(edited(('{ cool = "ice-water bath" },', '{ settle = "12 h", take = "supernatant", wet = "1 mL", recovers = "100 %" },')))
    assert ("the day before", "start crude", "step 11 takes 12 h") in [(row["when"], row["what"], row["why"]) for row in made["ahead"]]


def test_the_last_storage_of_the_product_is_nothing_to_begin_the_day_before() -> None:
    assert document("hot_injection/binary-cspbi3-c18")["ahead"] == []
