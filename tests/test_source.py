"""Facts about reading TOML: the values, the place of each key and value, and what is said where reading stops."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import random
import re
import tempfile
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from peqdlab.errors import EXIT_USAGE, SourceError
from peqdlab.findings import Finding, Place
from peqdlab.source import MAX_BYTES, MAX_DEPTH, MAX_DIGITS, KeyPath, Source, format_key, parse_source, read_source

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE = """\
# A small protocol with one of everything.
format = 1
[sources]
paper = "A paper, doi:10.1000/1"          # with a comment = and a [bracket]

[dots]
title = 'CsPbI3 "dots"'
made = 2026-03-07
shell = ["OA-", "OAm+"]
note = \"\"\"
two lines,
one "quote" \"\"\"
[dots.set]
T_inject = { is = "180 °C", range = "140 °C to 200 °C" }
[dots.make.crude]
vessel.name = "flask"
vessel.volume = 50.5
steps = [
  { add = { PbI2 = "1 g", "Pb(OAc)2" = "30 mg" }, hold = true },  # first
  { wait = "10 s" },
]
[[dots.check]]
want = "Pb/Cs >= 1.5"
[[dots.check]]
want = 'room.RH <= 30 %'
[dots.check.fix]
key = 0x1F
"""


def spot(text: str, needle: str) -> tuple[int, int]:
    """Return the line and column, from 1, of the only place where the needle stands in the text."""
    assert text.count(needle) == 1, f"{needle!r} stands {text.count(needle)} times"
    return coordinates(text, text.index(needle))


def coordinates(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset].split("\n")
    return len(before), len(before[-1]) + 1


def value_at(text: str, *path: str | int) -> tuple[int | None, int | None]:
    place = parse_source(text, "my.toml").place(path)
    return place.line, place.column


def key_at(text: str, *path: str | int) -> tuple[int | None, int | None]:
    place = parse_source(text, "my.toml").key_place(path)
    return place.line, place.column


def stop(text: str) -> Finding:
    """Return the one finding with which the text is refused."""
    with pytest.raises(SourceError) as caught:
        parse_source(text, "my.toml")
    (finding,) = caught.value.findings
    assert caught.value.exit_code == EXIT_USAGE
    return finding


def stop_file(path: Path, name: str = "my.toml") -> Finding:
    with pytest.raises(SourceError) as caught:
        read_source(path, name)
    (finding,) = caught.value.findings
    return finding


def refused(code: str, where: tuple[str, int | None, int | None], *, message: str, remedy: str) -> Finding:
    key, line, column = where
    return Finding("error", code, Place(key, "my.toml", line, column), message, remedy)


# --- Values and places, one syntax form after the other.


def test_values_are_those_of_tomllib_with_floats_as_decimals() -> None:
    source = parse_source("a = 0.10\nb = [1, 2.50]\nc.d = true", "my.toml")
    assert source.data == {"a": Decimal("0.10"), "b": [1, Decimal("2.50")], "c": {"d": True}}
    assert str(source.data["b"][1]) == "2.50"


def test_a_place_names_the_key_the_file_line_and_column() -> None:
    source = parse_source('[dots]\nsteps = [\n  { add = "1 g" },\n]', "lab/my.toml")
    assert source.place(("dots", "steps", 0, "add")) == Place("dots.steps[0].add", "lab/my.toml", 3, 11)
    assert str(source.key_place(("dots", "steps", 0, "add"))) == "lab/my.toml:3:5"


def test_places_are_sought_on_the_first_request_only() -> None:
    source = parse_source("a = 1", "my.toml")
    assert set(vars(source)) == {"name", "text", "data"}
    source.place(("a",))
    assert set(vars(source)) > {"name", "text", "data"}


@pytest.mark.parametrize(
    ("text", "path", "key", "value"),
    [
        ("a = 17", "a", "a", "17"),
        ("\n\n  a\t=\t17 # 99", "a", "a", "17"),
        ("# x = 1\nx2 = 2", "x2", "x2", "2\n"),
        ('"Pb(OAc)2" = "30 mg"', "Pb(OAc)2", '"Pb', '"30'),
        ("'Pb(OAc)2' = '30 mg'", "Pb(OAc)2", "'Pb", "'30"),
        (r'"\u00B0 \"q\"" = 1', '° "q"', r'"\u', "1"),
        ('"" = 7', "", '""', "7"),
        ("1979 = 5", "1979", "1979", "5"),
        ("a = '''x''y'''''\nb = 5", "b", "b", "5"),
        ('a = """x""y"""""\nb = 5', "b", "b", "5"),
        ('a = """x\\"""y""""\nb = 5', "b", "b", "5"),
        ('a = """"""\nb = 5', "b", "b", "5"),
        ('a = """\\\n   # no comment = 1\n[no.entry]"""\nd = 5', "d", "d", "5"),
        ("a = ''''q'''\nb = 5", "b", "b", "5"),
        ('a = "\\\\"\nb = 5', "b", "b", "5"),
        ("a = 'C:\\'\nb = 5", "b", "b", "5"),
        ('a = "# [ { \' ="\nb = 5', "b", "b", "5"),
        ("a = 1979-05-27 07:32:00.5+01:30 # d\nb = 5 ", "b", "b", "5 "),
        ("a = 1979-05-27T07:32:00Z\nb = 6", "b", "b", "6"),
        ("a = 07:32:00\nb = 5", "b", "b =", "5"),
        ("a = [-inf, +nan, 0x_f]\nb = 5".replace("_", ""), "b", "b", "5"),
    ],
)
def test_key_and_value_stand_where_they_are_written(text: str, path: str, key: str, value: str) -> None:
    assert key_at(text + "\n", path) == spot(text + "\n", key)
    assert value_at(text + "\n", path) == spot(text + "\n", value)


