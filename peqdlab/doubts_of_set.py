"""What is doubtful about a set as a whole: too little to share out, a day too long, one preparation behind all replicates."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.findings import SEVERITIES, Finding, Place
from peqdlab.ledger import DUST
from peqdlab.schedule import time_of
from peqdlab.sweep import SHARED, size_of_shared
from peqdlab.units import plain, significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from peqdlab.blocking import Run
    from peqdlab.factors import Factor
    from peqdlab.plan import Plan
    from peqdlab.sweep import Asked, Swept

DAY_MIN: Final = Decimal(480)  # eight hours at the bench (assumed)
_STEP: Final = re.compile(r"\bstep (\d+)")


class Said(NamedTuple):
    """A finding of a set, said once: with the runs that have it (empty: it is about the set)."""

    finding: Finding
    runs: tuple[str, ...]


def check_set(asked: Asked, made: Swept, runs: Sequence[Run], *, replicates: int) -> tuple[Finding, ...]:
    """Return what is doubtful about the whole: V104 a day too long, V105 what replicates do not repeat, V106 and V107 the shared size."""
    return (*_shares(asked, made, replicates), *_size(asked, made, runs), *_days(made, runs), *_replicates(made, replicates, runs))


def _shares(asked: Asked, made: Swept, replicates: int) -> Iterable[Finding]:
    for share in made.shares:
        if share.taken_ml - share.there_ml <= DUST:
            continue
        part = share.there_ml / share.taken_ml
        options = {"--replicates": int(replicates * part), "--substrates": int(asked.inputs.substrates * part)}
        remedy = next((f"{option} {n}" for option, n in options.items() if n), f"have more of {share.name}, or vary less")
        message = f"all runs take {significant(share.taken_ml)} mL of {share.name}, {significant(share.there_ml)} mL is there"
        yield Finding("error", "V106", Place("--vary"), message, remedy)


def _size(asked: Asked, made: Swept, runs: Sequence[Run]) -> Iterable[Finding]:
    """Yield a warning where what is made once is larger than the size asked for, and cannot be made so large."""
    before = Fraction(asked.inputs.scale)
    if made.shared is None or made.scale <= before or not made.shared.blocking:
        return
    times = significant(Decimal(made.scale.numerator) / Decimal(made.scale.denominator), 3)
    message = f"what is made once has {times} times the published size to suffice for all {len(runs)} runs, and does not fit its vessels"
    yield Finding("warning", "V107", Place("--vary"), message, _smaller(asked, made, runs, before))


def _smaller(asked: Asked, made: Swept, runs: Sequence[Run], before: Fraction) -> str:
    """Return the option, tried, with which what is made once has the size asked for: a smaller run, else fewer substrates."""
    scale = before * before / made.scale
    if size_of_shared(asked._replace(inputs=asked.inputs._replace(scale=scale)), runs) <= before:
        return f"--scale {scale}"
    substrates = int(asked.inputs.substrates * before / made.scale)
    fewer = asked._replace(inputs=asked.inputs._replace(substrates=substrates))
    if substrates and size_of_shared(fewer, runs) <= before:
        return f"--substrates {substrates}"
    return "vary less, or fewer --replicates"


def _days(made: Swept, runs: Sequence[Run]) -> Iterable[Finding]:
    """Yield a warning for the longest day that is too long, with the number of runs that fits."""
    hands_on = {at: hands_on_min(plan) for at, plan in made.plans.items()}
    days: dict[int, list[Decimal]] = {}
    for run in runs:
        days.setdefault(run.day, []).append(hands_on[run.levels])
    day = max(days, key=lambda n: (sum(days[n]), -n))
    total, longest = sum(days[day], Decimal(0)), max(hands_on.values())
    if total <= DAY_MIN:
        return
    fits = int(DAY_MIN / longest) if longest else 0
    remedy = f"--per-day {fits}" if fits else "fewer --substrates, or make more of it beforehand"
    message = f"day {day} has {len(days[day])} runs with about {plain(total)} min hands on, more than {plain(DAY_MIN)} min: an estimate"
    yield Finding("warning", "V104", Place("--per-day"), message, remedy, limit=f"{plain(DAY_MIN)} min a day (assumed)")


def hands_on_min(plan: Plan) -> Decimal:
    """Return the minutes of work of a plan on its day (an estimate, as the plan gives it)."""
    return Decimal(time_of(plan)["hands_on_min"])


def _replicates(made: Swept, replicates: int, runs: Sequence[Run]) -> Iterable[Finding]:
    if made.shared is None or replicates < 2:
        return
    once = " and ".join(share.name for share in made.shares if made.shared.template.preparation(share.name))
    days = runs[-1].day
    older = f"; on day {days} it is {days - 1} day{'s' if days > 2 else ''} older than on day 1" if days > 1 else ""
    message = f"all runs take the same {once}: the spread of replicates is that of the steps after it, not of making it{older}"
    yield Finding("note", "V105", Place("--replicates"), message, "nothing, or a second set where its making is in question: --seed 1")


def gathered(design: Sequence[Finding], made: Swept, factors: Sequence[Factor], runs: Sequence[Run]) -> tuple[Said, ...]:
    """Return every finding once, with the runs that have it; of those that differ in the step alone the first stands for all."""
    found: dict[Finding, tuple[Finding, dict[str, None], dict[str, None]]] = {}
    per_run = {at: [_of_level(finding, factors, at) for finding in plan.findings] for at, plan in made.plans.items()}
    plans = [*([(SHARED, made.shared.findings)] if made.shared else []), *((run.name, per_run[run.levels]) for run in runs)]
    for where, findings in plans:
        for finding in findings:
            place = finding.where._replace(key=_STEP.sub("step", finding.where.key))
            key = finding._replace(message=_STEP.sub("step", finding.message), where=place)
            _, names, steps = found.setdefault(key, (finding, {}, {}))
            names[where] = None
            steps |= dict.fromkeys(_STEP.findall(finding.message))
    said = [Said(_of_steps(finding, [*steps]), tuple(names)) for finding, names, steps in found.values()]
    return tuple(sorted([*(Said(finding, ()) for finding in design), *said], key=lambda one: SEVERITIES.index(one.finding.severity)))


def _of_level(finding: Finding, factors: Sequence[Factor], at: tuple[int, ...]) -> Finding:
    """Return a finding about a level with what can be done of it in a set: the level is what is wanted, or is left out."""
    for factor, n in zip(factors, at, strict=True):
        typed = f"--set {factor.target}"
        is_set = factor.kind == "setting" and (finding.remedy.startswith(f"{typed}=") or finding.where.key == typed)
        if is_set or (factor.kind != "lot" and finding.where.key.startswith(f"room.{factor.kind.upper()}")):
            left_out = f"leave {factor.levels[n].text} out of --vary {factor.name}"
            remedy = left_out if finding.severity == "error" else f"{left_out}, or go on: it is what is varied"
            return finding._replace(remedy=remedy, where=Place(f"--vary {factor.name}"))
    return finding


def _of_steps(finding: Finding, steps: list[str]) -> Finding:
    if len(steps) < 2 or len(_STEP.findall(finding.message)) != 1:
        return finding
    return finding._replace(message=_STEP.sub(f"steps {', '.join(steps)}", finding.message))


def blocking(said: Iterable[Said], accepted: Mapping[str, str]) -> tuple[Said, ...]:
    """Return the errors that nobody has accepted with a reason."""
    return tuple(one for one in said if one.finding.severity == "error" and one.finding.code not in accepted)
