"""A shipped variant written out alone reads as its author typed it and plans to the same, whatever it inherited."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

from peqdlab.catalog import open_family
from peqdlab.document import plan_document
from peqdlab.family import read_family
from peqdlab.plan import make_plan
from peqdlab.protocol import read_template
from peqdlab.reagents import shipped_reagents
from peqdlab.shipped import shipped_families
from peqdlab.source import parse_source
from peqdlab.standalone import standalone_text

EVERY = [f"{name}/{variant}" for name in shipped_families() for variant in open_family(name).variants]
BASE = """format = 1
title = "mine"
[sources]
one = { cite = "One", evidence = "published" }
two = { cite = "Two", evidence = "unverified" }
three = { cite = "Three", evidence = "review" }
# what the notebook calls batch 7
[a]   # the first one
title = "a"
product = "CsPbI3"
source = "one"
[a.set]   # to be changed
hot = { is = "180 °C", range = "140 °C to 200 °C [three]" }   # as hot as it gets
[a.make.stock]
vessel = "25 mL flask"
label = { Cs = "0.2 mol/L" }   # as on the bottle
steps = [ { add = { CsOAc = "0.2 g [three 4.1]", OA = "5 mL" } } ]
[a.make.crude]   # the pot
vessel = "50 mL flask"
forms = "product"
steps = [
  # dry
  { add = { PbI2 = "0.5 g", ODE = "10 mL" }, name = "start" },   # both from the glovebox
  { warm = "stock", to = "= hot" },
  { inject = { stock = "1 mL" }, how = "fast", hold = true },
]
[a.check]
enough = { at = "inject", want = "Pb/Cs >= 1.5", else = "error", fix = "stock", why = "stoichiometry [computed]" }   # never less
"""


def planned(text, name, variant):
    family = read_family(parse_source(text, f"{name}.toml"), name)
    template, findings = read_template(family, variant, shipped_reagents())
    assert template is not None, findings
    document = json.loads(json.dumps(plan_document(make_plan(template, shipped_reagents()))))
    for finding in document["findings"]:
        where = finding["where"]["key"].partition(".")[2]
        swapped = where.startswith("swap.") or finding["code"] == "F107"  # a swapped salt stands at its swap; alone, where it is put in
        finding["where"] = "" if swapped else where
        finding["remedy"] = re.sub(r"toml:\d+:\d+", "toml", finding["remedy"])
    document["findings"].sort(key=str)
    for key in ("digest", "template", "sources"):
        document.pop(key)
    return document


def alone(text, variant="b"):
    return standalone_text(read_family(parse_source(text, "mine.toml"), "mine"), variant)


@pytest.mark.parametrize("name", EVERY)
def test_a_shipped_variant_alone_plans_to_the_same_document(name):
    family_name, _, variant = name.partition("/")
    family = open_family(family_name)
    text = standalone_text(family, variant)
    assert planned(text, family_name, variant) == planned(family.source.text, family_name, variant)


@pytest.mark.parametrize("name", EVERY)
def test_a_shipped_variant_alone_holds_one_variant_and_only_sources_that_it_names(name):
    family_name, _, variant = name.partition("/")
    text = standalone_text(open_family(family_name), variant)
    data = tomllib.loads(text)
    assert set(data) == {"format", "title", "sources", variant}
    assert not {"extends", "without", "swap"} & set(data[variant])
    body = text.partition(f"\n[{variant}]")[2]
    assert [tag for tag in data["sources"] if f"[{tag}]" not in body and f"[{tag} " not in body and f'"{tag}"' not in body] == []


def test_a_variant_that_extends_nothing_is_written_as_it_was_typed():
    text = alone(BASE, "a")
    typed = BASE.partition("[a]")[2].replace("   #", " #")
    for line in typed.split("\n"):
        assert line.replace(" ", "") in text.replace(" ", "")
    assert "# what the notebook calls batch 7\n[a]    # the first one\n" in text
    assert "  # dry\n" in text


def test_an_inherited_value_that_names_no_source_names_that_of_its_own_variant():
    text = alone(BASE + '[b]\nextends = "a"\ntitle = "b"\nsource = "two"\n')
    assert 'hot = { is = "180 °C [one]", range = "140 °C to 200 °C [three]" }   # as hot as it gets' in text
    assert '{ add = { CsOAc = "0.2 g [three 4.1]", OA = "5 mL [one]" } }' in text
    assert '{ warm = "stock", to = "= hot" },\n  { inject = { stock = "1 mL [one]" }, how = "fast [one]", hold = true },' in text
    assert 'name = "start" },   # both from the glovebox' in text
    assert 'title   = "b"\n' in text


def test_what_is_swapped_and_left_out_is_written_out(tmp_path):
    text = alone(BASE + '[b]\nextends = "a"\ntitle = "b"\nproduct = "CsPbBr3"\nwithout = ["check.enough"]\nswap = { PbI2 = { PbBr2 = "0.4 g" }, OA = "octanoic acid" }\n')
    assert '{ add = { PbBr2 = "0.4 g", ODE = "10 mL" }, name = "start" },   # both from the glovebox' in text
    assert '"octanoic acid" = "5 mL"' in text
    assert "check" not in text


def test_a_row_typed_under_a_header_of_its_own_keeps_it():
    text = alone(BASE.replace("[a.set]   # to be changed\nhot = {", "[a.set.hot]   # the pot\n#").replace("\n# is", '\n# of the oil\nis = "180 °C"\n# is'), "a")
    assert '[a.set.hot]    # the pot\n# of the oil\nis = "180 °C"' in text


def test_a_row_of_which_one_key_is_changed_is_put_together():
    text = alone(BASE + '[b]\nextends = "a"\ntitle = "b"\nset.hot.is = "170 °C"\ncheck.enough.else = "note"\n')
    assert 'hot = { is = "170 °C", range = "140 °C to 200 °C [three]" }' in text
    assert 'enough = { at = "inject", want = "Pb/Cs >= 1.5", else = "note", fix = "stock", why = "stoichiometry [computed]" }' in text


@pytest.mark.parametrize(
    "old_new",
    [
        ('"0.5 g"', "'0.5 g'"),
        ('"0.5 g"', '"""0.5 g"""'),
        ("[a.set]   # to be changed\nhot = {", "[a.set.hot]\n#"),
        ('[ { add = { CsOAc = "0.2 g [three 4.1]", OA = "5 mL" } } ]', '[\n{ add = { CsOAc = "0.2 g", # ]\n OA = "5 mL" } },\n]'),
        ("\n", "\r\n"),
    ],
)
def test_other_ways_to_type_the_same_are_kept(old_new):
    old, new = old_new
    changed = BASE.replace(old, new)
    if "hot]" in new:
        changed = changed.replace('# is = "180 °C", range = "140 °C to 200 °C [three]" }   # as hot as it gets', 'is = "180 °C"\nrange = "140 °C to 200 °C [three]"')
    if "# ]" in new:
        changed = changed.replace('{ add = { CsOAc = "0.2 g", # ]\n OA = "5 mL" } }', '{ add = { CsOAc = "0.2 g", OA = "5 mL" } } # ]\n')
    changed += '[b]\nextends = "a"\ntitle = "b"\nsource = "two"\n'
    assert planned(alone(changed), "mine", "b") == planned(changed, "mine", "b")
