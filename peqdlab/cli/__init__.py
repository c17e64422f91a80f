"""The command line: one file per command; the only place that prints, asks, reads the clock, or sets an exit code."""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from collections.abc import Callable

# A command's module is imported when it is called, so that none pays for the others. name -> first line of its help.
COMMANDS: Final = {
    "protocols": "List what ships and what is your own, or show one variant.",
    "new": "Write a protocol of your own, starting from a shipped one.",
    "check": "Read protocol files and print every doubt about them.",
    "plan": "Make a protocol exact: what to weigh, steps, ratios, doubts.",
    "run-sheet": "Print the sheet for the bench, or a batch as it went.",
    "log-batch": "Start, fill, correct or close a batch by its sheet's codes.",
    "measure": "Log outcomes of a batch by hand, also once it is closed.",
    "batches": "List batches: protocol, when, by whom, how they ended.",
    "show": "Show a batch: planned beside actual, air, bottles, findings.",
    "compare": "Say what two batches differ in, and nothing more.",
    "config": "Show or set the lab's balances, pipettes and rotor.",
    "verify": "Check that no event was touched since it was written.",
}
_SETTINGS: Final = {"help_option_names": ["-h", "--help"]}


def function_of(name: str) -> Callable[..., None]:
    """Return the function behind a command, importing its module."""
    function: Callable[..., None] = getattr(import_module(f"peqdlab.cli.{name.replace('-', '_')}"), name.replace("-", "_"))
    return function


class LazyCommands(TyperGroup):
    """The group of commands: lists them from the table, loads the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as the group calls it
        """Return the names of the commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return one command, loaded; for the group's own help only its name and first line."""
        if cmd_name not in COMMANDS:
            return None
        if ctx.resilient_parsing or not ctx.meta.get("peqdlab.help"):
            return _loaded(cmd_name)
        return typer.core.TyperCommand(cmd_name, help=COMMANDS[cmd_name], rich_markup_mode=None)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands without loading them."""
        ctx.meta["peqdlab.help"] = True
        super().format_commands(ctx, formatter)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is called; an unknown one ends with the nearest name (exit code 2)."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from peqdlab.findings import suggest

            print(f"peqdlab has no command {args[0]!r}: {suggest(args[0], COMMANDS)}; see peqdlab --help", file=sys.stderr)
            sys.exit(2)
        return super().resolve_command(ctx, args)


def _loaded(name: str) -> Any:
    one = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, context_settings=_SETTINGS)
    one.command(name)(function_of(name))
    return typer.main.get_command(one)


app = typer.Typer(
    name="peqdlab",
    cls=LazyCommands,
    help="Plan lab protocols for perovskite quantum dot solar cells, print their run sheets, log batches, compare them.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_SETTINGS,
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - as an option's callback is called
    if wanted:
        from peqdlab import __version__

        print(f"peqdlab {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)]


@app.callback()
def root(version: Version = False) -> None:
    """Plan lab protocols for perovskite quantum dot solar cells, print their run sheets, log batches, compare them."""


def main() -> None:
    """Run the command line; what a stream cannot encode is shown as ? rather than ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    app()
