"""The values of a plan that may be changed so that a check holds: how each is turned in the books, and how the change is typed."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.findings import Place
from peqdlab.judging import side_of
from peqdlab.parameters import is_number, rivals_of
from peqdlab.scaling import Sizes
from peqdlab.solving import four_figures, nearest, neat
from peqdlab.units import ARITHMETIC, RATIO, Quantity, plain, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from peqdlab.books import Books, Inputs, StepRun, Use
    from peqdlab.judging import Question
    from peqdlab.preparation import Material, Parameter, Step, Template, Value
    from peqdlab.reagents import Reagents
    from peqdlab.source import KeyPath

_CLEAN: Final = Context(prec=30)  # what a factor leaves behind the thirtieth figure is dust, and would pass a bound that it meets


class Case(NamedTuple):
    """A plan in which a question is to be answered well."""

    template: Template
    reagents: Reagents
    inputs: Inputs
    books: Books


class Knob(NamedTuple):
    """One value that may be changed: where it stands, what it is now, the case with another, and how the change is typed.

    ``now`` may be several amounts of one material, which are turned together. A change without a size has none.
    """

    place: Place
    now: tuple[Quantity, ...]
    turned: Callable[[Decimal], Case]
    typed: Callable[[tuple[Quantity, ...], str], str]
    name: str = ""
    low: Quantity | None = None
    high: Quantity | None = None
    is_whole: bool = False  # a number of repeats


def solve(question: Question, knobs: Iterable[Knob], most: int) -> tuple[str, Place] | None:
    """Return what to type and where, for the first knob with which a question's check holds; None where there is none.

    Raises TooLongError where one knob needs more than ``most`` trials.
    """
    for knob in knobs:
        typed = _turn(question, knob, most)
        if typed is not None:
            return typed, knob.place
    return None


def _turn(question: Question, knob: Knob, most: int) -> str | None:
    def side(factor: Decimal) -> int | None:
        case = knob.turned(factor)
        return side_of(question, case.template, case.reagents, case.inputs)

    if not knob.now:
        return knob.typed((), "") if side(Decimal(1)) == 0 else None
    if knob.is_whole:
        return _turn_whole(knob, side, most)
    factor = nearest(side, most)
    if factor is None:
        return None
    first = knob.now[0]
    factor = neat(factor, first.value, side) if first.value > 0 else factor
    word = "at least" if factor > 1 else "at most"
    turned = tuple(at(quantity, factor) for quantity in knob.now)
    values = tuple(Quantity(four_figures(each.value, factor), each.dimension) for each in turned)
    end = _end_passed(knob, values[0])
    if end is None:
        return knob.typed(values, word)
    span = abs(first.value) or Decimal(100)
    return knob.typed((end,), word) if side(1 + ARITHMETIC.divide(end.value - first.value, span)) == 0 else None


def _turn_whole(knob: Knob, side: Callable[[Decimal], int | None], most: int) -> str | None:
    """Return the nearest whole number within its range, up to 100, with which a check holds."""
    now = knob.now[0]
    low, high = (end.value if end is not None else other for end, other in ((knob.low, Decimal(1)), (knob.high, Decimal(100))))
    whole = [Decimal(n) for n in range(1, 101) if low <= n <= high and n != now.value]
    for value in sorted(whole, key=lambda n: abs(n - now.value))[:most]:
        if side(1 + ARITHMETIC.divide(value - now.value, abs(now.value) or Decimal(100))) == 0:
            return knob.typed((Quantity(value, now.dimension),), "")
    return None


def _end_passed(knob: Knob, value: Quantity) -> Quantity | None:
    """Return the end of a parameter's range that a value lies beyond; None where it is within."""
    for end, beyond in ((knob.low, -1), (knob.high, 1)):
        if end is not None and end.dimension == value.dimension and (value.value - end.value) * beyond > 0:
            return end
    return None


def at(quantity: Quantity, factor: Decimal) -> Quantity:
    """Return a quantity times a factor; from zero, and below it, a step of the same span."""
    span = abs(quantity.value) or Decimal(100)
    return Quantity(_CLEAN.add(quantity.value, ARITHMETIC.multiply(ARITHMETIC.subtract(factor, Decimal(1)), span)), quantity.dimension)


# the knobs -----------------------------------------------------------------------------------------------------------


