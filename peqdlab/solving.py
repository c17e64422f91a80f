"""Find the factor nearest to 1 with which a condition holds, from nothing but the side on which a trial falls."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Final

from peqdlab.units import ARITHMETIC, Quantity, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    # 0 where the condition holds, -1 too low, 1 too high; None where it cannot be judged.
    Side = Callable[[Decimal], int | None]

_DECADES: Final = 3
_STEPS: Final = 24
# Relative width down to which a bound is bracketed: a tenth of the last of the four figures that are printed.
_NARROW: Final = Decimal("1e-5")


class TooLongError(Exception):
    """More trials are needed than were allowed."""


def nearest(side: Side, most: int) -> Decimal | None:
    """Return the factor nearest to 1 (within 1000) with which a condition holds, at most 1e-5 from its bound; None where none does.

    Looks outward in steps of a third, and between two of them where the condition was stepped over. Raises TooLongError after
    ``most`` trials.
    """
    tried = _limited(side, most)
    start = tried(Decimal(1))
    if start == 0:
        return Decimal(1)
    sides = {Decimal(1): start}
    for near, far in _outward():
        sides[far] = tried(far)
        crossed = start is not None and sides[near] == start and sides[far] == -start
        good = far if sides[far] == 0 else _window(tried, near, far, start) if crossed else None
        if good is not None:
            return _bound(tried, near, good)
    return None


def _limited(side: Side, most: int) -> Side:
    left = iter(range(most))

    def tried(factor: Decimal) -> int | None:
        if next(left, None) is None:
            raise TooLongError
        return side(factor)

    return tried


def _outward() -> Iterator[tuple[Decimal, Decimal]]:
    """Yield steps away from 1, up and down in turn, each as its near and its far end."""
    ratio = ARITHMETIC.power(Decimal(10), ARITHMETIC.divide(Decimal(_DECADES), Decimal(_STEPS)))
    up = down = Decimal(1)
    for _ in range(_STEPS):
        up, last_up = ARITHMETIC.multiply(up, ratio), up
        yield last_up, up
        down, last_down = ARITHMETIC.divide(down, ratio), down
        yield last_down, down


def _window(side: Side, near: Decimal, far: Decimal, start: int | None) -> Decimal | None:
    """Return a factor that holds between two that fall on either side of it; None where there is a jump."""
    while abs(far - near) > far * _NARROW:
        middle = ARITHMETIC.divide(far + near, Decimal(2))
        there = side(middle)
        if there == 0:
            return middle
        near, far = (middle, far) if there == start else (near, middle)
    return None


def _bound(side: Side, bad: Decimal, good: Decimal) -> Decimal:
    """Return the factor nearest to ``bad`` that holds."""
    while abs(good - bad) > good * _NARROW:
        middle = ARITHMETIC.divide(good + bad, Decimal(2))
        good, bad = (middle, bad) if side(middle) == 0 else (good, middle)
    return good


def neat(factor: Decimal, value: Decimal, side: Side) -> Decimal:
    """Return the factor that makes a value a number of four figures, where the condition holds with it; else the factor itself."""
    if not value:
        return factor
    wanted = ARITHMETIC.multiply(value, factor)
    rounded = wanted.quantize(Decimal(1).scaleb(wanted.adjusted() - 3), context=ARITHMETIC)
    tidy = ARITHMETIC.divide(rounded, value)
    return tidy if side(tidy) == 0 else factor


def outward(quantity: Quantity, factor: Decimal) -> str:
    """Return a quantity with four figures, rounded away from the present one, so that the condition still holds."""
    return show(Quantity(four_figures(quantity.value, factor), quantity.dimension))


def four_figures(value: Decimal, factor: Decimal) -> Decimal:
    """Return a number rounded to four figures: up where the factor is above 1, else down.

    What stands behind the twentieth figure is dust, not a direction.
    """
    clean = value.quantize(Decimal(1).scaleb(value.adjusted() - 19), context=ARITHMETIC)
    rounding = ROUND_CEILING if factor > 1 else ROUND_FLOOR
    return clean.quantize(Decimal(1).scaleb(clean.adjusted() - 3), rounding=rounding, context=ARITHMETIC)
