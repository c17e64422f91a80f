"""A set of plans as one document for the bench: its order, what is made once, the sheet of every run, and one part to look things up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peqdlab.bench_sheet import reference_blocks, sheet_blocks
from peqdlab.set_document import set_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peqdlab.blocks import Block

Document = dict[str, Any]


def set_sheet_blocks(document: Document, shared: Document | None, runs: Sequence[Document]) -> list[Block]:
    """Return the sheets of a set: its runs are looked up once, since they differ in their levels alone."""
    blocks = set_blocks(document, shared)
    if shared is not None:
        blocks += sheet_blocks(shared)
    for run in runs:
        blocks += sheet_blocks(run, reference=False)
    return [*blocks, *(reference_blocks(runs[0]) if runs else ())]
