"""`peqdlab run-sheet`: the sheet for the bench, or the record of a batch in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from peqdlab.cli.options import AsJson, ConfigFile, StorePath
from peqdlab.cli.running import command, print_json, show_blocks
from peqdlab.cli.stores import is_batch, load_batch, open_record

if TYPE_CHECKING:
    from peqdlab.blocks import Block


@command
def run_sheet(
    name: Annotated[str, typer.Argument(help="A saved plan, a batch, FAMILY/VARIANT, or a TOML file.", metavar="PLAN-or-BATCH")],
    output: Annotated[str | None, typer.Option("-o", "--output", metavar="FILE", help="Write .md or .txt instead of printing.")] = None,
    config_file: ConfigFile = None,
    store: StorePath = None,
    as_json: AsJson = False,
) -> None:
    """Print the sheet for the bench, or a batch as it went."""
    from peqdlab.cli.planning import save_blocks

    document, blocks = _sheet(name, store, config_file)
    if output:
        save_blocks(blocks, output)
    if as_json:
        print_json(document)
    elif not output:
        show_blocks(blocks)


def _sheet(name: str, store: str | None, config_file: str | None) -> tuple[dict[str, object], list[Block]]:
    from peqdlab.filled_sheet import record_blocks
    from peqdlab.sheet import sheet_blocks

    if is_batch(name):
        with open_record(store) as opened:
            record = load_batch(opened, name)
        return record.document, record_blocks(record)
    document = planned_document(name, config_file)
    return document, sheet_blocks(document)


def planned_document(name: str, config_file: str | None = None) -> dict[str, object]:
    """Return the document of a saved plan, or of a protocol planned now; ends with its findings where errors stand unaccepted."""
    from shlex import quote

    from peqdlab.cli.planning import NOTHING_ASKED, made_plan, read_saved_plan
    from peqdlab.document import plan_document
    from peqdlab.errors import ContentError

    saved = read_saved_plan(name)
    made = made_plan(name, NOTHING_ASKED._replace(config=config_file))
    if made.blocking:
        accepting = " ".join(f'--accept {code}="reason"' for code in dict.fromkeys(finding.code for finding in made.blocking))
        count = f"{len(made.blocking)} error{'s' if len(made.blocking) > 1 else ''}"
        saved_as = f"peqdlab plan {quote(name)} {accepting} -o plan.toml"
        raise ContentError(*made.findings, advice=f"not planned: {count}; mend them, or accept them and go on with plan.toml: {saved_as}")
    return saved if saved and not config_file else plan_document(made)
