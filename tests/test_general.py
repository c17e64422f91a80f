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


# one fault after another in a protocol without a check -------------------------------------------------------------------------------


def general(codes) -> set[str]:
    return {code for code in codes if code in GENERAL or code[0] == "B"}


def test_a_sound_protocol_without_a_check_has_nothing_found(own, found):
    assert general(found(own())) == set()
    assert general(found(own(*FA))) == set()


# 0.4 g Cs2CO3 in 20 mL: 0.12277 mol/L Cs; 0.5 g PbI2: 1.0846 mmol Pb
@pytest.mark.parametrize(("millilitres", "ratio"), [("5.93", "1.490"), ("5.889", None)])
def test_the_halide_runs_out_below_three_halves(millilitres, ratio, own, found):
    rows = found(own(('stock = "2 mL"', f'stock = "{millilitres} mL"')))
    if ratio is None:
        assert "S201" not in rows
    else:
        assert rows["S201"]["message"].startswith(f"Pb/Cs is {ratio} at step 6 (inject), wanted Pb/Cs >= 1.5")
        assert (rows["S201"]["severity"], rows["S201"]["scope"].partition(",")[0]) == ("error", "binary route")


def test_the_halide_of_any_a_site_and_halide_runs_out(own, found):
    more = ('stock = "2 mL"', 'stock = "7 mL"')
    bromide = (('product = "CsPbI3"', 'product = "CsPbBr3"'), ("PbI2 = ", "PbBr2 = "))
    assert "Pb/Cs" in found(own(*bromide, ('stock = "2 mL"', 'stock = "8 mL"')))["S201"]["message"]
    mixed = (('product = "CsPbI3"', 'product = "CsPb(I0.5Br0.5)3"'), ('PbI2 = "0.5 g"', 'PbI2 = "0.25 g", PbBr2 = "0.2 g"'))
    assert "give 2 CsPb" in found(own(*mixed, more))["S201"]["message"]


def test_lead_in_excess_of_formamidinium_is_found(own, found):
    rows = found(own(*FA[:5], ('stock = "2 mL"', 'stock = "0.7 mL"')))
    assert rows["S204"]["message"].startswith("Pb/FA is 1.613 at step 6 (inject), wanted Pb/FA < 1")


def test_formamidinium_lead_iodide_at_180_degrees_is_found(own, found):
    rows = found(own(*FA[:4], ('heat = "160 °C"', 'heat = "180 °C"'), FA[5]))
    assert rows["T301"]["message"].startswith("temperature is 180 °C at step 6 (inject), wanted temperature <= 100 °C")
    assert "T301" not in found(own(*FA[:4], ('heat = "160 °C"', 'heat = "100 °C"'), FA[5]))


def test_too_little_acid_for_the_salt_and_for_formamidinium_is_found(own, found):
    little = ('FAOAc = "2 g", OA = "17 mL", ODE = "3 mL"', 'FAOAc = "2 g", OA = "5 mL", ODE = "15 mL"')
    rows = found(own(*FA, little))
    # 19.21 mmol acetate, 15.82 mmol acid
    assert rows["S207"]["message"].startswith("acid/base is 0.8233 at step 1 (add)")
    weak = (('OAm = "2.5 mL"', 'OAm = "2.5 mL"'), ('ODE = "10 mL", OA = "8 mL"', 'ODE = "15 mL", OA = "3 mL"'))
    assert found(own(*FA, *weak))["S208"]["remedy"].startswith("OA at least ")


@pytest.mark.parametrize(
    ("typed_in", "hot", "bp"),
    [
        ('stock = "2 mL", toluene = "1 mL"', "160 °C", "toluene (110.6 °C)"),
        ('stock = "2 mL", TMSI = "0.2 mL"', "160 °C", "TMSI (106.5 °C)"),
        ('stock = "2 mL", hexane = "1 mL"', "70 °C", "hexane (68.7 °C)"),
        ('stock = "2 mL", ODE = "1 mL"', "180 °C", None),
        ('stock = "2 mL", toluene = "1 mL"', "110 °C", None),
    ],
)
def test_what_is_injected_above_its_boiling_point_is_found(typed_in, hot, bp, own, found):
    rows = found(own(('stock = "2 mL"', typed_in), ('heat = "160 °C"', f'heat = "{hot}"')))
    assert ("T304" in rows) == (bp is not None)
    if bp:
        assert f"{bp} boils there" in rows["T304"]["message"]
        assert (rows["T304"]["severity"], "ambient pressure" in rows["T304"]["scope"]) == ("warning", True)


def test_iodotrimethylsilane_is_injected_below_its_boiling_point_as_the_remedy_says(own, found):
    path = own(('stock = "2 mL"', 'stock = "2 mL", TMSI = "0.2 mL"'))
    finding = found(path)["T304"]
    assert finding["remedy"].endswith('write heat = "106.4 °C"')
    Path(path).write_text(typed(Path(path).read_text(encoding="utf-8"), finding)[0], encoding="utf-8")
    assert "T304" not in found(path)


