"""Canonical JSON: the same text as an independent RFC 8785 writer, and refusals that name the key path."""

from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from peqdlab.canonical import DEEPEST, LARGEST_INT, canonical_json, sha256_hex
from peqdlab.event import Draft, Event, admit_event, columns, parse_event, parse_link, seal_event

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers(-LARGEST_INT, LARGEST_INT) | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=25)


@given(VALUES)
def test_the_text_is_that_of_an_independent_writer(value):
    assert canonical_json(value).encode() == rfc8785.dumps(value)


@given(VALUES)
def test_reading_the_text_gives_the_value_back(value):
    assert json.loads(canonical_json(value)) == value


@given(st.dictionaries(TEXTS, SCALARS), st.randoms())
def test_the_order_of_keys_does_not_matter(table: dict, dice):
    pairs = list(table.items())
    dice.shuffle(pairs)
    assert canonical_json(dict(pairs)) == canonical_json(table)


@given(st.lists(SCALARS))
def test_a_tuple_is_written_as_a_list(values):
    assert canonical_json(tuple(values)) == canonical_json(values)


def test_keys_are_ordered_by_utf_16_code_units():
    # The example of RFC 8785 section 3.2.3; by code points the emoji (U+1F600) would come last.
    table = {"€": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "ö": 7}
    assert list(json.loads(canonical_json(table))) == ["\r", "1", "\x80", "ö", "€", "\U0001f600", "\ufb33"]


def test_control_characters_are_escaped_and_nothing_else():
    assert canonical_json('\x00\x1f\b\t\n\f\r"\\/\x7f\u2028é') == r'"\u0000\u001f\b\t\n\f\r\"\\/' + '\x7f\u2028é"'


def test_true_is_not_one():
    assert canonical_json([True, 1, False, 0]) == "[true,1,false,0]"


@pytest.mark.parametrize("number", [0.5, 1.0, float("nan"), float("inf")])
def test_a_float_is_refused_with_its_key_path(number):
    with pytest.raises(TypeError) as caught:
        canonical_json({"steps": [{}, {"mass_g": number}]})
    assert str(caught.value) == (
        f"steps[1].mass_g is the float {number}; wanted text, as all numbers in a record: '{number}'"
    )


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (0.5, "the value is the float 0.5; wanted text, as all numbers in a record: '0.5'"),
        (
            {"a": {"b": {1, 2}}},
            "a.b is a value of type set; wanted text, int, true, false, null, a list or a table",
        ),
        ({"a": {7: "x"}}, "a has the key 7 (int); wanted text: '7'"),
        ({"a": [b"x"]}, "a[0] is a value of type bytes; wanted text, int, true, false, null, a list or a table"),
    ],
)
def test_what_has_no_place_in_a_record_is_a_type_error(value, sentence):
    with pytest.raises(TypeError) as caught:
        canonical_json(value)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (
            {"by": ["ab\ud83d"]},
            r"by[0] has half a character (U+D83D, a lone surrogate) in 'ab\ud83d'; wanted Unicode text: type it again",
        ),
        (
            {"by": {"\udc00": 1}},
            r"by has half a character (U+DC00, a lone surrogate) in '\udc00'; wanted Unicode text: type it again",
        ),
        (
            {"n": -LARGEST_INT - 1},
            "n is an integer beyond ±9007199254740991 (2**53 - 1); wanted text, in quotes",
        ),
        (
            {"n": 10**5000},
            "n is an integer beyond ±9007199254740991 (2**53 - 1); wanted text, in quotes",
        ),
    ],
)
def test_what_json_cannot_carry_is_a_value_error(value, sentence):
    with pytest.raises(ValueError, match="wanted") as caught:
        canonical_json(value)
    assert str(caught.value) == sentence


def test_the_largest_integers_are_written():
    assert canonical_json([LARGEST_INT, -LARGEST_INT]) == "[9007199254740991,-9007199254740991]"


def test_a_list_that_contains_itself_is_refused():
    loop: list = []
    loop.append(loop)
    with pytest.raises(ValueError, match=rf"^\[0\]\[0\]\[0\]… nests deeper than {DEEPEST} levels; wanted a flatter"):
        canonical_json(loop)


def test_the_digest_is_that_of_the_utf_8_bytes():
    # NIST FIPS 180-4 example "abc"; the second from `printf 'é' | sha256sum`.
    assert sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_hex("é") == "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"


AT, CLOCK = "2025-03-01T09:00:00+01:00", "2025-03-01T08:00:05+00:00"
START = Draft("B0001", "start", AT, "Ana", {"title": "CsPbI3 dots", "plan": {"scale": "2"}})


def link(draft: Draft, before: Event | None = None) -> Event:
    seq, prev = (before.seq, before.sha256) if before else (0, "")
    return seal_event(draft, seq=seq + 1, prev=prev, recorded_at=CLOCK)


def row_of(event: Event, **changes):
    return tuple((columns(event) | {"body": canonical_json(event.body)} | changes).values())


def test_the_digest_of_an_event_covers_all_that_it_says():
    event = link(START)
    told = columns(event)
    assert told.pop("sha256") == sha256_hex(rfc8785.dumps(told).decode())


def test_an_event_does_not_change_with_the_draft():
    body = {"steps": ("1", "2")}
    event = link(Draft("B0001", "start", AT, "Ana", body))
    body["steps"] = ()
    assert event.body == {"steps": ["1", "2"]}


