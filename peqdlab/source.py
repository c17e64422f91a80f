"""Turns TOML text into values and, when first asked, the place (line and column) of every key and value."""

from __future__ import annotations

import os
import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from peqdlab.errors import SourceError
from peqdlab.findings import Finding, Place, suggest

if TYPE_CHECKING:
    from pathlib import Path

KeyPath = tuple[str | int, ...]

MAX_BYTES: Final = 1024 * 1024
# tomllib recurses (it gives up at about 490 brackets) and is quadratic in the parts of a dotted key; protocols need 8.
MAX_DEPTH: Final = 100
# Python prints every integer below 640 decimal digits, whatever its settings; 500 hexadecimal digits make 603.
MAX_DIGITS: Final = 500

_PART = r"""(?:[A-Za-z0-9_-]++|"(?:[^"\\\n]|\\[^\n])*+"|'[^'\n]*+')"""
_KEY = rf"{_PART}(?:[ \t]*+\.[ \t]*+{_PART})*+"
_MULTILINE = r'"""(?:[^"\\]++|\\[\s\S]|""?(?!"))*+"{3,5}|' + r"'''(?:[^']++|''?(?!'))*+'{3,5}"
_TEXT = rf"""{_MULTILINE}|"(?!"")(?:[^"\\\n]++|\\[^\n])*+"|'(?!'')[^'\n]*+'"""
_WORD = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[A-Za-z0-9+.:-]++|[A-Za-z0-9_+.:-]++"
_VALUE = rf"(?:(?P<plain>{_TEXT}|{_WORD})|(?P<list>\[)|(?P<table>\{{))"
_PAIR = rf"(?P<key>{_KEY})[ \t]*+=[ \t]*+{_VALUE}?"
# A comma between items is skipped like a blank: whether it stands where it must is for tomllib to say.
_GAP = r"(?:[ \t\n,]++|#[^\n]*+)*+"
_HEADER = rf"(?P<open>\[\[?)[ \t]*+(?P<header>{_KEY})[ \t]*+\]{{0,2}}"
_STATEMENT = re.compile(rf"(?:[ \t\n]++|#[^\n]*+)*+(?:{_HEADER}|{_PAIR})")
_ITEM = re.compile(rf"{_GAP}(?:(?P<close>\])|{_VALUE})")
_INSIDE = {"list": _ITEM, "table": re.compile(rf"{_GAP}(?:(?P<close>\}})|{_PAIR})")}
_PARTS = re.compile(_PART)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SUSPECT = re.compile(rf"(?<![0-9A-Fa-f_])[0-9A-Fa-f_]{{{MAX_DIGITS}}}|[0-9][eE][+-]?[0-9_]{{4}}")
_LONG_NUMBER = re.compile(
    rf"[+-]?(?:0[xob])?(?=[0-9])(?:[0-9A-Fa-f_.]{{{MAX_DIGITS},}}|[0-9_.]++[eE][+-]?[0-9_]{{4,}})[^\s,\]}}]*"
)

_BLANK = re.compile(_GAP)
_COORDINATES = re.compile(r"line ([0-9]+), column ([0-9]+)\)$")
_LUMP = re.compile(r"""[^\s,#=\[\]{}"']{1,40}|.""")
_LOOSE_KEY = re.compile(r"""[ \t]*+[^\s=\n"'#,\[\]{}][^=\n"'#,\[\]{}]*+(?==)""")
_LOOSE_VALUE = re.compile(r"""=?+(?:[^=\n"'#,\[\]{}]|(?<=[0-9]),(?=[0-9]))++(?!=)""")

