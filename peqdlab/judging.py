"""One path from a question to a verdict: what must hold, at which steps of the books, and how it is said where it does not."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from peqdlab.booking import book
from peqdlab.books import Room
from peqdlab.expressions import Verdict, evaluate, judge
from peqdlab.findings import Doubt
from peqdlab.language import POT
from peqdlab.ledger import balances
from peqdlab.moments import Moment, pot_value
from peqdlab.queries import NotRecordedError, ledger_value, product_concentration, room_value, vessel_of
from peqdlab.scaling import Sizes
from peqdlab.units import KINDS, RATIO, ZERO, Quantity, plain, show, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from peqdlab.books import Books, Inputs, StepRun
    from peqdlab.preparation import Check, Citation, Step, Tell, Template
    from peqdlab.reagents import Reagents


def is_asked_at(row: Check | Tell, step: Step) -> bool:
    """Return whether a check, or what is told, is about a step, by its name or verb: one of its own variant, where a plan joins several."""
    return step.path[0] == row.path[0] and row.at in (step.text_of("name"), step.verb.name)


def runs_asked(row: Check | Tell, books: Books) -> tuple[StepRun, ...]:
    """Return the steps that a check, or what is told, is about; at the end, the last one of its own variant."""
    if row.at == "end":
        return tuple(run for run in books.steps if run.step.path[0] == row.path[0])[-1:]
    return tuple(run for run in books.steps if is_asked_at(row, run.step))


class Question(NamedTuple):
    """A check with the steps at which it is asked; the answer is that of the first step where it does not hold.

    ``silent`` questions are general ones: they say nothing where the vessel has nothing to divide by.
    """

    check: Check
    asked_at: Callable[[Books], tuple[StepRun, ...]]
    citations: dict[str, Citation]
    silent: bool = False


def verdicts(question: Question, template: Template, books: Books, inputs: Inputs) -> Iterator[tuple[StepRun, Verdict]]:
    """Yield the verdict of a question at each of its steps where it can be judged; raises Doubt where its condition cannot be reckoned."""
    sizes = Sizes(template, inputs.scale, inputs.weighed, inputs.substrates, portions=inputs.portions)
    for run in question.asked_at(books):
        try:
            yield run, _judge(question.check, Moment(run, books, template, sizes), inputs)
        except NotRecordedError:
            continue
        except Doubt:
            if not question.silent:
                raise


def _judge(check: Check, moment: Moment, inputs: Inputs) -> Verdict:
    return judge(check.want, names_at(moment, inputs, check.at))


def names_at(moment: Moment, inputs: Inputs, at: str) -> Callable[[str], Quantity]:
    """Return what gives the value of a name at a step; ``at`` is end for what is there when its preparation is finished.

    What it returns raises NotRecordedError for what is not known, and Doubt for what cannot be reckoned.
    """
    run, books, template = moment.run, moment.books, moment.template

    def size(quantity: Quantity) -> Quantity:
        return moment.sizes.apply(quantity, run.preparation.name)  # an amount is as large as the books

    def lookup(name: str) -> Quantity:
        if name in books.late and name not in books.parameters:
            return evaluate(books.late[name], lookup, size)
        if name in template.parameters:
            if name not in books.parameters:  # it could not be reckoned, and has a finding of its own
                raise NotRecordedError(name)
            return size(books.parameters[name])
        if name in POT:
            return pot_value(name, moment)
        head, _, tail = name.partition(".")
        if head == "room":
            return room_value(tail, inputs.rooms.get(run.n, Room()))
        if head == "volume" and tail:
            return Quantity(_volume_ml(tail, run, books), KINDS["volume"])
        if head == "product":
            return product_concentration(books, tail, template.products)
        held = books.finished[run.preparation.name] if at == "end" else run.arrived
        return ledger_value(books.ledger, held, name, template.products)

    return lookup


def _volume_ml(preparation: str, run: StepRun, books: Books) -> Decimal:
    """Return the liquid (mL) in the vessel of another preparation after what a step put in."""
    until = balances(entry for entry in books.ledger.entries if entry.step <= run.n)
    held = until.get(vessel_of(preparation))
    return held.volume_ml if held is not None else ZERO


def side_of(question: Question, template: Template, reagents: Reagents, inputs: Inputs) -> int | None:
    """Return on which side of a question's bounds the books are: 0 within, -1 too low, 1 too high; None where it cannot be judged."""
    books = book(template, reagents, inputs)
    judged = False
    try:
        for _, verdict in verdicts(question, template, books, inputs):
            judged = True
            if not verdict.holds:
                return 1 if verdict.found.value > verdict.bound.value or verdict.sign == "<" else -1
    except Doubt:
        return None
    return 0 if judged else None


def shown(quantity: Quantity, check: Check) -> str:
    """Return what was found: a ratio as a plain number unless the check speaks of per cent, a temperature with no zeros added."""
    if quantity.dimension == RATIO and "%" not in check.want_text:
        return significant(quantity.value) if quantity.value.adjusted() > -10 else "0"
    if quantity.dimension == KINDS["temperature"]:
        return min(show(quantity), show(quantity, 4), key=len)
    if quantity.dimension == KINDS["duration"]:
        return show(quantity._replace(value=Decimal(significant(quantity.value))))  # in its own unit, no zeros added
    if quantity.dimension != RATIO:
        return show(quantity, 4)
    as_stated, rounded = plain(quantity.value * 100), significant(quantity.value * 100)
    return f"{min(as_stated, rounded, key=len)} %"


def shown_bound(quantity: Quantity, check: Check) -> str:
    """Return a bound as stated, not padded to four figures."""
    return plain(quantity.value) if quantity.dimension == RATIO and "%" not in check.want_text else show(quantity)
