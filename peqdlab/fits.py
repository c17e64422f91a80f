"""Whether what feeds a need is what the need asks for: its product, its liquid, a film or none; and whether its ligands are reached."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from peqdlab.chemistry import FormulaError, perovskite_ions
from peqdlab.expressions import judge, names_in
from peqdlab.films import DRIES_BELOW_C
from peqdlab.findings import Finding, either, suggest
from peqdlab.fitting import said, that_reach, that_take
from peqdlab.general import REVIEW
from peqdlab.language import DOUBTFUL
from peqdlab.units import ARITHMETIC, RATIO, ZERO, Quantity, restate, significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from peqdlab.books import Books
    from peqdlab.findings import Severity
    from peqdlab.ledger import Contents
    from peqdlab.preparation import Check, Exchange, Need, Template
    from peqdlab.reagents import Reagents

_RH_STEPS: Final = 1000  # airs that are tried: 0 to 100 % RH
_RH_STEP: Final = Decimal(1) / _RH_STEPS


def check_feeds(template: Template, books: Books) -> tuple[Finding, ...]:
    """Return a finding for every need that is fed with something else than it says: no product, another one, another liquid, no film."""
    findings: list[Finding] = []
    told: set[tuple[str | None, ...]] = set()  # said once of each product and what it is not, though a chain has many needs
    for need, feeding, taker in template.fed:
        for finding in _Fed(template, books, need, feeding, taker).findings():
            about = (finding.code, finding.limit, finding.message.partition(": ")[2])
            findings += [] if finding.code in ("N108", "N109") and about in told else [finding]
            told.add(about)
    return tuple(findings)


class _Fed:
    """One need of a plan with what feeds it."""

    def __init__(self, template: Template, books: Books, need: Need, feeding: str, taker: Template) -> None:
        self.template, self.books, self.need, self.feeding, self.taker = template, books, need, feeding, taker
        self.held = books.finished.get(feeding)
        self.made = template.preparation(feeding)
        self.name = f"{taker.family}/{taker.variant}"
        self.taking = f"{feeding} feeds {need.name} of {taker.variant}"
        self.instead = "" if feeding in (need.name, *need.names) else f", without --use {need.name}={feeding}"

    def findings(self) -> Iterator[Finding]:
        if self.held is None or self.need.product is None:
            return
        products = products_in(self.held)
        misplaced = self._film(products)
        if misplaced is not None:
            yield misplaced
        elif not products:
            yield self._without_product()
        else:
            yield from self._product(self.need.product, products)
            yield from self._liquid(self.held, products)

    def _found(
        self, severity: Severity, code: str, message: str, remedy: str, limit: str = "", source: str = "", scope: str = ""
    ) -> Finding:
        place = self.template.source.place(self.need.path)
        return Finding(severity, code, place, message, remedy, limit or None, source or None, scope or None)

    def _without_product(self) -> Finding:
        wanted = " or ".join(self.template.products)
        message = f"{self.feeding} feeds {self.need.name} ({self.need.what}), but holds no {wanted}"
        with_product = [name for name, other in self.books.finished.items() if products_in(other)]
        remedy = f"feed it with what does; {suggest('', with_product)}" if with_product else "feed it with what does"
        return self._found("error", "N105", message, remedy)

    # films and colloids ----------------------------------------------------------------------------------------------

    def _film(self, products: tuple[str, ...]) -> Finding | None:
        """Return an error where a film is wanted and none is there, or a film is there where a colloid is wanted."""
        films = [made for made in self.template.preparations if made.vessel.is_substrates]
        starts = [step.value for made in films for step in made.steps if step.verb.books == "start"]
        wants_film = any(value is not None and value.text == self.feeding for value in starts)
        if self.made is None or self.made.vessel.is_substrates == wants_film:
            return None
        if wants_film:
            message = f"{self.taking}, which goes on with a film: {self.feeding} is in {self.made.vessel.text}"
            rows = that_take(products, making=(self.need.name, *self.need.names), from_colloid=True)
            remedy = f"put {said(rows, 3) or 'a protocol that coats it'} in front of {self.name}{self.instead}"
        else:
            message = f"{self.taking}, which takes a colloid: {self.feeding} lies on the substrates"
            colloids = [made.name for made in self.template.preparations if made not in films and self._has_product(made.name)]
            remedy = f"--use {self.need.name}={colloids[-1]}" if colloids else f"leave {self.name} out"
        return self._found("error", "N112", message, remedy)

    def _has_product(self, name: str) -> bool:
        return name in self.books.finished and bool(products_in(self.books.finished[name]))

    # product ---------------------------------------------------------------------------------------------------------

    def _product(self, wanted: str, products: tuple[str, ...]) -> Iterator[Finding]:
        if "any" in self.need.also:
            return
        accepted = (wanted, *self.need.also)
        grades = {_grade(product, accepted) for product in products} if not _is_blend(products, accepted) else {"same"}
        shown = f"it holds {' and '.join(products)}, where {either(accepted)} is wanted"
        message, scope = f"{self.taking}: {shown}", f"shown for {wanted}"
        cite = self.taker.citations.get(self.taker.default_source)
        told = {"limit": either(accepted), "source": cite.cite if cite else self.taker.default_source, "scope": scope}
        if grades == {"same"}:
            return
        if "halide" in grades or (grades == {"other"} and self._is_assumed()):
            remedy = self._instead(products, "try it on one substrate first, and log how it looks")
            yield self._found("warning", "N108", message, remedy, **told)
        elif grades == {"other"}:
            yield self._found("error", "N107", message, self._instead(products, self._another_synthesis(wanted)), **told)
        else:
            yield self._found("note", "N109", f"{self.taking}: a blend, {shown}", "nothing, or watch the first layer", **told)

    def _is_assumed(self) -> bool:
        """Return whether the need's product is marked as one that no source says."""
        path = (*self.need.path, "product")
        return any(tag in DOUBTFUL for at, tag in self.template.tags if at == path)

    def _instead(self, products: tuple[str, ...], otherwise: str) -> str:
        """Return what fits in the place of the taker: variants of its family that take these dots."""
        rows = that_take(products, as_=(self.need.name, *self.need.names), making=(self.taker.preparations[-1].name,))
        mine = [row for row in rows if row["protocol"].startswith(f"{self.taker.family}/")]
        return f"take {said(mine)} in the place of {self.name}" if mine else otherwise

    def _another_synthesis(self, wanted: str) -> str:
        rows = that_take((), making=(self.need.name, *self.need.names, "dots"), forming=wanted)
        return f"take dots of {wanted}, as of {said(rows)}" if rows else f"take dots of {wanted}"

    # liquid ----------------------------------------------------------------------------------------------------------

    def _liquid(self, held: Contents, products: tuple[str, ...]) -> Iterator[Finding]:
        need, liquids = self.need, held.liquids
        if not need.liquid or not liquids or (self.made is not None and self.made.vessel.is_substrates):
            return
        main = max(liquids, key=lambda name: liquids[name])
        wanted, find = (need.liquid, *need.liquids), self.books.ledger.reagents.find
        keys = [find(name).key for name in wanted]
        if main == keys[0]:
            return
        said_of, taken = f"{main}{self._with_acid(held)}", f"{self.taker.variant} takes {need.name} in {either(wanted)}"
        if main in keys or (not need.liquids and self._dries(main) >= self._dries(keys[0])):
            message = f"{self.feeding} is in {main}, {self.taker.variant} says {need.liquid} for its {need.name}"
            scope = "how thick a layer gets and how fast it dries follow the liquid: calibrate" if self._is_coated() else ""
            yield self._found("note", "N111", message, f"nothing, or take it up in {need.liquid}", either(wanted), scope=scope)
            return
        rows = that_take(products, making=(need.name, *need.names), liquid=main)
        wash = f"wash it first: put {said(rows, 3)} in front of {self.name}{self.instead}" if rows else ""
        remedy = self._less_left(main, need.liquid) or wash or f"take it up in {either(wanted)}"
        yield self._found("error", "N110", f"{self.feeding} is in {said_of}; {taken}", remedy, either(wanted))

    def _less_left(self, main: str, wanted: str) -> str:
        """Return how little liquid would have to be left with the pellet for the liquid of the ink to be most of it again."""
        spins = [step for step in (self.made.steps if self.made else ()) if step.value_of("wet") is not None]
        node = spins[-1].value_of("wet").expression if spins else None  # type: ignore[union-attr]
        name = node.text if node is not None and node.kind == "name" else ""
        now, liquids = self.books.parameters.get(name), self.held.liquids if self.held else {}
        there = max((volume for key, volume in liquids.items() if key != main and self._dries(key)), default=ZERO)
        if now is None or not self._dries(main) or not there:
            return ""
        fewer = now._replace(value=Decimal(f"{ARITHMETIC.divide(now.value * there, 2 * liquids[main]):.0e}"))
        return f"leave less of {main} with the pellet: --set {name}={restate(fewer).replace(' ', '')}; wanted is {wanted}"

    def _dries(self, liquid: str) -> bool:
        """Return whether a liquid leaves a thin film: what needs list no other liquids for is taken where it is no worse than their own."""
        boils = self.books.ledger.reagents.find(liquid).boiling_point
        return boils is not None and boils.quantity.value < DRIES_BELOW_C

    def _is_coated(self) -> bool:
        coats = [step for made in self.template.preparations for step in made.steps if step.verb.books == "coat"]
        return any(material.name == self.feeding for step in coats for material in step.materials)

    def _with_acid(self, held: Contents) -> str:
        """Return how much oleic acid comes with each lead, where any does."""
        acid, lead = (self.books.ledger.amount(held, part) for part in ("OA", "Pb"))
        return f" and holds {significant(ARITHMETIC.divide(acid, lead), 2)} mmol OA per mmol Pb" if acid and lead else ""


