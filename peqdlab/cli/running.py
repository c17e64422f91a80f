"""What every command does alike: turn failures into findings and exit codes, and blocks into what the terminal can show."""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, TypeVar

from peqdlab import errors
from peqdlab.cli.streams import UNPRINTED, columns_of, unprinted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from peqdlab.blocks import Block
    from peqdlab.findings import Finding

Returned = TypeVar("Returned")
_WRITERS = ("log_batch", "measure")  # the commands whose entries stand, even where their answer cannot be printed


def command(function: Callable[..., Returned]) -> Callable[..., Returned]:
    """Wrap a command so that every failure leaves as the contract says: findings, exit code, and never a traceback."""

    @functools.wraps(function)
    def wrapped(*args: Any, **keywords: Any) -> Returned:
        try:
            try:
                return _guarded(function, *args, **keywords)
            finally:
                sys.stdout.flush()  # at exit it would be too late to say what failed
        except OSError as error:
            unprinted(error, logged=function.__name__ in _WRITERS)

    return wrapped


def _guarded(function: Callable[..., Returned], *args: Any, **keywords: Any) -> Returned:
    try:
        _check_text(keywords)
        return function(*args, **keywords)
    except errors.PeqdlabError as error:
        report(error.findings, as_json=bool(keywords.get("as_json")))
        if error.advice and not keywords.get("as_json"):
            print(error.advice, file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted; nothing was half-written", file=sys.stderr)
        sys.exit(errors.EXIT_INTERRUPTED)
    except Exception as error:  # a bug must end as a report file, not as a traceback
        if isinstance(error, OSError) and error.errno in UNPRINTED:
            raise
        _report_bug(error)


def _check_text(keywords: dict[str, Any]) -> None:
    """Refuse arguments that are no text; raises UsageError T002 for all of them at once. Paths may hold any bytes."""
    from peqdlab.findings import Finding, Place

    found = []
    for name, given in keywords.items():
        texts = [given] if isinstance(given, str) else given if isinstance(given, list | tuple) else []
        for text in texts if name not in ("store", "output") else ():
            if not text.isascii() and text != text.encode(errors="replace").decode():
                shown = f"{text[:40]!a} holds bytes that are not UTF-8 text"
                found.append(Finding("error", "T002", Place(f"argument {name}"), shown, "type it again in a terminal that is set to UTF-8"))
    if found:
        raise errors.UsageError(*found)


def report(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print findings: as JSON to standard output, else as text to standard error."""
    from peqdlab.findings import sort_findings

    if as_json:
        from peqdlab.document import finding_row

        print_json({"findings": [finding_row(finding) for finding in sort_findings(findings)]})
    else:
        talk([callout(finding) for finding in sort_findings(findings)])


def callout(finding: Finding) -> Block:
    """Return a finding as a block."""
    from peqdlab.document import finding_row
    from peqdlab.sheet import finding_callout

    return finding_callout(finding_row(finding))


def print_json(value: Any) -> None:
    """Print JSON to standard output; where that cannot hold every letter, with escapes, so that none is lost."""
    import json

    print(json.dumps(value, ensure_ascii="utf" not in sys.stdout.encoding.lower(), indent=1))


def show_blocks(blocks: Iterable[Block]) -> None:
    """Print blocks to standard output: in colour on a terminal, else as text."""
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        from peqdlab.writers.terminal import print_terminal

        print_terminal(_spelt(blocks, sys.stdout), columns_of(sys.stdout))
    else:
        from peqdlab.writers.text import render_text

        sys.stdout.write(render_text(_spelt(blocks, sys.stdout), columns_of(sys.stdout)))


def talk(blocks: Iterable[Block]) -> None:
    """Print blocks to standard error."""
    from peqdlab.writers.text import render_text

    sys.stderr.write(render_text(_spelt(blocks, sys.stderr), columns_of(sys.stderr)))


def _spelt(blocks: Iterable[Block], stream: TextIO) -> Iterable[Block]:
    """Return blocks in letters that a stream has, before they are laid out: a spelling may be longer than its sign."""
    encoding = stream.encoding or "utf-8"
    if "utf" in encoding.lower():
        return blocks
    from peqdlab.spelling import spell_all

    return [spell_all(block, encoding) for block in blocks]


def fail(code: str, argument: str, message: str, remedy: str) -> NoReturn:
    """End with one finding about an argument (exit code 2)."""
    from peqdlab.findings import Finding, Place

    raise errors.UsageError(Finding("error", code, Place(argument), message, remedy))


def write_file(path: str, content: str | bytes) -> None:
    """Write a file whole or not at all; raises UsageError A107."""
    from pathlib import Path

    target = Path(path)
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(content if isinstance(content, bytes) else content.encode())
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True) if partial.parent.is_dir() else None
        fail("A107", f"-o {path}", f"{path} cannot be written: {error.strerror}", "name a file in a folder that exists and may be written")


def _report_bug(error: Exception) -> NoReturn:
    import tempfile
    import traceback
    from pathlib import Path

    from peqdlab import __version__

    folder = Path(tempfile.mkdtemp(prefix="peqdlab-"))
    path = folder / "report.txt"
    arguments = " ".join(sys.argv[1:])
    text = f"peqdlab {__version__}, Python {sys.version}\npeqdlab {arguments}\n\n{''.join(traceback.format_exception(error))}"
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    print(f"peqdlab met a bug ({type(error).__name__}) and stopped; what happened is in {path}", file=sys.stderr)
    print("nothing was half-written in the record; send that file with a report of the bug", file=sys.stderr)
    sys.exit(errors.EXIT_BUG)
