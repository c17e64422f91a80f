"""What the lab's instruments do to the ratios: the error of rounding to their steps, and the uncertainty from their tolerances."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from string import ascii_lowercase
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.booking import book
from peqdlab.dispensing import as_dispensed, dispensed_with
from peqdlab.findings import Finding
from peqdlab.forming import until_formed
from peqdlab.instruments import Instruments, instrument_for, rounded, tolerance_of
from peqdlab.stoichiometry import stoichiometry_of
from peqdlab.units import ARITHMETIC, ZERO, Quantity, plain, restate, show, significant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from peqdlab.books import Books, Inputs, Use
    from peqdlab.preparation import Template
    from peqdlab.reagents import Reagents

# Rounding is remarked on from this relative error of a ratio.
REMARKABLE: Final = Decimal("0.01")
# Of the numeric derivative: its error is of the same size, and 40 digits leave 25 of them.
_NUDGE: Final = Decimal("1e-15")
# A protocol with more different additions, or steps to book for them in all, is none of a bench: its uncertainty is left out
# rather than waited for.
_MOST_SLOPES: Final = 100
_MOST_STEPS: Final = 8_000
_NOTHING: Final = Decimal("1e-18")
_SQRT_3: Final = ARITHMETIC.sqrt(Decimal(3))
_SCALES: Final = (2, 5, 10, 20, 50, 100)
_FINER: Final = 12


class Forming(NamedTuple):
    """The part of a template that decides the ratios: every step until the last reactant has arrived, and what is dispensed in it."""

    template: Template
    reagents: Reagents
    inputs: Inputs
    uses: tuple[Use, ...]

    @property
    def amounts(self) -> dict[str, Quantity]:
        """Return every dispensed quantity by its sheet code, exact."""
        return {use.code: use.quantity for use in self.uses}

    def ratios(self, amounts: Mapping[str, Quantity]) -> dict[str, Decimal]:
        """Return the ratios that the books give with these amounts dispensed."""
        books = book(self.template, self.reagents, self.inputs._replace(amounts={**self.inputs.amounts, **amounts}))
        found = stoichiometry_of(self.template, books)
        return found.ratios if found else {}


def forming_part(template: Template, reagents: Reagents, inputs: Inputs, books: Books) -> Forming | None:
    """Return what decides the ratios of a plan; None where no product forms, or the books are not complete."""
    if not books.forming or books.incomplete:
        return None
    last = books.forming[-1]
    uses = tuple(use for run in books.steps if run.n <= last.n for use in run.uses if use.code)
    return Forming(until_formed(template, last), reagents, inputs, uses)


def rounding_errors(part: Forming, exact: Mapping[str, Decimal], instruments: Instruments | None = None) -> dict[str, Decimal]:
    """Return the relative error of each ratio when every quantity is dispensed as the sheet prints it: (R(rounded) - R)/R."""
    steps = instruments or part.inputs.instruments
    found = part.ratios({code: rounded(quantity, steps) for code, quantity in part.amounts.items()})
    return {name: _clean(ARITHMETIC.divide(found.get(name, ZERO) - ratio, ratio)) for name, ratio in exact.items() if ratio}


def ratio_uncertainty(part: Forming, exact: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return the standard uncertainty of each ratio, absolute, from the tolerances of the instruments alone; empty past 100 additions.

    A tolerance a is the half-width of a rectangular distribution, so u = a/√3 (JCGM 100:2008, 4.3.7); the quantities are taken as
    independent and go together as u²(R) = Σ (∂R/∂q · u(q))² (5.1.2), with ∂R/∂q from the books run again for each quantity. What is
    drawn from one stock shares that stock's error by itself. Purity, density and losses are not in it.
    """
    squares = dict.fromkeys(exact, ZERO)
    slopes: dict[tuple[object, ...], dict[str, Decimal]] = {}
    measured = [(use, row) for use in part.uses if use.quantity.value and (row := instrument_for(use.quantity, part.inputs.instruments))]
    steps = sum(len(preparation.steps) for preparation in part.template.preparations)
    if len({_alike(use) for use, _ in measured}) > min(_MOST_SLOPES, _MOST_STEPS // steps):
        return {}
    for use, instrument in measured:
        alike = _alike(use)
        if alike not in slopes:
            slopes[alike] = _slopes(part, use, exact)
        width = ARITHMETIC.divide(tolerance_of(use.quantity, instrument).value, _SQRT_3)
        for name, slope in slopes[alike].items():
            u = ARITHMETIC.multiply(slope, width)
            squares[name] = ARITHMETIC.add(squares[name], ARITHMETIC.multiply(u, u))
    return {name: _clean(ARITHMETIC.sqrt(square)) for name, square in squares.items()}


def _alike(use: Use) -> tuple[object, ...]:
    """Return what additions of the same effect have in common: reagent, what a unit of it brings, and the step."""
    reagent = use.reagent.key if use.reagent else use.material.name
    strength = ARITHMETIC.divide(use.amount_mmol, use.quantity.value) if use.amount_mmol is not None else ZERO
    return reagent, use.code.rstrip(ascii_lowercase), use.quantity.dimension, strength


def _slopes(part: Forming, use: Use, exact: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return ∂R/∂q of every ratio, in the base unit of the quantity: the books run again with a little less of it."""
    nudge = ARITHMETIC.multiply(use.quantity.value, _NUDGE)
    less = Quantity(ARITHMETIC.subtract(use.quantity.value, nudge), use.quantity.dimension)
    found = part.ratios({**part.amounts, use.code: less})
    return {name: ARITHMETIC.divide(ARITHMETIC.subtract(ratio, found.get(name, ratio)), nudge) for name, ratio in exact.items()}


def _clean(value: Decimal) -> Decimal:
    """Return a value, or zero for what is left of 40 digits: a ratio that is fixed by the formula of a salt has no error."""
    return value if abs(value) > _NOTHING else ZERO


# findings ------------------------------------------------------------------------------------------------------------


def check_dispensing(
    template: Template, reagents: Reagents, inputs: Inputs, books: Books, exact: Mapping[str, Decimal]
) -> tuple[Finding, ...]:
    """Return a finding where rounding moves a ratio by 1 % or more, and for each quantity below what the instruments can measure.

    Of a batch as it went (``inputs.amounts``) nothing is said: what was logged is no longer rounded.
    """
    if inputs.amounts:
        return ()
    small = [_too_little(template, use, inputs) for run in books.steps for use in run.uses if use.code and _is_below(use, inputs)]
    part = forming_part(template, reagents, inputs, books)
    return (*small, *(_rounding(part, exact) if part and exact else ()))


def _is_below(use: Use, inputs: Inputs) -> bool:
    instrument = instrument_for(use.quantity, inputs.instruments)
    return instrument is not None and 0 < use.quantity.value < instrument.low.value


def _too_little(template: Template, use: Use, inputs: Inputs) -> Finding:
    row = instrument_for(use.quantity, inputs.instruments)
    assert row is not None  # noqa: S101 - a quantity without an instrument is not below it
    message = f"{use.material.name} into {use.preparation}: {show(use.quantity, 4)} is below the range of {row.label}, from {show(row.low)}"
    scale = _scaled(inputs.scale, ARITHMETIC.divide(row.low.value, use.quantity.value))
    larger = f"--scale {scale}, or " if use.material.scales == "linear" and use.preparation not in template.unsized else ""
    larger += "dilute it to a stock and draw more of that"
    remedy = f"{larger}; or, if yours goes so low: peqdlab config {row.key}.from={_typed(use.quantity)}"
    return Finding("warning", "I102", template.source.place(use.material.path), message, remedy, limit=f"from {show(row.low)}")


def _scaled(scale: Fraction | int, factor: Decimal) -> str:
    """Return a scale times a factor, rounded up to three figures."""
    wanted = ARITHMETIC.multiply(ARITHMETIC.divide(Decimal(scale.numerator), Decimal(scale.denominator)), factor)
    return plain(wanted.quantize(Decimal(1).scaleb(wanted.adjusted() - 2), rounding=ROUND_CEILING, context=ARITHMETIC))


def _typed(quantity: Quantity) -> str:
    return restate(Quantity(Decimal(significant(quantity.value, 3)), quantity.dimension)).replace(" ", "")


def _rounding(part: Forming, exact: Mapping[str, Decimal]) -> tuple[Finding, ...]:
    errors = rounding_errors(part, exact)
    moved = {name: error for name, error in errors.items() if abs(error) >= REMARKABLE}
    if not moved:
        return ()
    worst = max(part.uses, key=lambda use: _off(use, part.inputs.instruments))
    told = ", ".join(f"{name} by {say_error(error)}" for name, error in moved.items())
    quantity, steps = worst.quantity, part.inputs.instruments
    given = f"{as_dispensed(quantity, steps)} by {dispensed_with(quantity, steps)['instrument']}"
    message = f"rounding to the instruments' steps changes {told}; most of it is {worst.material.name}, {show(quantity, 5)} as {given}"
    place = part.template.source.place(worst.material.path)
    return (Finding("warning", "I101", place, message, _remedy(part, exact), limit="ratios within 1 % of the exact ones"),)


def say_error(error: Decimal) -> str:
    """Return a relative error in per cent with its sign and two figures: ``+0.12 %``; ``0`` for none."""
    return f"{'+' if error > 0 else ''}{significant(error * 100, 2)} %" if error else "0"


def _off(use: Use, instruments: Instruments) -> Decimal:
    """Return how far rounding moves a dispensed quantity, relative to it."""
    exact = use.quantity.value
    return abs(ARITHMETIC.divide(rounded(use.quantity, instruments).value - exact, exact)) if exact else ZERO


def _remedy(part: Forming, exact: Mapping[str, Decimal]) -> str:
    """Return what to type: the scale, and the finer instruments, with which no ratio moves by 1 % any more."""
    return f"{_larger(part)}; or, with finer instruments: {_finer(part, exact)}; or dilute it to a stock and draw more of that"


def _larger(part: Forming) -> str:
    for factor in _SCALES:
        inputs = part.inputs._replace(scale=part.inputs.scale * factor)
        books = book(part.template, part.reagents, inputs)
        again, found = forming_part(part.template, part.reagents, inputs, books), stoichiometry_of(part.template, books)
        if again and found and all(abs(error) < REMARKABLE for error in rounding_errors(again, found.ratios).values()):
            return f"--scale {inputs.scale}"
    return f"no --scale up to {_SCALES[-1]} times as large mends it"


def _finer(part: Forming, exact: Mapping[str, Decimal]) -> str:
    """Return the setting of the instruments' steps, ten times finer one by one, that mends it."""
    steps, settings = part.inputs.instruments, {}
    for _ in range(_FINER):
        if all(abs(error) < REMARKABLE for error in rounding_errors(part, exact, steps).values()):
            break
        worst = max(part.uses, key=lambda use: _off(use, steps))
        row = instrument_for(worst.quantity, steps)
        if row is None:
            break
        finer = row._replace(step=Quantity(row.step.value / 10, row.step.dimension))
        steps = steps._replace(measuring=tuple(finer if old is row else old for old in steps.measuring))
        settings[f"{row.key}.step"] = restate(finer.step).replace(" ", "")
    return f"peqdlab config {' '.join(f'{name}={step}' for name, step in settings.items())}"
