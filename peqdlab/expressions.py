"""The small expression language of templates: ``= mass.product / (50 mg/mL)`` and ``3 <= Pb/Cs <= 5``, dimension-checked."""

from __future__ import annotations

import operator
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.findings import Doubt
from peqdlab.units import ARITHMETIC, KINDS, NUMBER, RATIO, Quantity, a_kind, bounded, kind_of, parse_number, parse_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

_MAX_LENGTH: Final = 300
_MAX_DEPTH: Final = 30

# A number takes the unit that follows it: "50 mg/mL" is one value, "3 g / 2 mL" (spaces round the /) is two.
_UNIT: Final = r"(?:[%°℃µμA-Za-z]+(?:[23²³](?![\w]))?%?)(?:/[µμA-Za-z]+[23²³]?(?![\w.]))*"
_TOKEN: Final = re.compile(
    rf"\s*(?:(?P<number>{NUMBER.removeprefix('[+-]?')})[ ]*(?P<unit>(?!and\b){_UNIT})?"
    r"|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)"
    r"|(?P<mark><=|>=|==|[-+*/()<>≤≥]))",
    re.ASCII,
)
_COMPARE: Final = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "==": operator.eq}
CONDITIONS: Final = ("compare", "and")
AND: Final = ("name", "and", None)
_ASCII_MARK: Final = {"≤": "<=", "≥": ">="}


class Node(NamedTuple):
    """A parsed expression: ``kind`` is number, name, negate, an operator sign, compare or and; ``text`` is what was typed."""

    kind: str
    text: str = ""
    quantity: Quantity | None = None
    parts: tuple[Node, ...] = ()
    signs: tuple[str, ...] = ()


@lru_cache(maxsize=512)
def parse_expression(text: str) -> Node:
    """Return the tree of a sum, product, quotient or comparison chain of quantities and names, or of chains joined by ``and``.

    Raises Doubt X101 for text that is not such an expression (nothing else can be written: no calls, no strings,
    no attributes of Python), X102 where it is longer than 300 characters or nested deeper than 30.
    """
    if len(text) > _MAX_LENGTH:
        raise Doubt("X102", f"the expression has {len(text)} characters, at most {_MAX_LENGTH} are read", "split it with a set value")
    parser = _Parser(_tokens(text), text)
    parts = [parser.comparison(0)]
    while parts[-1].kind == "compare" and parser.rest[:1] == [AND]:
        parser.rest.pop(0)
        parts.append(parser.comparison(0))
    if parser.rest:
        raise parser.stray(parser.rest[0][1])
    if len(parts) > 1 and parts[-1].kind != "compare":
        raise Doubt("X103", f"{parts[-1].text[:60]!r} compares nothing", "write a condition after and, as in I/Pb > 1.9")
    return Node("and", text, parts=tuple(parts)) if len(parts) > 1 else parts[0]


def _tokens(text: str) -> list[tuple[str, str, Quantity | None]]:
    found: list[tuple[str, str, Quantity | None]] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _stray(text, text[position:].strip()[:1])
        if match["number"]:
            found.append(("number", match.group().strip(), _quantity(match["number"], match["unit"])))
        elif match["name"]:
            found.append(("name", match["name"], None))
        else:
            found.append(("mark", _ASCII_MARK.get(match["mark"], match["mark"]), None))
        position = match.end()
    return found


def _quantity(number: str, unit: str | None) -> Quantity:
    value, _ = parse_number(number)
    if unit is None:
        return Quantity(value, RATIO)
    factor, dimension = parse_unit(unit)
    return bounded(ARITHMETIC.multiply(value, factor), dimension)


