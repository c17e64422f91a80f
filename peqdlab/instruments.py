"""The lab's instruments as values: what weighs and measures, in what steps and how well, flask sizes, and the rotor."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.film_points import GROUP, film_data
from peqdlab.units import ARITHMETIC, KINDS, RATIO, Quantity, convert, plain, restate, round_to_step, show

if TYPE_CHECKING:
    from peqdlab.film_points import FilmPoint

# How far a row can be trusted: its standard was read; a standard as others quote it; typical, taken for want of the lab's own.
EVIDENCE: Final = {
    "published": "in a standard whose table was read",
    "quoted": "a standard's figure as others quote it; the standard was not read",
    "assumed": "typical; nobody has looked at the lab's own",
    "own": "set by the lab",
}
KIND_OF_GROUP: Final = {"balance": "mass", "pipette": "volume", "syringe": "volume", "cylinder": "volume"}
PARTS: Final = ("from", "to", "step", "tolerance")
MOST_PLACES: Final = 100
ROTOR_PARTS: Final = {"radius": "length", "tube": "volume", "places": "", "max_speed": "rotation speed"}


class Instrument(NamedTuple):
    """One balance, pipette, syringe or cylinder: its range, the step it is read to, and its tolerance.

    ``tolerance`` is the largest error, absolute or a share of what is dispensed; ``own`` names the parts that the lab has set.
    """

    group: str
    name: str
    low: Quantity
    high: Quantity
    step: Quantity
    tolerance: Quantity
    source: str
    evidence: str
    own: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Return the name by which the lab sets it, as in balance.analytical."""
        return f"{self.group}.{self.name}"

    @property
    def label(self) -> str:
        """Return what the sheet calls it: a balance by its step, what measures volumes by its size."""
        return f"{self.group} {show(self.step if self.group == 'balance' else self.high)}"

    def parts(self) -> dict[str, Quantity]:
        """Return range, step and tolerance by the names that the lab sets them by."""
        return dict(zip(PARTS, (self.low, self.high, self.step, self.tolerance), strict=True))


class Rotor(NamedTuple):
    """The rotor of the centrifuge: radius to the tip of the tube, the tubes it takes, how many, and how fast it may turn."""

    radius_cm: Decimal
    tube_ml: Decimal
    places: int
    max_speed_rpm: Decimal
    source: str
    evidence: str
    own: tuple[str, ...] = ()

    def parts(self) -> dict[str, Quantity | int]:
        """Return the rotor's figures by the names that the lab sets them by."""
        bases = (("length", self.radius_cm), ("volume", self.tube_ml), ("rotation speed", self.max_speed_rpm))
        radius, tube, speed = (Quantity(value, KINDS[kind]) for kind, value in bases)
        return {"radius": radius, "tube": tube, "places": self.places, "max_speed": speed}


class Instruments(NamedTuple):
    """All that a plan needs to know of a lab's instruments."""

    measuring: tuple[Instrument, ...]
    flasks_ml: tuple[Decimal, ...]
    rotor: Rotor
    own_flasks: bool = False
    films: tuple[FilmPoint, ...] = ()  # thicknesses that the lab has measured

    @property
    def is_default(self) -> bool:
        """Return whether the lab has set none of it."""
        return not (self.own_flasks or self.films or self.rotor.own or any(row.own for row in self.measuring))


_BALANCE: Final = "typical linearity of two steps; from 100 steps on, as class I of OIML R 76-1, table 3"
_PIPETTE: Final = "ISO 8655-2, air displacement: largest systematic error at the nominal volume"
_CYLINDER: Final = "ASTM E1272-02, table 1, class B; read to a tenth of its least graduation (25 mL: a fifth)"
_LARGE: Final = "class B, extended from the smaller sizes of ASTM E1272-02; read to a tenth of a graduation"
# group, name, unit of all four numbers, from, to, step, tolerance, evidence, source
_DEFAULTS: Final = (
    ("balance", "analytical", "mg", "10", "200000", "0.1", "0.2", "assumed", _BALANCE),
    ("balance", "precision", "g", "1", "4000", "0.01", "0.02", "assumed", _BALANCE),
    ("pipette", "p10", "µL", "1", "10", "0.01", "0.12", "quoted", _PIPETTE),
    ("pipette", "p100", "µL", "10", "100", "0.1", "0.8", "quoted", _PIPETTE),
    ("pipette", "p1000", "µL", "100", "1000", "1", "8", "quoted", _PIPETTE),
    ("pipette", "p10000", "mL", "1", "10", "0.01", "0.06", "quoted", _PIPETTE),
    ("cylinder", "c25", "mL", "5", "25", "0.1", "0.34", "published", _CYLINDER),
    ("cylinder", "c100", "mL", "10", "100", "0.1", "1", "published", _CYLINDER),
    ("cylinder", "c250", "mL", "20", "250", "0.2", "2", "published", _CYLINDER),
    ("cylinder", "c500", "mL", "50", "500", "0.5", "4", "published", _CYLINDER),
    ("cylinder", "c1000", "mL", "100", "1000", "1", "8", "assumed", _LARGE),
    ("cylinder", "c2000", "mL", "200", "2000", "2", "16", "assumed", _LARGE),
)
_FACTORS: Final = {"mg": Decimal(1), "g": Decimal(1000), "mL": Decimal(1), "µL": Decimal("0.001")}


