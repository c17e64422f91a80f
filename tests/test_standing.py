"""What as-run figures rest on, and what can still be done about a finding once the pot is finished."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from peqdlab.catalog import open_template
from peqdlab.document import plan_document, without_nulls
from peqdlab.event import Event
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents
from peqdlab.record import as_run, fold
from peqdlab.standing import assumed, not_logged, still_possible

AT = "2026-11-20T14:30:00+01:00"
AFTERWARDS = "log what is missing, correct a wrong reading (--correct CODE=VALUE --reason TEXT), or add what came of it (--note TEXT)"


@cache
def document() -> dict[str, Any]:
    reagents = shipped_reagents()
    return without_nulls(plan_document(make_plan(open_template("hot_injection/binary-cspbi3", reagents), reagents)))


def run(*bodies: tuple[str, dict[str, Any]]):
    start = Event(1, "B0001", "start", AT, AT, "Ana", document(), "", "")
    record = fold([start, *(Event(n, "B0001", kind, AT, AT, "Ana", body, "", "") for n, (kind, body) in enumerate(bodies, 2))])
    return record, as_run(record)


def actual(code: str, value: str) -> tuple[str, dict[str, Any]]:
    return "actual", {"code": code, "value": value}


def remedies(*bodies: tuple[str, dict[str, Any]]) -> dict[str, str]:
    return {finding.code: finding.remedy for finding in still_possible(*run(*bodies))}


def test_a_ratio_rests_on_the_amounts_in_it_that_nobody_logged():
    # PbI2 brings both Pb and I; the stock's Cs is in all that was put into the stock; OAm is added once
    assert assumed(*run()) == {
        "Pb/Cs": ("1a", "1b", "1c", "4a", "9b"),
        "I/Pb": (),
        "OA/Pb": ("1b", "1c", "4a", "6a", "9b"),
        "OAm/Pb": ("4a", "6b"),
        "ceiling": ("1a", "1b", "1c", "4a", "9b", "6a", "6b"),
    }


def test_what_is_logged_or_stated_as_planned_is_not_assumed():
    stated = [code for code in not_logged(*run()) if code not in ("4a", "6b")]
    rest = assumed(*run(("as_planned", {"codes": stated}), actual("4a", "1.03 g")))
    assert rest == {"Pb/Cs": (), "I/Pb": (), "OA/Pb": (), "OAm/Pb": ("6b",), "ceiling": ("6b",)}


def test_an_amount_before_its_step_has_the_remedy_that_was_solved_for():
    assert remedies(actual("4a", "1.2 g"))["lead"].startswith("cs_oleate at least ")
    assert remedies(actual("4a", "1.2 g"), actual("9b", "8 mL"))["lead"] == AFTERWARDS


@pytest.mark.parametrize("later", [actual("10a", "10 s"), ("condition", {"step": "12", "temperature_c": "21"}), ("close", {"result": "good"})])
def test_a_pot_that_is_finished_has_no_remedy_of_a_planner(later):
    found = remedies(actual("4b", "300 mL"), later)
    assert found["B205"] == AFTERWARDS
    assert all(remedy == AFTERWARDS or remedy.startswith("for the next batch: ") for remedy in found.values())


def test_the_room_can_be_changed_until_the_batch_is_closed():
    damp = ("condition", {"step": "room", "relative_humidity_pct": "34"})
    assert remedies(damp)["damp-wash"].startswith("bring the room to room.RH <= 30 %")
    assert remedies(damp, ("close", {"result": "good"}))["damp-wash"] == AFTERWARDS


def test_nothing_logged_leaves_the_remedies_of_the_plan():
    assert [finding.remedy for finding in still_possible(*run())] == [finding.remedy for finding in run()[1].findings]
