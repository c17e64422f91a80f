"""Signs spelt in the letters that an encoding has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peqdlab.blocks import Callout, Table
from peqdlab.spelling import spell, spell_all


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("180 °C ± 3 °C", "180 deg C +/- 3 deg C"),
        ("CsPbI₃, Cs⁺, Pb²⁺", "CsPbI3, Cs+, Pb2+"),
        ("510 µL – 5 μL", "510 uL - 5 uL"),
        ("yellow δ phase", "yellow delta phase"),
        ("2 × 40 mL … naïve Å", "2 x 40 mL ... naive Angstrom"),
        ("日本", "??"),
        ("plain", "plain"),
    ],
)
def test_a_sign_is_spelt_as_a_chemist_would_type_it(text, spelt):
    assert spell(text, "ascii") == spelt


def test_what_an_encoding_has_stays():
    assert spell("180 °C, CsPbI₃", "latin-1") == "180 °C, CsPbI3"
    assert spell("180 °C, CsPbI₃", "utf-8") == "180 °C, CsPbI₃"


def test_every_text_of_a_block_is_spelt():
    assert spell_all(Table(("T",), (("5 °C",),), right=("T",)), "ascii") == Table(("T",), (("5 deg C",),), right=("T",))
    callout = Callout("note", "X", "a", "5 °C", (("fix", "3 µL"),))
    assert spell_all(callout, "ascii") == Callout("note", "X", "a", "5 deg C", (("fix", "3 uL"),))


@given(st.text(st.characters(codec="utf-8")))
def test_every_spelling_can_be_printed(text):
    assert spell(text, "ascii").isascii()
