"""The lab's config file: its text becomes instruments with a finding for every doubt, and a change becomes its new text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from peqdlab.errors import SourceError
from peqdlab.film_points import EXAMPLE, GROUP, KINDS_OF_PART, MOST_CYCLES, POINT_PARTS, FilmPoint, typed_point
from peqdlab.findings import Doubt, Place, suggest
from peqdlab.instruments import DEFAULT, EVIDENCE, KIND_OF_GROUP, MOST_PLACES, PARTS, ROTOR_PARTS, Instrument, Instruments, Rotor
from peqdlab.reading import Reader, called
from peqdlab.source import format_key, parse_source
from peqdlab.units import a_kind, as_typed, example_of, parse_quantity, require_kind, show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peqdlab.findings import Finding
    from peqdlab.source import KeyPath, Source
    from peqdlab.units import Quantity

NONE: Final = "none"  # in place of an instrument: the lab has it not
_HEADER: Final = "# The lab's instruments: what is set here replaces what peqdlab assumes. `peqdlab config` shows all of it.\n"
_LINE: Final = re.compile(r"(?P<from>.+?)\s+to\s+(?P<to>.+?),\s*step\s+(?P<step>.+?),\s*tolerance\s+(?P<tolerance>.+)\Z")
_LINE_EXAMPLE: Final = "1 mg to 20 g, step 0.01 mg, tolerance 0.02 mg"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}\Z")
_TOP: Final = (*KIND_OF_GROUP, "rotor", "flask", GROUP)
_STORED: Final = ("evidence", "own")
_MOST: Final = 100
_EMPTY: Final = Instruments((), (), DEFAULT.rotor)


def read_instruments(source: Source, *, stored: bool = False) -> tuple[Instruments, tuple[Finding, ...]]:
    """Return the instruments that a config file gives over the defaults, or that a plan has ``stored``; and every doubt about them."""
    reader = _InstrumentReader(source, stored=stored)
    return reader.read(), tuple(reader.findings)


class _InstrumentReader(Reader):
    """Reads instruments; what cannot be read is reported, and the default stands for it."""

    def __init__(self, source: Source, *, stored: bool) -> None:
        super().__init__(source)
        self.stored = stored
        self.base = _EMPTY if stored else DEFAULT

    def read(self) -> Instruments:
        data = self.source.data
        self._known(data, (), _TOP, "the lab")
        measuring = tuple(row for group in KIND_OF_GROUP for row in self._group(group, self.tables(data, (), group)))
        for kind in ("mass", "volume"):
            if not any(KIND_OF_GROUP[row.group] == kind for row in measuring) and not self.findings:
                self.report((), "L102", f"nothing is left that measures {a_kind(kind)}", f"set one: peqdlab config {_example(kind)}")
        sizes = self._sizes(self.tables(data, (), "flask"))
        rotor = self._rotor(self.tables(data, (), "rotor"))
        own = bool(sizes) and (not self.stored or "sizes" in data.get("flask", {}).get("own", ()))
        films = tuple(filter(None, (self._film(name, raw) for name, raw in list(self.tables(data, (), GROUP).items())[:_MOST])))
        return Instruments(measuring, sizes or DEFAULT.flasks_ml, rotor, own, films)

    def _known(self, data: Mapping[str, Any], path: KeyPath, keys: tuple[str, ...], what: str) -> None:
        for name in data:
            if name not in keys:
                self.report((*path, name), "L101", f"{what} has no {name!r}", suggest(name, keys), key=True)

    def _keys(self, *keys: str) -> tuple[str, ...]:
        return (*keys, "source", *(_STORED if self.stored else ()))

    def _group(self, group: str, table: dict[str, Any]) -> list[Instrument]:
        rows = {row.name: row for row in self.base.measuring if row.group == group}
        for name, raw in table.items():
            path = (group, name)
            if raw == NONE:
                rows.pop(name, None)
            elif not isinstance(raw, dict):
                self.report(path, "L103", f"{group} {name} is {called(raw)}, a table is wanted", f'write {group}.{name}.step = "1 mg"')
            elif not _NAME.match(name):
                self.report(path, "L108", f"{name[:40]!r} is not a name", "use letters, digits, - and _", key=True)
            elif (row := self._instrument(path, raw, rows.get(name))) is not None:
                rows[name] = row
        return list(rows.values())[:_MOST]

    def _instrument(self, path: tuple[str, str], raw: dict[str, Any], before: Instrument | None) -> Instrument | None:
        group, name = path
        self._known(raw, path, self._keys(*PARTS), f"{group}.{name}")
        doubts = len(self.findings)
        kind = KIND_OF_GROUP[group]
        parts: dict[str, Any] = {**(before.parts() if before else {})}
        for part in (part for part in PARTS if part in raw):
            parts[part] = self._part(raw, (*path, part), kind, *(("ratio",) if part == "tolerance" else ()))
        missing = [part for part in PARTS if part not in parts]
        if missing:
            self.report(path, "L102", f"{group}.{name} has no {', '.join(missing)}", f'add {missing[0]} = "{example_of(kind)}"')
        source, evidence, own = self._whence(raw, path, before, PARTS)
        if len(self.findings) > doubts:
            return None
        low, high, step, tolerance = (parts[part] for part in PARTS)
        if low.value > high.value or step.value > high.value:
            wanted = f"{group}.{name} goes from {show(low)} to {show(high)} in steps of {show(step)}"
            self.report(path, "L112", wanted, "let it go from small to large, in steps below its range")
            return None
        return Instrument(group, name, low, high, step, tolerance, source, evidence, own)

    def _part(self, raw: Mapping[str, Any], path: KeyPath, *kinds: str) -> Quantity | None:
        text = raw[str(path[-1])]
        try:
            if not isinstance(text, str):
                raise Doubt("Q105", f"{path[-1]} is {called(text)}, {a_kind(kinds[0])} is wanted", f'write "{example_of(kinds[0])}"')  # noqa: TRY301
            quantity = require_kind(parse_quantity(text), *kinds)
            if quantity.value <= 0:
                raise Doubt("Q107", f"{path[-1]} is {text}", f"write {a_kind(kinds[0])} above zero")  # noqa: TRY301
        except Doubt as doubt:
            self.doubt(path, doubt)
            return None
        return quantity

    def _whence(
        self, raw: Mapping[str, Any], path: KeyPath, before: Instrument | Rotor | None, parts: tuple[str, ...]
    ) -> tuple[str, str, tuple[str, ...]]:
        """Return source, evidence and own parts of a row: the lab's where it has set them all."""
        source = raw.get("source", "")
        if not isinstance(source, str):
            self.report((*path, "source"), "L103", f"source is {called(source)}, a text is wanted", 'write source = "…"')
        own = tuple(part for part in parts if part in raw)
        if self.stored:
            evidence, own = raw.get("evidence", "assumed"), raw.get("own", [])
            if evidence not in EVIDENCE or not isinstance(own, list) or not {*map(str, own)} <= {*parts}:
                self.report(path, "L104", "evidence or own is none that is read here", suggest("", EVIDENCE))
            return str(source), str(evidence), tuple(map(str, own))
        if before is None or len(own) == len(parts):
            return str(source) or "the lab's config file", "own", own
        return str(source) or before.source, before.evidence, own

    def _film(self, name: str, raw: Any) -> FilmPoint | None:
        """Return a measured film; None after a finding."""
        path, doubts = (GROUP, name), len(self.findings)
        if not isinstance(raw, dict) or not _NAME.match(name):
            what = f"{GROUP}.{name[:40]} is {called(raw)}" if _NAME.match(name) else f"{name[:40]!r} is not a name"
            self.report(path, "L103" if _NAME.match(name) else "L108", what, f'peqdlab config {GROUP}.octane="{EXAMPLE}"')
            return None
        self._known(raw, path, (*POINT_PARTS, "source"), f"{GROUP}.{name}")
        parts = {part: self._part(raw, (*path, part), kind) for part, kind in KINDS_OF_PART.items() if part in raw}
        cycles, source = raw.get("cycles", 1), raw.get("source", "the lab's config file")
        if not isinstance(cycles, int) or isinstance(cycles, bool) or not 1 <= cycles <= MOST_CYCLES:
            remedy = f"write a whole number from 1 to {MOST_CYCLES}, as in cycles = 3"
            self.report((*path, "cycles"), "Q102", f"cycles is {str(cycles)[:40]}", remedy)
        if not isinstance(source, str):
            self.report((*path, "source"), "L103", f"source is {called(source)}, a text is wanted", 'write source = "…"')
        if "thickness" not in raw:
            self.report(path, "L102", f"{GROUP}.{name} has no thickness", 'add thickness = "255 nm"')
        return FilmPoint(name, cycles=cycles, source=source, **parts) if len(self.findings) == doubts else None  # type: ignore[arg-type]

    def _rotor(self, raw: dict[str, Any]) -> Rotor:
        before = self.base.rotor
        self._known(raw, ("rotor",), self._keys(*ROTOR_PARTS), "rotor")
        parts = before.parts()
        for part, kind in ROTOR_PARTS.items():
            if part in raw:
                found = self._part(raw, ("rotor", part), kind) if kind else self._places(raw[part])
                parts[part] = parts[part] if found is None else found
        source, evidence, own = self._whence(raw, ("rotor",), before, tuple(ROTOR_PARTS))
        radius, tube, speed = (parts[part].value for part in ("radius", "tube", "max_speed"))  # type: ignore[union-attr]
        return Rotor(radius, tube, int(parts["places"]), speed, source, evidence, own)  # type: ignore[arg-type]

    def _places(self, raw: Any) -> int | None:
        if isinstance(raw, int) and not isinstance(raw, bool) and 1 <= raw <= MOST_PLACES:
            return raw
        remedy = f"write a whole number from 1 to {MOST_PLACES}, as in places = 6"
        self.report(("rotor", "places"), "Q102", f"places is {str(raw)[:40]}", remedy)
        return None

    def _sizes(self, raw: dict[str, Any]) -> tuple[Any, ...]:
        self._known(raw, ("flask",), ("sizes", *(_STORED if self.stored else ())), "flask")
        sizes: set[Any] = set()
        for index, text in enumerate(self.texts(raw, ("flask",), "sizes")[:_MOST]):
            size = self._part({str(index): text}, ("flask", "sizes", str(index)), "volume")
            sizes.add(size.value if size else None)
        return tuple(sorted(sizes - {None}))


