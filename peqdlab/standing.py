"""What as-run figures rest on where nobody logged, and what can still be done about what the books of a run found."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from peqdlab.booking import book
from peqdlab.plan import make_plan
from peqdlab.stoichiometry import stoichiometry_of
from peqdlab.units import ARITHMETIC, Quantity

if TYPE_CHECKING:
    from peqdlab.findings import Finding
    from peqdlab.plan import Plan
    from peqdlab.record import BatchRecord

OF_ALL: Final = "ceiling"
# How much an amount is moved to see what follows it, and what is more than the remainder of a division at 40 digits.
_NUDGE, _DUST = Decimal("1.01"), Decimal("1e-20")
_IN_THIS_BATCH: Final = (
    "log what is missing, correct a wrong reading (--correct CODE=VALUE --reason TEXT), or add what came of it (--note TEXT)"
)


def not_logged(record: BatchRecord, ran: Plan) -> tuple[str, ...]:
    """Return the codes of the amounts that a run takes from the plan: neither logged nor stated as planned."""
    codes = [use.code for run in ran.books.steps for use in run.uses if use.code]
    return tuple(code for code in codes if code not in record.actuals and code not in record.as_planned)


def assumed(record: BatchRecord, ran: Plan) -> dict[str, tuple[str, ...]]:
    """Return by ratio the codes of the amounts that it takes from the plan because they were not logged; ``ceiling`` has them all.

    Each such amount is moved by 1 % and booked again: a ratio rests on it if it moves.
    """
    before = ran.stoichiometry
    last = ran.books.forming[-1].n if ran.books.forming else 0
    early = {use.code for run in ran.books.steps if run.n <= last for use in run.uses}
    found: dict[str, list[str]] = {name: [] for name in before.ratios} if before else {}
    for code in not_logged(record, ran) if before else ():
        if code not in early:
            continue
        amount = ran.inputs.amounts[code]
        moved = {**ran.inputs.amounts, code: Quantity(ARITHMETIC.multiply(amount.value, _NUDGE), amount.dimension)}
        after = stoichiometry_of(ran.template, book(ran.template, ran.reagents, ran.inputs._replace(amounts=moved)))
        for name, ratio in before.ratios.items() if before else ():
            if after is None or name not in after.ratios or abs(after.ratios[name] - ratio) > abs(ratio) * _DUST:
                found[name].append(code)
    whole = dict.fromkeys(code for codes in found.values() for code in codes)
    return {name: tuple(codes) for name, codes in found.items()} | ({OF_ALL: tuple(whole)} if before else {})


def still_possible(record: BatchRecord, ran: Plan) -> tuple[Finding, ...]:
    """Return what a run found, each with what can still be done: no bigger vessel for a pot that is finished."""
    reached = max((int(step[0]) for code in _touched(record) if (step := re.match(r"\d+", code))), default=0)
    found = tuple(_with_remedy(finding, ran, reached=reached, is_closed=record.closed is not None) for finding in ran.findings)
    return found if record.closed else _solved_again(found, record, ran, reached)


def _solved_again(found: tuple[Finding, ...], record: BatchRecord, ran: Plan, reached: int) -> tuple[Finding, ...]:
    """Return the findings, the remedies of steps to come solved for with what is still to be put in free to change."""
    if not any((_step_of(finding, ran) or 0) > reached for finding in found):
        return found
    logged = {code: ran.inputs.amounts[code] for code in record.actuals if code in ran.inputs.amounts}
    free = make_plan(ran.template, ran.reagents, ran.inputs._replace(amounts=logged), ran.accepted)
    solved = {(finding.code, finding.where.key): finding.remedy for finding in free.findings}
    return tuple(
        finding._replace(remedy=solved.get((finding.code, finding.where.key), finding.remedy))
        if (_step_of(finding, ran) or 0) > reached
        else finding
        for finding in found
    )


def _touched(record: BatchRecord) -> tuple[str, ...]:
    """Return every code and step of which something was said: the batch has come that far."""
    return (*record.actuals, *record.as_planned, *record.conditions)


def _with_remedy(finding: Finding, ran: Plan, *, reached: int, is_closed: bool) -> Finding:
    step = _step_of(finding, ran)
    if finding.where.key.startswith("room."):
        return finding._replace(remedy=_IN_THIS_BATCH) if is_closed else finding
    if step is None:  # about the protocol as a whole, which is frozen with the batch
        return finding._replace(remedy=f"for the next batch: {finding.remedy}") if reached or is_closed else finding
    return finding._replace(remedy=_IN_THIS_BATCH) if is_closed or step <= reached else finding


def _step_of(finding: Finding, ran: Plan) -> int | None:
    """Return the number of the step that a finding is about; None for one about the protocol as a whole."""
    if said := re.search(r"\bstep (\d+)", finding.message):
        return int(said[1])
    for run in ran.books.steps:
        where = ran.template.source.place(run.step.path)
        if finding.where.key == where.key or finding.where.key.startswith((f"{where.key}.", f"{where.key}[")):
            return run.n
    return None
