"""`peqdlab config`: shows whose instruments these are, sets and resets them, and never half; plans follow, saved plans keep their own."""

from __future__ import annotations

import json
import os
from pathlib import Path

import platformdirs.unix
import pytest

from peqdlab.cli.lab import config_path
from peqdlab.instruments import DEFAULT
from peqdlab.record import plan_of

SHIPPED = "hot_injection/binary-cspbi3"


def config_file() -> Path:
    return Path(os.environ["PEQDLAB_CONFIG"])


def test_without_a_file_all_is_built_in_and_said_to_be(peqdlab) -> None:
    shown = peqdlab("config")
    assert shown.code == 0
    assert f"{config_file()}: no such file yet, so all of it is built in" in shown.out.replace("\n", " ")
    told = peqdlab("config", "--json").json
    assert (told["file"], told["exists"], told["findings"]) == (str(config_file()), False, [])
    assert told["instruments"]["balance"]["analytical"] == {
        "from": "10 mg", "to": "200 g", "step": "0.1 mg", "tolerance": "0.2 mg", "evidence": "assumed", "own": [],
        "source": DEFAULT.measuring[0].source,
    }  # fmt: skip
    assert not config_file().parent.exists()  # looking makes nothing


def test_what_is_set_is_kept_and_said_to_be_the_labs(peqdlab) -> None:
    assert peqdlab("config", "balance.analytical.step=1mg", "rotor.radius=9.5cm").code == 0
    told = peqdlab("config", "rotor.places=8", "--json").json["instruments"]
    assert (told["balance"]["analytical"]["step"], told["balance"]["analytical"]["own"]) == ("1 mg", ["step"])
    assert (told["rotor"]["radius"], told["rotor"]["places"], told["rotor"]["own"]) == ("9.5 cm", 8, ["radius", "places"])
    assert peqdlab("config", "--reset", "rotor.radius", "--json").json["instruments"]["rotor"]["own"] == ["places"]
    assert peqdlab("config", "--reset", "all", "--json").json["instruments"]["rotor"]["own"] == []


WRONG = {
    ("balance.analytical.step=1mL",): "Q106",
    ("balance.analytical.step=1",): "Q105",
    ("balance.analytical.step=-1mg",): "Q107",
    ("balance.analytcal.step=1mg",): "A120",
    ("balance=1mg",): "A120",
    ("balance.analytical.step",): "A102",
    ("balance.analytical.step=",): "A102",
    ("rotor.places=six",): "Q102",
    ("balance.analytical=1 mg to 2 g, step 5 g, tolerance 1 mg",): "L112",
    ("balance.analytical=none", "balance.precision=none"): "L102",
    ("--reset", "blance"): "A120",
    ("rotor.radius=9.5cm", "rotor.tube=x"): "Q101",
}


@pytest.mark.parametrize("arguments", WRONG)
def test_bad_input_changes_nothing(arguments, peqdlab) -> None:
    assert peqdlab("config", "rotor.places=8").code == 0
    before = config_file().read_bytes()
    ran = peqdlab("config", *arguments, "--json")
    assert (ran.code, [finding["code"] for finding in ran.json["findings"]]) == (2, [WRONG[arguments]])
    assert all(finding["where"]["key"] and finding["remedy"] for finding in ran.json["findings"])
    assert config_file().read_bytes() == before
    assert [path.name for path in config_file().parent.iterdir()] == ["config.toml"]


def test_an_error_in_the_file_stops_a_plan_at_its_line(peqdlab) -> None:
    config_file().parent.mkdir()
    config_file().write_text('[balance.analytical]\nstep = "1 mL"\n', encoding="utf-8")
    for command in (("plan", SHIPPED), ("run-sheet", SHIPPED), ("config",), ("config", "rotor.places=8")):
        ran = peqdlab(*command, "--json")
        assert (ran.code, ran.json["findings"][0]["code"], ran.json["findings"][0]["where"]["line"]) == (1, "Q106", 2)
    config_file().write_text("[balance\n", encoding="utf-8")
    assert (peqdlab("plan", SHIPPED, "--json").code, peqdlab("config", "--json").json["findings"][0]["code"]) == (2, "T001")


def test_a_file_that_is_named_must_be_there_to_plan_and_not_to_be_made(tmp_path, peqdlab) -> None:
    named = str(tmp_path / "other.toml")
    ran = peqdlab("plan", SHIPPED, "--config", named, "--json")
    assert (ran.code, ran.json["findings"][0]["code"]) == (2, "T004")
    assert peqdlab("config", "balance.analytical.step=1mg", "--config", named).code == 0
    assert peqdlab("plan", SHIPPED, "--config", named, "--json").json["materials"][3]["as_dispensed"] == "1.000 g"
    assert peqdlab("plan", SHIPPED, "--json").json["materials"][3]["as_dispensed"] == "1.0000 g"


def test_a_folder_that_cannot_be_made_is_said(tmp_path, peqdlab) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    ran = peqdlab("config", "rotor.places=8", "--config", str(tmp_path / "file" / "config.toml"), "--json")
    assert (ran.code, ran.json["findings"][0]["code"]) == (2, "A107")


