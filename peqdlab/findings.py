"""What a check has to say: a place, what was found, what is wanted, and a remedy that can be typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Severity = Literal["error", "warning", "note"]
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "note")


class Place(NamedTuple):
    """Where a value stands: file, line and column (both from 1) and key path; or an argument's name as key alone."""

    key: str
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """Return ``file:line:column`` as far as known, else the argument's name."""
        if self.file is None:
            return self.key
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


class Finding(NamedTuple):
    """One doubt about a protocol, an argument or a record.

    ``code`` is stable: a row of CODES, or the name of a check that a template declares. ``limit``, ``source`` and ``scope`` say
    which bound was crossed, who says so, and what it was shown for.
    """

    severity: Severity
    code: str
    where: Place
    message: str
    remedy: str
    limit: str | None = None
    source: str | None = None
    scope: str | None = None


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings once each, sorted by place, then severity, then code."""

    def rank(finding: Finding) -> tuple[object, ...]:
        place = finding.where
        return (
            place.file or "",
            place.line or 0,
            place.column or 0,
            place.key,
            SEVERITIES.index(finding.severity),
            finding.code,
            finding.message,
        )

    return tuple(sorted(set(findings), key=rank))


def has_errors(findings: Iterable[Finding]) -> bool:
    """Return whether one of the findings is at error level."""
    return any(finding.severity == "error" for finding in findings)


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ``did you mean …?`` with the nearest known name, else the list of known names (at most eight).

    >>> suggest("steqs", ["steps", "vessel"])
    'did you mean steps?'
    >>> suggest("zzz", ["steps", "vessel"])
    'one of: steps, vessel'
    """
    from difflib import get_close_matches

    names = sorted(known)
    folded = {candidate.casefold(): candidate for candidate in names}
    near = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    if near:
        return f"did you mean {folded[near[0]]}?"
    if not names:
        return "none is defined here"
    rest = f" … ({len(names)} in all)" if len(names) > 8 else ""
    return f"one of: {', '.join(names[:8])}{rest}"


class Doubt(ValueError):
    """What is wrong with one value: raised by a parser, turned into a Finding by the reader who knows the value's place."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        """Keep the finding's code, message and remedy."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy

    def at(self, place: Place, severity: Severity = "error") -> Finding:
        """Return the doubt as a finding at its place."""
        return Finding(severity, self.code, place, self.message, self.remedy)


def either(names: Sequence[str]) -> str:
    """Return a choice in words: ``octane, hexane or toluene``."""
    return " or ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
