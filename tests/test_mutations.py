"""Mutated templates: every kept failure is replayed, a small run finds nothing, and the run itself notices what it is for."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from mutations import Limits, Outcome, read_check_plan, reduced, run, tried  # noqa: E402
from mutators import mutated, read_corpus, single_variants  # noqa: E402

KEPT = sorted((ROOT / "tests" / "mutations").glob("*.toml"))


@pytest.mark.parametrize("path", KEPT, ids=[path.stem for path in KEPT])
def test_a_text_that_once_failed_yields_findings(path):
    outcome = tried(path.read_bytes(), read_check_plan)
    assert (outcome.failure, outcome.details) == ("", "")


def test_steps_repeated_into_thousands_are_refused_with_what_fits(tmp_path):
    from peqdlab.catalog import check_file

    found = check_file(str(ROOT / "tests" / "mutations" / "repeated-into-thousands.toml"))
    assert [(finding.code, finding.message, finding.remedy) for finding in found] == [
        ("B209", "b0 is repeated 100 times, which makes 2000 steps; 1000 can be planned", 'repeat = "50" at most'),
        ("B209", "b1 is repeated 100 times, which makes 2020 steps; 1000 can be planned", 'repeat = "49" at most'),
    ]


def test_three_hundred_texts_yield_findings():
    corpus = read_corpus()
    outcomes = [tried(mutated(corpus, 7, number), read_check_plan) for number in range(300)]
    assert [outcome for outcome in outcomes if outcome.failure] == []
    kinds = {outcome.kind.partition(":")[0].partition(",")[0] for outcome in outcomes}
    assert {"not read", "refused", "planned"} <= kinds


def test_a_number_under_a_seed_is_always_the_same_text():
    corpus = read_corpus()
    assert mutated(corpus, 1, 5) == mutated(corpus, 1, 5)
    assert len({mutated(corpus, seed, number) for seed in (1, 2) for number in range(50)}) > 90


def test_the_shipped_variants_are_taken_one_by_one():
    text = (ROOT / "protocols" / "hot_injection.toml").read_text(encoding="utf-8")
    outcomes = [read_check_plan(each.encode()) for each in single_variants(text)]
    assert len(outcomes) == len(re.findall(r"^\[(?!sources)[\w-]+\]", text, re.MULTILINE))
    assert {outcome.kind.partition(",")[0] for outcome in outcomes} == {"planned"}


# what the run is for -------------------------------------------------------------------------------------------------


def crash(raw: bytes) -> Outcome:
    if b"vessel" in raw:
        raise KeyError("vessel")
    return Outcome("read")


def crawl(raw: bytes) -> Outcome:
    while b"format" in raw:
        pass
    return Outcome("read")


def swell(raw: bytes) -> Outcome:
    return Outcome(str(len(bytearray(2**30)) if b"format" in raw else 0))


def test_a_crash_is_reported_reduced_and_kept(tmp_path, capsys):
    assert run(range(6), seed=1, workers=1, folder=tmp_path, job=crash) == 1
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"vessel"]
    assert "FAILED KeyError" in capsys.readouterr().out


@pytest.mark.parametrize(("job", "failure"), [(crawl, "more than 0.05 s"), (swell, "more than 400 MB")])
def test_what_takes_too_long_or_too_much_memory_is_a_failure(job, failure, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("mutations.REDUCED_IN_S", 0)
    monkeypatch.setattr("mutations.reduced", lambda raw, fails: raw if fails(raw) else b"")
    assert run(range(1), seed=1, workers=1, folder=tmp_path, job=job, limits=Limits(0.05, 400, 0.2)) == 1
    assert f"FAILED {failure}" in capsys.readouterr().out
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [mutated(read_corpus(), 1, 0)]


def test_a_run_without_failures_ends_with_0_and_says_its_seed(tmp_path, capsys):
    assert run(range(4), seed=12, workers=2, folder=tmp_path) == 0
    said = capsys.readouterr().out
    assert said.startswith("seed 12, numbers 0 to 3, 2 workers")
    assert "no kinds of failure" in said


def test_a_failing_text_is_reduced_to_what_fails():
    assert reduced(b"format = 1\n[a]\nvessel = 3\nb = 4\n", lambda raw: b"[" in raw and b"3" in raw) == b"[3"
