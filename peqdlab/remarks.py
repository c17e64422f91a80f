"""What is printed on bottles, compared with the books: labels of stocks, and grades of reagents."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from peqdlab.booking import book
from peqdlab.checks import REMARKABLE, cited, label_difference
from peqdlab.findings import Doubt, Finding
from peqdlab.forming import until_formed
from peqdlab.stoichiometry import concentration, stoichiometry_of
from peqdlab.units import RATIO, ZERO, parse_quantity, plain, significant

if TYPE_CHECKING:
    from peqdlab.books import Books, Inputs
    from peqdlab.preparation import Preparation, Template, Value
    from peqdlab.reagents import Reagents
    from peqdlab.stoichiometry import Stoichiometry

_MG_PER_G: Final = Decimal(1000)


def check_followers(template: Template) -> tuple[Finding, ...]:
    """Return a warning for every protocol that names what has to come behind it, where the plan goes on without that."""
    findings = []
    for index, part in enumerate(template.parts[:-1]):
        behind = {later.template.variant for later in template.parts[index + 1 :]}
        for name, why in part.template.then:
            if name.partition("/")[2] in behind:
                continue
            message = f"{part.template.family}/{part.template.variant} goes on without {name}: {why.text}"
            place = part.template.source.place(why.path)
            source = cited(part.template.citations, why.source)
            remedy = f"put {name} behind {part.template.family}/{part.template.variant}, in place of another purification"
            findings.append(Finding("warning", "N119", place, message, remedy, source=source))
    return tuple(findings)


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
                with_label = _ratios_with(template, reagents, inputs._replace(labels_hold=frozenset({preparation.name})), books)
                findings.append(_label_finding(template, books, preparation, (part, value), found, off, computed, with_label))
    return tuple(findings)


def _label_finding(
    template: Template,
    books: Books,
    preparation: Preparation,
    label: tuple[str, Value],
    found: Decimal,
    off: Decimal,
    computed: Stoichiometry | None,
    with_label: Stoichiometry | None,
) -> Finding:
    part, value = label
    stated = value.quantity.value if value.quantity else ZERO
    word = "less" if off > 0 else "more"
    message = (
        f"the label of {preparation.name} says {plain(stated)} mol/L {part}, mass and volume give {significant(found)} mol/L "
        f"({significant(abs(off) * 100, 2)} % {word})"
    )
    shifts = _shifts(computed, with_label)
    if shifts:
        message += f"; the label would give {', '.join(shifts)}"
    remedy = f'label = {{ {part} = "{significant(found, 3)} mol/L" }}'
    remedy += _weigh_instead(books, preparation, part, stated, found)
    return Finding("note", "S112", template.source.place(value.path), message, remedy, limit="label within 1 % of mass and volume")


def _ratios_with(template: Template, reagents: Reagents, inputs: Inputs, books: Books) -> Stoichiometry | None:
    """Return what would meet with other inputs, booked as far as the last reactant arrives; None where no product forms."""
    if not books.forming:
        return None
    part = until_formed(template, books.forming[-1])
    return stoichiometry_of(part, book(part, reagents, inputs))


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


def _shifts(computed: Stoichiometry | None, other: Stoichiometry | None) -> list[str]:
    """Return what would change by 1 % or more: ratios, and the ceiling."""
    if computed is None or other is None:
        return []
    shifts = [
        f"{name} {significant(ratio)} instead of {significant(computed.ratios[name])}"
        for name, ratio in other.ratios.items()
        if computed.ratios.get(name) and abs(ratio / computed.ratios[name] - 1) >= REMARKABLE
    ]
    if computed.ceiling_mg and abs(other.ceiling_mg / computed.ceiling_mg - 1) >= REMARKABLE:
        shifts.append(f"a ceiling of {significant(other.ceiling_mg)} mg instead of {significant(computed.ceiling_mg)} mg")
    return shifts


def check_grades(
    template: Template, reagents: Reagents, inputs: Inputs, books: Books, computed: Stoichiometry | None
) -> tuple[Finding, ...]:
    """Return a note where the printed grades, taken as assays, would change a ratio by 1 % or more; taken as pure they are not."""
    grades = {
        use.reagent.key: (use.material.grade, share)
        for run in books.steps
        for use in run.uses
        if use.reagent is not None and use.material.assay is None and use.reagent.key not in inputs.assays
        if (share := _share(use.material.grade)) is not None
    }
    if not grades:
        return ()
    assays = {**inputs.assays, **{key: share for key, (_, share) in grades.items()}}
    shifts = _shifts(computed, _ratios_with(template, reagents, inputs._replace(assays=assays), books))
    if not shifts:
        return ()
    printed = ", ".join(f"{key} {grade}" for key, (grade, _) in grades.items())
    message = f"reagents are taken as pure; the printed grades ({printed}) would give {', '.join(shifts)}"
    remedy = " ".join(f"--assay {key}={plain(share * 100)}%" for key, (_, share) in grades.items())
    place = template.source.place((template.variant,))
    return (Finding("note", "S113", place, message, remedy, limit="grades within 1 % of the ratios taken as pure"),)


def _share(grade: str) -> Decimal | None:
    """Return the mass fraction that a printed grade such as ``OAm, 70 %`` or ``99 %`` names; None where it names none."""
    found = re.search(r"\d+(?:\.\d+)?\s*%", grade)
    try:
        quantity = parse_quantity(found[0]) if found else None
    except Doubt:
        return None
    return quantity.value if quantity and quantity.dimension == RATIO and 0 < quantity.value <= 1 else None
