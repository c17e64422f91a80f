"""A plan document as blocks: the overview that `plan` prints, and the tables that the run sheet shares with it."""

from __future__ import annotations

from decimal import Decimal
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, Final

from peqdlab.blocks import Block, Callout, Heading, Paragraph, Table
from peqdlab.estimates import estimate_blocks
from peqdlab.lots import remark_of
from peqdlab.pumping import flow_blocks
from peqdlab.readiness import device, overview_table
from peqdlab.units import significant
from peqdlab.wording import chemical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Document = dict[str, Any]
_UNSCALED = "temperatures, times and speeds stay as published; a larger vessel heats and cools more slowly"
_MOST_COLUMNS: Final = 6


def plan_blocks(document: Document, findings: Sequence[Block], following: str = "") -> list[Block]:
    """Return the overview of a plan: the number that matters first, then what to weigh, ratios, steps, findings, what next."""
    blocks: list[Block] = [Heading(chemical_title(document), 1), Paragraph(source_line(document), "quiet")]
    if made := headline(document):
        blocks.append(Paragraph(made, "strong"))
    blocks += [Heading("weigh and measure"), materials_table(document)]
    if document.get("needs"):
        blocks += [Heading("taken from elsewhere"), needs_table(document)]
    if document["ratios"]:
        blocks += [Heading("when the last reactant has arrived, before reaction"), ratios_table(document)]
        if line := precision_line(document):
            blocks.append(Paragraph(line, "quiet"))
    if document.get("scale_report"):
        blocks += [Heading(f"what the size changed (scale {document['scale']})"), scale_table(document), Paragraph(_UNSCALED, "quiet")]
    blocks += estimate_blocks(document, "what follows, as far as it can be reckoned")
    blocks += [Heading("before you start"), overview_table(document)]
    blocks += [Heading(f"steps ({_count_steps(document)})"), steps_table(document)]
    for step in document["steps"]:
        if step.get("flow") and (step.get("cycle") or 1) == 1:
            blocks += [Heading(f"pumps of step {step['code']}"), *flow_blocks(step)]
    if document.get("layers"):
        blocks += [Heading(layers_title(document)), layers_table(document), *ink_lines(document)]
    if findings:
        blocks += [Heading("findings"), *findings]
    if following:
        blocks.append(Paragraph(f"next: {following}", "quiet"))
    return blocks


def chemical_title(document: Document) -> str:
    """Return the title with its product set properly."""
    title, product = document["title"], document.get("product")
    return str(title.replace(product, chemical(product)) if product else title)


def headline(document: Document) -> str:
    """Return what a plan makes: the ceiling, what limits it, what is expected, and the metal left over."""
    if document.get("ceiling_mg") is None:
        return ""
    idle = {part: share for part, share in document["idle_pct"].items() if part != document["limiting"] and float(share) >= 1}
    rest = "".join(f"; {float(share):.0f} % of the {part} stays outside the product" for part, share in idle.items())
    made = f"makes at most {document['ceiling_mg']} mg ({document['ceiling_mmol']} mmol); {document['limiting']} limits"
    expected = document.get("expected_mg")
    more = f"; {expected} mg expected" if expected and expected != document["ceiling_mg"] else ""
    return made + more + rest


def ratios_table(document: Document) -> Table:
    """Return the ratios by moles with standard uncertainty and rounding: one column each, or one row each where they are many."""
    names, told = tuple(document["ratios"]), {"by moles": document["ratios"]}
    if uncertain := document.get("ratio_uncertainty"):
        told["±"] = {name: _two_figures(u) for name, u in uncertain.items()}
    if errors := document.get("ratio_rounding_pct"):
        told["rounding"] = {name: _per_cent(error) for name, error in errors.items()}
    if len(names) > _MOST_COLUMNS:
        return Table(("ratio", *told), tuple((name, *(row.get(name, "") for row in told.values())) for name in names), right=(*told,))
    rows = tuple((what, *(row.get(name, "") for name in names)) for what, row in told.items())
    return Table(("", *names), rows, right=names)


def _two_figures(number: str) -> str:
    return significant(Decimal(number), 2)


def _per_cent(number: str) -> str:
    return "0" if number == "0" else f"{'' if number.startswith('-') else '+'}{_two_figures(number)} %"


def precision_line(document: Document) -> str:
    """Return what ± and rounding mean, and whose instruments they are of; nothing for a plan without them."""
    if not document.get("ratio_uncertainty"):
        return ""
    return f"±: standard uncertainty from the tolerances of {instruments_of(document)}; rounding: of what is dispensed to their steps"


def instruments_of(document: Document) -> str:
    """Return whose instruments a plan is for, in words."""
    rows = [row for group in document["instruments"].values() for row in (group, *group.values()) if isinstance(row, dict)]
    own = any(row.get("own") for row in rows)
    return "the lab's instruments" if own else "the built-in instruments (peqdlab config sets the lab's)"


