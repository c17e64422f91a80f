"""A template made exact: books, ratios, limiting species, ceiling, and every finding, as one value to print, store or run."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.booking import book
from peqdlab.books import Books, Inputs
from peqdlab.checks import REMARKABLE, check_declared, check_unverified, label_difference
from peqdlab.chemistry import molar_mass, perovskite_ions
from peqdlab.findings import Finding, sort_findings
from peqdlab.ledger import DUST, Contents
from peqdlab.units import ARITHMETIC, ZERO, plain, significant

if TYPE_CHECKING:
    from peqdlab.preparation import Preparation, Template, Value
    from peqdlab.reagents import Reagents

_MG_PER_G: Final = Decimal(1000)


class Stoichiometry(NamedTuple):
    """What is in the vessel when the last reactant of the product has arrived, before reaction.

    ``ratios`` are by moles, acid and anion (amine and cation) together; ``limiting`` is the symbol of the ion that runs out first;
    ``ceiling_mmol`` and ``ceiling_mg`` are product if it is used up; ``idle`` is the share of each ion left outside the product.
    """

    ratios: dict[str, Decimal]
    limiting: str
    ceiling_mmol: Decimal
    ceiling_mg: Decimal
    idle: dict[str, Decimal]


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
    def blocking(self) -> tuple[Finding, ...]:
        """Return the errors that nobody has accepted with a reason."""
        return tuple(found for found in self.findings if found.severity == "error" and found.code not in self.accepted)


def make_plan(template: Template, reagents: Reagents, inputs: Inputs | None = None, accepted: dict[str, str] | None = None) -> Plan:
    """Return the plan of a template, findings included; it never raises for what the template says."""
    inputs = inputs or Inputs()
    books = book(template, reagents, inputs)
    stoichiometry = stoichiometry_of(template, books)
    findings = [*books.findings, *check_unverified(template)]
    if not books.incomplete:
        findings += check_labels(template, reagents, inputs, books, stoichiometry)
        findings += check_declared(template, books, reagents, inputs)
    return Plan(
        template, reagents, inputs, books, stoichiometry, _expected_mg(template, books), sort_findings(findings), dict(accepted or {})
    )


def stoichiometry_of(template: Template, books: Books) -> Stoichiometry | None:
    """Return the ratios when the last reactant has arrived; None where no product forms.

    Ceiling = min over the product's ions of n(ion) / ν(ion); the halide counts wherever it is bound. Where several preparations
    form the product, the ceiling is that of all, without what one passes on to the next; the rest is that of the last.
    """
    if not books.forming or template.product is None:
        return None
    ledger, ions = books.ledger, [(books.ledger.reagents.part_of(ion), ion, count) for ion, count in perovskite_ions(template.product)]
    ceiling = ZERO
    for run in books.forming:
        held = run.arrived
        present = {part: ledger.amount(held, part) for part, _, _ in ions}
        extents = {part: ARITHMETIC.divide(present[part], count) for part, _, count in ions}
        limiting = min(extents, key=extents.__getitem__)
        ceiling = ARITHMETIC.add(ceiling, ARITHMETIC.subtract(extents[limiting], held.species.get(template.product, ZERO)))
    mass = ARITHMETIC.multiply(ceiling, molar_mass(ledger.reagents.formula(template.product)))
    idle = {part: _idle(ARITHMETIC.divide(extents[part] - extents[limiting], extents[part])) for part in extents if present[part]}
    return Stoichiometry(_ratios(template, books, held, present, [ion for _, ion, _ in ions]), limiting, ceiling, mass, idle)


def _idle(share: Decimal) -> Decimal:
    """Return a share, the remainder of a division at 40 digits being none."""
    return share if share > DUST else ZERO


def _ratios(template: Template, books: Books, held: Contents, present: dict[str, Decimal], ions: list[str]) -> dict[str, Decimal]:
    reagents = books.ledger.reagents
    by_charge = {sign: [reagents.part_of(ion) for ion in ions if ion.endswith(sign)] for sign in ("+2", "+", "-")}
    metals = [reagents.part_of(ion) for ion in ions if "+2" in ion]
    if not metals:
        return {}
    metal = metals[0]
    ratios = {f"{metal}/{part}": (present[metal], present[part]) for part in by_charge["+"]}
    ratios |= {f"{part}/{metal}": (present[part], present[metal]) for part in by_charge["-"]}
    for species in template.shell:
        part = reagents.part_of(species)
        ratios[f"{part}/{metal}"] = (books.ledger.amount(held, part), present[metal])
    return {name: ARITHMETIC.divide(above, below) for name, (above, below) in ratios.items() if below}


def _expected_mg(template: Template, books: Books) -> Decimal | None:
    """Return the mass of product (mg) in the last preparation that holds it, with recovery as planned."""
    if template.product is None:
        return None
    for contents in reversed(books.finished.values()):
        if template.product in contents.species:
            n = contents.species[template.product]
            return ARITHMETIC.multiply(n, molar_mass(books.ledger.reagents.formula(template.product)))
    return None


# labels --------------------------------------------------------------------------------------------------------------


def check_labels(
    template: Template, reagents: Reagents, inputs: Inputs, books: Books, computed: Stoichiometry | None
) -> tuple[Finding, ...]:
    """Return a note for every stock whose label is off by 1 % or more, saying what the label would have given."""
    findings = []
    for preparation in template.preparations:
        for part, value in preparation.label:
            found = concentration(books, preparation, part)
            stated = value.quantity.value if value.quantity else ZERO
            off = label_difference(stated, found)
            if abs(off) >= REMARKABLE:
                with_label = book(template, reagents, inputs._replace(labels_hold=frozenset({preparation.name})))
                findings.append(_label_finding(template, books, preparation, (part, value), found, off, computed, with_label))
    return tuple(findings)


def concentration(books: Books, preparation: Preparation, part: str) -> Decimal:
    """Return mmol/mL of an element or group in a finished preparation; zero where it has no volume."""
    held = books.finished[preparation.name]
    volume = held.volume_ml
    return ARITHMETIC.divide(books.ledger.amount(held, part), volume) if volume else ZERO


def _label_finding(
    template: Template,
    books: Books,
    preparation: Preparation,
    label: tuple[str, Value],
    found: Decimal,
    off: Decimal,
    computed: Stoichiometry | None,
    with_label: Books,
) -> Finding:
    part, value = label
    stated = value.quantity.value if value.quantity else ZERO
    word = "less" if off > 0 else "more"
    message = (
        f"the label of {preparation.name} says {plain(stated)} mol/L {part}, mass and volume give {significant(found)} mol/L "
        f"({significant(abs(off) * 100, 2)} % {word})"
    )
    other = stoichiometry_of(template, with_label)
    if other is not None and computed is not None:
        shifts = [
            f"{name} {significant(ratio)} instead of {significant(computed.ratios[name])}"
            for name, ratio in other.ratios.items()
            if computed.ratios.get(name) and abs(ratio / computed.ratios[name] - 1) >= REMARKABLE
        ]
        if other.ceiling_mg != computed.ceiling_mg:
            shifts.append(f"a ceiling of {significant(other.ceiling_mg)} mg instead of {significant(computed.ceiling_mg)} mg")
        if shifts:
            message += f"; the label would give {', '.join(shifts)}"
    remedy = f'label = {{ {part} = "{significant(found, 3)} mol/L" }}'
    remedy += _weigh_instead(books, preparation, part, stated, found)
    return Finding("note", "S112", template.source.place(value.path), message, remedy, limit="label within 1 % of mass and volume")


def _weigh_instead(books: Books, preparation: Preparation, part: str, stated: Decimal, found: Decimal) -> str:
    """Return the other remedy: the mass of the one reagent that brings the labelled part, to make the label true."""
    uses = [use for run in books.steps if run.preparation.name == preparation.name for use in run.uses]
    bringing = [
        use
        for use in uses
        if use.reagent is not None and any(part in books.ledger.reagents.parts(species) for species, _ in use.reagent.delivers)
    ]
    if len(bringing) != 1 or bringing[0].mass_mg is None or bringing[0].volume_ml is not None or not found:
        return ""
    grams = bringing[0].mass_mg * stated / found / _MG_PER_G
    return f", or weigh {significant(grams, 4)} g {bringing[0].material.name} to make the label true"
