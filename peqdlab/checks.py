"""Questions to the books: the checks that a template declares, the labels of its stocks, and how much of it is unverified."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Final

from peqdlab.booking import book
from peqdlab.books import Inputs, Room, StepRun
from peqdlab.expressions import Verdict, judge, source_of
from peqdlab.findings import Doubt, Finding, Place
from peqdlab.language import DOUBTFUL
from peqdlab.queries import NotRecordedError, ledger_value, room_value
from peqdlab.scaling import Sizes
from peqdlab.units import ARITHMETIC, RATIO, Quantity, plain, show, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from peqdlab.books import Books
    from peqdlab.preparation import Check, Template
    from peqdlab.reagents import Reagents

# A label or a printed grade is remarked on from this relative difference (the contract's 1 %).
REMARKABLE: Final = Decimal("0.01")
_SEARCH_DECADES: Final = 3
_SEARCH_STEPS: Final = 24


def check_declared(template: Template, books: Books, reagents: Reagents, inputs: Inputs) -> tuple[Finding, ...]:
    """Return a finding for every check of the template that does not hold where it can be judged.

    A check of the room is judged at every step of its name where the room was recorded; any other at the last such step, with
    what is in the vessel before reaction.
    """
    findings = []
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
                findings.append(_finding(check, verdict, template, run, _solve(check, template, reagents, inputs, run.n)))
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


def _solve(check: Check, template: Template, reagents: Reagents, inputs: Inputs, n: int) -> str:
    """Return what to type: the value of ``fix`` nearest to the present one with which the check holds."""
    if check.fix.startswith("room."):
        return f"bring the room to {check.want_text}, or go on and say why with --note"
    if check.fix in template.parameters:
        return _solve_parameter(check, template, reagents, inputs, n)
    if check.fix == "scale":
        return _solve_scale(check, template, reagents, inputs, n)
    uses = [use for run in book(template, reagents, inputs).steps for use in run.uses if use.material.name == check.fix]

    def side(factor: Decimal) -> int | None:
        return _side(check, template, reagents, inputs._replace(factors={**inputs.factors, check.fix: factor}), n)

    factor = _nearest(side)
    if factor is None or not uses:
        return f"no amount of {check.fix} alone makes {check.want_text} hold: check the other materials"
    factor = _neat(factor, uses[0].quantity.value, side)
    word, rounding = ("at least", ROUND_CEILING) if factor > 1 else ("at most", ROUND_FLOOR)
    amounts = [_rounded(Quantity(use.quantity.value * factor, use.quantity.dimension), rounding) for use in uses]
    return f"{check.fix} {word} {' + '.join(amounts)}"


def _solve_scale(check: Check, template: Template, reagents: Reagents, inputs: Inputs, n: int) -> str:
    from fractions import Fraction

    def side(factor: Decimal) -> int | None:
        return _side(check, template, reagents, inputs._replace(scale=inputs.scale * Fraction(factor)), n)

    factor = _nearest(side)
    if factor is None:
        return f"no scale makes {check.want_text} hold"
    now = Decimal(inputs.scale.numerator) / Decimal(inputs.scale.denominator)
    factor = _neat(factor, now, side)
    return f"--scale {plain(_four_figures(now * factor, ROUND_CEILING if factor > 1 else ROUND_FLOOR))}"


def _solve_parameter(check: Check, template: Template, reagents: Reagents, inputs: Inputs, n: int) -> str:
    now = book(template, reagents, inputs).parameters.get(check.fix)

    def at(factor: Decimal) -> Quantity:
        """Return the present value times a factor; from zero, and below it, a step of the same span."""
        start = now or Quantity(Decimal(1), RATIO)
        span = abs(start.value) or Decimal(100)
        return Quantity(start.value + (factor - 1) * span, start.dimension)

    def side(factor: Decimal) -> int | None:
        if now is None:
            return None
        given = at(factor)
        return _side(check, template, reagents, inputs._replace(settings={**inputs.settings, check.fix: given}), n)

    factor = _nearest(side)
    if factor is None or now is None:
        return f"no value of {check.fix} makes {check.want_text} hold: check the other values"
    if now.value > 0:
        factor = _neat(factor, now.value, side)
    rounding = ROUND_CEILING if factor > 1 else ROUND_FLOOR
    return f"--set {check.fix}={_rounded(at(factor), rounding).replace(' ', '')}"


def _side(check: Check, template: Template, reagents: Reagents, inputs: Inputs, n: int) -> int | None:
    """Return on which side of a check's bounds the books are: 0 within, -1 too low, 1 too high; None where it cannot be judged."""
    books = book(template, reagents, inputs)
    run = next((run for run in books.steps if run.n == n), None)
    try:
        verdict = _judge(check, template, books, run, inputs) if run is not None else None
    except (Doubt, NotRecordedError):
        return None
    if verdict is None or verdict.holds:
        return None if verdict is None else 0
    return 1 if verdict.found.value > verdict.bound.value else -1


