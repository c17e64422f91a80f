"""Questions to the books: the checks that a template declares, the labels of its stocks, and how much of it is unverified."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.booking import book
from peqdlab.books import Inputs, Room, StepRun
from peqdlab.expressions import Verdict, judge, source_of
from peqdlab.findings import Doubt, Finding, Place
from peqdlab.language import DOUBTFUL
from peqdlab.queries import NotRecordedError, ledger_value, room_value
from peqdlab.scaling import Sizes
from peqdlab.solving import TooLongError, four_figures, nearest, neat, outward
from peqdlab.units import ARITHMETIC, RATIO, Quantity, plain, show, significant

if TYPE_CHECKING:
    from peqdlab.books import Books
    from peqdlab.preparation import Check, Template
    from peqdlab.reagents import Reagents

# A label or a printed grade is remarked on from this relative difference (the contract's 1 %).
REMARKABLE: Final = Decimal("0.01")
# How many steps are booked, in all, to solve for the remedies of one plan: a quarter of a second.
_MOST_STEPS: Final = 8_000


def check_declared(template: Template, books: Books, reagents: Reagents, inputs: Inputs) -> tuple[Finding, ...]:
    """Return a finding for every check of the template that does not hold where it can be judged.

    A check of the room is judged at every step of its name where the room was recorded; any other at the last such step, with
    what is in the vessel before reaction.
    """
    findings: list[Finding] = []
    failed: list[tuple[Check, Verdict, StepRun]] = []
    for check in template.checks:
        for run in _moments(check, books):
            try:
                verdict = _judge(check, template, books, run, inputs)
            except NotRecordedError:
                continue
            except Doubt as doubt:
                findings.append(doubt.at(template.source.place((*check.path, "want"))))
                continue
            if not verdict.holds:
                failed.append((check, verdict, run))
    most = _MOST_STEPS // max(len(failed) * len(books.steps), 1)
    for check, verdict, run in failed:
        findings.append(_finding(check, verdict, template, run, _Remedy(check, template, reagents, inputs, books, run.n).text(most)))
    return tuple(findings)


def _moments(check: Check, books: Books) -> tuple[StepRun, ...]:
    """Return the steps at which a check is judged."""
    if check.at == "end":
        matching = books.steps[-1:]
    else:
        matching = [run for run in books.steps if check.at in (run.step.text_of("name"), run.step.verb.name)]
    return tuple(matching if "room." in check.want_text else matching[-1:])


def _judge(check: Check, template: Template, books: Books, run: StepRun, inputs: Inputs) -> Verdict:
    sizes = Sizes(template, inputs.scale, inputs.weighed)  # a parameter that is an amount is as large as the books

    def lookup(name: str) -> Quantity:
        if name in template.parameters:
            if name not in books.parameters:  # it could not be reckoned, and has a finding of its own
                raise NotRecordedError(name)
            return sizes.apply(books.parameters[name], run.preparation.name)
        head, _, tail = name.partition(".")
        if head == "room":
            return room_value(tail, inputs.rooms.get(run.n, Room()))
        held = books.finished[run.preparation.name] if check.at == "end" else run.arrived
        return ledger_value(books.ledger, held, name, template.product)

    return judge(check.want, lookup)


def _finding(check: Check, verdict: Verdict, template: Template, run: StepRun, remedy: str) -> Finding:
    subject, step = source_of(verdict.subject), f"step {run.n}" + (f" ({check.at})" if check.at != "end" else "")
    citations = "; ".join(cited(template, tag) for tag in check.sources)
    return Finding(
        check.severity,  # type: ignore[arg-type]
        check.name,
        _place(check, template, run),
        f"{subject} is {_shown(verdict.found, check)} at {step}, wanted {check.want_text}: {check.why}",
        remedy,
        limit=f"{subject} {verdict.sign} {_bound(verdict.bound, check)}",
        source=citations or None,
        scope=check.scope or None,
    )


def cited(template: Template, tag: str) -> str:
    """Return a source tag as its citation, DOI included where known."""
    citation = template.citations.get(tag)
    if citation is None:
        return tag
    return f"{citation.cite}, doi:{citation.doi}" if citation.doi else citation.cite


def _shown(quantity: Quantity, check: Check) -> str:
    """Return a ratio as a plain number unless the check speaks of per cent."""
    if quantity.dimension == RATIO and "%" not in check.want_text:
        return significant(quantity.value) if quantity.value.adjusted() > -10 else "0"
    return show(quantity, 4) if quantity.dimension != RATIO else f"{plain(quantity.value * 100)} %"


def _bound(quantity: Quantity, check: Check) -> str:
    """Return a bound as stated, not padded to four figures."""
    return plain(quantity.value) if quantity.dimension == RATIO and "%" not in check.want_text else show(quantity)


def _place(check: Check, template: Template, run: StepRun) -> Place:
    """Return the place of the value that the user can change."""
    if check.fix.startswith("room."):
        return Place(f"{check.fix} at step {run.n}")
    if check.fix in template.parameters:
        return template.source.place(template.parameters[check.fix].value.path)
    used = [
        material.path for made in template.preparations for step in made.steps for material in step.materials if material.name == check.fix
    ]
    return template.source.place(used[-1] if used else check.path)


# remedies that are solved for ----------------------------------------------------------------------------------------


class _Remedy(NamedTuple):
    """What is asked of the books to solve for the fix of one check that does not hold at a step."""

    check: Check
    template: Template
    reagents: Reagents
    inputs: Inputs
    books: Books
    n: int

    def text(self, most: int) -> str:
        """Return what to type: the value of ``fix`` nearest to the present one with which the check holds, in ``most`` trials."""
        check, want = self.check, self.check.want_text
        if check.fix.startswith("room."):
            return f"bring the room to {want}, or go on and say why with --note"
        solve = self.parameter if check.fix in self.template.parameters else self.scale if check.fix == "scale" else self.material
        try:
            return solve(most)
        except TooLongError:
            return f"try other values of {check.fix} until {want} holds: the protocol is too long to solve for it"

    def material(self, most: int) -> str:
        """Return the amounts of a material, all changed by one factor."""
        fix, inputs = self.check.fix, self.inputs
        uses = [use for run in self.books.steps for use in run.uses if use.material.name == fix]

        def side(factor: Decimal) -> int | None:
            return self.side(inputs._replace(factors={**inputs.factors, fix: factor}))

        factor = nearest(side, most) if uses else None
        if factor is None:
            return f"no amount of {fix} alone makes {self.check.want_text} hold: check the other materials"
        factor = neat(factor, uses[0].quantity.value, side)
        amounts = [outward(Quantity(use.quantity.value * factor, use.quantity.dimension), factor) for use in uses]
        return f"{fix} {'at least' if factor > 1 else 'at most'} {' + '.join(amounts)}"

    def scale(self, most: int) -> str:
        """Return the scale."""
        from fractions import Fraction

        inputs = self.inputs

        def side(factor: Decimal) -> int | None:
            return self.side(inputs._replace(scale=inputs.scale * Fraction(factor)))

        factor = nearest(side, most)
        if factor is None:
            return f"no scale makes {self.check.want_text} hold"
        now = Decimal(inputs.scale.numerator) / Decimal(inputs.scale.denominator)
        factor = neat(factor, now, side)
        return f"--scale {plain(four_figures(now * factor, factor))}"

    def parameter(self, most: int) -> str:
        """Return the value of a parameter."""
        fix, inputs, now = self.check.fix, self.inputs, self.books.parameters.get(self.check.fix)
        start = now or Quantity(Decimal(1), RATIO)
        span = abs(start.value) or Decimal(100)

        def at(factor: Decimal) -> Quantity:
            """Return the present value times a factor; from zero, and below it, a step of the same span."""
            return Quantity(start.value + (factor - 1) * span, start.dimension)

        def side(factor: Decimal) -> int | None:
            return self.side(inputs._replace(settings={**inputs.settings, fix: at(factor)}))

        factor = nearest(side, most) if now is not None else None
        if factor is None:
            return f"no value of {fix} makes {self.check.want_text} hold: check the other values"
        if start.value > 0:
            factor = neat(factor, start.value, side)
        return f"--set {fix}={outward(at(factor), factor).replace(' ', '')}"

    def side(self, inputs: Inputs) -> int | None:
        """Return on which side of the check's bounds the books are: 0 within, -1 too low, 1 too high; None where it cannot be judged."""
        books = book(self.template, self.reagents, inputs)
        run = next((run for run in books.steps if run.n == self.n), None)
        try:
            verdict = _judge(self.check, self.template, books, run, inputs) if run is not None else None
        except (Doubt, NotRecordedError):
            return None
        if verdict is None or verdict.holds:
            return None if verdict is None else 0
        return 1 if verdict.found.value > verdict.bound.value else -1


