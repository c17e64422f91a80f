"""The events of a batch, folded into its record: what was planned, what was done, in what air, from which bottles, corrected by whom."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab.books import Inputs, Room, Stock
from peqdlab.config import read_instruments
from peqdlab.cutting import cut_out
from peqdlab.errors import ContentError
from peqdlab.family import read_family
from peqdlab.instruments import DEFAULT, Instruments
from peqdlab.joining import assemble
from peqdlab.ledger import Contents
from peqdlab.plan import Plan, make_plan
from peqdlab.preparation import Cut, Part
from peqdlab.protocol import read_template
from peqdlab.reagents import Reagents
from peqdlab.source import Source, parse_source
from peqdlab.step_settings import with_settable
from peqdlab.units import Quantity, parse_count, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peqdlab.event import Event
    from peqdlab.preparation import Template


AS_PLANNED: Final = "as planned"


class Logged(NamedTuple):
    """One fact of the record with who said it when; ``was`` holds the values it corrects, oldest first."""

    seq: int
    at: str
    by: str
    body: dict[str, Any]
    was: tuple[dict[str, Any], ...] = ()
    reason: str = ""


class BatchRecord:
    """One batch: its frozen plan document and everything logged since, by what it is about."""

    def __init__(self, batch: str, document: dict[str, Any], started: Event) -> None:
        """Open the record with its plan; ``fold`` adds the rest."""
        self.batch = batch
        self.document = document
        self.started = started
        self.actuals: dict[str, Logged] = {}  # by sheet code
        self.conditions: dict[str, Logged] = {}  # by step number, or "room" for the session
        self.lots: dict[str, Logged] = {}  # by reagent
        self.outcomes: dict[str, Logged] = {}  # by name
        self.as_planned: dict[str, Logged] = {}  # by sheet code: somebody said that it went as planned
        self.notes: list[Logged] = []
        self.deviations: list[Logged] = []
        self.corrections: list[Logged] = []
        self.closed: Logged | None = None
        self.last_seq = started.seq

    @property
    def status(self) -> str:
        """Return open, good, failed or abandoned."""
        return str(self.closed.body["result"]) if self.closed else "open"

    def find(self, key: str) -> Logged | None:
        """Return what was logged under a sheet code (a value, else as planned), a step's number or ``room``, a material, an outcome."""
        books = (self.actuals, self.conditions, self.lots, self.outcomes, self.as_planned)
        return next((book[key] for book in books if key in book), None)


_KEYS: Final = {
    "actual": ("actuals", "code"),
    "condition": ("conditions", "step"),
    "lot": ("lots", "material"),
    "outcome": ("outcomes", "name"),
}
_GROWING: Final = ("condition", "lot")  # said field by field; a later event adds to what is there
_UNEXPLAINED: Final = "logged later, no reason given"


def fold(events: Iterable[Event]) -> BatchRecord:
    """Return the record that the events of one batch add up to, in order of their sequence numbers."""
    start, *later = events
    record = BatchRecord(start.batch, start.body, start)
    by_seq: dict[int, tuple[str, str]] = {}  # what an event is about: a book of the record, and the key in it
    for event in later:
        record.last_seq = event.seq
        logged = Logged(event.seq, event.at, event.by, event.body)
        if event.kind in _KEYS:
            book_name, name = _KEYS[event.kind]
            key = event.body[name]
            getattr(record, book_name)[key] = _joined(record, event.kind, key, logged)
            by_seq[event.seq] = (book_name, key)
        elif event.kind == "correction":
            record.corrections.append(logged)
            _correct(record, logged, by_seq)
        elif event.kind == "close":
            record.closed = logged
            by_seq[event.seq] = ("closed", "")
        elif event.kind == "as_planned":
            record.as_planned |= {code: logged._replace(body={"code": code, "value": AS_PLANNED}) for code in event.body["codes"]}
            by_seq[event.seq] = ("as_planned", "")
        elif event.kind == "deviation":
            record.deviations.append(logged)
        else:
            record.notes.append(logged)
            by_seq[event.seq] = ("notes", str(event.seq))
    return record


def _joined(record: BatchRecord, kind: str, key: str, logged: Logged) -> Logged:
    """Return a new fact with what it adds to, and a value with the statement that it replaces: neither is lost from sight."""
    old = record.find(key)
    if old is None:
        return logged
    if kind in _GROWING:
        return logged._replace(body=old.body | logged.body, was=old.was, reason=old.reason)
    if old.body.get("value") == AS_PLANNED:
        return logged._replace(was=(old.body,), reason=_UNEXPLAINED)
    return logged


def _correct(record: BatchRecord, correction: Logged, by_seq: dict[int, tuple[str, str]]) -> None:
    """Put the new value where the old one stood; both stay visible."""
    book_name, key = by_seq.get(int(correction.body["corrects"]), ("", ""))
    now, reason = correction.body.get("now"), correction.body.get("reason", "")
    if not book_name or not isinstance(now, dict):
        return
    by_seq[correction.seq] = (book_name, key)
    if book_name == "notes":
        record.notes = [_mended(note, now, reason) if str(note.seq) == key else note for note in record.notes]
    elif book_name == "closed":
        was = (*record.closed.was, record.closed.body) if record.closed else ()
        ended = now.get("result") not in (None, "open")
        record.closed = correction._replace(body=now, was=was, reason=reason) if ended else None
    else:
        key = key or now["code"]  # a statement about many blanks is corrected blank by blank
        old = record.find(key)
        book_name = "actuals" if book_name == "as_planned" else book_name
        getattr(record, book_name)[key] = correction._replace(body=now, was=(*old.was, old.body) if old else (), reason=reason)
        by_seq[correction.seq] = (book_name, key)


