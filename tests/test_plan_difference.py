"""What two plans differ in: nothing for the same, causes before what follows from them, and each thing once."""

from __future__ import annotations

import pytest

from peqdlab.catalog import open_template
from peqdlab.plan import make_plan
from peqdlab.plan_difference import plan_differences
from peqdlab.reagents import shipped_reagents

HOT = "hot_injection/binary-cspbi3"


def plan_of(name):
    return make_plan(open_template(name), shipped_reagents())


def rows(peqdlab, *arguments):
    return [(row["section"], row["what"], row["first"], row["second"]) for row in peqdlab("plan", *arguments, "--json").json["differences"]]


def test_a_plan_differs_in_nothing_from_itself(peqdlab):
    assert plan_differences(plan_of(HOT), plan_of(HOT)) == ()
    ran = peqdlab("plan", "--diff", HOT, HOT)
    assert (ran.code, "the two plans say the same" in ran.out) == (0, True)


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (('"0.75 g"', '"0.80 g"'), ("material", "Cs₂CO₃ into cs_oleate", "0.7500 g (published)", "0.8000 g (published)")),
        (('"0.75 g"', '"0.75 g [review]"'), ("material", "Cs₂CO₃ into cs_oleate", "0.7500 g (published)", "0.7500 g (review)")),
        (('"5 mL, dried"', '"5 mL"'), ("material", "OA into crude", "5.00 mL (dried, published)", "5.00 mL (published)")),
        (('"10 s [zeng2018-r]"', '"20 s"'), ("condition", "crude 10, wait", "10 s", "20 s")),
        (('for = "2 h", under = "vacuum"', 'for = "2 h", under = "N2"'), ("condition", "cs_oleate 2, heat: under", "vacuum", "N2")),
        (('is = "180 °C', 'is = "170 °C'), ("parameter", "T_inject", "180 °C", "170 °C")),
        (('vessel = "250 mL flask"', 'vessel = "500 mL flask"'), ("preparation", "cs_oleate: vessel", "250 mL flask", "500 mL flask")),
        (("Pb/Cs >= 1.5", "Pb/Cs >= 1.6"), ("check", "cs-limits", "Pb/Cs >= 1.5 at inject, else error", "Pb/Cs >= 1.6 at inject, else error")),
        (('  { wait = "10 s [zeng2018-r]" },\n', ""), ("step", "crude", "10: wait", "–")),
        (('\n  { warm = "cs_oleate"', '\n  { stir = "1 min" },\n  { warm = "cs_oleate"'), ("step", "crude", "–", "7: stir")),
    ],
)
def test_one_change_of_a_protocol_is_the_only_cause_said(edit, found, edited, peqdlab):
    changes = [(row["section"], row["what"], row["first"], row["second"]) for row in peqdlab("plan", "--diff", HOT, edited(edit), "--json").json["differences"] if not row["follows"]]
    assert changes == [found]


def test_causes_stand_before_what_follows_from_them(peqdlab):
    changes = rows(peqdlab, "--diff", HOT, f"{HOT}-small")
    sections = list(dict.fromkeys(section for section, *_ in changes))
    assert sections == ["parameter", "preparation", "material", "step", "condition", "condition that follows", "stock", "ratio", "yield", "bench", "finding"]
    assert ("ratio", "Pb/Cs", "4.594", "4.013") in changes
    assert ("yield", "ceiling", "340.4 mg (0.4722 mmol)", "33.90 mg (0.04703 mmol)") in changes


def test_the_options_of_size_and_settings_are_of_the_plan_beside_them(peqdlab):
    changes = rows(peqdlab, HOT, "--diff", HOT, "--scale", "2", "--set", "T_inject=170C")
    assert changes[:2] == [("size", "scale", "1", "2"), ("parameter", "T_inject", "180 °C", "170 °C")]
    assert {section for section, *_ in changes[2:]} == {"amount", "condition that follows", "yield", "bench", "finding"}  # tubes hold less than twice the batch
    assert ("condition that follows", "crude 8, heat", "180 °C", "170 °C") in changes
    assert ("bench", "dots, fullest", "160.0 mL in 4", "320.0 mL in 8") in changes


def test_a_lower_product_with_another_limiting_ion_is_said(peqdlab, edited):
    changes = rows(peqdlab, "--diff", HOT, edited(('"1 g"', '"0.25 g"')))
    assert ("yield", "limiting", "Cs", "I") in changes
    assert any(what.startswith("error cs-limits") and first == "–" for section, what, first, _ in changes if section == "finding")


def test_saved_plans_and_batches_are_compared_by_the_plan_that_they_hold(peqdlab, tmp_path):
    saved = str(tmp_path / "plan.toml")
    assert peqdlab("plan", HOT, "--set", "recovery=80%", "-o", saved).code == 0
    assert peqdlab("log-batch", saved).code == 0
    assert rows(peqdlab, "--diff", saved, "B0001") == []
    assert rows(peqdlab, "--diff", HOT, "B1")[0] == ("parameter", "recovery", "100 %", "80 %")


def test_a_batchs_plan_takes_no_options(peqdlab):
    peqdlab("log-batch", HOT)
    ran = peqdlab("plan", "--diff", HOT, "B0001", "--scale", "2")
    assert (ran.code, "A108" in ran.err) == (2, True)


def test_a_plan_with_errors_is_compared_all_the_same_and_one_that_cannot_be_read_is_not(peqdlab, edited):
    assert peqdlab("plan", "--diff", HOT, edited(('"8 mL"', '"80 mL"'))).code == 0
    assert peqdlab("plan", "--diff", HOT, edited(("heat = ", "haet = "))).code == 1
    assert peqdlab("plan", "--diff", "nothing", HOT).code == 2


def test_a_difference_is_written_to_a_file(peqdlab, tmp_path):
    page = tmp_path / "what-changed.md"
    ran = peqdlab("plan", "--diff", HOT, f"{HOT}-small", "-o", str(page))
    assert (ran.code, ran.out, "| Pb/Cs | 4.594 | 4.013 |" in page.read_text(encoding="utf-8")) == (0, "", True)
    assert peqdlab("plan", "--diff", HOT, HOT, "-o", str(tmp_path / "plan.toml")).code == 2