_NAME = 'write key = "value"; quote a key with other characters than A-Z, a-z, 0-9, _ and -: "Pb(OAc)2" = "30 mg"'
_ESCAPES = 'one of \\\\, \\", \\n, \\t, \\u with four hexadecimal digits'
# How tomllib's sentence starts, what that means at the bench, what to type.
_FAULTS = (
    (r".*'\\n'|Unterm|Expected [\"']['\"]", "the text in quotes runs to {found}; wanted its closing quotes", "close it"),
    (r"Found|Illegal", "{found} stands bare in the file; wanted characters that can be seen", "delete it"),
    (r"Unesc|Invalid hex|Esc", "{what} has a backslash before {found}; wanted " + _ESCAPES, r"write \\ for a backslash"),
    (r"Invalid date", "{what} is no day or time of the calendar; wanted one such as 2026-03-07", "correct the date"),
    (r"Invalid value", "{what} has {found} for a value; wanted text in quotes, a number, true or false", "put it in quotes"),
    (r"Expected newline", "{what} is followed by {found}; wanted the end of the line", "start a new line before it"),
    (r"Unclosed", "{what} is followed by {found}; wanted a comma or the closing bracket", "put a comma before it"),
    (r"Expected '\]", "the table name is followed by {found}; wanted ]", 'quote the name: ["CsPbI3 dots"]'),
    (r"Expected '='", "the key is followed by {found}; wanted =", _NAME),
    (r"Invalid", "{found} stands where a key belongs; wanted a name", _NAME),
    (r"", "{what} is followed by {found}, which TOML does not have there", "see https://toml.io/en/v1.0.0"),
)


@dataclass(frozen=True)
class Source:
    """A TOML text and its values; ``name`` is the path as the user typed it, ``text`` has no byte order mark."""

    name: str
    text: str
    data: dict[str, Any]

    @cached_property
    def _scan(self) -> _Scan:
        return _Scan(self.text.replace("\r\n", "\n"))

    def place(self, path: KeyPath) -> Place:
        """Return where the value at ``path`` begins: for a table its header, for an absent path its nearest ancestor.

        >>> str(parse_source('[dots]\\nvessel = "tube"', "my.toml").place(("dots", "vessel")))
        'my.toml:2:10'
        """
        return self._scan.place(path, name=self.name, offset=self._scan.find(path)[1])

    def key_place(self, path: KeyPath) -> Place:
        """Return where the key of ``path`` begins; an item of a list has no key, so there where the item begins."""
        return self._scan.place(path, name=self.name, offset=self._scan.find(path)[0])


def format_key(path: KeyPath) -> str:
    """Return the path as a person would type it: bare where TOML allows it, else in double quotes.

    >>> format_key(("dots", "steps", 0, "add", "Pb(OAc)2"))
    'dots.steps[0].add."Pb(OAc)2"'
    """
    parts = [f"[{part}]" if isinstance(part, int) else f".{_quote_key(part)}" for part in path]
    return "".join(parts).removeprefix(".")


def parse_source(text: str, name: str) -> Source:
    """Parse TOML text; floats become Decimal, so that no digit is lost.

    ``name`` is what findings call the file. Raises SourceError, and nothing else: T001 (not TOML), T002 (a character
    that UTF-8 cannot hold), T003 (over MAX_BYTES), T005 (a key given twice), T006 (deeper than MAX_DEPTH levels).
    """
    text = text.removeprefix("\ufeff")
    _check_characters(text, name)
    plain = text.replace("\r\n", "\n")
    _check_extremes(plain, name)
    try:
        data = tomllib.loads(plain, parse_float=Decimal)
    except RecursionError:
        raise _too_deep(_Scan(plain), name) from None
    except (ValueError, ArithmeticError) as error:
        raise _not_toml(plain, name=name, sentence=str(error)) from None
    if _is_deep(data):
        raise _too_deep(_Scan(plain), name)
    return Source(name, text, data)


def read_source(path: Path, name: str | None = None) -> Source:
    """Read and parse a TOML file, MAX_BYTES of it at most; ``name`` is what findings call it, by default the path.

    Raises SourceError: as ``parse_source``, or T002 (not UTF-8), or T004 (missing, a folder, not readable).
    """
    shown = str(path) if name is None else name
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            raw = file.read(MAX_BYTES + 1) if size <= MAX_BYTES else b""
    except (OSError, ValueError) as error:
        raise _unreadable(path, name=shown, error=error) from None
    if size > MAX_BYTES or len(raw) > MAX_BYTES:
        raise _too_large(shown, f"{size:,}" if size > MAX_BYTES else f"more than {MAX_BYTES:,}")
    return parse_source(_decode(raw.removeprefix(b"\xef\xbb\xbf"), shown), shown)


