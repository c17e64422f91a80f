"""The steps of a plan on one operator's clock: hands-on and waiting time, with waits of one preparation under work on another.

An estimate. Stated durations are the template's; the minutes of a verb are assumed (language.Verb). Heating up and cooling down,
and a wait that ends when something is seen, have no duration on file: they are not counted, and the plan says so.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab.lineage import used_by
from peqdlab.units import ARITHMETIC, KINDS, ZERO, Quantity, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from peqdlab.books import StepRun
    from peqdlab.plan import Plan
    from peqdlab.preparation import Preparation

# In a shorter wait nobody begins anything else (assumed): the 10 s after an injection are spent at the flask.
SHORTEST_ABSENCE_MIN: Final = Decimal(2)
_PLACES: Final = Decimal("0.01")  # a step is rounded to this once, so that all sums are exact


class Block(NamedTuple):
    """Steps of one preparation without a wait between them, in minutes by step number, and the wait that follows the last.

    A block is not interrupted: nobody leaves a flask between the injection and the ice bath. ``needs`` names preparations.
    """

    preparation: str
    hands_on: tuple[tuple[int, Decimal], ...]
    waiting_min: Decimal
    needs: frozenset[str] = frozenset()

    @property
    def hands_on_min(self) -> Decimal:
        """Return the minutes of work in the block."""
        return sum((minutes for _, minutes in self.hands_on), ZERO)


class Span(NamedTuple):
    """One step on the clock, in minutes from the start; ``kind`` is ``hands-on`` or ``waiting``."""

    start_min: Decimal
    end_min: Decimal
    n: int
    preparation: str
    kind: str


class Schedule(NamedTuple):
    """What one operator does when, in the order of its beginning."""

    spans: tuple[Span, ...]

    @property
    def elapsed_min(self) -> Decimal:
        """Return the minutes from the first start to the last end."""
        return max((span.end_min for span in self.spans), default=ZERO)

    def total_min(self, kind: str) -> Decimal:
        """Return the minutes of all spans of a kind, as if nothing ran in parallel."""
        return sum((span.end_min - span.start_min for span in self.spans if span.kind == kind), ZERO)


# what a step takes ---------------------------------------------------------------------------------------------------


def stated_duration(run: StepRun) -> Quantity | None:
    """Return the duration (s) that a step states, as its own value or with ``for``, or how long the pumps of a flow run; else None."""
    if run.step.verb.books == "flow":
        return Quantity(run.flow.run_s, KINDS["duration"]) if run.flow else None
    stated = run.values.get("for") or run.values.get("")
    return stated if stated is not None and stated.dimension == KINDS["duration"] else None


def step_minutes(run: StepRun) -> tuple[Decimal, Decimal]:
    """Return the minutes of work and of waiting of one step: a stated duration is waiting, unless the verb is attended or it is short."""
    verb = run.step.verb
    hands_on = Decimal(verb.minutes + verb.minutes_each * len(run.uses))
    stated = stated_duration(run)
    if stated is None:
        return hands_on, ZERO
    minutes = ARITHMETIC.divide(stated.value, Decimal(60)).quantize(_PLACES, context=ARITHMETIC)
    if verb.attended or minutes < SHORTEST_ABSENCE_MIN:
        return hands_on + minutes, ZERO
    return hands_on, minutes


def blocks_of(preparation: Preparation, runs: Iterable[StepRun], made_before: frozenset[str]) -> list[Block]:
    """Return the steps of one preparation as blocks; ``made_before`` names the preparations that it can draw on."""
    blocks: list[Block] = []
    hands_on: list[tuple[int, Decimal]] = []
    needs: set[str] = set()
    for run in runs:
        work, waiting = step_minutes(run)
        hands_on.append((run.n, work))
        needs |= drawn_on(run) & made_before
        if waiting:
            blocks.append(Block(preparation.name, tuple(hands_on), waiting, frozenset(needs)))
            hands_on, needs = [], set()
    if hands_on:
        blocks.append(Block(preparation.name, tuple(hands_on), ZERO, frozenset(needs)))
    return blocks


def drawn_on(run: StepRun) -> set[str]:
    """Return the preparations that a step draws on or warms."""
    return used_by(run.step)


# the clock -----------------------------------------------------------------------------------------------------------


def tails(blocks: Sequence[Block]) -> list[Decimal]:
    """Return for each block the longest chain of minutes from its start to the end; blocks stand in the order of their making."""
    found = [ZERO] * len(blocks)
    after: dict[str, Decimal] = {}  # the longest tail of what comes next in a preparation, or draws on it
    follows: dict[str, Decimal] = {}
    for index in range(len(blocks) - 1, -1, -1):
        block = blocks[index]
        later = after.get(block.preparation, follows.get(block.preparation, ZERO))
        found[index] = block.hands_on_min + block.waiting_min + later
        after[block.preparation] = found[index]
        for name in block.needs:
            follows[name] = max(follows.get(name, ZERO), found[index])
    return found


def schedule(blocks: Sequence[Block]) -> Schedule:
    """Return a day of one operator: of the blocks that can begin first, the one with the longest chain behind it.

    A list schedule: never idle while something can be done, and always the same for the same plan; not proven to be the shortest.
    """
    urgency = tails(blocks)
    waiting_for = {name: [i for i, block in enumerate(blocks) if block.preparation == name] for name in {b.preparation for b in blocks}}
    free_at = dict.fromkeys(waiting_for, ZERO)  # when the next block of a preparation may begin
    spans: list[Span] = []
    clock = ZERO
    while any(waiting_for.values()):
        able = [left[0] for left in waiting_for.values() if left and not any(waiting_for.get(name) for name in blocks[left[0]].needs)]
        starts = {i: max([clock, free_at[blocks[i].preparation], *(free_at.get(name, ZERO) for name in blocks[i].needs)]) for i in able}
        chosen = min(able, key=lambda i: (starts[i], -urgency[i], i))
        clock = starts[chosen]
        for n, minutes in blocks[chosen].hands_on:
            spans.append(Span(clock, clock + minutes, n, blocks[chosen].preparation, "hands-on"))
            clock += minutes
        free_at[blocks[chosen].preparation] = clock + blocks[chosen].waiting_min
        if blocks[chosen].waiting_min:
            last = blocks[chosen].hands_on[-1][0]
            spans.append(Span(clock, clock + blocks[chosen].waiting_min, last, blocks[chosen].preparation, "waiting"))
        waiting_for[blocks[chosen].preparation].pop(0)
    return Schedule(tuple(sorted((span for span in spans if span.end_min > span.start_min), key=lambda span: (span.start_min, span.n))))


# a plan's day and the day before -------------------------------------------------------------------------------------


def made_ahead(plan: Plan) -> dict[str, str]:
    """Return the preparations that are ready before the day, with the reason: their own word, or what they go into."""
    ahead = {made.name: made.ready for made in plan.template.preparations if made.ready}
    for made in reversed(plan.template.preparations):
        runs = [run for run in plan.books.steps if run.preparation.name == made.name and made.name in ahead]
        for name in (name for run in runs for name in drawn_on(run)):
            ahead.setdefault(name, f"it goes into {made.name}, which is ready {ahead[made.name]}")
    return ahead


def time_of(plan: Plan) -> dict[str, Any]:
    """Return the time of a plan as JSON values in minutes: the day itself, and apart from it what is made before."""
    ahead = made_ahead(plan)
    today, before = _part(plan, [m for m in plan.template.preparations if m.name not in ahead]), None
    if ahead:
        before = {**_part(plan, [m for m in plan.template.preparations if m.name in ahead]), "preparations": list(ahead)}
    return {
        **today,
        "basis": "estimate: durations as stated, hands-on minutes assumed for each verb; heating up, cooling and untimed steps not counted",
        "untimed": [{"n": run.n, "until": run.step.text_of("until")} for run in plan.books.steps if _is_untimed(run)],
        "day_before": before,
    }


def _is_untimed(run: StepRun) -> bool:
    return bool(run.step.text_of("until")) and stated_duration(run) is None


def _part(plan: Plan, preparations: Sequence[Preparation]) -> dict[str, Any]:
    blocks: list[Block] = []
    made: set[str] = set()
    for preparation in preparations:
        runs = (run for run in plan.books.steps if run.preparation.name == preparation.name)
        blocks += blocks_of(preparation, runs, frozenset(made))
        made.add(preparation.name)
    day = schedule(blocks)
    hands_on, elapsed = day.total_min("hands-on"), day.elapsed_min
    return {
        "hands_on_min": plain(hands_on),
        "waiting_min": plain(day.total_min("waiting")),
        "idle_min": plain(elapsed - hands_on),
        "elapsed_min": plain(elapsed),
        "timeline": [
            {
                "start_min": plain(span.start_min),
                "end_min": plain(span.end_min),
                "n": span.n,
                "preparation": span.preparation,
                "kind": span.kind,
            }
            for span in day.spans
        ],
    }
