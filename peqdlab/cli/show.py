"""`peqdlab show`: one batch, planned beside actual, with its history."""

from __future__ import annotations

from typing import Annotated

import typer

from peqdlab.cli.options import AsJson, StorePath
from peqdlab.cli.running import command, print_json, show_blocks
from peqdlab.cli.stores import load_batch, open_record


@command
def show(
    batch: Annotated[str, typer.Argument(help="A batch such as B0001.", metavar="BATCH")],
    store: StorePath = None,
    as_json: AsJson = False,
) -> None:
    """Show a batch: planned beside actual, air, bottles, findings."""
    from peqdlab.record import as_run, plan_of
    from peqdlab.record_sheet import record_document, show_record_blocks

    with open_record(store) as opened:
        record = load_batch(opened, batch)
    planned = plan_of(record.document)
    ran = as_run(record, planned)
    if as_json:
        print_json(record_document(record, planned, ran))
    else:
        show_blocks(show_record_blocks(record, planned, ran))
