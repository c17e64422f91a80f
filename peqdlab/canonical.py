"""Turn a JSON value into its one canonical text (RFC 8785) and its digest."""

from __future__ import annotations

from typing import Any, Final

LARGEST_INT: Final = 2**53 - 1  # RFC 8785 section 3.1 asks for I-JSON: RFC 7493 section 2.2 ends exact integers here
DEEPEST: Final = 100  # levels; Python gives up at about 300 here, and a value that contains itself never ends


def canonical_json(value: object) -> str:
    r"""Return the canonical JSON text of a value, so that equal values have equal digests (RFC 8785).

    Takes str, bool, None, int within ±(2**53 - 1), list or tuple, and dict with str keys. Floats are refused:
    all numbers in a record are strings, so that no digit is lost. Text is taken as it is: two spellings of one
    letter (NFC and NFD) stay two texts.

    Raises TypeError for a value that has no place in a record and ValueError for an int, text or depth that JSON
    cannot carry between programs; both name the key path.

    >>> canonical_json({"mass_g": "1.000", "beta": [True, None], "é": "\n"})
    '{"beta":[true,null],"mass_g":"1.000","é":"\\n"}'
    """
    import json

    if _is_plain(value, 0):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return json.dumps(_ordered(value, ()), ensure_ascii=False, separators=(",", ":"))


def sha256_hex(text: str) -> str:
    """Return the SHA-256 of the text's UTF-8 bytes as 64 lower-case hexadecimal digits.

    >>> sha256_hex("")
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    """
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def _is_plain(value: object, depth: int) -> bool:
    """Return whether a value is beyond doubt and sorts by code points as by UTF-16, as most do: it takes a third of the time then.

    Both orders are the same for keys below the surrogates (U+D800).
    """
    if isinstance(value, str):
        return value.isascii() or value == value.encode(errors="replace").decode()
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) <= LARGEST_INT
    if depth >= DEEPEST or not isinstance(value, dict | list | tuple):
        return False
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str) or not (key.isascii() or max(key) < "\ud800") or not _is_plain(inner, depth + 1):
                return False
        return True
    for inner in value:  # noqa: SIM110 - all() over a generator takes half as long again
        if not _is_plain(inner, depth + 1):
            return False
    return True


def _ordered(value: object, path: tuple[str | int, ...]) -> Any:
    """Return the value with the keys of every dict in canonical order, after checking all that it holds."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _checked_text(value, path)
    if isinstance(value, int):
        return _checked_int(value, path)
    if len(path) >= DEEPEST and isinstance(value, list | tuple | dict):
        message = f"{_spell(path[:3])}… nests deeper than {DEEPEST} levels; wanted a flatter value"
        raise ValueError(message)
    if isinstance(value, list | tuple):
        return [_ordered(item, (*path, index)) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return _ordered_dict(value, path)
    raise TypeError(_refusal(value, path))


def _ordered_dict(value: dict[Any, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    """Return the dict with its keys in the order of their UTF-16 code units (RFC 8785 section 3.2.3)."""
    for key in value:
        if not isinstance(key, str):
            message = f"{_spell(path)} has the key {key!r} ({type(key).__name__}); wanted text: {str(key)!r}"
            raise TypeError(message)
        _checked_text(key, path)
    return {key: _ordered(value[key], (*path, key)) for key in sorted(value, key=_utf_16)}


def _utf_16(text: str) -> bytes:
    """Return the bytes that sort as the text's UTF-16 code units do."""
    return text.encode("utf-16-be")


def _checked_text(text: str, path: tuple[str | int, ...]) -> str:
    """Return the text if UTF-8 can carry it."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            at, found = error.start, f"U+{ord(text[error.start]):04X}, a lone surrogate"
            near = ascii(text[max(0, at - 20) : at + 20])
            message = f"{_spell(path)} has half a character ({found}) in {near}; wanted Unicode text: type it again"
            raise ValueError(message) from error
    return text


def _checked_int(number: int, path: tuple[str | int, ...]) -> int:
    """Return the number if every JSON reader gives it back exactly."""
    if abs(number) > LARGEST_INT:
        message = f"{_spell(path)} is an integer beyond ±{LARGEST_INT} (2**53 - 1); wanted text, in quotes"
        raise ValueError(message)
    return number


def _refusal(value: object, path: tuple[str | int, ...]) -> str:
    """Return the sentence for a value that has no place in a record."""
    if isinstance(value, float):
        return f"{_spell(path)} is the float {value!r}; wanted text, as all numbers in a record: '{value!r}'"
    wanted = "text, int, true, false, null, a list or a table"
    return f"{_spell(path)} is a value of type {type(value).__name__}; wanted {wanted}"


def _spell(path: tuple[str | int, ...]) -> str:
    """Return a key path as one writes it, ``steps[2].mass_g``; ``the value`` for the whole."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".") or "the value"
