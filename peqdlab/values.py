"""Read quantities, expressions, ranges and vessels of a protocol file, each with its place."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from peqdlab.expressions import names_in, parse_expression
from peqdlab.findings import Doubt, suggest
from peqdlab.preparation import Value
from peqdlab.reading import Reader, called
from peqdlab.units import (
    ARITHMETIC,
    KINDS,
    a_kind,
    example_of,
    is_bare,
    kind_of,
    parse_count,
    parse_number,
    parse_quantity,
    parse_unit,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peqdlab.expressions import Node
    from peqdlab.source import KeyPath
    from peqdlab.units import Quantity

_NOT_NEGATIVE: Final = tuple(
    KINDS[kind]
    for kind in ("mass", "volume", "amount", "duration", "rotation speed", "centrifugal acceleration", "ratio", "concentration")
)
_SMALLEST_ML: Final = Decimal("0.001")
_LEDGER_NAMES: Final = re.compile(r"(n|c|mass|volume|product)\.\w+\Z|volume\Z|scale\Z", re.ASCII)


class ValueReader(Reader):
    """A reader that also knows quantities and expressions."""

    def value(
        self, raw: Any, path: KeyPath, kinds: tuple[str, ...], names: Iterable[str] = (), *, bare: bool = False
    ) -> Value | None:
        """Return a quantity of one of the kinds, or an expression for one; None after a finding.

        ``kinds`` empty takes any kind; ``bare`` takes a number alone, as of a count;
        ``names`` are what an expression may use besides the ledger's own names.
        """
        if not isinstance(raw, str):
            self._not_a_text(raw, path, kinds)
            return None
        text, tag, locator = self.split_tag(raw, path)
        try:
            if text.startswith("="):
                node = parse_expression(text[1:].strip())
                self.known_names(node, path, names)
                return Value(path, text, tag, locator, expression=node)
            quantity, remark = _quantity_and_remark(text, kinds, bare=bare)
        except Doubt as doubt:
            self.doubt(path, doubt)
            return None
        if quantity.value < 0 and quantity.dimension in _NOT_NEGATIVE:
            self.report(path, "Q107", f"{text} is below zero", f"write {a_kind(kind_of(quantity.dimension))} of zero or more")
            return None
        return Value(path, text, tag, locator, quantity=quantity, remark=remark)

    def _not_a_text(self, raw: Any, path: KeyPath, kinds: tuple[str, ...]) -> None:
        if isinstance(raw, int | float | Decimal) and not isinstance(raw, bool):
            finite = isinstance(raw, int) or Decimal(raw).is_finite()
            shown = plain(Decimal(raw)) if finite and abs(Decimal(raw)) < Decimal("1e30") else str(raw)[:40]
            remedy = f'write the unit, as in "{example_of(kinds[0] if kinds else "mass")}"'
            self.report(path, "Q105" if finite else "Q102", f"{shown} is a bare number", remedy)
        else:
            wanted = " or ".join(map(a_kind, kinds or ("quantity",)))
            self.report(path, "L103", f"found {called(raw)}, {wanted} is wanted", f'write "{example_of(kinds[0] if kinds else "mass")}"')

    def known_names(self, node: Node, path: KeyPath, names: Iterable[str]) -> None:
        """Report every name in an expression that neither the template nor the ledger knows."""
        allowed = {*names}
        for name in names_in(node):
            if name not in allowed and not self.in_books(name):
                known = filter(self.in_books, ("mass.product", "volume", "n.Pb", "scale"))
                self.report(path, "X105", f"{name!r} is no name here", suggest(name, (*allowed, *known)))

    def in_books(self, name: str) -> bool:
        """Return whether the books know a quantity of this name, such as n.Pb or volume."""
        return _LEDGER_NAMES.match(name) is not None

    def range(self, raw: Any, path: KeyPath) -> tuple[Value | None, Value | None]:
        """Return both ends of a range such as ``140 °C to 200 °C [unverified]``."""
        if not isinstance(raw, str):
            self._not_a_text(raw, path, ())
            return None, None
        text, tag, locator = self.split_tag(raw, path)
        low, found, high = text.partition(" to ")
        if not found:
            self.report(path, "L112", f"range {text!r} has no ' to '", 'write range = "140 °C to 200 °C"')
            return None, None
        try:
            read = parse_count if is_bare(low) and is_bare(high) else parse_quantity
            least, most = read(low), read(high)
        except Doubt as doubt:
            self.doubt(path, doubt)
            return None, None
        if least.dimension != most.dimension:
            self.report(path, "L112", f"range {text!r} has ends of two kinds", 'write range = "140 °C to 200 °C"')
            return None, None
        if least.value > most.value:
            self.report(path, "L112", f"range {text!r} is the wrong way round", f'write range = "{high.strip()} to {low.strip()}"')
            return None, None
        return tuple(Value(path, end.strip(), tag, locator, quantity=found) for end, found in ((low, least), (high, most)))  # type: ignore[return-value]


def _quantity_and_remark(text: str, kinds: tuple[str, ...], *, bare: bool) -> tuple[Quantity, str]:
    amount, comma, remark = text.partition(",")
    if comma and re.search(r"\d\Z", amount) and re.match(r"\d", remark):
        amount, remark = text, ""  # a decimal comma: parse_quantity says so
    if bare and is_bare(amount):
        return parse_count(amount), remark.strip()
    quantity = parse_quantity(amount, difference="temperature difference" in kinds)
    if kinds and not any(quantity.is_kind(kind) for kind in kinds):
        found, wanted = a_kind(kind_of(quantity.dimension)), " or ".join(map(a_kind, kinds))
        remedy = f"write {a_kind(kinds[0])}, as in {example_of(kinds[0])}"
        if "centrifugal acceleration" in kinds and quantity.is_kind("mass"):
            remedy += f"; for times g {amount.rstrip(' g')} x g"
        raise Doubt("Q106", f"{amount.strip()} is {found}, needed {wanted}", remedy)
    return quantity, remark.strip()


def parse_vessel(text: str) -> tuple[Decimal, str]:
    """Return capacity in mL and kind of a text such as ``250 mL flask``, zero for ``substrates``; raise Doubt L114."""
    if text == "substrates":
        return Decimal(0), text
    try:
        number, rest = parse_number(text)
        unit, _, kind = rest.strip().partition(" ")
        factor, dimension = parse_unit(unit)
    except Doubt:
        factor, dimension, kind, number = Decimal(0), (), "", Decimal(0)
    if dimension != KINDS["volume"] or not kind.strip() or number * factor < _SMALLEST_ML:
        raise Doubt("L114", f"vessel {text!r} has no capacity and kind", 'write vessel = "250 mL flask", "50 mL tubes" or "substrates"')
    return ARITHMETIC.multiply(number, factor), kind.strip()


def has_bare_ends(text: Any) -> bool:
    """Return whether a range is one of numbers alone, such as ``2 to 5``: then its value may be one too."""
    ends = text.partition("[")[0].split(" to ") if isinstance(text, str) else ()
    return len(ends) == 2 and all(map(is_bare, ends))
