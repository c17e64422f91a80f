"""The walk through a template: what is dispensed and delivered, drawn and left, what each step asks, and what is doubted on the way."""

from __future__ import annotations

from decimal import Decimal

import pytest

from peqdlab.books import Inputs, Room
from peqdlab.catalog import open_template
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents
from peqdlab.units import parse_quantity

HEAD = """format = 1
[sources]
own = { cite = "our notebook", evidence = "published" }
[v]
title = "dots"
product = "CsPbI3"
source = "own"
"""


@pytest.fixture
def booked(tmp_path, monkeypatch):
    """Book the preparations of a template: ``booked(a="vessel …, steps")``; ``sets`` and ``inputs`` as wanted."""
    monkeypatch.chdir(tmp_path)

    def book(sets: str = "", inputs: Inputs | None = None, checks: str = "", **makes: str):
        made = "".join(f"[v.make.{name}]\n{body}\n" for name, body in makes.items())
        (tmp_path / "my.toml").write_text(f"{HEAD}[v.set]\n{sets}\n{made}{checks}", encoding="utf-8")
        reagents = shipped_reagents()
        return make_plan(open_template("my.toml", reagents), reagents, inputs)

    return book


def steps(*texts: str, vessel: str = "100 mL flask", more: str = "") -> str:
    return f'vessel = "{vessel}"\n{more}\nsteps = [ {", ".join(texts)} ]'


def mmol(plan, preparation: str) -> dict[str, float]:
    return {species: round(float(n), 4) for species, n in plan.books.finished[preparation].species.items()}


def volume(plan, preparation: str) -> float:
    return round(float(plan.books.finished[preparation].volume_ml), 4)


def doubts(plan) -> list[tuple[str, str, str]]:
    return [(finding.code, finding.message, finding.remedy) for finding in plan.findings]


CRUDE = '{ add = { PbI2 = "1 mmol", CsOAc = "0.1 mmol", ODE = "9 mL", OA = "1 mL" } }'
FORMS = 'forms = "product"'


# what is dispensed --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "grams", "n"),
    [
        ('"461.00894 mg"', "0.4610", 1.0),  # 207.2 + 2 x 126.90447 g/mol
        ('"1 mmol"', "0.4610", 1.0),
        ('{ is = "461.00894 mg", assay = "98 %" }', "0.4610", 0.98),
        ('{ is = "1 mmol", assay = "50 %" }', "0.9220", 1.0),
        ('{ is = "1 mmol", assay = "= purity" }', "0.9220", 1.0),
        ('{ is = "461.00894 mg", assay = "= purity" }', "0.4610", 0.5),
        ('"= 2 * dose"', "0.4610", 1.0),
    ],
)
def test_a_solid_is_weighed_by_mass_or_amount_at_its_assay(typed: str, grams: str, n: float, booked) -> None:
    plan = booked('purity = { is = "50 %" }\ndose = { is = "0.5 mmol" }', a=steps(f"{{ add = {{ PbI2 = {typed} }} }}"))
    (use,) = plan.books.steps[0].uses
    assert f"{use.quantity.value / 1000:.4f}" == grams
    assert mmol(plan, "a") == {"Pb+2": n, "I-": 2 * n}


def test_a_liquid_is_measured_by_volume_also_where_its_amount_is_stated(booked) -> None:
    # 20 mmol toluene: 1842.8 mg at 0.8623 g/mL are 2.1371 mL; 1 mL is 9.3585 mmol
    plan = booked(a=steps('{ add = { toluene = "20 mmol" } }'), b=steps('{ add = { toluene = "1 mL" } }'))
    assert (volume(plan, "a"), volume(plan, "b")) == (2.1371, 1.0)
    assert (mmol(plan, "a"), mmol(plan, "b")) == ({"toluene": 20.0}, {"toluene": 9.3585})


def test_an_actual_amount_takes_the_place_of_the_planned_one(booked) -> None:
    made = {"a": steps('{ add = { PbI2 = "1 g", ODE = "5 mL" } }'), "b": steps('{ add = { a = "2 mL" } }')}
    plan = booked(inputs=Inputs(amounts={"1a": parse_quantity("461.00894 mg"), "2a": parse_quantity("2.5 mL")}), **made)
    assert (mmol(plan, "a")["Pb+2"], mmol(plan, "b")["Pb+2"]) == (1.0, 0.5)
    assert plan.books.steps[0].uses[0].quantity.value == Decimal("461.00894")


