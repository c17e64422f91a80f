"""What a design cannot tell apart: levels of a factor that never meet on a day or with a lot, and levels that meet unevenly."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.findings import Finding, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from peqdlab.blocking import Run
    from peqdlab.factors import Factor

_MOST_SHOWN: Final = 4
_MOST_MORE: Final = 5  # replicates that are tried beyond those asked for


class Met(NamedTuple):
    """How often each level of a factor met each day or lot: counts by both, each as a number."""

    counts: Counter[tuple[int, int]]

    @property
    def others(self) -> tuple[int, ...]:
        """Return the days or lots that occur."""
        return tuple(sorted({other for _, other in self.counts}))

    def groups(self) -> list[set[int]]:
        """Return the levels in groups that never meet on a day or with a lot, not even by way of others.

        With an effect of the day that adds up, levels can be compared within days if and only if they hang together in this way
        (such a design is called connected; no source was read).
        """
        groups: list[set[int]] = []
        for other in self.others:
            here = {level for level, where in self.counts if where == other}
            joined = [group for group in groups if group & here]
            groups = [group for group in groups if group not in joined] + [here.union(*joined)]
        return groups

    def is_even(self) -> bool:
        """Return whether every day or lot has the levels in the proportions of the whole: n(level, day) · n = n(level) · n(day)."""
        by_level, by_other = Counter[int](), Counter[int]()
        for (level, other), n in self.counts.items():
            by_level[level] += n
            by_other[other] += n
        whole = self.counts.total()
        return all(self.counts[level, other] * whole == by_level[level] * by_other[other] for level in by_level for other in by_other)


class Against(NamedTuple):
    """What a factor may be confounded with: its name, its number at a run, and how that number is said."""

    name: str
    of: Callable[[Run], int]
    said: Callable[[int], str]


class Redesign(NamedTuple):
    """How the runs were asked for, and the same with another number of replicates or of runs a day."""

    replicates: int
    per_day: int | None
    each: int
    runs: Callable[[int, int | None], tuple[Run, ...]]


def met(runs: Sequence[Run], factor: int, against: Against) -> Met:
    """Return how often the levels of a factor met the days or lots of the runs."""
    return Met(Counter((run.levels[factor], against.of(run)) for run in runs))


def check_design(factors: Sequence[Factor], runs: Sequence[Run], asked: Redesign) -> tuple[Finding, ...]:
    """Return what the runs cannot tell: V101 confounded, V102 uneven, V103 no replicates; remedies are tried before they are said."""
    pairs = [(index, against) for index in range(len(factors)) for against in _all_against(factors, index)]
    found = [finding for index, against in pairs for finding in _judged(factors, index, against, runs, asked)]
    if asked.replicates == 1:
        message = "one run for each setting gives no estimate of spread: a difference cannot be told from chance"
        found.append(Finding("note", "V103", Place("--replicates 1"), message, "--replicates 3"))
    return tuple(found)


def _all_against(factors: Sequence[Factor], index: int) -> Iterator[Against]:
    yield Against("day", lambda run: run.day, lambda n: f"day {n}")
    for other, factor in enumerate(factors):
        if factor.kind == "lot" and other != index:
            yield Against(factor.name, lambda run, at=other: run.levels[at], lambda n, lots=factor.levels: str(lots[n].text))  # type: ignore[misc]


def _judged(factors: Sequence[Factor], index: int, against: Against, runs: Sequence[Run], asked: Redesign) -> Iterator[Finding]:
    counted, factor = met(runs, index, against), factors[index]
    if len(counted.others) < 2:
        return
    place = Place(f"--vary {factor.name}")
    groups = counted.groups()
    if len(groups) > 1:
        where = [(group, {other for level, other in counted.counts if level in group}) for group in groups]
        told = "; ".join(f"{_levels(factor, group)} only on {_those(against, others)}" for group, others in where[:_MOST_SHOWN])
        message = f"{factor.name} is confounded with {against.name}: {told}{'; …' if len(where) > _MOST_SHOWN else ''}"
        remedy = _cure(index, against, asked, lambda tried: len(tried.groups()) == 1)
        limit = f"every level met with every other on some {against.name}, or by way of others"
        yield Finding("warning", "V101", place, message, remedy, limit=limit)
    elif not counted.is_even():
        told = "; ".join(f"{against.said(other)}: {_counts(factor, counted, other)}" for other in counted.others[:_MOST_SHOWN])
        message = f"{factor.name} is uneven over {against.name}s: {told}{'; …' if len(counted.others) > _MOST_SHOWN else ''}"
        remedy = _cure(index, against, asked, lambda tried: tried.is_even())
        yield Finding("note", "V102", place, message, remedy, limit=f"every {against.name} with the levels in the proportions of the whole")


def _levels(factor: Factor, group: set[int]) -> str:
    return ", ".join(factor.levels[level].text for level in sorted(group))


def _those(against: Against, others: set[int]) -> str:
    shown = [against.said(other) for other in sorted(others)]
    return ", ".join(shown[:_MOST_SHOWN]) + (" …" if len(shown) > _MOST_SHOWN else "")


def _counts(factor: Factor, counted: Met, other: int) -> str:
    return ", ".join(f"{level.text} {counted.counts[n, other]} x" for n, level in enumerate(factor.levels))


def _cure(index: int, against: Against, asked: Redesign, is_well: Callable[[Met], bool]) -> str:
    """Return the option with which a finding goes away, tried: more runs a day, else more replicates."""
    fewest = (asked.per_day or asked.each) + 1
    tries: list[tuple[str, tuple[int, int | None]]] = []
    tries += [(f"--per-day {n}", (asked.replicates, n)) for n in range(fewest, asked.each + 1)]
    tries += [(f"--replicates {n}", (n, asked.per_day)) for n in range(asked.replicates + 1, asked.replicates + 1 + _MOST_MORE)]
    for typed, (replicates, per_day) in tries:
        tried = met(asked.runs(replicates, per_day), index, against)
        if len(tried.others) < 2 or is_well(tried):
            return typed
    return "leave --per-day out"
