"""Walk through a template step by step and keep the books: what is weighed, what is where, what is asked."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Final

from peqdlab import language
from peqdlab.books import Blank, Blanks, Books, Inputs, Room, StepRun, Use
from peqdlab.chemistry import Reaction, molar_mass, parse_formula, perovskite_ions
from peqdlab.dispensing import amount_mmol, delivered, mass_and_volume
from peqdlab.expressions import evaluate
from peqdlab.findings import Doubt, Severity
from peqdlab.forming import forming_steps
from peqdlab.ledger import GAS, Account, Contents, Ledger, split
from peqdlab.parameters import UnknownValueError, evaluate_parameters
from peqdlab.queries import ONE, ledger_value, room_value, vessel_of
from peqdlab.scaling import LINEAR, Sizes, rule_of, vessels_filled
from peqdlab.units import ARITHMETIC, KINDS, RATIO, ZERO, Quantity, plain, require_kind, show, significant

if TYPE_CHECKING:
    from collections.abc import Callable

    from peqdlab.preparation import Material, Preparation, Step, Template, Value
    from peqdlab.reagents import Reagent, Reagents
    from peqdlab.scaling import Rule
    from peqdlab.source import KeyPath

_ADVERB_KINDS: Final = {name: key.takes for name, key in language.ADVERBS.items() if key.takes.startswith("quantity:")}
_FLASKS_ML: Final = (10, 25, 50, 100, 250, 500, 1000, 2000, 5000)


def book(template: Template, reagents: Reagents, inputs: Inputs) -> Books:
    """Return the books of a template at its published size, with every doubt that arises on the way.

    Sources: amounts of substance n = m·w/M with assay w (1 unless stated); m = V·ρ at any room temperature; volumes add up.
    """
    return _Booking(template, reagents, inputs).run()


class _Booking:
    """The state of one walk: the books so far and the temperature of each vessel."""

    def __init__(self, template: Template, reagents: Reagents, inputs: Inputs) -> None:
        self.template = template
        self.reagents = reagents
        self.inputs = inputs
        self.sizes = Sizes(template, inputs.scale, inputs.weighed)
        self.ledger = Ledger(reagents)
        self.ledger.scale = self.sizes.scale
        self.books = Books(self.ledger)
        self.temperature_c: dict[str, Decimal | None] = {}
        self.forming_steps = forming_steps(template, reagents)
        self.ran: set[tuple[str, Reaction]] = set()

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

    # values ----------------------------------------------------------------------------------------------------------

    def _doubt(self, path: KeyPath, doubt: Doubt, severity: Severity = "error") -> None:
        self.books.findings.append(doubt.at(self.template.source.place(path), severity))

    def _names(self, preparation: Preparation, n: int, size: Callable[[Quantity], Quantity]) -> Callable[[str], Quantity]:
        def lookup(name: str) -> Quantity:
            if name in self.books.parameters:
                return size(self.books.parameters[name])
            if name in self.template.parameters:
                raise UnknownValueError(name)
            return self._ledger_value(name, preparation.name, n)

        return lookup

    def _ledger_value(self, name: str, preparation: str, n: int) -> Quantity:
        head, _, tail = name.partition(".")
        if head == "room":
            return room_value(tail, self.inputs.rooms.get(n, Room()))
        held = self.ledger.contents(vessel_of(tail if head == "volume" and tail else preparation))
        return ledger_value(self.ledger, held, name, self.template.product)

    def _value(self, value: Value | None, preparation: Preparation, n: int, *kinds: str, rule: Rule = LINEAR) -> Quantity | None:
        """Return the quantity of a value at this moment and size; None where there is none, or after a finding."""
        if value is None or (value.quantity is None and value.expression is None):
            return None

        def size(quantity: Quantity) -> Quantity:
            return self.sizes.apply(quantity, preparation.name, rule, self._vessels(preparation))

        if value.quantity is not None:
            return size(value.quantity)
        try:
            reckoned = evaluate(value.expression, self._names(preparation, n, size), size)  # type: ignore[arg-type]
            found = self.sizes.capped(require_kind(reckoned, *kinds), rule)
            if found.value < 0 and found.dimension != KINDS["temperature"]:
                raise Doubt("Q107", f"{value.text} gives {show(found, 4)}, below zero", "change the expression or what it uses")  # noqa: TRY301
        except UnknownValueError:
            self.books.incomplete = True
            return None
        except Doubt as doubt:
            self._doubt(value.path, doubt)
            self.books.incomplete = True
            return None
        return found

    def _vessels(self, preparation: Preparation) -> int:
        """Return how many vessels a preparation fills by now."""
        return vessels_filled(preparation.vessel, self.books.fullest_ml.get(preparation.name, (ZERO, 0))[0])

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
        run = StepRun(n, step, preparation, values, self.temperature_c.get(preparation.name), atmosphere, uses, blanks.all(), arrived)
        self._react(n, preparation)
        if self.forming_steps.get(preparation.name) == step.path:
            self.books.forming.append(run)
            self._form_product(n, vessel)
        self._lose(n, vessel, step)
        if step.verb.books == "split" and step.text_of("take"):
            run = self._take(run, vessel)
        self.books.steps.append(run)

    def _step_values(self, n: int, preparation: Preparation, step: Step) -> dict[str, Quantity]:
        values = {}
        kinds = {"": step.verb.takes, **{name: key_takes for name, key_takes in _ADVERB_KINDS.items() if name in step.adverbs}}
        for name, takes in kinds.items():
            found = self._value(step.value_of(name), preparation, n, takes.removeprefix("quantity:"))
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
            remedy = f'vessel = "{_next_size(volume)} mL {vessel.kind}", or put in less'
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

    def _factor(self, material: Material, reagent: Reagent | None) -> Decimal:
        for name in (material.name, reagent.key if reagent else ""):
            if name in self.inputs.factors:
                return self.inputs.factors[name]
        return ONE

    def _dispense(self, material: Material, preparation: Preparation, amount: Quantity, blanks: Blanks) -> Use:
        reagent = self.reagents.find(material.name)
        amount = Quantity(ARITHMETIC.multiply(amount.value, self._factor(material, reagent)), amount.dimension)
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
        wanted = Quantity(ARITHMETIC.multiply(wanted.value, self._factor(material, None)), wanted.dimension)
        code, actual = blanks.take(material.name, wanted, self.inputs.amounts)
        volume = (actual or wanted).value
        if volume > present:
            found = f"step {n} draws {plain(volume)} mL of {material.name}, of which {significant(present)} mL is there"
            self._doubt(material.amount.path, Doubt("B201", found, f"draw at most {_floor(present)} mL, or make more of {material.name}"))
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

    # what happens in the vessel --------------------------------------------------------------------------------------

    def _react(self, n: int, preparation: Preparation) -> None:
        """Run the reactions of a preparation; again while one makes what another takes, once more for each at most."""
        for _ in preparation.react:
            ran = {reaction for reaction in preparation.react if self.ledger.react(n, vessel_of(preparation.name), reaction) > 0}
            self.ran |= {(preparation.name, reaction) for reaction in ran}
            if not ran:
                return

    def _form_product(self, n: int, vessel: Account) -> None:
        product = self.template.product
        if product is None:
            return
        formation = Reaction(f"forms {product}", perovskite_ions(product), ((product, ONE),))
        if not self.ledger.react(n, vessel, formation) and not self.books.incomplete:
            missing = [ion for ion, _ in formation.reactants if not self.ledger.contents(vessel).species.get(ion)]
            path = (*self.template.preparation(vessel.name).path, "forms")  # type: ignore[union-attr]
            message = f"no {product} can form in {vessel.name}: there is no {', '.join(missing)} when the last reactant has arrived"
            self._doubt(path, Doubt("B206", message, f"add a reagent that delivers {missing[0] if missing else product}, or its react"))

    def _lose(self, n: int, vessel: Account, step: Step) -> None:
        held = self.ledger.contents(vessel)
        for name in step.texts_of("loses"):
            lost = Contents(
                {name: held.species[name]} if name in held.species else {},
                {name: held.liquids[name]} if name in held.liquids else {},
            )
            if lost.species or lost.liquids:
                self.ledger.move(n, vessel, GAS, lost, "leaves as gas")
            else:
                message = f"step {n} loses {name}, but there is none in {vessel.name}"
                self._doubt((*step.path, "loses"), Doubt("B204", message, f"take {name} out of loses, or add its reaction"), "warning")

    def _take(self, run: StepRun, vessel: Account) -> StepRun:
        """Keep pellet or supernatant; the rest is waste. Asks what was left and what was obtained."""
        step, blanks = run.step, {blank.asks: blank for blank in run.blanks}
        held = self.ledger.contents(vessel).copy()
        wet = run.values.get("wet", Quantity(ZERO, KINDS["volume"]))
        if step.text_of("take") == "pellet" and "wet" not in step.adverbs:
            message = f"step {run.n} does not say how much liquid stays with the pellet; none is assumed"
            self._doubt((*step.path, "take"), Doubt("B207", message, 'add wet = "1 mL [unverified]"'), "warning")
        if "liquid left" in blanks:
            wet = self.inputs.amounts.get(blanks["liquid left"].code, wet)
        if wet.value > held.volume_ml:
            message = f"step {run.n} leaves {plain(wet.value)} mL with the solid, of which {significant(held.volume_ml)} mL is there"
            self._doubt((*step.path, "wet"), Doubt("B201", message, f"wet at most {_floor(held.volume_ml)} mL"))
        share, run = self._recovered(run, held)
        product = {self.template.product: share} if self.template.product else {}
        if step.text_of("take") == "pellet":
            kept = split(held, product, wet.value)
        else:
            left = split(held, {name: ONE - part for name, part in product.items()}, wet.value)
            kept = held.without(left)
        rest, stream = held.without(kept), "supernatant" if step.text_of("take") == "pellet" else "sediment"
        self.ledger.move(run.n, vessel, Account("waste", f"{stream} of step {run.n}"), rest, f"{stream} discarded")
        return run

    def _recovered(self, run: StepRun, held: Contents) -> tuple[Decimal, StepRun]:
        """Return the share of the product that is kept, and the step with its blank for the mass obtained."""
        share = run.values.get("recovers", Quantity(ONE, RATIO)).value
        if share > 1:
            message = f"step {run.n} recovers {plain(share * 100)} % of the product, more than there is"
            self._doubt((*run.step.path, "recovers"), Doubt("B201", message, "recovers at most 100 %"))
            share = ONE
        product = self.template.product
        reserved = next((blank for blank in run.blanks if blank.kind == "recovers"), None)
        if reserved is None or product is None:
            asked = tuple(blank._replace(planned=None) if blank is reserved else blank for blank in run.blanks)
            return share, run._replace(blanks=asked)
        mass = ARITHMETIC.multiply(held.species.get(product, ZERO), molar_mass(parse_formula(product)))
        planned = Quantity(ARITHMETIC.multiply(mass, share), KINDS["mass"])
        actual = self.inputs.amounts.get(reserved.code)
        if actual is not None and mass:
            share = self._share_obtained(run, actual, mass)
        blank = Blank(reserved.code, reserved.asks, planned, "mass")
        blanks = tuple(blank if old is reserved else old for old in run.blanks)
        return share, run._replace(blanks=blanks)

    def _share_obtained(self, run: StepRun, actual: Quantity, there_mg: Decimal) -> Decimal:
        """Return the share of the product that was weighed: at most all of it, since ligands and solvent weigh too."""
        obtained = require_kind(actual, "mass").value
        if obtained > there_mg:
            message = f"step {run.n} obtained {significant(obtained)} mg of product, of which {significant(there_mg)} mg can be there"
            self._doubt(run.step.path, Doubt("B201", message, "dry it, or count the rest as ligand and solvent"), "warning")
        return min(ARITHMETIC.divide(obtained, there_mg), ONE)

    def _finish(self, preparation: Preparation) -> None:
        vessel = vessel_of(preparation.name)
        if preparation.forms_product and preparation.name not in self.forming_steps and not self.books.incomplete:
            message = f"no {self.template.product} can form in {preparation.name}: nothing in it brings an ion of it"
            self._doubt((*preparation.path, "forms"), Doubt("B206", message, "add the reagents that bring its ions, or take forms out"))
        held = self.ledger.contents(vessel)
        for index, reaction in enumerate(preparation.react):
            if (preparation.name, reaction) not in self.ran and not self.books.incomplete:
                absent = [name for name, _ in reaction.reactants if not held.species.get(name)]
                why = f"there is no {', '.join(absent)}" if absent else "what it takes is never there together"
                message = f"the reaction {reaction.text} never runs in {preparation.name}: {why}"
                remedy = "take it out of react, or add the material that brings it"
                self._doubt((*preparation.path, "react", index), Doubt("B203", message, remedy))
        self.books.finished[preparation.name] = held.copy()
        if preparation.name in self.inputs.labels_hold:
            self._believe_label(preparation, vessel)

    def _believe_label(self, preparation: Preparation, vessel: Account) -> None:
        """Restate a stock to what its label says: a what-if, never part of a plan's own books."""
        held = self.ledger.contents(vessel)
        for part, value in preparation.label:
            there = self.ledger.amount(held, part)
            if value.quantity is None or not there:
                continue
            factor = ARITHMETIC.divide(ARITHMETIC.multiply(value.quantity.value, held.volume_ml), there)
            for species in held.species:
                if part in self.reagents.parts(species):
                    held.species[species] = ARITHMETIC.multiply(held.species[species], factor)


def _floor(volume_ml: Decimal) -> str:
    """Return a volume rounded down to four figures, so that drawing it is possible."""
    places = Decimal(1).scaleb(volume_ml.adjusted() - 3)
    return plain(volume_ml.quantize(places, rounding=ROUND_FLOOR, context=ARITHMETIC))


def _next_size(volume_ml: Decimal) -> str:
    return str(next((size for size in _FLASKS_ML if size >= volume_ml), significant(volume_ml * 2, 2)))
