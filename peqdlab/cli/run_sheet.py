"""`peqdlab run-sheet`: the sheet for the bench, or the record of a batch in its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from peqdlab.cli.options import AsJson, ConfigFile, Paper, StorePath
from peqdlab.cli.running import command, fail, print_json, show_blocks
from peqdlab.cli.stores import is_batch, load_batch, open_record

if TYPE_CHECKING:
    from peqdlab.blocks import Block

_SET: Final = "set.toml"  # in a folder of plans that were made together


@command
def run_sheet(
    names: Annotated[
        list[str],
        typer.Argument(help="A saved plan, a batch, a set's folder, FAMILY/VARIANT, a TOML file; or several.", metavar="PLAN-or-BATCH..."),
    ],
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE", help="Write .pdf, .html, .md or .txt instead of printing.")
    ] = None,
    paper: Paper = "a4",
    config_file: ConfigFile = None,
    store: StorePath = None,
    as_json: AsJson = False,
) -> None:
    """Print the sheet for the bench, or a batch as it went."""
    from peqdlab.cli.pages import save_page

    sheets = [_sheet(name, store, config_file) for name in names]
    if output:
        save_page([block for _, blocks in sheets for block in blocks], output, paper)
    if as_json:
        print_json(sheets[0][0] if len(sheets) == 1 else [document for document, _ in sheets])
    elif not output:
        show_blocks([block for _, blocks in sheets for block in blocks])


def _sheet(name: str, store: str | None, config_file: str | None) -> tuple[dict[str, object], list[Block]]:
    if (Path(name) / _SET).is_file():
        return _set_sheet(Path(name))
    from peqdlab.bench_sheet import sheet_blocks
    from peqdlab.filled_sheet import record_blocks

    if is_batch(name):
        with open_record(store) as opened:
            record = load_batch(opened, name)
        return record.document, record_blocks(record)
    document = planned_document(name, config_file)
    return document, sheet_blocks(document)


def _set_sheet(folder: Path) -> tuple[dict[str, object], list[Block]]:
    """Return a set and its sheets; ends with A106 for a plan that is missing, or is not the one that the set was made with."""
    from peqdlab.cli.planning import read_saved_plan
    from peqdlab.set_sheet import set_sheet_blocks

    document = _read_set(folder / _SET)

    def plan_of_row(row: dict[str, Any]) -> dict[str, Any]:
        file = folder / Path(str(row.get("file"))).name
        saved = read_saved_plan(str(file))
        if saved is None or saved["digest"] != row.get("digest"):
            fail("A106", str(file), f"{file} is not the plan that the set was made with", "make the set again into a new folder")
        return saved

    shared = plan_of_row(document["shared"]) if "shared" in document else None
    runs = [plan_of_row(row) for row in document.get("runs", [])]
    return document, set_sheet_blocks(document, shared, runs)


def _read_set(path: Path) -> dict[str, Any]:
    """Return a set as it was saved; ends with A106 for what is none, or was changed since."""
    from peqdlab.set_document import SCHEMA, set_digest
    from peqdlab.source import read_source

    document = read_source(path, str(path)).data
    if document.get("schema") != SCHEMA:
        fail("A106", str(path), f"{path} is no set", "make one: peqdlab plan PROTOCOL... --vary NAME=LEVELS -o set/")
    try:
        found = set_digest(document)
    except (TypeError, ValueError):
        found = ""
    if found != document.get("digest"):
        fail("A106", str(path), f"{path} was changed since it was saved", "make the set again into a new folder")
    return document


def planned_document(name: str, config_file: str | None = None) -> dict[str, object]:
    """Return the document of a saved plan, or of a protocol planned now; ends with its findings where errors stand unaccepted."""
    from shlex import quote

    from peqdlab.cli.planning import NOTHING_ASKED, made_plan, read_saved_plan
    from peqdlab.document import plan_document
    from peqdlab.errors import ContentError

    saved = None if config_file else read_saved_plan(name)
    if saved is not None and not _blocked(saved):
        return saved
    made = made_plan(name, NOTHING_ASKED._replace(config=config_file))
    if made.blocking:
        accepting = " ".join(f'--accept {code}="reason"' for code in dict.fromkeys(finding.code for finding in made.blocking))
        count = f"{len(made.blocking)} error{'s' if len(made.blocking) > 1 else ''}"
        saved_as = f"peqdlab plan {quote(name)} {accepting} -o plan.toml"
        raise ContentError(*made.findings, advice=f"not planned: {count}; mend them, or accept them and go on with plan.toml: {saved_as}")
    return plan_document(made)


def _blocked(document: dict[str, Any]) -> bool:
    """Return whether a saved plan has errors that nobody accepted, as one that was printed as JSON may have."""
    return any(row["severity"] == "error" and row["code"] not in document["accepted"] for row in document["findings"])
