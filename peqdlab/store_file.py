"""The file that holds a record: opened, made, marked, and every fault of file and database said in words."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from peqdlab.errors import StoreError
from peqdlab.findings import Finding, Place
from peqdlab.statements import BEGIN_WRITE, CREATE_EVENTS, DERIVED, SELECT_MARKS, SELECT_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from sqlite3 import Connection

APPLICATION_ID, FORMAT = 0x5051444C, 1  # "PQDL" and user_version in the file's header

_ANOTHER = "name another file: --store FILE"
_START = f"start a batch there: peqdlab log-batch PLAN --store {{path}}; or {_ANOTHER}"
RESTORE = "keep this file as it is and go on with the last copy of it: --store COPY.db"
REBUILD = "peqdlab verify --rebuild --store {path}"
_DISK = f"df -h {{folder}} shows the disk: free some space and type the command again, or {_ANOTHER}"
_READ_ONLY = ("R903", "cannot be written: the file or its folder is read-only", "chmod u+w {folder} {path}")
_LOCKED = ("R903", "is locked: another program is writing to it", "close that program, then type the command again")
_FAULTS: Final = {  # by the primary result code of SQLite, https://www.sqlite.org/rescode.html
    **dict.fromkeys((3, 8), _READ_ONLY),
    **dict.fromkeys((5, 6), _LOCKED),
    10: ("R903", "cannot be read or written: the disk reports an error", _DISK),
    13: ("R903", "cannot be written: the disk is full", _DISK),
    14: ("R903", "cannot be opened", f"ls -ld {{folder}} {{path}} shows who may open it; {_ANOTHER}"),
    26: ("R902", "is not a database; wanted a peqdlab store", _ANOTHER),
}
_DAMAGE = {1, 11, 19}  # a statement that no longer fits the tables, a malformed file, a refusal by a guard


def checked_path(location: str | Path, *, create: bool) -> Path:
    """Return the path of a file that is there, or whose folder is there if the file may be made."""
    scheme, mark, _ = str(location).partition("://")
    if mark:  # the rest may hold a password and is not repeated
        raise failure(Path(scheme), "R907", "is an address, not supported yet; wanted the path of a file", _ANOTHER)
    path = Path(location)
    try:
        if path.is_dir():
            raise failure(path, "R903", "is a folder; wanted a file", "name a file in it: --store {path}/peqdlab.db")
        if path.exists() and not path.is_file():  # opening a pipe would wait for ever
            raise failure(path, "R903", "is a device or a pipe; wanted a file", _ANOTHER)
        if path.exists() and path.stat().st_size == 1:  # SQLite takes a single byte for an empty file
            raise failure(path, *_FAULTS[26])
        if create and not (path.is_absolute() or path.parent.is_dir()):  # more likely mistyped than wanted
            found = f"cannot be made: there is no folder {path.parent} in {Path.cwd()}"
            raise failure(path, "R903", found, f"mkdir -p {{folder}}, then type the command again; or {_ANOTHER}")
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        elif not path.exists():
            raise failure(path, "R901", "does not exist", _START)
    except OSError as error:
        raise failure(path, "R903", f"cannot be opened: {error.strerror}: {error.filename}", _ANOTHER) from error
    return path


def connect_file(path: Path, *, create: bool, wait_s: float) -> Connection:
    """Return a connection to the file, made where it may be; one that only reads where file or folder are read-only."""
    from sqlite3 import connect

    # Only SQLite opens the file: closing it from Python would drop the locks of another store of this process.
    address, wal = path.absolute().as_uri(), path.with_name(f"{path.name}-wal")
    connection = connect(f"{address}?mode=rw{'c' * create}", uri=True, timeout=wait_s, isolation_level=None)
    try:
        connection.execute(SELECT_SCHEMA).fetchone()
    except BaseException as error:
        connection.close()
        # A read-only folder has no room for the files that SQLite wants beside the store. Without a -wal file nothing
        # is outstanding, and the store alone can be read, as a file that does not change.
        outstanding = wal.exists() and wal.stat().st_size > 0
        if outstanding or getattr(error, "sqlite_errorcode", 0) & 0xFF not in {8, 14}:
            raise
        return connect(f"{address}?mode=ro&immutable=1", uri=True, timeout=wait_s, isolation_level=None)
    return connection


def make_tables(connection: Connection) -> None:
    """Make the tables in an empty file, and find out whether a store can be written."""
    from sqlite3 import OperationalError

    connection.execute(BEGIN_WRITE)
    program, number, tables = connection.execute(SELECT_MARKS).fetchone()
    blank = not (program or number or tables)
    for statement in (CREATE_EVENTS, *DERIVED) if blank else ():
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")  # BEGIN alone would not meet a read-only file
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT" if blank else "ROLLBACK")
    if blank or (program, number) == (APPLICATION_ID, FORMAT):
        with suppress(OperationalError):  # refused while another program reads; whoever comes next will do it
            connection.execute("PRAGMA journal_mode = WAL")


def check_marks(path: Path, program: int, number: int, tables: int) -> None:
    """Raise StoreError R902 or R906 unless the marks in the file's header are those of a record that is read here."""
    if not tables:
        raise failure(path, "R902", "is empty; wanted a peqdlab store", _START)
    if program != APPLICATION_ID or number < 1:
        raise failure(path, "R902", "is a database of another program; wanted a peqdlab store", _ANOTHER)
    if number > FORMAT:
        found = f"has format {number}, made by a newer peqdlab; wanted format {FORMAT}"
        raise failure(path, "R906", found, "pip install --upgrade peqdlab")


@contextmanager
def faults(path: Path) -> Iterator[None]:
    """Turn each error of the database into a StoreError that says what to do."""
    import sqlite3

    try:
        yield
    except sqlite3.Error as error:
        unnumbered = 1 if isinstance(error, sqlite3.OperationalError) else 0
        number = getattr(error, "sqlite_errorcode", unnumbered) & 0xFF
        if number in _DAMAGE:
            raise failure(path, "R905", f"is damaged: {error}", RESTORE) from error
        raise failure(path, *_FAULTS.get(number, ("R903", f"failed: {error}", _ANOTHER))) from error


def failure(path: Path, code: str, found: str, remedy: str) -> StoreError:
    """Return the error that says what was found of a store, and what to type."""
    return StoreError(store_finding(path, code, f"store {path} {found}", remedy))


def store_finding(path: Path, code: str, message: str, remedy: str) -> Finding:
    """Return a finding about a store; ``{path}`` and ``{folder}`` in its remedy are filled in as a shell takes them."""
    from shlex import quote

    typed = remedy.format(path=quote(str(path)), folder=quote(str(path.parent)))
    return Finding("error", code, Place("--store", str(path)), message, typed)
