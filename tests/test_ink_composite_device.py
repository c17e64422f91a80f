"""Conductive inks, nanocomposites and devices: every variant plans alone and in a chain, and its figures are those computed by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from peqdlab.catalog import open_template
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents

if TYPE_CHECKING:
    from collections.abc import Callable

CS, FA = "hot_injection/binary-cspbi3", "hot_injection/binary-fapbi3"
# variant: the synthesis in front of it, the review's system
VARIANTS = {
    "conductive_ink/sacp-fapbi3": (FA, "I01"),
    "conductive_ink/sacp-blade": (FA, "I02"),
    "nanocomposite/pcbm-first-layer": (CS, "N01"),
    "nanocomposite/pcbm-gradient": (CS, "N03"),
    "nanocomposite/polymer-last-layer": (CS, "N02"),
    "nanocomposite/polymer-last-layer-fapbi3": (FA, "N02"),
    "nanocomposite/polymer-last-layer-ptb7": (CS, "N02"),
    "nanocomposite/polymer-last-layer-ptb7-th": (CS, "N02"),
    "nanocomposite/polymer-last-layer-ptp8": (CS, "N02"),
    "nanocomposite/itic-exchange": (FA, "N04"),
    "nanocomposite/y6-exchange": (CS, "N05"),
    "nanocomposite/stacked-junction": (CS, "N06"),
    "device/nip": (CS, "D01"),
    "device/pin-sam": (CS, "D02"),
}
BELOW_THE_CONTACT = {"device/nip": ("ligand_exchange/lead-acetate",), "device/pin-sam": ("nanocomposite/y6-exchange",)}
# system: every figure that the review gives for it
FIGURES = {
    "I01": {"16.61", "14.64", "3.23", "1.10"},
    "I02": {"16.02"},
    "N01": {"12.3"},
    "N02": {"13.1", "13.8", "11.6", "13.2"},
    "N05": {"15.05", "1.26", "15.81"},
}


@pytest.fixture
def planned(peqdlab: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Plan protocols, which has to succeed: ``planned("device/nip", "--set", "area=0.1cm2")``."""

    def plan(*arguments: str) -> dict[str, Any]:
        ran = peqdlab("plan", *arguments, "--json")
        assert ran.code == 0, ran.out
        return dict(ran.json)

    return plan


def codes(plan: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in plan["findings"]}


def amount(plan: dict[str, Any], preparation: str, material: str, what: str = "amount_mmol") -> Decimal:
    return Decimal(next(row[what] for row in plan["materials"] if (row["preparation"], row["id"]) == (preparation, material)))


def digits(printed: str, value: Decimal) -> str:
    return str(value.quantize(Decimal(printed)))


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_plans_alone_without_errors_or_warnings(variant: str, planned: Callable[..., Any]) -> None:
    plan = planned(variant)
    assert [row["code"] for row in plan["findings"] if row["severity"] != "note"] == []
    assert "N101" in codes(plan)  # what it needs is taken as it says itself


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_plans_behind_a_hot_injection_which_feeds_it(variant: str, planned: Callable[..., Any]) -> None:
    synthesis, _ = VARIANTS[variant]
    also = ("--use", f"fa={FA}.dots") if variant.endswith("stacked-junction") else ()
    plan = planned(synthesis, *BELOW_THE_CONTACT.get(variant, ()), variant, *also)
    bought = ["polymer_stock"] if variant.endswith("ptp8") else []
    assert [row["message"].split()[2] for row in plan["findings"] if row["code"] == "N101"] == bought


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_sheet_of_a_variant_is_printed(variant: str, peqdlab: Callable[..., Any]) -> None:
    ran = peqdlab("run-sheet", variant)
    assert (ran.code, ran.err) == (0, "")
    assert "s [unverified]" not in ran.out  # a tag in a list of texts would print as typed


@pytest.mark.parametrize("system", sorted({system for _, system in VARIANTS.values()}))
def test_the_figures_of_a_system_stand_as_reported(system: str) -> None:
    templates = [open_template(variant) for variant, (_, of) in VARIANTS.items() if of == system]
    assert all(template.systems == (system,) for template in templates)
    said = {value.text.split()[0] for template in templates for _, value in template.reported}
    assert FIGURES.get(system, set()) <= said


# figures -----------------------------------------------------------------------------------------------------------------------


