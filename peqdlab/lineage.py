"""Which protocols of a chain stand behind which: the shell that one leaves and others exchange, and what belongs to the substrates."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from peqdlab.preparation import Exchange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peqdlab.preparation import Preparation, Step, Template


class Feed(NamedTuple):
    """What brings a need: which of the joined templates, counted from 0, and its preparation."""

    template: int
    preparation: str


def uses_of(preparation: Preparation) -> set[str]:
    """Return the names of the preparations and needs that a preparation draws from, dips into or warms."""
    return {name for step in preparation.steps for name in used_by(step)}


def used_by(step: Step) -> set[str]:
    """Return the names of the preparations and needs that a step draws from, dips into or warms."""
    drawn = {material.name for material in step.materials if material.is_preparation}
    return drawn | ({step.value.text} if step.verb.takes == "preparation" and step.value is not None else set())


def exchanges_of(templates: Sequence[Template], feeds: Mapping[tuple[int, str], Feed]) -> tuple[Exchange, ...]:
    """Return what a chain does to every shell that one of its protocols leaves, as far as another of them exchanges it.

    A protocol that leaves a shell of its own ends the one before it.
    """
    found = []
    for index, template in enumerate(templates):
        if template.leaves:
            by = tuple(templates[behind] for behind in _behind(index, templates, feeds) if templates[behind].reaches)
            found += [Exchange(template.leaves, template, by, before=bool(template.reaches))] if by else []
    return tuple(found)


def _behind(index: int, templates: Sequence[Template], feeds: Mapping[tuple[int, str], Feed]) -> list[int]:
    """Return the templates that what one makes goes into, on to the first that leaves a shell of its own."""
    open_, found = {index}, []
    for later in range(index + 1, len(templates)):
        if any(feed.template in open_ for (taker, _), feed in feeds.items() if taker == later):
            found.append(later)
            open_ |= set() if templates[later].leaves else {later}
    return found


def unsized(template: Template) -> frozenset[str]:
    """Return the preparations that hold no product off a substrate, and go into none that does: baths, films, contacts.

    There are as many of them as substrates ask for, whatever the size of the colloid.
    """
    bearing = {name for name, need in template.needs.items() if need.product is not None}
    for made in template.preparations:
        if made.forms_product or (not made.vessel.is_substrates and uses_of(made) & bearing):
            bearing.add(made.name)
    for made in reversed(template.preparations if bearing else ()):
        bearing |= uses_of(made) if made.name in bearing else set()
    return frozenset(made.name for made in template.preparations if bearing and made.name not in bearing)
