"""Formulas, ions and reactions: hand expansions, an outside oracle, and text that must be refused."""

from __future__ import annotations

import doctest
import math
import pickle
import re
import time
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, NamedTuple

import periodictable
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peqdlab import chemistry
from peqdlab.atomic_weights import IONS, SHORTHANDS, STANDARD_ATOMIC_WEIGHTS, WITHOUT_STANDARD_WEIGHT
from peqdlab.chemistry import (
    Formula,
    FormulaError,
    imbalance,
    molar_mass,
    parse_formula,
    parse_reaction,
    perovskite_ions,
    pretty,
)

if TYPE_CHECKING:
    from collections.abc import Callable

LEAD_ACETATE_TRIHYDRATE = "C4 H12 O7 Pb1"
# Text, expansion by hand, charge, pretty text.
READ = [
    ("CsPbI3", "Cs1 I3 Pb1", 0, "CsPbI₃"),
    (" CsPbI3\n", "Cs1 I3 Pb1", 0, "CsPbI₃"),
    ("Cs2CO3", "C1 Cs2 O3", 0, "Cs₂CO₃"),
    ("C18H34O2", "C18 H34 O2", 0, "C₁₈H₃₄O₂"),
    ("C₈H₁₈", "C8 H18", 0, "C₈H₁₈"),
    ("Pb(OAc)2·3H2O", LEAD_ACETATE_TRIHYDRATE, 0, "Pb(OAc)₂·3H₂O"),
    ("Pb(OAc)2.3H2O", LEAD_ACETATE_TRIHYDRATE, 0, "Pb(OAc)₂·3H₂O"),
    ("Pb(OAc)₂.3H₂O", LEAD_ACETATE_TRIHYDRATE, 0, "Pb(OAc)₂·3H₂O"),
    ("Pb(CH3COO)2.3H2O", LEAD_ACETATE_TRIHYDRATE, 0, "Pb(CH₃COO)₂·3H₂O"),
    ("Pb(CH3COO)2*3H2O", LEAD_ACETATE_TRIHYDRATE, 0, "Pb(CH₃COO)₂·3H₂O"),
    ("Pb(AcO)2•3(H2O)", LEAD_ACETATE_TRIHYDRATE, 0, "Pb(AcO)₂·3(H₂O)"),
    ("Cs0.1.3H2O", "Cs0.1 H6 O3", 0, "Cs₀.₁·3H₂O"),
    ("CuSO4.5H2O", "Cu1 H10 O9 S1", 0, "CuSO₄·5H₂O"),
    ("CaSO4.0.5H2O", "Ca1 H1.0 O4.5 S1", 0, "CaSO₄·0.5H₂O"),
    ("CaSO4·1.5H2O", "Ca1 H3.0 O5.5 S1", 0, "CaSO₄·1.5H₂O"),
    ("Na2CO3.10H2O", "C1 H20 Na2 O13", 0, "Na₂CO₃·10H₂O"),
    ("LiOH.H2O", "H3 Li1 O2", 0, "LiOH·H₂O"),
    ("KOH.2H2O", "H5 K1 O3", 0, "KOH·2H₂O"),
    ("FeSO4.(NH4)2SO4.6H2O", "Fe1 H20 N2 O14 S2", 0, "FeSO₄·(NH₄)₂SO₄·6H₂O"),
    ("C6H16N2.2HI", "C6 H18 I2 N2", 0, "C₆H₁₆N₂·2HI"),
    ("PbI2·DMSO", "C2 H6 I2 O1 Pb1 S1", 0, "PbI₂·DMSO"),
    ("PbI2.DMF.2H2O", "C3 H11 I2 N1 O3 Pb1", 0, "PbI₂·DMF·2H₂O"),
    ("Cs0.05FA0.95PbI3", "C0.95 Cs0.05 H4.75 I3 N1.90 Pb1", 0, "Cs₀.₀₅FA₀.₉₅PbI₃"),
    ("Cs₀.₀₅FA₀.₉₅PbI₃", "C0.95 Cs0.05 H4.75 I3 N1.90 Pb1", 0, "Cs₀.₀₅FA₀.₉₅PbI₃"),
    ("CsPbI2.5Br0.5", "Br0.5 Cs1 I2.5 Pb1", 0, "CsPbI₂.₅Br₀.₅"),
    ("CsPbI2.5Br0.5.H2O", "Br0.5 Cs1 H2 I2.5 O1 Pb1", 0, "CsPbI₂.₅Br₀.₅·H₂O"),
    ("CsPb(I0.5Br0.5)3", "Br1.5 Cs1 I1.5 Pb1", 0, "CsPb(I₀.₅Br₀.₅)₃"),
    ("Cs1.2PbI3", "Cs1.2 I3 Pb1", 0, "Cs₁.₂PbI₃"),
    ("Cu2.1S", "Cu2.1 S1", 0, "Cu₂.₁S"),
    ("(K2SO4.2)KCl", "Cl1 K3 O4.2 S1", 0, "(K₂SO₄.₂)KCl"),
    ("[Pb(OAc)2]2", "C8 H12 O8 Pb2", 0, "[Pb(OAc)₂]₂"),
    ("FAOAc", "C3 H8 N2 O2", 0, "FAOAc"),
    ("FABF4", "B1 C1 F4 H5 N2", 0, "FABF₄"),
    ("MAI", "C1 H6 I1 N1", 0, "MAI"),
    ("PEAI", "C8 H12 I1 N1", 0, "PEAI"),
    ("GAI", "C1 H6 I1 N3", 0, "GAI"),
    ("GaI3", "Ga1 I3", 0, "GaI₃"),
    ("KFAl", "Al1 F1 K1", 0, "KFAl"),
    ("MeOAc", "C3 H6 O2", 0, "MeOAc"),
    ("Ti(OiPr)2(acac)2", "C16 H28 O6 Ti1", 0, "Ti(OiPr)₂(acac)₂"),
    ("Pb(SCN)2", "C2 N2 Pb1 S2", 0, "Pb(SCN)₂"),
    ("CS2", "C1 S2", 0, "CS₂"),
    ("Pb+2", "Pb1", 2, "Pb²⁺"),
    ("Pb^2+", "Pb1", 2, "Pb²⁺"),
    ("Pb^+2", "Pb1", 2, "Pb²⁺"),
    ("Pb²⁺", "Pb1", 2, "Pb²⁺"),
    ("Pb₂⁺", "Pb2", 1, "Pb₂⁺"),
    ("Pb2+1", "Pb2", 1, "Pb₂⁺"),
    ("Hg2+2", "Hg2", 2, "Hg₂²⁺"),
    ("I−", "I1", -1, "I⁻"),
    ("Cs+", "Cs1", 1, "Cs⁺"),
    ("CO3-2", "C1 O3", -2, "CO₃²⁻"),
    ("CO₃²⁻", "C1 O3", -2, "CO₃²⁻"),
    ("P+12", "P1", 12, "P¹²⁺"),
    ("FA+", "C1 H5 N2", 1, "FA⁺"),
    ("NH4+", "H4 N1", 1, "NH₄⁺"),
    ("C18H38N+", "C18 H38 N1", 1, "C₁₈H₃₈N⁺"),
    ("C5H12+", "C5 H12", 1, "C₅H₁₂⁺"),
    ("C18H33O2-", "C18 H33 O2", -1, "C₁₈H₃₃O₂⁻"),
    ("PbI3-", "I3 Pb1", -1, "PbI₃⁻"),
]

