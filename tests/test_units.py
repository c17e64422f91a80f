"""Quantities: exact as typed, converted as pint converts them, printed so that they read back; every doubt with its whole message."""

from __future__ import annotations

import time
from decimal import Decimal
from itertools import product

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peqdlab.findings import Doubt
from peqdlab.units import (
    ARITHMETIC,
    KINDS,
    RATIO,
    Quantity,
    a_kind,
    bounded,
    convert,
    example_of,
    kind_of,
    parse_number,
    parse_quantity,
    parse_unit,
    plain,
    require_kind,
    round_to_step,
    show,
    significant,
    stated,
)

# Every symbol that is read here, in the words of pint, which reads some of the symbols as other units (C, M, h, rpm).
IN_PINT = {
    "kg": "kilogram",
    "g": "gram",
    "mg": "milligram",
    "µg": "microgram",
    "ug": "microgram",
    "ng": "nanogram",
    "L": "liter",
    "l": "liter",
    "dL": "deciliter",
    "mL": "milliliter",
    "ml": "milliliter",
    "µL": "microliter",
    "µl": "microliter",
    "uL": "microliter",
    "ul": "microliter",
    "cm3": "centimeter**3",
    "mol": "mole",
    "mmol": "millimole",
    "µmol": "micromole",
    "umol": "micromole",
    "nmol": "nanomole",
    "s": "second",
    "sec": "second",
    "min": "minute",
    "h": "hour",
    "hr": "hour",
    "d": "day",
    "day": "day",
    "days": "day",
    "m": "meter",
    "cm": "centimeter",
    "mm": "millimeter",
    "µm": "micrometer",
    "um": "micrometer",
    "nm": "nanometer",
    "A": "ampere",
    "mA": "milliampere",
    "µA": "microampere",
    "uA": "microampere",
    "V": "volt",
    "mV": "millivolt",
    "W": "watt",
    "mW": "milliwatt",
    "eV": "electron_volt",
    "meV": "millielectron_volt",
    "%": "percent",
    "ppm": "ppm",
    "mol%": "percent",
    "wt%": "percent",
    "M": "mole/liter",
    "mM": "millimole/liter",
    "µM": "micromole/liter",
    "uM": "micromole/liter",
    "cm2": "centimeter**2",
    "cm²": "centimeter**2",
    "mm2": "millimeter**2",
    "mm²": "millimeter**2",
    "m2": "meter**2",
}
NOT_IN_PINT = {"°C", "degC", "C", "℃", "rpm", "xg", "×g", "rcf", "RCF"}
BASE_IN_PINT = {
    "mass": "milligram",
    "volume": "milliliter",
    "amount": "millimole",
    "duration": "second",
    "length": "centimeter",
    "current": "milliampere",
    "voltage": "volt",
    "power": "milliwatt",
    "energy": "electron_volt",
    "ratio": "dimensionless",
    "concentration": "millimole/milliliter",
    "area": "centimeter**2",
}
REGISTRY = pint.UnitRegistry(non_int_type=Decimal)

numbers = st.decimals(min_value=Decimal("1e-12"), max_value=Decimal("1e12"), allow_nan=False, allow_infinity=False, places=12)
symbols = st.sampled_from(sorted({*IN_PINT, *NOT_IN_PINT}))


def doubt_of(text: str) -> tuple[str, str, str]:
    with pytest.raises(Doubt) as caught:
        parse_quantity(text)
    return caught.value.code, caught.value.message, caught.value.remedy


# what is read -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("0.75 g", "750", "mass"),
        ("8 mL", "8", "volume"),
        ("180.5 °C", "180.5", "temperature"),
        ("34%", "0.34", "ratio"),
        ("453.15 K", "180.00", "temperature"),
        ("0 K", "-273.15", "temperature"),
        ("-20 °C", "-20", "temperature"),
        ("+5 g", "5000", "mass"),
        (".5 h", "1800", "duration"),
        ("5. min", "300", "duration"),
        ("1e-3 mol", "1", "amount"),
        ("5e3g", "5000000", "mass"),
        ("  2\tmmol  ", "2", "amount"),
        ("0.0625 mol/L", "0.0625", "concentration"),
        ("0.0625 M", "0.0625", "concentration"),
        ("50 mg / mL", "50", "mass concentration"),
        ("50 g/L", "50", "mass concentration"),
        ("17 mA/cm²", "17", "current density"),
        ("0.1 cm2", "0.1", "area"),
        ("6440 ×g", "6440", "centrifugal acceleration"),
        ("8800 rpm", "8800", "rotation speed"),
        ("12 nm", "0.0000012", "length"),
        ("2.4 eV", "2.4", "energy"),
        ("5 ppm", "0.000005", "ratio"),
    ],
)
def test_a_quantity_is_read_in_base_units(text: str, value: str, kind: str) -> None:
    quantity = parse_quantity(text)
    assert quantity.value == Decimal(value)
    assert quantity.is_kind(kind)
    assert kind_of(quantity.dimension) == kind


