"""The log of events: all or nothing, in order, never changed unseen, and a sentence with a remedy when it fails."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peqdlab.canonical import sha256_hex
from peqdlab.errors import StoreError
from peqdlab.findings import Finding, Place
from peqdlab.store import BatchRow, Draft, Event, Store, StoreConflict, open_store

AT, CLOCK = "2025-03-01T09:00:00+01:00", "2025-03-01T08:00:05+00:00"
PLAN = {"title": "dots for week 9", "protocol": "hot_injection", "variant": "binary-cspbi3", "product": "CsPbI3"}
ANOTHER = "name another file: --store FILE"
RESTORE = "keep this file as it is and go on with the last copy of it: --store COPY.db"
needs_posix = pytest.mark.skipif(os.name != "posix", reason="permissions, limits and signals of POSIX")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "notebook.db"


@pytest.fixture
def store(path):
    with open_store(path, create=True) as opened:
        yield opened


def start(store: Store, **body: object) -> Event:
    return store.start_batch(PLAN | body, at=AT, by="Ana", recorded_at=CLOCK)


def draft(kind: str, batch: str = "B0001", by: str = "Ana", **body: object) -> Draft:
    return Draft(batch, kind, AT, by, body)


def append(store: Store, *drafts: Draft, **expect: int) -> tuple[Event, ...]:
    return store.append(drafts, recorded_at=CLOCK, expect_seq=expect or None)


def elsewhere(path: Path, *statements: str) -> None:
    """Do to the file what another program could do."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def record(path):
    """Write two batches of five events in all and close the store."""
    with open_store(path, create=True) as store:
        start(store), start(store)
        append(
            store, draft("actual", value="0.498"), draft("note", "B0002", text="cold"), draft("close", result="good")
        )
    return path


def fault(code: str, path: Path, message: str, remedy: str) -> Finding:
    return Finding("error", code, Place("--store", str(path)), f"store {path} {message}", remedy)


def run(program: str, *arguments: object, **options: object) -> subprocess.Popen:
    root = str(Path(__file__).parents[1])
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True, **options)


# --- writing and reading


def test_batches_are_numbered_from_one_and_events_through_the_whole_log(store):
    assert (store.next_batch_id(), store.head()) == ("B0001", (0, ""))
    first, second = start(store), start(store)
    (note,) = append(store, draft("note", text="colder than planned"))
    assert [(e.seq, e.batch, e.kind) for e in (first, second, note)] == [
        (1, "B0001", "start"),
        (2, "B0002", "start"),
        (3, "B0001", "note"),
    ]
    assert store.head() == (3, note.sha256)
    assert store.next_batch_id() == "B0003"


def test_a_start_is_written_with_what_follows_it_or_not_at_all(store):
    start(store)
    more = [draft("note", "B0001"), draft("deviation", "B9999")]
    store.start_batch(PLAN, at=AT, by="Ana", recorded_at=CLOCK, followed_by=more)
    assert [event.kind for event in store.events("B0002")] == ["start", "note", "deviation"]
    with pytest.raises(ValueError, match="B0003 has no earlier event 9 to correct"):
        store.start_batch(PLAN, at=AT, by="Ana", recorded_at=CLOCK, followed_by=[draft("correction", corrects=9)])
    assert (store.head()[0], store.next_batch_id()) == (4, "B0003")


def test_each_event_is_chained_to_the_one_before_whatever_its_batch(store):
    events = (start(store), start(store), *append(store, draft("note"), draft("note", "B0002")))
    assert [event.prev for event in events] == ["", *(event.sha256 for event in events[:-1])]
    for event in events:
        told = {
            name: getattr(event, name) for name in ("seq", "batch", "kind", "at", "recorded_at", "by", "body", "prev")
        }
        assert event.sha256 == sha256_hex(rfc8785.dumps(told).decode())


def test_what_was_appended_is_read_back_by_the_next_program(path):
    with open_store(path, create=True) as store:
        written = (
            start(store),
            *append(store, draft("actual", by="Åsa ☃", code="7a", value="0.498", seen=[1, None, True])),
        )
    with open_store(path, create=False) as store:
        assert store.events("B0001") == written
        assert store.events("B0002") == ()
        assert (store.event(2), store.event(3), store.event(10**30)) == (written[1], None, None)


def test_the_file_is_marked_and_logs_ahead(store, path):
    start(store)
    with closing(sqlite3.connect(path)) as connection:
        marks = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
        assert marks == [int.from_bytes(b"PQDL", "big"), 1]
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_every_connection_waits_for_the_disk_and_checks_references(record):
    with open_store(record, create=False) as store:
        names = ("synchronous", "foreign_keys", "busy_timeout")
        connection = store._connection  # noqa: SLF001 - these settings are not in the file
        assert [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names] == [2, 1, 10_000]


