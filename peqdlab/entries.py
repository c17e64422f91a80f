"""What is typed at the bench (``4a=1.034g 12=21.5C/34% MeOAc=lot:M7``) becomes drafts of events, all doubts at once."""

from __future__ import annotations

import re
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, Final

from peqdlab.asked import asked_of, deviation, in_kind
from peqdlab.event import RESULTS, Draft
from peqdlab.findings import Doubt, Finding, Place, suggest
from peqdlab.outcomes import OUTCOMES, is_outcome
from peqdlab.record import as_run
from peqdlab.typed import Refusal, quoted, read_condition, read_lot, read_outcome, said, says_nothing
from peqdlab.units import as_typed, convert, kind_of, parse_quantity, require_kind, show, significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from peqdlab.plan import Plan
    from peqdlab.record import BatchRecord, Logged

_SIGNED_KINDS: Final = ("temperature",)
_WARNINGS: Final = ("R110", "R114", "R115", "R116")
_NOTES: Final = ("R112",)
# Kinds of events whose fields are added to and corrected one by one; what is not named stays as it was.
_BY_FIELD: Final = {"condition": ("step", "typed"), "lot": ("material",)}
_WHY: Final = 'add --reason "why the first value was wrong"'
_REOPEN: Final = "open"
_MOST_LISTED: Final = 8


