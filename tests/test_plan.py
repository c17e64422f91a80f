"""The figures of a plan, written here as numbers; what a change moves and what it leaves; templates that try to break the planner."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from peqdlab.bench_sheet import sheet_blocks
from peqdlab.catalog import check_file, open_template
from peqdlab.document import plan_document
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents
from peqdlab.record import plan_of
from peqdlab.sheet import plan_blocks
from peqdlab.writers.markdown import render_markdown
from peqdlab.writers.text import render_text

SHIPPED = "hot_injection/binary-cspbi3"
LESS_LEAD = (('PbI2 = "1 g"', 'PbI2 = "0.900 g"'), ('ODE = "75 mL"', 'ODE = "70 mL"'))
ACETATE = ('Cs2CO3 = "0.75 g"', 'CsOAc = "0.75 g"')
ACETATE_REACTION = ("CO3-2 + 2 OA -> 2 OA- + CO2 + H2O", "OAc- + OA -> OA- + HOAc")
INJECTION = '{ inject = { cs_oleate = "8 mL" }, how = "fast" }'


def document(name: str) -> dict:
    reagents = shipped_reagents()
    return plan_document(make_plan(open_template(name, reagents), reagents))


def figures(plan: dict) -> tuple[str, ...]:
    """Return stock (mol/L), Pb/Cs, what limits, ceiling in mg."""
    return (plan["preparations"][0]["computed_mol_per_l"]["Cs"], plan["ratios"]["Pb/Cs"], plan["limiting"], plan["ceiling_mg"])


def codes(plan: dict) -> list[str]:
    return [finding["code"] for finding in plan["findings"]]


# the shipped protocol -----------------------------------------------------------------------------------------------------------


def test_the_shipped_protocol_has_the_published_figures() -> None:
    plan = document(SHIPPED)
    (lead,) = [row for row in plan["materials"] if row["id"] == "PbI2"]
    assert lead["amount_mmol"] == "2.169"
    assert plan["preparations"][0]["computed_mol_per_l"] == {"Cs": "0.05902"}
    assert plan["preparations"][0]["label_mol_per_l"] == {"Cs": "0.0625"}
    assert plan["ratios"] == {"Pb/Cs": "4.594", "I/Pb": "2.000", "OA/Pb": "7.740", "OAm/Pb": "7.006"}
    assert (plan["limiting"], plan["ceiling_mmol"], plan["ceiling_mg"], plan["expected_mg"]) == ("Cs", "0.4722", "340.4", "340.4")


def test_lead_and_iodide_left_outside_the_product_are_said_and_what_limits_leaves_nothing() -> None:
    # 1 - 0.4722/2.169 = 78.23 %; 1 - 3 x 0.4722/4.338 = 67.35 %
    assert document(SHIPPED)["idle_pct"] == {"Cs": "0", "Pb": "78.23", "I": "67.35"}


def test_the_label_of_the_stock_is_compared_and_what_it_would_have_given_is_said() -> None:
    plan = document(SHIPPED)
    (finding,) = [finding for finding in plan["findings"] if finding["code"] == "S112"]
    assert finding["severity"] == "note"
    assert "0.0625 mol/L Cs, mass and volume give 0.05902 mol/L (5.6 % less)" in finding["message"]
    assert "Pb/Cs 4.338 instead of 4.594, a ceiling of 360.4 mg instead of 340.4 mg" in finding["message"]
    # 0.0625 mol/L x 78 mL / 2 x 325.82 g/mol = 0.7942 g
    assert finding["remedy"] == 'label = { Cs = "0.0590 mol/L" }, or weigh 0.7942 g Cs2CO3 to make the label true'


def test_either_remedy_of_a_label_takes_its_finding_away(edited) -> None:
    assert "S112" not in codes(document(edited(('"0.0625 mol/L"', '"0.0590 mol/L"'))))
    assert "S112" not in codes(document(edited(('"0.75 g"', '"0.7942 g"'))))


def test_the_shipped_protocol_has_two_notes_and_nothing_worse() -> None:
    assert [(finding["code"], finding["severity"]) for finding in document(SHIPPED)["findings"]] == [("U001", "note"), ("S112", "note")]


# copies with other amounts ------------------------------------------------------------------------------------------------------


def test_less_lead_and_a_smaller_stock_move_every_figure(edited) -> None:
    plan = document(edited(*LESS_LEAD))
    assert next(row["amount_mmol"] for row in plan["materials"] if row["id"] == "PbI2") == "1.952"
    assert figures(plan) == ("0.06307", "3.869", "Cs", "363.7")


def test_caesium_acetate_with_its_own_reaction_gives_half_the_caesium_per_gram_less(edited) -> None:
    plan = document(edited(*LESS_LEAD, ACETATE, ACETATE_REACTION))
    assert figures(plan) == ("0.05352", "4.559", "Cs", "308.7")
    assert "B203" not in codes(plan)


def test_caesium_acetate_with_the_reaction_of_the_carbonate_is_an_error(edited, peqdlab) -> None:
    path = edited(*LESS_LEAD, ACETATE)
    ran = peqdlab("plan", path, "--json")
    errors = [finding for finding in ran.json["findings"] if finding["severity"] == "error"]
    assert ran.code == 1
    assert [(finding["code"], finding["where"]["key"]) for finding in errors] == [("B203", "binary-cspbi3.make.cs_oleate.react[0]")]
    line = Path(path).read_text(encoding="utf-8").split("\n")[errors[0]["where"]["line"] - 1]
    assert line[errors[0]["where"]["column"] - 1 :].startswith('"CO3-2 + 2 OA')
    assert errors[0]["message"] == "the reaction CO3-2 + 2 OA -> 2 OA- + CO2 + H2O never runs in cs_oleate: there is no CO3-2"


TWO_STEPS = '{ inject = { cs_oleate = "4 mL" }, how = "fast" },\n  { inject = { cs_oleate = "4 mL" }, how = "fast" }'
TWO_PLACES = '{ add = { cs_oleate = "4 mL" } },\n  { inject = { cs_oleate = "4 mL" }, how = "fast" }'


@pytest.mark.parametrize("draws", [TWO_STEPS, TWO_PLACES])
def test_a_stock_drawn_in_two_halves_changes_no_figure_and_no_finding(draws: str, edited) -> None:
    whole, halves = document(SHIPPED), document(edited((INJECTION, draws)))
    assert figures(halves) == figures(whole)
    assert halves["ratios"] == whole["ratios"]
    assert [row["species_mmol"] for row in halves["preparations"]] == [row["species_mmol"] for row in whole["preparations"]]
    assert [row["amount_mmol"] for row in halves["materials"]] == [row["amount_mmol"] for row in whole["materials"]]
    assert [(finding["code"], finding["message"]) for finding in halves["findings"]] == [
        (finding["code"], finding["message"]) for finding in whole["findings"]
    ]


def test_recovery_changes_the_last_solvent_and_the_mass_expected_and_nothing_before(peqdlab) -> None:
    whole, less = (peqdlab("plan", SHIPPED, *arguments, "--json").json for arguments in ((), ("--set", "recovery=80%")))
    assert (whole["materials"][-1]["volume_ml"], less["materials"][-1]["volume_ml"]) == ("6.80717", "5.44573")
    assert (whole["expected_mg"], less["expected_mg"]) == ("340.4", "272.3")
    assert (less["ceiling_mg"], less["ratios"]) == ("340.4", whole["ratios"])
    assert less["materials"][:-1] == whole["materials"][:-1]
    assert [row["species_mmol"] for row in less["preparations"][:-1]] == [row["species_mmol"] for row in whole["preparations"][:-1]]
    changed = [(a["n"], b["n"]) for a, b in zip(whole["steps"], less["steps"], strict=True) if a != b]
    assert changed == [(15, 15), (16, 16)]
    assert [blank["planned"] for blank in less["steps"][14]["blanks"]] == ["1.000 mL", "0.2723 g"]


def test_an_assay_enters_every_figure_and_a_printed_grade_none(edited) -> None:
    pure, graded = document(SHIPPED), document(edited(('OAm = "5 mL"', 'OAm = { is = "5 mL", grade = "70 %" }')))
    assayed = document(edited(('OAm = "5 mL"', 'OAm = { is = "5 mL", assay = "70 %" }')))
    assert graded["ratios"] == pure["ratios"]
    assert assayed["ratios"] == {**pure["ratios"], "OAm/Pb": "4.904"}  # 7.006 x 0.7


# several products and routes ----------------------------------------------------------------------------------------------------

HEAD = """format = 1
[sources]
own = { cite = "our notebook", evidence = "published" }
[v]
title = "dots"
product = "PRODUCT"
shell = ["OA-", "OAm+"]
source = "own"
"""


def crude(steps: str, name: str = "crude", vessel: str = "250 mL flask") -> str:
    return f'[v.make.{name}]\nvessel = "{vessel}"\nforms = "product"\nsteps = [ {steps} ]\n'


def pot(**materials: str) -> str:
    return f"{{ add = {{ {', '.join(f'{name} = {amount!r}' for name, amount in materials.items())} }} }}"


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write a template of one variant and return its name."""
    monkeypatch.chdir(tmp_path)

    def write(makes: str, product: str = "CsPbI3", sets: str = "", checks: str = "") -> str:
        head = HEAD.replace("PRODUCT", product) if product else HEAD.replace('product = "PRODUCT"\n', "")
        (tmp_path / "my.toml").write_text(f"{head}[v.set]\n{sets}{makes}{checks}", encoding="utf-8")
        return "my.toml"

    return write


