"""Planning stays fast against parsing the same text, measured in the same moments, so that the machine does not matter."""

from __future__ import annotations

import sys
import time
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from planning import FORTY_STEPS, LIMIT, planned  # noqa: E402

from peqdlab.source import parse_source  # noqa: E402

MARGIN = 1.5  # a loaded machine disturbs even the shortest of several runs


def shortest(job, runs):
    """Return the shortest time of a job: what it takes when nothing else runs."""
    times = []
    for _ in range(runs):
        began = time.process_time()
        job()
        times.append(time.process_time() - began)
    return min(times)


def test_the_long_protocol_has_forty_steps_and_more_than_twelve_species():
    plan = planned(parse_source(FORTY_STEPS.read_text(encoding="utf-8"), "forty_steps.toml"))
    assert len(plan.books.steps) == 40
    assert len({name for entry in plan.books.ledger.entries for name in entry.moved.species}) >= 12
    assert [finding.code for finding in plan.findings] == ["U001"]


def test_planning_forty_steps_takes_no_more_than_fifteen_times_as_long_as_parsing_them():
    text = FORTY_STEPS.read_text(encoding="utf-8")
    source = parse_source(text, "forty_steps.toml")
    planned(source)
    ratio = min(shortest(lambda: planned(source), 8) / shortest(lambda: tomllib.loads(text), 8) for _ in range(3))
    assert ratio < LIMIT * MARGIN