# labels and evidence -------------------------------------------------------------------------------------------------


def label_difference(label: Decimal, computed: Decimal) -> Decimal:
    """Return how far a computed concentration lies below its label, relative to the label."""
    return ARITHMETIC.divide(label - computed, label) if label else Decimal(-1 if computed else 0)


def check_unverified(template: Template) -> tuple[Finding, ...]:
    """Return one note that counts the values without a source read, and the repaired digits."""
    evidence = [evidence_of(template, tag) for path, tag in template.tags if path[-1] != "why"]
    unverified, repaired = (sum(kind == doubtful for kind in evidence) for doubtful in DOUBTFUL)
    unread = evidence_of(template, template.default_source) in DOUBTFUL
    if not unverified and not repaired and not unread:
        return ()
    parts = [
        *([f"{unverified} value{'s are' if unverified > 1 else ' is'} unverified"] if unverified else []),
        *([f"{repaired} digit{'s were' if repaired > 1 else ' was'} repaired in a damaged scan"] if repaired else []),
        *(["the source of every value that names none was not read"] if unread else []),
    ]
    them = "it prints" if unverified + repaired == 1 and not unread else "they print"
    message = f"{' and '.join(parts)}; {them} with a ? on the sheet"
    remedy = "look each one up and name its source in place of [unverified]"
    return (Finding("note", "U001", template.source.place((template.variant,)), message, remedy),)


def evidence_of(template: Template, tag: str) -> str:
    """Return the evidence of a source tag: the tag itself where it is built in."""
    citation = template.citations.get(tag)
    return citation.evidence if citation else tag
