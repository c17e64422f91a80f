"""`peqdlab new`: a protocol of the lab's own, starting from one that is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peqdlab.cli.folders import folders_for, own_folders
from peqdlab.cli.options import AsJson
from peqdlab.cli.running import command, fail, print_json, show_blocks, write_file

if TYPE_CHECKING:
    from peqdlab.family import Family
    from peqdlab.plan import Plan

_NAME = re.compile(r"[A-Za-z0-9][\w-]*\Z")


@command
def new(
    protocol: Annotated[str, typer.Argument(help="What to start from: FAMILY/VARIANT, or FILE.toml/VARIANT.", metavar="FAMILY/VARIANT")],
    file: Annotated[str, typer.Argument(help="FILE.toml, or a name: then into your own folder ($PEQDLAB_PROTOCOLS).", metavar="FILE.toml")],
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a protocol of your own, starting from a shipped one."""
    from peqdlab.catalog import open_variant

    family, variant = open_variant(protocol, folders_for(protocol))
    target, name = _target(file)
    if target.exists() and not force:
        fail("A110", f"argument {file}", f"{target} is there already", "name another file, or add --force to write over it")
    text = _text(family, variant, protocol)
    if not file.endswith(".toml"):
        _make_folder(target.parent)
    write_file(str(target), text)
    schema = _write_schema(target.parent)
    found = {"file": str(target), "protocol": f"{name}/{variant}", "from": f"{family.name}/{variant}", "schema": schema}
    if as_json:
        print_json(found)
    else:
        _say(found, name)


def _target(file: str) -> tuple[Path, str]:
    """Return the file to write, and the name by which it is planned: of a file in the lab's own folder its stem, else its path."""
    from peqdlab.shipped import shipped_families

    path, folders = Path(file), own_folders()
    is_name = _NAME.match(file) is not None and path.suffix == ""
    if not is_name and path.suffix != ".toml":
        fail("A105", f"argument {file}", f"{path.suffix or 'no ending'} is not read as a protocol", "end the name in .toml")
    target = folders[0] / f"{file}.toml" if is_name else path
    own = is_name or target.parent.absolute() in [folder.absolute() for folder in folders]
    if own and target.stem in shipped_families():
        remedy = f"choose another name, as in {target.stem}-own"
        fail("A109", f"argument {file}", f"a family called {target.stem!r} ships with peqdlab", remedy)
    return target, target.stem if own and is_name else file


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail("A107", "$PEQDLAB_PROTOCOLS", f"{folder} cannot be made: {error.strerror}", "set it to a folder that may be written")


def _text(family: Family, variant: str, protocol: str) -> str:
    """Return the text of the new protocol, once it is known to plan to the same as the one that it comes from."""
    from peqdlab import __version__
    from peqdlab.canonical import sha256_hex
    from peqdlab.errors import ContentError
    from peqdlab.family import read_family
    from peqdlab.plan import make_plan
    from peqdlab.protocol import read_template
    from peqdlab.reagents import shipped_reagents
    from peqdlab.source import parse_source
    from peqdlab.standalone import standalone_text

    reagents = shipped_reagents()
    template, findings = read_template(family, variant, reagents)
    if template is None:
        raise ContentError(*findings)
    text = standalone_text(family, variant, _remarks(protocol, __version__, sha256_hex(family.source.text)))
    written, doubts = read_template(read_family(parse_source(text, family.source.name), family.name), variant, reagents)
    if written is None or not _says_the_same(make_plan(template, reagents), make_plan(written, reagents)):
        raise RuntimeError(f"{protocol} written out alone would not plan to the same: {doubts}")
    return text


def _says_the_same(before: Plan, after: Plan) -> bool:
    """Return whether two plans differ in nothing, and have the same findings wherever they stand in the file.

    U001 is left out: a value inherited from a variant whose source was not read is counted only once it names that source.
    """
    from peqdlab.plan_difference import plan_differences

    said = [sorted((row.severity, row.code, row.message) for row in plan.findings if row.code != "U001") for plan in (before, after)]
    return said[0] == said[1] and all(change.section == "finding" for change in plan_differences(before, after))


def _remarks(protocol: str, version: str, digest: str) -> tuple[str, ...]:
    return (
        f"Started from {protocol} with peqdlab {version} (SHA-256 of its file {digest[:16]}…).",
        "A tag such as [review 3.1] after a value names its source; a value without one has the source of its variant.",
    )


def _write_schema(folder: Path) -> str | None:
    """Write the schema that an editor reads beside the protocol, unless a file of that name is not ours; return its path."""
    import json

    from peqdlab.reagents import shipped_reagents
    from peqdlab.schema import TITLE, render_schema
    from peqdlab.standalone import SCHEMA_FILE

    path, text = folder / SCHEMA_FILE, render_schema(shipped_reagents().data["reagents"])
    try:
        found = path.read_text(encoding="utf-8") if path.exists() else None
        is_ours = found is None or json.loads(found).get("title") == TITLE
    except (OSError, ValueError, AttributeError):
        is_ours = False
    if not is_ours:
        return None
    if found != text:
        write_file(str(path), text)
    return str(path)


def _say(found: dict[str, str | None], name: str) -> None:
    from shlex import quote

    from peqdlab.blocks import Paragraph

    protocol = quote(str(found["protocol"]))
    show_blocks(
        [
            Paragraph(f"wrote {found['file']}, which plans to the same as {found['from']}", "strong"),
            Paragraph("change what is yours in an editor; write [own] after a value that you changed, and define own in [sources]"),
            Paragraph(f"next: peqdlab check {quote(name)}   and   peqdlab plan {protocol}", "quiet"),
            Paragraph(f"what you changed: peqdlab plan --diff {found['from']} {protocol}", "quiet"),
        ]
    )