def test_a_surface_cell_is_six_lattice_constants_over_the_edge(planned: Callable[..., Any]) -> None:
    # 50 mg FAPbI3 / 632.98 = 0.07899 mmol; 6 x 0.636 / 10 = 0.3816 of it is at the surface; per gram 0.60 mmol, DPA 61 mg, TPP 158 mg
    plan = planned("conductive_ink/sacp-fapbi3")
    assert digits("0.03014", amount(plan, "conductive", "DPA")) == "0.03014"
    assert digits("61", 20 * amount(plan, "conductive", "DPA") * Decimal("101.19")) == "61"
    books = make_plan(open_template("conductive_ink/sacp-fapbi3"), shipped_reagents()).books
    coordination = next(run for run in books.steps if run.step.text_of("name") == "coordination")
    assert digits("158", 20 * coordination.left.species["TPP"] * Decimal("262.29")) == "158"


def test_smaller_dots_take_more_of_both(planned: Callable[..., Any]) -> None:
    small, large = (planned("conductive_ink/sacp-fapbi3", "--set", f"edge={edge}nm") for edge in (8, 12))
    ratio = amount(small, "conductive", "DPA") / amount(large, "conductive", "DPA")
    assert digits("1.50", ratio) == "1.50"


def test_a_blade_at_100_micrometres_spreads_0_405_millilitres_of_20_milligrams_each(planned: Callable[..., Any]) -> None:
    # 81 cm2 x 50 µm = 0.405 mL; 400 nm x 2.5 g/mL / 50 µm = 20 mg/mL; so 8.1 mg lie on 81 cm2
    books = make_plan(open_template("conductive_ink/sacp-blade"), shipped_reagents()).books
    (coated,) = [run for run in books.steps if run.step.verb.name == "coat"]
    assert coated.uses[0].volume_ml == Decimal("0.405")
    # the liquid left with the pellet, 20 µL, thins it by 1 %
    assert books.finished["film"].species["FAPbI3"] * Decimal("632.98") == pytest.approx(Decimal("8.1"), rel=Decimal("0.02"))


@pytest.mark.parametrize(("variant", "preparation", "species", "molar_mass", "share"), [
    ("pcbm-first-layer", "hybrid_ink", "PCBM", "910.9", "0.030"), ("pcbm-gradient", "ink_1", "PCBM", "910.9", "0.050"),
    ("pcbm-gradient", "ink_3", "PCBM", "910.9", "0.005"), ("polymer-last-layer", "hybrid_ink", "PBDB-T", "1191.9", "0.050"),
])  # fmt: skip
def test_what_is_blended_has_its_share_of_the_mass_of_dots(variant: str, preparation: str, species: str, molar_mass: str, share: str) -> None:
    books = make_plan(open_template(f"nanocomposite/{variant}"), shipped_reagents()).books
    blend = next(run for run in reversed(books.steps) if run.preparation.name == preparation)
    there = blend.left.species
    assert digits(share, there[species] * Decimal(molar_mass) / (there["CsPbI3"] * Decimal("720.8"))) == share


def test_pcbm_lies_lowest_and_the_polymer_highest(planned: Callable[..., Any]) -> None:
    low, high = planned("nanocomposite/pcbm-first-layer"), planned("nanocomposite/polymer-last-layer")
    assert [row["ink"] for row in low["layers"]] == ["hybrid_ink", "ink", "ink", "ink"]
    assert [row["dips"] for row in low["layers"]] == [4, 3, 2, 1]
    assert [row["ink"] for row in high["layers"]] == ["ink", "ink", "ink", "hybrid_ink"]


def test_what_a_repeated_preparation_goes_on_with_is_taken_once(planned: Callable[..., Any]) -> None:
    books = make_plan(open_template("nanocomposite/pcbm-first-layer"), shipped_reagents()).books
    verbs = [run.step.verb.name for run in books.steps if run.preparation.name == "film"]
    assert verbs == ["start", *["coat", "dip", "dry"] * 3]
    assert [run.n for run in books.steps] == [*range(1, len(books.steps) + 1)]


def test_the_acceptor_has_its_concentration(planned: Callable[..., Any]) -> None:
    # 0.1 mg/mL is 0.070 mmol/L of ITIC and 0.069 mmol/L of Y6: ten times that here, in 10 mL
    for variant, name, printed in (("itic-exchange", "ITIC", "0.0070"), ("y6-exchange", "Y6", "0.0069")):
        assert digits(printed, amount(planned(f"nanocomposite/{variant}"), "acceptor", name)) == printed


