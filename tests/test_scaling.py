"""The size of a plan: one exact scale, rules per quantity, what was weighed, assays and printed grades."""

from __future__ import annotations

import json

import pytest

RECIPE = "hot_injection/binary-cspbi3"
RULES = """format = 1
[sources]
own = { cite = "own", evidence = "published" }
[v]
title = "v"
product = "CsPbI3"
source = "own"
[v.set]
V_OA = { is = "2 mL", range = "1 mL to 3 mL" }
[v.make.stock]
vessel = "250 mL flask"
steps = [ { add = { CsOAc = "0.2 g", OA = "5 mL" } } ]
[v.make.crude]
vessel = "500 mL flask"
forms = "product"
steps = [
  { add = { PbI2 = "0.5 g", OA = "= V_OA", OAm = { is = "2 mL", scales = "at most 3 mL" }, ODE = { is = "10 mL", scales = "fixed" } } },
  { inject = { stock = "1 mL" } },
]
[v.make.dots]
vessel = "50 mL tubes"
steps = [
  { add = { crude = "all", MeOAc = "30 mL" } },
  { spin = "8000 rpm", take = "pellet", wet = "1 mL" },
  { add = { hexane = { is = "1 mL", scales = "per vessel" } } },
]
"""


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text(RULES, encoding="utf-8")
    return str(path)


def dispensed(plan):
    return {f"{row['preparation']}.{row['id']}": row["as_dispensed"] for row in plan["materials"]}


def test_a_quantity_follows_its_rule(rules, peqdlab):
    one, seven = (dispensed(peqdlab("plan", rules, "--scale", scale, "--json").json) for scale in ("1", "7"))
    assert (one["crude.PbI2"], seven["crude.PbI2"]) == ("0.5000 g", "3.5000 g")
    assert (one["crude.OA"], seven["crude.OA"]) == ("2.00 mL", "14.0 mL")
    assert (one["crude.OAm"], seven["crude.OAm"]) == ("2.00 mL", "3.00 mL")
    assert (one["crude.ODE"], seven["crude.ODE"]) == ("10.00 mL", "10.00 mL")
    # 45 mL fill two tubes of 50 mL to balance; 14 + 3 + 10 + 7 + 210 mL = 244 mL fill six
    assert (one["dots.hexane"], seven["dots.hexane"]) == ("2.00 mL", "6.00 mL")


