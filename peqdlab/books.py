"""What one walk through a template gives: materials used, steps run, blanks to fill, and the state of every preparation."""

from __future__ import annotations

from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import TYPE_CHECKING

from peqdlab.units import KINDS, ZERO, Quantity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from peqdlab.findings import Finding
    from peqdlab.ledger import Contents, Ledger
    from peqdlab.reagents import Reagent
    from peqdlab.template import Material, Preparation, Step, Value


@dataclass(frozen=True, slots=True)
class Room:
    """The air at a step: temperature in °C and relative humidity as a fraction, each None where not recorded."""

    temperature_c: Decimal | None = None
    relative_humidity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a run of the books may be given besides the template.

    ``settings`` override parameters; ``amounts`` override blanks by their sheet code (as-run values); ``rooms`` is the air by step;
    ``labels_hold`` names stocks whose label is taken at its word; ``factors`` multiply every amount of a material.
    """

    settings: Mapping[str, Quantity] = field(default_factory=dict)
    amounts: Mapping[str, Quantity] = field(default_factory=dict)
    rooms: Mapping[int, Room] = field(default_factory=dict)
    labels_hold: frozenset[str] = frozenset()
    factors: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Use:
    """One material put in at one step: what is dispensed, and the amount of the named reagent in it (mmol)."""

    code: str
    material: Material
    preparation: str
    reagent: Reagent | None
    mass_mg: Decimal | None
    volume_ml: Decimal | None
    amount_mmol: Decimal | None
    quantity: Quantity
    by_amount: bool = False


@dataclass(frozen=True, slots=True)
class Blank:
    """What the sheet asks at a step, under a short code; ``planned`` is None where there is no plan for it."""

    code: str
    asks: str
    planned: Quantity | None
    kind: str


@dataclass(frozen=True, slots=True)
class StepRun:
    """One step as booked: number, state of the vessel after it, what was put in, and the contents before reactions."""

    n: int
    step: Step
    preparation: Preparation
    values: dict[str, Quantity]
    temperature_c: Decimal | None
    atmosphere: Value | None
    uses: tuple[Use, ...]
    blanks: tuple[Blank, ...]
    arrived: Contents


@dataclass(slots=True)
class Books:
    """The result of one run: ledger, steps, what each preparation was when finished, and findings."""

    ledger: Ledger
    parameters: dict[str, Quantity]
    steps: list[StepRun] = field(default_factory=list)
    finished: dict[str, Contents] = field(default_factory=dict)
    fullest_ml: dict[str, tuple[Decimal, int]] = field(default_factory=dict)
    forming: StepRun | None = None
    findings: list[Finding] = field(default_factory=list)


class NotRecordedError(Exception):
    """A condition of the room that is asked at the bench and not known yet."""


class Blanks:
    """Hands out the codes of one step's blanks: 4a, 4b, …"""

    def __init__(self, n: int) -> None:
        self.n = n
        self.given: list[Blank] = []

    def add(self, asks: str, planned: Quantity, kind: str = "") -> str:
        index = len(self.given)
        letters = ascii_lowercase[index] if index < 26 else ascii_lowercase[index // 26 - 1] + ascii_lowercase[index % 26]
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
        return tuple(self.given)
