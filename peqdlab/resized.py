"""What the size of a plan did to every addition, against the published one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peqdlab.booking import book
from peqdlab.dispensing import as_dispensed
from peqdlab.pumping import scaled_flow_row
from peqdlab.units import ARITHMETIC, significant

if TYPE_CHECKING:
    from peqdlab.books import Use
    from peqdlab.plan import Plan


def scale_rows(plan: Plan) -> list[dict[str, Any]]:
    """Return what the size of the plan did to every addition; nothing for a plan of the published size."""
    if plan.inputs.scale == 1 and not plan.inputs.weighed and not plan.inputs.portions:
        return []
    published = book(plan.template, plan.reagents, plan.inputs._replace(scale=1, weighed={}, portions={}))
    before = {use.code: use for run in published.steps for use in run.uses}
    steps_before = {run.n: run for run in published.steps}
    rows = []
    for run in plan.books.steps:
        for use in run.uses:
            was = before.get(use.code)
            if not use.code or was is None:
                continue
            factor = ARITHMETIC.divide(use.quantity.value, was.quantity.value) if was.quantity.value else None
            rows.append(
                {
                    "code": use.code,
                    "id": use.material.name,
                    "preparation": use.preparation,
                    "published": as_dispensed(was.quantity, plan.instruments),
                    "now": as_dispensed(use.quantity, plan.instruments),
                    "factor": None if factor is None else significant(factor),
                    "rule": _rule(plan, use),
                }
            )
        if run.n in steps_before and (row := scaled_flow_row(run, steps_before[run.n])):
            rows.append(row)
    return rows


def _rule(plan: Plan, use: Use) -> str:
    """Return by which rule a quantity follows: that of its material, but for what belongs to the substrates."""
    if use.material.scales != "linear" or use.preparation not in plan.template.unsized:
        return use.material.scales
    return "whole portions, for the substrates"