def test_scales_in_any_order_give_the_same_plan(rules, peqdlab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    digests = set()
    for order in (("1/3", "7", "3/7"), ("7", "3/7", "1/3"), ("3/7", "1/3", "7"), ("1",)):
        name = rules
        for index, scale in enumerate(order):
            assert peqdlab("plan", name, "--scale", scale, "-o", f"{index}.json").code == 0
            name = f"{index}.json"
        digests.add(json.loads((tmp_path / name).read_text())["digest"])
    assert len(digests) == 1


def test_a_third_and_back_is_the_published_plan_to_the_last_digit(peqdlab, tmp_path):
    saved = str(tmp_path / "third.toml")
    peqdlab("plan", RECIPE, "--scale", "1/3", "-o", saved)
    published, again = peqdlab("plan", RECIPE, "--json").json, peqdlab("plan", saved, "--scale", "3", "--json").json
    assert published["digest"] == again["digest"]


def test_a_scale_changes_no_ratio_of_a_linear_protocol(peqdlab):
    one, other = peqdlab("plan", RECIPE, "--json").json, peqdlab("plan", RECIPE, "--scale", "3/7", "--json").json
    assert one["ratios"] == other["ratios"]
    assert (other["ceiling_mg"], other["scale"]) == ("145.9", "3/7")  # 340.35 mg · 3/7
    assert [row["n"] for row in one["steps"]] == [row["n"] for row in other["steps"]]


def test_what_was_weighed_keeps_every_ratio_of_its_preparation_and_draws_in_proportion(peqdlab):
    one, other = peqdlab("plan", RECIPE, "--json").json, peqdlab("plan", RECIPE, "--weighed", "PbI2=1.034g", "--json").json
    assert one["ratios"] == other["ratios"]
    before, after = dispensed(one), dispensed(other)
    assert (after["crude.PbI2"], after["crude.ODE"], after["crude.OA"]) == ("1.0340 g", "51.7 mL", "5.17 mL")
    assert {name: amount for name, amount in after.items() if name.startswith("cs_oleate")} == {
        name: amount for name, amount in before.items() if name.startswith("cs_oleate")
    }
    injected = next(blank for step in other["steps"] for blank in step["blanks"] if blank["asks"] == "cs_oleate")
    assert injected["planned"] == "8.27 mL"
    assert after["dots.MeOAc"] == "24.8 mL"  # the wash follows the crude that it takes whole: 24 mL · 1.034


def test_several_reagents_may_be_weighed(peqdlab):
    plan = peqdlab("plan", RECIPE, "--weighed", "PbI2=0.5g", "--weighed", "Cs2CO3=0.3g", "--json").json
    assert (dispensed(plan)["crude.ODE"], dispensed(plan)["cs_oleate.ODE"], plan["ratios"]["Pb/Cs"]) == ("25.0 mL", "30.0 mL", "4.594")


def test_a_target_sets_the_scale(peqdlab):
    assert peqdlab("plan", RECIPE, "--target", "200mg", "--json").json["expected_mg"] == "200.0"
    assert peqdlab("plan", RECIPE, "--set", "recovery=50%", "--target", "0.1mmol", "--json").json["expected_mg"] == "72.08"


def test_an_assay_enters_the_books(peqdlab):
    plan = peqdlab("plan", RECIPE, "--assay", "OAm=70%", "--json").json
    assert plan["ratios"]["OAm/Pb"] == "4.904"  # 7.006 · 0.7
    assert next(row["correction"] for row in plan["materials"] if row["id"] == "OAm") == "assay 70 %"


def test_a_printed_grade_is_a_remark_that_says_what_it_would_change(peqdlab, edited):
    path = edited(('OAm = "5 mL"', 'OAm = { is = "5 mL", grade = "70 %" }'))
    plan = peqdlab("plan", path, "--json").json
    assert plan["ratios"]["OAm/Pb"] == "7.006"
    (finding,) = [row for row in plan["findings"] if row["code"] == "S113"]
    assert finding["message"] == "reagents are taken as pure; the printed grades (OAm 70 %) would give OAm/Pb 4.904 instead of 7.006"
    assert finding["remedy"] == "--assay OAm=70%"
    again = peqdlab("plan", path, "--assay", "OAm=70%", "--json").json
    assert not [row for row in again["findings"] if row["code"] == "S113"]


def test_a_large_scale_overflows_the_flask(peqdlab):
    ran = peqdlab("plan", RECIPE, "--scale", "4", "--json")
    assert ran.code == 1
    assert [row["remedy"] for row in ran.json["findings"] if row["code"] == "B205"][0] == 'vessel = "500 mL flask", or put in less'


def test_a_check_on_the_scale_is_solved_for(peqdlab, edited):
    check = 'bigger = { at = "inject", want = "scale <= 1.5", else = "warning", fix = "scale", why = "own" }'
    plan = peqdlab("plan", edited(("[binary-cspbi3.check]", f"[binary-cspbi3.check]\n{check}")), "--scale", "2", "--json").json
    assert [row["remedy"] for row in plan["findings"] if row["code"] == "bigger"] == ["--scale 1.5"]


def test_the_scale_report_says_what_followed_and_what_did_not(rules, peqdlab):
    report = {row["id"]: row for row in peqdlab("plan", rules, "--scale", "7", "--json").json["scale_report"]}
    assert (report["PbI2"]["factor"], report["PbI2"]["rule"]) == ("7.000", "linear")
    assert (report["OAm"]["factor"], report["OAm"]["rule"]) == ("1.500", "at most 3 mL")
    assert (report["ODE"]["factor"], report["ODE"]["rule"]) == ("1.000", "fixed")
    assert peqdlab("plan", rules, "--json").json["scale_report"] == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--scale", "0"), "A108"),
        (("--scale", "-1"), "A108"),
        (("--scale", "1e9"), "A108"),
        (("--scale", "nan"), "A108"),
        (("--scale", "1/0"), "A108"),
        (("--target", "5mL"), "Q106"),
        (("--target", "0g"), "A108"),
        (("--weighed", "OA=5mL"), "A108"),
        (("--weighed", "PbI3=1g"), "A108"),
        (("--weighed", "PbI2=5mL"), "Q106"),
        (("--weighed", "toluene=5mL"), "A108"),
        (("--weighed", "PbI2"), "A102"),
        (("--assay", "OAm=170%"), "C106"),
        (("--assay", "TOP=90%"), "A108"),
        (("--assay", "OAm=5g"), "Q106"),
    ],
)
def test_a_size_that_is_none_is_named(peqdlab, arguments, code):
    ran = peqdlab("plan", RECIPE, *arguments, "--json")
    assert (ran.code, [row["code"] for row in ran.json["findings"]]) == (2, [code])


def test_a_batch_of_a_scaled_plan_keeps_its_size(peqdlab, tmp_path):
    saved = str(tmp_path / "plan.json")
    peqdlab("plan", RECIPE, "--scale", "1/2", "--assay", "OAm=70%", "-o", saved)
    peqdlab("log-batch", saved, "4a=0.515g")
    shown = peqdlab("show", "B0001", "--json").json
    assert shown["values"][5]["planned"] == "0.5000 g"
    assert (shown["ratios"]["Pb/Cs"]["as_run"], shown["ratios"]["OAm/Pb"]["planned"]) == ("4.732", "4.904")


def test_a_check_on_an_amount_grows_with_the_batch(rules, peqdlab, tmp_path):
    check = '[v.check]\nacid = { at = "inject", want = "volume >= 5 * V_OA", else = "error", fix = "ODE", why = "own [computed]" }\n'
    path = tmp_path / "checked.toml"
    path.write_text(RULES.replace('ODE = { is = "10 mL", scales = "fixed" }', 'ODE = "10 mL"') + check, encoding="utf-8")
    assert [peqdlab("plan", str(path), "--scale", scale, "--json").code for scale in ("1", "10")] == [0, 0]


def test_a_variant_whose_source_was_not_read_says_so(peqdlab):
    findings = peqdlab("plan", "hot_injection/binary-cspbi3-half", "--json").json["findings"]
    assert any("the source of every value that names none was not read" in row["message"] for row in findings)