def test_a_factor_multiplies_every_amount_of_a_material(booked) -> None:
    made = {
        "a": steps('{ add = { PbI2 = "1 mmol", ODE = "5 mL" } }', '{ add = { PbI2 = "2 mmol" } }'),
        "b": steps('{ add = { a = "1 mL" } }'),
    }
    plan = booked(inputs=Inputs(factors={"PbI2": Decimal(2), "a": Decimal("2.5")}), **made)
    assert mmol(plan, "b") == {"Pb+2": 3.0, "I-": 6.0, "ODE": 7.8133}  # half of 6 mmol, and of 5 mL ODE


# drawing ------------------------------------------------------------------------------------------------------------------------


def test_a_draw_takes_its_share_and_the_rest_stays(booked) -> None:
    plan = booked(
        a=steps('{ add = { PbI2 = "1 mmol", ODE = "8 mL" } }'), b=steps('{ add = { a = "2 mL" } }'), c=steps('{ add = { a = "all" } }')
    )
    assert (mmol(plan, "b")["Pb+2"], volume(plan, "b")) == (0.25, 2.0)
    assert (mmol(plan, "c")["Pb+2"], volume(plan, "c")) == (0.75, 6.0)


def test_a_preparation_is_remembered_as_it_was_when_finished(booked) -> None:
    plan = booked(a=steps('{ add = { PbI2 = "1 mmol", ODE = "8 mL" } }'), b=steps('{ add = { a = "2 mL" } }'))
    assert (mmol(plan, "a")["Pb+2"], volume(plan, "a")) == (1.0, 8.0)


def test_more_than_there_is_cannot_be_drawn_and_the_remedy_can(booked) -> None:
    made = {"a": steps('{ add = { PbI2 = "1 mmol", ODE = "7 mL", OA = "0.12345 mL" } }')}
    plan = booked(**made, b=steps('{ add = { a = "4 mL" } }', '{ add = { a = "4 mL" } }'))
    assert doubts(plan) == [
        ("B201", "step 3 draws 4 mL of a, of which 3.123 mL is there", "draw at most 3.123 mL, or make more of a"),
    ]
    assert mmol(plan, "b")["Pb+2"] == 1.0
    assert doubts(booked(**made, b=steps('{ add = { a = "4 mL" } }', '{ add = { a = "3.123 mL" } }'))) == []


def test_what_is_used_up_is_told_from_what_is_not_made_yet(booked) -> None:
    once = steps('{ add = { ODE = "5 mL" } }')
    used = booked(a=once, b=steps('{ add = { a = "all" } }', '{ add = { a = "1 mL" } }'))
    early = booked(b=steps('{ add = { a = "all" } }'), a=once)
    assert [found[:2] for found in doubts(used)] == [("B201", "step 3 uses a, of which nothing is left")]
    assert doubts(early) == [("B202", "a is used at step 1 before it is made", "move make.a above make.b")]


def test_a_preparation_cannot_be_put_into_itself(booked) -> None:
    plan = booked(a=steps('{ add = { ODE = "5 mL" } }', '{ add = { a = "1 mL" } }'))
    assert doubts(plan) == [("B202", "a is put into itself at step 2", "name another preparation, or a reagent")]


def test_a_dry_solid_is_poured_whole_but_not_by_volume(booked) -> None:
    dry = steps(CRUDE, '{ spin = "10 rpm", take = "pellet", wet = "0 mL" }', more=FORMS)
    plan = booked(crude=dry, ink=steps('{ add = { crude = "all", toluene = "1 mL" } }'))
    assert doubts(plan) == []
    assert (mmol(plan, "ink")["CsPbI3"], volume(plan, "ink")) == (0.1, 1.0)
    assert [found[0] for found in doubts(booked(crude=dry, ink=steps('{ add = { crude = "1 mL" } }')))] == ["B201"]


# what happens in a vessel -------------------------------------------------------------------------------------------------------


