"""A template made exact: books, ratios, limiting species, ceiling, and every finding, as one value to print, store or run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from peqdlab.baths import check_baths
from peqdlab.booking import book
from peqdlab.books import Books, Inputs
from peqdlab.centrifuge import check_spins
from peqdlab.checks import check_books, check_unverified
from peqdlab.enough import check_inks
from peqdlab.findings import Finding, sort_findings
from peqdlab.fits import check_exchanges, check_feeds
from peqdlab.queries import product_mg
from peqdlab.remarks import check_followers, check_grades, check_labels
from peqdlab.stoichiometry import Stoichiometry, stoichiometry_of
from peqdlab.thickness import check_stack
from peqdlab.uncertainty import check_dispensing

if TYPE_CHECKING:
    from decimal import Decimal

    from peqdlab.instruments import Instruments
    from peqdlab.preparation import Template
    from peqdlab.reagents import Reagents


class Plan(NamedTuple):
    """One protocol as it will be done: the template, the choices made, its books, and what they say."""

    template: Template
    reagents: Reagents
    inputs: Inputs
    books: Books
    stoichiometry: Stoichiometry | None
    expected_mg: Decimal | None
    findings: tuple[Finding, ...]
    accepted: dict[str, str]

    @property
    def instruments(self) -> Instruments:
        """Return the lab's instruments that the plan is made for."""
        return self.inputs.instruments

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """Return the errors that nobody has accepted with a reason."""
        return tuple(found for found in self.findings if found.severity == "error" and found.code not in self.accepted)


def make_plan(template: Template, reagents: Reagents, inputs: Inputs | None = None, accepted: dict[str, str] | None = None) -> Plan:
    """Return the plan of a template, findings included; it never raises for what the template says."""
    inputs = inputs or Inputs()
    books = book(template, reagents, inputs)
    stoichiometry = stoichiometry_of(template, books)
    findings = [*template.notes, *books.findings, *check_unverified(template)]
    if not books.incomplete:
        findings += check_feeds(template, books)
        findings += check_exchanges(template, reagents)
        findings += check_followers(template)
        findings += check_inks(template, books, inputs)
        findings += check_baths(template, books, reagents)
        findings += check_stack(template, books, inputs)
        findings += check_labels(template, reagents, inputs, books, stoichiometry)
        findings += check_grades(template, reagents, inputs, books, stoichiometry)
        findings += check_books(template, books, reagents, inputs)
        findings += check_spins(template, books, inputs.instruments)
        findings += check_dispensing(template, reagents, inputs, books, stoichiometry.ratios if stoichiometry else {})
    return Plan(
        template, reagents, inputs, books, stoichiometry, _expected_mg(template, books), sort_findings(findings), dict(accepted or {})
    )


def _expected_mg(template: Template, books: Books) -> Decimal | None:
    """Return the mass of product (mg) in the last preparation that holds it off a substrate, with recovery as planned."""
    films = {made.name for made in template.preparations if made.vessel.is_substrates}
    dispersed = (held for name, held in reversed(books.finished.items()) if name not in films)
    masses = (product_mg(books.ledger, held, template.products) for held in dispersed)
    return next((mass for mass in masses if mass), None)
