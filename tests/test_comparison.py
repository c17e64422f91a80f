"""Two batches side by side: exactly what differs, nothing that is equal, and no claim."""

from __future__ import annotations

import itertools
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from peqdlab.books import Inputs
from peqdlab.catalog import open_template
from peqdlab.comparison import NO_INFERENCE, Comparison, compare_batches, comparison_blocks, comparison_document
from peqdlab.document import plan_document, without_nulls
from peqdlab.event import Event
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents
from peqdlab.record import BatchRecord, fold
from peqdlab.units import parse_quantity
from peqdlab.writers.text import render_text

AT = "2026-11-20T14:30:00+01:00"
Body = tuple[str, dict[str, Any]]


@cache
def document(name: str = "hot_injection/binary-cspbi3", *settings: tuple[str, str]) -> dict[str, Any]:
    reagents = shipped_reagents()
    given = Inputs(settings={key: parse_quantity(text) for key, text in settings})
    return without_nulls(plan_document(make_plan(open_template(name, reagents), reagents, given)))


def batch(number: int, *bodies: Body, of: dict[str, Any] | None = None, at: str = AT, by: str = "Ana") -> BatchRecord:
    name = f"B{number:04d}"
    start = Event(1, name, "start", at, at, by, of or document(), "", "")
    return fold([start, *(Event(n, name, kind, at, at, by, body, "", "") for n, (kind, body) in enumerate(bodies, 2))])


def actual(code: str, value: str) -> Body:
    return "actual", {"code": code, "value": value}


def room(step: str, temperature: str | None, humidity: str | None) -> Body:
    named = {"temperature_c": temperature, "relative_humidity_pct": humidity}
    return "condition", {"step": step, **{name: value for name, value in named.items() if value is not None}}


def outcome(name: str, value: str) -> Body:
    return "outcome", {"name": name, "value": value}


def rows(comparison: Comparison) -> list[tuple[str, str, str, str]]:
    return [(row.section, row.what, row.first, row.second) for row in comparison.differences]


def differing(first: list[Body], second: list[Body]) -> list[tuple[str, str, str, str]]:
    return rows(compare_batches(batch(1, *first), batch(2, *second)))


DRY = [
    actual("4a", "1.030 g"),
    room("12", "21.5", "21"),
    ("lot", {"material": "MeOAc", "lot": "M7", "opened": "2026-11-20"}),
    outcome("pce", "12.1 %"),
]
DAMP = [
    actual("4a", "1.000 g"),
    room("12", "21.5", "34"),
    ("lot", {"material": "MeOAc", "lot": "M8", "opened": "2026-11-23"}),
    outcome("pce", "10.4 %"),
    ("close", {"result": "failed", "reason": "yellow after the second wash"}),
]  # fmt: skip


# what differs --------------------------------------------------------------------------------------------------------


def test_two_batches_differ_in_exactly_what_was_done_differently():
    # 1.03 g against 1.00 g of PbI2: Pb/Cs 4.594 · 1.03 = 4.732, OA/Pb 7.740 / 1.03 = 7.515, OAm/Pb 7.006 / 1.03 = 6.802
    assert differing(DRY, DAMP) == [
        ("actual", "PbI₂ into crude", "1.030 g", "1.000 g"),
        ("ratio as run", "Pb/Cs", "4.732", "4.594"),
        ("ratio as run", "OA/Pb", "7.515", "7.740"),
        ("ratio as run", "OAm/Pb", "6.802", "7.006"),
        ("air", "RH at wash 1", "21 %", "34 %"),
        ("bottle", "MeOAc", "lot M7, opened 2026-11-20", "lot M8, opened 2026-11-23"),
        ("how it ended", "result", "open", "failed: yellow after the second wash"),
        ("outcome", "pce", "12.1 %", "10.4 %"),
    ]


def test_two_batches_alike_differ_in_nothing():
    assert differing(DRY, DRY) == []


def test_comparing_the_other_way_round_gives_the_same_rows_mirrored():
    mirrored = [(section, what, second, first) for section, what, first, second in differing(DAMP, DRY)]
    assert sorted(mirrored) == sorted(differing(DRY, DAMP))


@pytest.mark.parametrize(
    "alike",
    [
        (actual("4a", "1.030 g"), actual("4a", "1030 mg")),
        (outcome("pce", "12 %"), outcome("pce", "12.0 %")),
        (room("12", "21", "34"), room("12", "21.0", "34.0")),
    ],
)
def test_the_same_quantity_in_other_digits_is_no_difference(alike):
    assert differing([alike[0]], [alike[1]]) == []


def test_a_room_measured_on_one_day_only_is_a_difference():
    assert differing([room("12", "21.5", None)], []) == [("air", "T at wash 1", "21.5 °C", "–")]


def test_a_room_inherited_from_the_session_is_the_air_of_every_step_that_asks():
    assert differing([room("room", None, "34")], [room("12", None, "34")]) == [
        ("air", "RH of the session", "34 %", "–"),
        ("air", "RH at wash 2", "34 %", "–"),
    ]