def test_reactions_run_in_any_order_as_one_makes_what_the_other_takes(booked) -> None:
    first, second = "CO3-2 + 2 OA -> 2 OA- + CO2 + H2O", "OA- + HOAc -> OA + OAc-"
    add = steps('{ add = { Cs2CO3 = "1 mmol", OA = "2 mmol", "acetic acid" = "2 mmol" } }', more="react = [REACT]")
    both = [mmol(booked(a=add.replace("REACT", f'"{one}", "{two}"')), "a") for one, two in ((first, second), (second, first))]
    assert both[0] == both[1] == {"Cs+": 2.0, "OA": 2.0, "CO2": 1.0, "H2O": 1.0, "OAc-": 2.0}


def test_two_reactions_that_undo_each_other_come_to_an_end(booked) -> None:
    add = steps('{ add = { CsOAc = "1 mmol", OA = "1 mmol" } }', more='react = ["OA- + HOAc -> OA + OAc-", "OAc- + OA -> OA- + HOAc"]')
    assert doubts(booked(a=add)) == []


def test_a_reaction_that_never_runs_is_found_in_the_preparation_where_it_does_not(booked) -> None:
    react = 'react = ["CO3-2 + 2 OA -> 2 OA- + CO2 + H2O"]'
    plan = booked(
        a=steps('{ add = { Cs2CO3 = "1 mmol", OA = "2 mmol" } }', more=react),
        b=steps('{ add = { OA = "1 mL", ODE = "1 mL" } }', more=react),
    )
    assert doubts(plan) == [
        (
            "B203",
            "the reaction CO3-2 + 2 OA -> 2 OA- + CO2 + H2O never runs in b: there is no CO3-2",
            "take it out of react, or add the material that brings it",
        )
    ]


def test_the_product_forms_when_the_last_of_its_ions_has_arrived(booked) -> None:
    plan = booked(
        crude=steps('{ add = { PbI2 = "1 mmol", ODE = "9 mL" } }', '{ inject = { CsI = "0.1 mmol" } }', '{ wait = "5 s" }', more=FORMS)
    )
    assert [run.n for run in plan.books.forming] == [2]
    assert "CsPbI3" not in plan.books.forming[0].arrived.species
    assert mmol(plan, "crude") == {"Pb+2": 0.9, "I-": 1.8, "ODE": 28.1279, "CsPbI3": 0.1}


def test_a_loss_takes_all_of_a_species_and_the_volume_it_had(booked) -> None:
    plan = booked(a=steps('{ add = { hexane = "5 mL", ODE = "1 mL" } }', '{ heat = "80 °C", loses = ["hexane", "CO2"] }'))
    assert (volume(plan, "a"), [finding.code for finding in plan.findings]) == (1.0, ["B204"])
    assert plan.findings[0].severity == "warning"


# pellet and supernatant ---------------------------------------------------------------------------------------------------------

SPIN = '{{ spin = "10 rpm", take = "{}", wet = "{}", recovers = "{}" }}'


def test_a_pellet_keeps_the_product_recovered_and_what_is_dissolved_in_its_liquid(booked) -> None:
    plan = booked(crude=steps(CRUDE, SPIN.format("pellet", "0.5 mL", "80 %"), more=FORMS))
    # 0.5 of 10 mL: a twentieth of what is dissolved
    assert (mmol(plan, "crude")["CsPbI3"], mmol(plan, "crude")["Pb+2"], volume(plan, "crude")) == (0.08, 0.045, 0.5)


def test_a_supernatant_is_the_rest_of_the_same_split(booked) -> None:
    plan = booked(crude=steps(CRUDE, SPIN.format("supernatant", "0.5 mL", "80 %"), more=FORMS))
    assert (mmol(plan, "crude")["CsPbI3"], mmol(plan, "crude")["Pb+2"], volume(plan, "crude")) == (0.08, 0.855, 9.5)


def test_a_pellet_without_a_word_on_its_liquid_is_dry_and_warned_about(booked) -> None:
    plan = booked(crude=steps(CRUDE, '{ spin = "10 rpm", take = "pellet" }', more=FORMS))
    assert (volume(plan, "crude"), [(finding.code, finding.severity) for finding in plan.findings]) == (0.0, [("B207", "warning")])


