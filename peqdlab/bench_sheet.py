"""A plan document as the run sheet for the bench: what is read with gloves on first, what is looked up behind it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from peqdlab.air import AIR
from peqdlab.blocks import Blank, Block, Callout, Cell, Grid, Heading, Mark, Paragraph, StepBlock, Table
from peqdlab.estimates import estimate_blocks
from peqdlab.lots import lot_of
from peqdlab.of_a_set import room_planned, run_rows
from peqdlab.pumping import flow_blocks
from peqdlab.readiness import ahead_table, clock_table, hazard_blocks, protection_table, time_line, totals_table
from peqdlab.sheet import (
    accepted_callouts,
    asks_of_room,
    chemical_title,
    equipment_table,
    finding_callout,
    headline,
    ink_lines,
    instrument_blocks,
    layers_table,
    layers_title,
    needs_table,
    preparation_title,
    protocol_name,
    source_line,
    steps_of,
    waste_table,
)
from peqdlab.units import significant
from peqdlab.wording import chemical, with_formulas

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Document = dict[str, Any]
_TYPED: Final = "type what was real: peqdlab log-batch BATCH 1a=0.498g room=21.5C/34% MeOAc=lot:M7,opened:2026-11-20"
REFERENCE: Final = "For reference"
_SMALLER: Final = {"g": "mg", "mL": "µL"}  # a thousandth


def sheet_blocks(document: Document, *, batch: str = "", findings: Sequence[Callout] | None = None, reference: bool = True) -> list[Block]:
    """Return the run sheet of a plan: the sheet for the bench, and behind it, unless that stands elsewhere, what is looked up."""
    found = [finding_callout(row) for row in document["findings"]] if findings is None else findings
    bench = [*_front(document, batch, found), *_steps(document), *_end(document)]
    return [*bench, *reference_blocks(document, found)] if reference else bench


def _front(document: Document, batch: str, found: Sequence[Callout]) -> list[Block]:
    """Return what is read before anything is weighed, and what is weighed."""
    grave = [*(row for row in found if row.severity != "note"), *accepted_callouts(document["accepted"])]
    blocks: list[Block] = [Heading(f"Run sheet: {short_title(document)}", 1), _mark(document, batch)]
    blocks.append(Table(("", ""), _identity(document, batch)))
    if len(document.get("members") or ()) > 1:
        blocks.append(Paragraph(with_formulas(document["title"])))
    blocks.append(Paragraph(source_line(document), "quiet"))
    if made := headline(document):
        blocks.append(Paragraph(made, "strong"))
    if document["ratios"]:
        blocks.append(Paragraph(_ratios_line(document)))
    if grave:
        blocks += [Heading("Look at this first"), *grave]
    if "ahead" in document:  # not in a plan that was frozen before this was computed
        blocks += [Heading("Before you start"), Paragraph(time_line(document["time"]))]
        blocks += [Paragraph(f"wear and use: {worn}")] if (worn := _worn(document)) else []
        blocks += [ahead_table(document)] if document["ahead"] else []
    blocks += [Heading("Weigh and measure"), weighing_table(document), Paragraph(_TYPED, "quiet")]
    if document.get("needs"):
        blocks += [Heading("Taken from elsewhere"), needs_table(document)]
    return [*blocks, Heading("Room"), room_table()]


def _worn(document: Document) -> str:
    return "; ".join(row["what"] for row in document.get("protection") or () if row["worn"])


def short_title(document: Document) -> str:
    """Return the title of a plan; of a chain its product and its variants in their order."""
    members = document.get("members") or ()
    run = (document.get("run") or {}).get("run")
    if len(members) < 2:
        return with_formulas(chemical_title(document)) + (f", {run}" if run else "")
    return f"{run}, " * bool(run) + f"{chemical(document['product'] or '')}: {' → '.join(member['variant'] for member in members)}"


def _mark(document: Document, batch: str) -> Mark:
    short = f"plan {plan_id(document)}"
    return Mark(f"{batch} {document['digest']}".strip(), f"{batch}, {short}" if batch else short)


def plan_id(document: Document) -> str:
    """Return the first letters of a plan's digest, by which people name it."""
    return str(document["digest"]).removeprefix("sha256:")[:12]


