"""A hot injection or a flow in the books: the step at which its product forms, what feeds the pot, and by which route the halide comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from peqdlab.moments import sites_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peqdlab.books import Books, StepRun, Use
    from peqdlab.moments import Sites
    from peqdlab.reagents import Reagent, Reagents


class Injection(NamedTuple):
    """An injection or flow at which the product forms; ``feeding`` has the pot and every preparation that went into it, the pot first."""

    run: StepRun
    sites: Sites
    feeding: tuple[str, ...]
    route: str

    @property
    def pot(self) -> str:
        """Return the name of the preparation that the product forms in."""
        return self.run.preparation.name


def injections_of(books: Books) -> tuple[Injection, ...]:
    """Return every injection and flow at which a product ABX3 forms."""
    found = []
    for run in books.forming:
        sites = sites_of(run.preparation.product, books.ledger.reagents)
        if sites is not None and run.step.verb.name in ("inject", "flow"):
            uses = tuple(feeding_uses(books, run.preparation.name, run.n))
            feeding = tuple(dict.fromkeys((run.preparation.name, *(use.preparation for use in uses))))
            found.append(Injection(run, sites, feeding, _route(uses, sites, books.ledger.reagents)))
    return tuple(found)


def feeding_uses(books: Books, pot: str, until: int) -> Iterator[Use]:
    """Yield what went into a preparation up to a step, the last first, and then into what it was made of."""
    waiting, seen = [pot], {pot}
    while waiting:
        name = waiting.pop(0)
        for run in reversed(books.steps):
            if run.preparation.name != name or run.n > until:
                continue
            for use in run.uses:
                yield use
                if use.material.is_preparation and use.material.name not in seen:
                    seen.add(use.material.name)
                    waiting.append(use.material.name)


def _route(uses: tuple[Use, ...], sites: Sites, reagents: Reagents) -> str:
    """Return binary, mixed or ternary: whether the lead halide is the only halide, one of several, or none."""
    halides = [use.reagent for use in uses if use.reagent and use.amount_mmol and brings(use.reagent, sites.x.parts, reagents)]
    with_metal = [reagent for reagent in halides if brings(reagent, sites.metal.parts, reagents)]
    if not with_metal:
        return "ternary"
    return "binary" if len(with_metal) == len(halides) else "mixed"


def brings(reagent: Reagent, parts: tuple[str, ...], reagents: Reagents) -> bool:
    """Return whether a reagent delivers one of these parts."""
    return any(part in reagents.parts(species) for species, _ in reagent.delivers for part in parts)
