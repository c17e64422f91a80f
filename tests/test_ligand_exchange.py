"""The shipped ligand exchanges: figures worked out by hand, chains from a synthesis, what each check catches."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from peqdlab.books import Inputs, Room
from peqdlab.catalog import check_file, open_family, open_template
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents

if TYPE_CHECKING:
    from collections.abc import Callable

FAMILY = "ligand_exchange"
VARIANTS = open_family(FAMILY).variants
REAGENTS = shipped_reagents()
# What the review gives for each system, typed from its text; found in figures, defaults, ranges or checks of the system's variants.
GIVEN = {
    "L01": ["70 nm", "100 nm", "200 nm", "500 nm", "3", "5", "19", "24", "30"],
    "L02": [], "L03": [], "L04": [], "L05": [],
    "L06": ["18.06 %", "20.89 mA/cm2", "1.14 V", "76 %"],
    "L07": ["4.558 eV", "4.441 eV", "4.156 eV", "4.285 eV"],
    "L08": [],
    "L09": ["-0.38 eV", "15.34 %", "18.03 mA/cm2", "1.16 V", "73 %"],
}  # fmt: skip


def planned(peqdlab: Callable[..., Any], variant: str, *more: str) -> dict[str, Any]:
    ran = peqdlab("plan", f"{FAMILY}/{variant}", "--json", *more)
    assert ran.code == 0, ran.out + ran.err
    return ran.json


def codes(plan: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in plan["findings"]}


def weighed(plan: dict[str, Any], material: str, what: str = "amount_mmol") -> Decimal:
    return Decimal(next(row[what] for row in plan["materials"] if row["id"] == material))


def test_every_exchange_plans_alone_without_an_error_or_a_warning() -> None:
    assert [(found.code, str(found.where)) for found in check_file(FAMILY) if found.severity != "note"] == []
    for variant in VARIANTS:
        assert {f.code for f in make_plan(open_template(f"{FAMILY}/{variant}", REAGENTS), REAGENTS, Inputs()).findings} <= {"U001", "N101"}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_exchange_follows_a_synthesis_and_its_layers_are_of_those_dots(variant: str, peqdlab: Callable[..., Any]) -> None:
    product = open_template(f"{FAMILY}/{variant}", REAGENTS).needs["ink"].product
    synthesis = {"FAPbI3": "binary-fapbi3", "CsPbI3": "binary-cspbi3"}[product]
    ran = peqdlab("plan", f"hot_injection/{synthesis}", f"{FAMILY}/{variant}", "--json")
    assert ran.code == 0, ran.out + ran.err
    assert {row["ink"] for row in ran.json["layers"]} == {"dots"}
    film = next(row for row in ran.json["preparations"] if row["id"].startswith("film"))
    assert film["species_mmol"][product]
    assert "N101" not in codes(ran.json)


def test_the_systems_of_layer_by_layer_exchange_are_all_there_with_the_figures_of_the_review() -> None:
    templates = [open_template(f"{FAMILY}/{variant}", REAGENTS) for variant in VARIANTS]
    assert {system for template in templates for system in template.systems} == GIVEN.keys()
    for system, figures in GIVEN.items():
        mine = [template for template in templates if system in template.systems]
        said = {value.text for template in mine for _, value in template.reported}
        said |= {word.strip("%") for template in mine for check in template.checks for word in check.want_text.split()}
        assert [figure for figure in figures if figure not in said] == [], system


@pytest.mark.parametrize(("variant", "salt", "mass_mg"), [
    ("fai-etoac", "FAI", "19.95"), ("gai", "GAI", "21.69"), ("peai", "PEAI", "28.89"), ("choline-iodide", "ChI", "26.81"), ("fascn", "FASCN", "11.965"),
])  # fmt: skip
def test_salts_are_exchanged_for_one_another_by_amount(variant: str, salt: str, mass_mg: str, peqdlab: Callable[..., Any]) -> None:
    # 5.8 mmol/L x 20 mL = 0.1160 mmol, times 171.97, 186.98, 249.09, 231.08 and 103.15 g/mol
    plan = planned(peqdlab, variant)
    assert weighed(plan, salt) == Decimal("0.1160")
    assert weighed(plan, salt, "mass_g") * 1000 == pytest.approx(Decimal(mass_mg), rel=Decimal("2e-4"))


def test_formamidinium_and_methylammonium_share_the_salt_by_mole(peqdlab: Callable[..., Any]) -> None:
    plan = planned(peqdlab, "fai-mai-ipa", "--set", "x_MAI=25%")
    assert (weighed(plan, "FAI"), weighed(plan, "MAI")) == (Decimal("0.1800"), Decimal("0.0600"))  # of 12 mmol/L x 20 mL


@pytest.mark.parametrize(("variant", "solid"), [("lead-nitrate", "Pb(NO3)2"), ("glycine", "glycine"), ("alanine", "alanine"), ("lysine", "lysine")])
def test_a_saturated_bath_is_fed_by_mass(variant: str, solid: str, peqdlab: Callable[..., Any]) -> None:
    assert weighed(planned(peqdlab, variant), solid, "mass_g") == Decimal("0.02")  # 1 mg/mL x 20 mL


def test_a_thousandth_of_dipropylamine_is_7_3_millimolar(peqdlab: Callable[..., Any]) -> None:
    plan = planned(peqdlab, "dpa-dry")
    assert weighed(plan, "DPA", "volume_ml") == Decimal("0.02")
    assert weighed(plan, "DPA") / 20 * 1000 == pytest.approx(Decimal("7.3"), abs=Decimal("0.05"))


def test_each_layer_of_a_graded_film_counts_the_baths_that_came_after_it(peqdlab: Callable[..., Any]) -> None:
    plan = planned(peqdlab, "gla-graded", "--set", "layers_gla=3", "--set", "t_dip=4s")
    assert [row["baths_s"] for row in plan["layers"]] == [
        {"lead_bath": "8", "gla_bath": "12"}, {"lead_bath": "4", "gla_bath": "12"}, {"gla_bath": "12"}, {"gla_bath": "8"}, {"gla_bath": "4"},
    ]  # fmt: skip


def test_ink_stays_on_a_graded_film_from_all_of_its_layers(peqdlab: Callable[..., Any]) -> None:
    film = planned(peqdlab, "gla-graded")["preparations"][-1]
    # 4 layers x 60 µL x 70 mg/mL x 1 % = 0.168 mg, of 632.98 g/mol
    assert Decimal(film["species_mmol"]["FAPbI3"]) == pytest.approx(Decimal("0.168") / Decimal("632.98"), rel=Decimal("1e-3"))


# checks -----------------------------------------------------------------------------------------------------------------------------

# variant, check, set just inside, set just outside
TURNED = [
    ("meoac-humid", "layers", "layers=5", "layers=6"),
    ("fai-etoac", "contact", "t_dip=3.3s", "t_dip=3.4s"),
    ("fai-etoac", "bound", "c_salt=5.81mM", "c_salt=5.88mM"),
    # 3 layers x 60 µL x 70 mg/mL x 1 % = 0.126 mg of 720.8 g/mol; 38 % of it in 20 mL is 3.321 µmol/L
    ("fai-etoac", "sites", "c_salt=3.355µM", "c_salt=3.288µM"),
    ("fai-mai-ipa", "ma-needed", "x_MAI=1.01%", "x_MAI=0.99%"),
    ("lead-nitrate", "feeds", "feed=1.01mg/mL", "feed=0.99mg/mL"),
    ("glycine", "contact", "t_dip=3.3s", "t_dip=3.4s"),
    ("dpa-dry-fapbi3", "fa-kept", "dose=0.099%", "dose=0.101%"),
    ("dpa-dry", "strip", "dose=0.99%", "dose=1.01%"),
    ("gla-graded", "layers", "layers_gla=3", "layers_gla=4"),
    ("gla-graded", "feeds", "feed=1.01mg/mL", "feed=0.99mg/mL"),
]


@pytest.mark.parametrize(("variant", "check", "inside", "outside"), TURNED)
def test_a_check_is_silent_inside_its_bound_and_its_remedy_silences_it_outside(
    variant: str, check: str, inside: str, outside: str, bites: Callable[..., None]
) -> None:
    bites(f"{FAMILY}/{variant}", check, inside, outside)


@pytest.mark.parametrize(("variant", "check", "inside", "outside"), [
    ("lead-acetate", "dry-room", "14.9", "15.1"), ("dpa-dry", "dry", "2.97", "3.03"), ("meoac-humid", "best-air", "19.1", "18.9"),
    ("meoac-humid", "best-air", "23.9", "24.1"), ("meoac-humid", "too-dry", "3.03", "2.97"), ("meoac-humid", "too-wet", "29.7", "30.3"),
])  # fmt: skip
def test_the_air_of_a_dip_is_judged_by_the_window_of_its_chemistry(variant: str, check: str, inside: str, outside: str) -> None:
    template = open_template(f"{FAMILY}/{variant}", REAGENTS)
    at = next(each.at for each in template.checks if each.name == check)
    n = next(run.n for run in make_plan(template, REAGENTS, Inputs()).books.steps if run.step.verb.name == at)

    def found(humidity: str) -> set[str]:
        return {row.code for row in make_plan(template, REAGENTS, Inputs(rooms={n: Room(None, Decimal(humidity) / 100)})).findings}

    assert check not in found(inside)
    assert check in found(outside)


def test_a_remedy_for_a_number_of_layers_is_a_number(peqdlab: Callable[..., Any]) -> None:
    plan = planned(peqdlab, "meoac-humid", "--set", "layers=2")
    assert next(row["remedy"] for row in plan["findings"] if row["code"] == "layers") == "--set layers=3"