def test_parts_of_a_dotted_key_stand_each_for_itself() -> None:
    text = "aa . 'b b'\t.cc = 17\naa.dd = 18\n"
    assert key_at(text, "aa") == value_at(text, "aa") == (1, 1)
    assert key_at(text, "aa", "b b") == value_at(text, "aa", "b b") == spot(text, "'b b'")
    assert key_at(text, "aa", "b b", "cc") == spot(text, "cc")
    assert value_at(text, "aa", "b b", "cc") == spot(text, "17")
    assert key_at(text, "aa", "dd") == spot(text, "dd")


def test_a_table_stands_at_its_header_and_its_key_inside_it() -> None:
    text = 'x = 1\n  [ aa . "b b" ] # [c]\nd = 7\n'
    assert value_at(text, "aa", "b b") == value_at(text, "aa") == spot(text, "[ aa")
    assert key_at(text, "aa", "b b") == spot(text, '"b b"')
    assert key_at(text, "aa") == spot(text, "aa")
    assert value_at(text, "aa", "b b", "d") == spot(text, "7")


def test_a_table_with_a_header_of_its_own_stands_there_even_if_named_before() -> None:
    text = "[aa.bb]\nx = 1\n[aa]\ny = 2\n[aa.cc]\n"
    assert value_at(text, "aa") == spot(text, "[aa]")
    assert key_at(text, "aa") == spot(text, "aa]")
    assert value_at(text, "aa", "y") == spot(text, "2")


def test_tables_of_an_array_stand_each_at_its_own_header() -> None:
    text = "[[a.b]]\nx = 11\n[a.b.c]\ny = 12\n[[ a.b ]]\nx = 21\n[[a.b.d]]\nz=22\n[[a . b.d]]\nz=23\n[a.e]\n"
    assert value_at(text, "a", "b") == value_at(text, "a", "b", 0) == (1, 1)
    assert key_at(text, "a", "b") == key_at(text, "a", "b", 0) == (1, 5)
    assert value_at(text, "a", "b", 0, "x") == spot(text, "11")
    assert value_at(text, "a", "b", 0, "c", "y") == spot(text, "12")
    assert value_at(text, "a", "b", 1) == spot(text, "[[ a.b ]]")
    assert value_at(text, "a", "b", 1, "x") == spot(text, "21")
    assert value_at(text, "a", "b", 1, "d", 0, "z") == spot(text, "22")
    assert value_at(text, "a", "b", 1, "d", 1, "z") == spot(text, "23")
    assert value_at(text, "a", "e") == spot(text, "[a.e]")


def test_items_of_a_list_stand_each_for_itself() -> None:
    text = 'a = [ # one\n  11, [21, [],\n 22\n] ,# ] two\n\n  """x\n]""", {b = 31}, \'y\' ,\n]\nc = 41\n'
    assert value_at(text, "a") == spot(text, "[ #")
    assert value_at(text, "a", 0) == spot(text, "11")
    assert value_at(text, "a", 1) == spot(text, "[21")
    assert value_at(text, "a", 1, 1) == spot(text, "[]")
    assert value_at(text, "a", 1, 2) == spot(text, "22")
    assert value_at(text, "a", 2) == key_at(text, "a", 2) == spot(text, '"""x')
    assert value_at(text, "a", 3, "b") == spot(text, "31")
    assert value_at(text, "a", 4) == spot(text, "'y'")
    assert value_at(text, "c") == spot(text, "41")


def test_entries_of_a_table_in_braces_stand_each_for_itself() -> None:
    text = "a = { b = 1, \"c d\" . e={},f = [\n 31, # {\n { g = 41 } ], h.i = '}' }\nj = 51\n"
    assert value_at(text, "a") == spot(text, "{ b")
    assert key_at(text, "a", "c d", "e") == spot(text, "e={")
    assert value_at(text, "a", "c d", "e") == spot(text, "{},")
    assert value_at(text, "a", "f", 0) == spot(text, "31")
    assert value_at(text, "a", "f", 1, "g") == spot(text, "41")
    assert value_at(text, "a", "h", "i") == spot(text, "'}'")
    assert value_at(text, "j") == spot(text, "51")


def test_lines_and_columns_are_the_same_with_both_line_ends() -> None:
    windows = TEMPLATE.replace("\n", "\r\n")
    one, two = parse_source(TEMPLATE, "my.toml"), parse_source(windows, "my.toml")
    assert two.text == windows
    assert one.data == two.data
    for path in all_paths(one.data):
        assert one.place(path) == two.place(path)
        assert one.key_place(path) == two.key_place(path)


def test_columns_count_characters() -> None:
    assert value_at('a = { "µ°😀" = 1, b = 2 }', "a", "b") == (1, 22)