def test_the_micro_sign_and_the_greek_mu_are_the_same() -> None:
    assert (
        parse_quantity("60 \N{MICRO SIGN}L")
        == parse_quantity("60 \N{GREEK SMALL LETTER MU}L")
        == Quantity(Decimal("0.060"), KINDS["volume"])
    )


def test_no_digit_of_a_number_is_lost() -> None:
    assert parse_number("0.1234567890123456789012345678 g")[0] == Decimal("0.1234567890123456789012345678")
    assert parse_quantity("0.1 g").value == 100
    assert sum((parse_quantity("0.1 mL").value for _ in range(3)), Decimal(0)) == Decimal("0.3")


def test_the_example_of_every_kind_is_of_that_kind() -> None:
    for kind in KINDS:
        if example_of(kind) != "1":
            assert parse_quantity(example_of(kind)).is_kind(kind), kind


# doubts -------------------------------------------------------------------------------------------------------------------------

Q101, Q102, Q104 = "write a number, then its unit, as in 0.75 g", "check the exponent and the unit", "is not a unit known here"
UNITS = "one of: %, g, h, mL, mg, mg/mL, min, mmol … (14 in all)"


@pytest.mark.parametrize(
    ("text", "code", "message", "remedy"),
    [
        ("", "Q101", "'' has no number", Q101),
        ("some mL", "Q101", "'some mL' has no number", Q101),
        ("- 5 g", "Q101", "'- 5 g' has no number", Q101),
        ("٣ g", "Q101", "'٣ g' has no number", Q101),
        ("５ g", "Q101", "'５ g' has no number", Q101),
        ("x" * 5000, "Q101", f"'{'x' * 40}' has no number", Q101),
        ("NaN g", "Q102", "'NaN g' is not a finite number", "give a measured or planned number"),
        (" -Infinity", "Q102", "'-Infinity' is not a finite number", "give a measured or planned number"),
        ("1e400 g", "Q102", "1e400 is out of range: at most 30 digits and 1e30", Q102),
        ("1e31 g", "Q102", "1e31 is out of range: at most 30 digits and 1e30", Q102),
        ("10e30 g", "Q102", "10e30 is out of range: at most 30 digits and 1e30", Q102),
        ("1e-31 g", "Q102", "1e-31 is out of range: at most 30 digits and 1e30", Q102),
        ("9" * 5000, "Q102", f"{'9' * 40} is out of range: at most 30 digits and 1e30", Q102),
        ("1e30 kg*kg/ng", "Q102", "a value of about 1e48 is out of range", "check the numbers and the units"),
        ("0,75 g", "Q103", "'0,75 g' has a decimal comma", "write the decimal point as ."),
        ("1,000 mL", "Q103", "'1,000 mL' has a decimal comma", "write the decimal point as ."),
        ("5 MG", "Q104", f"'MG' {Q104}", "did you mean mg?"),
        ("5 RPM", "Q104", f"'RPM' {Q104}", "did you mean rpm?"),
        ("5 mol %", "Q104", f"'mol %' {Q104}", "did you mean mol%?"),
        ("5 mins", "Q104", f"'mins' {Q104}", "did you mean min?"),
        ("45 %RH", "Q104", f"'%RH' {Q104}", UNITS),
        ("1_000 g", "Q104", f"'_000 g' {Q104}", UNITS),
        ("0x10 g", "Q104", f"'x10 g' {Q104}", UNITS),
        ("1 000 mL", "Q104", f"'000 mL' {Q104}", UNITS),
        ("5 mL dried", "Q104", f"'mL dried' {Q104}", "put a comma before a remark, as in mL, dried"),
        ("5 g m", "Q104", f"'g m' {Q104}", "put a comma before a remark, as in g, m"),
        ("5 mg/", "Q104", f"'mg/' {Q104}", UNITS),
        ("5 /mL", "Q104", f"'/mL' {Q104}", "did you mean mL?"),
        ("5 mg//mL", "Q104", f"'mg//mL' {Q104}", "did you mean mL?"),
        ("1 " + "*".join("g" * 7), "Q104", f"'g*g*g*g*g*g*g' {Q104}", "did you mean g?"),
        ("5", "Q105", "5 has no unit", "write the unit after the number, as in 0.75 g or 8 mL"),
        (" 5.0 ", "Q105", "5.0 has no unit", "write the unit after the number, as in 0.75 g or 8 mL"),
    ],
)
def test_a_doubt_says_what_was_found_and_what_to_type(text: str, code: str, message: str, remedy: str) -> None:
    assert doubt_of(text) == (code, message, remedy)


