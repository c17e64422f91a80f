"""The fold of a batch's events: what stands, what it replaced, and the plan as it really went."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peqdlab.books import Inputs, Room
from peqdlab.catalog import open_template
from peqdlab.document import plan_document, without_nulls
from peqdlab.errors import ContentError
from peqdlab.event import Event
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents
from peqdlab.record import BatchRecord, as_run, fold, plan_of, planned_quantities, room_at, room_status, room_text
from peqdlab.units import KINDS, Quantity, parse_quantity

AT = "2026-11-20T14:30:00+01:00"
# g/mol, from standard atomic weights by hand: Pb 207.2, I 126.90447, Cs 132.90545196, C 12.011, O 15.999
PBI2, CS2CO3, CSPBI3 = 461.00894, 325.81890, 720.81886
CS_DRAWN = 2 * 750 / CS2CO3 * 8 / 78  # mmol: 0.75 g in 78 mL of stock, of which 8 mL are injected


@cache
def document(name: str = "hot_injection/binary-cspbi3") -> dict[str, Any]:
    reagents = shipped_reagents()
    return without_nulls(plan_document(make_plan(open_template(name, reagents), reagents)))


def events(*bodies: tuple[str, dict[str, Any]]) -> list[Event]:
    """Return a batch's start and the given events after it, by two people in turn."""
    start = Event(1, "B0001", "start", AT, AT, "Ana", document(), "", "")
    return [start, *(Event(n, "B0001", kind, AT, AT, "Ben" if n % 2 else "Ana", body, "", "") for n, (kind, body) in enumerate(bodies, 2))]


def record(*bodies: tuple[str, dict[str, Any]]) -> BatchRecord:
    return fold(events(*bodies))


def actual(code: str, value: str) -> tuple[str, dict[str, Any]]:
    return "actual", {"code": code, "value": value}


def correction(seq: int, now: dict[str, Any], was: str = "", reason: str = "misread") -> tuple[str, dict[str, Any]]:
    return "correction", {"corrects": seq, "now": now, "was": was, "reason": reason}


def run_with(**values: str):
    """Return the plan as run with values by sheet code, written as ``_4a="1.03 g"``."""
    return as_run(record(*(actual(code[1:], value) for code, value in values.items())))


# fold ----------------------------------------------------------------------------------------------------------------


def test_a_batch_that_has_only_started_is_open_and_holds_its_plan():
    only = record()
    assert (only.batch, only.status, only.document["digest"], only.last_seq) == ("B0001", "open", document()["digest"], 1)
    assert not any(
        (only.actuals, only.conditions, only.lots, only.outcomes, only.as_planned, only.notes, only.corrections, only.deviations)
    )


def test_every_kind_of_event_has_its_place():
    whole = record(
        actual("4a", "1.03 g"),
        ("condition", {"step": "12", "temperature_c": "21.5"}),
        ("lot", {"material": "MeOAc", "lot": "M7"}),
        ("outcome", {"name": "pce", "value": "12 %"}),
        ("as_planned", {"codes": ["4b", "6a"]}),
        ("note", {"text": "hazy"}),
        ("deviation", {"code": "cs-limits", "reason": "wanted"}),
        ("close", {"result": "failed", "reason": "yellow"}),
    )
    books = (whole.actuals, whole.conditions, whole.lots, whole.outcomes, whole.as_planned)
    assert [list(book) for book in books] == [["4a"], ["12"], ["MeOAc"], ["pce"], ["4b", "6a"]]
    assert [row.body for row in (*whole.notes, *whole.deviations)] == [{"text": "hazy"}, {"code": "cs-limits", "reason": "wanted"}]
    assert (whole.status, whole.closed.body["reason"], whole.last_seq) == ("failed", "yellow", 9)


