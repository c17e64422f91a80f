"""From --use to the parts of a plan and the stocks on its shelf: a protocol, a batch, or a volume that is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.errors import UsageError
from peqdlab.findings import Doubt, Finding, Place, suggest
from peqdlab.joining import assemble, feeding
from peqdlab.preparation import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peqdlab.books import Stock
    from peqdlab.ledger import Contents
    from peqdlab.preparation import Template
    from peqdlab.reagents import Reagents

_BATCH: Final = re.compile(r"([Bb]\d{1,9})(?:\.(\w+))?\Z", re.ASCII)
_VOLUME: Final = re.compile(r"\s*[\d.]")


class Fed(NamedTuple):
    """The template of a plan's parts, and what is on its shelf."""

    template: Template
    stocks: dict[str, Stock]


def fed_template(templates: Sequence[Template], uses: Sequence[str], store: str | None, reagents: Reagents) -> Fed:
    """Return several templates as one, with what --use brings; raises UsageError with every doubt about --use at once."""
    before: list[Part] = []
    stocks: dict[str, Stock] = {}
    gives: list[list[tuple[str, str]]] = [[] for _ in templates]
    doubts: list[Finding] = []
    seen: set[str] = set()
    for text in uses:
        name, sign, value = (part.strip() for part in text.partition("="))
        try:
            if not sign or not value:
                raise Doubt("A102", f"{text[:40]!r} is not NAME=VALUE", "write --use cs_oleate=20mL or --use ink=B0001")  # noqa: TRY301
            if name in seen:
                raise Doubt("N103", f"{name} is fed twice", "name one thing that brings it")  # noqa: TRY301
            seen.add(name)
            user = _user_of(name, templates)
            if batch := _BATCH.match(value):
                stocks[name] = _from_batch(batch[1], batch[2] or name, store)
            elif _VOLUME.match(value):
                stocks[name] = _from_shelf(user, name, value, reagents)
            elif (maker := _maker_of(value, templates)) is not None:
                gives[maker].append((name, value))
            else:
                before.append(_from_protocol(name, value, reagents))
        except Doubt as doubt:
            doubts.append(doubt.at(Place(f"--use {name[:40]}")))
    if doubts:
        raise UsageError(*doubts)
    parts = [*before, *(Part(template, tuple(gives[index])) for index, template in enumerate(templates))]
    if not uses and len(parts) == 1:
        return Fed(templates[0], {})
    try:
        return Fed(assemble(parts, stocks), stocks)
    except Doubt as doubt:
        raise UsageError(doubt.at(Place("argument PROTOCOL"))) from None


def _user_of(name: str, templates: Sequence[Template]) -> Template:
    """Return the template that needs a name, or else makes it."""
    users = [template for template in templates if name in template.needs] or [made for made in templates if made.preparation(name)]
    if users:
        return users[0]
    known = [known for template in templates for known in (*template.needs, *(made.name for made in template.preparations))]
    raise Doubt("N103", f"the plan neither needs nor makes {name!r}", suggest(name, known))


def _maker_of(preparation: str, templates: Sequence[Template]) -> int | None:
    """Return which of the templates, but the last, makes a preparation of this name; None where none does."""
    return next((index for index, template in enumerate(templates[:-1]) if template.preparation(preparation)), None)


def _from_shelf(user: Template, name: str, text: str, reagents: Reagents) -> Stock:
    from peqdlab.stocks import read_stock

    return read_stock(text, _recipe(user, name, reagents), reagents, user.products)


def _recipe(user: Template, name: str, reagents: Reagents) -> Contents:
    """Return what a need says that it holds, or what a template's own preparation comes to."""
    from peqdlab.booking import book
    from peqdlab.books import Inputs
    from peqdlab.films import one_ml_of

    if name in user.needs:
        return one_ml_of(user.needs[name], reagents)
    return book(user, reagents, Inputs()).finished[name]


def _from_protocol(need: str, value: str, reagents: Reagents) -> Part:
    """Return the part of ``PROTOCOL/VARIANT`` or ``PROTOCOL/VARIANT.PREPARATION`` that brings a need."""
    from peqdlab.catalog import open_template
    from peqdlab.cli.folders import folders_for

    name, dot, preparation = value.rpartition(".")
    if not dot or "/" in preparation or preparation == "toml":
        name, preparation = value, ""
    template = open_template(name, reagents, folders_for(name))
    return Part(template, ((need, feeding(template, need, preparation or None)),), only=True)


def _from_batch(batch: str, preparation: str, store: str | None) -> Stock:
    """Return what is left of a preparation of a batch, as the batch really went."""
    from peqdlab.books import Stock
    from peqdlab.cli.stores import load_batch, open_record
    from peqdlab.queries import vessel_of
    from peqdlab.record import as_run

    with open_record(store) as opened:
        record = load_batch(opened, batch)
    ran = as_run(record)
    made = ran.books.finished
    if preparation not in made:
        preparation = next(reversed(made)) if made else preparation
    left = ran.books.ledger.contents(vessel_of(preparation))
    if not left.species:
        message = f"nothing is left of {preparation} of {record.batch}"
        raise Doubt("N103", message, f"name another of its preparations, as in --use NAME={record.batch}.{next(reversed(made))}")
    return Stock(f"{record.batch}.{preparation}", left.copy())
