"""Where the record is, who writes it, and what time it is: the world outside, for the commands that touch the store."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from peqdlab.record import BatchRecord
    from peqdlab.store import Store

_BATCH = re.compile(r"[Bb](\d{1,9})\Z", re.ASCII)


def store_location(given: str | None) -> str:
    """Return the path of the record: as given, else $PEQDLAB_STORE, else batches.db in the user's data folder."""
    if location := given or os.environ.get("PEQDLAB_STORE"):
        return location
    from platformdirs import user_data_path

    return str(user_data_path("peqdlab", appauthor=False) / "batches.db")


def store_option(given: str | None) -> str:
    """Return what has to be typed to find the same record again: nothing, or `` --store lab.db``."""
    from shlex import quote

    return f" --store {quote(given)}" if given else ""


def open_record(given: str | None, *, create: bool = False) -> Store:
    """Return the open store; a new one is said to be new. Raises StoreError (exit code 4) where there is none or it cannot be used."""
    from peqdlab.store import open_store

    location = store_location(given)
    is_new = create and not _is_there(location)
    store = open_store(location, create=create)
    if is_new:
        print(f"new record: {store.path.absolute()}", file=sys.stderr)
    return store


def _is_there(location: str) -> bool:
    """Return whether a file that holds anything is at a path."""
    try:
        return os.stat(location).st_size > 0  # noqa: PTH116 - pathlib would be loaded for this alone
    except (OSError, ValueError):
        return False


def is_batch(name: str) -> bool:
    """Return whether a name is that of a batch: B0012, or B12 or b12 for short."""
    return _BATCH.match(name) is not None


def load_batch(store: Store, batch: str) -> BatchRecord:
    """Return the record of a batch; ends with R108 where the store has none of this id, raises StoreError where it is damaged."""
    from peqdlab.cli.running import fail
    from peqdlab.findings import suggest
    from peqdlab.record import fold

    short = _BATCH.match(batch)
    batch = f"B{int(short[1]):04d}" if short else batch
    events = store.events(batch)
    if not events:
        known = [row.id for row in store.batches()]
        hint = suggest(batch, known) if known else "start one: peqdlab log-batch hot_injection/binary-cspbi3"
        fail("R108", f"batch {batch}", f"the record has no batch {batch!r}", hint)
    try:
        return fold(events)
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # sealed, yet not as any peqdlab writes them
        raise store.unreadable(batch, error) from error


def now() -> datetime:
    """Return the clock's local time with its offset."""
    from datetime import datetime

    return datetime.now().astimezone()


def operator(given: str | None) -> str:
    """Return who writes: as given, else $PEQDLAB_OPERATOR, else the name of the account; ends with R102 for a blank name."""
    if given is not None and (not given.strip() or "\0" in given):
        from peqdlab.cli.running import fail

        fail("R102", "--by", f"{given!r} is no name", "write --by and a name or initials, as in --by mk")
    if name := given or os.environ.get("PEQDLAB_OPERATOR", "").strip():
        return name
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
