"""Turn formula text into exact compositions, molar masses, perovskite ions and reactions; no float takes part.

How a "." is read (inside brackets it is always a decimal point):

1. Before a letter or bracket (``LiOH.H2O``), or behind a decimal count (``Cs0.5.3H2O``): the dot of an adduct.
2. Behind digits that start with 0 (``Cs0.05FA0.95PbI3``), or between subscripts (``I₂.₅``): a decimal point.
3. All that follows is ``<n>`` and one of SOLVATES, once or several times (``Pb(CH3COO)2.3H2O``): the dot of an adduct.
4. Behind the digit 1 (``Cs1.2PbI3``), or before the count of one last element (``Cu2.1S``), or where another decimal
   count follows (``CsPbI2.5Br0.5``): a decimal point.
5. Else (``K2SO4.2KCl``, ``CaSO4.1.5H2O``): a FormulaError that writes out both readings.

Digits before a bare sign belong to the formula (``NH4+``); where they may be the charge (``Pb2+``, ``CO32-``) the text
is refused and both spellings, ``Pb+2`` and ``Pb2+1``, are shown.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, localcontext
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.atomic_weights import IONS, SHORTHANDS, SOLVATES, STANDARD_ATOMIC_WEIGHTS, WITHOUT_STANDARD_WEIGHT

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

MAX_TEXT, MAX_REACTION_TEXT, MAX_DEPTH, MAX_DIGITS, MAX_COUNT = 200, 1000, 10, 12, 10000

_UNITS: Final = frozenset((*STANDARD_ATOMIC_WEIGHTS, *WITHOUT_STANDARD_WEIGHT, *SHORTHANDS))
_FOLDED: Final = {name.casefold(): name for name in (*SHORTHANDS, *STANDARD_ATOMIC_WEIGHTS)}  # "ga" is gallium
# The deepest nesting multiplies 13 counts of 12 digits and a weight of 11: below 230 digits, so no sum is rounded.
_EXACT: Final = Context(prec=250)
_ONE: Final = Decimal(1)
_SUBSCRIPTS, _SUPERSCRIPTS = "₀₁₂₃₄₅₆₇₈₉", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"
_PLAIN: Final = str.maketrans(f"{_SUBSCRIPTS}{_SUPERSCRIPTS}−–", "01234567890123456789+---")
_LOWERED: Final = str.maketrans("0123456789", _SUBSCRIPTS)
_RAISED: Final = str.maketrans("0123456789+-", _SUPERSCRIPTS)
_PARTNER: Final = {")": "(", "]": "["}
_SEPARATORS: Final = "·•∙⋅*"

_COUNT: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?|[₀-₉]+(?:\.[₀-₉]+)?")
_CHARGE: Final = re.compile(r"(?:\^[0-9]*[+−–-]|\^?[+−–-][0-9]*|[⁰¹²³⁴-⁹]*[⁺⁻]|[⁺⁻][⁰¹²³⁴-⁹]*)\Z")
_BEFORE_SIGN: Final = re.compile(r"([A-Za-z]+|[)\]])([0-9]+)\Z")
_ADDUCT: Final = rf"(?:[0-9]+(?:\.[0-9]+)?)?[(\[]?(?:{'|'.join(map(re.escape, SOLVATES))})[)\]]?"
_SURELY_DECIMAL: Final = r"(?!H(?![a-z]))[A-Z][a-z]?[0-9]*|.*[0-9]\.[0-9].*|"
_SLIP: Final = r"(?:CS|PB|SN)(?![a-z])"
_TERM: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?|)\s*((?:[^\W\d_]|[(\[])\S*)\s*")
_HINTS: Final = (
    (f"0123456789{_SUBSCRIPTS}", "a count stands behind what it counts, as in (PbCO3)2·Pb(OH)2"),
    (f"+-−–^{_SUPERSCRIPTS}", "a charge stands at the end with its sign first, as in Pb+2"),
    (f".{_SEPARATORS}", "a decimal point stands between digits, an adduct outside brackets, as in Pb(OAc)2·3H2O"),
    (" \t\r\n", "a formula has no blanks inside"),
)


class FormulaError(ValueError):
    """A text that is no formula, reaction or perovskite; ``position`` is the place in the text, from 0."""

    def __init__(self, message: str, position: int = 0) -> None:
        """Keep the sentence and the place."""
        super().__init__(message)
        self.position = position


class _UnknownUnitError(FormulaError):
    """No known symbol stands where one is wanted."""


class Formula(NamedTuple):
    """A composition: the text as typed, element symbols with their counts sorted by symbol, and the charge."""

    text: str
    counts: tuple[tuple[str, Decimal], ...]
    charge: int

    @property
    def elements(self) -> dict[str, Decimal]:
        """Return element symbol -> count."""
        return dict(self.counts)


class Reaction(NamedTuple):
    """A reaction as written: species names with their coefficients, each name once a side."""

    text: str
    reactants: tuple[tuple[str, Decimal], ...]
    products: tuple[tuple[str, Decimal], ...]


@lru_cache(maxsize=1024)
def parse_formula(text: str) -> Formula:
    """Return the composition of a formula of elements, shorthands, brackets, decimal counts, adducts and a charge.

    A shorthand brings no charge: ``FA`` is CH5N2, ``FA+`` the cation. Not checked: whether such a compound exists.

    Raises FormulaError where a symbol is unknown, a count is zero or above 10000, the text can be read in two ways, or
    capitals turned caesium, lead or tin of a neutral salt into other elements (``CS2CO3``).

    >>> [f"{symbol} {count}" for symbol, count in parse_formula("Pb(OAc)2.3H2O").counts]
    ['C 4', 'H 12', 'O 7', 'Pb 1']
    """
    try:
        formula = _read_formula(text)
    except _UnknownUnitError as unknown:
        message = f"{unknown}; {_suggestion(text, unknown.position)}"
        raise FormulaError(message, unknown.position) from None
    slip = re.search(_SLIP, text)
    if slip and not formula.charge:
        meant = re.sub(_SLIP, lambda found: found[0].capitalize(), text.strip())
        try:
            perovskite_ions(meant)
        except FormulaError:
            return formula
        raise _error(text, slip.start(), f"{slip[0]!r} stands for two elements; did you mean {meant}?")
    return formula


@lru_cache(maxsize=1024)
def molar_mass(formula: Formula) -> Decimal:
    """Return the molar mass in g/mol, exact for the weights of ``atomic_weights``.

    Electrons are ignored: 0.00055 g/mol for each charge, below 1e-5 of all ions heavier than 55 g/mol a charge.

    Raises FormulaError for an element without a standard atomic weight.

    >>> molar_mass(parse_formula("CsPbI3"))
    Decimal('720.81886196')
    """
    for symbol, _ in formula.counts:
        if symbol in WITHOUT_STANDARD_WEIGHT:
            remedy = "write acetate as OAc" if symbol == "Ac" else "check the symbol"
            message = f"{symbol} has no standard atomic weight; {remedy}"
            raise _error(formula.text, max(formula.text.find(symbol), 0), message)
    with localcontext(_EXACT):
        return sum((count * STANDARD_ATOMIC_WEIGHTS[symbol] for symbol, count in formula.counts), Decimal(0))


def parse_reaction(text: str) -> Reaction:
    """Return species and coefficients of ``2 A + B -> C`` (or ``→``); a name that stands twice on one side is summed.

    The blanks of " + " are needed, since "+" is also a charge. A name starts with a letter or bracket. Not checked: the
    balance (see ``imbalance``), and whether the names are known.

    Raises FormulaError where an arrow, a species or a blank is missing or a coefficient is not above zero.

    >>> parse_reaction("CO3-2 + 2 OA -> 2 OA- + CO2 + H2O").reactants
    (('CO3-2', Decimal('1')), ('OA', Decimal('2')))
    """
    start, end = _span(text, MAX_REACTION_TEXT)
    arrows = list(re.finditer("->|→", text))
    if len(arrows) != 1:
        raise _error(text, start, f"the arrows are {len(arrows)}, one is wanted, as in A + 2 OA -> 2 OA-")
    return Reaction(text, _read_side(text, start, arrows[0].start()), _read_side(text, arrows[0].end(), end))


def imbalance(reaction: Reaction, formulas: Callable[[str], Formula]) -> dict[str, Decimal]:
    """Return products minus reactants by element, then "charge"; empty when the reaction is balanced.

    ``formulas`` gives the Formula of a species name; what it raises passes through.
    """
    totals: dict[str, Decimal] = {}
    with localcontext(_EXACT):
        for sign, side in ((-1, reaction.reactants), (1, reaction.products)):
            for name, coefficient in side:
                formula = formulas(name)
                _merge(totals, {**formula.elements, "charge": Decimal(formula.charge)}, sign * coefficient)
    return {name: totals[name] for name in sorted(totals, key=lambda name: (name == "charge", name)) if totals[name]}


@lru_cache(maxsize=1024)
def perovskite_ions(text: str) -> tuple[tuple[str, Decimal], ...]:
    """Return the ions of a neutral salt with their counts, in the order written, each ion once.

    Every "." is a decimal point. Raises FormulaError where an ion is not in IONS or the charges do not sum to zero.

    >>> [f"{ion} {count}" for ion, count in perovskite_ions("CsPb(I0.5Br0.5)3")]
    ['Cs+ 1', 'Pb+2 1', 'I- 1.5', 'Br- 1.5']
    """
    start, end = _span(text, MAX_TEXT)
    with localcontext(_EXACT):
        try:
            counts = _read_units(text, start, end, IONS)
        except _UnknownUnitError as unknown:
            message = f"{unknown}; an ion is wanted, such as Cs, FA, MA, Pb, Sn, I, Br or Cl"
            raise FormulaError(message, unknown.position) from None
        net = sum((count * IONS[name] for name, count in counts.items()), Decimal(0))
    ions = tuple((f"{name}{IONS[name]:+d}".removesuffix("1"), count) for name, count in counts.items())
    if net:
        charges = ", ".join(f"{count:f} {ion}" for ion, count in ions)
        raise _error(text, start, f"the charges of {charges} sum to {net:+f}, 0 is wanted; change a count")
    return ions


@lru_cache(maxsize=1024)
def pretty(text: str) -> str:
    """Return a formula with subscripts, raised charge and "·"; other text comes back as it is, bar "OA-" as "OA⁻".

    >>> pretty("CO3-2"), pretty("Pb(OAc)2.3H2O"), pretty("OAm+")
    ('CO₃²⁻', 'Pb(OAc)₂·3H₂O', 'OAm⁺')
    """
    try:
        charge = parse_formula(text).charge
    except FormulaError:
        name = re.fullmatch(r"\s*([A-Za-z]+)([+-])\s*", text)
        return f"{name[1]}{name[2].translate(_RAISED)}" if name else text
    start, end = _span(text, MAX_TEXT)
    pieces = _pieces(text, start, _split_charge(text, start, end)[0])
    parts = [text[first:lead].translate(_PLAIN) + text[lead:stop].translate(_LOWERED) for first, lead, stop in pieces]
    sign = ("", "+", "-")[(charge > 0) - (charge < 0)]
    return "·".join(parts) + f"{abs(charge) if abs(charge) > 1 else ''}{sign}".translate(_RAISED)


def _error(text: str, position: int, message: str) -> FormulaError:
    """Return the error for a place in the text, the text first; what cannot be printed is escaped."""
    shown = "".join(character if character.isprintable() else repr(character)[1:-1] for character in message)
    return FormulaError(f"{text!r}, character {position + 1}: {shown}", position)


def _span(text: str, longest: int) -> tuple[int, int]:
    """Return where the text starts and ends without the blanks around it."""
    if len(text) > longest or not text.strip():
        message = f"the text has {len(text.strip())} characters, 1 to {longest} are wanted; write one such as CsPbI3"
        raise FormulaError(message, min(len(text), longest))
    return len(text) - len(text.lstrip()), len(text.rstrip())


def _read_formula(text: str) -> Formula:
    """Return the Formula of a text, without a proposal where a symbol is unknown."""
    start, end = _span(text, MAX_TEXT)
    end, charge = _split_charge(text, start, end)
    if text[start:end] == "NaN":
        raise _error(text, start, "programs write NaN for a missing number; sodium nitride is written Na3N")
    totals: dict[str, Decimal] = {}
    with localcontext(_EXACT):
        for first, lead, stop in _pieces(text, start, end):
            if first > start and text[lead:stop] == "H20":
                raise _error(text, lead, "'H20' is hydrogen alone; for water write H2O with the letter O")
            times, _ = _count_at(text, first, lead)
            for unit, count in _read_units(text, lead, stop, _UNITS).items():
                amounts = parse_formula(SHORTHANDS[unit]).elements if unit in SHORTHANDS else {unit: _ONE}
                _merge(totals, amounts, count * times)
    return Formula(text, tuple(sorted(totals.items())), charge)


def _split_charge(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where the formula ends and the charge written behind it, 0 if there is none."""
    found = _CHARGE.search(text, start, end)
    if not found:
        return end, 0
    plain = found[0].translate(_PLAIN)
    digits, sign = plain.strip("^+-"), "-" if "-" in plain else "+"
    if digits.startswith("0") or len(digits) > 2:
        raise _error(text, found.start(), f"the charge is {sign}{digits}, 1 to 99 is wanted; leave out a charge of 0")
    if not digits and "^" not in plain:
        _check_bare_sign(text, start, found.start(), sign)
    return found.start(), int(f"{sign}{digits or 1}")