def test_what_is_logged_says_who_when_and_in_which_event():
    found = record(actual("4b", "50 mL"), actual("4a", "1.03 g")).find("4a")
    assert (found.seq, found.at, found.by, found.was, found.reason) == (3, AT, "Ben", (), "")


def test_find_looks_into_every_book_and_finds_nothing_else():
    whole = record(actual("4a", "1 g"), ("condition", {"step": "room"}), ("lot", {"material": "OA"}), ("outcome", {"name": "ff"}))
    assert [whole.find(key).seq for key in ("4a", "room", "OA", "ff")] == [2, 3, 4, 5]
    assert whole.find("4b") is None


def test_a_correction_puts_the_new_value_in_place_and_keeps_the_old_one():
    corrected = record(actual("4a", "1.04 g"), correction(2, {"code": "4a", "value": "1.034 g"}, "1.04 g", "read the wrong line"))
    stands = corrected.actuals["4a"]
    assert (stands.body["value"], [old["value"] for old in stands.was], stands.reason) == ("1.034 g", ["1.04 g"], "read the wrong line")
    assert (stands.seq, stands.by) == (3, "Ben")
    assert [row.body["corrects"] for row in corrected.corrections] == [2]


@pytest.mark.parametrize("second", [2, 3], ids=["names the first event", "names the correction"])
def test_a_correction_of_a_correction_keeps_all_old_values_oldest_first(second):
    chain = record(
        actual("4a", "1.00 g"),
        correction(2, {"code": "4a", "value": "1.01 g"}),
        correction(second, {"code": "4a", "value": "1.02 g"}, reason="misread again"),
    ).actuals["4a"]
    assert (chain.body["value"], [old["value"] for old in chain.was], chain.reason) == ("1.02 g", ["1.00 g", "1.01 g"], "misread again")


@pytest.mark.parametrize(
    ("kind", "book", "key", "first", "now"),
    [
        ("condition", "conditions", "12", {"step": "12", "relative_humidity_pct": "34"}, {"step": "12", "relative_humidity_pct": "24"}),
        ("lot", "lots", "MeOAc", {"material": "MeOAc", "lot": "M7"}, {"material": "MeOAc", "lot": "M8"}),
        ("outcome", "outcomes", "pce", {"name": "pce", "value": "12 %"}, {"name": "pce", "value": "11 %"}),
    ],
)
def test_conditions_lots_and_outcomes_are_corrected_alike(kind, book, key, first, now):
    stands = getattr(record((kind, first), correction(2, now)), book)[key]
    assert (stands.body, stands.was) == (now, (first,))


def test_a_correction_of_what_the_record_does_not_hold_is_listed_and_changes_nothing():
    listed = record(("deviation", {"code": "cs-limits", "reason": "wanted"}), correction(2, {"text": "clear"}))
    assert [row.body["reason"] for row in listed.deviations] == ["wanted"]
    assert len(listed.corrections) == 1


def test_a_corrected_note_stays_in_its_place_with_its_time_and_its_old_text():
    listed = record(("note", {"text": "hazy"}), ("note", {"text": "red"}), correction(2, {"text": "clear"}), correction(4, {"text": "dark"}))
    assert [(row.seq, row.by, row.body["text"], [old["text"] for old in row.was]) for row in listed.notes] == [
        (2, "Ana", "dark", ["hazy", "clear"]),
        (3, "Ben", "red", []),
    ]


def test_fields_of_a_bottle_and_of_a_room_add_up():
    whole = record(
        ("lot", {"material": "MeOAc", "lot": "M7"}),
        ("lot", {"material": "MeOAc", "water": "30ppm"}),
        ("condition", {"step": "12", "relative_humidity_pct": "34"}),
        ("condition", {"step": "12", "temperature_c": "21.5"}),
    )
    assert whole.lots["MeOAc"].body == {"material": "MeOAc", "lot": "M7", "water": "30ppm"}
    assert whole.conditions["12"].body == {"step": "12", "relative_humidity_pct": "34", "temperature_c": "21.5"}