def materials_table(document: Document) -> Table:
    """Return what is weighed and measured, preparation by preparation."""
    rows, before = [], ""
    for row in document["materials"]:
        if (again := cycle_of(document, row["code"])) > 1:
            continue
        shown = "" if row["preparation"] == before else row["preparation"]
        before = row["preparation"]
        repeats = f"{cycles_of(document, row['code'])} × " if again else ""
        dispensed = f"{repeats}{row['as_dispensed']}{_mark(row)}"
        rows.append((shown, row["code"], material_name(row), dispensed, _mmol(row), remark_of(row, document)))
    return Table(("preparation", "code", "material", "dispense", "amount", ""), tuple(rows), right=("dispense", "amount"))


def instrument_blocks(document: Document) -> list[Block]:
    """Return what weighs and measures; nothing for a plan of an older version."""
    table = instruments_table(document)
    whose = Paragraph(f"tolerances are those of {instruments_of(document)}", "quiet") if table.rows else None
    return [table, whose] if whose else []


def instruments_table(document: Document) -> Table:
    """Return what weighs and measures, and for which codes."""
    blanks = [blank for step in document["steps"] for blank in step["blanks"] if blank.get("instrument")]
    codes: dict[str, list[str]] = {}
    for blank in blanks:
        codes.setdefault(blank["instrument"], []).append(blank["code"])
    return Table(("instrument", "for"), tuple((name, ", ".join(used)) for name, used in codes.items()))


def scale_table(document: Document) -> Table:
    """Return what the size of the plan did to every addition."""
    rows = tuple(
        (row["code"], row["preparation"], chemical(row["id"]), row["published"], row["now"], f"× {row['factor']}", row["rule"])
        for row in document["scale_report"]
    )
    return Table(("code", "into", "material", "published", "now", "", "rule"), rows, right=("published", "now"))


def material_name(row: Mapping[str, Any]) -> str:
    """Return a material's formula or name, set properly."""
    return chemical(row["id"])


def steps_table(document: Document) -> Table:
    """Return every step as a numbered sentence, with its preparation and hold points."""
    rows, before = [], ""
    for step in document["steps"]:
        if (step.get("cycle") or 1) > 1:
            if step["cycle"] == step["cycles"] and step["n"] == last_of(document, step["preparation"]):
                rows.append(("", "", _again(document, step)))
            continue
        shown = "" if step["preparation"] == before else step["preparation"]
        before = step["preparation"]
        hold = "HOLD: " if step["hold"] else ""
        rows.append((shown, step["code"], hold + step["text"]))
    return Table(("preparation", "step", "what to do"), tuple(rows), right=("step",))


def cycle_of(document: Document, code: str) -> int:
    """Return in which cycle the step of a blank is; 0 where its steps are not repeated."""
    return next((step.get("cycle") or 0 for step in document["steps"] if step["code"] == code.rstrip(ascii_lowercase)), 0)


def cycles_of(document: Document, code: str) -> int:
    """Return how many cycles the step of a blank has."""
    return next((step.get("cycles") or 1 for step in document["steps"] if step["code"] == code.rstrip(ascii_lowercase)), 1)


def last_of(document: Document, preparation: str) -> int:
    """Return the number of the last step of a preparation."""
    return int(steps_of(document, preparation)[-1]["n"])


def _again(document: Document, last: Mapping[str, Any]) -> str:
    """Return what stands for the cycles after the first: they are the same steps again."""
    first = next(step["n"] for step in steps_of(document, last["preparation"]) if step.get("cycle") == 2)
    cycles = f"2 to {last['cycles']}" if last["cycles"] > 2 else "2"
    return f"steps {first} to {last['n']}: the same again, cycle {cycles} of {last['cycles']}"


def needs_table(document: Document) -> Table:
    """Return what is taken from elsewhere, and how much of it is used."""
    rows = tuple(
        (row["id"], row["is"], row.get("from") or "not fed", f"{row['used_ml']} mL", f"{row['there_ml']} mL" if row.get("there_ml") else "")
        for row in document["needs"]
    )
    return Table(("name", "what", "from", "used", "there"), rows, right=("used", "there"))


def ink_lines(document: Document) -> list[Block]:
    """Return how thick the film gets, as far as that is known, and how far every ink of the plan goes."""
    thickness = document.get("thickness")
    lines: list[Block] = [Paragraph(f"thickness: {thickness['told']}", "quiet")] if thickness else []
    return lines + [
        Paragraph(
            f"{ink['id']}: {ink['used_ml']} of {ink['made_ml']} mL is coated; enough for {ink['covers_substrates']} substrates"
            + (f"; for {document['substrates']}, --scale {ink['scale_enough']} would do" if ink.get("scale_enough") else ""),
            "quiet",
        )
        for ink in document.get("inks", [])
        if ink.get("covers_substrates") is not None
    ]


