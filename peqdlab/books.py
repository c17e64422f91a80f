"""What one walk through a template gives: materials used, steps run, blanks to fill, and the state of every preparation."""

from __future__ import annotations

from string import ascii_lowercase
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from peqdlab.instruments import DEFAULT, Instruments
from peqdlab.units import KINDS, ZERO, Quantity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal
    from fractions import Fraction

    from peqdlab.expressions import Node
    from peqdlab.findings import Finding
    from peqdlab.ledger import Contents, Ledger
    from peqdlab.preparation import Material, Preparation, Step, Value
    from peqdlab.reagents import Reagent


class Room(NamedTuple):
    """The air at a step: temperature in °C and relative humidity as a fraction, each None where not recorded."""

    temperature_c: Decimal | None = None
    relative_humidity: Decimal | None = None


class Stock(NamedTuple):
    """What is there of something that a plan uses and does not make: where it comes from, in words, and what it holds."""

    origin: str
    contents: Contents


class Inputs(NamedTuple):
    """What a run of the books may be given besides the template.

    ``settings`` override parameters; ``amounts`` override blanks by their sheet code (as-run values); ``rooms`` is the air by step;
    ``labels_hold`` names stocks whose label is taken at its word; ``factors`` multiply every amount of a material, or those of
    one preparation, as in ``crude.OA``.
    ``scale`` is the size against the published one; ``weighed`` gives, by ``preparation.material``, what is there of a reagent;
    ``portions`` are how many times over what belongs to the substrates is made; ``scaled_for`` is the number of substrates for which
    the scale was chosen, 0 where somebody chose it.
    ``assays`` give the mass fraction of the named reagent in a bottle, by reagent; ``instruments`` are the lab's; ``substrates`` is
    how many there are; ``stocks`` are what the template needs and does not make, by name; ``lots`` are the bottles to take, by material,
    as in ``MeOAc`` or ``bath.MeOAc``; ``run`` says which run of which set the plan is.
    """

    settings: Mapping[str, Quantity] = MappingProxyType({})
    amounts: Mapping[str, Quantity] = MappingProxyType({})
    rooms: Mapping[int, Room] = MappingProxyType({})
    labels_hold: frozenset[str] = frozenset()
    factors: Mapping[str, Decimal] = MappingProxyType({})
    scale: Fraction | int = 1
    weighed: Mapping[str, Quantity] = MappingProxyType({})
    assays: Mapping[str, Decimal] = MappingProxyType({})
    instruments: Instruments = DEFAULT
    substrates: int = 1
    stocks: Mapping[str, Stock] = MappingProxyType({})
    lots: Mapping[str, str] = MappingProxyType({})
    run: Mapping[str, Any] = MappingProxyType({})
    portions: Mapping[str, int] = MappingProxyType({})
    scaled_for: int = 0


class Use(NamedTuple):
    """One material put in at one step: what is dispensed, and the amount of the named reagent in it (mmol)."""

    code: str
    material: Material
    preparation: str
    reagent: Reagent | None
    mass_mg: Decimal | None
    volume_ml: Decimal | None
    amount_mmol: Decimal | None
    quantity: Quantity
    times: int = 1  # on how many substrates the quantity is shared out


class Blank(NamedTuple):
    """What the sheet asks at a step, under a short code; ``planned`` is None where there is no plan for it."""

    code: str
    asks: str
    planned: Quantity | None
    kind: str


class Pump(NamedTuple):
    """One pump of a flow: what it delivers, how much of it (mL), and how fast (mL/s)."""

    name: str
    volume_ml: Decimal
    rate_ml_per_s: Decimal


class Flow(NamedTuple):
    """Liquids pumped together through a tube: its volume (mL), residence time (s), rate of all pumps (mL/s), how long they run (s)."""

    tube_ml: Decimal
    stay_s: Decimal
    rate_ml_per_s: Decimal
    run_s: Decimal
    pumps: tuple[Pump, ...]
    brought: Contents


class StepRun(NamedTuple):
    """One step as booked: number, state of the vessel after it, what was put in, and the contents before and after reactions.

    ``temperatures_c`` has every preparation whose temperature has been stated, None where it is no longer known.
    """

    n: int
    step: Step
    preparation: Preparation
    values: dict[str, Quantity]
    temperature_c: Decimal | None
    atmosphere: Value | None
    uses: tuple[Use, ...]
    blanks: tuple[Blank, ...]
    arrived: Contents
    left: Contents
    temperatures_c: Mapping[str, Decimal | None] = MappingProxyType({})
    cycle: tuple[int, int] | None = None  # which of how many, where the steps of a preparation are repeated
    flow: Flow | None = None  # what a flow through a tube comes to


class Books:
    """The result of one run: ledger, steps, what each preparation was when finished, and findings."""

    def __init__(self, ledger: Ledger) -> None:
        """Start with empty books."""
        self.ledger = ledger
        self.parameters: dict[str, Quantity] = {}
        self.late: dict[str, Node] = {}  # parameters that are reckoned from what a vessel holds, when they are used
        self.endless: dict[str, Contents] = {}  # what one millilitre of a need holds, of which there is as much as is used
        self.steps: list[StepRun] = []
        self.finished: dict[str, Contents] = {}
        self.fullest_ml: dict[str, tuple[Decimal, int]] = {}  # by preparation: volume, and the step where it is reached
        self.forming: list[StepRun] = []  # where the last reactant of the product arrives, by preparation that forms it
        self.findings: list[Finding] = []
        self.incomplete = False  # a value could not be had: what follows from it is not asked


class Blanks:
    """Hands out the codes of one step's blanks: 4a, 4b and so on."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.given: list[Blank] = []

    def add(self, asks: str, planned: Quantity, kind: str = "") -> str:
        """Give the next code to a blank."""
        letters, index = "", len(self.given) + 1
        while index:
            index, letter = divmod(index - 1, 26)
            letters = ascii_lowercase[letter] + letters
        self.given.append(Blank(f"{self.n}{letters}", asks, planned, kind))
        return self.given[-1].code

    def reserve(self, kind: str, asks: str) -> None:
        """Keep a code for a value whose plan is known only after the split."""
        self.add(asks, Quantity(ZERO, KINDS["mass"]), kind)

    def take(self, asks: str, planned: Quantity, actuals: Mapping[str, Quantity]) -> tuple[str, Quantity | None]:
        """Ask for a material; return its code, and the actual value where one is given."""
        code = self.add(asks, planned)
        return code, actuals.get(code)

    def all(self) -> tuple[Blank, ...]:
        """Return the blanks in the order of their codes."""
        return tuple(self.given)