def test_air_at_a_step_that_does_not_ask_counts_where_it_was_measured():
    assert differing([room("9", "23", None)], [room("room", "23", None)]) == [
        ("air", "T at step 9", "23 °C", "–"),
        ("air", "T of the session", "–", "23 °C"),
        ("air", "T at wash 1", "–", "23 °C"),
        ("air", "T at wash 2", "–", "23 °C"),
    ]


def test_a_value_that_is_no_addition_is_named_by_its_step():
    assert differing([actual("9a", "180.5 °C")], []) == [("actual", "pot temperature, step 9a", "180.5 °C", "not logged")]


def test_a_reagent_added_twice_is_told_apart():
    assert [row[1] for row in differing([actual("14b", "25 mL")], [actual("12a", "90 mL")]) if row[0] == "actual"] == [
        "MeOAc into dots",
        "MeOAc into dots (2)",
    ]


def test_stated_as_planned_is_not_the_same_as_not_logged():
    codes = [blank["code"] for step in document()["steps"] for blank in step["blanks"]]
    assert differing([("as_planned", {"codes": codes})], []) == [("actual", "the other blanks", "as planned", "not logged")]


def test_a_corrected_value_is_compared_as_corrected():
    mended = ("correction", {"corrects": 2, "now": {"code": "4a", "value": "1.000 g"}, "was": "1.030 g", "reason": "misread"})
    assert differing([actual("4a", "1.030 g"), mended], [actual("4a", "1.000 g")]) == []


def test_another_person_on_another_day_is_a_difference():
    other = batch(2, at="2026-11-21T09:00:00+01:00", by="Ben")
    assert rows(compare_batches(batch(1), other)) == [
        ("who and when", "operator", "Ana", "Ben"),
        ("who and when", "day", "2026-11-20", "2026-11-21"),
    ]


def test_a_batch_abandoned_differs_from_one_that_failed():
    ended = [("close", {"result": result, "reason": "ran dry"}) for result in ("abandoned", "failed")]
    assert differing([ended[0]], [ended[1]]) == [("how it ended", "result", "abandoned: ran dry", "failed: ran dry")]


def test_a_setting_shows_in_plan_steps_and_amounts():
    other = document("hot_injection/binary-cspbi3", ("T_inject", "170 °C"))
    found = rows(compare_batches(batch(1), batch(2, of=other)))
    assert {row[:2] for row in found} == {("plan", "setting T_inject"), ("plan", "step 8")}
    assert ("plan", "setting T_inject", "–", "170 °C") in found


def test_another_amount_in_the_template_shows_in_text_step_amount_and_ratios(edited):
    other = document(edited(('PbI2 = "1 g"', 'PbI2 = "0.9 g"'), name="hot_injection.toml"))
    found = rows(compare_batches(batch(1), batch(2, of=other)))
    assert {row[:2] for row in found if row[0] != "ratio as run"} == {
        ("plan", "template text"),
        ("plan", "step 4"),
        ("planned amount", "PbI₂ into crude"),
    }
    assert ("planned amount", "PbI₂ into crude", "1.0000 g", "0.9000 g") in found
    assert ("ratio as run", "Pb/Cs", "4.594", "4.134") in found  # 4.594 · 0.9


# what is said about it -----------------------------------------------------------------------------------------------


def test_outcomes_have_their_difference_and_no_inference():
    remarks = {row.what: row.remark for row in compare_batches(batch(1, *DRY), batch(2, *DAMP)).differences}
    assert remarks.pop("pce") == "-1.7 points; n = 1 against 1 batch: no inference"
    assert set(remarks.values()) == {""}


def test_an_outcome_of_one_batch_only_has_no_difference():
    (row,) = compare_batches(batch(1, outcome("pl_peak", "686 nm")), batch(2)).differences
    assert (row.first, row.second, row.remark) == ("686 nm", "–", "")


def test_the_page_names_what_differs_section_by_section_and_claims_nothing():
    text = render_text(comparison_blocks(compare_batches(batch(1, *DRY), batch(2, *DAMP))))
    assert text == (
        "B0001 (open) against B0002 (failed)\n"
        "\n"
        "actual\n"
        "                 B0001    B0002\n"
        "PbI₂ into crude  1.030 g  1.000 g\n"
        "\n"
        "ratio as run\n"
        "        B0001   B0002\n"
        "Pb/Cs   4.732*  4.594*\n"
        "OA/Pb   7.515*  7.740*\n"
        "OAm/Pb  6.802*  7.006*\n"
        "\n"
        "* rests on amounts of the plan that were not logged: B0001 1a, 1b, 1c, 9b, 6a, 6b; B0002 1a, 1b, 1c,\n"
        "9b, 6a, 6b\n"
        "\n"
        "air\n"
        "              B0001  B0002\n"
        "RH at wash 1  21 %   34 %\n"
        "\n"
        "bottle\n"
        "       B0001                      B0002\n"
        "MeOAc  lot M7, opened 2026-11-20  lot M8, opened 2026-11-23\n"
        "\n"
        "how it ended\n"
        "        B0001  B0002\n"
        "result  open   failed: yellow after the second wash\n"
        "\n"
        "outcome\n"
        "     B0001   B0002\n"
        "pce  12.1 %  10.4 %  -1.7 points; n = 1 against 1 batch: no inference\n"
        "\n"
        "n = 1 against 1 batch: no inference; the two differ in 3 other things, and any of them may be the\n"
        "cause\n"
    )


