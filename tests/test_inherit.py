"""A variant that extends another: what it says wins, the rest is as there, and every value keeps its place."""

from __future__ import annotations

import tomllib

import pytest

from peqdlab.catalog import check_file, open_template
from peqdlab.findings import sort_findings

HEAD = """format = 1
[sources]
one = { cite = "One", evidence = "published" }
two = { cite = "Two", evidence = "transcribed" }
[a]
title = "a"
product = "CsPbI3"
source = "one"
[a.set]
hot = { is = "180 °C", range = "140 °C to 200 °C" }
[a.make.stock]
vessel = "25 mL flask"
steps = [ { add = { CsOAc = "0.2 g", OA = "5 mL" } } ]
[a.make.crude]
vessel = "50 mL flask"
forms = "product"
steps = [
  { add = { PbI2 = "0.5 g", ODE = "10 mL" } },
  { inject = { stock = "1 mL" } },
]
[a.check]
enough = { at = "inject", want = "Pb/Cs >= 1.5", else = "error", fix = "stock", why = "stoichiometry [computed]" }
"""


def written(tmp_path, text, variant="b"):
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    return f"{path}/{variant}"


def findings_of(tmp_path, text):
    name = written(tmp_path, text).rpartition("/")[0]
    return [(finding.code, finding.where.line, finding.message, finding.remedy) for finding in sort_findings(check_file(name))]


def materials_of(template):
    return [(material.name, material.amount.text, material.amount.source) for made in template.preparations for step in made.steps for material in step.materials]


def test_what_is_not_said_is_as_in_the_extended_variant(tmp_path):
    template = open_template(written(tmp_path, '[b]\nextends = "a"\ntitle = "b"\n'))
    assert (template.title, template.product, template.default_source) == ("b", "CsPbI3", "one")
    assert materials_of(template) == materials_of(open_template(written(tmp_path, "", "a")))


def test_what_is_said_wins_and_has_the_source_of_the_variant_that_says_it(tmp_path):
    text = '[b]\nextends = "a"\ntitle = "b"\nsource = "two"\n[b.make.stock]\nsteps = [ { add = { CsOAc = "0.3 g", OA = "5 mL" } } ]\n'
    template = open_template(written(tmp_path, text))
    assert materials_of(template) == [
        ("CsOAc", "0.3 g", "two"), ("OA", "5 mL", "two"), ("PbI2", "0.5 g", "one"), ("ODE", "10 mL", "one"), ("stock", "1 mL", "one"),
    ]  # fmt: skip
    assert template.preparations[0].vessel.text == "25 mL flask"


def test_parameters_and_checks_are_merged_key_by_key(tmp_path):
    template = open_template(written(tmp_path, '[b]\nextends = "a"\ntitle = "b"\n[b.set]\nhot = { is = "160 °C" }\n[b.check.enough]\nelse = "note"\n'))
    assert (template.parameters["hot"].value.text, template.parameters["hot"].high.text) == ("160 °C", "200 °C")
    assert (template.checks[0].severity, template.checks[0].want_text) == ("note", "Pb/Cs >= 1.5")


def test_without_leaves_out(tmp_path):
    template = open_template(written(tmp_path, '[b]\nextends = "a"\ntitle = "b"\nwithout = ["check.enough", "set.hot"]\n'))
    assert (template.checks, template.parameters) == ((), {})


def test_a_new_preparation_goes_before_the_inherited_one_that_is_typed_after_it_else_last(tmp_path):
    made = '[b.make.{}]\nvessel = "5 mL vial"\nsteps = [ {{ add = {{ ODE = "1 mL" }} }} ]\n'
    text = '[b]\nextends = "a"\ntitle = "b"\nwithout = ["check.enough"]\n' + made.format("early") + made.format("crude") + made.format("late")
    template = open_template(written(tmp_path, text))
    assert [preparation.name for preparation in template.preparations] == ["stock", "early", "crude", "late"]


