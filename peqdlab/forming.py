"""Where the product forms: at the last step that brings one of its ions into a preparation that forms it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peqdlab.chemistry import perovskite_ions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peqdlab.books import StepRun, Stock
    from peqdlab.preparation import Preparation, Template
    from peqdlab.reagents import Reagents
    from peqdlab.source import KeyPath


def forming_steps(template: Template, reagents: Reagents, stocks: Mapping[str, Stock]) -> dict[str, KeyPath]:
    """Return the step in which the last reactant of the product arrives, by preparation that forms it."""
    shelf = {name: [*dict(need.holds), need.product or ""] for name, need in template.needs.items()}
    shelf |= {name: [*stock.contents.species] for name, stock in stocks.items()}
    forming: dict[str, KeyPath] = {}
    for product in dict.fromkeys(preparation.product for preparation in template.preparations if preparation.product):
        forming |= _forming(template, reagents, product, shelf)
    return forming


def _forming(template: Template, reagents: Reagents, product: str, shelf: Mapping[str, list[str]]) -> dict[str, KeyPath]:
    parts = {reagents.part_of(ion) for ion, _ in perovskite_ions(product)}
    brings = {
        name: any(parts & reagents.parts(species).keys() for species in held if species not in ("", "product"))
        for name, held in shelf.items()
    }
    forming: dict[str, KeyPath] = {}
    for preparation in template.preparations:
        for step in preparation.steps:
            for material in step.materials:
                here = brings.get(material.name, False) if material.is_preparation else _reagent_brings(material.name, reagents, parts)
                if here:
                    brings[preparation.name] = True
                    if preparation.product == product:
                        forming[preparation.name] = step.path
    return forming


def _reagent_brings(name: str, reagents: Reagents, parts: set[str]) -> bool:
    return any(parts & reagents.parts(species).keys() for species, _ in reagents.find(name).delivers)


def until_formed(template: Template, last: StepRun) -> Template:
    """Return a template as far as the step in which the last reactant arrived: all that its ratios rest on."""
    kept: list[Preparation] = []
    for preparation in template.preparations:
        if preparation.name == last.preparation.name:
            until = next(index for index, step in enumerate(preparation.steps) if step.path == last.step.path)
            return template._replace(preparations=(*kept, preparation._replace(steps=preparation.steps[: until + 1])))
        kept.append(preparation)
    return template
