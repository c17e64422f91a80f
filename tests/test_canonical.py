"""Canonical JSON: the same text as an independent RFC 8785 writer, and refusals that name the key path."""

from __future__ import annotations

import json
import random

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from peqdlab.canonical import DEEPEST, LARGEST_INT, canonical_json, sha256_hex

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
def test_the_order_of_keys_does_not_matter(table: dict, dice: random.Random):
    pairs = list(table.items())
    dice.shuffle(pairs)
    assert canonical_json(dict(pairs)) == canonical_json(table)


@given(st.lists(VALUES))
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
            r"by[0] has half a character (U+D83D, a lone surrogate) at position 3 of 'ab\ud83d'; "
            "wanted Unicode text: type it again",
        ),
        (
            {"by": {"\udc00": 1}},
            r"by has half a character (U+DC00, a lone surrogate) at position 1 of '\udc00'; "
            "wanted Unicode text: type it again",
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
