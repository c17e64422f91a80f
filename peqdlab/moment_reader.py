"""Read what is asked or said at a step: conditions, what a plan tells, and what has to come behind a protocol."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from peqdlab import language
from peqdlab.expressions import CONDITIONS, names_in, parse_expression
from peqdlab.findings import Doubt, suggest
from peqdlab.preparation import Tell, Value
from peqdlab.step_reader import StepReader

if TYPE_CHECKING:
    from peqdlab.preparation import Preparation, Step
    from peqdlab.source import KeyPath

ASKED_OF_THE_ROOM: Final = ("room.RH", "room.T")
_TELL_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*\Z", re.IGNORECASE)


class MomentReader(StepReader):
    """A reader that also knows conditions, and what is said of a step."""

    def known_moment(self, at: Value, steps: list[Step]) -> None:
        """Report a moment that no step is named or does; what could not be read has a finding of its own, and may be what is meant."""
        moments = {"end", *(step.verb.name for step in steps), *(step.text_of("name") for step in steps)} - {""}
        if at.text not in moments and not self.has_unread:
            self.report(at.path, "L110", f"no step is named or does {at.text!r}", suggest(at.text, moments))

    def tells(self, data: dict[str, Any], path: KeyPath, preparations: tuple[Preparation, ...]) -> tuple[Tell, ...]:
        """Return what a variant tells of its steps."""
        steps = [step for made in preparations for step in made.steps]
        rows = self.tables(data, path, "tell")
        return tuple(filter(None, (self._tell((*path, "tell", name), row, steps) for name, row in rows.items())))

    def _tell(self, path: KeyPath, row: Any, steps: list[Step]) -> Tell | None:
        name = str(path[-1])
        if not _TELL_NAME.match(name):
            self.report(path, "L108", f"what is told as {name!r} is not a name", "use letters, digits and -, as in OA-per-Pb", key=True)
        table = self.table(row, path, language.TELL, f"what is told as {name}")
        texts = {key: self.text(table, path, language.TELL[key]) for key in ("at", "why", "scope")} if table else {}
        at, why, scope = (texts.get(key) for key in ("at", "why", "scope"))
        if table is None or not (at and why and "is" in table):
            return None
        self.known_moment(at, steps)
        value = self.value(table["is"], (*path, "is"), (), (*self.names, *self._parts_in(table["is"])), bare=True)
        rows = self.tables(table, path, "reads").items()
        reads = [(words, self.condition(Value((*path, "reads", words), str(raw), ""))) for words, raw in rows]
        if value is None:
            return None
        raw_why = str(row["why"])
        conditions = tuple((words, node) for words, node in reads if node is not None)
        return Tell(name, path, at.text, value, conditions, raw_why, self.tags_in(raw_why, why.path), scope.text if scope else "")

    def _parts_in(self, raw: Any) -> tuple[str, ...]:
        """Return the bare elements and groups that an expression counts by, as in ``= FA/(FA + Cs)``."""
        try:
            node = parse_expression(raw.partition("[")[0].removeprefix("=").strip()) if isinstance(raw, str) else None
        except Doubt:
            return ()  # it has a finding of its own where it is read
        return tuple(name for name in names_in(node) if self.reagents.is_part(name)) if node else ()

    def then(self, data: dict[str, Any], where: KeyPath) -> tuple[tuple[str, Value], ...]:
        """Return the protocols that have to come behind it, each with the reason."""
        found = []
        for name in self.tables(data, where, "then"):
            path = (*where, "then", name)
            family, _, variant = name.partition("/")
            if not (family and variant):
                self.report(path, "L108", f"{name!r} is no FAMILY/VARIANT", "name it as in purification/top-stripping", key=True)
            why = self.text(data["then"], path[:-1], language.Key(name, language.TEXT, ""))
            if why is not None:
                self.tags_in(str(data["then"][name]), path)
                found.append((name, why))
        return tuple(found)

    def condition(self, want: Value) -> Any:
        """Return the tree of a condition such as ``3 <= Pb/Cs <= 5``; None after a finding."""
        try:
            node = parse_expression(want.text)
        except Doubt as doubt:
            self.doubt(want.path, doubt)
            return None
        if node.kind not in CONDITIONS:
            self.report(want.path, "X103", f"{want.text[:60]!r} compares nothing", "write a condition, as in Pb/Cs >= 1.5")
            return None
        if len({name.startswith("room.") for name in names_in(node)}) > 1:
            self.report(want.path, "X103", f"{want.text[:60]!r} is about the room and the vessel", "write two checks, one for each")
            return None
        parts = (name for name in names_in(node) if self.reagents.is_part(name))
        self.known_names(node, want.path, (*self.names, *parts, *ASKED_OF_THE_ROOM, *language.POT))
        return node