def _mended(note: Logged, now: dict[str, Any], reason: str) -> Logged:
    """Return a note with its new text; it keeps the time and the name of who wrote it."""
    return note._replace(body=now, was=(*note.was, note.body), reason=reason)


def plan_of(document: dict[str, Any], inputs: Inputs | None = None) -> Plan:
    """Return the plan of a stored document again, from its own text and its own reagents.

    Raises ContentError where that text can no longer be read.
    """
    reagents = Reagents(document["reagents"])
    stocks = {name: _stock(row) for name, row in document.get("stocks", {}).items()}
    template = _template_of(document, reagents, stocks)
    chosen = (inputs or Inputs())._replace(
        settings={name: parse_count(text) for name, text in document["choices"].items()},
        scale=Fraction(document["scale"]) if document["scale"] != "1" else 1,
        weighed={name: parse_quantity(text) for name, text in document.get("weighed", {}).items()},
        instruments=_instruments_of(document),
        assays={name: parse_quantity(text).value for name, text in document.get("assays", {}).items()},
        substrates=int(document.get("substrates") or 1),
        stocks=stocks,
        lots=document.get("lots", {}),
        run=document.get("run", {}),
        rooms={int(n): _room(row) for n, row in document.get("rooms", {}).items()},
        portions={name: int(n) for name, n in document.get("portions", {}).items()},
        scaled_for=int(document.get("scaled_for") or 0),
    )
    return make_plan(template, reagents, chosen, document["accepted"])


def _template_of(document: dict[str, Any], reagents: Reagents, stocks: Iterable[str]) -> Template:
    """Return the template of a stored plan: its protocols joined, the piece of them that it is, and the steps whose values were set."""
    row = document.get("cut")
    cut = Cut(tuple(row["makes"]), tuple(row["takes"])) if row else Cut()
    parts = [_part(member, reagents) for member in document.get("members") or [document]]
    whole = assemble(parts, [name for name in stocks if name not in cut.takes])
    return with_settable(cut_out(whole, cut) if row else whole, document["choices"])


def _room(row: dict[str, str]) -> Room:
    temperature, humidity = row.get("temperature_c"), row.get("relative_humidity_pct")
    return Room(None if temperature is None else Decimal(temperature), None if humidity is None else Decimal(humidity) / 100)


def _instruments_of(document: dict[str, Any]) -> Instruments:
    """Return the instruments that a plan was made for; the defaults where it was stored without. Raises ContentError."""
    if not document.get("instruments"):
        return DEFAULT
    instruments, findings = read_instruments(Source("instruments of the plan", "", document["instruments"]), stored=True)
    if findings:
        raise ContentError(*findings)
    return instruments


def _part(member: dict[str, Any], reagents: Reagents) -> Part:
    """Return one protocol of a stored plan, from its own text."""
    source = parse_source(member["template"]["text"], member["template"]["file"])
    family = read_family(source, member["protocol"])
    template, findings = read_template(family, member["variant"], reagents)
    if template is None:
        raise ContentError(*findings)
    return Part(template, tuple(member.get("gives", {}).items()), member.get("only", False))


def _stock(row: dict[str, Any]) -> Stock:
    species, liquids = ({name: Decimal(text) for name, text in row[key].items()} for key in ("species_mmol", "liquids_ml"))
    return Stock(row["origin"], Contents(species, liquids))


def planned_quantities(plan: Plan) -> dict[str, Quantity]:
    """Return what the plan puts under every code that has a planned value, unrounded."""
    blanks = {blank.code: blank.planned for run in plan.books.steps for blank in run.blanks if blank.planned is not None}
    return blanks | {use.code: use.quantity for run in plan.books.steps for use in run.uses if use.code}


def as_run(record: BatchRecord, plan: Plan | None = None) -> Plan:
    """Return the plan as it really went: actual amounts where logged, planned ones elsewhere, in the room as recorded.

    What was planned by relation (such as the last solvent) counts as planned, not as recomputed, unless it was logged.
    """
    plan = plan or plan_of(record.document)
    materials = {use.code: use.quantity for run in plan.books.steps for use in run.uses if use.code}
    actuals = {code: parse_quantity(logged.body["value"]) for code, logged in record.actuals.items()}
    rooms = {run.n: room_at(record, run.n) for run in plan.books.steps}
    return make_plan(plan.template, plan.reagents, plan.inputs._replace(amounts=materials | actuals, rooms=rooms), plan.accepted)


def room_at(record: BatchRecord, n: int) -> Room:
    """Return the air at a step: as logged there, else as logged for the session, else unknown."""
    temperature, humidity = (room_text(record, n, name) for name in ("temperature_c", "relative_humidity_pct"))
    return Room(
        None if temperature is None else Decimal(temperature),
        None if humidity is None else Decimal(humidity) / 100,
    )


def room_text(record: BatchRecord, n: int, name: str) -> str | None:
    """Return one condition at a step with its digits as typed; None where neither step nor session has it."""
    books = [record.conditions[key].body for key in (str(n), "room") if key in record.conditions]
    return next((str(body[name]) for body in books if name in body), None)


def room_status(record: BatchRecord, n: int, name: str) -> str:
    """Return measured, inherited (from the session) or not recorded for a condition at a step."""
    if name in (record.conditions[str(n)].body if str(n) in record.conditions else {}):
        return "measured"
    return "inherited" if name in (record.conditions["room"].body if "room" in record.conditions else {}) else "not recorded"