def _check_bare_sign(text: str, start: int, end: int, sign: str) -> None:
    """Refuse ``Pb2+``, ``[PbI6]4-`` and ``CO32-``, where the last digit may be meant as the charge."""
    found, body = _BEFORE_SIGN.search(text, start, end), text[start:end]
    alone = found and (body[0] in "([" if found[1] in _PARTNER else body == found[0] and found[1] in _UNITS)
    # Counts of 10 and more are usual for C and H only (C5H12+); behind anything else the last digit is a charge.
    if found and (alone or (len(found[2]) > 1 and found[1][-1] not in "CH")):
        spellings = f"{body}{sign}1" if body[-1] == "0" else f"{body[:-1]}{sign}{body[-1]} or {body}{sign}1"
        raise _error(text, end - 1, f"{body}{sign} leaves open which digits are the charge; write {spellings}")


def _pieces(text: str, start: int, end: int) -> list[tuple[int, int, int]]:
    """Return the formula and its adducts, each as where it starts, where the count before it ends, where it ends."""
    pieces, first, lead, depth = [], start, start, 0
    for at in range(start, end):
        depth += (text[at] in "([") - (text[at] in _PARTNER)
        is_cut = text[at] in _SEPARATORS or (text[at] == "." and at >= lead)
        if depth <= 0 and is_cut and (text[at] != "." or _is_adduct_dot(text, lead, at, end)):
            pieces.append((first, lead, at))
            number = _COUNT.match(text, at + 1, end)
            first, lead = at + 1, number.end() if number else at + 1
    return [*pieces, (first, lead, end)]


