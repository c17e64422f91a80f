"""Read, check and plan mutated templates: whatever stands in a file, the answer is findings, within 2 s of CPU time and 500 MB.

    python benchmarks/mutations.py --count 100000 --workers 2

Each text follows from --seed and its number alone, so that a run can be repeated or split: --first 50000 --count 50000. A failure
is reduced and kept in tests/mutations/, where a test replays it; the command then ends with 1.
"""

from __future__ import annotations

import argparse
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from fractions import Fraction
from multiprocessing import get_context
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mutators import ROOT, mutated, read_corpus

from peqdlab.bench_sheet import sheet_blocks
from peqdlab.books import Inputs
from peqdlab.codes import CODES
from peqdlab.document import finding_row, plan_document
from peqdlab.errors import SourceError
from peqdlab.family import read_family
from peqdlab.findings import SEVERITIES
from peqdlab.plan import make_plan
from peqdlab.protocol import read_template
from peqdlab.reagents import shipped_reagents
from peqdlab.sheet import finding_callout, plan_blocks
from peqdlab.source import parse_source, read_source
from peqdlab.writers.text import render_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.connection import Connection

    from peqdlab.family import Family
    from peqdlab.findings import Finding

    Job = Callable[[bytes], "Outcome"]

KEPT = ROOT / "tests" / "mutations"
NAME = "mutated.toml"
SILENT_S = 300.0  # of wall time, after which a worker that waits for something is ended
REDUCED_IN_S = 120.0
NAMES_OF_CHECKS = re.compile(r"(?i)[a-z][a-z0-9_-]*")
SCALES = (Fraction(3, 7), Fraction(1, 1000), Fraction(12))


class Limits(NamedTuple):
    """What one text may take: CPU time and memory; ``killed_s`` of CPU time, the system ends a call that hangs."""

    cpu_s: float = 2.0
    memory_mb: int = 500
    killed_s: float = 10.0


LIMITS = Limits()


class Outcome(NamedTuple):
    """What came of one text: its kind, what failed (empty where nothing did) with the details, CPU seconds, peak memory."""

    kind: str
    failure: str = ""
    details: str = ""
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    codes: tuple[str, ...] = ()


# one text ------------------------------------------------------------------------------------------------------------


def read_check_plan(raw: bytes) -> Outcome:
    """Read bytes as a protocol file, check and plan every variant, and print all there is to print; raise where that fails."""
    try:
        source = parse_source(raw.decode(), NAME)
    except UnicodeDecodeError:
        return _unreadable(raw)
    except SourceError as error:
        _assert_complete(error.findings, raw.decode())
        return Outcome(f"not read: {error.findings[0].code}", codes=tuple(finding.code for finding in error.findings))
    family = read_family(source, "mutated")
    found = [*family.findings]
    planned = [_planned(family, variant, found) for variant in family.variants]
    _assert_complete(found, source.text)
    severities = {finding.severity for finding in found}
    worst = next((severity for severity in SEVERITIES if severity in severities), "nothing")
    word = "planned" if all(planned) and planned else "planned in part" if any(planned) else "refused"
    return Outcome(f"{word}, {worst} found" if any(planned) else word, codes=tuple(finding.code for finding in found))


def _unreadable(raw: bytes) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        path.write_bytes(raw)
        try:
            read_source(path, NAME)
        except SourceError as error:
            _assert_complete(error.findings, raw.decode(errors="replace"))
            return Outcome(f"not read: {error.findings[0].code}", codes=tuple(finding.code for finding in error.findings))
    raise AssertionError("bytes that are not UTF-8 were read")


def _planned(family: Family, variant: str, found: list[Finding]) -> bool:
    """Plan a variant at its published size and at one other, and print it; return whether it could be planned."""
    reagents = shipped_reagents()
    template, doubts = read_template(family, variant, reagents)
    found += doubts
    if template is None:
        return False
    for scale in (1, SCALES[len(family.source.text) % len(SCALES)]):
        plan = make_plan(template, reagents, Inputs(scale=scale))
        document = plan_document(plan)
        callouts = [finding_callout(row) for row in document["findings"]]
        render_text([*plan_blocks(document, callouts), *sheet_blocks(document, findings=callouts)])
        found += plan.findings
    return True