def test_a_link_stays_a_link(tmp_path, peqdlab) -> None:
    real, link = tmp_path / "dotfiles.toml", tmp_path / "link.toml"
    real.write_text("", encoding="utf-8")
    link.symlink_to(real)
    assert peqdlab("config", "rotor.places=8", "--config", str(link)).code == 0
    assert link.is_symlink()
    assert "rotor.places = 8" in real.read_text(encoding="utf-8")


@pytest.mark.skipif(os.name != "posix" or os.uname().sysname != "Linux", reason="the folder is spelled out for Linux alone")
@pytest.mark.parametrize("given", [None, "", "/somewhere/else"])
def test_the_folder_is_the_one_that_platformdirs_names(given, monkeypatch) -> None:
    monkeypatch.delenv("PEQDLAB_CONFIG")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    if given is not None:
        monkeypatch.setenv("XDG_CONFIG_HOME", given)
    assert config_path() == platformdirs.unix.Unix("peqdlab", appauthor=False).user_config_path / "config.toml"


# the plan keeps what it was made for ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plan.json", "plan.toml"])
def test_a_saved_plan_prints_the_same_in_a_lab_of_other_instruments(name, tmp_path, monkeypatch, peqdlab) -> None:
    monkeypatch.chdir(tmp_path)
    assert peqdlab("config", "balance.analytical.step=1mg", "rotor.radius=12cm").code == 0
    made = peqdlab("plan", SHIPPED, "-o", name, "--json").json
    sheet = peqdlab("run-sheet", name).out
    assert peqdlab("config", "--reset", "all").code == 0
    assert peqdlab("plan", name, "--json").json == made
    assert peqdlab("run-sheet", name).out == sheet
    assert "0.750 g  ± 0.5 mg" in sheet
    assert "10400 × g at 12 cm" in sheet
    other = peqdlab("plan", SHIPPED, "--json").json
    assert (other["digest"] == made["digest"], other["ratios"] == made["ratios"]) == (False, True)


def test_a_batch_keeps_the_instruments_it_was_started_with(peqdlab) -> None:
    assert peqdlab("config", "balance.analytical.step=1mg").code == 0
    assert peqdlab("log-batch", SHIPPED, "4a=1.003g").code == 0
    assert peqdlab("config", "--reset", "all").code == 0
    assert "1.000 g  ± 0.5 mg" in peqdlab("run-sheet", "B0001").out
    planned = {row["code"]: row["planned"] for row in peqdlab("show", "B0001", "--json").json["values"]}
    assert (planned["1a"], planned["4a"]) == ("0.750 g", "1.000 g")


def test_a_plan_of_a_version_without_instruments_is_read_with_the_defaults(peqdlab) -> None:
    document = peqdlab("plan", SHIPPED, "--json").json
    del document["instruments"]
    assert plan_of(document).instruments == DEFAULT


def test_instruments_that_were_damaged_in_a_plan_are_named(peqdlab) -> None:
    from peqdlab.errors import ContentError

    document = json.loads(json.dumps(peqdlab("plan", SHIPPED, "--json").json))
    document["instruments"]["balance"]["analytical"]["step"] = "soon"
    with pytest.raises(ContentError, match="has no number"):
        plan_of(document)


def test_a_flask_too_small_is_replaced_by_one_that_the_lab_has(edited, peqdlab) -> None:
    path = edited(('vessel = "250 mL flask"\nforms', 'vessel = "50 mL flask"\nforms'))
    for sizes, wanted in (("10 mL, 25 mL, 50 mL, 75 mL, 300 mL", "75 mL flask"), ("10 mL, 500 mL", "500 mL flask")):
        assert peqdlab("config", f"flask.sizes={sizes}").code == 0
        found, *_ = [row for row in peqdlab("plan", path, "--json").json["findings"] if row["code"] == "B205"]
        assert found["remedy"].startswith(f'vessel = "{wanted}"')


def test_a_sheet_may_be_printed_for_another_labs_instruments(tmp_path, peqdlab) -> None:
    other = str(tmp_path / "other.toml")
    assert peqdlab("config", "balance.analytical.step=1mg", "--config", other).code == 0
    assert peqdlab("plan", SHIPPED, "-o", str(tmp_path / "plan.json")).code == 0
    for name in (SHIPPED, str(tmp_path / "plan.json")):
        assert "0.7500 g  ± 0.2 mg" in peqdlab("run-sheet", name).out
        assert "0.750 g  ± 0.5 mg" in peqdlab("run-sheet", name, "--config", other).out


def test_two_batches_by_different_balances_and_rotors_differ_in_these_and_in_no_amount(peqdlab) -> None:
    assert peqdlab("log-batch", SHIPPED, "--at", "2026-03-01").code == 0
    assert peqdlab("config", "balance.analytical.step=1mg", "rotor.radius=12cm").code == 0
    assert peqdlab("log-batch", SHIPPED, "--at", "2026-03-01").code == 0
    found = {row["what"] for row in peqdlab("compare", "B0001", "B0002", "--json").json["differences"]}
    assert {"balance.analytical", "rotor"} <= found
    assert not [what for what in found if " into " in what]