def check_instruments(instruments: Instruments) -> tuple[Finding, ...]:
    """Return a warning for each tolerance below half a step: a reading cannot be better than that, and half a step is used."""
    return tuple(
        Doubt(
            "I106",
            f"the tolerance of {row.key}, {show(row.tolerance)}, is below half its step of {show(row.step)}; half the step is used",
            f"peqdlab config {row.key}.tolerance={show(row.step).replace(' ', '')}, or what its certificate says",
        ).at(Place(row.key), "warning")
        for row in instruments.measuring
        if row.tolerance.dimension == row.step.dimension and row.tolerance.value < row.step.value / 2
    )


def _example(kind: str) -> str:
    return f'balance.new="{_LINE_EXAMPLE}"' if kind == "mass" else 'pipette.new="1 mL to 10 mL, step 0.1 mL, tolerance 0.1 mL"'


# one change ----------------------------------------------------------------------------------------------------------


def names_of(instruments: Instruments) -> tuple[str, ...]:
    """Return every name that can be set, as in balance.analytical.step or rotor.radius."""
    measuring = [f"{row.key}.{part}" for row in instruments.measuring for part in PARTS]
    films = (f"{point.key}.{part}" for point in instruments.films for part in POINT_PARTS)
    return (*measuring, *(f"rotor.{part}" for part in ROTOR_PARTS), "flask.sizes", *films)


