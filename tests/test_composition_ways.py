"""Composition both ways, free acid and lead after washes, tolerance factors: numbers by hand, and where each check bites."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peqdlab.cli.planning import Asked, made_plan
from peqdlab.document import plan_document
from peqdlab.ledger import Contents, split
from peqdlab.tolerance import factors_of

MIXING = "composition/cation-mixing"
# Molar masses by hand from the standard atomic weights: Cs 132.905, Pb 207.2, I 126.904, FA CH5N2 45.064, MA CH6N 32.065.
CS, FA, MA = 132.905 + 207.2 + 3 * 126.904, 45.064 + 207.2 + 3 * 126.904, 32.065 + 207.2 + 3 * 126.904
DOTS = ["cs=hot_injection/binary-cspbi3.dots", "fa=hot_injection/ternary-benzoyl-fapbi3.dots"]
_CACHED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def planned(*names: str, sets=(), uses=()) -> dict:
    return plan_document(made_plan(names, Asked(list(sets), [], uses=list(uses))))


def told(plan: dict, name: str) -> float:
    return float(next(row["value"] for row in plan["told"] if row["name"] == name))


def reads(plan: dict, name: str) -> str:
    return next(row["reads"] for row in plan["told"] if row["name"] == name)


def volume_of(plan: dict, need: str) -> float:
    return float(next(row["used_ml"] for row in plan["needs"] if row["id"] == need))


def codes(plan: dict) -> dict[str, str]:
    return {row["code"]: row["severity"] for row in plan["findings"]}


# x_FA, gap, PL and volumes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "x"),
    [("x_FA=0.36", 0.36), ("gap=1.70eV", (1.807 - 1.70) / 0.231), ("PL=710nm", (1.807 - 1239.84 / 710) / 0.231)],
)
def test_a_wanted_share_gap_or_peak_gives_the_volumes(asked, x):
    plan = planned(MIXING, sets=[asked])
    assert volume_of(plan, "fa") == pytest.approx(0.5 * FA / CS * x / (1 - x), rel=1e-3)
    assert told(plan, "x_FA") == pytest.approx(x, abs=1e-4)
    assert told(plan, "gap") == pytest.approx(1.807 - 0.231 * x, abs=1e-3)
    assert told(plan, "PL") == pytest.approx(1239.84 / (1.807 - 0.231 * x), abs=0.1)


def test_a_volume_gives_share_gap_and_peak():
    plan = planned(MIXING, sets=["V_fa=1mL", "V_cs=1mL"])
    x = CS / (CS + FA)
    assert [told(plan, name) for name in ("x_FA", "gap", "PL")] == pytest.approx([x, 1.807 - 0.231 * x, 1239.84 / (1.807 - 0.231 * x)], rel=1e-3)


@_CACHED
@given(st.decimals(Decimal("0.05"), Decimal("0.9"), places=3))
def test_the_volume_for_a_share_gives_that_share_again(x):
    there = planned(MIXING, sets=[f"x_FA={x}"])
    back = planned(MIXING, sets=[f"V_fa={volume_of(there, 'fa')}mL"])
    assert told(back, "x_FA") == pytest.approx(float(x), rel=2e-3)


def test_the_volumes_follow_what_fed_colloids_hold():
    plan = planned(MIXING, sets=["x_FA=0.36"], uses=DOTS)
    assert told(plan, "x_FA") == pytest.approx(0.36, rel=0.01)
    assert volume_of(planned(MIXING, sets=["x_FA=0.36"]), "fa") != pytest.approx(
        float(next(blank["planned"].split()[0] for step in plan["steps"] for blank in step["blanks"] if "fa" in blank["asks"] or "dots_2" in blank["asks"])),
        rel=0.1,
    )


def test_the_estimate_says_interpolated_extrapolated_and_whose_coefficients():
    assert reads(planned(MIXING, sets=["x_FA=0.569"]), "gap") == "interpolated, coefficients of the review"
    assert reads(planned(MIXING, sets=["x_FA=0.571"]), "gap").startswith("extrapolated beyond x_FA of 0.57")
    row = next(row for row in planned(MIXING)["told"] if row["name"] == "gap")
    assert "estimate" in row["why"]
    assert "29688" in row["source"]
    assert "one size" in row["scope"]


def test_two_points_of_the_lab_replace_the_line_of_the_review():
    plan = planned(MIXING, sets=["PL_Cs=690nm", "PL_cal=770nm", "x_cal=0.8", "x_FA=0.4"])
    first, second = 1239.84 / 690, 1239.84 / 770
    assert told(plan, "gap") == pytest.approx(first - (first - second) / 0.8 * 0.4, abs=1e-3)
    assert reads(plan, "gap") == "interpolated, the lab's coefficients"
    assert reads(planned(MIXING, sets=["E_Cs=1.79eV", "x_FA=0.6"]), "gap") == "extrapolated beyond x_cal, the lab's coefficients"


@pytest.mark.parametrize("pair", [("x_FA=0.3", "gap=1.7eV"), ("gap=1.7eV", "PL=710nm"), ("V_fa=1mL", "PL=710nm"), ("E_Cs=1.8eV", "PL_Cs=690nm")])
def test_two_ways_to_say_one_value_are_refused_by_both_names(pair):
    found = next(row for row in planned(MIXING, sets=pair)["findings"] if row["code"] == "A111")
    first, second = (text.partition("=")[0] for text in pair)
    assert found["severity"] == "error"
    assert found["remedy"] == f"leave --set {second} or --set {first} out"
    assert "A111" not in codes(planned(MIXING, sets=pair[:1]))


def test_a_peak_beyond_any_share_is_said_of_the_peak():
    found = next(row for row in planned(MIXING, sets=["PL=900nm"])["findings"] if row["code"] == "L113")
    assert (found["where"]["key"], found["remedy"]) == ("--set PL", "set x_FA to at most 0.99 in place of PL")


def test_a_saved_plan_takes_another_way_to_say_the_same(tmp_path, peqdlab):
    saved = str(tmp_path / "plan.json")
    assert peqdlab("plan", MIXING, "--set", "x_FA=0.3", "-o", saved).code == 0
    again = peqdlab("plan", saved, "--set", "gap=1.70eV", "--json")
    assert again.code == 0
    assert set(again.json["choices"]) == {"gap"}


def test_plan_and_sheet_say_share_gap_and_peak(peqdlab):
    for command in ("plan", "run-sheet"):
        out = peqdlab(command, MIXING).out
        assert all(word in out for word in ("x_FA", "1.692 eV", "733.0 nm", "estimate", "0.63 eV"))


def test_the_remedy_for_too_little_of_one_colloid_mends_it():
    uses = [DOTS[0], "fa=hot_injection/binary-fapbi3.dots"]
    remedy = next(row["remedy"] for row in planned(MIXING, sets=["V_cs=1mL"], uses=uses)["findings"] if row["code"] == "B201")
    asked = remedy.partition(",")[0].removeprefix("--set ")
    mended = planned(MIXING, sets=[asked], uses=uses)
    assert "B201" in codes(planned(MIXING, sets=["V_cs=1mL"], uses=uses))
    assert not {"B201", "wanted"} & codes(mended).keys()
    assert told(mended, "x_FA") == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("variant", "need", "x", "ratio"), [("ma-fa", "ma", 0.3, MA / FA), ("cs-ma", "ma", 0.3, 1.163 * MA / CS)])
def test_ma_is_reckoned_by_moles_and_no_gap_is_told(variant, need, x, ratio):
    plan = planned(f"composition/{variant}", sets=[f"x_MA={x}"])
    assert volume_of(plan, need) == pytest.approx(ratio * x / (1 - x), rel=1e-3)
    assert {row["name"] for row in plan["told"]} == {"x_MA", "barrier"}


def test_fa_into_cspbi3_takes_gap_or_peak_and_stops_at_057():
    assert told(planned("composition/fa-diffusion", sets=["PL=719.2nm"]), "x_FA") == pytest.approx(0.36, abs=0.001)
    assert "L113" not in codes(planned("composition/fa-diffusion", sets=["x_FA=0.57"]))
    assert codes(planned("composition/fa-diffusion", sets=["x_FA=0.571"]))["L113"] == "error"


@pytest.mark.parametrize("variant", ["fa-diffusion", "fabf4"])
def test_fapbi3_dots_are_no_host_for_the_exchange(variant):
    name = f"composition/{variant}"
    found = next(row for row in planned("hot_injection/binary-fapbi3", name)["findings"] if row["code"] == "host")
    assert found["severity"] == "error"
    assert "Cs does not go into FAPbI3" in found["message"]
    feed = found["remedy"].removeprefix("--use ")
    assert "host" not in codes(planned(name, uses=[feed]))


# barriers ---------------------------------------------------------------------------------------------------------------------------


def test_the_pairs_are_told_in_the_order_of_their_barriers():
    barriers = [told(planned(f"composition/{name}"), "barrier") for name in ("ma-fa", "cs-ma", "cs-fa")]
    assert barriers == [0.35, 0.57, 0.63]
    assert "never store" in reads(planned("composition/ma-fa"), "barrier")


@pytest.mark.parametrize(("time", "bites"), [("23.9h", False), ("24.1h", True)])
def test_ma_and_fa_are_not_stored_mixed(time, bites):
    assert ("store" in codes(planned("composition/ma-fa", sets=[f"t_mix={time}"]))) is bites


# washes -----------------------------------------------------------------------------------------------------------------------------


def test_half_a_millilitre_left_of_twenty_added_twice_leaves_59e_5_of_the_free_ligand():
    held = Contents({"OA": Decimal(1)}, {"ODE": Decimal("0.5")})
    for _ in range(2):
        held.liquids["ODE"] += 20
        held = split(held, {}, Decimal("0.5"))
    assert float(held.species["OA"]) == pytest.approx(5.9e-4, rel=0.01)


def test_one_wash_leaves_dots_oa_rich_and_the_second_oa_less():
    first, second = planned("purification/meoac")["washes"]
    left = 1 / (68 * 2.35)  # 1 mL left of 68 mL and 1.35 volumes
    lead = 340 / CS + 0.025 * 68 * left
    assert (first["n"], first["reads"]) == (1, "OA-rich")
    assert float(first["oa_per_pb"]) == pytest.approx(0.247 * 68 * left / lead, rel=0.01)
    assert (second["n"], second["reads"]) == (2, "OA-less")
    assert float(second["oa_per_pb"]) < 0.01


def test_lead_outside_the_product_is_said_in_milligrams_of_lead_iodide():
    first, second = planned("purification/meoac")["washes"]
    assert (first["lead_outside_as"], float(first["lead_outside_mg"])) == ("PbI2", pytest.approx(0.025 * 68 * 461.0, rel=0.01))
    assert 0 < float(second["lead_outside_mg"]) < 10


def test_mixing_dots_of_two_cycles_is_warned_of_with_what_brings_the_shuttle():
    found = next(row for row in planned("composition/oa-rich", uses=DOTS)["findings"] if row["code"] == "shuttle")
    assert found["severity"] == "warning"
    feeds = [text.strip() for text in found["remedy"].split("--use ") if text]
    mended = planned("composition/oa-rich", sets=["V_cs=1mL"], uses=feeds)
    assert not {"shuttle", "much-acid", "B201"} & codes(mended).keys()


def test_a_slow_spin_keeps_the_share_that_stays_in_the_liquid_and_asks_which_fraction_it_was(peqdlab):
    whole, some = (planned("purification/size-selected", sets=[f"dispersed={share}"]) for share in ("100%", "80%"))
    spin = some["steps"][-1]
    assert float(some["expected_mg"]) == pytest.approx(0.8 * float(whole["expected_mg"]), rel=1e-3)
    assert "keep the supernatant" in spin["text"]
    assert spin["speed_rpm"] == "4000"
    sheet = " ".join(peqdlab("run-sheet", "purification/size-selected").out.split())
    assert "which fraction was kept" in sheet
    assert "yellow" in sheet


# tolerance factor -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("product", "t", "mu"),
    [
        ("CsPbI3", 0.851, 0.541), ("CsPbBr3", 0.862, 0.607), ("CsPbCl3", 0.870, 0.657),
        ("MAPbI3", 0.912, 0.541), ("MAPbBr3", 0.927, 0.607), ("MAPbCl3", 0.938, 0.657),
        ("FAPbI3", 0.987, 0.541), ("FAPbBr3", 1.008, 0.607), ("FAPbCl3", 1.023, 0.657),
    ],
)  # fmt: skip
def test_tolerance_and_octahedral_factors_are_those_of_the_radii(product, t, mu):
    found = factors_of({product: Decimal(1)})
    assert (float(found.t), float(found.mu)) == (pytest.approx(t, abs=6e-4), pytest.approx(mu, abs=6e-4))


def test_mixed_dots_have_the_average_radius_by_moles():
    row = planned(MIXING)["structures"][-1]
    assert float(row["radius_a_nm"]) == pytest.approx((0.188 + 0.253) / 2, abs=6e-4)
    assert float(row["tolerance_factor"]) == pytest.approx((0.2205 + 0.220) / (2**0.5 * (0.119 + 0.220)), abs=6e-4)
    assert row["doubtful"]  # the radius of FA is quoted at second hand


def test_a_factor_outside_the_window_is_no_finding_and_an_unread_radius_is_marked():
    plan = planned("hot_injection/ternary-benzoyl-fapbbr3")
    assert [row["inside"] for row in plan["structures"]] == [False]
    assert "0.85" not in " ".join(row["message"] for row in plan["findings"])
    assert factors_of({"CsSnI3": Decimal(1)}) is not None
    assert factors_of({"CsCaI3": Decimal(1)}) is None


# what has to follow -----------------------------------------------------------------------------------------------------------------


def test_dots_of_the_tmsi_route_want_their_residue_stripped():
    tmsi, film = "hot_injection/ternary-tmsi-cspbi3", "ligand_exchange/lead-acetate"
    found = next(row for row in planned(tmsi, film)["findings"] if row["code"] == "N119")
    assert found["severity"] == "warning"
    assert found["remedy"].startswith("put purification/top-stripping behind hot_injection/ternary-tmsi-cspbi3")
    assert "N119" not in codes(planned(tmsi, "purification/top-stripping", film))
    assert "N119" not in codes(planned(tmsi))
