"""`peqdlab verify`: whether the record has been touched since it was written."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from peqdlab.cli.options import AsJson, StorePath
from peqdlab.cli.running import callout, command, print_json, show_blocks
from peqdlab.cli.stores import open_record
from peqdlab.errors import EXIT_FINDINGS, StoreError

if TYPE_CHECKING:
    from peqdlab.findings import Finding


@command
def verify(
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make the list of batches again from the events.")] = False,
    store: StorePath = None,
    as_json: AsJson = False,
) -> None:
    """Check that no event was touched since it was written."""
    from peqdlab.document import finding_row

    count, seq, head, finding = _verified(store, rebuild=rebuild)
    if as_json:
        print_json({"events": count, "last": seq, "head": head, "findings": [finding_row(finding)] if finding else []})
    elif finding:
        show_blocks([callout(finding)])
    else:
        print(f"{count} events, each as it was written; the last is {seq}, {(head or '')[:12]}")
    if finding:
        sys.exit(EXIT_FINDINGS)


def _verified(store: str | None, *, rebuild: bool) -> tuple[int | None, int | None, str | None, Finding | None]:
    """Return how many events are sound, number and digest of the last, and the first damage; raises StoreError for any other fault."""
    count = None
    try:
        with open_record(store) as opened:
            if rebuild:
                opened.rebuild()
            count, finding = opened.verify()
            return (count, *opened.head(), finding)
    except StoreError as error:
        if error.findings[0].code != "R905":
            raise
        return count, None, None, error.findings[0]
