"""Standard input, output and error as they are found: closed, full, or without the letters that are to be printed."""

from __future__ import annotations

import errno
import os
import sys
from io import TextIOWrapper
from typing import NoReturn

from peqdlab.errors import EXIT_CLEAN, EXIT_USAGE

PLAIN_COLUMNS = 100
_CLOSED, _FULL = errno.EBADF, errno.ENOSPC
# Standard output went away, is closed, or has no room: no bug of the program.
UNPRINTED = (errno.EPIPE, _CLOSED, _FULL, errno.EIO)


def open_streams() -> None:
    """Put something in the place of closed streams, and have what a stream cannot encode spelt in letters that it can.

    A closed standard output is opened so that writing to it fails: its number must not pass to the record's file.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - a number, open to the end
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - a number, open to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and "utf" not in stream.encoding.lower():
            _register_spelling()
            stream.reconfigure(errors="peqdlab.spell")


def _register_spelling() -> None:
    import codecs

    from peqdlab.spelling import spell

    def spelt(error: UnicodeError) -> tuple[str | bytes, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        return spell(error.object[error.start : error.end], error.encoding), error.end

    codecs.register_error("peqdlab.spell", spelt)


def unprinted(error: OSError, *, logged: bool) -> NoReturn:
    """End because standard output cannot be written: quietly if its reader has gone, else saying what is wrong with it (exit 2).

    ``logged`` says that the command writes to the record: what it wrote stands there all the same.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still in the buffer goes nowhere, quietly
    if error.errno == errno.EPIPE:
        sys.exit(EXIT_CLEAN)
    reasons = {_CLOSED: "standard output is closed", _FULL: "the disk that standard output goes to is full"}
    why = reasons.get(error.errno or 0, f"standard output reports: {error.strerror}")
    remedy = "what was logged is in the record: peqdlab batches" if logged else "send it elsewhere, as in > FILE on another disk"
    print(f"the answer cannot be printed: {why}; {remedy}", file=sys.stderr)
    sys.exit(EXIT_USAGE)


def columns_of(stream: TextIOWrapper | object) -> int:
    """Return how wide a page for a stream is: as its terminal or $COLUMNS says, else 100."""
    if getattr(stream, "isatty", lambda: False)():
        import shutil

        return shutil.get_terminal_size((PLAIN_COLUMNS, 24)).columns
    wanted = os.environ.get("COLUMNS", "")
    return int(wanted) if wanted.isascii() and wanted.isdigit() and 0 < int(wanted) < 10_000 else PLAIN_COLUMNS
