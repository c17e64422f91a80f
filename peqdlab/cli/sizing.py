"""From --scale, --target, --weighed and --assay to the size of a plan."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from peqdlab.findings import Doubt, Finding, Place, suggest
from peqdlab.lots import lot_name
from peqdlab.units import ARITHMETIC, parse_quantity, require_kind, show

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from peqdlab.plan import Plan
    from peqdlab.preparation import Template
    from peqdlab.reagents import Reagents
    from peqdlab.units import Quantity

_MOST = 10**6
_ROUNDS = 6


def read_scale(text: str) -> Fraction:
    """Return a scale written 2, 0.5 or 3/7, exactly; raises Doubt A108."""
    from fractions import Fraction

    try:
        scale = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        raise Doubt("A108", f"{text[:40]!r} is no scale", "write --scale 2, --scale 0.5 or --scale 1/3") from None
    if not Fraction(1, _MOST) <= scale <= _MOST or scale.denominator > 10**12:
        raise Doubt("A108", f"scale {text[:40]} is out of range", "write a scale between 1e-6 and 1e6")
    return scale


def read_weighed(texts: Iterable[str], template: Template, doubts: list[Finding]) -> dict[str, Quantity]:
    """Return ``preparation.material`` -> what was weighed, from texts such as PbI2=1.034g or crude.OA=5.1mL."""
    added = [
        (made.name, material)
        for made in template.preparations
        for step in made.steps
        for material in step.materials
        if not material.is_preparation and material.amount is not None
    ]
    found: dict[str, Quantity] = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        place = Place(f"--weighed {name[:40]}")
        where = [(made, material) for made, material in added if name in (material.name, f"{made}.{material.name}")]
        try:
            if not sign:
                raise Doubt("A102", f"{text[:40]!r} is not NAME=VALUE", "write --weighed PbI2=1.034g")  # noqa: TRY301
            if len(where) != 1:
                names = [f"{made}.{material.name}" for made, material in where or added]
                said = f"is added {len(where)} times: say which" if where else "is not added here"
                raise Doubt("A108", f"{name!r} {said}", suggest("" if where else name, names))  # noqa: TRY301
            made, material = where[0]
            typed = material.amount.quantity if material.amount else None
            if typed is None:
                raise Doubt("A108", f"{name} is added by relation, so it sets no size", "weigh another reagent")  # noqa: TRY301
            weighed = parse_quantity(value)
            if weighed.dimension != typed.dimension or weighed.value <= 0:
                raise Doubt("Q106", f"found {show(weighed)}, needed an amount like {show(typed)}", f"write --weighed {name}={show(typed)}")  # noqa: TRY301
            found[f"{made}.{material.name}"] = weighed
        except Doubt as doubt:
            doubts.append(doubt.at(place))
    return found


def read_assays(texts: Iterable[str], reagents: Reagents, template: Template, doubts: list[Finding]) -> dict[str, Decimal]:
    """Return reagent -> mass fraction, from texts such as OAm=70%."""
    used = {
        reagents.find(material.name).key
        for made in template.preparations
        for step in made.steps
        for material in step.materials
        if not material.is_preparation
    }
    found: dict[str, Decimal] = {}
    for text in texts:
        name, _, value = (part.strip() for part in text.partition("="))
        try:
            key = reagents.find(name).key
            if key not in used:
                raise Doubt("A108", f"{name!r} is not used here", suggest(name, used))  # noqa: TRY301
            share = require_kind(parse_quantity(value), "ratio").value
            if not 0 < share <= 1:
                raise Doubt("C106", f"assay of {name} is {value}", "write an assay above 0 % and up to 100 %")  # noqa: TRY301
            found[key] = share
        except Doubt as doubt:
            doubts.append(doubt.at(Place(f"--assay {name[:40]}")))
    return found


def read_lots(texts: Iterable[str], reagents: Reagents, template: Template, doubts: list[Finding]) -> dict[str, str]:
    """Return the bottle of every material that one is named for, from texts such as MeOAc=M7 or bath.MeOAc=M7."""
    found: dict[str, str] = {}
    for text in texts:
        name, _, lot = (part.strip() for part in text.partition("="))
        try:
            if not lot:
                raise Doubt("A102", f"{text[:40]!r} is not NAME=LOT", "write --lot MeOAc=M7")  # noqa: TRY301
            found[lot_name(name, reagents, template)] = lot
        except Doubt as doubt:
            doubts.append(doubt.at(Place(f"--lot {name[:40]}")))
    return found


def covering(plan: Plan, *, may_scale: bool) -> Plan:
    """Return a plan in which there is enough for the substrates: the smallest scale with three figures, and portions, that do.

    Amounts that do not follow the size make this a search, of a few rounds; where none does, the findings of the last say so.
    """
    from peqdlab.enough import enough_for
    from peqdlab.plan import make_plan

    for _ in range(_ROUNDS):
        inputs = enough_for(plan.template, plan.books, plan.inputs, may_scale=may_scale)
        if inputs == plan.inputs or inputs.scale > _MOST:
            break
        plan = make_plan(plan.template, plan.reagents, inputs, plan.accepted)
    return plan


def scale_for(plan: Plan, target: str) -> Fraction:
    """Return the scale at which a plan is expected to give a mass or amount of product; raises Doubt A108.

    Amounts that do not follow the size make this a search: twenty rounds of scale · wanted / expected, to 0.1 %.
    """
    from fractions import Fraction

    from peqdlab.chemistry import molar_mass
    from peqdlab.plan import make_plan

    wanted = require_kind(parse_quantity(target), "mass", "amount")
    product = plan.template.product
    if product is None or not plan.expected_mg or wanted.value <= 0:
        raise Doubt("A108", "the plan makes no product to aim at", "set the size with --scale")
    mass = wanted.value if wanted.is_kind("mass") else ARITHMETIC.multiply(wanted.value, molar_mass(plan.reagents.formula(product)))
    scale = Fraction(plan.inputs.scale)
    expected = plan.expected_mg
    for _ in range(20):
        scale *= Fraction(mass) / Fraction(expected)
        scale = Fraction(Decimal(f"{float(scale):.6g}"))
        if not Fraction(1, _MOST) <= scale <= _MOST:
            break
        expected = make_plan(plan.template, plan.reagents, plan.inputs._replace(scale=scale)).expected_mg or Decimal(0)
        if expected and abs(expected / mass - 1) < Decimal("0.001"):
            return scale
    raise Doubt("A108", f"no scale gives {show(wanted)} of {product}", "set the size with --scale")