def path_named(name: str, instruments: Instruments) -> KeyPath:
    """Return the key path of a name that can be set or reset: a group, an instrument, or a part of one; raises Doubt A120."""
    path = tuple(part.strip() for part in name.split("."))
    rows = {row.key: row for row in instruments.measuring}
    group = [row for row in instruments.measuring if row.group == path[0]]
    if path[0] in KIND_OF_GROUP and len(path) == 2 and path[1] in PARTS:
        if len(group) == 1:
            return (path[0], group[0].name, path[1])
        raise Doubt("A120", f"there are {len(group)} of {path[0]}: say which", suggest("", (f"{row.key}.{path[1]}" for row in group)))
    films = [point.key for point in instruments.films]
    known = {*names_of(instruments), *rows, *films, *(f"{key}.source" for key in (*rows, *films, "rotor")), *_TOP}
    if name.strip() in known:
        return path
    raise Doubt("A120", f"{name[:60]!r} is nothing that is set here", suggest(name, [*names_of(instruments), *rows]))


def change_of(name: str, value: str, instruments: Instruments) -> tuple[KeyPath, Any]:
    """Return key path and TOML value of one change; of a whole instrument a table, or ``none``. Raises Doubt A120 or Q101 to Q107."""
    parts = tuple(part.strip() for part in name.split("."))
    line = _LINE.match(value.strip())
    if len(parts) == 2 and parts[0] in KIND_OF_GROUP and _NAME.match(parts[1]) and line:
        return parts, {part: as_typed(text) for part, text in line.groupdict().items()}
    if len(parts) == 2 and parts[0] == GROUP and _NAME.match(parts[1]):
        return parts, typed_point(parts[1], value)
    path = path_named(name, instruments)
    if path == ("rotor", "places") or (path[0] == GROUP and path[-1] == "cycles"):
        return path, int(value) if re.fullmatch(r"\s*\d{1,6}\s*", value, re.ASCII) else value
    if path == ("flask", "sizes"):
        return path, [as_typed(size) for size in value.split(",")]
    if len(path) == 2 and path[0] in KIND_OF_GROUP and value.strip() == NONE:
        return path, NONE
    if len(path) == 1 or (len(path) == 2 and path[0] in KIND_OF_GROUP):
        whole = EXAMPLE if path[0] == GROUP else _LINE_EXAMPLE
        example = f'{path[0]}.NAME="{whole}"' if len(path) == 1 else f'{name}="{_LINE_EXAMPLE}", or {name}=none'
        raise Doubt("A120", f"{name} has several parts", f"set one of them, as in {_parts_of(path, instruments)}, or {example}")
    return path, value.strip() if path[-1] == "source" else as_typed(value)


