"""Whether what feeds a need is what the need says it is: a stock without product is no ink."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peqdlab.findings import Finding, suggest
from peqdlab.queries import product_mg

if TYPE_CHECKING:
    from peqdlab.books import Books
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