def test_an_absent_path_stands_at_its_nearest_ancestor() -> None:
    source = parse_source("\n[a]\nb = [1, 2]", "my.toml")
    assert source.place(("a", "c", "d")) == Place("a.c.d", "my.toml", 2, 1)
    assert source.key_place(("a", "b", 7, "x")) == Place("a.b[7].x", "my.toml", 3, 1)
    assert source.place(("z",)) == Place("z", "my.toml", 1, 1)
    assert source.place(()) == Place("", "my.toml", 1, 1)


def test_an_empty_text_is_an_empty_table() -> None:
    assert parse_source("", "my.toml").data == {}


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "bom.toml").write_bytes(b"\xef\xbb\xbfa = 1")
    source = read_source(tmp_path / "bom.toml")
    assert (source.name, source.text, source.data) == (str(tmp_path / "bom.toml"), "a = 1", {"a": 1})
    assert source.place(("a",)).column == value_at("\ufeffa = 1", "a")[1] == 5


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ((), ""),
        (("a", "b-1", "c_2"), "a.b-1.c_2"),
        (
            ("binary-cspbi3", "make", "crude", "steps", 5, "inject", "cs_oleate"),
            "binary-cspbi3.make.crude.steps[5].inject.cs_oleate",
        ),
        (("a", "Pb(OAc)2", 0, 1), 'a."Pb(OAc)2"[0][1]'),
        (("", "b.c", "é", "a\n"), '""."b.c"."é"."a\\u000A"'),
        (('say "\\"', "\x1b[31m", "\u202e", "\U000e0001"), r'"say \"\\\""."\u001B[31m"."\u202E"."\U000E0001"'),
    ],
)
def test_a_key_path_is_written_as_one_would_type_it(path: KeyPath, typed: str) -> None:
    assert format_key(path) == typed


@given(st.lists(st.text(), min_size=1, max_size=6))
def test_a_written_key_path_is_read_back_as_the_same_path(parts: list[str]) -> None:
    data: Any = tomllib.loads(f"{format_key(tuple(parts))} = 1")
    for part in parts:
        data = data[part]
    assert data == 1


# --- T001: not TOML.

VALUE = "wanted text in quotes, a number, true or false"
COMMA = "wanted a comma or the closing bracket"
NAME = "stands where a key belongs; wanted a name"
END_LINE = "wanted the end of the line"
QUOTES = "wanted its end quotes"
SLASH = r"wanted such as \\, \n or \u00B0"
SEEN = "stands bare in the file; wanted characters that can be seen"
PAIR = 'write key = "value"; quote a key with blanks or signs: "Pb(OAc)2" = "30 mg"'
BRACES = "keep { } on one line, with no comma before the }"
ADD_LINE = "start a new line before it"
ADD_COMMA = "put a comma before it"
DAY = "correct the date"
CLOSE = "close the quotes"
TYPE = r"type \\ for a \."
OPEN = "is not closed yet"
NO_EQUALS = "the key is followed by"


