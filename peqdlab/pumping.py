"""A flow for paper and JSON: the tube, the rates, the syringe of every pump, and what stays in the tube, as data and as blocks."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any, Final

from peqdlab.blocks import Block, Paragraph, Table
from peqdlab.units import ARITHMETIC, parse_quantity, plain, show, significant
from peqdlab.wording import doubt_mark, doubtful_of_flow, source_of_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from peqdlab.books import Pump, StepRun
    from peqdlab.instruments import Instruments
    from peqdlab.plan import Plan

# Usual sizes of syringes, where the lab has set none of its own (assumed).
_SYRINGES_ML: Final = tuple(map(Decimal, ("1", "2.5", "5", "10", "20", "50")))
_SECONDS_BELOW: Final = 120


def flow_row(plan: Plan, run: StepRun) -> dict[str, Any] | None:
    """Return what a flow comes to as JSON values; None for any other step."""
    flow = run.flow
    if flow is None:
        return None
    rests_on = doubtful_of_flow(run, plan.template)
    return {
        "bore_mm": plain(run.values["bore"].value * 10),
        "length_cm": plain(run.values["length"].value),
        "tube_ml": significant(flow.tube_ml),
        "residence_s": significant(flow.stay_s),
        "rate_ml_per_min": significant(_per_minute(flow.rate_ml_per_s)),
        "run_s": significant(flow.run_s),
        "volume_ml": significant(flow.brought.volume_ml),
        "pumps": [_pump_row(n, pump, plan.instruments) for n, pump in enumerate(flow.pumps, start=1)],
        "doubtful": rests_on is not None and bool(doubt_mark(plan.template, source_of_value(rests_on, plan.template))),
    }


def _pump_row(n: int, pump: Pump, instruments: Instruments) -> dict[str, Any]:
    size, fillings = syringe_for(pump.volume_ml, instruments)
    return {
        "pump": n,
        "id": pump.name,
        "volume_ml": significant(pump.volume_ml),
        "rate_ml_per_min": significant(_per_minute(pump.rate_ml_per_s)),
        "syringe_ml": plain(size),
        "fillings": fillings,
    }


def _per_minute(rate_ml_per_s: Decimal) -> Decimal:
    return ARITHMETIC.multiply(rate_ml_per_s, Decimal(60))


def syringe_for(volume_ml: Decimal, instruments: Instruments) -> tuple[Decimal, int]:
    """Return the smallest of the lab's syringes, else of the usual ones, for a volume (mL), or the largest, and how often it is filled."""
    own = tuple(row.high.value for row in instruments.measuring if row.group == "syringe")
    sizes = sorted(own or _SYRINGES_ML)
    size = next((size for size in sizes if size >= volume_ml), sizes[-1])
    return size, max(int(ARITHMETIC.divide(volume_ml, size).to_integral_value(rounding=ROUND_CEILING)), 1)


def flow_needs(run: StepRun) -> Iterator[str]:
    """Yield the equipment of a flow: its pumps, and its tube."""
    if run.flow is not None:
        bore, length = (show(run.values[name]) for name in ("bore", "length"))
        yield f"{len(run.flow.pumps)} syringe pump{'s' if len(run.flow.pumps) > 1 else ''}"
        yield f"tube, {bore} bore, {length} long"


def said_time(seconds: Decimal) -> str:
    """Return how long pumps run, as a person sets it.

    >>> said_time(Decimal("96.24")), said_time(Decimal("1443.3")), said_time(Decimal("7320"))
    ('96.2 s', '24 min 3 s', '2 h 2 min')
    """
    if seconds < _SECONDS_BELOW:
        return f"{significant(seconds, 3)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def flow_blocks(step: Mapping[str, Any]) -> list[Block]:
    """Return the pumps of a step as a table, and its tube in a sentence; nothing for a step that is no flow."""
    flow = step.get("flow")
    if not flow:
        return []
    mark = "?" if flow["doubtful"] else ""
    rows = tuple(
        (str(pump["pump"]), pump["id"], f"{pump['volume_ml']} mL", f"{_rate(pump['rate_ml_per_min'])}{mark}", _syringe(pump))
        for pump in flow["pumps"]
    )
    return [
        Table(("pump", "liquid", "volume", "rate", "syringe"), rows, right=("pump", "volume", "rate")),
        Paragraph(
            f"tube {flow['tube_ml']} mL ({flow['bore_mm']} mm × {flow['length_cm']} cm); {_rate(flow['rate_ml_per_min'])}{mark} in all; "
            f"residence time {plain(Decimal(flow['residence_s']))} s{mark}; the pumps run {said_time(Decimal(flow['run_s']))}. "
            f"When they stop, {_left(flow)} is still in the tube: lost unless it is flushed out; the books count it as collected.",
            "quiet",
        ),
    ]


def _rate(ml_per_min: str) -> str:
    return show(parse_quantity(f"{ml_per_min} mL/min"), 4)


def _syringe(pump: Mapping[str, Any]) -> str:
    return f"{pump['syringe_ml']} mL" + (f", filled {pump['fillings']} times" if pump["fillings"] > 1 else "")


def _left(flow: Mapping[str, Any]) -> str:
    inside, pumped = Decimal(flow["tube_ml"]), Decimal(flow["volume_ml"])
    if inside >= pumped:
        return "all that was pumped"
    return f"{flow['tube_ml']} mL ({significant(ARITHMETIC.divide(inside, pumped) * 100, 2)} % of what was pumped)"


def scaled_flow_row(run: StepRun, published: StepRun) -> dict[str, Any] | None:
    """Return what the size of a plan did to a flow: its pumps run longer or shorter at the same rates; None for any other step."""
    if run.flow is None or published.flow is None:
        return None
    is_kept = significant(run.flow.rate_ml_per_s) == significant(published.flow.rate_ml_per_s)
    return {
        "code": str(run.n),
        "id": "run time",
        "preparation": run.preparation.name,
        "published": said_time(published.flow.run_s),
        "now": said_time(run.flow.run_s),
        "factor": significant(ARITHMETIC.divide(run.flow.run_s, published.flow.run_s)),
        "rule": "rates and residence time stay" if is_kept else "the tube or its rates change too",
    }