def _parts_of(path: KeyPath, instruments: Instruments) -> str:
    mine = [name for name in names_of(instruments) if name.startswith(f"{'.'.join(map(str, path))}.")]
    return mine[min(2, len(mine) - 1)] if mine else "balance.analytical.step"


def with_value(text: str, path: KeyPath, value: Any) -> str:
    """Return the text of a config file with one value set; comments and all else stay where TOML lets them."""
    before = parse_source(text, "config").data
    wanted = _placed(before, path, value)
    if isinstance(value, dict):
        text = without(text, path)
        for part, one in value.items():
            text = with_value(text, (*path, part), one)
        return text
    held = _found(before, path)
    if isinstance(held, dict) or (len(path) == 3 and _found(before, path[:2]) == NONE):
        text = without(text, path if isinstance(held, dict) else path[:2])
        held = None
    tries = _replaced(text, path, value) if held is not None else _inserted(text, path, value)
    return _first_that_reads(tries, wanted)


def without(text: str, path: KeyPath) -> str:
    """Return the text of a config file without a key, or any key below it."""
    data = parse_source(text, "config").data
    for leaf in _leaves(data, path):
        wanted = _placed(parse_source(text, "config").data, leaf, None)
        text = _first_that_reads(_cut(text, leaf), wanted)
    return _head(path).sub("", text) if _found(parse_source(text, "config").data, path) == {} else text