# Text, position of the fault, a part of the sentence.
REFUSED = [
    ("", 0, "has 0 characters"),
    (" \t", 2, "has 0 characters"),
    ("H" * 201, 200, "201 characters, 1 to 200"),
    ("CsPbX3", 4, "'X' is no symbol known here; an element or one of FA, MA"),
    (" CsPbX3", 5, "character 6"),
    ("CsPbBR3", 5, "did you mean CsPbBr3?"),
    ("cspbi3", 0, "did you mean CsPbI3?"),
    ("CSPBBR3", 5, "did you mean CsPbBr3?"),
    ("FaPbI3", 0, "did you mean FAPbI3?"),
    ("CS2CO3", 0, "did you mean Cs2CO3?"),
    ("FAPBI3", 2, "did you mean FAPbI3?"),
    ("SNI2", 0, "did you mean SnI2?"),
    ("Pb2+", 2, "write Pb+2 or Pb2+1"),
    ("I3-", 1, "write I-3 or I3-1"),
    ("MA2+", 2, "write MA+2 or MA2+1"),
    ("Pb2⁺", 2, "write Pb+2 or Pb2+1"),
    ("CO32-", 3, "write CO3-2 or CO32-1"),
    ("[PbI6]4-", 6, "write [PbI6]-4 or [PbI6]4-1"),
    ("C60-", 2, "write C60-1"),
    ("Pb++", 2, "sign first, as in Pb+2"),
    ("Pb+0", 2, "1 to 99"),
    ("Pb+100", 2, "1 to 99"),
    ("+2", 0, "a formula is wanted"),
    ("K2SO4.2KCl", 5, "write K2SO4·2KCl or (K2SO4.2)KCl"),
    ("CaSO4.1.5H2O", 5, "write CaSO4·1.5H2O or (CaSO4.1).5H2O"),
    ("PbI2.2C5H5N", 4, "write PbI2·2C5H5N or (PbI2.2)C5H5N"),
    ("Pb(OAc)2.3H20", 8, "adduct or a decimal point"),
    ("Pb(OAc)2.05H2O", 8, "adduct or a decimal point"),
    ("LiI1.3H2O", 4, "write LiI1·3H2O or (LiI1.3)H2O"),
    ("Cs.5FA.5PbI3", 2, "Cs0.5FA"),
    ("Pb(OAc)2·3H20", 10, "for water write H2O"),
    ("PbI2·", 4, "a formula is wanted"),
    ("·H2O", 0, "a formula is wanted"),
    ("PbI2..H2O", 5, "a formula is wanted"),
    ("(PbI2·H2O)2", 5, "outside brackets"),
    ("2PbI2", 0, "a count stands behind"),
    ("H₂2", 2, "a count stands behind"),
    ("Pb(I", 2, "'(' is not closed"),
    ("PbI)2", 3, "')' closes nothing"),
    ("Pb(I]2", 4, "']' closes nothing"),
    ("Pb()2", 3, "brackets are empty"),
    ("(" * 11 + "H" + ")" * 11, 10, "deeper than 10"),
    ("Cs0", 2, "count is 0"),
    ("Cs0.00PbI3", 2, "count is 0.00"),
    ("H10001", 1, "count is 10001"),
    ("H0.000000000001", 1, "at most 12 digits"),
    ("Cs2C03", 4, "or the letter O"),
    ("Cs0,5PbI3", 3, "a point, as in Cs0.5"),
    ("Cs-1PbI3", 2, "a charge stands at the end"),
    ("Pb I2", 2, "no blanks inside"),
    ("Cs２CO3", 2, "'２' is no symbol"),
    ("H²O", 1, "a charge stands at the end"),
    ("1e400", 0, "a count stands behind"),
    ("NaN", 0, "missing number"),
    ("CsPbI3\x1b[31m", 6, r"\x1b"),
    ("PbI2.2C\x1b5H5N", 4, r"·2C\x1b5H5N"),
    ("\x1bO32-", 3, r"\x1bO3-2"),
]