def _row(group: str, name: str, unit: str, *figures: str) -> Instrument:
    dimension = KINDS[KIND_OF_GROUP[group]]
    low, high, step, tolerance = (Quantity(Decimal(figure) * _FACTORS[unit], dimension) for figure in figures[:4])
    return Instrument(group, name, low, high, step, tolerance, source=figures[5], evidence=figures[4])


DEFAULT: Final = Instruments(
    measuring=tuple(_row(*row) for row in _DEFAULTS),
    flasks_ml=tuple(map(Decimal, (10, 25, 50, 100, 250, 500, 1000, 2000, 5000))),
    rotor=Rotor(
        Decimal(9), Decimal(50), 6, Decimal(12000), "a small bench centrifuge with a fixed-angle rotor of six 50 mL tubes", "assumed"
    ),
)


def instrument_for(quantity: Quantity, instruments: Instruments) -> Instrument | None:
    """Return the smallest instrument that fits a mass or volume; None for other kinds, or where the lab has none.

    Below every range it is the one that reaches lowest, above every range the largest, used more than once.
    """
    able = [row for row in instruments.measuring if row.high.dimension == quantity.dimension]
    enough = [row for row in able if row.high.value >= quantity.value]
    fitting = [row for row in enough if row.low.value <= quantity.value]
    if fitting:
        return min(fitting, key=lambda row: (row.high.value, row.tolerance.value))
    if enough:
        return min(enough, key=lambda row: (row.low.value, row.high.value))
    return max(able, key=lambda row: row.high.value, default=None)


def portions(quantity: Quantity, instrument: Instrument) -> int:
    """Return how many times an instrument is filled for a quantity."""
    return max(int(ARITHMETIC.divide(quantity.value, instrument.high.value).to_integral_value(rounding=ROUND_CEILING)), 1)


def tolerance_of(quantity: Quantity, instrument: Instrument) -> Quantity:
    """Return the largest error of a dispensed quantity, absolute: at least half a step, and once more for every filling."""
    stated, times = instrument.tolerance, portions(quantity, instrument)
    factor = quantity.value if stated.dimension == RATIO else Decimal(times)
    error = ARITHMETIC.multiply(stated.value, factor)
    return Quantity(max(error, instrument.step.value / 2), quantity.dimension)


def rounded(quantity: Quantity, instruments: Instruments) -> Quantity:
    """Return a quantity as its instrument gives it: a multiple of the step, half-even; unchanged where there is no instrument."""
    row = instrument_for(quantity, instruments)
    return quantity if row is None else Quantity(round_to_step(quantity.value, row.step.value), quantity.dimension)


# The unit in which a dispensed quantity is said, by its size in base units.
_SAID_IN: Final = {"mass": (("g", Decimal(100)), ("mg", Decimal(0))), "volume": (("mL", Decimal(1)), ("µL", Decimal(0)))}


def said_as_dispensed(quantity: Quantity, instrument: Instrument) -> str:
    """Return a quantity in the digits of its instrument: ``1.0000 g`` by a balance of 0.1 mg, ``8.00 mL``, ``510 µL``."""
    unit = _unit_of(quantity, instrument)
    step = convert(instrument.step, unit).normalize(ARITHMETIC)
    return f"{round_to_step(convert(quantity, unit), step):f} {unit}"


def say_tolerance(quantity: Quantity, instrument: Instrument) -> str:
    """Return the largest error of a dispensed quantity: ``± 0.2 mg``, ``± 0.06 mL`` where the volume is said in mL."""
    error = tolerance_of(quantity, instrument)
    if instrument.group == "balance":
        return f"± {show(error)}"
    unit = _unit_of(quantity, instrument)
    return f"± {plain(convert(error, unit))} {unit}"


def _unit_of(quantity: Quantity, instrument: Instrument) -> str:
    return next(unit for unit, at_least in _SAID_IN[KIND_OF_GROUP[instrument.group]] if quantity.value >= at_least)


# as data -------------------------------------------------------------------------------------------------------------


def instruments_data(instruments: Instruments) -> dict[str, object]:
    """Return the instruments as JSON values, complete: what a plan stores, and what `peqdlab config --json` shows."""
    data: dict[str, dict[str, object]] = {group: {} for group in KIND_OF_GROUP}
    for row in instruments.measuring:
        told = {name: restate(part) for name, part in row.parts().items()}
        data[row.group][row.name] = {**told, "source": row.source, "evidence": row.evidence, "own": list(row.own)}
    rotor = instruments.rotor
    turning = {name: part if isinstance(part, int) else restate(part) for name, part in rotor.parts().items()}
    data["rotor"] = {**turning, "source": rotor.source, "evidence": rotor.evidence, "own": list(rotor.own)}
    sizes = [f"{plain(size)} mL" for size in instruments.flasks_ml]
    data[GROUP] = dict(film_data(instruments.films))
    data["flask"] = {"sizes": sizes, "own": ["sizes"] if instruments.own_flasks else []}
    return {name: rows for name, rows in data.items() if rows}
