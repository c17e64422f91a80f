"""Find a protocol by name or path: the shipped families, or a TOML file of the lab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from peqdlab.errors import ContentError, SourceError, UsageError
from peqdlab.family import Family, read_family
from peqdlab.findings import Finding, Place, suggest
from peqdlab.shipped import own_files, shipped_families, shipped_folder
from peqdlab.source import Source, read_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peqdlab.preparation import Template
    from peqdlab.reagents import Reagents


def open_family(name: str, folders: Sequence[Path] = ()) -> Family:
    """Return a family by shipped name, by the name of a file in the lab's own ``folders``, or by the path of a TOML file.

    Raises UsageError A101 for a name that is none of these, A109 for one that is two; SourceError for a file that cannot be read.
    """
    if name.endswith(".toml"):
        return read_family(read_source(Path(name), name), Path(name).stem)
    own = [path for path in own_files(folders) if path.stem == name]
    if name in shipped_families():
        if own:
            raise UsageError(_taken(own[0], Place(f"argument {name}")))
        return read_family(read_source(shipped_folder() / f"{name}.toml", f"{name}.toml"), name)
    if own:
        return read_family(read_source(own[0], str(own[0])), name)
    known = (*shipped_families(), *(path.stem for path in own_files(folders)))
    raise UsageError(_unknown(name, f"there is no protocol {name!r}", suggest(name, known)))


def own_families(folders: Sequence[Path]) -> tuple[Family, ...]:
    """Return the families of the lab's own folders; a file that cannot be read is one without variants, with what is wrong."""
    found: list[Family] = []
    for path in own_files(folders):
        try:
            family = read_family(read_source(path, str(path)), path.stem)
        except SourceError as error:
            family = Family(Source(str(path), "", {}), path.stem, path.stem, {}, (), error.findings)
        if path.stem in (*shipped_families(), *(other.name for other in found)):
            first = next((other.source.name for other in found if other.name == path.stem), "")
            family = family._replace(variants=(), findings=(_taken(path, Place("", str(path), 1, 1), first), *family.findings))
        found.append(family)
    return tuple(found)


def _taken(path: Path, place: Place, first: str = "") -> Finding:
    """Return the finding about a file of the lab that has the name of a shipped family, or of an earlier file."""
    from shlex import quote

    other = f"another is {first}" if first else "a family of that name ships with peqdlab"
    free = path.with_name(f"{path.stem}-own.toml")
    return Finding("error", "A109", place, f"{path} cannot be called {path.stem!r}: {other}", f"mv {quote(str(path))} {quote(str(free))}")


def split_name(name: str) -> tuple[str, str | None]:
    """Return family and variant of ``hot_injection/binary-cspbi3`` or ``folder/my.toml/variant``."""
    if name in shipped_families() or name.endswith(".toml"):
        return name, None
    head, _, variant = name.rpartition("/")
    return (head, variant) if head else (name, None)


def open_template(name: str, reagents: Reagents | None = None, folders: Sequence[Path] = ()) -> Template:
    """Return the one variant that a name means, in the lab's own ``folders`` too.

    Raises UsageError A101 for an unknown name, or for a family alone that has several variants; ContentError with every finding
    where the template cannot be read.
    """
    from peqdlab.protocol import read_template
    from peqdlab.reagents import shipped_reagents

    family, variant = open_variant(name, folders)
    template, findings = read_template(family, variant, reagents or shipped_reagents())
    if template is None:
        raise ContentError(*findings)
    return template


def open_variant(name: str, folders: Sequence[Path] = ()) -> tuple[Family, str]:
    """Return the family and the one variant that a name means; raises as ``open_template``, but does not read the variant."""
    family_name, variant = split_name(name)
    family = open_family(family_name, folders)
    if variant is None and len(family.variants) == 1:
        variant = family.variants[0]
    if variant not in family.variants:
        _no_such_variant(name, family, variant)
    return family, str(variant)


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


def check_file(name: str, folders: Sequence[Path] = ()) -> tuple[Finding, ...]:
    """Return every finding about every variant of a file, as an author wants to see them: at once."""
    from peqdlab.plan import make_plan
    from peqdlab.protocol import read_template
    from peqdlab.reagents import shipped_reagents

    try:
        family = open_family(name, folders)
    except SourceError as error:
        return error.findings
    reagents = shipped_reagents()
    findings = [*family.findings]
    for variant in family.variants:
        template, doubts = read_template(family, variant, reagents)
        findings += doubts if template is None else make_plan(template, reagents).findings
    return tuple(dict.fromkeys(findings))
