"""How thick the layers of a film get, by what the lab has measured; without a measurement nothing is predicted."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.film_points import EXAMPLE, GROUP, told
from peqdlab.findings import Finding
from peqdlab.general import REVIEW
from peqdlab.layers import brought_by, layers_of
from peqdlab.queries import product_mg
from peqdlab.units import ARITHMETIC, ZERO, plain, significant

if TYPE_CHECKING:
    from peqdlab.books import Books, Inputs, StepRun
    from peqdlab.film_points import FilmPoint
    from peqdlab.preparation import Preparation, Template

# nm a cycle (section 4.1), and the stack: 200 to 500 nm in section 4.1, 300 to 500 nm in section 1.
_CYCLE_NM: Final = (70, 100)
STACK_NM: Final = (Decimal(200), Decimal(500))
_SECTION_1_NM: Final = 300
# A measured film speaks for another ink or speed up to this factor: this program's own choice.
_FURTHEST: Final = Decimal(2)
_SPEED: Final = re.compile(r"(\d{2,5})(?:\s+to\s+(\d{2,5}))?\s*rpm", re.ASCII)
_RULE: Final = "h2 = h1 (c2/c1) (w1/w2)^0.5, commonly quoted and not verified, up to a factor of two"


class Thickness(NamedTuple):
    """What is known of the thickness of a film: nm of each layer that is coated, by its step; in all; and how that is known."""

    layers_nm: dict[int, Decimal | None]
    stack_nm: Decimal | None
    told: str


def thickness_of(template: Template, books: Books, points: tuple[FilmPoint, ...]) -> Thickness | None:
    """Return the thickness of the layers of dots of a plan's last film; None where it has none.

    h2 = h1 (c2/c1) (w1/w2)^0.5 from the measured film that is nearest in concentration c and spin speed w; volume and area are
    kept with a point and not scaled by. Source of the rule: commonly quoted, not verified.
    """
    runs = {run.n: run for run in books.steps}
    coats = {layer.step: runs[layer.step] for layer in layers_of(books)}
    inks = {n: _concentration(run, template, books) for n, run in coats.items()}
    dots = {n: run for n, run in coats.items() if inks[n] is not None}
    if not dots:
        return None
    found = {n: _layer(inks[n], _speed_rpm(run), points) for n, run in dots.items()}
    layers = {n: None if each is None else each[0] for n, each in found.items()}
    known = [nm for nm in layers.values() if nm is not None]
    if len(known) < len(layers):
        is_spun = all(_speed_rpm(run) for run in dots.values()) and all(layer.dips for layer in layers_of(books) if layer.step in dots)
        return Thickness(layers, None, _not_known(len(layers), points, is_spun=is_spun))
    stack, used = sum(known, ZERO), dict.fromkeys(told(each[1]) for each in found.values() if each)
    thin = "; section 1 of the review has 300 to 500 nm, its section 4.1 200 to 500 nm" if STACK_NM[0] <= stack < _SECTION_1_NM else ""
    return Thickness(layers, stack, f"{significant(stack, 3)} nm in all, by {' and '.join(used)}: {_RULE}{thin}")


def _not_known(cycles: int, points: tuple[FilmPoint, ...], *, is_spun: bool) -> str:
    """Return what is said of a film that no measurement speaks for; ``is_spun`` where it is exchanged layer by layer."""
    low, high = (plain(Decimal(nm * cycles)) for nm in _CYCLE_NM)
    each = f"{_CYCLE_NM[0]} to {_CYCLE_NM[1]} nm a cycle (review 4.1), {cycles} cycle{'' if cycles == 1 else 's'} {low} to {high} nm"
    usual = f"{each}: not predicted" if is_spun else "not predicted"
    far = "; what was measured is of another ink or speed, by more than a factor of two" if points else ""
    return f'{usual}{far}. Measure one and set it: peqdlab config {GROUP}.NAME="{EXAMPLE}"'


def _concentration(run: StepRun, template: Template, books: Books) -> Decimal | None:
    """Return the dots in what a step coats (mg/mL); None where it coats none."""
    brought = brought_by(run, books)
    mass = product_mg(books.ledger, brought, template.products)
    return ARITHMETIC.divide(mass, brought.volume_ml) if mass and brought.volume_ml else None


def _speed_rpm(run: StepRun) -> Decimal | None:
    """Return the fastest stage of a coat's spin program (rpm), the middle of a range; None where none is stated."""
    texts = (*run.step.texts_of("program"), run.step.text_of("program"), run.step.text_of("how"))
    stages = [(Decimal(found[1]), Decimal(found[2] or found[1])) for text in texts for found in _SPEED.finditer(text)]
    return max((ARITHMETIC.divide(low + high, Decimal(2)) for low, high in stages), default=None)