def expanded(text: str) -> tuple[tuple[str, Decimal], ...]:
    """Return "Cs1 I3" as counts."""
    return tuple((symbol, Decimal(count)) for symbol, count in re.findall(r"([A-Za-z]+)([0-9.]+)", text))


def refusal(text: str) -> FormulaError:
    """Return the error that a text gives."""
    with pytest.raises(FormulaError) as caught:
        parse_formula(text)
    return caught.value


@pytest.mark.parametrize(("text", "counts", "charge", "printed"), READ)
def test_a_formula_reads_as_expanded_by_hand(text: str, counts: str, charge: int, printed: str) -> None:
    assert parse_formula(text) == Formula(text, expanded(counts), charge)
    assert pretty(text) == printed


@pytest.mark.parametrize("text", [row[0] for row in READ])
def test_what_is_printed_reads_the_same(text: str) -> None:
    formula, again = parse_formula(text), parse_formula(pretty(text))
    assert (again.counts, again.charge) == (formula.counts, formula.charge)
    assert pretty(pretty(text)) == pretty(text)


@pytest.mark.parametrize(("text", "position", "part"), REFUSED)
def test_a_refusal_says_what_and_where(text: str, position: int, part: str) -> None:
    error = refusal(text)
    assert error.position == position
    assert part in str(error)
    assert "invalid" not in str(error).lower()
    assert str(error).isprintable()
    assert pretty(text) == text