class _Scan:
    """Where keys and values stand, by path: (offset of the key, offset of the value).

    Right for what tomllib accepts and for the text before the point where it stopped; ends where it cannot go on. Then
    ``frames`` are the tables and lists still open, ``entry`` is the path last begun in the innermost of them, ``before``
    has the earlier places of paths that came again, ``deep`` is the offset where MAX_DEPTH was passed.
    """

    def __init__(self, text: str, end: int | None = None) -> None:
        self.text = text
        self.end = len(text) if end is None else end
        self.places: dict[KeyPath, tuple[int, int]] = {(): (0, 0)}
        self.before: dict[KeyPath, tuple[int, int]] = {}
        self.tables: dict[KeyPath, int] = {}
        self.items: dict[KeyPath, int] = {}
        self.frames: list[tuple[KeyPath, re.Pattern[str]]] = [((), _STATEMENT)]
        self.entry: KeyPath = ()
        self.deep: int | None = None
        self.at = 0
        self._run()

    @cached_property
    def starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def place(self, path: KeyPath, *, name: str, offset: int) -> Place:
        line = bisect_right(self.starts, offset)
        return Place(format_key(path), name, line, offset - self.starts[line - 1] + 1)

    def find(self, path: KeyPath) -> tuple[int, int]:
        while path not in self.places:
            path = path[:-1]
        return self.places[path]

    def reading(self, *, is_done: bool) -> KeyPath:
        """Return what was being read at the end: the last path if it is done, else the one begun after it."""
        box, pattern = self.frames[-1]
        if pattern is _ITEM and not is_done:
            return (*box, self.items.get(box, 0))
        return self.entry if is_done or self.at == self.places[self.entry][1] else box

    def _run(self) -> None:
        while self.deep is None and (match := self.frames[-1][1].match(self.text, self.at, self.end)):
            self.at = match.end()
            kind = match.lastgroup or ""
            if kind == "close":
                self.entry = self.frames.pop()[0]
            elif kind == "header":
                self._take_header(match)
            else:
                self._take_value(match, kind)

    def _take_value(self, match: re.Match[str], kind: str) -> None:
        path, pattern = self.frames[-1]
        key = value = match.end() if kind == "key" else match.start(kind)
        if pattern is _ITEM:
            count = self.items.get(path, 0)
            self.items[path] = count + 1
            path = (*path, count)
        else:
            *parents, (last, key) = _split_key(match["key"], match.start("key"))
            for part, offset in parents:
                path = (*path, part)
                self.places.setdefault(path, (offset, offset))
            path = (*path, last)
        self._record(path, key=key, value=value)
        if kind in _INSIDE:
            self.frames.append((path, _INSIDE[kind]))

    def _take_header(self, match: re.Match[str]) -> None:
        value = match.start("open")
        *parents, (last, key) = _split_key(match["header"], match.start("header"))
        path: KeyPath = ()
        for part, offset in parents:
            path = (*path, part)
            self.places.setdefault(path, (offset, value))
            path = (*path, self.tables[path] - 1) if path in self.tables else path
        path = (*path, last)
        if match["open"] == "[" or path not in self.tables:
            self._record(path, key=key, value=value)
        if match["open"] == "[[":
            self.tables[path] = self.tables.get(path, 0) + 1
            path = (*path, self.tables[path] - 1)
            self._record(path, key=key, value=value)
        self.frames[0] = (path, _STATEMENT)

    def _record(self, path: KeyPath, *, key: int, value: int) -> None:
        self.deep = key if len(path) > MAX_DEPTH else None
        if path in self.places:
            self.before[path] = self.places[path]
        self.places[path] = (key, value)
        self.entry = path


def _split_key(key: str, offset: int) -> list[tuple[str, int]]:
    """Return the parts of a dotted key, quotes and escapes undone, each with its offset; at most MAX_DEPTH + 1."""
    if "." not in key and key[0] not in "\"'":
        return [(key, offset)]
    found = islice(_PARTS.finditer(key), MAX_DEPTH + 1)
    return [(_unquote(match[0]), offset + match.start()) for match in found]


def _unquote(part: str) -> str:
    if part[0] not in "\"'":
        return part
    if part[0] == "'" or "\\" not in part:
        return part[1:-1]
    try:
        return str(tomllib.loads(f"part = {part}")["part"])
    except tomllib.TOMLDecodeError:
        return part


def _quote_key(part: str) -> str:
    return part if _BARE.fullmatch(part) else _quote(part)


