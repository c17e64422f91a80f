"""One operator's clock: bounds that every schedule keeps, days reckoned by hand, and what the shipped protocols take."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peqdlab.catalog import open_template
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents
from peqdlab.schedule import Block, Schedule, made_ahead, schedule, step_minutes, tails, time_of

SHIPPED = ("binary-cspbi3", "binary-cspbi3-c18", "binary-fapbi3", "ternary-benzoyl-cspbbr3", "ternary-oami-fapbi3")


def block(name: str, *hands_on: int, waits: int = 0, needs: tuple[str, ...] = (), first: int = 1) -> Block:
    return Block(name, tuple((first + i, Decimal(m)) for i, m in enumerate(hands_on)), Decimal(waits), frozenset(needs))


@st.composite
def days(draw: st.DrawFn) -> list[Block]:
    """Draw preparations of one to four blocks, each drawing on any made before it."""
    made: list[str] = []
    blocks: list[Block] = []
    for index in range(draw(st.integers(1, 5))):
        for _ in range(draw(st.integers(1, 4))):
            needs = tuple(draw(st.sets(st.sampled_from(made), max_size=2))) if made else ()
            minutes = draw(st.lists(st.integers(0, 40), min_size=1, max_size=3))
            blocks.append(block(f"p{index}", *minutes, waits=draw(st.integers(0, 300)), needs=needs, first=10 * len(blocks)))
        made.append(f"p{index}")
    return blocks


def hands(day: Schedule) -> list:
    return [span for span in day.spans if span.kind == "hands-on"]


# bounds ------------------------------------------------------------------------------------------------------------------------


@given(days())
def test_a_day_is_no_shorter_than_its_longest_chain_and_no_longer_than_everything_in_a_row(blocks) -> None:
    day = schedule(blocks)
    assert max(tails(blocks)) <= day.elapsed_min <= sum(b.hands_on_min + b.waiting_min for b in blocks)
    assert day.total_min("hands-on") <= day.elapsed_min


@given(days())
def test_nothing_is_lost_and_two_hands_never_work_at_once(blocks) -> None:
    day = schedule(blocks)
    assert day.total_min("hands-on") == sum(b.hands_on_min for b in blocks)
    assert day.total_min("waiting") == sum(b.waiting_min for b in blocks)
    work = hands(day)
    assert all(one.end_min <= next_.start_min for one, next_ in zip(work, work[1:]))
    gaps = sum((b.start_min - a.end_min for a, b in zip(work, work[1:])), Decimal(0))
    last = work[-1].end_min if work else Decimal(0)
    idle = (work[0].start_min if work else Decimal(0)) + gaps + day.elapsed_min - last
    assert day.total_min("hands-on") + idle == day.elapsed_min


@given(days())
def test_a_preparation_goes_on_in_order_and_begins_when_what_it_draws_on_is_ready(blocks) -> None:
    day = schedule(blocks)
    for name in {b.preparation for b in blocks}:
        mine = [span for span in day.spans if span.preparation == name]
        assert [span.n for span in mine] == sorted(span.n for span in mine)
        assert all(one.end_min <= next_.start_min for one, next_ in zip(mine, mine[1:]))
    ends = {b.preparation: max((s.end_min for s in day.spans if s.preparation == b.preparation), default=Decimal(0)) for b in blocks}
    for b in blocks:
        numbers = {n for n, _ in b.hands_on}
        for span in day.spans:
            if span.n in numbers and span.preparation == b.preparation:
                assert all(span.start_min >= ends[name] for name in b.needs)


@given(days())
def test_a_block_is_never_interrupted(blocks) -> None:
    day = schedule(blocks)
    for b in blocks:
        mine = [span for span in hands(day) if span.preparation == b.preparation and span.n in {n for n, _ in b.hands_on}]
        assert all(one.end_min == next_.start_min for one, next_ in zip(mine, mine[1:]))


@given(days())
def test_the_same_day_is_always_planned_alike(blocks) -> None:
    assert schedule(blocks) == schedule(list(blocks))


# days reckoned by hand ---------------------------------------------------------------------------------------------------------


def test_work_on_one_preparation_goes_into_the_wait_of_another() -> None:
    blocks = [block("stock", 10, waits=60), block("pot", 20, waits=30, first=5), block("pot", 5, needs=("stock",), first=8)]
    day = schedule(blocks)
    # stock 0-10, its wait to 70; the pot 10-30, its wait to 60; both are there at 70
    assert [(s.start_min, s.end_min, s.n) for s in hands(day)] == [(0, 10, 1), (10, 30, 5), (70, 75, 8)]
    assert day.elapsed_min == 75


def test_preparations_that_feed_one_another_are_serial() -> None:
    blocks = [block("a", 10, waits=60), block("b", 10, waits=60, needs=("a",), first=2), block("c", 10, needs=("b",), first=3)]
    assert schedule(blocks).elapsed_min == 150


def test_the_longer_chain_begins_first() -> None:
    day = schedule([block("short", 10, waits=5), block("long", 10, waits=100, first=2)])
    assert hands(day)[0].preparation == "long"
    assert day.elapsed_min == 110


def test_a_day_of_nothing_takes_no_time() -> None:
    assert schedule([]).elapsed_min == 0


# plans -------------------------------------------------------------------------------------------------------------------------


def planned(name: str):
    reagents = shipped_reagents()
    return make_plan(open_template(name, reagents), reagents)


@pytest.mark.parametrize("variant", SHIPPED)
def test_hands_on_and_idle_are_all_of_the_day_and_every_step_is_on_a_clock(variant) -> None:
    plan = planned(f"hot_injection/{variant}")
    time = time_of(plan)
    parts = [part for part in (time, time["day_before"]) if part]
    for part in parts:
        assert Decimal(part["hands_on_min"]) + Decimal(part["idle_min"]) == Decimal(part["elapsed_min"])
    timed = {span["n"] for part in parts for span in part["timeline"]}
    assert timed == {run.n for run in plan.books.steps if sum(step_minutes(run))}


def test_what_is_made_the_day_before_is_counted_apart() -> None:
    time = time_of(planned("hot_injection/binary-cspbi3"))
    assert {span["preparation"] for span in time["timeline"]} == {"crude", "dots"}
    assert time["day_before"]["preparations"] == ["cs_oleate"]
    assert {span["preparation"] for span in time["day_before"]["timeline"]} == {"cs_oleate"}
    # 2 + 3 materials of 3 min, heat 3, keep 2; 2 h at 120 °C
    assert (time["day_before"]["hands_on_min"], time["day_before"]["elapsed_min"]) == ("16", "136")


def test_what_goes_into_a_stock_of_the_day_before_is_of_the_day_before_too(edited) -> None:
    path = edited(
        ("[binary-cspbi3.make.cs_oleate]", '[binary-cspbi3.make.acid]\nvessel = "5 mL vial"\nsteps = [{ add = { OA = "4 mL" } }]\n\n[binary-cspbi3.make.cs_oleate]'),
        ('OA = "3 mL", ODE', 'acid = "3 mL", ODE'),
    )
    ahead = made_ahead(planned(path))
    assert ahead == {"cs_oleate": "the day before", "acid": "it goes into cs_oleate, which is ready the day before"}


def test_a_short_wait_is_spent_at_the_flask_and_a_long_one_is_not(edited) -> None:
    def wait(text: str) -> tuple[Decimal, Decimal]:
        plan = planned(edited(('wait = "10 s', f'wait = "{text}')))
        return next(step_minutes(run) for run in plan.books.steps if run.step.verb.name == "wait")

    assert wait("90 s") == (Decimal("1.5"), Decimal(0))
    assert wait("2 min") == (Decimal(0), Decimal(2))


def test_an_addition_that_takes_time_keeps_the_hands(edited) -> None:
    plan = planned(edited(('at = "120 °C", under = "N2 [unverified]"', 'at = "120 °C", for = "10 min", under = "N2 [unverified]"')))
    run = next(run for run in plan.books.steps if run.n == 6)
    assert step_minutes(run) == (Decimal(2 + 2 * 3 + 10), Decimal(0))


def test_a_wait_that_ends_when_something_is_seen_is_named_and_not_counted() -> None:
    assert time_of(planned("hot_injection/binary-cspbi3"))["untimed"] == [{"n": 6, "until": "clear"}]