def test_another_kind_is_named_with_what_was_wanted() -> None:
    with pytest.raises(Doubt) as caught:
        require_kind(parse_quantity("5 mmol"), "mass", "volume")
    assert (caught.value.code, caught.value.message) == ("Q106", "found an amount, needed a mass or a volume")
    assert caught.value.remedy == "write a mass, as in 0.5 g"
    assert require_kind(parse_quantity("5 mL"), "mass", "volume").value == 5


def test_a_quantity_is_converted_to_units_of_its_kind_only() -> None:
    assert convert(parse_quantity("0.5 L"), "mL") == 500
    with pytest.raises(Doubt) as caught:
        convert(parse_quantity("1 min"), "mL")
    assert (caught.value.code, caught.value.message, caught.value.remedy) == ("Q106", "found a duration, needed mL", "give a value in mL")


@pytest.mark.parametrize(
    "text",
    [
        "1 " + "kg/ng*" * 500 + "kg",
        "1 " + "%*" * 50000 + "%",
        " " * 100000,
        "1" + " " * 100000 + "x",
        "1 " + "/" * 50000,
        "-" * 50000,
        "1e" + "9" * 50000,
    ],
)
def test_a_hostile_text_is_doubted_at_once(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(Doubt):
        parse_quantity(text)
    assert time.perf_counter() - start < 0.5


@given(st.text(max_size=60) | st.text("0123456789.,eE+-gmLµ%/*· K°C", max_size=30))
def test_any_text_is_a_quantity_or_a_doubt_with_a_remedy(text: str) -> None:
    try:
        quantity = parse_quantity(text)
    except Doubt as doubt:
        assert doubt.code in {"Q101", "Q102", "Q103", "Q104", "Q105"}
        assert doubt.message.strip()
        assert doubt.remedy.strip()
    else:
        assert quantity.value.is_finite()
        assert show(quantity)


# pint as an outside witness -----------------------------------------------------------------------------------------------------


def pint_in_base(symbol: str) -> Decimal:
    kind = kind_of(parse_unit(symbol)[1])
    return Decimal(REGISTRY.Quantity(Decimal(1), IN_PINT[symbol]).to(BASE_IN_PINT[kind]).magnitude)


@pytest.mark.parametrize("symbol", sorted(IN_PINT))
def test_a_unit_is_worth_what_pint_says(symbol: str) -> None:
    assert parse_unit(symbol)[0] == pytest.approx(pint_in_base(symbol), rel=Decimal("1e-20"))


def test_every_symbol_is_compared_with_pint_or_has_none_there() -> None:
    from peqdlab.units import _UNITS

    assert _UNITS.keys() == IN_PINT.keys() | NOT_IN_PINT


@given(numbers, st.sampled_from(sorted(IN_PINT)), st.sampled_from(sorted(IN_PINT)))
def test_a_quotient_of_units_is_worth_what_pint_says(number: Decimal, above: str, below: str) -> None:
    quantity = parse_quantity(f"{number:f} {above}/{below}")
    expected = number * pint_in_base(above) / pint_in_base(below)
    assert abs(quantity.value - expected) <= abs(expected) * Decimal("1e-20")


@given(st.decimals(0, 1000, places=3))
def test_kelvin_are_degrees_celsius_as_pint_converts_them(kelvin: Decimal) -> None:
    expected = REGISTRY.Quantity(kelvin, "kelvin").to("degC").magnitude
    assert parse_quantity(f"{kelvin} K").value == pytest.approx(expected, abs=Decimal("1e-20"))


# inverses and invariants --------------------------------------------------------------------------------------------------------


@given(numbers, symbols)
def test_conversion_undoes_reading(number: Decimal, unit: str) -> None:
    back = convert(parse_quantity(f"{number:f} {unit}"), unit)
    assert abs(back - number) <= abs(number) * Decimal("1e-38")


@given(numbers, symbols)
def test_what_is_shown_reads_back_as_the_same_quantity(number: Decimal, unit: str) -> None:
    quantity = parse_quantity(f"{number:f} {unit}")
    shown = show(quantity)
    if kind_of(quantity.dimension) in {"current", "power"}:
        return  # these have no unit of the sheet yet
    back = parse_quantity(shown)
    assert back.dimension == quantity.dimension
    assert abs(back.value - quantity.value) <= abs(quantity.value) * Decimal("1e-11")


@given(st.lists(symbols, min_size=1, max_size=6), st.data())
def test_dimensions_of_a_compound_unit_add_up(parts: list[str], data: st.DataObject) -> None:
    signs = [data.draw(st.sampled_from("*/")) for _ in parts[1:]]
    text = parts[0] + "".join(f"{sign}{part}" for sign, part in zip(signs, parts[1:], strict=True))
    expected = list(parse_unit(parts[0])[1])
    for sign, part in zip(signs, parts[1:], strict=True):
        step = parse_unit(part)[1]
        expected = [a + (b if sign == "*" else -b) for a, b in zip(expected, step, strict=True)]
    assert parse_unit(text)[1] == tuple(expected)


@given(numbers, symbols)
def test_a_unit_over_itself_is_a_bare_number(number: Decimal, unit: str) -> None:
    assert parse_quantity(f"{number:f} {unit}/{unit}") == Quantity(number, RATIO)


def test_every_kind_has_its_own_dimension_and_name() -> None:
    kinds = [kind for kind in KINDS if kind != "temperature difference"]  # a difference has the dimension of a temperature
    assert len({KINDS[kind] for kind in kinds}) == len(kinds)
    assert [kind_of(KINDS[kind]) for kind in kinds] == kinds
    assert kind_of(parse_unit("mg*mg/mL")[1]) == "mg^2/mL"
    assert kind_of(tuple(-n for n in KINDS["duration"])) == "1/s"


def test_a_kind_takes_its_article() -> None:
    assert [a_kind(kind) for kind in ("mass", "amount", "energy", "area")] == ["a mass", "an amount", "an energy", "an area"]


# rounding and printing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "digits", "printed"),
    [
        ("2.16915", 4, "2.169"),
        ("2", 4, "2.000"),
        ("0", 4, "0"),
        ("9.9996", 4, "10.00"),
        ("99999", 4, "100000"),
        ("0.00012345", 2, "0.00012"),
        ("2.5", 1, "2"),
        ("3.5", 1, "4"),
        ("-9.9996", 4, "-10.00"),
        ("1e30", 2, "1" + "0" * 30),
    ],
)
def test_significant_figures_are_rounded_half_even_in_plain_notation(value: str, digits: int, printed: str) -> None:
    assert significant(Decimal(value), digits) == printed