@pytest.mark.parametrize(
    ("product", "materials", "ratios", "limiting", "ceiling"),
    [
        # 1 mmol PbBr2 = 367.008 mg, 0.5 mmol CsOAc = 95.975 mg: Br/3 = 0.667 > Cs = 0.5; 579.82 g/mol
        ("CsPbBr3", {"PbBr2": "1 mmol", "CsOAc": "0.5 mmol"}, {"Pb/Cs": "2.000", "Br/Pb": "2.000"}, "Cs", "289.9"),
        # 3 mmol I for 1 mmol of each cation: iodide is exactly enough, FA is short
        ("FAPbI3", {"PbI2": "1 mmol", "FAI": "0.9 mmol"}, {"Pb/FA": "1.111", "I/Pb": "2.900"}, "FA", "569.7"),
        # 2 Cs+ + 3 PbI2 give 2 CsPbI3: at 1:1 the iodide is short, and 2/3 mmol can form
        ("CsPbI3", {"PbI2": "1 mmol", "CsOAc": "1 mmol"}, {"Pb/Cs": "1.000", "I/Pb": "2.000"}, "I", "480.5"),
        # half of the A sites each: 0.4/0.5 = 0.8 mmol by Cs, 0.3/0.5 = 0.6 mmol by FA
        (
            "Cs0.5FA0.5PbI3",
            {"PbI2": "1 mmol", "CsI": "0.4 mmol", "FAI": "0.3 mmol"},
            {"Pb/Cs": "2.500", "Pb/FA": "3.333", "I/Pb": "2.700"},
            "FA",
            "406.1",
        ),
        # 1.5 of each halide: 0.2 mmol PbBr2 bring 0.4 mmol Br, enough for 0.2667 mmol
        (
            "CsPbBr1.5I1.5",
            {"PbI2": "1 mmol", "PbBr2": "0.2 mmol", "CsOAc": "0.5 mmol"},
            {"Pb/Cs": "2.400", "Br/Pb": "0.3333", "I/Pb": "1.667"},
            "Br",
            "173.4",
        ),
    ],
)
def test_the_ion_that_runs_out_first_sets_the_ceiling(product, materials, ratios, limiting, ceiling, written) -> None:
    plan = document(written(crude(pot(**materials, ODE="5 mL")), product))
    assert {name: ratio for name, ratio in plan["ratios"].items() if "OA" not in name} == ratios
    assert (plan["limiting"], plan["ceiling_mg"]) == (limiting, ceiling)