@pytest.mark.parametrize("text", [text for text, _, part in REFUSED if part.startswith(("write", "did you mean"))])
def test_every_spelling_that_a_refusal_proposes_can_be_read(text: str) -> None:
    proposals = str(refusal(text)).rpartition("; ")[2].removeprefix("write ").removeprefix("did you mean ")
    for proposal in proposals.removesuffix("?").split(" or "):
        assert parse_formula(proposal)


def test_an_error_keeps_its_place_when_pickled() -> None:
    again = pickle.loads(pickle.dumps(refusal("CsPbX3")))  # noqa: S301
    assert (str(again), again.position) == (str(refusal("CsPbX3")), 4)


@pytest.mark.parametrize(
    ("text", "mass"),
    [
        ("Pb(OAc)2·3H2O", "379.333"),
        ("Pb(CH3COO)2.3H2O", "379.333"),
        ("CsPbI3", "720.81886196"),
        ("Cs2CO3", "325.81890392"),
        ("C18H34O2", "282.468"),
        ("Cs0.05FA0.95PbI3", "637.370432598"),
        ("C60+1", "720.66"),
    ],
)
def test_a_molar_mass_is_exact(text: str, mass: str) -> None:
    assert molar_mass(parse_formula(text)) == Decimal(mass)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("Pb(OAc)2·3H2O", "Pb(C2H3O2)2(H2O)3"),
        ("Pb(CH3COO)2.3H2O", "Pb(C2H3O2)2(H2O)3"),
        ("Cs0.05FA0.95PbI3", "Cs0.05(CH5N2)0.95PbI3"),
        ("CsPb(I0.5Br0.5)3", "CsPbI1.5Br1.5"),
        ("C₈H₁₈", "C8H18"),
    ],
)
def test_a_formula_of_the_field_weighs_what_periodictable_says_of_it_written_out(text: str, expanded: str) -> None:
    assert math.isclose(molar_mass(parse_formula(text)), periodictable.formula(expanded).mass, rel_tol=1e-5)


def test_a_molar_mass_does_not_depend_on_the_precision_set_elsewhere() -> None:
    parse_formula.cache_clear()
    with localcontext(prec=3):
        assert molar_mass(parse_formula("CsPb(I0.3333Br0.6667)3")) == Decimal("626.813221913")


@pytest.mark.parametrize(("text", "part"), [("NaAc", "write acetate as OAc"), ("TcO2", "Tc has no standard")])
def test_an_element_without_a_weight_has_no_molar_mass(text: str, part: str) -> None:
    with pytest.raises(FormulaError, match=part) as caught:
        molar_mass(parse_formula(text))
    assert caught.value.position == text.find("Ac" if "Ac" in text else "Tc")


