"""`peqdlab plan`: a protocol as an exact, checked step list."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from peqdlab.cli.options import (
    Accept,
    AsJson,
    Assay,
    ConfigFile,
    Diff,
    Lot,
    Paper,
    PerDay,
    PlanFile,
    Protocols,
    Replicates,
    Scale,
    Seed,
    Settings,
    StorePath,
    Substrates,
    Target,
    Use,
    Vary,
    Weighed,
)
from peqdlab.cli.running import callout, command, fail, print_json, show_blocks, talk
from peqdlab.errors import EXIT_FINDINGS

if TYPE_CHECKING:
    from peqdlab.cli.planning import Asked
    from peqdlab.plan import Plan


@command
def plan(
    protocols: Protocols,
    settings: Settings = None,
    accept: Accept = None,
    scale: Scale = None,
    target: Target = None,
    weighed: Weighed = None,
    assay: Assay = None,
    use: Use = None,
    lot: Lot = None,
    substrates: Substrates = None,
    vary: Vary = None,
    replicates: Replicates = None,
    per_day: PerDay = None,
    seed: Seed = None,
    config_file: ConfigFile = None,
    output: PlanFile = None,
    paper: Paper = "a4",
    diff: Diff = None,
    store: StorePath = None,
    as_json: AsJson = False,
) -> None:
    """Make a protocol exact: what to weigh, steps, ratios, doubts."""
    from peqdlab.cli.planning import Asked

    sizes = (scale, target, weighed or [], assay or [], config_file, use or [], substrates, store, lot or [])
    asked = Asked(settings or [], accept or [], *sizes)
    is_set = bool(vary) or any(option is not None for option in (replicates, per_day, seed))
    if is_set and diff is not None:
        message = "--diff says what two plans differ in, and a set is many"
        fail("A143", "--diff", message, "compare two of its plans: peqdlab plan --diff set/R01.toml set/R02.toml")
    elif is_set:
        from peqdlab.cli.sweeping import Varying, show_set

        show_set(protocols, asked, Varying(vary or [], replicates, per_day, seed), output=output, paper=paper, as_json=as_json)
    elif diff is not None:
        from peqdlab.cli.differing import show_difference

        show_difference(diff, protocols, asked, store=store, output=output, paper=paper, as_json=as_json)
    else:
        _show_plan(protocols, asked, output, paper=paper, as_json=as_json)


def _show_plan(protocols: list[str], asked: Asked, output: str | None, *, paper: str, as_json: bool) -> None:
    from peqdlab.cli.planning import made_plan, save_plan
    from peqdlab.document import plan_document
    from peqdlab.sheet import accepted_callouts, plan_blocks

    made = made_plan(protocols, asked)
    document = plan_document(made)
    if output and not made.blocking:
        save_plan(document, output, paper)
    findings = [*(callout(finding) for finding in made.findings), *accepted_callouts(made.accepted)]
    if as_json:
        print_json(document)
    elif made.blocking:
        talk(findings)
        print(_refusal(made), file=sys.stderr)
    else:
        show_blocks(plan_blocks(document, findings, _following(protocols, asked, output)))
    if made.blocking:
        sys.exit(EXIT_FINDINGS)


def _following(protocols: list[str], asked: Asked, output: str | None) -> str:
    saved = output if output and output.endswith((".json", ".toml")) else None
    if saved is None and (len(protocols) > 1 or any(asked._replace(store=None, config=None))):
        return "save it with -o plan.toml, then peqdlab run-sheet plan.toml   or   peqdlab log-batch plan.toml"
    named = saved or protocols[0]
    return f"peqdlab run-sheet {named}   or   peqdlab log-batch {named}"


def _refusal(made: Plan) -> str:
    codes = dict.fromkeys(finding.code for finding in made.blocking)
    accepting = " ".join(f'--accept {code}="reason"' for code in codes)
    return f"not planned: {len(made.blocking)} error{'s' if len(made.blocking) > 1 else ''}; mend them, or go on with {accepting}"
