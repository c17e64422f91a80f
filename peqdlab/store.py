"""Turn drafts of events into an append-only chained log in a database, and the log into a list of batches."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from peqdlab.canonical import canonical_json
from peqdlab.errors import StoreError
from peqdlab.event import BatchRow, Draft, Event, admit_event, columns, parse_link, parse_sealed, seal_event
from peqdlab.statements import (
    BEGIN_READ,
    BEGIN_WRITE,
    CREATE_EVENTS,
    DERIVED,
    INSERT_EVENT,
    SELECT_BATCH,
    SELECT_BATCHES,
    SELECT_EVENT,
    SELECT_EVENTS_OF_BATCH,
    SELECT_EXTENT,
    SELECT_HEAD,
    SELECT_LAST_NUMBER,
    SELECT_LISTED,
    SELECT_LOG,
    SELECT_MARKS,
    SELECT_SCHEMA,
    UPSERT_BATCH,
)
from peqdlab.store_file import REBUILD, RESTORE, check_marks, checked_path, connect_file, failure, faults, make_tables, store_finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from sqlite3 import Connection
    from typing import Self

    from peqdlab.findings import Finding

__all__ = ["BatchRow", "Draft", "Event", "Store", "StoreConflict", "open_store"]


class StoreConflict(StoreError):
    """Other events came in between reading and writing; ``between`` holds them, nothing was written (exit code 4)."""

    def __init__(self, path: Path, batch: str, *, seen: int, between: tuple[Event, ...]) -> None:
        """Say what came in between, at most eight events of it."""
        listed = "; ".join(f"event {e.seq} ({e.kind}) by {e.by} at {e.at}" for e in between[:8])
        more = f"; … ({len(between)} in all)" if len(between) > 8 else ""
        message = f"{batch} went on after event {seen}, the last that this entry knew of: {listed}{more}"
        if not between:
            message = f"{batch} has no event {seen} in {path}; wanted the store that this entry was prepared from"
        remedy = f"read it with: peqdlab show {batch} --store {{path}}; then type the entry again"
        super().__init__(store_finding(path, "R904", message, remedy))
        self.between = between


def open_store(location: str | Path, *, create: bool, wait_s: float = 10.0) -> Store:
    """Open the log at a path; with ``create``, make file and folder where missing and make sure it can be written.

    A file or folder that is read-only opens without ``create``, for reading. ``wait_s`` is how long to wait, in
    seconds, for another program that writes. Raises StoreError (R901 to R903, R905 to R907).
    """
    path = checked_path(location, create=create)
    with faults(path):
        connection = connect_file(path, create=create, wait_s=wait_s)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            if create:
                make_tables(connection)
            check_marks(path, *connection.execute(SELECT_MARKS).fetchone())
        except BaseException:
            connection.close()
            raise
    return Store(connection, path)


class Store:
    """An open log of events; a context manager that closes it. Belongs to the thread that opened it."""

    def __init__(self, connection: Connection, path: Path) -> None:
        """Take over a connection whose tables were checked; use open_store."""
        self.path = path
        self._connection = connection

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Close the file; what was appended is on the disk already."""
        self._connection.close()

    def append(self, drafts: Sequence[Draft], *, recorded_at: str, expect_seq: Mapping[str, int] | None = None) -> tuple[Event, ...]:
        """Write all the drafts or none, in one transaction, and return them as events.

        ``recorded_at`` is the clock, UTC in ISO 8601. ``expect_seq`` gives, for a batch, the last event that the
        writer has seen (0: none). Raises StoreConflict if another came in between, StoreError if the store cannot
        be written, ValueError for a draft that does not fit its batch, TypeError for a body that is not JSON.
        """
        with self._transaction(BEGIN_WRITE):
            self._check_end()
            for batch, seen in (expect_seq or {}).items():
                self._check_seen(batch, seen)
            return self._write(drafts, recorded_at)

    def start_batch(self, body: dict[str, Any], *, at: str, by: str, recorded_at: str, followed_by: Sequence[Draft] = ()) -> Event:
        """Write a start and ``followed_by``, whatever batch they name, under the next free id; raises as append."""
        with self._transaction(BEGIN_WRITE):
            self._check_end()
            batch = self.next_batch_id()
            later = [Draft(batch, draft.kind, draft.at, draft.by, draft.body) for draft in followed_by]
            return self._write((Draft(batch, "start", at, by, body), *later), recorded_at)[0]

    def next_batch_id(self) -> str:
        """Return the id that the next batch would get; only start_batch takes it."""
        return f"B{(self._rows(SELECT_LAST_NUMBER)[0][0] or 0) + 1:04d}"

    def head(self) -> tuple[int, str]:
        """Return number and digest of the last event, to note outside the store; ``(0, "")`` if there is none."""
        return next(iter(self._rows(SELECT_HEAD)), (0, ""))

    def events(self, batch: str) -> tuple[Event, ...]:
        """Return the events of a batch in order; none for an unknown batch.

        Raises StoreError (R905) for an event whose content does not fit its own digest; the links are for verify to check.
        """
        return self._read(self._rows(SELECT_EVENTS_OF_BATCH, batch))

    def event(self, seq: int) -> Event | None:
        """Return the event of a number, of whatever batch, or None."""
        return next(iter(self._read(self._rows(SELECT_EVENT, seq) if 0 < seq < 2**63 else ())), None)

    def unreadable(self, batch: str, error: Exception) -> StoreError:
        """Return the error for a batch whose events are sealed but do not say what events of their kind say."""
        return self._damage(f"{batch} has an event that does not say what its kind says ({type(error).__name__}: {error})")

    def batches(self) -> tuple[BatchRow, ...]:
        """Return the list of batches in the order of their numbers, without reading any event."""
        return tuple(BatchRow(*row) for row in self._rows(SELECT_BATCHES))

    def batch(self, batch: str) -> BatchRow | None:
        """Return one line of the list of batches; its ``last_seq`` is what append wants as ``expect_seq``."""
        return next((BatchRow(*row) for row in self._rows(SELECT_BATCH, batch)), None)

    def rebuild(self) -> int:
        """Derive the list of batches anew from the events, put the guards back, and return the number of batches.

        Raises StoreError (R905), and changes nothing, if the events themselves do not verify, or if the list knows of events
        that are no longer there: it is then the only trace of them.
        """
        with self._transaction(BEGIN_WRITE):
            rows: dict[str, BatchRow] = {}
            self._replay(rows)
            self._check_end(replayed=True)
            for statement in DERIVED:
                _, kind, name, *_ = statement.split()
                self._connection.execute(f"DROP {kind} IF EXISTS {name}")
                self._connection.execute(statement)
            self._list(rows)
        return len(rows)

    def verify(self) -> tuple[int, Finding | None]:
        """Return the number of events that are sound, and the first doubt: digest, link, gap, rule, list, guard, page.

        A log that was rewritten whole, or cut at its end and its list rebuilt, is found only by comparing head()
        with one noted outside. Raises StoreError if the store cannot be read for other reasons than damage.
        """
        rows: dict[str, BatchRow] = {}
        doubt = None
        try:
            with self._transaction(BEGIN_READ):
                self._replay(rows)
                self._check_list(rows)
                self._check_file()
        except StoreError as error:
            doubt = error.findings[0]
            if doubt.code != "R905":
                raise
        return sum(row.events for row in rows.values()), doubt

    def _write(self, drafts: Sequence[Draft], recorded_at: str) -> tuple[Event, ...]:
        seq, prev = self.head()
        rows: dict[str, BatchRow] = {}
        written = []
        for draft in drafts:
            event = seal_event(draft, seq=seq + 1, prev=prev, recorded_at=recorded_at)
            before = rows.get(draft.batch) or self.batch(draft.batch)
            rows[draft.batch] = admit_event(before, event, self.event)
            values = columns(event) | {"body": canonical_json(event.body)}
            self._connection.execute(INSERT_EVENT, tuple(values.values()))
            seq, prev = event.seq, event.sha256
            written.append(event)
        self._list(rows)
        return tuple(written)

    def _list(self, rows: Mapping[str, BatchRow]) -> None:
        for row in rows.values():
            self._connection.execute(UPSERT_BATCH, (int(row.id[1:]), *columns(row).values()))

    def _check_seen(self, batch: str, seen: int) -> None:
        row = self.batch(batch)
        if (row.last_seq if row else 0) != seen:
            between = tuple(event for event in self.events(batch) if event.seq > seen)
            raise StoreConflict(self.path, batch, seen=seen, between=between)

    def _replay(self, rows: dict[str, BatchRow]) -> None:
        """Check all events and fill the list of batches as far as they are sound; raises StoreError (R905)."""
        before = None
        self._connection.text_factory = _decode
        try:
            for row in self._connection.execute(SELECT_LOG):
                before = parse_link(row, before)
                rows[before.batch] = admit_event(rows.get(before.batch), before, self.event)
        except (TypeError, ValueError) as error:
            raise self._damage(error) from error
        finally:
            self._connection.text_factory = str

    def _check_end(self, *, replayed: bool = False) -> None:
        """Raise StoreError (R905) if the list of batches knows of more events than the log holds: its end was removed.

        ``replayed`` passes over a list that cannot be read; it is to be made anew.
        """
        try:
            listed, last = self._rows(SELECT_LISTED)[0]
        except StoreError:
            if replayed:
                return
            raise
        count, end = self._rows(SELECT_EXTENT)[0]
        if last > end or listed > count:
            told = f"its list of batches knows {listed} events up to event {last}, its log holds {count} up to event {end}"
            raise self._damage(f"{told}: the last of them were removed")

    def _check_list(self, rows: Mapping[str, BatchRow]) -> None:
        self._check_end()
        listed = {row.id: row for row in self.batches()}
        for batch in sorted(rows.keys() | listed.keys()):
            found, wanted = (columns(table[batch]) if batch in table else {} for table in (listed, rows))
            for name in found | wanted:
                if found.get(name) != wanted.get(name):
                    told = f"{batch} has {name} {found.get(name)!r} in the list, {wanted.get(name)!r} by its events"
                    raise self._damage(told, REBUILD)

    def _check_file(self) -> None:
        from sqlite3 import connect

        with closing(connect(":memory:")) as fresh:
            for statement in (CREATE_EVENTS, *DERIVED):
                fresh.execute(statement)
            wanted = set(fresh.execute(SELECT_SCHEMA))
        lost = ", ".join(name for name, _ in sorted(wanted.difference(self._rows(SELECT_SCHEMA))))
        if lost:
            raise self._damage("another program removed or changed " + lost, REBUILD)
        told = self._rows("PRAGMA integrity_check(1)")[0][0]
        if told != "ok":
            raise self._damage(told)

    def _damage(self, doubt: object, remedy: str = RESTORE) -> StoreError:
        return failure(self.path, "R905", f"is damaged: {doubt}", remedy)

    def _read(self, rows: Sequence[Any]) -> tuple[Event, ...]:
        try:
            return tuple(parse_sealed(row) for row in rows)
        except (TypeError, ValueError) as error:
            raise self._damage(error) from error

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with faults(self.path):
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        """Run the block in a transaction: all of it is written, or nothing if anything is raised."""
        with faults(self.path):
            self._connection.execute(begin)
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk may have ended it already
                    self._connection.execute("ROLLBACK")
                raise


def _decode(text: bytes) -> str:
    return text.decode(errors="backslashreplace")  # damaged text can be printed, and no digest fits it


