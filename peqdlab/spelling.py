"""Signs that a terminal cannot show, spelt in letters that it can: ``180 deg C``, ``CsPbI3``, ``+/- 3``."""

from __future__ import annotations

import unicodedata
from typing import Any, Final

_SPELT: Final = {
    "°": "deg ", "µ": "u", "μ": "u", "×": "x", "·": "*", "±": "+/-", "–": "-", "—": "-", "−": "-", "…": "...", "→": "->",
    "≤": "<=", "≥": ">=", "≈": "~", "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "Å": "Angstrom", "ß": "ss", "�": "?",
}  # fmt: skip


def spell(text: str, encoding: str) -> str:
    """Return the text with every character that the encoding does not have spelt in ASCII; ? for what has no spelling.

    >>> spell("CsPbI₃ at 180 °C", "ascii")
    'CsPbI3 at 180 deg C'
    """
    if text.isascii():
        return text
    return "".join(character if _has(encoding, character) else _spelt(character) for character in text)


def _has(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _spelt(character: str) -> str:
    if character in _SPELT:
        return _SPELT[character]
    name = unicodedata.name(character, "")
    if name.startswith("GREEK SMALL LETTER "):
        return name.rpartition(" ")[2].lower()
    plain = unicodedata.normalize("NFKD", character)
    letters = "".join(_SPELT.get(part, part) for part in plain if not unicodedata.combining(part))
    return letters if letters.isascii() and letters else "?"


def spell_all(value: Any, encoding: str) -> Any:
    """Return a block, or any tuple of texts, with all its texts spelt."""
    if isinstance(value, str):
        return spell(value, encoding)
    if isinstance(value, tuple):
        parts = [spell_all(part, encoding) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value
