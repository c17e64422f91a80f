"""One fact about a batch: drafts become links of an append-only chain, and the chain a list of batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab.canonical import canonical_json, sha256_hex

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RESULTS: Final = ("good", "failed", "abandoned")


class Event(NamedTuple):
    """One fact about a batch as it stands in the log; ``sha256`` covers all the rest, ``prev`` the event before."""

    seq: int
    batch: str
    kind: str
    at: str
    recorded_at: str
    by: str
    body: dict[str, Any]
    prev: str
    sha256: str


class Draft(NamedTuple):
    """An event before it is written; ``at`` is when it happened, ISO 8601 with offset, given by the operator."""

    batch: str
    kind: str
    at: str
    by: str
    body: dict[str, Any]


class BatchRow(NamedTuple):
    """One line of the list of batches, derived from the events; ``status`` is open, good, failed or abandoned."""

    id: str
    title: str | None
    protocol: str | None
    variant: str | None
    product: str | None
    started_at: str
    by: str
    status: str
    events: int
    corrections: int
    last_seq: int


def seal_event(draft: Draft, *, seq: int, prev: str, recorded_at: str) -> Event:
    """Return the draft as the event number ``seq`` after the one whose digest is ``prev`` ("" for the first).

    ``recorded_at`` is the clock, UTC. Raises ValueError for an empty name or a time without offset, and both
    ValueError and TypeError as canonical_json does. Whether the event fits its batch is not checked here.
    """
    import json

    for name, text in (("kind", draft.kind), ("by", draft.by), ("batch", draft.batch)):
        if not text.strip() or "\0" in text:
            message = f"{name} of an entry for {draft.batch!r} is {text!r}; wanted a name"
            raise ValueError(message)
    _check_time("at", draft.at)
    _check_time("recorded_at", recorded_at, utc=True)
    if not isinstance(draft.body, dict):
        message = f"body of an entry for {draft.batch} is a {type(draft.body).__name__}; wanted a table"
        raise TypeError(message)
    body = json.loads(canonical_json(draft.body))
    event = Event(seq, draft.batch, draft.kind, draft.at, recorded_at, draft.by, body, prev, "")
    return event._replace(sha256=_digest(event))


def columns(row: Event | BatchRow) -> dict[str, Any]:
    """Return what an event or a line of the list of batches says, by name, in the order of its definition."""
    return row._asdict()


def parse_event(row: Sequence[Any]) -> Event:
    """Return the event of a row of the log, its body read from JSON; raises ValueError if it is not one."""
    import json

    seq, *texts = row
    if any(not isinstance(text, str) for text in texts):
        message = f"event {seq} has a column that is not text"
        raise ValueError(message)
    batch, kind, at, recorded_at, by, written, prev, sha256 = texts
    try:
        body = json.loads(written)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        message = f"event {seq} of {batch} has a body that is not a JSON object"
        raise ValueError(message)  # noqa: TRY004 - damaged text, not a wrong argument
    return Event(seq, batch, kind, at, recorded_at, by, body, prev, sha256)


def parse_sealed(row: Sequence[Any]) -> Event:
    """Return the event of a row whose content fits its own digest; raises ValueError if it does not."""
    event = parse_event(row)
    name = f"event {event.seq} of {event.batch}"
    try:
        digest = _digest(event)
    except (TypeError, ValueError) as error:
        message = f"{name} was changed after it was written: {error}"
        raise ValueError(message) from error
    if digest != event.sha256:
        message = f"{name} was changed after it was written: sha256 is {event.sha256!r}, its content gives {digest!r}"
        raise ValueError(message)
    return event


def parse_link(row: Sequence[Any], before: Event | None) -> Event:
    """Return the event of a row if it is the next link of the chain; raises ValueError if something does not fit."""
    event = parse_event(row)
    name = f"event {event.seq} of {event.batch}"
    seq, prev = (before.seq, before.sha256) if before else (0, "")
    message = ""
    if event.seq != seq + 1:
        message = f"{name} comes after event {seq}; wanted event {seq + 1}, which is missing"
    elif event.prev != prev:
        message = f"{name} does not follow event {seq}: prev is {event.prev!r}, the digest before it is {prev!r}"
    if message:
        raise ValueError(message)
    event = parse_sealed(row)
    if canonical_json(event.body) != row[6]:
        message = f"{name} has a body that was written anew; wanted its canonical JSON"
        raise ValueError(message)
    return event


def admit_event(row: BatchRow | None, event: Event, find: Callable[[int], Event | None]) -> BatchRow:
    """Return the line of a batch after one more event; ``row`` is the line before it, ``find`` looks up an event.

    Raises ValueError for an event that does not fit: one before the start, a second start, a correction of what is
    not an earlier event of the batch, a second close that corrects none, a close without a known result.
    """
    if event.kind == "start":
        return _started(row, event)
    if row is None:
        message = f"{event.batch} has not been started; wanted its start before its {event.kind}"
        raise ValueError(message)
    correction = _is_correction(event)
    about = _corrected(event, find).kind
    if event.kind == "close" and (about != "close" or (row.status != "open" and not correction)):
        message = f"{event.batch} is {row.status}; wanted a correction that names the event of its close"
        raise ValueError(message)
    closes = about == "close" and (event.kind == "close" or "result" in event.body)
    status, corrections = _result(event, reopens=correction) if closes else row.status, row.corrections + correction
    return row._replace(status=status, events=row.events + 1, corrections=corrections, last_seq=event.seq)


def _digest(event: Event) -> str:
    """Return the digest of all that an event says, its own digest left out."""
    content = columns(event)
    del content["sha256"]
    return sha256_hex(canonical_json(content))


def _check_time(name: str, text: str, *, utc: bool = False) -> None:
    """Raise ValueError unless the text is a time with its offset from UTC."""
    from datetime import datetime, timedelta

    try:
        offset = datetime.fromisoformat(text).utcoffset()
    except ValueError:
        offset = None
    if offset is None or (utc and offset != timedelta(0)):
        wanted = "UTC, 2025-01-31T08:30:00+00:00" if utc else "a time with offset, 2025-01-31T09:30:00+01:00"
        message = f"{name} is {text!r}; wanted {wanted}"
        raise ValueError(message)


def _started(row: BatchRow | None, event: Event) -> BatchRow:
    digits = event.batch.removeprefix("B")
    plain = digits.isascii() and digits.isdigit() and len(digits) < 10
    if not plain or event.batch != f"B{int(digits):04d}" or not int(digits):
        message = f"batch id is {event.batch!r}; wanted B and a number from 1 in four digits or more: B0001"
        raise ValueError(message)
    if row is not None:
        message = f"{row.id} was started by {row.by} at {row.started_at}; wanted a new batch id"
        raise ValueError(message)
    told = (event.body.get(name) for name in ("title", "protocol", "variant", "product"))
    title, protocol, variant, product = (text if isinstance(text, str) else None for text in told)
    return BatchRow(event.batch, title, protocol, variant, product, event.at, event.by, "open", 1, 0, event.seq)


def _is_correction(event: Event) -> bool:
    return event.kind == "correction" or (event.kind == "close" and "corrects" in event.body)


def _corrected(event: Event, find: Callable[[int], Event | None]) -> Event:
    """Return the event that a correction, or a correction of corrections, is about; any other event itself."""
    while _is_correction(event):
        seq = event.body.get("corrects")
        found = find(seq) if type(seq) is int and 0 < seq < event.seq else None
        if found is None or found.batch != event.batch:
            message = f"{event.batch} has no earlier event {seq!r} to correct: peqdlab show {event.batch} lists them"
            raise ValueError(message)
        event = found
    return event


def _result(event: Event, *, reopens: bool) -> str:
    result = event.body.get("result")
    if result not in RESULTS and not (reopens and result == "open"):  # a close that was too early is corrected to open
        message = f"result of {event.batch} is {result!r}; wanted one of: {', '.join(RESULTS)}"
        raise ValueError(message)
    return str(result)
