"""One variant of a protocol file becomes a file of its own: what it inherits written out, its comments and sources with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from peqdlab import language
from peqdlab.inherit import Overlay, inherited
from peqdlab.source import format_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from peqdlab.family import Family
    from peqdlab.source import KeyPath, Source

SCHEMA_FILE: Final = "protocol.schema.json"
_TAG: Final = re.compile(r"\[([A-Za-z][\w-]*)(?:\s[^\[\]]*)?\]")
_TEXT: Final = re.compile(r"""(\"{3}|'{3})(?s:.*?)\1['"]{0,2}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_TOKEN: Final = re.compile(rf"{_TEXT.pattern}|#[^\n]*|[\[\]{{}}]")
_BARE: Final = re.compile(r"[^,\]}\n#]*[^,\]}\n#\s]")
_AFTER: Final = re.compile(r"[ \t]*,?[ \t]*(#[^\n]*)")
# The tables of tables of a variant, in the order of the language; what swap says is written out.
_CONTAINERS: Final = tuple(name for name, key in language.VARIANT.items() if key.takes == language.TABLE and name != "swap")
_OWN_TAG: Final = '# own = { cite = "our notebook, page 12", evidence = "own" }   # take off the # and write [own] after what you change'


class Typed:
    """The text of a protocol file as typed: where the value at a path begins and ends, and the comments that belong to it."""

    def __init__(self, source: Source) -> None:
        """Take the source as typed."""
        self.source = source
        self.text = source.text.replace("\r\n", "\n")
        self.lines = self.text.split("\n")
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def has(self, path: KeyPath) -> bool:
        """Return whether a value was typed at a path."""
        return self.value(path) is not None

    def value(self, path: KeyPath) -> Any:
        """Return the value at a path; None where there is none."""
        found: Any = self.source.data
        for part in path:
            inside = part in found if isinstance(found, dict) else isinstance(found, list) and isinstance(part, int) and part < len(found)
            if not inside:
                return None
            found = found[part]
        return found

    def start(self, path: KeyPath) -> int:
        """Return the offset at which the value of a path begins; for a table under a header, that of the header."""
        place = self.source.place(path)
        return self._starts[(place.line or 1) - 1] + (place.column or 1) - 1

    def end(self, start: int) -> int:
        """Return the offset behind the value that begins at ``start``."""
        if self.text[start] not in "[{\"'":
            bare = _BARE.match(self.text, start)
            return bare.end() if bare else start
        if self.text[start] in "\"'":
            text = _TEXT.match(self.text, start)
            return text.end() if text else start
        depth = 0
        for token in _TOKEN.finditer(self.text, start):
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
            if depth == 0:
                return token.end()
        return len(self.text)

    def is_inline(self, path: KeyPath) -> bool:
        """Return whether the value of a path stands in one piece, as ``key = value`` or as an item of a list."""
        start, value = self.start(path), self.value(path)
        if isinstance(value, dict):
            return self.text[start] == "{"
        before = self.text[self.text.rfind("\n", 0, start) + 1 : start].strip()
        return not isinstance(value, list) or before != ""

    def comment_after(self, end: int) -> str:
        """Return the comment on the same line behind a value or header, with its #."""
        found = _AFTER.match(self.text, end)
        return found[1].rstrip() if found else ""

    def comments_above(self, path: KeyPath) -> list[str]:
        """Return the lines of comment directly above the key of a path; rules that only divide a file are left out."""
        above: list[str] = []
        for line in reversed(self.lines[: (self.source.key_place(path).line or 1) - 1]):
            if not line.lstrip().startswith("#"):
                break
            above.insert(0, line.strip())
        return [line for line in above if not line.endswith("-----")]