def test_a_value_in_the_place_of_as_planned_shows_that_statement():
    stated = ("as_planned", {"codes": ["4a", "4b"]})
    mended = record(stated, correction(2, {"code": "4a", "value": "1.03 g"}), correction(3, {"code": "4a", "value": "1.04 g"}))
    assert (mended.actuals["4a"].body["value"], [old["value"] for old in mended.actuals["4a"].was]) == ("1.04 g", ["as planned", "1.03 g"])
    silent = record(stated, actual("4a", "1.03 g")).actuals["4a"]
    assert ([old["value"] for old in silent.was], silent.reason) == (["as planned"], "logged later, no reason given")
    assert record(stated, correction(2, {"code": "4b", "value": "51 mL"})).find("4a").body["value"] == "as planned"


def test_a_close_is_corrected_and_taken_back():
    closed = ("close", {"result": "good"})
    failed = record(closed, correction(2, {"result": "failed", "reason": "yellow"}, reason="yellow"))
    assert (failed.status, failed.closed.was) == ("failed", ({"result": "good"},))
    opened = record(closed, correction(2, {"result": "open"}))
    assert (opened.status, opened.closed, len(opened.corrections)) == ("open", None, 1)
    assert record(closed, correction(2, {"result": "open"}), ("close", {"result": "abandoned", "reason": "x"})).status == "abandoned"


def test_folding_changes_no_event():
    log = events(actual("4a", "1.04 g"), correction(2, {"code": "4a", "value": "1.034 g"}), ("as_planned", {"codes": ["4b"]}))
    before = repr(log)
    fold(log)
    assert repr(log) == before


# the plan again ------------------------------------------------------------------------------------------------------


def test_a_stored_document_gives_the_same_plan_again():
    assert plan_document(plan_of(document()))["digest"] == document()["digest"]


def test_a_stored_document_keeps_its_settings():
    reagents = shipped_reagents()
    given = Inputs(settings={"recovery": parse_quantity("80 %")})
    stored = without_nulls(plan_document(make_plan(open_template("hot_injection/binary-cspbi3", reagents), reagents, given)))
    assert plan_of(stored).inputs.settings == given.settings
    assert plan_document(plan_of(stored))["digest"] == stored["digest"]


def test_a_stored_text_that_can_no_longer_be_read_is_a_finding():
    broken = {
        **document(),
        "template": {**document()["template"], "text": document()["template"]["text"].replace("{ inject =", "{ injekt =")},
    }
    with pytest.raises(ContentError) as refused:
        plan_of(broken)
    assert [(finding.code, finding.message, finding.remedy) for finding in refused.value.findings] == [
        ("L105", "'injekt' is no verb", "did you mean inject?"),
    ]


def test_planned_quantities_are_those_of_the_paper_under_their_codes():
    planned = planned_quantities(plan_of(document()))
    paper = {
        "1a": "0.75 g",
        "1b": "3 mL",
        "1c": "75 mL",
        "4a": "1 g",
        "4b": "50 mL",
        "9a": "180 °C",
        "9b": "8 mL",
        "12a": "92 mL",
        "14a": "12 mL",
    }
    assert {code: planned[code] for code in paper} == {code: parse_quantity(text) for code, text in paper.items()}


# as run --------------------------------------------------------------------------------------------------------------


def test_a_batch_without_values_ran_as_planned():
    plan, ran = plan_of(document()), as_run(record())
    assert ran.stoichiometry == plan.stoichiometry
    assert ran.expected_mg == plan.expected_mg
    assert [finding.code for finding in ran.findings] == [finding.code for finding in plan.findings]


