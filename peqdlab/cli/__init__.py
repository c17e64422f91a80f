"""The command line: one file per command; the only place that prints, asks, reads the clock, or sets an exit code."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperGroup

from peqdlab.cli.streams import open_streams, unprinted
from peqdlab.errors import EXIT_CLEAN, EXIT_INTERRUPTED, EXIT_USAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
# What every error of the command line is; typer gives it no name of its own.
_WRONG_USAGE: Final[type[Exception]] = typer.BadParameter.__mro__[1]
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

            print_usage_error(f"peqdlab has no command {args[0]!r}", f"{suggest(args[0], COMMANDS)}; see peqdlab --help", given=args)
        return super().resolve_command(ctx, args)

    def main(self, *arguments: Any, **keywords: Any) -> NoReturn:
        """Run the command that the arguments name; every end is an exit code of the contract, wrong usage included."""
        typed = arguments[0] if arguments else keywords.get("args")
        given = list(sys.argv[1:] if typed is None else typed)
        try:
            try:
                with self.make_context("peqdlab", list(given)) as context:
                    self.invoke(context)
            finally:
                sys.stdout.flush()
        except _WRONG_USAGE as error:
            wrong: Any = error
            if "--json" in given:
                print_usage_error(wrong.format_message(), f"{wrong.ctx.command_path if wrong.ctx else 'peqdlab'} --help", given=given)
            wrong.show()
            sys.exit(EXIT_USAGE)
        except typer.Exit as ended:
            sys.exit(ended.exit_code)
        except (typer.Abort, EOFError):
            sys.exit(EXIT_INTERRUPTED)
        except OSError as error:
            unprinted(error, logged=False)
        sys.exit(EXIT_CLEAN)


def print_usage_error(message: str, remedy: str, *, given: Sequence[str]) -> NoReturn:
    """End because the command line itself does not fit (exit 2): as JSON to standard output where that is asked for, else one line."""
    if "--json" in given:
        from peqdlab.cli.running import report
        from peqdlab.findings import Finding, Place

        report((Finding("error", "A130", Place("command line"), message, remedy),), as_json=True)
    else:
        print(f"{message}: {remedy}", file=sys.stderr)
    sys.exit(EXIT_USAGE)


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
    """Run the command line on the streams as they are found."""
    open_streams()
    app()
