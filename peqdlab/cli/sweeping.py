"""From --vary to a set of plans: read, made, shown, and written as a folder or one document."""

from __future__ import annotations

import os
import sys
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab.cli.pages import ENDINGS, save_page
from peqdlab.cli.planning import prepare, refuse_unknown
from peqdlab.cli.running import fail, print_json, show_blocks, talk, write_file
from peqdlab.errors import EXIT_FINDINGS, UsageError
from peqdlab.findings import Doubt, Finding, Place

if TYPE_CHECKING:
    from peqdlab.blocking import Run
    from peqdlab.cli.planning import Asked
    from peqdlab.doubts_of_set import Said
    from peqdlab.set_document import MadeSet
    from peqdlab.sweep import Asked as AskedSet

_MOST_SEED: Final = 10**6


class Varying(NamedTuple):
    """The options of a set, as typed."""

    vary: list[str]
    replicates: int | None = None
    per_day: int | None = None
    seed: int | None = None


def show_set(names: list[str], asked: Asked, varying: Varying, *, output: str | None, paper: str, as_json: bool) -> None:
    """Print a set of runs, or write it: to a folder that ends in /, to a .json file, or as a page."""
    from peqdlab.doubts_of_set import blocking
    from peqdlab.set_document import finding_blocks, run_documents, set_blocks, set_document

    _refuse(asked, output)
    made = made_set(names, asked, varying)
    stopped = blocking(made.said, made.accepted)
    saved = output if output and not stopped else None
    documents = run_documents(made) if as_json or saved else {}
    if saved:
        _save(made, documents, saved, paper)
    whole = set_document(made, documents, plans=True)
    if as_json:
        print_json(whole)
    elif stopped:
        talk(finding_blocks(whole))
        print(_refusal(stopped), file=sys.stderr)
    else:
        show_blocks(set_blocks(whole, whole["shared"], _following(saved)))
    if stopped:
        sys.exit(EXIT_FINDINGS)


def made_set(names: list[str], asked: Asked, varying: Varying) -> MadeSet:
    """Return the set that the arguments ask for; raises UsageError for arguments that do not fit, all at once."""
    from peqdlab.canonical import canonical_json, sha256_hex
    from peqdlab.confounding import Redesign, check_design
    from peqdlab.doubts_of_set import check_set, gathered
    from peqdlab.set_document import MadeSet
    from peqdlab.sweep import asked_digest, swept

    whole = _asked_set(names, asked, varying)
    digest = asked_digest(whole)
    seed = int(digest[:12], 16) % _MOST_SEED if varying.seed is None else varying.seed
    replicates = varying.replicates or 1
    redesign = Redesign(replicates, varying.per_day, _each(whole), lambda n, per_day: _design(whole, n, per_day, seed))
    runs = redesign.runs(replicates, varying.per_day)
    name = sha256_hex(canonical_json({"asked": digest, "seed": seed, "replicates": replicates, "per_day": varying.per_day}))[:8]
    made = swept(whole, runs, name)
    of_set = [*check_design(whole.factors, runs, redesign), *check_set(whole, made, runs, replicates=replicates)]
    said = gathered(of_set, made, whole.factors, runs)
    refuse_unknown(whole.accepted, [one.finding for one in said])
    return MadeSet(made, whole.factors, runs, seed, replicates, varying.per_day, said, dict(whole.accepted))


def _asked_set(names: list[str], asked: Asked, varying: Varying) -> AskedSet:
    from peqdlab.cli.sizing import covering
    from peqdlab.factors import read_factors
    from peqdlab.plan import make_plan
    from peqdlab.sweep import Asked as AskedSet

    template, reagents, inputs, accepted = prepare(names, asked)
    if template.cut is not None:
        fail("A140", names[0], f"{names[0]} is a piece of a set already", "vary the protocols that its set was made from")
    if asked.substrates is not None and template.unsized:
        inputs = covering(make_plan(template, reagents, inputs), may_scale=False).inputs
    doubts: list[Finding] = []
    varied = read_factors(varying.vary, template, inputs, reagents, doubts)
    if doubts:
        raise UsageError(*doubts)
    return AskedSet(varied.template, reagents, inputs, accepted, varied.factors)