def test_at_equal_concentrations_three_quarters_formamidinium_are_72_5_to_27_5_by_volume() -> None:
    books = make_plan(open_template("nanocomposite/stacked-junction"), shipped_reagents()).books
    cs, fa = (use.volume_ml for run in books.steps if run.preparation.name == "mixed" for use in run.uses)
    assert digits("0.725", fa / (cs + fa)) == "0.725"


def test_the_spiro_solution_has_the_ratios_of_its_recipe(planned: Callable[..., Any]) -> None:
    # 17.5 µL of 520 mg/mL LiTFSI (287.09), 28.8 µL tBP (135.21, 0.915 g/mL), 72.3 mg spiro-OMeTAD (1225.4)
    books = make_plan(open_template("device/nip"), shipped_reagents()).books
    there = next(run for run in books.steps if run.step.text_of("name") == "dope").left.species
    spiro = there["spiro-OMeTAD"]
    assert (digits("0.54", there["Li+"] / spiro), digits("3.30", there["tBP"] / spiro)) == ("0.54", "3.30")
    assert digits("0.335", amount(planned("device/pin-sam"), "sam", "MeO-2PACz", "mass_g") * 1000 / 50) == "0.335"


# checks ------------------------------------------------------------------------------------------------------------------------


# variant, check, parameter, what it is 1 % inside and 1 % outside of the limit
BOUNDS = [
    ("conductive_ink/sacp-fapbi3", "one-coat", "coats", "1", "2"),
    ("conductive_ink/sacp-fapbi3", "released", "TPP_cell", "100%", "98%"),
    ("conductive_ink/sacp-blade", "plate", "T_plate", "109°C", "111°C"),
    ("nanocomposite/pcbm-first-layer", "blend", "w_PCBM", "9.9%", "10.1%"),
    ("nanocomposite/pcbm-gradient", "falls", "w_2", "4.95%", "5.05%"),
    ("nanocomposite/polymer-last-layer", "blend", "w_polymer", "19.8%", "20.2%"),
    ("nanocomposite/itic-exchange", "soluble", "c_acceptor", "1.98mg/mL", "2.02mg/mL"),
    ("nanocomposite/stacked-junction", "mixed", "x_FA", "75.9%", "76.8%"),
    ("nanocomposite/stacked-junction", "stack", "n_top", "3", "4"),
    ("device/nip", "lithium", "V_Li", "18.0µL", "18.5µL"),
    ("device/nip", "pyridine", "V_tBP", "30.2µL", "30.9µL"),
    ("device/nip", "titania", "T_TiO2", "202°C", "198°C"),
    ("device/nip", "oxidised", "t_oxide", "8.08h", "7.92h"),
    ("device/nip", "metal", "d_metal", "99nm", "101nm"),
    ("device/nip", "mask", "area", "0.1485cm2", "0.1515cm2"),
    ("device/pin-sam", "monolayer", "c_SAM", "1.089mmol/L", "1.111mmol/L"),
]  # fmt: skip


@pytest.mark.parametrize(("variant", "check", "name", "inside", "outside"), BOUNDS)
def test_a_check_bites_outside_of_its_limit_and_is_silent_inside(
    variant: str, check: str, name: str, inside: str, outside: str, planned: Callable[..., Any]
) -> None:
    assert check not in codes(planned(variant, "--set", f"{name}={inside}"))
    found = planned(variant, "--set", f"{name}={outside}")
    (row,) = [row for row in found["findings"] if row["code"] == check]
    if row["remedy"].startswith("--set"):
        mended = planned(variant, "--set", f"{name}={outside}", *row["remedy"].split(";")[0].split())
        assert check not in codes(mended), row["remedy"]
    else:  # a number of layers is not solved for
        assert name in ("coats", "n_top"), row["remedy"]


def test_inks_whose_concentrations_are_not_those_typed_are_found_when_they_are_mixed(planned: Callable[..., Any]) -> None:
    plan = planned("nanocomposite/stacked-junction", "--set", "c_FA=100mg/mL")
    (row,) = [row for row in plan["findings"] if row["code"] == "ratio"]
    assert row["remedy"].startswith("--set c_FA=")
    assert "ratio" not in codes(planned("nanocomposite/stacked-junction", *row["remedy"].split()))
    assert "ratio" not in codes(planned("nanocomposite/stacked-junction", "--set", "c_FA=72mg/mL"))


def test_amine_that_stays_with_the_pellet_is_found(planned: Callable[..., Any]) -> None:
    assert "amine" in codes(planned("conductive_ink/sacp-fapbi3", "--set", "residue=0.2mL"))
