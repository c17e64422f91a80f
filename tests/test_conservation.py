"""Matter and charge are conserved, by an outside witness: the atoms that are weighed, by periodictable, are there at the end."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import lru_cache
from pathlib import Path

import periodictable
import pytest

from peqdlab.catalog import open_template
from peqdlab.document import plan_document
from peqdlab.ledger import DUST, Contents, Ledger, balances
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents

TABLE = tomllib.loads((Path(__file__).parents[1] / "peqdlab" / "reagents.toml").read_text(encoding="utf-8"))
GROUPS = {"OAc": "(C2H3O2)", "FA": "(CH5N2)", "MA": "(CH6N)"}
CHARGE = re.compile(r"(?P<sign>[+-])(?P<size>\d*)\Z")
TOLERANCE = 1e-5  # between two tables of atomic weights

# the shipped protocol and what is changed in it
VARIANTS = {
    "as it ships": (),
    "with caesium acetate": (
        ('Cs2CO3 = "0.75 g"', 'CsOAc = "0.75 g"'),
        ("CO3-2 + 2 OA -> 2 OA- + CO2 + H2O", "OAc- + OA -> OA- + HOAc"),
        ('loses = ["CO2", "H2O"]', 'loses = ["HOAc"]'),
    ),
    "with an assay": (
        ('OAm = "5 mL"', 'OAm = { is = "5 mL", assay = "70 %" }'),
        ('PbI2 = "1 g"', 'PbI2 = { is = "2 mmol", assay = "98 %" }'),
    ),
    "with the stock drawn twice": (
        ('{ inject = { cs_oleate = "8 mL" }, how = "fast" }', '{ inject = { cs_oleate = "3 mL" } },\n  { add = { cs_oleate = "5 mL" } }'),
    ),
    "with the supernatant kept": (('take = "pellet", wet = "= residue" }', 'take = "supernatant", wet = "2 mL", recovers = "90 %" }'),),
    "with less recovered": (('is = "100 % [unverified]"', 'is = "55 % [unverified]"'),),
    "with a solvent that boils off": (
        ('{ cool = "ice-water bath" }', '{ add = { hexane = "20 mL", toluene = "3 mL" } },\n  { cool = "bath", loses = ["hexane"] }'),
    ),
    "with formamidinium": (
        ('product = "CsPbI3"', 'product = "Cs0.5FA0.5PbI3"'),
        ('PbI2 = "1 g"', 'PbI2 = "1 g", FAI = "0.1 g", TMSI = "0.1 mL"'),
    ),
    "with a solution of hydrogen iodide": (('PbI2 = "1 g"', 'PbI2 = "1 g", HI = "0.2 mL"'),),
    "with bromide from benzoyl bromide": (
        ('product = "CsPbI3"', 'product = "CsPbBr2I"'),
        ('forms  = "product"', 'forms  = "product"\nreact = ["BzBr + OAm -> Br- + C25H42NO+"]'),
        ('PbI2 = "1 g"', 'PbI2 = "1 g", BzBr = "0.5 mL"'),
        ('at = "inject", want = "Pb/Cs >= 1.5"', 'at = "inject", want = "Pb/Cs >= 0.5"'),
    ),
}  # fmt: skip


@lru_cache(maxsize=None)
def atoms(formula: str) -> dict[str, float]:
    """Count the atoms of a formula with periodictable, after its groups, hydrate dot and charge are rewritten."""
    text = CHARGE.sub("", formula)
    for group, expanded in GROUPS.items():
        text = text.replace(group, expanded)
    return {element.symbol: float(n) for element, n in periodictable.formula(text.replace("·", "+")).atoms.items()}


def charge(formula: str) -> int:
    found = CHARGE.search(formula)
    return int(found["sign"] + (found["size"] or "1")) if found else 0


def formula_of(species: str) -> str:
    return TABLE["species"].get(species, {}).get("formula", species)


def atoms_in(species_mmol: dict[str, object]) -> Counter[str]:
    total: Counter[str] = Counter()
    for species, n in species_mmol.items():
        for symbol, count in atoms(formula_of(species)).items():
            total[symbol] += float(n) * count
    return total


def weighed(document: dict) -> Counter[str]:
    """Count the atoms (mmol) of all that the materials table tells to weigh and measure, impurities left out."""
    total: Counter[str] = Counter()
    for row in document["materials"]:
        reagent = TABLE["reagents"][row["reagent"]]
        mass_mg = float(row["mass_g"]) * 1000 if row["mass_g"] else float(row["volume_ml"]) * float(reagent["density"].split()[0]) * 1000
        assay = float((row["correction"] or "assay 100 %").split()[1]) / 100
        parts = {reagent["formula"]: assay}
        if "solution" in reagent:
            strength = float(reagent["solution"]["assay"].split()[0]) / 100
            parts = {reagent["formula"]: strength, formula_of(reagent["solution"]["rest"]): 1 - strength}
        for formula, share in parts.items():
            counts = atoms(formula)
            molar_mass = sum(n * getattr(periodictable, symbol).mass for symbol, n in counts.items())
            total.update({symbol: mass_mg * share / molar_mass * n for symbol, n in counts.items()})
    return total


def agree(found: Counter[str], wanted: Counter[str]) -> bool:
    return all(abs(found[symbol] - wanted[symbol]) <= TOLERANCE * max(abs(wanted[symbol]), 1e-9) for symbol in {*found, *wanted})


def sum_of(accounts: dict, *kinds: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for account, held in accounts.items():
        if account.kind in kinds:
            total.update(atoms_in(held.species))
    return total


def witnessed(accounts: dict, materials: Counter[str]) -> bool:
    """Return whether bottles gave what was weighed, vessels, waste and gas hold it, and no reaction made or kept an atom."""
    kept = all(abs(n) < 1e-12 for n in sum_of(accounts, "reaction").values())
    out = Counter({symbol: -n for symbol, n in sum_of(accounts, "bottle").items()})
    return kept and agree(out, materials) and agree(sum_of(accounts, "vessel", "waste", "gas"), materials)


@pytest.fixture(params=VARIANTS)
def planned(request: pytest.FixtureRequest, edited) -> tuple[Ledger, Counter[str]]:
    """Return the books of a variant, and the atoms that were weighed for it."""
    reagents = shipped_reagents()
    plan = make_plan(open_template(edited(*VARIANTS[request.param]), reagents), reagents)
    assert [finding.code for finding in plan.blocking] == []
    assert plan.expected_mg
    return plan.books.ledger, weighed(plan_document(plan))


def test_every_atom_that_is_weighed_is_in_a_vessel_the_waste_or_the_gas_at_the_end(planned) -> None:
    ledger, materials = planned
    assert materials["Cs"] > 3
    assert agree(sum_of(ledger.accounts, "vessel", "waste", "gas"), materials)
    assert witnessed(ledger.accounts, materials)


def test_a_transfer_with_one_side_missing_is_noticed(planned) -> None:
    ledger, materials = planned
    for missing in range(len(ledger.entries)):
        for side in ("source", "target"):
            accounts = balances(ledger.entries)
            entry = ledger.entries[missing]
            accounts[getattr(entry, side)].book(entry.moved, 1 if side == "source" else -1)
            assert not witnessed(accounts, materials), (str(entry.source), str(entry.target), side)


def test_a_missing_entry_changes_the_closing_balances(planned) -> None:
    ledger, _ = planned

    def state(accounts: dict) -> dict:
        return {account: (held.species, held.liquids) for account, held in accounts.items() if held.species or held.liquids}

    assert state(balances(ledger.entries)) == state(ledger.accounts)
    for missing in range(len(ledger.entries)):
        fewer = ledger.entries[:missing] + ledger.entries[missing + 1 :]
        assert state(balances(fewer)) != state(ledger.accounts)


def test_every_bottle_vessel_and_waste_is_neutral(planned) -> None:
    ledger, _ = planned
    for account, held in ledger.accounts.items():
        net = sum(float(n) * charge(formula_of(species)) for species, n in held.species.items())
        assert abs(net) < 1e-12, str(account)


def test_no_account_but_bottles_and_reactions_holds_less_than_nothing(planned) -> None:
    ledger, _ = planned
    for account, held in ledger.accounts.items():
        if account.kind not in ("bottle", "reaction"):
            assert all(n > -DUST for n in (*held.species.values(), *held.liquids.values())), str(account)


def test_the_gas_holds_what_the_step_names(edited) -> None:
    reagents = shipped_reagents()

    def vented(*replacements: tuple[str, str]) -> Contents:
        accounts = make_plan(open_template(edited(*replacements), reagents), reagents).books.ledger.accounts
        return next(held for account, held in accounts.items() if account.kind == "gas")

    # 0.75 g / 325.82 g/mol = 2.302 mmol carbonate; 20 mL x 0.6606 g/mL / 86.18 g/mol = 153.3 mmol
    assert {species: round(float(n), 3) for species, n in vented().species.items()} == {"CO2": 2.302, "H2O": 2.302}
    boiled = vented(*VARIANTS["with a solvent that boils off"])
    assert (round(float(boiled.species["hexane"]), 1), boiled.liquids) == (153.3, {"hexane": 20})
