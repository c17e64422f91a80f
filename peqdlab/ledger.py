"""Double-entry books on matter: every step moves species from one account to another, and nothing appears or vanishes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from peqdlab.units import ARITHMETIC, ZERO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from peqdlab.chemistry import Reaction
    from peqdlab.reagents import Reagents

Kind = Literal["bottle", "vessel", "waste", "gas", "reaction"]
# Below this amount (mmol) or volume (mL) a remainder is the 40th digit of a division, not matter.
DUST: Final = Decimal("1e-25")
_DUST_EXPONENT: Final = DUST.adjusted()


class Account(NamedTuple):
    """A place where matter is: a bottle, a vessel (named by its preparation), a waste stream, the gas, or a reaction."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        """Return the account as ``vessel crude``."""
        return f"{self.kind} {self.name}"


GAS: Final = Account("gas", "vented")


class Contents:
    """Species in mmol, and the liquids in mL that give an account its volume (volumes are taken to add up)."""

    __slots__ = ("liquids", "species")

    def __init__(self, species: dict[str, Decimal] | None = None, liquids: dict[str, Decimal] | None = None) -> None:
        """Hold these species and liquids; nothing unless given."""
        self.species = {} if species is None else species
        self.liquids = {} if liquids is None else liquids

    @property
    def volume_ml(self) -> Decimal:
        """Return the volume in mL: the sum of the liquids; dissolved solids are taken to add none."""
        return sum(self.liquids.values(), ZERO)

    def share(self, fraction: Decimal) -> Contents:
        """Return this fraction of everything."""
        return Contents(
            {name: ARITHMETIC.multiply(n, fraction) for name, n in self.species.items()},
            {name: ARITHMETIC.multiply(v, fraction) for name, v in self.liquids.items()},
        )

    def copy(self) -> Contents:
        """Return contents that later bookings do not change."""
        return Contents(dict(self.species), dict(self.liquids))

    def without(self, other: Contents) -> Contents:
        """Return these contents less others, such as what stays when a part is taken."""
        rest = self.copy()
        rest.book(other, -1)
        return rest

    def book(self, moved: Contents, sign: int) -> None:
        """Add contents (sign 1) or take them away (sign -1)."""
        reckon = ARITHMETIC.add if sign > 0 else ARITHMETIC.subtract  # not -n, which rounds to the 28 digits of Python's own context
        for mine, theirs in ((self.species, moved.species), (self.liquids, moved.liquids)):
            for name, n in theirs.items():
                total = reckon(mine.get(name, ZERO), n)
                if not total or total.adjusted() < _DUST_EXPONENT:
                    mine.pop(name, None)
                else:
                    mine[name] = total


class Entry(NamedTuple):
    """One booking: at a step, these contents went from one account to another."""

    step: int
    source: Account
    target: Account
    moved: Contents
    why: str


class Ledger:
    """The books of one plan: entries in order, and the running contents of every account."""

    def __init__(self, reagents: Reagents) -> None:
        """Open empty books."""
        self.reagents = reagents
        self.scale = Decimal(1)  # of the plan against the published size; checks may ask for it
        self.entries: list[Entry] = []
        self.accounts: dict[Account, Contents] = {}

    def contents(self, account: Account) -> Contents:
        """Return what an account holds now."""
        held = self.accounts.get(account)
        if held is None:
            held = self.accounts[account] = Contents()
        return held

    def move(self, step: int, source: Account, target: Account, moved: Contents, why: str) -> None:
        """Book contents from one account to another."""
        self.entries.append(Entry(step, source, target, moved, why))
        self.contents(source).book(moved, -1)
        self.contents(target).book(moved, 1)

    def react(self, step: int, vessel: Account, reaction: Reaction, extent: Decimal | None = None) -> Decimal:
        """Run a balanced reaction to completion, or to an extent in mmol; return the extent reached.

        Reactants go to a reaction account and products come from it, so that every booking has two sides.
        """
        inside = self.contents(vessel).species
        if any(name not in inside for name, _ in reaction.reactants):
            return ZERO
        possible = min(ARITHMETIC.divide(inside.get(name, ZERO), n) for name, n in reaction.reactants)
        done = possible if extent is None else min(extent, possible)
        if done <= 0:
            return ZERO
        books = Account("reaction", reaction.text)
        # At most what is there: in large amounts the 40th digit of the division is more than dust.
        used = Contents({name: min(ARITHMETIC.multiply(n, done), inside[name]) for name, n in reaction.reactants})
        made = Contents({name: ARITHMETIC.multiply(n, done) for name, n in reaction.products})
        self.move(step, vessel, books, used, "reacts")
        self.move(step, books, vessel, made, "forms")
        return done

    def amount(self, contents: Contents, part: str) -> Decimal:
        """Return the mmol of an element or group (OA counts acid and anion) in contents."""
        total = ZERO
        for species, n in contents.species.items():
            count = self.reagents.parts(species).get(part)
            if count:
                total = ARITHMETIC.add(total, ARITHMETIC.multiply(n, count))
        return total

    def closing(self, *kinds: Kind) -> dict[Account, Contents]:
        """Return the accounts of these kinds that are not empty, such as vessel, waste and gas at the end."""
        return {account: held for account, held in self.accounts.items() if account.kind in kinds and (held.species or held.liquids)}


def balances(entries: Iterable[Entry]) -> dict[Account, Contents]:
    """Return what every account holds after these entries alone."""
    accounts: dict[Account, Contents] = {}
    for entry in entries:
        accounts.setdefault(entry.source, Contents()).book(entry.moved, -1)
        accounts.setdefault(entry.target, Contents()).book(entry.moved, 1)
    return accounts


def split(contents: Contents, solids: Mapping[str, Decimal], liquid_kept_ml: Decimal) -> Contents:
    """Return the solid part of contents: a share of each solid species, and the liquid that stays with it.

    Dissolved species stay in proportion to that liquid: n(kept) = n · V(kept) / V.
    """
    volume = contents.volume_ml
    fraction = min(ARITHMETIC.divide(liquid_kept_ml, volume), Decimal(1)) if volume else ZERO
    kept = contents.share(fraction)
    for name, share in solids.items():
        if name in contents.species:
            kept.species[name] = ARITHMETIC.multiply(contents.species[name], share)
    return kept