def test_of_two_pots_that_form_the_product_each_does_and_the_ceiling_is_that_of_both(written) -> None:
    pots = crude(pot(PbI2="1 mmol", CsOAc="0.1 mmol", ODE="5 mL"), "one") + crude(pot(PbI2="1 mmol", CsOAc="0.2 mmol", ODE="5 mL"), "two")
    plan = document(written(f'{pots}[v.make.all]\nvessel = "50 mL vial"\nsteps = [ {{ add = {{ one = "all", two = "all" }} }} ]\n'))
    assert [row["species_mmol"]["CsPbI3"] for row in plan["preparations"]] == ["0.1000", "0.2000", "0.3000"]
    assert (plan["ceiling_mmol"], plan["ceiling_mg"], plan["expected_mg"]) == ("0.3000", "216.2", "216.2")


def test_what_one_pot_passes_on_to_the_next_counts_once(written) -> None:
    seeds = crude(pot(PbI2="1 mmol", CsOAc="0.1 mmol", ODE="5 mL"), "seeds")
    plan = document(written(seeds + crude('{ add = { seeds = "all", CsOAc = "0.2 mmol" } }', "grown")))
    assert (plan["ratios"]["Pb/Cs"], plan["ceiling_mmol"], plan["expected_mg"]) == ("3.333", "0.3000", "216.2")