def test_a_weight_of_3_per_cent_over_moves_the_ratios_to_lead_by_3_per_cent():
    ran = run_with(_4a="1.030 g").stoichiometry
    # 1030 mg / 461.00894 = 2.23423 mmol Pb; 2 · 750 / 325.8189 · 8 / 78 = 0.472183 mmol Cs; 2.23423 / 0.472183 = 4.7317
    assert float(ran.ratios["Pb/Cs"]) == pytest.approx(1030 / PBI2 / CS_DRAWN, rel=1e-5)
    assert float(ran.ratios["Pb/Cs"]) == pytest.approx(4.7317, abs=5e-5)
    assert float(ran.ratios["OA/Pb"]) == pytest.approx(7.740 / 1.03, abs=5e-4)
    assert float(ran.ratios["OAm/Pb"]) == pytest.approx(7.006 / 1.03, abs=5e-4)
    assert ran.ratios["I/Pb"] == 2
    assert float(ran.ceiling_mg) == pytest.approx(CS_DRAWN * CSPBI3, rel=1e-5)  # Cs limits, and no more of it came


def test_less_stock_injected_raises_pb_to_cs_and_lowers_the_ceiling():
    ran = run_with(_9b="7.5 mL").stoichiometry
    assert float(ran.ratios["Pb/Cs"]) == pytest.approx(1000 / PBI2 / CS_DRAWN * 8 / 7.5, rel=1e-5)
    assert float(ran.ceiling_mg) == pytest.approx(CS_DRAWN * CSPBI3 * 7.5 / 8, rel=1e-5)


def test_the_mass_obtained_is_what_is_expected_afterwards():
    assert float(as_run(record()).expected_mg) == pytest.approx(CS_DRAWN * CSPBI3, rel=1e-5)
    assert run_with(_15b="0.270 g").expected_mg.normalize() == 270
    assert run_with(_15b="0.270 g").stoichiometry == plan_of(document()).stoichiometry


def test_liquid_left_with_the_pellet_carries_what_is_dissolved():
    before, after = (each.books.finished["dots"].species["OA"] for each in (as_run(record()), run_with(_13a="3 mL")))
    # of 160 mL in the first wash 3 mL stay instead of 1, and of the second wash 1 mL in 3 + 36 instead of 1 + 36
    assert float(after / before) == pytest.approx(3 * 37 / 39, rel=1e-9)


def toluene(ran) -> Quantity:
    return next(use.quantity for run in ran.books.steps for use in run.uses if use.material.name == "toluene")


def test_what_was_planned_by_relation_stays_as_planned_unless_it_is_logged():
    planned = toluene(plan_of(document()))  # 340.4 mg / (50 mg/mL)
    assert float(planned.value) == pytest.approx(CS_DRAWN * CSPBI3 / 50, rel=1e-5)
    assert toluene(run_with(_15b="0.270 g")) == planned
    assert toluene(run_with(_9b="7.5 mL", _15b="0.270 g")) == planned
    assert toluene(run_with(_16a="5.4 mL")) == Quantity(Decimal("5.4"), KINDS["volume"])


def test_drawing_more_than_there_is_becomes_a_finding_of_the_run():
    found = [finding for finding in run_with(_9b="100 mL").findings if finding.code == "B201"]
    assert [(finding.severity, finding.message) for finding in found] == [
        ("error", "step 9 draws 100 mL of cs_oleate, of which 78.00 mL is there")
    ]


def test_the_room_as_recorded_is_judged_at_its_step():
    ran = as_run(record(("condition", {"step": "12", "relative_humidity_pct": "34"})))
    found = next(finding for finding in ran.findings if finding.code == "damp-wash")
    assert found.message.startswith("room.RH is 34 % at step 12 (wash 1), wanted room.RH <= 30 %")
    calm = as_run(record(("condition", {"step": "14", "relative_humidity_pct": "34"})))
    assert "damp-wash" not in [finding.code for finding in calm.findings]


def test_a_room_that_was_not_recorded_is_not_judged():
    assert "damp-wash" not in [finding.code for finding in as_run(record()).findings]
    assert "damp-wash" not in [finding.code for finding in as_run(record(("condition", {"step": "room", "temperature_c": "22"}))).findings]


