"""The commands that touch the record: every way to start and end, every refusal whole, and a store that is always sound."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from peqdlab.errors import StoreError
from peqdlab.store import Draft, open_store

RECIPE = "hot_injection/binary-cspbi3"
PEQDLAB = [sys.executable, "-m", "peqdlab"]


@pytest.fixture
def store(tmp_path):
    return tmp_path / "batches.db"


@pytest.fixture
def started(peqdlab):
    """Run a command after one batch was started with 1.03 g of lead iodide."""
    assert peqdlab("log-batch", RECIPE, "4a=1.03g").code == 0
    return peqdlab


def count_events(path) -> int:
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT COUNT(*) FROM events").fetchone()[0]


def findings(ran) -> list[tuple[str, str, str, str]]:
    """Return code, place, message and remedy of every finding of a refusal as JSON; nothing else is on either stream."""
    assert ran.err == ""
    return [(row["code"], row["where"]["key"], row["message"], row["remedy"]) for row in ran.json["findings"]]


# starting ------------------------------------------------------------------------------------------------------------


def test_a_batch_starts_from_a_name_a_file_or_a_saved_plan(peqdlab, edited, tmp_path):
    template = edited()
    saved = [str(tmp_path / name) for name in ("plan.json", "plan.toml")]
    for path in saved:
        assert peqdlab("plan", template, "-o", path).code == 0
    for name in (RECIPE, template, f"{template}/binary-cspbi3", *saved):
        assert peqdlab("log-batch", name).code == 0
    shown = [peqdlab("show", f"B{n}", "--json").json for n in range(1, 6)]
    assert {row["plan"] for row in shown[1:]} == {shown[1]["plan"]}
    assert {(row["ratios"]["Pb/Cs"]["planned"], row["ratios"]["Pb/Cs"]["as_run"]) for row in shown} == {("4.594", "4.594")}


def test_settings_of_a_saved_plan_come_along(peqdlab, tmp_path):
    peqdlab("plan", RECIPE, "--set", "recovery=80%", "-o", str(tmp_path / "plan.toml"))
    peqdlab("log-batch", str(tmp_path / "plan.toml"))
    shown = peqdlab("show", "B0001", "--json").json
    assert shown["choices"] == {"recovery": "80 %"}
    # 0.8 · 340.4 mg are planned to be obtained
    assert next(row["planned"] for row in shown["values"] if row["code"] == "15b") == "0.2723 g"


def test_scale_weight_and_assay_of_a_plan_come_along_and_are_compared(peqdlab, tmp_path):
    options = {"a": ("--scale", "2"), "b": ("--weighed", "PbI2=0.512g"), "c": ("--assay", "OA=90%")}
    for name, given in options.items():
        assert peqdlab("plan", RECIPE, *given, "-o", str(tmp_path / f"{name}.json")).code == 0
        assert peqdlab("log-batch", str(tmp_path / f"{name}.json")).code == 0
    peqdlab("log-batch", RECIPE)
    shown = [peqdlab("show", f"B{n}", "--json").json for n in (1, 2, 3)]
    assert [next(row["planned"] for row in each["values"] if row["code"] == "4a") for each in shown] == ["2.0000 g", "0.5120 g", "1.0000 g"]
    # the amine and Pb/Cs stay, 0.9 of the acid is left
    assert [each["ratios"]["OA/Pb"]["as_run"] for each in shown] == ["7.740", "7.740", "6.966"]
    differing = [peqdlab("compare", f"B{n}", "B4", "--json").json["differences"] for n in (1, 2, 3)]
    named = [
        [(row["what"], row["first"], row["second"]) for row in rows if row["section"] == "plan" and "step" not in row["what"]]
        for rows in differing
    ]
    assert named == [[("scale", "2", "1")], [("weighed crude.PbI2", "0.512 g", "–")], [("assay of OA", "90 %", "–")]]


def test_every_shipped_variant_can_be_logged_shown_and_compared(peqdlab):
    names = [row["protocol"] for row in peqdlab("protocols", "--json").json["protocols"]]
    for number, name in enumerate(names, 1):
        assert peqdlab("log-batch", name, "--room", "21.5C", "34%", "--note", name).code == 0
        assert peqdlab("show", f"B{number}").code == 0
        assert peqdlab("run-sheet", f"B{number}").code == 0
        assert peqdlab("compare", "B1", f"B{number}").code == 0
    assert [row["status"] for row in peqdlab("batches", "--json").json["batches"]] == ["open"] * len(names)


def test_editing_or_deleting_the_template_changes_nothing_that_was_started(peqdlab, edited):
    path = edited()
    peqdlab("log-batch", path, "4a=1.03g")
    shown, sheet = peqdlab("show", "B0001").out, peqdlab("run-sheet", "B0001").out
    edited(('PbI2 = "1 g"', 'PbI2 = "0.5 g"'))
    assert (peqdlab("show", "B0001").out, peqdlab("run-sheet", "B0001").out) == (shown, sheet)
    peqdlab("log-batch", path)
    assert "template text" in [row["what"] for row in peqdlab("compare", "B1", "B2", "--json").json["differences"]]
    Path(path).write_text("no toml", encoding="utf-8")
    assert peqdlab("show", "B0001").out == shown
    Path(path).unlink()
    assert peqdlab("log-batch", "B0001", "4b=50mL").code == 0
    assert peqdlab("show", "B0001", "--json").json["ratios"]["Pb/Cs"]["as_run"] == "4.732"


def test_a_saved_plan_that_was_changed_starts_nothing(peqdlab, tmp_path, store):
    path = tmp_path / "plan.json"
    peqdlab("plan", RECIPE, "-o", str(path))
    path.write_text(path.read_text(encoding="utf-8").replace('"1.0000 g"', '"0.9000 g"'), encoding="utf-8")
    ran = peqdlab("log-batch", str(path), "--json")
    message = f"{path}: the plan was changed since it was saved: its digest does not fit"
    assert (ran.code, findings(ran)) == (2, [("A106", str(path), message, "plan again: peqdlab plan PROTOCOL -o plan.json")])
    assert not store.exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hot_injecton", "there is no protocol 'hot_injecton'"),
        ("hot_injection/binary-cspbi4", "hot_injection has no variant 'binary-cspbi4'"),
    ],
)
def test_an_unknown_protocol_has_its_nearest_name(peqdlab, store, name, message):
    ran = peqdlab("log-batch", name, "4a=1g", "--json")
    ((code, place, said, remedy),) = findings(ran)
    assert (ran.code, code, place, said) == (2, "A101", f"argument {name}", message)
    assert remedy.startswith("did you mean ")
    assert not store.exists()


def test_a_refused_start_makes_neither_file_nor_folder(peqdlab, tmp_path):
    ran = peqdlab("log-batch", RECIPE, "4z=1g", "--at", "never", "--store", str(tmp_path / "new" / "lab.db"), "--json")
    assert (ran.code, [row[0] for row in findings(ran)]) == (2, ["R111", "R101"])
    assert not (tmp_path / "new").exists()


def test_a_new_record_is_said_to_be_new_once(peqdlab, tmp_path):
    path = tmp_path / "lba.db"  # mistyped for lab.db
    assert peqdlab("log-batch", RECIPE, "--store", str(path)).err == f"new record: {path}\n"
    assert peqdlab("log-batch", RECIPE, "--store", str(path)).err == ""


def test_a_relative_path_in_a_folder_that_is_not_there_makes_nothing(peqdlab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = peqdlab("log-batch", RECIPE, "--store", "lba/lab.db", "--json")
    remedy = "mkdir -p lba, then type the command again; or name another file: --store FILE"
    message = f"store lba/lab.db cannot be made: there is no folder lba in {tmp_path}"
    assert (ran.code, findings(ran)) == (4, [("R903", "--store", message, remedy)])
    assert not (tmp_path / "lba").exists()
    assert peqdlab("log-batch", RECIPE, "--store", "lab.db").code == 0


def test_a_start_makes_the_folder_of_its_store(peqdlab, tmp_path):
    assert peqdlab("log-batch", RECIPE, "--store", str(tmp_path / "new" / "lab.db")).code == 0
    assert peqdlab("batches", "--store", str(tmp_path / "new" / "lab.db"), "--json").json["batches"][0]["id"] == "B0001"


# who and when --------------------------------------------------------------------------------------------------------


def test_the_person_is_given_or_of_the_environment_or_of_the_account(peqdlab, monkeypatch):
    peqdlab("log-batch", RECIPE, "--by", "mk")
    peqdlab("log-batch", RECIPE)
    monkeypatch.setenv("PEQDLAB_OPERATOR", "  ")
    monkeypatch.setenv("LOGNAME", "account")
    peqdlab("log-batch", RECIPE)
    assert [row["by"] for row in peqdlab("batches", "--json").json["batches"]] == ["mk", "tester", "account"]


@pytest.mark.parametrize("name", ["", " ", "a\0b"])
def test_a_person_without_a_name_is_refused(started, store, name):
    ran = started("log-batch", "B0001", "4b=50mL", "--by", name, "--json")
    assert (ran.code, findings(ran)) == (2, [("R102", "--by", f"{name!r} is no name", "write --by and a name or initials, as in --by mk")])
    assert count_events(store) == 2


def test_a_time_is_kept_with_its_offset(peqdlab):
    for at in ("2026-01-02", "2026-01-02T14:30", "2026-01-02T14:30+09:00"):
        assert peqdlab("log-batch", RECIPE, "--at", at).code == 0
    times = [row["started_at"] for row in peqdlab("batches", "--json").json["batches"]]
    assert [time[:19] for time in times] == ["2026-01-02T00:00:00", "2026-01-02T14:30:00", "2026-01-02T14:30:00"]
    assert [datetime.fromisoformat(time).utcoffset() is None for time in times] == [False] * 3
    assert times[2] == "2026-01-02T14:30:00+09:00"


def test_events_stand_in_the_order_of_writing_and_not_of_the_clock(started):
    started("log-batch", "B0001", "--note", "second", "--at", "2001-01-01")
    notes = started("show", "B0001", "--json").json["notes"]
    assert (notes[0]["event"], notes[0]["at"][:10]) == (3, "2001-01-01")


def test_a_time_ahead_is_refused_together_with_all_else(started, store):
    ahead = (datetime.now(tz=UTC) + timedelta(days=3)).date().isoformat()
    ran = started("log-batch", "B0001", "4b=50", "--at", ahead, "--close", "great", "--note", "", "--json")
    assert ran.code == 2
    assert findings(ran) == [
        ("R111", "--at", f"{ahead} lies in the future", "write when it was done"),
        ("L104", "--close", "'great' is no way to close a batch", "one of: good, failed, abandoned"),
        ("R113", "--note", "the note has no text", 'write --note "what is worth keeping"'),
        ("Q105", "4b", "4b: 50 has no unit", "write the unit after the number, as in 0.75 g or 8 mL"),
    ]
    assert count_events(store) == 2


# filling and correcting ----------------------------------------------------------------------------------------------


def test_the_room_of_the_session_is_given_by_two_words(started):
    started("log-batch", "B0001", "--room", "21.5C", "34.0%")
    row = started("show", "B0001", "--json").json["conditions"][0]
    assert (row["temperature_c"], row["relative_humidity_pct"], row["temperature_status"]) == ("21.5", "34.0", "inherited")


def test_what_is_typed_keeps_its_digits_to_the_last_page(peqdlab):
    peqdlab("log-batch", RECIPE, "15b=0.270g", "12=21.0C/34.0%", "plqy=80.0%")
    shown = peqdlab("show", "B0001").out
    assert re.search(r"15b .* 0\.270 g ", shown)
    assert re.search(r"^12 +wash 1 +21\.0 °C +34\.0 %$", shown, re.MULTILINE)
    assert re.search(r"^plqy +80\.0 %$", shown, re.MULTILINE)


@pytest.mark.parametrize("typed", ["4a=1.01g", "12=22C/24%", "MeOAc=lot:O'Neill 7,grade:p.a.", "pce=11%"])
@pytest.mark.parametrize("named", [False, True], ids=["store of the environment", "store named"])
def test_the_correction_that_a_refusal_prints_works_once_the_reason_is_given(peqdlab, tmp_path, typed, named):
    where = ["--store", str(tmp_path / "a lab.db")] if named else []
    peqdlab("log-batch", RECIPE, "4a=1.03g", "12=21C/34%", "MeOAc=lot:M7", "pce=12%", *where)
    refused = peqdlab("log-batch", "B0001", typed, *where, "--json")
    assert (refused.code, refused.json["findings"][-1]["code"] in ("R104", "R110")) == (2, True)
    remedy = next(row["remedy"] for row in refused.json["findings"] if row["code"] == "R104")
    program, *arguments = shlex.split(remedy.removeprefix("correct it: "))
    assert (program, peqdlab(*arguments).code) == ("peqdlab", 2)  # … is no reason
    assert peqdlab(*(argument.replace("…", "misread") for argument in arguments)).code == 0
    (correction,) = peqdlab("show", "B0001", *where, "--json").json["corrections"]
    assert correction["reason"] == "misread"


def test_a_correction_shows_old_new_and_reason_in_text_and_as_data(peqdlab):
    peqdlab("log-batch", RECIPE, "4a=1.04g", "12=21C/34%", "MeOAc=lot:M7", "pce=12%", "--by", "mk")
    for now in ("4a=1.034g", "12=24%", "MeOAc=lot:M8", "pce=11%"):
        assert peqdlab("log-batch", "B0001", "--correct", now, "--reason", "misread", "--by", "lab head").code == 0
    shown = peqdlab("show", "B0001", "--json").json
    assert [(row["was"], row["now"], row["reason"], row["by"]) for row in shown["corrections"]] == [
        ("1.04 g", "1.034 g", "misread", "lab head"),
        ("21 °C, 34 % RH", "21 °C, 24 % RH", "misread", "lab head"),
        ("lot M7", "lot M8", "misread", "lab head"),
        ("12 %", "11 %", "misread", "lab head"),
    ]
    text = peqdlab("show", "B0001").out
    lines = text[text.index("\ncorrections\n") :].split("\n")
    assert [re.split(r"\s{2,}", line)[3:] for line in lines if "lab head" in line] == [
        ["4a", "1.04 g", "1.034 g", "misread"],
        ["12", "21 °C, 34 % RH", "21 °C, 24 % RH", "misread"],
        ["MeOAc", "lot M7", "lot M8", "misread"],
        ["pce", "12 %", "11 %", "misread"],
    ]
    assert peqdlab("batches", "--json").json["batches"][0]["corrections"] == 4


def test_what_stood_as_planned_is_corrected_and_both_are_shown(peqdlab):
    peqdlab("log-batch", RECIPE, "--as-planned")
    assert peqdlab("log-batch", "B0001", "4a=1.03g").code == 2
    assert peqdlab("log-batch", "B0001", "--correct", "4a=1.03g", "--reason", "it was weighed after all").code == 0
    row = next(row for row in peqdlab("show", "B0001", "--json").json["values"] if row["code"] == "4a")
    assert (row["actual"], row["status"], row["was"], row["reason"]) == ("1.03 g", "logged", ["as planned"], "it was weighed after all")
    assert peqdlab("show", "B0001", "--json").json["ratios"]["Pb/Cs"]["as_run"] == "4.732"


def test_what_is_not_named_of_a_bottle_stays_when_it_is_corrected(peqdlab):
    peqdlab("log-batch", RECIPE, "MeOAc=lot:M7,opened:2026-01-20,grade:anhydrous")
    assert peqdlab("log-batch", "B0001", "--correct", "MeOAc=lot:M8", "--reason", "misread").code == 0
    assert peqdlab("log-batch", "B0001", "MeOAc=water:30ppm").code == 0
    (lot,) = peqdlab("show", "B0001", "--json").json["lots"]
    assert {name: lot[name] for name in ("lot", "opened", "grade", "water")} == {
        "lot": "M8", "opened": "2026-01-20", "grade": "anhydrous", "water": "30ppm",
    }  # fmt: skip
    assert lot["was"] == ["lot M7, opened 2026-01-20, grade anhydrous"]


def test_a_start_that_is_closed_at_once_says_what_was_never_logged_and_how_to_open_it_again(peqdlab):
    ran = peqdlab("log-batch", RECIPE, "--close", "good", "--json")
    (warning,) = ran.json["warnings"]
    assert (ran.code, warning["code"], warning["severity"]) == (0, "R115", "warning")
    assert warning["message"].startswith("closed as good with 23 of 23 blanks never logged: 1a Cs2CO3, ")
    _, *arguments = shlex.split(warning["remedy"].partition(": ")[2])
    assert peqdlab(*(argument.replace("…", "closed too early") for argument in arguments)).code == 0
    assert peqdlab("batches", "--json").json["batches"][0]["status"] == "open"
    assert peqdlab("log-batch", "B0001", "4a=1g", "--close", "failed", "--reason", "yellow").code == 0
    assert peqdlab("log-batch", "B0001", "--correct", "close=good", "--reason", "it cleared overnight").code == 0
    shown = peqdlab("show", "B0001", "--json").json
    assert (shown["status"], [(row["was"], row["now"]) for row in shown["corrections"]]) == (
        "good",
        [("good", "open"), ("failed: yellow", "good: it cleared overnight")],
    )
    assert (peqdlab("batches", "--json").json["batches"][0]["status"], peqdlab("verify").code) == ("good", 0)


def test_a_note_is_corrected_and_both_are_shown(started):
    started("log-batch", "B0001", "--note", "hazy")
    assert started("log-batch", "B0001", "--correct", "note3=clear", "--reason", "wrong flask").code == 0
    (note,) = started("show", "B0001", "--json").json["notes"]
    assert (note["text"], note["was"], note["reason"], note["event"]) == ("clear", ["hazy"], "wrong flask", 3)
    assert re.search(r"^3 .* clear +was hazy: wrong flask$", started("show", "B0001").out, re.MULTILINE)


def test_a_liquid_that_was_weighed_is_said_as_the_volume_that_it_is(started):
    ran = started("log-batch", "B0001", "6a=4.475g")
    assert re.search(r"6a OA +4\.475 g = 5\.008 mL by 0\.8935 g/mL \[crc\] \(planned 5\.000 mL\)", ran.out)
    assert re.search(r"^6a .* 4\.475 g \(= 5\.008 mL\) ", started("show", "B0001").out, re.MULTILINE)
    # 4.475 g of oleic acid (282.46 g/mol) are 15.843 mmol, and 0.973 mmol come with the stock, on 1.03 g of PbI2
    assert started("show", "B0001", "--json").json["ratios"]["OA/Pb"]["as_run"] == "7.526"


def test_a_start_with_errors_says_how_to_go_on(peqdlab, edited, tmp_path):
    path = edited(('cs_oleate = "8 mL"', 'cs_oleate = "30 mL"'))
    ran = peqdlab("log-batch", path)
    saved = f'peqdlab plan {path} --accept cs-limits="reason" -o plan.toml'
    assert (ran.code, ran.err.split("\n")[-2]) == (1, f"not planned: 1 error; mend them, or accept them and go on with plan.toml: {saved}")
    assert [finding["code"] for finding in peqdlab("log-batch", path, "--json").json["findings"]].count("cs-limits") == 1


def test_a_refused_start_speaks_of_no_batch(peqdlab):
    ran = peqdlab("log-batch", RECIPE, "4z=1g", "XY=1", "4a=1.2g", "--correct", "4b=50mL", "--reason", "x", "--close", "good")
    assert (ran.code, "B0000" in ran.err, "ratios above" in ran.err) == (2, False, False)


def test_a_closed_batch_takes_an_outcome_from_either_command(started):
    started("log-batch", "B0001", "--close", "good")
    assert started("log-batch", "B0001", "pce=12.0%").code == 0
    assert started("measure", "B0001", "ff=.73").code == 0
    assert started("measure", "B0001", "--correct", "ff=74%", "--reason", "misread").code == 0
    outcomes = started("show", "B0001", "--json").json["outcomes"]
    assert [(row["name"], row["value"], row.get("was")) for row in outcomes] == [("pce", "12.0 %", None), ("ff", "74 %", ["73 %"])]


def test_the_note_that_a_closed_batch_offers_works_as_printed(started):
    started("log-batch", "B0001", "--close", "abandoned", "--reason", "ran out of MeOAc")
    (finding,) = started("log-batch", "B0001", "6a=5.1 mL", "--json").json["findings"]
    _, *arguments = shlex.split(finding["remedy"].partition(": ")[2])
    assert started(*arguments).code == 0
    assert started("show", "B0001", "--json").json["notes"][0]["text"] == "6a=5.1 mL"


def test_batches_are_listed_by_how_they_ended(peqdlab):
    for closing in ([], ["--close", "good"], ["--close", "failed", "--reason", "x"], ["--close", "abandoned", "--reason", "y"]):
        peqdlab("log-batch", RECIPE, *closing)
    for status, batch in zip(("open", "good", "failed", "abandoned"), ("B0001", "B0002", "B0003", "B0004"), strict=True):
        assert [row["id"] for row in peqdlab("batches", "--status", status, "--json").json["batches"]] == [batch]
    ran = peqdlab("batches", "--status", "gut", "--json")
    assert (ran.code, findings(ran)) == (
        2,
        [("L104", "--status", "'gut' is no status of a batch", "one of: open, good, failed, abandoned")],
    )


# refusals ------------------------------------------------------------------------------------------------------------


def test_an_unknown_batch_is_named_with_the_nearest_one(started):
    message = "the record has no batch 'B0011'"
    for arguments in (
        ("show", "B0011"),
        ("compare", "B0001", "B0011"),
        ("log-batch", "B11", "4a=1g"),
        ("measure", "B11", "ff=.7"),
        ("run-sheet", "B0011"),
    ):
        ran = started(*arguments, "--json")
        assert (ran.code, findings(ran)) == (2, [("R108", "batch B0011", message, "did you mean B0001?")])


def test_a_store_without_batches_says_how_to_start_one(peqdlab, store):
    open_store(store, create=True).close()
    ran = peqdlab("show", "B0001", "--json")
    hint = "start one: peqdlab log-batch hot_injection/binary-cspbi3"
    assert (ran.code, findings(ran)) == (2, [("R108", "batch B0001", "the record has no batch 'B0001'", hint)])
    assert peqdlab("batches").out == "no batch yet\nnext: peqdlab log-batch hot_injection/binary-cspbi3\n"


def test_a_command_that_logs_nothing_says_what_to_add(started, store):
    ran = started("log-batch", "B0001", "--json")
    hint = "add 4a=1.034g, --room 21.5C 34%, --note or --close; peqdlab run-sheet B0001 lists the codes"
    assert (ran.code, findings(ran)) == (2, [("R113", "B0001", "there is nothing to log", hint)])
    ran = started("measure", "B0001", "--json")
    ((code, place, message, remedy),) = findings(ran)
    assert (ran.code, code, place, message) == (2, "R113", "B0001", "there is nothing to log")
    assert remedy.startswith("give NAME=VALUE; names: yield, pl_peak, ")
    assert count_events(store) == 2


def test_a_refusal_as_text_names_every_argument_and_that_nothing_was_logged(started, store):
    ran = started("log-batch", "B0001", "4z=1g", "room=210%")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "error R101  4z\n"
        "    '4z' is no code, step or material of B0001\n"
        "    fix     step 4 asks 4a (PbI2), 4b (ODE)\n"
        "error R103  room\n"
        "    RH 210 % is outside 0 to 100 %\n"
        "    fix     write room=21.5C/34% with the meter's reading\n"
        "nothing was logged: mend these and type the command again\n"
    )
    assert count_events(store) == 2


@pytest.mark.parametrize(
    ("ending", "code", "message"),
    [(".doc", "A105", ".doc is not written here"), ("", "A105", "no ending is not written here"), ("/none/x.md", "A107", None)],
)
def test_a_sheet_that_cannot_be_written_is_named(started, tmp_path, ending, code, message):
    path = f"{tmp_path}/sheet{ending}"
    ran = started("run-sheet", "B0001", "-o", path, "--json")
    remedies = {"A105": "end the name in .pdf, .html, .md or .txt", "A107": "name a file in a folder that exists and may be written"}
    wanted = message or f"{path} cannot be written: No such file or directory"
    assert (ran.code, findings(ran)) == (2, [(code, f"-o {path}", wanted, remedies[code])])


NOT_TEXT = os.fsdecode(b"\xff\xfe")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("log-batch", "B0001", "--note", NOT_TEXT), ["note"]),
        (("log-batch", "B0001", f"MeOAc=lot:{NOT_TEXT}"), ["values"]),
        (("log-batch", "B0001", "4b=50mL", "--by", NOT_TEXT, "--note", NOT_TEXT), ["by", "note"]),
        (("log-batch", "B0001", "--correct", "4a=1g", "--reason", NOT_TEXT), ["reason"]),
        (("log-batch", NOT_TEXT), ["name"]),
        (("show", NOT_TEXT), ["batch"]),
        (("measure", "B0001", NOT_TEXT), ["values"]),
    ],
)
def test_bytes_that_are_no_text_are_refused(started, store, arguments, named):
    ran = started(*arguments, "--json")
    assert ran.code == 2
    assert [(code, place, remedy) for code, place, _, remedy in findings(ran)] == [
        ("T002", f"argument {name}", "type it again in a terminal that is set to UTF-8") for name in named
    ]
    assert all(row["message"].endswith("\\udcff\\udcfe' holds bytes that are not UTF-8 text") for row in ran.json["findings"])
    assert count_events(store) == 2


@pytest.mark.parametrize("text", ["[/bold] [red]x", "\x1b[31mred\x1b[0m", "a\nb\tc", "a\0b", "\u202egnp.exe", "日本語 αβγ", "z" * 100_000])
def test_hostile_text_is_text_wherever_it_is_typed(started, text):
    lot = text.replace(",", " ").replace("\n", " ").strip()
    assert started("log-batch", "B0001", f"MeOAc=lot:{lot}", "--note", text, "--by", text.replace("\0", "")).code == 0
    assert started("log-batch", "B0001", "--correct", "4a=1.01g", "--reason", text).code == 0
    assert started("log-batch", "B0001", "--close", "failed", "--reason", text).code == 0
    data = started("show", "B0001", "--json").json
    assert (data["notes"][0]["text"], data["lots"][0]["lot"]) == (text, lot)
    assert data["corrections"][0]["reason"] == text.strip()
    for arguments in (
        ("show", "B0001"),
        ("batches",),
        ("run-sheet", "B0001"),
        ("compare", "B0001", "B0001"),
        ("log-batch", "B0001", "--note", text),
    ):
        ran = started(*arguments)
        assert ran.code == 0
        assert not set("\x1b\0\u202e\t") & set(ran.out + ran.err)
    assert started("verify").code == 0


# the store -----------------------------------------------------------------------------------------------------------

COMMANDS = [
    ("batches",),
    ("show", "B0001"),
    ("compare", "B0001", "B0002"),
    ("verify",),
    ("measure", "B0001", "ff=.7"),
    ("run-sheet", "B0001"),
    ("log-batch", "B0001", "4b=50mL"),
]
ANOTHER = "name another file: --store FILE"


def everywhere(peqdlab, path, *, starting=True):
    """Run every command on one store; return its exit codes and its findings, each once."""
    arguments = [*COMMANDS, *([("log-batch", RECIPE)] if starting else [])]
    ran = [peqdlab(*each, "--store", str(path), "--json") for each in arguments]
    return {each.code for each in ran}, {finding for each in ran for finding in findings(each)}


def fault(code, path, found, remedy):
    return {4}, {(code, "--store", f"store {path} {found}", remedy)}


def test_a_store_that_is_missing_ends_every_command(peqdlab, tmp_path):
    path = tmp_path / "none.db"
    remedy = f"start a batch there: peqdlab log-batch PLAN --store {path}; or {ANOTHER}"
    assert everywhere(peqdlab, path, starting=False) == fault("R901", path, "does not exist", remedy)
    assert not path.exists()


def test_a_folder_is_no_store(peqdlab, tmp_path):
    assert everywhere(peqdlab, tmp_path) == fault(
        "R903", tmp_path, "is a folder; wanted a file", f"name a file in it: --store {tmp_path}/peqdlab.db"
    )


def test_a_text_file_is_no_store_and_stays_as_it_was(peqdlab, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to look like something")
    assert everywhere(peqdlab, path) == fault("R902", path, "is not a database; wanted a peqdlab store", ANOTHER)
    assert path.read_text() == "not a database, but long enough to look like something"


def test_the_database_of_another_program_is_no_store(peqdlab, tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE events (x)")
    assert everywhere(peqdlab, path) == fault("R902", path, "is a database of another program; wanted a peqdlab store", ANOTHER)


def test_postgresql_is_not_supported_yet_and_no_password_is_repeated(peqdlab):
    found = "is an address, not supported yet; wanted the path of a file"
    assert everywhere(peqdlab, "postgresql://ana:secret@lab/peqdlab") == fault("R907", "postgresql", found, ANOTHER)


def test_a_store_of_a_newer_program_is_left_alone(started, store):
    with sqlite3.connect(store) as connection:
        connection.execute("PRAGMA user_version = 7")
    found = "has format 7, made by a newer peqdlab; wanted format 1"
    assert everywhere(started, store) == fault("R906", store, found, "pip install --upgrade peqdlab")


def test_a_damaged_event_ends_with_4_where_it_is_read_and_with_1_where_it_is_looked_for(started, store):
    with sqlite3.connect(store) as connection:
        connection.execute("DROP TRIGGER events_no_update")
        connection.execute("UPDATE events SET body = 'no json' WHERE kind = 'actual'")
    remedy = "keep this file as it is and go on with the last copy of it: --store COPY.db"
    damaged = [("R905", "--store", f"store {store} is damaged: event 2 of B0001 has a body that is not a JSON object", remedy)]
    for arguments, code in ((("show", "B0001"), 4), (("log-batch", "B0001", "4b=50mL"), 4), (("verify",), 1)):
        ran = started(*arguments, "--json")
        assert (ran.code, findings(ran)) == (code, damaged)


@pytest.mark.parametrize("kind", ["actual", "start"])
def test_an_event_whose_body_was_emptied_ends_with_4_where_it_is_read(started, store, kind):
    with sqlite3.connect(store) as connection:
        connection.execute("DROP TRIGGER events_no_update")
        connection.execute("UPDATE events SET body = '{}' WHERE kind = ?", (kind,))
    for arguments in (("show", "B0001"), ("compare", "B0001", "B0001"), ("run-sheet", "B0001"), ("log-batch", "B0001", "4b=50mL")):
        ran = started(*arguments, "--json")
        assert (ran.code, [row[0] for row in findings(ran)]) == (4, ["R905"])


def test_an_event_that_is_sealed_but_says_nothing_ends_with_4(started, store):
    moment = "2026-11-20T14:30:00+00:00"
    with open_store(store, create=False) as opened:
        opened.append([Draft("B0001", "actual", moment, "Eve", {})], recorded_at=moment)
    ran = started("show", "B0001", "--json")
    assert (ran.code, [row[0] for row in findings(ran)]) == (4, ["R905"])


@pytest.mark.parametrize("part", [0.02, 0.1, 0.5, 0.9])
def test_damage_that_verify_finds_ends_with_1_however_the_file_was_cut(started, store, part):
    with open_store(store, create=False):
        pass
    for beside in ("-wal", "-shm"):
        store.with_name(store.name + beside).unlink(missing_ok=True)
    with store.open("r+b") as file:
        file.truncate(int(store.stat().st_size * part))
    ran = started("verify", "--json")
    assert (ran.code, [row[0] for row in findings(ran)]) == (1, ["R905"])
    assert (started("verify", "--rebuild").code, started("show", "B0001").code) == (1, 4)


def test_an_event_cut_out_of_the_end_is_never_rebuilt_over(started, store):
    with sqlite3.connect(store) as connection:
        connection.execute("DROP TRIGGER events_no_delete")
        connection.execute("DELETE FROM events WHERE seq = 2")
    found = started("verify", "--json")
    message = "its list of batches knows 2 events up to event 2, its log holds 1 up to event 1: the last of them were removed"
    remedy = "keep this file as it is and go on with the last copy of it: --store COPY.db"
    assert (found.code, findings(found)) == (1, [("R905", "--store", f"store {store} is damaged: {message}", remedy)])
    assert (started("verify", "--rebuild", "--json").code, started("log-batch", "B0001", "--note", "x").code) == (1, 4)
    assert findings(started("verify", "--json")) == findings(found)


def test_a_list_that_does_not_fit_its_events_is_made_again(started, store):
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE batch SET status = 'good'")
    ran = started("verify", "--json")
    message = f"store {store} is damaged: B0001 has status 'good' in the list, 'open' by its events"
    assert (ran.code, findings(ran)) == (1, [("R905", "--store", message, f"peqdlab verify --rebuild --store {store}")])
    assert started("verify", "--rebuild").code == 0
    assert started("batches", "--json").json["batches"][0]["status"] == "open"


def test_verify_counts_the_events_and_notes_the_last(started, store):
    ran = started("verify", "--json")
    with open_store(store, create=False) as opened:
        assert (ran.code, ran.json) == (0, {"events": 2, "last": 2, "head": opened.head()[1], "findings": []})
    assert re.fullmatch(r"2 events, each as it was written; the last is 2, [0-9a-f]{12}\n", started("verify").out)


def test_a_copy_of_a_store_shows_the_same(started, store, tmp_path):
    with open_store(store, create=False):
        pass
    shutil.copy(store, tmp_path / "copy.db")
    assert started("show", "B0001", "--store", str(tmp_path / "copy.db")).out == started("show", "B0001").out


# two at once ---------------------------------------------------------------------------------------------------------


def test_an_entry_that_another_overtook_is_refused_with_what_came_in_between(started, store):
    from peqdlab.cli.log_batch import _log
    from peqdlab.cli.stores import load_batch

    with open_store(store, create=False) as opened:
        record = load_batch(opened, "B0001")
        assert started("log-batch", "B0001", "4b=50mL", "--by", "Ben", "--at", "2026-11-20T14:30+01:00").code == 0
        with pytest.raises(StoreError) as refused:
            _log(opened, record, lambda entries: entries.fill(["6a=5mL"]), at=None, by=None, option="", as_json=True)
    (finding,) = refused.value.findings
    assert (refused.value.exit_code, finding.code) == (4, "R904")
    assert finding.message == (
        "B0001 went on after event 2, the last that this entry knew of: event 3 (actual) by Ben at 2026-11-20T14:30:00+01:00"
    )
    assert finding.remedy == f"read it with: peqdlab show B0001 --store {store}; then type the entry again"
    assert count_events(store) == 3


def at_once(*commands):
    """Run commands at the same time; return for each its exit code and its JSON."""
    running = [
        subprocess.Popen([*PEQDLAB, *each, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for each in commands
    ]
    ended = [(process, *process.communicate(timeout=60)) for process in running]
    assert {line for _, _, err in ended for line in err.splitlines() if not line.startswith("new record: ")} == set()
    return [(process.returncode, json.loads(out)) for process, out, _ in ended]


def test_of_four_people_filling_one_blank_at_once_one_is_heard_and_the_others_are_told(started, store):
    values = ("49.1 mL", "49.2 mL", "49.3 mL", "49.4 mL")
    answers = at_once(*(("log-batch", "B0001", f"4b={value}") for value in values))
    heard = [value for value, (code, _) in zip(values, answers, strict=True) if code == 0]
    assert len(heard) == 1
    assert {(code, row["findings"][0]["code"]) for code, row in answers if code} <= {(4, "R904"), (2, "R104")}
    shown = started("show", "B0001", "--json").json
    assert [row["actual"] for row in shown["values"] if row["code"] == "4b"] == heard
    assert (started("verify").code, count_events(store)) == (0, 3)


def test_of_four_notes_written_at_once_none_is_lost(started, store):
    answers = at_once(*(("log-batch", "B0001", "--note", str(n)) for n in range(4)))
    assert [code for code, _ in answers] == [0] * 4
    assert sorted(row["text"] for row in started("show", "B0001", "--json").json["notes"]) == ["0", "1", "2", "3"]
    assert (started("verify").code, count_events(store)) == (0, 6)


def test_of_four_batches_started_at_once_each_has_its_own_name(peqdlab, store):
    answers = at_once(*(("log-batch", RECIPE, "--note", str(n)) for n in range(4)))
    assert [code for code, _ in answers] == [0] * 4
    assert sorted(row["batch"] for _, row in answers) == ["B0001", "B0002", "B0003", "B0004"]
    assert (peqdlab("verify").code, count_events(store)) == (0, 8)
