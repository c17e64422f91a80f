"""Every figure that the review gives for a system is a quantity with unit and source, used by the templates where the table says."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from peqdlab.catalog import open_template
from peqdlab.checks import evidence_of
from peqdlab.language import BUILT_IN_SOURCES
from peqdlab.systems_page import systems
from peqdlab.units import parse_count, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peqdlab.expressions import Node
    from peqdlab.preparation import Template
    from peqdlab.units import Quantity

TABLE: dict[str, list[dict[str, str]]] = tomllib.loads(
    (Path(__file__).parent / "figures_of_the_review.toml").read_text(encoding="utf-8")
)
SYSTEMS = systems()
ROWS = [(system, row) for system, rows in TABLE.items() for row in rows]
FIGURES = [pytest.param(row, id=f"{system} {row['is']} at {row['at']}") for system, row in ROWS if "is" in row]
WORDS = [pytest.param(row, id=f"{system} at {row['at']}") for system, row in ROWS if "says" in row]
template_of = lru_cache(maxsize=None)(open_template)


def quantity(text: str) -> Quantity:
    """Return a figure as typed in the table: with its unit, or a bare number where the review has one."""
    return parse_count(text) if text.replace(".", "").lstrip("-").isdigit() else parse_quantity(text)


def numbers_in(node: Node) -> Iterator[Quantity]:
    if node.kind == "number" and node.quantity is not None:
        yield node.quantity
    for part in node.parts:
        yield from numbers_in(part)


def stated(template: Template, at: str) -> list[tuple[Quantity | None, tuple[str, ...]]]:
    """Return the quantities that stand at a place of a template, each with the tags of its sources."""
    what, _, name = at.partition(".")
    if what == "check":
        check = next(row for row in template.checks if row.name == name)
        return [(number, check.sources) for number in numbers_in(check.want)]
    if what == "reported":
        value = dict(template.reported)[name]
    elif what == "set":
        name, _, end = name.rpartition(".")
        value = {"is": template.parameters[name].value, "from": template.parameters[name].low, "to": template.parameters[name].high}[end]
    else:
        need, _, part = name.partition(".holds.")
        value = dict(template.needs[need].holds)[part]
    return [(value.quantity, (value.source,))]


def words(template: Template, at: str) -> str:
    """Return what stands at a place of a template as text: of steps all that is said in those of a verb."""
    what, *names = at.split(".")
    if what in ("title", "product", "shell"):
        said: Any = getattr(template, what)
        return said if isinstance(said, str) else " ".join(said)
    if what == "make":
        steps = [step for step in template.preparation(names[0]).steps if step.verb.name == names[1]]
        return " ".join(" ".join([step.text_of(""), *map(step.text_of, step.adverbs), *step.texts_of("inspect")]) for step in steps)
    return template.parameters[names[0]].why if what == "set" else next(row.why for row in template.checks if row.name == names[0])


@pytest.mark.parametrize("row", FIGURES)
def test_a_figure_of_the_review_is_a_quantity_of_its_template(row: dict[str, str]) -> None:
    template = template_of(row["of"])
    found = [tags for number, tags in stated(template, row["at"]) if number == quantity(row["is"])]
    assert found, f"{row['is']} does not stand at {row['at']} of {row['of']}"
    known = {evidence_of(template, tag) for tag in found[0]}
    assert known - {*BUILT_IN_SOURCES} if "evidence" not in row else known == {row["evidence"]}


@pytest.mark.parametrize("row", WORDS)
def test_what_the_review_says_without_a_number_is_said_by_the_template(row: dict[str, str]) -> None:
    assert row["says"] in words(template_of(row["of"]), row["at"])


@pytest.mark.parametrize("system", TABLE)
def test_the_figures_of_a_system_stand_in_a_variant_of_it(system: str) -> None:
    variants = {row["of"] for row in TABLE[system]}
    assert variants & {*SYSTEMS[system]}


def test_the_benzoyl_route_makes_the_nine_products_of_its_system() -> None:
    products = [template_of(name).product for name in SYSTEMS["S09"]]
    assert sorted(products) == sorted(f"{a}Pb{x}3" for a in ("Cs", "FA", "MA") for x in ("Cl", "Br", "I"))
