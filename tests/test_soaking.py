"""The shipped soaks: figures worked out by hand, chains from synthesis and film, what each check catches."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from peqdlab.books import Inputs
from peqdlab.catalog import check_file, open_family, open_template
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents

if TYPE_CHECKING:
    from collections.abc import Callable

FAMILY = "soaking"
VARIANTS = open_family(FAMILY).variants
REAGENTS = shipped_reagents()
# What the review gives for each system, typed from its text.
GIVEN = {
    "K01": ["0.23 cm2/V/s", "0.50 cm2/V/s", "13.43 %", "15.246 mA/cm2", "1.1626 V", "76.63 %"],
    "K02": ["13.98 %", "14.86 %"],
    "K03": ["16.53 %", "17.80 mA/cm2", "1.27 V", "73.1 %"],
    "K04": [],
}


def planned(peqdlab: Callable[..., Any], variant: str, *more: str) -> dict[str, Any]:
    ran = peqdlab("plan", f"{FAMILY}/{variant}", "--json", *more)
    assert ran.code == 0, ran.out + ran.err
    return ran.json


def codes(plan: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in plan["findings"]}


def test_every_soak_plans_alone_without_an_error_or_a_warning() -> None:
    assert [(found.code, str(found.where)) for found in check_file(FAMILY) if found.severity != "note"] == []
    for variant in VARIANTS:
        assert {f.code for f in make_plan(open_template(f"{FAMILY}/{variant}", REAGENTS), REAGENTS, Inputs()).findings} <= {"U001", "N101", "F105", "F107"}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_soak_follows_a_film_whose_layers_all_meet_it_once(variant: str, peqdlab: Callable[..., Any]) -> None:
    product = open_template(f"{FAMILY}/{variant}", REAGENTS).needs["film"].product
    front = {"CsPbI3": ("binary-cspbi3", "meoac-humid"), "FAPbI3": ("binary-fapbi3", "fai-mai-ipa")}[product]
    ran = peqdlab("plan", f"hot_injection/{front[0]}", f"ligand_exchange/{front[1]}", f"{FAMILY}/{variant}", "--json")
    assert ran.code == 0, ran.out + ran.err
    layers = ran.json["layers"]
    assert [row["baths_s"] for row in layers] == [{"bath": str(3 * (3 - k)), "bath_2": "10"} for k in range(3)]
    assert next(row for row in ran.json["preparations"] if row["id"] == "soaked")["species_mmol"][product]


def test_a_sintered_film_is_soaked_after_it_was_annealed(peqdlab: Callable[..., Any]) -> None:
    plan = peqdlab("plan", "ligand_exchange/lead-acetate", "soaking/fai-etoac", "--json").json
    assert [step["text"] for step in plan["steps"] if step["preparation"] == "soaked"][0] == "go on with cell_film"


def test_the_systems_of_soaking_are_all_there_with_the_figures_of_the_review() -> None:
    templates = [open_template(f"{FAMILY}/{variant}", REAGENTS) for variant in VARIANTS]
    assert {system for template in templates for system in template.systems} == GIVEN.keys()
    for system, figures in GIVEN.items():
        said = {value.text for template in templates if system in template.systems for _, value in template.reported}
        assert [figure for figure in figures if figure not in said] == [], system


def test_ten_seconds_are_the_reviews_and_nobody_elses() -> None:
    times = {variant: open_template(f"{FAMILY}/{variant}", REAGENTS).parameters["t_soak"].value for variant in VARIANTS}
    assert {value.text for value in times.values()} == {"10 s"}
    assert {variant for variant, value in times.items() if value.source == "review"} == {name for name in VARIANTS if name.endswith("i-etoac") or name.endswith("br-etoac")}


@pytest.mark.parametrize(("variant", "salt", "mass_mg"), [
    ("fai-etoac", "FAI", "19.95"), ("fabr-etoac", "FABr", "14.50"), ("mai-etoac", "MAI", "18.44"), ("mabr-etoac", "MABr", "12.99"),
    ("csi-etoac", "CsI", "30.14"), ("csbr-etoac", "CsBr", "24.69"), ("gascn", "GASCN", "13.71"), ("fascn", "FASCN", "11.965"),
])  # fmt: skip
def test_salts_are_exchanged_for_one_another_by_amount(variant: str, salt: str, mass_mg: str, peqdlab: Callable[..., Any]) -> None:
    # 5.8 mmol/L x 20 mL = 0.1160 mmol, times 171.97, 124.97, 158.97, 111.97, 259.81, 212.81, 118.16 and 103.15 g/mol
    row = next(row for row in planned(peqdlab, variant)["materials"] if row["id"] == salt)
    assert Decimal(row["amount_mmol"]) == Decimal("0.1160")
    assert Decimal(row["mass_g"]) * 1000 == pytest.approx(Decimal(mass_mg), rel=Decimal("5e-4"))


def test_choline_iodide_at_4_33_millimolar_is_1_milligram_in_a_millilitre(peqdlab: Callable[..., Any]) -> None:
    rows = {row["id"]: row for row in planned(peqdlab, "2-pentanol-choline")["materials"]}
    assert rows.keys() == {"ChI", "2-pentanol"}
    assert Decimal(rows["ChI"]["mass_g"]) * 1000 / Decimal(rows["2-pentanol"]["volume_ml"]) == pytest.approx(1, rel=Decimal("1e-3"))


# variant, check, set just inside, set just outside
TURNED = [
    ("fai-etoac", "time", "t_soak=9.1s", "t_soak=8.9s"),
    ("fai-etoac", "time", "t_soak=10.9s", "t_soak=11.1s"),
    ("fai-etoac", "bound", "c_salt=5.81mM", "c_salt=5.88mM"),
    ("2-pentanol", "time", "t_soak=10.9s", "t_soak=11.1s"),
    ("gascn", "mild", "T_anneal=262°C", "T_anneal=268°C"),
]


@pytest.mark.parametrize(("variant", "check", "inside", "outside"), TURNED)
def test_a_check_is_silent_inside_its_bound_and_its_remedy_silences_it_outside(
    variant: str, check: str, inside: str, outside: str, bites: Callable[..., None]
) -> None:
    bites(f"{FAMILY}/{variant}", check, inside, outside)


def test_the_humidity_of_the_exchange_is_not_wanted_at_the_dips_of_other_protocols(peqdlab) -> None:
    chain = ["hot_injection/binary-cspbi3", "ligand_exchange/meoac-humid", "soaking/fai-etoac", "device/nip", "--substrates", "2", "--json"]
    steps = [step for step in peqdlab("plan", *chain).json["steps"] if step["do"] == "dip"]
    assert [(step["preparation"], bool(step["room_wanted"])) for step in steps if step.get("cycle") in (None, 1)] == [
        ("film", True),
        ("soaked", False),
        ("etl", False),
    ]
