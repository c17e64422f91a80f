"""The time or temperature of a step as a parameter, so that it can be set by the step's name: ``soak.time``, ``film.dip.time``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.expressions import Node
from peqdlab.findings import Doubt, suggest
from peqdlab.preparation import Parameter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peqdlab.preparation import Preparation, Step, Template, Value

# What may be set of a step: the kind of the verb's own value, and else the adverbs that say it.
_SAID_BY: Final = {"time": ("quantity:duration", ("for",)), "temperature": ("quantity:temperature", ("to", "at"))}


class Settable(NamedTuple):
    """A template, and the parameter of it that a name stands for."""

    template: Template
    parameter: str


class _Found(NamedTuple):
    """One step with the value that is asked for: the adverb that says it (empty for the verb's own)."""

    preparation: str
    step: Step
    adverb: str
    value: Value | None


def settable(template: Template, name: str) -> Settable:
    """Return the parameter of a name: one of the template, or the time or temperature of a step.

    A step goes by its name, else by its verb; ``PREPARATION.STEP.time`` where several do. Where the step's value is a parameter
    already, that is the one; what it states itself becomes a parameter of this name, without a range. Raises Doubt A103.
    """
    if name in template.parameters:
        return Settable(template, name)
    where, dot, what = name.rpartition(".")
    if not dot or what not in _SAID_BY:
        known = {*template.parameters, *_names(template)} if dot else template.parameters
        raise Doubt("A103", f"the variant has no parameter {name!r}", suggest(name, known))
    steps = [_of(made, step, what) for made, step in steps_named(template, where)]
    found = [each for each in steps if each.value is not None]
    if not found:
        said = f"{where} states no {what}" if steps else f"the plan has no step {where!r}"
        raise Doubt("A103", said, suggest(name, _names(template)))
    named = {_parameter_of(each.value, template) for each in found}
    if len(named) == 1 and "" not in named:
        return Settable(template, named.pop())
    if len(found) > 1:
        raise _several(name, found)
    return Settable(_opened(template, name, found[0]), name)


def with_settable(template: Template, names: Iterable[str]) -> Template:
    """Return a template in which every name is one of its parameters; raises Doubt A103."""
    for name in names:
        template = settable(template, name).template
    return template


def steps_named(template: Template, where: str) -> list[tuple[Preparation, Step]]:
    """Return the steps of a name, else of a verb, of all preparations or the one in front of it: ``soak``, ``film.dip``."""
    head, dot, rest = where.partition(".")
    made = template.preparation(head) if dot else None
    among = [(made, step) for step in made.steps] if made else [(each, step) for each in template.preparations for step in each.steps]
    called = rest if made else where
    named = [(each, step) for each, step in among if step.text_of("name") == called]
    return named or [(each, step) for each, step in among if step.verb.name == called]


def _of(made: Preparation, step: Step, what: str) -> _Found:
    own, adverbs = _SAID_BY[what]
    if step.verb.takes == own:
        return _Found(made.name, step, "", step.value)
    adverb = next((name for name in adverbs if name in step.adverbs), "")
    return _Found(made.name, step, adverb, step.value_of(adverb) if adverb else None)


def _names(template: Template) -> set[str]:
    """Return every name by which the time or temperature of a step can be set."""
    steps = [(made, step, step.text_of("name") or step.verb.name) for made in template.preparations for step in made.steps]
    return {f"{called}.{what}" for made, step, called in steps for what in _SAID_BY if _of(made, step, what).value is not None}


def _parameter_of(value: Value | None, template: Template) -> str:
    node = value.expression if value else None
    return node.text if node is not None and node.kind == "name" and node.text in template.parameters else ""


def _several(name: str, found: list[_Found]) -> Doubt:
    preparations = list(dict.fromkeys(each.preparation for each in found))
    where, _, what = name.rpartition(".")
    message = f"{where} is at {len(found)} steps, of {', '.join(preparations)}"
    if len(preparations) == 1:
        return Doubt("A103", message, 'give one of them a name in the protocol, as in name = "soak"')
    return Doubt("A103", message, f"say which: {' or '.join(f'{made}.{where}.{what}' for made in preparations)}")


def _opened(template: Template, name: str, found: _Found) -> Template:
    """Return the template with what a step states made a parameter of this name."""
    value = found.value
    if value is None:
        return template
    named = value._replace(text=f"= {name}", quantity=None, expression=Node("name", name))

    def stating(step: Step) -> Step:
        if step.path != found.step.path:
            return step
        return step._replace(adverbs={**step.adverbs, found.adverb: named}) if found.adverb else step._replace(value=named)

    preparations = tuple(made._replace(steps=tuple(map(stating, made.steps))) for made in template.preparations)
    parameter = Parameter(name, value.path, value, None, None, "")
    return template._replace(preparations=preparations, parameters={**template.parameters, name: parameter})
