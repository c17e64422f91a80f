"""What a plan is frozen with, so that it can be made again: texts, choices, stocks, and the rows of the reagents that it uses."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from peqdlab.canonical import sha256_hex
from peqdlab.chemistry import perovskite_ions
from peqdlab.expressions import names_in
from peqdlab.fitting import REACHED
from peqdlab.parameters import restate_setting
from peqdlab.preparation import Part
from peqdlab.remedies import PROPOSED
from peqdlab.units import ARITHMETIC, RATIO, Quantity, plain, restate

if TYPE_CHECKING:
    from peqdlab.books import Room, Stock
    from peqdlab.plan import Plan
    from peqdlab.preparation import Template


def choices(plan: Plan) -> dict[str, Any]:
    """Return what was chosen of the template: enough to plan again."""
    inputs = plan.inputs
    return {
        "scale": str(inputs.scale),
        "choices": {name: restate_setting(plan.template.parameters[name], value) for name, value in inputs.settings.items()},
        "weighed": {name: restate(value) for name, value in inputs.weighed.items()},
        "assays": {name: restate(Quantity(value, RATIO)) for name, value in inputs.assays.items()},
        "stocks": {name: _stock_row(stock) for name, stock in inputs.stocks.items()},
        "accepted": plan.accepted,
        **_of_a_set(plan),
    }


def _of_a_set(plan: Plan) -> dict[str, Any]:
    """Return what only some plans have: bottles, the air wanted at each step, the run of a set, and the piece that it is of the whole."""
    inputs, cut = plan.inputs, plan.template.cut
    rows = {
        "portions": {name: str(n) for name, n in inputs.portions.items()},
        "scaled_for": str(inputs.scaled_for or ""),
        "lots": dict(inputs.lots),
        "rooms": {str(n): room_row(room) for n, room in inputs.rooms.items()},
        "run": dict(inputs.run),
        "cut": {"makes": list(cut.makes), "takes": list(cut.takes)} if cut else {},
    }
    return {name: row for name, row in rows.items() if row}


def room_row(room: Room) -> dict[str, str]:
    """Return the air at a step as JSON values: what is known of it, in °C and per cent."""
    known = {"temperature_c": room.temperature_c, "relative_humidity_pct": room.relative_humidity}
    return {
        name: plain(ARITHMETIC.multiply(value, Decimal(100)) if name.endswith("pct") else value)
        for name, value in known.items()
        if value is not None
    }


def parts_of(template: Template) -> tuple[Part, ...]:
    """Return what a template was put together from; itself alone where it was read as it is."""
    return template.parts or (Part(template),)


def template_row(template: Template) -> dict[str, Any]:
    """Return the text that a template was read from."""
    source = template.source
    return {"file": source.name, "text": source.text, "sha256": sha256_hex(source.text)}


def member_row(part: Part) -> dict[str, Any]:
    """Return one protocol of a plan, and what of it is used."""
    template = part.template
    named = {"protocol": template.family, "variant": template.variant, "only": part.only, "gives": dict(part.gives)}
    return {**named, "template": template_row(template)}


def _stock_row(stock: Stock) -> dict[str, Any]:
    """Return a stock exactly: it cannot be reckoned again from the protocol."""
    held = stock.contents
    return {
        "origin": stock.origin,
        "species_mmol": {name: f"{n:f}" for name, n in held.species.items()},
        "liquids_ml": {name: f"{v:f}" for name, v in held.liquids.items()},
    }


def reagents_used(plan: Plan) -> dict[str, Any]:
    """Return every row that this template can be read and planned with again, whatever the values of its parameters."""
    reagents, templates = plan.reagents, [part.template for part in parts_of(plan.template)]
    steps = [step for template in templates for preparation in template.preparations for step in preparation.steps]
    needs = [need for template in templates for need in template.needs.values()]
    used = [reagents.find(material.name) for step in steps for material in step.materials if not material.is_preparation]
    used += [reagents.find(name) for need in needs for name in (need.liquid, *need.liquids) if name]
    used += [reagents.find(name) for stock in plan.inputs.stocks.values() for name in stock.contents.liquids]
    used += [reagent for reagent in map(reagents.named, PROPOSED) if reagent is not None]
    reactions = [reaction for template in templates for preparation in template.preparations for reaction in preparation.react]
    species = {name for reagent in used for name, _ in reagent.delivers}
    species |= {name for template in templates for name in template.shell} | {name for need in needs for name in need.shell}
    species |= {name for template in templates for name in (*template.leaves, *template.reaches)}
    species |= set(REACHED) if plan.template.exchanges else set()
    species |= {name for need in needs for name, _ in need.holds}
    species |= {name for stock in plan.inputs.stocks.values() for name in stock.contents.species}
    species |= {str(reagent.row["solution"]["rest"]) for reagent in used if "solution" in reagent.row}
    species |= {name for reaction in reactions for side in (reaction.reactants, reaction.products) for name, _ in side}
    species |= {ion for template in templates for product in template.products for ion, _ in perovskite_ions(product)}
    parts = {part for template in templates for part in _parts_named(template)}
    species |= {name for name, row in reagents.data["species"].items() if row.get("part") in parts}
    # What forms or boils off has a boiling point too, and the general checks ask for it again.
    return reagents.subset({reagent.key for reagent in used} | {name for name in species if reagents.named(name)}, species)


def _parts_named(template: Template) -> set[str]:
    """Return the parts that labels, checks and expressions of a template may count by."""
    steps = [step for preparation in template.preparations for step in preparation.steps]
    amounts = [value for step in steps for material in step.materials for value in (material.amount, material.assay)]
    values = [*amounts, *(row.value for row in template.parameters.values())]
    values += [step.value_of(name) for step in steps for name in ("", *step.adverbs)]
    nodes = [check.want for check in template.checks] + [value.expression for value in values if value and value.expression]
    nodes += [node for tell in template.tells for node in (tell.value.expression, *(each for _, each in tell.reads)) if node]
    nodes += [value.expression for row in template.parameters.values() for _, value in row.gives if value.expression]
    labels = {part for preparation in template.preparations for part, _ in preparation.label}
    return labels | {name.rpartition(".")[2] for node in nodes for name in names_in(node)}
