"""The JSON Schema of the protocol language, made from its table: editors complete, explain and underline with it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from peqdlab import language
from peqdlab.examples import EXAMPLES
from peqdlab.language import ADVERBS, FLAG, MATERIALS, TABLE, TABLES, TEXT, TEXTS, VERBS
from peqdlab.language_page import says_what_it_takes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from peqdlab.language import Key, Verb

TITLE: Final = "peqdlab protocol, format 1"
# Draft 7 is what taplo 0.9 (Even Better TOML) was seen to apply: const, propertyNames and dependencies included.
DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_STRING: Final = {"type": "string"}
_KINDS: Final[dict[str, dict[str, Any]]] = {
    TEXT: _STRING,
    TEXTS: {"type": "array", "items": _STRING},
    FLAG: {"type": "boolean"},
    MATERIALS: {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/definitions/material"}},
    TABLE: {"type": "object"},
    TABLES: {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/step"}},
    "number": {"type": "integer"},
    "count": _STRING,
    "range": _STRING,
    "vessel": _STRING,
    "dispense": _STRING,
    "condition": _STRING,
    "preparation": _STRING,
}
_NAME: Final = r"^[A-Za-z_][A-Za-z0-9_]*$"


def _named(definition: str, names: str = _NAME) -> dict[str, Any]:
    return {"type": "object", "propertyNames": {"pattern": names}, "additionalProperties": {"$ref": f"#/definitions/{definition}"}}


# What the tables of tables hold, by key.
_TABLES_OF: Final[dict[str, dict[str, Any]]] = {
    "sources": {"type": "object", "additionalProperties": {"$ref": "#/definitions/source"}},
    "needs": {
        "type": "object",
        "propertyNames": {"pattern": _NAME},
        "additionalProperties": {"anyOf": [_STRING, {"$ref": "#/definitions/need"}]},
    },
    "reported": {"type": "object", "additionalProperties": _STRING},
    "holds": {"type": "object", "additionalProperties": _STRING},
    "set": _named("parameter"),
    "make": _named("preparation"),
    "tell": _named("tell", "^[A-Za-z][A-Za-z0-9_-]*$"),
    "then": {"type": "object", "propertyNames": {"pattern": "^[^/]+/[^/]+$"}, "additionalProperties": _STRING},
    "gives": {"type": "object", "propertyNames": {"pattern": _NAME}, "additionalProperties": _STRING},
    "reads": {"type": "object", "additionalProperties": _STRING},
    "check": _named("check", "^[A-Za-z][A-Za-z0-9_-]*$"),
    "label": {"type": "object", "additionalProperties": _STRING},
    "swap": {
        "type": "object",
        "additionalProperties": {"anyOf": [_STRING, {"type": "object", "additionalProperties": {"$ref": "#/definitions/material"}}]},
    },
}


def kinds_known() -> frozenset[str]:
    """Return every kind of value that the schema knows besides quantities, so that a test can hold it against the table."""
    return frozenset(_KINDS)


def _value(key: Key | Verb, group: str) -> dict[str, Any]:
    """Return the schema of one key's value: its type, what it means and takes, an example, its choices."""
    kind = {**(_STRING if key.takes.startswith("quantity") else _KINDS.get(key.takes, {})), **_TABLES_OF.get(key.name, {})}
    example = f"; as {EXAMPLES[group][key.name]}" if key.name in EXAMPLES[group] else ""
    said = {"description": f"{key.means}: {says_what_it_takes(key.takes)}{example}", **kind}
    choices = getattr(key, "choices", ())
    if choices:
        said |= {"anyOf": [{"enum": list(choices)}, {"pattern": rf"^\s*({'|'.join(map(re.escape, choices))})\s*(\[[^\[\]]*\])?\s*$"}]}
    return said


def _table(group: str, keys: Mapping[str, Key], *, whole: bool = True) -> dict[str, Any]:
    """Return the schema of a table with these keys; ``whole`` asks for those that must be there."""
    found: dict[str, Any] = {"type": "object", "properties": {name: _value(key, group) for name, key in keys.items()}}
    found["additionalProperties"] = False
    required = [name for name, key in keys.items() if key.required]
    return {**found, "required": required} if whole and required else found


def _step() -> dict[str, Any]:
    """Return the schema of a step: exactly one verb, and beside it only what that verb takes."""
    return {
        "type": "object",
        "properties": {
            **{name: _value(verb, "verb") for name, verb in VERBS.items()},
            **{name: _value(key, "adverb") for name, key in ADVERBS.items()},
        },
        "additionalProperties": False,
        "oneOf": [{"required": [name]} for name in VERBS],
        "dependencies": {
            name: {
                "propertyNames": {"enum": [name, *language.adverbs_of(verb)]},
                **({"required": list(verb.required)} if verb.required else {}),
                **({"oneOf": [{"required": [one]} for one in verb.one_of]} if verb.one_of else {}),
            }
            for name, verb in VERBS.items()
        },
    }


def _variant() -> dict[str, Any]:
    """Return the schema of a variant: complete, unless it extends another, which may say the rest."""
    needed = {"set": language.PARAMETER, "make": language.PREPARATION, "check": language.CHECK, "tell": language.TELL}
    rows = {name: _having(key.name for key in keys.values() if key.required) for name, keys in needed.items()}
    required = [name for name, key in language.VARIANT.items() if key.required]
    return {
        **_table("variant", language.VARIANT, whole=False),
        "if": {"not": {"required": ["extends"], "additionalProperties": True}, "additionalProperties": True},
        "then": {"required": required, "properties": rows, "additionalProperties": True},
    }


def _having(required: Iterable[str]) -> dict[str, Any]:
    """Return the schema of a table of rows that have these keys, and whatever else their own schema allows (tombi asks for that word)."""
    return {"type": "object", "additionalProperties": {"required": list(required), "additionalProperties": True}}


def protocol_schema(materials: Iterable[str] = ()) -> dict[str, Any]:
    """Return the schema of a protocol file: the keys, verbs and adverbs of the language table, and nothing that is not there.

    ``materials`` are names of reagents for an editor to offer; others are allowed too, such as preparations. Units, names in
    expressions, balances and all of the chemistry are beyond a schema: ``peqdlab check`` says those.
    """
    head = _table("file", language.FILE)
    head["properties"]["format"]["const"] = 1
    material = {"anyOf": [{"type": "string"}, _table("material", language.MATERIAL)], "description": language.MATERIAL["is"].means}
    step = _step()
    for verb in (verb for verb in VERBS.values() if verb.takes == MATERIALS and materials):
        step["properties"][verb.name]["properties"] = {name: {"$ref": "#/definitions/material"} for name in materials}
    return {
        "$schema": DRAFT,
        "title": TITLE,
        "description": "A lab protocol for peqdlab; python -m peqdlab.schema prints this schema.",
        **head,
        "additionalProperties": {"$ref": "#/definitions/variant"},
        "definitions": {
            "source": _table("source", language.SOURCE),
            "variant": _variant(),
            "parameter": _table("parameter", language.PARAMETER, whole=False),
            "need": _table("need", language.NEED),
            "preparation": _table("preparation", language.PREPARATION, whole=False),
            "check": _table("check", language.CHECK, whole=False),
            "tell": _table("tell", language.TELL, whole=False),
            "material": material,
            "step": step,
        },
    }


def render_schema(materials: Iterable[str] = ()) -> str:
    """Return the schema as the text of its file."""
    return json.dumps(protocol_schema(tuple(materials)), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    print(render_schema(), end="")
