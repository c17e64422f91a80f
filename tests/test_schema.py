"""The schema is the language table: it accepts every shipped protocol and refuses what no table, key or verb allows."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jsonschema
import pytest

from peqdlab import language
from peqdlab.schema import kinds_known, protocol_schema, render_schema
from peqdlab.shipped import shipped_folder

ROOT = Path(__file__).parent.parent
BROKEN = Path(__file__).parent / "broken"
CHECK = jsonschema.Draft7Validator(protocol_schema())
# What a schema can say: keys, kinds, choices, verbs with their adverbs, names, the format, a unit where a text must be.
REFUSED = {"L101", "L102", "L103", "L104", "L105", "L106", "L108", "L109", "Q105"}


def faults(path: Path) -> list[str]:
    return [fault.message for fault in CHECK.iter_errors(tomllib.loads(path.read_text(encoding="utf-8")))]


def test_the_shipped_schema_is_the_generated_one():
    assert (ROOT / "peqdlab" / "protocol.schema.json").read_text(encoding="utf-8") == render_schema(), "python -m peqdlab.schema > peqdlab/protocol.schema.json"


def test_the_schema_is_one_of_its_draft():
    jsonschema.Draft7Validator.check_schema(protocol_schema())
    assert protocol_schema()["$schema"] == jsonschema.Draft7Validator.META_SCHEMA["$schema"]


@pytest.mark.parametrize("path", sorted(shipped_folder().glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_protocol_is_accepted(path):
    assert faults(path) == []


@pytest.mark.parametrize("path", [path for path in sorted(BROKEN.glob("*.toml")) if path.stem[0] != "T"], ids=lambda path: path.stem)
def test_a_broken_protocol_is_refused_where_its_fault_is_one_of_shape(path):
    assert (faults(path) != []) == (path.stem in REFUSED)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("residue", "re-sidue", "does not match"),
        ('[tiny.make.dots]\nvessel = "50 mL tubes"', "[tiny.make.dots]", "'vessel' is a required property"),
        ('title = "CsPbI3 dots, 10 mL"\n', "", "'title' is a required property"),
        ('{ cool = "ice bath" }', '{ for = "10 s" }', "is not valid under any of the given schemas"),
        (', take = "pellet"', "", "'take' is a required property"),
        ('add = { toluene = "5 mL" }', "add = {}", "should be non-empty"),
        ('evidence = "published"', 'evidence = "hearsay"', "is not valid under any of the given schemas"),
        ('react = ["CO3-2', 'react = "CO3-2', None),
        ("[tiny.check]", "[tiny.chekc]", "'chekc' was unexpected"),
    ],
)
def test_what_no_table_allows_is_refused(old, new, told):
    text = (BROKEN / "clean.toml").read_text(encoding="utf-8")
    assert old in text
    text = text.replace(old, new)
    if told is None:
        text, told = text.replace('CO2 + H2O"]', 'CO2 + H2O"'), "is not of type 'array'"
    messages = [fault.message for fault in CHECK.iter_errors(tomllib.loads(text))]
    assert any(told in message for message in messages), messages


def test_a_variant_that_extends_another_may_leave_the_rest_to_it():
    text = (BROKEN / "clean.toml").read_text(encoding="utf-8")
    more = '[b]\nextends = "tiny"\n[b.make.crude]\nvessel = "100 mL flask"\n[b.set]\nresidue = { range = "0 mL to 2 mL" }\n'
    assert list(CHECK.iter_errors(tomllib.loads(text + more))) == []


def test_a_tag_behind_a_choice_is_accepted():
    text = (BROKEN / "clean.toml").read_text(encoding="utf-8").replace('"pellet"', '"pellet [unverified]"')
    assert list(CHECK.iter_errors(tomllib.loads(text))) == []


def test_every_key_verb_and_adverb_is_in_the_schema_with_what_it_means():
    definitions = protocol_schema()["definitions"]
    assert list(definitions["step"]["properties"]) == [*language.VERBS, *language.ADVERBS]
    for name, row in {**language.VERBS, **language.ADVERBS}.items():
        assert row.means in definitions["step"]["properties"][name]["description"]
    for keys, table in ((language.VARIANT, "variant"), (language.PREPARATION, "preparation"), (language.CHECK, "check"), (language.PARAMETER, "parameter")):
        assert {name: key.means in definitions[table]["properties"][name]["description"] for name, key in keys.items()} == dict.fromkeys(keys, True)


def test_every_kind_of_value_in_the_table_is_known_to_the_schema():
    tables = (language.FILE, language.SOURCE, language.VARIANT, language.PARAMETER, language.PREPARATION, language.CHECK, language.MATERIAL, language.ADVERBS, language.VERBS)
    kinds = {row.takes for table in tables for row in table.values() if not row.takes.startswith("quantity")}
    assert kinds - kinds_known() == set()


def test_the_schema_beside_a_protocol_offers_reagents_and_allows_other_names():
    schema = protocol_schema(("PbI2", "OA"))
    assert list(schema["definitions"]["step"]["properties"]["add"]["properties"]) == ["PbI2", "OA"]
    check = jsonschema.Draft7Validator(schema)
    assert list(check.iter_errors(tomllib.loads((BROKEN / "clean.toml").read_text(encoding="utf-8")))) == []
    assert [fault.message for fault in check.iter_errors(tomllib.loads((BROKEN / "clean.toml").read_text(encoding="utf-8").replace('"0.5 g", ODE', "5, ODE")))]