@settings(max_examples=15, deadline=None)
@given(st.decimals("0.400", "3.000", places=4))
def test_pb_to_cs_scales_with_the_weight_of_lead_iodide(mass_g):
    planned, ran = plan_of(document()), run_with(_4a=f"{mass_g} g")
    assert float(ran.stoichiometry.ratios["Pb/Cs"] / planned.stoichiometry.ratios["Pb/Cs"]) == pytest.approx(float(mass_g), rel=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.decimals("0.5", "2", places=3))
def test_everything_scaled_by_one_factor_keeps_every_ratio(factor):
    planned = plan_of(document())
    amounts = {use.code: use.quantity for run in planned.books.steps for use in run.uses if use.code}
    units = {"mass": "mg", "volume": "mL"}
    scaled = {
        f"_{code}": f"{q.value * factor:f} {next(unit for kind, unit in units.items() if q.is_kind(kind))}" for code, q in amounts.items()
    }
    ran = run_with(**scaled).stoichiometry
    for name, ratio in planned.stoichiometry.ratios.items():
        assert float(ran.ratios[name]) == pytest.approx(float(ratio), rel=1e-12)
    assert float(ran.ceiling_mg / planned.stoichiometry.ceiling_mg) == pytest.approx(float(factor), rel=1e-12)


EXTREMES = {
    "mass": ("0 g", "1e-30 g", "1e30 g"),
    "volume": ("0 mL", "1e-30 mL", "1e30 mL"),
    "temperature": ("-273.15 °C", "1e30 °C"),
    "duration": ("0 s", "1e30 d"),
}


@pytest.mark.parametrize("code", [blank.code for run in plan_of(document()).books.steps for blank in run.blanks])
def test_no_value_that_can_be_typed_breaks_the_record(code):
    quantity = planned_quantities(plan_of(document()))[code]
    kind = next(kind for kind in EXTREMES if quantity.is_kind(kind))
    for value in EXTREMES[kind]:
        ran = as_run(record(actual(code, value)))
        assert plan_document(ran)["schema"] == "peqdlab.plan/1"


# the room ------------------------------------------------------------------------------------------------------------

MEASURED = ("condition", {"step": "12", "relative_humidity_pct": "34.0"})
SESSION = ("condition", {"step": "room", "temperature_c": "21.50", "relative_humidity_pct": "25"})


def test_the_room_of_a_step_is_its_own_else_that_of_the_session_value_by_value():
    both = record(SESSION, MEASURED)
    assert room_at(both, 12) == Room(Decimal("21.50"), Decimal("0.34"))
    assert room_at(both, 14) == Room(Decimal("21.50"), Decimal("0.25"))
    names = ("temperature_c", "relative_humidity_pct")
    assert [room_status(both, 12, name) for name in names] == ["inherited", "measured"]
    assert [room_status(both, 14, name) for name in names] == ["inherited", "inherited"]


def test_an_unknown_room_is_never_zero():
    assert room_at(record(MEASURED), 12) == Room(None, Decimal("0.34"))
    assert room_at(record(), 12) == Room(None, None)
    assert room_text(record(), 12, "temperature_c") is None
    assert room_status(record(MEASURED), 12, "temperature_c") == "not recorded"


def test_a_room_at_zero_is_not_unknown():
    cold = record(("condition", {"step": "12", "temperature_c": "0", "relative_humidity_pct": "0"}))
    assert room_at(cold, 12) == Room(Decimal(0), Decimal(0))
    assert room_status(cold, 12, "relative_humidity_pct") == "measured"


def test_the_room_keeps_its_digits_in_words():
    both = record(SESSION, MEASURED)
    assert (room_text(both, 12, "relative_humidity_pct"), room_text(both, 12, "temperature_c")) == ("34.0", "21.50")
