"""One variant of a protocol file becomes a template: the readers of preparation, step, material and check."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from peqdlab import language
from peqdlab.chemistry import FormulaError, Reaction, imbalance, parse_reaction, perovskite_ions
from peqdlab.codes import CODES
from peqdlab.expressions import names_in, way_back
from peqdlab.findings import Doubt, suggest
from peqdlab.inherit import Overlay, inherited
from peqdlab.moment_reader import ASKED_OF_THE_ROOM, MomentReader
from peqdlab.preparation import Check, Need, Parameter, Preparation, Template, Value, Vessel
from peqdlab.units import plain
from peqdlab.values import has_bare_ends, parse_vessel

if TYPE_CHECKING:
    from peqdlab.family import Family
    from peqdlab.findings import Finding
    from peqdlab.reagents import Reagents
    from peqdlab.source import KeyPath, Source

_CHECK_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*\Z", re.IGNORECASE)


def read_template(family: Family, variant: str, reagents: Reagents) -> tuple[Template | None, tuple[Finding, ...]]:
    """Return one variant as typed values and every finding about it; the template is None where errors stand in its way."""
    source, doubts = inherited(family.source, variant)
    reader = _VariantReader(family, source, variant, reagents)
    template = reader.read()
    findings = tuple(dict.fromkeys((*family.findings, *doubts, *reader.findings)))
    return (None if findings else template), findings


class _VariantReader(MomentReader):
    """Reads one variant; what cannot be read is left out and reported."""

    def __init__(self, family: Family, source: Source, variant: str, reagents: Reagents) -> None:
        default = source.data[variant].get("source", "")
        super().__init__(source, default if isinstance(default, str) else "", family.citations, reagents)
        self.family = family
        self.variant = variant
        self.path: KeyPath = (variant,)
        self.product = ""

    def read(self) -> Template | None:
        data = self.table(self.source.data[self.variant], self.path, language.VARIANT, "the variant")
        if data is None:
            return None
        texts = {name: self.text(data, self.path, language.VARIANT[name]) for name in ("title", "product", "source")}
        product, title = texts["product"], texts["title"]
        if texts["source"] is not None:
            self.known_tag(self.default_source, (*self.path, "source"))
        if product is not None:
            self.product = product.text
            self._try(product.path, "C101", perovskite_ions, product.text)
        needs = self._needs(data)
        makes = self.tables(data, self.path, "make")
        self.made = (*makes, *needs)
        parameters = self._parameters(data)
        self._not_both(needs, makes)
        preparations = tuple(filter(None, (self._preparation(name, row, product) for name, row in makes.items())))
        shell = self._ligands(data, self.path, "shell")
        return Template(
            source=self.source,
            family=self.family.name,
            variant=self.variant,
            title=title.text if title else self.variant,
            product=product.text if product else next((need.product for need in needs.values() if need.product), None),
            shell=shell or next((need.shell for need in needs.values() if need.shell), ()),
            leaves=self._ligands(data, self.path, "mostly") or shell,
            reaches=self._ligands(data, self.path, "reaches"),
            default_source=self.default_source,
            citations=self.citations,
            parameters=parameters,
            needs=needs,
            preparations=preparations,
            checks=self._checks(data, preparations),
            systems=self.texts(data, self.path, "system"),
            reported=self._reported(data),
            tells=self.tells(data, self.path, preparations),
            then=self.then(data, self.path),
            tags=tuple(self.tags),  # last: what was read before has put them there
        )

    def _not_both(self, needs: dict[str, Need], makes: dict[str, Any]) -> None:
        """Report a variant that makes nothing, and what it both needs and makes."""
        if self.source.data[self.variant].get("make") == {}:
            self.report((*self.path, "make"), "L102", "the variant makes nothing", "add a table make.NAME with vessel and steps")
        for name in needs.keys() & makes.keys():
            self.report(needs[name].path, "L119", f"{name} is both needed and made", f"take make.{name} or needs.{name} out", key=True)

    def default_for(self, path: KeyPath) -> str:
        """Return the source of a value that names none: that of the variant in which it was typed."""
        if isinstance(self.source, Overlay):
            default = self.source.typed.data.get(str(self.source.origin(path)[0]), {}).get("source", self.default_source)
            return default if isinstance(default, str) else self.default_source
        return self.default_source

    def _try(self, path: KeyPath, code: str, parse: Any, text: str) -> Any:
        """Return what a chemistry parser makes of a text; None after reporting why it cannot."""
        try:
            return parse(text)
        except Doubt as doubt:
            self.doubt(path, doubt)
        except FormulaError as error:
            self.report(path, code, f"{text[:60]!r}: {error}", "write it as in CsPbI3, CO3-2, or 2 OA + CO3-2 -> 2 OA- + CO2 + H2O")
        return None

    def _ligands(self, data: dict[str, Any], path: KeyPath, key: str) -> tuple[str, ...]:
        return tuple(name for name in self.texts(data, path, key) if self._try((*path, key), "C101", self.reagents.formula, name))

    def _each(self, table: dict[str, Any], path: KeyPath, code: str, parse: Any) -> tuple[str, ...]:
        """Return the texts of a list that a chemistry parser can read, and the word any."""
        return tuple(name for name in self.texts(table, path[:-1], str(path[-1])) if name == "any" or self._try(path, code, parse, name))

    def _reported(self, data: dict[str, Any]) -> tuple[tuple[str, Value], ...]:
        found = []
        for name, raw in self.tables(data, self.path, "reported").items():
            path = (*self.path, "reported", name)
            value = self.value(raw, path, (), bare=True) if self.named(name, path, "figure") else None
            if value is not None and value.quantity is None:
                self.report(path, "L103", "found an expression, a figure is wanted", 'write it as in "16.5 % [review 4.2]"')
            elif value is not None:
                found.append((name, value))
        return tuple(found)

    # needs -----------------------------------------------------------------------------------------------------------

    def _needs(self, data: dict[str, Any]) -> dict[str, Need]:
        rows = self.tables(data, self.path, "needs")
        needs = {name: self._need(name, {"is": row} if isinstance(row, str) else row) for name, row in rows.items()}
        return {name: need for name, need in needs.items() if need is not None}

    def _need(self, name: str, row: Any) -> Need | None:
        path = (*self.path, "needs", name)
        is_named = self.named(name, path, "need")
        table = self.table(row, path, language.NEED, f"need {name}")
        if table is None:
            return None
        what, product, liquid = (self.text(table, path, language.NEED[key]) for key in ("is", "product", "in"))
        if product is not None:
            self.product = self.product or product.text
            self._try(product.path, "C101", perovskite_ions, product.text)
        if liquid is not None:
            reagent = self._try(liquid.path, "C102", self.reagents.find, liquid.text)
            if reagent is not None and reagent.density is None:
                message = f"no density of {liquid.text} is on file, so a volume of it has no mass"
                self.report(liquid.path, "C105", message, "name a liquid with a density, as octane")
        volume = self.value(table["volume"], (*path, "volume"), ("volume",)) if "volume" in table else None
        holds = self._holds(table, path, product)
        if what is None or not is_named:
            return None
        return Need(
            name,
            path,
            what.text,
            product.text if product else None,
            liquid.text if liquid else "",
            holds,
            volume,
            self._ligands(table, path, "shell"),
            self.texts(table, path, "from"),
            self._each(table, (*path, "also"), "C101", perovskite_ions),
            self._each(table, (*path, "also_in"), "C102", self.reagents.find),
        )

    def _holds(self, table: dict[str, Any], path: KeyPath, product: Value | None) -> tuple[tuple[str, Value], ...]:
        holds = []
        for name, raw in self.tables(table, path, "holds").items():
            where = (*path, "holds", name)
            if name == "product" and product is None:
                self.report(where, "L115", "the need names no product to hold", 'add product = "CsPbI3" to it', key=True)
            elif name != "product":
                self._try(where, "C101", self.reagents.formula, name)
            value = self.value(raw, where, ("mass concentration", "concentration"))
            if value is not None and value.quantity is None:
                self.report(where, "L103", "found an expression, a concentration is wanted", 'write it as in "60 mg/mL"')
            elif value is not None:
                holds.append((name, value))
        return tuple(holds)

    # parameters ------------------------------------------------------------------------------------------------------

    def _parameters(self, data: dict[str, Any]) -> dict[str, Parameter]:
        rows = self.tables(data, self.path, "set")
        self.names = tuple(rows)
        parameters: dict[str, Parameter] = {}
        for name, row in rows.items():
            path = (*self.path, "set", name)
            is_named = self.named(name, path, "parameter")
            table = self.table(row, path, language.PARAMETER, f"parameter {name}")
            if table is None:
                continue
            bare = has_bare_ends(table.get("range"))
            value = self.value(table["is"], (*path, "is"), (), rows, bare=bare) if "is" in table else None
            low, high = self.range(table["range"], (*path, "range")) if "range" in table else (None, None)
            why = self.text(table, path, language.PARAMETER["why"])
            if value is not None and is_named:
                parameters[name] = Parameter(name, path, value, low, high, why.text if why else "", self._gives(table, path))
        self._circles(parameters)
        return parameters

    def _gives(self, table: dict[str, Any], path: KeyPath) -> tuple[tuple[str, Value], ...]:
        """Return what follows for other parameters where one is set, each as an expression."""
        gives = []
        for name, raw in self.tables(table, path, "gives").items():
            where = (*path, "gives", name)
            if name not in self.names:
                self.report(where, "X105", f"{name!r} is no parameter here", suggest(name, self.names), key=True)
            value = self.value(raw, where, (), self.names, bare=True)
            if value is not None and value.expression is None:
                self.report(where, "L103", "found a quantity, an expression is wanted", f'write it as in "= 2 * {path[-1]}"')
            elif value is not None:
                gives.append((name, value))
        return tuple(gives)

    def in_books(self, name: str) -> bool:
        """Return whether the books know this name: only of what they count, and of what is made or needed."""
        head, _, tail = name.partition(".")
        if not super().in_books(name):
            return False
        if head in ("volume", "product"):
            return not tail or tail in self.made
        return not tail or self.reagents.is_part(tail) or (tail == "product" and bool(self.product))

    def _circles(self, parameters: dict[str, Parameter]) -> None:
        """Report every circle of parameters that use one another, once, at its first parameter."""
        uses = {name: names_in(parameter.value.expression) if parameter.value.expression else () for name, parameter in parameters.items()}
        in_circle: set[str] = set()
        for name in uses:
            trail = () if name in in_circle else way_back(name, uses)
            if trail:
                in_circle.update(trail)
                message = f"{' uses '.join(trail)}: a circle"
                self.report(parameters[name].value.path, "X106", message, f'give {name} a value of its own, as in is = "1 mL"')
        for name, given, value in ((name, *row) for name, parameter in parameters.items() for row in parameter.gives):
            trail = way_back(given, {**uses, name: (), given: names_in(value.expression) if value.expression else ()})
            if trail and not in_circle:
                message = f"where {name} is set, {' uses '.join(trail)}: a circle"
                self.report(value.path, "X106", message, f"reckon {given} from {name} and from parameters that do not use {given}")

    # preparations ----------------------------------------------------------------------------------------------------

    def _preparation(self, name: str, row: Any, product: Value | None) -> Preparation | None:
        path = (*self.path, "make", name)
        is_named = self.named(name, path, "preparation")
        data = self.table(row, path, language.PREPARATION, f"preparation {name}")
        if data is None:
            self.has_unread = True
            return None
        ready, forms = (self.text(data, path, language.PREPARATION[key]) for key in ("ready", "forms"))
        if forms is not None and product is None:
            self.report(forms.path, "L115", "the variant names no product to form", 'add product = "CsPbI3" to the variant')
        vessel, label = self._vessel(data, path), self._label(data, path)
        repeat = self.value(data["repeat"], (*path, "repeat"), ("ratio",), self.names, bare=True) if "repeat" in data else None
        react, steps = self._reactions(data, path), self.steps(data, path)
        if vessel is None or not is_named:
            self.has_unread = True
            return None
        return Preparation(
            name=name,
            path=path,
            vessel=vessel,
            ready=ready.text if ready else "",
            label=label,
            react=react,
            product=product.text if forms is not None and product is not None else None,
            repeat=repeat,
            steps=steps,
        )

    def _vessel(self, data: dict[str, Any], path: KeyPath) -> Vessel | None:
        typed = self.text(data, path, language.PREPARATION["vessel"])
        read = self._try(typed.path, "L114", parse_vessel, typed.text) if typed else None
        if typed is None or read is None:
            return None
        capacity, kind = read
        return Vessel(
            path=typed.path,
            text=f"{plain(capacity)} mL {kind}" if capacity else kind,
            capacity_ml=capacity,
            kind=kind,
            counted=bool(capacity) and kind.endswith("s") and not kind.endswith("ss"),
            source=typed.source,
        )

    def _label(self, data: dict[str, Any], path: KeyPath) -> tuple[tuple[str, Value], ...]:
        label = []
        for part, raw in self.tables(data, path, "label").items():
            where = (*path, "label", part)
            if not self.reagents.is_part(part):
                self.report(where, "C101", f"{part!r} is no element or group to be counted", "write it as in Cs, FA, OA or OAm", key=True)
            value = self.value(raw, where, ("concentration",))
            if value is not None and value.quantity is None:
                self.report(where, "L103", "found an expression, a concentration is wanted", 'write it as printed, as in "0.0625 mol/L"')
            elif value is not None:
                label.append((part, value))
        return tuple(label)

    def _reactions(self, data: dict[str, Any], path: KeyPath) -> tuple[Reaction, ...]:
        reactions = []
        for index, text in enumerate(self.texts(data, path, "react")):
            where = (*path, "react", index)
            reaction = self._try(where, "C104", parse_reaction, text)
            off = self._try(where, "C104", lambda _, made=reaction: imbalance(made, self.reagents.formula), text) if reaction else None
            if off:
                excess = ", ".join(f"{symbol} {'+' if n > 0 else ''}{plain(n)}" for symbol, n in sorted(off.items()))
                message = f"the reaction does not balance: products minus reactants {excess}"
                self.report(where, "C103", message, "balance elements and charge")
            elif off is not None:
                reactions.append(reaction)
        return tuple(reactions)

    # checks ----------------------------------------------------------------------------------------------------------

    def _checks(self, data: dict[str, Any], preparations: tuple[Preparation, ...]) -> tuple[Check, ...]:
        rows = self.tables(data, self.path, "check")
        return tuple(filter(None, (self._check(name, row, preparations) for name, row in rows.items())))

    def _check(self, name: str, row: Any, preparations: tuple[Preparation, ...]) -> Check | None:
        path = (*self.path, "check", name)
        if not _CHECK_NAME.match(name) or name in CODES:
            self.report(
                path, "L108", f"check {name!r} is not a name of its own", "use small letters, digits and -, as in cs-limits", key=True
            )
        table = self.table(row, path, language.CHECK, f"check {name}")
        texts = {key: self.text(table, path, row_key) for key, row_key in language.CHECK.items()} if table else {}
        at, want, severity, fix, why, scope = (texts.get(key) for key in ("at", "want", "else", "fix", "why", "scope"))
        if not (at and want and severity and fix and why):
            return None
        steps = [step for made in preparations for step in made.steps]
        self.known_moment(at, steps)
        fixable = {material.name for step in steps for material in step.materials} | {*self.names, *ASKED_OF_THE_ROOM, "scale"}
        valued = [step for step in steps if step.verb.takes.startswith("quantity:")]
        fixable |= {name for step in valued for name in (step.verb.name, step.text_of("name")) if name}
        fed = [part.partition("=")[0].strip() for part in fix.text.split(language.FEEDS)[1:]]
        feeds = fix.text.startswith(language.FEEDS) and all(name in self.made for name in fed)
        if fix.text not in fixable and not feeds and not self.has_unread:
            self.report(fix.path, "L111", f"{fix.text!r} is no value to solve for", suggest(fix.text, fixable))
        node = self.condition(want)
        if node is None:
            return None
        raw_why = str(row["why"])
        return Check(
            name=name, path=path, at=at.text, want=node, want_text=want.text, severity=severity.text, fix=fix.text,
            why=raw_why, sources=self.tags_in(raw_why, why.path), scope=scope.text if scope else "",
        )  # fmt: skip
