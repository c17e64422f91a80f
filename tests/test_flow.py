"""Flow synthesis: tube, rates and run time by hand; size, books, time and remedies; the shipped variants alone and in a chain."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peqdlab.books import Use
from peqdlab.catalog import check_file, open_template
from peqdlab.flow import PI, tube_ml
from peqdlab.flow import flow_of as flow_of_values
from peqdlab.instruments import DEFAULT, Instrument
from peqdlab.ledger import Contents, balances
from peqdlab.plan import make_plan
from peqdlab.preparation import Material
from peqdlab.pumping import flow_blocks, syringe_for
from peqdlab.reagents import shipped_reagents
from peqdlab.units import KINDS, Quantity

BROMIDE, IODIDE = "hot_injection/microfluidic-cspbbr3", "hot_injection/microfluidic-cspbi3"
CHAIN = (IODIDE, "purification/meoac", "ligand_exchange/meoac-humid", "soaking/fai-etoac", "device/nip", "--substrates", "6")

# Round figures: 4 + 1 mL through 1 mm x 3 m; a student who has rates in mind; what is pumped into cold toluene.
OWN = """
format = 1
sources.own = { cite = "our notebook, page 12", evidence = "own" }
[v]
title = "CsPbBr3 in flow"
product = "CsPbBr3"
source = "own"
set.t_res = { is = "10 s" }
make.cs_oleate.vessel = "100 mL flask"
make.cs_oleate.react = ["CO3-2 + 2 OA -> 2 OA- + CO2 + H2O"]
make.cs_oleate.steps = [
  { add = { Cs2CO3 = "0.2 g", OA = "2 mL", ODE = "18 mL" } },
  { heat = "120 °C", for = "1 h", under = "vacuum", loses = ["CO2", "H2O"] },
]
make.pb_stock.vessel = "100 mL flask"
make.pb_stock.steps = [{ add = { PbBr2 = "0.4 g", OA = "2 mL", OAm = "2 mL", ODE = "16 mL" } }]
make.crude.vessel = "50 mL bottle"
make.crude.forms = "product"
make.crude.steps = [
  { flow = { pb_stock = "4 mL", cs_oleate = "1 mL" }, bore = "1 mm", length = "3 m", at = "160 °C", for = "= t_res" },
]
"""
STEP = '{ flow = { pb_stock = "4 mL", cs_oleate = "1 mL" }, bore = "1 mm", length = "3 m", at = "160 °C", for = "= t_res" }'


@pytest.fixture
def own(peqdlab, tmp_path):
    """Plan the protocol above with its flow, or other texts, replaced: ``own("--scale", "2", step="…")``."""

    def plan(*arguments, step=STEP, edits=()):
        text = OWN.replace(STEP, step)
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / "own.toml"
        path.write_text(text, encoding="utf-8")
        return peqdlab("plan", str(path), *arguments, "--json").json

    return plan


def flow_of(plan):
    (step,) = (step for step in plan["steps"] if step["do"] == "flow")
    return step["flow"]


def codes(plan):
    return sorted(row["code"] for row in plan["findings"])


# numbers ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("bore_mm", "ul_per_m"), [("0.25", 49), ("0.5", 196), ("0.8", 503), ("1.0", 785)])
def test_a_metre_of_tube_holds_what_the_recipe_file_says(bore_mm, ul_per_m):
    assert round(tube_ml(Decimal(bore_mm) / 10, Decimal(100)) * 1000) == ul_per_m


def test_pi_is_the_one_of_the_library():
    assert float(PI) == math.pi


def test_tube_rates_and_run_time_are_those_reckoned_by_hand(own):
    flow = flow_of(own())
    # pi/4 x (0.1 cm)2 x 300 cm = 2.356 mL; in 10 s that is 14.14 mL/min, 4/5 and 1/5 of it; 5 mL / 14.14 mL/min = 21.22 s
    assert (flow["tube_ml"], flow["residence_s"], flow["rate_ml_per_min"], flow["run_s"]) == ("2.356", "10.00", "14.14", "21.22")
    assert [(pump["id"], pump["volume_ml"], pump["rate_ml_per_min"]) for pump in flow["pumps"]] == [("pb_stock", "4.000", "11.31"), ("cs_oleate", "1.000", "2.827")]
    assert [(pump["pump"], pump["syringe_ml"], pump["fillings"]) for pump in flow["pumps"]] == [(1, "5", 1), (2, "1", 1)]


def test_a_flask_like_ten_seconds_at_300_microlitres_a_minute_need_25_centimetres_of_half_a_millimetre(own):
    # the recipe file's own example; 0.0491 mL / 10 s = 294.5 uL/min
    flow = flow_of(own(step=STEP.replace('"1 mm"', '"0.5 mm"').replace('"3 m"', '"25 cm"')))
    assert (flow["tube_ml"], flow["rate_ml_per_min"]) == ("0.04909", "0.2945")


@pytest.mark.parametrize(("rate", "seconds"), [("150 µL/min", 79), ("400 µL/min", 29)])
def test_a_metre_of_half_a_millimetre_is_passed_in_the_times_of_the_recipe_file(rate, seconds, own):
    step = STEP.replace('"1 mm"', '"0.5 mm"').replace('"3 m"', '"1 m"').replace('for = "= t_res"', f'rate = "{rate}"')
    assert round(Decimal(flow_of(own(step=step))["residence_s"])) == seconds


def test_who_has_rates_in_mind_sets_the_rate_and_gets_the_residence_time(own):
    edits = [('for = "= t_res"', 'rate = "= Q_total"'), ('set.t_res = { is = "10 s" }', 'set.Q_total = { is = "2 mL/min" }')]
    # 2.356 mL / (2 mL/min) = 70.69 s; 5 mL / (2 mL/min) = 150 s
    flow = flow_of(own(edits=edits))
    assert (flow["residence_s"], flow["rate_ml_per_min"], flow["run_s"]) == ("70.69", "2.000", "150.0")
    flow = flow_of(own("--set", "Q_total=300µL/min", edits=edits))
    assert ([pump["rate_ml_per_min"] for pump in flow["pumps"]], flow["residence_s"]) == (["0.2400", "0.06000"], "471.2")


def test_half_the_residence_time_is_twice_the_rate(own):
    slow, fast = flow_of(own()), flow_of(own("--set", "t_res=5s"))
    assert (Decimal(fast["rate_ml_per_min"]) / 2).quantize(Decimal("0.01")) == Decimal(slow["rate_ml_per_min"])
    assert fast["tube_ml"] == slow["tube_ml"]


@pytest.mark.parametrize(("volume", "held"), [("0.9", ("1", 1)), ("1", ("1", 1)), ("2.6", ("5", 1)), ("50", ("50", 1)), ("50.1", ("50", 2)), ("151", ("50", 4))])
def test_a_syringe_is_the_smallest_that_holds_it_or_the_largest_filled_again(volume, held):
    size, fillings = syringe_for(Decimal(volume), DEFAULT)
    assert (str(size), fillings) == held


def test_the_labs_own_syringes_come_before_the_usual_sizes():
    low, high, step, tolerance = (Quantity(Decimal(n), KINDS["volume"]) for n in ("0.1", "8", "0.1", "0.1"))
    lab = DEFAULT._replace(measuring=(*DEFAULT.measuring, Instrument("syringe", "glass", low, high, step, tolerance, "own", "own")))
    assert syringe_for(Decimal(4), lab) == (8, 1)


VOLUMES = st.lists(st.decimals("0.001", "500", places=3), min_size=1, max_size=5)


@given(volumes=VOLUMES, bore=st.decimals("0.01", "1", places=3), length=st.decimals("1", "3000", places=1), stay=st.decimals("0.1", "3600", places=1))
def test_time_and_rate_are_each_the_others_way_back_and_the_pumps_end_together(volumes, bore, length, stay):
    uses = [Use("", Material(f"m{n}", (), None, is_preparation=True), "crude", None, None, volume, None, Quantity(volume, KINDS["volume"])) for n, volume in enumerate(volumes)]
    tube = {"bore": Quantity(bore, KINDS["length"]), "length": Quantity(length, KINDS["length"])}
    by_time = flow_of_values(tube | {"for": Quantity(stay, KINDS["duration"])}, uses, Contents())
    by_rate = flow_of_values(tube | {"rate": Quantity(by_time.rate_ml_per_s, KINDS["flow rate"])}, uses, Contents())
    assert by_rate.stay_s == pytest.approx(stay, rel=Decimal("1e-30"))
    for pump in by_time.pumps:
        assert pump.volume_ml / pump.rate_ml_per_s == pytest.approx(by_time.run_s, rel=Decimal("1e-25"))
    assert by_time.run_s / stay == pytest.approx(sum(volumes) / by_time.tube_ml, rel=Decimal("1e-25"))


# size ---------------------------------------------------------------------------------------------------------------------------


def test_a_larger_batch_runs_longer_at_the_same_rates(own):
    one, four = own(), own("--scale", "4")
    kept = ("tube_ml", "residence_s", "rate_ml_per_min")
    assert [flow_of(four)[name] for name in kept] == [flow_of(one)[name] for name in kept]
    assert [pump["rate_ml_per_min"] for pump in flow_of(four)["pumps"]] == [pump["rate_ml_per_min"] for pump in flow_of(one)["pumps"]]
    assert (flow_of(one)["run_s"], flow_of(four)["run_s"]) == ("21.22", "84.88")
    assert Decimal(four["ceiling_mg"]) == pytest.approx(4 * Decimal(one["ceiling_mg"]), rel=Decimal("1e-3"))


def test_the_scale_report_says_that_rates_stay_and_the_pumps_run_longer(own):
    (row,) = (row for row in own("--scale", "2")["scale_report"] if row["id"] == "run time")
    assert (row["published"], row["now"], row["factor"], row["rule"]) == ("21.2 s", "42.4 s", "2.000", "rates and residence time stay")


def test_a_hot_injection_doubts_a_larger_batch_and_a_flow_does_not(own):
    injected = '{ add = { pb_stock = "4 mL" } },\n  { heat = "160 °C" },\n  { inject = { cs_oleate = "1 mL" } }'
    assert "S221" in codes(own("--scale", "2", step=injected))
    assert "S221" not in codes(own("--scale", "2"))
    assert codes(own("--scale", "2")) == codes(own())


def test_a_weighed_reagent_sets_the_volumes_and_never_the_rates(own):
    step = STEP.replace('pb_stock = "4 mL"', 'pb_stock = "all"')
    plain, more = flow_of(own(step=step)), flow_of(own("--weighed", "PbBr2=0.2g", step=step))
    assert (plain["volume_ml"], more["volume_ml"]) == ("21.00", "10.50")
    assert [pump["rate_ml_per_min"] for pump in plain["pumps"]] == [pump["rate_ml_per_min"] for pump in more["pumps"]]


# books --------------------------------------------------------------------------------------------------------------------------


def test_a_flow_meets_what_an_injection_of_the_same_volumes_meets(own):
    injected = '{ add = { pb_stock = "4 mL" } },\n  { heat = "160 °C" },\n  { inject = { cs_oleate = "1 mL" } }'
    flow, pot = own(), own(step=injected)
    assert (flow["ratios"], flow["ceiling_mg"], flow["limiting"]) == (pot["ratios"], pot["ceiling_mg"], pot["limiting"])
    assert flow["preparations"][-1] == pot["preparations"][-1]
    # 0.4 g PbBr2 (367.0 g/mol) in 20 mL, 4 mL of it: 0.2180 mmol; 0.2 g Cs2CO3 (325.8) in 20 mL, 1 mL of it: 0.06139 mmol Cs
    assert Decimal(flow["ratios"]["Pb/Cs"]) == pytest.approx(Decimal("0.21798") / Decimal("0.061386"), rel=Decimal("1e-3"))


@pytest.mark.parametrize("protocol", [BROMIDE, IODIDE])
def test_nothing_appears_or_vanishes_in_a_flow(protocol):
    plan = make_plan(open_template(protocol), shipped_reagents())
    (run,) = (run for run in plan.books.steps if run.flow)
    moved = [entry.moved for entry in plan.books.ledger.entries if entry.step == run.n and str(entry.target) == "vessel crude" and entry.source.kind == "vessel"]
    for species, n in run.flow.brought.species.items():
        assert sum(part.species.get(species, Decimal(0)) for part in moved) == pytest.approx(n, rel=Decimal("1e-30"))
    assert sum(pump.volume_ml for pump in run.flow.pumps) == run.flow.brought.volume_ml == 68
    assert abs(sum(pump.rate_ml_per_s for pump in run.flow.pumps) / run.flow.rate_ml_per_s - 1) < Decimal("1e-27")
    for element in ("Pb", "Cs"):
        total = sum(plan.reagents.parts(species).get(element, 0) * n for held in balances(plan.books.ledger.entries).values() for species, n in held.species.items())
        assert abs(total) < Decimal("1e-20")


def test_what_it_is_collected_in_keeps_its_own_temperature_and_does_not_boil(own):
    cold = own(step=f'{{ add = {{ toluene = "5 mL" }}, at = "0 °C" }},\n  {STEP},\n  {{ add = {{ toluene = "1 mL" }} }}')
    assert [step["temperature_c"] for step in cold["steps"] if step["preparation"] == "crude"] == ["0", "160", "0"]
    assert "T304" not in codes(cold)


def test_what_boils_in_the_tube_is_found_and_the_remedy_removes_it(own):
    edits = [('ODE = "16 mL"', 'toluene = "16 mL"')]
    (found,) = (row for row in own(edits=edits)["findings"] if row["code"] == "T304")
    assert "toluene (110.6 °C) boils there" in found["message"]
    assert found["limit"] == "temperature < 110.6 °C"
    assert "ODE for toluene" in found["remedy"]
    assert "T304" not in codes(own())


@pytest.mark.parametrize(("caesium", "is_found"), [("2.34 mL", False), ("2.39 mL", True)])
def test_the_general_checks_see_a_flow_as_they_see_an_injection(caesium, is_found, own):
    # 0.2180 mmol Pb against 0.06139 mmol Cs in each mL: 1.5 at 2.367 mL
    assert ("S201" in codes(own(step=STEP.replace('"1 mL"', f'"{caesium}"')))) == is_found


def test_water_is_driven_off_where_it_is_and_the_remedy_removes_the_finding(own):
    wet = [(', loses = ["CO2", "H2O"]', ', loses = ["CO2"]')]
    (found,) = (row for row in own(edits=wet)["findings"] if row["code"] == "S209")
    assert 'write loses = ["CO2", "H2O"]' in found["remedy"]


# time, equipment, sheet ---------------------------------------------------------------------------------------------------------


def test_the_run_time_counts_as_waiting_and_setting_up_as_work(own):
    plan = own("--set", "t_res=10min")  # 5 mL through 2.356 mL in 10 min: 21.22 min
    spans = [(span["kind"], Decimal(span["end_min"]) - Decimal(span["start_min"])) for span in plan["time"]["timeline"] if span["n"] == 4]
    assert spans == [("hands-on", Decimal(25)), ("waiting", Decimal("21.22"))]
    assert Decimal(next(step for step in plan["steps"] if step["do"] == "flow")["duration_s"]) == pytest.approx(Decimal("1273.24"), abs=Decimal("0.01"))


def test_pumps_tube_and_heater_are_on_the_list_of_equipment(own):
    rows = {row["what"]: row for row in own()["equipment"]}
    assert {"2 syringe pumps", "tube, 1 mm bore, 3 m long"} <= rows.keys()
    assert rows["oil bath or heater for the tube"]["setting"] == "160 °C"


def test_the_sheet_asks_for_the_tube_temperature_the_volumes_and_every_rate(own):
    (step,) = (step for step in own()["steps"] if step["do"] == "flow")
    assert [(blank["code"], blank["asks"], blank["planned"]) for blank in step["blanks"]] == [
        ("4a", "tube temperature", "160 °C"), ("4b", "pb_stock", "4.00 mL"), ("4c", "cs_oleate", "1.000 mL"),
        ("4d", "rate of pb_stock", "11.31 mL/min"), ("4e", "rate of cs_oleate", "2.827 mL/min"),
    ]  # fmt: skip
    assert step["text"] == "pump together pb_stock 4.00 mL, cs_oleate 1.000 mL through a tube of 1 mm bore, 3 m long, at 160 °C, residence time 10 s"


def test_other_steps_have_no_flow(own):
    plan = own()
    assert [step["flow"] is None for step in plan["steps"]] == [True, True, True, False]
    assert flow_blocks(plan["steps"][0]) == []


@pytest.mark.parametrize("command", ["plan", "run-sheet"])
def test_plan_and_sheet_print_the_pumps_within_80_columns(command, peqdlab, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = peqdlab(command, BROMIDE).out
    assert "   1  pb_stock   60.00 mL  2.495 mL/min?  50 mL, filled 2 times\n   2  cs_oleate  8.000 mL  332.6 µL/min?  10 mL\n" in out
    told = " ".join(out.split())
    assert "tube 0.4712 mL (1 mm × 60 cm); 2.827 mL/min? in all; residence time 10 s?; the pumps run 24 min 3 s." in told
    assert "0.4712 mL (0.69 % of what was pumped) is still in the tube: lost unless it is flushed out; the books count it as collected." in told
    assert max(map(len, out.splitlines())) <= 80


def test_a_rate_that_was_set_otherwise_is_a_deviation_and_changes_the_residence_time_as_run(peqdlab, tmp_path):
    peqdlab("log-batch", BROMIDE, "9c=0.2mL/min", "9d=50µL/min")
    shown = peqdlab("show", "B0001", "--json").json
    rates = [row for row in shown["values"] if row["asks"].startswith("rate of")]
    assert [(row["actual"], row["deviation_pct"]) for row in rates] == [("0.2 mL/min", "-92.0"), ("50 µL/min", "-85.0")]
    ran = peqdlab("log-batch", BROMIDE, "9c=30mL/min", "9d=4mL/min")
    # 0.4712 mL / (34 mL/min) = 0.83 s
    assert ran.code == 0
    assert "residence time is 0.8316 s at step 9" in " ".join((ran.out + ran.err + peqdlab("show", "B0002").out).split())


# doubts -------------------------------------------------------------------------------------------------------------------------


def doubts_of(tmp_path, step):
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace(STEP, step), encoding="utf-8")
    return [(found.severity, found.code, found.message, found.remedy) for found in check_file(str(path))]


@pytest.mark.parametrize(
    ("left_out", "message", "remedy"),
    [
        ('bore = "1 mm", ', "flow has no bore: inner diameter of a tube", "add bore = …"),
        ('length = "3 m", ', "flow has no length: length of a tube, as far as it is heated", "add length = …"),
        ('at = "160 °C", ', "flow has no at: temperature of the vessel; of a flow that of the tube", "add at = …"),
        (
            ', for = "= t_res"',
            "flow has neither for nor rate (for: how long; of a flow the residence time in the tube; rate: volume in a time, of all pumps of a flow together)",
            "add for = …",
        ),
    ],
)
def test_a_flow_without_what_it_needs_says_so(left_out, message, remedy, tmp_path):
    assert left_out in STEP
    assert doubts_of(tmp_path, STEP.replace(left_out, "")) == [("error", "L102", message, remedy)]


def test_a_time_and_a_rate_are_one_too_many(tmp_path):
    found = doubts_of(tmp_path, STEP.replace(" }", ', rate = "1 mL/min" }').replace('cs_oleate = "1 mL", rate = "1 mL/min" }', 'cs_oleate = "1 mL" }'))
    assert found == [("error", "L106", "flow has for and rate: each follows from the other", "take rate out, or for")]


@pytest.mark.parametrize(("old", "new", "said"), [('"1 mm"', '"0 mm"', "bore"), ('"3 m"', '"0 m"', "length"), ('for = "= t_res"', 'rate = "0 mL/min"', "rate")])
def test_a_zero_lets_nothing_through(old, new, said, tmp_path):
    ((severity, code, message, _),) = doubts_of(tmp_path, STEP.replace(old, new))
    assert (severity, code, message) == ("error", "B214", f"the {said} of the flow is zero: nothing goes through")


def test_a_zero_that_is_a_parameter_is_mended_by_set(own):
    plan = own("--set", "t_res=0s")
    assert [row["remedy"] for row in plan["findings"] if row["code"] == "B214"] == ["--set t_res=10s"]
    assert "B214" not in codes(own("--set", "t_res=10s"))


def test_a_solid_is_not_pumped_nor_nothing(tmp_path):
    assert [row[1] for row in doubts_of(tmp_path, STEP.replace('cs_oleate = "1 mL"', 'cs_oleate = "1 mL", CsBr = "20 mg"'))] == ["B212"]
    assert [row[1] for row in doubts_of(tmp_path, STEP.replace('cs_oleate = "1 mL"', 'cs_oleate = "1 mL", ODE = "0 mL"'))] == ["B212"]


def test_a_tube_that_holds_more_than_is_pumped_is_found_and_the_remedy_removes_it(tmp_path):
    ((severity, code, _, remedy),) = doubts_of(tmp_path, STEP.replace('"3 m"', '"7 m"'))
    # 5 mL / (0.7854 mL/m) = 6.366 m
    assert (severity, code, remedy) == ("warning", "B213", 'write length = "6.366 m" at most, or pump more')
    assert doubts_of(tmp_path, STEP.replace('"3 m"', '"6.366 m"')) == []


def test_a_length_that_is_a_parameter_is_mended_by_set(peqdlab):
    plan = peqdlab("plan", IODIDE, "--scale", "1/1000", "--json").json
    (remedy,) = (row["remedy"] for row in plan["findings"] if row["code"] == "B213")
    assert remedy == "--set length=8.658cm at most, or pump more"
    again = peqdlab("plan", IODIDE, "--scale", "1/1000", "--set", "length=8.658cm", "--json").json
    assert "B213" not in codes(again)


def test_a_rate_in_another_unit_is_named(tmp_path):
    ((_, code, message, _),) = doubts_of(tmp_path, STEP.replace('for = "= t_res"', 'rate = "2 mL"'))
    assert (code, message) == ("Q106", "2 mL is a volume, needed a flow rate")


# shipped ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("protocol", "ratio", "ceiling"), [(BROMIDE, "4.616", "273.8"), (IODIDE, "4.594", "340.4")])
def test_the_stocks_of_the_flask_meet_in_the_tube_as_in_the_flask(protocol, ratio, ceiling, peqdlab):
    ran = peqdlab("plan", protocol, "--json")
    assert (ran.code, ran.json["systems"], ran.json["ratios"]["Pb/Cs"], ran.json["ceiling_mg"]) == (0, ["O01"], ratio, ceiling)
    assert {row["severity"] for row in ran.json["findings"]} == {"note"}


@pytest.mark.parametrize(("stay", "found"), [("2.02s", []), ("1.98s", ["mixed"]), ("0.202s", ["mixed"]), ("0.198s", ["mixed", "platelets"])])
def test_the_window_of_the_residence_time_bites_one_per_cent_outside_and_the_remedy_mends_it(stay, found, peqdlab):
    plan = peqdlab("plan", BROMIDE, "--set", f"t_res={stay}", "--json").json
    assert sorted({"mixed", "platelets"} & {*codes(plan)}) == found
    remedies = {row["code"]: row["remedy"] for row in plan["findings"]}
    assert [remedies[name] for name in found] == [{"mixed": "--set t_res=2s", "platelets": "--set t_res=0.2s"}[name] for name in found]


def test_a_batch_of_twice_the_size_plans_without_a_doubt_about_its_size(peqdlab):
    ran = peqdlab("plan", BROMIDE, "--scale", "2", "--json")
    assert (ran.code, "S221" in codes(ran.json), flow_of(ran.json)["rate_ml_per_min"]) == (0, False, "2.827")


def test_the_iodide_goes_through_the_whole_chain_to_a_cell(peqdlab):
    ran = peqdlab("plan", *CHAIN, "--json")
    assert (ran.code, flow_of(ran.json)["run_s"]) == (0, "1443")
    assert [row["code"] for row in ran.json["findings"] if row["severity"] == "error"] == []


def test_a_variant_written_alone_plans_to_the_same_numbers(peqdlab, tmp_path):
    assert peqdlab("new", BROMIDE, str(tmp_path / "mine.toml")).code == 0
    mine, shipped = (peqdlab("plan", name, "--json").json for name in (str(tmp_path / "mine.toml/microfluidic-cspbbr3"), BROMIDE))
    assert (flow_of(mine), mine["ratios"]) == (flow_of(shipped), shipped["ratios"])
