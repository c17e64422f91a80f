"""Whether there is enough of what goes onto the substrates, and the size at which there would be."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from peqdlab.findings import Finding
from peqdlab.layers import Ink, drawn_of, inks_of
from peqdlab.units import ARITHMETIC, plain, significant

if TYPE_CHECKING:
    from peqdlab.books import Books, Inputs
    from peqdlab.preparation import Template

_FIGURES: Final = 3


def check_inks(template: Template, books: Books, inputs: Inputs) -> tuple[Finding, ...]:
    """Return an error for every ink of which more is coated than is made, with what would fit; notes on sizes chosen for the substrates."""
    findings = [*_chosen(template, books, inputs)]
    for ink in inks_of(books, inputs.substrates):
        made = template.preparation(ink.name)
        if ink.used_ml <= ink.made_ml or made is None:
            continue
        wanted = f"{significant(ink.used_ml)} mL of {ink.name} is to be coated on {inputs.substrates} substrates"
        message = f"{wanted}, {significant(ink.made_ml)} mL is made"
        ways = [f"--substrates {ink.substrates}"] if ink.substrates else []
        ways += [] if ink.name in template.unsized else [f"--scale {plain(enough_scale(ink, inputs))}"]
        remedy = ", or ".join(ways) or "make it in a larger vessel"
        findings.append(Finding("error", "N106", template.source.place(made.path), message, remedy))
    return tuple(findings)


def _chosen(template: Template, books: Books, inputs: Inputs) -> list[Finding]:
    """Return a note for the scale, and for every number of portions, that were chosen for the substrates."""
    inks = {ink.name: ink for ink in inks_of(books, inputs.substrates)}
    findings = []
    sized = [ink for ink in inks.values() if template.preparation(ink.name) and ink.name not in template.unsized]
    if inputs.scaled_for and sized:
        tight = max(sized, key=lambda ink: ARITHMETIC.divide(ink.used_ml, ink.made_ml))
        scale = plain(ARITHMETIC.divide(Decimal(inputs.scale.numerator), Decimal(inputs.scale.denominator)))
        message = (
            f"scale {scale} chosen for {inputs.scaled_for} substrates: {significant(tight.used_ml)} mL of {tight.name} is coated, "
            f"{significant(tight.made_ml)} mL is made; at the published size it would be too little"
        )
        made = template.preparation(tight.name)
        place = template.source.place(made.path if made else ())
        findings.append(Finding("note", "N116", place, message, f"nothing, or say the size yourself: --scale {scale}"))
    for name, times in inputs.portions.items():
        made = template.preparation(name)
        if made is not None:
            made_so = f"{name} is made {times} times over, each in a vessel of its own"
            message = f"{made_so}: one portion is too little for {inputs.substrates} substrates"
            findings.append(Finding("note", "N117", template.source.place(made.path), message, "nothing, or plan fewer --substrates"))
    return findings


def enough_scale(ink: Ink, inputs: Inputs) -> Decimal:
    """Return the scale at which an ink would just do, rounded up to three figures: what is made is taken to follow the scale."""
    share = ARITHMETIC.divide(ink.used_ml, ink.made_ml)
    wanted = ARITHMETIC.divide(ARITHMETIC.multiply(Decimal(inputs.scale.numerator), share), Decimal(inputs.scale.denominator))
    return wanted.quantize(Decimal(1).scaleb(wanted.adjusted() - _FIGURES + 1), rounding=ROUND_CEILING)


def enough_for(template: Template, books: Books, inputs: Inputs, *, may_scale: bool) -> Inputs:
    """Return the inputs with a larger scale, and more portions, where more is drawn for the substrates than is made."""
    scale, portions = inputs.scale, dict(inputs.portions)
    for ink in drawn_of(books, inputs.substrates):
        if ink.used_ml <= ink.made_ml or template.preparation(ink.name) is None:
            continue
        if ink.name in template.unsized:
            now = portions.get(ink.name, 1)
            portions[ink.name] = int((now * ARITHMETIC.divide(ink.used_ml, ink.made_ml)).to_integral_value(rounding=ROUND_CEILING))
        elif may_scale:
            scale = max(scale, Fraction(enough_scale(ink, inputs)))
    scaled_for = inputs.substrates if scale != inputs.scale else inputs.scaled_for
    return inputs._replace(scale=scale, portions=portions, scaled_for=scaled_for)
