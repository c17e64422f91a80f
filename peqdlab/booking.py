"""Walk through a template step by step and keep the books: what is weighed, what is where, what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from peqdlab import language
from peqdlab.books import Blanks, Books, Inputs, StepRun, Use
from peqdlab.dispensing import amount_mmol, delivered, mass_and_volume
from peqdlab.expressions import names_in
from peqdlab.films import Films
from peqdlab.findings import Doubt
from peqdlab.flow import as_set, flow_doubts, flow_of, rate_of, too_long
from peqdlab.ledger import DUST, Account, Contents
from peqdlab.parameters import evaluate_parameters
from peqdlab.queries import ONE, vessel_of
from peqdlab.scaling import rule_of
from peqdlab.units import ARITHMETIC, KINDS, ZERO, Quantity, plain, require_kind, significant
from peqdlab.vessels import floored

if TYPE_CHECKING:
    from decimal import Decimal

    from peqdlab.books import Flow
    from peqdlab.instruments import Instruments
    from peqdlab.preparation import Material, Preparation, Step, Template, Value
    from peqdlab.reagents import Reagent, Reagents

_ADVERB_KINDS: Final = {name: key.takes for name, key in language.ADVERBS.items() if key.takes.startswith("quantity:")}
_MOST_CYCLES: Final = 100
_MOST_STEPS: Final = 1000  # with cycles; planned and printed in less than a second


def book(template: Template, reagents: Reagents, inputs: Inputs) -> Books:
    """Return the books of a template at its published size, with every doubt that arises on the way.

    Sources: amounts of substance n = m·w/M with assay w (1 unless stated); m = V·ρ at any room temperature; volumes add up.
    """
    return _Booking(template, reagents, inputs).run()


class _Booking(Films):
    """One walk: every step in order, what it puts in, and what it asks."""

    def run(self) -> Books:
        self.books.parameters, self.books.late, findings = evaluate_parameters(self.template, self.inputs.settings)
        self.books.findings += findings
        self.books.incomplete = any(finding.code == "A111" for finding in findings)
        self._open_needs()
        n = 0
        for preparation in self.template.preparations:
            atmosphere: Value | None = None
            cycles = self._cycles(preparation, n)
            for cycle in range(1, cycles + 1):
                for step in preparation.steps if cycle == 1 else [step for step in preparation.steps if step.verb.books != "start"]:
                    n += 1
                    atmosphere = step.value_of("under") or atmosphere
                    self._step(n, preparation, step, atmosphere, (cycle, cycles) if preparation.repeat else None)
                self.said = {(found.code, found.where) for found in self.books.findings} if cycle < cycles else set()
            self._finish(preparation)
        return self.books

    def _cycles(self, preparation: Preparation, n: int) -> int:
        """Return how many times the steps of a preparation are done."""
        found = self._value(preparation.repeat, preparation, n, "ratio") if preparation.repeat else None
        if found is None:
            return 1
        if found.value != found.value.to_integral_value() or not 1 <= found.value <= _MOST_CYCLES:
            message = f"{preparation.name} is repeated {plain(found.value)} times"
            self._doubt(preparation.repeat.path, Doubt("B209", message, 'write a whole number from 1 to 100, as in repeat = "4"'))  # type: ignore[union-attr]
            return 1
        times, each = int(found.value), len(preparation.steps)
        if n + times * each <= _MOST_STEPS:
            return times
        fit = (_MOST_STEPS - n) // each if each else 0
        message = f"{preparation.name} is repeated {times} times, which makes {n + times * each} steps; {_MOST_STEPS} can be planned"
        remedy = f'repeat = "{fit}" at most' if fit > 0 else "split the protocol, and plan its parts as a chain"
        self._doubt(preparation.repeat.path, Doubt("B209", message, remedy))  # type: ignore[union-attr]
        return 1

    # steps -----------------------------------------------------------------------------------------------------------

    def _step(self, n: int, preparation: Preparation, step: Step, atmosphere: Value | None, cycle: tuple[int, int] | None) -> None:
        vessel = vessel_of(preparation.name)
        before = self.ledger.contents(vessel).copy()
        values = self._step_values(n, preparation, step)
        blanks = Blanks(n)
        for asks, adverb in step.verb.blanks:
            if planned := self._planned(adverb, values, preparation.name):
                blanks.add(asks, planned)
            elif adverb == "recovers" and "recovers" in step.adverbs:
                blanks.reserve(adverb, asks)
        uses = tuple(filter(None, (self._put_in(n, preparation, material, blanks) for material in step.materials)))
        arrived = self.ledger.contents(vessel).copy()
        flow = self._flow(step, values, uses, arrived.without(before), blanks) if step.verb.books == "flow" else None
        now_c = self._set_temperature(n, step, values, preparation.name)
        self._capacity(n, preparation, arrived, step)
        warmth = dict(self.temperature_c)
        run = StepRun(n, step, preparation, values, now_c, atmosphere, uses, blanks.all(), arrived, arrived, warmth, cycle, flow)
        self._react(n, preparation)
        if self.forming_steps.get(preparation.name) == step.path:
            self.books.forming.append(run)
            self._form_product(n, preparation)
        self._lose(n, vessel, step)
        run = run._replace(left=self.ledger.contents(vessel).copy())
        if step.verb.books == "split" and step.text_of("take"):
            run = self._take(run, vessel)
        elif step.verb.books == "start":
            self._go_on(n, preparation, run)
        elif step.verb.books in ("coat", "rinse", "dip", "dry"):
            self._on_substrates(run, before)
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

    def _flow(self, step: Step, values: dict[str, Quantity], uses: tuple[Use, ...], brought: Contents, blanks: Blanks) -> Flow | None:
        """Return what a flow comes to, its rates asked; None after a finding."""
        for path, doubt in flow_doubts(step, values, uses):
            self._doubt(path, doubt)
        flow = flow_of(values, uses, brought)
        set_to = {}
        for pump in flow.pumps if flow else ():
            code = blanks.add(f"rate of {pump.name}", rate_of(pump.rate_ml_per_s), "rate")
            if code in self.inputs.amounts:
                set_to[pump.name] = self.inputs.amounts[code].value
        if flow and (long := too_long(step, values, flow)):
            self._doubt(*long, "warning")
        return as_set(flow, set_to) if flow else None

    def _set_temperature(self, n: int, step: Step, values: dict[str, Quantity], preparation: str) -> Decimal | None:
        """Set what a step brings to a temperature, and return that of the step (°C): of the vessel, of a flow that of the tube."""
        if step.verb.books == "flow":
            return values["at"].value if "at" in values else None
        reached = values.get("to") or values.get("at") or (values.get("") if step.verb.takes == "quantity:temperature" else None)
        if step.verb.takes == "preparation":
            if step.value is not None and reached is not None and self._is_made(n, step.value.text, preparation, step.value.path):
                self.temperature_c[step.value.text] = reached.value
        elif reached is not None:
            self.temperature_c[preparation] = reached.value
        elif step.verb.name in ("cool", "keep"):
            self.temperature_c[preparation] = None
        return self.temperature_c.get(preparation)

    def _capacity(self, n: int, preparation: Preparation, held: Contents, step: Step) -> None:
        volume, vessel = held.volume_ml, preparation.vessel
        if volume > self.books.fullest_ml.get(preparation.name, (ZERO, 0))[0]:
            self.books.fullest_ml[preparation.name] = (volume, n)
        room = vessel.capacity_ml * self.inputs.portions.get(preparation.name, 1)
        if not vessel.counted and not vessel.is_substrates and volume > room and step.materials:
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

    def _asked(self, material: Material) -> str:
        n = self._times(material)
        return material.name if n == 1 else f"{material.name}, all {n} together"

    def _times(self, material: Material) -> int:
        return self.inputs.substrates if material.scales == "per substrate" else 1

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
        code, actual = blanks.take(self._asked(material), dispensed, self.inputs.amounts)
        if actual is not None:
            dispensed = require_kind(actual, "mass", "volume")
            mass, volume = mass_and_volume(reagent, dispensed, assay)
        n_mmol = amount_mmol(reagent, mass, assay)
        return Use(code, material, preparation.name, reagent, mass, volume, n_mmol, dispensed, self._times(material))

    def _draw(self, n: int, preparation: Preparation, material: Material, blanks: Blanks, target: Account) -> Use | None:
        source = vessel_of(material.name)
        if not self._is_made(n, material.name, preparation.name, material.path):
            return None
        if material.name in self.books.endless:
            return self._draw_from_shelf(n, preparation, material, blanks)
        held = self.ledger.contents(source)
        present = held.volume_ml
        if not held.species:
            message = f"step {n} uses {material.name}, of which nothing is left"
            self._doubt(material.path, Doubt("B201", message, f"use less of {material.name} before, or make more of it"))
            return None
        if material.amount is None:
            self.ledger.move(n, source, target, held.copy(), "poured")
            return Use("", material, preparation.name, None, None, present, None, Quantity(present, KINDS["volume"]))
        code, volume = self._volume_drawn(n, preparation, material, blanks)
        if volume is None:
            return None
        if volume - present > DUST:
            found = f"step {n} draws {plain(volume)} mL of {material.name}, of which {significant(present)} mL is there"
            remedy = f"{self._less(material, present, volume)}, or make more of {material.name}"
            self._doubt(material.amount.path, Doubt("B201", found, remedy))
        fraction = min(ARITHMETIC.divide(volume, present), ONE) if present else ZERO
        self.ledger.move(n, source, target, held.share(fraction), "drawn")
        return Use(code, material, preparation.name, None, None, volume, None, Quantity(volume, KINDS["volume"]), self._times(material))

    def _less(self, material: Material, present: Decimal, drawn: Decimal) -> str:
        """Return how to draw no more than there is: by the one volume from which the amount is reckoned in proportion, where it is so."""
        node = material.amount.expression if material.amount else None
        late = self.books.late.get(node.text) if node is not None and node.kind == "name" else None
        volumes = [name for name in names_in(late) if name in self.books.parameters] if late is not None else []
        volumes = [name for name in volumes if self.books.parameters[name].is_kind("volume")]
        if len(volumes) != 1:
            return f"draw at most {floored(present)} mL"
        most = ARITHMETIC.divide(ARITHMETIC.multiply(self.books.parameters[volumes[0]].value, present), drawn)
        return f"--set {volumes[0]}={floored(most)}mL"

    def _volume_drawn(self, n: int, preparation: Preparation, material: Material, blanks: Blanks) -> tuple[str, Decimal | None]:
        """Return the code of the blank and the volume (mL), as logged where it was; None after a finding."""
        wanted = self._value(material.amount, preparation, n, "volume", rule=rule_of(material.scales))
        if wanted is None:
            return "", None
        wanted = Quantity(ARITHMETIC.multiply(wanted.value, self._factor(material, None, preparation.name)), wanted.dimension)
        code, actual = blanks.take(self._asked(material), wanted, self.inputs.amounts)
        return code, (actual or wanted).value

    def _draw_from_shelf(self, n: int, preparation: Preparation, material: Material, blanks: Blanks) -> Use | None:
        """Draw from a need of which there is as much as is used."""
        name, known = material.name, bool(self.books.endless[material.name].liquids)
        if material.amount is None or not known:
            unsaid = f"all of {name}; how much there is" if known else f"{name}; nothing feeds it, and what it is in"
            message, key = f"step {n} uses {unsaid}, is not said", "volume" if known else "in"
            remedy = f"--use {name}=PROTOCOL/VARIANT, --use {name}=B0001, or add {key} to needs.{name}"
            self._doubt(material.path, Doubt("B210", message, remedy))
            self.books.incomplete = True
            return None
        code, volume = self._volume_drawn(n, preparation, material, blanks)
        if volume is None:
            return None
        drawn = self.books.endless[material.name].share(volume)
        self.ledger.move(n, Account("bottle", material.name), vessel_of(preparation.name), drawn, "drawn")
        return Use(code, material, preparation.name, None, None, volume, None, Quantity(volume, KINDS["volume"]), self._times(material))


def _next_size(volume_ml: Decimal, instruments: Instruments) -> str:
    """Return the smallest of the lab's flasks that holds a volume (mL); twice the volume where none does."""
    return next((plain(size) for size in instruments.flasks_ml if size >= volume_ml), significant(volume_ml * 2, 2))