@pytest.mark.parametrize(
    "bad",
    [
        draft("note", mass_g=0.5),
        draft("note", "B0002"),
        draft("start"),
        draft("correction", corrects=3),
        draft("close", result="superb"),
        draft("note", by=" "),
        draft("note", text="\ud83d"),
    ],
)
def test_one_draft_that_does_not_fit_leaves_nothing_of_the_others(store, bad):
    start(store)
    before = store.head(), store.batches()
    with pytest.raises((TypeError, ValueError)):
        append(store, draft("note"), bad)
    assert (store.head(), store.batches()) == before
    assert append(store, draft("note"))[0].seq == 2


def test_appending_nothing_writes_nothing(store):
    assert append(store) == ()
    assert store.head() == (0, "")


def test_an_import_may_bring_its_own_batch_ids(store):
    append(store, draft("start", "B9999"), draft("start", "B0007"))
    assert start(store).batch == "B10000"
    assert [row.id for row in store.batches()] == ["B0007", "B9999", "B10000"]


# --- corrections and closing


def test_a_correction_is_counted_and_both_values_stay(store):
    start(store)
    append(
        store, draft("actual", code="7a", value="0.498"), draft("correction", corrects=2, value="0.489", reason="typo")
    )
    assert store.batch("B0001").corrections == 1
    assert [event.body.get("value") for event in store.events("B0001")] == [None, "0.498", "0.489"]


@pytest.mark.parametrize("corrects", [None, "2", True, 0, -1, 3, 4, 2**53 - 1, 1])
def test_a_correction_names_an_earlier_event_of_its_batch(store, corrects):
    start(store), start(store)
    with pytest.raises(ValueError, match="to correct") as caught:
        append(store, draft("correction", "B0002", corrects=corrects))
    assert str(caught.value) == f"B0002 has no earlier event {corrects!r} to correct: peqdlab show B0002 lists them"
    assert store.head()[0] == 2


@pytest.mark.parametrize("result", ["good", "failed", "abandoned"])
def test_a_close_gives_the_batch_its_status(store, result):
    start(store)
    assert store.batch("B0001").status == "open"
    append(store, draft("close", result=result, reason="as seen"))
    assert store.batch("B0001").status == result


@pytest.mark.parametrize(
    ("drafts", "status", "corrections"),
    [
        ([draft("correction", corrects=2, result="failed")], "failed", 1),
        ([draft("close", corrects=2, result="failed")], "failed", 1),
        ([draft("correction", corrects=2, reason="spelling")], "good", 1),
        ([draft("correction", corrects=2), draft("correction", corrects=3, result="abandoned")], "abandoned", 2),
        ([draft("outcome", result="17 %"), draft("correction", corrects=3, result="18 %")], "good", 1),
        ([draft("note"), draft("outcome"), draft("condition")], "good", 0),
        ([draft("correction", corrects=2, result="open")], "open", 1),
        ([draft("correction", corrects=2, result="open"), draft("close", result="failed")], "failed", 1),
    ],
)
def test_only_a_correction_of_the_close_changes_the_status_after_it(store, drafts, status, corrections):
    start(store)
    append(store, draft("close", result="good"))
    append(store, *drafts)
    row = store.batch("B0001")
    assert (row.status, row.corrections, row.events) == (status, corrections, 2 + len(drafts))
    assert store.verify() == (2 + len(drafts), None)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"result": "failed"}, "B0001 is good; wanted a correction that names the event of its close"),
        ({"result": "failed", "corrects": 1}, "B0001 is good; wanted a correction that names the event of its close"),
        ({"result": "odd", "corrects": 2}, "result of B0001 is 'odd'; wanted one of: good, failed, abandoned"),
        ({"corrects": 2}, "result of B0001 is None; wanted one of: good, failed, abandoned"),
    ],
)
def test_a_batch_is_closed_once(store, body, sentence):
    start(store)
    append(store, draft("close", result="good"))
    with pytest.raises(ValueError, match="wanted") as caught:
        append(store, draft("close", **body))
    assert str(caught.value) == sentence


# --- the list of batches


def test_the_list_tells_each_batch_without_its_events(store):
    start(store)
    store.start_batch({"title": None, "protocol": {"x": "y"}}, at="2025-03-02T10:00:00Z", by="Ben", recorded_at=CLOCK)
    append(store, draft("note"), draft("correction", corrects=3), draft("close", "B0002", result="abandoned"))
    assert store.batches() == (
        BatchRow("B0001", "dots for week 9", "hot_injection", "binary-cspbi3", "CsPbI3", AT, "Ana", "open", 3, 1, 4),
        BatchRow("B0002", None, None, None, None, "2025-03-02T10:00:00Z", "Ben", "abandoned", 2, 0, 5),
    )
    assert store.batch("B0002") == store.batches()[1]
    assert store.batch("B0003") is None


