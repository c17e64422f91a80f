"""What happens on substrates, and what is taken from a shelf: coat, rinse, dry, go on; needs that nothing in the plan makes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from peqdlab.chemistry import molar_mass
from peqdlab.dispensing import amount_mmol, brought, mass_and_volume
from peqdlab.findings import Doubt, Finding
from peqdlab.ledger import GAS, Account, Contents
from peqdlab.queries import ONE, vessel_of
from peqdlab.units import ARITHMETIC, KINDS, Quantity, show, significant
from peqdlab.vessels import Vessels

if TYPE_CHECKING:
    from peqdlab.books import StepRun
    from peqdlab.preparation import Need, Preparation
    from peqdlab.reagents import Reagents

# A thin film dries in air of what boils below this; above it (ODE, oleic acid) liquids stay. Assumed: no source was found.
DRIES_BELOW_C: Final = Decimal(160)


def one_ml_of(need: Need, reagents: Reagents) -> Contents:
    """Return what one millilitre of a need holds, as it says itself; dissolved solids are taken to add no volume.

    Raises Doubt C105 for a liquid without a density on file.
    """
    contents = Contents()
    if need.liquid:
        reagent = reagents.find(need.liquid)
        mass_mg, _ = mass_and_volume(reagent, Quantity(ONE, KINDS["volume"]), ONE)
        contents = brought(reagent, amount_mmol(reagent, mass_mg, ONE), mass_mg, ONE, reagents=reagents)
    for name, value in need.holds:
        species = need.product or name if name == "product" else name
        if value.quantity is not None:
            amount = value.quantity.value
            if value.quantity.is_kind("mass concentration"):
                amount = ARITHMETIC.divide(amount, molar_mass(reagents.formula(species)))
            contents.species[species] = contents.species.get(species, Decimal(0)) + amount
    return contents


class Films(Vessels):
    """The walk's part that knows substrates and shelves."""

    def _open_needs(self) -> None:
        """Put on the shelf what is given for each need, or what the need says of itself."""
        for need in self.template.needs.values():
            stock = self.inputs.stocks.get(need.name)
            if stock is not None:
                bottle = Account("bottle", f"{need.name} ({stock.origin})")
                self.ledger.move(0, bottle, vessel_of(need.name), stock.contents.copy(), "from the shelf")
            else:
                if need.liquid:
                    self._doubt_need(need)
                per_ml, volume = one_ml_of(need, self.reagents), need.volume.quantity if need.volume else None
                if volume is None:
                    self.books.endless[need.name] = per_ml
                else:
                    there = per_ml.share(self.sizes.apply(volume, need.name).value)
                    self.ledger.move(0, Account("bottle", need.name), vessel_of(need.name), there, "from elsewhere")
            self.books.finished[need.name] = self.ledger.contents(vessel_of(need.name)).copy()

    def _doubt_need(self, need: Need) -> None:
        named = [(need.product if name == "product" else name, value.quantity) for name, value in need.holds if value.quantity]
        held = ", ".join(f"{show(quantity)} {name}" for name, quantity in named)
        taken = f"{held or 'nothing dissolved'}{f' in {need.liquid}' if need.liquid else ''}"
        message = f"nothing feeds {need.name} ({need.what}): taken as {taken}"
        place = self.template.source.place(need.path)
        remedy = f"--use {need.name}=PROTOCOL/VARIANT, --use {need.name}=B0001, or put a protocol that makes it in front"
        self.books.findings.append(Finding("note", "N101", place, message, remedy))

    # substrates ------------------------------------------------------------------------------------------------------

    def _on_substrates(self, run: StepRun, before: Contents) -> None:
        """Do what a step of a film does to the books: ``before`` is what was on the substrates before it."""
        vessel, kind = vessel_of(run.preparation.name), run.step.verb.books
        if kind in ("coat", "rinse", "dip") and not run.preparation.vessel.is_substrates:
            message = f"step {run.n} is to {run.step.verb.name}, but {run.preparation.name} is in {run.preparation.vessel.text}"
            self._doubt(run.preparation.vessel.path, Doubt("B211", message, 'write vessel = "substrates"'))
        brought = self.ledger.contents(vessel).without(before)
        if kind == "coat":
            self._spin_off(run, vessel, brought)
        elif kind == "rinse":
            self.ledger.move(run.n, vessel, Account("waste", f"{run.step.verb.name} of step {run.n}"), brought, "runs off")
        elif kind == "dip" and run.step.value is not None:
            self._is_made(run.n, run.step.value.text, run.preparation.name, run.step.value.path)
        elif kind == "dry":
            self._dry(run, vessel)

    def _spin_off(self, run: StepRun, vessel: Account, brought: Contents) -> None:
        stays = run.values["keeps"].value if "keeps" in run.values else ONE
        if "keeps" not in run.step.adverbs:
            message = f"step {run.n} does not say which share of the ink stays on the substrates; all of it is taken to"
            self._doubt((*run.step.path, run.step.verb.name), Doubt("B208", message, 'add keeps = "1 % [unverified]"'), "warning")
        if stays > ONE:
            message = f"step {run.n} keeps {significant(stays * 100)} % of what is coated, more than there is"
            self._doubt((*run.step.path, "keeps"), Doubt("B201", message, "keeps at most 100 %"))
            stays = ONE
        self.ledger.move(run.n, vessel, Account("waste", f"spun off in step {run.n}"), brought.share(ONE - stays), "spun off")

    def _dry(self, run: StepRun, vessel: Account) -> None:
        """Let go what dries: liquids whose boiling point on file is below 160 °C, or below the plate's temperature; ions stay as salts."""
        held = self.ledger.contents(vessel)
        hot = max(DRIES_BELOW_C, run.temperature_c or Decimal(0))
        gone = Contents()
        for key, volume in held.liquids.items():
            reagent = self.reagents.find(key)
            if reagent.boiling_point is not None and reagent.boiling_point.quantity.value < hot:
                gone.liquids[key] = volume
                neutral = (name for name, _ in reagent.delivers if not self.reagents.formula(name).charge)
                gone.species |= {name: held.species[name] for name in neutral if name in held.species}
        if gone.liquids:
            self.ledger.move(run.n, vessel, GAS, gone, "dries")

    def _go_on(self, n: int, preparation: Preparation, run: StepRun) -> None:
        """Take over all of another preparation."""
        if run.step.value is None or not self._is_made(n, run.step.value.text, preparation.name, run.step.value.path):
            return
        source = vessel_of(run.step.value.text)
        self.ledger.move(n, source, vessel_of(preparation.name), self.ledger.contents(source).copy(), "goes on")
