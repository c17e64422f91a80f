"""From a template and factors to a set of plans: what no factor touches is made once, and every run takes its share of it."""

from __future__ import annotations

from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab.booking import book
from peqdlab.books import Stock
from peqdlab.canonical import canonical_json, sha256_hex
from peqdlab.cutting import cut_out
from peqdlab.expressions import names_in
from peqdlab.factors import rooms_of, with_levels
from peqdlab.frozen import parts_of
from peqdlab.joining import values_in
from peqdlab.ledger import DUST
from peqdlab.lineage import uses_of
from peqdlab.plan import Plan, make_plan
from peqdlab.preparation import Cut
from peqdlab.queries import vessel_of
from peqdlab.units import ARITHMETIC, ZERO, restate, significant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peqdlab.blocking import Run
    from peqdlab.books import Books, Inputs
    from peqdlab.factors import Factor, Level
    from peqdlab.ledger import Contents
    from peqdlab.preparation import Template
    from peqdlab.reagents import Reagents

SHARED: Final = "shared"
_ROUNDS: Final = 8  # of looking for the size of what is shared; one is enough where everything follows the size
_CLEAN: Final = Context(prec=20)  # a size is rounded up from this, so that dust adds no hundredth to it
_SHARE_DIGITS: Final = 35  # of the 40 reckoned with, so that shares never add up to more than there is by more than dust


class Asked(NamedTuple):
    """What a set is made from: a template whole, what it is planned with, and which errors are accepted."""

    template: Template
    reagents: Reagents
    inputs: Inputs
    accepted: Mapping[str, str]
    factors: tuple[Factor, ...]


class Pieces(NamedTuple):
    """Which preparations every run makes, and by name what it takes from elsewhere: from what is made once, or from the shelf."""

    in_runs: frozenset[str]
    made_once: tuple[str, ...]
    from_shelf: tuple[str, ...]

    @property
    def taken(self) -> tuple[str, ...]:
        """Return everything that is shared out."""
        return (*self.made_once, *self.from_shelf)


class Share(NamedTuple):
    """One thing that is shared out: how much there is (mL), and how much all runs take."""

    name: str
    there_ml: Decimal
    taken_ml: Decimal


class Swept(NamedTuple):
    """A set: its id, the plan of what is made once (None where nothing is), the plan of every combination of levels, and the shares."""

    name: str
    shared: Plan | None
    plans: dict[tuple[int, ...], Plan]
    shares: tuple[Share, ...]
    scale: Fraction


def asked_digest(asked: Asked) -> str:
    """Return the SHA-256 of what was asked: protocols, sizes, settings and factors, so that the same command gives the same set."""
    inputs = asked.inputs
    parts = [f"{part.template.family}/{part.template.variant} {sha256_hex(part.template.source.text)}" for part in parts_of(asked.template)]
    row: dict[str, Any] = {
        "protocols": parts,
        "settings": {name: restate(value) for name, value in inputs.settings.items()},
        "scale": str(inputs.scale),
        "substrates": inputs.substrates,
        "stocks": {name: stock.origin for name, stock in inputs.stocks.items()},
        "lots": dict(inputs.lots),
        "factors": [[factor.kind, factor.target, [level.text for level in factor.levels]] for factor in asked.factors],
    }
    return sha256_hex(canonical_json(row))


# what is made once ---------------------------------------------------------------------------------------------------


def pieces_of(template: Template, inputs: Inputs, factors: Sequence[Factor]) -> Pieces:
    """Return what every run makes itself, and what it takes its share of.

    A run makes what a factor touches, what is on substrates (they are what is compared), what nothing is made from, and what things
    are only dipped into (a bath is fresh for every run: what it takes up is not in the books), what is measured by the volume in
    another vessel, with that one; and all that is made from these.
    """
    touched = {name for factor in factors for name in factor.preparations} | _measuring(template)
    steps = [step for made in template.preparations for step in made.steps]
    drawn = {material.name for step in steps for material in step.materials if material.is_preparation}
    mine: set[str] = set()
    for made in template.preparations:
        is_own = made.name in touched or made.vessel.is_substrates or made.name not in drawn
        if is_own or uses_of(made) & mine:
            mine.add(made.name)
    uses = {name for made in template.preparations if made.name in mine for name in uses_of(made)}
    once = tuple(made.name for made in template.preparations if made.name in uses - mine)
    shelf = tuple(name for name in template.needs if name in inputs.stocks and name in uses)
    return Pieces(frozenset(mine), once, shelf)


