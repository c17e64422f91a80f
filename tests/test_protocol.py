"""A protocol file becomes typed preparations, steps, parameters and checks; what does not fit is found with its place."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from peqdlab.family import Family, read_family
from peqdlab.findings import Finding
from peqdlab.language import ADVERBS, VERBS
from peqdlab.preparation import Template
from peqdlab.protocol import read_template
from peqdlab.reagents import shipped_reagents
from peqdlab.source import parse_source
from peqdlab.units import parse_quantity

CLEAN = (Path(__file__).parent / "broken" / "clean.toml").read_text(encoding="utf-8")
SHIPPED = Path(__file__).parents[1] / "protocols"


def family_of(text: str) -> Family:
    return read_family(parse_source(text, "my.toml"), "my")


def read(text: str) -> tuple[Template | None, tuple[Finding, ...]]:
    family = family_of(text)
    return read_template(family, family.variants[0], shipped_reagents())


def template_of(text: str = CLEAN) -> Template:
    template, findings = read(text)
    assert template is not None, findings
    return template


def changed(typed: str, instead: str) -> str:
    assert typed in CLEAN
    return CLEAN.replace(typed, instead, 1)


def finding_of(text: str) -> tuple[str, str, str, str]:
    template, findings = read(text)
    assert template is None
    (finding,) = findings
    return finding.code, finding.where.key, finding.message, finding.remedy


# the file -----------------------------------------------------------------------------------------------------------------------


def test_a_family_has_a_title_sources_and_variants() -> None:
    family = family_of(
        'format = 1\ntitle = "Hot injection"\n[sources]\nown = { cite = "p. 12", doi = "10.1/x", evidence = "review" }\n[a]\n[b]\n'
    )
    assert (family.title, family.variants, family.findings) == ("Hot injection", ("a", "b"), ())
    assert (family.citations["own"].doi, family.citations["own"].evidence) == ("10.1/x", "review")


def test_a_family_without_a_title_has_the_name_of_its_file() -> None:
    assert family_of("format = 1\n[a]\n").title == "my"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["L109", "L102"]),
        ("format = true\n[a]", ["L109"]),
        ("format = '1'\n[a]", ["L109"]),
        ("format = 1\nfromat = 2\n[a]", ["L101"]),
        ("format = 1\n[[a]]", ["L101", "L102"]),
        ("format = 1\nsources = []\n[a]", ["L103"]),
        ("format = 1\n[sources]\na = 1\nb = {}\n[v]", ["L103", "L102", "L102"]),
        ("format = 1\n[sources]\n[title]\n", ["L102", "L103"]),
    ],
)
def test_the_head_of_a_file_is_checked(text: str, codes: list[str]) -> None:
    assert [finding.code for finding in family_of(text).findings] == codes


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_protocol_is_read_without_an_error(path: Path) -> None:
    family = read_family(parse_source(path.read_text(encoding="utf-8"), path.name), path.stem)
    for variant in family.variants:
        template, findings = read_template(family, variant, shipped_reagents())
        assert template is not None, findings


# the variant --------------------------------------------------------------------------------------------------------------------


def test_a_variant_is_read_with_its_preparations_in_order() -> None:
    template = template_of()
    assert (template.family, template.variant, template.product, template.shell) == ("my", "tiny", "CsPbI3", ("OA-", "OAm+"))
    assert [made.name for made in template.preparations] == ["cs_oleate", "crude", "dots", "film"]
    assert [made.forms_product for made in template.preparations] == [False, True, False, False]
    assert template.preparation("dots") is template.preparations[2]
    assert template.preparation("ink") is None


def test_a_step_has_one_verb_materials_and_adverbs() -> None:
    oleate, crude, dots, _film = template_of().preparations
    mix, heat = oleate.steps
    assert mix.verb is VERBS["add"]
    assert [(used.name, used.amount and used.amount.quantity, used.is_preparation) for used in mix.materials] == [
        ("Cs2CO3", parse_quantity("0.5 g"), False),
        ("OA", parse_quantity("3 mL"), False),
        ("ODE", parse_quantity("17 mL"), False),
    ]
    assert heat.value_of("").quantity == parse_quantity("120 °C")  # type: ignore[union-attr]
    assert heat.value_of("for").quantity == parse_quantity("1 h")  # type: ignore[union-attr]
    assert (heat.text_of("under"), heat.text_of("until"), heat.texts_of("loses"), heat.texts_of("ask")) == ("N2", "", ("CO2", "H2O"), ())
    assert crude.steps[2].value_of("").expression is not None  # type: ignore[union-attr]
    assert (dots.steps[0].materials[0].amount, dots.steps[0].materials[0].is_preparation) == (None, True)


def test_a_material_may_be_a_table_with_assay_and_grade() -> None:
    text = changed('OAm = "2 mL"', 'OAm = { is = "2 mL, dried [computed]", assay = "80 %", grade = "technical" }')
    material = template_of(text).preparations[1].steps[1].materials[1]
    assert material.amount is not None
    assert material.assay is not None
    assert (material.amount.text, material.amount.remark, material.amount.source) == ("2 mL, dried", "dried", "computed")
    assert (material.assay.quantity, material.grade) == (parse_quantity("80 %"), "technical")


def test_a_preparation_goes_before_a_reagent_of_the_same_name() -> None:
    template = template_of(CLEAN.replace("cs_oleate", "toluene"))
    assert template.preparations[1].steps[3].materials[0].is_preparation


@pytest.mark.parametrize(("typed", "counted"), [("50 mL tubes", True), ("50 mL tube", False), ("50 mL glass", False)])
def test_a_vessel_in_the_plural_is_counted(typed: str, counted: bool) -> None:
    vessel = template_of(changed("50 mL tubes", f"{typed} [unverified]")).preparations[2].vessel
    assert (vessel.text, vessel.capacity_ml, vessel.counted, vessel.source) == (typed, Decimal(50), counted, "unverified")


def test_a_parameter_has_a_value_and_maybe_a_range() -> None:
    parameters = template_of().parameters
    hot, residue = parameters["T_inject"], parameters["residue"]
    assert hot.value.quantity == parse_quantity("180 °C")
    assert [end and end.quantity for end in (hot.low, hot.high)] == [parse_quantity("140 °C"), parse_quantity("200 °C")]
    assert (residue.low, residue.high, residue.why) == (None, None, "")


def test_a_check_has_a_place_a_condition_and_its_sources() -> None:
    (check,) = template_of().checks
    assert (check.name, check.at, check.severity, check.fix, check.sources) == (
        "enough-lead",
        "inject",
        "error",
        "cs_oleate",
        ("computed",),
    )
    assert (check.want.kind, check.want_text, check.scope) == ("compare", "Pb/Cs >= 1.5", "")


@pytest.mark.parametrize("at", ["wash", "spin", "end", "add"])
def test_a_check_stands_at_a_name_a_verb_or_the_end(at: str) -> None:
    assert template_of(changed('at = "inject"', f'at = "{at}"')).checks[0].at == at


@pytest.mark.parametrize("fix", ["PbI2", "crude", "T_inject", "room.RH", "room.T", "scale"])
def test_a_check_is_solved_for_a_material_parameter_or_condition(fix: str) -> None:
    assert template_of(changed('fix = "cs_oleate"', f'fix = "{fix}"')).checks[0].fix == fix


def test_every_value_with_its_own_source_is_kept_for_the_count() -> None:
    tags = template_of(changed('toluene = "5 mL"', 'toluene = "5 mL [unverified]"')).tags
    assert [tag for path, tag in tags if path[-1] == "toluene"] == ["unverified"]


# what does not fit --------------------------------------------------------------------------------------------------------------

STEP = '{ cool = "ice bath" }'


@pytest.mark.parametrize(
    ("typed", "instead", "code", "key", "message", "remedy"),
    [
        (STEP, '{ injekt = { PbI2 = "1 g" } }', "L105", "tiny.make.crude.steps[4].injekt", "'injekt' is no verb", "did you mean inject?"),
        (STEP, "{}", "L105", "tiny.make.crude.steps[4]", "the step has no verb", f"start with one of: {', '.join(VERBS)}"),
        (STEP, "7", "L103", "tiny.make.crude.steps[4]", "the step is not a table", 'write { add = { … } } or { heat = "120 °C" }'),
        (
            STEP,
            '{ add = "PbI2" }',
            "L103",
            "tiny.make.crude.steps[4].add",
            "materials are not a table",
            'write { PbI2 = "1 g", ODE = "50 mL" }',
        ),
        (
            STEP,
            "{ add = {} }",
            "L103",
            "tiny.make.crude.steps[4].add",
            "materials are not a table",
            'write { PbI2 = "1 g", ODE = "50 mL" }',
        ),
        (
            STEP,
            '{ warm = "cs_oleat", to = "70 °C" }',
            "C102",
            "tiny.make.crude.steps[4].warm",
            "'cs_oleat' is no preparation of this variant",
            "did you mean cs_oleate?",
        ),
        (STEP, '{ warm = "cs_oleate" }', "L102", "tiny.make.crude.steps[4]", "warm has no to: temperature to reach", "add to = …"),
        (
            STEP,
            '{ cool = "ice bath", fro = "1 h" }',
            "L106",
            "tiny.make.crude.steps[4].fro",
            "cool does not take 'fro'",
            "did you mean for?",
        ),
        (
            'crude = "all"',
            'crud = "all"',
            "C102",
            "tiny.make.dots.steps[0].add.crud",
            "'crud' is not in the reagent table",
            "did you mean crude?",
        ),
        (
            'PbI2 = "0.5 g"',
            "PbI2 = {}",
            "L102",
            "tiny.make.crude.steps[0].add.PbI2",
            "material PbI2 has no is: how much: mass, volume or amount; of a preparation also all",
            "add is = …",
        ),
        (
            'PbI2 = "0.5 g"',
            'PbI2 = "all"',
            "Q101",
            "tiny.make.crude.steps[0].add.PbI2",
            "'all' has no number",
            "write a number, then its unit, as in 0.75 g",
        ),
        (
            'cs_oleate = "1 mL"',
            'cs_oleate = "1 mmol"',
            "Q106",
            "tiny.make.crude.steps[3].inject.cs_oleate",
            "1 mmol is an amount, needed a volume",
            "write a volume, as in 5 mL",
        ),
        (
            "Cs = ",
            "Cz = ",
            "C101",
            "tiny.make.cs_oleate.label.Cz",
            "'Cz' is no element or group to be counted",
            "write it as in Cs, FA, OA or OAm",
        ),
        (
            '"0.1535 mol/L"',
            '"= 1 mol/L"',
            "L103",
            "tiny.make.cs_oleate.label.Cs",
            "found an expression, a concentration is wanted",
            'write it as printed, as in "0.0625 mol/L"',
        ),
        (
            'product = "CsPbI3"',
            'product = "CsPbI4"',
            "C101",
            "tiny.product",
            "'CsPbI4': 'CsPbI4', character 1: the charges of 1 Cs+, 1 Pb+2, 4 I- sum to -1, 0 is wanted; change a count",
            "write it as in CsPbI3, CO3-2, or 2 OA + CO3-2 -> 2 OA- + CO2 + H2O",
        ),
        (
            'source = "own"',
            'source = ""',
            "L107",
            "tiny.source",
            "source '' is not defined in [sources]",
            "one of: computed, own, unverified",
        ),
        (
            "tiny.make.crude]",
            'tiny.make."crude 1"]',
            "L108",
            'tiny.make."crude 1"',
            "preparation 'crude 1' is not a name",
            "use letters, digits and _, starting with a letter",
        ),
        (
            'residue = { is = "1 mL" }',
            'residue = { is = "= volume.nothing" }',
            "X105",
            "tiny.set.residue.is",
            "'volume.nothing' is no name here",
            "did you mean volume?",
        ),
        (
            'toluene = "5 mL"',
            'toluene = "= 1 mL * n.PB / n.Pb"',
            "X105",
            "tiny.make.dots.steps[2].add.toluene",
            "'n.PB' is no name here",
            "did you mean n.Pb?",
        ),
        (
            'toluene = "5 mL"',
            'toluene = "= volume.crud"',
            "X105",
            "tiny.make.dots.steps[2].add.toluene",
            "'volume.crud' is no name here",
            "did you mean volume?",
        ),
        (
            "Pb/Cs >= 1.5",
            "Pd/Ks >= 1.5",
            "X105",
            "tiny.check.enough-lead.want",
            "'Ks' is no name here",
            "one of: Pd, T_inject, mass.product, n.Pb, pot.T, pot.acid, pot.base, pot.boils … (18 in all)",
        ),
        (
            "Pb/Cs >= 1.5",
            "Pb/Cs",
            "X103",
            "tiny.check.enough-lead.want",
            "'Pb/Cs' compares nothing",
            "write a condition, as in Pb/Cs >= 1.5",
        ),
        (
            "[computed]",
            "[compted]",
            "L107",
            "tiny.check.enough-lead.why",
            "source 'compted' is not defined in [sources]",
            "did you mean computed?",
        ),
    ],
)
def test_what_does_not_fit_is_found_at_its_key(typed: str, instead: str, code: str, key: str, message: str, remedy: str) -> None:
    text = changed(typed, instead)
    if code == "L108":
        text = text.replace('crude = "all"', 'toluene = "1 mL"')
    assert finding_of(text) == (code, key, message, remedy)


def test_a_variant_and_a_preparation_that_do_nothing_are_found() -> None:
    start = CLEAN[: CLEAN.index("[tiny.set]")]
    assert finding_of(start + "make = {}\n")[2:] == ("the variant makes nothing", "add a table make.NAME with vessel and steps")
    assert finding_of(start + '[tiny.make.a]\nvessel = "5 mL vial"\nsteps = []\n')[2:] == (
        "preparation a has no step",
        "write steps = [ { add = … }, … ]",
    )


@pytest.mark.parametrize(
    ("sets", "circles"),
    [
        ("a = { is = '= a' }", ["a uses a: a circle"]),
        ("a = { is = '= b' }\nb = { is = '= a' }", ["a uses b uses a: a circle"]),
        ("a = { is = '= b + c' }\nb = { is = '1 mL' }\nc = { is = '= a' }", ["a uses c uses a: a circle"]),
        ("a = { is = '= b' }\nb = { is = '= c' }\nc = { is = '= b' }", ["b uses c uses b: a circle"]),
        ("a = { is = '= a' }\nb = { is = '= b' }", ["a uses a: a circle", "b uses b: a circle"]),
    ],
)
def test_a_circle_of_parameters_is_found_once_also_past_others(sets: str, circles: list[str]) -> None:
    _, findings = read(changed("[tiny.set]\n", f"[tiny.set]\n{sets}\n"))
    assert [(finding.code, finding.message) for finding in findings] == [("X106", circle) for circle in circles]


def test_parameters_that_lead_to_one_value_make_no_circle() -> None:
    sets = "a = { is = '= b + c' }\nb = { is = '= d' }\nc = { is = '= d' }\nd = { is = '1 mL' }"
    assert len(template_of(changed("[tiny.set]\n", f"[tiny.set]\n{sets}\n")).parameters) == 6


def test_all_errors_of_a_preparation_are_found_although_its_vessel_is_wrong() -> None:
    text = CLEAN.replace('vessel = "25 mL flask"', 'vessel = "flask"').replace("2 OA ->", "OA ->").replace('Cs = "0.1535 mol/L"', "Cs = 1")
    text = text.replace('ODE = "17 mL"', "ODE = 17")
    assert [finding.code for finding in read(text)[1]] == ["L114", "Q105", "C103", "Q105"]


def test_all_errors_of_a_parameter_are_found_although_it_has_no_value() -> None:
    _, findings = read(changed('is = "180 °C", range = "140 °C to 200 °C"', 'range = "140", why = 1'))
    assert [finding.code for finding in findings] == ["L102", "L112", "L103"]


# the table of the language ------------------------------------------------------------------------------------------------------


def test_every_verb_and_adverb_of_the_language_is_read() -> None:
    values = {
        "materials": '{ PbI2 = "1 mg" }',
        "preparation": '"cs_oleate"',
        "text": '"x"',
        "list of texts": '["x"]',
        "true or false": "true",
    }
    kinds = {"temperature": '"50 °C"', "temperature difference": '"3 K"', "duration": '"1 s"', "rotation speed": '"100 rpm"', "volume": '"1 mL"', "ratio": '"50 %"', "length": '"80 nm"', "flow rate": '"1 mL/min"'}
    adverbs = {name: values.get(key.takes) or kinds[key.takes.removeprefix("quantity:")] for name, key in ADVERBS.items()}
    adverbs["take"] = '"pellet"'
    for verb in VERBS.values():
        own = values.get(verb.takes) or kinds[verb.takes.removeprefix("quantity:").partition(" or ")[0]]
        anywhere = [name for name in ADVERBS if name in verb.adverbs or not any(name in other.adverbs for other in VERBS.values())]
        anywhere = [name for name in anywhere if (verb.name, name) != ("flow", "rate")]  # it follows from for
        step = ", ".join([f"{verb.name} = {own}", *(f"{name} = {adverbs[name]}" for name in anywhere)])
        read_step = template_of(changed(STEP, f"{{ {step} }}")).preparations[1].steps[4]
        assert (read_step.verb, [*read_step.adverbs]) == (verb, anywhere)
