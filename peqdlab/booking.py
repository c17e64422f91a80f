"""Walk through a template step by step and keep the books: what is weighed, what is where, what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from peqdlab import language
from peqdlab.books import Blanks, Books, Inputs, StepRun, Use
from peqdlab.dispensing import amount_mmol, delivered, mass_and_volume
from peqdlab.findings import Doubt
from peqdlab.ledger import Account, Contents
from peqdlab.parameters import evaluate_parameters
from peqdlab.queries import ONE, vessel_of
from peqdlab.scaling import rule_of
from peqdlab.units import ARITHMETIC, KINDS, ZERO, Quantity, plain, require_kind, significant
from peqdlab.vessels import Vessels, floored

if TYPE_CHECKING:
    from decimal import Decimal

    from peqdlab.instruments import Instruments
    from peqdlab.preparation import Material, Preparation, Step, Template, Value
    from peqdlab.reagents import Reagent, Reagents
    from peqdlab.source import KeyPath

_ADVERB_KINDS: Final = {name: key.takes for name, key in language.ADVERBS.items() if key.takes.startswith("quantity:")}


def book(template: Template, reagents: Reagents, inputs: Inputs) -> Books:
    """Return the books of a template at its published size, with every doubt that arises on the way.

    Sources: amounts of substance n = m·w/M with assay w (1 unless stated); m = V·ρ at any room temperature; volumes add up.
    """
    return _Booking(template, reagents, inputs).run()


class _Booking(Vessels):
    """One walk: every step in order, what it puts in, and what it asks."""

    def run(self) -> Books:
        self.books.parameters, findings = evaluate_parameters(self.template, self.inputs.settings)
        self.books.findings += findings
        n = 0
        for preparation in self.template.preparations:
            atmosphere: Value | None = None
            for step in preparation.steps:
                n += 1
                atmosphere = step.value_of("under") or atmosphere
                self._step(n, preparation, step, atmosphere)
            self._finish(preparation)
        return self.books

    # steps -----------------------------------------------------------------------------------------------------------

    def _step(self, n: int, preparation: Preparation, step: Step, atmosphere: Value | None) -> None:
        vessel = vessel_of(preparation.name)
        values = self._step_values(n, preparation, step)
        blanks = Blanks(n)
        for asks, adverb in step.verb.blanks:
            if planned := self._planned(adverb, values, preparation.name):
                blanks.add(asks, planned)
            elif adverb == "recovers" and "recovers" in step.adverbs:
                blanks.reserve(adverb, asks)
        uses = tuple(filter(None, (self._put_in(n, preparation, material, blanks) for material in step.materials)))
        arrived = self.ledger.contents(vessel).copy()
        self._set_temperature(n, step, values, preparation.name)
        self._capacity(n, preparation, arrived, step)
        warmth = dict(self.temperature_c)
        run = StepRun(n, step, preparation, values, warmth.get(preparation.name), atmosphere, uses, blanks.all(), arrived, arrived, warmth)
        self._react(n, preparation)
        if self.forming_steps.get(preparation.name) == step.path:
            self.books.forming.append(run)
            self._form_product(n, vessel)
        self._lose(n, vessel, step)
        run = run._replace(left=self.ledger.contents(vessel).copy())
        if step.verb.books == "split" and step.text_of("take"):
            run = self._take(run, vessel)
        self.books.steps.append(run)

    def _step_values(self, n: int, preparation: Preparation, step: Step) -> dict[str, Quantity]:
        values = {}
        for name in ("", *step.adverbs):
            if name and name not in _ADVERB_KINDS:
                continue
            takes = _ADVERB_KINDS[name] if name else step.verb.takes
            found = self._value(step.value_of(name), preparation, n, *takes.removeprefix("quantity:").split(" or "))
            if found is not None:
                values[name] = found
        return values

    def _planned(self, adverb: str, values: dict[str, Quantity], preparation: str) -> Quantity | None:
        if adverb == "pot":
            now = self.temperature_c.get(preparation)
            return None if now is None else Quantity(now, KINDS["temperature"])
        return None if adverb == "recovers" else values.get(adverb)

    def _set_temperature(self, n: int, step: Step, values: dict[str, Quantity], preparation: str) -> None:
        reached = values.get("to") or values.get("at") or (values.get("") if step.verb.takes == "quantity:temperature" else None)
        if step.verb.takes == "preparation":
            if step.value is not None and reached is not None and self._is_made(n, step.value.text, preparation, step.value.path):
                self.temperature_c[step.value.text] = reached.value
        elif reached is not None:
            self.temperature_c[preparation] = reached.value
        elif step.verb.name in ("cool", "keep"):
            self.temperature_c[preparation] = None

    def _capacity(self, n: int, preparation: Preparation, held: Contents, step: Step) -> None:
        volume, vessel = held.volume_ml, preparation.vessel
        if volume > self.books.fullest_ml.get(preparation.name, (ZERO, 0))[0]:
            self.books.fullest_ml[preparation.name] = (volume, n)
        if not vessel.counted and volume > vessel.capacity_ml and step.materials:
            message = f"{preparation.name} holds {significant(volume)} mL after step {n}, its {vessel.kind} {plain(vessel.capacity_ml)} mL"
            remedy = f'vessel = "{_next_size(volume, self.inputs.instruments)} mL {vessel.kind}", or put in less'
            self._doubt(vessel.path, Doubt("B205", message, remedy))

    # materials -------------------------------------------------------------------------------------------------------

    def _put_in(self, n: int, preparation: Preparation, material: Material, blanks: Blanks) -> Use | None:
        target = vessel_of(preparation.name)
        if material.is_preparation:
            return self._draw(n, preparation, material, blanks, target)
        amount = self._value(material.amount, preparation, n, "mass", "volume", "amount", rule=rule_of(material.scales))
        if amount is None:
            return None
        try:
            use = self._dispense(material, preparation, amount, blanks)
        except Doubt as doubt:
            self._doubt(material.path, doubt)
            self.books.incomplete = True
            return None
        if use.reagent is not None:
            self.ledger.move(n, Account("bottle", use.reagent.key), target, delivered(use, self.reagents), "added")
        return use

    def _factor(self, material: Material, reagent: Reagent | None, preparation: str) -> Decimal:
        for name in (f"{preparation}.{material.name}", material.name, reagent.key if reagent else ""):
            if name in self.inputs.factors:
                return self.inputs.factors[name]
        return ONE

    def _dispense(self, material: Material, preparation: Preparation, amount: Quantity, blanks: Blanks) -> Use:
        reagent = self.reagents.find(material.name)
        amount = Quantity(ARITHMETIC.multiply(amount.value, self._factor(material, reagent, preparation.name)), amount.dimension)
        known = self._value(material.assay, preparation, blanks.n, "ratio")
        assay = self.inputs.assays.get(reagent.key, known.value if known else ONE)
        if not 0 < assay <= 1:
            raise Doubt("C106", f"assay of {material.name} is {plain(assay * 100)} %", "write an assay above 0 % and up to 100 %")
        mass, volume = mass_and_volume(reagent, amount, assay)
        dispensed = Quantity(mass, KINDS["mass"]) if volume is None or amount.is_kind("mass") else Quantity(volume, KINDS["volume"])
        code, actual = blanks.take(material.name, dispensed, self.inputs.amounts)
        if actual is not None:
            dispensed = require_kind(actual, "mass", "volume")
            mass, volume = mass_and_volume(reagent, dispensed, assay)
        n_mmol = amount_mmol(reagent, mass, assay)
        return Use(code, material, preparation.name, reagent, mass, volume, n_mmol, dispensed)

    def _draw(self, n: int, preparation: Preparation, material: Material, blanks: Blanks, target: Account) -> Use | None:
        source = vessel_of(material.name)
        held = self.ledger.contents(source)
        present = held.volume_ml
        if not self._is_made(n, material.name, preparation.name, material.path):
            return None
        if not held.species:
            message = f"step {n} uses {material.name}, of which nothing is left"
            self._doubt(material.path, Doubt("B201", message, f"use less of {material.name} before, or make more of it"))
            return None
        if material.amount is None:
            self.ledger.move(n, source, target, held.copy(), "poured")
            return Use("", material, preparation.name, None, None, present, None, Quantity(present, KINDS["volume"]))
        wanted = self._value(material.amount, preparation, n, "volume", rule=rule_of(material.scales))
        if wanted is None:
            return None
        wanted = Quantity(ARITHMETIC.multiply(wanted.value, self._factor(material, None, preparation.name)), wanted.dimension)
        code, actual = blanks.take(material.name, wanted, self.inputs.amounts)
        volume = (actual or wanted).value
        if volume > present:
            found = f"step {n} draws {plain(volume)} mL of {material.name}, of which {significant(present)} mL is there"
            self._doubt(material.amount.path, Doubt("B201", found, f"draw at most {floored(present)} mL, or make more of {material.name}"))
        fraction = min(ARITHMETIC.divide(volume, present), ONE) if present else ZERO
        self.ledger.move(n, source, target, held.share(fraction), "drawn")
        return Use(code, material, preparation.name, None, None, volume, None, Quantity(volume, KINDS["volume"]))

    def _is_made(self, n: int, name: str, into: str, path: KeyPath) -> bool:
        """Return whether a preparation has been made by now; report it otherwise."""
        if name in self.books.finished:
            return True
        found, remedy = f"{name} is used at step {n} before it is made", f"move make.{name} above make.{into}"
        if name == into:
            found, remedy = f"{name} is put into itself at step {n}", "name another preparation, or a reagent"
        self._doubt(path, Doubt("B202", found, remedy))
        self.books.incomplete = True
        return False


def _next_size(volume_ml: Decimal, instruments: Instruments) -> str:
    """Return the smallest of the lab's flasks that holds a volume (mL); twice the volume where none does."""
    return next((plain(size) for size in instruments.flasks_ml if size >= volume_ml), significant(volume_ml * 2, 2))
