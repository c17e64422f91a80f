"""Keep protocols of one chain apart where they share a name: of a source that means two papers, of a variant that is in two files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peqdlab.preparation import Check, Tell, Value, Vessel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peqdlab.preparation import Citation, Template


def heads_of(templates: Sequence[Template]) -> list[str]:
    """Return what each template is called in the whole: its variant, with its family where another has that name, numbered if need be."""
    variants = [template.variant for template in templates]
    heads: list[str] = []
    for template in templates:
        families = {other.family for other in templates if other.variant == template.variant}
        name = template.variant if len(families) == 1 else f"{template.family}/{template.variant}"
        heads.append(next(free for n in range(1, len(variants) + 1) if (free := name if n == 1 else f"{name}_{n}") not in heads))
    return heads


def headed(template: Template, head: str) -> Template:
    """Return a template whose paths begin with what it is called in the whole."""
    if head == template.variant:
        return template

    def moved(item: Any) -> Any:
        if isinstance(item, dict):
            return {name: moved(row) for name, row in item.items()}
        if not isinstance(item, tuple):
            return item
        made = [moved(part) for part in item]
        new: Any = item._make(made) if hasattr(item, "_make") else tuple(made)
        return new._replace(path=(head, *new.path[1:])) if getattr(new, "path", ()) else new

    new: Template = moved(template._replace(parts=(), notes=(), tags=()))
    tags = tuple(((head, *path[1:]), tag) for path, tag in template.tags)
    return new._replace(source=template.source, parts=template.parts, notes=template.notes, tags=tags)


def told_apart(templates: Sequence[Template]) -> list[Template]:
    """Return the templates with every source tag that means two citations made two tags: the later one with its family behind it."""
    known: dict[str, Citation] = {}
    told = []
    for template in templates:
        tags = {tag: f"{tag}-{template.family}" for tag, row in template.citations.items() if known.get(tag, row) != row}
        mine = _retagged(template, tags) if tags else template
        known |= {tag: row for tag, row in mine.citations.items() if tag not in known}
        told.append(mine)
    return told


def _retagged(template: Template, tags: Mapping[str, str]) -> Template:
    new: Template = _retag(template._replace(parts=(), notes=()), tags)
    return new._replace(
        source=template.source,
        parts=template.parts,
        notes=template.notes,
        default_source=tags.get(template.default_source, template.default_source),
        citations={tags.get(tag, tag): row for tag, row in template.citations.items()},
        tags=tuple((path, tags.get(tag, tag)) for path, tag in template.tags),
    )


def _retag(item: Any, tags: Mapping[str, str]) -> Any:
    """Return a value of the template with its source tags replaced, all the way down."""
    if isinstance(item, Value | Vessel):
        return item._replace(source=tags.get(item.source, item.source))
    if isinstance(item, Check | Tell):
        retold = item._replace(sources=tuple(tags.get(tag, tag) for tag in item.sources))
        return retold._replace(value=_retag(item.value, tags)) if isinstance(item, Tell) and isinstance(retold, Tell) else retold
    if isinstance(item, dict):
        return {name: _retag(row, tags) for name, row in item.items()}
    if isinstance(item, tuple):
        made = [_retag(part, tags) for part in item]
        return item._make(made) if hasattr(item, "_make") else tuple(made)
    return item
