"""What is typed at the bench: every way to write it, and every doubt with its whole message and remedy."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peqdlab.asked import AMOUNT
from peqdlab.catalog import open_template
from peqdlab.document import plan_document, without_nulls
from peqdlab.entries import Entries
from peqdlab.event import Draft, Event
from peqdlab.findings import Doubt, Finding, Place
from peqdlab.outcomes import OUTCOMES
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents
from peqdlab.record import fold
from peqdlab.typed import parse_day, parse_moment, said
from peqdlab.units import significant

AT = "2026-11-20T14:30:00+01:00"
LOGGED = (
    ("actual", {"code": "4a", "value": "1.03 g"}),
    ("condition", {"step": "12", "temperature_c": "21.5", "relative_humidity_pct": "34"}),
    ("lot", {"material": "MeOAc", "lot": "M7", "opened": "2026-11-20"}),
    ("outcome", {"name": "pce", "value": "12.0 %"}),
)
CLOSED = (*LOGGED, ("close", {"result": "failed", "reason": "yellow"}))


@cache
def the_plan():
    reagents = shipped_reagents()
    return make_plan(open_template("hot_injection/binary-cspbi3", reagents), reagents)


@cache
def document() -> dict[str, Any]:
    return without_nulls(plan_document(the_plan()))


EVERY_CODE = [blank["code"] for step in document()["steps"] for blank in step["blanks"]]
RESULTS_ASKED = {"13a", "15a", "15b"}  # liquid left twice, product obtained


def entries(*bodies: tuple[str, dict[str, Any]], option: str = "") -> Entries:
    start = Event(1, "B0001", "start", AT, AT, "Ana", document(), "", "")
    later = [Event(n, "B0001", kind, AT, AT, "Ana", body, "", "") for n, (kind, body) in enumerate(bodies, 2)]
    return Entries(fold([start, *later]), the_plan(), at=AT, by="Ana", option=option)


def filled(*typed: str) -> Entries:
    reading = entries()
    reading.fill(typed)
    return reading


def bodies_of(reading: Entries) -> list[dict[str, Any]]:
    assert reading.findings == []
    return [draft.body for draft in reading.drafts]


def far(code: str, message: str) -> Finding:
    remedy = f"check the reading: a wrong one is mended by --correct {code}=VALUE --reason TEXT, a right one stands as a deviation"
    return Finding("warning", "R110", Place(code), message, remedy)


def error(code: str, key: str, message: str, remedy: str) -> Finding:
    return Finding("error", code, Place(key), message, remedy)


# values --------------------------------------------------------------------------------------------------------------


def test_a_value_becomes_a_draft_of_its_batch_time_and_person():
    assert filled("4a=1.010g").drafts == [
        Draft(
            "B0001", "actual", AT, "Ana", {"code": "4a", "asks": "PbI2", "value": "1.010 g", "planned": "1.000 g", "deviation_pct": "+1.0"}
        )
    ]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("15b=0.270g", "0.270 g"),
        ("15b=270mg", "270 mg"),
        ("4a=1.00 g", "1.00 g"),
        ("4a=+1g", "+1 g"),
        ("4a=.99g", ".99 g"),
        ("9b=8.00ml", "8.00 mL"),
        ("9b=8000uL", "8000 µL"),
        ("9a=180.50C", "180.50 °C"),
        ("9a=453.65 K", "453.65 K"),
        ("10a=12s", "12 s"),
        ("  4a  =  1.000g  ", "1.000 g"),
        ("4a=9.99e-1g", "9.99e-1 g"),
    ],
)
def test_what_is_typed_keeps_its_digits(typed, kept):
    assert [body["value"] for body in bodies_of(filled(typed))] == [kept]


def test_zero_is_a_value():
    assert [draft.body["value"] for draft in filled("6b=0mL").drafts] == ["0 mL"]


def test_a_temperature_may_be_below_zero():
    assert filled("9a=-5C").drafts[0].body["value"] == "-5 °C"


@pytest.mark.parametrize(("typed", "said_so"), [("4a=1.02g", []), ("4a=1.0201g", ["+2.0"]), ("4a=0.98g", []), ("4a=0.9799g", ["-2.0"])])
def test_more_than_2_per_cent_off_is_remarked_on(typed, said_so):
    assert str(AMOUNT) == "0.02"
    reading = filled(typed)
    assert [draft.body["deviation_pct"] for draft in reading.drafts if reading.findings] == said_so


def test_a_value_far_from_plan_is_a_warning_and_still_logged():
    reading = filled("4a=1.030g")
    assert reading.findings == [far("4a", "PbI2 1.030 g is +3.0 % from the plan of 1.000 g")]
    assert len(reading.drafts) == 1


@pytest.mark.parametrize("typed", ["15b=0.1g", "13a=3mL", "9a=182C", "10a=12s"])
def test_what_is_a_result_or_within_its_tolerance_is_not_remarked_on(typed):
    assert len(bodies_of(filled(typed))) == 1


# the steps say 180 ± 3 °C; 120 °C and 10 s come without a tolerance
@pytest.mark.parametrize(
    ("typed", "message", "kept"),
    [
        ("8a=25C", "temperature 25 °C is -155 °C from the plan of 180 °C, outside ± 3 °C", {"deviation": "-155 °C"}),
        ("9a=183.1C", "pot temperature 183.1 °C is +3.1 °C from the plan of 180 °C, outside ± 3 °C", {"deviation": "+3.1 °C"}),
        (
            "5a=126C",
            "temperature 126 °C is +6 °C from the plan of 120 °C, outside ± 5 °C, taken where the step gives none",
            {"deviation": "+6 °C"},
        ),
        ("10a=13s", "time 13 s is +30.0 % from the plan of 10 s, outside ± 20 %, taken for times", {"deviation_pct": "+30.0"}),
        ("2b=30min", "time 30 min is -75.0 % from the plan of 2 h, outside ± 20 %, taken for times", {"deviation_pct": "-75.0"}),
    ],
)
def test_a_temperature_or_time_outside_its_tolerance_is_remarked_on_and_kept_as_a_deviation(typed, message, kept):
    reading = filled(typed)
    assert reading.findings == [far(typed.partition("=")[0], message)]
    assert kept.items() <= reading.drafts[0].body.items()


def test_a_yield_above_the_ceiling_is_remarked_on():
    # 340.4 mg are planned; with 7.5 of 8 mL of the stock the ceiling is 319.1 mg
    assert bodies_of(filled("yield=340mg"))[0]["value"] == "340 mg"
    less = entries(("actual", {"code": "9b", "value": "7.5 mL"}))
    less.outcomes(["yield=340mg"])
    remedy = "dry and weigh it again, or say with --note what else was weighed: ligands, solvent, salts"
    message = "yield 340 mg is above the ceiling of 319.1 mg, as run"
    assert less.findings == [Finding("warning", "R114", Place("yield"), message, remedy)]
    assert len(less.drafts) == 1


# a mass of a liquid, a volume of what is weighed ---------------------------------------------------------------------


def test_a_liquid_may_be_weighed_where_a_volume_is_planned():
    density = the_plan().reagents.find("OA").density  # near 0.89 g/mL at room temperature, Sigma-Aldrich and CRC Handbook alike
    assert 0.88 < density.quantity.value / 1000 < 0.90
    (body,) = bodies_of(filled("6a=4.475g"))
    assert (body["value"], body["planned"], body["equals"]) == ("4.475 g", "5.000 mL", f"{significant(4475 / density.quantity.value)} mL")
    assert (body["density"], body["deviation_pct"]) == (f"{density.text} [{density.source}]", "+0.2")


def test_a_solid_is_not_measured_by_volume_and_a_stock_not_by_weight():
    assert [finding.code for finding in filled("4a=1mL", "9b=8g").findings] == ["C105", "Q106"]


# the room ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "room"),
    [
        ("12=21.5C/34%", ("21.5", "34")),
        ("12=34%/21.5C", ("21.5", "34")),
        ("12=21.5 °C, 34 %", ("21.5", "34")),
        ("12=21.5C 34%", ("21.5", "34")),
        ("12=34.0%", (None, "34.0")),
        ("12=21.50C", ("21.50", None)),
        ("12=295.15K/0%", ("22.00", "0")),
        ("12=-5C/100%", ("-5", "100")),
        ("room=22C/34%", ("22", "34")),
    ],
)
def test_a_room_is_temperature_and_humidity_in_any_order_and_either_alone(typed, room):
    (body,) = bodies_of(filled(typed))
    assert (body.get("temperature_c"), body.get("relative_humidity_pct")) == room
    assert (body["step"], body["typed"]) == tuple(typed.split("=", 1))


def test_step_and_session_are_two_rooms():
    assert [body["step"] for body in bodies_of(filled("12=34%", "14=30%", "room=21C"))] == ["12", "14", "room"]


# bottles -------------------------------------------------------------------------------------------------------------


def test_a_bottle_has_lot_opened_grade_supplier_and_water():
    typed = "MeOAc=lot:STBK:7,opened:2026-11-20,grade:anhydrous 99.5 %,supplier:Sigma,water:30ppm"
    assert bodies_of(filled(typed)) == [
        {"material": "MeOAc", "lot": "STBK:7", "opened": "2026-11-20", "grade": "anhydrous 99.5 %", "supplier": "Sigma", "water": "30ppm"}
    ]


def test_a_bottle_may_say_one_thing_only():
    assert bodies_of(filled("hexane=opened:20261120")) == [{"material": "hexane", "opened": "2026-11-20"}]


# outcomes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("ff=0.73", "73 %"),
        ("ff=.73", "73 %"),
        ("ff=73%", "73 %"),
        ("ff=0.730", "73.0 %"),
        ("plqy=80.0%", "80.0 %"),
        ("yield=0.270g", "270 mg"),
        ("yield=270mg", "270 mg"),
        ("pl_peak=686.0nm", "686.0 nm"),
        ("pl_peak=0.686um", "686 nm"),
        ("voc=1150mV", "1.150 V"),
        ("jsc=17.20mA/cm2", "17.20 mA/cm2"),
        ("concentration=0.050g/mL", "50 mg/mL"),
        ("pce=0%", "0 %"),
    ],
)
def test_an_outcome_is_kept_in_its_own_unit_with_its_digits(typed, value):
    by_hand = entries()
    by_hand.outcomes([typed])
    assert [body["value"] for body in bodies_of(by_hand)] == [value]
    assert bodies_of(filled(typed)) == bodies_of(by_hand)


@pytest.mark.parametrize("name", OUTCOMES)
def test_both_ends_of_an_outcome_s_range_are_inside_and_beyond_is_not(name):
    outcome = OUTCOMES[name]
    ends = [filled(f"{name}={end}{outcome.unit}") for end in (outcome.low, outcome.high)]
    assert [len(reading.drafts) for reading in ends] == [1, 1]
    beyond = f"{outcome.high}.001"
    message = f"{name} is {beyond} {outcome.unit}, outside {outcome.low} to {outcome.high} {outcome.unit}"
    assert filled(f"{name}={beyond}{outcome.unit}").findings == [error("R102", name, message, "check number and unit")]


# every doubt, whole --------------------------------------------------------------------------------------------------

KEEP = "write temperature and relative humidity, as in 21.5C/34%"
BOTTLE = "write MeOAc=lot:M7,opened:2026-11-20,grade:anhydrous"
DOUBTS = [
    ("4a", error("A102", "4a", "'4a' is not CODE=VALUE", "write 4a=1.034g, 12=21.5C/34% or MeOAc=lot:M7")),
    ("=1g", error("A102", "=1g", "'=1g' is not CODE=VALUE", "write 4a=1.034g, 12=21.5C/34% or MeOAc=lot:M7")),
    ("4a=", error("A102", "4a=", "'4a=' is not CODE=VALUE", "write 4a=1.034g, 12=21.5C/34% or MeOAc=lot:M7")),
    ("4z=1g", error("R101", "4z", "'4z' is no code, step or material of B0001", "step 4 asks 4a (PbI2), 4b (ODE)")),
    ("9=1g", error("R102", "9", "9: 1g is a mass", KEEP)),
    ("PbI3=lot:1", error("R101", "PbI3", "'PbI3' is no code, step or material of B0001", "did you mean PbI2?")),
    ("12=8mL", error("R102", "12", "12: 8mL is a volume", KEEP)),
    ("12=1mmol", error("R102", "12", "12: 1mmol is an amount", KEEP)),
    ("12=20C/50C", error("R102", "12", "12: 20C/50C gives temperature twice", KEEP)),
    ("12=20%/30%", error("R102", "12", "12: 20%/30% gives humidity twice", KEEP)),
    ("12=210%", error("R103", "12", "RH 210 % is outside 0 to 100 %", "write 12=21.5C/34% with the meter's reading")),
    ("room=-1%", error("R103", "room", "RH -1 % is outside 0 to 100 %", "write room=21.5C/34% with the meter's reading")),
    ("12=900C", error("R103", "12", "room temperature 900 °C is outside -20 to 60 °C", "write 12=21.5C/34% with the meter's reading")),
    ("12=34", error("Q105", "12", "12: 34 has no unit", "write the unit after the number, as in 0.75 g or 8 mL")),
    ("9b=8g", error("Q106", "9b", "9b: found a mass, needed a volume", "write a volume, as in 5 mL")),
    ("4a=1", error("Q105", "4a", "4a: 1 has no unit", "write the unit after the number, as in 0.75 g or 8 mL")),
    ("4a=-1g", error("Q107", "4a", "4a: -1g is below zero", "write zero or more")),
    ("9a=-274C", error("Q107", "9a", "9a: -274C is below absolute zero", "check sign and unit")),
    ("4a=nan g", error("Q102", "4a", "4a: 'nan g' is not a finite number", "give a measured or planned number")),
    ("4a=1e400g", error("Q102", "4a", "4a: 1e400 is out of range: at most 30 digits and 1e30", "check the exponent and the unit")),
    ("4a=1,03g", error("Q103", "4a", "4a: '1,03g' has a decimal comma", "write the decimal point as .")),
    ("4a=one gram", error("Q101", "4a", "4a: 'one gram' has no number", "write a number, then its unit, as in 0.75 g")),
    ("4a=1 G", error("Q104", "4a", "4a: 'G' is not a unit known here", "did you mean g?")),
    ("MeOAc=M7", error("R102", "MeOAc", "'M7' says nothing of a bottle", BOTTLE)),
    ("MeOAc=lot:", error("R102", "MeOAc", "'lot:' says nothing of a bottle", BOTTLE)),
    ("MeOAc=lot:M7,colour:blue", error("R102", "MeOAc", "'colour:blue' says nothing of a bottle", BOTTLE)),
    ("MeOAc=lot:M7,lot:M8", error("R102", "MeOAc", "the bottle has lot twice: M7, M8", "give lot once")),
    ("MeOAc=opened:yesterday", error("R111", "MeOAc", "MeOAc: 'yesterday' is not a date", "write it as 2026-11-20")),
    ("MeOAc=opened:2026-02-30", error("R111", "MeOAc", "MeOAc: '2026-02-30' is not a date", "write it as 2026-11-20")),
    ("MeOAc=water:30mL", error("Q106", "MeOAc", "MeOAc: found a volume, needed a ratio", "write a ratio, as in 80 %")),
    ("pce=120%", error("R102", "pce", "pce is 120 %, outside 0 to 47 %", "check number and unit")),
    ("pce=12", error("Q105", "pce", "pce: 12 has no unit", "write pce=12%")),
    ("voc=1.1g", error("Q106", "voc", "voc: found a mass, needed a voltage", "write voc= and a number in V")),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "finding"), DOUBTS, ids=[typed for typed, _ in DOUBTS])
def test_a_doubt_names_the_argument_what_was_found_and_what_to_type(typed, finding):
    reading = filled(typed)
    assert (reading.findings, reading.drafts) == ([finding], [])


def test_all_doubts_are_found_at_once():
    assert filled(*(typed for typed, _ in DOUBTS)).findings == [finding for _, finding in DOUBTS]


def test_a_value_given_twice_in_one_command_is_refused():
    assert filled("6a=5mL", "6a=5.1mL").findings == [error("R104", "6a", "6a is given twice in this command", "give it once")]
    twice = entries()
    twice.outcomes(["ff=70%", "ff=71%"])
    assert twice.findings == [error("R104", "ff", "ff is given twice in this command", "give it once")]


def test_a_correction_given_twice_in_one_command_is_refused():
    twice = entries(*LOGGED)
    twice.correct(["4a=1.01g", "4a=1.02g"], "misread")
    assert twice.findings == [error("R104", "4a", "4a is given twice in this command", "give it once")]


@pytest.mark.parametrize(
    ("typed", "key", "was", "command"),
    [
        ("4a=1.01g", "4a", "1.03 g", "log-batch B0001 --correct '4a=1.01g'"),
        ("12=22C/24%", "12", "21.5 °C, 34 % RH", "log-batch B0001 --correct '12=22C/24%'"),
        ("MeOAc=lot:M8", "MeOAc", "lot M7, opened 2026-11-20", "log-batch B0001 --correct 'MeOAc=lot:M8'"),
        ("MeOAc=lot:O'Neill", "MeOAc", "lot M7, opened 2026-11-20", """log-batch B0001 --correct 'MeOAc=lot:O'"'"'Neill'"""),
        ("pce=11%", "pce", "12.0 %", "measure B0001 --correct 'pce=11%'"),
    ],
)
def test_what_was_logged_already_is_changed_by_the_correction_that_is_printed(typed, key, was, command):
    again = entries(*LOGGED)
    again.fill([typed])
    assert again.findings == [error("R104", key, f"{key} was logged already: {was}", f"correct it: peqdlab {command} --reason …")]


def test_the_correction_that_is_printed_names_the_store_that_was_named():
    again = entries(*LOGGED, option=" --store lab.db")
    again.outcomes(["pce=11%"])
    assert again.findings[0].remedy == "correct it: peqdlab measure B0001 --store lab.db --correct 'pce=11%' --reason …"


def test_an_unknown_outcome_has_its_nearest_name():
    by_hand = entries()
    by_hand.outcomes(["plyq=80%", "colour=red"])
    assert by_hand.findings == [
        error("R109", "plyq=80%", "'plyq' is no outcome", "did you mean plqy?"),
        error("R109", "colour=red", "'colour' is no outcome", f"one of: {', '.join(sorted(OUTCOMES)[:8])} … (13 in all)"),
    ]


# corrections ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_a_correction_without_a_reason_is_refused(reason):
    silent = entries(*LOGGED)
    silent.correct(["4a=1.01g"], reason)
    assert silent.findings == [error("R106", "--reason", "a correction has no reason", 'add --reason "why the first value was wrong"')]


def test_nothing_to_correct_needs_no_reason():
    nothing = entries(*LOGGED)
    nothing.correct([], "")
    assert nothing.findings == []


def test_a_correction_of_what_is_not_logged_names_what_is():
    early = entries(*LOGGED)
    early.correct(["4b=50mL"], "misread")
    assert early.findings == [error("R105", "4b", "4b has not been logged yet", "log it without --correct; one of: 12, 4a, MeOAc, pce")]


def test_a_correction_names_the_event_the_old_value_and_the_reason():
    mended = entries(*LOGGED)
    mended.correct(["4a=1.010g", "MeOAc=lot:M8", "pce=11%"], " misread ")
    assert [(draft.kind, draft.body["corrects"], draft.body["was"], draft.body["reason"]) for draft in mended.drafts] == [
        ("correction", 2, "1.03 g", "misread"),
        ("correction", 4, "lot M7, opened 2026-11-20", "misread"),
        ("correction", 5, "12.0 %", "misread"),
    ]
    assert [said(draft.body["now"]) for draft in mended.drafts] == ["1.010 g", "lot M8, opened 2026-11-20", "11 %"]


def test_fields_of_a_bottle_that_a_correction_does_not_name_stay():
    mended = entries(*LOGGED)
    mended.correct(["MeOAc=grade:anhydrous,lot:M8"], "misread")
    assert mended.drafts[0].body["now"] == {"material": "MeOAc", "lot": "M8", "opened": "2026-11-20", "grade": "anhydrous"}


def test_what_was_not_said_of_a_bottle_or_a_room_is_added_without_a_correction():
    more = entries(("lot", {"material": "MeOAc", "lot": "M7"}), ("condition", {"step": "12", "typed": "34%", "relative_humidity_pct": "34"}))
    more.fill(["MeOAc=water:30ppm", "12=21.5C"])
    assert bodies_of(more) == [{"material": "MeOAc", "water": "30ppm"}, {"step": "12", "typed": "21.5C", "temperature_c": "21.5"}]
    again = entries(*LOGGED)
    again.fill(["MeOAc=lot:M7,water:30ppm"])
    assert [finding.code for finding in again.findings] == ["R104"]


STATED = (("as_planned", {"codes": ["4a", "4b"]}),)


def test_a_value_after_as_planned_is_a_correction_of_that_statement():
    late = entries(*STATED)
    late.fill(["4a=1.01g"])
    remedy = "correct it: peqdlab log-batch B0001 --correct '4a=1.01g' --reason …"
    assert late.findings == [error("R104", "4a", "4a was logged already: as planned", remedy)]
    late = entries(*STATED)
    late.correct(["4a=1.01g"], "it was weighed after all")
    (body,) = bodies_of(late)
    assert (body["corrects"], body["was"], body["now"]["value"]) == (2, "as planned", "1.01 g")


def test_how_a_batch_ended_can_be_corrected_and_opened_again():
    ended = entries(*CLOSED)
    ended.correct(["close=good"], "it dissolved overnight")
    assert bodies_of(ended) == [
        {
            "corrects": 6,
            "now": {"result": "good", "reason": "it dissolved overnight"},
            "was": "failed: yellow",
            "reason": "it dissolved overnight",
            "result": "good",
        }
    ]
    again = entries(*CLOSED)
    again.correct(["close=open"], "closed too early")
    assert bodies_of(again)[0]["now"] == {"result": "open"}
    nothing = entries()
    nothing.correct(["close=good", "close=superb"], "x")
    assert [finding.code for finding in nothing.findings] == ["R105", "L104"]


def test_a_note_is_corrected_by_the_number_of_its_event():
    noted = entries(("note", {"text": "hazy"}), ("note", {"text": "red"}))
    noted.correct(["note3=orange = bright"], "colour of the lamp")
    assert bodies_of(noted)[0] == {"corrects": 3, "now": {"text": "orange = bright"}, "was": "red", "reason": "colour of the lamp"}
    which = entries(("note", {"text": "hazy"}), ("note", {"text": "red"}))
    which.correct(["note=clear", "note2="], "x")
    assert which.findings == [
        error("R105", "note", "there is no note: a note is named by its event", "did you mean note3?"),
        error("R113", "note2", "the note has no text", "write --correct note2='what is worth keeping'"),
    ]
    only = entries(("note", {"text": "hazy"}))
    only.correct(["note=clear"], "lamp")
    assert bodies_of(only)[0]["corrects"] == 2


@pytest.mark.parametrize("reason", ["…", "...", " … ", '"…"', "-"])
def test_a_reason_copied_from_a_remedy_is_none(reason):
    silent = entries(*LOGGED)
    silent.correct(["4a=1.01g"], reason)
    assert [(finding.code, finding.message) for finding in silent.findings] == [("R106", f"the reason {reason.strip()!r} says nothing")]
    ended = entries()
    ended.close("failed", reason)
    assert [finding.code for finding in ended.findings] == ["R106"]


def test_humidity_corrected_alone_leaves_the_temperature_as_it_was():
    mended = entries(*LOGGED)
    mended.correct(["12=24%"], "misread")
    assert said(mended.drafts[0].body["now"]) == "21.5 °C, 24 % RH"


# closing, notes, as planned ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("result", "reason"), [("good", ""), ("good", "fine"), ("failed", "yellow"), ("abandoned", "ran out of MeOAc")])
def test_a_batch_is_closed_as_good_failed_or_abandoned(result, reason):
    ended = entries(("as_planned", {"codes": EVERY_CODE}))
    ended.close(result, reason)
    assert bodies_of(ended) == [{"result": result, "reason": reason}]


def test_closing_as_good_says_how_many_blanks_were_never_logged():
    ended = entries(*LOGGED)
    ended.fill(["4b=50mL"])
    ended.close("good", "")
    (finding,) = ended.findings
    assert (finding.severity, finding.code, finding.where.key) == ("warning", "R115", "--close")
    listed = ", ".join(f"{code} {blank.asks}" for code, blank in entries().asked.items() if code not in ("4a", "4b"))
    first = ", ".join(listed.split(", ")[:8])
    assert finding.message == f"closed as good with {len(EVERY_CODE) - 2} of {len(EVERY_CODE)} blanks never logged: {first} … ({len(EVERY_CODE) - 2} in all)"
    assert finding.remedy == "open it again, then log them: peqdlab log-batch B0001 --correct 'close=open' --reason …"
    assert ended.drafts[-1].kind == "close"


def test_as_planned_and_closed_at_once_names_the_results_that_are_missing_once():
    ended = entries()
    ended.as_planned()
    ended.close("good", "")
    assert [(finding.code, finding.message) for finding in ended.findings] == [
        ("R115", f"closed as good with 3 of {len(EVERY_CODE)} blanks never logged: 13a liquid left, 15a liquid left, 15b product obtained")
    ]


@pytest.mark.parametrize("result", ["failed", "abandoned"])
def test_a_batch_that_did_not_end_well_says_why(result):
    ended = entries()
    ended.close(result, " ")
    assert ended.findings == [error("R106", "--reason", f"a batch closed as {result} has no reason", 'add --reason "what happened"')]


@pytest.mark.parametrize("result", ["great", "", "Good"])
def test_there_is_no_other_way_to_close(result):
    ended = entries()
    ended.close(result, "fine")
    assert ended.findings == [error("L104", "--close", f"{result!r} is no way to close a batch", "one of: good, failed, abandoned")]


def test_a_closed_batch_takes_outcomes_notes_and_corrections():
    after = entries(*CLOSED)
    after.fill(["plqy=3%"])
    after.outcomes(["ff=70%"])
    after.note("kept for XRD")
    after.correct(["4a=1.01g"], "misread")
    assert after.findings == []
    assert [draft.kind for draft in after.drafts] == ["outcome", "outcome", "note", "correction"]


def test_a_closed_batch_takes_no_value_and_says_where_it_may_stand():
    late = entries(*CLOSED)
    late.fill(["4b=50mL", "4a=1.01g"])
    late.as_planned()
    late.close("good", "")
    closed = "batch B0001 is closed as failed"
    assert late.findings == [
        error("R107", "4b", f"{closed}, and 4b was never logged", "keep it as a note: peqdlab log-batch B0001 --note '4b=50mL'"),
        error("R104", "4a", "4a was logged already: 1.03 g", "correct it: peqdlab log-batch B0001 --correct '4a=1.01g' --reason …"),
        error("R107", "--as-planned", closed, "add a --note"),
        error("R107", "--close", f"{closed} already", "correct it: peqdlab log-batch B0001 --correct 'close=good' --reason …"),
    ]
    assert late.drafts == []


def test_a_closed_batch_has_no_dead_end_between_correcting_and_logging():
    late = entries(*CLOSED)
    late.correct(["4b=50mL"], "forgotten")
    assert late.findings == [error("R105", "4b", "4b has not been logged yet", "keep it as a --note; one of: 12, 4a, MeOAc, pce")]


def test_as_planned_states_every_planned_blank_that_has_no_value_but_no_result():
    stated = entries(*LOGGED)
    stated.fill(["4b=50mL"])
    stated.as_planned()
    assert set(stated.drafts[-1].body["codes"]) == {*EVERY_CODE} - RESULTS_ASKED - {"4a", "4b"}
    message = "not covered, for results are measured and not planned: 13a liquid left, 15a liquid left, 15b product obtained"
    remedy = "log what was measured: peqdlab log-batch B0001 15b=VALUE"
    assert stated.findings == [Finding("note", "R112", Place("--as-planned"), message, remedy)]


def test_as_planned_twice_states_nothing_new():
    codes = [blank.code for run in the_plan().books.steps for blank in run.blanks]
    again = entries(("as_planned", {"codes": codes}))
    again.as_planned()
    assert (again.drafts, again.findings) == ([], [])


@pytest.mark.parametrize("text", ["hazy", "[/bold]\x1b[31m", "a\nb", "a\0b", "x" * 100_000])
def test_a_note_is_kept_as_typed(text):
    noted = entries()
    noted.note(text)
    assert bodies_of(noted) == [{"text": text}]


@pytest.mark.parametrize("text", ["", "  \n"])
def test_a_note_without_text_is_refused(text):
    noted = entries()
    noted.note(text)
    assert noted.findings == [error("R113", "--note", "the note has no text", 'write --note "what is worth keeping"')]


# time ----------------------------------------------------------------------------------------------------------------

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2026-11-20", "2026-11-20T00:00:00+01:00"),
        ("2026-11-20T14:30", "2026-11-20T14:30:00+01:00"),
        ("2026-11-20 14:30:15", "2026-11-20T14:30:15+01:00"),
        ("2026-11-20T14:30-05:00", "2026-11-20T14:30:00-05:00"),
        ("2026-11-20T14:30Z", "2026-11-20T14:30:00+00:00"),
        ("09:05", "2026-11-24T09:05:00+01:00"),
        (" 09:05:30 ", "2026-11-24T09:05:30+01:00"),
    ],
)
def test_a_time_is_a_date_a_time_of_today_or_both_with_or_without_offset(typed, moment):
    assert parse_moment(typed, NOON) == moment


@pytest.mark.parametrize("typed", ["tomorrow", "", "25:00", "2026-13-01", "2026-11-20T99:00", "20.11.2026", "١٤:٣٠", "x" * 1000])
def test_what_is_no_time_is_named(typed):
    with pytest.raises(Doubt) as doubt:
        parse_moment(typed, NOON)
    said_so = (doubt.value.code, doubt.value.message, doubt.value.remedy)
    assert said_so == ("R111", f"{typed[:40]!r} is not a time", "write it as 2026-11-20T14:30 or 14:30")


@pytest.mark.parametrize("typed", ["12:06", "2026-11-24T18:00", "2026-11-25", "2026-11-26", "2099-01-01T00:00Z", "9999-12-31T23:59-23:59"])
def test_the_future_is_refused(typed):
    with pytest.raises(Doubt) as doubt:
        parse_moment(typed, NOON)
    assert (doubt.value.code, doubt.value.message, doubt.value.remedy) == ("R111", f"{typed} lies in the future", "write when it was done")


def test_a_clock_may_be_minutes_ahead():
    assert parse_moment("12:04", NOON) == "2026-11-24T12:04:00+01:00"


@pytest.mark.parametrize("typed", ["0001-01-01T00:00+23:59", "0001-01-01", "1926-11-24", "1999-12-31"])
def test_the_far_past_is_refused(typed):
    with pytest.raises(Doubt) as doubt:
        parse_moment(typed, NOON)
    assert (doubt.value.code, doubt.value.message) == ("R111", f"{typed} lies before 2000")


def test_a_bottle_opened_after_its_use_is_remarked_on():
    early = filled("MeOAc=lot:M7,opened:2026-11-21")
    message = "the bottle was opened on 2026-11-21, after it was used on 2026-11-20"
    remedy = "correct the day: --correct MeOAc=opened:2026-11-20 --reason TEXT"
    assert early.findings == [Finding("warning", "R116", Place("MeOAc"), message, remedy)]
    assert len(early.drafts) == 1


def test_a_day_is_a_date():
    assert parse_day(" 2026-11-20 ").isoformat() == "2026-11-20"


# whatever is typed ---------------------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(
    st.text(max_size=40)
    | st.builds("{}={}".format, st.sampled_from(["4a", "12", "MeOAc", "pce", "room"]), st.text(string.printable, max_size=20))
)
def test_any_text_is_read_or_refused_and_never_breaks(typed):
    reading = filled(typed)
    assert len(reading.drafts) + sum(finding.severity == "error" for finding in reading.findings) == 1
    assert all(finding.remedy and finding.message for finding in reading.findings)


@pytest.mark.parametrize(
    "typed", ["x" * 100_000 + "=1g", "4a=" + "x" * 100_000, "MeOAc=" + "y" * 100_000, "12=" + "z" * 100_000, "x" * 100_000]
)
def test_a_finding_about_a_long_text_is_short(typed):
    (finding,) = filled(typed).findings
    assert len(finding.message) + len(finding.remedy) + len(finding.where.key) < 400


@settings(max_examples=30, deadline=None)
@given(st.decimals("0", "100", places=3), st.sampled_from(["mg", "g"]))
def test_a_mass_is_printed_as_typed_and_read_again_alike(number, unit):
    (draft,) = filled(f"15b={number}{unit}").drafts
    assert draft.body["value"] == f"{number} {unit}"
    again = filled(f"15b={draft.body['value']}").drafts[0].body
    assert again == draft.body


def test_the_clock_s_offset_stands_for_a_time_without_one():
    assert parse_moment("2026-11-20T14:30", datetime(2026, 11, 24, tzinfo=UTC)) == "2026-11-20T14:30:00+00:00"
