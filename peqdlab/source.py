"""Turns TOML text into values and, when first asked, the place (line and column) of every key and value."""

from __future__ import annotations

import os
import re
import tomllib
from bisect import bisect_right
from decimal import Decimal
from functools import cache, cached_property
from itertools import islice
from shlex import quote
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

_BARE = "[A-Za-z0-9_-]++"  # a group is never possessive: Python before 3.11.5 then matches less (cpython issue 106052)
_PART = rf"""(?:{_BARE}|"(?:[^"\\\n]|\\[^\n])*"|'[^'\n]*+')"""
_KEY = rf"{_PART}(?:[ \t]*+\.[ \t]*+{_PART})*"
# A comma between items is skipped like a blank: whether it stands where it must is for tomllib to say.
_GAP = r"(?:[ \t\n,]++|#[^\n]*+)*"
_MULTILINE = r'"""(?:[^"\\]++|\\[\s\S]|""?(?!"))*"{3,5}|' + r"'''(?:[^']++|''?(?!'))*'{3,5}"
_TEXT = rf"""{_MULTILINE}|"(?!"")(?:[^"\\\n]++|\\[^\n])*"|'(?!'')[^'\n]*+'"""
_WORD = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[A-Za-z0-9+.:-]++|[A-Za-z0-9_+.:-]++"
_VALUE = rf"(?:(?P<plain>{_TEXT}|{_WORD})|(?P<list>\[)|(?P<table>\{{))"
_PAIR = rf"(?P<key>{_KEY})[ \t]*+(?:=[ \t]*+{_VALUE}?|(?P<stray>))"
_HEADER = rf"(?P<open>\[\[?)[ \t]*+(?P<header>{_KEY})[ \t]*+\]{{0,2}}"
_LONG_RUN = rf"(?<![0-9A-Fa-f_])[0-9A-Fa-f_]{{{MAX_DIGITS}}}"
_DIGITS = rf"[0-9A-Fa-f_.]{{{MAX_DIGITS},}}|[0-9_.]++[eE][+-]?0*[1-9][0-9_]{{3,}}"
_LONG_NUMBER = re.compile(rf"[+-]?(?=[0-9])(?:0[xob])?(?:{_DIGITS})[^\s,\]}}]*+(?![ \t]*[.=])")
_LONG = "Long number"
_NEW_REMEDY = "name a TOML file, or a protocol that peqdlab protocols lists"
_PAIR_REMEDY = 'write key = "value"; quote a key with blanks or signs: "Pb(OAc)2" = "30 mg"'
# How tomllib's sentence starts, what that means at the bench, what to type.
_FAULTS = (
    (r".*'\\n'|Unterm|Expected [\"']['\"]", "{what} has text up to {found}; wanted its end quotes", "close the quotes"),
    (r"Found|Illegal", "{found} stands bare in the file; wanted characters that can be seen", "delete it"),
    (r"Une|Esc|Invalid hex", r"{what} has the backslash {found}; wanted such as \\, \n or \u00B0", r"type \\ for a \."),
    (_LONG, "{what} has {found} …; wanted at most 500 digits and an exponent below 1000", "write it shorter: 1.5e-3"),
    (r"Invalid date", "{what} is no day or time of the calendar; wanted one such as 2026-03-07", "correct the date"),
    (r"Invalid value", "{what} has {found} for a value; wanted text in quotes, a number, true or false", "type one"),
    (r"Expected newline", "{what} is followed by {found}; wanted the end of the line", "start a new line before it"),
    (r"Unclosed", "{what} is followed by {found}; wanted a comma or the closing bracket", "put a comma before it"),
    (r"Expected '\]", "{what} is followed by {found}; wanted ] or ]] after a name", 'close it: ["CsPbI3 dots"]'),
    (r"Expected '='", "the key is followed by {found}; wanted =", _PAIR_REMEDY),
    (r"Invalid", "{found} stands where a key belongs; wanted a name", _PAIR_REMEDY),
    (r"", "{what} is followed by {found}, which TOML does not have there", "see https://toml.io/en/v1.0.0"),
)