def _nearest(side: Callable[[Decimal], int | None]) -> Decimal | None:
    """Return the factor nearest to 1 (within 1000) with which a check holds, bisected to seven figures on the side that holds."""
    start = side(Decimal(1))
    for near, far in _outward():
        good, bad = _between(side, near, far, start), near
        if good is not None:
            while abs(good - bad) > good * Decimal("1e-7"):
                middle = ARITHMETIC.divide(good + bad, Decimal(2))
                good, bad = (middle, bad) if side(middle) == 0 else (good, middle)
            return good
    return None


def _neat(factor: Decimal, value: Decimal, side: Callable[[Decimal], int | None]) -> Decimal:
    """Return the factor that makes a value a number of four figures, where the check holds with it; else the factor itself."""
    if not value:
        return factor
    wanted = ARITHMETIC.multiply(value, factor)
    rounded = wanted.quantize(Decimal(1).scaleb(wanted.adjusted() - 3), context=ARITHMETIC)
    neat = ARITHMETIC.divide(rounded, value)
    return neat if side(neat) == 0 else factor


def _between(side: Callable[[Decimal], int | None], bad: Decimal, far: Decimal, start: int | None) -> Decimal | None:
    """Return a factor up to ``far`` that holds: itself, or one in a window narrower than the step that crossed it."""
    found = side(far)
    if found == 0:
        return far
    while start and found == -start and abs(far - bad) > far * Decimal("1e-7"):
        middle = ARITHMETIC.divide(far + bad, Decimal(2))
        there = side(middle)
        if there == 0:
            return middle
        bad, far = (middle, far) if there == start else (bad, middle)
    return None


def _outward() -> Iterator[tuple[Decimal, Decimal]]:
    ratio = ARITHMETIC.power(Decimal(10), ARITHMETIC.divide(Decimal(_SEARCH_DECADES), Decimal(_SEARCH_STEPS)))
    up = down = Decimal(1)
    for _ in range(_SEARCH_STEPS):
        up, last_up = ARITHMETIC.multiply(up, ratio), up
        yield last_up, up
        down, last_down = ARITHMETIC.divide(down, ratio), down
        yield last_down, down


def _rounded(quantity: Quantity, rounding: str) -> str:
    """Return a quantity with four figures, rounded so that the check still holds."""
    return show(Quantity(_four_figures(quantity.value, rounding), quantity.dimension))


def _four_figures(value: Decimal, rounding: str) -> Decimal:
    """Return a number rounded to four figures in a direction; what stands behind the twentieth figure is dust, not a direction."""
    clean = value.quantize(Decimal(1).scaleb(value.adjusted() - 19), context=ARITHMETIC)
    return clean.quantize(Decimal(1).scaleb(clean.adjusted() - 3), rounding=rounding, context=ARITHMETIC)


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