def _is_adduct_dot(text: str, first: int, at: int, end: int) -> bool:
    """Return whether the dot begins an adduct, by the five rules of this module; raise where it may be either."""
    before, behind = text[first:at], re.split(f"[{_SEPARATORS}]", text[at + 1 : end])[0]
    tail = behind.translate(_PLAIN)
    number, lowered = re.match(r"([0-9]+)(\.[0-9]+)?", tail), before.endswith(tuple(_SUBSCRIPTS))
    if number is None or (lowered and behind[0] not in _SUBSCRIPTS) or re.search(r"\.[0-9]+\Z", before):
        return True
    whole = before[len(before.rstrip("0123456789")) :]
    if whole.startswith("0") or lowered:
        return False
    is_solvate = re.fullmatch(rf"{_ADDUCT}(?:\.{_ADDUCT})*", tail)
    rest = re.sub(rf"(?:\.{_ADDUCT})+\Z", "", tail[number.end() :])
    if whole and not number[2] and not is_solvate and (whole == "1" or re.fullmatch(_SURELY_DECIMAL, rest)):
        return False
    if is_solvate and whole != "1" and tail.startswith("0") == bool(number[2]):
        return True
    decimal = f"({before}.{number[1]})" if whole else f"{before}0.{number[1]}"
    spellings = f"{before}·{tail} or {decimal}{tail[len(number[1]) :]}"
    raise _error(text, at, f"the dot may be that of an adduct or a decimal point; write {spellings}")