def test_listing_a_thousand_batches_is_one_pass_in_order_of_the_key(store, path):
    from peqdlab.statements import SELECT_BATCHES, SELECT_EVENTS_OF_BATCH

    append(store, *(draft("start", f"B{n:04d}", title=f"batch {n}") for n in range(1, 1001)))
    assert [row.title for row in store.batches()] == [f"batch {n}" for n in range(1, 1001)]
    with closing(sqlite3.connect(path)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {SELECT_BATCHES}").fetchall()
        assert [step[-1] for step in plan] == ["SCAN batch"]
        (step,) = connection.execute(f"EXPLAIN QUERY PLAN {SELECT_EVENTS_OF_BATCH}", ("B0001",)).fetchall()
        assert step[-1] == "SEARCH events USING INDEX events_by_batch (batch=?)"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(
    st.sampled_from(["start", "note", "close", "correction"]),
    st.sampled_from(["B0001", "B0002"]),
    st.dictionaries(st.sampled_from(["corrects", "result"]), st.integers(1, 8) | st.sampled_from(["good", "failed"])),
), max_size=20))  # fmt: skip
def test_the_list_is_always_the_one_that_the_events_give(entries):
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder, "x.db"), create=True) as store:
        written = 0
        for kind, batch, body in [("start", "B0001", {}), *entries]:
            try:
                written += len(append(store, Draft(batch, kind, AT, "Ana", body)))
            except ValueError:
                continue
        listed = store.batches()
        assert store.verify() == (written, None)
        assert store.rebuild() == len(listed)
        assert store.batches() == listed


# --- two people at once


def test_a_writer_who_has_not_seen_an_event_is_told_what_came_in_between(store, path):
    start(store)
    append(store, draft("note", by="Ben"), draft("actual", by="Cem"))
    with pytest.raises(StoreConflict) as caught:
        append(store, draft("note"), B0001=1)
    assert caught.value.findings == (
        Finding(
            "error",
            "R904",
            Place("--store", str(path)),
            "B0001 went on after event 1, the last that this entry knew of: "
            f"event 2 (note) by Ben at {AT}; event 3 (actual) by Cem at {AT}",
            f"read it with: peqdlab show B0001 --store {path}; then type the entry again",
        ),
    )
    assert [event.by for event in caught.value.between] == ["Ben", "Cem"]
    assert caught.value.exit_code == 4
    assert store.head()[0] == 3
    assert append(store, draft("note"), B0001=3)[0].seq == 4


def test_events_of_other_batches_are_no_conflict(store):
    start(store), start(store)
    assert append(store, draft("note"), B0001=1, B0002=2, B0003=0)[0].seq == 3


def test_a_long_conflict_lists_eight_events(store):
    start(store)
    append(store, *[draft("note")] * 12)
    with pytest.raises(StoreConflict, match=r"event 9 \(note\) by Ana at \S+; … \(12 in all\)$"):
        append(store, draft("note"), B0001=1)


def test_a_writer_who_has_seen_more_than_there_is_has_another_store(store, path):
    start(store)
    with pytest.raises(StoreConflict) as caught:
        append(store, draft("note"), B0001=9)
    sentence = f"B0001 has no event 9 in {path}; wanted the store that this entry was prepared from"
    assert caught.value.findings[0].message == sentence


WRITER = """
import sys
from peqdlab.store import Draft, StoreConflict, open_store
path, by, job = sys.argv[1:]
at, clock = "2025-03-01T09:00:00+01:00", "2025-03-01T08:00:05+00:00"
print("ready", flush=True)
sys.stdin.readline()
with open_store(path, create=True) as store:
    for n in range(50 if job != "start" else 10):
        if job == "start":
            store.start_batch({}, at=at, by=by, recorded_at=clock)
        while job == "expect":
            try:
                seen = store.batch("B0001").last_seq
                store.append([Draft("B0001", "note", at, by, {"n": n})], recorded_at=clock, expect_seq={"B0001": seen})
                break
            except StoreConflict as conflict:
                assert conflict.between
        if job == "append":
            store.append([Draft("B0001", "note", at, by, {"n": n})] * 2, recorded_at=clock)
"""


def run_together(path: Path, job: str, names: tuple[str, ...]) -> None:
    writers = [run(WRITER, path, name, job, stdin=subprocess.PIPE) for name in names]
    assert [writer.stdout.readline() for writer in writers] == ["ready\n"] * len(names)
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    assert [writer.communicate(timeout=60) and writer.returncode for writer in writers] == [0] * len(names)


@pytest.mark.parametrize(("job", "each"), [("append", 2), ("expect", 1)])
def test_two_writers_at_once_lose_nothing(store, path, job, each):
    start(store)
    run_together(path, job, ("Ana", "Ben"))
    events = store.events("B0001")
    assert [event.seq for event in events] == list(range(1, 2 + 100 * each))
    for by in ("Ana", "Ben"):
        written = [event.body["n"] for event in events[1:] if event.by == by]
        assert written == [n for n in range(50) for _ in range(each)]
    assert store.verify() == (1 + 100 * each, None)


def test_four_programs_that_start_batches_in_a_new_store_get_different_ids(path):
    run_together(path, "start", ("Ana", "Ben", "Cem", "Dua"))
    with open_store(path, create=False) as store:
        assert [row.id for row in store.batches()] == [f"B{n:04d}" for n in range(1, 41)]
        assert store.verify() == (40, None)