def _measuring(template: Template) -> set[str]:
    """Return the preparations whose amounts follow the volume in another vessel, and those others: they cannot be taken apart."""
    found: set[str] = set()
    for made in template.preparations:
        names = {name for value in values_in((made,)) if value.expression for name in names_in(value.expression)}
        others = {name.removeprefix("volume.") for name in names if name.startswith("volume.")}
        found |= {made.name, *others} if others else set()
    return found


def drawn_ml(books: Books, pieces: Pieces) -> dict[str, Decimal]:
    """Return what one run takes of everything that is shared out (mL), from the books of the whole."""
    taken = dict.fromkeys(pieces.taken, ZERO)
    for run in books.steps:
        if run.preparation.name not in pieces.in_runs:
            continue
        for use in run.uses:
            if use.material.name in taken and use.volume_ml is not None:
                taken[use.material.name] += use.volume_ml
    return taken


def size_of_shared(asked: Asked, runs: Sequence[Run]) -> Fraction:
    """Return the size of what is made once, as a set of these runs would have it."""
    pieces = pieces_of(asked.template, asked.inputs, asked.factors)
    if not pieces.made_once:
        return Fraction(asked.inputs.scale)
    wanted = _in_all(_draws(asked, pieces, runs), pieces, runs)
    piece = cut_out(asked.template, Cut(makes=pieces.made_once))
    return Fraction(_sized(asked, piece, {each: wanted[each] for each in pieces.made_once}, len(runs)).scale)


def _draws(asked: Asked, pieces: Pieces, runs: Sequence[Run]) -> dict[tuple[int, ...], dict[str, Decimal]]:
    """Return what one run of each combination of levels takes (mL)."""
    at_levels = dict.fromkeys(run.levels for run in runs)
    return {at: drawn_ml(_books(asked, _levels(asked.factors, at)), pieces) for at in at_levels}


def _in_all(draws: Mapping[tuple[int, ...], Mapping[str, Decimal]], pieces: Pieces, runs: Sequence[Run]) -> dict[str, Decimal]:
    """Return what all runs take of everything that is shared out (mL)."""
    return {each: sum((draws[run.levels][each] for run in runs), ZERO) for each in pieces.taken}


def _there(books: Books, names: Sequence[str]) -> dict[str, Contents]:
    return {name: books.ledger.contents(vessel_of(name)).copy() for name in names}


def _sized(asked: Asked, piece: Template, wanted: Mapping[str, Decimal], count: int) -> Inputs:
    """Return the inputs of what is made once: the least size, from the one asked for on, that is enough for all runs.

    What goes by substrates is for those of all ``count`` runs; more of them where the scale does not help.
    """
    inputs = _of_piece(asked.inputs, piece)._replace(substrates=asked.inputs.substrates * count)

    def missing(tried: Inputs) -> dict[str, Decimal]:
        there = _there(book(piece, asked.reagents, tried), [*wanted])
        held = {name: contents.volume_ml for name, contents in there.items() if contents.volume_ml}
        return {name: ARITHMETIC.divide(wanted[name], volume) for name, volume in held.items() if wanted[name] - volume > DUST}

    for _ in range(_ROUNDS):
        short = missing(inputs)
        if not short:
            break
        worst = max(short, key=lambda name: short[name])
        ways = [_in_portions(inputs, worst, short[worst])] if worst in piece.unsized else _enlarged(inputs, short[worst])
        inputs = next((tried for tried in ways if missing(tried).get(worst, ZERO) < short[worst]), inputs)
    return inputs


def _in_portions(inputs: Inputs, name: str, times: Decimal) -> Inputs:
    """Return the inputs with so many times the portions of a solution that does not follow the scale."""
    portions = (_CLEAN.plus(times) * inputs.portions.get(name, 1)).to_integral_value(rounding=ROUND_CEILING)
    return inputs._replace(portions={**inputs.portions, name: int(portions)})


def _enlarged(inputs: Inputs, times: Decimal) -> tuple[Inputs, ...]:
    """Return the inputs at so many times the size, rounded up to three figures, and with so many times the substrates."""
    size = ARITHMETIC.divide(Decimal(inputs.scale.numerator), Decimal(inputs.scale.denominator))
    larger = _CLEAN.plus(ARITHMETIC.multiply(size, times))
    scale = Fraction(larger.quantize(Decimal(1).scaleb(larger.adjusted() - 2), rounding=ROUND_CEILING))
    substrates = (_CLEAN.plus(times) * inputs.substrates).to_integral_value(rounding=ROUND_CEILING)
    return inputs._replace(scale=scale), inputs._replace(substrates=int(substrates))


