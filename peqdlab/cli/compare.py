"""`peqdlab compare`: what two batches differ in."""

from __future__ import annotations

from typing import Annotated

import typer

from peqdlab.cli.options import AsJson, StorePath
from peqdlab.cli.running import command, print_json, show_blocks
from peqdlab.cli.stores import load_batch, open_record


@command
def compare(
    first: Annotated[str, typer.Argument(help="A batch such as B0001.", metavar="A")],
    second: Annotated[str, typer.Argument(help="Another batch.", metavar="B")],
    store: StorePath = None,
    as_json: AsJson = False,
) -> None:
    """Say what two batches differ in, and nothing more."""
    from peqdlab.comparison import compare_batches, comparison_blocks, comparison_document

    with open_record(store) as opened:
        comparison = compare_batches(load_batch(opened, first), load_batch(opened, second))
    if as_json:
        print_json(comparison_document(comparison))
    else:
        show_blocks(comparison_blocks(comparison))