@pytest.mark.parametrize(
    ("text", "where", "message", "remedy"),
    [
        ("[t]\nv = 2 mL jar # x", ("t.v", 2, 7), f"t.v is followed by 'mL'; {END_LINE}", 'write v = "2 mL jar"'),
        ("a = 0,512 g", ("a", 1, 6), f"a is followed by ','; {END_LINE}", 'write a = "0,512 g"'),
        ("a = 1 b = 2", ("a", 1, 7), f"a is followed by 'b'; {END_LINE}", ADD_LINE),
        ("a = 1\rb = 2", ("a", 1, 6), rf"a is followed by '\u000D'; {END_LINE}", ADD_LINE),
        ("a = 1 \r\r\nb = 2", ("a", 1, 7), rf"a is followed by '\u000D'; {END_LINE}", ADD_LINE),
        ("[a] b", ("a", 1, 5), f"a is followed by 'b'; {END_LINE}", ADD_LINE),
        ("a = flask", ("a", 1, 5), f"a has 'flask' for a value; {VALUE}", 'write a = "flask"'),
        ("a = “flask”", ("a", 1, 5), f"a has '“flask”' for a value; {VALUE}", 'write a = "flask"'),
        ('"° C" == T_in', ('"° C"', 1, 8), f"\"° C\" has '=' for a value; {VALUE}", 'write "° C" = "= T_in"'),
        ("a = TRUE", ("a", 1, 5), f"a has 'TRUE' for a value; {VALUE}", "write a = true"),
        ("a = .5", ("a", 1, 5), f"a has '.5' for a value; {VALUE}", "type one"),
        ("a =\nb = 1", ("a", 1, 4), f"a has the end of the line for a value; {VALUE}", "type one"),
        ("a =", ("a", 1, 4), f"a has the end of the file for a value; {VALUE}", "type one"),
        ("a = [1, b c]", ("a[1]", 1, 9), f"a[1] has 'b' for a value; {VALUE}", 'write "b c"'),
        (
            "a = [\n  1,\n  b c,\n]",
            ("a[1]", 3, 3),
            f"a[1] has 'b' for a value; {VALUE}; the bracket opened in line 1 {OPEN}",
            'write "b c"',
        ),
        (
            "[x]\na = [1, 2\n[y]\nb = 1",
            ("x.a[1]", 3, 1),
            f"x.a[1] is followed by '['; {COMMA}; the bracket opened in line 2 {OPEN}",
            ADD_COMMA,
        ),
        (
            "x = 1\na = [ { b = 1 },\n # c",
            ("a[1]", 2, 5),
            f"a[1] has the end of the file for a value; {VALUE}; the bracket opened in line 2 {OPEN}",
            "type one",
        ),
        (
            "a = [1, # c\n '" + "''b\n",
            ("a[1]", 2, 2),
            f"a[1] has text up to the end of the file; {QUOTES}; the bracket opened in line 1 {OPEN}",
            CLOSE,
        ),
        ("a = [1", ("a[0]", 1, 5), f"a[0] is followed by the end of the file; {COMMA}", ADD_COMMA),
        ("a = [1 2]", ("a[0]", 1, 8), f"a[0] is followed by '2'; {COMMA}", ADD_COMMA),
        ("a = { b = 1 c = 2 }", ("a.b", 1, 13), f"a.b is followed by 'c'; {COMMA}", ADD_COMMA),
        ("a = { b = 1 g }", ("a.b", 1, 13), f"a.b is followed by 'g'; {COMMA}", 'write b = "1 g"'),
        ("a = { b = 1\n}", ("a.b", 1, 12), f"a.b is followed by the end of the line; {COMMA}", BRACES),
        ("a = { b = 1, }", ("a", 1, 14), f"'}}' {NAME}", BRACES),
        ("a = {\n}", ("a", 1, 6), f"the end of the line {NAME}", BRACES),
        ("a = {", ("a", 1, 5), f"the end of the file {NAME}", BRACES),
        ('Pb(OAc)2 = "1 g"', ("", 1, 3), f"{NO_EQUALS} '(OAc)2'; wanted =", 'write "Pb(OAc)2" ='),
        ("[x]\ny = { a = 1, b c = 2 }", ("x.y", 2, 16), f"{NO_EQUALS} 'c'; wanted =", 'write "b c" ='),
        ("vessel", ("", 1, 1), f"{NO_EQUALS} the end of the file; wanted =", PAIR),
        ("[x]\nµ = 3", ("x", 2, 1), f"'µ' {NAME}", 'write "µ" ='),
        ("= 3", ("", 1, 1), f"'=' {NAME}", PAIR),
        ("a.b. = 3", ("", 1, 6), f"'=' {NAME}", PAIR),
        ("[b c]", ("b", 1, 4), "b is followed by 'c'; wanted ] or ]] after a name", 'close it: ["CsPbI3 dots"]'),
        ('a = "b\nc = 1', ("a", 1, 7), f"a has text up to the end of the line; {QUOTES}", CLOSE),
        ("a = 'b\nc = '", ("a", 1, 7), f"a has text up to the end of the line; {QUOTES}", CLOSE),
        ("x = 1\na = 'b", ("a", 2, 5), f"a has text up to the end of the file; {QUOTES}", CLOSE),
        ('a = """b\n\n', ("a", 1, 5), f"a has text up to the end of the file; {QUOTES}", CLOSE),
        (r'a = "C:\dots"', ("a", 1, 8), rf"a has the backslash '\dots'; {SLASH}", TYPE),
        (r'a = "\u12"', ("a", 1, 6), rf"a has the backslash '\u12'; {SLASH}", TYPE),
        (r'a = "\uD800"', ("a", 1, 6), rf"a has the backslash '\uD800'; {SLASH}", TYPE),
        ('a = "x\x1b[31m"', ("a", 1, 7), rf"'\u001B' {SEEN}", "delete it"),
        ("x = 1 # \x07", ("", 1, 9), rf"'\u0007' {SEEN}", "delete it"),
        ("d = 2026-02-30", ("d", 1, 5), "d is no day or time of the calendar; wanted one such as 2026-03-07", DAY),
    ],
)
def test_text_that_is_not_toml_stops_with_a_place_and_a_remedy(
    text: str, where: tuple[str, int, int], message: str, remedy: str
) -> None:
    assert stop(text) == refused("T001", where, message=message, remedy=remedy)
    windows = re.sub("(?<!\r)\n", "\r\n", text)
    assert stop(windows) == refused("T001", where, message=message, remedy=remedy)


@pytest.mark.parametrize("number", ["1e5000", "-1.5E+1_000", "1e99999999999999999999", "9" * 5000, "0x" + "F" * 1000])
def test_a_number_too_long_to_compute_with_stops_with_its_place(number: str) -> None:
    message = f"b[1] has '{number[:40]}' …; wanted at most {MAX_DIGITS} digits and an exponent below 1000"
    where = ("b[1]", 2, 9)
    found = stop(f"{'a' * MAX_DIGITS} = '{number}'\nb = [ 1,{number}]")
    assert found == refused("T001", where, message=message, remedy="write it shorter: 1.5e-3")


def test_long_names_and_texts_are_no_long_numbers() -> None:
    text = f"{'1' * 600}.x = '{'7' * 600}'\n# {'8' * 600} 1e9999\n1e5000.1e5001 = 1e-999\ny = '{'.' * 300}'"
    assert parse_source(text, "my.toml").data["1e5000"] == {"1e5001": Decimal("1e-999")}


# --- T002: not UTF-8.