def test_a_stock_in_toluene_that_is_heated_above_its_boiling_point_is_found_in_its_own_flask(own, found):
    rows = found(own(('ODE = "17.5 mL"', 'toluene = "17.5 mL"'), ('heat = "160 °C"', 'heat = "100 °C"')))
    assert "at step 2 (heat)" in rows["T304"]["message"]


def test_sixty_millilitres_in_a_flask_of_fifty_and_ten_from_a_stock_of_four_are_found(own, found):
    assert found(own(('ODE = "25 mL"', 'ODE = "53 mL"')))["B205"]["message"].startswith("pot holds 60.00 mL after step 6")
    small = ('Cs2CO3 = "0.4 g", OA = "2.5 mL", ODE = "17.5 mL"', 'Cs2CO3 = "0.08 g", OA = "0.5 mL", ODE = "3.5 mL"')
    assert "draws 10 mL of stock, of which 4.000 mL is there" in found(own(small, ('stock = "2 mL"', 'stock = "10 mL"')))["B201"]["message"]


def test_four_times_the_published_size_is_found_and_the_remedy_scales_it_back(own, found):
    rows = found(own(), "--scale", "4")
    assert {"S221", "B205"} <= rows.keys()
    assert rows["S221"]["message"].startswith("size against the published one is 4.000 at step 6 (inject), wanted size against the published one <= 1.1")
    assert "doi:10.1039/d5ta03996g" in rows["S221"]["source"]
    assert rows["S221"]["remedy"] == "--scale 1.1"
    assert general(found(own(), *rows["S221"]["remedy"].split())) == set()
    heavier = found(own(), "--weighed", "PbI2=0.6g")["S221"]
    assert heavier["remedy"] == "--weighed PbI2=0.55g"
    assert "S221" not in found(own(), *heavier["remedy"].split())


def test_a_remedy_at_another_size_names_the_amount_as_it_stands_in_the_protocol(own, found):
    path = own(('stock = "2 mL"', 'stock = "7 mL"'))
    remedies = {found(path, "--scale", scale)["S201"]["remedy"] for scale in ("1", "1/2", "1.05")}
    assert remedies == {"stock at most 5.889 mL"}


# beside declared checks ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("severity", "said"), [("error", {"mine"}), ("note", {"mine", "S201"})])
def test_what_a_declared_check_says_as_gravely_is_not_said_again(severity, said, own, found):
    check = f'[v.check]\nmine = {{ at = "inject", want = "Pb/Cs >= 1.5", else = "{severity}", fix = "stock", why = "own [own]" }}\n'
    path = own(('stock = "2 mL"', 'stock = "7 mL"'))
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(check)
    assert {code for code in found(path) if code in {"mine", "S201"}} == said


def test_a_declared_check_may_ask_the_pot_and_solve_for_a_value_typed_at_a_step(own, found):
    check = '[v.check]\nmild = { at = "inject", want = "pot.T <= 150 °C", else = "warning", fix = "heat", why = "own [own]" }\n'
    path = own()
    Path(path).write_text(Path(path).read_text(encoding="utf-8") + check, encoding="utf-8")
    finding = found(path)["mild"]
    assert finding["message"].startswith("temperature is 160 °C at step 6 (inject), wanted temperature <= 150 °C")
    assert re.fullmatch(r'at own.toml:\d+:\d+ write heat = "150 °C"', finding["remedy"])
    Path(path).write_text(typed(Path(path).read_text(encoding="utf-8"), finding)[0], encoding="utf-8")
    assert "mild" not in found(path)


def test_a_general_error_stops_the_plan_unless_it_is_accepted_by_code(own, peqdlab):
    path = own(('stock = "2 mL"', 'stock = "7 mL"'))
    assert peqdlab("plan", path, "--json").code == 1
    assert peqdlab("plan", path, "--accept", "S201=halide-limited on purpose", "--json").code == 0


def test_a_batch_that_ran_gets_no_remedy_of_a_planner(own, peqdlab):
    peqdlab("log-batch", own(), "6b=7mL")
    rows = {row["code"]: row for row in peqdlab("show", "B0001", "--json").json["findings"]}
    assert rows["S201"]["message"].startswith("Pb/Cs is 1.262")
    assert "at most" not in rows["S201"]["remedy"]
    assert "--correct" in rows["S201"]["remedy"]


def test_films_baths_and_washes_are_left_alone(own, found):
    bath = """
[v.make.bath]
vessel = "50 mL bottle"
steps = [ { add = { "Pb(OAc)2" = "30 mg", IPA = "30 mL" }, at = "90 °C" } ]
"""
    path = own()
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(bath)
    assert general(found(path)) == set()
