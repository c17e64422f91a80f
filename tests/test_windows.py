"""Every window bites where it says: 0.1 % inside a bound nothing is found, 0.1 % outside it is. Asked of every shipped check and general row."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from peqdlab.booking import book
from peqdlab.books import Inputs, Room
from peqdlab.catalog import open_family, open_template
from peqdlab.checks import _at_moment, _check_of, _moments, _steps_of
from peqdlab.expressions import Node, names_in, parse_expression, source_of
from peqdlab.general import ROWS, SOURCES
from peqdlab.injection import injections_of
from peqdlab.judging import Question, verdicts
from peqdlab.knobs import Case, knob_of
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents
from peqdlab.remedies import knobs_for

BROKEN = Path(__file__).parent / "broken"
REAGENTS = shipped_reagents()
INSIDE, OUTSIDE = Decimal("0.001"), Decimal("-0.001")


def case_of(name: str) -> Case:
    template = open_template(name, REAGENTS)
    return Case(template, REAGENTS, Inputs(), book(template, REAGENTS, Inputs()))


def links(want: Node) -> list[str]:
    """Return every link of a condition as a condition of its own: two for a window."""
    chains = want.parts if want.kind == "and" else (want,)
    return [
        f"{source_of(left)} {sign} {source_of(right)}"
        for chain in chains
        for left, sign, right in zip(chain.parts, chain.signs, chain.parts[1:], strict=False)
    ]


def factor_at(question: Question, link: str, knob, beyond: Decimal) -> Decimal | None:
    """Return the factor of a knob with which the subject lies so far inside (or outside) the bound of a link, relative to it."""
    one = question._replace(check=question.check._replace(want=parse_expression(link)))

    def gap(factor: Decimal) -> Decimal | None:
        case = knob.turned(factor)
        found = list(verdicts(one, case.template, book(case.template, case.reagents, case.inputs), case.inputs))
        if not found:
            return None
        verdict = found[-1][1] if question.silent else found[0][1]
        sign = 1 if verdict.sign in (">=", ">") else -1
        return sign * (verdict.found.value / verdict.bound.value - 1) - beyond

    last = None
    for power in sorted(range(-72, 73), key=abs):
        here = Decimal(10) ** (Decimal(power) / 24)
        near = Decimal(10) ** (Decimal(power - (power > 0) + (power < 0)) / 24)
        low, high = gap(near), gap(here)
        if low is None or high is None or low * high > 0:
            continue
        for _ in range(40):
            middle = (near + here) / 2
            last = gap(middle)
            near, here = (middle, here) if (last > 0) == (low > 0) else (near, middle)
        if abs(last) < Decimal("1e-6"):  # not a jump
            return middle
    return None


def codes_with(knob, factor: Decimal) -> set[str]:
    case = knob.turned(factor)
    return {finding.code for finding in make_plan(case.template, case.reagents, case.inputs).findings}


DECLARED = [
    (variant, check.name, link)
    for variant in open_family("hot_injection").variants
    for check in open_template(f"hot_injection/{variant}", REAGENTS).checks
    for link in links(check.want)
]


def test_every_shipped_check_is_asked_at_each_of_its_bounds():
    assert len(DECLARED) > 50
    assert {name for _, name, _ in DECLARED} >= {"cs-limits", "lead", "damp-wash", "blend", "boils", "growth", "water", "cs4pbi6"}


@pytest.mark.parametrize(("variant", "name", "link"), DECLARED)
def test_a_declared_window_bites_at_its_bound(variant, name, link):
    case = case_of(f"hot_injection/{variant}")
    check = next(check for check in case.template.checks if check.name == name)
    if check.fix.startswith("room."):
        bound = Decimal(link.split("<=")[1].strip(" %")) / 100
        n = _moments(check, case.books)[0].n
        rooms = [Inputs(rooms={n: Room(None, bound * (1 - beyond))}) for beyond in (INSIDE, OUTSIDE)]
        inside, outside = ({finding.code for finding in make_plan(case.template, REAGENTS, room).findings} for room in rooms)
    else:
        question = Question(check, _at_moment(check, 0), case.template.citations)
        knob = knob_of(check.fix, case)
        inside, outside = (codes_with(knob, factor_at(question, link, knob, beyond)) for beyond in (INSIDE, OUTSIDE))
    assert name not in inside
    assert name in outside


TURNED = {"S203": "cs_oleate", "S209": "HI", "T304": "T_inject"}  # where the remedy has no size


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_a_general_window_bites_at_its_bound(row, monkeypatch):
    monkeypatch.chdir(BROKEN)
    case = case_of("clean.toml" if row.code == "S221" else f"{row.code}.toml")
    (injection,) = injections_of(case.books)
    check = _check_of(row, injection)
    names = injection.feeding if row.at in ("any", "filled") else (injection.pot,)
    questions = [Question(check, _steps_of(row.at, name), SOURCES, silent=True) for name in names]
    failed = [(q, run) for q in questions for run, verdict in verdicts(q, case.template, case.books, case.inputs) if not verdict.holds]
    question, run = failed[0] if failed else (questions[0], injection.run)
    named = TURNED.get(row.code)
    knobs = [knob_of(named, case)] if named else [knob for knob in knobs_for(row.fix, injection, run, case) if knob.now]
    (link,) = links(check.want)
    knob = next(knob for knob in knobs if factor_at(question, link, knob, OUTSIDE) is not None)
    inside, outside = (codes_with(knob, factor_at(question, link, knob, beyond)) for beyond in (INSIDE, OUTSIDE))
    assert row.code not in inside
    assert row.code in outside
    assert names_in(check.want)
