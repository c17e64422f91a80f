"""Find a protocol by name or path: the shipped families, or a TOML file of the lab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from peqdlab.errors import ContentError, SourceError, UsageError
from peqdlab.family import read_family
from peqdlab.findings import Finding, Place, suggest
from peqdlab.source import parse_source, read_source

if TYPE_CHECKING:
    from peqdlab.family import Family
    from peqdlab.preparation import Template
    from peqdlab.reagents import Reagents

_PACKAGE: Final = Path(__file__).parent


def shipped_folder() -> Path:
    """Return the folder of the shipped protocols: inside an installed package, beside it in a checkout."""
    inside = _PACKAGE / "protocols"
    return inside if inside.is_dir() else _PACKAGE.parent / "protocols"


def shipped_families() -> tuple[str, ...]:
    """Return the names of the shipped families, sorted."""
    return tuple(sorted(path.stem for path in shipped_folder().glob("*.toml")))


def open_family(name: str) -> Family:
    """Return a family by shipped name, or by the path of a TOML file.

    Raises UsageError A101 for a name that is neither, SourceError for a file that cannot be read.
    """
    if name in shipped_families():
        path = shipped_folder() / f"{name}.toml"
        return read_family(read_source(path, f"{name}.toml"), name)
    if not name.endswith(".toml"):
        raise UsageError(_unknown(name, f"there is no protocol {name!r}", suggest(name, shipped_families())))
    path = Path(name)
    return read_family(read_source(path, name), path.stem)


def shipped_heads() -> tuple[Family, ...]:
    """Return the shipped families with the heads of their variants alone: title, product, source; steps are not read.

    A whole family takes a tenth of a second to parse, its heads a tenth of that. A test holds them against the whole.
    """
    folder = shipped_folder()
    return tuple(
        read_family(parse_source(_heads((folder / f"{name}.toml").read_text(encoding="utf-8")), f"{name}.toml"), name)
        for name in shipped_families()
    )


def _heads(text: str) -> str:
    """Return the tables of a protocol file whose header has no dot, and the sources."""
    first, *tables = text.split("\n[")
    kept = [table for table in tables if "." not in table.partition("]")[0] or table.startswith("sources.")]
    return "\n[".join([first, *kept])


def split_name(name: str) -> tuple[str, str | None]:
    """Return family and variant of ``hot_injection/binary-cspbi3`` or ``folder/my.toml/variant``."""
    if name in shipped_families() or name.endswith(".toml"):
        return name, None
    head, _, variant = name.rpartition("/")
    return (head, variant) if head else (name, None)


def open_template(name: str, reagents: Reagents | None = None) -> Template:
    """Return the one variant that a name means.

    Raises UsageError A101 for an unknown name, or for a family alone that has several variants; ContentError with every finding
    where the template cannot be read.
    """
    from peqdlab.protocol import read_template
    from peqdlab.reagents import shipped_reagents

    family_name, variant = split_name(name)
    family = open_family(family_name)
    if variant is None and len(family.variants) == 1:
        variant = family.variants[0]
    if variant not in family.variants:
        _no_such_variant(name, family, variant)
    template, findings = read_template(family, variant or "", reagents or shipped_reagents())
    if template is None:
        raise ContentError(*findings)
    return template


def _no_such_variant(name: str, family: Family, variant: str | None) -> None:
    if family.findings:
        raise ContentError(*family.findings)
    if variant is None:
        message = f"{family.name} has {len(family.variants)} variants: say which"
        first = f"{name}/{family.variants[0]}"
        raise UsageError(_unknown(name, message, f"{suggest('', family.variants)}; for instance {first}"))
    raise UsageError(_unknown(name, f"{family.name} has no variant {variant!r}", suggest(variant, family.variants)))


def _unknown(name: str, message: str, remedy: str) -> Finding:
    return Finding("error", "A101", Place(f"argument {name[:60]}"), message, remedy)


def check_file(name: str) -> tuple[Finding, ...]:
    """Return every finding about every variant of a file, as an author wants to see them: at once."""
    from peqdlab.plan import make_plan
    from peqdlab.protocol import read_template
    from peqdlab.reagents import shipped_reagents

    try:
        family = open_family(name)
    except SourceError as error:
        return error.findings
    reagents = shipped_reagents()
    findings = [*family.findings]
    for variant in family.variants:
        template, doubts = read_template(family, variant, reagents)
        findings += doubts if template is None else make_plan(template, reagents).findings
    return tuple(dict.fromkeys(findings))
