"""A randomised, complete block design: every combination of levels once in each block, in an order that a seed gives."""

from __future__ import annotations

from itertools import product
from math import prod
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.findings import Doubt

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_RUNS: Final = 500  # at about 0.1 s for each combination of levels


class Run(NamedTuple):
    """One run of a set: its id in run order, day, block and replicate (all from 1), and which level of every factor."""

    name: str
    day: int
    replicate: int
    levels: tuple[int, ...]

    @property
    def block(self) -> int:
        """Return the block: each replicate is one."""
        return self.replicate


def design(counts: Sequence[int], *, replicates: int, per_day: int | None, seed: int) -> tuple[Run, ...]:
    """Return the runs of a full factorial in run order: blocks one after another, shuffled within, a new day for each block.

    A block that has more than ``per_day`` runs goes on the next day. The first blocks do not depend on how many follow, so that a set
    may be gone on with. Raises Doubt A142 for more than 500 runs.
    """
    each = prod(counts)
    if each * replicates > MOST_RUNS:
        message = f"{' x '.join(map(str, (*counts, replicates)))} makes {each * replicates} runs; at most {MOST_RUNS} are planned"
        raise Doubt("A142", message, f"--replicates {MOST_RUNS // each}" if each <= MOST_RUNS else "leave out levels or factors")
    shuffled, runs, day = Random(seed), list[Run](), 0  # noqa: S311 - reproducible, not secret
    width = max(2, len(str(each * replicates)))
    for replicate in range(1, replicates + 1):
        order = list(product(*map(range, counts)))
        shuffled.shuffle(order)
        for place, levels in enumerate(order):
            day += place % (per_day or each) == 0
            runs.append(Run(f"R{len(runs) + 1:0{width}d}", day, replicate, levels))
    return tuple(runs)
