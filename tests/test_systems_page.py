"""Every system of the review is a shipped protocol that plans, alone; the page of systems is what the protocols say."""

from __future__ import annotations

from pathlib import Path

import pytest

from peqdlab.systems_page import render_systems_page, systems

ROOT = Path(__file__).parent.parent


def test_the_page_of_systems_is_what_the_protocols_say() -> None:
    page = (ROOT / "docs" / "systems.md").read_text(encoding="utf-8")
    assert page == render_systems_page(), "python -m peqdlab.systems_page > docs/systems.md"


@pytest.mark.parametrize("name", sorted({name for names in systems().values() for name in names}))
def test_a_variant_of_a_system_plans_alone(peqdlab, name: str) -> None:
    ran = peqdlab("plan", name, "--json")
    assert (ran.code, ran.json["systems"] != []) == (0, True), ran.err