class Source:
    """A TOML text and its values; ``name`` is the path as the user typed it, ``text`` has no byte order mark."""

    def __init__(self, name: str, text: str, data: dict[str, Any]) -> None:
        self.name = name
        self.text = text
        self.data = data

    @cached_property
    def _scan(self) -> _Scan:
        return _Scan(self.text.replace("\r\n", "\n"))

    def place(self, path: KeyPath) -> Place:
        """Return where the value at ``path`` begins (a table: its header); of an absent path, its nearest ancestor."""
        return self._scan.place(path, name=self.name, offset=self._scan.find(path)[1])

    def key_place(self, path: KeyPath) -> Place:
        """Return where the key of ``path`` begins; an item of a list has no key, so there where the item begins."""
        return self._scan.place(path, name=self.name, offset=self._scan.find(path)[0])


def format_key(path: KeyPath) -> str:
    """Return the path as a person would type it, in double quotes where TOML needs quotes.

    >>> format_key(("dots", "steps", 0, "add", "Pb(OAc)2"))
    'dots.steps[0].add."Pb(OAc)2"'
    """
    parts = [f"[{p}]" if isinstance(p, int) else "." + (p if re.fullmatch(_BARE, p) else _quote(p)) for p in path]
    return "".join(parts).removeprefix(".")


def parse_source(text: str, name: str) -> Source:
    """Parse TOML text; floats become Decimal, so that no digit is lost.

    Findings call it ``name``. Raises SourceError and nothing else: T001 (not TOML), T002 (not UTF-8), T003 (over
    MAX_BYTES), T005 (a key given twice), T006 (deeper than MAX_DEPTH levels).
    """
    return _parse(text.encode("utf-8", "surrogatepass"), name)


def read_source(path: Path, name: str | None = None) -> Source:
    """Read and parse a TOML file, MAX_BYTES of it at most; ``name`` is what findings call it, by default the path.

    Raises SourceError: as ``parse_source``, or T004 (missing, a folder, not readable).
    """
    shown = str(path) if name is None else name
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise OSError(0, "a pipe or a device")  # noqa: TRY301 - opening it would wait for ever
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            raw = file.read(MAX_BYTES + 1) if size <= MAX_BYTES else b""
    except (OSError, ValueError) as error:
        raise _unreadable(path, name=shown, error=error) from None
    if size > MAX_BYTES:
        raise _too_large(shown, f"{size:,}")
    return _parse(raw, shown)


def _parse(raw: bytes, name: str) -> Source:
    if len(raw) > MAX_BYTES:
        raise _too_large(name, f"more than {MAX_BYTES:,}")
    text = _decode(raw.removeprefix(b"\xef\xbb\xbf"), name)
    plain = text.replace("\r\n", "\n")
    _check_extremes(plain, name)
    try:
        data = tomllib.loads(text, parse_float=_parse_float)
    except RecursionError:
        raise _too_deep(_Scan(plain), name) from None
    except ValueError as error:
        raise _not_toml(plain, name=name, sentence=str(error)) from None
    if _is_deep(data):
        raise _too_deep(_Scan(plain), name)
    return Source(name, text, data)


@cache
def _grammar() -> dict[str, re.Pattern[str]]:
    """Return what may come next at the top, in a table in braces and in a list; compiled when first needed (3 ms)."""
    return {
        "top": re.compile(rf"{_GAP}(?:{_HEADER}|{_PAIR})"),
        "table": re.compile(rf"{_GAP}(?:(?P<close>\}})|{_PAIR})"),
        "list": re.compile(rf"{_GAP}(?:(?P<close>\])|{_VALUE})"),
    }


