"""Bottles by material: ``MeOAc``, or ``bath.MeOAc`` for what goes into one preparation alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peqdlab.findings import Doubt, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peqdlab.preparation import Template
    from peqdlab.reagents import Reagents


def lot_name(name: str, reagents: Reagents, template: Template) -> str:
    """Return the name under which the bottle of a material is kept: its reagent, after its preparation where one is named.

    Raises Doubt A108 where the template puts no such material in.
    """
    used = {f"{made.name}.{key}": key for made in template.preparations for key in _reagents_of(made.name, reagents, template)}
    head, dot, tail = name.partition(".")
    of = f"{head}." if dot and template.preparation(head) else ""
    try:
        found = f"{of}{reagents.find(tail if of else name).key}"
    except Doubt:
        found = ""
    if found not in {*used, *used.values()}:
        raise Doubt("A108", f"{name!r} is not used here", suggest(name, used if of else {*used.values()}))
    return found


def _reagents_of(preparation: str, reagents: Reagents, template: Template) -> set[str]:
    steps = next(made.steps for made in template.preparations if made.name == preparation)
    return {reagents.find(material.name).key for step in steps for material in step.materials if not material.is_preparation}


def preparations_with(lot: str, reagents: Reagents, template: Template) -> set[str]:
    """Return the preparations that a bottle goes into."""
    where = {made.name: _reagents_of(made.name, reagents, template) for made in template.preparations}
    return {made for made, keys in where.items() if lot in keys or lot in {f"{made}.{key}" for key in keys}}


def lot_of(reagent: str | None, preparation: str, lots: Mapping[str, str]) -> str:
    """Return the bottle that a material is to be taken from; nothing where none is named."""
    return lots.get(f"{preparation}.{reagent}") or lots.get(str(reagent)) or ""


def remark_of(row: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """Return what is said beside a material of a plan's document: remark, grade, correction, and its bottle."""
    lot = lot_of(row["reagent"], row["preparation"], document.get("lots", {}))
    told = (row.get("remark"), row.get("grade"), row.get("correction"), f"lot {lot}" if lot else "")
    return ", ".join(text for text in told if text)
