"""A batch on the page and as data: planned beside actual, air, bottles, what was corrected and why, as-run figures."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from peqdlab.answer import answer_blocks
from peqdlab.blocks import Blank, StepBlock, Table, width
from peqdlab.catalog import open_template
from peqdlab.document import plan_document, without_nulls
from peqdlab.event import Draft, Event
from peqdlab.filled_sheet import record_blocks
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents
from peqdlab.record import BatchRecord, as_run, fold, plan_of
from peqdlab.record_sheet import condition_rows, new_findings, ratio_rows, record_document, show_record_blocks, value_rows
from peqdlab.writers.markdown import render_markdown
from peqdlab.writers.text import render_text

AT = "2026-11-20T14:30:00+01:00"
HOSTILE = ("[/bold] [red]x", "\x1b[31mred\x1b[0m", "a\nb\tc", "\u202egnp.exe", "<b>`|*_$&", "日本語 αβγ", "=1+1", "y" * 3000, "a\0b", "")


@cache
def document() -> dict[str, Any]:
    reagents = shipped_reagents()
    return without_nulls(plan_document(make_plan(open_template("hot_injection/binary-cspbi3", reagents), reagents)))


@cache
def planned():
    return plan_of(document())


def record(*bodies: tuple[str, dict[str, Any]]) -> BatchRecord:
    start = Event(1, "B0001", "start", AT, AT, "Ana", document(), "", "")
    return fold([start, *(Event(n, "B0001", kind, AT, AT, "Ben", body, "", "") for n, (kind, body) in enumerate(bodies, 2))])


def actual(code: str, value: str, **more: str) -> tuple[str, dict[str, Any]]:
    return "actual", {"code": code, "value": value, **more}


def correction(seq: int, was: str, now: dict[str, Any], reason: str) -> tuple[str, dict[str, Any]]:
    return "correction", {"corrects": seq, "was": was, "now": now, "reason": reason}


WHOLE = (
    actual("4a", "1.040 g", deviation_pct="+4.0"),
    ("condition", {"step": "room", "temperature_c": "21.5"}),
    ("condition", {"step": "12", "relative_humidity_pct": "34.0"}),
    ("lot", {"material": "MeOAc", "lot": "M7", "opened": "2026-11-20", "grade": "anhydrous"}),
    correction(2, "1.040 g", {"code": "4a", "value": "1.030 g", "deviation_pct": "+3.0"}, "read the wrong line"),
    ("as_planned", {"codes": ["1a"]}),
    ("note", {"text": "a little hazy"}),
    ("outcome", {"name": "plqy", "value": "81 %"}),
    ("deviation", {"code": "cs-limits", "reason": "wanted"}),
    ("close", {"result": "failed", "reason": "yellow"}),
)


def data_of(*bodies: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    whole = record(*bodies)
    return record_document(whole, planned(), as_run(whole, planned()))


def page(*bodies: tuple[str, dict[str, Any]], columns: int = 100) -> str:
    whole = record(*bodies)
    return render_text(show_record_blocks(whole, planned(), as_run(whole, planned())), columns)


def section(text: str, title: str) -> list[str]:
    """Return the lines of one section of a page."""
    lines = text.split("\n")
    start = lines.index(title) + 1
    return lines[start : next((n for n in range(start, len(lines)) if not lines[n]), len(lines))]


# as data -------------------------------------------------------------------------------------------------------------


def test_a_batch_as_data_has_all_that_was_said():
    data = data_of(*WHOLE)
    assert {
        key: data[key] for key in ("schema", "batch", "status", "reason", "protocol", "variant", "product", "plan", "started", "last_event")
    } == {
        "schema": "peqdlab.batch/1",
        "batch": "B0001",
        "status": "failed",
        "reason": "yellow",
        "protocol": "hot_injection",
        "variant": "binary-cspbi3",
        "product": "CsPbI3",
        "plan": document()["digest"],
        "started": {"at": AT, "by": "Ana"},
        "last_event": 11,
    }
    assert data["lots"] == [
        {"material": "MeOAc", "lot": "M7", "opened": "2026-11-20", "grade": "anhydrous", "at": AT, "by": "Ben", "event": 5}
    ]
    assert data["outcomes"] == [{"name": "plqy", "value": "81 %", "at": AT, "by": "Ben", "event": 9}]
    assert data["notes"] == [{"text": "a little hazy", "at": AT, "by": "Ben", "event": 8}]
    assert data["deviations"] == [{"code": "cs-limits", "reason": "wanted", "event": 10}]
    assert data["corrections"] == [
        {"event": 6, "corrects": 2, "was": "1.040 g", "now": "1.030 g", "reason": "read the wrong line", "at": AT, "by": "Ben"}
    ]


def test_a_value_row_gives_planned_actual_deviation_and_what_it_replaced():
    rows = {row["code"]: row for row in data_of(*WHOLE)["values"]}
    assert rows["4a"] == {
        "code": "4a",
        "step": 4,
        "preparation": "crude",
        "asks": "PbI2",
        "planned": "1.0000 g",
        "planned_doubtful": False,
        "actual": "1.030 g",
        "status": "logged",
        "deviation_pct": "+3.0",
        "at": AT,
        "by": "Ben",
        "event": 6,
        "was": ["1.040 g"],
        "reason": "read the wrong line",
    }
    assert (rows["1a"]["actual"], rows["1a"]["status"]) == (None, "as planned")
    assert (rows["1b"]["actual"], rows["1b"]["status"]) == (None, "not logged")


def test_there_is_a_row_for_every_blank_of_the_sheet_in_its_order():
    codes = [blank["code"] for step in document()["steps"] for blank in step["blanks"]]
    assert [row["code"] for row in value_rows(record(), planned())] == codes


def test_ratios_and_ceiling_stand_planned_beside_as_run():
    data = data_of(actual("9b", "7.5 mL"))
    # Cs falls by 7.5/8: 4.594 · 8/7.5 = 4.900 and 340.4 · 7.5/8 = 319.1
    # Pb/Cs rests on the lead and on the stock, whose caesium stands in the volume of both of its liquids
    assert data["ratios"]["Pb/Cs"] == {"planned": "4.594", "as_run": "4.900", "assumes": ["1a", "1b", "1c", "4a"]}
    assert data["ratios"]["I/Pb"]["assumes"] == []
    assert data["ceiling_mg"] == {"planned": "340.4", "as_run": "319.1", "assumes": ["1a", "1b", "1c", "4a", "6a", "6b"]}


def test_a_ratio_that_no_longer_exists_is_a_dash_and_not_zero():
    nothing = as_run(record(actual("4a", "0 g")), planned())
    rows = {name: after for name, _, after in ratio_rows(planned(), nothing)}
    assert rows["I/Pb"] == rows["OA/Pb"] == "–"


def test_air_is_measured_inherited_or_not_recorded_value_by_value():
    assert [
        (row["step"], row["temperature_c"], row["temperature_status"], row["relative_humidity_pct"], row["relative_humidity_status"])
        for row in condition_rows(record(*WHOLE))
    ] == [(12, "21.5", "inherited", "34.0", "measured"), (14, "21.5", "inherited", None, "not recorded")]


def test_air_logged_at_a_step_that_does_not_ask_has_a_row():
    assert [row["step"] for row in condition_rows(record(("condition", {"step": "9", "temperature_c": "23"})))] == [9, 12, 14]


def test_the_findings_are_those_of_the_run():
    found = {finding["code"]: finding for finding in data_of(*WHOLE)["findings"]}
    assert found["damp-wash"]["limit"] == "room.RH <= 30 %"
    assert "Pb/Cs 4.468 instead of 4.732" in found["S112"]["message"]


def test_only_what_the_plan_had_not_is_new():
    whole = record(*WHOLE)
    assert [finding.code for finding in new_findings(whole, planned(), as_run(whole, planned()))] == ["damp-wash"]
    assert new_findings(record(), planned(), as_run(record(), planned())) == ()


def test_a_record_is_json_whatever_was_typed():
    for text in HOSTILE:
        data = data_of(("note", {"text": text}), ("lot", {"material": "MeOAc", "lot": text}))
        assert json.loads(json.dumps(data))["notes"][0]["text"] == text


# the page of one batch -----------------------------------------------------------------------------------------------


def test_the_page_says_first_what_it_is_and_how_it_ended():
    digest = document()["digest"].removeprefix("sha256:")[:12]
    assert page(*WHOLE, columns=140).split("\n")[:2] == [
        "B0001 CsPbI₃ dots, binary route, 50 mL ODE",
        f"hot_injection/binary-cspbi3, plan {digest}; started 2026-11-20 14:30 by Ana, failed: yellow; 1 correction",
    ]
    assert page(columns=140).split("\n")[1].endswith("started 2026-11-20 14:30 by Ana, open")


def test_the_page_has_planned_beside_actual_with_the_old_value_and_the_reason():
    lines = section(page(*WHOLE, columns=140), "planned and actual")
    assert [line.split() for line in lines if line.startswith(("code", "1a", "1b", "4a"))] == [
        ["code", "preparation", "what", "planned", "actual", "off"],
        ["1a", "cs_oleate", "Cs₂CO₃", "0.7500", "g", "as", "planned"],
        ["1b", "cs_oleate", "OA", "3.00", "mL", "not", "logged"],
        "4a crude PbI₂ 1.0000 g 1.030 g +3.0 % was 1.040 g: read the wrong line".split(),
    ]


def test_the_page_has_ratios_air_bottles_outcomes_and_history():
    text = page(*WHOLE)
    assert section(text, "ratios and ceiling") == [
        "          planned     as run",
        "Pb/Cs       4.594     4.732*",
        "I/Pb        2.000      2.000",
        "OA/Pb       7.740     7.515*",
        "OAm/Pb      7.006     6.802*",
        "ceiling  340.4 mg  340.4 mg*",
    ]
    assert "those with * rest on 1b, 1c, 9b, 6a, 6b" in " ".join(text.split())  # 1a was stated as planned, 4a logged
    assert section(text, "air") == [
        "step  name                      T            RH",
        "12    wash 1  21.5 °C (inherited)        34.0 %",
        "14    wash 2  21.5 °C (inherited)  not recorded",
    ]
    assert section(text, "bottles") == ["material  lot  opened      grade", "MeOAc     M7   2026-11-20  anhydrous"]
    assert section(text, "outcomes") == ["outcome  value", "plqy      81 %"]
    assert section(text, "notes") == ["event  when              who  note", "8      2026-11-20 14:30  Ben  a little hazy"]
    assert section(text, "corrections") == [
        "event  when              who  what  was      now      why",
        "6      2026-11-20 14:30  Ben  4a    1.040 g  1.030 g  read the wrong line",
    ]


def test_the_damp_wash_stands_with_limit_source_and_scope():
    lines = page(*WHOLE[:-1], columns=200).split("\n")
    start = lines.index("note damp-wash  room.RH at step 12")
    assert lines[start + 1 : start + 6] == [
        "    room.RH is 34 % at step 12 (wash 1), wanted room.RH <= 30 %: yellow delta phase above 30 % RH [review 4.1]",
        "    fix     bring the room to room.RH <= 30 %, or go on and say why with --note",
        "    limit   room.RH <= 30 %",
        "    source  Xu et al., J. Mater. Chem. A 2025, 13, 29688, doi:10.1039/d5ta03996g",
        "    scope   shown for CsPbI3 films dipped in MeOAc (its ref. 76), not for the wash",
    ]


def test_what_is_empty_has_no_section():
    lines = page().split("\n")
    assert not {"bottles", "outcomes", "notes", "corrections", "accepted deviations"} & set(lines)
    assert {"planned and actual", "ratios and ceiling", "air"} <= set(lines)


def test_two_corrections_of_one_value_are_told_in_order():
    twice = page(
        actual("4a", "1.00 g"),
        correction(2, "1.00 g", {"code": "4a", "value": "1.01 g"}, "misread"),
        correction(3, "1.01 g", {"code": "4a", "value": "1.02 g"}, "misread again"),
        columns=140,
    )
    assert next(line for line in twice.split("\n") if line.startswith("4a")).endswith("was 1.00 g, then 1.01 g: misread again")
    assert "2 corrections" in twice


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_no_line_is_wider_than_the_page(columns):
    long = "a word or two of what happened on that day " * 8
    bottle = {"opened": "2026-11-20", "grade": "anhydrous, 99.5 %", "supplier": "a dealer of a long name", "water": "30 ppm"}
    wide = (
        *WHOLE,
        ("lot", {"material": "hexane", "lot": "STBK1234567890", **bottle}),
        ("note", {"text": long}),
        correction(5, "lot M7, opened 2026-11-20, grade anhydrous", {"material": "MeOAc", "lot": "STBK0987654321", "grade": long}, long),
    )
    assert max(width(line) for line in page(*wide, columns=columns).split("\n")) <= columns


@pytest.mark.parametrize("text", HOSTILE)
def test_what_somebody_typed_is_shown_and_steers_nothing(text):
    whole = record(
        ("note", {"text": text}),
        ("lot", {"material": "MeOAc", "lot": text}),
        correction(3, text, {"material": "MeOAc", "lot": text}, text),
        ("close", {"result": "failed", "reason": text}),
    )
    blocks = show_record_blocks(whole, planned(), as_run(whole, planned()))
    shown = render_text(blocks, 100)
    assert not [character for character in shown if character in "\x1b\0\u202e\t\r"]
    assert max(width(line) for line in shown.split("\n")) <= 100
    assert "<b>" not in render_markdown(blocks)


# what log-batch answers ----------------------------------------------------------------------------------------------


def answer(*bodies: tuple[str, dict[str, Any]], started: bool = False, option: str = "") -> str:
    whole = record(*bodies)
    drafts = tuple(Draft("B0001", kind, AT, "Ben", body) for kind, body in bodies)
    return render_text(answer_blocks(whole, planned(), as_run(whole, planned()), drafts, started=started, option=option))


def test_the_answer_says_what_was_logged_and_what_that_did_to_the_chemistry():
    bodies = (
        actual("9b", "7.5 mL", asks="cs_oleate", planned="8.000 mL"),
        ("condition", {"step": "12", "temperature_c": "21.5", "relative_humidity_pct": "21"}),
    )
    assert answer(*bodies) == (
        "B0001, open\n"
        "\n"
        "logged  what          value\n"
        "value   9b cs_oleate  7.5 mL (planned 8.000 mL)\n"
        "room    12            21.5 °C, 21 % RH\n"
        "\n"
        "as run\n"
        "          planned    as run\n"
        "Pb/Cs       4.594     4.900\n"
        "OA/Pb       7.740     7.712\n"
        "ceiling  340.4 mg  319.1 mg\n"
        "\n"
        "next: peqdlab log-batch B0001 CODE=VALUE … or peqdlab show B0001\n"
    )


def test_the_answer_to_a_start_names_the_batch():
    assert answer(started=True) == (
        "B0001 started: CsPbI₃ dots, binary route, 50 mL ODE\nnext: peqdlab log-batch B0001 CODE=VALUE … or peqdlab show B0001\n"
    )


def test_the_answer_names_the_store_that_was_named():
    assert answer(("note", {"text": "x"}), option=" --store lab.db").endswith("next: peqdlab show B0001 --store lab.db\n")
    assert "log-batch B0001 --store lab.db CODE=VALUE … or peqdlab show B0001 --store lab.db\n" in answer(
        started=True, option=" --store lab.db"
    )


def test_the_answer_to_notes_outcomes_and_closing_is_short():
    bodies = (
        ("note", {"text": "hazy"}),
        ("outcome", {"name": "pce", "value": "12 %"}),
        ("as_planned", {"codes": ["1a", "1b"]}),
        ("close", {"result": "good"}),
    )
    assert answer(*bodies) == (
        "B0001, good\n"
        "\n"
        "logged      what  value\n"
        "note              hazy\n"
        "outcome     pce   12 %\n"
        "as planned        2 blanks without a value of their own\n"
        "closed            good\n"
        "\n"
        "next: peqdlab show B0001\n"
    )


def test_the_answer_to_a_correction_gives_the_old_value_too():
    bodies = (
        actual("15b", "0.280 g"),
        correction(2, "0.280 g", {"code": "15b", "asks": "product obtained", "value": "0.270 g", "planned": "0.3404 g"}, "misread"),
    )
    assert "corrected  15b product obtained  0.270 g (planned 0.3404 g) (was 0.280 g)" in answer(*bodies)


def test_the_answer_stops_at_a_damp_room():
    assert "note damp-wash  room.RH at step 12" in answer(("condition", {"step": "12", "relative_humidity_pct": "34"}))
    assert "damp-wash" not in answer(("condition", {"step": "12", "relative_humidity_pct": "30"}))


# the sheet, filled in ------------------------------------------------------------------------------------------------


def filled(*bodies: tuple[str, dict[str, Any]]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return what stands in every blank of the filled sheet and what it replaced, by its code."""
    blanks = []
    for block in record_blocks(record(*bodies)):
        if isinstance(block, StepBlock):
            blanks += block.lines
        elif isinstance(block, Table):
            blanks += [cell for row in block.rows for cell in row if isinstance(cell, Blank)]
    return {blank.code: (blank.actual, blank.was) for blank in blanks}