def _layer(mg_per_ml: Decimal | None, rpm: Decimal | None, points: tuple[FilmPoint, ...]) -> tuple[Decimal, FilmPoint] | None:
    """Return the thickness (nm) of a layer by the nearest point that speaks for it."""
    scaled = []
    for point in points:
        ink = _ratio(mg_per_ml, point.concentration.value if point.concentration else None)
        spin = _ratio(point.speed.value if point.speed else None, rpm) if point.speed else Decimal(1)
        if ink is None or spin is None or any(not 1 / _FURTHEST <= each <= _FURTHEST for each in (ink, spin)):
            continue
        factor = ARITHMETIC.multiply(ink, ARITHMETIC.sqrt(spin))
        scaled.append((max(ink, 1 / ink) * max(spin, 1 / spin), ARITHMETIC.multiply(point.layer_nm, factor), point))
    best = min(scaled, key=lambda each: each[0], default=None)
    return (best[1], best[2]) if best else None


def _ratio(of: Decimal | None, to: Decimal | None) -> Decimal | None:
    """Return a ratio; 1 where there is nothing to compare with, None where there is and the other is not known."""
    if to is None:
        return None if of is None else Decimal(1)
    return ARITHMETIC.divide(of, to) if of and to else None


# the stack -----------------------------------------------------------------------------------------------------------


def check_stack(template: Template, books: Books, inputs: Inputs) -> tuple[Finding, ...]:
    """Return a note for a film whose reckoned thickness lies outside what cells are made of, with the layers that would fit."""
    points = inputs.instruments.films
    found = thickness_of(template, books, points) if points else None
    if found is None or found.stack_nm is None or STACK_NM[0] <= found.stack_nm <= STACK_NM[1]:
        return ()
    made = next(run.preparation for run in books.steps if run.n == max(found.layers_nm))
    place = template.source.place(made.repeat.path if made.repeat else made.path)
    low, high = map(plain, STACK_NM)
    message = f"by the lab's own measurement the film gets {significant(found.stack_nm, 3)} nm; wanted {low} to {high} nm"
    remedy = _layers_that_fit(made, template, books, found) or f"coat {'fewer' if found.stack_nm > STACK_NM[1] else 'more'} layers"
    limit, scope = f"{low} nm <= thickness <= {high} nm", "films of cells, layer by layer; section 1 of the review says 300 to 500 nm"
    return (Finding("note", "F110", place, message, remedy, limit, f"{REVIEW}, section 4.1", scope),)


def _layers_that_fit(made: Preparation, template: Template, books: Books, found: Thickness) -> str:
    """Return how many repeats of a preparation bring the film within the window, typed; nothing where none does."""
    node = made.repeat.expression if made.repeat else None
    parameter = template.parameters.get(node.text) if node is not None and node.kind == "name" else None
    runs = {run.n: run for run in books.steps}
    mine = [nm for n, nm in found.layers_nm.items() if runs[n].preparation.name == made.name and nm]
    if parameter is None or not mine or found.stack_nm is None:
        return ""
    now = books.parameters[parameter.name].value
    each = ARITHMETIC.divide(sum(mine, ZERO), now)
    rest = found.stack_nm - sum(mine, ZERO)
    fewest, most = (ARITHMETIC.divide(nm - rest, each) for nm in STACK_NM)
    wanted = most.to_integral_value(ROUND_FLOOR) if now > most else fewest.to_integral_value(ROUND_CEILING)
    low, high = (end.quantity.value if end is not None and end.quantity is not None else now for end in (parameter.low, parameter.high))
    fits = fewest <= wanted <= most and low <= wanted <= high and wanted >= 1
    return f"--set {parameter.name}={plain(wanted)}" if fits else ""