def _assert_complete(findings: Iterable[Finding], text: str) -> None:
    """Raise AssertionError for a finding without code, place or remedy, or with what does not belong on a terminal."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    for finding in findings:
        place = finding.where
        assert place.file in (NAME, None), f"{finding.code}: file {place.file}"
        assert place.line is None or place.line <= len(lines), f"{finding.code}: no line {place.line}"
        assert place.line is None or place.column is None or place.column <= len(lines[place.line - 1]) + 1, f"{finding.code}: column"
        assert finding.code in CODES or NAMES_OF_CHECKS.fullmatch(finding.code), f"{finding.code!r} is no code"
        for said in (finding.message, finding.remedy):
            assert said.strip(), f"{finding.code} says nothing"
            assert "\n" not in said, f"{finding.code} breaks the line"
    render_text([finding_callout(finding_row(finding)) for finding in findings])


# in a worker ---------------------------------------------------------------------------------------------------------


def tried(raw: bytes, job: Job, limits: Limits = LIMITS) -> Outcome:
    """Return what came of a text, every exception as a failure, with CPU time and the peak memory of this process so far."""
    signal.setitimer(signal.ITIMER_PROF, limits.killed_s)
    began = time.process_time()
    try:
        outcome = job(raw)
    except MemoryError:
        outcome = Outcome("failed", f"more than {limits.memory_mb} MB")
    except Exception as error:  # noqa: BLE001 - this is what the run is for
        outcome = Outcome("failed", _signature(error), "".join(traceback.format_exception(error))[-3000:])
    cpu_s = time.process_time() - began
    signal.setitimer(signal.ITIMER_PROF, 0)
    if cpu_s > limits.cpu_s and not outcome.failure:
        outcome = Outcome("failed", f"more than {limits.cpu_s:g} s", f"{cpu_s:.1f} s")
    return outcome._replace(cpu_s=cpu_s, peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _signature(error: Exception) -> str:
    """Return the kind of an exception and the innermost place of the package where it arose."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "peqdlab" in frame.filename]
    said = str(error)[:60] if isinstance(error, AssertionError) else ""
    return f"{type(error).__name__} in {Path(frames[-1].filename).stem}.{frames[-1].name} {said}".strip() if frames else repr(error)[:80]


