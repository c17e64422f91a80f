"""`peqdlab measure`: outcomes of a batch, typed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from peqdlab.cli.log_batch import _log
from peqdlab.cli.options import AsJson, At, By, Correct, Reason, StorePath
from peqdlab.cli.running import command, fail
from peqdlab.cli.stores import load_batch, open_record, store_option

if TYPE_CHECKING:
    from peqdlab.entries import Entries


@command
def measure(
    batch: Annotated[str, typer.Argument(help="A batch such as B0001.", metavar="BATCH")],
    values: Annotated[
        list[str] | None, typer.Argument(help="pl_peak=686nm, plqy=80%, yield=270mg, pce=12.3%", metavar="[NAME=VALUE...]")
    ] = None,
    correct: Correct = None,
    reason: Reason = "",
    at: At = None,
    by: By = None,
    store: StorePath = None,
    as_json: AsJson = False,
) -> None:
    """Log outcomes of a batch by hand, also once it is closed."""
    from peqdlab.outcomes import OUTCOMES

    if not values and not correct:
        fail("R113", batch, "there is nothing to log", f"give NAME=VALUE; names: {', '.join(OUTCOMES)}")

    def read(entries: Entries) -> None:
        entries.outcomes(values or [])
        entries.correct(correct or [], reason)

    with open_record(store) as opened:
        _log(opened, load_batch(opened, batch), read, at=at, by=by, option=store_option(store), as_json=as_json)
