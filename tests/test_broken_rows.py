"""Every system of the review has a broken protocol that the check of its own variant catches, and nothing else, with all that is then said."""

from __future__ import annotations

import os
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from peqdlab.catalog import open_family, open_template
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents
from peqdlab.standalone import standalone_text
from peqdlab.systems_page import systems

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent / "broken_rows"
SYSTEMS = systems()
ROWS: dict[str, dict[str, str]] = tomllib.loads((FOLDER / "rows.toml").read_text(encoding="utf-8"))
UNSTEADY = re.compile(r"(?<=row\.toml):\d+:\d+|\d+(?= values are unverified)")  # what an edit of another line would change


def text_of(row: dict[str, str]) -> str:
    """Return the variant of a row alone in its file, unbroken."""
    family, _, variant = row["of"].partition("/")
    return standalone_text(open_family(family), variant)


def found_in(path: Path, text: str) -> list[tuple[str, str]]:
    path.write_text(text, encoding="utf-8")
    plan = make_plan(open_template(str(path)), shipped_reagents())
    return sorted((found.severity, found.code) for found in plan.findings)


def test_every_system_has_a_broken_protocol() -> None:
    assert set(SYSTEMS) <= set(ROWS)
    assert {path.stem for path in FOLDER.glob("*.txt")} == {system for system in ROWS if system in SYSTEMS}


@pytest.mark.parametrize("system", [system for system in ROWS if system in SYSTEMS])
def test_the_check_of_a_system_alone_catches_its_broken_protocol(
    system: str, peqdlab: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ROWS[system]
    whole = text_of(row)
    assert row["of"] in SYSTEMS[system]
    assert whole.count(row["old"]) == 1, (whole.count(row["old"]), whole)
    path = tmp_path / "row.toml"
    before, after = found_in(path, whole), found_in(path, whole.replace(row["old"], row["new"]))
    declared = {check.name: check.severity for check in open_template(row["of"]).checks}
    assert row["check"] not in [code for _, code in before]
    assert list((Counter(after) - Counter(before)).elements()) == [(declared[row["check"]], row["check"])]

    monkeypatch.chdir(tmp_path)
    ran = peqdlab("check", "row.toml")
    assert ran.code == int(declared[row["check"]] == "error")
    said = UNSTEADY.sub("", ran.out + ran.err)
    golden = FOLDER / f"{system}.txt"
    if os.environ.get("PEQDLAB_UPDATE_GOLDEN"):
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")
