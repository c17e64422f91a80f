"""The command line: one file per command; the only place that prints, asks, reads the clock, or sets an exit code."""

from __future__ import annotations

import typer

from peqdlab.cli import batches, check, compare, log_batch, measure, plan, protocols, run_sheet, show, verify

app = typer.Typer(
    name="peqdlab",
    help="Plan lab protocols for perovskite quantum dot solar cells, print their run sheets, log batches, compare them.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("protocols")(protocols.protocols)
app.command("check")(check.check)
app.command("plan")(plan.plan)
app.command("run-sheet")(run_sheet.run_sheet)
app.command("log-batch")(log_batch.log_batch)
app.command("measure")(measure.measure)
app.command("batches")(batches.batches)
app.command("show")(show.show)
app.command("compare")(compare.compare)
app.command("verify")(verify.verify)


def main() -> None:
    """Run the command line."""
    app()
