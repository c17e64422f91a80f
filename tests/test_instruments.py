"""Each quantity has its instrument: the smallest that fits, its step on the sheet, its tolerance, and the same again once stored."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peqdlab.config import read_instruments
from peqdlab.dispensing import as_dispensed, dispensed_with
from peqdlab.instruments import (
    DEFAULT,
    EVIDENCE,
    KIND_OF_GROUP,
    instrument_for,
    instruments_data,
    portions,
    rounded,
    tolerance_of,
)
from peqdlab.source import Source
from peqdlab.units import Quantity, parse_quantity

amounts = st.builds(
    lambda digits, exponent, unit: parse_quantity(f"{digits}e{exponent} {unit}"),
    st.integers(1, 99999),
    st.integers(-7, 2),
    st.sampled_from(["g", "mL"]),
)


@pytest.mark.parametrize(
    ("amount", "shown", "instrument", "tolerance"),
    [
        ("1 g", "1.0000 g", "balance 0.1 mg", "± 0.2 mg"),
        ("0.75 g", "0.7500 g", "balance 0.1 mg", "± 0.2 mg"),
        ("87 mg", "87.0 mg", "balance 0.1 mg", "± 0.2 mg"),
        ("250 g", "250.00 g", "balance 10 mg", "± 20 mg"),
        ("8 mL", "8.00 mL", "pipette 10 mL", "± 0.06 mL"),
        ("510 µL", "510 µL", "pipette 1 mL", "± 8 µL"),
        ("57 µL", "57.0 µL", "pipette 100 µL", "± 0.8 µL"),
        ("92 mL", "92.0 mL", "cylinder 100 mL", "± 1 mL"),
        ("117.33 mL", "117.4 mL", "cylinder 250 mL", "± 2 mL"),
        ("6 L", "6000 mL", "cylinder 2000 mL, 3 times", "± 48 mL"),
    ],
)
def test_a_quantity_is_said_in_the_steps_of_the_smallest_instrument_that_fits(amount, shown, instrument, tolerance) -> None:
    quantity = parse_quantity(amount)
    assert as_dispensed(quantity, DEFAULT) == shown
    assert dispensed_with(quantity, DEFAULT) == {"instrument": instrument, "tolerance": tolerance}


def test_what_is_not_weighed_or_measured_has_no_instrument() -> None:
    assert dispensed_with(parse_quantity("120 °C"), DEFAULT) == {"instrument": None, "tolerance": None}
    assert as_dispensed(parse_quantity("120 °C"), DEFAULT) == "120 °C"


@given(amounts)
def test_rounding_moves_a_quantity_by_half_a_step_at_most_and_twice_is_once(quantity: Quantity) -> None:
    row, once = instrument_for(quantity, DEFAULT), rounded(quantity, DEFAULT)
    assert row is not None
    assert abs(once.value - quantity.value) <= row.step.value / 2
    assert once.value % row.step.value == 0
    assert rounded(once, DEFAULT) == once


@given(amounts)
def test_what_the_sheet_says_is_the_rounded_quantity(quantity: Quantity) -> None:
    assert parse_quantity(as_dispensed(quantity, DEFAULT)).value == rounded(quantity, DEFAULT).value


@given(amounts)
def test_no_smaller_instrument_of_the_lab_would_have_fitted(quantity: Quantity) -> None:
    row = instrument_for(quantity, DEFAULT)
    fitting = [other for other in DEFAULT.measuring if other.low.dimension == quantity.dimension and other.low.value <= quantity.value <= other.high.value]
    assert row is not None
    assert row.high.value == min((other.high.value for other in fitting), default=row.high.value)
    assert portions(quantity, row) == 1 or quantity.value > row.high.value


def test_a_tolerance_is_never_below_half_a_step_and_may_be_a_share() -> None:
    balance = DEFAULT.measuring[0]._replace(step=parse_quantity("1 mg"))
    assert tolerance_of(parse_quantity("1 g"), balance) == parse_quantity("0.5 mg")
    syringe = DEFAULT.measuring[5]._replace(tolerance=parse_quantity("5 %"))
    assert tolerance_of(parse_quantity("8 mL"), syringe) == parse_quantity("0.4 mL")


def test_every_default_has_its_source_and_evidence() -> None:
    for row in (*DEFAULT.measuring, DEFAULT.rotor):
        assert row.source
        assert row.evidence in EVIDENCE.keys() - {"own"}
    assert DEFAULT.is_default


def test_cylinders_are_those_of_the_standard() -> None:
    # ASTM E1272-02 (2012), table 1, class B: capacity and tolerance in mL
    table = {"25": "0.34", "100": "1.00", "250": "2.00", "500": "4.00"}
    found = {row.high.value: row.tolerance.value for row in DEFAULT.measuring if row.evidence == "published"}
    assert found == {Decimal(size): Decimal(tolerance) for size, tolerance in table.items()}


def test_pipettes_keep_the_errors_of_iso_8655_2() -> None:
    # type A, largest systematic error in per cent of the nominal volume
    table = {"0.01": "1.2", "0.1": "0.8", "1": "0.8", "10": "0.6"}
    found = {row.high.value: 100 * row.tolerance.value / row.high.value for row in DEFAULT.measuring if row.group == "pipette"}
    assert found == {Decimal(size): Decimal(share) for size, share in table.items()}


def test_stored_instruments_are_read_back_as_they_were() -> None:
    stored = instruments_data(DEFAULT)
    again, findings = read_instruments(Source("plan", "", stored), stored=True)
    assert (again, findings) == (DEFAULT, ())
    assert {*stored} == {*KIND_OF_GROUP, "rotor", "flask"} - {"syringe"}