def test_every_weight_agrees_with_periodictable() -> None:
    symbols = {element.symbol for element in periodictable.elements if element.number}
    assert set(STANDARD_ATOMIC_WEIGHTS) | WITHOUT_STANDARD_WEIGHT == symbols
    assert not set(STANDARD_ATOMIC_WEIGHTS) & WITHOUT_STANDARD_WEIGHT
    assert len(symbols) == 118
    for symbol, weight in STANDARD_ATOMIC_WEIGHTS.items():
        assert math.isclose(weight, periodictable.elements.symbol(symbol).mass, rel_tol=1e-5)


def test_elements_without_a_weight_have_a_whole_isotope_mass_in_periodictable() -> None:
    for symbol in WITHOUT_STANDARD_WEIGHT:
        assert periodictable.elements.symbol(symbol).mass % 1 == 0


class Written(NamedTuple):
    """A text with the composition it was built from."""

    text: str
    elements: dict[str, Decimal]


def times(elements: dict[str, Decimal], count: Decimal) -> dict[str, Decimal]:
    """Return the composition multiplied."""
    return {symbol: amount * count for symbol, amount in elements.items()}


def joined(parts: list[Written]) -> Written:
    """Return the parts one behind the other."""
    elements: dict[str, Decimal] = {}
    for part in parts:
        for symbol, amount in part.elements.items():
            elements[symbol] = elements.get(symbol, Decimal(0)) + amount
    return Written("".join(part.text for part in parts), elements)


WHOLE = ["", "", "", *map(str, range(2, 41))]
FRACTIONS = [f"0.{digits}" for digits in ("5", "05", "1", "25", "333", "999", "0001")]
# The oracle knows no shorthand, so the expansions stand here a second time.
EXPANSIONS = {"FA": "C1 H5 N2", "MA": "C1 H6 N1", "GA": "C1 H6 N3", "OAc": "C2 H3 O2", "Ph": "C6 H5"}
LEAVES = st.sampled_from(
    [
        *(Written(symbol, {symbol: Decimal(1)}) for symbol in STANDARD_ATOMIC_WEIGHTS),
        *(Written(name, dict(expanded(counts))) for name, counts in EXPANSIONS.items() for _ in range(5)),
    ],
)


def counted(unit: Written, count: str) -> Written:
    """Return the unit with its count behind it."""
    return Written(unit.text + count, times(unit.elements, Decimal(count or 1)))


def bracketed(parts: list[Written], brackets: str, count: str) -> Written:
    """Return the parts in brackets with a count."""
    inside = joined(parts)
    return counted(Written(f"{brackets[0]}{inside.text}{brackets[1]}", inside.elements), count)


def hydrated(salt: Written, separator: str, count: str) -> Written:
    """Return the salt with crystal water behind the separator, dry without one."""
    water = times({"H": Decimal(2), "O": Decimal(1)}, Decimal(count or 1))
    return joined([salt, Written(f"{separator}{count}H2O", water)]) if separator else salt


def units(depth: int, counts: st.SearchStrategy[str]) -> st.SearchStrategy[Written]:
    """Return counted leaves and brackets; a count above 1 with decimals reads in one way only inside brackets."""
    leaves = st.builds(counted, LEAVES, counts)
    if not depth:
        return leaves
    inner = units(depth - 1, st.sampled_from([*WHOLE, *FRACTIONS, "1.5", "2.5", "10.25"]))
    brackets = st.builds(bracketed, st.lists(inner, min_size=1, max_size=2), st.sampled_from(["()", "[]"]), counts)
    return st.one_of(leaves, brackets)


SALTS = st.lists(units(2, st.sampled_from([*WHOLE, *FRACTIONS])), min_size=1, max_size=3).map(joined)
FORMULAS = st.one_of(
    st.builds(hydrated, SALTS, st.sampled_from(["", ".", "·", "*"]), st.sampled_from(["", "2", "3", "10"])),
    st.builds(hydrated, SALTS, st.sampled_from(["·", "*"]), st.sampled_from(["0.5", "1.5", "2.25"])),
)


