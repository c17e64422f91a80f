"""How the sheet says a step: a sentence from the language table, with amounts as dispensed and a ? behind what is doubtful."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from peqdlab.centrifuge import say_spin
from peqdlab.checks import evidence_of
from peqdlab.chemistry import FormulaError, pretty
from peqdlab.dispensing import as_dispensed
from peqdlab.language import DOUBTFUL, MATERIALS, adverbs_of
from peqdlab.units import ARITHMETIC, Quantity, show

_FORMULA: Final = re.compile(r"(?<![\w.-])[A-Z][A-Za-z0-9]*(?:\([A-Za-z0-9]+\)\d*[A-Za-z0-9]*)*(?:\.\d+[A-Za-z0-9]*)*(?![\w-])")
_GASES: Final = ("N2", "O2", "H2", "I2", "Br2", "Cl2")

if TYPE_CHECKING:
    from peqdlab.books import StepRun, Use
    from peqdlab.instruments import Instruments
    from peqdlab.preparation import Template, Value


def doubt_mark(template: Template, tag: str) -> str:
    """Return ``?`` for a source whose values are unverified or repaired, else nothing."""
    return "?" if evidence_of(template, tag) in DOUBTFUL else ""


def chemical(name: str) -> str:
    """Return a formula with true subscripts, or a name as it is: ``Cs₂CO₃``, ``toluene``."""
    try:
        return pretty(name) if any(letter.isdigit() for letter in name) else name
    except FormulaError:
        return name


def with_formulas(text: str) -> str:
    """Return a text in which what is a formula beyond doubt has true subscripts; ``C18``, ``H225`` or a batch's name stay as they are.

    >>> with_formulas("TiO2 under N2, C18, H225, FAPbI3")
    'TiO₂ under N₂, C18, H225, FAPbI₃'
    """
    return _FORMULA.sub(lambda found: chemical(found[0]) if _is_formula(found[0]) else found[0], text)


def _is_formula(word: str) -> bool:
    """Return whether a word with digits names two elements at least, or a gas of one."""
    return any(letter.isdigit() for letter in word) and (word in _GASES or sum(letter.isupper() for letter in word) > 1)


def each_of(use: Use) -> Quantity:
    """Return what is dispensed at once of a material: the share of one substrate where it is shared out."""
    return use.quantity if use.times == 1 else Quantity(ARITHMETIC.divide(use.quantity.value, Decimal(use.times)), use.quantity.dimension)


def said_dispensed(use: Use, *, instruments: Instruments) -> str:
    """Return the quantity of a material as an instrument gives it, for each substrate where it is shared out: ``6 × 60 µL``."""
    said = as_dispensed(each_of(use), instruments)
    return said if use.times == 1 else f"{use.times} × {said}"


def say_material(use: Use, template: Template, *, instruments: Instruments) -> str:
    """Return a material with its amount as dispensed: ``PbI₂ 1.0000 g``, ``cs_oleate 8.00 mL``, ``all of crude``."""
    material = use.material
    if material.amount is None:
        return f"all of {material.name}"
    mark = doubt_mark(template, source_of_value(material.amount, template))
    remark = f" ({material.amount.remark})" if material.amount.remark else ""
    grade = f" [{material.grade}]" if material.grade else ""
    return f"{chemical(material.name)} {said_dispensed(use, instruments=instruments)}{mark}{remark}{grade}"


def say_step(run: StepRun, template: Template, *, instruments: Instruments) -> str:
    """Return the sentence of a step, such as ``heat to 120 °C for 2 h under vacuum until clear``; of a spin also what the rotor does."""
    step = run.step
    if step.verb.takes == MATERIALS:
        own = ", ".join(say_material(use, template, instruments=instruments) for use in run.uses)
    else:
        own = _say_value(run, "", step.value, template)
        if step.verb.name == "spin" and "" in run.values:
            own += f" ({say_spin(run.values[''], instruments.rotor)})"
    said = step.verb.phrase.format(own)
    own_phrases = dict(step.verb.says)
    for name, key in adverbs_of(step.verb).items():
        value = step.adverbs.get(name)
        if value is None or not key.phrase:
            continue
        if step.value_of(name) is not None:
            text = step.text_of(name) if key.choices else _say_value(run, name, step.value_of(name), template)
        else:
            text = ", ".join(step.texts_of(name)) or name
        said += own_phrases.get(name, key.phrase).format(text)
    return said


def _say_value(run: StepRun, name: str, value: Value | None, template: Template) -> str:
    if value is None:
        return ""
    quantity = run.values.get(name)
    mark = doubt_mark(template, source_of_value(value, template))
    if value.expression is None or quantity is None:
        said = value.text.partition(",")[0] if quantity is not None else value.text
    else:
        said = show(quantity, None if value.expression.kind == "name" else 4)
    return f"{said}{mark}{f' ({value.remark})' if value.remark else ''}"


def doubtful_of_flow(run: StepRun, template: Template) -> Value | None:
    """Return the value from which the rates of a flow come: the first that is doubtful, if one is."""
    values = [value for name in ("for", "rate", "bore", "length") if (value := run.step.value_of(name)) is not None]
    return next((value for value in values if doubt_mark(template, source_of_value(value, template))), values[0] if values else None)


def source_of_value(value: Value, template: Template) -> str:
    """Return the tag that stands for a value: its own, or that of the parameter which it names alone."""
    if value.expression is not None and value.expression.kind == "name" and value.expression.text in template.parameters:
        return template.parameters[value.expression.text].value.source
    return value.source