def _quote(text: str) -> str:
    return '"' + _visible(text.replace("\\", "\\\\").replace('"', '\\"')) + '"'


def _visible(text: str) -> str:
    """Return the text with all that cannot be seen, such as terminal escapes, written as TOML escapes it."""
    escape = ("\\u{:04X}", "\\U{:08X}")
    return "".join(c if c.isprintable() else escape[ord(c) > 0xFFFF].format(ord(c)) for c in text)


def _clip(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"


def _stop(code: str, where: Place, *, message: str, remedy: str) -> SourceError:
    return SourceError(Finding("error", code, where, message, remedy))


def _check_characters(text: str, name: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        where = _Scan(text, 0).place((), name=name, offset=error.start)
        message = f"{_visible(text[error.start])} is half of a surrogate pair; wanted a character that UTF-8 can hold"
        raise _stop("T002", where, message=message, remedy="delete that character and type it again") from None
    if size > MAX_BYTES:
        raise _too_large(name, f"{size:,}")


def _check_extremes(text: str, name: str) -> None:
    """Stop at what would keep tomllib, or whoever prints the number, busy for hours; a cheap look rules out most."""
    if not _SUSPECT.search(text) and all(line.count(".") < MAX_DEPTH for line in text.split("\n")):
        return
    scan = _Scan(text)
    if scan.deep is not None:
        raise _too_deep(scan, name)
    for path, (key, value) in scan.places.items():
        is_value = key != value or isinstance((path or "x")[-1], int)
        match = _LONG_NUMBER.match(text, value) if is_value else None
        if match is not None:
            found = f"{_clip(format_key(path))} is a number of {len(match[0]):,} characters, {_clip(match[0])}"
            message = f"{found}; wanted at most {MAX_DIGITS} digits and an exponent of at most 3"
            remedy = "write the number shorter, such as 1.5e-3, or in quotes if it is a name"
            raise _stop("T001", scan.place(path, name=name, offset=value), message=message, remedy=remedy)


def _is_deep(data: dict[str, Any]) -> bool:
    level: list[Any] = [data]
    for _ in range(MAX_DEPTH):
        insides = (box.values() if isinstance(box, dict) else box for box in level)
        level = [value for inside in insides for value in inside if isinstance(value, (dict, list))]
    return any(level)


def _too_deep(scan: _Scan, name: str) -> SourceError:
    key = scan.entry[:1]
    message = f"{_clip(format_key(key))} is nested more than {MAX_DEPTH} levels deep; wanted at most {MAX_DEPTH}"
    where = scan.place(key, name=name, offset=scan.deep or 0)
    return _stop("T006", where, message=message, remedy="close a bracket before here, or use fewer dots in the key")


def _too_large(name: str, size: str) -> SourceError:
    message = f"{name} holds {size} bytes; wanted at most {MAX_BYTES:,} (1 MiB)"
    remedy = "name a TOML file; if this is one, move some of its variants to a file of their own"
    return _stop("T003", Place("", name), message=message, remedy=remedy)


def _unreadable(path: Path, *, name: str, error: Exception) -> SourceError:
    from shlex import quote

    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        found, remedy = "does not exist", _neighbour(path.parent, path.name)
    elif os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where a parent folder is closed
        found, remedy = "is a folder", _neighbour(path, path.name)
    elif isinstance(error, PermissionError):
        found, remedy = "is closed to this user", f"chmod u+r {quote(name)}"
    else:
        found, remedy = f"cannot be read ({getattr(error, 'strerror', None) or error})", f"ls -l {quote(name)}"
    return _stop("T004", Place("", name), message=f"{name} {found}; wanted a TOML file", remedy=remedy)


def _neighbour(folder: Path, wanted: str) -> str:
    """Return the remedy for a missing file: the TOML files of the folder, the nearest name first."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, 1000) if entry.name.endswith(".toml")]
    except OSError:
        names = []
    start = "start one: peqdlab new FAMILY/VARIANT FILE.toml"
    return _visible(f"in {folder}: {suggest(wanted, names)}") if names else start


def _decode(raw: bytes, name: str) -> str:
    """Return the text; raises SourceError (T002) at the first NUL or byte that is not UTF-8, and guesses what it is."""
    from shlex import quote

    try:
        text, start = raw.decode(), raw.find(0)
    except UnicodeDecodeError as error:
        text, start = "", error.start
    if start < 0:
        return text
    found, encoding = f"byte 0x{raw[start]:02X}", "WINDOWS-1252"
    old = raw[start : start + 1].decode(encoding, "ignore")
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} or 0 in raw[:2]:
        found, encoding = "the file in UTF-16", "UTF-16"
    elif old.isprintable() and old:
        found = f"{found} ({old} in Windows-1252)"
    remedy = f"save it as UTF-8, or type: iconv -f {encoding} -t UTF-8 {quote(name)} > utf8.toml"
    before = raw[:start].decode()
    where = _Scan(before, 0).place((), name=name, offset=len(before))
    raise _stop("T002", where, message=f"{found} is not UTF-8 text; wanted UTF-8", remedy=remedy)


def _not_toml(text: str, *, name: str, sentence: str) -> SourceError:
    match = _COORDINATES.search(sentence)
    end = len(text)
    if match is not None:
        end = sum(len(row) + 1 for row in text.split("\n")[: int(match[1]) - 1]) + int(match[2]) - 1
    scan = _Scan(text, end)
    if re.match("Cannot|Duplicate", sentence):
        return _given_twice(scan, name)
    message, remedy = next((said, typed) for start, said, typed in _FAULTS if re.match(start, sentence))
    path = scan.reading(is_done=sentence.startswith(("Expected newline", "Unclosed")))
    at = text.rfind("\\", 0, end) if "backslash" in message else end
    message = message.format(what=_clip(format_key(path)) or "the file", found=_found(text, at))
    opened = scan.places[scan.frames[1][0]][1] if len(scan.frames) > 1 else end
    if "\n" in text[opened:at]:
        message += f"; the bracket opened in line {text.count(chr(10), 0, opened) + 1} is not closed yet"
    if at == len(text):
        rest = _BLANK.sub("", text[scan.at :], count=1)
        at = at - len(rest) if rest else opened
    where = scan.place(path, name=name, offset=at)
    return _stop("T001", where, message=message, remedy=_retype(scan, path=path, sentence=sentence) or remedy)


def _found(text: str, at: int) -> str:
    match = _LUMP.match(text, at)
    if match is None:
        return "the end of the line" if text[at:] else "the end of the file"
    return f"'{_visible(match[0])}'"


def _retype(scan: _Scan, *, path: KeyPath, sentence: str) -> str | None:
    """Return what to type where text or a key stands without quotes; None where something else went wrong."""
    if re.match("Expected '='|Invalid (?:init|stat)", sentence):
        start = max(scan.text.rfind(mark, 0, scan.end) for mark in "\n{,") + 1
        key = _LOOSE_KEY.match(scan.text, start)
        return f"write {_quote(key[0].strip())} =" if key and key.end() > scan.end else None
    start = scan.places.get(path, (scan.end, scan.end))[1]
    value = _LOOSE_VALUE.match(scan.text, start)
    if not (value and value.end() > scan.end and re.match("Invalid value|Expected newline|Unclosed", sentence)):
        return None
    word = value[0].strip(" \t“”„‘’")
    shown = word.lower() if word.lower() in {"true", "false"} else _quote(word)
    return f"write {format_key(path[-1:])} = {shown}" if isinstance(path[-1], str) else f"write {shown}"


def _given_twice(scan: _Scan, name: str) -> SourceError:
    key, value = scan.places[scan.entry]
    path = scan.entry[:-1] if isinstance(scan.entry[-1], int) else scan.entry
    where, shown = scan.place(path, name=name, offset=key), _clip(format_key(path))
    if path in scan.before:
        first = scan.place(path, name=name, offset=scan.before[path][0])
        message, remedy = f"{shown} is given twice, first at {first}; wanted once", "keep one, or rename one"
    else:
        owners = (path[:count] for count in range(len(path) - 1, 0, -1))
        owner = next((o for o in owners if len({*scan.places.get(o, (0, 0)), value}) == 3), ())
        first = scan.place(owner, name=name, offset=scan.find(owner)[0])
        message = f"{shown} is added to {_clip(format_key(owner))}, which is complete at {first}; wanted all in one place"
        remedy = f"write {format_key(path[-1:])} there, or delete one of the two"
    return _stop("T005", where, message=message, remedy=remedy)
