"""Questions to the books: the checks that a template declares, those that hold for any hot injection, and how much is unverified."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.expressions import names_in, parse_expression, source_of
from peqdlab.findings import SEVERITIES, Doubt, Finding, Place
from peqdlab.general import ROWS, SOURCES
from peqdlab.injection import injections_of
from peqdlab.judging import Question, runs_asked, shown, shown_bound, verdicts
from peqdlab.knobs import Case, knob_of, solve
from peqdlab.language import DOUBTFUL, FEEDS, POT_WORDS
from peqdlab.moments import volatile
from peqdlab.preparation import Check, Citation
from peqdlab.remedies import knobs_for
from peqdlab.solving import TooLongError
from peqdlab.units import ARITHMETIC, RATIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from peqdlab.books import Books, Inputs, StepRun
    from peqdlab.expressions import Verdict
    from peqdlab.general import Row
    from peqdlab.injection import Injection
    from peqdlab.knobs import Knob
    from peqdlab.moments import Site
    from peqdlab.preparation import Template
    from peqdlab.reagents import Reagents

# A label or a printed grade is remarked on from this relative difference (the contract's 1 %).
REMARKABLE: Final = Decimal("0.01")
# How many steps are booked, in all, to solve for the remedies of one plan: a quarter of a second.
_MOST_STEPS: Final = 8_000
_POT_NAME: Final = re.compile("|".join(map(re.escape, sorted(POT_WORDS, key=len, reverse=True))))


class _Failure(NamedTuple):
    """A question whose answer is no: the first step and every step where it is, both sides, and what may be turned to mend it.

    ``about`` has the names that the failing side uses, and those of another way to say it. ``else_`` is what to say
    where turning it does not help, ``place`` where the finding stands then.
    """

    question: Question
    run: StepRun
    verdict: Verdict
    steps: tuple[int, ...]
    knobs: tuple[Knob, ...]
    place: Place
    else_: str
    about: tuple[frozenset[str], ...] = ()


def check_books(template: Template, books: Books, reagents: Reagents, inputs: Inputs) -> tuple[Finding, ...]:
    """Return a finding for every check that does not hold where it can be judged: the template's own, then the general ones.

    A check of the room is judged at every step of its name where the room was recorded; any other at the last such step, with
    what is in the vessel before reaction. A general check says nothing that a declared one says at that step.
    """
    case = Case(template, reagents, inputs, books)
    declared, doubts = _declared(case)
    failed = [*declared, *(failure for failure in _general(case) if not any(_says(other, failure) for other in declared))]
    most = _MOST_STEPS // max(len(failed) * len(books.steps), 1)
    return (*doubts, *(_finding(failure, case, most) for failure in failed))


# declared by the template --------------------------------------------------------------------------------------------


def _declared(case: Case) -> tuple[list[_Failure], list[Finding]]:
    failures: list[_Failure] = []
    doubts: list[Finding] = []
    for check in case.template.checks:
        for index in range(len(_moments(check, case.books))):
            question = Question(check, _at_moment(check, index), case.template.citations)
            try:
                found = [(at, verdict) for at, verdict in verdicts(question, case.template, case.books, case.inputs) if not verdict.holds]
            except Doubt as doubt:
                doubts.append(doubt.at(case.template.source.place((*check.path, "want"))))
                continue
            failures += [_failed(question, at, verdict, case) for at, verdict in found]
    return failures, doubts


def _failed(question: Question, run: StepRun, verdict: Verdict, case: Case) -> _Failure:
    """Return the failure of a declared check, to be mended by the value that its ``fix`` names."""
    fix, want = question.check.fix, question.check.want_text
    if fix.startswith(FEEDS):
        return _Failure(question, run, verdict, (run.n,), (), case.template.source.place(question.check.path), fix)
    if fix.startswith("room."):
        bring = f"bring the room to {want}, or go on and say why with --note"
        return _Failure(question, run, verdict, (run.n,), (), Place(f"{fix} at step {run.n}"), bring)
    knob = knob_of(fix, case)
    nothing = f"no amount of {fix} alone makes {want} hold: check the other materials"
    if fix == "scale":
        nothing = f"no scale makes {want} hold"
    elif fix in case.template.parameters:
        nothing = f"no value of {fix} within its range makes {want} hold: check the other values"
    place = knob.place if knob and fix != "scale" else case.template.source.place(question.check.path)
    return _Failure(question, run, verdict, (run.n,), (knob._replace(place=place),) if knob else (), place, nothing)


def _at_moment(check: Check, index: int) -> Callable[[Books], tuple[StepRun, ...]]:
    """Return where a check is judged in any books: what is turned to mend it may change the number of steps before."""
    return lambda books: _moments(check, books)[index : index + 1]


def _moments(check: Check, books: Books) -> tuple[StepRun, ...]:
    """Return the steps at which a check is judged: every one for the room, else the last."""
    asked = runs_asked(check, books)
    return asked if "room." in check.want_text else asked[-1:]


def _remedy(failure: _Failure, case: Case, most: int) -> tuple[str, Place]:
    """Return what to type, and where: the value nearest to the present one with which the check holds."""
    check = failure.question.check
    if check.fix.startswith(("room.", FEEDS)):
        return failure.else_, failure.place
    used = [use for run in case.books.steps for use in run.uses if use.code]
    if case.inputs.amounts and all(use.code in case.inputs.amounts for use in used):
        return _as_logged(failure, case), failure.place
    try:
        return solve(failure.question, failure.knobs, most) or (failure.else_, failure.place)
    except TooLongError:
        what = check.fix if not failure.question.silent else "the amounts and temperatures before it"
        return f"try other values of {what} until {check.want_text} holds: the protocol is too long to solve for it", failure.place


def _as_logged(failure: _Failure, case: Case) -> str:
    """Return what can still be done about a batch that ran: correct what was logged wrong, or say why it was so."""
    names = {knob.name for knob in failure.knobs[:1]}
    codes = [use.code for run in case.books.steps if run.n <= failure.run.n for use in run.uses if use.material.name in names and use.code]
    return f'it ran so: --correct {codes[-1] if codes else "CODE"}=… --reason "…" if it was logged wrong, else say why with --note'


# general -------------------------------------------------------------------------------------------------------------


def _general(case: Case) -> Iterator[_Failure]:
    for injection in injections_of(case.books):
        for row in ROWS:
            if not _applies(row, injection):
                continue
            for name in injection.feeding if row.at in ("any", "filled") else (injection.pot,):
                yield from _ask(row, name, injection, case)


def _applies(row: Row, injection: Injection) -> bool:
    a, x = injection.sites.a.parts, injection.sites.x.parts
    return (
        (row.at != "injects" or injection.run.step.verb.books != "flow")
        and (not row.routes or injection.route in row.routes)
        and (not row.only_a or a == (row.only_a,))
        and (not row.only_x or x == (row.only_x,))
        and (not row.has_a or row.has_a in a)
        and (not row.not_a or row.not_a not in a)
    )


def _ask(row: Row, preparation: str, injection: Injection, case: Case) -> Iterator[_Failure]:
    """Yield the failure of a row in one preparation, if it fails there: at the first step where it does."""
    check = _check_of(row, injection)
    question = Question(check, _steps_of(row.at, preparation), SOURCES, silent=True)
    failed = [(run, verdict) for run, verdict in verdicts(question, case.template, case.books, case.inputs) if not verdict.holds]
    for run, verdict in failed[:1]:
        knobs = tuple(knobs_for(row.fix, injection, run, case))
        place = knobs[0].place if knobs else case.template.source.place(run.step.path)
        nothing = f"no one value makes {check.want_text} hold: check the amounts and temperatures before it"
        told = question._replace(check=check._replace(why=_told(check.why, run, case)), citations=_citations(run, case))
        at, about = tuple(run.n for run, _ in failed), _about(verdict, injection)
        yield _Failure(told, run, verdict, at, knobs, place, nothing, about)


def _about(verdict: Verdict, injection: Injection) -> tuple[frozenset[str], ...]:
    """Return the names that a verdict is about: halide against what takes it up is halide against A site or metal."""
    names, sites = frozenset(names_in(verdict.subject)), injection.sites
    if "pot.halide" not in names:
        return (names,)
    return (names, frozenset(sites.x.parts + sites.a.parts), frozenset(sites.x.parts + sites.metal.parts))


def _check_of(row: Row, injection: Injection) -> Check:
    names = {"A": _joined(injection.sites.a), "M": _joined(injection.sites.metal), "X": _joined(injection.sites.x)}
    want = _filled(row.want, names)
    bare = {key: name.strip("()") for key, name in names.items()}
    return Check(row.code, (), row.at, parse_expression(want), want, row.severity, row.fix, _filled(row.why, bare), row.sources, row.scope)


def _joined(site: Site) -> str:
    return site.parts[0] if len(site.parts) == 1 else f"({' + '.join(site.parts)})"


def _filled(text: str, names: dict[str, str]) -> str:
    for key, name in names.items():
        text = text.replace(f"{{{key}}}", name)
    return text


def _steps_of(moment: str, preparation: str) -> Callable[[Books], tuple[StepRun, ...]]:
    """Return where a row is asked in a preparation: see general.Row."""

    def asked_at(books: Books) -> tuple[StepRun, ...]:
        inside = [run for run in books.steps if run.preparation.name == preparation and not run.preparation.vessel.counted]
        if moment == "any":
            return tuple(inside)
        if moment == "filled":
            return tuple([run for run in inside if run.uses][-1:])
        forming = [run.n for run in books.forming if run.preparation.name == preparation]
        return tuple(run for run in inside if run.n in forming or (moment == "hot" and run.n >= min(forming, default=run.n + 1)))

    return asked_at


def _told(why: str, run: StepRun, case: Case) -> str:
    """Return the reason of a row with what it is about at this step."""
    found = volatile(run, case.books.ledger.reagents)
    return why.replace("{volatile}", f"{found[0]} ({found[1].text})") if found else why


def _citations(run: StepRun, case: Case) -> dict[str, Citation]:
    """Return the sources of the general checks, with that of the boiling point in question."""
    found = volatile(run, case.books.ledger.reagents)
    if found is None:
        return SOURCES
    tag = found[1].source
    return {**SOURCES, "boiling point": Citation(tag, case.reagents.data["sources"].get(tag, tag), None, tag)}


def _says(declared: _Failure, general: _Failure) -> bool:
    """Return whether a declared check says what a general one would: at that step, as gravely, of the same ratio or value."""
    ranks = [SEVERITIES.index(failure.question.check.severity) for failure in (declared, general)]
    if declared.run.n not in general.steps or ranks[0] > ranks[1]:
        return False
    sides = [failure.verdict.found for failure in (declared, general)]
    if frozenset(names_in(declared.verdict.subject)) in general.about:
        return True
    too_much = [failure.verdict.found.value > failure.verdict.bound.value for failure in (declared, general)]
    is_same_value = declared.place in {knob.place for knob in general.knobs} and too_much[0] == too_much[1]
    return is_same_value and sides[0].dimension == sides[1].dimension != RATIO


def _finding(failure: _Failure, case: Case, most: int) -> Finding:
    remedy, place = _remedy(failure, case, most)
    question, run, verdict = failure.question, failure.run, failure.verdict
    check, subject = question.check, _in_words(source_of(verdict.subject))
    at = check.at if check.at in (run.step.text_of("name"), run.step.verb.name) else run.step.verb.name
    step = f"step {run.n}" + (f" ({at})" if check.at != "end" else "")
    citations = "; ".join(cited(question.citations, tag) for tag in check.sources)
    return Finding(
        check.severity,  # type: ignore[arg-type]
        check.name,
        place,
        f"{subject} is {shown(verdict.found, check)} at {step}, wanted {_in_words(check.want_text)}: {check.why}",
        remedy,
        limit=f"{subject} {verdict.sign} {shown_bound(verdict.bound, check)}",
        source=citations or None,
        scope=check.scope or None,
    )


def _in_words(text: str) -> str:
    """Return a condition with the names of a pot's quantities as words: ``temperature < boiling point``."""
    return _POT_NAME.sub(lambda found: POT_WORDS[found[0]], text)


