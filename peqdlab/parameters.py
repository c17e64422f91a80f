"""The parameters of a template: their values, given or as typed, and whether they are within their ranges."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from peqdlab.expressions import evaluate, names_in
from peqdlab.findings import Doubt, Finding, Place
from peqdlab.units import is_bare, parse_count, parse_quantity, plain, restate, show, significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from peqdlab.expressions import Node
    from peqdlab.preparation import Parameter, Template, Value
    from peqdlab.units import Quantity


def read_setting(parameter: Parameter, text: str) -> Quantity:
    """Return the value that a text gives a parameter; a number alone only where the template has one itself; raises Doubt."""
    return parse_count(text) if is_number(parameter) else parse_quantity(text)


def is_number(parameter: Parameter) -> bool:
    """Return whether a parameter is a number alone: as typed, or where it is reckoned, by its range."""
    typed = parameter.value if parameter.value.expression is None else parameter.low
    return typed is not None and is_bare(typed.text)


def restate_setting(parameter: Parameter, value: Quantity) -> str:
    """Return the value of a parameter as text that reads back to it: a number alone where the template has one."""
    return plain(value.value) if is_number(parameter) and parse_count(plain(value.value)) == value else restate(value)


class UnknownValueError(Exception):
    """A value that could not be had; the reason has been reported where it arose."""


def rivals_of(name: str, parameters: Mapping[str, Parameter], settings: Iterable[str]) -> tuple[str, ...]:
    """Return the settings that say the same as another one would: the parameter itself, or another way to say it."""
    mine = _said_by(name, parameters)
    return tuple(other for other in settings if other in parameters and mine & _said_by(other, parameters))


def _said_by(name: str, parameters: Mapping[str, Parameter]) -> frozenset[str]:
    """Return the parameters that have a value where one is set: itself, and those that it gives, all the way."""
    said, waiting = set(), [name]
    while waiting:
        each = waiting.pop()
        if each not in said and each in parameters:
            said.add(each)
            waiting += [given for given, _ in parameters[each].gives]
    return frozenset(said)


class Evaluated(NamedTuple):
    """The values of parameters; those that need to know what a vessel holds, as expressions; and what is wrong."""

    values: dict[str, Quantity]
    late: dict[str, Node]
    findings: tuple[Finding, ...]


def evaluate_parameters(template: Template, settings: Mapping[str, Quantity]) -> Evaluated:
    """Return the value of every parameter that has one, what is reckoned later, and what is wrong; settings win over the template.

    A setting that is another way to say a parameter wins over that too. Two settings that say the same are a finding.
    """
    parameters = template.parameters
    gives = {given: (name, value) for name in settings if name in parameters for given, value in _gives(name, parameters).items()}
    nodes = {name: row.value.expression for name, row in parameters.items() if row.value.expression is not None}
    nodes |= {given: value.expression for given, (_, value) in gives.items() if value.expression is not None}
    nodes = {name: node for name, node in nodes.items() if name not in settings}
    values: dict[str, Quantity] = {}
    findings = list(_said_twice(parameters, settings))

    def lookup(name: str) -> Quantity:
        if name not in values:
            raise UnknownValueError(name)
        return values[name]

    for name in _used_first(parameters, nodes):
        parameter = parameters[name]
        by, typed = gives.get(name, ("", parameter.value))
        try:
            known = settings.get(name) or (None if name in nodes else typed.quantity)
            values[name] = known or evaluate(nodes[name], lookup)
        except UnknownValueError:
            continue
        except Doubt as doubt:
            findings.append(doubt.at(template.source.place(typed.path)))
            continue
        findings += _bounds(template, parameter, values[name], given=name if name in settings else by)
    return Evaluated(values, _late(parameters, nodes), tuple(findings))


def _gives(name: str, parameters: Mapping[str, Parameter]) -> dict[str, Value]:
    """Return what follows from a setting for other parameters, all the way, each with the expression for it."""
    found: dict[str, Value] = {}
    waiting = [name]
    while waiting:
        for given, value in parameters[waiting.pop()].gives:
            if given != name and given not in found and given in parameters:
                found[given] = value
                waiting.append(given)
    return found


def _said_twice(parameters: Mapping[str, Parameter], settings: Mapping[str, Quantity]) -> Iterator[Finding]:
    """Yield a finding for every two settings that say the same; the later one is named as the place."""
    names = [name for name in settings if name in parameters]
    for index, name in enumerate(names):
        for other in rivals_of(name, parameters, names[:index]):
            shared = [each for each in parameters if each in _said_by(name, parameters) & _said_by(other, parameters)]
            message = f"{other} and {name} are both set, and each of them gives {shared[0]}"
            remedy = f"leave --set {name} or --set {other} out"
            yield Finding("error", "A111", Place(f"--set {name}"), message, remedy, limit="one of them")


def _late(parameters: Mapping[str, Parameter], nodes: Mapping[str, Node]) -> dict[str, Node]:
    """Return the expressions that use what a vessel holds, be it through others; ``nodes`` are in no circle."""
    late: dict[str, Node] = {}
    for name in _used_first(parameters, nodes):
        if name in nodes and any(used in late or used not in parameters for used in names_in(nodes[name])):
            late[name] = nodes[name]
    return late


def _used_first(parameters: Mapping[str, Parameter], nodes: Mapping[str, Node]) -> dict[str, None]:
    """Return the names of parameters, those that others use first, so that a long chain of them needs no deep stack."""
    order: dict[str, None] = {}
    opened: set[str] = set()  # a way to say one that leads back to it is refused where the template is read
    waiting = [*parameters][::-1]
    while waiting:
        name = waiting[-1]
        node = nodes.get(name)
        missing = [used for used in names_in(node) if used in parameters and used not in order] if node and name not in opened else []
        opened.add(name)
        if missing:
            waiting += missing
        else:
            order[waiting.pop()] = None
    return order


def _bounds(template: Template, parameter: Parameter, found: Quantity, *, given: str) -> list[Finding]:
    """Return a finding where a value lies outside the range of its parameter, or is of another kind; ``given`` is what it was set by."""
    for end, word, beyond in ((parameter.low, "at least", -1), (parameter.high, "at most", 1)):
        if end is None or end.quantity is None:
            continue
        if end.quantity.dimension != found.dimension:
            return [_other_kind(_place(template, parameter, given=given), parameter.name, found, end.quantity)]
        if (found.value - end.quantity.value) * beyond > 0:
            return [_out_of_range(_place(template, parameter, given=given), parameter, found, word, end, given)]
    return []


def _place(template: Template, parameter: Parameter, *, given: str) -> Place:
    return Place(f"--set {given}") if given else template.source.place(parameter.value.path)


def _other_kind(place: Place, name: str, found: Quantity, end: Quantity) -> Finding:
    message = f"{name} is {show(found)}, its range is given in {show(end).rpartition(' ')[2]}"
    return Finding("error", "Q106", place, message, f"write a value like {show(end)}")


def _out_of_range(place: Place, parameter: Parameter, found: Quantity, word: str, end: Value, by: str) -> Finding:
    name = parameter.name
    is_reckoned = by not in ("", name)
    given = restate_setting(parameter, found._replace(value=Decimal(significant(found.value))) if is_reckoned else found)
    limit = restate_setting(parameter, end.quantity) if end.quantity else end.text
    instead = f" in place of {by}" if is_reckoned else ""
    return Finding(
        "error", "L113", place, f"{name} is {given}, {word} {limit} is within its range", f"set {name} to {word} {limit}{instead}",
        limit=f"{word} {limit}", source=end.source, scope=parameter.why or None,
    )  # fmt: skip