@lru_cache(maxsize=256)
def _ions(name: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the A-site ions and the halides of a perovskite; none for any other species."""
    try:
        ions = [ion for ion, _ in perovskite_ions(name)]
    except FormulaError:
        return frozenset(), frozenset()
    return frozenset(ion for ion in ions if ion.endswith("+")), frozenset(ion for ion in ions if ion.endswith("-"))


def products_in(held: Contents) -> tuple[str, ...]:
    """Return the perovskites among the species of contents."""
    return tuple(name for name in held.species if len(name) > 4 and all(_ions(name)))


def _is_blend(products: tuple[str, ...], accepted: tuple[str, ...]) -> bool:
    """Return whether dots side by side have together the ions of a product that is accepted: CsPbI3 and CsPbBr3 are CsPbI2Br."""
    together = tuple(frozenset[str]().union(*(_ions(product)[site] for product in products)) for site in (0, 1))
    return any(_ions(name) == together for name in accepted)


def _grade(product: str, accepted: tuple[str, ...]) -> str:
    """Return how a product stands to those that are accepted: the same, mixed (A sites shared), another halide, or other."""
    if product in accepted:
        return "same"
    a, x = _ions(product)
    near = [_ions(name) for name in accepted if _ions(name)[0] & a]
    if not near:
        return "other"
    return "mixed" if any(halides == x for _, halides in near) else "halide"


# ligands -------------------------------------------------------------------------------------------------------------


def check_exchanges(template: Template, reagents: Reagents) -> tuple[Finding, ...]:
    """Return a finding for every shell of a chain that is not reached there, or needs no exchange any more, and where no one air fits."""
    return tuple(found for exchange in template.exchanges for found in (*_exchanged(exchange, reagents), *_airs(exchange)))


def _exchanged(exchange: Exchange, reagents: Reagents) -> Iterator[Finding]:
    first, origin = exchange.by[0], exchange.origin
    place = first.source.place((first.variant, "reaches"))
    if exchange.before:
        shell = " and ".join(exchange.shell)
        message = f"{first.variant} is to exchange ligands of {origin.variant}, whose ink has had its exchange: its shell is {shell}"
        remedy = f"leave {first.family}/{first.variant} out"
        yield Finding("warning", "N115", place, message, remedy, None, f"{REVIEW} (4.3)", "one coat of such an ink is the film")
        return
    reached = {_kind(name, reagents) for taker in exchange.by for name in taker.reaches}
    missing = [name for name in exchange.shell if _kind(name, reagents) not in reached]
    if not missing:
        return
    left, off = " and ".join(missing), " and ".join(dict.fromkeys(name for taker in exchange.by for name in taker.reaches))
    by, remedy = " and ".join(taker.variant for taker in exchange.by), _reaching(exchange, missing, reagents)
    source = f"{REVIEW} (4.1)" if all(reagents.formula(name).charge > 0 for name in missing) else None
    if len(missing) == len(exchange.shell):
        message = f"{by} alone is not enough for {left}, of which the shell of {origin.variant} mostly is: it takes off {off}"
        scope = "dots of a route with ammonium iodide in excess: an amine or an ammonium salt has to be added" if source else None
        yield Finding("warning", "N113", place, message, remedy, f"{left} reached", source, scope)
    else:
        message = f"{left} of the shell of {origin.variant} stays: {by} takes off {off}"
        scope = "the usual film of dots of the binary route" if source else None
        yield Finding("note", "N114", place, message, f"{remedy}; or nothing", None, source, scope)


def _kind(name: str, reagents: Reagents) -> tuple[Decimal, frozenset[str]]:
    """Return the kind of a ligand: its charge, and the elements that it is made of; carboxylates are one kind, ammonium ions another."""
    formula = reagents.formula(name)
    return ZERO + formula.charge, frozenset(formula.elements)


def _reaching(exchange: Exchange, missing: Iterable[str], reagents: Reagents) -> str:
    """Return what would reach them: a soak behind, or another variant in the place of the first exchange."""
    wanted, first, last = {_kind(name, reagents) for name in missing}, exchange.by[0], exchange.by[-1]
    needed = [need.product for need in last.needs.values() if need.product]
    products = [exchange.origin.product] if exchange.origin.product else needed
    made, own = [row.name for row in last.preparations], {name for name, need in first.needs.items() for name in (name, *need.names)}

    soaks, others = that_reach(products, as_=made), that_reach(products, as_=own)
    kinds = {name: _kind(name, reagents) for name in {name for row in (*soaks, *others) for name in row["reaches"]}}  # each once: few names

    def reach(row: dict[str, list[str]]) -> bool:
        return wanted <= {kinds[name] for name in row["reaches"]}

    soaks = [row for row in soaks if reach(row)]
    others = [row for row in others if reach(row) and str(row["protocol"]).startswith(f"{first.family}/")]
    ways = [f"put {said(soaks, 2)} behind {last.family}/{last.variant}"] if soaks else []
    ways += [f"take {said(others, 2)} in the place of {first.family}/{first.variant}"] if others else []
    return ", or ".join(ways) or "add a bath that reaches it"


def _airs(exchange: Exchange) -> Iterator[Finding]:
    """Yield a warning where two exchanges of one film want airs that no one room has: their own conditions for its humidity say so."""
    wanting = [(taker, checks) for taker in exchange.by if (checks := _of_humidity(taker))]
    for (first, before), (later, behind) in pairwise(wanting):
        if any(all(_holds(check, _RH_STEP * n) for check in (*before, *behind)) for n in range(_RH_STEPS + 1)):
            continue
        said_first, said_later = (", ".join(row.want_text for row in checks) for checks in (before, behind))
        message = f"{first.variant} wants {said_first}, {later.variant} behind it {said_later}: no one room has both"
        remedy = f"bring the room from one to the other between them and log both, or leave {later.family}/{later.variant} out"
        yield Finding("warning", "N118", later.source.place(behind[0].path), message, remedy)


def _of_humidity(template: Template) -> list[Check]:
    return [row for row in template.checks if set(names_in(row.want)) == {"room.RH"}]


def _holds(check: Check, humidity: Decimal) -> bool:
    return judge(check.want, lambda _: Quantity(humidity, RATIO)).holds