def test_the_sheet_of_a_batch_has_every_value_in_its_blank():
    found = filled(*WHOLE)
    assert found["4a"] == ("1.030 g", ("1.040 g",))
    assert (found["1a"], found["1b"]) == (("as planned", ()), ("not logged", ()))
    assert (found["12"], found["14"]) == (("21.5 °C (session) / 34.0 %", ()), ("21.5 °C (session) / ______ %", ()))


def test_the_sheet_of_a_batch_has_bottles_and_the_room_at_start():
    found = filled(*WHOLE)
    assert found["MeOAc=lot"] == ("lot M7, opened 2026-11-20, grade anhydrous", ())
    assert (found["PbI2=lot"], found["room T"], found["room RH"]) == (("", ()), ("21.5 °C", ()), ("", ()))


def test_what_was_never_logged_is_a_blank_until_the_batch_is_closed():
    assert set(filled().values()) == {("", ())}
    closed = filled(("close", {"result": "abandoned", "reason": "power cut"}))
    assert (closed["4a"], closed["9a"], closed["operator"]) == (("not logged", ()), ("not logged", ()), ("", ()))


def test_the_sheet_of_a_batch_names_it_and_ends_with_its_history():
    text = render_text(record_blocks(record(*WHOLE)))
    assert "B0001" in "".join(text.split("\n")[:4])
    assert section(text, "corrections")[1].split()[:1] == ["6"]
    assert "note cs-limits  accepted" in text
