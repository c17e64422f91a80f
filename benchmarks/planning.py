"""Time planning in process against `tomllib.loads` of the same text, and write the table into docs/benchmarks.md.

    python benchmarks/planning.py

Medians of the CPU time of alternating runs. Ends with 1 where planning forty steps takes more than ten times as long as parsing their
text. Planning is all that happens between parsed TOML and a plan with its findings: reading the template, booking every step, all
checks. One row counts parsing in as well.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import tomllib
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mutators import ROOT, single_variants

from peqdlab.books import Inputs
from peqdlab.document import plan_document
from peqdlab.family import read_family
from peqdlab.plan import make_plan
from peqdlab.protocol import read_template
from peqdlab.reagents import shipped_reagents
from peqdlab.source import parse_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from peqdlab.plan import Plan
    from peqdlab.source import Source

FORTY_STEPS = Path(__file__).parent / "corpus" / "forty_steps.toml"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- planning: begin -->", "<!-- planning: end -->"
LIMIT = 10.0
COLD = "--cold"
RUNS = 25


class Timed(NamedTuple):
    """Medians in seconds of one job and of `tomllib.loads` between its runs."""

    job_s: float
    parse_s: float

    @property
    def ratio(self) -> float:
        """Return how many times as long as parsing the job takes."""
        return self.job_s / self.parse_s


def timed(job: Callable[[], object], text: str, runs: int = RUNS) -> Timed:
    """Return the medians of a job and of parsing the text, each run after the other."""
    jobs, parses = [], []
    for _ in range(runs):
        began = time.process_time()
        tomllib.loads(text)
        between = time.process_time()
        job()
        jobs.append(time.process_time() - between)
        parses.append(between - began)
    return Timed(statistics.median(jobs), statistics.median(parses))


def timed_cold(runs: int = 9) -> Timed:
    """Return the medians of the first plan of a process, in which no formula, reagent or expression was read before."""
    pairs = []
    for _ in range(runs):
        ran = subprocess.run([sys.executable, __file__, COLD], check=True, capture_output=True, text=True)
        pairs.append([float(number) for number in ran.stdout.split()])
    return Timed(*(statistics.median(column) for column in zip(*pairs, strict=True)))


def time_once() -> None:
    """Print the CPU seconds of one plan and of parsing its text."""
    text = FORTY_STEPS.read_text(encoding="utf-8")
    source = parse_source(text, "forty_steps.toml")
    parses = []
    for _ in range(5):
        began = time.process_time()
        tomllib.loads(text)
        parses.append(time.process_time() - began)
    began = time.process_time()
    planned(source)
    print(time.process_time() - began, statistics.median(parses))


def planned(source: Source, inputs: Inputs | None = None) -> Plan:
    """Return the plan of the last variant of a source: template read, steps booked, all checks made.

    The source is taken without the places that an earlier run looked up in it.
    """
    family = read_family(type(source)(source.name, source.text, source.data), "timed")
    template, findings = read_template(family, family.variants[-1], shipped_reagents())
    if template is None:
        raise SystemExit(f"the template cannot be read: {findings}")
    return make_plan(template, shipped_reagents(), inputs)


def rows_of(text: str) -> list[tuple[str, Timed, float | None]]:
    """Return what is timed of the forty steps: its name, the medians and the limit."""
    source = parse_source(text, "forty_steps.toml")
    plan = planned(source)
    resized = Inputs(scale=Fraction(3, 7))
    failing = source.text.replace("Pb/Cs <= 5", "Pb/Cs <= 3.5")
    unmet = parse_source(failing, "forty_steps.toml")
    return [
        ("plan: template, books, all checks", timed(lambda: planned(source), text), LIMIT),
        ("the same with parsing and places", timed(lambda: planned(parse_source(text, "forty_steps.toml")), text), None),
        ("the first plan of a process", timed_cold(), None),
        ("the same at scale 3/7", timed(lambda: planned(source, resized), text), None),
        ("the same with one remedy to solve for", timed(lambda: planned(unmet), text), None),
        ("template alone", timed(lambda: read_template(read_family(source, "timed"), "long", shipped_reagents()), text), None),
        ("books and checks alone", timed(lambda: make_plan(plan.template, plan.reagents), text), None),
        ("plan document with digest", timed(lambda: plan_document(plan), text), None),
    ]


def table() -> tuple[str, bool]:
    """Return the table as Markdown, and whether the limit holds."""
    text = FORTY_STEPS.read_text(encoding="utf-8")
    plan = planned(parse_source(text, "forty_steps.toml"))
    species = {name for entry in plan.books.ledger.entries for name in entry.moved.species}
    lines = [
        f"Python {sys.version.split()[0]}, medians of the CPU time of {RUNS} alternating runs; {len(plan.books.steps)} steps,",
        f"{len(species)} species, {len(plan.books.ledger.entries)} bookings, {len(plan.template.checks)} declared checks, all general ones",
        "",
        "| forty steps | median, ms | `tomllib.loads`, ms | ratio | limit |",
        "|---|---:|---:|---:|---:|",
    ]
    holds = True
    for name, found, limit in rows_of(text):
        holds &= limit is None or found.ratio <= limit
        bound = f"{limit:g}" if limit else ""
        lines.append(f"| {name} | {found.job_s * 1e3:.2f} | {found.parse_s * 1e3:.2f} | {found.ratio:.1f} | {bound} |")
    lines += ["", "| shipped variant, alone in its file | steps | plan, ms | `tomllib.loads`, ms | ratio |", "|---|---:|---:|---:|---:|"]
    return "\n".join([*lines, *variant_rows(), "", chain_row()]), holds


def chain_row() -> str:
    """Return what a chain of four protocols takes, read and planned, against the sum of its members, each the shortest of many runs."""
    from peqdlab.catalog import open_template
    from peqdlab.joining import Part, assemble

    names = ("hot_injection/binary-cspbi3", "purification/meoac", "ligand_exchange/meoac-humid", "device/nip")
    reagents = shipped_reagents()

    def shortest_ms(job: Callable[[], object]) -> float:
        times = []
        for _ in range(RUNS):
            began = time.process_time()
            job()
            times.append(time.process_time() - began)
        return min(times) * 1e3

    alone = sum(shortest_ms(partial(lambda name: make_plan(open_template(name, reagents), reagents), name)) for name in names)
    whole = shortest_ms(lambda: make_plan(assemble([Part(open_template(name, reagents)) for name in names], ()), reagents))
    return f"A chain of four, {', '.join(names)}: {whole:.1f} ms, one by one {alone:.1f} ms: {whole / alone:.2f}, limit 1.2."


def variant_rows() -> Iterator[str]:
    """Yield one row for every shipped variant, alone in its file with those that it extends."""
    for path in sorted((ROOT / "protocols").glob("*.toml")):
        for text in single_variants(path.read_text(encoding="utf-8")):
            source = parse_source(text, path.name)
            made, found = planned(source), timed(partial(planned, source), text, 7)
            times = f"{found.job_s * 1e3:.2f} | {found.parse_s * 1e3:.2f} | {found.ratio:.1f}"
            yield f"| `{path.stem}/{made.template.variant}` | {len(made.books.steps)} | {times} |"


def main() -> int:
    """Print the table and write it into the page of benchmarks; return 1 where the limit is passed."""
    made, holds = table()
    print(made)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")
    return int(not holds)


if __name__ == "__main__":
    sys.exit(time_once() if COLD in sys.argv else main())