def _each(whole: AskedSet) -> int:
    return prod(len(factor.levels) for factor in whole.factors)


def _design(whole: AskedSet, replicates: int, per_day: int | None, seed: int) -> tuple[Run, ...]:
    from peqdlab.blocking import design

    try:
        return design([len(factor.levels) for factor in whole.factors], replicates=replicates, per_day=per_day, seed=seed)
    except Doubt as doubt:
        raise UsageError(doubt.at(Place("--vary"))) from None


def _refuse(asked: Asked, output: str | None) -> None:
    """End with A143 for an option that does not go with a set, A105 or A110 for what it cannot be written to."""
    for option, given in (("--weighed", asked.weighed), ("--target", asked.target)):
        if given:
            message = f"{option} does not go with a set, which is sized by what its runs draw"
            fail("A143", option, message, f"leave {option} out; --scale sizes each run")
    if output is None:
        return
    if _is_folder(output):
        if Path(output).is_dir() and any(Path(output).iterdir()):
            fail("A110", f"-o {output}", f"{output} is there, and is not empty", "name a new folder")
    elif Path(output).suffix.lower() not in (".json", *ENDINGS):
        remedy = f"end the name in / for a folder: -o {output}/; or in .json, .pdf, .html, .md or .txt"
        fail("A105", f"-o {output}", f"{output} is no folder for a set", remedy)


def _is_folder(output: str) -> bool:
    return output.endswith(("/", os.sep)) or Path(output).is_dir()


# files ---------------------------------------------------------------------------------------------------------------


def _save(made: MadeSet, documents: dict[str, dict[str, Any]], output: str, paper: str) -> None:
    from peqdlab.set_document import set_blocks, set_document

    if _is_folder(output):
        _save_folder(made, documents, Path(output))
    elif Path(output).suffix.lower() == ".json":
        import json

        write_file(output, json.dumps(set_document(made, documents, plans=True), ensure_ascii=False, indent=1) + "\n")
    else:
        whole = set_document(made, documents, plans=True)
        save_page(set_blocks(whole, whole["shared"]), output, paper)


def _save_folder(made: MadeSet, documents: dict[str, dict[str, Any]], folder: Path) -> None:
    """Write a set's files into a folder that appears whole or not at all; ends with A107 where it cannot."""
    from peqdlab.document import plan_document
    from peqdlab.set_document import set_document

    files = {"set": set_document(made, documents, plans=False), **documents}
    if made.swept.shared is not None:
        files["shared"] = plan_document(made.swept.shared)
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        partial.mkdir()
        for name, document in files.items():
            (partial / f"{name}.toml").write_text(_as_toml(document), encoding="utf-8")
        if folder.is_dir():
            folder.rmdir()  # it is empty
        partial.replace(folder)
    except OSError as error:
        if partial.is_dir():
            for path in partial.iterdir():
                path.unlink()
            partial.rmdir()
        fail("A107", f"-o {folder}", f"{folder} cannot be written: {error.strerror}", "name a new folder where one may be written")


def _as_toml(document: dict[str, Any]) -> str:
    import tomli_w

    from peqdlab.document import without_nulls

    text = document.get("template", {}).get("text", "")
    return tomli_w.dumps(without_nulls(document), multiline_strings="\r" not in text)


def _following(saved: str | None) -> str:
    if saved is None or not _is_folder(saved):
        return "write it with -o set/, then peqdlab run-sheet set/R01.toml   or   peqdlab log-batch set/R01.toml"
    first = Path(saved) / "R01.toml"
    return f"peqdlab run-sheet {first}   or   peqdlab log-batch {first}"


def _refusal(stopped: tuple[Said, ...]) -> str:
    accepting = " ".join(f'--accept {code}="reason"' for code in dict.fromkeys(one.finding.code for one in stopped))
    return f"not planned: {len(stopped)} error{'s' if len(stopped) > 1 else ''}; mend them, or go on with {accepting}"