def _identity(document: Document, batch: str) -> tuple[tuple[Cell, ...], ...]:
    settings = ", ".join(f"{name} = {value}" for name, value in document["choices"].items())
    return (
        ("batch", batch or Blank("", "batch")),
        ("protocol", protocol_name(document)),
        ("plan", plan_id(document)),
        *run_rows(document),
        *((("scale", document["scale"]),) if document["scale"] != "1" else ()),
        *((("substrates", str(document["substrates"])),) if document.get("layers") else ()),
        ("settings", settings or "as in the template"),
    )


def _ratios_line(document: Document) -> str:
    uncertain = document.get("ratio_uncertainty") or {}
    known = {name: significant(Decimal(u), 2) for name, u in uncertain.items()}
    ratios = (f"{name} {ratio}" + (f" ± {known[name]}" if name in known else "") for name, ratio in document["ratios"].items())
    return f"by moles, before reaction: {'; '.join(ratios)}"


def weighing_table(document: Document) -> Table:
    """Return what is weighed and measured: planned, what the instrument can do, its tolerance, and blanks for real value and lot."""
    asked = {blank["code"]: blank["asks"] for step in document["steps"] for blank in step["blanks"]}
    rows, before = [], ""
    for row in document["materials"]:
        into = "" if row["preparation"] == before else row["preparation"]
        before = row["preparation"]
        mark = "?" if row["doubtful"] else ""
        real = Blank(row["code"], row["id"], row["as_dispensed"], unit=_unit(row["as_dispensed"]))
        lot = Blank(f"{row['id']}=lot", "lot", actual=lot_of(row["reagent"], row["preparation"], document.get("lots", {})))
        name = chemical(asked.get(row["code"], row["id"]))  # says where several portions are logged together
        rows.append((row["code"], into, name, _exact(row) + mark, row["as_dispensed"], row.get("tolerance") or "", real, lot))
    columns = ("code", "into", "material", "planned", "dispense", "tolerance", "real", "lot")
    return Table(columns, tuple(rows), right=("planned", "dispense"))


def _exact(row: Mapping[str, Any]) -> str:
    """Return the planned amount in the unit in which it is dispensed, before it is rounded to what an instrument can do."""
    unit = _unit(row["as_dispensed"])
    if unit.endswith("L") and row.get("volume_ml"):
        stored, base = row["volume_ml"], "mL"
    else:
        stored, base = (row["mass_g"], "g") if row.get("mass_g") else (row["volume_ml"], "mL")
    if unit == _SMALLER[base]:
        return f"{Decimal(stored).scaleb(3):f} {unit}"
    return f"{stored} {base}"


def _unit(dispensed: str) -> str:
    return dispensed.rpartition(" ")[2]


def room_table() -> Table:
    """Return the blanks for the room when the work begins."""
    blanks = (*(Blank(f"room {name}", name, unit=unit) for name, _, unit in AIR), Blank("room remark", "remark"))
    row: tuple[Cell, ...] = ("room", "at start", *blanks)
    return Table(("code", "when", "T", "RH", "O₂, in a box", "H₂O, in a box", "remark"), (row,))


# steps ---------------------------------------------------------------------------------------------------------------


def _steps(document: Document) -> list[Block]:
    weighed = {row["code"] for row in document["materials"]}
    blocks: list[Block] = []
    for preparation in document["preparations"]:
        steps = steps_of(document, preparation["id"])
        blocks += [Heading(preparation_title(preparation)), *_of_preparation(document, steps, weighed), *measured_tables(preparation)]
    return blocks


def measured_tables(preparation: Mapping[str, Any]) -> list[Block]:
    """Return what is measured once a preparation is made, with blanks in one row; nothing for one of which nothing is."""
    measured = preparation.get("measured", ())
    row = tuple(cell for row in measured for cell in (row["code"], Blank(row["code"], row["asks"], unit=row["unit"])))
    return [Table(("measure", *[""] * (len(row) - 1)), (row,))] if row else []