@given(numbers, st.integers(1, 12))
def test_rounding_moves_a_number_by_half_its_last_figure_at_most(number: Decimal, digits: int) -> None:
    rounded = Decimal(significant(number, digits))
    assert abs(rounded - number) * 2 <= Decimal(10) ** (number.adjusted() - digits + 1)
    assert Decimal(plain(number)) == pytest.approx(number, rel=Decimal("1e-11"))
    assert "E" not in plain(number)


def test_a_dispensed_number_is_as_stated_and_padded() -> None:
    assert [stated(Decimal(text)) for text in ("0.75", "0.10425", "1", "0", "0.123456789")] == [
        "0.7500",
        "0.10425",
        "1.000",
        "0",
        "0.123457",
    ]


@given(numbers, st.sampled_from(("0.0001", "0.1", "0.01", "1", "5")))
def test_an_instrument_gives_the_nearest_multiple_of_its_step(number: Decimal, step: str) -> None:
    rounded = round_to_step(number, Decimal(step))
    assert abs(rounded - number) * 2 <= Decimal(step)
    assert rounded % Decimal(step) == 0


def test_a_duration_beyond_all_days_is_still_shown() -> None:
    assert show(parse_quantity("1e29 h")) == f"1{'0' * 29} h"


def test_a_quantity_is_shown_in_the_unit_that_suits_its_size() -> None:
    shown = {
        text: show(parse_quantity(text))
        for text in ("0.75 g", "50 mg", "0.01 mg", "8 mL", "0.1 mL", "2 h", "10 min", "45 s", "3 d", "12 nm")
    }
    assert list(shown.values()) == ["0.75 g", "50 mg", "10 µg", "8 mL", "100 µL", "2 h", "10 min", "45 s", "72 h", "12 nm"]
    assert show(parse_quantity("0.75 g"), 4) == "0.7500 g"
    assert show(parse_quantity("2 mg*mg")) == "2 mg*mg"


def test_values_are_bounded_to_what_forty_digits_can_hold() -> None:
    for value, ok in (("1e36", True), ("1e37", False), ("1e-100", True), ("1e-101", False), ("0", True)):
        if ok:
            assert bounded(Decimal(value), RATIO).value == Decimal(value)
        else:
            with pytest.raises(Doubt, match="out of range"):
                bounded(Decimal(value), RATIO)
    for value, step in product(("1e35", "1e-30"), ("0.0001", "1")):
        assert round_to_step(Decimal(value), Decimal(step)) in {Decimal(value), Decimal(0)}
    assert ARITHMETIC.prec == 40