def knob_of(name: str, case: Case) -> Knob | None:
    """Return the knob that a check's ``fix`` names: a material, a parameter, a step's value, or the scale."""
    if name in case.template.parameters:
        return parameter_knob(name, case)
    if name == "scale":
        return scale_knob(case)
    uses = tuple(use for run in case.books.steps for use in run.uses if use.material.name == name)
    if uses:
        return material_knob(uses, case, name)
    runs = [run for run in case.books.steps if name in (run.step.text_of("name"), run.step.verb.name) and run.values.get("")]
    if not runs:
        return None
    parameter = parameter_of(runs[-1].step.value, case.template)
    return parameter_knob(parameter, case) if parameter else step_knob(runs[-1], "", case)


def material_knob(uses: tuple[Use, ...], case: Case, factor_name: str) -> Knob:
    """Return the knob of one material's amounts, said as they stand in the protocol at its published size."""

    def turned(factor: Decimal) -> Case:
        return case._replace(inputs=case.inputs._replace(factors={**case.inputs.factors, factor_name: factor}))

    name, inputs = uses[0].material.name, case.inputs
    sizes = Sizes(case.template, inputs.scale, inputs.weighed, inputs.substrates, portions=inputs.portions)
    amounts = tuple(_as_typed(use, sizes.of(use.preparation)) for use in uses)
    place = case.template.source.place(uses[-1].material.path)
    return Knob(place, amounts, turned, lambda values, word: f"{name} {word} {' + '.join(map(show, values))}", name)


def _as_typed(use: Use, size: Decimal) -> Quantity:
    typed = use.material.amount.quantity if use.material.amount else None
    if use.material.scales != "linear":
        return typed or use.quantity
    return Quantity(ARITHMETIC.divide(use.quantity.value, size), use.quantity.dimension)


def parameter_knob(name: str, case: Case) -> Knob | None:
    """Return the knob of a parameter, typed with --set; None where the parameter has no value."""
    rivals = rivals_of(name, case.template.parameters, case.inputs.settings)
    name = rivals[0] if rivals else name  # what was set is said again, since another way to say it would be refused beside it
    now, parameter = case.books.parameters.get(name), case.template.parameters[name]
    if now is None:
        return None
    others = {setting: value for setting, value in case.inputs.settings.items() if setting not in rivals}

    def turned(factor: Decimal) -> Case:
        return case._replace(inputs=case.inputs._replace(settings={**others, name: at(now, factor)}))

    place = case.template.source.place(parameter.value.path)
    low, high = (end.quantity if end else None for end in (parameter.low, parameter.high))
    repeats = (made.repeat.expression for made in case.template.preparations if made.repeat is not None and made.repeat.expression)
    is_whole = any(node.kind == "name" and node.text == name for node in repeats)
    return Knob(place, (now,), turned, lambda values, _: f"--set {name}={_set_as(parameter, values[0])}", name, low, high, is_whole)


def scale_knob(case: Case, preparation: str = "") -> Knob:
    """Return the knob of the plan's size; of what was weighed where that sets the size of the preparation."""
    weighed = next((name for name in case.inputs.weighed if preparation and name.startswith(f"{preparation}.")), None)
    if weighed is not None:
        there = case.inputs.weighed[weighed]

        def reweighed(factor: Decimal) -> Case:
            return case._replace(inputs=case.inputs._replace(weighed={**case.inputs.weighed, weighed: at(there, factor)}))

        flag = weighed.partition(".")[2]
        return Knob(Place("--weighed"), (there,), reweighed, lambda values, _: f"--weighed {flag}={_tight(values[0])}")
    scale = case.inputs.scale

    def turned(factor: Decimal) -> Case:
        return case._replace(inputs=case.inputs._replace(scale=scale * Fraction(factor)))

    now = Quantity(ARITHMETIC.divide(Decimal(scale.numerator), Decimal(scale.denominator)), RATIO)
    return Knob(Place("--scale"), (now,), turned, lambda values, _: f"--scale {plain(values[0].value)}")


def step_knob(run: StepRun, adverb: str, case: Case) -> Knob | None:
    """Return the knob of a value that a step states, such as ``heat = "180 °C"``."""
    value, now = run.step.value_of(adverb), run.values.get(adverb)
    if value is None or now is None:
        return None

    def turned(factor: Decimal) -> Case:
        return with_step(case, run.step.path, lambda step: _stating(step, adverb, value, at(now, factor)))

    place, key = case.template.source.place(value.path), adverb or run.step.verb.name
    return Knob(place, (now,), turned, lambda values, _: f'at {place} write {key} = "{show(values[0])}"')


