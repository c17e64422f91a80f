"""`peqdlab log-batch`: start, fill, correct and close a batch by the codes of its sheet."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from peqdlab.cli.options import AsJson, AsPlanned, At, By, Close, Correct, Note, PlanOrBatch, Reason, RoomNow, StorePath, Values
from peqdlab.cli.running import callout, command, fail, print_json, report, show_blocks, talk
from peqdlab.cli.stores import is_batch, load_batch, now, open_record, operator, store_option
from peqdlab.errors import EXIT_USAGE

if TYPE_CHECKING:
    from peqdlab.entries import Entries
    from peqdlab.findings import Finding
    from peqdlab.record import BatchRecord
    from peqdlab.store import Store

_UNNAMED: Final = "B0000"  # stands for a batch that has no number yet, and is never printed


@command
def log_batch(
    name: PlanOrBatch,
    values: Values = None,
    room: RoomNow = None,
    as_planned: AsPlanned = False,
    note: Note = None,
    correct: Correct = None,
    reason: Reason = "",
    close: Close = None,
    at: At = None,
    by: By = None,
    store: StorePath = None,
    as_json: AsJson = False,
) -> None:
    """Start, fill, correct or close a batch by its sheet's codes."""
    wanted = [*(values or []), *([f"room={room[0]}/{room[1]}"] if room else [])]

    def read(entries: Entries) -> None:
        entries.fill(wanted)
        entries.correct(correct or [], reason)
        if as_planned:
            entries.as_planned()
        for text in note or []:
            entries.note(text)
        if close is not None:
            entries.close(close, reason)

    anything = bool(wanted or correct or as_planned or note) or close is not None
    if not is_batch(name):
        _start(name, read if anything else None, store=store, at=at, by=by, as_json=as_json)
        return
    if not anything:
        hint = f"add 4a=1.034g, --room 21.5C 34%, --note or --close; peqdlab run-sheet {name}{store_option(store)} lists the codes"
        fail("R113", name, "there is nothing to log", hint)
    with open_record(store) as opened:
        _log(opened, load_batch(opened, name), read, at=at, by=by, option=store_option(store), as_json=as_json)


def _start(name: str, read: Any, *, store: str | None, at: str | None, by: str | None, as_json: bool) -> None:
    """Start a batch; values given with it are checked before anything is written."""
    from peqdlab.cli.run_sheet import planned_document
    from peqdlab.document import without_nulls
    from peqdlab.entries import Entries
    from peqdlab.event import Draft, Event
    from peqdlab.findings import has_errors
    from peqdlab.record import BatchRecord, plan_of

    body = without_nulls(planned_document(name))
    (moment, doubts), who = when(at), operator(by)
    trial = BatchRecord(_UNNAMED, body, Event(0, _UNNAMED, "start", moment, moment, who, body, "", ""))
    made = plan_of(body)
    entries = Entries(trial, made, at=moment, by=who, option=store_option(store))
    entries.findings += doubts
    if read:
        read(entries)
    if has_errors(entries.findings):
        _name_batch(entries, "BATCH")
    _stop_on_errors(entries, as_json=as_json)
    deviations = [Draft("", "deviation", moment, who, {"code": code, "reason": reason}) for code, reason in made.accepted.items()]
    with open_record(store, create=True) as opened:
        started = opened.start_batch(body, at=moment, by=who, recorded_at=now_utc(), followed_by=[*deviations, *entries.drafts])
        _name_batch(entries, started.batch)
        _answer(opened, started.batch, entries, as_json=as_json, started=True)


def _name_batch(entries: Entries, name: str) -> None:
    entries.findings = [finding._replace(remedy=finding.remedy.replace(_UNNAMED, name)) for finding in entries.findings]


def _log(store: Store, record: BatchRecord, read: Any, *, at: str | None, by: str | None, option: str, as_json: bool) -> None:
    from peqdlab.entries import Entries
    from peqdlab.record import plan_of

    moment, doubts = when(at)
    entries = Entries(record, plan_of(record.document), at=moment, by=operator(by), option=option)
    entries.findings += doubts
    read(entries)
    _stop_on_errors(entries, as_json=as_json)
    appends = all(draft.kind == "note" for draft in entries.drafts)  # a note stands whatever came in between
    store.append(entries.drafts, recorded_at=now_utc(), expect_seq=None if appends else {record.batch: record.last_seq})
    _answer(store, record.batch, entries, as_json=as_json, started=False)


def _stop_on_errors(entries: Entries, *, as_json: bool) -> None:
    from peqdlab.findings import has_errors

    if has_errors(entries.findings):
        report(entries.findings, as_json=as_json)
        if not as_json:
            print("nothing was logged: mend these and type the command again", file=sys.stderr)
        sys.exit(EXIT_USAGE)


def _answer(store: Store, batch: str, entries: Entries, *, as_json: bool, started: bool) -> None:
    """Say what the record says now, and what that does to the chemistry."""
    from peqdlab.answer import answer_blocks
    from peqdlab.document import finding_row
    from peqdlab.record import as_run, fold, plan_of
    from peqdlab.record_sheet import record_document

    record = fold(store.events(batch))
    planned = plan_of(record.document)
    ran = as_run(record, planned)
    if as_json:
        warnings = [finding_row(finding) for finding in entries.findings]
        print_json({**record_document(record, planned, ran), "warnings": warnings})
        return
    show_blocks(answer_blocks(record, planned, ran, tuple(entries.drafts), started=started, option=entries.option))
    if entries.findings:
        talk([callout(finding) for finding in entries.findings])


def when(at: str | None) -> tuple[str, list[Finding]]:
    """Return the time of an event: as given, else now; and what is wrong with it."""
    from peqdlab.findings import Doubt, Place
    from peqdlab.typed import parse_moment

    moment = now()
    if at is None:
        return moment.isoformat(timespec="seconds"), []
    try:
        return parse_moment(at, moment), []
    except Doubt as doubt:
        return moment.isoformat(timespec="seconds"), [doubt.at(Place("--at"))]


def now_utc() -> str:
    """Return the clock's time in UTC, ISO 8601."""
    from datetime import UTC

    return now().astimezone(UTC).isoformat(timespec="milliseconds")
