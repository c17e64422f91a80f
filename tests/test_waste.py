"""Waste by stream: which container, and no lead lost, reckoned from what is weighed with atomic weights from outside."""

from __future__ import annotations

from decimal import Decimal

import periodictable
import pytest

from peqdlab.catalog import open_template
from peqdlab.document import plan_document
from peqdlab.ledger import Account, Contents
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents
from peqdlab.waste import container_for, lead_balance

VARIANTS = (
    "binary-cspbi3", "binary-cspbbr3", "binary-cspbi3-half", "binary-cspbi3-c18", "binary-cspbcl3", "binary-fapbi3",
    "ternary-benzoyl-cspbbr3", "ternary-benzoyl-mapbi3", "ternary-oami-cspbi3", "ternary-oami-fapbi3",
)  # fmt: skip
PER_LEAD = {"PbI2": 1, "PbBr2": 1, "PbCl2": 1, "Pb(OAc)2·3H2O": 1}


def planned(name: str):
    reagents = shipped_reagents()
    return make_plan(open_template(name, reagents), reagents)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_lead_of_the_bottles_is_in_product_vessels_and_waste(variant) -> None:
    plan = planned(f"hot_injection/{variant}")
    document, balance = plan_document(plan), lead_balance(plan)
    weighed = sum(float(row["amount_mmol"]) for row in document["materials"] if row["reagent"] in PER_LEAD) * periodictable.Pb.mass
    assert float(balance["in_mg"]) == pytest.approx(weighed, rel=1e-3)
    out = sum(float(balance[part]) for part in ("product_mg", "vessels_mg", "waste_mg"))
    assert out == pytest.approx(float(balance["in_mg"]), rel=1e-3)
    streams = sum(float(row["lead_mg"]) for row in document["waste"] if row["lead_mg"])
    assert streams == pytest.approx(float(balance["waste_mg"]), rel=1e-3)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_stream_names_its_container_and_says_lead_where_it_holds_lead(variant) -> None:
    for row in plan_document(planned(f"hot_injection/{variant}"))["waste"]:
        assert row["container"]
        assert row["container"].endswith("with lead") == (row["lead_mg"] is not None)
        assert row["container"].startswith("none") == (row["kind"] == "gas")


@pytest.mark.parametrize(
    ("species", "liquids", "container"),
    [
        ({"hexane": 1}, {"hexane": 1}, "organic solvent, halogen-free"),
        ({"hexane": 1, "I-": 1, "Pb+2": 1}, {"hexane": 1}, "organic solvent, halogen-free, with lead"),
        ({"chloroform": 1, "hexane": 1}, {"chloroform": "0.1", "hexane": 9}, "organic solvent, halogenated"),
        ({"toluene": 1, "BzBr": "0.01"}, {"toluene": 1}, "organic solvent, halogenated"),
        ({"H2O": 55, "Pb+2": 1}, {"H2O": 9, "ethanol": 1}, "aqueous, with lead"),
        ({"CsPbI3": 1}, {}, "solid, with lead"),
        ({"glycine": 1}, {}, "solid"),
    ],
)
def test_the_container_follows_from_what_is_in_the_stream(species, liquids, container) -> None:
    plan = planned("hot_injection/binary-cspbi3")
    held = Contents({name: Decimal(n) for name, n in species.items()}, {name: Decimal(v) for name, v in liquids.items()})
    assert container_for(plan, Account("waste", "a stream"), held) == container


def test_a_plan_without_lead_has_no_balance_of_it(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wash.toml").write_text(
        'format = 1\n[sources]\n[v]\ntitle = "a"\nsource = "computed"\n[v.make.a]\nvessel = "5 mL vial"\nsteps = [{ add = { toluene = "1 mL" } }]\n',
        encoding="utf-8",
    )
    assert plan_document(planned("wash.toml"))["lead"] is None