def test_swap_puts_other_materials_in_the_place_of_one(tmp_path):
    text = '[b]\nextends = "a"\ntitle = "b"\nsource = "two"\nproduct = "CsPbBr3"\nswap = { PbI2 = { PbBr2 = "0.4 g", ZnBr2 = "10 mg" }, ODE = "octane" }\n'
    template = open_template(written(tmp_path, text))
    assert materials_of(template)[2:] == [("PbBr2", "0.4 g", "two"), ("ZnBr2", "10 mg", "two"), ("octane", "10 mL", "two"), ("stock", "1 mL", "one")]


def test_an_extended_variant_may_extend_another(tmp_path):
    text = '[b]\nextends = "a"\ntitle = "b"\nswap = { PbI2 = { PbBr2 = "0.4 g" } }\n[c]\nextends = "b"\ntitle = "c"\nwithout = ["check.enough"]\n'
    template = open_template(written(tmp_path, text, "c"))
    assert [row[0] for row in materials_of(template)] == ["CsOAc", "OA", "PbBr2", "ODE", "stock"]
    assert template.checks == ()


def test_a_doubt_about_an_inherited_value_is_at_the_place_where_it_was_typed(tmp_path):
    text = '[b]\nextends = "a"\ntitle = "b"\n[b.make.crude]\nvessel = "5 mL flask"\n'
    assert findings_of(tmp_path, text) == [
        ("B205", 27, "crude holds 10.00 mL after step 2, its flask 5 mL", 'vessel = "10 mL flask", or put in less'),
        ("B205", 27, "crude holds 11.00 mL after step 3, its flask 5 mL", 'vessel = "25 mL flask", or put in less'),
    ]
    swapped = '[b]\nextends = "a"\ntitle = "b"\nswap = { PbI2 = { PbBr2 = "0.4" } }\n'
    assert [row[:2] for row in findings_of(tmp_path, swapped)] == [("Q105", 26)]
    broken = (HEAD + '[b]\nextends = "a"\ntitle = "b"\n').replace('PbI2 = "0.5 g"', 'PbI2 = "0.5"')
    (tmp_path / "mine.toml").write_text(broken, encoding="utf-8")
    assert {finding.where.line for finding in check_file(str(tmp_path / "mine.toml"))} == {18}


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ('[b]\nextends = "c"\ntitle = "b"\n', "L116", "'c' is no other variant of this file"),
        ('[b]\nextends = "b"\ntitle = "b"\n', "L116", "'b' is no other variant of this file"),
        ('[b]\nextends = 3\ntitle = "b"\n', "L116", "'3' is no other variant of this file"),
        ('[b]\nextends = "a"\ntitle = "b"\nwithout = ["check.enuf"]\n', "L117", "there is no 'check.enuf' to leave out"),
        ('[b]\nextends = "a"\ntitle = "b"\nswap = { PbI3 = { PbBr2 = "1 g" } }\n', "L117", "there is no 'PbI3' to swap"),
    ],
)
def test_what_cannot_be_inherited_is_named(tmp_path, text, code, message):
    found = findings_of(tmp_path, text)
    assert (code, message) in [(row[0], row[2]) for row in found]


def test_a_circle_of_variants_is_named(tmp_path):
    found = findings_of(tmp_path, '[b]\nextends = "c"\ntitle = "b"\n[c]\nextends = "b"\ntitle = "c"\n')
    assert [row for row in found if row[0] == "L116"][0][2] == "b extends c, which extends it: a circle"


def test_one_amount_is_not_put_in_the_place_of_two(tmp_path):
    text = '[b]\nextends = "a"\ntitle = "b"\n[b.make.more]\nvessel = "9 mL vial"\nsteps = [ { add = { ODE = "1 mL" } } ]\n'
    found = findings_of(tmp_path, text.replace('title = "b"\n', 'title = "b"\nswap = { ODE = { octane = "1 mL" } }\n'))
    assert found[0][2] == "ODE is added 2 times, so one amount does not fit"


