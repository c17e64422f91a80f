"""Time the sheet as PDF: in process against bare typst setting the same words on as many pages, and a hundred sheets against one.

    python benchmarks/printing.py

Each figure is the shortest of alternating runs. Ends with 1 where the sheet of forty steps takes more than twice bare typst, or where one
call with a hundred sheets takes more than twenty times one with one.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typst
from pypdf import PdfReader

from peqdlab.bench_sheet import sheet_blocks
from peqdlab.blocks import Mark, StepBlock, Table
from peqdlab.catalog import open_template
from peqdlab.document import plan_document
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents
from peqdlab.writers.pdf import render_pdf
from peqdlab.writers.text import cell_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from peqdlab.blocks import Block

FORTY_STEPS: Final = Path(__file__).parent / "corpus" / "forty_steps.toml"
MOMENT: Final = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
RUNS: Final = 15
PDF_LIMIT: Final = 2.0
CALL_LIMIT: Final = 20.0


def shortest(*jobs: Callable[[], object], runs: int = RUNS) -> list[float]:
    """Return the shortest time of each job, in seconds, over runs that alternate."""
    best = [float("inf")] * len(jobs)
    for _ in range(runs):
        for i, job in enumerate(jobs):
            started = time.perf_counter()
            job()
            best[i] = min(best[i], time.perf_counter() - started)
    return best


def in_process() -> float:
    """Print and return the ratio of the sheet of forty steps to bare typst: the same words in plain tables, typed as typst."""
    reagents = shipped_reagents()
    document = plan_document(make_plan(open_template(str(FORTY_STEPS), reagents), reagents))
    blocks = sheet_blocks(document)
    bare = "\n".join(['#set page(paper: "a4", margin: 13mm)', "#set text(size: 9.2pt)", *map(typed, blocks)])
    compiler = typst.Compiler(ignore_system_fonts=True)
    turn = iter(range(10**6))

    def sheet() -> None:
        render_pdf(blocks, MOMENT.replace(minute=next(turn) % 60))

    def typeset() -> None:  # another title every time, so that nothing is remembered from the run before
        compiler.compile(f"#set document(title: [{next(turn)}])\n{bare}".encode(), format="pdf")

    mine, theirs = shortest(sheet, typeset)
    pages = [count_pages(pdf) for pdf in (render_pdf(blocks, MOMENT).pdf, compiler.compile(bare.encode(), format="pdf"))]
    print(f"PDF of {len(document['steps'])} steps, {pages[0]} pages: {mine * 1000:.1f} ms; ", end="")
    print(f"bare typst, {pages[1]} pages: {theirs * 1000:.1f} ms; ratio {mine / theirs:.2f}, limit {PDF_LIMIT:g}")
    return mine / theirs


def typed(block: Block) -> str:
    """Return a block as somebody would type it for typst, in plain tables and grids."""
    match block:
        case Table():
            cells = ", ".join(string(cell_text(cell)) for row in (block.columns, *block.rows) for cell in row)
            return f"#table(columns: (1fr,) * {len(block.columns)}, {cells})"
        case StepBlock():
            parts = [(blank.code, f"{blank.asks} {blank.planned}", f"____ {blank.unit}") for blank in block.lines]
            blanks = ", ".join(string(part) for blank in parts for part in blank)
            right = f"grid(columns: (9mm, 1.6fr, 1fr), {blanks})" if blanks else "[]"
            return f"#grid(columns: (6mm, 10mm, 1fr, 82mm), rect(), {string(block.code)}, {string(block.text)}, {right})"
        case Mark():
            return ""
        case _:
            return f"#{string(str(block.text))}\n"


def string(text: str) -> str:
    """Return text as a string of typst."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def count_pages(pdf: bytes) -> int:
    """Return how many pages a PDF has."""
    return len(PdfReader(io.BytesIO(pdf)).pages)


def whole_process() -> float:
    """Print and return the ratio of one call with a hundred saved plans to one with one."""
    with tempfile.TemporaryDirectory() as folder:
        plans = [str(Path(folder) / f"{n}.toml") for n in range(100)]
        call("plan", "hot_injection/binary-cspbi3", "-o", plans[0])
        for name in plans[1:]:
            Path(name).write_bytes(Path(plans[0]).read_bytes())
        one, many = shortest(
            lambda: call("run-sheet", plans[0], "-o", f"{folder}/one.pdf"),
            lambda: call("run-sheet", *plans, "-o", f"{folder}/all.pdf"),
            runs=5,
        )
        print(f"one sheet: {one:.2f} s; a hundred in one call, {len(PdfReader(f'{folder}/all.pdf').pages)} pages: {many:.2f} s; ", end="")
    print(f"ratio {many / one:.1f}, limit {CALL_LIMIT:g}")
    return many / one


def call(*arguments: str) -> None:
    """Run peqdlab as a whole process."""
    subprocess.run([sys.executable, "-m", "peqdlab", *arguments], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    ratios = in_process(), whole_process()
    sys.exit(1 if ratios[0] > PDF_LIMIT or ratios[1] > CALL_LIMIT else 0)
