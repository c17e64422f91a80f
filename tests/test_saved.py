"""A saved plan is a plan again: as JSON or TOML, from any folder, with any line ends; and a changed one is refused."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from peqdlab.saved import SavedPlanError, validate_plan

SHIPPED = Path(__file__).parents[1] / "protocols" / "hot_injection.toml"
ONE_VARIANT = SHIPPED.read_bytes().partition(b"\n[binary-cspbbr3]")[0]


@pytest.fixture(params=["plan.json", "plan.toml"])
def saved(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, peqdlab) -> str:
    """Return the name of a saved plan of the shipped protocol with a setting, in the present folder."""
    monkeypatch.chdir(tmp_path)
    assert peqdlab("plan", "hot_injection/binary-cspbi3", "--set", "recovery=80%", "-o", request.param).code == 0
    return request.param


def digest_of(name: str) -> str:
    text = Path(name).read_text(encoding="utf-8")
    return (json.loads(text) if name.endswith("json") else tomllib.loads(text))["digest"]


# read back ---------------------------------------------------------------------------------------------------------------------


def test_a_saved_plan_is_planned_again_with_its_settings_and_digest(saved: str, peqdlab) -> None:
    again = peqdlab("plan", saved, "--json")
    assert again.code == 0
    assert again.json["digest"] == digest_of(saved)
    assert (again.json["choices"], again.json["expected_mg"]) == ({"recovery": "80 %"}, "272.3")


def test_a_saved_plan_makes_the_run_sheet_of_its_protocol(saved: str, peqdlab) -> None:
    sheet = peqdlab("run-sheet", saved)
    assert sheet.code == 0
    assert digest_of(saved).removeprefix("sha256:")[:12] in sheet.out
    assert "recovery = 80 %" in sheet.out


def test_a_saved_plan_starts_a_batch_that_holds_it(saved: str, peqdlab) -> None:
    started = peqdlab("log-batch", saved, "4a=1.010g", "--json")
    assert started.code == 0
    assert (started.json["batch"], started.json["product"]) == ("B0001", "CsPbI3")
    assert peqdlab("run-sheet", "B0001", "--json").json["digest"] == digest_of(saved)


def test_a_setting_is_added_to_those_of_a_saved_plan(saved: str, peqdlab) -> None:
    more = peqdlab("plan", saved, "--set", "T_inject=170C", "--json").json
    assert more["choices"] == {"recovery": "80 %", "T_inject": "170 °C"}
    assert more["digest"] != digest_of(saved)


def test_a_plan_of_a_saved_plan_may_be_saved_over_it(saved: str, peqdlab) -> None:
    before = Path(saved).read_text(encoding="utf-8")
    assert peqdlab("plan", saved, "-o", saved).code == 0
    assert Path(saved).read_text(encoding="utf-8") == before


def test_a_saved_plan_does_not_need_its_template_any_more(tmp_path, monkeypatch, edited, peqdlab) -> None:
    monkeypatch.chdir(tmp_path)
    path = edited(name="gone.toml")
    before = peqdlab("plan", path, "-o", "plan.json", "--json").json
    Path(path).unlink()
    assert peqdlab("plan", "plan.json", "--json").json["digest"] == before["digest"]


def test_an_accepted_error_stays_accepted_in_a_saved_plan(tmp_path, monkeypatch, edited, peqdlab) -> None:
    monkeypatch.chdir(tmp_path)
    path = edited(("CO3-2 + 2 OA -> 2 OA- + CO2 + H2O", "TOP + TMSI -> C27H60ISiP"), ('loses = ["CO2", "H2O"]', "hold = true"))
    for name in ("plan.json", "plan.toml"):
        assert peqdlab("plan", path, "--accept", "B203=no such thing here", "-o", name).code == 0
        assert peqdlab("plan", name, "--json").json["accepted"] == {"B203": "no such thing here"}
        assert peqdlab("run-sheet", name).code == 0


# the digest --------------------------------------------------------------------------------------------------------------------


def test_the_digest_is_the_same_whichever_folder_the_template_lies_in(tmp_path, monkeypatch, peqdlab) -> None:
    digests = []
    for folder in ("one", "two/three"):
        place = tmp_path / folder / "mine.toml"
        place.parent.mkdir(parents=True)
        place.write_bytes(ONE_VARIANT)
        digests.append(peqdlab("plan", str(place), "--json").json["digest"])
    monkeypatch.chdir(tmp_path / "one")
    digests.append(peqdlab("plan", "mine.toml", "--json").json["digest"])
    assert len(set(digests)) == 1


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["plan.json", "plan.toml"])
def test_line_ends_of_a_template_survive_saving(ends: str, name: str, tmp_path, monkeypatch, peqdlab) -> None:
    monkeypatch.chdir(tmp_path)
    text = ONE_VARIANT.replace(b"\n", ends.encode())
    (tmp_path / "mine.toml").write_bytes(text)
    made = peqdlab("plan", "mine.toml", "-o", name, "--json").json
    assert made["template"]["text"].encode() == text
    again = peqdlab("plan", name, "--json").json
    assert (again["template"]["text"].encode(), again["digest"]) == (text, made["digest"])


@pytest.mark.parametrize("odd", ['"""', "'''", "\\\\", "\\u0000", "\\u007F", "\\U0001F9EA", "\\\\u0041", " \\\\\\n  "])
def test_odd_text_of_a_template_survives_saving(odd: str, tmp_path, monkeypatch, edited, peqdlab) -> None:
    monkeypatch.chdir(tmp_path)
    comment = f"# odd: {odd}" if odd in ('"""', "'''") else "# odd"
    title = "odd" if odd in ('"""', "'''") else f"odd {odd} text"
    path = edited(('title  = "Hot-injection synthesis"', f'title  = "{title}" {comment}'), ("CsPbI3 dots, binary route", f"{title} CsPbI3"))
    made = peqdlab("plan", path, "-o", "plan.toml", "--json").json
    assert peqdlab("plan", "plan.toml", "--json").json["digest"] == made["digest"]


