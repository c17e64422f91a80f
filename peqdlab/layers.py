"""The layers of a film: what each was coated from, how often and how long it has met a bath since."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from peqdlab.ledger import Account, Contents
from peqdlab.units import ARITHMETIC, ZERO

if TYPE_CHECKING:
    from peqdlab.books import Books, StepRun


class Layer(NamedTuple):
    """One layer, lowest first: the step that coated it, of what, and its exposure since, in all and by bath (seconds)."""

    step: int
    ink: str
    dips: int
    exposure_s: Decimal
    baths: dict[str, Decimal]


class Ink(NamedTuple):
    """An ink of the plan's own making: how much of it there is, how much is coated, and for how many substrates it would do."""

    name: str
    made_ml: Decimal
    used_ml: Decimal
    substrates: int


def brought_by(run: StepRun, books: Books) -> Contents:
    """Return what a step puts on the substrates, before any of it is spun off or runs off."""
    brought, target = Contents(), Account("vessel", run.preparation.name)
    for entry in books.ledger.entries:
        if entry.step == run.n and entry.target == target:
            brought.book(entry.moved, 1)
    return brought


def inks_of(books: Books, substrates: int) -> tuple[Ink, ...]:
    """Return every preparation that is coated, with how far it goes; one from elsewhere, of which there is no end, is left out."""
    return _drawn(books, substrates, [run for run in books.steps if run.step.verb.books == "coat"])


def drawn_of(books: Books, substrates: int) -> tuple[Ink, ...]:
    """Return every preparation of which some is drawn for each substrate, with how far it goes, all that is drawn of it counted."""
    for_each = {use.material.name for run in books.steps for use in run.uses if use.material.scales == "per substrate"}
    return tuple(ink for ink in _drawn(books, substrates, books.steps) if ink.name in for_each)


def _drawn(books: Books, substrates: int, steps: list[StepRun]) -> tuple[Ink, ...]:
    used: dict[str, Decimal] = {}
    for run in steps:
        for use in run.uses:
            if use.material.is_preparation and use.volume_ml:
                used[use.material.name] = used.get(use.material.name, ZERO) + use.volume_ml
    made = {name: books.finished[name].volume_ml for name in used if name in books.finished}
    return tuple(
        Ink(name, made[name], volume, int(ARITHMETIC.divide(ARITHMETIC.multiply(made[name], Decimal(substrates)), volume)))
        for name, volume in used.items()
        if made.get(name)
    )


def layers_of(books: Books) -> tuple[Layer, ...]:
    """Return the layers of the last film that a plan makes; layer k of n meets every bath that comes after it.

    A dip or a flood counts as one exposure of its stated time; a rinse does not, since its time is not set.
    """
    films: dict[str, list[Layer]] = {}
    last: str | None = None
    for run in books.steps:
        made = run.preparation.name
        if not run.preparation.vessel.is_substrates:
            continue
        if run.step.verb.books == "start" and run.step.value is not None:
            films[made] = [*films.get(made, []), *films.get(run.step.value.text, [])]
        films[made] = _after(films.get(made, []), run)
        last = made
    return tuple(films[last]) if last is not None else ()


def _after(layers: list[Layer], run: StepRun) -> list[Layer]:
    if run.step.verb.books == "coat":
        return [*layers, Layer(run.n, " + ".join(use.material.name for use in run.uses), 0, ZERO, {})]
    if run.step.verb.name not in ("dip", "flood"):
        return layers
    bath = run.step.value.text if run.step.value is not None else " + ".join(use.material.name for use in run.uses)
    seconds = run.values["for"].value if "for" in run.values else ZERO
    return [
        layer._replace(
            dips=layer.dips + 1,
            exposure_s=layer.exposure_s + seconds,
            baths={**layer.baths, bath: layer.baths.get(bath, ZERO) + seconds},
        )
        for layer in layers
    ]
