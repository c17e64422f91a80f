"""Where the product forms: at the last step that brings one of its ions into a preparation that forms it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peqdlab.chemistry import perovskite_ions

if TYPE_CHECKING:
    from peqdlab.preparation import Template
    from peqdlab.reagents import Reagents
    from peqdlab.source import KeyPath


def forming_steps(template: Template, reagents: Reagents) -> dict[str, KeyPath]:
    """Return the step in which the last reactant of the product arrives, by preparation that forms it."""
    if template.product is None:
        return {}
    parts = {part for ion, _ in perovskite_ions(template.product) for part in (reagents.part_of(ion),)}
    brings: dict[str, bool] = {}
    forming: dict[str, KeyPath] = {}
    for preparation in template.preparations:
        for step in preparation.steps:
            for material in step.materials:
                here = brings.get(material.name, False) if material.is_preparation else _reagent_brings(material.name, reagents, parts)
                if here:
                    brings[preparation.name] = True
                    if preparation.forms_product:
                        forming[preparation.name] = step.path
    return forming


def _reagent_brings(name: str, reagents: Reagents, parts: set[str]) -> bool:
    return any(parts & reagents.parts(species).keys() for species, _ in reagents.find(name).delivers)