def work(pipe: Connection, seed: int, job: Job, limits: Limits) -> None:
    """Answer numbers (and bytes, for a reduction) with outcomes until the other side closes."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_mb * 2**20,) * 2)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    corpus = read_corpus()
    while (asked := pipe.recv()) is not None:
        pipe.send(tried(mutated(corpus, seed, asked) if isinstance(asked, int) else asked, job, limits))


# the run -------------------------------------------------------------------------------------------------------------


class Worker:
    """A process that tries one text at a time; it is started again after a text that ended it."""

    def __init__(self, seed: int, job: Job, limits: Limits = LIMITS) -> None:
        """Start the process."""
        self.start = (seed, job, limits)
        self._begin()

    def _begin(self) -> None:
        context = get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=work, args=(other, *self.start), daemon=True)
        self.process.start()
        other.close()
        self.asked: int | bytes | None = None
        self.since = time.monotonic()

    def ask(self, case: int | bytes) -> None:
        """Give the worker a text to try, by number or as bytes."""
        self.asked, self.since = case, time.monotonic()
        self.pipe.send(case)

    def answer(self) -> Outcome:
        """Return what came of it; a worker that died gives a failure, and a new one takes its place."""
        try:
            outcome: Outcome = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            died = self.process.exitcode
            slow = f"more than {self.start[2].cpu_s:g} s"
            outcome = Outcome("failed", slow if died == -signal.SIGPROF else f"the process ended with {died}")
            self.close()
            self._begin()
        self.asked = None
        return outcome

    def is_silent(self) -> bool:
        """Return whether the worker has said nothing for too long."""
        return self.asked is not None and time.monotonic() - self.since > SILENT_S

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def outcomes(cases: Iterable[int], workers: list[Worker]) -> Iterator[tuple[int, Outcome]]:
    """Yield what came of every number, in the order of answers."""
    waiting = iter(cases)
    for worker in workers:
        _next(worker, waiting)
    while busy := {worker.pipe: worker for worker in workers if worker.asked is not None}:
        for pipe in wait(list(busy), timeout=5):
            worker = busy[pipe]  # type: ignore[index]
            number = worker.asked
            yield number, worker.answer()  # type: ignore[misc]
            _next(worker, waiting)
        for worker in busy.values():
            if worker.is_silent():
                worker.process.kill()


def _next(worker: Worker, waiting: Iterator[int]) -> None:
    number = next(waiting, None)
    if number is not None:
        worker.ask(number)


# a failure made small ------------------------------------------------------------------------------------------------


def reduced(raw: bytes, fails: Callable[[bytes], bool], seconds: float = REDUCED_IN_S) -> bytes:
    """Return a shorter text that fails alike: lines, then characters are taken out in ever smaller runs while it still does."""
    until = time.monotonic() + seconds
    for pieces in (lambda text: text.splitlines(keepends=True), lambda text: re.findall(rb"\w+|.|\n", text, re.DOTALL)):
        parts = pieces(raw)
        size = max(len(parts) // 2, 1)
        while size and time.monotonic() < until:
            at, before = 0, len(parts)
            while at < len(parts) and time.monotonic() < until:
                fewer = parts[:at] + parts[at + size :]
                if fails(b"".join(fewer)):
                    parts = fewer
                else:
                    at += size
            size = size // 2 if size > 1 or len(parts) == before else size
        raw = b"".join(parts)
    return raw


def keep(raw: bytes, failure: str, worker: Worker, folder: Path) -> Path:
    """Reduce a failing text in a worker, write it where a test replays it, and return the file."""

    def fails(text: bytes) -> bool:
        worker.ask(text)
        return worker.answer().failure == failure

    small = reduced(raw, fails)
    folder.mkdir(exist_ok=True)
    path = folder / f"{re.sub(r'[^a-z0-9]+', '-', failure.casefold()).strip('-')[:80]}.toml"
    path.write_bytes(small)
    return path


class Tally:
    """The counts of a run: kinds of outcome, codes, failures by signature, the slowest and the largest."""

    def __init__(self) -> None:
        """Start from nothing."""
        self.kinds: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.failures: dict[str, tuple[int, Outcome]] = {}
        self.times: list[tuple[float, int]] = []
        self.peak: tuple[float, int] = (0.0, -1)

    def take(self, number: int, outcome: Outcome) -> None:
        """Count one outcome."""
        self.kinds[outcome.kind] += 1
        self.codes.update(set(outcome.codes) & CODES.keys())
        self.times.append((outcome.cpu_s, number))
        self.peak = max(self.peak, (outcome.peak_mb, number))
        if outcome.failure:
            self.failures.setdefault(outcome.failure, (number, outcome))

    def report(self) -> Iterator[str]:
        """Yield the lines that say what came of the run."""
        for kind, count in self.kinds.most_common():
            yield f"  {count:7} {kind}"
        yield f"codes seen: {len(self.codes)} of {sum(code[0] not in 'AR' for code in CODES)} that a template can yield"
        times = sorted(self.times)
        median, slowest = times[len(times) // 2][0], ", ".join(f"{cpu_s:.2f} s (number {number})" for cpu_s, number in times[:-4:-1])
        yield f"CPU time: median {median * 1e3:.1f} ms; slowest {slowest}"
        yield f"peak memory of a worker: {self.peak[0]:.0f} MB (number {self.peak[1]})"
        for failure, (number, outcome) in self.failures.items():
            yield f"FAILED {failure} (number {number})\n{outcome.details}"


def run(cases: range, *, seed: int, workers: int, folder: Path, job: Job = read_check_plan, limits: Limits = LIMITS) -> int:
    """Try every number, print what came of it, keep what failed; return 1 where something did."""
    each = f"each text up to {limits.cpu_s:g} s of CPU time and {limits.memory_mb} MB"
    print(f"seed {seed}, numbers {cases.start} to {cases.stop - 1}, {workers} workers; {each}")
    began, tally, crew = time.monotonic(), Tally(), [Worker(seed, job, limits) for _ in range(workers)]
    for done, (number, outcome) in enumerate(outcomes(cases, crew), 1):
        tally.take(number, outcome)
        if done % 10000 == 0:
            print(f"  {done} after {time.monotonic() - began:.0f} s, {len(tally.failures)} kinds of failure", flush=True)
    print("\n".join(tally.report()))
    for failure, (number, _) in tally.failures.items():
        print(f"kept {keep(mutated(read_corpus(), seed, number), failure, crew[0], folder)}")
    for worker in crew:
        worker.close()
    print(f"{len(cases)} texts in {time.monotonic() - began:.0f} s: {len(tally.failures) or 'no'} kinds of failure")
    return int(bool(tally.failures))


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first text")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=KEPT, help="folder for reduced failures")
    asked = parser.parse_args()
    return run(range(asked.first, asked.first + asked.count), seed=asked.seed, workers=asked.workers, folder=asked.keep)


if __name__ == "__main__":
    sys.exit(main())
