"""The lines that are read before starting: time in one sentence, the clock, the day before, stock, equipment."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peqdlab.bench_sheet import sheet_blocks
from peqdlab.blocks import Heading
from peqdlab.catalog import open_template
from peqdlab.document import plan_document, without_nulls
from peqdlab.plan import make_plan
from peqdlab.readiness import clock, clock_table, minutes, overview_table, time_line, totals_table
from peqdlab.reagents import shipped_reagents
from peqdlab.sheet import plan_blocks


def document(name: str = "hot_injection/binary-cspbi3") -> dict:
    reagents = shipped_reagents()
    return plan_document(make_plan(open_template(name, reagents), reagents))


@given(st.integers(0, 10_000))
def test_minutes_are_said_in_hours_and_read_back(whole: int) -> None:
    words = minutes(str(whole)).split()
    units = {"h": 60, "min": 1}
    assert sum(int(number) * units[unit] for number, unit in zip(words[::2], words[1::2])) == whole
    assert len(set(words[1::2])) == len(words[1::2])


def test_a_part_of_a_minute_counts_as_one() -> None:
    assert (minutes("146.17"), minutes("59.6"), minutes("0.17"), minutes("0")) == ("2 h 26 min", "1 h", "1 min", "0 min")
    assert (clock("146.17"), clock("59.6")) == ("2:26", "1:00")


def test_time_is_one_sentence_that_says_what_it_leaves_out() -> None:
    assert time_line(document()["time"]) == (
        "about 1 h 6 min hands on, 2 h 26 min in all; cs_oleate is made the day before (16 min hands on, 2 h 16 min in all); an estimate: "
        "hands-on minutes are assumed, heating up and cooling are not counted, nor the wait for an end that is seen (step 6)"
    )


def test_a_wait_of_days_is_named() -> None:
    assert "in all (of which 48 h at step 18); an estimate" in time_line(document("hot_injection/binary-cspbi3-c18")["time"])


def test_work_without_a_break_is_one_row_of_the_clock_and_all_of_it_is_there() -> None:
    timeline = document("hot_injection/ternary-benzoyl-cspbbr3")["time"]["timeline"]
    rows = clock_table(timeline).rows
    assert rows[:3] == (
        ("0:00", "0:17", "2–3", "crude", "hands-on"),
        ("0:17", "0:25", "1", "halide", "hands-on"),
        ("0:17", "1:17", "3", "crude", "waiting"),
    )
    steps = {n for row in rows for n in range(int(row[2].split("–")[0]), int(row[2].split("–")[-1]) + 1)}
    assert steps == {span["n"] for span in timeline}


def test_an_overview_says_time_the_day_before_and_equipment() -> None:
    rows = dict(overview_table(document()).rows)
    assert list(rows)[:3] == ["time", "the day before", "before step 9"]
    assert rows["the day before"] == "make cs_oleate (step 7 draws on it); dry OA, 5.00 mL (step 6 takes it dried)"
    assert rows["equipment"].startswith("2 × 250 mL flask; 4 × 50 mL tubes?; heating mantle")
    assert rows["equipment"].endswith("ice bath; centrifuge, 8800 rpm")


def test_stock_has_a_box_for_every_reagent() -> None:
    made = document()
    stock = totals_table(made)
    assert stock.ticked
    assert [row[0] for row in stock.rows] == ["Cs₂CO₃", "OA", "ODE", "PbI₂", "OAm", "MeOAc", "hexane", "toluene"]
    assert [row[3] for row in stock.rows][:3] == ["0.7500 g", "8.00 mL", "125.0 mL"]


def test_a_plan_that_was_frozen_without_these_keys_still_prints() -> None:
    old = {key: value for key, value in document().items() if key not in ("ahead", "totals", "lead")}
    assert [block.text for block in sheet_blocks(old) if isinstance(block, Heading)][:2] == [
        "Run sheet: CsPbI₃ dots, binary route, 50 mL ODE",
        "Weigh and measure",
    ]


@pytest.mark.parametrize("variant", ["binary-cspbi3", "binary-fapbi3"])
def test_the_clock_runs_to_the_end_of_the_day(variant) -> None:
    time = document(f"hot_injection/{variant}")["time"]
    assert max(Decimal(span["end_min"]) for span in time["timeline"]) == Decimal(time["elapsed_min"])


@pytest.mark.parametrize("variant", ["binary-cspbi3", "ternary-oami-cspbi3", "ternary-benzoyl-mapbi3", "binary-fapbi3"])
def test_a_saved_plan_without_its_empty_keys_prints_the_same_pages(variant, tmp_path, monkeypatch) -> None:
    made = document(f"hot_injection/{variant}")
    assert sheet_blocks(without_nulls(made)) == sheet_blocks(made)
    assert plan_blocks(without_nulls(made), []) == plan_blocks(made, [])


def test_a_reagent_without_a_cas_number_is_taken_from_stock_all_the_same(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "salt.toml").write_text(
        'format = 1\n[sources]\n[v]\ntitle = "a"\nsource = "computed"\n[v.make.a]\nvessel = "5 mL vial"\nsteps = [{ add = { FAI = "1 mg", IPA = "1 mL" } }]\n',
        encoding="utf-8",
    )
    made = document("salt.toml")
    assert sheet_blocks(without_nulls(made)) == sheet_blocks(made)
    assert [row["cas"] for row in made["totals"]] == [None, "67-63-0"]