def _head(path: KeyPath) -> re.Pattern[str]:
    """Return what finds the header of a table."""
    return re.compile(rf"^[ \t]*\[[ \t]*{re.escape(format_key(path))}[ \t]*\][^\n]*(?:\n|\Z)", re.MULTILINE)


def _first_that_reads(tries: list[str], wanted: dict[str, Any]) -> str:
    """Return the first text that says what is wanted; written anew where none does."""
    for text in tries:
        try:
            if _pruned(parse_source(text, "config").data) == _pruned(wanted):
                return text
        except SourceError:
            continue
    import tomli_w

    return _HEADER + tomli_w.dumps(_pruned(wanted))


def _pruned(data: Any) -> Any:
    """Return tables without those that are empty."""
    if not isinstance(data, dict):
        return data
    kept = {key: _pruned(value) for key, value in data.items()}
    return {key: value for key, value in kept.items() if value != {}}


def _found(data: Any, path: KeyPath) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _leaves(data: dict[str, Any], path: KeyPath) -> list[KeyPath]:
    held = _found(data, path)
    if isinstance(held, dict):
        return [leaf for key in held for leaf in _leaves(data, (*path, key))]
    return [] if held is None else [path]


def _placed(data: Any, path: KeyPath, value: Any) -> Any:
    """Return a copy of tables in which a key has a value, or is left out for None."""
    first, *rest = path
    table = dict(data) if isinstance(data, dict) else {}
    inner = _placed(table.get(str(first)), tuple(rest), value) if rest else value
    table[str(first)] = inner
    if inner is None:
        del table[str(first)]
    return table


_SCALAR: Final = r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\[[^\]]*\]|[^\s,#\]}]+)"""


def _literal(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _offset(text: str, path: KeyPath) -> int:
    place = parse_source(text, "config").place(path)
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: (place.line or 1) - 1]) + (place.column or 1) - 1


def _replaced(text: str, path: KeyPath, value: Any) -> list[str]:
    start = _offset(text, path)
    return [text[:start] + re.sub(_SCALAR, lambda _: _literal(value), text[start:], count=1)]


def _cut(text: str, path: KeyPath) -> list[str]:
    start = text.rfind("\n", 0, _offset(text, path)) + 1
    return [text[:start] + re.sub(rf"[^\n]*?=\s*{_SCALAR}[ \t]*(?:#[^\n]*)?(?:\n|\Z)", "", text[start:], count=1)]


def _inserted(text: str, path: KeyPath, value: Any) -> list[str]:
    """Return the ways to say a new key: below the header of its table or of its group, else above the first header."""
    tries = []
    for depth in range(len(path) - 1, 0, -1):
        header = _head(path[:depth]).search(text)
        if header:
            head = header[0] if header[0].endswith("\n") else f"{header[0]}\n"
            tries.append(f"{text[: header.start()]}{head}{format_key(path[depth:])} = {_literal(value)}\n{text[header.end() :]}")
    text = text if text.strip() else _HEADER
    first = re.search(r"^[ \t]*\[", text, re.MULTILINE)
    above, below = (text[: first.start()], text[first.start() :]) if first else (text, "")
    above = above if not above or above.endswith("\n") else f"{above}\n"
    return [*tries, f"{above}{format_key(path)} = {_literal(value)}\n{below}"]