def test_threads_that_make_the_same_store_all_open_it(path):
    ready, failed = threading.Barrier(8), []

    def work():
        ready.wait()
        try:
            with open_store(path, create=True) as store:
                start(store)
        except Exception as error:  # noqa: BLE001 - whatever stops a thread
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with open_store(path, create=True) as store:
        assert store.verify() == (8, None)


def test_a_reader_does_not_wait_for_a_writer(store, path):
    start(store)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with open_store(path, create=False, wait_s=0) as reader:
            assert len(reader.batches()) == 1


def test_a_store_that_another_program_keeps_locked_is_said_to_be(store, path):
    start(store)
    locked = fault(
        "R903", path, "is locked: another program is writing to it", "close that program, then type the command again"
    )
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as writer,
        open_store(path, create=False, wait_s=0.05) as other,
    ):
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError) as caught:
            append(other, draft("note"))
        assert caught.value.findings == (locked,)
        with pytest.raises(StoreError) as caught:
            open_store(path, create=True, wait_s=0.05)
        assert caught.value.findings == (locked,)
    assert store.head()[0] == 1


# --- killed, full, read-only

KILLED = """
import os, sys
from peqdlab.store import Draft, open_store
path, job, left = sys.argv[1], sys.argv[2], int(sys.argv[3])
at, clock = "2025-03-01T09:00:00+01:00", "2025-03-01T08:00:05+00:00"
def count(frame, event, argument):
    global left
    if event == "c_return" and getattr(argument, "__name__", "") == "execute":
        left -= 1
        if left < 0:
            os._exit(9)
if job == "make":
    sys.setprofile(count)
    open_store(path, create=True)
else:
    store = open_store(path, create=False)
    sys.setprofile(count)
    store.append([Draft("B0001", "note", at, "Ana", {"n": n}) for n in range(3)], recorded_at=clock)
os._exit(0)
"""


def killed_at_each_statement(path: Path, job: str):
    """Yield after each run of a program that dies after its first, second, … statement, until it gets through."""
    for left in range(60):
        child = run(KILLED, path, job, left)
        child.communicate(timeout=60)
        assert child.returncode in (0, 9)
        yield left
        if child.returncode == 0:
            return


def test_a_writer_killed_at_any_statement_leaves_all_or_nothing(path):
    with open_store(path, create=True) as store:
        start(store)
    counts = [1]
    for _ in killed_at_each_statement(path, "append"):
        with open_store(path, create=False) as store:
            checked, doubt = store.verify()
        assert doubt is None
        counts.append(checked)
    steps = [after - before for before, after in pairwise(counts)]
    assert len(steps) >= 8  # BEGIN, three SELECT or INSERT at least, the list, COMMIT
    assert set(steps[:-2]) == {0}
    assert set(steps[-2:]) <= {0, 3}
    assert steps[-1] == 3


def test_a_store_whose_making_was_killed_is_made_by_the_next(path):
    for left in killed_at_each_statement(path, "make"):
        copy = path.with_name(f"copy-{left}.db")
        for file in path.parent.glob("notebook.db*"):
            shutil.copy(file, str(copy) + file.name.removeprefix("notebook.db"))
            file.unlink()
        with open_store(copy, create=True) as store:
            assert start(store).batch == "B0001"
            assert store.verify() == (1, None)
    assert left > 8


ENDLESS = """
import sys
from peqdlab.store import Draft, open_store
with open_store(sys.argv[1], create=False) as store:
    while True:
        drafts = [Draft("B0001", "note", "2025-03-01T09:00Z", "Ana", {"n": "x" * 3000})] * 20
        store.append(drafts, recorded_at="2025-03-01T09:00Z")
        print("written", flush=True)
"""


@needs_posix
def test_a_writer_killed_at_any_time_leaves_whole_transactions(store, path):
    start(store)
    for _ in range(4):
        child = run(ENDLESS, path)
        assert child.stdout.readline() == "written\n"
        time.sleep(random.uniform(0, 0.05))
        child.send_signal(signal.SIGKILL)
        told = child.communicate(timeout=60)[0].count("written")
        checked, doubt = store.verify()
        assert doubt is None
        assert checked % 20 == 1
        assert checked - 1 >= 20 * (told + 1)
        assert append(store, *[draft("note")] * 20)


def test_a_full_disk_leaves_nothing_half_written(store, path):
    start(store)
    connection = store._connection  # noqa: SLF001 - the limit holds for one connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 10}")
    with pytest.raises(StoreError) as caught:
        append(store, draft("note"), draft("note", text="x" * 1_000_000))
    assert caught.value.findings == (
        fault("R903", path, "cannot be written: the disk is full",
              f"df -h {path.parent} shows the disk: free some space and type the command again, or {ANOTHER}"),
    )  # fmt: skip
    assert store.verify() == (1, None)
    assert append(store, draft("note"))[0].seq == 2