def test_the_shipped_bromide_is_the_iodide_with_its_lead_salt_swapped(peqdlab):
    plan = peqdlab("plan", "hot_injection/binary-cspbbr3", "--json").json
    # 0.8 g PbBr2 / 367.01 g/mol = 2.180 mmol on 0.4722 mmol Cs; 0.4722 mmol CsPbBr3 of 579.8 g/mol
    assert (plan["ratios"]["Pb/Cs"], plan["ratios"]["Br/Pb"], plan["ceiling_mg"]) == ("4.616", "2.000", "273.8")


def test_the_typed_text_is_what_a_plan_freezes(peqdlab):
    plan = peqdlab("plan", "hot_injection/binary-cspbbr3", "--json").json
    assert "extends" in tomllib.loads(plan["template"]["text"])["binary-cspbbr3"]


def test_without_leaves_out_one_key_of_a_row(tmp_path):
    template = open_template(written(tmp_path, '[b]\nextends = "a"\ntitle = "b"\nwithout = ["set.hot.range"]\n'))
    assert (template.parameters["hot"].value.text, template.parameters["hot"].low) == ("180 °C", None)


@pytest.mark.parametrize("path", ["set.hot.rang", "set.warm.range", "set", "set.", "set.hot.is.it", "title", "make.crude.steps.0"])
def test_what_without_names_must_be_there(tmp_path, path):
    found = findings_of(tmp_path, f'[b]\nextends = "a"\ntitle = "b"\nwithout = ["{path}"]\n')
    assert [row[0] for row in found] == ["L117"]


def test_a_key_that_is_left_out_and_needed_is_missed(tmp_path):
    assert [row[0] for row in findings_of(tmp_path, '[b]\nextends = "a"\ntitle = "b"\nwithout = ["check.enough.why"]\n')] == ["L102"]


def test_a_nearest_key_is_suggested(tmp_path):
    found = findings_of(tmp_path, '[b]\nextends = "a"\ntitle = "b"\nwithout = ["set.hot.rang"]\n')
    assert found[0][3] == "did you mean set.hot.range?"


def test_swap_reaches_one_preparation_alone(tmp_path):
    head = '[b]\nextends = "a"\ntitle = "b"\n[b.make.more]\nvessel = "9 mL vial"\nsteps = [ { add = { ODE = "1 mL" } } ]\n'
    text = head.replace('title = "b"\n', 'title = "b"\nswap = { "more.ODE" = { octane = "2 mL" } }\n')
    rows = [(name, amount) for name, amount, _ in materials_of(open_template(written(tmp_path, text)))]
    assert (rows[-1], ("ODE", "10 mL") in rows) == (("octane", "2 mL"), True)
    found = findings_of(tmp_path, text.replace('"more.ODE"', '"more.OED"'))
    assert [(row[0], row[3]) for row in found] == [("L117", "did you mean ODE?")]


def test_a_material_with_a_dot_in_its_name_is_swapped_by_that_name(tmp_path):
    text = '[b]\nextends = "a"\ntitle = "b"\nswap = { PbI2 = { "Pb(OAc)2.3H2O" = "0.4 g" } }\n[c]\nextends = "b"\ntitle = "c"\nswap = { "Pb(OAc)2.3H2O" = { PbBr2 = "0.4 g" } }\nproduct = "CsPbBr3"\n'
    assert ("PbBr2", "0.4 g", "one") in materials_of(open_template(written(tmp_path, text, "c")))


def test_systems_and_figures_are_said_of_one_variant_and_not_inherited(tmp_path):
    said = 'system = ["S01"]\nreported = { pce = "16.5 % [two]" }\n'
    base = HEAD.replace('title = "a"\n', f'title = "a"\n{said}')
    path = tmp_path / "mine.toml"
    path.write_text(base + '[b]\nextends = "a"\ntitle = "b"\n', encoding="utf-8")
    a, b = (open_template(f"{path}/{name}") for name in ("a", "b"))
    assert (a.systems, [(name, value.text, value.source) for name, value in a.reported]) == (("S01",), [("pce", "16.5 %", "two")])
    assert (b.systems, b.reported) == ((), ())
