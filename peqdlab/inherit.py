"""A variant that extends another: both tables become one, each value still at the place where it was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from peqdlab.findings import Finding, suggest
from peqdlab.language import MATERIALS, VERBS
from peqdlab.source import Source

if TYPE_CHECKING:
    from peqdlab.findings import Place
    from peqdlab.source import KeyPath

# Tables whose rows are merged key by key; anything else in the extending variant replaces what it extends.
_MERGED: Final = ("set", "make", "check", "tell")
_OWN: Final = ("extends", "without", "swap")
_NOT_INHERITED: Final = ("system", "reported")  # they are said of the one variant


class Overlay(Source):
    """A source in which some paths stand for others: what a variant inherits keeps the place of the variant it comes from."""

    def __init__(self, typed: Source, data: dict[str, Any], origins: dict[KeyPath, KeyPath]) -> None:
        """Take the source as typed, the merged data, and where each inherited path was typed."""
        super().__init__(typed.name, typed.text, data)
        self.typed = typed
        self.origins = origins

    def origin(self, path: KeyPath) -> KeyPath:
        """Return the path under which a value was typed."""
        for length in range(len(path), 0, -1):
            found = self.origins.get(path[:length])
            if found is not None:
                return (*found, *path[length:])
        return path

    def place(self, path: KeyPath) -> Place:
        """Return where the value was typed."""
        return self.typed.place(self.origin(path))

    def key_place(self, path: KeyPath) -> Place:
        """Return where the key was typed."""
        return self.typed.key_place(self.origin(path))


def inherited(source: Source, variant: str) -> tuple[Source, tuple[Finding, ...]]:
    """Return the source with a variant merged with what it extends, and what is wrong with that; itself where it extends nothing."""
    own = source.data[variant]
    if not any(key in own for key in _OWN):
        return source, ()
    merging = _Merging(source)
    merged = merging.variant(variant, ())
    data = {**source.data, variant: {key: value for key, value in merged.items() if key not in _OWN}}
    return Overlay(source, data, merging.origins), tuple(merging.findings)


class _Merging:
    """Merges one variant with its bases, noting where each inherited value was typed."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.origins: dict[KeyPath, KeyPath] = {}
        self.findings: list[Finding] = []

    def variant(self, name: str, above: tuple[str, ...]) -> dict[str, Any]:
        """Return a variant's table with what it extends; ``above`` are the variants that extend it."""
        own: dict[str, Any] = self.source.data[name]
        base_name = own.get("extends")
        merged = dict(own)
        if base_name is not None and self._can_extend(name, base_name, above):
            base = self.variant(base_name, (*above, name))
            before = self.origins
            self.origins = {}
            merged = self._merge(base, own, (name,), (base_name,), before, 0)
        self._without(name, merged, own.get("without", []))
        self._swap(name, merged, own.get("swap", {}))
        return merged

    def _report(self, path: KeyPath, code: str, message: str, remedy: str) -> None:
        self.findings.append(Finding("error", code, self.source.place(path), message, remedy))

    def _can_extend(self, name: str, base: object, above: tuple[str, ...]) -> bool:
        known = [key for key, value in self.source.data.items() if isinstance(value, dict) and key not in ("sources", name)]
        if not isinstance(base, str) or base not in known:
            self._report((name, "extends"), "L116", f"{str(base)[:40]!r} is no other variant of this file", suggest(str(base)[:40], known))
        elif base in above:
            self._report((name, "extends"), "L116", f"{name} extends {base}, which extends it: a circle", "take one extends out")
        else:
            return True
        return False

    def _merge(
        self, base: dict[str, Any], own: dict[str, Any], path: KeyPath, base_path: KeyPath, before: dict[KeyPath, KeyPath], depth: int
    ) -> dict[str, Any]:
        merged = {}
        base = base if depth else {key: value for key, value in base.items() if key not in _NOT_INHERITED}
        for key in _in_order(base, own):
            here, there = (*path, key), (*base_path, key)
            both = isinstance(base.get(key), dict) and isinstance(own.get(key), dict)
            if both and (depth > 0 or key in _MERGED) and depth < 2:
                merged[key] = self._merge(base[key], own[key], here, there, before, depth + 1)
            elif key in own:
                merged[key] = own[key]
            else:
                merged[key] = base[key]
                self._inherit(here, there, before)
        return merged

    def _inherit(self, here: KeyPath, there: KeyPath, before: dict[KeyPath, KeyPath]) -> None:
        """Note that a path stands for one of the base, which may itself stand for others."""
        nearest = next((length for length in range(len(there), 0, -1) if there[:length] in before), 0)
        self.origins[here] = (*before[there[:nearest]], *there[nearest:]) if nearest else there
        self.origins |= {(*here, *path[len(there) :]): origin for path, origin in before.items() if path[: len(there)] == there}

    def _without(self, name: str, merged: dict[str, Any], paths: object) -> None:
        """Leave out what is named ``check.damp-wash``, ``make.dots``, or one key of it, as ``set.T_inject.range``."""
        if not isinstance(paths, list):
            self._report((name, "without"), "L103", "without is not a list of texts", 'write without = ["check.damp-wash"]')
            return
        for index, typed in enumerate(paths):
            table, *keys = str(typed).split(".")
            left = _left_out(merged.get(table), keys) if table in _MERGED and 0 < len(keys) < 3 else None
            if left is None:
                known = _paths_known(merged, keys[0] if keys else "")
                message, remedy = f"there is no {str(typed)[:40]!r} to leave out", suggest(str(typed)[:40], known)
                self._report((name, "without", index), "L117", message, remedy)
            else:
                merged[table] = left

    def _swap(self, name: str, merged: dict[str, Any], swaps: object) -> None:
        """Put other materials in the place of one, wherever it is added; in the place of ``crude.OA`` in that preparation alone."""
        if not isinstance(swaps, dict) or any(not isinstance(new, str | dict) for new in swaps.values()):
            self._report((name, "swap"), "L103", "swap is not a table of materials", 'write swap = { PbI2 = { PbBr2 = "0.8 g" } }')
            return
        for old, new in swaps.items():
            additions = [(made, index, verb, merged["make"][made]["steps"][index][verb]) for made, index, verb in _additions(merged)]
            uses = [(made, index, verb) for made, index, verb, materials in additions if old in materials]
            only, _, within = old.partition(".")
            material = old if uses or only not in _rows(merged, "make") else within
            uses = uses or [(made, index, verb) for made, index, verb, materials in additions if made == only and within in materials]
            where = (name, "swap", old)
            if not uses:
                known = [known for made, _, _, materials in additions if material == old or made == only for known in materials]
                self._report(where, "L117", f"there is no {old!r} to swap", suggest(material, known))
            elif len(uses) > 1 and isinstance(new, dict):
                remedy = f'name the new material alone, as in {old} = "NAME", or write the steps out'
                self._report(where, "L117", f"{old} is added {len(uses)} times, so one amount does not fit", remedy)
            else:
                for use in uses:
                    self._swap_at(name, merged, use, (old, material), new)

    def _swap_at(self, name: str, merged: dict[str, Any], use: tuple[str, int, str], old: tuple[str, str], new: Any) -> None:
        """Replace a material at one addition; ``old`` is what swap calls it, and its name there."""
        made, index, verb = use
        typed, material = old
        steps = list(merged["make"][made]["steps"])
        materials: dict[str, Any] = {}
        path: KeyPath = (name, "make", made, "steps", index, verb)
        for key, amount in steps[index][verb].items():
            if key != material:
                materials[key] = amount
                continue
            for name_new, amount_new in ({new: amount} if isinstance(new, str) else new).items():
                materials[name_new] = amount_new
                self.origins[(*path, name_new)] = (name, "swap", typed) if isinstance(new, str) else (name, "swap", typed, name_new)
        steps[index] = {**steps[index], verb: materials}
        merged["make"] = {**merged["make"], made: {**merged["make"][made], "steps": steps}}


