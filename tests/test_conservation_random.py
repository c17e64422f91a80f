"""Random protocols conserve every element and charge, step by step, and give the same plan by any order of scales.

The witness is outside: what the bottles give is counted from mass, volume and formula by periodictable, not by the program.
"""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import periodictable
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_conservation import DUST, TABLE, agree, atoms, atoms_in, charge, formula_of

from peqdlab.books import Inputs
from peqdlab.document import plan_document
from peqdlab.family import read_family
from peqdlab.ledger import balances
from peqdlab.plan import make_plan
from peqdlab.protocol import read_template
from peqdlab.reagents import shipped_reagents
from peqdlab.record import plan_of
from peqdlab.source import parse_source
from peqdlab.units import parse_quantity

REAGENTS = TABLE["reagents"]
HYDRATES = ["Pb(OAc)2·3H2O", "Yb(OAc)3·4H2O"]
SOLIDS = HYDRATES * 5 + sorted(key for key, row in REAGENTS.items() if row["state"] == "solid")
LIQUIDS = sorted(key for key, row in REAGENTS.items() if row["state"] != "solid")
# product: what brings its ions into the vessel
PRODUCTS = {
    "CsPbI3": ("CsI", "PbI2"),
    "CsPbBr3": ("CsOAc", "PbBr2", "OAmBr"),
    "FAPbI3": ("FAI", "PbI2", "HI"),
    "MAPbBr3": ("MABr", "PbBr2"),
    "Cs0.05FA0.95PbI3": ("CsI", "FAI", "PbI2"),
    "CsPb(I0.5Br0.5)3": ("CsI", "CsBr", "PbI2", "PbBr2"),
}
# reaction: the reagents that bring what it takes
REACTIONS = {
    "CO3-2 + 2 OA -> 2 OA- + CO2 + H2O": ("Cs2CO3", "OA"),
    "OAc- + OA -> OA- + HOAc": ("FAOAc", "OA"),
    "BzBr + OAm -> Br- + C25H42NO+": ("BzBr", "OAm"),
    "H+ + OAm -> OAm+": ("HBr", "OAm"),
    "O-2 + 2 HOAc -> 2 OAc- + H2O": ("PbO", "HOAc"),
}
LOST = ("CO2", "H2O", "HOAc", "hexane", "ethanol")
RULES = ("linear", "linear", "linear", "fixed", "per vessel", "capped")
SCALES = (Fraction(1, 3), Fraction(7), Fraction(3, 7))


# a random protocol ---------------------------------------------------------------------------------------------------


def numbers(least, most):
    return st.decimals(least, most, places=3).map(lambda number: f"{number.normalize():f}")


@st.composite
def amounts(draw, key):
    """A mass, volume or amount of a reagent, now and then with an assay and a rule of scaling."""
    unit, least, most = draw(st.sampled_from([("g", "0.01", "2"), ("mg", "5", "900"), ("mmol", "0.05", "9"), *([("mL", "0.1", "30")] * 3 if key in LIQUIDS else [])]))
    number = draw(numbers(least, most))
    amount, cap = f'"{number} {unit}"', f"at most {Decimal(number) * draw(st.sampled_from((1, 2, 5)))} {unit}"
    extras = {name: draw(texts) for name, texts in (("assay", numbers("50", "100").map("{} %".format)), ("scales", st.sampled_from(RULES))) if draw(st.integers(0, 4)) == 0}
    rest = "".join(f', {name} = "{cap if text == "capped" else text}"' for name, text in extras.items())
    return f"{{ is = {amount}{rest} }}" if extras else amount


@st.composite
def additions(draw, needed, stocks):
    """A step that puts in what is needed and what chance gives, and a part of stocks; its text."""
    keys = dict.fromkeys([*needed, *draw(st.lists(st.sampled_from(SOLIDS), max_size=2)), *draw(st.lists(st.sampled_from(LIQUIDS), min_size=1, max_size=3))])
    rows = [f'"{key}" = {draw(amounts(key))}' for key in keys]
    rows += [f'{stock} = "= {draw(numbers("0.01", "0.9"))} * volume.{stock}"' for stock in draw(st.lists(st.sampled_from(stocks), unique=True, max_size=2)) if stocks] if stocks else []
    return f"{draw(st.sampled_from(['add', 'inject']))} = {{ {', '.join(rows)} }}"


@st.composite
def workup(draw):
    """A step that moves no reagent: it heats, waits, vents or splits."""
    share, recovered = draw(numbers("0", "0.9")), draw(numbers("0", "100"))
    split = f'take = "{draw(st.sampled_from(["pellet", "supernatant"]))}", wet = "= {share} * volume"'
    return draw(
        st.sampled_from(
            [
                'heat = "120 °C", for = "10 min"',
                f'stir = "5 min", loses = {json.dumps(draw(st.lists(st.sampled_from(LOST), unique=True, min_size=1, max_size=2)))}',
                f'spin = "8000 rpm", {split}',
                f'spin = "8000 rpm", {split}, recovers = "{recovered} %"',
                f'settle = "1 h", {split}',
            ]
        )
    )


@st.composite
def preparations(draw, name, stocks, product=""):
    """One preparation: its text."""
    reactions = draw(st.lists(st.sampled_from(sorted(REACTIONS)), unique=True, max_size=2))
    needed = [*(key for reaction in reactions for key in REACTIONS[reaction]), *(PRODUCTS[product] if product else ())]
    steps = [draw(additions(needed, stocks))]
    steps += draw(st.lists(st.one_of(workup(), additions((), stocks)), max_size=4))
    if stocks and draw(st.booleans()):
        steps.append(f'add = {{ {draw(st.sampled_from(stocks))} = "all" }}')
    vessel = draw(st.sampled_from(["5 L flask", "50 mL tubes", "15 mL tubes"]))
    forms = 'forms = "product"\n' if product else ""
    rows = "".join(f"  {{ {step} }},\n" for step in steps)
    return f'[p.make.{name}]\nvessel = "{vessel}"\n{forms}react = {json.dumps(reactions)}\nsteps = [\n{rows}]\n'


