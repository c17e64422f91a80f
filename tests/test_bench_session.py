"""A batch from start to close by the codes of its sheet, and two of them compared: what a person types and reads."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys

import pytest

RECIPE = "hot_injection/binary-cspbi3"


def count_events(tmp_path):
    store = tmp_path / "batches.db"
    if not store.exists():
        return None
    with sqlite3.connect(store) as connection:
        return connection.execute("SELECT COUNT(*) FROM events").fetchone()[0]


@pytest.fixture
def two(peqdlab):
    """Two batches: 21 % RH and a weight 3 % over, corrected once; 34 % RH with another bottle opened on another day."""
    assert peqdlab("log-batch", RECIPE, "4a=1.040g", "12=21.5C/21%", "MeOAc=lot:M7,opened:2026-11-20,grade:anhydrous").code == 0
    assert peqdlab("log-batch", "B0001", "--correct", "4a=1.030g", "--reason", "read the wrong line").code == 0
    assert peqdlab("log-batch", RECIPE, "12=21.5C/34%", "MeOAc=lot:M8,opened:2026-11-23,grade:anhydrous").code == 0
    return peqdlab


# the two batches ---------------------------------------------------------------------------------------------


def test_show_gives_planned_beside_actual_and_the_corrected_value_with_the_old_one(two):
    shown = two("show", "B0001", "--json").json
    lead = next(row for row in shown["values"] if row["code"] == "4a")
    assert (lead["planned"], lead["actual"], lead["deviation_pct"], lead["was"], lead["reason"]) == (
        "1.0000 g", "1.030 g", "+3.0", ["1.040 g"], "read the wrong line",
    )  # fmt: skip
    line = next(line for line in two("show", "B0001").out.split("\n") if line.startswith("4a"))
    assert line.split() == "4a crude PbI₂ 1.0000 g 1.030 g +3.0 % was 1.040 g: read the wrong line".split()


def test_as_run_ratios_follow_the_weight(two):
    ratios = two("show", "B0001", "--json").json["ratios"]
    # 1.03 g PbI2 / 461.01 g/mol = 2.2342 mmol Pb on 0.47216 mmol Cs, 16.789 mmol OA and 15.196 mmol OAm
    assert ratios == {
        "Pb/Cs": {"planned": "4.594", "as_run": "4.732", "assumes": ["1a", "1b", "1c", "9b"]},
        "I/Pb": {"planned": "2.000", "as_run": "2.000", "assumes": []},
        "OA/Pb": {"planned": "7.740", "as_run": "7.515", "assumes": ["1b", "1c", "6a", "9b"]},
        "OAm/Pb": {"planned": "7.006", "as_run": "6.802", "assumes": ["6b"]},
    }


def test_the_damp_wash_is_found_with_source_and_scope(two):
    found = [finding for finding in two("show", "B0002", "--json").json["findings"] if finding["code"] == "damp-wash"]
    assert [(row["severity"], row["limit"], row["source"], row["scope"]) for row in found] == [
        ("note", "room.RH <= 30 %", "Xu et al., J. Mater. Chem. A 2025, 13, 29688, doi:10.1039/d5ta03996g",
         "shown for CsPbI3 films dipped in MeOAc (its ref. 76), not for the wash"),
    ]  # fmt: skip
    assert "34 % at step 12 (wash 1)" in found[0]["message"]
    assert not [finding for finding in two("show", "B0001", "--json").json["findings"] if finding["code"] == "damp-wash"]


def test_compare_names_exactly_what_differs(two):
    compared = two("compare", "B0001", "B0002", "--json").json
    assert {(row["section"], row["what"], row["first"], row["second"]) for row in compared["differences"]} == {
        ("actual", "PbI₂ into crude", "1.030 g", "not logged"),
        ("ratio as run", "Pb/Cs", "4.732", "4.594"),
        ("ratio as run", "OA/Pb", "7.515", "7.740"),
        ("ratio as run", "OAm/Pb", "6.802", "7.006"),
        ("air", "RH at wash 1", "21 %", "34 %"),
        ("bottle", "MeOAc", "lot M7, opened 2026-11-20, grade anhydrous", "lot M8, opened 2026-11-23, grade anhydrous"),
    }


def test_two_batches_allow_no_inference(two):
    two("measure", "B0001", "pce=12.1%", "pl_peak=686nm")
    two("measure", "B0002", "pce=10.4%", "pl_peak=690nm")
    compared = two("compare", "B0001", "B0002", "--json").json
    assert compared["inference"] == "n = 1 against 1 batch: no inference"
    outcomes = {row["what"]: row["remark"] for row in compared["differences"] if row["section"] == "outcome"}
    assert outcomes == {
        "pce": "-1.7 points; n = 1 against 1 batch: no inference",
        "pl_peak": "+4 nm; n = 1 against 1 batch: no inference",
    }
    assert "no inference; the two differ in 3 other things" in two("compare", "B0001", "B0002").out.replace("\n", " ")


def test_blanks_that_nobody_filled_are_one_line(two):
    two("log-batch", "B0001", "--as-planned")
    compared = two("compare", "B0001", "B0002", "--json").json
    actual = {row["what"]: (row["first"], row["second"]) for row in compared["differences"] if row["section"] == "actual"}
    assert actual == {"PbI₂ into crude": ("1.030 g", "not logged"), "the other blanks": ("as planned", "not logged")}


def test_a_batch_differs_from_itself_in_nothing(two):
    assert two("compare", "B0001", "B0001").out == "B0001 (open) against B0001 (open)\nthey differ in nothing that was recorded\n"


# filling -------------------------------------------------------------------------------------------------------------


def test_what_is_typed_keeps_its_digits(peqdlab):
    peqdlab("log-batch", RECIPE, "15b=0.270g", "9a=180.50C", "4b=50.00mL")
    values = {row["code"]: row["actual"] for row in peqdlab("show", "B0001", "--json").json["values"]}
    assert (values["15b"], values["9a"], values["4b"]) == ("0.270 g", "180.50 °C", "50.00 mL")


def test_not_logged_is_not_as_planned(peqdlab):
    peqdlab("log-batch", RECIPE, "4a=1g")
    status = {row["code"]: row["status"] for row in peqdlab("show", "B0001", "--json").json["values"]}
    assert (status["4a"], status["4b"]) == ("logged", "not logged")
    peqdlab("log-batch", "B0001", "--as-planned")
    status = {row["code"]: row["status"] for row in peqdlab("show", "B0001", "--json").json["values"]}
    assert (status["4a"], status["4b"]) == ("logged", "as planned")


def test_the_room_of_a_step_is_measured_inherited_or_not_recorded(peqdlab):
    peqdlab("log-batch", RECIPE, "12=30%")
    rows = {row["step"]: row for row in peqdlab("show", "B0001", "--json").json["conditions"]}
    assert (rows[12]["relative_humidity_pct"], rows[12]["relative_humidity_status"]) == ("30", "measured")
    assert (rows[12]["temperature_c"], rows[12]["temperature_status"]) == (None, "not recorded")
    peqdlab("log-batch", "B0001", "--room", "21.5C", "25%")
    rows = {row["step"]: row for row in peqdlab("show", "B0001", "--json").json["conditions"]}
    assert (rows[12]["relative_humidity_pct"], rows[12]["temperature_c"], rows[12]["temperature_status"]) == ("30", "21.5", "inherited")
    assert (rows[14]["relative_humidity_pct"], rows[14]["relative_humidity_status"]) == ("25", "inherited")


def test_amounts_logged_go_through_the_same_books(peqdlab):
    peqdlab("log-batch", RECIPE, "9b=7.5mL", "15b=0.270g")
    shown = peqdlab("show", "B0001", "--json").json
    # 7.5 mL instead of 8 mL of the stock: Cs 0.94 of the plan, so Pb/Cs 4.594 · 8/7.5 and the ceiling 340.4 mg · 7.5/8
    assert (shown["ratios"]["Pb/Cs"]["planned"], shown["ratios"]["Pb/Cs"]["as_run"]) == ("4.594", "4.900")
    assert (shown["ceiling_mg"]["planned"], shown["ceiling_mg"]["as_run"]) == ("340.4", "319.1")


def test_a_correction_of_a_correction_keeps_every_old_value(peqdlab):
    peqdlab("log-batch", RECIPE, "12=21C/21%", "MeOAc=lot:M7")
    for now in ("12=22C/22%", "12=23C/23%", "MeOAc=lot:M8"):
        assert peqdlab("log-batch", "B0001", "--correct", now, "--reason", "misread").code == 0
    shown = peqdlab("show", "B0001", "--json").json
    assert shown["conditions"][0]["was"] == ["21 °C, 21 % RH", "22 °C, 22 % RH"]
    assert (shown["lots"][0]["lot"], shown["lots"][0]["was"]) == ("M8", ["lot M7"])
    assert [row["was"] for row in shown["corrections"]] == ["21 °C, 21 % RH", "22 °C, 22 % RH", "lot M7"]


def test_a_closed_batch_takes_outcomes_notes_and_corrections_but_no_values(peqdlab):
    peqdlab("log-batch", RECIPE, "4a=1g")
    assert peqdlab("log-batch", "B0001", "--close", "failed", "--reason", "yellow").code == 0
    assert peqdlab("measure", "B0001", "plqy=3%").code == 0
    assert peqdlab("log-batch", "B0001", "--note", "kept for XRD").code == 0
    assert peqdlab("log-batch", "B0001", "--correct", "4a=1.01g", "--reason", "misread").code == 0
    refused = peqdlab("log-batch", "B0001", "4b=50mL")
    assert (refused.code, "R107" in refused.err) == (2, True)
    assert peqdlab("batches", "--json").json["batches"][0]["status"] == "failed"


def test_the_frozen_plan_outlives_its_template(peqdlab, edited, tmp_path):
    path = edited(('PbI2 = "1 g"', 'PbI2 = "0.5 g"'))
    peqdlab("log-batch", path)
    before = peqdlab("show", "B0001").out
    (tmp_path / "mine.toml").unlink()
    assert peqdlab("show", "B0001").out == before
    assert peqdlab("run-sheet", "B0001").code == 0


def test_an_accepted_error_becomes_a_deviation_of_the_batch(peqdlab, edited, tmp_path):
    path = edited(('cs_oleate = "8 mL"', 'cs_oleate = "30 mL"'))
    assert peqdlab("log-batch", path).code == 1
    peqdlab("plan", path, "--accept", "cs-limits=wanted for this test", "-o", str(tmp_path / "plan.json"))
    assert peqdlab("log-batch", str(tmp_path / "plan.json")).code == 0
    deviations = peqdlab("show", "B0001", "--json").json["deviations"]
    assert [(row["code"], row["reason"]) for row in deviations] == [("cs-limits", "wanted for this test")]


def test_the_sheet_of_a_batch_has_its_values_in_the_blanks(peqdlab):
    peqdlab("log-batch", RECIPE, "4a=1.040g", "12=21.5C/21%")
    peqdlab("log-batch", "B0001", "--correct", "4a=1.030g", "--reason", "misread")
    sheet = peqdlab("run-sheet", "B0001").out
    assert "1.030 g (was 1.040 g)" in sheet
    assert "21.5 °C / 21 %" in sheet


def test_a_value_far_from_its_plan_is_remarked_on_and_logged(peqdlab):
    peqdlab("log-batch", RECIPE)
    ran = peqdlab("log-batch", "B0001", "4a=1.030g", "4b=50.5mL")
    assert ran.code == 0
    assert ran.err == (
        "warning R110  4a\n    PbI2 1.030 g is +3.0 % from the plan of 1.000 g\n"
        "    fix     check the reading: a wrong one is mended by --correct 4a=VALUE --reason TEXT, a right\n"
        "            one stands as a deviation\n"
    )
    assert peqdlab("show", "B0001", "--json").json["values"][5]["actual"] == "1.030 g"


def test_a_batch_may_be_named_for_short(peqdlab):
    peqdlab("log-batch", RECIPE)
    assert peqdlab("log-batch", "b1", "4a=1g").code == 0
    assert peqdlab("show", "B1", "--json").json["batch"] == "B0001"


# wrong input ---------------------------------------------------------------------------------------------------------

WRONG = {
    "4z=1g": ("R101", "step 4 asks 4a (PbI2), 4b (ODE)"),
    "99a=1g": ("R101", None),
    "PbI3=lot:1": ("R101", "did you mean PbI2?"),
    "12=21C/210%": ("R103", "write 12=21.5C/34% with the meter's reading"),
    "12=-1%": ("R103", None),
    "12=900C": ("R103", None),
    "9b=1g": ("Q106", None),
    "4a=1": ("Q105", None),
    "4a=-1g": ("Q107", None),
    "4a=nan g": ("Q102", None),
    "4a=1e400g": ("Q102", None),
    "4a=1,03g": ("Q103", None),
    "4a": ("A102", None),
    "=1g": ("A102", None),
    "MeOAc=M7": ("R102", "write MeOAc=lot:M7,opened:2026-11-20,grade:anhydrous"),
    "MeOAc=lot:M7,opened:yesterday": ("R111", "write it as 2026-11-20"),
    "12=5mL": ("R102", None),
    "pce=120%": ("R102", "check number and unit"),
}


@pytest.mark.parametrize("typed", WRONG)
def test_wrong_input_is_found_with_a_remedy_and_nothing_is_logged(peqdlab, tmp_path, typed):
    peqdlab("log-batch", RECIPE)
    before = count_events(tmp_path)
    ran = peqdlab("log-batch", "B0001", typed, "--json")
    code, remedy = WRONG[typed]
    assert (ran.code, [finding["code"] for finding in ran.json["findings"]]) == (2, [code])
    assert remedy in (None, ran.json["findings"][0]["remedy"])
    assert ran.json["findings"][0]["remedy"]
    assert count_events(tmp_path) == before


def test_all_wrong_input_is_found_at_once(peqdlab):
    ran = peqdlab("log-batch", RECIPE, *WRONG, "--json")
    assert sorted(finding["code"] for finding in ran.json["findings"]) == sorted(code for code, _ in WRONG.values())


def test_a_refused_start_leaves_no_store(peqdlab, tmp_path):
    assert peqdlab("log-batch", RECIPE, "4z=1g").code == 2
    assert count_events(tmp_path) is None


def test_a_value_logged_already_is_corrected_by_the_command_that_the_finding_prints(peqdlab):
    peqdlab("log-batch", RECIPE, "4a=1.03g")
    ran = peqdlab("log-batch", "B0001", "4a=1.04g", "--json")
    finding = next(row for row in ran.json["findings"] if row["code"] == "R104")
    assert finding["message"] == "4a was logged already: 1.03 g"
    assert finding["remedy"] == "correct it: peqdlab log-batch B0001 --correct '4a=1.04g' --reason …"
    assert peqdlab("log-batch", "B0001", "--correct", "4a=1.04g", "--reason", "…").code == 2
    assert peqdlab("log-batch", "B0001", "--correct", "4a=1.04g", "--reason", "misread").code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("4a=1g", "4a=1.1g"), "R104"),
        (("--correct", "4b=50mL", "--reason", "x"), "R105"),
        (("--correct", "4a=1g"), "R106"),
        (("--close", "failed"), "R106"),
        (("--close", "great"), "L104"),
        (("--at", "tomorrow", "4a=1g"), "R111"),
        (("--at", "2099-01-01", "4a=1g"), "R111"),
        ((), "R113"),
    ],
)
def test_what_does_not_go_is_named(peqdlab, tmp_path, arguments, code):
    peqdlab("log-batch", RECIPE)
    before = count_events(tmp_path)
    ran = peqdlab("log-batch", "B0001", *arguments, "--json")
    assert ran.code == 2
    assert code in [finding["code"] for finding in ran.json["findings"]]
    assert count_events(tmp_path) == before


def test_an_unknown_batch_has_its_nearest_name(peqdlab):
    peqdlab("log-batch", RECIPE)
    ran = peqdlab("show", "B0011", "--json")
    assert (ran.code, ran.json["findings"][0]["code"], ran.json["findings"][0]["remedy"]) == (2, "R108", "did you mean B0001?")


def test_an_unknown_outcome_is_named(peqdlab):
    peqdlab("log-batch", RECIPE)
    ran = peqdlab("measure", "B0001", "plyq=80%", "--json")
    assert (ran.code, ran.json["findings"][0]["code"], ran.json["findings"][0]["remedy"]) == (2, "R109", "did you mean plqy?")


def test_a_fill_factor_may_be_a_fraction_or_per_cent(peqdlab):
    peqdlab("log-batch", RECIPE)
    peqdlab("log-batch", RECIPE)
    peqdlab("measure", "B0001", "ff=0.73")
    peqdlab("measure", "B0002", "ff=73%")
    values = [peqdlab("show", batch, "--json").json["outcomes"][0]["value"] for batch in ("B0001", "B0002")]
    assert values == ["73 %", "73 %"]


@pytest.mark.parametrize("arguments", [("batches",), ("show", "B0001"), ("compare", "B0001", "B0002"), ("verify",), ("log-batch", "B0001", "4a=1g")])
def test_a_store_that_is_missing_ends_with_4(peqdlab, arguments):
    ran = peqdlab(*arguments, "--json")
    assert (ran.code, ran.json["findings"][0]["code"]) == (4, "R901")


def test_a_store_that_is_a_text_file_ends_with_4(peqdlab, tmp_path):
    (tmp_path / "notes.txt").write_text("not a database, but long enough to look like something")
    assert peqdlab("log-batch", RECIPE, "--store", str(tmp_path / "notes.txt")).code == 4
    assert peqdlab("batches", "--store", "postgresql://lab/peqdlab").code == 4


def test_an_edited_event_is_found(peqdlab, tmp_path):
    peqdlab("log-batch", RECIPE, "4a=1.03g")
    with sqlite3.connect(tmp_path / "batches.db") as connection:
        connection.execute("DROP TRIGGER events_no_update")
        connection.execute("UPDATE events SET body = replace(body, '1.03', '1.00') WHERE kind = 'actual'")
    ran = peqdlab("verify", "--json")
    assert (ran.code, ran.json["findings"][0]["code"]) == (1, "R905")


@pytest.mark.parametrize("text", ["[/bold] [red]x", "\x1b[31mred\x1b[0m", "a\nb\tc", "x" * 100_000, "\u202egnp.exe", "<script>`|*_$&", "日本語 αβγ"])
def test_hostile_text_is_text(peqdlab, text):
    peqdlab("log-batch", RECIPE, "--note", text)
    assert peqdlab("show", "B0001", "--json").json["notes"][0]["text"] == text
    shown = peqdlab("show", "B0001").out
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert max(len(line) for line in shown.split("\n")) <= 100


def test_two_processes_at_once_both_get_an_answer(peqdlab, tmp_path):
    peqdlab("log-batch", RECIPE)
    command = [sys.executable, "-m", "peqdlab", "log-batch", "B0001", "--store", str(tmp_path / "batches.db"), "--note"]
    running = [subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for n in range(4)]
    codes = []
    for process in running:
        out, err = process.communicate()
        codes.append(process.returncode)
        assert "Traceback" not in err, out
    assert set(codes) <= {0, 4}
    assert 0 in codes
    assert peqdlab("verify").code == 0


def test_json_of_every_record_command_is_json(two):
    for arguments in (("batches",), ("show", "B0001"), ("compare", "B0001", "B0002"), ("verify",), ("run-sheet", "B0001"), ("log-batch", "B0001", "4b=50mL")):
        json.loads(two(*arguments, "--json").out)