def test_a_label_is_compared_where_no_product_forms(written) -> None:
    stock = (
        '[v.make.stock]\nvessel = "50 mL vial"\nlabel = { Cs = "0.1 mol/L" }\nsteps = [ { add = { CsI = "2 mmol", toluene = "10 mL" } } ]\n'
    )
    plan = document(written(stock, product=""))
    assert (codes(plan), plan["ratios"], plan["ceiling_mg"]) == (["S112"], {}, None)
    # 2 mmol in 10 mL is 0.2 mol/L, twice the label; half of 0.5196 g
    assert plan["findings"][0]["remedy"] == 'label = { Cs = "0.200 mol/L" }, or weigh 0.2598 g CsI to make the label true'


# templates that try to break it -------------------------------------------------------------------------------------------------

VIAL = '[v.make.vial]\nvessel = "50 mL vial"\nsteps = [ {} ]\n'
POT = pot(PbI2="1 g", CsOAc="0.1 g", ODE="5 mL")
SPIN = '{{ spin = "10 rpm", take = "{}", wet = "{}", recovers = "{}" }}'
LEAD = "lead(ii) iodide"
SPELLINGS = ("".join(c.upper() if at >> k & 1 else c for k, c in enumerate(LEAD)) for at in range(1 << 15))
SAME = ", ".join(f'"{name}" = "1 mg"' for name in sorted(dict.fromkeys(SPELLINGS))[:720])
CHECK = "[v.check.wanted]\nat = '{}'\nwant = '{}'\nelse = 'error'\nfix = '{}'\nwhy = 'so'\n"