def _read_units(text: str, start: int, end: int, known: Container[str]) -> dict[str, Decimal]:
    """Return the known units of a span with their counts, brackets multiplied out, in the order written."""
    stack: list[tuple[int, dict[str, Decimal]]] = [(start, {})]
    at = start
    while at < end:
        if text[at] in "([":
            stack.append((at, {}))
            at += 1
            if len(stack) > MAX_DEPTH + 1:
                raise _error(text, at - 1, f"brackets are nested deeper than {MAX_DEPTH}; multiply some out")
            continue
        if text[at] in _PARTNER:
            opened, amounts = stack.pop()
            if not stack or text[opened] != _PARTNER[text[at]]:
                raise _error(text, at, f"{text[at]!r} closes nothing; write the {_PARTNER[text[at]]!r} it belongs to")
            at += 1
        else:
            name = _unit_at(text, at, end, known)
            amounts = {name: _ONE}
            at += len(name)
        if not amounts:
            raise _error(text, at - 1, "the brackets are empty; write what they hold")
        count, at = _count_at(text, at, end)
        _merge(stack[-1][1], amounts, count)
    opened, amounts = stack[-1]
    if len(stack) > 1:
        raise _error(text, opened, f"{text[opened]!r} is not closed; write the bracket that ends it")
    if not amounts:
        raise _error(text, min(start, len(text) - 1), "nothing stands here, a formula is wanted, as in PbI2 or 3H2O")
    return amounts


