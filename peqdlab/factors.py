"""What a set of runs varies: ``soak.time=5s,10s`` becomes levels of a parameter, of the room's air, or of a bottle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.air import LIMITS
from peqdlab.blocking import MOST_RUNS
from peqdlab.books import Room
from peqdlab.expressions import names_in
from peqdlab.findings import Doubt, Finding, Place, suggest
from peqdlab.joining import values_in
from peqdlab.judging import is_asked_at
from peqdlab.lots import lot_name, preparations_with
from peqdlab.parameters import read_setting
from peqdlab.step_settings import settable, steps_named
from peqdlab.units import KINDS, a_kind, as_typed, convert, kind_of, parse_quantity, plain, require_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from peqdlab.books import Books, Inputs
    from peqdlab.preparation import Preparation, Step, Template
    from peqdlab.reagents import Reagents
    from peqdlab.units import Quantity

# The air of a room, by what stands behind the point: the kind of a level, its unit, and the key of the record.
_AIR: Final = {"rh": ("ratio", "%", "relative_humidity_pct"), "t": ("temperature", "°C", "temperature_c")}
_AIR_ASKED: Final = {"rh": "room RH", "t": "room T"}
_AIR_NAME: Final = {"rh": "room.RH", "t": "room.T"}


class Level(NamedTuple):
    """One value of a factor: as typed, with the usual sign of its unit, and the quantity that it is (None for a bottle)."""

    text: str
    value: Quantity | None


class Factor(NamedTuple):
    """One thing that is varied: as named, what it sets, its levels, and the preparations that are different for it.

    ``kind`` is ``setting`` (``target`` is a parameter), ``rh`` or ``t`` (``target`` is a step, or empty for every step on substrates
    that asks for it), or ``lot`` (``target`` is a material).
    """

    name: str
    kind: str
    target: str
    levels: tuple[Level, ...]
    preparations: frozenset[str]


class Varied(NamedTuple):
    """A template in which everything that is varied has a name, and the factors."""

    template: Template
    factors: tuple[Factor, ...]


def read_factors(texts: Iterable[str], template: Template, inputs: Inputs, reagents: Reagents, doubts: list[Finding]) -> Varied:
    """Return the factors that texts such as ``soak.time=5s,10s,20s`` describe; every doubt about them is added to ``doubts``."""
    factors: list[Factor] = []
    for text in texts:
        name, sign, levels = (part.strip() for part in text.partition("="))
        try:
            if not sign or not name:
                raise Doubt("A102", f"{text[:40]!r} is not NAME=LEVEL,LEVEL", "write --vary soak.time=5s,10s")  # noqa: TRY301
            template, factor = _factor(name, [level.strip() for level in levels.split(",")], template, reagents)
            _not_twice(factor, factors, inputs)
            factors.append(factor)
        except Doubt as doubt:
            doubts.append(doubt.at(Place(f"--vary {name[:40]}")))
    return Varied(template, tuple(factors))


def _factor(name: str, texts: list[str], template: Template, reagents: Reagents) -> tuple[Template, Factor]:
    where, _, last = name.rpartition(".")
    if name.startswith("lot."):
        lot = lot_name(name[4:], reagents, template)
        levels = tuple(Level(text, None) for text in texts)
        factor = Factor(name, "lot", lot, levels, frozenset(preparations_with(lot, reagents, template)))
    elif last.lower() in _AIR and name not in template.parameters and name != "T":
        factor = _of_air(name, last.lower(), "" if where.lower() == "room" else where, texts, template)
    else:
        template, parameter = _settable(name, template)
        levels = tuple(Level(as_typed(text), read_setting(template.parameters[parameter], text)) for text in texts)
        factor = Factor(name, "setting", parameter, levels, frozenset(_touched(parameter, template)))
    _check_levels(factor)
    return template, factor


def _settable(name: str, template: Template) -> tuple[Template, str]:
    try:
        return settable(template, name)
    except Doubt as doubt:
        if doubt.remedy.startswith("one of"):
            remedy = f"{suggest('', template.parameters)}; or STEP.time, STEP.temperature, rh, room.T, lot.MATERIAL"
            raise Doubt("A140", f"{name!r} is nothing that can be varied here", remedy) from None
        raise Doubt("A140", doubt.message, doubt.remedy) from None


def _of_air(name: str, kind: str, step: str, texts: list[str], template: Template) -> Factor:
    """Return a factor of the room's air; raises Doubt A140 where no step asks for it, R103 for a level that is none."""
    wanted, unit, key = _AIR[kind]
    least, most = LIMITS[key]
    levels = tuple(Level(as_typed(text), require_kind(parse_quantity(text), wanted)) for text in texts)
    for level in levels:
        if level.value and not least <= convert(level.value, unit) <= most:
            raise Doubt("R103", f"{_AIR_NAME[kind]} is {level.text}", f"write {plain(least)} {unit} to {plain(most)} {unit}")
    made = {made.name for made, one in _airy(kind, step, template)}
    if not made:
        known = {str(one.text_of("name") or one.verb.name) for _, one in _airy(kind, "", template)}
        if step:
            raise Doubt("A140", f"{step!r} is no step of the plan", suggest(step, known))
        raise Doubt("A140", f"no step asks for {_AIR_NAME[kind]}", f'add ask = ["{_AIR_ASKED[kind]}"] to the step that it matters to')
    return Factor(name, kind, step, levels, frozenset(made))