# labels and evidence -------------------------------------------------------------------------------------------------


def label_difference(label: Decimal, computed: Decimal) -> Decimal:
    """Return how far a computed concentration lies below its label, relative to the label."""
    return ARITHMETIC.divide(label - computed, label) if label else Decimal(-1 if computed else 0)


def check_unverified(template: Template) -> tuple[Finding, ...]:
    """Return one note that counts the values without a source read, and the repaired digits."""
    evidence = [evidence_of(template, tag) for path, tag in template.tags if path[-1] != "why"]
    unverified, repaired = (sum(kind == doubtful for kind in evidence) for doubtful in DOUBTFUL)
    unread = any(evidence_of(template, tag) in DOUBTFUL for tag in default_sources(template))
    if not unverified and not repaired and not unread:
        return ()
    parts = [
        *([f"{unverified} value{'s are' if unverified > 1 else ' is'} unverified"] if unverified else []),
        *([f"{repaired} digit{'s were' if repaired > 1 else ' was'} repaired in a damaged scan"] if repaired else []),
        *(["the source of every value that names none was not read"] if unread else []),
    ]
    them = "it prints" if unverified + repaired == 1 and not unread else "they print"
    message = f"{' and '.join(parts)}; {them} with a ? on the sheet"
    remedy = "look each one up and name its source in place of [unverified]"
    return (Finding("note", "U001", template.source.place((template.variant,)), message, remedy),)


def cited(citations: dict[str, Citation], tag: str) -> str:
    """Return a source tag as its citation, DOI included where known."""
    citation = citations.get(tag)
    if citation is None:
        return tag
    return f"{citation.cite}, doi:{citation.doi}" if citation.doi else citation.cite


def default_sources(template: Template) -> tuple[str, ...]:
    """Return the source of the values that name none, of every protocol of a plan."""
    return tuple(dict.fromkeys(part.template.default_source for part in template.parts)) or (template.default_source,)


def evidence_of(template: Template, tag: str) -> str:
    """Return the evidence of a source tag: the tag itself where it is built in."""
    citation = template.citations.get(tag)
    return citation.evidence if citation else tag
