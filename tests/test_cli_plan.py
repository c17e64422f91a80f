"""The commands `plan`, `check`, `run-sheet` and `protocols` from outside: exit codes, where each word goes, files written whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHIPPED = "hot_injection/binary-cspbi3"
TOO_MUCH = ('{ inject = { cs_oleate = "8 mL" }', '{ inject = { cs_oleate = "30 mL" }')


def codes(ran) -> list[str]:
    return [finding["code"] for finding in ran.json["findings"]]


# what goes where ---------------------------------------------------------------------------------------------------------------


def test_a_plan_is_printed_with_its_next_step_and_nothing_to_say(peqdlab) -> None:
    ran = peqdlab("plan", SHIPPED)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("CsPbI₃ dots, binary route, 50 mL ODE\n")
    assert ran.out.endswith(f"next: peqdlab run-sheet {SHIPPED} or peqdlab log-batch {SHIPPED}\n")


@pytest.mark.parametrize(
    ("arguments", "code", "found"),
    [
        (("plan", SHIPPED), 0, ["U001", "S112"]),
        (("plan", "hot_injektion"), 2, ["A101"]),
        (("plan", "missing.toml"), 2, ["T004"]),
        (("plan", SHIPPED, "--set", "T_injct=170C"), 2, ["A103"]),
        (("plan", SHIPPED, "--set", "T_inject"), 2, ["A102"]),
        (("plan", SHIPPED, "--set", "=5"), 2, ["A102"]),
        (("plan", SHIPPED, "--set", "T_inject=170"), 2, ["Q105"]),
        (("plan", SHIPPED, "--set", "T_inject=17O C"), 2, ["Q104"]),
        (("plan", SHIPPED, "--set", "T_inject=nan C"), 2, ["Q102"]),
        (("plan", SHIPPED, "--set", "T_inject=170C", "--set", "a=1", "--accept", "B203"), 2, ["A104", "A103"]),
        (("plan", SHIPPED, "--accept", "B203=why not"), 2, ["A104"]),
        (("plan", SHIPPED, "--accept", "S112="), 2, ["A104"]),
        (("plan", SHIPPED, "--accept", "S112=the label is old"), 0, ["U001", "S112"]),
        (("plan", SHIPPED, "-o", "plan.xyz"), 2, ["A105"]),
        (("plan", SHIPPED, "-o", "plan"), 2, ["A105"]),
        (("plan", SHIPPED, "-o", "no/folder/plan.json"), 2, ["A107"]),
        (("run-sheet", "hot_injektion"), 2, ["A101"]),
        (("plan", "hot_injection/binary-cspbbr3"), 0, ["S112", "U001"]),
        (("check", "missing.toml"), 2, ["T004"]),
    ],
)
def test_json_goes_to_standard_output_alone_with_the_exit_code(arguments, code, found, tmp_path, monkeypatch, peqdlab) -> None:
    monkeypatch.chdir(tmp_path)
    ran = peqdlab(*arguments, "--json")
    assert (ran.code, ran.err) == (code, "")
    assert codes(ran) == found
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("plan", "hot_injektion"), "did you mean hot_injection?"),
        (("plan", "hot_injection/binary-cspbj3"), "did you mean binary-cspbi3?"),
        (("plan", SHIPPED, "--set", "recovry=80%"), "did you mean recovery?"),
        (("plan", SHIPPED, "--set", "T_inject=170 degc"), "did you mean degC?"),
        (("run-sheet", "hot_injektion/x"), "did you mean hot_injection?"),
    ],
)
def test_an_unknown_name_ends_with_two_and_the_nearest_spelling_on_standard_error(arguments, remedy: str, peqdlab) -> None:
    ran = peqdlab(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert remedy in ran.err


def test_a_setting_of_another_kind_is_an_error_of_the_content(peqdlab) -> None:
    ran = peqdlab("plan", SHIPPED, "--set", "T_inject=5mL", "--json")
    assert (ran.code, ran.err) == (1, "")
    assert {finding["code"] for finding in ran.json["findings"] if finding["severity"] == "error"} == {"Q106"}


def test_a_sheet_with_another_ending_is_not_written(tmp_path, monkeypatch, peqdlab) -> None:
    monkeypatch.chdir(tmp_path)
    ran = peqdlab("run-sheet", SHIPPED, "-o", "sheet.xyz")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error A105  -o sheet.xyz\n    .xyz is not written here\n")
    assert not list(tmp_path.iterdir())


def test_an_unknown_command_option_or_missing_argument_ends_with_two(peqdlab) -> None:
    for arguments in (("paln", SHIPPED), ("plan",), ("plan", SHIPPED, "--sett", "a=1"), ("check",)):
        ran = peqdlab(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err


# errors and acceptances --------------------------------------------------------------------------------------------------------


def test_an_error_stops_a_plan_and_says_how_to_go_on(edited, peqdlab) -> None:
    ran = peqdlab("plan", edited(TOO_MUCH))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.endswith('not planned: 1 error; mend them, or go on with --accept cs-limits="reason"\n')
    assert "fix     cs_oleate at most 24.5 mL" in ran.err


def test_an_accepted_error_lets_the_plan_through_and_stays_visible(edited, peqdlab) -> None:
    path = edited(TOO_MUCH)
    ran = peqdlab("plan", path, "--accept", "cs-limits=a trial = of the limit", "--json")
    assert (ran.code, ran.json["accepted"]) == (0, {"cs-limits": "a trial = of the limit"})
    assert "cs-limits" in codes(ran)
    text = peqdlab("plan", path, "--accept", "cs-limits=a trial")
    assert text.code == 0
    assert "note cs-limits  accepted\n    a trial\n" in text.out


def test_every_error_must_be_accepted(edited, peqdlab) -> None:
    path = edited(TOO_MUCH, ("CO3-2 + 2 OA -> 2 OA- + CO2 + H2O", "TOP + TMSI -> C27H60ISiP"))
    one = peqdlab("plan", path, "--accept", "cs-limits=x")
    assert one.code == 1
    assert '--accept B203="reason"' in one.err
    assert peqdlab("plan", path, "--accept", "cs-limits=x", "--accept", "B203=y", "--json").code == 0


def test_a_plan_with_errors_is_whole_as_json(edited, peqdlab) -> None:
    ran = peqdlab("plan", edited(TOO_MUCH), "--json")
    assert (ran.code, ran.err) == (1, "")
    assert (ran.json["schema"], ran.json["ratios"]["Pb/Cs"]) == ("peqdlab.plan/1", "1.225")


def test_a_template_that_cannot_be_read_ends_with_one_and_all_its_findings(edited, peqdlab) -> None:
    path = edited(('"0.75 g"', '"0.75"'), ("heat = ", "haet = "))
    for command in ("plan", "check", "run-sheet"):
        ran = peqdlab(command, path, "--json")
        assert (ran.code, codes(ran)) == (1, ["Q105", "L105"])
    text = peqdlab("plan", path)
    assert (text.code, text.out) == (1, "")
    assert "mine.toml:" in text.err


# files written -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plan.json", "plan.toml", "plan.md", "plan.txt", "PLAN.TXT"])
def test_a_plan_is_written_by_the_ending_of_its_file(name: str, tmp_path, monkeypatch, peqdlab) -> None:
    monkeypatch.chdir(tmp_path)
    ran = peqdlab("plan", SHIPPED, "-o", name)
    assert ran.code == 0
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert "0.7500" in Path(name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["sheet.txt", "sheet.md"])
def test_a_run_sheet_is_written_by_the_ending_of_its_file(name: str, tmp_path, monkeypatch, peqdlab) -> None:
    monkeypatch.chdir(tmp_path)
    ran = peqdlab("run-sheet", SHIPPED, "-o", name)
    assert (ran.code, ran.out) == (0, "")
    assert "Waste, with its lead" in Path(name).read_text(encoding="utf-8")


def test_the_next_step_names_a_saved_plan_where_there_is_one(tmp_path, monkeypatch, peqdlab) -> None:
    monkeypatch.chdir(tmp_path)
    assert peqdlab("plan", SHIPPED, "-o", "plan.toml").out.endswith("next: peqdlab run-sheet plan.toml or peqdlab log-batch plan.toml\n")
    assert f"run-sheet {SHIPPED}" in peqdlab("plan", SHIPPED, "-o", "plan.txt").out


def test_a_folder_in_the_place_of_the_file_is_named_and_left_as_it_is(tmp_path, monkeypatch, peqdlab) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.json").mkdir()
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    for name in ("plan.json", "file/plan.json"):
        ran = peqdlab("plan", SHIPPED, "-o", name, "--json")
        assert (ran.code, codes(ran)) == (2, ["A107"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "plan.json"]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "kept"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path, peqdlab) -> None:
    tmp_path.chmod(0o500)
    ran = peqdlab("plan", SHIPPED, "-o", str(tmp_path / "plan.json"), "--json")
    tmp_path.chmod(0o700)
    assert (ran.code, codes(ran)) == (2, ["A107"])


# several files, protocols ------------------------------------------------------------------------------------------------------


def test_several_files_are_checked_at_once_each_at_its_place(edited, peqdlab) -> None:
    good, bad = edited(name="good.toml"), edited(('"0.75 g"', '"0.75"'), name="bad.toml")
    ran = peqdlab("check", good, bad, "--json")
    assert ran.code == 1
    errors = [finding for finding in ran.json["findings"] if finding["severity"] == "error"]
    assert [(finding["code"], finding["where"]["file"]) for finding in errors] == [("Q105", bad)]
    fine = peqdlab("check", good, good)
    assert (fine.code, fine.err) == (0, "2 files read: no errors\n")


def test_the_list_of_protocols_can_be_planned_from(peqdlab) -> None:
    rows = peqdlab("protocols", "--json").json["protocols"]
    assert SHIPPED in [row["protocol"] for row in rows]
    for row in rows:
        assert peqdlab("plan", row["protocol"], "--json").code == 0
    shown = peqdlab("protocols", SHIPPED, "--json").json
    assert [row["name"] for row in shown["parameters"]] == ["T_inject", "recovery", "residue"]
    assert [row["name"] for row in shown["checks"]] == ["cs-limits", "lead", "damp-wash"]


# as a program ------------------------------------------------------------------------------------------------------------------


def program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    given = {"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", ""), **environment}
    return subprocess.run([sys.executable, "-m", "peqdlab", *arguments], capture_output=True, env=given)


def test_the_program_prints_the_same_as_the_command_in_process(peqdlab) -> None:
    ran = program("plan", SHIPPED, "--json")
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert json.loads(ran.stdout) == peqdlab("plan", SHIPPED, "--json").json


def test_a_reader_that_goes_away_is_no_failure() -> None:
    given = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "peqdlab", "plan", SHIPPED, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=given
    ) as ran:
        ran.stdout.close()
        assert ran.stderr.read() == b""
    assert ran.returncode in (0, 1, 2) or ran.returncode < 0


def test_what_comes_next_keeps_what_was_asked(peqdlab) -> None:
    assert "peqdlab run-sheet hot_injection/binary-cspbi3" in peqdlab("plan", "hot_injection/binary-cspbi3").out
    assert "next: save it with -o plan.toml" in peqdlab("plan", "hot_injection/binary-cspbi3", "--scale", "1/2").out
