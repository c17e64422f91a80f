"""What a person needs before starting, as blocks: time, the day before, equipment, stock; taken from a plan document."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from peqdlab.blocks import Block, Heading, Paragraph, Table
from peqdlab.wording import chemical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Document = dict[str, Any]
_LONG_MIN: Final = Decimal(6 * 60)
_NOT_COUNTED: Final = "heating up and cooling are not counted"


def overview_table(document: Document) -> Table:
    """Return the few lines of an overview: time, what has to be done ahead, equipment."""
    rows = [("time", time_line(document["time"]))]
    rows += [(when, "; ".join(f"{row['what']} ({row['why']})" for row in group)) for when, group in _by_when(document["ahead"])]
    rows += _change_of_air(document["steps"])
    rows.append(("equipment", "; ".join(_things(document["equipment"]))))
    rows.append(("hazards", hazards_line(document["hazards"])))
    rows.append(("protection", "; ".join(row["what"] for row in document["protection"] if row["worn"])))
    return Table(("", ""), tuple(rows))


def _change_of_air(steps: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return which steps want which air, where it is not the same for all."""
    wanted: dict[str, list[str]] = {}
    for step in steps:
        if step["room_wanted"]:
            wanted.setdefault(", ".join(step["room_wanted"]).replace("room.", ""), []).append(str(step["n"]))
    said = [f"{_step_or_steps(numbers)} {_and(numbers)}: {air}" for air, numbers in wanted.items()]
    return [("change of air", "; ".join(said))] if len(said) > 1 else []


def ahead_table(document: Document) -> Table:
    """Return what has to be done before the first step, and when."""
    return Table(("when", "what", "why"), tuple((row["when"], row["what"], row["why"]) for row in document["ahead"]), ticked=True)