# changed ones ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("old", "new"), [('"340.4"', '"340.5"'), ("0.75 g", "0.76 g"), ("0.8935 g/mL", "0.8936 g/mL"), ("80 %", "81 %")])
def test_a_changed_digit_is_found_by_every_command_that_reads_a_plan(old: str, new: str, saved: str, peqdlab) -> None:
    text = Path(saved).read_text(encoding="utf-8")
    assert old in text
    Path(saved).write_text(text.replace(old, new, 1), encoding="utf-8")
    for command in ("plan", "run-sheet", "log-batch"):
        ran = peqdlab(command, saved, "--json")
        assert (ran.code, [finding["code"] for finding in ran.json["findings"]]) == (2, ["A106"])
        assert "changed since it was saved" in ran.json["findings"][0]["message"]


def test_the_name_of_the_template_may_be_changed_since_it_is_no_part_of_the_plan(saved: str, peqdlab) -> None:
    text = Path(saved).read_text(encoding="utf-8")
    Path(saved).write_text(text.replace("hot_injection.toml", "renamed.toml"), encoding="utf-8")
    assert peqdlab("plan", saved, "--json").json["digest"] == digest_of(saved)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{",
        '{"schema": "peqdlab.plan/1"}',
        '{"schema": "peqdlab.plan/2"}',
        '{"schema": 1}',
        "[" * 5000,
        '{"a": NaN}',
        "\ufeff{}",
    ],
)
def test_json_that_is_no_plan_is_named(text: str, tmp_path, monkeypatch, peqdlab) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plan.json").write_text(text, encoding="utf-8")
    for command in ("plan", "run-sheet"):
        ran = peqdlab(command, "plan.json", "--json")
        assert (ran.code, [finding["code"] for finding in ran.json["findings"]]) == (2, ["A106"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda plan: plan.update(schema="peqdlab.plan/9"), "schema 'peqdlab.plan/9' is not peqdlab.plan/1"),
        (lambda plan: plan.pop("steps"), "steps: field required"),
        (lambda plan: plan.update(steps="16"), "steps: "),
        (lambda plan: plan["choices"].update(recovery=80), "choices.recovery: "),
        (lambda plan: plan["template"].update(more="x"), "template.more: "),
        (lambda plan: plan["findings"][0].pop("remedy"), "findings.0.remedy: field required"),
        (lambda plan: plan.update(scale=0.5), "scale"),
        (lambda plan: plan.update(digest="sha256:0"), "changed since it was saved"),
    ],
)
def test_a_plan_of_another_shape_says_where(change, message: str, peqdlab) -> None:
    plan = peqdlab("plan", "hot_injection/binary-cspbi3", "--set", "recovery=80%", "--json").json
    assert validate_plan(plan) is plan
    change(plan)
    with pytest.raises(SavedPlanError, match=".*") as raised:
        validate_plan(plan)
    assert message in str(raised.value)
