"""Whether what feeds a need is what the need says it is, and whether there is enough of it for the substrates."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from peqdlab.findings import Finding, suggest
from peqdlab.layers import inks_of
from peqdlab.queries import product_mg
from peqdlab.units import plain, significant

if TYPE_CHECKING:
    from peqdlab.books import Books, Inputs
    from peqdlab.preparation import Template


def check_feeds(template: Template, books: Books) -> tuple[Finding, ...]:
    """Return an error for every need that is to hold a product, and is fed with something that holds none."""
    findings = []
    for need, feeding in template.fed:
        held = books.finished.get(feeding)
        if need.product is None or held is None or product_mg(books.ledger, held, template.products):
            continue
        with_product = [name for name, other in books.finished.items() if product_mg(books.ledger, other, template.products)]
        message = f"{feeding} feeds {need.name} ({need.what}), but holds no {' or '.join(template.products)}"
        remedy = f"feed it with what does; {suggest('', with_product)}" if with_product else "feed it with what does"
        findings.append(Finding("error", "N105", template.source.place(need.path), message, remedy))
    return tuple(findings)


def check_inks(template: Template, books: Books, inputs: Inputs) -> tuple[Finding, ...]:
    """Return an error for every ink of which more is coated than is made, with the substrates or the size that would fit."""
    findings = []
    for ink in inks_of(books, inputs.substrates):
        made = template.preparation(ink.name)
        if ink.used_ml <= ink.made_ml or made is None:
            continue
        wanted = f"{significant(ink.used_ml)} mL of {ink.name} is to be coated on {inputs.substrates} substrates"
        message = f"{wanted}, {significant(ink.made_ml)} mL is made"
        scale = Decimal(inputs.scale.numerator) / Decimal(inputs.scale.denominator) * ink.used_ml / ink.made_ml
        larger = scale.quantize(Decimal(1).scaleb(scale.adjusted() - 2), rounding=ROUND_CEILING)
        fewer = f"--substrates {ink.substrates}, or " if ink.substrates else ""
        findings.append(Finding("error", "N106", template.source.place(made.path), message, f"{fewer}--scale {plain(larger)}"))
    return tuple(findings)