def layers_table(document: Document) -> Table:
    """Return every layer with what it has met since it was coated."""
    rows = tuple(
        (str(row["n"]), row["ink"], str(row["dips"]), ", ".join(f"{name} {seconds} s" for name, seconds in row["baths_s"].items()))
        for row in document["layers"]
    )
    thick = tuple(f"{significant(Decimal(row['thickness_nm']), 3)} nm" if row.get("thickness_nm") else "" for row in document["layers"])
    if not any(thick):
        return Table(("layer", "of", "baths", "exposure in all"), rows, right=("layer", "baths"))
    columns = ("layer", "of", "baths", "exposure in all", "thickness")
    return Table(columns, tuple((*row, nm) for row, nm in zip(rows, thick, strict=True)), right=("layer", "baths", "thickness"))


def steps_of(document: Document, preparation: str) -> list[dict[str, Any]]:
    """Return the steps of one preparation."""
    return [step for step in document["steps"] if step["preparation"] == preparation]


def asks_of_room(step: Mapping[str, Any]) -> bool:
    """Return whether a step asks for the room's temperature or humidity."""
    return any(asked.startswith("room") for asked in step["asks"]) or bool(step["room_wanted"])


def equipment_table(document: Document) -> Table:
    """Return vessels with their number and how full they get, then what the steps need beside them."""
    rows = []
    for row in document["equipment"]:
        if row.get("kind", "vessel") == "vessel":
            rows.append((f"{row['count']} × {row['what']}{_mark(row)}", row["for"], _fill(row)))
        else:
            rows.append((device(row), row["for"], f"step{'s' if len(row['steps']) > 1 else ''} {', '.join(row['steps'])}"))
    return Table(("equipment", "for", "fullest, or used at"), tuple(rows))


def _fill(row: Mapping[str, Any]) -> str:
    if not row.get("fullest_ml"):
        return ""
    each = f" ({row['each_ml']} mL in each of {row['count']}, balanced)" if row.get("each_ml") else ""
    return f"{row['fullest_ml']} mL at step {row['at_step']}{each}"


def waste_table(document: Document) -> Table:
    """Return the waste streams with their container, volume and mass of lead."""
    rows = tuple(
        (_stream(row), row.get("container", ""), _or_dash(row.get("volume_ml"), "mL"), _or_dash(row.get("lead_mg"), "mg"))
        for row in document["waste"]
    )
    return Table(("stream", "container", "volume", "lead"), rows, right=("volume", "lead"))


def _stream(row: Mapping[str, Any]) -> str:
    """Return a stream's name; of gas also what it is."""
    species = ", ".join(chemical(name) for name in row["species_mmol"])
    return f"{row['stream']}: {species}" if row["kind"] == "gas" else str(row["stream"])


def finding_callout(row: Mapping[str, Any]) -> Callout:
    """Return a finding of a document as a block."""
    where = row["where"]
    parts = [where.get(name) for name in ("file", "line", "column")]
    place = ":".join(str(part) for part in parts if part is not None) if where.get("file") else where["key"]
    details = [("fix", row["remedy"]), ("limit", row.get("limit")), ("source", row.get("source")), ("scope", row.get("scope"))]
    return Callout(row["severity"], row["code"], place, row["message"], tuple((name, text) for name, text in details if text))


def accepted_callouts(accepted: Mapping[str, str]) -> list[Callout]:
    """Return the accepted deviations with their reasons."""
    return [Callout("note", code, "accepted", reason) for code, reason in accepted.items()]


def protocol_name(document: Document) -> str:
    """Return what a plan was made from: ``family/variant``, or several of them in their order."""
    members = document.get("members") or [document]
    return " → ".join(f"{member['protocol']}/{member['variant']}" for member in members)


def preparation_title(preparation: Mapping[str, Any]) -> str:
    """Return the name of a preparation with its vessel."""
    ready = f", ready {preparation['ready']}" if preparation.get("ready") else ""
    return f"{preparation['id']} ({preparation['vessel']}{ready})"


def source_line(document: Document) -> str:
    """Return what a plan stands on, and how far that can be trusted."""
    return f"{document['source']} ({document['evidence']})"


def layers_title(document: Document) -> str:
    """Return the heading of the layers."""
    n = document["substrates"]
    return f"layers, lowest first, on {n} substrate{'' if n == 1 else 's'}"


def _count_steps(document: Document) -> str:
    holds = sum(step["hold"] for step in document["steps"])
    return f"{len(document['steps'])}, of which {holds} hold point{'' if holds == 1 else 's'}"


def _mark(row: Mapping[str, Any]) -> str:
    return "?" if row["doubtful"] else ""


def _mmol(row: Mapping[str, Any]) -> str:
    return f"{row['amount_mmol']} mmol" if row.get("amount_mmol") else ""


def _or_dash(number: str | None, unit: str) -> str:
    return f"{number} {unit}" if number else "–"
