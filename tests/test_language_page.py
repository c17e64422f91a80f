"""The page of the language says every key, verb and adverb, and every example on it is read without a doubt."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import tomli_w

from peqdlab import language
from peqdlab.examples import EXAMPLES
from peqdlab.family import read_family
from peqdlab.language_page import BOOKS, NAMES, render_language_page
from peqdlab.protocol import read_template
from peqdlab.reagents import shipped_reagents
from peqdlab.source import parse_source
from peqdlab.units import example_of, parse_quantity, units_read

ROOT = Path(__file__).parent.parent
TABLES = {
    "file": language.FILE, "source": language.SOURCE, "variant": language.VARIANT, "parameter": language.PARAMETER, "preparation": language.PREPARATION,
    "need": language.NEED,
    "check": language.CHECK, "tell": language.TELL, "material": language.MATERIAL, "verb": language.VERBS, "adverb": language.ADVERBS,
}  # fmt: skip
PROTOCOL = """
format = 1
[sources]
zeng2018 = { cite = "Zeng", evidence = "published" }
review = { cite = "Xu", evidence = "review" }
[mine]
title = "mine"
product = "CsPbI3"
source = "zeng2018"
[mine.needs.other]
is = "other dots"
product = "CsPbI3"
in = "octane"
[mine.set]
T_inject = { is = "180 °C", range = "140 °C to 200 °C" }
residue = { is = "1 mL" }
[mine.make.cs_oleate]
vessel = "250 mL flask"
react = ["CO3-2 + 2 OA -> 2 OA- + CO2 + H2O"]
steps = [{ add = { Cs2CO3 = "0.75 g", OA = "3 mL", ODE = "75 mL" } }]
[mine.make.pb_stock]
vessel = "250 mL flask"
steps = [{ add = { PbBr2 = "1 g", ODE = "50 mL" } }]
[mine.make.crude]
vessel = "250 mL flask"
forms = "product"
steps = [{ add = { PbI2 = "1 g", OA = "5 mL", ODE = "50 mL" } }, { inject = { cs_oleate = "8 mL" } }]
[mine.make.dots]
vessel = "50 mL tubes"
steps = [{ add = { crude = "all", MeOAc = "92 mL" }, name = "wash 1" }]
[mine.check]
lead = { at = "inject", want = "Pb/Cs >= 1.5", else = "error", fix = "cs_oleate", why = "[computed]" }
[mine.tell]
ratio = { at = "inject", is = "= Pb/Cs", why = "[computed]" }
"""
# Where a line of each table belongs in the protocol above.
PLACES = {
    "file": (), "source": ("sources", "zeng2018"), "variant": ("mine",), "parameter": ("mine", "set", "T_inject"), "preparation": ("mine", "make", "cs_oleate"), "need": ("mine", "needs", "other"), "check": ("mine", "check", "lead"), "tell": ("mine", "tell", "ratio"),
}  # fmt: skip


def merged(into, more):
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merged(into[key], value)
        else:
            into[key] = value


def doubts(data):
    family = read_family(parse_source(tomli_w.dumps(data), "mine.toml"), "mine")
    return [finding.message for finding in read_template(family, "mine", shipped_reagents())[1]]


def with_line(group, line):
    data = tomllib.loads(PROTOCOL)
    if group in PLACES:
        table = data
        for key in PLACES[group]:
            table = table[key]
        merged(table, tomllib.loads(line))
    else:
        data["mine"]["make"]["crude"]["steps"].append(tomllib.loads(f"step = {line}")["step"])
    if line.startswith("extends"):
        data["other"] = tomllib.loads(PROTOCOL)["mine"]
    return data


def test_the_protocol_around_the_examples_has_no_doubt():
    assert doubts(tomllib.loads(PROTOCOL)) == []


def test_the_page_is_the_one_that_the_tables_make():
    assert (ROOT / "docs" / "language.md").read_text(encoding="utf-8") == render_language_page(), "python -m peqdlab.language_page > docs/language.md"


@pytest.mark.parametrize("group", TABLES)
def test_every_key_verb_and_adverb_has_an_example_in_peqdlab_examples(group):
    assert sorted(EXAMPLES[group]) == sorted(TABLES[group])


@pytest.mark.parametrize(("group", "name"), [(group, name) for group, rows in EXAMPLES.items() for name in rows])
def test_an_example_is_read_without_a_doubt_and_is_about_its_key(group, name):
    line = EXAMPLES[group][name]
    assert re.search(rf"\b{name}\b", line)
    assert doubts(with_line(group, line)) == []


@pytest.mark.parametrize(("name", "example"), [(name, example) for name, _, example in NAMES])
def test_a_name_of_the_page_is_one_that_expressions_know(name, example):
    assert name in example
    assert doubts(with_line("verb", example.replace("volume.crude", "volume.cs_oleate"))) == []


@pytest.mark.parametrize("want", ["Pb/Cs >= 1.5", "room.RH <= 30 %", "room.T < 25 °C and room.RH < 30 %", "3 <= Pb/Cs <= 5 and I/Pb > 1.9"])
def test_a_condition_of_the_page_is_read(want):
    assert doubts(with_line("check", f'want = "{want}"')) == []


def test_every_way_in_which_a_verb_touches_the_books_is_said():
    assert {verb.books for verb in language.VERBS.values()} - BOOKS.keys() == set()


def test_every_unit_of_the_page_is_read_as_its_kind():
    for kind, symbols in units_read().items():
        assert [symbol for symbol in symbols if not parse_quantity(f"1 {symbol}", difference=kind == "temperature difference").is_kind(kind)] == []
        assert kind in ("current", "power", "energy") or parse_quantity(example_of(kind), difference=kind == "temperature difference").is_kind(kind)
