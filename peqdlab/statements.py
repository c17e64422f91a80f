"""The SQL of the record: one text per statement."""

# ruff: noqa: S608 - statements are joined of constants, values are bound

from __future__ import annotations

# Each statement is written so that PostgreSQL takes it too, but for the sign of a parameter (? for %s).
# events has no UNIQUE but its key: INSERT OR REPLACE removes the row that it collides with, unseen by the guards.
CREATE_EVENTS = """CREATE TABLE events (
  seq INTEGER PRIMARY KEY, batch TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL, recorded_at TEXT NOT NULL,
  "by" TEXT NOT NULL, body TEXT NOT NULL, prev TEXT NOT NULL, sha256 TEXT NOT NULL)"""
CREATE_EVENTS_BY_BATCH = "CREATE INDEX events_by_batch ON events (batch, seq)"
CREATE_BATCH = """CREATE TABLE batch (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT, protocol TEXT, variant TEXT, product TEXT,
  started_at TEXT NOT NULL, "by" TEXT NOT NULL, status TEXT NOT NULL, events INTEGER NOT NULL,
  corrections INTEGER NOT NULL, last_seq INTEGER NOT NULL REFERENCES events (seq))"""
SELECT_HEAD = "SELECT seq, sha256 FROM events ORDER BY seq DESC LIMIT 1"
EVENT_COLUMNS = 'seq, batch, kind, at, recorded_at, "by", body, prev, sha256'
INSERT_EVENT = f"INSERT INTO events ({EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
SELECT_LOG = f"SELECT {EVENT_COLUMNS} FROM events ORDER BY seq"
SELECT_EVENT = f"SELECT {EVENT_COLUMNS} FROM events WHERE seq = ?"
SELECT_EVENTS_OF_BATCH = f"SELECT {EVENT_COLUMNS} FROM events WHERE batch = ? ORDER BY seq"
BATCH_COLUMNS = 'id, title, protocol, variant, product, started_at, "by", status, events, corrections, last_seq'
SELECT_BATCHES = f"SELECT {BATCH_COLUMNS} FROM batch ORDER BY number"
SELECT_BATCH = f"SELECT {BATCH_COLUMNS} FROM batch WHERE id = ?"
SELECT_LAST_NUMBER = "SELECT MAX(number) FROM batch"
SELECT_LISTED = "SELECT COALESCE(SUM(events), 0), COALESCE(MAX(last_seq), 0) FROM batch"
SELECT_EXTENT = "SELECT COUNT(*), COALESCE(MAX(seq), 0) FROM events"
UPSERT_BATCH = f"""INSERT INTO batch (number, {BATCH_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (number) DO UPDATE SET status = excluded.status, events = excluded.events,
corrections = excluded.corrections, last_seq = excluded.last_seq"""

# SQLite alone.
BEGIN_READ, BEGIN_WRITE = "BEGIN", "BEGIN IMMEDIATE"
CREATE_GUARDS = (
    """CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN
SELECT RAISE(ABORT, 'an event is never changed: append a correction'); END""",
    """CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN
SELECT RAISE(ABORT, 'an event is never removed: append a correction'); END""",
    """CREATE TRIGGER events_next BEFORE INSERT ON events
WHEN NEW.seq IS NOT COALESCE((SELECT MAX(seq) FROM events), 0) + 1
OR NEW.prev IS NOT COALESCE((SELECT sha256 FROM events ORDER BY seq DESC LIMIT 1), '') BEGIN
SELECT RAISE(ABORT, 'an event is only appended: seq and prev follow the last event'); END""",
)
DERIVED = (CREATE_EVENTS_BY_BATCH, CREATE_BATCH, *CREATE_GUARDS)
SELECT_SCHEMA = "SELECT name, sql FROM sqlite_master ORDER BY name"
SELECT_MARKS = """SELECT application_id, user_version, (SELECT COUNT(*) FROM sqlite_master)
FROM pragma_application_id, pragma_user_version"""