def follows(comparison: Comparison) -> dict[str, str]:
    return {row.what: row.follows for row in comparison.differences if row.follows}


def test_a_scale_counts_once_and_what_follows_from_it_stands_under_it():
    reagents = shipped_reagents()
    double = without_nulls(
        plan_document(make_plan(open_template("hot_injection/binary-cspbi3", reagents), reagents, Inputs(scale=Fraction(2))))
    )
    compared = compare_batches(batch(1, actual("4a", "1.000 g")), batch(2, actual("4a", "2.000 g"), of=double))
    assert [row.what for row in compared.differences if not row.follows and row.section not in ("ratio as run", "outcome")] == ["scale"]
    assert set(follows(compared).values()) == {"scale"}
    assert {"PbI₂ into crude", "step 4", "step 9"} <= follows(compared).keys()
    text = " ".join(render_text(comparison_blocks(compared)).split())
    assert "planned amount (follows from scale)" in text
    assert text.endswith("no inference; the two differ in 1 other thing, and any of them may be the cause")


def test_the_air_of_the_session_counts_once():
    compared = compare_batches(batch(1, room("room", "21", "34")), batch(2, room("room", "21", "24")))
    assert follows(compared) == {"RH at wash 1": "RH of the session", "RH at wash 2": "RH of the session"}
    assert "the two differ in 1 other thing" in " ".join(render_text(comparison_blocks(compared)).split())
    own = compare_batches(batch(1, room("12", None, "34")), batch(2, room("room", None, "24")))
    assert follows(own) == {"RH at wash 2": "RH of the session"}


def test_batches_that_differ_in_outcomes_alone_differ_in_nothing_else():
    text = render_text(comparison_blocks(compare_batches(batch(1, outcome("pce", "12 %")), batch(2, outcome("pce", "10 %")))))
    assert text.endswith("n = 1 against 1 batch: no inference; nothing else that was recorded differs\n")


def test_as_run_figures_name_the_amounts_that_nobody_logged():
    compared = comparison_document(compare_batches(batch(1, *DRY), batch(2, actual("9b", "7.5 mL"))))
    row = next(row for row in compared["differences"] if row["what"] == "Pb/Cs")
    assert row["assumes"] == {"first": ["1a", "1b", "1c", "9b"], "second": ["1a", "1b", "1c", "4a"]}
    assert next(row for row in compared["differences"] if row["what"] == "ceiling")["assumes"]["second"] == ["1a", "1b", "1c", "4a", "6a", "6b"]


def test_the_page_of_two_batches_alike_says_so():
    assert render_text(comparison_blocks(compare_batches(batch(1), batch(2)))) == (
        "B0001 (open) against B0002 (open)\nthey differ in nothing that was recorded\n"
    )


def test_as_data_it_is_the_same_rows():
    compared = compare_batches(batch(1, *DRY), batch(2, *DAMP))
    data = comparison_document(compared)
    assert {key: value for key, value in data.items() if key != "differences"} == {
        "schema": "peqdlab.comparison/1",
        "batches": ["B0001", "B0002"],
        "status": ["open", "failed"],
        "inference": NO_INFERENCE,
    }
    assert [(row["section"], row["what"], row["first"], row["second"]) for row in data["differences"]] == rows(compared)
    assert [row["remark"] for row in data["differences"]] == [None] * 7 + ["-1.7 points; n = 1 against 1 batch: no inference"]


def test_text_that_tries_to_steer_the_terminal_is_shown():
    lots = [("lot", {"material": "MeOAc", "lot": text}) for text in ("\x1b[31mred", "[/bold]\nx")]
    text = render_text(comparison_blocks(compare_batches(batch(1, lots[0]), batch(2, lots[1]))))
    assert "\x1b" not in text
    assert "lot �[31mred" in text
    assert "lot [/bold] x" in text


def test_comparing_is_a_pure_function_of_records():
    first, second = batch(1, *DRY), batch(2, *DAMP)
    assert compare_batches(first, second) == compare_batches(first, second)


def test_every_pair_of_a_few_batches_differs_in_something_but_from_itself_in_nothing():
    few = [batch(n, *bodies) for n, bodies in enumerate(([], DRY, DAMP, [actual("9b", "7.5 mL")]), 1)]
    for one, other in itertools.product(few, few):
        assert bool(rows(compare_batches(one, other))) is (one is not other)