@pytest.mark.parametrize(
    ("raw", "place", "message", "remedy"),
    [
        (
            'a = "µ"\r\nb = "µ 180 '.encode() + b"\xb0C",
            (2, 12),
            "byte 0xB0 (° in Windows-1252) is not UTF-8 text; wanted UTF-8",
            "save it as UTF-8, or type: iconv -f WINDOWS-1252 -t UTF-8 'my lab.toml' > utf8.toml",
        ),
        (
            b"\xef\xbb\xbfa = '\x81'",
            (1, 6),
            "byte 0x81 is not UTF-8 text; wanted UTF-8",
            "save it again as text in UTF-8",
        ),
        (b"a = 1\n\x00", (2, 1), "byte 0x00 is not UTF-8 text; wanted UTF-8", "save it again as text in UTF-8"),
        *(
            (
                raw,
                (1, column),
                "a file in UTF-16 is not UTF-8 text; wanted UTF-8",
                "save it as UTF-8, or type: iconv -f UTF-16 -t UTF-8 'my lab.toml' > utf8.toml",
            )
            for raw, column in [
                ("\ufeffa = 1".encode("utf-16-le"), 1),
                ("\ufeffa = 1".encode("utf-16-be"), 1),
                ("a = 1".encode("utf-16-le"), 2),
                ("a = 1".encode("utf-16-be"), 1),
            ]
        ),
    ],
)
def test_bytes_that_are_not_utf8_stop_at_the_first(
    tmp_path: Path, raw: bytes, place: tuple[int, int], message: str, remedy: str
) -> None:
    (tmp_path / "x").write_bytes(raw)
    found = stop_file(tmp_path / "x", "my lab.toml")
    assert found == Finding("error", "T002", Place("", "my lab.toml", *place), message, remedy)


def test_half_a_surrogate_pair_stops_as_not_utf8() -> None:
    found = stop("a = 1 # \ud800")
    assert (found.code, found.where) == ("T002", Place("", "my.toml", 1, 9))


# --- T003: too large.

SPLIT = "move variants to a file of their own"


def test_a_file_over_the_limit_stops_after_a_look_at_its_size(tmp_path: Path) -> None:
    with (tmp_path / "huge.toml").open("wb") as file:
        file.truncate(1 << 40)  # a terabyte with nothing in it: reading it would not end
    message = "my.toml holds 1,099,511,627,776 bytes; wanted at most 1,048,576 (1 MiB)"
    assert stop_file(tmp_path / "huge.toml") == refused("T003", ("", None, None), message=message, remedy=SPLIT)


def test_a_device_without_end_is_not_read() -> None:
    assert stop_file(Path("/dev/zero")).code == "T004"


def test_a_text_of_just_the_limit_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    text = "a = 1 #" + "x" * (MAX_BYTES - 7)
    (tmp_path / "x").write_text(text)
    assert read_source(tmp_path / "x").data == parse_source(text, "my.toml").data == {"a": 1}
    assert stop(text + "x").code == "T003"


# --- T004: missing, a folder, not readable.


def unread(message: str, remedy: str) -> Finding:
    return refused("T004", ("", None, None), message=f"{message}; wanted a TOML file", remedy=remedy)


def test_a_missing_file_stops_with_the_nearest_name(tmp_path: Path) -> None:
    start = "name a TOML file, or a protocol that peqdlab protocols lists"
    assert stop_file(tmp_path / "binry.toml") == unread("my.toml does not exist", start)
    (tmp_path / "binary.toml").touch()
    near = f"TOML files in {tmp_path}: did you mean binary.toml?"
    assert stop_file(tmp_path / "binry.toml") == unread("my.toml does not exist", near)
    missing = stop_file(tmp_path / "binary.toml" / "variant")
    assert missing == unread("my.toml does not exist", start)
    assert stop_file(tmp_path / "none" / "x.toml") == unread("my.toml does not exist", start)