# name: makes, other arguments of ``written``, the codes found (notes left out)
HOSTILE = {
    "all amounts zero": (crude(pot(PbI2="0 g", CsOAc="0 g", ODE="0 mL")), {}, ["B206"]),
    "no lead": (crude(pot(PbI2="0 g", CsOAc="1 g", ODE="5 mL")), {}, ["B206"]),
    "too small to be matter": (crude(pot(PbI2="1e-29 g", CsOAc="1e-29 g", ODE="1e-29 mL")), {}, ["B206", "I102"]),
    "as large as can be written": (
        crude(pot(PbI2="1e29 kg", CsOAc="1e29 kg", ODE="1e29 L", OA="3e29 L"))
        + '[v.make.dots]\nvessel = "50 mL tubes"\nsteps = [ { add = { crude = "all", toluene = "1e29 L" } }, '
        + SPIN.format("pellet", "1 mL", "50 %")
        + " ]\n",
        {},
        ["B205", "I105"],
    ),
    "no ion of the product": (crude(pot(toluene="1 mL")), {}, ["B206"]),
    "a solid without a solvent, poured": (
        crude(pot(PbI2="1 g", CsOAc="0.1 g")) + VIAL.format('{ add = { crude = "all", toluene = "1 mL" } }'),
        {},
        [],
    ),
    "a volume of a solid without a solvent": (
        crude(pot(PbI2="1 g", CsOAc="0.1 g")) + VIAL.format('{ add = { crude = "1 mL" } }'),
        {},
        ["B201"],
    ),
    "poured twice": (crude(POT) + VIAL.format('{ add = { crude = "all" } }, { add = { crude = "all" } }'), {}, ["B201"]),
    "two that use each other": (
        (
            '[v.make.a]\nvessel = "5 mL vial"\nsteps = [ { add = { b = "all", toluene = "1 mL" } } ]\n'
            '[v.make.b]\nvessel = "5 mL vial"\nsteps = [ { add = { a = "1 mL" } } ]\n'
        ),
        {},
        ["B202"],
    ),
    "one that uses itself": ('[v.make.a]\nvessel = "5 mL vial"\nsteps = [ { add = { a = "all" } } ]\n', {}, ["B202"]),
    "everything done to an empty vessel": (
        VIAL.format(
            '{ heat = "50 °C", for = "1 h" }, { spin = "5 rpm", take = "pellet", wet = "0 mL", recovers = "0 %" }, '
            '{ settle = "5 s", take = "supernatant" }, { cool = "ice" }, { stir = "0 s" }'
        ),
        {},
        [],
    ),
    "a loss from an empty vessel": (VIAL.format('{ heat = "50 °C", loses = ["CO2"] }'), {}, ["B204"]),
    "more liquid left than there is": (crude(f"{POT}, {SPIN.format('pellet', '6 mL', '90 %')}"), {}, ["B201"]),
    "more recovered than there is": (crude(f"{POT}, {SPIN.format('pellet', '1 mL', '101 %')}"), {}, ["B201"]),
    "more recovered than there is, of the supernatant": (crude(f"{POT}, {SPIN.format('supernatant', '1 mL', '200 %')}"), {}, ["B201"]),
    "nothing recovered": (
        crude(f"{POT}, {SPIN.format('pellet', '0 mL', '0 %')}, {{ add = {{ toluene = '= mass.product / (50 mg/mL)' }} }}"),
        {},
        [],
    ),
    "division by what is not there": (crude(f"{POT}, {{ add = {{ hexane = '= 1 mL * n.Zn / n.Zn' }} }}"), {}, ["X104"]),
    "liquid left that cannot be reckoned": (
        crude(f"{POT}, {{ spin = '5 rpm', take = 'pellet', wet = '= 1 mL / n.Zn * 1 mmol' }}"),
        {},
        ["X104"],
    ),
    "a parameter that cannot be reckoned": (crude(POT), {"sets": "x = { is = '= 1 mL / 0' }\n"}, ["X104"]),
    "a check of a parameter that cannot be reckoned": (
        crude(POT),
        {"sets": "x = { is = '= 1 mL / 0' }\n", "checks": CHECK.format("end", "x > 5 mL", "x")},
        ["X104"],
    ),
    "a check solved for a parameter that cannot be reckoned": (
        crude(POT),
        {"sets": "x = { is = '= 1 mL / 0' }\n", "checks": CHECK.format("end", "Pb/Cs > 100", "x")},
        ["X104", "wanted"],
    ),
    "a check of another kind": (crude(POT), {"checks": CHECK.format("end", "n.Cs > 1 g", "CsOAc")}, ["X103"]),
    "a check solved for nothing": (
        crude(pot(PbI2="0 g", CsI="0.1 g", ODE="5 mL")),
        {"checks": CHECK.format("add", "Pb/Cs > 1", "PbI2")},
        ["B206", "wanted"],
    ),
    "a chain of four hundred parameters": (
        crude(pot(PbI2="1 g", CsOAc="0.1 g", ODE="= p0")),
        {"sets": "".join(f"p{k} = {{ is = '= p{k + 1}' }}\n" for k in range(400)) + "p400 = { is = '5 mL' }\n"},
        [],
    ),
    "one reagent in seven hundred spellings": (crude(f"{{ add = {{ CsI = '1 mg', {SAME} }} }}"), {}, ["I102"]),
    "an assay of zero": (crude('{ add = { PbI2 = { is = "1 g", assay = "0 %" }, CsI = "0.1 g", ODE = "5 mL" } }'), {}, ["C106"]),
    "a volume of a solid": (crude(pot(PbI2="1 mL", CsI="0.1 g", ODE="5 mL")), {}, ["C105"]),
    "a count of what is not used": (crude(POT), {"checks": CHECK.format("end", "TOP/Pb <= 0.5", "PbI2")}, []),
    "two metals": (crude(pot(PbBr2="1 g", ZnBr2="1 g", CsOAc="0.1 g", ODE="5 mL")), {"product": "CsPb0.9Zn0.1Br3"}, []),
    "no perovskite": (crude(pot(PbI2="1 g", CsI="0.1 g", ODE="5 mL")), {"product": "Cs4PbI6"}, []),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_is_planned_with_its_findings_or_right(name: str, written) -> None:
    makes, others, wanted = HOSTILE[name]
    path = written(makes, **others)
    found = check_file(path)
    assert sorted({finding.code for finding in found if finding.severity != "note"}) == wanted
    assert all(finding.message and finding.remedy for finding in found)
    reagents = shipped_reagents()
    plan = make_plan(open_template(path, reagents), reagents)
    below = [(account, held.species) for account, held in plan.books.ledger.accounts.items() if account.kind in ("vessel", "waste", "gas")]
    assert all(n >= 0 for _, species in below for n in species.values())
    made = plan_document(plan)
    for blocks in (sheet_blocks(made), plan_blocks(made, ())):
        assert render_text(blocks, 40)
        assert render_markdown(blocks)
    json.dumps(made)
    assert plan_document(plan_of(made))["digest"] == made["digest"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_ends_no_command_with_a_bug(name: str, written, peqdlab) -> None:
    makes, others, _ = HOSTILE[name]
    path = written(makes, **others)
    for command in ("plan", "check"):
        ran = peqdlab(command, path, "--json")
        assert ran.code in (0, 1)
        assert ran.err == ""
        assert (ran.code == 1) == any(finding["severity"] == "error" for finding in ran.json["findings"])