def parameter_of(value: Value | None, template: Template) -> str:
    """Return the parameter that a value is, as in ``= T_inject``; an empty text where it is none, or reckons with one."""
    node = value.expression if value else None
    return node.text if node is not None and node.kind == "name" and node.text in template.parameters else ""


def _stating(step: Step, adverb: str, value: Value, quantity: Quantity) -> Step:
    stated = value._replace(quantity=quantity, expression=None)
    return step._replace(adverbs={**step.adverbs, adverb: stated}) if adverb else step._replace(value=stated)


def losing_knob(run: StepRun, species: str, case: Case) -> Knob:
    """Return the change of saying that a species leaves at a step."""
    lost = (*run.step.texts_of("loses"), species)

    def turned(_: Decimal) -> Case:
        return with_step(case, run.step.path, lambda step: step._replace(adverbs={**step.adverbs, "loses": lost}))

    place, names = case.template.source.place(run.step.path), ", ".join(f'"{name}"' for name in lost)
    return Knob(place, (), turned, lambda *_: f"at {place} write loses = [{names}]")


def added_knob(run: StepRun, material: Material, case: Case) -> Knob:
    """Return the knob of a material that a step does not put in yet."""
    now = material.amount.quantity if material.amount and material.amount.quantity else None

    def turned(factor: Decimal) -> Case:
        amount = material.amount._replace(quantity=at(now, factor)) if material.amount and now else None
        return with_step(case, run.step.path, lambda step: step._replace(materials=(*step.materials, material._replace(amount=amount))))

    place = case.template.source.place((*run.step.path, run.step.verb.name))
    return Knob(place, (now,) if now else (), turned, lambda values, _: f'at {place} add {material.name} = "{show(values[0])}"')


def warming_knob(run: StepRun, warm: Step, to: Value, now: Quantity, case: Case) -> Knob:
    """Return the knob of a step that warms a stock before it is injected, where no step does."""

    def turned(factor: Decimal) -> Case:
        return with_steps(case, run.step.path, lambda step: (_stating(warm, "to", to, at(now, factor)), step))

    place, stock = case.template.source.place(run.step.path), warm.value.text if warm.value else ""
    return Knob(place, (now,), turned, lambda values, _: f'before {place} write {{ warm = "{stock}", to = "{show(values[0])}" }},')


def inserted_knob(run: StepRun, new: Step, typed: str, case: Case) -> Knob:
    """Return the change of a new step after one."""
    place = case.template.source.place(run.step.path)
    return Knob(place, (), lambda _: with_steps(case, run.step.path, lambda step: (step, new)), lambda *_: f"after {place} write {typed},")


def swapped_knob(run: StepRun, use: Use, name: str, case: Case) -> Knob:
    """Return the change of one material into another, its amount kept."""

    def swapped(step: Step) -> Step:
        return step._replace(materials=tuple(each._replace(name=name) if each == use.material else each for each in step.materials))

    place = case.template.source.place(use.material.path)
    return Knob(place, (), lambda _: with_step(case, run.step.path, swapped), lambda *_: f"at {place} write {name} for {use.material.name}")


def with_step(case: Case, path: KeyPath, change: Callable[[Step], Step]) -> Case:
    """Return the case with one step of its template changed."""
    return with_steps(case, path, lambda step: (change(step),))


def with_steps(case: Case, path: KeyPath, change: Callable[[Step], tuple[Step, ...]]) -> Case:
    """Return the case with others in the place of one step of its template."""

    def changed(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(each for step in steps for each in (change(step) if step.path == path else (step,)))

    preparations = tuple(made._replace(steps=changed(made.steps)) for made in case.template.preparations)
    return case._replace(template=case.template._replace(preparations=preparations))


def _set_as(parameter: Parameter, quantity: Quantity) -> str:
    """Return a quantity as --set takes it: a number alone for a parameter that is one, as layers are."""
    return plain(quantity.value) if is_number(parameter) else _tight(quantity)


def _tight(quantity: Quantity) -> str:
    """Return a quantity as an argument takes it, without a space."""
    return show(quantity).replace(" ", "")