def _stray(text: str, found: str) -> Doubt:
    return Doubt(
        "X101",
        f"{text[:60]!r} is not an expression: {found[:20]!r} cannot stand there",
        "use numbers with units, names such as n.Pb or mass.product, + - * / ( ) and <= >= < >",
    )


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, tokens: list[tuple[str, str, Quantity | None]], text: str) -> None:
        self.rest = tokens
        self.text = text

    def stray(self, found: str) -> Doubt:
        return _stray(self.text, found)

    def take(self, marks: tuple[str, ...]) -> str | None:
        if self.rest and self.rest[0][0] == "mark" and self.rest[0][1] in marks:
            return self.rest.pop(0)[1]
        return None

    def comparison(self, depth: int) -> Node:
        parts, signs = [self.chain(depth, 0)], []
        while sign := self.take(tuple(_COMPARE)):
            signs.append(sign)
            parts.append(self.chain(depth, 0))
        return Node("compare", self.text, parts=tuple(parts), signs=tuple(signs)) if signs else parts[0]

    def chain(self, depth: int, level: int) -> Node:
        marks = (("+", "-"), ("*", "/"))
        if level == len(marks):
            return self.atom(depth)
        node = self.chain(depth, level + 1)
        while sign := self.take(marks[level]):
            node = Node(sign, self.text, parts=(node, self.chain(depth, level + 1)))
        return node

    def atom(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise Doubt("X102", f"the expression is nested deeper than {_MAX_DEPTH}", "split it with a set value")
        if self.take(("-",)):
            return Node("negate", self.text, parts=(self.atom(depth + 1),))
        if self.take(("(",)):
            node = self.comparison(depth + 1)
            if not self.take((")",)):
                raise self.stray(self.rest[0][1] if self.rest else "the end")
            return node
        if not self.rest or self.rest[0][0] == "mark" or self.rest[0] == AND:
            raise self.stray(self.rest[0][1] if self.rest else "the end")
        kind, text, quantity = self.rest.pop(0)
        return Node(kind, text, quantity)


def evaluate(node: Node, lookup: Callable[[str], Quantity], literal: Callable[[Quantity], Quantity] | None = None) -> Quantity:
    """Return the value of an expression that is no comparison; ``lookup`` gives the value of a name, ``literal`` of a number.

    Raises Doubt X103 where dimensions do not fit, X104 for a division by zero, Q102 out of range, and what ``lookup`` raises.
    """
    if node.kind == "number" and node.quantity is not None:
        return literal(node.quantity) if literal else node.quantity
    if node.kind == "name":
        return lookup(node.text)
    if node.kind == "and":
        raise _compares(node)
    values = [evaluate(part, lookup, literal) for part in node.parts]
    if node.kind == "negate":
        return Quantity(ARITHMETIC.minus(values[0].value), values[0].dimension)
    if node.kind == "compare":
        raise _compares(node)
    return _combine(node.kind, *values)


def _compares(node: Node) -> Doubt:
    return Doubt("X103", f"{node.text[:60]!r} compares; a value is wanted here", "write a sum, product or quotient")


def _combine(sign: str, left: Quantity, right: Quantity) -> Quantity:
    if sign in "+-":
        _require_same(left, right)
        value = (ARITHMETIC.add if sign == "+" else ARITHMETIC.subtract)(left.value, right.value)
        return bounded(value, left.dimension)
    if KINDS["temperature"] in (left.dimension, right.dimension):
        raise Doubt("X103", "a temperature in °C cannot be multiplied or divided", "add or subtract a difference instead")
    if sign == "*":
        dimension = tuple(a + b for a, b in zip(left.dimension, right.dimension, strict=True))
        return bounded(ARITHMETIC.multiply(left.value, right.value), dimension)
    if not right.value:
        raise Doubt("X104", "the expression divides by zero", "check what is in the vessel at this step")
    dimension = tuple(a - b for a, b in zip(left.dimension, right.dimension, strict=True))
    return bounded(ARITHMETIC.divide(left.value, right.value), dimension)


def _require_same(left: Quantity, right: Quantity) -> None:
    if left.dimension != right.dimension:
        found, wanted = a_kind(kind_of(right.dimension)), a_kind(kind_of(left.dimension))
        raise Doubt("X103", f"{found} cannot be added to or compared with {wanted}", "give both sides the same kind of unit")


class Verdict(NamedTuple):
    """Whether a condition holds, and the two sides of the link that decides: what was found and the bound it met."""

    holds: bool
    found: Quantity
    bound: Quantity
    sign: str
    subject: Node


def judge(node: Node, lookup: Callable[[str], Quantity]) -> Verdict:
    """Return whether a comparison chain such as ``3 <= Pb/Cs <= 5``, or each of several, holds; with the first failing (or last) link."""
    if node.kind == "and":
        verdicts = [judge(part, lookup) for part in node.parts]
        return next((verdict for verdict in verdicts if not verdict.holds), verdicts[-1])
    if node.kind != "compare":
        raise Doubt("X103", f"{node.text[:60]!r} compares nothing", "write a condition, as in Pb/Cs >= 1.5")
    values = [evaluate(part, lookup) for part in node.parts]
    verdict: Verdict | None = None
    for index, sign in enumerate(node.signs):
        left, right = values[index], values[index + 1]
        _require_same(left, right)
        constant_first = not names_in(node.parts[index])
        found, bound = (right, left) if constant_first else (left, right)
        subject = node.parts[index + 1] if constant_first else node.parts[index]
        shown = {"<=": ">=", ">=": "<=", "<": ">", ">": "<"}.get(sign, sign) if constant_first else sign
        verdict = Verdict(_COMPARE[sign](left.value, right.value), found, bound, shown, subject)
        if not verdict.holds:
            break
    if verdict is None:
        raise Doubt("X103", f"{node.text[:60]!r} compares nothing", "write a condition, as in Pb/Cs >= 1.5")
    return verdict


def names_in(node: Node) -> tuple[str, ...]:
    """Return every name that an expression uses, in the order of reading."""
    if node.kind == "name":
        return (node.text,)
    return tuple(name for part in node.parts for name in names_in(part))


def way_back(name: str, uses: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the shortest way from a parameter through what it uses back to itself; empty where there is none."""
    ways: list[tuple[str, ...]] = [(name,)]
    seen: set[str] = set()
    for way in ways:
        for used in uses[way[-1]]:
            if used == name:
                return (*way, name)
            if used in uses and used not in seen:
                seen.add(used)
                ways.append((*way, used))
    return ()


def source_of(node: Node) -> str:
    """Return the text of a node again, as in ``Pb/Cs``: it parses to the same tree.

    >>> source_of(parse_expression("n.Pb / ((a + b) * 2 mL)"))
    'n.Pb / ((a + b) * 2 mL)'
    """
    if node.kind in {"number", "name"}:
        return node.text
    if node.kind == "negate":
        return f"-{_bracketed(node.parts[0], ('+', '-', '*', '/', 'compare'))}"
    if node.kind == "and":
        return " and ".join(source_of(part) for part in node.parts)
    if node.kind == "compare":
        first, *others = (_bracketed(part, ("compare",)) for part in node.parts)
        return " ".join((first, *(f"{sign} {part}" for sign, part in zip(node.signs, others, strict=True))))
    left, right = node.parts
    if node.kind == "/" and left.kind == right.kind == "name":
        return f"{left.text}/{right.text}"
    loose = ("compare",) if node.kind in "+-" else ("+", "-", "compare")
    tight = ("+", "-", "compare") if node.kind in "+-" else ("+", "-", "*", "/", "compare")
    return f"{_bracketed(left, loose)} {node.kind} {_bracketed(right, tight)}"


def _bracketed(node: Node, kinds: tuple[str, ...]) -> str:
    return f"({source_of(node)})" if node.kind in kinds else source_of(node)


def constant(value: Decimal) -> Quantity:
    """Return a bare number as a quantity."""
    return Quantity(value, RATIO)