class Entries:
    """Reads assignments for one batch; collects drafts and findings, and writes nothing.

    ``option`` is what a command needs to find the batch's store again, such as `` --store lab.db``.
    """

    def __init__(self, record: BatchRecord, plan: Plan, *, at: str, by: str, option: str = "") -> None:
        self.record = record
        self.option = option
        self.plan = plan
        self.at = at
        self.by = by
        self.asked = asked_of(plan)
        self.steps = {str(run.n): run for run in plan.books.steps}
        self.materials = {
            name: use.reagent.key
            for run in plan.books.steps
            for use in run.uses
            if use.reagent is not None
            for name in (use.material.name, use.reagent.key)
        }
        self.stages = tuple(made.name for made in plan.template.preparations)
        self.drafts: list[Draft] = []
        self.findings: list[Finding] = []
        self.seen: set[str] = set()
        self.stated: set[str] = set()  # by --as-planned, in this command

    # filling ---------------------------------------------------------------------------------------------------------

    def fill(self, assignments: Iterable[str]) -> None:
        """Read ``CODE=VALUE`` texts as new values."""
        for text in assignments:
            if read := self._read(text):
                self._add(text, *read)

    def outcomes(self, assignments: Iterable[str]) -> None:
        """Read ``NAME=VALUE`` texts as outcomes typed by hand."""
        for text in assignments:
            name = text.partition("=")[0].strip()
            if not is_outcome(name, self.stages):
                staged = [f"{stage}.{outcome}" for stage in self.stages for outcome in OUTCOMES] if "." in name else OUTCOMES
                self._report(text[:40], "R109", f"{name[:40]!r} is no outcome", suggest(name, staged))
            elif read := self._read(text):
                self._add(text, *read)

    def _add(self, text: str, kind: str, key: str, body: dict[str, Any]) -> None:
        """Keep a new value, unless there is one already or the batch is closed; new fields of a bottle or room are new."""
        old = self.record.find(key)
        if old is not None and (self.record.closed or not _adds(kind, old, body)):
            self._report(key, "R104", f"{key} was logged already: {said(old.body)}", self._retype(kind, text))
        elif self.record.closed and kind != "outcome":
            message = f"batch {self.record.batch} is closed as {self.record.status}, and {key} was never logged"
            self._report(
                key, "R107", message, f"keep it as a note: peqdlab log-batch {self.record.batch}{self.option} --note {quoted(text)}"
            )
        elif self._once(key):
            self.draft(kind, body)

    def _once(self, key: str) -> bool:
        """Return whether this is the first time that a key is given in this command; else report it."""
        if key in self.seen:
            self._report(key, "R104", f"{key} is given twice in this command", "give it once")
            return False
        self.seen.add(key)
        return True

    def as_planned(self) -> None:
        """State that every blank with a plan and no value yet went as planned; what is a result is left to be measured."""
        if self.record.closed:
            self._report("--as-planned", "R107", f"batch {self.record.batch} is closed as {self.record.status}", "add a --note")
            return
        open_codes = self._never_logged()
        self.stated = {code for code in open_codes if not self.asked[code].is_result and self.asked[code].planned is not None}
        if self.stated:
            self.draft("as_planned", {"codes": [code for code in open_codes if code in self.stated]})
        if rest := [code for code in open_codes if code not in self.stated]:
            message = f"not covered, for results are measured and not planned: {self._listed(rest)}"
            remedy = f"log what was measured: peqdlab log-batch {self.record.batch}{self.option} {rest[-1]}=VALUE"
            self._report("--as-planned", "R112", message, remedy)

    def _never_logged(self) -> list[str]:
        """Return the codes of all blanks that have neither a value nor a statement that they went as planned."""
        known = (self.record.actuals, self.record.as_planned, self.seen, self.stated)
        return [code for code in self.asked if not any(code in book for book in known)]

    def _listed(self, codes: Sequence[str]) -> str:
        shown = ", ".join(f"{code} {self.asked[code].asks}" for code in codes[:_MOST_LISTED])
        return shown + (f" … ({len(codes)} in all)" if len(codes) > _MOST_LISTED else "")

    def note(self, text: str) -> None:
        """Add a note as typed."""
        if text.strip():
            self.draft("note", {"text": text})
        else:
            self._report("--note", "R113", "the note has no text", 'write --note "what is worth keeping"')

    def close(self, result: str, reason: str) -> None:
        """Close the batch as good, failed or abandoned; the latter two say why. Good with blanks never logged is remarked on."""
        if result not in RESULTS:
            self._report("--close", "L104", f"{result[:40]!r} is no way to close a batch", f"one of: {', '.join(RESULTS)}")
        elif self.record.closed:
            message = f"batch {self.record.batch} is closed as {self.record.status} already"
            self._report("--close", "R107", message, self._retype("close", f"close={result}"))
        elif result != "good" and says_nothing(reason):
            self._report("--reason", "R106", f"a batch closed as {result} has no reason", 'add --reason "what happened"')
        else:
            self.draft("close", {"result": result, "reason": reason.strip()})
            if result == "good":
                self._count_never_logged()

    def _count_never_logged(self) -> None:
        codes = self._never_logged()
        if not codes:
            return
        self.findings = [finding for finding in self.findings if finding.code != "R112"]  # the same blanks, said once
        message = f"closed as good with {len(codes)} of {len(self.asked)} blanks never logged: {self._listed(codes)}"
        self._report("--close", "R115", message, f"open it again, then log them: {self._command('log-batch', 'close=open')}")

    def draft(self, kind: str, body: dict[str, Any]) -> None:
        """Keep an event to write."""
        self.drafts.append(Draft(self.record.batch, kind, self.at, self.by, body))

    # correcting ------------------------------------------------------------------------------------------------------

    def correct(self, assignments: Sequence[str], reason: str) -> None:
        """Read ``CODE=VALUE`` texts as corrections of what was logged or stated as planned, with one reason.

        ``close=failed`` corrects how the batch ended (``close=open``: it has not), ``note7=…`` the note of event 7.
        """
        if assignments and says_nothing(reason):
            found = f"the reason {reason.strip()[:40]!r} says nothing" if reason.strip() else "a correction has no reason"
            self._report("--reason", "R106", found, _WHY)
        for text in assignments:
            key = text.partition("=")[0].strip()
            if re.fullmatch(r"close|note\d{0,9}", key, re.ASCII):
                self._correct_own(key, text.partition("=")[2].strip(), reason.strip())
            elif read := self._read(text):
                self._correct_value(*read, reason=reason.strip())

    def _correct_value(self, kind: str, key: str, body: dict[str, Any], *, reason: str) -> None:
        old = self.record.find(key)
        if old is None:
            logged = [*self.record.actuals, *self.record.conditions, *self.record.lots, *self.record.outcomes]
            instead = "keep it as a --note" if self.record.closed and kind != "outcome" else "log it without --correct"
            self._report(key, "R105", f"{key} has not been logged yet", f"{instead}; {suggest(key, logged)}")
        elif self._once(key):
            self._correction(old, old.body | body if kind in _BY_FIELD else body, reason)

    def _correction(self, old: Logged, now: dict[str, Any], reason: str) -> None:
        ending = {"result": now["result"]} if "result" in now else {}  # the list of batches looks for it there
        self.draft("correction", {"corrects": old.seq, "now": now, "was": said(old.body), "reason": reason, **ending})

    def _correct_own(self, key: str, value: str, reason: str) -> None:
        """Correct the close, or a note by the number of its event."""
        closed, notes = self.record.closed, {f"note{note.seq}": note for note in self.record.notes}
        if key == "close" and value not in (*RESULTS, _REOPEN):
            self._report(key, "L104", f"{value[:40]!r} is no way for a batch to end", f"one of: {', '.join((*RESULTS, _REOPEN))}")
        elif key == "close" and closed is None:
            self._report(key, "R105", f"batch {self.record.batch} is not closed", "close it: --close good, failed or abandoned")
        elif key == "close" and closed is not None and self._once(key):
            self._correction(closed, {"result": value, **({} if value == _REOPEN else {"reason": reason})}, reason)
        elif key.startswith("note"):
            note = notes.get(key) or (self.record.notes[0] if key == "note" and len(notes) == 1 else None)
            if note is None:
                remedy = suggest(key, notes) if notes else "add a --note"
                self._report(key, "R105", f"there is no {key}: a note is named by its event", remedy)
            elif not value:
                self._report(key, "R113", "the note has no text", f"write --correct {key}='what is worth keeping'")
            elif self._once(key):
                self._correction(note, {"text": value}, reason)

    def _retype(self, kind: str, text: str) -> str:
        return f"correct it: {self._command('measure' if kind == 'outcome' else 'log-batch', text)}"

    def _command(self, command: str, text: str) -> str:
        return f"peqdlab {command} {self.record.batch}{self.option} --correct {quoted(text)} --reason …"

    # reading one assignment ------------------------------------------------------------------------------------------

    def _report(self, key: str, code: str, message: str, remedy: str) -> None:
        severity = "warning" if code in _WARNINGS else "note" if code in _NOTES else "error"
        self.findings.append(Finding(severity, code, Place(key), message, remedy))  # type: ignore[arg-type]

    def _read(self, text: str) -> tuple[str, str, dict[str, Any]] | None:
        """Return kind of event, key and body of one assignment; None after a finding."""
        key, sign, value = (part.strip() for part in text.partition("="))
        if not sign or not key or not value:
            self._report(text[:40], "A102", f"{text[:40]!r} is not CODE=VALUE", "write 4a=1.034g, 12=21.5C/34% or MeOAc=lot:M7")
            return None
        key = self.materials.get(key, key)
        try:
            return self._read_value(key, value)
        except Refusal as doubt:
            self._report(key, doubt.code, doubt.message, doubt.remedy)
        except Doubt as doubt:
            self._report(key, doubt.code, f"{key}: {doubt.message}", doubt.remedy)
        return None

    def _read_value(self, key: str, value: str) -> tuple[str, str, dict[str, Any]] | None:
        if key in self.asked:
            return "actual", key, self._actual(key, value)
        if key == "room" or key in self.steps:
            return "condition", key, read_condition(key, value)
        if key in self.materials:
            return "lot", key, self._lot(key, value)
        if is_outcome(key, self.stages):
            return "outcome", key, self._outcome(key, value)
        named = self.record.batch if self.record.started.seq else "this plan"
        self._report(key[:40], "R101", f"{key[:40]!r} is no code, step or material of {named}", self._near(key))
        return None

    def _near(self, key: str) -> str:
        """Return what a wrong code may have meant: the blanks of its step, else the nearest name."""
        step = key.rstrip(ascii_lowercase)
        asked = [f"{code} ({blank.asks})" for code, blank in self.asked.items() if code.rstrip(ascii_lowercase) == step]
        if step and asked:
            return f"step {step} asks {', '.join(asked)}"
        return suggest(key, [*self.asked, *self.steps, *self.materials, "room"])

    def _actual(self, code: str, value: str) -> dict[str, Any]:
        asked = self.asked[code]
        typed = parse_quantity(value)
        if typed.value < 0 and not any(typed.is_kind(kind) for kind in _SIGNED_KINDS):
            raise Doubt("Q107", f"{value} is below zero", "write zero or more")
        body: dict[str, Any] = {"code": code, "asks": asked.asks, "value": as_typed(value)}
        if asked.planned is None:
            return body
        found = require_kind(in_kind(asked, typed), kind_of(asked.planned.dimension))
        if found.dimension != typed.dimension and asked.reagent and asked.reagent.density:
            body |= {"equals": show(found, 4), "density": f"{asked.reagent.density.text} [{asked.reagent.density.source}]"}
        off, told = deviation(asked, found)
        if told:
            remedy = f"check the reading: a wrong one is mended by --correct {code}=VALUE --reason TEXT, a right one stands as a deviation"
            self._report(code, "R110", f"{asked.asks} {body['value']} is {told}", remedy)
        return body | {"planned": show(asked.planned, 4)} | off

    def _lot(self, material: str, value: str) -> dict[str, Any]:
        body = read_lot(material, value)
        if body.get("opened", "") > self.at[:10]:
            message = f"the bottle was opened on {body['opened']}, after it was used on {self.at[:10]}"
            self._report(material, "R116", message, f"correct the day: --correct {material}=opened:{self.at[:10]} --reason TEXT")
        return body

    def _outcome(self, name: str, value: str) -> dict[str, Any]:
        body = read_outcome(name, value)
        computed = as_run(self.record, self.plan).stoichiometry if name == "yield" else None
        if computed and convert(parse_quantity(body["value"]), "mg") > computed.ceiling_mg:
            message = f"yield {body['value']} is above the ceiling of {significant(computed.ceiling_mg)} mg, as run"
            self._report(name, "R114", message, "dry and weigh it again, or say with --note what else was weighed: ligands, solvent, salts")
        return body


def _adds(kind: str, old: Logged, body: dict[str, Any]) -> bool:
    """Return whether a body only adds fields that were not logged yet."""
    return kind in _BY_FIELD and not (body.keys() & old.body.keys()) - {*_BY_FIELD[kind]}
