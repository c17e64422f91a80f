"""The state of a walk through a template, and what happens in a vessel: reactions, the product, losses, pellet and supernatant."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from peqdlab.books import Blank, Books, Inputs, Room, StepRun
from peqdlab.chemistry import Reaction, perovskite_ions
from peqdlab.expressions import evaluate
from peqdlab.findings import Doubt, Severity
from peqdlab.forming import forming_steps
from peqdlab.ledger import GAS, Account, Contents, Ledger, split
from peqdlab.parameters import UnknownValueError
from peqdlab.queries import ONE, ledger_value, product_concentration, product_mg, room_value, vessel_of
from peqdlab.scaling import LINEAR, Sizes, is_extensive, vessels_filled
from peqdlab.units import ARITHMETIC, KINDS, RATIO, ZERO, Quantity, plain, require_kind, show, significant

if TYPE_CHECKING:
    from collections.abc import Callable

    from peqdlab.findings import Place
    from peqdlab.preparation import Preparation, Step, Template, Value
    from peqdlab.reagents import Reagents
    from peqdlab.scaling import Rule
    from peqdlab.source import KeyPath


class Vessels:
    """The state of one walk: the books so far and the temperature of each vessel."""

    def __init__(self, template: Template, reagents: Reagents, inputs: Inputs) -> None:
        self.template = template
        self.reagents = reagents
        self.inputs = inputs
        self.sizes = Sizes(template, inputs.scale, inputs.weighed, inputs.substrates, portions=inputs.portions)
        self.ledger = Ledger(reagents)
        self.ledger.scale = self.sizes.scale
        self.books = Books(self.ledger)
        self.temperature_c: dict[str, Decimal | None] = {}
        self.forming_steps = forming_steps(template, reagents, inputs.stocks)
        self.ran: set[tuple[str, Reaction]] = set()
        self.said: set[tuple[str, Place]] = set()  # of a repeated step, what its first time has said

    def _doubt(self, path: KeyPath, doubt: Doubt, severity: Severity = "error") -> None:
        place = self.template.source.place(path)
        if (doubt.code, place) not in self.said:
            self.books.findings.append(doubt.at(place, severity))

    def _names(self, preparation: Preparation, n: int, size: Callable[[Quantity], Quantity]) -> Callable[[str], Quantity]:
        def lookup(name: str) -> Quantity:
            if name in self.books.parameters:
                return size(self.books.parameters[name])
            if name in self.books.late:
                return evaluate(self.books.late[name], lookup, size)
            if name in self.template.parameters:
                raise UnknownValueError(name)
            return self._ledger_value(name, preparation.name, n)

        return lookup

    def _ledger_value(self, name: str, preparation: str, n: int) -> Quantity:
        head, _, tail = name.partition(".")
        if head == "room":
            return room_value(tail, self.inputs.rooms.get(n, Room()))
        if head == "product":
            return product_concentration(self.books, tail, self.template.products)
        held = self.ledger.contents(vessel_of(tail if head == "volume" and tail else preparation))
        return ledger_value(self.ledger, held, name, self.template.products)

    def _value(self, value: Value | None, preparation: Preparation, n: int, *kinds: str, rule: Rule = LINEAR) -> Quantity | None:
        """Return the quantity of a value at this moment and size; None where there is none, or after a finding."""
        if value is None or (value.quantity is None and value.expression is None):
            return None
        if value.quantity is not None and not is_extensive(value.quantity):
            return value.quantity

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

    def _form_product(self, n: int, preparation: Preparation) -> None:
        product = preparation.product
        if product is None:
            return
        vessel = vessel_of(preparation.name)
        formation = Reaction(f"forms {product}", perovskite_ions(product), ((product, ONE),))
        if not self.ledger.react(n, vessel, formation) and not self.books.incomplete:
            missing = [ion for ion, _ in formation.reactants if not self.ledger.contents(vessel).species.get(ion)]
            message = f"no {product} can form in {vessel.name}: there is no {', '.join(missing)} when the last reactant has arrived"
            remedy = f"add a reagent that delivers {missing[0] if missing else product}, or its react"
            self._doubt(
                (*preparation.path, "forms"),
                Doubt("B206", message, remedy),
            )

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
            self._doubt((*step.path, "wet"), Doubt("B201", message, f"wet at most {floored(held.volume_ml)} mL"))
        share, run = self._recovered(run, held)
        product = dict.fromkeys(self.template.products, share)
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
        reserved = next((blank for blank in run.blanks if blank.kind == "recovers"), None)
        if reserved is None or not self.template.products:
            asked = tuple(blank._replace(planned=None) if blank is reserved else blank for blank in run.blanks)
            return share, run._replace(blanks=asked)
        mass = product_mg(self.ledger, held, self.template.products)
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
            message = f"no {preparation.product} can form in {preparation.name}: nothing in it brings an ion of it"
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


def floored(volume_ml: Decimal) -> str:
    """Return a volume rounded down to four figures, so that drawing it is possible."""
    places = Decimal(1).scaleb(volume_ml.adjusted() - 3)
    return plain(volume_ml.quantize(places, rounding=ROUND_FLOOR, context=ARITHMETIC))
