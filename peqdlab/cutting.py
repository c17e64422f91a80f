"""A template cut in two: what is made once for many, and what each of them does with its share of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peqdlab.joining import needing, with_inputs
from peqdlab.preparation import Part

if TYPE_CHECKING:
    from peqdlab.preparation import Cut, Template


def cut_out(template: Template, cut: Cut) -> Template:
    """Return the piece of a template that a cut names: what it makes with all that goes into it, or all without what it takes.

    The names are those of the whole; the texts that it was read from stay with it, so that it can be cut again.
    Raises Doubt N103 for a name that is none.
    """
    parts = template.parts or (Part(template),)
    piece = with_inputs(template, *cut.makes) if cut.makes else template
    for name in cut.takes:
        piece = needing(piece, name)
    variants = {str(made.path[0]) for made in piece.preparations}
    titles = [part.template.title for part in parts if part.template.variant in variants]
    notes = tuple(note for note in template.notes if note.where.key.partition(".")[0] in variants)
    return piece._replace(parts=parts, cut=cut, notes=notes, title="; ".join(titles) or template.title)