@st.composite
def protocols(draw):
    """Two to four preparations, each drawing from those before it; one of them forms the product."""
    product = draw(st.sampled_from(sorted(PRODUCTS)))
    count = draw(st.integers(2, 4))
    forming = draw(st.integers(0, count - 1))
    head = f'format = 1\n[sources]\nown = {{ cite = "own", evidence = "published" }}\n[p]\ntitle = "p"\nproduct = "{product}"\nsource = "own"\n'
    made = []
    for index in range(count):
        stocks = [f"s{before}" for before in range(max(index - 2, 0), index)]
        made.append(draw(preparations(f"s{index}", stocks, product if index == forming else "")))
    return head + "".join(made)


@st.composite
def sizes(draw):
    """A scale, what was weighed, and assays of bottles."""
    weighed = {f"s{index}.{key}": parse_quantity(draw(numbers("0.1", "3")) + " g") for index in range(4) for key in draw(st.lists(st.sampled_from(["PbI2", "CsI", "FAI"]), max_size=1))}
    scale = draw(st.sampled_from([1, *SCALES, Fraction(11, 13)]))
    assays = {key: parse_quantity(f"{draw(numbers('60', '99'))} %").value for key in draw(st.lists(st.sampled_from(["PbI2", "OA", "HI", "CsI"]), max_size=1))}
    return Inputs(scale=scale, assays=assays, weighed=weighed)


def template_of(text):
    template, findings = read_template(read_family(parse_source(text, "random.toml"), "random"), "p", shipped_reagents())
    assert findings == (), (findings, text)
    return template


# the witness ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=None)
def molar_mass(formula):
    return sum(n * getattr(periodictable, symbol).mass for symbol, n in atoms(formula).items())


def poured(use, assays):
    """Count the atoms (mmol) that one addition of a reagent brings, by mass or volume and the table's own texts."""
    row = REAGENTS[use.reagent.key]
    value = float(use.quantity.value)
    mass_mg = value if use.quantity.is_kind("mass") else value * float(row["density"].split()[0]) * 1000
    typed = use.material.assay.text.split()[0] if use.material.assay else 100
    assay = float(assays.get(use.reagent.key, float(typed) / 100))
    parts = {row["formula"]: assay}
    if "solution" in row:
        strength = float(row["solution"]["assay"].split()[0]) / 100
        parts = {row["formula"]: assay * strength}
        rest = formula_of(REAGENTS[row["solution"]["rest"]]["formula"])
        parts[rest] = parts.get(rest, 0) + 1 - strength
    total = Counter()
    for formula, share in parts.items():
        total.update({symbol: mass_mg * share / molar_mass(formula) * n for symbol, n in atoms(formula).items()})
    return total


def held_in(accounts, *kinds):
    total = Counter()
    for account, held in accounts.items():
        if account.kind in kinds:
            total.update(atoms_in(held.species))
    return total


def net_charge(species):
    return sum(float(n) * charge(formula_of(name)) for name, n in species.items())


def scale_of(species):
    return max((abs(float(n)) for n in species.values()), default=0.0)


def assert_conserved(plan):
    """Assert, after every step: what bottles gave is in vessels, waste and gas; reactions keep no atom; all is neutral."""
    ledger, given_out = plan.books.ledger, Counter()
    for run in plan.books.steps:
        for use in run.uses:
            if use.reagent is not None:
                given_out.update(poured(use, plan.inputs.assays))
        accounts = balances(entry for entry in ledger.entries if entry.step <= run.n)
        assert agree(held_in(accounts, "vessel", "waste", "gas"), given_out), run.n
        assert all(abs(n) < 1e-9 for n in held_in(accounts, "reaction").values()), run.n
        for account, held in accounts.items():
            assert abs(net_charge(held.species)) <= 1e-12 * max(scale_of(held.species), 1), (run.n, account)
            if account.kind not in ("bottle", "reaction"):
                assert all(n > -DUST for n in (*held.species.values(), *held.liquids.values())), (run.n, account)
    assert {account: (held.species, held.liquids) for account, held in balances(ledger.entries).items() if held.species or held.liquids} == {
        account: (held.species, held.liquids) for account, held in ledger.accounts.items() if held.species or held.liquids
    }


random_protocols = settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@random_protocols
@given(protocols(), sizes())
def test_a_random_protocol_conserves_every_element_and_charge_after_every_step(text, inputs):
    plan = make_plan(template_of(text), shipped_reagents(), inputs)
    assert not plan.books.incomplete, (plan.findings, text)
    assert_conserved(plan)


@settings(random_protocols, max_examples=30)
@given(protocols(), st.permutations(SCALES))
def test_scales_in_any_order_give_the_published_plan_of_a_random_protocol(text, order):
    published = plan_document(make_plan(template_of(text), shipped_reagents()))
    document = published
    for scale in order:
        saved = plan_of(document)
        document = plan_document(make_plan(saved.template, saved.reagents, saved.inputs._replace(scale=saved.inputs.scale * scale)))
    assert document == published


@settings(random_protocols, max_examples=10)
@given(protocols())
def test_the_witness_notices_a_species_that_vanishes(text):
    plan = make_plan(template_of(text), shipped_reagents())
    entry = next(entry for entry in plan.books.ledger.entries if entry.source.kind == "bottle")
    name = next(iter(entry.moved.species))
    del entry.moved.species[name]
    with pytest.raises(AssertionError):
        assert_conserved(plan)
