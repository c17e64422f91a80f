"""What the list of protocols says of each variant, and the index of the shipped ones, so that listing parses no protocol.

The index is generated: ``python -m peqdlab.listing > peqdlab/protocols.json``. A family whose file is not the one that the index was made
from is read itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from peqdlab.shipped import shipped_families, shipped_folder, shipped_index

if TYPE_CHECKING:
    from peqdlab.family import Family
    from peqdlab.findings import Finding


class Listed(NamedTuple):
    """A family in the list: its name and title, one row for each variant, the lab's own file if it is one, and what is wrong with it."""

    name: str
    title: str
    rows: tuple[dict[str, Any], ...]
    own: str | None
    findings: tuple[Finding, ...]


def listed_family(family: Family, own: str | None = None) -> Listed:
    """Return what the list says of a family."""
    return Listed(family.name, family.title, tuple(_row(family, variant, own) for variant in family.variants), own, family.findings)


def shipped_list() -> tuple[Listed, ...]:
    """Return the shipped families, from the index where it was made from the file that is there."""
    from zlib import crc32

    index = shipped_index()
    folder = shipped_folder()
    listed = []
    for name in shipped_families():
        known = index.get(name)
        if known is not None and known["crc32"] == crc32((folder / f"{name}.toml").read_bytes()):
            listed.append(Listed(name, known["title"], tuple(known["rows"]), None, ()))
        else:
            from peqdlab.catalog import open_family

            listed.append(listed_family(open_family(name)))
    return tuple(listed)


def render_index() -> str:
    """Return the index of the shipped families as JSON."""
    import json
    from zlib import crc32

    from peqdlab.catalog import open_family

    families = [listed_family(open_family(name)) for name in shipped_families()]
    folder = shipped_folder()
    index = {
        listed.name: {"crc32": crc32((folder / f"{listed.name}.toml").read_bytes()), "title": listed.title, "rows": listed.rows}
        for listed in families
    }
    return json.dumps(index, ensure_ascii=False, indent=1) + "\n"


def _row(family: Family, variant: str, own: str | None) -> dict[str, Any]:
    from peqdlab.family import said_of
    from peqdlab.inherit import inherited

    citation = family.citations.get(str(said_of(family, variant, "source")))
    merged = inherited(family.source, variant)[0].data[variant]
    return {
        "protocol": f"{family.name}/{variant}",
        "own_file": own,
        "systems": _texts(family, variant, "system"),
        "product": said_of(family, variant, "product") or _needed_product(family, variant),
        "title": said_of(family, variant, "title"),
        "evidence": citation.evidence if citation else "unverified",
        "pce": _champion(family, variant),
        "air": [row["want"] for row in _checks(family, variant, ()).values() if "room." in str(row.get("want"))],
        "source": citation.cite if citation else None,
        "doi": citation.doi if citation else None,
        "needs": [_need(name, row) for name, row in _table(merged, "needs").items()],
        "makes": list(_table(merged, "make")),
        "reaches": _strings(merged.get("reaches")),
    }


def _need(name: str, row: object) -> dict[str, Any]:
    """Return what a need asks for: product, liquid, and the names under which it may be made."""
    said = row if isinstance(row, dict) else {}
    product, liquid = (_bare(text) if isinstance(text := said.get(key), str) else None for key in ("product", "in"))
    return {"names": [name, *_strings(said.get("from"))], "product": product, "in": liquid}


def _table(merged: dict[str, Any], key: str) -> dict[str, Any]:
    found = merged.get(key)
    return found if isinstance(found, dict) else {}


def _texts(family: Family, variant: str, key: str) -> list[str]:
    return _strings(family.source.data[variant].get(key))


def _strings(found: object) -> list[str]:
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []


def _champion(family: Family, variant: str) -> str | None:
    """Return the best efficiency that the literature gives for a variant, without its source tag."""
    reported = family.source.data[variant].get("reported", {})
    text = next((reported[name] for name in ("pce", "certified_pce") if name in reported), None) if isinstance(reported, dict) else None
    return _bare(text) if isinstance(text, str) else None


def _checks(family: Family, variant: str, seen: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Return the checks of a variant as typed, with those of the one it extends, but what it leaves out."""
    if variant not in family.variants or variant in seen:
        return {}
    data = family.source.data[variant]
    out = {text.removeprefix("check.") for text in data.get("without", []) if isinstance(text, str)}
    found = {name: row for name, row in _checks(family, str(data.get("extends")), (*seen, variant)).items() if name not in out}
    own = data.get("check", {})
    for name, row in own.items() if isinstance(own, dict) else ():
        if isinstance(row, dict):
            found[name] = {**found.get(name, {}), **row}
    return found


def matching(listed: tuple[Listed, ...] | list[Listed], word: str) -> list[Listed]:
    """Return the families with the variants alone whose name, product, title, system or air holds a word."""
    found = []
    for family in listed:
        rows = tuple(row for row in family.rows if word.lower() in str([*row.values()]).lower())
        found += [family._replace(rows=rows, findings=())] if rows else []
    return found


def _needed_product(family: Family, variant: str) -> str | None:
    """Return the product of what a variant, or the one it extends, needs."""
    seen: set[str] = set()
    while variant in family.variants and variant not in seen:
        seen.add(variant)
        data = family.source.data[variant]
        needs = data.get("needs", {})
        rows = needs.values() if isinstance(needs, dict) else ()
        found = [_bare(row["product"]) for row in rows if isinstance(row, dict) and isinstance(row.get("product"), str)]
        if found:
            return " + ".join(dict.fromkeys(found))
        variant = str(data.get("extends", ""))
    return None


def _bare(text: str) -> str:
    return text.partition("[")[0].strip()


if __name__ == "__main__":
    print(render_index(), end="")
