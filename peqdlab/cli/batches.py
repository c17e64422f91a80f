"""`peqdlab batches`: list what the record holds."""

from __future__ import annotations

from typing import Annotated

import typer

from peqdlab.cli.options import AsJson, StorePath
from peqdlab.cli.running import command, fail, print_json, show_blocks
from peqdlab.cli.stores import open_record

_STATUSES = ("open", "good", "failed", "abandoned")


@command
def batches(
    status: Annotated[str | None, typer.Option("--status", metavar="open|good|failed|abandoned", help="Only these.")] = None,
    store: StorePath = None,
    as_json: AsJson = False,
) -> None:
    """List batches: protocol, when, by whom, how they ended."""
    if status not in (None, *_STATUSES):
        fail("L104", "--status", f"{status!r} is no status of a batch", f"one of: {', '.join(_STATUSES)}")
    with open_record(store) as opened:
        rows = [row for row in opened.batches() if status in (None, row.status)]
    if as_json:
        print_json({"batches": [row._asdict() for row in rows]})
        return
    from peqdlab.blocks import Paragraph, Table

    if not rows:
        show_blocks(
            [
                Paragraph("no batch yet" if status is None else f"no batch is {status}"),
                Paragraph("next: peqdlab log-batch hot_injection/binary-cspbi3", "quiet"),
            ]
        )
        return
    cells = tuple(
        (row.id, f"{row.protocol}/{row.variant}", row.started_at[:16].replace("T", " "), row.by, row.status, str(row.corrections or ""))
        for row in rows
    )
    show_blocks([Table(("batch", "protocol", "started", "by", "status", "corrections"), cells, right=("corrections",))])