@settings(max_examples=2000, database=None, deadline=None)
@given(FORMULAS)
def test_generated_formulas_weigh_what_periodictable_says(written: Written) -> None:
    formula = parse_formula(written.text)
    oracle = periodictable.formula({periodictable.elements.symbol(s): float(n) for s, n in written.elements.items()})
    assert math.isclose(molar_mass(formula), oracle.mass, rel_tol=1e-5)
    assert formula.elements == written.elements
    assert parse_formula(pretty(written.text)).elements == written.elements


def outcome(read: Callable[[str], object], text: str) -> FormulaError | None:
    """Return the refusal, or None where the text was read."""
    try:
        read(text)
    except FormulaError as error:
        return error
    return None


@settings(max_examples=300, database=None, deadline=None)
@given(
    st.one_of(
        st.text(max_size=30),
        st.text("CsPbIOAcHFNMeG0123456789.,()[]·*+-^²₂⁺ ", max_size=30),
        st.lists(st.sampled_from([*SHORTHANDS, *IONS, "2", ".5", "(", ")", "·", "+"]), max_size=12).map("".join),
    ),
)
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (parse_formula, perovskite_ions, parse_reaction):
        error = outcome(read, text)
        assert error is None or (0 <= error.position <= len(text) and str(error).isprintable())
    assert pretty(pretty(text)) == pretty(text)


@pytest.mark.parametrize("text", ["(" * 200, "H" * 200, "1" * 200, "." * 200, "C0.1" * 50, "1." * 100, "+" * 200])
def test_the_longest_text_is_answered_at_once(text: str) -> None:
    started = time.perf_counter()
    assert outcome(parse_formula, text) is None or outcome(perovskite_ions, text)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    ("text", "ions"),
    [
        ("CsPbI3", "1 Cs+, 1 Pb+2, 3 I-"),
        ("FAPbI3", "1 FA+, 1 Pb+2, 3 I-"),
        ("MAPbCl3", "1 MA+, 1 Pb+2, 3 Cl-"),
        ("CsPbI2Br", "1 Cs+, 1 Pb+2, 2 I-, 1 Br-"),
        ("Cs0.5FA0.5PbI3", "0.5 Cs+, 0.5 FA+, 1 Pb+2, 3 I-"),
        ("Cs0.05FA0.95PbI3", "0.05 Cs+, 0.95 FA+, 1 Pb+2, 3 I-"),
        ("CsPb(I0.5Br0.5)3", "1 Cs+, 1 Pb+2, 1.5 I-, 1.5 Br-"),
        ("CsPbI2.5Br0.5", "1 Cs+, 1 Pb+2, 2.5 I-, 0.5 Br-"),
        ("Cs₄PbI₆", "4 Cs+, 1 Pb+2, 6 I-"),
        ("Cs2AgBiBr6", "2 Cs+, 1 Ag+, 1 Bi+3, 6 Br-"),
        ("(FAPbI3)0.5(MAPbBr3)0.5", "0.5 FA+, 1.0 Pb+2, 1.5 I-, 0.5 MA+, 1.5 Br-"),
        ("Pb(SCN)2", "1 Pb+2, 2 SCN-"),
        ("FABF4", "1 FA+, 1 BF4-"),
        ("Cs2CO3", "2 Cs+, 1 CO3-2"),
    ],
)
def test_a_perovskite_splits_into_ions_in_the_order_written(text: str, ions: str) -> None:
    assert ", ".join(f"{count} {ion}" for ion, count in perovskite_ions(text)) == ions


@pytest.mark.parametrize(
    ("text", "position", "part"),
    [
        ("CsPbX3", 4, "'X' is no symbol known here; an ion is wanted"),
        ("CsPbI4", 0, "the charges of 1 Cs+, 1 Pb+2, 4 I- sum to -1, 0 is wanted"),
        ("Cs0.33FA0.66PbI3", 0, "sum to -0.01"),
        ("CsPbI3·H2O", 6, "outside brackets"),
        ("PbI3-", 4, "sign first"),
        ("", 0, "0 characters"),
    ],
)
def test_what_is_not_a_neutral_salt_of_known_ions_is_refused(text: str, position: int, part: str) -> None:
    error = outcome(perovskite_ions, text)
    assert error is not None
    assert (error.position, part in str(error)) == (position, True)


