"""The checks that hold for any hot injection: each finds its fault in a template without a single check, and its remedy, typed, mends it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from peqdlab.codes import CODES
from peqdlab.general import ROWS, SOURCES
from peqdlab.language import EVIDENCE

BROKEN = Path(__file__).parent / "broken"
GENERAL = sorted({row.code for row in ROWS})

# A hot injection as somebody might type it, without a check of its own.
OWN = """format = 1

[sources]
own = { cite = "our notebook, page 31", evidence = "published" }

[v]
title = "dots"
product = "CsPbI3"
source = "own"

[v.make.stock]
vessel = "25 mL flask"
react = ["CO3-2 + 2 OA -> 2 OA- + CO2 + H2O"]
steps = [
  { add = { Cs2CO3 = "0.4 g", OA = "2.5 mL", ODE = "17.5 mL" } },
  { heat = "120 °C", under = "N2", loses = ["CO2", "H2O"] },
  { keep = "stored" },
]

[v.make.pot]
vessel = "50 mL flask"
forms = "product"
steps = [
  { add = { PbI2 = "0.5 g", ODE = "25 mL", OA = "2.5 mL", OAm = "2.5 mL" } },
  { heat = "160 °C" },
  { inject = { stock = "2 mL" } },
  { cool = "ice bath" },
]
"""
FA = (
    ('product = "CsPbI3"', 'product = "FAPbI3"'),
    ('react = ["CO3-2 + 2 OA -> 2 OA- + CO2 + H2O"]\n', ""),
    ('Cs2CO3 = "0.4 g", OA = "2.5 mL", ODE = "17.5 mL"', 'FAOAc = "2 g", OA = "17 mL", ODE = "3 mL"'),
    (', loses = ["CO2", "H2O"]', ""),
    ('heat = "160 °C"', 'heat = "80 °C"'),
    ('PbI2 = "0.5 g", ODE = "25 mL", OA = "2.5 mL"', 'PbI2 = "0.5 g", OAmI = "0.5 g", ODE = "10 mL", OA = "8 mL"'),
)  # FA 1.92 mmol, Pb 1.08 mmol, I 3.43 mmol


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Write that protocol with texts replaced (each must be there) and return its path."""
    monkeypatch.chdir(tmp_path)

    def write(*replacements: tuple[str, str]) -> str:
        text = OWN
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new, 1)
        Path("own.toml").write_text(text, encoding="utf-8")
        return "own.toml"

    return write


@pytest.fixture
def found(peqdlab):
    """Plan a protocol and return its findings by code."""

    def plan(path: str, *arguments: str) -> dict[str, dict]:
        return {row["code"]: row for row in peqdlab("plan", path, *arguments, "--json").json["findings"]}

    return plan


def typed(text: str, finding: dict) -> tuple[str, list[str]]:
    """Do what a remedy says, to the letter: return the edited protocol, and what to add to the command."""
    remedy, lines = finding["remedy"], text.split("\n")
    if remedy.startswith("--"):
        return text, remedy.split()
    place = re.search(r"[\w.-]+\.toml:(\d+):(\d+)", remedy)
    line, column = (int(place[1]), int(place[2])) if place else (finding["where"]["line"], finding["where"]["column"])
    row, start = lines[line - 1], column - 1
    what = remedy[place.end() + 1 :] if place else remedy
    if amount := re.fullmatch(r"(\S+) at (?:least|most) (\S+ \S+)", what):
        lines[line - 1] = row[:start] + row[start:].replace(re.search(r'"[^"]*"', row[start:])[0], f'"{amount[2]}"', 1)
    elif swap := re.fullmatch(r"write (\S+) for (\S+)", what):
        name = row.rindex(swap[2], 0, start)  # the place is that of the amount
        lines[line - 1] = row[:name] + row[name:].replace(swap[2], swap[1], 1)
    elif new := re.fullmatch(r"write (\{.*\},)", what):
        lines.insert(line - (1 if remedy.startswith("before") else 0), f"  {new[1]}")
    elif more := re.fullmatch(r"add (.*)", what):
        lines[line - 1] = row[:start] + row[start:].replace("{", f"{{ {more[1]},", 1)
    else:
        key, value = re.fullmatch(r"write (\w+) = (.*)", what).groups()
        given = re.compile(rf'\b{key} = ("[^"]*"|\[[^\]]*\])')
        stated = f"{key} = {value}"
        lines[line - 1] = given.sub(lambda _: stated, row, count=1) if given.search(row) else re.sub(r" \},?$", f", {stated} }},", row)
    return "\n".join(lines), []


# the table --------------------------------------------------------------------------------------------------------------------------


def test_every_row_has_its_code_severity_source_and_scope():
    for row in ROWS:
        assert CODES[row.code].severity == row.severity
        assert row.scope
        assert row.sources
        for tag in row.sources:
            assert tag == "boiling point" or SOURCES[tag].evidence in EVIDENCE


@pytest.mark.parametrize("code", [code for code in GENERAL if code != "S221"])
def test_a_remedy_typed_as_printed_removes_its_finding_and_brings_no_other(code, peqdlab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (BROKEN / f"{code}.toml").read_text(encoding="utf-8")
    Path("mine.toml").write_text(text, encoding="utf-8")
    (finding,) = peqdlab("plan", "mine.toml", "--json").json["findings"]
    assert all(finding[key] for key in ("message", "remedy", "limit", "source", "scope"))
    assert finding["where"]["line"]
    mended, arguments = typed(text, finding)
    assert mended != text or arguments
    Path("mine.toml").write_text(mended, encoding="utf-8")
    codes = {row["code"] for row in peqdlab("plan", "mine.toml", *arguments, "--json").json["findings"]}
    assert code not in codes
    assert {name for name in codes if name[0] not in "SU"} == set(), (mended, codes)