def _of_piece(inputs: Inputs, piece: Template) -> Inputs:
    """Return the inputs with the settings that a piece has, and without the air of the whole."""
    return inputs._replace(settings={name: value for name, value in inputs.settings.items() if name in piece.parameters}, rooms={})


# the plans -----------------------------------------------------------------------------------------------------------


def swept(asked: Asked, runs: Sequence[Run], name: str) -> Swept:
    """Return the plans of a set: one for what is made once, one for each combination of levels, which takes its share of that."""
    pieces = pieces_of(asked.template, asked.inputs, asked.factors)
    levels = {run.levels: _levels(asked.factors, run.levels) for run in runs}
    draws = _draws(asked, pieces, runs)
    wanted = _in_all(draws, pieces, runs)
    shared, there = _shared(asked, pieces, wanted, name, len(runs))
    cut = Cut(takes=pieces.made_once) if pieces.made_once else None
    mine = cut_out(asked.template, cut) if cut else asked.template
    plans = {}
    for at, chosen in levels.items():
        stocks = {each: _portion(each, there[each], draws[at][each], asked, name) for each in pieces.taken}
        plans[at] = _run_plan(asked, mine, chosen, {**asked.inputs.stocks, **stocks})
    shares = tuple(Share(each, there[each].volume_ml, wanted[each]) for each in pieces.taken)
    return Swept(name, shared, plans, shares, Fraction(shared.inputs.scale if shared else asked.inputs.scale))


def _levels(factors: Sequence[Factor], at: tuple[int, ...]) -> dict[Factor, Level]:
    return {factor: factor.levels[n] for factor, n in zip(factors, at, strict=True)}


def _books(asked: Asked, levels: Mapping[Factor, Level]) -> Books:
    return book(asked.template, asked.reagents, with_levels(asked.inputs, levels, asked.template))


def _shared(asked: Asked, pieces: Pieces, wanted: Mapping[str, Decimal], name: str, count: int) -> tuple[Plan | None, dict[str, Contents]]:
    """Return the plan of what is made once, and what there is of everything that is shared out."""
    there = {each: asked.inputs.stocks[each].contents for each in pieces.from_shelf}
    if not pieces.made_once:
        return None, there
    piece = cut_out(asked.template, Cut(makes=pieces.made_once))
    sized = _sized(asked, piece, {each: wanted[each] for each in pieces.made_once}, count)
    told = {each: f"{significant(wanted[each])} mL for all runs" for each in pieces.made_once}
    inputs = sized._replace(run={"set": name, "run": SHARED, "hands_over": told})
    plan = _accepting(make_plan(piece, asked.reagents, inputs), asked.accepted)
    for each in pieces.from_shelf:
        there[each] = _there(plan.books, [each])[each] if each in piece.needs else there[each]
    return plan, {**there, **_there(plan.books, pieces.made_once)}


def _portion(name: str, there: Contents, volume_ml: Decimal, asked: Asked, of_set: str) -> Stock:
    """Return one run's share of what is there: as much as it draws, of the very same composition."""
    share = ARITHMETIC.divide(volume_ml, there.volume_ml) if there.volume_ml else ZERO
    if share:
        share = share.quantize(Decimal(1).scaleb(share.adjusted() - _SHARE_DIGITS), context=ARITHMETIC)
    origin = asked.inputs.stocks[name].origin if name in asked.inputs.stocks else f"set {of_set}, made once"
    return Stock(origin, there.share(share))


def _run_plan(asked: Asked, mine: Template, levels: Mapping[Factor, Level], stocks: Mapping[str, Stock]) -> Plan:
    inputs = with_levels(asked.inputs, levels, mine)._replace(stocks=stocks)
    rooms = rooms_of(levels, mine, book(mine, asked.reagents, inputs))
    return _accepting(make_plan(mine, asked.reagents, inputs._replace(rooms=rooms)), asked.accepted)


def _accepting(plan: Plan, accepted: Mapping[str, str]) -> Plan:
    """Return a plan with the acceptances of which it has the finding, so that each stands where it matters."""
    codes = {finding.code for finding in plan.findings}
    return plan._replace(accepted={code: reason for code, reason in accepted.items() if code in codes})
