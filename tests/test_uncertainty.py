"""Ratios with what the instruments do to them: rounding is found again from the sheet, tolerances by Monte Carlo."""

from __future__ import annotations

import random
import re
import statistics
from decimal import Decimal
from fractions import Fraction

import pytest

from peqdlab.books import Inputs
from peqdlab.catalog import open_template
from peqdlab.dispensing import as_dispensed
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents
from peqdlab.uncertainty import forming_part, ratio_uncertainty, rounding_errors
from peqdlab.units import Quantity, parse_quantity

SHIPPED = "hot_injection/binary-cspbi3"
# One with a stock, one whose stock is diluted to another before it is drawn, one without any stock but a halide source of its own.
VARIANTS = ["binary-cspbi3", "binary-cspbi3-c18", "ternary-benzoyl-cspbbr3"]
DRAWS = 10_000


def planned(variant: str, inputs: Inputs | None = None):
    reagents = shipped_reagents()
    return make_plan(open_template(f"hot_injection/{variant}", reagents), reagents, inputs)


def tolerances(document: dict) -> dict[str, Decimal]:
    """Return the tolerance in mg or mL behind every code, as the plan prints it."""
    blanks = [blank for step in document["steps"] for blank in step["blanks"] if blank.get("tolerance")]
    return {blank["code"]: parse_quantity(blank["tolerance"].removeprefix("± ")).value for blank in blanks}


def drawn_at_random(part, widths: dict[str, Decimal], names) -> dict[str, float]:
    """Return the standard deviation of each ratio over many batches with every quantity anywhere within its tolerance."""
    chance, found = random.Random(20), {name: [] for name in names}
    for _ in range(DRAWS):
        amounts = {
            code: Quantity(quantity.value + widths[code] * Decimal(chance.uniform(-1, 1)), quantity.dimension)
            for code, quantity in part.amounts.items()
        }
        for name, ratio in part.ratios(amounts).items():
            found[name].append(float(ratio))
    return {name: statistics.stdev(ratios) for name, ratios in found.items()}


@pytest.mark.parametrize("variant", VARIANTS)
def test_ten_thousand_batches_scatter_as_the_uncertainty_says(variant: str, peqdlab) -> None:
    document = peqdlab("plan", f"hot_injection/{variant}", "--json").json
    plan = planned(variant)
    part = forming_part(plan.template, plan.reagents, plan.inputs, plan.books)
    scatter = drawn_at_random(part, tolerances(document), document["ratios"])
    assert document["ratio_uncertainty"].keys() == document["ratios"].keys()
    for name, u in document["ratio_uncertainty"].items():
        assert scatter[name] == pytest.approx(float(u), rel=0.05, abs=1e-9), name


def test_the_uncertainty_of_one_stock_and_one_salt_is_that_of_the_formula() -> None:
    """Pb/Cs = n(Pb) V(stock) / (n(Cs) v): four relative terms, the stock's volume being OA and ODE."""
    plan = planned("binary-cspbi3")
    part = forming_part(plan.template, plan.reagents, plan.inputs, plan.books)
    terms = [0.2 / 1000, 0.2 / 750, 0.06 / 8, 1 / 78, 0.06 / 78]  # PbI2, Cs2CO3, draw, ODE and OA of 78 mL
    relative = sum(term**2 / 3 for term in terms) ** 0.5
    found = ratio_uncertainty(part, plan.stoichiometry.ratios)
    assert float(found["Pb/Cs"] / plan.stoichiometry.ratios["Pb/Cs"]) == pytest.approx(relative, rel=1e-9)
    assert found["I/Pb"] == 0  # a salt brings both


def test_alike_additions_in_one_step_are_each_counted(edited, peqdlab) -> None:
    one = peqdlab("plan", edited(('OAm = "5 mL"', 'OAm = "3 mL"')), "--json").json
    two = peqdlab("plan", edited(('OAm = "5 mL"', 'OAm = "1.5 mL", Oleylamine = "1.5 mL"')), "--json").json
    assert one["ratios"] == two["ratios"]
    # 60 µL twice instead of once, on half the rest: the square grows by that of one more
    squares = [(float(plan["ratio_uncertainty"]["OAm/Pb"]) / float(plan["ratios"]["OAm/Pb"])) ** 2 for plan in (one, two)]
    assert squares[1] - squares[0] == pytest.approx((0.06 / 3) ** 2 / 3, rel=1e-3)


# rounding ------------------------------------------------------------------------------------------------------------


