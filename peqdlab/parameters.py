"""The parameters of a template: their values, given or as typed, and whether they are within their ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peqdlab.expressions import evaluate, names_in
from peqdlab.findings import Doubt, Finding, Place
from peqdlab.units import is_bare, parse_count, parse_quantity, plain, restate, show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peqdlab.preparation import Parameter, Template, Value
    from peqdlab.units import Quantity


def read_setting(parameter: Parameter, text: str) -> Quantity:
    """Return the value that a text gives a parameter; a number alone only where the template has one itself; raises Doubt."""
    return parse_count(text) if is_bare(parameter.value.text) else parse_quantity(text)


def restate_setting(parameter: Parameter, value: Quantity) -> str:
    """Return the value of a parameter as text that reads back to it: a number alone where the template has one."""
    return plain(value.value) if is_bare(parameter.value.text) and parse_count(plain(value.value)) == value else restate(value)


class UnknownValueError(Exception):
    """A value that could not be had; the reason has been reported where it arose."""


def evaluate_parameters(template: Template, settings: Mapping[str, Quantity]) -> tuple[dict[str, Quantity], tuple[Finding, ...]]:
    """Return the value of every parameter that has one, and what is wrong with the others; settings win over the template."""
    values: dict[str, Quantity] = {}
    findings: list[Finding] = []

    def lookup(name: str) -> Quantity:
        if name not in values:
            raise UnknownValueError(name)
        return values[name]

    for name in _used_first(template.parameters):
        parameter = template.parameters[name]
        typed = parameter.value
        try:
            values[name] = settings.get(name) or typed.quantity or evaluate(typed.expression, lookup)  # type: ignore[arg-type]
        except UnknownValueError:
            continue
        except Doubt as doubt:
            findings.append(doubt.at(template.source.place(typed.path)))
            continue
        findings += _bounds(template, parameter, values[name], given=name in settings)
    return values, tuple(findings)


def _used_first(parameters: dict[str, Parameter]) -> dict[str, None]:
    """Return the names of parameters, those that others use first, so that a long chain of them needs no deep stack."""
    order: dict[str, None] = {}
    waiting = [*reversed(parameters)]
    while waiting:
        name = waiting[-1]
        node = parameters[name].value.expression
        missing = [used for used in names_in(node) if used in parameters and used not in order] if node and name not in order else []
        if missing:
            waiting += missing
        else:
            order[waiting.pop()] = None
    return order


def _bounds(template: Template, parameter: Parameter, found: Quantity, *, given: bool) -> list[Finding]:
    """Return a finding where a value lies outside the range of its parameter, or is of another kind."""
    for end, word, beyond in ((parameter.low, "at least", -1), (parameter.high, "at most", 1)):
        if end is None or end.quantity is None:
            continue
        if end.quantity.dimension != found.dimension:
            return [_other_kind(_place(template, parameter, given=given), parameter.name, found, end.quantity)]
        if (found.value - end.quantity.value) * beyond > 0:
            return [_out_of_range(_place(template, parameter, given=given), parameter, found, word, end)]
    return []


def _place(template: Template, parameter: Parameter, *, given: bool) -> Place:
    return Place(f"--set {parameter.name}") if given else template.source.place(parameter.value.path)


def _other_kind(place: Place, name: str, found: Quantity, end: Quantity) -> Finding:
    message = f"{name} is {show(found)}, its range is given in {show(end).rpartition(' ')[2]}"
    return Finding("error", "Q106", place, message, f"write a value like {show(end)}")


def _out_of_range(place: Place, parameter: Parameter, found: Quantity, word: str, end: Value) -> Finding:
    name, given = parameter.name, restate_setting(parameter, found)
    limit = restate_setting(parameter, end.quantity) if end.quantity else end.text
    return Finding(
        "error", "L113", place, f"{name} is {given}, {word} {limit} is within its range", f"set {name} to {word} {limit}",
        limit=f"{word} {limit}", source=end.source, scope=parameter.why or None,
    )  # fmt: skip