def test_more_liquid_or_product_than_there_is_cannot_stay(booked) -> None:
    wet = booked(crude=steps(CRUDE, SPIN.format("pellet", "11 mL", "80 %"), more=FORMS))
    assert doubts(wet) == [("B201", "step 2 leaves 11 mL with the solid, of which 10.00 mL is there", "wet at most 10 mL")]
    more = booked(crude=steps(CRUDE, SPIN.format("pellet", "1 mL", "120 %"), more=FORMS))
    assert doubts(more) == [("B201", "step 2 recovers 120 % of the product, more than there is", "recovers at most 100 %")]
    assert mmol(more, "crude")["CsPbI3"] == 0.1


def test_what_was_left_and_obtained_takes_the_place_of_the_plan(booked) -> None:
    # 0.1 mmol CsPbI3 are 72.08 mg
    made = {"crude": steps(CRUDE, SPIN.format("pellet", "0.5 mL", "80 %"), more=FORMS)}
    plan = booked(inputs=Inputs(amounts={"2a": parse_quantity("1 mL"), "2b": parse_quantity("36.041 mg")}), **made)
    assert (mmol(plan, "crude")["CsPbI3"], volume(plan, "crude")) == (0.05, 1.0)


def test_more_obtained_than_formed_is_counted_as_all_of_it_with_a_warning(booked) -> None:
    made = {"crude": steps(CRUDE, SPIN.format("pellet", "0.5 mL", "80 %"), more=FORMS)}
    plan = booked(inputs=Inputs(amounts={"2b": parse_quantity("90 mg")}), **made)
    assert mmol(plan, "crude")["CsPbI3"] == 0.1
    assert [(finding.code, finding.severity) for finding in plan.findings] == [("B201", "warning")]
    assert "obtained 90.00 mg" in plan.findings[0].message


# temperature, capacity, blanks --------------------------------------------------------------------------------------------------


def test_a_vessel_keeps_its_temperature_until_it_is_cooled(booked) -> None:
    plan = booked(
        a=steps(
            '{ add = { ODE = "1 mL" } }', '{ heat = "120 °C" }', '{ wait = "1 h" }', '{ cool = "bath" }', '{ cool = "bath", to = "5 °C" }'
        ),
        b=steps('{ warm = "a", to = "70 °C" }', '{ add = { ODE = "1 mL" }, at = "90 °C" }'),
    )
    assert [None if run.temperature_c is None else int(run.temperature_c) for run in plan.books.steps] == [
        None,
        120,
        120,
        None,
        5,
        None,
        90,
    ]


def test_an_injection_asks_for_the_temperature_of_the_pot_and_the_volume(booked) -> None:
    plan = booked(
        a=steps('{ add = { ODE = "5 mL" } }'), b=steps('{ heat = "= hot" }', '{ inject = { a = "2 mL" } }'), sets='hot = { is = "180 °C" }'
    )
    asked = [(blank.code, blank.asks, blank.planned) for blank in plan.books.steps[2].blanks]
    assert asked == [("3a", "pot temperature", parse_quantity("180 °C")), ("3b", "a", parse_quantity("2 mL"))]


def test_the_codes_of_blanks_go_on_after_z_and_zz(booked) -> None:
    spellings = ["".join(c.upper() if at >> k & 1 else c for k, c in enumerate("toluene")) for at in range(128)]
    plan = booked(
        a=steps(f"{{ add = {{ {', '.join(f'{name} = {chr(34)}1 mL{chr(34)}' for name in spellings)} }} }}", vessel="500 mL flask")
    )
    codes = [blank.code for blank in plan.books.steps[0].blanks]
    assert (codes[0], codes[25], codes[26], codes[52], codes[127], len(set(codes))) == ("1a", "1z", "1aa", "1ba", "1dx", 128)


def test_a_recovery_is_not_asked_as_zero_where_no_product_is_named(tmp_path, booked) -> None:
    plan = booked(a=steps('{ add = { ODE = "5 mL" } }', SPIN.format("pellet", "1 mL", "80 %")))
    assert [(blank.asks, blank.planned) for blank in plan.books.steps[1].blanks][0] == ("liquid left", parse_quantity("1 mL"))


def test_a_flask_overflows_and_tubes_are_counted(booked) -> None:
    plan = booked(a=steps('{ add = { ODE = "120 mL" } }'), b=steps('{ add = { a = "all" } }', vessel="50 mL tubes"))
    assert doubts(plan) == [("B205", "a holds 120.0 mL after step 1, its flask 100 mL", 'vessel = "250 mL flask", or put in less')]
    assert {name: (float(ml), n) for name, (ml, n) in plan.books.fullest_ml.items()} == {"a": (120.0, 1), "b": (120.0, 2)}