def test_a_folder_stops_with_the_files_in_it(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").touch()
    near = f"TOML files in {tmp_path}: one of: binary.toml"
    assert stop_file(tmp_path) == unread("my.toml is a folder", near)


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Give up the rights of root, if the tests have them, so that closed files are closed."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_closed_file_stops_with_the_command_that_opens_it() -> None:
    stop("a")  # what is imported late is read before rights are given up
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "my lab.toml"
        path.touch()
        path.chmod(0)
        with as_nobody():
            found = stop_file(path, "my lab.toml")
    assert found.message == "my lab.toml is closed to this user; wanted a TOML file"
    assert found.remedy == "chmod u+r 'my lab.toml'"


def test_what_else_keeps_a_file_from_being_read_is_told(tmp_path: Path) -> None:
    loop = tmp_path / "loop.toml"
    loop.symlink_to(loop)
    reason = "Too many levels of symbolic links"
    assert stop_file(loop) == unread(f"my.toml cannot be read ({reason})", "ls -l my.toml")
    assert stop_file(Path("a\0b")).code == "T004"
    assert stop_file(tmp_path / ("x" * 300)).code == "T004"


# --- T005: a key given twice.

KEEP = "keep one, or rename one"


@pytest.mark.parametrize(
    ("text", "key", "first", "second"),
    [
        ("a = 1\nb = 2\na = [{ x = 3 }]", "a", (1, 1), (3, 1)),
        ("[t]\na.b = 1\n 'a' . \"b\" = 2", "t.a.b", (2, 3), (3, 8)),
        ("[a]\n[b]\n[ a ]\n", "a", (1, 2), (3, 3)),
        ("a = 1\n[a]", "a", (1, 1), (2, 2)),
        ("[a]\n[[a]]", "a", (1, 2), (2, 3)),
        ("[[a]]\n[a]", "a", (1, 3), (2, 2)),
        ("a = [1]\n[[a]]", "a", (1, 1), (2, 3)),
        ("[[a]]\n[[a]]\n[a.b]\n[a.b]", "a[1].b", (3, 4), (4, 4)),
        ("a.b = 1\n[a]", "a", (1, 1), (2, 2)),
        ("a = [{ b = 1 },\n { c = 1, d = { e = 1, e = [2] } }]", "a[1].d.e", (2, 17), (2, 24)),
        ("a = { b = { c = 1 }, b = { c = 1 } }", "a.b", (1, 7), (1, 22)),
        ("a = { b.c = 1, b = 2 }", "a.b", (1, 7), (1, 16)),
    ],
)
def test_a_key_given_twice_stops_with_both_places(
    text: str, key: str, first: tuple[int, int], second: tuple[int, int]
) -> None:
    message = f"{key} is given twice, first at my.toml:{first[0]}:{first[1]}; wanted once"
    assert stop(text) == refused("T005", (key, *second), message=message, remedy=KEEP)


@pytest.mark.parametrize(
    ("text", "key", "owner", "places"),
    [
        ("a = 1\na.b = 2", "a.b", "a", ((1, 1), (2, 3))),
        ("a = 1\n[a.b.c]", "a.b.c", "a", ((1, 1), (2, 6))),
        ("[a.b]\n[a]\nb.c = 1", "a.b.c", "a.b", ((1, 4), (3, 3))),
        ("a = { x = 1 }\n[a.c]", "a.c", "a", ((1, 1), (2, 4))),
        ("a = { b = { x = 1 }, b.c.d = 2 }", "a.b.c.d", "a.b", ((1, 7), (1, 26))),
    ],
)
def test_a_key_added_to_what_is_complete_stops_with_both_places(
    text: str, key: str, owner: str, places: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    (line, column), second = places
    message = f"{key} is added to {owner}, complete at my.toml:{line}:{column}; wanted all of it in one place"
    remedy = f"write {key.rpartition('.')[2]} there, or delete one of the two"
    assert stop(text) == refused("T005", (key, *second), message=message, remedy=remedy)


# --- T006: nested too deeply.


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("x = " + "[" * 5000, 5 + MAX_DEPTH),
        ("x = " + "[" * 120 + "]" * 120, 5 + MAX_DEPTH),
        ("x = " + "{x=" * 2000, 5 + 3 * MAX_DEPTH - 2),
        (".".join("x" * 200_000) + " = 1", 1 + 2 * MAX_DEPTH),
        (f"[{'.'.join('x' * 200_000)}]", 2 + 2 * MAX_DEPTH),
        (f"[{'.'.join('x' * 99)}]\nx.x = 1", 3),
        ("x = {" + ".".join("x" * 200_000), 6 + 2 * MAX_DEPTH),
    ],
)
def test_too_many_levels_stop_with_a_place(text: str, column: int) -> None:
    message = "x is nested more than 100 levels deep; wanted at most 100"
    where = ("x", text.count("\n") + 1, column)
    remedy = "close a bracket before here, or use fewer dots"
    assert stop(text) == refused("T006", where, message=message, remedy=remedy)


def test_as_many_levels_as_allowed_are_read_and_located() -> None:
    text = "x = " + "[" * (MAX_DEPTH - 1) + "7" + "]" * (MAX_DEPTH - 1)
    assert value_at(text, "x", *[0] * (MAX_DEPTH - 1)) == spot(text, "7")
    text = ".".join("x" * MAX_DEPTH) + " = 7"
    assert value_at(text, *"x" * MAX_DEPTH) == spot(text, "7")


# --- Any document: places against a writer that knows where it wrote.