def test_rounding_and_uncertainty_of_a_coarse_balance_are_printed_apart(peqdlab) -> None:
    assert peqdlab("config", "balance.analytical.step=1mg", "balance.analytical.tolerance=2mg").code == 0
    coarse = peqdlab("plan", SHIPPED, "--scale", "0.0333", "--json").json
    # 24.975 mg of Cs2CO3 as 25 mg, 33.3 mg of PbI2 as 33 mg, 99.9 µL of OA, 2.4975 mL of ODE as 2.50 mL, 266.4 µL drawn as 266 µL
    stock = (Decimal("0.0999") + Decimal("2.50")) / (Decimal("0.0999") + Decimal("2.4975"))
    wanted = Decimal(33) / Decimal("33.3") * stock / (25 / Decimal("24.975") * 266 / Decimal("266.4")) - 1
    assert float(coarse["ratio_rounding_pct"]["Pb/Cs"]) == pytest.approx(float(wanted * 100), abs=0.002)
    assert 0.1 < float(coarse["ratio_uncertainty"]["Pb/Cs"]) < 0.4  # 2 mg of 25 and of 33 mg, over the root of three
    shown = peqdlab("plan", SHIPPED, "--scale", "0.0333").out
    assert re.search(r"^ +Pb/Cs +I/Pb .*\nby moles +4\.594 .*\n± +0\.\d+ .*\nrounding +-0\.\d+ % ", shown, re.MULTILINE)


def test_the_books_keep_the_exact_amount_whatever_the_balance(peqdlab) -> None:
    fine = peqdlab("plan", SHIPPED, "--scale", "0.0333", "--json").json
    assert peqdlab("config", "balance.analytical.step=10mg").code == 0
    coarse = peqdlab("plan", SHIPPED, "--scale", "0.0333", "--json").json
    keys = ("mass_g", "volume_ml", "amount_mmol")
    assert [[row[key] for key in keys] for row in fine["materials"]] == [[row[key] for key in keys] for row in coarse["materials"]]
    assert (fine["ratios"], fine["ceiling_mg"]) == (coarse["ratios"], coarse["ceiling_mg"])
    assert [row["as_dispensed"] for row in coarse["materials"]][3] == "30 mg"


def test_rounding_errors_are_those_of_a_batch_logged_as_the_sheet_prints_it() -> None:
    plan = planned("binary-cspbi3-c18", Inputs(scale=Fraction(1, 7)))
    printed = {use.code: as_dispensed(use.quantity, plan.instruments) for run in plan.books.steps for use in run.uses if use.code}
    logged = planned("binary-cspbi3-c18", plan.inputs._replace(amounts={code: parse_quantity(text) for code, text in printed.items()}))
    part = forming_part(plan.template, plan.reagents, plan.inputs, plan.books)
    errors = rounding_errors(part, plan.stoichiometry.ratios)
    assert any(errors.values())
    for name, ratio in plan.stoichiometry.ratios.items():
        assert float(errors[name]) == pytest.approx(float(logged.stoichiometry.ratios[name] / ratio - 1), abs=1e-15)


REMEDIES = re.compile(r"--scale (\S+); or, with finer instruments: peqdlab config (.*?); or dilute")


@pytest.mark.parametrize("way", ["scale", "config"])
def test_the_remedy_of_a_rounded_ratio_removes_it(way: str, peqdlab) -> None:
    assert peqdlab("config", "balance.analytical.step=1mg").code == 0
    asked = ["plan", SHIPPED, "--scale", "0.0125", "--json"]
    (found,) = [row for row in peqdlab(*asked).json["findings"] if row["code"] == "I101"]
    assert found["severity"] == "warning"
    assert "Cs2CO3" in found["message"] or "PbI2" in found["message"]
    scale, settings = REMEDIES.match(found["remedy"]).groups()
    if way == "scale":
        asked[3] = scale
    else:
        assert peqdlab("config", *settings.split()).code == 0
    assert [row["code"] for row in peqdlab(*asked).json["findings"] if row["code"] == "I101"] == []


@pytest.mark.parametrize("way", ["scale", "config"])
def test_the_remedy_of_too_small_a_quantity_removes_it(way: str, peqdlab) -> None:
    asked = ["plan", SHIPPED, "--scale", "0.01", "--json"]
    findings = [row for row in peqdlab(*asked).json["findings"] if row["code"] == "I102"]
    assert [row["message"].split(":")[0] for row in findings] == ["Cs2CO3 into cs_oleate"]
    assert "7.500 mg is below the range of balance 0.1 mg, from 10 mg" in findings[0]["message"]
    if way == "scale":
        asked[3] = findings[0]["remedy"].split(",")[0].removeprefix("--scale ")
    else:
        assert peqdlab("config", findings[0]["remedy"].partition("peqdlab config ")[2]).code == 0
    assert [row["code"] for row in peqdlab(*asked).json["findings"] if row["code"] == "I102"] == []


def test_a_batch_as_it_went_is_not_told_that_its_amounts_are_rounded() -> None:
    plan = planned("binary-cspbi3", Inputs(scale=1, amounts={"4a": parse_quantity("5.05 mg")}))
    assert {finding.code for finding in plan.findings} & {"I101", "I102"} == set()


def test_a_plan_without_a_product_has_no_uncertainty(tmp_path, peqdlab) -> None:
    path = tmp_path / "stock.toml"
    path.write_text(
        'format = 1\n[sources]\n[v]\ntitle = "a"\nsource = "computed"\n[v.make.a]\nvessel = "5 mL vial"\nsteps = [{ add = { toluene = "1 mL" } }]\n',
        encoding="utf-8",
    )
    made = peqdlab("plan", str(path), "--json").json
    assert (made["ratio_uncertainty"], made["ratio_rounding_pct"], made["materials"][0]["tolerance"]) == (None, None, "± 0.008 mL")