def _airy(kind: str, step: str, template: Template) -> list[tuple[Preparation, Step]]:
    """Return the steps that a factor of the air is about: those named, else those on substrates that ask for it, else all that ask."""
    if step:
        return steps_named(template, step)
    asking = [(made, one) for made in template.preparations for one in made.steps if _asks(kind, one, template)]
    return [(made, one) for made, one in asking if made.vessel.is_substrates] or asking


def _asks(kind: str, step: Step, template: Template) -> bool:
    judging = [check for check in template.checks if _AIR_NAME[kind] in names_in(check.want)]
    return _AIR_ASKED[kind] in step.texts_of("ask") or any(is_asked_at(check, step) for check in judging)


def _touched(parameter: str, template: Template) -> set[str]:
    """Return the preparations in which a parameter is used, by itself or through others."""
    reach = {parameter}
    while True:
        more = {
            name
            for name, row in template.parameters.items()
            if name not in reach and row.value.expression and reach & {*names_in(row.value.expression)}
        }
        if not more:
            break
        reach |= more
    values = {made.name: values_in((made,)) for made in template.preparations}
    return {made for made, typed in values.items() if any(value.expression and reach & {*names_in(value.expression)} for value in typed)}


def _check_levels(factor: Factor) -> None:
    """Raise Doubt A141 where the levels make no factor: fewer than two, one twice, or of several kinds."""
    levels = factor.levels
    if len(levels) < 2 or any(not level.text for level in levels):
        alone = f", or --set {factor.name}={levels[0].text.replace(' ', '')}" if factor.kind == "setting" else ""
        count = sum(bool(level.text) for level in levels)
        raise Doubt("A141", f"{factor.name} has {count} level; a factor has two or more", f"write --vary {factor.name}=A,B{alone}")
    if len(levels) > MOST_RUNS:
        raise Doubt("A142", f"{factor.name} has {len(levels)} levels; at most {MOST_RUNS} runs are planned", "leave out levels")
    for n, level in enumerate(levels):
        _check_level(factor, n, level)
    if not factor.preparations:
        raise Doubt("A140", f"no step uses {factor.name}: all runs would be the same", "vary what a step uses")


def _check_level(factor: Factor, n: int, level: Level) -> None:
    """Raise Doubt A141 where a level is there already, or of another kind than the first."""
    first = factor.levels[0]
    if any(before.text == level.text or (level.value is not None and before.value == level.value) for before in factor.levels[:n]):
        raise Doubt("A141", f"{factor.name} has the level {level.text} twice", "leave one of the two out")
    if level.value and first.value and level.value.dimension != first.value.dimension:
        found, wanted = a_kind(kind_of(level.value.dimension)), a_kind(kind_of(first.value.dimension))
        message = f"{factor.name} mixes {wanted} ({first.text}) and {found} ({level.text})"
        raise Doubt("A141", message, f"write each level like {first.text}")


def _not_twice(factor: Factor, others: list[Factor], inputs: Inputs) -> None:
    """Raise Doubt A141 for what is varied twice, or varied and set."""
    same = [other.name for other in others if (other.kind, other.target) == (factor.kind, factor.target)]
    if same:
        raise Doubt("A141", f"{factor.name} and {same[0]} are the same thing", "vary it once, with all its levels")
    if factor.kind == "setting" and factor.target in inputs.settings:
        raise Doubt("A141", f"{factor.name} is varied and set", f"leave --set {factor.target} out")
    if factor.kind == "lot" and factor.target in inputs.lots:
        raise Doubt("A141", f"{factor.name} is varied and has a lot", f"leave --lot {factor.target} out")


# levels in a plan ----------------------------------------------------------------------------------------------------


def with_levels(inputs: Inputs, levels: Mapping[Factor, Level], template: Template) -> Inputs:
    """Return the inputs of a run: settings and bottles at these levels, as far as the template of the run has them."""
    settings = dict(inputs.settings)
    lots = dict(inputs.lots)
    for factor, level in levels.items():
        if factor.kind == "setting" and level.value is not None:
            settings[factor.target] = level.value
        elif factor.kind == "lot":
            lots[factor.target] = level.text
    return inputs._replace(settings={name: value for name, value in settings.items() if name in template.parameters}, lots=lots)


def rooms_of(levels: Mapping[Factor, Level], template: Template, books: Books) -> dict[int, Room]:
    """Return the air wanted at the steps of a run, by their numbers."""
    rooms: dict[int, Room] = {}
    for factor, level in levels.items():
        if factor.kind not in _AIR or level.value is None:
            continue
        paths = {step.path for _, step in _airy(factor.kind, factor.target, template)}
        for run in books.steps:
            if run.step.path in paths:
                room = rooms.get(run.n, Room())
                part = "relative_humidity" if level.value.dimension == KINDS["ratio"] else "temperature_c"
                rooms[run.n] = room._replace(**{part: level.value.value})
    return rooms
