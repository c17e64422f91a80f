"""What a plan says of its steps and products beside the amounts, as blocks: estimates, shares, tolerance factors, with their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from peqdlab.blocks import Block, Heading, Paragraph, Table
from peqdlab.wording import chemical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Document = dict[str, Any]
_ACID_IS: Final = "acid and anion in the liquid left with the pellet, not what is bound; words [review 3.3], limit 0.1 [computed]"
_LEAD_IS: Final = "the books let it leave with the liquid; look at the pellet: yellow is lead halide or the delta phase"


def estimate_blocks(document: Document, title: str) -> list[Block]:
    """Return what is told of the steps as a table, and one line for each product; nothing for a plan that tells nothing."""
    told, structures = document.get("told") or [], document.get("structures") or []
    washes = document.get("washes") or []
    if not (told or structures or washes):
        return []
    rows = tuple((row["name"], said_value(row), f"step {row['step']}", _why(row)) for row in told)
    table = [Table(("what", "is", "at", "how it is known"), rows)] if rows else []
    said = [Paragraph(line) for line in wash_lines(washes)]
    return [Heading(title), *table, *said, *(Paragraph(structure_line(row), "quiet") for row in structures)]


def said_value(row: Mapping[str, Any]) -> str:
    """Return the value of what is told, with its unit, ? where it is not verified, and the words for it."""
    value = " ".join(filter(None, (row["value"], row.get("unit"))))
    return f"{value}{'?' if row.get('doubtful') else ''}{', ' + row['reads'] if row.get('reads') else ''}"


def wash_lines(washes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what the washes leave: free acid for each lead after each, and the lead halide that could come down with the dots."""
    acid = [f"after {_wash(row)} {row['oa_per_pb']}, {row['reads']}" for row in washes if row.get("oa_per_pb")]
    lead = [
        f"{row['lead_outside_mg']} mg {chemical(row['lead_outside_as'])} at {_wash(row)}" for row in washes if row.get("lead_outside_mg")
    ]
    lines = [f"free OA for each Pb: {'; '.join(acid)} ({_ACID_IS})"] if acid else []
    return [*lines, *([f"may come down with the dots, of lead outside the product: up to {', '.join(lead)} ({_LEAD_IS})"] if lead else [])]


def _wash(row: Mapping[str, Any]) -> str:
    return f"wash {row['n']} (step {row['step']})"


def _why(row: Mapping[str, Any]) -> str:
    return f"{row['why']}{' (for ' + row['scope'] + ')' if row.get('scope') else ''}"


def structure_line(row: Mapping[str, Any]) -> str:
    """Return the tolerance factor of a product with its window, in one line."""
    mark = "?" if row.get("doubtful") else ""
    where = "inside" if row["inside"] else "outside"
    guide = f"{where} {row['window']}, a guide and no rule [{row['window_short']}]"
    average = f", A site {row['radius_a_nm']} nm on average" if " + " in row["product"] else ""
    factors = f"tolerance factor {row['tolerance_factor']}{mark}, {guide}; octahedral factor {row['octahedral_factor']}{mark}{average}"
    return f"{' + '.join(map(_product, row['product'].split(' + ')))}: {factors}; radii: {', '.join(row['sources'])}"


def _product(text: str) -> str:
    """Return a product, or the share of one, with its formula set properly."""
    share, _, name = text.rpartition(" ")
    return f"{share} {chemical(name)}".strip()
