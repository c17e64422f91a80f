"""What the literature reports for each variant of a system: cells with their source, and how well the amounts of the variant are known.

The file beside this module is generated: ``python -m peqdlab.literature > peqdlab/literature.json``.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from peqdlab.catalog import open_family, open_template
from peqdlab.checks import cited, evidence_of
from peqdlab.language import EVIDENCE
from peqdlab.shipped import shipped_families
from peqdlab.units import plain
from peqdlab.wording import source_of_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peqdlab.preparation import Template, Value

_FILE: Final = Path(__file__).with_name("literature.json")
# The efficiencies that a variant may report, by name, what kind of figure each is, and the names of the curve it belongs to.
_KINDS: Final = {
    "pce": "champion", "champion_pce": "champion", "certified_pce": "certified", "stabilised_pce": "stabilised", "control_pce": "control",
}  # fmt: skip
_CURVE: Final = (("jsc", "jsc_ma_per_cm2", 1), ("voc", "voc_v", 1), ("ff", "ff_pct", 100))


def amounts_of(template: Template) -> dict[str, int]:
    """Return how many amounts of a variant stand on which evidence; one that is reckoned from others is computed."""
    steps = [step for made in template.preparations for step in made.steps]
    amounts = [use.amount for step in steps for use in step.materials if use.amount is not None]
    counted = Counter(
        evidence_of(template, source_of_value(amount, template)) if amount.quantity or _is_name(amount) else "computed"
        for amount in amounts
    )
    return {evidence: counted[evidence] for evidence in EVIDENCE if counted[evidence]}


def literature_rows() -> list[dict[str, Any]]:
    """Return one row for every variant that stands for a system, sorted by system: product, amounts, cells and other figures."""
    rows = [_row(system, template) for template in _templates() for system in template.systems]
    return sorted(rows, key=lambda row: (row["system"], row["variant"]))


def read_literature() -> list[dict[str, Any]]:
    """Return the rows as they were generated, without reading a protocol."""
    import json

    rows: list[dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"))["rows"]
    return rows


def closure(pce: str, jsc: str, voc: str, ff: str) -> tuple[Decimal, bool]:
    """Return Jsc x Voc x FF in per cent (mA/cm2, V, per cent, as printed), and whether PCE is that within the rounding of all four.

    Each figure lies within half a unit of its last digit; 100 mW/cm2 of light (AM 1.5G) is assumed.
    """
    product, low, high = Decimal(1), Decimal(1), Decimal(1)
    for text in (jsc, voc, ff):
        value, half = Decimal(text), _half(text)
        product, low, high = product * value, low * (value - half), high * (value + half)
    quoted, half = Decimal(pce), _half(pce)
    return product / 100, low / 100 <= quoted + half and quoted - half <= high / 100


def _half(text: str) -> Decimal:
    return Decimal(5).scaleb(int(Decimal(text).as_tuple().exponent) - 1)


def _templates() -> Iterator[Template]:
    for name in shipped_families():
        for variant in open_family(name).variants:
            yield open_template(f"{name}/{variant}")


def _row(system: str, template: Template) -> dict[str, Any]:
    reported = dict(template.reported)
    cells = [_cell(template, name, value) for name, value in reported.items() if _kind(name)]
    used = {name for name in reported if _kind(name) or name.removeprefix("control_") in ("jsc", "voc", "ff")}
    return {
        "system": system,
        "variant": f"{template.family}/{template.variant}",
        "product": template.product,
        "amounts": amounts_of(template),
        "cells": cells,
        "figures": [{"name": name, "value": value.text, **_said(template, value)} for name, value in reported.items() if name not in used],
    }


def _kind(name: str) -> str | None:
    """Return what kind of efficiency a name stands for: one with more behind it, as pce_flexible, is the champion of that."""
    return _KINDS.get(name) or ("champion" if name.startswith("pce_") else None)


def _cell(template: Template, name: str, value: Value) -> dict[str, Any]:
    """Return one cell: its efficiency, the curve that goes with it, and whether their product closes; null where no curve is known."""
    reported = dict(template.reported)
    prefix = "control_" if name == "control_pce" else ""
    whole = name in ("pce", "control_pce") or (name in ("certified_pce", "champion_pce") and "pce" not in reported)
    curve = {key: _number(reported.get(prefix + short) if whole else None, short, times) for short, key, times in _CURVE}
    pce = value.text.partition(" ")[0]
    known = [text for text in curve.values() if text is not None]
    product, closes = closure(pce, *known) if len(known) == len(_CURVE) else (None, None)
    return {
        "kind": _kind(name),
        "of": name.removeprefix("pce_").removeprefix("of_") if name.startswith("pce_") else None,
        "pce_pct": pce,
        **curve,
        "jsc_voc_ff_pct": None if product is None else plain(round(product, 2)),
        "closes": closes,
        **_said(template, value),
    }


def _number(value: Value | None, short: str, times: int) -> str | None:
    """Return a figure of the curve in the unit of its key, with the digits that were printed: a fill factor in per cent."""
    if value is None or value.quantity is None:
        return None
    number, _, unit = value.text.partition(" ")
    if short == "ff" and unit != "%":
        return plain(Decimal(number) * times)
    return number


def _said(template: Template, value: Value) -> dict[str, Any]:
    return {
        "source": f"{cited(template.citations, value.source)}{f', {value.locator}' if value.locator else ''}",
        "evidence": evidence_of(template, value.source),
    }


def _is_name(amount: Value) -> bool:
    return amount.expression is not None and amount.expression.kind == "name"


if __name__ == "__main__":
    import json

    print(json.dumps({"schema": "peqdlab.literature/1", "rows": literature_rows()}, ensure_ascii=False, indent=1))