class _Scan:
    """Where keys and values stand, by path: (offset of the key, offset of the value).

    Right as far as tomllib accepts the text. At the end ``frames`` are still open, ``entry`` is the last path begun in
    the innermost, ``deep`` is where MAX_DEPTH was passed, ``before`` has earlier places of paths that came again.
    """

    def __init__(self, text: str, end: int | None = None) -> None:
        self.text, self.end = text, len(text) if end is None else end
        self.places: dict[KeyPath, tuple[int, int]] = {(): (0, 0)}
        self.before: dict[KeyPath, tuple[int, int]] = {}
        self.items: dict[KeyPath, int] = {}  # last index of each list
        self.tables: dict[KeyPath, int] = {}  # last index of each array of tables
        self.frames: list[tuple[KeyPath, str]] = [((), "top")]
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
        return next(self.places[path[:n]] for n in range(len(path), -1, -1) if path[:n] in self.places)

    def long_number(self) -> int | None:
        return next((value for _, value in self.places.values() if _LONG_NUMBER.match(self.text, value)), None)

    def reading(self, *, is_done: bool) -> KeyPath:
        """Return the path begun last if it is done, else the one that was being read at the end."""
        box, kind = self.frames[-1]
        if kind == "list" and not is_done:
            return (*box, self.items.get(box, -1) + 1)
        return self.entry if is_done or self.at == self.places[self.entry][1] else box

    def _run(self) -> None:
        grammar = _grammar()
        while self.deep is None and (match := grammar[self.frames[-1][1]].match(self.text, self.at, self.end)):
            kind = match.lastgroup or ""
            if kind == "stray" and match["key"].count(".") < MAX_DEPTH:
                return
            self.at = match.end()
            if kind == "close":
                self.entry = self.frames.pop()[0]
            elif kind == "header":
                self._take_header(match)
            else:
                self._take_value(match, kind)

    def _take_value(self, match: re.Match[str], kind: str) -> None:
        path, box = self.frames[-1]
        key = value = match.end() if kind == "key" else match.start(kind)
        if box == "list":
            self.items[path] = self.items.get(path, -1) + 1
            path = (*path, self.items[path])
        else:
            path, key = self._enter(path, match=match, group="key")
        self._record(path, key=key, value=value)
        if kind in {"list", "table"}:
            self.frames.append((path, kind))

    def _take_header(self, match: re.Match[str]) -> None:
        path, key = self._enter((), match=match, group="header")
        if match["open"] == "[[":
            self.tables[path] = self.tables.get(path, -1) + 1
            if self.tables[path] == 0:
                self._record(path, key=key, value=match.start("open"))
            path = (*path, self.tables[path])
        self._record(path, key=key, value=match.start("open"))
        self.frames[0] = (path, "top")

    def _enter(self, path: KeyPath, *, match: re.Match[str], group: str) -> tuple[KeyPath, int]:
        typed = match[group]
        if "." not in typed and typed[0] not in "\"'":
            return (*path, typed), match.start(group)
        *parents, (last, key) = _split_key(typed, match.start(group))
        for part, offset in parents:
            path = (*path, part)
            self.places.setdefault(path, (offset, offset if group == "key" else match.start("open")))
            path = (*path, self.tables[path]) if path in self.tables else path
        return (*path, last), key

    def _record(self, path: KeyPath, *, key: int, value: int) -> None:
        self.deep = key if len(path) > MAX_DEPTH else None
        if path in self.places:
            self.before[path] = self.places[path]
        self.places[path] = (key, value)
        self.entry = path


def _split_key(key: str, offset: int) -> list[tuple[str, int]]:
    """Return the parts of a dotted key, quotes and escapes undone, each with its offset; at most MAX_DEPTH + 1."""
    found = islice(re.finditer(_PART, key), MAX_DEPTH + 1)
    return [(_unquote(match[0]), offset + match.start()) for match in found]


def _unquote(part: str) -> str:
    try:
        return next(iter(tomllib.loads(f"{part} = 0"))) if part[0] in "\"'" else part
    except tomllib.TOMLDecodeError:
        return part


def _quote(text: str) -> str:
    return '"' + _visible(text.replace("\\", "\\\\").replace('"', '\\"')) + '"'


