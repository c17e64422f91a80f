"""The glossary has every term once, in order, and says nothing of what no page uses."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROWS = re.findall(r"^\| (.+?) \| (.+) \|$", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)[1:]
TERMS = [term for term, _ in ROWS]


def test_every_term_stands_once_and_in_order() -> None:
    assert len(TERMS) > 40
    assert TERMS == sorted(set(TERMS), key=str.lower)


def test_every_term_is_used_elsewhere_in_the_docs_or_the_program() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "peqdlab").glob("**/*.py"), *(ROOT / "protocols").glob("*.toml")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in pages if path.name != "glossary.md").lower()
    assert [term for term in TERMS if not any(part in text for part in term.lower().split(", "))] == []


def test_the_readme_leads_to_the_glossary() -> None:
    assert "docs/glossary.md" in (ROOT / "README.md").read_text(encoding="utf-8")
