"""`peqdlab plan --vary`: the set on the terminal, as JSON and as a folder of plans; what it refuses; batches that know their run."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

CHAIN = ("hot_injection/binary-cspbi3", "purification/meoac", "ligand_exchange/meoac-humid", "soaking/fai-etoac")
SET = ("plan", *CHAIN, "--vary", "soak.time=5s,10s,20s", "--vary", "rh=15%,21%,27%", "--replicates", "3")
SMALL = ("plan", "hot_injection/binary-cspbi3", "--vary", "T_inject=170C,180C")


def codes(ran) -> list[str]:
    return [finding["code"] for finding in ran.json["findings"]]


def test_27_runs_are_planned_in_three_blocks_with_one_shared_preparation(peqdlab) -> None:
    ran = peqdlab(*SET, "--json")
    found = ran.json
    assert (ran.code, ran.err, found["schema"], len(found["runs"])) == (0, "", "peqdlab.set/1", 27)
    assert [run["id"] for run in found["runs"]] == [f"R{n:02d}" for n in range(1, 28)]
    for block in (1, 2, 3):
        levels = {tuple(run["levels"].values()) for run in found["runs"] if run["block"] == run["day"] == block}
        assert len(levels) == 9
    assert found["shared"]["run"] == {"set": found["id"], "run": "shared", "hands_over": {"ink": "4.860 mL for all runs"}}
    assert found["shares"] == [{"id": "ink", "there_ml": "7.807", "taken_ml": "4.860"}]
    assert all(run["plan"]["digest"] == run["digest"] and run["plan"]["run"]["run"] == run["id"] for run in found["runs"])
    assert all(run["plan"]["choices"] == {"t_soak": run["levels"]["soak.time"]} for run in found["runs"])


def test_the_same_command_gives_the_same_set_and_a_seed_another(peqdlab) -> None:
    first, again, other = (peqdlab(*SET, *more).out for more in ((), (), ("--seed", "7")))
    assert first == again != other
    assert "order by seed 7" in other


def test_the_terminal_says_factors_order_and_what_is_made_once_and_each_finding_once(peqdlab) -> None:
    ran = peqdlab(*SET)
    assert ran.out.startswith("27 runs in 3 days: ")
    assert "soak.time  parameter t_soak  5 s, 10 s, 20 s   soaked" in ran.out
    assert "made once, for all runs (scale 1)" in ran.out
    assert "room.RH is 15 % at steps 3, 6, 9 (dip)" in ran.out
    assert ran.out.count("best-air") == 2
    assert ran.out.endswith("next: write it with -o set/, then peqdlab run-sheet set/R01.toml or peqdlab log-batch set/R01.toml\n")


# files -------------------------------------------------------------------------------------------------------------------------


def test_a_folder_holds_the_design_and_plans_that_every_command_reads(peqdlab, tmp_path) -> None:
    folder = tmp_path / "set"
    ran = peqdlab(*SET, "-o", f"{folder}/")
    assert (ran.code, sorted(path.name for path in folder.iterdir())) == (0, sorted(["set.toml", "shared.toml", *(f"R{n:02d}.toml" for n in range(1, 28))]))
    told = tomllib.loads((folder / "set.toml").read_text(encoding="utf-8"))
    for run in told["runs"]:
        saved = tomllib.loads((folder / run["file"]).read_text(encoding="utf-8"))
        assert (saved["digest"], saved["run"]["levels"]) == (run["digest"], run["levels"])
    run = next(run for run in told["runs"] if run["levels"] == {"soak.time": "20 s", "rh": "15 %"})
    sheet = peqdlab("run-sheet", str(folder / run["file"])).out
    assert f"run         {run['id']} of set {told['id']}, day {run['day']}, block {run['block']}, replicate {run['replicate']}" in sheet
    assert "levels      soak.time 20 s; rh 15 %" in sheet
    assert "room T / RH            planned 15 % RH" in sheet
    assert "dip into bath_2 for 20 s" in sheet
    assert peqdlab("plan", str(folder / run["file"]), "--json").json["digest"] == run["digest"]
    shared = peqdlab("run-sheet", str(folder / "shared.toml")).out
    assert "hands over  ink 4.860 mL for all runs" in shared


def test_a_batch_of_a_run_knows_its_set_and_levels_and_two_are_compared_by_them(peqdlab, tmp_path) -> None:
    peqdlab(*SET, "-o", f"{tmp_path}/set/")
    told = tomllib.loads((tmp_path / "set" / "set.toml").read_text(encoding="utf-8"))
    first, second = (
        next(run for run in told["runs"] if run["levels"] == {"soak.time": "10 s", "rh": rh} and run["day"] == 1) for rh in ("15 %", "21 %")
    )
    for run in (first, second):
        assert peqdlab("log-batch", str(tmp_path / "set" / run["file"])).code == 0
    shown = peqdlab("show", "B0001", "--json").json
    assert (shown["run"]["set"], shown["run"]["run"], shown["run"]["levels"]) == (told["id"], first["id"], first["levels"])
    assert "level of rh" in peqdlab("compare", "B0001", "B0002").out
    assert peqdlab("verify").code == 0


@pytest.mark.parametrize("name", ["set.json", "set.md", "set.txt"])
def test_a_set_is_written_as_one_document(peqdlab, tmp_path, name) -> None:
    path = tmp_path / name
    assert peqdlab(*SMALL, "-o", str(path)).code == 0
    text = path.read_text(encoding="utf-8")
    assert len(json.loads(text)["runs"]) == 2 if name.endswith("json") else "R02" in text


def test_a_set_with_errors_writes_nothing_and_says_how_to_go_on(peqdlab, tmp_path) -> None:
    ran = peqdlab(*SET, "--substrates", "12", "-o", f"{tmp_path}/set/")
    assert (ran.code, ran.out, (tmp_path / "set").exists()) == (1, "", False)
    assert "crude holds" in ran.err
    assert ran.err.endswith('not planned: 4 errors; mend them, or go on with --accept B205="reason"\n')
    accepted = peqdlab(*SET, "--substrates", "12", "--accept", "B205=in two flasks", "-o", f"{tmp_path}/set/")
    assert accepted.code == 0
    plans = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "set").glob("*.toml")}
    assert plans["shared"]["accepted"] == {"B205": "in two flasks"}
    assert plans["R01"]["accepted"] == {}


def test_a_folder_that_is_not_empty_is_not_written_over(peqdlab, tmp_path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    ran = peqdlab(*SMALL, "-o", str(tmp_path), "--json")
    assert (ran.code, codes(ran), [path.name for path in tmp_path.iterdir()]) == (2, ["A110"], ["mine.txt"])


def test_an_empty_folder_is_filled_and_one_that_cannot_be_made_is_refused(peqdlab, tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    assert peqdlab(*SMALL, "-o", str(tmp_path / "empty")).code == 0
    assert (tmp_path / "empty" / "R02.toml").is_file()
    ran = peqdlab(*SMALL, "-o", f"{tmp_path}/no/where/", "--json")
    assert (ran.code, codes(ran)) == (2, ["A107"])


# lots --------------------------------------------------------------------------------------------------------------------------


def test_a_bottle_is_kept_in_the_plan_and_printed_in_the_weighing_table(peqdlab, tmp_path) -> None:
    plan = tmp_path / "plan.toml"
    ran = peqdlab("plan", *CHAIN, "--lot", "MeOAc=M7", "--lot", "bath.MeOAc=M9", "-o", str(plan), "--json")
    assert (ran.code, ran.json["lots"]) == (0, {"MeOAc": "M7", "bath.MeOAc": "M9"})
    rows = [line.split() for line in peqdlab("run-sheet", str(plan)).out.splitlines() if line[:1].isdigit() and " MeOAc " in line]
    assert {(row[1], row[-1]) for row in rows} == {("washed", "M7"), ("ink", "M7"), ("bath", "M9"), ("soaked", "M7")}
    assert peqdlab("plan", str(plan), "--json").json["digest"] == ran.json["digest"]


def test_a_plan_without_a_set_or_a_bottle_says_nothing_of_them(peqdlab) -> None:
    assert peqdlab("plan", CHAIN[0], "--json").json.keys().isdisjoint({"lots", "run", "rooms", "cut"})


def test_bottles_are_varied(peqdlab) -> None:
    found = peqdlab("plan", *CHAIN, "--vary", "lot.bath.MeOAc=M7,M8", "--replicates", "2", "--json").json
    assert {(run["levels"]["lot.bath.MeOAc"], run["plan"]["lots"]["bath.MeOAc"]) for run in found["runs"]} == {("M7", "M7"), ("M8", "M8")}


# hostile input -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "found", "says"),
    [
        (("--vary", "soack.time=1s,2s"), ["A140"], "did you mean soak.time?"),
        (("--vary", "foo=1,2"), ["A140"], "or STEP.time, STEP.temperature, rh, room.T, lot.MATERIAL"),
        (("--vary", "wash 9.rh=10%,20%"), ["A140"], "one of: dip, soak"),
        (("--vary", "t_soak=5s"), ["A141"], "--set t_soak=5s"),
        (("--vary", "t_soak=60s,1min"), ["A141"], "has the level 1 min twice"),
        (("--vary", "t_soak=5s,10C"), ["A141"], "mixes a duration (5 s) and a temperature (10 °C)"),
        (("--vary", "t_soak=5s,9s", "--vary", "soak.time=1s,2s"), ["A141"], "are the same thing"),
        (("--vary", "t_soak=5s,9s", "--set", "soak.time=1s"), ["A141"], "leave --set t_soak out"),
        (("--vary", "t_soak=5,9"), ["Q105"], "5 has no unit"),
        (("--vary", "t_soak=5s,,9s"), ["Q101"], "no number"),
        (("--vary", "t_soak=5s,nan s"), ["Q102"], "finite"),
        (("--vary", "rh=15,21"), ["Q105"], "15 has no unit"),
        (("--vary", "rh=15%,150%"), ["R103"], "write 0 % to 100 %"),
        (("--vary", "rh=15C,20C"), ["Q106"], "needed a ratio"),
        (("--vary", "rh"), ["A102"], "--vary soak.time=5s,10s"),
        (("--vary", "=1,2"), ["A102"], "--vary soak.time=5s,10s"),
        (("--vary", "lot.Foo=1,2"), ["A108"], "is not used here"),
        (("--vary", "lot.MeOAc=M7,M8", "--lot", "MeOAc=M7"), ["A141"], "leave --lot MeOAc out"),
        (("--vary", f"c_salt={','.join(f'{n}mmol/L' for n in range(1, 101))}", "--replicates", "100"), ["A142"], "10000 runs; at most 500"),
        (("--vary", f"c_salt={','.join(f'{n}mmol/L' for n in range(1, 10001))}"), ["A142"], "10000 levels"),
        (("--vary", "t_soak=5s,9s", "--replicates", "1000000000"), ["A142"], "--replicates 250"),
        (("--vary", "t_soak=5s,9s", "--weighed", "PbI2=1g"), ["A143"], "leave --weighed out"),
        (("--vary", "t_soak=5s,9s", "--target", "200mg"), ["A143"], "leave --target out"),
        (("--vary", "t_soak=5s,9s", "--diff", CHAIN[0]), ["A143"], "--diff set/R01.toml set/R02.toml"),
        (("--vary", "t_soak=5s,9s", "--accept", "B205=why"), ["A104"], "no finding has the code"),
        (("--vary", "t_soak=5s,9s", "-o", "set"), ["A105"], "-o set/"),
    ],
)  # fmt: skip
def test_what_makes_no_set_is_refused_with_what_to_type(peqdlab, arguments, found, says) -> None:
    ran = peqdlab("plan", *CHAIN, *arguments, "--json")
    assert (ran.code, codes(ran)) == (2, found)
    assert says in ran.json["findings"][0]["message"] + ran.json["findings"][0]["remedy"]


def test_every_doubt_about_factors_is_said_at_once(peqdlab) -> None:
    ran = peqdlab("plan", *CHAIN, "--vary", "rh=15%", "--vary", "foo=1,2", "--vary", "t_soak=1s,1s", "--json")
    assert (ran.code, codes(ran)) == (2, ["A140", "A141", "A141"])


def test_a_run_of_a_set_keeps_its_level_and_is_not_varied_again(peqdlab, tmp_path) -> None:
    peqdlab(*SMALL, "-o", f"{tmp_path}/set/")
    run = str(Path(tmp_path) / "set" / "R01.toml")
    assert codes(peqdlab("plan", run, "--set", "T_inject=160C", "--json")) == ["A141"]
    assert codes(peqdlab("plan", run, "--vary", "T_inject=160C,170C", "--json")) == ["A140"]
    assert peqdlab("plan", run, "--set", "recovery=80%", "--json").json["run"]["run"] == "R01"