def test_every_ion_reads_as_a_formula_of_its_charge() -> None:
    for name, charge in IONS.items():
        neutral = f"({name}){abs(charge)}" + ("(I)" if charge > 0 else "(Cs)") + str(charge**2)
        ion = perovskite_ions(neutral)[0][0]
        assert parse_formula(ion).charge == charge
        assert parse_formula(ion).elements == parse_formula(name).elements


SPECIES = {"OA": "C18H34O2", "OA-": "C18H33O2-", "OAm": "C18H37N", "OAm+": "C18H38N+"}


def named(name: str) -> Formula:
    """Return the formula of a species of this file."""
    return parse_formula(SPECIES.get(name, name))


def test_a_reaction_keeps_names_and_coefficients_as_written() -> None:
    reaction = parse_reaction("CO3-2 + 2 OA -> 2OA- + CO2 + H2O")
    assert reaction.text == "CO3-2 + 2 OA -> 2OA- + CO2 + H2O"
    assert reaction.reactants == (("CO3-2", Decimal(1)), ("OA", Decimal(2)))
    assert reaction.products == (("OA-", Decimal(2)), ("CO2", Decimal(1)), ("H2O", Decimal(1)))


def test_a_name_twice_on_one_side_is_summed() -> None:
    assert parse_reaction("OA + 0.5 OA → OA").reactants == (("OA", Decimal("1.5")),)


@pytest.mark.parametrize(
    ("text", "left_over"),
    [
        ("CO3-2 + 2 OA -> 2 OA- + CO2 + H2O", {}),
        ("Cs+ + Pb+2 + 3 I- -> CsPbI3", {}),
        ("Pb^2+ + 2 I- → PbI2", {}),
        ("OAm + OA -> OAm+ + OA-", {}),
        ("0.5 Cs+ + 0.5 FA+ + Pb+2 + 3 I- -> Cs0.5FA0.5PbI3", {}),
        ("Pb(OAc)2·3H2O -> Pb+2 + 2 OAc- + 3 H2O", {}),
        ("CO3-2 + OA -> OA- + CO2 + H2O", {"H": Decimal(1), "charge": Decimal(1)}),
        ("Cs+ + PbI2 -> CsPbI3", {"I": Decimal(1), "charge": Decimal(-1)}),
        ("Pb+2 -> Pb", {"charge": Decimal(-2)}),
    ],
)
def test_the_imbalance_is_what_products_have_more(text: str, left_over: dict[str, Decimal]) -> None:
    assert imbalance(parse_reaction(text), named) == left_over


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("A + B", 0),
        ("A -> B -> C", 0),
        ("A+B -> C", 0),
        ("A + -> C", 4),
        ("A ->", 4),
        ("-> B", 0),
        ("0 A -> B", 0),
        ("-1 A -> B", 0),
        ("1e3 A -> B", 0),
        ("NaN A -> B", 0),
        ("A -> 10001 B", 5),
        ("A -> 2-pentanol", 4),
        (f"A -> {'B' * 1000}", 1000),
    ],
)
def test_a_reaction_that_cannot_be_read_is_refused(text: str, position: int) -> None:
    error = outcome(parse_reaction, text)
    assert error is not None
    assert error.position == position


@pytest.mark.parametrize(
    ("text", "printed"),
    [("OA-", "OA⁻"), ("OAm+", "OAm⁺"), ("ODE", "ODE"), ("2-pentanol", "2-pentanol"), ("P3HT", "P3HT"), ("", "")],
)
def test_a_name_that_is_no_formula_is_printed_as_it_is(text: str, printed: str) -> None:
    assert pretty(text) == printed


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(chemistry).failed == 0
