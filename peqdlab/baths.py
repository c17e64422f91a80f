"""What a bath or a plate does to a film of dots: the solvent, the salt, water, and heat, whoever typed the protocol."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from peqdlab.chemistry import perovskite_ions
from peqdlab.dispensing import delivered
from peqdlab.expressions import names_in
from peqdlab.findings import Finding
from peqdlab.general import REVIEW
from peqdlab.layers import brought_by
from peqdlab.ledger import Contents
from peqdlab.units import ARITHMETIC, ZERO, plain, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peqdlab.books import Books, StepRun
    from peqdlab.findings import Place
    from peqdlab.preparation import Material, Template
    from peqdlab.reagents import Reagent, Reagents

_JIA: Final = f"D. Jia et al., Joule 2022, 6, 1632, as told in {REVIEW}"
_AQOMA: Final = f"H. Aqoma et al., Nat. Energy 2024, 9, 324, doi:10.1038/s41560-024-01450-9, as told in {REVIEW}"
_WHEELER: Final = f"L. M. Wheeler et al., J. Am. Chem. Soc. 2018, 140, 10504, as told in {REVIEW}"
_LI: Final = "F. Li et al., ACS Energy Lett. 2019, 4, 2571, abstract, doi:10.1021/acsenergylett.9b01920"
# Hydrogen-bond acidity (Catalán's SA): 2-pentanol, the best soak known, has 0.204, 2-propanol, the strongest donor in a bath that was
# read, 0.283, 1-butanol 0.341, ethanol 0.4. The lines between them are this program's own, no published limits.
SOAK_ACIDITY: Final = Decimal("0.21")
ANY_ACIDITY: Final = Decimal("0.35")
_DONATES: Final = Decimal("0.1")  # below: esters, toluene, acetonitrile; above: alcohols
_MOST_POLAR: Final = Decimal("20.2")  # relative permittivity; that of 2-propanol is 20.18
_COUNTS: Final = Decimal("0.05")  # of the volume of a bath: a liquid below it is not what decides
_A_ALONE: Final = Decimal("0.9")  # of the A sites: a film of dots with this one cation
_ROOM_C: Final = Decimal(25)
_ESTERS: Final = ("MeOAc", "EtOAc")
_OTHER_CATIONS: Final = ("FA+", "MA+", "GA+", "PEA+", "choline+")


class Bath(NamedTuple):
    """What a film meets at a step: its name, what it holds, what was put into it, and whether the whole stack is soaked in it.

    ``film`` is what is on the substrates; of a film from elsewhere that nothing feeds, the product that it is said to be.
    """

    run: StepRun
    film: Contents
    name: str
    held: Contents
    materials: tuple[Material, ...]
    is_soak: bool

    def place(self, template: Template, name: str) -> tuple[Place, bool]:
        """Return where a material is put into the bath; the step that uses the bath, and False, where that is not known."""
        found = next((material.path for material in self.materials if material.name == name), None)
        return template.source.place(found or self.run.step.path), found is not None


def check_baths(template: Template, books: Books, reagents: Reagents) -> tuple[Finding, ...]:
    """Return a finding for every bath, rinse or plate that is known to harm a film of dots, or to do nothing for it.

    A bath is judged once for each preparation of substrates. Sources and scope stand in each finding. Not judged: how long it takes,
    how much of a salt there is, and solvents without a figure on file, which are named.
    """
    findings: list[Finding] = []
    for bath in _baths(template, books):
        findings += [*_solvent(bath, template, reagents), *_salt(bath, template), *_water(bath, template)]
    return (*findings, *_plates(template, books))


# what is met ---------------------------------------------------------------------------------------------------------


def _baths(template: Template, books: Books) -> Iterator[Bath]:
    """Yield every bath, flood and rinse that meets dots on substrates, once for each preparation."""
    said: set[tuple[str, str, str]] = set()
    for run in books.steps:
        wet, made = run.step.verb.name, run.preparation
        film = _film(run, template)
        if wet not in ("dip", "flood", "rinse") or not made.vessel.is_substrates or not film.species:
            continue
        is_soak = wet != "rinse" and all(step.verb.books != "coat" for step in made.steps)
        name = run.step.value.text if wet == "dip" and run.step.value else " + ".join(use.material.name for use in run.uses)
        if (made.name, wet, name) in said:
            continue
        said.add((made.name, wet, name))
        yield Bath(run, film, name, _held(run, books), _materials(run, template), is_soak)


def _film(run: StepRun, template: Template) -> Contents:
    """Return the dots on the substrates at a step."""
    there = {product: run.arrived.species[product] for product in template.products if product in run.arrived.species}
    if there:
        return Contents(there)
    started = [step.text_of("") for step in run.preparation.steps if step.verb.books == "start"]
    products = [template.needs[name].product for name in started if name in template.needs]
    return Contents({product: Decimal(1) for product in products if product})


def _held(run: StepRun, books: Books) -> Contents:
    """Return what a wet step brings to the film: a bath that was made, or what is poured."""
    if run.step.verb.name == "dip":
        return books.finished.get(run.step.text_of(""), Contents())
    poured = Contents()
    for use in run.uses:
        if use.material.is_preparation:
            poured.book(books.finished.get(use.material.name, Contents()), 1)
        elif use.reagent is not None:
            poured.book(delivered(use, books.ledger.reagents), 1)
    return poured


def _materials(run: StepRun, template: Template) -> tuple[Material, ...]:
    """Return the materials of a wet step, and of the preparations that it draws on."""
    own = run.step.materials
    names = [run.step.text_of("")] if run.step.verb.name == "dip" else [material.name for material in own if material.is_preparation]
    made = [template.preparation(name) for name in names]
    return (*own, *(material for each in made if each for step in each.steps for material in step.materials))


def _a_shares(held: Contents, template: Template) -> dict[str, Decimal]:
    """Return the share of each cation among the A sites of the dots in contents; nothing where there are none."""
    amounts: dict[str, Decimal] = {}
    for product in template.products:
        for name, n in perovskite_ions(product) if product in held.species else ():
            if name in ("Cs+", "FA+", "MA+"):
                amounts[name] = amounts.get(name, ZERO) + ARITHMETIC.multiply(held.species[product], n)
    total = sum(amounts.values(), ZERO)
    return {name: ARITHMETIC.divide(n, total) for name, n in amounts.items()} if total else {}


# the solvent ---------------------------------------------------------------------------------------------------------


def _solvent(bath: Bath, template: Template, reagents: Reagents) -> Iterator[Finding]:
    """Yield what there is to say of the solvents of a bath: each of those that make up a twentieth of it or more."""
    total = bath.held.volume_ml
    liquids = [reagents.find(key) for key, volume in bath.held.liquids.items() if volume >= ARITHMETIC.multiply(total, _COUNTS)]
    liquids = [liquid for liquid in liquids if liquid.key != "H2O" or not any(name in bath.held.liquids for name in _ESTERS)]
    acidity = {liquid.key: liquid.hydrogen_bond_acidity.quantity.value for liquid in liquids if liquid.hydrogen_bond_acidity}
    donor = max((liquid for liquid in liquids if liquid.key in acidity), key=lambda liquid: acidity[liquid.key], default=None)
    if donor is not None and acidity[donor.key] > (SOAK_ACIDITY if bath.is_soak else ANY_ACIDITY):
        yield _too_acid(bath, donor, template, reagents)
    elif bath.is_soak:
        yield from _mild(bath, liquids, template, reagents)


def _too_acid(bath: Bath, donor: Reagent, template: Template, reagents: Reagents) -> Finding:
    is_strong = donor.hydrogen_bond_acidity is not None and donor.hydrogen_bond_acidity.quantity.value > ANY_ACIDITY
    code, severity, limit = ("F102", "error", ANY_ACIDITY) if is_strong else ("F101", "warning", SOAK_ACIDITY)
    place, is_known = bath.place(template, donor.key)
    bound = f"hydrogen-bond acidity (Catalán SA) <= {plain(limit)}"
    message = (
        f"the film meets {_named(donor.key, bath)} at step {bath.run.n}: its {_figures(donor)}, wanted at most {plain(limit)}; "
        "strong hydrogen-bond donors protonate the carboxylates of the shell and take the dots apart or into the yellow phase"
    )
    remedy = f"at {place} write 2-pentanol for {donor.key}, or EtOAc" if is_known else "fill it with 2-pentanol or EtOAc"
    scope = "CsPbI3 film, whole stack soaked for about 10 s; the line is ours, between 2-pentanol (0.204, works) and the stronger donors"
    if severity == "error":
        scope = "films of CsPbI3 dots; the line is ours: 2-propanol (0.283) with salts is in use on layers, ethanol (0.4) is not"
    return Finding(severity, code, place, message, remedy, bound, _sources(donor, reagents), scope)  # type: ignore[arg-type]


def _mild(bath: Bath, liquids: list[Reagent], template: Template, reagents: Reagents) -> Iterator[Finding]:
    """Yield notes on a soak in what donates little: not on file, more polar than any bath read, or too weak alone."""
    acidity = [liquid.hydrogen_bond_acidity.quantity.value for liquid in liquids if liquid.hydrogen_bond_acidity]
    unknown = [liquid.key for liquid in liquids if not liquid.hydrogen_bond_acidity]
    polar = [liquid for liquid in liquids if liquid.permittivity and liquid.permittivity.quantity.value > _MOST_POLAR]
    for key in unknown:
        place, _ = bath.place(template, key)
        message = f"the film is soaked in {key} at step {bath.run.n}, whose hydrogen-bond acidity is not on file: it is not judged"
        remedy = f"at {place} write 2-pentanol for {key}, or EtOAc, or try it on a spare film"
        yield Finding("note", "F103", place, message, remedy, None, _JIA, "soaks of CsPbI3 films")
    for liquid in polar:
        place, _ = bath.place(template, liquid.key)
        message = (
            f"the film is soaked in {liquid.key} at step {bath.run.n}: its {_figures(liquid)}, wanted at most {plain(_MOST_POLAR)}, that "
            "of 2-propanol, the most polar bath read; the more polar, the more of the shell and of the dots' own ions it sets free"
        )
        bound = f"relative permittivity <= {plain(_MOST_POLAR)}"
        remedy = f"at {place} write 2-pentanol for {liquid.key}, or EtOAc"
        scope = "soaks of CsPbI3 films; no limit is published"
        yield Finding("note", "F104", place, message, remedy, bound, _sources(liquid, reagents), scope)
    known = liquids and not unknown and all(value < _DONATES for value in acidity)
    if known and not polar and not set(bath.held.species) - {name for liquid in liquids for name, _ in liquid.delivers}:
        place, _ = bath.place(template, liquids[0].key)
        message = (
            f"the film is soaked in {liquids[0].key} alone at step {bath.run.n}: its {_figures(liquids[0])}; it binds too weakly to "
            "oleylammonium to take it off, and was the control: 13.98 %, against 14.86 % in 2-pentanol"
        )
        remedy = f"at {place} write 2-pentanol for {liquids[0].key}, unless it is the control"
        yield Finding("note", "F105", place, message, remedy, None, _sources(liquids[0], reagents), "CsPbI3 film, soak without a salt")


def _named(liquid: str, bath: Bath) -> str:
    return liquid if bath.name == liquid else f"{liquid} in {bath.name}"


def _sources(liquid: Reagent, reagents: Reagents) -> str:
    """Return who says what the solvent does, and where its figures are from."""
    tags = [figure.source for figure in (liquid.hydrogen_bond_acidity, liquid.permittivity) if figure]
    cited: dict[str, str] = reagents.data["sources"]
    return "; ".join((_JIA, *(cited.get(tag, tag) for tag in tags)))


def _figures(liquid: Reagent) -> str:
    """Return the two figures of a solvent as far as they are on file."""
    acid, polar = liquid.hydrogen_bond_acidity, liquid.permittivity
    told = [f"hydrogen-bond acidity is {acid.text}"] if acid else []
    return " and its ".join([*told, *([f"relative permittivity is {polar.text}"] if polar else [])])


# salts and water -----------------------------------------------------------------------------------------------------


def _salt(bath: Bath, template: Template) -> Iterator[Finding]:
    species, shares = bath.held.species, _a_shares(bath.film, template)
    iodide = "FA+" in species and "I-" in species and "MA+" not in species
    if iodide and shares.get("FA+", ZERO) >= _A_ALONE and not _is_declared(bath, template):
        place, is_known = bath.place(template, "FAI")
        message = (
            f"{bath.name} brings FA and iodide without MA to a film of FAPbI3 at step {bath.run.n}: FAI alone gave the yellow delta phase "
            "and a lower voltage; MAI beside it kept the black phase"
        )
        remedy = 'after FAI there add MAI = "= n.FA [unverified]", as much by mole' if is_known else "fill the bath with FAI and MAI"
        scope = "FAPbI3, iodides in 2-propanol, layer by layer; how much MAI is needed is not in the review"
        yield Finding("warning", "F106", place, message, remedy, None, _AQOMA, scope)
    if bath.is_soak and "Cs+" in species and not any(name in species for name in _OTHER_CATIONS):
        salt = next((material for material in bath.materials if material.name.startswith("Cs")), None)
        place = template.source.place(salt.path if salt else bath.run.step.path)
        message = f"{bath.name} soaks the film in a salt of Cs at step {bath.run.n}: little of it dissolves, and Cs moves slowly"
        remedy = f"at {place} write FAI for {salt.name}" if salt else "fill the bath with FAI"
        yield Finding("note", "F107", place, message, remedy, None, REVIEW, "CsPbI3 film, AX in EtOAc, 10 s")


def _is_declared(bath: Bath, template: Template) -> bool:
    """Return whether a check of the template asks the value that sets the MAI of this bath."""
    amounts = [material.amount for material in bath.materials if material.name == "MAI"]
    names = {name for amount in amounts if amount and amount.expression for name in names_in(amount.expression)}
    return any(names & set(names_in(check.want)) for check in template.checks)


def _water(bath: Bath, template: Template) -> Iterator[Finding]:
    if "H2O" not in bath.held.liquids or not any(name in bath.held.liquids for name in _ESTERS):
        return
    place, is_known = bath.place(template, "H2O")
    share = ARITHMETIC.multiply(ARITHMETIC.divide(bath.held.liquids["H2O"], bath.held.volume_ml), Decimal(100))
    message = (
        f"{bath.name} is an ester with {share:.2g} % of water at step {bath.run.n}: dry MeOAc with water added, in a dry room, did not "
        "make comparable cells; it is the moisture at the surface of the dots that helps, not what the ester gives off"
    )
    remedy = f"at {place} take H2O out, and bring the room to 19 to 24 % RH" if is_known else "take a dry bottle"
    yield Finding("warning", "F108", place, message, remedy, None, _WHEELER, "neat MeOAc, CsPbI3 film")


# heat ----------------------------------------------------------------------------------------------------------------


def _plates(template: Template, books: Books) -> Iterator[Finding]:
    """Yield a warning for every plate above room temperature under a film of layers whose A sites differ."""
    films: dict[str, list[dict[str, Decimal]]] = {}
    for run in books.steps:
        made, verb = run.preparation, run.step.verb
        if not made.vessel.is_substrates:
            continue
        if verb.books == "start" and run.step.value is not None:
            films[made.name] = [*films.get(made.name, []), *films.get(run.step.value.text, [])]
        elif verb.books == "coat":
            coated = _a_shares(brought_by(run, books), template)
            films[made.name] = [*films.get(made.name, []), *([coated] if coated else [])]
        elif verb.name == "anneal" and (run.temperature_c or ZERO) > _ROOM_C and _differ(films.get(made.name, [])):
            yield _mixes(run, template)


def _differ(layers: list[dict[str, Decimal]]) -> bool:
    names = {name for layer in layers for name in layer}
    shares = [[layer.get(name, ZERO) for layer in layers] for name in names]
    return any(max(each) - min(each) > 1 - _A_ALONE for each in shares)


def _mixes(run: StepRun, template: Template) -> Finding:
    value = run.step.value
    node = value.expression if value else None
    place = template.source.place(value.path if value else run.step.path)
    hot = show(run.values[""]) if "" in run.values else "a plate"
    message = f"layers of different A sites are heated to {hot} at step {run.n}: their cations mix, and the junction becomes a gradient"
    parameter = node.text if node is not None and node.kind == "name" and node.text in template.parameters else ""
    remedy = f"--set {parameter}={plain(_ROOM_C)}C, or leave the plate out" if parameter else f"take the anneal at {place} out"
    scope = "CsPbI3 and FAPbI3 layers, annealed on purpose; no temperature below which they stay apart was found"
    return Finding("warning", "F109", place, message, remedy, f"anneal <= {plain(_ROOM_C)} °C", _LI, scope)
