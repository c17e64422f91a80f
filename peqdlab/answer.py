"""What log-batch answers: what was logged, what that did to the chemistry, and what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from peqdlab.blocks import Block, Heading, Paragraph, Table
from peqdlab.document import finding_row
from peqdlab.record_sheet import ceiling_of, new_findings, ratio_rows
from peqdlab.sheet import chemical_title, finding_callout
from peqdlab.typed import said, subject
from peqdlab.wording import chemical

if TYPE_CHECKING:
    from peqdlab.event import Draft
    from peqdlab.plan import Plan
    from peqdlab.record import BatchRecord

_KINDS: Final = {
    "actual": "value",
    "condition": "room",
    "lot": "bottle",
    "outcome": "outcome",
    "note": "note",
    "close": "closed",
    "as_planned": "as planned",
    "correction": "corrected",
}


def answer_blocks(
    record: BatchRecord, planned: Plan, ran: Plan, drafts: tuple[Draft, ...], *, started: bool, option: str = ""
) -> list[Block]:
    """Return what log-batch says after writing: what was logged, what it did to the chemistry, what it found.

    ``option`` is what a command needs to find the batch's store again, such as `` --store lab.db``.
    """
    begun = f"{record.batch} started: {chemical_title(record.document)}" if started else f"{record.batch}, {record.status}"
    blocks: list[Block] = [Paragraph(begun, "strong")]
    if drafts:
        blocks.append(Table(("logged", "what", "value"), tuple(_draft_row(draft) for draft in drafts)))
    if all(draft.kind in ("outcome", "note", "close", "as_planned") for draft in drafts) and not started:
        return [*blocks, Paragraph(f"next: peqdlab show {record.batch}{option}", "quiet")]
    changed = [(name, before, after) for name, before, after in ratio_rows(planned, ran) if before != after]
    if ceiling_of(planned) != ceiling_of(ran):
        changed.append(("ceiling", f"{ceiling_of(planned)} mg", f"{ceiling_of(ran)} mg"))
    if changed:
        blocks += [Heading("as run"), Table(("", "planned", "as run"), tuple(changed), right=("planned", "as run"))]
    if found := new_findings(record, planned, ran):
        blocks += [Heading("findings"), *(finding_callout(finding_row(finding)) for finding in found)]
    following = f"peqdlab log-batch {record.batch}{option} CODE=VALUE …   or   peqdlab show {record.batch}{option}"
    return [*blocks, Paragraph(f"next: {following}", "quiet")]


def _draft_row(draft: Draft) -> tuple[str, str, str]:
    body = draft.body.get("now", draft.body)
    key = subject(body) if {"result", "text"}.isdisjoint(body) or "now" in draft.body else ""
    what = f"{key} {body['asks']}" if "asks" in body else key
    value = f"{len(body['codes'])} blanks without a value of their own" if "codes" in body else said(body)
    equals = f" = {body['equals']} by {body['density']}" if "equals" in body else ""
    planned = f" (planned {body['planned']})" if "planned" in body else ""
    was = f" (was {draft.body['was']})" if "was" in draft.body else ""
    return (_KINDS.get(draft.kind, draft.kind), chemical(what), f"{value}{equals}{planned}{was}")
