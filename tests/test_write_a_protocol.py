"""The page on writing a protocol holds: its lines are read, and what was typed by it plans to the ratios of the shipped variants."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from test_language_page import PROTOCOL, doubts

from peqdlab.catalog import check_file, open_template
from peqdlab.cli import COMMANDS
from peqdlab.plan import make_plan
from peqdlab.plan_difference import plan_differences
from peqdlab.reagents import shipped_reagents

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "write-a-protocol.md").read_text(encoding="utf-8")
LINES = re.findall(r"`(\{ .*? \}),?`", PAGE)
REACTIONS = re.findall(r"`react = (\[.*?\])`", PAGE)
TYPED = {"c8-c18": "hot_injection/binary-cspbi3-c8-c18", "benzoyl-bromide": "hot_injection/ternary-benzoyl-cspbbr3"}


def test_the_page_has_a_line_for_what_papers_say():
    assert (len(LINES) > 20, len(REACTIONS) > 5) == (True, True)


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_the_page_is_read(line):
    data = tomllib.loads(PROTOCOL)
    data["mine"]["make"]["more"] = {"vessel": "250 mL flask", "steps": [tomllib.loads(f"step = {line}")["step"]]}
    assert doubts(data) == []


@pytest.mark.parametrize("reaction", REACTIONS)
def test_a_reaction_of_the_page_balances(reaction):
    data = tomllib.loads(PROTOCOL)
    data["mine"]["make"]["crude"]["react"] = tomllib.loads(f"react = {reaction}")["react"]
    assert doubts(data) == []


def test_the_head_of_the_page_with_its_preparation_is_a_protocol_once_it_has_a_step():
    head, preparation = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    data = tomllib.loads(head + preparation)
    data["mine"] = data.pop("c8-c18")
    data["mine"]["make"]["crude"]["steps"] = [tomllib.loads(f"step = {LINES[0]}")["step"]]
    assert doubts(data) == []


def test_the_commands_of_the_page_are_commands():
    assert set(re.findall(r"peqdlab ([a-z][a-z-]+) ", PAGE)) <= set(COMMANDS)


@pytest.mark.parametrize("name", TYPED)
def test_what_was_typed_has_no_error_and_no_warning(name):
    assert {finding.severity for finding in check_file(str(DOCS / "typed" / f"{name}.toml"))} <= {"note"}


@pytest.mark.parametrize("name", TYPED)
def test_what_was_typed_plans_to_the_ratios_of_the_shipped_variant(name):
    typed, shipped = (make_plan(open_template(path), shipped_reagents()) for path in (str(DOCS / "typed" / f"{name}.toml"), TYPED[name]))
    assert typed.stoichiometry is not None
    assert typed.stoichiometry == shipped.stoichiometry
    assert len(typed.stoichiometry.ratios) >= 3


def test_what_differs_from_the_shipped_variants_is_what_the_notes_say():
    found = {}
    for name, other in TYPED.items():
        plans = (make_plan(open_template(path), shipped_reagents()) for path in (str(DOCS / "typed" / f"{name}.toml"), other))
        changes = [change for change in plan_differences(*plans) if change.section not in ("finding", "parameter", "check", "bench")]
        found[name] = sorted(change.what for change in changes if not change.what.endswith((": name", ": note", ": hold", ": within", ": loses")))
    assert found == {
        "c8-c18": ["PbI₂ into crude"],  # its remark
        "benzoyl-bromide": ["Cs₂CO₃ into crude", "Pb(OAc)₂·3H₂O into crude", "crude 8, cool", "toluene into dots (2)"],  # remarks, words, the last volume
    }
