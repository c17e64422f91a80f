"""Read tables, keys and texts of a protocol file against the language table, each with its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from peqdlab import language
from peqdlab.findings import Finding, suggest
from peqdlab.preparation import Citation, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peqdlab.findings import Doubt
    from peqdlab.language import Key
    from peqdlab.source import KeyPath, Source

# Both take linear time: a search that may start anywhere has no two parts that match the same blanks.
_TAG: Final = re.compile(r"\[([A-Za-z][\w-]*)(?:\s([^\[\]]*))?\]\Z")
_ANY_TAG: Final = re.compile(r"\[([A-Za-z][\w-]*)(?:\s[^\[\]]*)?\]")
IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)

_LONGEST_SENTENCE: Final = 400
_OWN_SOURCE: Final = 'add own = { cite = "our notebook, page 12", evidence = "own" } to [sources]'


class Reader:
    """Parse values of one file, collecting findings with their places; never raises for what the file says."""

    def __init__(self, source: Source, default_source: str = "", citations: Mapping[str, Citation] | None = None) -> None:
        self.source = source
        self.findings: list[Finding] = []
        self.default_source = default_source
        self.citations = dict(citations or {})
        self.tags: list[tuple[KeyPath, str]] = []

    def report(self, path: KeyPath, code: str, message: str, remedy: str, *, key: bool = False) -> None:
        """Add an error at the value of a path, or at its key."""
        place = self.source.key_place(path) if key else self.source.place(path)
        self.findings.append(Finding("error", code, place, _said(message), _said(remedy)))

    def doubt(self, path: KeyPath, doubt: Doubt) -> None:
        """Add a parser's doubt about the value of a path."""
        self.report(path, doubt.code, doubt.message, doubt.remedy)

    # tables ----------------------------------------------------------------------------------------------------------

    def table(self, data: Any, path: KeyPath, keys: Mapping[str, Key], what: str) -> dict[str, Any] | None:
        """Return a table after checking its keys against the language; None where it is no table."""
        if not isinstance(data, dict):
            self.report(path, "L103", f"{what} is {called(data)}, a table is wanted", f"write {what} as a table: {{ … }}")
            return None
        for name in data:
            if name not in keys:
                self.report((*path, name), "L101", f"{what} has no key {name!r}", suggest(name, keys), key=True)
        for key in keys.values():
            if key.required and key.name not in data:
                self.report(path, "L102", f"{what} has no {key.name}: {key.means}", f"add {key.name} = …")
        return data

    def tables(self, data: Mapping[str, Any], path: KeyPath, name: str) -> dict[str, Any]:
        """Return a table of named tables, such as ``set`` or ``make``; empty where it is absent."""
        found = data.get(name, {})
        if isinstance(found, dict):
            return found
        self.report((*path, name), "L103", f"{name} is {called(found)}, a table is wanted", f"write [{'.'.join(map(str, (*path, name)))}]")
        return {}

    def named(self, name: str, path: KeyPath, what: str) -> bool:
        """Return whether expressions can use a name; report it otherwise."""
        if IDENTIFIER.match(name) and name != "and":
            return True
        self.report(path, "L108", f"{what} {name!r} is not a name", "use letters, digits and _, starting with a letter", key=True)
        return False

    # texts -----------------------------------------------------------------------------------------------------------

    def text(self, data: Mapping[str, Any], path: KeyPath, key: Key) -> Value | None:
        """Return a text value with its source; None where it is absent or not as wanted."""
        raw = data.get(key.name)
        if raw is None:
            return None
        where = (*path, key.name)
        if not isinstance(raw, str):
            self.report(where, "L103", f"{key.name} is {called(raw)}, a text is wanted", f'write {key.name} = "…"')
            return None
        text, tag, locator = self.split_tag(raw, where)
        if key.choices and text not in key.choices:
            self.report(where, "L104", f"{key.name} is {text!r}", suggest(text, key.choices))
            return None
        return Value(where, text, tag, locator)

    def texts(self, data: Mapping[str, Any], path: KeyPath, name: str) -> tuple[str, ...]:
        """Return a list of texts; empty where it is absent or not as wanted."""
        raw = data.get(name, [])
        if isinstance(raw, list) and all(isinstance(item, str) for item in raw):
            return tuple(raw)
        self.report((*path, name), "L103", f"{name} is {called(raw)}, a list of texts is wanted", f'write {name} = ["…", "…"]')
        return ()

    def split_tag(self, text: str, path: KeyPath) -> tuple[str, str, str]:
        """Return text, source tag and locator: ``10 s [review 3.1]`` is 10 s, review, 3.1."""
        text = text.strip()
        match = _TAG.search(text) if text.endswith("]") else None
        if match is None:
            return text, self.default_for(path), ""
        tag, locator = match[1], (match[2] or "").strip()
        self.known_tag(tag, path)
        self.tags.append((path, tag))
        return text[: match.start()].strip(), tag, locator

    def default_for(self, path: KeyPath) -> str:  # noqa: ARG002 - a variant that extends another asks by path
        """Return the source of a value that names none."""
        return self.default_source

    def known_tag(self, tag: str, path: KeyPath) -> None:
        """Report a source tag that [sources] does not define."""
        typed = self.source.data.get("sources")
        if isinstance(typed, dict) and tag in typed:
            return  # a source that could not be read has a finding of its own
        if tag not in self.citations and tag not in language.BUILT_IN_SOURCES:
            known = suggest(tag, (*self.citations, *language.BUILT_IN_SOURCES))
            remedy = _OWN_SOURCE if tag == "own" else known
            self.report(path, "L107", f"source {tag!r} is not defined in [sources]", remedy)

    def tags_in(self, text: str, path: KeyPath) -> tuple[str, ...]:
        """Return every source tag inside a sentence, reporting the unknown ones."""
        tags = tuple(dict.fromkeys(_ANY_TAG.findall(text)))
        for tag in tags:
            self.known_tag(tag, path)
        return tags


def _said(sentence: str) -> str:
    """Return a sentence of readable length in which nothing typed can break the line or reach the terminal."""
    shown = sentence if len(sentence) <= _LONGEST_SENTENCE else f"{sentence[:_LONGEST_SENTENCE]}…"
    return "".join(c if c.isprintable() else f"\\u{ord(c):04X}" for c in shown)


def called(value: Any) -> str:
    """Return what a TOML value is called, in words."""
    names = {dict: "a table", list: "a list", str: "a text", bool: "true or false", int: "a number"}
    return names.get(type(value), "a number" if hasattr(value, "is_finite") else "a date or time")
