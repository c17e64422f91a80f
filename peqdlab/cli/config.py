"""`peqdlab config`: the lab's instruments, shown, set and reset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from peqdlab.cli.options import AsJson, ConfigFile
from peqdlab.cli.running import callout, command, print_json, show_blocks

if TYPE_CHECKING:
    from pathlib import Path

    from peqdlab.blocks import Block
    from peqdlab.findings import Finding
    from peqdlab.instruments import Instruments
    from peqdlab.source import KeyPath


@command
def config(
    changes: Annotated[
        list[str] | None,
        typer.Argument(
            help="balance.analytical.step=1mg, rotor.radius=9.5cm, balance.precision=none, film.octane='85 nm'", metavar="[NAME=VALUE...]"
        ),
    ] = None,
    reset: Annotated[
        list[str] | None, typer.Option("--reset", metavar="NAME", help="Back to the default: a part, an instrument, a group, or all.")
    ] = None,
    config_file: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Show or set the lab's balances, pipettes and rotor."""
    from peqdlab.cli.lab import config_path, config_source
    from peqdlab.config import check_instruments, read_instruments
    from peqdlab.errors import ContentError

    path = config_path(config_file)
    source = config_source(path)
    instruments, findings = read_instruments(source)
    if findings:
        raise ContentError(*findings)
    if changes or reset:
        text = _changed(source.text, changes or [], reset or [], instruments)
        if text != source.text:
            _write(path, text)
        instruments, findings = read_instruments(config_source(path))
    _show(path, instruments, check_instruments(instruments), as_json=as_json)


def _changed(text: str, changes: list[str], reset: list[str], instruments: Instruments) -> str:
    """Return the new text of the file; raises UsageError with every doubt, and then nothing is changed."""
    from peqdlab.config import change_of, path_named, read_instruments, with_value, without
    from peqdlab.errors import UsageError
    from peqdlab.findings import Doubt, Place
    from peqdlab.source import parse_source

    doubts: list[Finding] = []
    paths: dict[KeyPath, str] = {}
    for name in reset:
        try:
            text = without(text, () if name == "all" else path_named(name, instruments))
        except Doubt as doubt:
            doubts.append(doubt.at(Place(f"--reset {name[:60]}")))
    for change in changes:
        name, sign, value = (part.strip() for part in change.partition("="))
        try:
            if not sign or not name or not value:
                raise Doubt("A102", f"{change[:60]!r} is not NAME=VALUE", "write peqdlab config balance.analytical.step=1mg")  # noqa: TRY301
            key, wanted = change_of(name, value, instruments)
            paths[key] = change
            text = with_value(text, key, wanted)
        except Doubt as doubt:
            doubts.append(doubt.at(Place(f"argument {change[:60]}")))
    _, findings = read_instruments(parse_source(text, "config"))
    doubts += [found._replace(where=Place(f"argument {_argument(found, paths)[:60]}")) for found in findings]
    if doubts:
        raise UsageError(*doubts)
    return text


def _argument(found: Finding, paths: dict[KeyPath, str]) -> str:
    """Return the argument that a finding about the new text is about: the one whose key is part of the finding's."""
    from peqdlab.source import format_key

    keys = {format_key(path): change for path, change in paths.items()}
    fitting = [change for key, change in keys.items() if found.where.key.startswith(key) or key.startswith(f"{found.where.key}.")]
    return fitting[0] if fitting else " ".join(paths.values())


def _write(path: Path, text: str) -> None:
    """Write the file whole or not at all, through a link to where it points; raises UsageError A107."""
    from peqdlab.cli.running import fail, write_file

    target = path.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        remedy = "name another file with --config or $PEQDLAB_CONFIG"
        fail("A107", f"config {path}", f"{target.parent} cannot be made: {error.strerror}", remedy)
    write_file(str(target), text)


# shown ---------------------------------------------------------------------------------------------------------------


def _show(path: Path, instruments: Instruments, findings: tuple[Finding, ...], *, as_json: bool) -> None:
    from peqdlab.document import finding_row
    from peqdlab.instruments import instruments_data

    if not as_json:
        show_blocks([*_blocks(path, instruments), *map(callout, findings)])
        return
    data: dict[str, Any] = {"schema": "peqdlab.config/1", "file": str(path), "exists": path.exists()}
    print_json(data | {"instruments": instruments_data(instruments), "findings": [finding_row(found) for found in findings]})


def _blocks(path: Path, instruments: Instruments) -> list[Block]:
    from peqdlab.blocks import Heading, Paragraph, Table
    from peqdlab.film_points import told
    from peqdlab.instruments import EVIDENCE
    from peqdlab.units import plain, show

    rows = tuple(
        (row.key, *(show(part) for part in (row.low, row.high, row.step)), f"± {show(row.tolerance)}", ", ".join(row.own), row.evidence)
        for row in instruments.measuring
    )
    rotor, figures = instruments.rotor, instruments.rotor.parts()
    turning = tuple(
        (f"rotor.{name}", str(part) if isinstance(part, int) else show(part), "own" if name in rotor.own else rotor.evidence)
        for name, part in figures.items()
    )
    sizes = ", ".join(plain(size) for size in instruments.flasks_ml)
    flasks = ("flask.sizes", f"{sizes} mL", "own" if instruments.own_flasks else "assumed")
    sources = dict.fromkeys([*((row.evidence, row.source) for row in instruments.measuring), (rotor.evidence, rotor.source)])
    measured = tuple((point.key, told(point).partition(" ")[2].strip("()")) for point in instruments.films)
    films = [Table(("name", "measured"), measured)] if measured else []
    stands = "what is not set in it is built in" if path.exists() else "no such file yet, so all of it is built in"
    return [
        Heading("The lab's instruments", 1),
        Paragraph(f"{path}: {stands}"),
        Table(("name", "from", "to", "step", "tolerance", "set here", "evidence"), rows, right=("from", "to", "step", "tolerance")),
        Table(("name", "is", "evidence"), (*turning, flasks)),
        *films,
        Table(("evidence", "means"), tuple(EVIDENCE.items())),
        Table(("evidence", "source"), tuple(sources)),
        Paragraph("next: peqdlab config balance.analytical.step=1mg   or   peqdlab config --reset balance.analytical", "quiet"),
    ]