class _Written:
    """Writes one variant, what it inherits resolved."""

    def __init__(self, family: Family, variant: str) -> None:
        merged, _ = inherited(family.source, variant)
        self.typed = Typed(family.source)
        self.variant = variant
        self.data: dict[str, Any] = merged.data[variant]
        self.merged = merged
        self.default = str(self.data.get("source", ""))
        self.chain = list(_chain(family.source.data, variant))

    def origin(self, path: KeyPath) -> KeyPath:
        return self.merged.origin(path) if isinstance(self.merged, Overlay) else path

    def blocks(self) -> Iterator[str]:
        """Yield the tables of the variant, each as text."""
        head = {key: value for key, value in self.data.items() if key not in (*_CONTAINERS, "extends", "without", "swap")}
        yield self.table((self.variant,), head)
        for key in _CONTAINERS:
            rows = self.data.get(key, {})
            apart = [name for name in rows if key == "make" or self.has_header((self.variant, key, name))]
            if together := {name: row for name, row in rows.items() if name not in apart}:
                yield self.table((self.variant, key), together)
            yield from (self.table((self.variant, key, name), rows[name]) for name in apart)

    def has_header(self, path: KeyPath) -> bool:
        """Return whether a row was typed as a table of its own, under a header."""
        origin = self.origin(path)
        return self.typed.has(origin) and self.typed.text[self.typed.start(origin)] == "["

    def table(self, path: KeyPath, rows: Mapping[str, Any]) -> str:
        """Return a table with its header, one row a line, with the comments of header and rows."""
        above, after = self.header_comments(path)
        width = max((len(format_key((key,))) for key in rows), default=0)
        lines = [*above, f"[{format_key(path)}]{f'    {after}' if after else ''}"]
        for key in rows:
            where = (*path, key)
            lines += self.typed.comments_above(self.origin(where)) if self.is_typed(where) else []
            lines.append(f"{format_key((key,)):{width}} = {self.value(where)}{self.comment(where)}")
        return "\n".join(lines)

    def header_comments(self, path: KeyPath) -> tuple[list[str], str]:
        """Return the comments above and behind the header of the variant that typed this table, the nearest one first."""
        for name in self.chain if len(path) == 2 else [self.variant] if len(path) == 1 else self.chain[: self.own_depth(path)]:
            where = (name, *path[1:])
            if not self.typed.has(where) or self.typed.is_inline(where):
                continue
            start = self.typed.start(where)
            if self.typed.text[start] == "[":
                above = self.typed.comments_above(where) if len(path) != 2 else []
                return above, self.typed.comment_after(self.typed.end(start))
        return [], ""

    def own_depth(self, path: KeyPath) -> int:
        """Return how far up the chain a table was first typed: what is said above that is not said here."""
        return next((depth for depth, name in enumerate(self.chain, 1) if self.typed.has((name, *path[1:]))), 0)

    def found(self, path: KeyPath) -> Any:
        value: Any = self.merged.data
        for part in path:
            value = value[part]
        return value

    def is_typed(self, path: KeyPath) -> bool:
        """Return whether the merged value of a path stands somewhere in the file as it is, from one variant alone."""
        origin = self.origin(path)
        mixed = isinstance(self.merged, Overlay) and any(
            len(under) > len(path) and under[: len(path)] == path and self.origin(under) != (*origin, *under[len(path) :])
            for under in self.merged.origins
        )
        return not mixed and self.typed.value(origin) == self.found(path) and self.typed.is_inline(origin)

    def value(self, path: KeyPath) -> str:
        """Return the value of a path as TOML: as it was typed where it was, else put together from its parts."""
        if self.is_typed(path):
            return self.as_typed(path)
        value = self.found(path)
        if isinstance(value, dict):
            return f"{{ {', '.join(f'{format_key((key,))} = {self.value((*path, key))}' for key in value)} }}"
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            items = (f"  {self.value((*path, index))},{self.comment((*path, index))}" for index in range(len(value)))
            return "\n".join(["[", *items, "]"])
        if isinstance(value, list):
            return f"[{', '.join(self.value((*path, index)) for index in range(len(value)))}]"
        import tomli_w

        return tomli_w.dumps({"v": value}).removeprefix("v = ").rstrip("\n")

    def as_typed(self, path: KeyPath) -> str:
        """Return the text of a value, with the source of its own variant after what names none and would get another here."""
        origin = self.origin(path)
        start = self.typed.start(origin)
        end = self.typed.end(start)
        default = str(self.typed.value((origin[0], "source")) or self.default) if origin[0] in self.chain else self.default
        if default == self.default:
            return self.typed.text[start:end]
        said, at = "", start
        for leaf in _texts(self.found(path), path):
            if self.bears_source(leaf):
                text_end = self.typed.end(self.typed.start(self.origin(leaf)))
                quotes = 3 if self.typed.text[text_end - 3 : text_end] in ('"""', "'''") else 1
                said, at = f"{said}{self.typed.text[at : text_end - quotes]} [{default}]", text_end - quotes
        return said + self.typed.text[at:end]

    def bears_source(self, path: KeyPath) -> bool:
        """Return whether the text of a path is a value whose source counts, and names none."""
        _, table, *rest = path
        text = str(self.found(path))
        if _TAG.search(text) or text.partition("=")[2].strip() in self.data.get("set", {}):
            return False
        if table == "set":
            return path[-1] in ("is", "range")
        if table == "needs" and rest[1:2] and rest[1] in ("shell", "from", "also", "also_in"):
            return False  # names, not values
        if table != "make" or len(rest) < 2:
            return table in _CONTAINERS and table not in ("make", "check", "tell") and path[-1] != "is"
        if rest[1] != "steps":
            return rest[1] in ("vessel", "label")
        key = str(path[5])
        verb = language.VERBS.get(key)
        if verb is not None and verb.takes == language.MATERIALS:
            return text.partition(",")[0].strip() != "all" and (len(path) == 7 or path[-1] in ("is", "assay"))
        row = verb or language.ADVERBS[key]
        return key != "name" and row.takes not in (language.TEXTS, "preparation") and not getattr(row, "choices", ())

    def comment(self, path: KeyPath) -> str:
        if not self.is_typed(path):
            origin = self.origin(path)
            if not (self.typed.has(origin) and self.typed.is_inline(origin)):
                return ""
        after = self.typed.comment_after(self.typed.end(self.typed.start(self.origin(path))))
        return f"   {after}" if after else ""


