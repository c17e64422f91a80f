"""Every variant of every system of the review is planned in one whole chain, from powders to a cell, and nothing gets lost on the way."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from test_conservation import agree, charge, formula_of, sum_of, weighed, witnessed

from peqdlab.cli.planning import Asked, made_plan
from peqdlab.document import plan_document
from peqdlab.ledger import DUST
from peqdlab.systems_page import systems

if TYPE_CHECKING:
    from peqdlab.plan import Plan

TABLE: dict[str, list[dict[str, Any]]] = tomllib.loads((Path(__file__).parent / "chains.toml").read_text(encoding="utf-8"))
SYSTEMS = systems()
CASES = sorted((system, variant) for system, variants in SYSTEMS.items() for variant in variants)


def row_of(system: str, variant: str) -> dict[str, Any]:
    """Return the first row of the table that is for a variant of a system."""
    return next(row for row in TABLE[system] if variant in row.get("only", [variant]))


def planned(system: str, variant: str) -> Plan:
    row = row_of(system, variant)
    uses = [text.replace("*", variant) for text in row.get("use", [])]
    asked = Asked(row.get("set", []), [], uses=uses, substrates=row.get("substrates", 6))
    return made_plan([variant if name == "*" else name for name in row["chain"]], asked)


def test_every_system_has_a_chain_and_every_row_of_the_table_is_used() -> None:
    assert set(SYSTEMS) <= set(TABLE)
    used = [id(row_of(system, variant)) for system, variant in CASES]
    idle = [(system, row["chain"]) for system, rows in TABLE.items() if system in SYSTEMS for row in rows if id(row) not in used]
    assert idle == []


@pytest.mark.parametrize(("system", "variant"), CASES)
def test_a_variant_goes_from_powders_to_a_cell(system: str, variant: str) -> None:
    plan = planned(system, variant)
    assert [(found.code, found.message) for found in plan.findings if found.severity == "error"] == []
    assert {found.code for found in plan.findings if found.severity == "warning"} == set(row_of(system, variant).get("warns", []))
    bought = row_of(system, variant).get("bought", [])
    assert [*plan.template.needs] == bought  # all else that it is made from is made
    parts = {f"{part.template.family}/{part.template.variant}" for part in plan.template.parts}
    assert {variant, "device/nip"} <= parts or variant.startswith("device/")
    assert system in plan.template.systems
    its_own = {made.path[0] for made in plan.template.preparations}
    assert variant.partition("/")[2] in its_own  # it is in the plan, not left out for another's sake
    cell = plan.template.preparations[-1]
    assert (cell.name, cell.vessel.is_substrates) == ("cell", True)

    ledger, materials = plan.books.ledger, weighed(plan_document(plan))
    materials.subtract(sum_of({account: held for account, held in ledger.accounts.items() if account.name in bought}, "bottle"))
    assert materials["Pb"] > 0
    assert agree(sum_of(ledger.accounts, "vessel", "waste", "gas"), materials)
    assert witnessed(ledger.accounts, materials)
    for account, held in ledger.accounts.items():
        assert abs(sum(float(n) * charge(formula_of(species)) for species, n in held.species.items())) < 1e-11, str(account)
        if account.kind not in ("bottle", "reaction"):
            assert all(n > -DUST for n in (*held.species.values(), *held.liquids.values())), str(account)
    assert plan.books.finished["cell"].species, "the cell holds its film"