# values -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("1 mL * n.Pb / n.Pb", None),
        ("1 mL * n.Zn / n.Pb", None),
        ("1 mL * n.Pb / n.Zn", "X104"),
        ("1 mL - 2 mL", "Q107"),
        ("1 mmol", None),
        ("1 °C", "Q106"),
        ("volume.a + volume", None),
        ("c.Pb * 1 mL", None),
        ("1 mL * mass.product / mass.product", "X104"),
        ("1 mL * room.RH / room.RH", "X105"),
    ],
)
def test_an_amount_by_relation_is_reckoned_at_its_step_or_doubted(expression: str, code: str | None, booked) -> None:
    made = {"a": steps('{ add = { PbI2 = "1 mmol", ODE = "5 mL" } }', f'{{ add = {{ toluene = "= {expression}" }} }}')}
    if code == "X105":
        with pytest.raises(Exception, match="room.RH"):
            booked(**made)
        return
    plan = booked(**made)
    assert [finding.code for finding in plan.findings] == ([code] if code else [])
    assert ("toluene" in mmol(plan, "a")) == (code is None and "Zn" not in expression)


def test_parameters_may_use_others_in_any_order(booked) -> None:
    plan = booked('a = { is = "= b + c" }\nb = { is = "= 2 * c" }\nc = { is = "1 mL" }', a=steps('{ add = { ODE = "= a" } }'))
    assert {name: int(value.value) for name, value in plan.books.parameters.items()} == {"a": 3, "b": 2, "c": 1}
    assert volume(plan, "a") == 3.0


def test_a_setting_reaches_the_parameters_that_use_it(booked) -> None:
    plan = booked(
        'b = { is = "= 2 * c" }\nc = { is = "1 mL" }', Inputs(settings={"c": parse_quantity("2 mL")}), a=steps('{ add = { ODE = "= b" } }')
    )
    assert volume(plan, "a") == 4.0


@pytest.mark.parametrize(
    ("given", "code", "remedy"),
    [
        ("200 °C", None, None),
        ("200.1 °C", "L113", "set hot to at most 200 °C"),
        ("139.9 °C", "L113", "set hot to at least 140 °C"),
        ("5 mL", "Q106", "write a value like 140 °C"),
    ],
)
def test_a_setting_is_held_to_the_range_of_its_parameter(given: str, code: str | None, remedy: str | None, booked) -> None:
    sets = 'hot = { is = "180 °C", range = "140 °C to 200 °C", why = "hotter, larger dots" }'
    plan = booked(sets, Inputs(settings={"hot": parse_quantity(given)}), a=steps('{ add = { ODE = "1 mL" } }', '{ wait = "1 s" }'))
    found = [(finding.code, finding.remedy, finding.where.key) for finding in plan.findings]
    assert found[: 1 if code else None] == ([(code, remedy, "--set hot")] if code else [])


def test_a_label_taken_at_its_word_restates_the_stock_in_that_run_alone(booked) -> None:
    made = {
        "a": steps('{ add = { CsI = "1 mmol", ODE = "10 mL" } }', more='label = { Cs = "0.2 mol/L" }'),
        "b": steps('{ add = { a = "5 mL" } }'),
    }
    assert mmol(booked(**made), "b")["Cs+"] == 0.5
    assert mmol(booked(inputs=Inputs(labels_hold=frozenset({"a"})), **made), "b")["Cs+"] == 1.0


def test_the_room_is_known_to_a_step_where_it_was_recorded(booked) -> None:
    check = "[v.check.damp]\nat = 'add'\nwant = 'room.RH <= 30 %'\nelse = 'note'\nfix = 'room.RH'\nwhy = 'so'\n"
    made = {"a": steps('{ add = { ODE = "1 mL" } }', '{ add = { OA = "1 mL" } }')}
    rooms = {1: Room(Decimal(21), Decimal("0.34")), 2: Room(None, Decimal("0.30"))}
    assert doubts(booked(checks=check, **made)) == []
    plan = booked(inputs=Inputs(rooms=rooms), checks=check, **made)
    assert [(finding.code, finding.where.key) for finding in plan.findings] == [("damp", "room.RH at step 1")]