def _chain(data: Mapping[str, Any], variant: str) -> Iterator[str]:
    """Yield a variant and those that it extends, one after the other; a circle has been refused before."""
    name: Any = variant
    while isinstance(name, str) and isinstance(data.get(name), dict):
        yield name
        name = data[name].get("extends")


def _texts(value: Any, path: KeyPath) -> Iterator[KeyPath]:
    """Yield the path of every text in a value, in the order in which they stand."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(item, (*path, key))


def standalone_text(family: Family, variant: str, remarks: Iterable[str] = ()) -> str:
    """Return the text of a protocol file with one variant of a family alone, complete and self-contained.

    ``remarks`` are lines of comment for its top. The variant has been read without errors. What it inherits is written out, each
    value with the source that it has in the variant it comes from; comments stay with what they are about; of the sources those
    are kept that are named. The new file plans to the same numbers.
    """
    written = _Written(family, variant)
    blocks = list(written.blocks())
    sources = family.source.data.get("sources", {})
    rows = {tag: written.value(("sources", tag)) for tag in sources}
    named = _named_in({written.default, *_TAG.findall("\n".join(blocks))}, rows)
    width = max((len(format_key((tag,))) for tag in named), default=0)
    listed = [f"{format_key((tag,)):{width}} = {row}" for tag, row in rows.items() if tag in named]
    top = [f"#:schema ./{SCHEMA_FILE}", *(f"# {remark}" for remark in remarks), "format = 1", f"title = {_quoted(family.title)}"]
    return "\n\n".join(["\n".join(top), "\n".join(["[sources]", *listed, _OWN_TAG]), *blocks]) + "\n"


def _named_in(tags: set[str], rows: Mapping[str, str]) -> set[str]:
    """Return the tags that have a row, with those that their rows name in turn."""
    found: set[str] = set()
    while more := {tag for tag in tags if tag in rows} - found:
        found |= more
        tags = {tag for row in more for tag in _TAG.findall(rows[row])}
    return found


def _quoted(text: str) -> str:
    import tomli_w

    return tomli_w.dumps({"v": text}).removeprefix("v = ").rstrip("\n")
