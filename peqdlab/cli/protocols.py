"""`peqdlab protocols`: list what ships and what the lab wrote itself, or show one family or variant."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from peqdlab.cli.folders import folders_for, own_folders
from peqdlab.cli.options import AsJson
from peqdlab.cli.running import callout, command, print_json, show_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peqdlab.blocks import Block
    from peqdlab.family import Family
    from peqdlab.listing import Listed

_WIDE: Final = 110  # columns, from which on a title fits beside the rest
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")  # every digit of a product's formula is a count


@command
def protocols(
    name: Annotated[
        str | None,
        typer.Argument(help="A family, FAMILY/VARIANT, a TOML file, or a word to look for, as humid.", metavar="[FAMILY[/VARIANT]]"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what ships and what is your own, or show one variant."""
    listed = _all() if name is None else _named(name, as_json=as_json)
    if not listed:
        return
    if as_json:
        print_json({"protocols": [row for family in listed for row in family.rows], "findings": _finding_rows(listed)})
    else:
        show_blocks(_list_blocks(listed) if name is None else _detail_blocks(listed))


def _all() -> list[Listed]:
    """Return every family; what reads protocols is loaded only for those that the index does not know."""
    from peqdlab.listing import listed_family, shipped_list
    from peqdlab.shipped import own_files

    listed = [*shipped_list()]
    if own_files(own_folders()):
        from peqdlab.catalog import own_families

        listed += [listed_family(family, family.source.name) for family in own_families(own_folders())]
    return listed


def _named(name: str, *, as_json: bool) -> list[Listed]:
    """Return one family, or what holds a word; for a variant, show it and return nothing."""
    from peqdlab.errors import UsageError
    from peqdlab.listing import matching
    from peqdlab.shipped import shipped_families

    found = [] if name in shipped_families() or "/" in name or name.endswith(".toml") else matching(_all(), name)
    try:
        return _one(name, as_json=as_json)
    except UsageError:
        if not found:
            raise
        return found


def _one(name: str, *, as_json: bool) -> list[Listed]:
    """Return one family; for a variant, show it and return nothing."""
    from peqdlab.catalog import open_family, split_name
    from peqdlab.listing import listed_family
    from peqdlab.shipped import shipped_families

    family_name, variant = split_name(name)
    family = open_family(family_name, folders_for(family_name))
    if variant is not None:
        _show_variant(name, family, as_json=as_json)
        return []
    return [listed_family(family, None if family_name in shipped_families() else family.source.name)]


def _finding_rows(families: Iterable[Listed]) -> list[dict[str, Any]]:
    """Return what is wrong with the files listed; nothing is loaded for it where nothing is."""
    findings = [finding for family in families for finding in family.findings]
    if not findings:
        return []
    from peqdlab.document import finding_row

    return [finding_row(finding) for finding in findings]


def _list_blocks(listed: list[Listed]) -> list[Block]:
    """Return the list of all: one line for each variant, with what it is only where a page is wide enough for it."""
    from peqdlab.blocks import Heading, Table
    from peqdlab.cli.streams import columns_of

    columns: tuple[str, ...] = ("variant", "product", "evidence", "best cell", "what it is")
    taken = len(columns) if columns_of(sys.stdout) >= _WIDE else len(columns) - 1
    blocks: list[Block] = []
    for family in listed:
        cells = tuple(
            (row["protocol"].partition("/")[2], _product(row), row["evidence"], row["pce"] or "", row["title"] or "")[:taken]
            for row in family.rows
        )
        blocks += [Heading(_family_title(family)), *(callout(finding) for finding in family.findings)]
        blocks += [Table(columns[:taken], cells)] if cells else []
    return [*blocks, *_next(listed, "more of a family, or of a word: peqdlab protocols ligand_exchange   or   peqdlab protocols humid")]


def _detail_blocks(listed: list[Listed]) -> list[Block]:
    """Return a family, or what was found, at length: what each variant is, its best cell, and the air that it wants."""
    from peqdlab.blocks import Heading, Paragraph

    blocks: list[Block] = []
    for family in listed:
        blocks += [Heading(_family_title(family)), *(callout(finding) for finding in family.findings)]
        for row in family.rows:
            cell = f", best cell {row['pce']}" if row["pce"] else ""
            blocks += [Paragraph(f"{row['protocol']}: {_product(row)}, {row['evidence']}{cell}", "strong"), Paragraph(row["title"] or "")]
            blocks += [Paragraph(f"air: {'; '.join(row['air'])}")] if row["air"] else []
    return [*blocks, *_next(listed)]


def _family_title(family: Listed) -> str:
    return f"{family.name}/…  {family.title}{f'  (your own: {family.own})' if family.own else ''}"


def _product(row: dict[str, Any]) -> str:
    return str(row["product"] or "any").translate(_SUBSCRIPTS)


def _next(listed: list[Listed], *said: str) -> list[Block]:
    from peqdlab.blocks import Paragraph

    names = [row["protocol"] for family in listed for row in family.rows]
    first = next((name for name in names if name.startswith("hot_injection/")), names[0] if names else None)  # a chain begins there
    last = f"next: peqdlab protocols {first}   or   peqdlab plan {first}" if first else "no protocol is here"
    return [Paragraph(text, "quiet") for text in (*said, last)]


def _show_variant(name: str, family: Family, *, as_json: bool) -> None:
    from peqdlab.catalog import open_template
    from peqdlab.checks import cited, evidence_of

    template = open_template(name, folders=folders_for(name))
    found = {
        "protocol": f"{family.name}/{template.variant}",
        "title": template.title,
        "product": template.product,
        "shell": list(template.shell),
        "source": cited(template.citations, template.default_source),
        "evidence": evidence_of(template, template.default_source),
        "parameters": [
            {"name": row.name, "is": row.value.text, "from": row.low.text if row.low else None, "to": row.high.text if row.high else None,
             "evidence": evidence_of(template, row.value.source), "why": row.why}
            for row in template.parameters.values()
        ],
        "preparations": [{"id": row.name, "vessel": row.vessel.text, "steps": len(row.steps)} for row in template.preparations],
        "checks": [
            {"name": row.name, "at": row.at, "want": row.want_text, "else": row.severity, "why": row.why} for row in template.checks
        ],
    }  # fmt: skip
    if as_json:
        print_json(found)
    else:
        show_blocks(_variant_blocks(found))


def _variant_blocks(found: dict[str, Any]) -> list[Block]:
    from peqdlab.blocks import Heading, Paragraph, Table

    blocks: list[Block] = [Heading(found["title"], 1), Paragraph(f"{found['source']} ({found['evidence']})", "quiet")]
    if found["checks"]:
        asked = tuple((row["name"], f"{row['want']}, at {row['at']}", row["else"], row["why"]) for row in found["checks"])
        blocks += [Heading("what it asks for"), Table(("check", "wanted", "else", "why"), asked)]
    if found["parameters"]:
        cells = tuple(
            (
                row["name"],
                f"{row['is']}{'?' if row['evidence'] in ('unverified', 'repaired') else ''}",
                f"{row['from']} to {row['to']}" if row["from"] else "",
                row["why"],
            )
            for row in found["parameters"]
        )
        blocks += [Heading("what --set may change"), Table(("name", "is", "range", "why"), cells)]
    made = tuple((row["id"], row["vessel"], str(row["steps"])) for row in found["preparations"])
    blocks += [Heading("preparations"), Table(("preparation", "vessel", "steps"), made, right=("steps",))]
    return [*blocks, Paragraph(f"next: peqdlab plan {found['protocol']}", "quiet")]