def _in_order(base: dict[str, Any], own: dict[str, Any]) -> list[str]:
    """Return the keys of both: those of the base, and a new one before the inherited one that is typed after it, else last."""
    keys = list(base)
    typed = list(own)
    for index, key in enumerate(typed):
        if key not in base:
            follower = next((later for later in typed[index:] if later in base), None)
            keys.insert(len(keys) if follower is None else keys.index(follower), key)
    return keys


def _rows(merged: dict[str, Any], table: str) -> dict[str, Any]:
    """Return the rows of a table of a merged variant; none where it is absent, or no table."""
    rows = merged.get(table)
    return rows if isinstance(rows, dict) else {}


def _left_out(rows: object, keys: list[str]) -> dict[str, Any] | None:
    """Return a table without the row, or the key of a row, that ``keys`` name; None where it has none."""
    if not isinstance(rows, dict) or keys[0] not in rows:
        return None
    if len(keys) == 1:
        return {row: value for row, value in rows.items() if row != keys[0]}
    inner = _left_out(rows[keys[0]], keys[1:])
    return None if inner is None else {**rows, keys[0]: inner}


def _paths_known(merged: dict[str, Any], row: str) -> list[str]:
    """Return what could be left out: every row, and the keys of one row."""
    tables = {table: _rows(merged, table) for table in _MERGED}
    found = [f"{table}.{name}" for table, rows in tables.items() for name in rows]
    return found + [f"{table}.{row}.{key}" for table, rows in tables.items() if isinstance(rows.get(row), dict) for key in rows[row]]


def _additions(merged: dict[str, Any]) -> list[tuple[str, int, str]]:
    """Return every addition of a merged variant: preparation, index of the step, verb."""
    verbs = [verb.name for verb in VERBS.values() if verb.takes == MATERIALS]
    return [
        (made, index, verb)
        for made, row in _rows(merged, "make").items()
        if isinstance(row, dict)
        for index, step in enumerate(row.get("steps", []) if isinstance(row.get("steps"), list) else [])
        if isinstance(step, dict)
        for verb in verbs
        if isinstance(step.get(verb), dict)
    ]
