"""The factor that makes a condition hold: near its bound, found across a narrow window, and given up after so many trials."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peqdlab.solving import TooLongError, four_figures, nearest, neat, outward
from peqdlab.units import KINDS, Quantity


def within(low, high, trials=None):
    """Return on which side of a window a factor falls, counting the trials."""

    def side(factor):
        if trials is not None:
            trials.append(factor)
        return -1 if factor < Decimal(str(low)) else 1 if factor > Decimal(str(high)) else 0

    return side


bounds = st.floats(0.002, 900).filter(lambda bound: abs(bound - 1) > 0.01)


@settings(max_examples=200, deadline=None)
@given(bounds, st.floats(1.001, 1000))
def test_the_bound_of_a_window_is_found_from_the_side_that_holds(bound, span):
    low, high = (bound, bound * span) if bound > 1 else (bound / span, bound)
    found = nearest(within(low, high), 1000)
    assert within(low, high)(found) == 0
    assert abs(float(found) / bound - 1) < 2e-5


def test_a_window_narrower_than_a_step_is_found():
    found = nearest(within(5, 5.01), 1000)
    assert 5 <= found <= Decimal("5.0001")


def test_a_condition_that_no_factor_meets_takes_48_trials_and_one():
    trials = []
    assert nearest(lambda factor: trials.append(factor) or -1, 1000) is None
    assert len(trials) == 49


def test_a_jump_over_the_window_is_looked_into_once():
    trials = []
    assert nearest(lambda factor: trials.append(factor) or (-1 if factor < 3 else 1), 1000) is None
    assert len(trials) < 49 + 20


def test_where_nothing_can_be_judged_there_is_no_factor():
    assert nearest(lambda factor: None, 1000) is None


def test_what_holds_already_needs_no_factor():
    assert nearest(within(0.5, 2), 1000) == 1


def test_the_search_ends_after_so_many_trials():
    with pytest.raises(TooLongError):
        nearest(within(500, 600), 20)


def test_a_factor_is_made_neat_where_the_condition_still_holds():
    assert neat(Decimal("1.50000123"), Decimal(8), within(1.5, 9)) == Decimal("1.5")
    assert neat(Decimal("1.50004"), Decimal(8), within(1.50001, 9)) == Decimal("1.50004")
    assert neat(Decimal(2), Decimal(0), within(1.5, 9)) == 2


def test_an_amount_is_rounded_away_from_the_present_one():
    assert outward(Quantity(Decimal("12.3451"), KINDS["volume"]), Decimal(2)) == "12.35 mL"
    assert outward(Quantity(Decimal("12.3459"), KINDS["volume"]), Decimal("0.5")) == "12.34 mL"
    assert four_figures(Decimal("1.5000000000000000000000001"), Decimal(2)) == Decimal("1.5")
