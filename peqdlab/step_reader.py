"""Read the steps of a preparation: one verb each, its adverbs, and the materials it puts in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peqdlab import language
from peqdlab.findings import Doubt, suggest
from peqdlab.preparation import Material, Step, Value
from peqdlab.scaling import LINEAR, rule_of
from peqdlab.units import a_kind, kind_of, show
from peqdlab.values import ValueReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peqdlab.language import Verb
    from peqdlab.preparation import Citation
    from peqdlab.reagents import Reagents
    from peqdlab.source import KeyPath, Source


class StepReader(ValueReader):
    """A reader that also knows verbs and materials."""

    def __init__(self, source: Source, default_source: str, citations: Mapping[str, Citation], reagents: Reagents) -> None:
        super().__init__(source, default_source, citations)
        self.reagents = reagents
        self.names: tuple[str, ...] = ()
        self.made: tuple[str, ...] = ()  # preparations of the variant, and what it needs
        self.has_unread = False

    def steps(self, data: dict[str, Any], path: KeyPath) -> tuple[Step, ...]:
        """Return the steps of a preparation; what cannot be read is left out and reported."""
        rows = data.get("steps", [])
        if not isinstance(rows, list):
            self.report((*path, "steps"), "L103", "steps is not a list", "write steps = [ { add = … }, … ]")
            rows = []
        elif not rows and "steps" in data:
            self.report((*path, "steps"), "L102", f"preparation {path[-1]} has no step", "write steps = [ { add = … }, … ]")
        steps = [self._step(row, (*path, "steps", index)) for index, row in enumerate(rows)]
        self.has_unread |= not rows or None in steps
        return tuple(filter(None, steps))

    def _step(self, row: Any, path: KeyPath) -> Step | None:
        if not isinstance(row, dict):
            self.report(path, "L103", "the step is not a table", 'write { add = { … } } or { heat = "120 °C" }')
            return None
        verbs = [name for name in row if name in language.VERBS]
        if len(verbs) != 1:
            self._no_single_verb(row, path, verbs)
            return None
        verb = language.VERBS[verbs[0]]
        where = (*path, verb.name)
        materials: tuple[Material, ...] = ()
        value: Value | None = None
        if verb.takes == language.MATERIALS:
            materials = self._materials(row[verb.name], where)
        elif verb.takes == "preparation":
            value = self._preparation_named(row[verb.name], where)
        else:
            value = self._takes(row, path, key_of(verb))
        return Step(verb, path, materials, value, self._adverbs(row, path, verb))

    def _no_single_verb(self, row: dict[str, Any], path: KeyPath, verbs: list[str]) -> None:
        if verbs:
            self.report(path, "L105", f"the step has {len(verbs)} verbs: {', '.join(verbs)}", "write one step for each")
            return
        unknown = [name for name in row if name not in language.ADVERBS]
        hint = suggest(unknown[0], language.VERBS) if unknown else f"start with one of: {', '.join(language.VERBS)}"
        found = f"{unknown[0]!r} is no verb" if unknown else "the step has no verb"
        self.report((*path, unknown[0]) if unknown else path, "L105", found, hint, key=bool(unknown))

    def _preparation_named(self, raw: Any, path: KeyPath) -> Value | None:
        if isinstance(raw, str) and raw in self.made:
            return Value(path, raw, self.default_source)
        self.report(path, "C102", f"{str(raw)[:40]!r} is no preparation of this variant", suggest(str(raw)[:40], self.made))
        return None

    def _takes(self, row: dict[str, Any], path: KeyPath, key: language.Key) -> Value | None:
        kind = key.takes.removeprefix("quantity:")
        if kind == key.takes:
            return self.text(row, path, key)
        return self.value(row[key.name], (*path, key.name), tuple(kind.split(" or ")), self.names)

    def _adverbs(self, row: dict[str, Any], path: KeyPath, verb: Verb) -> dict[str, Value | bool | tuple[str, ...]]:
        allowed = language.adverbs_of(verb)
        adverbs: dict[str, Value | bool | tuple[str, ...]] = {}
        for name in row:
            if name == verb.name:
                continue
            if name not in allowed:
                self.report((*path, name), "L106", f"{verb.name} does not take {name!r}", suggest(name, allowed), key=True)
                continue
            read = self._adverb(row, path, allowed[name])
            if read is not None:
                adverbs[name] = read
        for name in verb.required:
            if name not in row:
                self.report(path, "L102", f"{verb.name} has no {name}: {language.ADVERBS[name].means}", f"add {name} = …")
        self._one_of(row, path, verb)
        return adverbs

    def _one_of(self, row: dict[str, Any], path: KeyPath, verb: Verb) -> None:
        """Report none, or more than one, of the adverbs of which a verb takes one."""
        there = [name for name in verb.one_of if name in row]
        if verb.one_of and not there:
            meant = "; ".join(f"{name}: {language.ADVERBS[name].means}" for name in verb.one_of)
            self.report(path, "L102", f"{verb.name} has neither {' nor '.join(verb.one_of)} ({meant})", f"add {verb.one_of[0]} = …")
        for name in there[1:]:
            found = f"{verb.name} has {there[0]} and {name}: each follows from the other"
            self.report((*path, name), "L106", found, f"take {name} out, or {there[0]}", key=True)

    def _adverb(self, row: dict[str, Any], path: KeyPath, key: language.Key) -> Value | bool | tuple[str, ...] | None:
        if key.takes == language.FLAG:
            if isinstance(row[key.name], bool):
                return bool(row[key.name])
            self.report((*path, key.name), "L103", f"{key.name} is not true or false", f"write {key.name} = true")
            return None
        if key.takes == language.TEXTS:
            return self.texts(row, path, key.name)
        return self._takes(row, path, key)

    def _materials(self, raw: Any, path: KeyPath) -> tuple[Material, ...]:
        if not isinstance(raw, dict) or not raw:
            self.report(path, "L103", "materials are not a table", 'write { PbI2 = "1 g", ODE = "50 mL" }')
            return ()
        materials = [self._material(name, value, (*path, name)) for name, value in raw.items()]
        self.has_unread |= None in materials
        return tuple(filter(None, materials))

    def _material(self, name: str, raw: Any, path: KeyPath) -> Material | None:
        is_preparation = name in self.made
        if not is_preparation:
            try:
                self.reagents.find(name)
            except Doubt as doubt:
                near = suggest(name, self.made) if self.made else ""
                remedy = near if near.startswith("did you") else doubt.remedy
                self.report(path, doubt.code, doubt.message, remedy, key=True)
                return None
        table: dict[str, Any] | None = {"is": raw}
        where: KeyPath = path
        if isinstance(raw, dict):
            table, where = self.table(raw, path, language.MATERIAL, f"material {name}"), (*path, "is")
        if table is None or "is" not in table:
            return None
        assay = self.value(table["assay"], (*path, "assay"), ("ratio",), self.names) if "assay" in table else None
        grade = self.text(table, path, language.MATERIAL["grade"])
        grade_text = grade.text if grade else ""
        if is_preparation and (assay or grade):
            self.report(
                (*path, "assay" if assay else "grade"),
                "L101",
                f"{name} is a preparation: it has no assay or grade",
                "take it out",
                key=True,
            )
        if is_preparation and isinstance(table["is"], str):
            word, _, remark = table["is"].partition(",")
            if word.partition("[")[0].strip() == "all":
                remark, *_ = self.split_tag(remark or table["is"], where)
                return Material(name, path, None, is_preparation, None, "" if remark == "all" else remark)
        scales = self._scales(table, where)
        kinds = ("volume",) if is_preparation else ("mass", "volume", "amount")
        amount = self.value(table["is"], where, kinds, self.names)
        if amount is not None and amount.quantity is not None:
            self._capped(amount, scales, (*where[:-1], "scales"))
        return Material(name, path, amount, is_preparation, assay, grade_text, scales) if amount else None

    def _capped(self, amount: Value, scales: str, path: KeyPath) -> None:
        """Report a cap that the published amount is above, or that is of another kind than the amount."""
        cap, found = rule_of(scales).cap, amount.quantity
        if cap is None or found is None:
            return
        if cap.dimension != found.dimension:
            kinds = f"{a_kind(kind_of(cap.dimension))}, {amount.text} is {a_kind(kind_of(found.dimension))}"
            self.report(path, "L120", f"the cap is {kinds}", f'write the cap like the amount, as in scales = "at most {show(found)}"')
        elif found.value > cap.value:
            remedy = f'write scales = "at most {show(found)}", or less of it'
            self.report(path, "L120", f"{amount.text} is above its own cap, {scales}", remedy)

    def _scales(self, table: dict[str, Any], path: KeyPath) -> str:
        """Return how a material follows the size of the batch; linear after a finding."""
        typed = self.text(table, path[:-1], language.MATERIAL["scales"])
        try:
            return rule_of(typed.text).typed if typed else LINEAR.typed
        except Doubt as doubt:
            self.doubt((*path[:-1], "scales"), doubt)
            return LINEAR.typed


def key_of(verb: Verb) -> language.Key:
    """Return the verb's own value as a key of the language."""
    return language.Key(verb.name, verb.takes, verb.means)