class Writer:
    """Writes values as TOML in random style and remembers where each key and value stands."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.text = ""
        self.keys: dict[KeyPath, int] = {}
        self.starts: dict[KeyPath, int] = {}
        self.ends: dict[KeyPath, int] = {}

    def write(self, data: dict[str, Any]) -> None:
        self.table((), data, index=None)
        self.text += self.chance.choice(["", "#", " \t"])

    def often(self, share: float = 0.5) -> bool:
        return self.chance.random() < share

    def blank(self) -> None:
        self.text += self.chance.choice(["", "", " ", "\t", "  "])

    def end_line(self) -> None:
        self.blank()
        note = self.chance.choice(["# x = [1", "#", "# \"'", "#]}, µ"]) if self.often(0.3) else ""
        self.text += note + "\n" * self.chance.choice([1, 1, 2])

    def between(self) -> None:
        self.blank()
        if self.often(0.2):
            self.end_line()
            self.blank()

    def table(self, path: KeyPath, data: dict[str, Any], *, index: int | None) -> None:
        """Write a table at the top; ``index`` is its number if it is one of an array of tables."""
        below = {
            key: value
            for key, value in data.items()
            if self.often() and (isinstance(value, dict) or (value and is_list_of_tables(value)))
        }
        pairs = {key: value for key, value in data.items() if key not in below}
        is_named = bool(path) and (index is not None or bool(pairs) or not below or self.often())
        is_late = is_named and index is None and self.often(0.3)
        for turn in ("below", "own") if is_late else ("own", "below"):
            if turn == "own":
                self.own(path, pairs, index=index, is_named=is_named)
            else:
                self.below(path, below)

    def own(self, path: KeyPath, pairs: dict[str, Any], *, index: int | None, is_named: bool) -> None:
        if is_named:
            self.header(path, index=index)
        for key, value in pairs.items():
            for parts, inner in self.spread((key,), value):
                self.blank()
                self.pair(path, parts, inner)
                self.end_line()

    def below(self, path: KeyPath, tables: dict[str, Any]) -> None:
        for key, value in tables.items():
            if isinstance(value, dict):
                self.table((*path, key), value, index=None)
            else:
                for index, item in enumerate(value):
                    self.table((*path, key, index), item, index=index)

    def header(self, path: KeyPath, *, index: int | None) -> None:
        self.blank()
        start = len(self.text)
        self.text += "[" if index is None else "[["
        names = [count for count, part in enumerate(path) if isinstance(part, str)]
        for count in names:
            self.blank()
            place = len(self.text)
            self.text += self.key(str(path[count]))
            self.blank()
            self.text += "" if count == names[-1] else "."
            self.keys.setdefault(path[: count + 1], place)
            self.starts.setdefault(path[: count + 1], start)
        self.keys[path], self.starts[path] = place, start
        if index == 0:
            self.keys[path[:-1]], self.starts[path[:-1]] = place, start
        self.text += "]" if index is None else "]]"
        self.end_line()

    def spread(self, parts: tuple[str, ...], value: Any) -> list[tuple[tuple[str, ...], Any]]:
        """Return the value as it is, or as its parts under dotted keys."""
        if isinstance(value, dict) and value and self.often(0.4):
            return [pair for key, inner in value.items() for pair in self.spread((*parts, key), inner)]
        return [(parts, value)]

    def pair(self, path: KeyPath, parts: tuple[str, ...], value: Any) -> None:
        for count, part in enumerate(parts):
            if count:
                self.text += "."
                self.blank()
            path = (*path, part)
            self.keys.setdefault(path, len(self.text))
            if count < len(parts) - 1:
                self.starts.setdefault(path, len(self.text))
            self.text += self.key(part)
            self.blank()
        self.text += "="
        self.blank()
        self.value(path, value)

    def value(self, path: KeyPath, value: Any) -> None:
        self.starts[path] = len(self.text)
        if isinstance(value, dict):
            self.braces(path, value)
        elif isinstance(value, list):
            self.brackets(path, value)
        elif isinstance(value, str):
            self.text += self.chance.choice(quoted(value, self.chance))
        else:
            self.text += plain(value, self.chance)
        self.ends[path] = len(self.text)

    def braces(self, path: KeyPath, data: dict[str, Any]) -> None:
        self.text += "{"
        pairs = [pair for key, value in data.items() for pair in self.spread((key,), value)]
        for count, (parts, value) in enumerate(pairs):
            self.text += "," if count else ""
            self.blank()
            self.pair(path, parts, value)
            self.blank()
        self.text += "}"

    def brackets(self, path: KeyPath, data: list[Any]) -> None:
        self.text += "["
        for index, value in enumerate(data):
            self.between()
            self.keys[*path, index] = len(self.text)
            self.value((*path, index), value)
            self.between()
            self.text += "," if index < len(data) - 1 or self.often(0.3) else ""
        self.between()
        self.text += "]"

    def key(self, part: str) -> str:
        styles = [style for style in quoted(part, self.chance) if style[:3] not in {'"""', "'''"}]
        return self.chance.choice(styles + ([part] * 3 if re.fullmatch("[A-Za-z0-9_-]+", part) else []))


def is_list_of_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def escaped(text: str, keep: str) -> str:
    names = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\b": "\\b"}
    return "".join(
        char if char in keep or (char.isprintable() and char not in names) else names.get(char, f"\\U{ord(char):08x}")
        for char in text
    )


def quoted(text: str, chance: random.Random) -> list[str]:
    """Return the text in each way of quoting that can hold it."""
    styles = [f'"{escaped(text, "")}"']
    runs = escaped(text, '\n"').replace('"""', '""\\"')
    fold = "\\\n \t\n" if chance.random() < 0.3 and runs[:1] not in {"", " ", "\t", "\n"} else ""
    first = "\n" if not fold and (text.startswith("\n") or chance.random() < 0.3) else ""
    styles.append(f'"""{first}{fold}{runs}"""')
    is_plain = all(char in "\t\n" or char.isprintable() for char in text)
    if is_plain and "\n" not in text and "'" not in text:
        styles.append(f"'{text}'")
    if is_plain and "'''" not in text:
        styles.append(f"'''\n{text}'''")
    return styles


def plain(value: Any, chance: random.Random) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value >= 0:
        return chance.choice([f"{value}", f"+{value}", f"{value:_}", f"{value:#x}", f"{value:#o}", f"{value:#b}"])
    if isinstance(value, dt.datetime):
        return value.isoformat(chance.choice(["T", " "]))
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.text(st.sampled_from("a \t\n\"'\\#[]{}=,.°"), max_size=8),
)
KEYS = st.one_of(st.sampled_from(["a", "b", "c-1", "7", "1e5", "Pb(OAc)2", "", "x.y"]), TEXTS)
SCALARS = st.one_of(
    TEXTS,
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.sampled_from([Decimal("1.5"), Decimal("-0.25E+7"), Decimal("1E-9")]).map(lambda number: f"{number}"),
    st.datetimes(timezones=st.sampled_from([None, dt.UTC])),
    st.dates(),
    st.times(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(KEYS, inner, max_size=4),
        st.lists(st.dictionaries(KEYS, inner, max_size=3), max_size=3),
    ),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=5)


