"""What is typed at the bench (``4a=1.034g 12=21.5C/34% MeOAc=lot:M7``) becomes drafts of events, all doubts at once."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, Final

from peqdlab.event import RESULTS, Draft
from peqdlab.findings import Doubt, Finding, Place, suggest
from peqdlab.outcomes import OUTCOMES
from peqdlab.record import planned_quantities
from peqdlab.units import ARITHMETIC, RATIO, Quantity, a_kind, as_typed, convert, kind_of, parse_quantity, plain, require_kind, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from peqdlab.plan import Plan
    from peqdlab.record import BatchRecord

# A weight or volume further from its plan than this is remarked on.
DEVIATION: Final = Decimal("0.02")
_LOT_FIELDS: Final = ("lot", "opened", "grade", "supplier", "water")
_ROOM_LIMITS: Final = {"temperature_c": (Decimal(-20), Decimal(60)), "relative_humidity_pct": (Decimal(0), Decimal(100))}
_SIGNED_KINDS: Final = ("temperature",)
_BOTH: Final = "write temperature and relative humidity, as in 21.5C/34%"


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
        self.planned = planned_quantities(plan)
        self.steps = {str(run.n): run for run in plan.books.steps}
        self.blanks = {blank.code: blank for run in plan.books.steps for blank in run.blanks}
        self.materials = {
            name: use.reagent.key
            for run in plan.books.steps
            for use in run.uses
            if use.reagent is not None
            for name in (use.material.name, use.reagent.key)
        }
        self.drafts: list[Draft] = []
        self.findings: list[Finding] = []
        self.seen: set[str] = set()

    def fill(self, assignments: Iterable[str]) -> None:
        """Read ``CODE=VALUE`` texts as new values."""
        for text in assignments:
            if read := self._read(text):
                self._add(text, *read)

    def _add(self, text: str, kind: str, key: str, body: dict[str, Any]) -> None:
        """Keep a new value, unless there is one already or the batch is closed."""
        old = self.record.find(key)
        if old is not None:
            self._report(key, "R104", f"{key} was logged already: {said(old.body)}", self._retype(kind, text))
        elif self.record.closed and kind != "outcome":
            message = f"batch {self.record.batch} is closed as {self.record.status}, and {key} was never logged"
            self._report(
                key, "R107", message, f"keep it as a note: peqdlab log-batch {self.record.batch}{self.option} --note {_quoted(text)}"
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

    def correct(self, assignments: Sequence[str], reason: str) -> None:
        """Read ``CODE=VALUE`` texts as corrections of what was logged, with one reason."""
        if assignments and not reason.strip():
            self._report("--reason", "R106", "a correction has no reason", 'add --reason "why the first value was wrong"')
        for text in assignments:
            read = self._read(text)
            if read is None:
                continue
            kind, key, body = read
            old = self.record.find(key)
            if old is None:
                logged = [*self.record.actuals, *self.record.conditions, *self.record.lots, *self.record.outcomes]
                instead = "keep it as a --note" if self.record.closed and kind != "outcome" else "log it without --correct"
                self._report(key, "R105", f"{key} has not been logged yet", f"{instead}; {suggest(key, logged)}")
            elif self._once(key):
                now = old.body | body if kind == "condition" else body  # RH corrected alone leaves the temperature as it was
                self.draft("correction", {"corrects": old.seq, "now": now, "was": said(old.body), "reason": reason.strip()})

    def outcomes(self, assignments: Iterable[str]) -> None:
        """Read ``NAME=VALUE`` texts as outcomes typed by hand."""
        for text in assignments:
            name, _, value = text.partition("=")
            if name not in OUTCOMES:
                self._report(text[:40], "R109", f"{name[:40]!r} is no outcome", suggest(name, OUTCOMES))
            elif body := self._outcome(name, value):
                self._add(text, "outcome", name, body)

    def as_planned(self) -> None:
        """State that every blank with a plan and no value yet went as planned."""
        stated = self.record.as_planned
        codes = [code for code in self.planned if code not in self.record.actuals and code not in stated and code not in self.seen]
        if self.record.closed:
            self._report("--as-planned", "R107", f"batch {self.record.batch} is closed as {self.record.status}", "add a --note")
        elif codes:
            self.draft("as_planned", {"codes": codes})

    def note(self, text: str) -> None:
        """Add a note as typed."""
        if text.strip():
            self.draft("note", {"text": text})
        else:
            self._report("--note", "R113", "the note has no text", 'write --note "what is worth keeping"')

    def close(self, result: str, reason: str) -> None:
        """Close the batch as good, failed or abandoned; the latter two say why."""
        if result not in RESULTS:
            self._report("--close", "L104", f"{result[:40]!r} is no way to close a batch", f"one of: {', '.join(RESULTS)}")
        elif self.record.closed:
            self._report("--close", "R107", f"batch {self.record.batch} is closed as {self.record.status} already", "add a --note")
        elif result != "good" and not reason.strip():
            self._report("--reason", "R106", f"a batch closed as {result} has no reason", 'add --reason "what happened"')
        else:
            self.draft("close", {"result": result, "reason": reason.strip()})

    def draft(self, kind: str, body: dict[str, Any]) -> None:
        """Keep an event to write."""
        self.drafts.append(Draft(self.record.batch, kind, self.at, self.by, body))

    def _retype(self, kind: str, text: str) -> str:
        command = "measure" if kind == "outcome" else "log-batch"
        return f"correct it: peqdlab {command} {self.record.batch}{self.option} --correct {_quoted(text)} --reason …"

    # reading one assignment ------------------------------------------------------------------------------------------

    def _report(self, key: str, code: str, message: str, remedy: str) -> None:
        severity = "warning" if code == "R110" else "error"
        self.findings.append(Finding(severity, code, Place(key), message, remedy))  # type: ignore[arg-type]

    def _read(self, text: str) -> tuple[str, str, dict[str, Any]] | None:
        """Return kind of event, key and body of one assignment; None after a finding."""
        key, sign, value = (part.strip() for part in text.partition("="))
        if not sign or not key or not value:
            self._report(text[:40], "A102", f"{text[:40]!r} is not CODE=VALUE", "write 4a=1.034g, 12=21.5C/34% or MeOAc=lot:M7")
            return None
        try:
            return self._read_value(key, value)
        except Doubt as doubt:
            self._report(key, doubt.code, f"{key}: {doubt.message}", doubt.remedy)
            return None

    def _read_value(self, key: str, value: str) -> tuple[str, str, dict[str, Any]] | None:
        if key in self.blanks:
            return "actual", key, self._actual(key, value)
        if key == "room" or key in self.steps:
            body = self._condition(key, value)
            return ("condition", key, body) if body else None
        if key in self.materials:
            body = self._lot(self.materials[key], value)
            return ("lot", self.materials[key], body) if body else None
        if key in OUTCOMES:
            body = self._outcome(key, value)
            return ("outcome", key, body) if body else None
        self._report(key[:40], "R101", f"{key[:40]!r} is no code, step or material of {self.record.batch}", self._near(key))
        return None

    def _near(self, key: str) -> str:
        """Return what a wrong code may have meant: the blanks of its step, else the nearest name."""
        step = key.rstrip(ascii_lowercase)
        asked = [f"{code} ({self.blanks[code].asks})" for code in self.blanks if code.rstrip(ascii_lowercase) == step]
        if step and asked:
            return f"step {step} asks {', '.join(asked)}"
        return suggest(key, [*self.blanks, *self.steps, *self.materials, "room"])

    def _actual(self, code: str, value: str) -> dict[str, Any]:
        blank = self.blanks[code]
        found = parse_quantity(value)
        planned = self.planned.get(code)
        if planned is not None:
            require_kind(found, kind_of(planned.dimension))
        if found.value < 0 and not any(found.is_kind(kind) for kind in _SIGNED_KINDS):
            raise Doubt("Q107", f"{value} is below zero", "write zero or more")
        body = {"code": code, "asks": blank.asks, "value": as_typed(value)}
        if planned is not None:
            body["planned"] = show(planned, 4)
            self._deviation(code, blank.asks, found, planned, body)
        return body

    def _deviation(self, code: str, asks: str, found: Quantity, planned: Quantity, body: dict[str, Any]) -> None:
        if not planned.value or not any(found.is_kind(kind) for kind in ("mass", "volume")):
            return
        off = ARITHMETIC.divide(found.value - planned.value, planned.value)
        body["deviation_pct"] = f"{off * 100:+.1f}"
        if abs(off) > DEVIATION and asks not in ("liquid left", "product obtained"):
            message = f"{asks} {body['value']} is {body['deviation_pct']} % from the plan of {show(planned, 4)}"
            self._report(code, "R110", message, "check the reading; if it is right, the as-run ratios above hold")

    def _condition(self, key: str, value: str) -> dict[str, Any] | None:
        body: dict[str, Any] = {"step": key, "typed": value}
        for part in re.split(r"[/,\s]+(?=[-+.\d])", value.strip()):
            found = parse_quantity(part)
            if not found.is_kind("temperature") and found.dimension != RATIO:
                raise Doubt("R102", f"{part} is {a_kind(kind_of(found.dimension))}", _BOTH)
            name = "temperature_c" if found.is_kind("temperature") else "relative_humidity_pct"
            if name in body:
                raise Doubt("R102", f"{value} gives {'temperature' if name == 'temperature_c' else 'humidity'} twice", _BOTH)
            body[name] = f"{found.value if name == 'temperature_c' else convert(found, '%'):f}"  # digits as typed
        for name, (low, high) in _ROOM_LIMITS.items():
            if name in body and not low <= Decimal(body[name]) <= high:
                what, unit = ("RH", "%") if "humidity" in name else ("room temperature", "°C")
                message = f"{what} {body[name]} {unit} is outside {plain(low)} to {plain(high)} {unit}"
                self._report(key, "R103", message, f"write {key}=21.5C/34% with the meter's reading")
                return None
        return body

    def _lot(self, material: str, value: str) -> dict[str, Any] | None:
        body: dict[str, Any] = {"material": material}
        for part in value.split(","):
            name, sign, text = (piece.strip() for piece in part.partition(":"))
            if not sign or name not in _LOT_FIELDS or not text:
                self._report(
                    material,
                    "R102",
                    f"{part.strip()[:40]!r} says nothing of a bottle",
                    f"write {material}=lot:M7,opened:2026-11-20,grade:anhydrous",
                )
                return None
            if name in body:
                self._report(material, "R102", f"the bottle has {name} twice: {body[name]}, {text[:40]}", f"give {name} once")
                return None
            body[name] = text
        if "opened" in body:
            body["opened"] = parse_day(body["opened"]).isoformat()
        if "water" in body:
            require_kind(parse_quantity(body["water"]), "ratio")
        return body

    def _outcome(self, name: str, value: str) -> dict[str, Any] | None:
        outcome = OUTCOMES[name]
        try:
            found = (
                Quantity(Decimal(value), RATIO) if outcome.kind == "ratio" and re.fullmatch(r"0?\.\d+", value) else parse_quantity(value)
            )
            require_kind(found, outcome.kind)
            number = convert(found, outcome.unit)
        except Doubt as doubt:
            self._report(
                name, doubt.code, f"{name}: {doubt.message}", f"write {name}={outcome.high}{outcome.unit}, a number in {outcome.unit}"
            )
            return None
        if not Decimal(outcome.low) <= number <= Decimal(outcome.high):
            message = f"{name} is {plain(number)} {outcome.unit}, outside {outcome.low} to {outcome.high} {outcome.unit}"
            self._report(name, "R102", message, "check number and unit")
            return None
        return {"name": name, "value": f"{number:f} {outcome.unit}", "typed": value}  # digits as typed


def said(body: dict[str, Any]) -> str:
    """Return what an event's body says, in the form in which it is typed."""
    if "value" in body:
        return str(body["value"])
    if "material" in body:
        return ", ".join(f"{name} {body[name]}" for name in _LOT_FIELDS if name in body)
    parts = (("temperature_c", "°C"), ("relative_humidity_pct", "% RH"))
    return ", ".join(f"{body[name]} {unit}" for name, unit in parts if name in body)


def _quoted(text: str) -> str:
    """Return a text as a shell takes it, in quotes even where they could be left out."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def parse_day(text: str) -> date:
    """Return a date written 2026-11-20; raise Doubt R111."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Doubt("R111", f"{text[:40]!r} is not a date", "write it as 2026-11-20") from None


def parse_moment(text: str, now: datetime) -> str:
    """Return a time as ISO 8601 with its offset: a date, a date and time, or a time of today; local where no offset is given.

    Raises Doubt R111 for anything else, and for a time more than a day ahead of ``now``.
    """
    written = text.strip()
    try:
        moment = datetime.fromisoformat(
            f"{now.date().isoformat()}T{written}" if re.fullmatch(r"\d{2}:\d{2}(:\d{2})?", written) else written
        )
    except ValueError:
        raise Doubt("R111", f"{text[:40]!r} is not a time", "write it as 2026-11-20T14:30 or 14:30") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=now.tzinfo)
    if (moment - now).total_seconds() > 86400:
        raise Doubt("R111", f"{text[:40]} lies in the future", "write when it was done")
    return moment.isoformat(timespec="seconds")
