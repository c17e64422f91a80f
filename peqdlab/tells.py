"""What a plan says of its steps: declared estimates and shares, reckoned from the books, with words for them and their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from peqdlab.expressions import evaluate, judge
from peqdlab.findings import Doubt
from peqdlab.judging import names_at, runs_asked
from peqdlab.moments import Moment
from peqdlab.queries import NotRecordedError
from peqdlab.scaling import Sizes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peqdlab.books import Books, Inputs, StepRun
    from peqdlab.preparation import Tell, Template
    from peqdlab.units import Quantity


class Told(NamedTuple):
    """One thing that is said of a step: the quantity there, and the words for it, if any."""

    tell: Tell
    run: StepRun
    found: Quantity
    reads: str


def told_of(template: Template, books: Books, inputs: Inputs) -> tuple[Told, ...]:
    """Return what a template tells, where the books know it; nothing of what cannot be reckoned there."""
    if books.incomplete:
        return ()
    sizes = Sizes(template, inputs.scale, inputs.weighed, inputs.substrates)
    return tuple(told for tell in template.tells for told in _told(tell, template, books, inputs, sizes))


def _told(tell: Tell, template: Template, books: Books, inputs: Inputs, sizes: Sizes) -> Iterator[Told]:
    for run in runs_asked(tell, books)[-1:]:
        lookup = names_at(Moment(run, books, template, sizes), inputs, tell.at)
        try:
            found = tell.value.quantity or evaluate(tell.value.expression, lookup)  # type: ignore[arg-type]
            reads = next((words for words, node in tell.reads if judge(node, lookup).holds), "")
        except (Doubt, NotRecordedError):
            continue
        yield Told(tell, run, found, reads)

