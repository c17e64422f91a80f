"""The shipped purifications and compositions: doses by hand, what each check catches, and the figures of the review's systems."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

PROTOCOLS = Path(__file__).parents[1] / "protocols"
FAMILIES = {name: tomllib.loads((PROTOCOLS / f"{name}.toml").read_text(encoding="utf-8")) for name in ("purification", "composition")}
VARIANTS = [f"{family}/{name}" for family, data in FAMILIES.items() for name in data if name not in ("format", "title", "sources")]
FILM = "ligand_exchange/lead-acetate"
DOTS = {"Cs": "binary-cspbi3", "Br": "binary-cspbbr3", "FA": "ternary-benzoyl-fapbi3", "MA": "ternary-benzoyl-mapbi3"}
NEEDS = {"cs": "Cs", "fa": "FA", "ma": "MA", "iodide": "Cs", "bromide": "Br"}
PRODUCT_OF = {"CsPbI3": "binary-cspbi3", "CsPbBr3": "binary-cspbbr3", "FAPbI3": "binary-fapbi3"}

# numbers that the review (or the abstract) gives for a system, each of which a variant of it has to carry
FIGURES = {
    "P02": "13.20 16.21",
    "P03": "15.10 17.30 1.140 0.76",
    "P04": "10.5 11.5",
    "P05": "14.08 16.14 16.83 1.262 0.76",
    "P06": "14.28 16.25 17.73 1.23 74.5",
    "C02": "0.63 0.65",
    "C03": "16.6 18.3 1.17 78.3",
    "C04": "70 0.53 20",
    "C05": "0.35 0.63 0.57 15.05 13.82 14.20",
    "C06": "0 0.57 686 740 1.81 1.68 15.38 17.29 0.36",
    "C07": "17.49 19.35 1.22 74.12",
}


@pytest.fixture
def planned(peqdlab):
    def plan(*arguments: str) -> dict:
        ran = peqdlab("plan", *arguments, "--json")
        assert ran.code == 0, ran.out
        return ran.json

    return plan


def codes(plan: dict) -> set[str]:
    return {finding["code"] for finding in plan["findings"]}


def amount(plan: dict, preparation: str, material: str) -> Decimal:
    return Decimal(next(row["amount_mmol"] for row in plan["materials"] if (row["preparation"], row["id"]) == (preparation, material)))


def about(found: Decimal, wanted: float) -> bool:
    return abs(float(found) / wanted - 1) < 0.001


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_plans_alone_without_a_warning(variant, planned):
    graver = [finding for finding in planned(variant)["findings"] if finding["severity"] != "note"]
    assert graver == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_plans_between_a_hot_injection_and_a_film(variant, planned):
    names = [row["id"] for row in planned(variant)["needs"]]
    if names == ["crude"]:
        family, name = variant.split("/")
        product = FAMILIES[family][name].get("needs", {}).get("crude", {}).get("product") or ("FAPbI3" if name == "mai" else "CsPbI3")
        plan = planned(f"hot_injection/{PRODUCT_OF[product]}", variant, FILM)
    else:
        feeds = [text for name in names for text in ("--use", f"{name}=hot_injection/{DOTS[NEEDS[name]]}.dots")]
        plan = planned(variant, FILM, *feeds)
    assert not any(finding["code"] == "N101" for finding in plan["findings"])
    assert all(finding["severity"] != "error" for finding in plan["findings"])


# doses by hand ----------------------------------------------------------------------------------------------------------------------

CRUDE_ML, PRODUCT_MMOL = 68, 340 / 720.8
LEFT = 1 / (68 * 2.35)  # 1 mL of the liquid stays with the first pellet
LEAD_MMOL = PRODUCT_MMOL + 0.025 * 68 * LEFT


def test_the_first_wash_of_68_ml_takes_the_92_ml_that_are_printed_and_the_second_24_ml(planned):
    plan = planned("purification/meoac")
    volumes = {(row["preparation"], row["id"]): float(row["volume_ml"]) for row in plan["materials"]}
    assert volumes["washed", "MeOAc"] == pytest.approx(92, rel=0.005)
    assert volumes["washed", "hexane"] == pytest.approx(12, rel=0.005)
    assert volumes["ink", "MeOAc"] == pytest.approx(24, rel=0.005)
    assert volumes["ink", "toluene"] == pytest.approx(340 / 50)


@pytest.mark.parametrize(
    ("variant", "preparation", "material", "mmol"),
    [
        ("purification/matrix-curing", "ink", "TOP", 0.33 * LEAD_MMOL),
        ("purification/matrix-curing", "ink", "tBuI", 0.33 * LEAD_MMOL),
        ("purification/pea", "ink", "PEA", 0.33 * LEAD_MMOL),
        ("purification/fpea", "ink", "FPEA", 0.33 * LEAD_MMOL),
        ("purification/dta", "dta_antisolvent", "DTA", 0.5 * 0.33 * PRODUCT_MMOL),
        ("purification/top-stripping", "ink", "TOP", 0.33 * LEAD_MMOL),
        ("composition/fa-diffusion", "fa_antisolvent", "FAI", 0.36 * PRODUCT_MMOL),
        ("composition/fabf4", "fa_antisolvent", "FABF4", 0.5 * 0.33 * PRODUCT_MMOL),
    ],
)
def test_a_dose_is_its_equivalents_of_the_lead_after_the_first_wash(variant, preparation, material, mmol, planned):
    assert about(amount(planned(variant), preparation, material), mmol)


def test_the_least_fai_for_a_tenth_of_a_millimole_of_lead_and_x_of_036_is_6_2_mg(planned):
    fai = amount(planned("composition/fa-diffusion"), "fa_antisolvent", "FAI")
    assert float(fai) * 171.97 / PRODUCT_MMOL / 10 == pytest.approx(6.2, abs=0.05)


def test_half_of_the_dots_are_spread_out_where_half_are_recovered(planned):
    whole, half = planned("purification/meoac"), planned("purification/meoac", "--set", "recovery=50%")
    assert amount(half, "ink", "toluene") * 2 == pytest.approx(amount(whole, "ink", "toluene"))


# checks -----------------------------------------------------------------------------------------------------------------------------


def free_acid_per_surface_amine() -> float:
    return (0.240 + 0.007) * CRUDE_ML * LEFT / (0.33 * LEAD_MMOL)


FREE_ACID = free_acid_per_surface_amine()
OVER_PRODUCT = LEAD_MMOL / PRODUCT_MMOL  # doses of product lead, judged against all lead


@pytest.mark.parametrize(
    ("variant", "check", "name", "edge", "is_upper"),
    [
        ("purification/meoac", "volumes", "antisolvent", 3, True),
        ("purification/fapbi3", "blend", "toluene_per_MeCN", 10, False),
        ("purification/matrix-curing", "releases", "TOP_eq", 1, False),
        ("purification/mai", "too-much", "MAI_eq", 1, True),
        ("purification/pea", "more-than-acid", "amine_eq", FREE_ACID, False),
        ("purification/fpea", "more-than-acid", "amine_eq", FREE_ACID, False),
        ("purification/dta", "bridges", "DTA_eq", OVER_PRODUCT, True),
        ("purification/top-stripping", "no-more", "TOP_eq", 3 / 0.33, True),
        ("composition/halide-mixing", "two-to-one", "V_bromide", (124 / 720.75) / (50 / 579.82) * 1 / 2.05, False),
        ("composition/halide-pbi2", "enough", "V_halide", 1.5 * 40 / 579.82 / (0.2 / 6), True),
        ("composition/oa-rich", "x-FA", "V_fa", 2 * 0.878 * 0.55 / 0.45, True),
        ("composition/cs-fa", "x-FA", "V_fa", 0.5 * 0.878 * 0.45 / 0.55, False),
        ("composition/ma-fa", "half", "V_ma", 0.979 * 0.55 / 0.45, True),
        ("composition/cs-ma", "half", "V_ma", 0.55 / 0.45, True),
        ("composition/chloroform", "slow", "t_mix", 20, False),
        ("composition/fabf4", "too-much", "BF4_eq", OVER_PRODUCT, True),
    ],
)
def test_a_check_bites_one_percent_outside_and_is_silent_one_percent_inside(variant, check, name, edge, is_upper, planned):
    unit = {"V": "mL", "t_mix": "min"}.get(name if name in ("t_mix",) else name[0] if name[:2] == "V_" else "", "")
    out, inside = (edge * 1.01, edge * 0.99) if is_upper else (edge * 0.99, edge * 1.01)
    assert check in codes(planned(variant, "--set", f"{name}={out:.5f}{unit}"))
    assert check not in codes(planned(variant, "--set", f"{name}={inside:.5f}{unit}"))


@pytest.mark.parametrize(("residue", "bites"), [("0.4mL", True), ("0.6mL", False), ("1mL", False), ("1.5mL", True)])
def test_one_cycle_leaves_a_tenth_to_three_tenths_of_free_acid_for_each_lead(residue, bites, planned):
    assert ("oa-rich" in codes(planned("purification/one-cycle", "--set", f"residue={residue}"))) is bites


def test_two_cycles_leave_next_to_no_free_acid_and_one_leaves_more(planned):
    assert "oa-less" not in codes(planned("purification/meoac"))
    assert "oa-less" in codes(planned("purification/meoac", "--set", "residue=8mL"))


def test_two_washed_colloids_have_too_little_acid_for_mixing_oa_rich(planned):
    fed = [f"--use={name}=hot_injection/{DOTS[NEEDS[name]]}.dots" for name in ("cs", "fa")]
    assert "shuttle" not in codes(planned("composition/oa-rich"))
    assert "shuttle" in codes(planned("composition/oa-rich", *fed))


def test_more_fa_than_the_lattice_was_seen_to_take_is_refused(peqdlab):
    ran = peqdlab("plan", "composition/fa-diffusion", "--set", "x_FA=0.6", "--json")
    assert "0.57" in ran.out + ran.err
    assert ran.code != 0 or "reach" in ran.out


# the figures of the review ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", FIGURES)
def test_every_figure_of_a_system_stands_in_a_variant_of_it(system):
    text = " ".join(
        str(row) for data in FAMILIES.values() for row in data.values() if isinstance(row, dict) and system in row.get("system", ())
    )
    assert set(FIGURES[system].split()) <= set(re.findall(r"\d+(?:\.\d+)?", re.sub(r"\[[^]]*\]", "", text)))


def test_every_system_of_both_families_has_a_variant():
    systems = {name for data in FAMILIES.values() for row in data.values() if isinstance(row, dict) for name in row.get("system", ())}
    assert systems == {*(f"P0{n}" for n in range(1, 7)), *(f"C0{n}" for n in range(1, 8))}
