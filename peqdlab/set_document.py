"""A set as data and as blocks: its design, the plan of what is made once, and the plan of every run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab import __version__
from peqdlab.blocks import Block, Callout, Heading, Paragraph, Table
from peqdlab.document import digest, finding_row, plan_document
from peqdlab.doubts_of_set import hands_on_min
from peqdlab.sheet import accepted_callouts, chemical_title, finding_callout, materials_table, protocol_name
from peqdlab.units import plain, significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peqdlab.blocking import Run
    from peqdlab.doubts_of_set import Said
    from peqdlab.factors import Factor
    from peqdlab.sweep import Swept

SCHEMA: Final = "peqdlab.set/1"
_KINDS: Final = {"setting": "parameter", "rh": "room.RH wanted", "t": "room.T wanted", "lot": "lot"}


class MadeSet(NamedTuple):
    """A set with everything that is to be said of it."""

    swept: Swept
    factors: tuple[Factor, ...]
    runs: tuple[Run, ...]
    seed: int
    replicates: int
    per_day: int | None
    said: tuple[Said, ...]
    accepted: dict[str, str]


def run_documents(made: MadeSet) -> dict[str, dict[str, Any]]:
    """Return the plan of every run as a document that knows its set, run and levels, by the run's id."""
    plain_ones = {at: plan_document(plan) for at, plan in made.swept.plans.items()}
    return {run.name: _of_run(plain_ones[run.levels], _run_row(made, run)) for run in made.runs}


def _of_run(document: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    own = {**document, "run": run}
    return {**own, "digest": digest(own)}


def _run_row(made: MadeSet, run: Run) -> dict[str, Any]:
    return {
        "set": made.swept.name,
        "run": run.name,
        "day": run.day,
        "block": run.block,
        "replicate": run.replicate,
        "levels": {factor.name: factor.levels[at].text for factor, at in zip(made.factors, run.levels, strict=True)},
    }


def set_document(made: MadeSet, documents: dict[str, dict[str, Any]], *, plans: bool) -> dict[str, Any]:
    """Return a set as JSON values; with the plans inside, or with their files beside it."""
    swept = made.swept
    shared = plan_document(swept.shared) if swept.shared else None
    first = shared or next(iter(documents.values()))
    rows = [_listed(made, run, documents[run.name], plans=plans) for run in made.runs]
    return {
        "schema": SCHEMA,
        "id": swept.name,
        "program": f"peqdlab {__version__}",
        "protocol": protocol_name(first),
        "seed": made.seed,
        "replicates": made.replicates,
        "per_day": made.per_day,
        "factors": [row for _, row in _factor_rows(made)],
        "runs": rows,
        "shared": shared if plans or shared is None else {"digest": shared["digest"], "scale": shared["scale"], "file": "shared.toml"},
        "shares": [
            {"id": share.name, "there_ml": significant(share.there_ml), "taken_ml": significant(share.taken_ml)} for share in swept.shares
        ],
        "accepted": made.accepted,
        "findings": [{**finding_row(one.finding), "runs": list(one.runs)} for one in made.said],
    }


def _listed(made: MadeSet, run: Run, document: dict[str, Any], *, plans: bool) -> dict[str, Any]:
    row = {"id": run.name, **_run_row(made, run), "digest": document["digest"]}
    del row["set"], row["run"]
    return {**row, "plan": document} if plans else {**row, "file": f"{run.name}.toml"}


def _factor_rows(made: MadeSet) -> Iterator[tuple[Factor, dict[str, Any]]]:
    for factor in made.factors:
        row = {"name": factor.name, "kind": _KINDS[factor.kind], "sets": factor.target or None}
        yield factor, {**row, "levels": [level.text for level in factor.levels], "in": sorted(factor.preparations)}


# as blocks -----------------------------------------------------------------------------------------------------------


def set_blocks(made: MadeSet, following: str = "") -> list[Block]:
    """Return the overview of a set: factors, run order by day, what is made once, findings once, what next."""
    runs, swept = made.runs, made.swept
    any_plan = plan_document(next(iter(swept.plans.values())))
    title = f"{_counted(len(runs), 'run')} in {_counted(runs[-1].day, 'day')}: {chemical_title(any_plan)}"
    settings = f"{_counted(len(swept.plans), 'setting')} x {made.replicates}"
    told = f"set {swept.name}; {settings}, each replicate a block; order by seed {made.seed}"
    blocks: list[Block] = [Heading(title, 1), Paragraph(protocol_name(any_plan), "quiet"), Paragraph(told, "strong")]
    if made.factors:
        rows = tuple((row["name"], _says(factor), ", ".join(row["levels"]), ", ".join(row["in"])) for factor, row in _factor_rows(made))
        blocks += [Heading("what is varied"), Table(("factor", "sets", "levels", "in"), rows)]
    blocks += [Heading("run order"), order_table(made), Paragraph(_time_line(made), "quiet"), *_shared_blocks(made)]
    if made.said:
        blocks += [Heading("findings"), *finding_blocks(made)]
    return [*blocks, Paragraph(f"next: {following}", "quiet")] if following else blocks


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def finding_blocks(made: MadeSet) -> list[Block]:
    """Return every finding of a set once, with the runs that have it, and what was accepted."""
    return [*(_callout(one, made) for one in made.said), *accepted_callouts(made.accepted)]


def _says(factor: Factor) -> str:
    kind = _KINDS[factor.kind]
    return " ".join(filter(None, (kind, factor.target if factor.target != factor.name else "")))


def order_table(made: MadeSet) -> Table:
    """Return the runs in their order, by day, each with its levels."""
    rows, before = [], 0
    for run in made.runs:
        levels = tuple(factor.levels[at].text for factor, at in zip(made.factors, run.levels, strict=True))
        rows.append((str(run.day) if run.day != before else "", run.name, *levels, str(run.replicate)))
        before = run.day
    names = tuple(factor.name for factor in made.factors)
    return Table(("day", "run", *names, "replicate"), tuple(rows), right=(*names, "replicate"))


def _time_line(made: MadeSet) -> str:
    minutes = sorted({hands_on_min(plan) for plan in made.swept.plans.values()})
    each = plain(minutes[0]) if len(minutes) == 1 else f"{plain(minutes[0])} to {plain(minutes[-1])}"
    return f"about {each} min hands on for each run, an estimate; what a run makes itself: {_in_runs(made)}"


def _in_runs(made: MadeSet) -> str:
    return ", ".join(preparation.name for preparation in next(iter(made.swept.plans.values())).template.preparations)


def _shared_blocks(made: MadeSet) -> list[Block]:
    swept = made.swept
    blocks: list[Block] = []
    if swept.shared is None:
        blocks.append(Paragraph("nothing is made once for all runs", "quiet"))
    else:
        document = plan_document(swept.shared)
        blocks += [Heading(f"made once, for all runs (scale {document['scale']})"), materials_table(document)]
    if swept.shares:
        rows = tuple((share.name, f"{significant(share.there_ml)} mL", f"{significant(share.taken_ml)} mL") for share in swept.shares)
        blocks += [Heading("shared out"), Table(("what", "there", "all runs take"), rows, right=("there", "all runs take"))]
    return blocks


def _callout(one: Said, made: MadeSet) -> Callout:
    shown = finding_callout(finding_row(one.finding))
    if not one.runs:
        return shown
    names = [name for name in one.runs if name.startswith("R")]
    told = "all runs" if len(names) == len(made.runs) else ", ".join(names)
    return shown._replace(details=(("in", ", ".join(filter(None, ("shared" if "shared" in one.runs else "", told)))), *shown.details))