def test_a_link_is_read_back_as_it_was_sealed():
    first = link(START)
    second = link(Draft("B0001", "note", AT, "Ben", {"text": "µL \0 \u2028"}), first)
    assert parse_link(row_of(first), None) == first
    assert parse_link(row_of(second), first) == second


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": " "}, "kind of an entry for 'B0001' is ' '; wanted a name"),
        ({"by": ""}, "by of an entry for 'B0001' is ''; wanted a name"),
        ({"by": "A\0"}, r"by of an entry for 'B0001' is 'A\x00'; wanted a name"),
        ({"at": "2025-03-01 09:00"}, "at is '2025-03-01 09:00'; wanted a time with offset, 2025-01-31T09:30:00+01:00"),
        ({"at": "noon"}, "at is 'noon'; wanted a time with offset, 2025-01-31T09:30:00+01:00"),
        (
            {"by": "\ud800"},
            r"by has half a character (U+D800, a lone surrogate) in '\ud800'; wanted Unicode text: type it again",
        ),
    ],
)
def test_a_draft_that_cannot_be_sealed_says_what_is_wanted(change, sentence):
    told = columns(START) | change
    with pytest.raises(ValueError, match="wanted") as caught:
        link(Draft(**told))
    assert str(caught.value) == sentence


def test_the_clock_is_utc():
    with pytest.raises(
        ValueError, match=r"recorded_at is '2025-03-01T09:00:00.01:00'; wanted UTC, 2025-01-31T08:30:00"
    ):
        seal_event(START, seq=1, prev="", recorded_at=AT)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"mass_g": 0.5}, "mass_g is the float 0.5; wanted text, as all numbers in a record: '0.5'"),
        (["x"], "body of an entry for B0001 is a list; wanted a table"),
    ],
)
def test_a_body_is_a_table_without_floats(body, sentence):
    with pytest.raises(TypeError) as caught:
        link(Draft("B0001", "start", AT, "Ana", body))
    assert str(caught.value) == sentence


@pytest.mark.parametrize("name", ["batch", "kind", "at", "recorded_at", "by", "sha256"])
def test_a_link_with_one_changed_column_is_found(name):
    with pytest.raises(ValueError, match=r"^event 1 of .* was changed after it was written: sha256 is"):
        parse_link(row_of(link(START), **{name: "x"}), None)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"seq": 2}, "event 2 of B0001 comes after event 0; wanted event 1, which is missing"),
        ({"prev": "x"}, "event 1 of B0001 does not follow event 0: prev is 'x', the digest before it is ''"),
        (
            {"body": '{"a": 1.5}'},
            (
                "event 1 of B0001 was changed after it was written: "
                "body.a is the float 1.5; wanted text, as all numbers in a record: '1.5'"
            ),
        ),
        ({"body": "{"}, "event 1 of B0001 has a body that is not a JSON object"),
        ({"body": "[" * 100_000}, "event 1 of B0001 has a body that is not a JSON object"),
        ({"body": "[]"}, "event 1 of B0001 has a body that is not a JSON object"),
        ({"by": None}, "event 1 has a column that is not text"),
        ({"by": b"Ana"}, "event 1 has a column that is not text"),
        (
            {"body": '{"plan":{"scale":"9"},"plan":{"scale":"2"},"title":"CsPbI3 dots"}'},
            "event 1 of B0001 has a body that was written anew; wanted its canonical JSON",
        ),
    ],
)
def test_a_row_that_is_no_link_says_what_does_not_fit(changes, sentence):
    with pytest.raises(ValueError, match="event") as caught:
        parse_link(row_of(link(START), **changes), None)
    assert str(caught.value) == sentence


def test_the_line_of_a_batch_takes_only_text_from_its_start():
    row = admit_event(None, link(Draft("B0001", "start", AT, "Ana", {"title": ["x"], "product": "CsPbI3"})), {}.get)
    assert (row.title, row.protocol, row.variant, row.product) == (None, None, None, "CsPbI3")


@pytest.mark.parametrize("corrects", [2, 3])
def test_a_correction_of_itself_or_of_a_later_event_does_not_fit(corrects):
    first = link(START)
    row = admit_event(None, first, {}.get)
    second = link(Draft("B0001", "correction", AT, "Ana", {"corrects": corrects}), first)
    third = link(Draft("B0001", "correction", AT, "Ana", {"corrects": 2}), second)
    with pytest.raises(
        ValueError, match=rf"^B0001 has no earlier event {corrects} to correct: peqdlab show B0001 lists"
    ):
        admit_event(row, second, {1: first, 2: second, 3: third}.get)


@pytest.mark.parametrize(
    "batch", ["B1", "B0000", "B00001", "b0001", "0001", "B\u0660\u0660\u0660\u0661", "B-001", "B1234567890"]
)
def test_a_batch_id_is_b_and_a_number(batch):
    with pytest.raises(
        ValueError, match=r"^batch id is .*; wanted B and a number from 1 in four digits or more: B0001"
    ):
        admit_event(None, link(Draft(batch, "start", AT, "Ana", {})), {}.get)


def test_parse_event_does_not_look_at_the_digest():
    assert parse_event(row_of(link(START), sha256="x")).sha256 == "x"
