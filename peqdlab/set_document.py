"""A set as data and as blocks: its design, the plan of what is made once, and the plan of every run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab import __version__
from peqdlab.blocks import Block, Callout, Heading, Paragraph, Table
from peqdlab.canonical import canonical_json, sha256_hex
from peqdlab.document import digest, finding_row, plan_document, without_nulls
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
    """Return a set as JSON values; with the plans inside, or with their files beside it. ``documents`` may be empty for a look."""
    swept = made.swept
    shared = plan_document(swept.shared) if swept.shared else None
    first = next(iter(swept.plans.values()))
    minutes = sorted({hands_on_min(plan) for plan in swept.plans.values()})
    document = {
        "schema": SCHEMA,
        "id": swept.name,
        "program": f"peqdlab {__version__}",
        "title": chemical_title(plan_document(first)),
        "protocol": protocol_name(shared or plan_document(first)),
        "seed": made.seed,
        "settings": len(swept.plans),
        "replicates": made.replicates,
        "per_day": made.per_day,
        "hands_on_min": {"least": plain(minutes[0]), "most": plain(minutes[-1])},
        "factors": list(_factor_rows(made)),
        "runs": [_listed(made, run, documents.get(run.name), plans=plans) for run in made.runs],
        "run_makes": [preparation.name for preparation in first.template.preparations],
        "shared": shared if plans or shared is None else {"digest": shared["digest"], "scale": shared["scale"], "file": "shared.toml"},
        "shares": [
            {"id": share.name, "there_ml": significant(share.there_ml), "taken_ml": significant(share.taken_ml)} for share in swept.shares
        ],
        "accepted": made.accepted,
        "findings": [{**finding_row(one.finding), "runs": list(one.runs)} for one in made.said],
    }
    return document if plans else {**document, "digest": set_digest(document)}


def set_digest(document: dict[str, Any]) -> str:
    """Return ``sha256:…`` of a set's canonical JSON without its digest and empty keys; raises TypeError or ValueError for what is none."""
    bare = without_nulls({key: value for key, value in document.items() if key != "digest"})
    return f"sha256:{sha256_hex(canonical_json(bare))}"


def _listed(made: MadeSet, run: Run, document: dict[str, Any] | None, *, plans: bool) -> dict[str, Any]:
    row = {"id": run.name, **_run_row(made, run), **({"digest": document["digest"]} if document else {})}
    del row["set"], row["run"]
    return {**row, "plan": document} if plans else {**row, "file": f"{run.name}.toml"}


def _factor_rows(made: MadeSet) -> Iterator[dict[str, Any]]:
    for factor in made.factors:
        row = {"name": factor.name, "kind": _KINDS[factor.kind], "sets": factor.target or None}
        yield {**row, "levels": [level.text for level in factor.levels], "in": sorted(factor.preparations)}


# as blocks -----------------------------------------------------------------------------------------------------------


def set_blocks(document: dict[str, Any], shared: dict[str, Any] | None, following: str = "") -> list[Block]:
    """Return the overview of a set: factors, run order by day, what is made once, findings once, what next.

    ``shared`` is the plan of what is made once, as a document.
    """
    runs = document["runs"]
    title = f"{_counted(len(runs), 'run')} in {_counted(runs[-1]['day'], 'day')}: {document['title']}"
    settings = f"{_counted(document['settings'], 'setting')} x {document['replicates']}"
    told = f"set {document['id']}; {settings}, each replicate a block; order by seed {document['seed']}"
    blocks: list[Block] = [Heading(title, 1), Paragraph(document["protocol"], "quiet"), Paragraph(told, "strong")]
    if document["factors"]:
        rows = tuple((row["name"], _says(row), ", ".join(row["levels"]), ", ".join(row["in"])) for row in document["factors"])
        blocks += [Heading("what is varied"), Table(("factor", "sets", "levels", "in"), rows)]
    blocks += [Heading("run order"), order_table(document), Paragraph(_time_line(document), "quiet"), *_shared_blocks(document, shared)]
    if document["findings"] or document["accepted"]:
        blocks += [Heading("findings"), *finding_blocks(document)]
    return [*blocks, Paragraph(f"next: {following}", "quiet")] if following else blocks


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def finding_blocks(document: dict[str, Any]) -> list[Block]:
    """Return every finding of a set once, with the runs that have it, and what was accepted."""
    return [*(_callout(row, len(document["runs"])) for row in document["findings"]), *accepted_callouts(document["accepted"])]


def _says(factor: dict[str, Any]) -> str:
    target = factor.get("sets")
    return " ".join(filter(None, (factor["kind"], target if target != factor["name"] else "")))


def order_table(document: dict[str, Any]) -> Table:
    """Return the runs in their order, by day, each with its levels."""
    rows, before = [], 0
    for run in document["runs"]:
        rows.append((str(run["day"]) if run["day"] != before else "", run["id"], *run["levels"].values(), str(run["replicate"])))
        before = run["day"]
    names = tuple(factor["name"] for factor in document["factors"])
    return Table(("day", "run", *names, "replicate"), tuple(rows), right=(*names, "replicate"))


def _time_line(document: dict[str, Any]) -> str:
    least, most = document["hands_on_min"].values()
    each = least if least == most else f"{least} to {most}"
    return f"about {each} min hands on for each run, an estimate; what a run makes itself: {', '.join(document['run_makes'])}"


def _shared_blocks(document: dict[str, Any], shared: dict[str, Any] | None) -> list[Block]:
    blocks: list[Block] = []
    if shared is None:
        blocks.append(Paragraph("nothing is made once for all runs", "quiet"))
    else:
        blocks += [Heading(f"made once, for all runs (scale {shared['scale']})"), materials_table(shared)]
    if document["shares"]:
        rows = tuple((share["id"], f"{share['there_ml']} mL", f"{share['taken_ml']} mL") for share in document["shares"])
        blocks += [Heading("shared out"), Table(("what", "there", "all runs take"), rows, right=("there", "all runs take"))]
    return blocks


def _callout(row: dict[str, Any], n_runs: int) -> Callout:
    shown = finding_callout(row)
    if not row["runs"]:
        return shown
    names = [name for name in row["runs"] if name.startswith("R")]
    told = "all runs" if len(names) == n_runs else ", ".join(names)
    return shown._replace(details=(("in", ", ".join(filter(None, ("shared" if "shared" in row["runs"] else "", told)))), *shown.details))
