"""Values as typed: quantity, remark, source tag and locator; ranges, vessels and tables; and every doubt at its line and column."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peqdlab.findings import Doubt
from peqdlab.language import Key
from peqdlab.preparation import Citation
from peqdlab.source import parse_source
from peqdlab.units import KINDS, parse_quantity
from peqdlab.values import ValueReader as Reader
from peqdlab.values import parse_vessel

ZENG = Citation("zeng2018", "Q. Zeng et al.", None, "published")
PATH = ("a",)


def reader_of(toml: str = "a = 1\n") -> Reader:
    return Reader(parse_source(toml, "my.toml"), "zeng2018", {"zeng2018": ZENG})


def finding_of(reader: Reader) -> tuple[str, str, str]:
    (finding,) = reader.findings
    return finding.code, finding.message, finding.remedy


# quantities ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "text", "source", "locator", "remark"),
    [
        ("0.75 g", "0.75 g", "zeng2018", "", ""),
        ("5 mL, dried", "5 mL, dried", "zeng2018", "", "dried"),
        ("5 mL, 99 %", "5 mL, 99 %", "zeng2018", "", "99 %"),
        ("5 mL,99 %", "5 mL,99 %", "zeng2018", "", "99 %"),
        ("30 mg, hydrate, not stated", "30 mg, hydrate, not stated", "zeng2018", "", "hydrate, not stated"),
        ("10 s [unverified]", "10 s", "unverified", "", ""),
        ("10 s [zeng2018 p. 3, Fig. 2]", "10 s", "zeng2018", "p. 3, Fig. 2", ""),
        ("5 mL, dried [computed]", "5 mL, dried", "computed", "", "dried"),
        ("  5 mL  [computed]  ", "5 mL", "computed", "", ""),
    ],
)
def test_a_value_is_split_into_quantity_remark_and_source(typed: str, text: str, source: str, locator: str, remark: str) -> None:
    reader = reader_of()
    value = reader.value(typed, PATH, ("mass", "volume", "duration"))
    assert reader.findings == []
    assert value is not None
    assert (value.text, value.source, value.locator, value.remark) == (text, source, locator, remark)
    assert value.quantity == parse_quantity(text.partition(",")[0])
    assert reader.tags == ([(PATH, source)] if "[" in typed else [])


@pytest.mark.parametrize(
    ("typed", "code", "message", "remedy"),
    [
        ("0,75 g", "Q103", "'0,75 g' has a decimal comma", "write the decimal point as ."),
        ("5", "Q105", "5 has no unit", "write the unit after the number, as in 0.75 g or 8 mL"),
        (5, "Q105", "5 is a bare number", 'write the unit, as in "0.5 g"'),
        (Decimal("0.50"), "Q105", "0.5 is a bare number", 'write the unit, as in "0.5 g"'),
        (10**200, "Q105", f"1{'0' * 39} is a bare number", 'write the unit, as in "0.5 g"'),
        (Decimal("inf"), "Q102", "Infinity is a bare number", 'write the unit, as in "0.5 g"'),
        (Decimal("nan"), "Q102", "NaN is a bare number", 'write the unit, as in "0.5 g"'),
        (True, "L103", "found true or false, a mass or an amount is wanted", 'write "0.5 g"'),
        ([], "L103", "found a list, a mass or an amount is wanted", 'write "0.5 g"'),
        ({}, "L103", "found a table, a mass or an amount is wanted", 'write "0.5 g"'),
        (dt.date(2026, 3, 7), "L103", "found a date or time, a mass or an amount is wanted", 'write "0.5 g"'),
        ("5 mL", "Q106", "5 mL is a volume, needed a mass or an amount", "write a mass, as in 0.5 g"),
        ("-5 g", "Q107", "-5 g is below zero", "write a mass of zero or more"),
        ("-5 mmol", "Q107", "-5 mmol is below zero", "write an amount of zero or more"),
        ("5 g [onw]", "L107", "source 'onw' is not defined in [sources]", "one of: computed, unverified, zeng2018"),
        ("= 3 * n.Pb * y", "X105", "'y' is no name here", "one of: mass.product, n.Pb, scale, volume"),
        ("= room.T", "X105", "'room.T' is no name here", "one of: mass.product, n.Pb, scale, volume"),
        (
            "=",
            "X101",
            "'' is not an expression: 'the end' cannot stand there",
            "use numbers with units, names such as n.Pb or mass.product, + - * / ( ) and <= >= < >",
        ),
    ],
)
def test_a_value_that_cannot_be_read_is_doubted(typed: Any, code: str, message: str, remedy: str) -> None:
    reader = reader_of()
    value = reader.value(typed, PATH, ("mass", "amount"))
    assert finding_of(reader) == (code, message, remedy)
    assert (value is None) == (code not in {"L107", "X105"})


def test_zero_and_a_cold_bath_are_not_below_zero() -> None:
    reader = reader_of()
    for typed, kind in (("0 mL", "volume"), ("-0 g", "mass"), ("-20 °C", "temperature")):
        assert reader.value(typed, PATH, (kind,)) is not None
    assert reader.findings == []


def test_an_expression_keeps_its_tree_and_its_source() -> None:
    reader = reader_of()
    value = reader.value("= mass.product / (50 mg/mL) * x [computed]", PATH, ("volume",), ("x",))
    assert reader.findings == []
    assert value is not None
    assert value.expression is not None
    assert (value.text, value.source, value.quantity) == ("= mass.product / (50 mg/mL) * x", "computed", None)


# sources ------------------------------------------------------------------------------------------------------------------------


def test_every_tag_of_a_sentence_is_found_once() -> None:
    reader = reader_of()
    assert reader.tags_in("about 3 [zeng2018 3.1]; up to 5 [computed], again [zeng2018]; [1, 2] is no tag", PATH) == (
        "zeng2018",
        "computed",
    )
    assert reader.findings == []


def test_a_source_that_could_not_be_read_is_not_unknown_too() -> None:
    reader = reader_of("[sources]\nbroken = 1\n")
    reader.known_tag("broken", PATH)
    assert reader.findings == []


@pytest.mark.parametrize(
    "text",
    [
        " " * 200000,
        "[a" + " " * 200000,
        "[a " * 60000,
        "[" * 200000,
        "[" + "a" * 200000,
        "[a]" * 60000 + "x",
        "5 g" + " " * 200000 + "[unverified] x",
    ],
)
def test_a_long_text_takes_no_more_than_linear_time(text: str) -> None:
    reader = reader_of()
    start = time.perf_counter()
    reader.split_tag(text, PATH)
    reader.tags_in(text, PATH)
    assert time.perf_counter() - start < 0.5


@given(st.text(max_size=40) | st.text("[]unverified 12.-,gmL=n()", max_size=40))
def test_any_text_is_a_value_or_a_finding(text: str) -> None:
    reader = reader_of()
    assert (reader.value(text, PATH, ()) is not None) or reader.findings
    for finding in reader.findings:
        assert finding.remedy
        assert finding.message.isprintable()


# texts and tables ---------------------------------------------------------------------------------------------------------------


def test_a_text_is_one_of_the_choices() -> None:
    key = Key("take", "text", "part", choices=("pellet", "supernatant"))
    reader = reader_of()
    value = reader.text({"take": "pellet [computed]"}, PATH, key)
    assert value is not None
    assert (value.text, value.source, value.path) == ("pellet", "computed", ("a", "take"))
    assert reader.text({}, PATH, key) is None
    assert reader.findings == []
    assert reader.text({"take": "palet"}, PATH, key) is None
    assert finding_of(reader) == ("L104", "take is 'palet'", "did you mean pellet?")


@pytest.mark.parametrize(
    ("raw", "called"), [(1, "a number"), (["a"], "a list"), ({}, "a table"), (False, "true or false"), (Decimal(1), "a number")]
)
def test_another_kind_of_value_is_named_where_a_text_is_wanted(raw: Any, called: str) -> None:
    reader = reader_of()
    assert reader.text({"why": raw}, PATH, Key("why", "text", "reason")) is None
    assert finding_of(reader) == ("L103", f"why is {called}, a text is wanted", 'write why = "…"')


@pytest.mark.parametrize(("raw", "called"), [("room T", "a text"), (["a", 1], "a list"), ({}, "a table"), (1, "a number")])
def test_a_list_of_texts_holds_texts_only(raw: Any, called: str) -> None:
    reader = reader_of()
    assert reader.texts({"ask": ["room T", "room RH"]}, PATH, "ask") == ("room T", "room RH")
    assert reader.texts({"ask": raw}, PATH, "ask") == ()
    assert finding_of(reader) == ("L103", f"ask is {called}, a list of texts is wanted", 'write ask = ["…", "…"]')


def test_a_table_is_checked_against_the_language() -> None:
    keys = {"is": Key("is", "quantity", "the value", required=True), "why": Key("why", "text", "the reason")}
    reader = reader_of('[a]\nwhi = "x"\n')
    assert reader.table({"whi": "x"}, PATH, keys, "parameter a") == {"whi": "x"}
    assert [(found.code, str(found.where), found.message, found.remedy) for found in reader.findings] == [
        ("L101", "my.toml:2:1", "parameter a has no key 'whi'", "did you mean why?"),
        ("L102", "my.toml:1:1", "parameter a has no is: the value", "add is = …"),
    ]
    other = reader_of()
    assert other.table([], PATH, keys, "parameter a") is None
    assert finding_of(other) == ("L103", "parameter a is a list, a table is wanted", "write parameter a as a table: { … }")


def test_a_table_of_tables_is_asked_for_by_its_header() -> None:
    for path, header in (((), "[set]"), (("tiny",), "[tiny.set]")):
        reader = reader_of()
        assert reader.tables({"set": 1}, path, "set") == {}
        assert finding_of(reader) == ("L103", "set is a number, a table is wanted", f"write {header}")


def test_what_was_typed_cannot_break_the_line_or_reach_the_terminal() -> None:
    reader = reader_of()
    reader.report(PATH, "L101", "has no key \x1b[31m\nred" + "x" * 1000, "one of: a\tb")
    code, message, remedy = finding_of(reader)
    assert message.startswith("has no key \\u001B[31m\\u000Aredxxx")
    assert message.endswith("x…")
    assert len(message) < 450
    assert (code, remedy) == ("L101", "one of: a\\u0009b")


# ranges and vessels -------------------------------------------------------------------------------------------------------------


def test_a_range_has_two_ends_and_one_source() -> None:
    reader = reader_of()
    low, high = reader.range("140 °C to 200 °C [unverified]", PATH)
    assert reader.findings == []
    assert low is not None
    assert high is not None
    assert (low.quantity, high.quantity) == (parse_quantity("140 °C"), parse_quantity("200 °C"))
    assert (low.source, high.source, low.text, high.text) == ("unverified", "unverified", "140 °C", "200 °C")


@pytest.mark.parametrize(
    ("typed", "code", "message"),
    [
        ("140-200 °C", "L112", "range '140-200 °C' has no ' to '"),
        ("140 °C to", "L112", "range '140 °C to' has no ' to '"),
        ("140 to 200 °C", "Q105", "140 has no unit"),
        ("140 °C to 200 °C to 300 °C", "Q104", "'°C to 300 °C' is not a unit known here"),
        (140, "Q105", "140 is a bare number"),
        ([], "L103", "found a list, a quantity is wanted"),
    ],
)
def test_a_range_that_cannot_be_read_is_doubted(typed: Any, code: str, message: str) -> None:
    reader = reader_of()
    assert reader.range(typed, PATH) == (None, None)
    assert finding_of(reader)[:2] == (code, message)


@pytest.mark.parametrize(
    ("text", "capacity", "kind"),
    [
        ("250 mL flask", "250", "flask"),
        ("0.25 L three-neck flask", "250", "three-neck flask"),
        ("50mL tubes", "50", "tubes"),
        ("500 µL vial", "0.5", "vial"),
    ],
)
def test_a_vessel_has_a_capacity_and_a_kind(text: str, capacity: str, kind: str) -> None:
    assert parse_vessel(text) == (Decimal(capacity), kind)


@pytest.mark.parametrize(
    "text", ["", "flask", "250 mL", "250 flask", "250 g flask", "0 mL flask", "-5 mL flask", "2,5 L flask", "1e400 mL flask", "mL 5 flask"]
)
def test_a_vessel_without_capacity_or_kind_is_doubted(text: str) -> None:
    with pytest.raises(Doubt) as caught:
        parse_vessel(text)
    assert (caught.value.code, caught.value.message) == ("L114", f"vessel {text!r} has no capacity and kind")
    assert caught.value.remedy == 'write vessel = "250 mL flask", "50 mL tubes" or "substrates"'


@given(
    st.decimals(1, 10000, places=2),
    st.sampled_from(("mL", "L", "µL")),
    st.from_regex(r"[a-z]{1,8}( [a-z]{1,8})?", fullmatch=True),
)
def test_the_capacity_of_a_vessel_is_a_volume(number: Decimal, unit: str, kind: str) -> None:
    quantity = parse_quantity(f"{number} {unit}")
    assert quantity.dimension == KINDS["volume"]
    assert parse_vessel(f"{number} {unit} {kind}") == (quantity.value, kind)


def test_the_source_of_a_labs_own_value_is_said_how_to_define(peqdlab, edited):
    path = Path(edited(('"0.75 g"', '"0.80 g [own]"')))
    (finding,) = peqdlab("check", str(path), "--json").json["findings"]
    row = finding["remedy"].removeprefix("add ").removesuffix(" to [sources]")
    path.write_text(path.read_text(encoding="utf-8").replace("[sources]\n", f"[sources]\n{row}\n", 1), encoding="utf-8")
    assert finding["code"] == "L107"
    assert peqdlab("check", str(path)).code == 0