LIMITED = """
import resource, sys
from peqdlab.errors import StoreError
from peqdlab.store import Draft, open_store
with open_store(sys.argv[1], create=True) as store:
    store.start_batch({}, at="2025-03-01T09:00Z", by="Ana", recorded_at="2025-03-01T09:00Z")
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    for size in (1000, 400_000):
        try:
            draft = Draft("B0001", "note", "2025-03-01T09:00Z", "Ana", {"n": "x" * size})
            store.append([draft], recorded_at="2025-03-01T09:00Z")
        except StoreError as error:
            print(size, error.findings[0].code, error)
"""


@needs_posix
def test_a_disk_that_refuses_to_write_leaves_nothing_half_written(path):
    told = run(LIMITED, path).communicate(timeout=60)[0]
    assert told == f"400000 R903 store {path} cannot be read or written: the disk reports an error\n"
    with open_store(path, create=False) as store:
        assert store.verify() == (2, None)


@pytest.fixture
def ordinary_user():
    """Give up the rights of root, whom no permission stops; the folder is one that others may enter."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "notebook.db"
    with open_store(path, create=True) as store:
        start(store)
    root = os.geteuid() == 0
    yield path, lambda: root and os.seteuid(65534)
    if root:
        os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(folder)


@needs_posix
@pytest.mark.parametrize(("folder", "file"), [(0o555, 0o444), (0o777, 0o444), (0o555, 0o666)])
def test_a_read_only_store_is_listed_and_not_written(ordinary_user, folder, file):
    path, drop_rights = ordinary_user
    path.chmod(file)
    path.parent.chmod(folder)
    drop_rights()
    with open_store(path, create=False) as store:
        assert [row.id for row in store.batches()] == ["B0001"]
        assert store.verify() == (1, None)
        with pytest.raises(StoreError) as caught:
            append(store, draft("note"))
    read_only = fault(
        "R903", path, "cannot be written: the file or its folder is read-only", f"chmod u+w {path.parent} {path}"
    )
    assert caught.value.findings == (read_only,)
    with pytest.raises(StoreError) as caught:
        open_store(path, create=True)
    assert caught.value.findings == (read_only,)


@needs_posix
def test_a_read_only_store_with_work_outstanding_is_not_read_in_part(ordinary_user):
    path, drop_rights = ordinary_user
    with open_store(path, create=False) as store:
        append(store, draft("note"))
        shutil.copy(f"{path}-wal", f"{path}-kept")
    Path(f"{path}-kept").rename(f"{path}-wal")
    path.parent.chmod(0o555)
    drop_rights()
    with pytest.raises(StoreError) as caught:
        open_store(path, create=False)
    assert caught.value.findings[0].code == "R903"


@needs_posix
def test_a_folder_that_may_not_be_written_or_entered_is_named(ordinary_user):
    path, drop_rights = ordinary_user
    other = path.with_name("other.db")
    path.parent.chmod(0o555)
    drop_rights()
    with pytest.raises(StoreError) as caught:
        open_store(other, create=True)
    told = f"ls -ld {other.parent} {other} shows who may open it; {ANOTHER}"
    assert caught.value.findings == (fault("R903", other, "cannot be opened", told),)
    deep = path.parent / "new" / "x.db"
    with pytest.raises(StoreError) as caught:
        open_store(deep, create=True)
    told = f"cannot be opened: Permission denied: {deep.parent}"
    assert caught.value.findings == (fault("R903", deep, told, ANOTHER),)


# --- what is not a store


def test_a_missing_store_is_not_made_by_reading(path):
    with pytest.raises(StoreError) as caught:
        open_store(path, create=False)
    remedy = f"start a batch there: peqdlab log-batch PLAN --store {path}; or {ANOTHER}"
    assert caught.value.findings == (fault("R901", path, "does not exist", remedy),)
    assert caught.value.exit_code == 4
    assert list(path.parent.iterdir()) == []


def test_missing_folders_are_made_with_the_store(tmp_path):
    path = tmp_path / "group A" / "100% [x] #1?" / "note's.db"
    with open_store(str(path), create=True) as store:
        start(store)
    assert path.is_file()
    with pytest.raises(StoreError) as caught:
        open_store(tmp_path / "a b" / "x.db", create=False)
    assert f"--store '{tmp_path}/a b/x.db'" in caught.value.findings[0].remedy


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("location", ["postgresql://ana:secret@lab/peqdlab", "postgres://lab"])
def test_a_server_is_not_supported_yet_and_no_password_is_repeated(location, create):
    with pytest.raises(StoreError) as caught:
        open_store(location, create=create)
    scheme = Path(location.partition(":")[0])
    told = "is an address, not supported yet; wanted the path of a file"
    assert caught.value.findings == (fault("R907", scheme, told, ANOTHER),)


@pytest.mark.parametrize("create", [True, False])
def test_a_folder_is_not_a_store(tmp_path, create):
    with pytest.raises(StoreError) as caught:
        open_store(tmp_path, create=create)
    told = fault("R903", tmp_path, "is a folder; wanted a file", f"name a file in it: --store {tmp_path}/peqdlab.db")
    assert caught.value.findings == (told,)


@needs_posix
def test_a_pipe_is_refused_without_waiting_for_it(path):
    os.mkfifo(path)
    with pytest.raises(StoreError, match="is a device or a pipe; wanted a file"):
        open_store(path, create=True)


def test_a_file_in_the_place_of_a_folder_is_named(path):
    path.write_text("x")
    with pytest.raises(StoreError) as caught:
        open_store(path / "x.db", create=True)
    assert caught.value.findings[0].code == "R903"


def test_an_empty_file_becomes_a_store_only_when_one_may_be_made(path):
    path.touch()
    with pytest.raises(StoreError) as caught:
        open_store(path, create=False)
    remedy = f"start a batch there: peqdlab log-batch PLAN --store {path}; or {ANOTHER}"
    assert caught.value.findings == (fault("R902", path, "is empty; wanted a peqdlab store", remedy),)
    assert path.stat().st_size == 0
    with open_store(path, create=True) as store:
        assert start(store).batch == "B0001"


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("text", ["x", "[hot_injection]\n" * 500])
def test_a_text_file_is_left_as_it_is(path, text, create):
    path.write_text(text)
    with pytest.raises(StoreError) as caught:
        open_store(path, create=create)
    assert caught.value.findings == (fault("R902", path, "is not a database; wanted a peqdlab store", ANOTHER),)
    assert path.read_text() == text


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_database_of_another_program_is_left_as_it_is(path, number, create):
    elsewhere(path, "CREATE TABLE bookmarks (url TEXT)", f"PRAGMA user_version = {number}")
    before = path.read_bytes()
    with pytest.raises(StoreError) as caught:
        open_store(path, create=create)
    told = "is a database of another program; wanted a peqdlab store"
    assert caught.value.findings == (fault("R902", path, told, ANOTHER),)
    assert path.read_bytes() == before


@pytest.mark.parametrize("mark", ["user_version = 7", "application_id = 7"])
def test_a_database_that_another_program_has_marked_is_left_as_it_is_before_it_has_tables(path, mark):
    elsewhere(path, f"PRAGMA {mark}")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is empty; wanted a peqdlab store"):
        open_store(path, create=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("create", [True, False])
def test_a_store_of_a_newer_format_asks_for_the_newer_program(record, create):
    elsewhere(record, "PRAGMA user_version = 2")
    with pytest.raises(StoreError) as caught:
        open_store(record, create=create)
    told = "has format 2, made by a newer peqdlab; wanted format 1"
    assert caught.value.findings == (fault("R906", record, told, "pip install --upgrade peqdlab"),)


def test_a_closed_store_says_that_it_is(path):
    with open_store(path, create=True) as store:
        pass
    with pytest.raises(StoreError, match="failed: Cannot operate on a closed database"):
        store.batches()


# --- tampering

FREE = ("DROP TRIGGER events_no_update", "DROP TRIGGER events_no_delete", "DROP TRIGGER events_next")


EVENT = """INSERT {} INTO events (seq, batch, kind, at, recorded_at, "by", body, prev, sha256)
VALUES ({}, 'B0001', 'note', 'x', 'x', 'x', '{{}}', {}, 'x') {}"""
LAST = "(SELECT sha256 FROM events WHERE seq = 5)"
SECOND = "(SELECT prev FROM events WHERE seq = 3)"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET body = '{}' WHERE seq = 3",
        "UPDATE OR REPLACE events SET seq = 3 WHERE seq = 4",
        "UPDATE OR IGNORE events SET rowid = 9 WHERE seq = 5",
        "DELETE FROM events WHERE seq = 5",
        "DELETE FROM events",
        EVENT.format("OR REPLACE", 3, SECOND, ""),
        EVENT.format("OR REPLACE", 5, LAST, ""),
        EVENT.format("OR IGNORE", 3, SECOND, ""),
        EVENT.format("", 3, SECOND, "ON CONFLICT (seq) DO UPDATE SET body = excluded.body"),
        EVENT.format("", 7, LAST, ""),
        EVENT.format("", "NULL", LAST, ""),
        EVENT.format("", 0, "''", ""),
        EVENT.format("", 6, "''", ""),
        EVENT.format("", 6, "NULL", ""),
        EVENT.format("OR REPLACE", 6, SECOND, ""),
    ],
)
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_the_database_itself_refuses_to_change_the_log(record, statement, recursive):
    def rows():
        with closing(sqlite3.connect(record)) as connection:
            return connection.execute("SELECT * FROM events").fetchall()

    before = rows()
    with pytest.raises(sqlite3.IntegrityError, match=r"an event is (never|only)"):
        elsewhere(record, f"PRAGMA recursive_triggers = {recursive}", statement)
    assert rows() == before


def test_a_sound_store_verifies(record):
    with open_store(record, create=False) as store:
        assert store.verify() == (5, None)


def test_an_empty_store_verifies(store):
    assert store.verify() == (0, None)


CHANGED = "was changed after it was written: "


@pytest.mark.parametrize(
    ("statement", "checked", "doubt"),
    [
        ("""UPDATE events SET body = '{"value":"0.489"}' WHERE seq = 3""", 2, f"event 3 of B0001 {CHANGED}sha256"),
        ("""UPDATE events SET body = '{"value": "0.498"}' WHERE seq = 3""", 2, "event 3 of B0001 has a body that was "),
        ("""UPDATE events SET body = '{"value"' WHERE seq = 3""", 2, "event 3 of B0001 has a body that is not a JSON"),
        ("""UPDATE events SET body = '{"value":0.5}' WHERE seq = 3""", 2, f"event 3 of B0001 {CHANGED}body.value is"),
        ("UPDATE events SET body = x'00ff' WHERE seq = 3", 2, "event 3 has a column that is not text"),
        ("UPDATE events SET \"by\" = 'Eve' WHERE seq = 5", 4, f"event 5 of B0001 {CHANGED}sha256"),
        ("UPDATE events SET \"by\" = CAST(x'41ff' AS TEXT) WHERE seq = 3", 2, f"event 3 of B0001 {CHANGED}sha256"),
        ("UPDATE events SET at = recorded_at WHERE seq = 1", 0, f"event 1 of B0001 {CHANGED}sha256"),
        ("UPDATE events SET sha256 = 'x' WHERE seq = 3", 2, f"event 3 of B0001 {CHANGED}sha256 is 'x'"),
        ("UPDATE events SET prev = 'x' WHERE seq = 3", 2, "event 3 of B0001 does not follow event 2: prev is 'x'"),
        ("UPDATE events SET seq = 6 WHERE seq = 5", 4, "event 6 of B0001 comes after event 4; wanted event 5"),
        ("DELETE FROM events WHERE seq = 3", 2, "event 4 of B0002 comes after event 2; wanted event 3"),
        ("DELETE FROM events WHERE seq = 1", 0, "event 2 of B0002 comes after event 0; wanted event 1"),
        ("DELETE FROM events WHERE seq = 5", 4, "its list of batches knows 5 events up to event 5, its log holds 4 up to event 4: the"),
        ("DELETE FROM events WHERE seq > 3", 3, "its list of batches knows 5 events up to event 5, its log holds 3 up to event 3: the"),
        ("DELETE FROM events", 0, "its list of batches knows 5 events up to event 5, its log holds 0 up to event 0: the"),
    ],
)
def test_what_another_program_did_to_an_event_is_found(record, statement, checked, doubt):
    elsewhere(record, *FREE, statement)
    with open_store(record, create=False) as store:
        count, finding = store.verify()
    assert count == checked
    assert (finding.severity, finding.code, finding.where) == ("error", "R905", Place("--store", str(record)))
    assert finding.message.startswith(f"store {record} is damaged: {doubt}")
    assert finding.remedy == RESTORE


@pytest.mark.parametrize("statement", ["DELETE FROM events WHERE seq = 5", "DELETE FROM events WHERE seq > 3", "DELETE FROM events"])
def test_a_log_whose_end_was_removed_is_neither_rebuilt_over_nor_written_to(record, statement):
    elsewhere(record, *FREE, statement)
    with open_store(record, create=False) as store:
        listed = store.batches()
        told = store.verify()[1]
        for write in (store.rebuild, lambda: start(store), lambda: append(store, draft("note"))):
            with pytest.raises(StoreError) as caught:
                write()
            assert caught.value.findings == (told,)
        assert (store.batches(), store.verify()[1]) == (listed, told)


def test_a_batch_whose_end_was_removed_is_found_even_where_another_program_wrote_on(record):
    """The number of the event that was removed is taken by another; the list still counts one more than there are."""
    with open_store(record, create=False) as store:
        last = store.event(4)
    told = {"seq": 5, "batch": "B0002", "kind": "note", "at": AT, "recorded_at": CLOCK, "by": "Eve", "body": {}, "prev": last.sha256}
    digest = sha256_hex(rfc8785.dumps(told).decode())
    elsewhere(
        record, *FREE, "DELETE FROM events WHERE seq = 5",
        f"INSERT INTO events VALUES (5, 'B0002', 'note', '{AT}', '{CLOCK}', 'Eve', '{{}}', '{last.sha256}', '{digest}')",
        "UPDATE batch SET events = events + 1, last_seq = 5 WHERE id = 'B0002'",
    )  # fmt: skip
    with open_store(record, create=False) as store:
        assert store.verify()[1].message.endswith("knows 6 events up to event 5, its log holds 5 up to event 5: the last of them were removed")


def test_a_changed_event_with_a_new_digest_is_found_by_the_next(record):
    with open_store(record, create=False) as store:
        third = store.event(3)
    told = {name: getattr(third, name) for name in Event._fields if name != "sha256"} | {"by": "Eve"}
    digest = sha256_hex(rfc8785.dumps(told).decode())
    elsewhere(record, *FREE, f"UPDATE events SET \"by\" = 'Eve', sha256 = '{digest}' WHERE seq = 3")
    with open_store(record, create=False) as store:
        count, finding = store.verify()
    assert count == 3
    assert finding == fault(
        "R905", record, f"is damaged: event 4 of B0002 does not follow event 3: prev is {third.sha256!r}, "
        f"the digest before it is {digest!r}", RESTORE,
    )  # fmt: skip


def test_a_chain_that_breaks_the_rules_of_a_batch_is_found(record):
    with open_store(record, create=False) as store:
        event = store.event(5)
    told = {name: getattr(event, name) for name in Event._fields if name != "sha256"} | {"body": {"result": "superb"}}
    digest = sha256_hex(rfc8785.dumps(told).decode())
    elsewhere(record, *FREE, f"UPDATE events SET body = '{{\"result\":\"superb\"}}', sha256 = '{digest}' WHERE seq = 5")
    with open_store(record, create=False) as store:
        assert store.verify()[1].message == (
            f"store {record} is damaged: result of B0001 is 'superb'; wanted one of: good, failed, abandoned"
        )


@pytest.mark.parametrize(
    ("statement", "doubt"),
    [
        (
            "UPDATE batch SET status = 'good' WHERE number = 2",
            "B0002 has status 'good' in the list, 'open' by its events",
        ),
        ("UPDATE batch SET title = NULL", "B0001 has title None in the list, 'dots for week 9' by its events"),
        ("DELETE FROM batch WHERE id = 'B0002'", "B0002 has id None in the list, 'B0002' by its events"),
        ("UPDATE batch SET id = 'B0003' WHERE id = 'B0002'", "B0002 has id None in the list, 'B0002' by its events"),
        ("DROP TABLE batch", "no such table: batch"),
        ("ALTER TABLE batch ADD COLUMN mood TEXT", "another program removed or changed batch"),
        ("DROP INDEX events_by_batch", "another program removed or changed events_by_batch"),
        ("DROP TRIGGER events_no_update", "another program removed or changed events_no_update"),
    ],
)
def test_what_is_derived_is_checked_and_can_be_rebuilt(record, statement, doubt):
    with open_store(record, create=False) as store:
        listed = store.batches()
    elsewhere(record, statement)
    with open_store(record, create=False) as store:
        count, finding = store.verify()
        assert (count, finding.message) == (5, f"store {record} is damaged: {doubt}")
        assert store.rebuild() == 2
        assert store.batches() == listed
        assert store.verify() == (5, None)
    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        elsewhere(record, "UPDATE events SET body = '{}'")


def test_a_list_is_not_rebuilt_from_damaged_events(record):
    elsewhere(record, *FREE, "UPDATE events SET body = '{}' WHERE seq = 3", "UPDATE batch SET status = 'failed'")
    with open_store(record, create=False) as store:
        with pytest.raises(StoreError, match="event 3 of B0001 was changed") as caught:
            store.rebuild()
        assert caught.value.findings[0].code == "R905"
        assert [row.status for row in store.batches()] == ["failed", "failed"]


def test_a_damaged_body_is_named_when_the_batch_is_shown(record):
    elsewhere(record, *FREE, "UPDATE events SET body = '{\"a\":' WHERE seq = 3")
    with open_store(record, create=False) as store:
        assert len(store.events("B0002")) == 2
        with pytest.raises(StoreError) as caught:
            store.events("B0001")
    told = "is damaged: event 3 of B0001 has a body that is not a JSON object"
    assert caught.value.findings == (fault("R905", record, told, RESTORE),)


def test_a_changed_event_is_named_when_its_batch_is_shown(record):
    elsewhere(record, *FREE, "UPDATE events SET body = '{}' WHERE seq = 3")
    with open_store(record, create=False) as store:
        assert len(store.events("B0002")) == 2
        with pytest.raises(StoreError, match="event 3 of B0001 was changed after it was written"):
            store.events("B0001")


def test_text_that_is_not_utf_8_is_damage(record):
    elsewhere(record, "UPDATE batch SET title = CAST(x'ff' AS TEXT)")
    with open_store(record, create=False) as store, pytest.raises(StoreError) as caught:
        store.batches()
    assert caught.value.findings[0].code == "R905"


@pytest.mark.parametrize("part", [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_file_that_was_cut_is_damaged(record, part):
    with record.open("r+b") as file:
        file.truncate(int(record.stat().st_size * part))
    with pytest.raises(StoreError) as caught, open_store(record, create=False) as store:  # noqa: PT012
        _, finding = store.verify()
        raise StoreError(finding)
    assert caught.value.findings[0].code == "R905"


def test_a_page_that_was_overwritten_is_damage(record):
    with open_store(record, create=False) as store:
        append(store, *(draft("note", text="x" * 3000) for _ in range(20)))
    with record.open("r+b") as file:
        file.seek(record.stat().st_size - 3 * 4096)
        file.write(random.Random(1).randbytes(4096))
    with open_store(record, create=False) as store:
        count, finding = store.verify()
    assert (finding.code, count <= 25) == ("R905", True)


# --- start-up


def test_the_module_loads_no_database_until_one_is_opened():
    child = run(
        "import sys, peqdlab.store; print(sorted({'sqlite3', 'json', 'hashlib', 'datetime'} & set(sys.modules)))"
    )
    assert child.communicate(timeout=60)[0] == "[]\n"
