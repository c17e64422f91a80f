"""Sets of runs: complete randomised blocks, confounding counted and cured, and matter conserved between what is made once and the runs."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peqdlab.blocking import MOST_RUNS, Run, design
from peqdlab.catalog import open_template
from peqdlab.cli.planning import Asked, prepare
from peqdlab.cli.sweeping import Varying, made_set
from peqdlab.confounding import Against, met
from peqdlab.document import plan_document
from peqdlab.findings import Doubt
from peqdlab.ledger import DUST
from peqdlab.queries import vessel_of
from peqdlab.record import plan_of
from peqdlab.set_document import run_documents
from peqdlab.step_settings import settable

if TYPE_CHECKING:
    from peqdlab.set_document import MadeSet

ROOT = Path(__file__).parent.parent
CHAIN = ["hot_injection/binary-cspbi3", "purification/meoac", "ligand_exchange/meoac-humid", "soaking/fai-etoac"]
VARY = ["soak.time=5s,10s,20s", "rh=15%,21%,27%"]
DAY = Against("day", lambda run: run.day, str)


def made(vary: list[str], names: list[str] = CHAIN, *, substrates: int = 1, uses: tuple[str, ...] = (), scale: str | None = None, **options) -> MadeSet:
    return made_set(names, Asked([], [], scale, substrates=substrates, uses=list(uses)), Varying(vary, **options))


def codes(found: MadeSet) -> set[str]:
    return {one.finding.code for one in found.said}


# the design --------------------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(2, 4), min_size=1, max_size=3), st.integers(1, 4), st.integers(0, 10**6), st.one_of(st.none(), st.integers(1, 30)))
@settings(max_examples=60, deadline=None)
def test_each_block_has_every_combination_once_and_days_never_mix_blocks(counts, replicates, seed, per_day) -> None:
    runs = design(counts, replicates=replicates, per_day=per_day, seed=seed)
    everything = Counter(product(*map(range, counts)))
    for block in range(1, replicates + 1):
        assert Counter(run.levels for run in runs if run.block == block) == everything
    assert [run.name for run in runs] == sorted(run.name for run in runs)
    by_day = [[run for run in runs if run.day == day] for day in range(1, runs[-1].day + 1)]
    assert all(len({run.block for run in day}) == 1 and 1 <= len(day) <= (per_day or len(everything)) for day in by_day)


def test_the_same_seed_gives_the_same_order_and_another_seed_another() -> None:
    first, again, other = (design([3, 3], replicates=3, per_day=None, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_more_replicates_leave_the_blocks_that_were_run_as_they_were() -> None:
    assert design([3, 3], replicates=4, per_day=None, seed=5)[:27] == design([3, 3], replicates=3, per_day=None, seed=5)


def test_orders_differ_between_blocks() -> None:
    runs = design([3, 3], replicates=3, per_day=None, seed=1)
    assert len({tuple(run.levels for run in runs if run.block == block) for block in (1, 2, 3)}) == 3


def test_ten_thousand_runs_are_refused_with_the_limit() -> None:
    with pytest.raises(Doubt, match=f"10000 runs; at most {MOST_RUNS}") as refused:
        design([10, 10], replicates=100, per_day=None, seed=1)
    assert refused.value.remedy == "--replicates 5"


# confounding -------------------------------------------------------------------------------------------------------------------


def runs_of(*days: str) -> tuple[Run, ...]:
    """Return runs with the levels of one factor, a text of digits for each day."""
    return tuple(Run("R", day, 1, (int(level),)) for day, levels in enumerate(days, 1) for level in levels)


@pytest.mark.parametrize(
    ("days", "groups", "is_even"),
    [
        (("012", "012"), 1, True),
        (("001122", "012"), 1, True),
        (("01", "12"), 1, False),  # by way of level 1
        (("0", "1", "2"), 3, False),
        (("00", "11"), 2, False),
        (("01", "2"), 2, False),
        (("01", "23", "13"), 1, False),
    ],
)
def test_levels_are_confounded_with_days_that_never_join_them(days, groups, is_even) -> None:
    counted = met(runs_of(*days), 0, DAY)
    assert (len(counted.groups()), counted.is_even()) == (groups, is_even)


@pytest.mark.parametrize("days", [("012", "012"), ("01", "12"), ("0", "1", "2"), ("00", "11"), ("01", "2"), ("012", "34", "4")])
def test_groups_agree_with_the_rank_of_the_two_way_model(days) -> None:
    """The outside oracle: level differences can be estimated beside days iff levels + days - 1 columns are independent."""
    numpy = pytest.importorskip("numpy")
    runs = runs_of(*days)
    levels, n_days = sorted({run.levels[0] for run in runs}), runs[-1].day
    rows = [[run.levels[0] == level for level in levels] + [run.day == day for day in range(1, n_days + 1)] for run in runs]
    rank = numpy.linalg.matrix_rank(numpy.array(rows, dtype=float))
    assert len(levels) + n_days - rank == len(met(runs, 0, DAY).groups())


@pytest.mark.parametrize("per_day", [1, 2, 3, 4, 5])
def test_the_remedy_of_confounding_makes_it_go_away(per_day) -> None:
    found = made(VARY, per_day=per_day)
    for one in found.said:
        if one.finding.code in ("V101", "V102"):
            option, number = one.finding.remedy.split()
            after = made(VARY, **{"per_day": per_day, option[2:].replace("-", "_"): int(number)})
            same = [other for other in after.said if (other.finding.code, other.finding.where) == (one.finding.code, one.finding.where)]
            assert same == [], one.finding.remedy
    assert per_day > 1 or sum(one.finding.code == "V101" for one in found.said) == 2


def test_complete_blocks_of_a_day_each_are_not_confounded() -> None:
    assert codes(made(VARY, replicates=3)).isdisjoint({"V101", "V102", "V103", "V104"})


def test_one_run_for_each_setting_is_said_to_give_no_spread() -> None:
    assert "V103" in codes(made(VARY)) - codes(made(VARY, replicates=3))


def test_a_day_that_is_too_long_is_split_by_its_remedy() -> None:
    vary = [*VARY, "c_salt=3mmol/L,5mmol/L,5.8mmol/L"]
    long = next(one.finding for one in made(vary).said if one.finding.code == "V104")
    assert "27 runs with about" in long.message
    assert "V104" not in codes(made(vary, per_day=int(long.remedy.removeprefix("--per-day "))))


# what is made once -------------------------------------------------------------------------------------------------------------


def test_the_chain_shares_synthesis_wash_and_ink_and_each_run_makes_film_and_soak() -> None:
    found = made(VARY, replicates=3)
    assert [made.name for made in found.swept.shared.template.preparations] == ["cs_oleate", "crude", "washed", "ink"]
    assert {tuple(made.name for made in plan.template.preparations) for plan in found.swept.plans.values()} == {("bath", "film", "bath_2", "soaked")}


@pytest.mark.parametrize(
    ("vary", "names", "options", "takes"),
    [
        (VARY, CHAIN, {"replicates": 3}, {"ink"}),
        (VARY, CHAIN, {"replicates": 3, "substrates": 3}, {"ink"}),
        (["V_ink=30uL,60uL,120uL", "layers=2,3,5"], CHAIN, {"replicates": 2, "substrates": 2}, {"ink"}),
        (["T_inject=160C,170C,180C"], CHAIN[:1], {"replicates": 3}, {"cs_oleate"}),
        (["T_inject=160C,170C,180C"], CHAIN, {"replicates": 4}, {"cs_oleate"}),
        (["C_ink=40mg/mL,50mg/mL"], CHAIN, {"replicates": 3, "scale": "1/6"}, {"washed"}),
        (["C_ink=40mg/mL,50mg/mL"], CHAIN, {"replicates": 3}, {"washed"}),
        (["lot.ink.MeOAc=M7,M8"], CHAIN, {"replicates": 2, "scale": "1/4"}, {"washed"}),
        (["t_dip=3s,5s"], [*CHAIN[:2], "nanocomposite/pcbm-first-layer"], {"replicates": 3, "substrates": 2}, {"ink", "hybrid_ink"}),
        (["t_dip=3s,5s"], CHAIN[2:3], {"replicates": 3, "substrates": 6, "uses": ("ink=7mL",)}, {"ink"}),
    ],
)
def test_matter_is_conserved_over_the_whole_set(vary, names, options, takes) -> None:
    found = made(vary, names, **options)
    swept = found.swept
    assert {share.name for share in swept.shares} == takes
    for name in takes:
        stocks = [swept.plans[run.levels].inputs.stocks[name].contents for run in found.runs]
        if swept.shared:
            there = swept.shared.books.ledger.contents(vessel_of(name))
        else:
            there = prepare(names, Asked([], [], uses=list(options["uses"]))).inputs.stocks[name].contents
        for species, mmol in there.species.items():
            drawn = sum((stock.species.get(species, Decimal(0)) for stock in stocks), Decimal(0))
            assert drawn <= mmol + DUST * len(stocks)
        for stock in stocks:
            for species, mmol in stock.species.items():  # of the very same composition
                assert abs(mmol / stock.volume_ml - there.species[species] / there.volume_ml) < Decimal("1e-25")
        for plan in swept.plans.values():
            assert plan.books.ledger.contents(vessel_of(name)).volume_ml <= DUST
            assert "B201" not in {finding.code for finding in plan.findings}


def test_what_is_made_once_is_as_large_as_all_runs_need_and_never_smaller_than_asked() -> None:
    assert made(VARY, replicates=3).swept.scale == 1
    larger = made(VARY, replicates=3, substrates=3).swept  # 27 runs x 3 substrates x 3 layers x 60 µL
    assert larger.shares[0].taken_ml == Decimal("14.58")
    assert larger.scale == Fraction("1.87")  # 14.58 / 7.807 = 1.8676, rounded up
    assert larger.shares[0].there_ml >= larger.shares[0].taken_ml
    assert made(["C_ink=40mg/mL,50mg/mL"], replicates=3, scale="1/6").swept.scale == 1


def test_an_ink_that_is_mixed_by_substrates_is_mixed_once_for_those_of_all_runs() -> None:
    found = made(["t_dip=3s,5s"], [*CHAIN[:2], "nanocomposite/pcbm-first-layer"], replicates=3, substrates=2)
    assert found.swept.scale == 1
    assert found.swept.shared.inputs.substrates == 12
    document = plan_document(found.swept.shared)
    assert plan_document(plan_of(json.loads(json.dumps(document)))) == document


def test_a_contact_that_does_not_follow_the_scale_is_made_in_portions_for_all_runs() -> None:
    found = made(["soak.time=5s,10s,20s"], [*CHAIN, "device/nip"], replicates=4, substrates=5)  # 60 x 20 µL of spiro
    spiro = next(share for share in found.swept.shares if share.name == "spiro")
    assert (spiro.taken_ml, found.swept.shared.inputs.portions) == (Decimal("1.200"), {"spiro": 2})
    assert spiro.there_ml >= spiro.taken_ml
    document = plan_document(found.swept.shared)
    assert plan_document(plan_of(json.loads(json.dumps(document)))) == document


def test_what_is_measured_by_the_volume_in_another_vessel_stays_in_the_run_with_it() -> None:
    found = made(["antisolvent=1.35,1.4"], ["purification/dta"])
    plan = next(iter(found.swept.plans.values()))
    assert {"washed", "dta_antisolvent"} <= {made.name for made in plan.template.preparations}
    assert codes(found).isdisjoint({"B201", "V106", "Q107"})


def test_a_vessel_that_cannot_hold_what_all_runs_need_is_said_with_a_size_that_can() -> None:
    found = made(["C_ink=40mg/mL,50mg/mL"], replicates=5)
    remedy = next(one.finding.remedy for one in found.said if one.finding.code == "V107")
    assert remedy == "--scale 1/10"
    assert "B205" in codes(found)
    assert codes(made(["C_ink=40mg/mL,50mg/mL"], replicates=5, scale="1/10")).isdisjoint({"B205", "V107"})


def test_a_shelf_that_is_too_small_for_all_runs_is_an_error_and_its_remedy_fits() -> None:
    ask = {"names": CHAIN[2:3], "substrates": 6, "uses": ("ink=5mL",)}
    short = next(one.finding for one in made(["t_dip=3s,5s"], replicates=3, **ask).said if one.finding.code == "V106")
    assert (short.severity, short.message) == ("error", "all runs take 6.480 mL of ink, 5.000 mL is there")
    assert short.remedy == "--replicates 2"
    assert "V106" not in codes(made(["t_dip=3s,5s"], replicates=2, **ask))


def test_runs_and_what_is_made_once_are_planned_again_from_their_documents_to_the_same_digest() -> None:
    found = made([*VARY, "lot.bath.MeOAc=M7,M8", "wait.time=10s,20s"], names=[*CHAIN], scale="1/4")
    documents = [*list(run_documents(found).values())[:5], *([plan_document(found.swept.shared)] if found.swept.shared else [])]
    for document in documents:
        again = plan_document(plan_of(json.loads(json.dumps(document))))
        assert again == document


def test_the_air_wanted_is_judged_by_the_windows_of_the_template_in_the_runs_that_have_it() -> None:
    found = made(VARY, replicates=2)
    rh = {run.name: found.factors[1].levels[run.levels[1]].text for run in found.runs}
    window = [one for one in found.said if one.finding.code == "best-air"]
    assert {name for one in window for name in one.runs} == {name for name, level in rh.items() if level != "21 %"}
    assert {one.finding.remedy.split(",")[0] for one in window} == {"leave 15 % out of --vary rh", "leave 27 % out of --vary rh"}


def test_a_level_out_of_range_is_an_error_of_its_runs_alone() -> None:
    found = made(["t_soak=5s,20min"], replicates=2)
    error = next(one for one in found.said if one.finding.code == "L113")
    assert error.finding.remedy == "leave 20 min out of --vary t_soak"
    assert len(error.runs) == 2


# the time and temperature of steps ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", sorted(tomllib.loads((ROOT / "protocols" / "soaking.toml").read_text(encoding="utf-8")).keys() - {"format", "title", "sources"}))
def test_the_soak_of_every_shipped_soaking_can_be_varied_by_its_step(variant) -> None:
    assert settable(open_template(f"soaking/{variant}"), "soak.time").parameter == "t_soak"


def test_a_time_that_a_step_states_itself_becomes_a_parameter() -> None:
    template = open_template(CHAIN[0])
    opened, name = settable(template, "wait.time")
    assert (name, "wait.time" in template.parameters, opened.parameters[name].value.text) == ("wait.time", False, "10 s")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("wiat.time", "did you mean wait.time?"),
        ("spin.time", 'give one of them a name in the protocol, as in name = "soak"'),
        ("T_injct", "did you mean T_inject?"),
        ("inject.time", "did you mean wait.time?"),
    ],
)
def test_a_step_that_cannot_be_set_is_said_with_what_can(name, remedy) -> None:
    with pytest.raises(Doubt) as refused:
        settable(open_template(CHAIN[0]), name)
    assert (refused.value.code, refused.value.remedy) == ("A103", remedy)
