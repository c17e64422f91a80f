"""The head of a protocol file: format, title, sources, and the names of its variants; enough to list what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab import language
from peqdlab.findings import Finding, suggest
from peqdlab.preparation import Citation
from peqdlab.reading import Reader

if TYPE_CHECKING:
    from peqdlab.source import Source

FORMAT: Final = 1


class Family(NamedTuple):
    """A protocol file: its citations, the names of its variants, and what is wrong at the top of it."""

    source: Source
    name: str
    title: str
    citations: dict[str, Citation]
    variants: tuple[str, ...]
    findings: tuple[Finding, ...]


def read_family(source: Source, name: str) -> Family:
    """Return a protocol file's head: format, title, sources and the names of its variants."""
    reader = Reader(source)
    data = source.data
    variants = tuple(key for key, value in data.items() if isinstance(value, dict) and key not in language.FILE)
    for key, value in data.items():
        if key not in language.FILE and not isinstance(value, dict):
            reader.report((key,), "L101", f"the file has no key {key!r}", suggest(key, language.FILE), key=True)
    if data.get("format") != FORMAT or isinstance(data.get("format"), bool):
        found = "none is given" if "format" not in data else f"found {str(data['format'])[:40]}"
        reader.report(("format",), "L109", f"format 1 is read here; {found}", "write format = 1 at the top of the file")
    if not variants:
        reader.report((), "L102", "the file has no variant", "add a table [name] with title, source and make")
    title = reader.text(data, (), language.FILE["title"])
    return Family(source, name, title.text if title else name, _citations(reader, data), variants, tuple(reader.findings))


def said_of(family: Family, variant: str, key: str) -> str | None:
    """Return what a variant, or the one it extends, says under a key of its head; None where none says it."""
    seen: set[str] = set()
    while variant in family.variants and variant not in seen:
        seen.add(variant)
        data = family.source.data[variant]
        if isinstance(data.get(key), str):
            return str(data[key])
        variant = str(data.get("extends", ""))
    return None


def _citations(reader: Reader, data: dict[str, Any]) -> dict[str, Citation]:
    citations: dict[str, Citation] = {}
    for tag, row in reader.tables(data, (), "sources").items():
        path = ("sources", tag)
        table = reader.table(row, path, language.SOURCE, f"source {tag}")
        if table is None:
            continue
        cite, doi, evidence = (reader.text(table, path, language.SOURCE[name]) for name in ("cite", "doi", "evidence"))
        if cite and evidence:
            citations[tag] = Citation(tag, cite.text, doi.text if doi else None, evidence.text)
    return citations