def _unit_at(text: str, at: int, end: int, known: Container[str]) -> str:
    """Return the longest known unit here, of at most 4 characters; ``FAl`` is F and Al, ``BF43`` is not BF4."""
    for length in range(min(4, end - at), 0, -1):
        name, behind = text[at : at + length], text[at + length : min(at + length + 1, end)]
        torn = behind.islower() if name[-1].isupper() else name[-1].isdigit() and behind in tuple("0123456789.")
        if name in known and (length == 1 or not torn):
            return name
    # In "Xy" where X is known and "y" is not, "Xy" was meant.
    first = at - (text[at].islower() and text[at - 1 : at].isupper())
    found = re.match(r"[A-Z]?[a-z]+|", text[first:end])
    for characters, hint in _HINTS:
        if text[at] in characters:
            raise _error(text, at, f"{text[at]!r} stands where a symbol is wanted; {hint}")
    message = f"{(found and found[0]) or text[at]!r} is no symbol known here"
    raise _UnknownUnitError(str(_error(text, first, message)), first)


def _count_at(text: str, at: int, end: int) -> tuple[Decimal, int]:
    """Return the count that stands here, 1 if none does, and where it ends."""
    found = _COUNT.match(text, at, end)
    if not found:
        return _ONE, at
    digits = found[0].translate(_PLAIN)
    if text[found.end() : end].startswith(","):
        raise _error(text, found.end(), "a comma stands in a count; write a decimal with a point, as in Cs0.5")
    if len(digits.replace(".", "")) > MAX_DIGITS or not 0 < Decimal(digits) <= MAX_COUNT:
        raise _error(text, at, f"the count is {digits}; write one up to {MAX_COUNT} of at most {MAX_DIGITS} digits")
    if re.match("0[0-9]", digits):
        raise _error(text, at, f"the count {digits} starts with a zero; write {digits.lstrip('0')}, or the letter O")
    return Decimal(digits), found.end()


def _merge(totals: dict[str, Decimal], amounts: Mapping[str, Decimal], times: Decimal) -> None:
    """Add the amounts, multiplied, to the totals."""
    for name, amount in amounts.items():
        totals[name] = totals.get(name, Decimal(0)) + amount * times


def _suggestion(text: str, position: int) -> str:
    """Return the nearest text that can be read and differs in capitals only, else examples of known symbols."""
    names = re.compile("|".join(sorted(_FOLDED, key=len, reverse=True)), re.IGNORECASE | re.ASCII)
    for first in (position, max(position - 1, 0), 0):
        meant = text[:first] + names.sub(lambda found: _FOLDED[found[0].lower()], text[first:])
        try:
            _read_formula(meant)
        except FormulaError:
            continue
        if not re.search(_SLIP, meant):
            return f"did you mean {meant.strip()}?"
    return "an element or one of FA, MA, GA, PEA, OAc, acac, Me, Et ... is wanted"


def _read_side(text: str, start: int, end: int) -> tuple[tuple[str, Decimal], ...]:
    """Return the species of one side of a reaction with their coefficients."""
    terms: dict[str, Decimal] = {}
    cuts = [(start, start), *(plus.span() for plus in re.compile(r"\s\+\s").finditer(text, start, end)), (end, end)]
    for (_, first), (last, _) in pairwise(cuts):
        found = _TERM.fullmatch(text, first, last)
        if not found or re.search(r"\+(?![0-9]*\Z)", found[2]):
            raise _error(text, first, "one species is wanted here and blanks around +, as in A + 2 OA -> 2 OA-")
        with localcontext(_EXACT):
            _merge(terms, {found[2]: _ONE}, _count_at(text, *found.span(1))[0])
    return tuple(terms.items())