def all_paths(data: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    yield path
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from all_paths(value, (*path, key))


def dig(data: Any, path: KeyPath) -> Any:
    for part in path:
        data = data[part]
    return data


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS, st.integers(0, 2**32), st.sampled_from(["\n", "\r\n"]))
def test_every_key_and_value_of_any_document_stands_where_it_was_written(
    data: dict[str, Any], seed: int, newline: str
) -> None:
    writer = Writer(random.Random(seed))
    writer.write(data)
    text = writer.text
    source = parse_source(text.replace("\n", newline), "my.toml")
    assert source.data == data
    assert set(writer.keys) | {()} == set(all_paths(data))
    for path, offset in writer.keys.items():
        place = source.key_place(path)
        assert (place.key, place.line, place.column) == (format_key(path), *coordinates(text, offset)), path
    for path, offset in writer.starts.items():
        place = source.place(path)
        assert (place.key, place.line, place.column) == (format_key(path), *coordinates(text, offset)), path
    for path, end in writer.ends.items():
        assert tomllib.loads(f"x = {text[writer.starts[path] : end]}")["x"] == dig(data, path)


# --- Any edit of a good template: a Source with places inside it, or a SourceError; never anything else.

TOKENS = """[ ] [[ ]] { } = , . " ' ''' \\ # \\u00 1e9999 0x [dots] a.b=1 \ud800 \x00 \ufeff""".split(" ")
PIECES = st.one_of(st.sampled_from([*TOKENS, '"""', "\n", "\r", " "]), st.text(max_size=3))
EDITS = st.lists(st.tuples(st.integers(0, len(TEMPLATE)), st.integers(0, 40), PIECES), min_size=1, max_size=4)
OPENING = {str: "\"'", bool: "tf", int: "+-0123456789", list: "[", dt.date: "0123456789"}


def check_places(source: Source) -> None:
    rows = source.text.replace("\r\n", "\n").split("\n")
    for path in all_paths(source.data):
        value, key = source.place(path), source.key_place(path)
        assert value.line and value.column and value.column <= len(rows[value.line - 1]) + 1
        assert key.line and key.column and key.column <= len(rows[key.line - 1]) + 1
        if path:
            opening = rows[value.line - 1][value.column - 1]
            assert opening in OPENING.get(type(dig(source.data, path)), opening)
        if path and isinstance(path[-1], str):
            row = rows[key.line - 1][key.column - 1 :]
            assert row.startswith(path[-1] or '"') or row[0] in "\"'"


def check_refusal(error: SourceError, text: str) -> None:
    (finding,) = error.findings
    assert finding.message
    assert finding.remedy
    assert "invalid" not in f"{finding.message} {finding.remedy}".lower()
    assert finding.where.line is not None
    assert finding.where.column is not None
    assert 1 <= finding.where.line <= text.count("\n") + 1
    assert finding.where.column >= 1


@settings(max_examples=600, deadline=None)
@given(EDITS)
@example([(0, 0, TEMPLATE)])
def test_any_edit_of_a_template_gives_places_or_a_finding(edits: list[tuple[int, int, str]]) -> None:
    text = TEMPLATE
    for offset, length, piece in edits:
        text = text[:offset] + piece + text[offset + length :]
    try:
        source = parse_source(text, "my.toml")
    except SourceError as error:
        check_refusal(error, text)
    else:
        check_places(source)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(TEMPLATE)), st.integers(0, 40), st.one_of(st.binary(max_size=6), st.just(b"\xff\xfe")))
def test_any_edit_of_the_bytes_of_a_file_gives_places_or_a_finding(offset: int, length: int, piece: bytes) -> None:
    raw = TEMPLATE.encode()
    with tempfile.NamedTemporaryFile() as file:
        path = Path(file.name)
        path.write_bytes(raw[:offset] + piece + raw[offset + length :])
        try:
            source = read_source(path, "my.toml")
        except SourceError as error:
            check_refusal(error, TEMPLATE + "\n" * 6)
        else:
            check_places(source)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab1 \n\"'\\#[]{}=,.-:"), max_size=30))
def test_any_short_text_gives_places_or_a_finding(text: str) -> None:
    try:
        source = parse_source(text, "my.toml")
    except SourceError as error:
        check_refusal(error, text)
    else:
        check_places(source)


@pytest.mark.parametrize(
    "unit", ["[", "[a", '"', "'", "a.", "a . ", "a.b\t.", "'a'.", "{a=", "#", "\\", " ", "a=[[],", "1", '\\n"', "x "]
)
def test_half_a_mebibyte_of_anything_is_answered(unit: str) -> None:
    text = unit * (MAX_BYTES // 2 // len(unit.encode()))
    for start in ("", 'x = "', "x = [", "x = { "):
        with contextlib.suppress(SourceError):
            check_places(parse_source(start + text, "my.toml"))