def hazards_line(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return which reagents carry which signal word, and which have no statement on file."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        word = (row.get("signal") or "no signal word") if row["codes"] else "not on file"
        groups.setdefault(word, []).append(chemical(row["reagent"]))
    order = ("Danger", "Warning", "no signal word", "not on file")
    return "; ".join(f"{word}: {', '.join(groups[word])}" for word in order if word in groups)


def hazard_blocks(document: Document) -> list[Block]:
    """Return the hazards of a run sheet: reagents with statements, flash and boiling points; what the codes say."""
    if not document.get("hazards"):
        return []
    rows = tuple(
        (chemical(row["reagent"]), row.get("signal") or "–", ", ".join((*row["codes"], *row["pictograms"])) or "not on file", *_points(row))
        for row in document["hazards"]
    )
    sources = dict.fromkeys(row["source"] for row in document["hazards"] if row["codes"])
    return [
        Heading("Hazards"),
        Table(("reagent", "signal word", "statements, pictograms", "flash point", "boils at"), rows, right=("flash point", "boils at")),
        Paragraph("; ".join(f"{code} {text}" for code, text in document["statements"].items()), "quiet"),
        Paragraph(f"from: {'; '.join(sources)}. A supplier's data sheet may say more.", "quiet"),
    ]


def protection_table(document: Document) -> Table:
    """Return what is worn or done against which reagents, and by which of their statements."""
    rows = ((row["what"], ", ".join(map(chemical, row["reagents"])), ", ".join(row["codes"])) for row in document["protection"])
    return Table(("what", "for", "because of"), tuple(rows), ticked=True)


def _points(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return flash and boiling point, with a ? where no source was read."""
    found = []
    for name in ("flash_point", "boiling_point"):
        mark = "?" if "not verified" in (row.get(f"{name}_source") or "") else ""
        found.append(f"{row[f'{name}_c']} °C{mark}" if row.get(f"{name}_c") else "–")
    return found[0], found[1]


def time_line(time: Mapping[str, Any]) -> str:
    """Return the time of a plan in one sentence, marked as an estimate, with what it leaves out."""
    said = f"about {minutes(time['hands_on_min'])} hands on, {minutes(time['elapsed_min'])} in all{_nights(time['timeline'])}"
    before = time.get("day_before")
    if before:
        made = f"{_and(before['preparations'])} {'is' if len(before['preparations']) == 1 else 'are'} made the day before"
        said += f"; {made} ({minutes(before['hands_on_min'])} hands on, {minutes(before['elapsed_min'])} in all)"
    untimed = [str(row["n"]) for row in time["untimed"]]
    seen = f", nor the wait for an end that is seen ({_step_or_steps(untimed)} {_and(untimed)})" if untimed else ""
    return f"{said}; an estimate: hands-on minutes are assumed, {_NOT_COUNTED}{seen}"


def _nights(timeline: Sequence[Mapping[str, Any]]) -> str:
    """Return the waits that no day holds, with their steps: `` (of which 48 h at step 17)``."""
    waits = [(Decimal(span["end_min"]) - Decimal(span["start_min"]), span["n"]) for span in timeline]
    long = [f"{minutes(str(length))} at step {n}" for length, n in waits if length >= _LONG_MIN]
    return f" (of which {_and(long)})" if long else ""


def minutes(text: str) -> str:
    """Return minutes as hours and minutes, to the whole minute: ``1 h 35 min``.

    >>> minutes("95"), minutes("120"), minutes("0.17"), minutes("3000")
    ('1 h 35 min', '2 h', '1 min', '50 h')
    """
    hours, rest = divmod(max(round(Decimal(text)), int(Decimal(text) > 0)), 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest)
    return " ".join(parts) or "0 min"


def totals_table(document: Document) -> Table:
    """Return what the plan takes of each reagent over all preparations, with boxes for checking it against stock."""
    rows = tuple(
        (
            chemical(row["reagent"]),
            row["name"],
            row.get("cas") or "",
            row["as_taken"],
            f"{row['amount_mmol']} mmol",
            ", ".join(row["for"]),
        )
        for row in document["totals"]
    )
    return Table(("reagent", "name", "CAS", "in all", "amount", "for"), rows, right=("in all", "amount"), ticked=True)


def clock_table(timeline: Sequence[Mapping[str, Any]]) -> Table:
    """Return the day by the clock: work without a break in one row, and the waits that run beside it."""
    rows: list[dict[str, Any]] = []
    for span in timeline:
        last = next((row for row in reversed(rows) if row["kind"] == "hands-on"), None)
        joins = span["kind"] == "hands-on" and last is not None and last["preparation"] == span["preparation"]
        if joins and last is not None and last["end_min"] == span["start_min"]:
            last.update(end_min=span["end_min"], steps=[*last["steps"], span["n"]])
        else:
            rows.append({**span, "steps": [span["n"]]})
    shown = ((clock(row["start_min"]), clock(row["end_min"]), _steps(row["steps"]), row["preparation"], row["kind"]) for row in rows)
    return Table(("from", "to", "steps", "preparation", ""), tuple(shown), right=("from", "to"))


def clock(text: str) -> str:
    """Return minutes from the start as a clock shows them.

    >>> clock("97.17"), clock("0"), clock("119.9")
    ('1:37', '0:00', '2:00')
    """
    hours, rest = divmod(round(Decimal(text)), 60)
    return f"{hours}:{rest:02d}"


def _steps(numbers: Sequence[int]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}"


def _things(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return vessels of one kind together with their number, then each piece of equipment."""
    vessels: dict[str, int] = {}
    for row in rows:
        if row["kind"] == "vessel":
            vessels[_marked(row)] = vessels.get(_marked(row), 0) + int(row["count"])
    return [f"{count} × {what}" for what, count in vessels.items()] + [device(row) for row in rows if row["kind"] != "vessel"]


def _marked(row: Mapping[str, Any]) -> str:
    return f"{row['what']}{'?' if row['doubtful'] else ''}"


def _step_or_steps(numbers: Sequence[str]) -> str:
    return "step" if len(numbers) == 1 else "steps"


def device(row: Mapping[str, Any]) -> str:
    """Return a piece of equipment with its setting: ``centrifuge, 8800 rpm``."""
    setting = f", {row['setting']}" if row.get("setting") else ""
    return f"{row['what']}{setting}{'?' if row['doubtful'] else ''}"


def _by_when(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["when"], []).append(row)
    return list(found.items())


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
