"""The page of systems: which variant stands for which system of the review, how well its amounts are known, and the cells reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from peqdlab.catalog import open_family, open_template
from peqdlab.language import EVIDENCE
from peqdlab.literature import amounts_of
from peqdlab.shipped import shipped_families

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peqdlab.preparation import Template, Value

_HEAD: Final = """# Systems

Which variant stands for which chemical system of the review (Xu et al., J. Mater. Chem. A 2025, 13, 29688, doi:10.1039/d5ta03996g), on what
evidence its amounts stand, and the efficiencies reported for it. An amount reckoned from others counts as computed. Evidence:
{evidence}.

This page is generated: `python -m peqdlab.systems_page > docs/systems.md`.

| system | variant | product | amounts | best cell | its control | other figures |
|---|---|---|---|---|---|---|
"""


def render_systems_page() -> str:
    """Return docs/systems.md: one row for every variant that names a system, sorted by system."""
    rows = sorted(_rows(), key=lambda row: (row[0], row[1]))
    words = ", ".join(f"{name} ({means})" for name, means in EVIDENCE.items())
    return _HEAD.format(evidence=words) + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def systems() -> dict[str, list[str]]:
    """Return the variants that stand for each system, by its id."""
    found: dict[str, list[str]] = {}
    for template in _templates():
        for system in template.systems:
            found.setdefault(system, []).append(f"{template.family}/{template.variant}")
    return found


def _templates() -> Iterator[Template]:
    for name in shipped_families():
        for variant in open_family(name).variants:
            yield open_template(f"{name}/{variant}")


def _rows() -> Iterator[tuple[str, ...]]:
    for template in _templates():
        reported = dict(template.reported)
        pce, control = (_figure(reported.pop(name, None)) for name in ("pce", "control_pce"))
        if not pce and "certified_pce" in reported:
            pce = f"{_figure(reported.pop('certified_pce'))}, certified"
        others = "; ".join(f"{name} {_figure(value)}" for name, value in reported.items())
        amounts = ", ".join(f"{count} {evidence}" for evidence, count in amounts_of(template).items())
        for system in template.systems:
            yield system, f"`{template.family}/{template.variant}`", template.product or "any", amounts, pce, control, others


def _figure(value: Value | None) -> str:
    if value is None:
        return ""
    return f"{value.text} [{f'{value.source} {value.locator}'.strip()}]"


if __name__ == "__main__":
    print(render_systems_page(), end="")
