"""Flow synthesis: bore and length of a tube, and a residence time or a total rate, become the rate of every pump and how long they run."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Final

from peqdlab.books import Flow, Pump
from peqdlab.findings import Doubt
from peqdlab.units import ARITHMETIC, KINDS, ZERO, Quantity, show, significant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from peqdlab.books import Use
    from peqdlab.ledger import Contents
    from peqdlab.preparation import Step, Value
    from peqdlab.source import KeyPath

PI: Final = Decimal("3.141592653589793238462643383279502884197")  # to the digits of units.ARITHMETIC
_NEEDED: Final = ("bore", "length")
# What must not be zero: in words, and an example of it.
_ABOVE_ZERO: Final = {
    "bore": ("bore", "1 mm"),
    "length": ("length", "60 cm"),
    "for": ("residence time", "10 s"),
    "rate": ("rate", "300 µL/min"),
}


def tube_ml(bore_cm: Decimal, length_cm: Decimal) -> Decimal:
    """Return the volume (mL) of a round tube: π/4 · d² · L.

    >>> str(tube_ml(Decimal("0.1"), Decimal(100)))[:6]
    '0.7853'
    """
    area = ARITHMETIC.divide(ARITHMETIC.multiply(PI, ARITHMETIC.multiply(bore_cm, bore_cm)), Decimal(4))
    return ARITHMETIC.multiply(area, length_cm)


def flow_of(values: Mapping[str, Quantity], uses: Sequence[Use], brought: Contents) -> Flow | None:
    """Return what a flow comes to: Q = V/τ, each pump its share of Q by volume, run time = volume pumped / Q.

    Rates of the pumps are those at which the liquids leave the syringes, volumes taken to add up: how far a liquid expands in the hot tube
    is not counted. None where a value is missing or lets nothing through, which has a finding of its own.
    """
    given = next((name for name in ("for", "rate") if name in values), None)
    if given is None or not uses or not all(name in values and values[name].value for name in (*_NEEDED, given)):
        return None
    if not all(use.volume_ml for use in uses):
        return None
    inside = tube_ml(values["bore"].value, values["length"].value)
    other = ARITHMETIC.divide(inside, values[given].value)  # the rate from the time, or the time from the rate
    stay, rate = (values[given].value, other) if given == "for" else (other, values[given].value)
    total = sum((use.volume_ml or ZERO for use in uses), ZERO)
    run = ARITHMETIC.divide(total, rate)
    pumps = tuple(Pump(use.material.name, use.volume_ml or ZERO, ARITHMETIC.divide(use.volume_ml or ZERO, run)) for use in uses)
    return Flow(inside, stay, rate, run, pumps, brought)


def rate_of(rate_ml_per_s: Decimal) -> Quantity:
    """Return a rate as a quantity."""
    return Quantity(rate_ml_per_s, KINDS["flow rate"])


def flow_doubts(step: Step, values: Mapping[str, Quantity], uses: Sequence[Use]) -> Iterator[tuple[KeyPath, Doubt]]:
    """Yield what stands in the way of a flow, with its place: B212 for what is no liquid, B214 for a zero that lets nothing through."""
    for use in uses:
        if not use.volume_ml:
            message = f"{use.material.name} is no liquid ({show(use.quantity)}): a pump delivers volumes"
            yield use.material.path, Doubt("B212", message, f"dissolve {use.material.name} in a preparation of its own, and pump that")
    for name, (said, example) in _ABOVE_ZERO.items():
        value = step.value_of(name)
        if value is not None and name in values and not values[name].value:
            yield value.path, Doubt("B214", f"the {said} of the flow is zero: nothing goes through", _typed(name, value, example))


def too_long(step: Step, values: Mapping[str, Quantity], flow: Flow) -> tuple[KeyPath, Doubt] | None:
    """Return the doubt B213, with its place, for a tube that holds more than is pumped; None for any other."""
    value, pumped = step.value_of("length"), flow.brought.volume_ml
    if value is None or pumped >= flow.tube_ml:
        return None
    fits = Quantity(ARITHMETIC.multiply(values["length"].value, ARITHMETIC.divide(pumped, flow.tube_ml)), KINDS["length"])
    length = show(fits._replace(value=fits.value.quantize(Decimal(1).scaleb(fits.value.adjusted() - 3), rounding=ROUND_FLOOR)))
    inside = f"the tube holds {significant(flow.tube_ml)} mL, {significant(pumped)} mL are pumped"
    remedy = f"{_typed('length', value, length)} at most, or pump more"
    return value.path, Doubt("B213", f"{inside}: the pumps stop before anything has come through", remedy)


def _typed(name: str, value: Value, text: str) -> str:
    """Return how an adverb is given another value: with --set, where it is a parameter."""
    node = value.expression
    return f"--set {node.text}={text.replace(' ', '')}" if node is not None and node.kind == "name" else f'write {name} = "{text}"'


def as_set(flow: Flow, set_to: Mapping[str, Decimal]) -> Flow:
    """Return a flow with some pumps at other rates (mL/s, by what they deliver); as it was where nothing would run."""
    pumps = tuple(pump._replace(rate_ml_per_s=set_to.get(pump.name, pump.rate_ml_per_s)) for pump in flow.pumps)
    rate = sum((pump.rate_ml_per_s for pump in pumps), ZERO)
    if not set_to or not rate:
        return flow
    run = max(ARITHMETIC.divide(pump.volume_ml, pump.rate_ml_per_s) for pump in pumps if pump.rate_ml_per_s)
    return flow._replace(stay_s=ARITHMETIC.divide(flow.tube_ml, rate), rate_ml_per_s=rate, run_s=run, pumps=pumps)
