"""Read one variant of a protocol file: every key against the language table, every value with its place."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from peqdlab import language
from peqdlab.expressions import names_in, parse_expression
from peqdlab.findings import Doubt, Finding, suggest
from peqdlab.template import Citation, Value
from peqdlab.units import ARITHMETIC, KINDS, a_kind, example_of, kind_of, parse_number, parse_quantity, parse_unit, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from peqdlab.expressions import Node
    from peqdlab.language import Key
    from peqdlab.source import KeyPath, Source
    from peqdlab.units import Quantity

# Both take linear time: a search that may start anywhere has no two parts that match the same blanks.
_TAG: Final = re.compile(r"\[([A-Za-z][\w-]*)(?:\s([^\[\]]*))?\]\Z")
_ANY_TAG: Final = re.compile(r"\[([A-Za-z][\w-]*)(?:\s[^\[\]]*)?\]")
IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_NOT_NEGATIVE: Final = tuple(KINDS[kind] for kind in ("mass", "volume", "amount", "duration", "rotation speed", "ratio", "concentration"))
_LEDGER_NAMES: Final = re.compile(r"(n|c|mass|volume)\.\w+\Z|volume\Z|scale\Z", re.ASCII)

_LONGEST_SENTENCE: Final = 400


class Reader:
    """Parse values of one file, collecting findings with their places; never raises for what the file says."""

    def __init__(self, source: Source, default_source: str = "", citations: Mapping[str, Citation] | None = None) -> None:
        self.source = source
        self.findings: list[Finding] = []
        self.default_source = default_source
        self.citations = dict(citations or {})
        self.tags: list[tuple[KeyPath, str]] = []

    def report(self, path: KeyPath, code: str, message: str, remedy: str, *, key: bool = False) -> None:
        """Add an error at the value of a path, or at its key."""
        place = self.source.key_place(path) if key else self.source.place(path)
        self.findings.append(Finding("error", code, place, _said(message), _said(remedy)))

    def doubt(self, path: KeyPath, doubt: Doubt) -> None:
        """Add a parser's doubt about the value of a path."""
        self.report(path, doubt.code, doubt.message, doubt.remedy)

    # tables ----------------------------------------------------------------------------------------------------------

    def table(self, data: Any, path: KeyPath, keys: Mapping[str, Key], what: str) -> dict[str, Any] | None:
        """Return a table after checking its keys against the language; None where it is no table."""
        if not isinstance(data, dict):
            self.report(path, "L103", f"{what} is {_called(data)}, a table is wanted", f"write {what} as a table: {{ … }}")
            return None
        for name in data:
            if name not in keys:
                self.report((*path, name), "L101", f"{what} has no key {name!r}", suggest(name, keys), key=True)
        for key in keys.values():
            if key.required and key.name not in data:
                self.report(path, "L102", f"{what} has no {key.name}: {key.means}", f"add {key.name} = …")
        return data

    def tables(self, data: Mapping[str, Any], path: KeyPath, name: str) -> dict[str, Any]:
        """Return a table of named tables, such as ``set`` or ``make``; empty where it is absent."""
        found = data.get(name, {})
        if isinstance(found, dict):
            return found
        self.report((*path, name), "L103", f"{name} is {_called(found)}, a table is wanted", f"write [{'.'.join(map(str, (*path, name)))}]")
        return {}

    def named(self, name: str, path: KeyPath, what: str) -> bool:
        """Return whether expressions can use a name; report it otherwise."""
        if IDENTIFIER.match(name):
            return True
        self.report(path, "L108", f"{what} {name!r} is not a name", "use letters, digits and _, starting with a letter", key=True)
        return False

    # texts -----------------------------------------------------------------------------------------------------------

    def text(self, data: Mapping[str, Any], path: KeyPath, key: Key) -> Value | None:
        """Return a text value with its source; None where it is absent or not as wanted."""
        raw = data.get(key.name)
        if raw is None:
            return None
        where = (*path, key.name)
        if not isinstance(raw, str):
            self.report(where, "L103", f"{key.name} is {_called(raw)}, a text is wanted", f'write {key.name} = "…"')
            return None
        text, tag, locator = self.split_tag(raw, where)
        if key.choices and text not in key.choices:
            self.report(where, "L104", f"{key.name} is {text!r}", suggest(text, key.choices))
            return None
        return Value(where, text, tag, locator)

    def texts(self, data: Mapping[str, Any], path: KeyPath, name: str) -> tuple[str, ...]:
        """Return a list of texts; empty where it is absent or not as wanted."""
        raw = data.get(name, [])
        if isinstance(raw, list) and all(isinstance(item, str) for item in raw):
            return tuple(raw)
        self.report((*path, name), "L103", f"{name} is {_called(raw)}, a list of texts is wanted", f'write {name} = ["…", "…"]')
        return ()

    def split_tag(self, text: str, path: KeyPath) -> tuple[str, str, str]:
        """Return text, source tag and locator: ``10 s [review 3.1]`` is 10 s, review, 3.1."""
        text = text.strip()
        match = _TAG.search(text)
        if match is None:
            return text, self.default_source, ""
        tag, locator = match[1], (match[2] or "").strip()
        self.known_tag(tag, path)
        self.tags.append((path, tag))
        return text[: match.start()].strip(), tag, locator

    def known_tag(self, tag: str, path: KeyPath) -> None:
        """Report a source tag that [sources] does not define."""
        typed = self.source.data.get("sources")
        if isinstance(typed, dict) and tag in typed:
            return  # a source that could not be read has a finding of its own
        if tag not in self.citations and tag not in language.BUILT_IN_SOURCES:
            known = (*self.citations, *language.BUILT_IN_SOURCES)
            self.report(path, "L107", f"source {tag!r} is not defined in [sources]", suggest(tag, known))

    def tags_in(self, text: str, path: KeyPath) -> tuple[str, ...]:
        """Return every source tag inside a sentence, reporting the unknown ones."""
        tags = tuple(dict.fromkeys(_ANY_TAG.findall(text)))
        for tag in tags:
            self.known_tag(tag, path)
        return tags

    # quantities ------------------------------------------------------------------------------------------------------

    def value(self, raw: Any, path: KeyPath, kinds: tuple[str, ...], names: Iterable[str] = ()) -> Value | None:
        """Return a quantity of one of the kinds, or an expression for one; None after a finding.

        ``kinds`` empty takes any kind; ``names`` are what an expression may use besides the ledger's own names.
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
            quantity, remark = _quantity_and_remark(text, kinds)
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
            self.report(path, "L103", f"found {_called(raw)}, {wanted} is wanted", f'write "{example_of(kinds[0] if kinds else "mass")}"')

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
            ends = tuple(Value(path, end.strip(), tag, locator, quantity=parse_quantity(end)) for end in (low, high))
        except Doubt as doubt:
            self.doubt(path, doubt)
            return None, None
        return ends[0], ends[1]


def _quantity_and_remark(text: str, kinds: tuple[str, ...]) -> tuple[Quantity, str]:
    amount, _, remark = text.partition(",")
    if re.search(r"\d\Z", amount) and re.match(r"\d", remark):
        amount, remark = text, ""  # a decimal comma: parse_quantity says so
    quantity = parse_quantity(amount)
    if kinds and not any(quantity.is_kind(kind) for kind in kinds):
        found, wanted = a_kind(kind_of(quantity.dimension)), " or ".join(map(a_kind, kinds))
        raise Doubt("Q106", f"{amount.strip()} is {found}, needed {wanted}", f"write {a_kind(kinds[0])}, as in {example_of(kinds[0])}")
    return quantity, remark.strip()


def parse_vessel(text: str) -> tuple[Decimal, str]:
    """Return capacity in mL and kind of a text such as ``250 mL flask``; raise Doubt L114."""
    try:
        number, rest = parse_number(text)
        unit, _, kind = rest.strip().partition(" ")
        factor, dimension = parse_unit(unit)
    except Doubt:
        factor, dimension, kind, number = Decimal(0), (), "", Decimal(0)
    if dimension != KINDS["volume"] or not kind.strip() or number <= 0:
        raise Doubt("L114", f"vessel {text!r} has no capacity and kind", 'write vessel = "250 mL flask" or "50 mL tubes"')
    return ARITHMETIC.multiply(number, factor), kind.strip()


def _said(sentence: str) -> str:
    """Return a sentence of readable length in which nothing typed can break the line or reach the terminal."""
    shown = sentence if len(sentence) <= _LONGEST_SENTENCE else f"{sentence[:_LONGEST_SENTENCE]}…"
    return "".join(c if c.isprintable() else f"\\u{ord(c):04X}" for c in shown)


def _called(value: Any) -> str:
    names = {dict: "a table", list: "a list", str: "a text", bool: "true or false", int: "a number", Decimal: "a number"}
    return names.get(type(value), "a date or time")