def _of_preparation(document: Document, steps: Sequence[dict[str, Any]], weighed: set[str]) -> Iterable[Block]:
    """Return the steps of a preparation; of repeated ones the first cycle as text, and all cycles as a grid to tick."""
    repeated = [step for step in steps if (step.get("cycles") or 1) > 1]
    for step in steps:
        if step in repeated and step["cycle"] > 1:
            if step is repeated[-1]:
                yield grid_of(document, repeated, weighed)
            continue
        block = step_block(step, weighed)
        yield block._replace(lines=(), boxed=False) if step in repeated else block
        yield from flow_blocks(step)


def step_block(step: Mapping[str, Any], weighed: set[str]) -> StepBlock:
    """Return a step with the blanks that do not stand in the weighing table."""
    wanted = "; ".join(step["room_wanted"]).replace("room.", "").replace("<=", "≤").replace(">=", "≥")
    remarks = (f"wanted: {wanted}",) if wanted else ()
    return StepBlock(step["code"], with_formulas(step["text"]), step["hold"], tuple(blanks_of(step, weighed)), remarks)


def blanks_of(step: Mapping[str, Any], weighed: set[str]) -> list[Blank]:
    """Return what is asked at a step, the room last; what stands in the weighing table is asked there."""
    asked = [blank for blank in step["blanks"] if blank["code"] not in weighed]
    blanks = [Blank(blank["code"], chemical(blank["asks"]), planned(blank), unit=_unit(blank.get("planned") or "")) for blank in asked]
    return [*blanks, Blank(step["code"], "room T / RH", room_planned(step), unit="°C / ______ %")] if asks_of_room(step) else blanks


def planned(blank: Mapping[str, Any]) -> str:
    """Return what is planned, with ? where that is doubtful, and its tolerance; nothing where there is no plan."""
    if not blank.get("planned"):
        return ""
    return " ".join(filter(None, (f"{blank['planned']}{'?' if blank.get('doubtful') else ''}", blank.get("tolerance"))))


def grid_of(document: Document, steps: Sequence[dict[str, Any]], weighed: set[str]) -> Grid:
    """Return every cycle of repeated steps as a row with a box for each substrate, and its blanks."""
    cycles: dict[int, list[dict[str, Any]]] = {}
    for step in steps:
        cycles.setdefault(step["cycle"], []).append(step)
    rows = tuple(
        (f"{cycle} (steps {part[0]['n']}–{part[-1]['n']})", tuple(blank for step in part for blank in blanks_of(step, weighed)))
        for cycle, part in cycles.items()
    )
    return Grid(tuple(str(n + 1) for n in range(document["substrates"])), rows)


# behind the bench ----------------------------------------------------------------------------------------------------


def _end(document: Document) -> list[Block]:
    blocks: list[Block] = [Heading("Waste, with its lead"), waste_table(document)]
    done = (Blank("operator", "operator"), Blank("date", "date"), Blank("checked by", "checked by"))
    return [*blocks, Heading("Done"), Table(("operator", "date", "checked by"), (done,))]


def reference_blocks(document: Document, findings: Sequence[Callout] | None = None) -> list[Block]:
    """Return what is looked up: stock, clock, hazards, equipment, notes, sources."""
    found = [finding_callout(row) for row in document["findings"]] if findings is None else findings
    notes = [row for row in found if row.severity == "note"]
    blocks: list[Block] = [Heading(f"{REFERENCE}: {short_title(document)}", 1)]
    if document.get("layers"):
        blocks += [Heading(layers_title(document).capitalize()), layers_table(document), *ink_lines(document)]
    blocks += estimate_blocks(document, "What follows, as far as it can be reckoned")
    if "ahead" in document:
        blocks += [Heading("Take from stock"), totals_table(document)]
        blocks += [Heading("The day, by the clock (an estimate)"), clock_table(document["time"]["timeline"])]
    blocks += hazard_blocks(document)
    if document.get("protection"):
        blocks += [Heading("Protection, and because of what"), protection_table(document)]
    blocks += [Heading("Equipment"), equipment_table(document), *instrument_blocks(document)]
    if notes:
        blocks += [Heading("Notes"), *notes]
    return [*blocks, Heading("Sources"), Table(("tag", "source"), tuple((tag, cite) for tag, cite in document["sources"].items()))]