def _visible(text: str) -> str:
    """Return the text with all that cannot be seen, such as terminal escapes, written as TOML escapes it."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04X}" if c <= "\uffff" else f"\\U{ord(c):08X}" for c in text)


def _shown(path: KeyPath) -> str:
    return key if len(key := format_key(path) or "the file") <= 60 else f"{key[:60]}…"


def _stop(where: Place, *, code: str, message: str, remedy: str) -> SourceError:
    return SourceError(Finding("error", code, where, message, remedy))


def _check_extremes(text: str, name: str) -> None:
    """Stop at what would keep tomllib, or whoever prints a number, busy for hours; a cheap look rules out most."""
    lines = [line for line in text.split("\n") if len(line) > 2 * MAX_DEPTH]
    if any(line.count(".") >= MAX_DEPTH or re.search(_LONG_RUN, line) for line in lines):
        scan = _Scan(text)
        if scan.deep is not None:
            raise _too_deep(scan, name)
        if scan.long_number() is not None:
            raise _not_toml(text, name=name, sentence=_LONG)


def _parse_float(number: str) -> Decimal:
    if _LONG_NUMBER.match(number):
        raise ValueError(_LONG)
    return Decimal(number)


def _is_deep(data: dict[str, Any]) -> bool:
    boxes: list[Any] = [data]
    for _ in range(MAX_DEPTH):
        boxes = [v for b in boxes for v in (b.values() if isinstance(b, dict) else b) if isinstance(v, (dict, list))]
    return any(boxes)


def _too_deep(scan: _Scan, name: str) -> SourceError:
    where = scan.place(scan.entry[:1], name=name, offset=scan.deep or 0)
    message = f"{_shown(scan.entry[:1])} is nested more than {MAX_DEPTH} levels deep; wanted at most {MAX_DEPTH}"
    return _stop(where, code="T006", message=message, remedy="close a bracket before here, or use fewer dots")


def _too_large(name: str, size: str) -> SourceError:
    message = f"{name} holds {size} bytes; wanted at most {MAX_BYTES:,} (1 MiB)"
    return _stop(Place("", name), code="T003", message=message, remedy="move variants to a file of their own")


def _unreadable(path: Path, *, name: str, error: Exception) -> SourceError:
    is_folder = os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises where a parent folder is closed
    if is_folder or isinstance(error, (FileNotFoundError, NotADirectoryError)):
        folder = path if is_folder else path.parent
        names = [entry.name for entry in islice(folder.glob("*.toml"), 1000)]
        found = "is a folder" if is_folder else "does not exist"
        remedy = _visible(f"TOML files in {folder}: {suggest(path.name, names)}") if names else _NEW_REMEDY
    elif isinstance(error, PermissionError):
        found, remedy = "is closed to this user", f"chmod u+r {quote(name)}"
    else:
        found, remedy = f"cannot be read ({getattr(error, 'strerror', None) or error})", f"ls -l {quote(name)}"
    return _stop(Place("", name), code="T004", message=f"{name} {found}; wanted a TOML file", remedy=remedy)


def _decode(raw: bytes, name: str) -> str:
    """Return the text; raises SourceError (T002) at the first NUL or byte that is not UTF-8, and guesses what it is."""
    try:
        text, start = raw.decode(), raw.find(0)
    except UnicodeDecodeError as error:
        text, start = "", error.start
    if start < 0:
        return text
    found, remedy = f"byte 0x{raw[start]:02X}", "save it again as text in UTF-8"
    old, typed = raw[start : start + 1].decode("cp1252", "ignore"), f"-t UTF-8 {quote(name)} > utf8.toml"
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} or 0 in raw[:2]:
        found, remedy = "a file in UTF-16", f"save it as UTF-8, or type: iconv -f UTF-16 {typed}"
    elif old and old.isprintable():
        found, remedy = f"{found} ({old} in Windows-1252)", f"save it as UTF-8, or type: iconv -f WINDOWS-1252 {typed}"
    before = raw[:start].decode()
    where = _Scan(before, 0).place((), name=name, offset=len(before))
    raise _stop(where, code="T002", message=f"{found} is not UTF-8 text; wanted UTF-8", remedy=remedy)


def _not_toml(text: str, *, name: str, sentence: str) -> SourceError:
    end = len(text)
    if sentence == _LONG:
        end = _Scan(text).long_number() or 0
    elif match := re.search(r"line ([0-9]+), column ([0-9]+)\)$", sentence):
        end = sum(len(row) + 1 for row in text.split("\n")[: int(match[1]) - 1]) + int(match[2]) - 1
    scan = _Scan(text, end)
    if scan.entry and sentence.startswith(("Cannot", "Duplicate")):
        return _given_twice(scan, name)
    message, remedy = next((said, typed) for start, said, typed in _FAULTS if re.match(start, sentence))
    path = scan.reading(is_done=sentence.startswith(("Expected newline", "Unclosed")))
    at = text.rfind("\\", 0, end) if "backslash" in message else end
    message = message.format(what=_shown(path), found=_found(text, at))
    opened = scan.places[scan.frames[1][0]][1] if len(scan.frames) > 1 else end
    if "\n" in text[opened:at]:
        message += f"; the bracket opened in line {text.count(chr(10), 0, opened) + 1} is not closed yet"
    if at == len(text):
        rest = re.sub(_GAP, "", text[scan.at :], count=1)
        at = at - len(rest) if rest else opened
    where = scan.place(path, name=name, offset=at)
    return _stop(where, code="T001", message=message, remedy=_retype(scan, path=path, sentence=sentence) or remedy)


def _found(text: str, at: int) -> str:
    match = re.match(r"""[^\s,#=\[\]{}"']{1,40}|.""", text[at : at + 40])
    return f"'{_visible(match[0])}'" if match else f"the end of the {'line' if text[at:] else 'file'}"


def _retype(scan: _Scan, *, path: KeyPath, sentence: str) -> str | None:
    """Return what to type where text or a key stands without quotes; None where something else went wrong."""
    if scan.frames[-1][1] == "table" and (scan.text[scan.end :] or "}")[0] in "}\n":
        return "keep { } on one line, with no comma before the }"
    if re.match("Expected '='|Invalid (?:init|stat)", sentence):
        start = max(scan.text.rfind(mark, 0, scan.end) for mark in "\n{,") + 1
        key = re.compile(r"""[^=\n"'#,\[\]{}]+(?==)""").match(scan.text, start)
        return f"write {_quote(key[0].strip())} =" if key and key.end() > scan.end and key[0].strip() else None
    start = scan.places.get(path, (scan.end, scan.end))[1]
    value = re.compile(r"""=?(?:[^=\n"'#,\[\]{}]|(?<=[0-9]),(?=[0-9]))+""").match(scan.text, start)
    if not re.match("Invalid value|Expected newline|Unclosed", sentence) or not value or value.end() <= scan.end:
        return None
    if not any(map(str.isalpha, value[0])) or scan.text.startswith("=", value.end()):
        return None
    word = value[0].strip(" \t“”„")
    shown = word.lower() if word.lower() in {"true", "false"} else _quote(word)
    return f"write {format_key(path[-1:])} = {shown}" if isinstance(path[-1], str) else f"write {shown}"


def _given_twice(scan: _Scan, name: str) -> SourceError:
    key, value = scan.places[scan.entry]
    path = scan.entry[:-1] if isinstance(scan.entry[-1], int) else scan.entry
    owners = (path[:count] for count in range(len(path) - 1, 0, -1))
    owner = next((o for o in owners if len({*scan.places.get(o, (0, 0)), value}) == 3), ())
    first = scan.place(owner, name=name, offset=scan.find(owner)[0])
    message = f"{_shown(path)} is added to {_shown(owner)}, complete at {first}; wanted all of it in one place"
    remedy = f"write {format_key(path[-1:])} there, or delete one of the two"
    if path in scan.before:
        first = scan.place(path, name=name, offset=scan.before[path][0])
        message, remedy = f"{_shown(path)} is given twice, first at {first}; wanted once", "keep one, or rename one"
    return _stop(scan.place(path, name=name, offset=key), code="T005", message=message, remedy=remedy)
