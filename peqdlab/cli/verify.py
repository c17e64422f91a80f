"""`peqdlab verify`: whether the record has been touched since it was written."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from peqdlab.cli.options import AsJson, StorePath
from peqdlab.cli.running import callout, command, print_json, show_blocks
from peqdlab.cli.stores import open_record
from peqdlab.errors import EXIT_FINDINGS


@command
def verify(
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make the list of batches again from the events.")] = False,
    store: StorePath = None,
    as_json: AsJson = False,
) -> None:
    """Check that no event was touched since it was written."""
    from peqdlab.document import finding_row

    with open_record(store) as opened:
        if rebuild:
            opened.rebuild()
        count, finding = opened.verify()
        seq, head = opened.head()
    if as_json:
        print_json({"events": count, "last": seq, "head": head, "findings": [finding_row(finding)] if finding else []})
    elif finding:
        show_blocks([callout(finding)])
    else:
        print(f"{count} events, each as it was written; the last is {seq}, {head[:12]}")
    if finding:
        sys.exit(EXIT_FINDINGS)
