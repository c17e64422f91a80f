"""Failures that end a command: each says what happened and carries the exit code of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from peqdlab.findings import Finding

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_BUG = 3
EXIT_STORE = 4
EXIT_INTERRUPTED = 130


class PeqdlabError(Exception):
    """Stop the command with findings to print and an exit code.

    Raised only where going on is impossible: a file that cannot be read, a name that does not exist,
    a store that cannot be written. Everything else is a finding that a check returns.
    """

    exit_code = EXIT_USAGE

    def __init__(self, *findings: Finding, advice: str = "") -> None:
        """Keep the findings to print, at least one, and in one sentence how to go on where the findings do not say it."""
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings
        self.advice = advice


class SourceError(PeqdlabError):
    """A text that is missing, too large, not UTF-8 or not TOML (exit code 2)."""


class UsageError(PeqdlabError):
    """A wrong argument or an unknown name on the command line (exit code 2)."""


class ContentError(PeqdlabError):
    """Content that was read and has findings at error level (exit code 1)."""

    exit_code = EXIT_FINDINGS


class StoreError(PeqdlabError):
    """A store that cannot be reached or written; nothing is half-written (exit code 4)."""

    exit_code = EXIT_STORE
