"""One value as typed at the bench becomes the body of an event: the room, a bottle, an outcome, a moment; and back to words."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from peqdlab.air import AIR, LIMITS, said_air
from peqdlab.findings import Doubt
from peqdlab.outcomes import outcome_of
from peqdlab.units import RATIO, Quantity, a_kind, convert, kind_of, parse_quantity, plain, require_kind

LOT_FIELDS: Final = ("lot", "opened", "grade", "supplier", "water")
_BOTH: Final = "write temperature and relative humidity, as in 21.5C/34%"
_GASES: Final = {name: key for name, key, unit in AIR if unit == "ppm"}
# Two clocks of one lab may differ by minutes; a year before the first dots is a slip of the hand.
_SLACK: Final = timedelta(minutes=5)
_EARLIEST: Final = 2000


class Refusal(Doubt):
    """A doubt whose message is a whole sentence about its argument: nothing needs to be put before it."""


def read_condition(key: str, value: str) -> dict[str, Any]:
    """Return the room at a step, or of the session, with digits as typed; raise Doubt R102, R103 or as parse_quantity."""
    body: dict[str, Any] = {"step": key, "typed": value}
    for part in re.split(r"[/,\s]+(?=[-+.\d]|O2|H2O)", value.strip()):
        gas, sign, amount = part.partition(":")
        if sign and gas in _GASES:
            _read_gas(gas, amount, value, body)
            continue
        found = parse_quantity(part)
        if not found.is_kind("temperature") and found.dimension != RATIO:
            raise Doubt("R102", f"{part} is {a_kind(kind_of(found.dimension))}", _BOTH)
        name = "temperature_c" if found.is_kind("temperature") else "relative_humidity_pct"
        if name in body:
            raise Doubt("R102", f"{value} gives {'temperature' if name == 'temperature_c' else 'humidity'} twice", _BOTH)
        body[name] = f"{found.value if name == 'temperature_c' else convert(found, '%'):f}"
    for name, (low, high) in LIMITS.items():
        if name in body and not low <= Decimal(body[name]) <= high:
            what, unit = ("RH", "%") if "humidity" in name else ("room temperature", "°C")
            message = f"{what} {body[name]} {unit} is outside {plain(low)} to {plain(high)} {unit}"
            raise Refusal("R103", message, f"write {key}=21.5C/34% with the meter's reading")
    return body


def _read_gas(gas: str, amount: str, value: str, body: dict[str, Any]) -> None:
    """Add what a glovebox says of a gas, in ppm by volume; raises Doubt R102, R103 or as parse_quantity."""
    name, found = _GASES[gas], require_kind(parse_quantity(amount), "ratio")
    if name in body:
        raise Doubt("R102", f"{value} gives {gas} twice", "write each once, as in O2:0.5ppm/H2O:0.1ppm")
    if not 0 <= found.value <= 1:
        raise Refusal("R103", f"{gas} {amount} is outside 0 to 1000000 ppm", f"write {gas}:0.5ppm with the meter's reading")
    body[name] = f"{convert(found, 'ppm'):f}"


def read_lot(material: str, value: str) -> dict[str, Any]:
    """Return what is said of a bottle; raise Doubt R102, R111 or as parse_quantity."""
    body: dict[str, Any] = {"material": material}
    for part in value.split(","):
        name, sign, text = (piece.strip() for piece in part.partition(":"))
        if not sign or name not in LOT_FIELDS or not text:
            remedy = f"write {material}=lot:M7,opened:2026-11-20,grade:anhydrous"
            raise Refusal("R102", f"{part.strip()[:40]!r} says nothing of a bottle", remedy)
        if name in body:
            raise Refusal("R102", f"the bottle has {name} twice: {body[name]}, {text[:40]}", f"give {name} once")
        body[name] = text
    if "opened" in body:
        body["opened"] = parse_day(body["opened"]).isoformat()
    if "water" in body:
        require_kind(parse_quantity(body["water"]), "ratio")
    return body


def read_outcome(name: str, value: str) -> dict[str, Any]:
    """Return an outcome in its unit with its digits as typed; a fraction is a ratio too. Raise Doubt R102 or as parse_quantity."""
    outcome = outcome_of(name)
    try:
        is_share = outcome.kind == "ratio" and re.fullmatch(r"0?\.\d+", value)
        found = Quantity(Decimal(value), RATIO) if is_share else parse_quantity(value)
        require_kind(found, outcome.kind)
        number = convert(found, outcome.unit)
    except Doubt as doubt:
        typed = re.fullmatch(r"[-+]?\d+(?:\.\d*)?", value) if doubt.code == "Q105" else None
        remedy = f"write {name}={value}{outcome.unit}" if typed else f"write {name}= and a number in {outcome.unit}"
        raise Doubt(doubt.code, doubt.message, remedy) from None
    if not Decimal(outcome.low) <= number <= Decimal(outcome.high):
        message = f"{name} is {plain(number)} {outcome.unit}, outside {outcome.low} to {outcome.high} {outcome.unit}"
        raise Refusal("R102", message, "check number and unit")
    return {"name": name, "value": f"{number:f} {outcome.unit}", "typed": value}


def said(body: dict[str, Any]) -> str:
    """Return what an event's body says, in the form in which it is typed."""
    if "value" in body:
        return str(body["value"])
    if "material" in body:
        return ", ".join(f"{name} {body[name]}" for name in LOT_FIELDS if name in body)
    if "result" in body:
        return f"{body['result']}: {body['reason']}" if body.get("reason") else str(body["result"])
    if "text" in body:
        return str(body["text"])
    return ", ".join(said_air(body))


def subject(body: dict[str, Any]) -> str:
    """Return what an event's body is about, as it is typed before the =; nothing for a list of codes."""
    named = next((str(body[name]) for name in ("code", "step", "material", "name") if name in body), "")
    return named or ("close" if "result" in body else "note" if "text" in body else "")


def says_nothing(reason: str) -> bool:
    """Return whether a reason has no letter and no digit, such as the … of a remedy that was copied as it stands."""
    return not any(character.isalnum() for character in reason)


def quoted(text: str) -> str:
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

    Raises Doubt R111 for anything else, for a time ahead of ``now``, and for one before the year 2000.
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
    if moment.year < _EARLIEST:
        raise Doubt("R111", f"{text[:40]} lies before {_EARLIEST}", "write when it was done")
    if moment - now > _SLACK:
        raise Doubt("R111", f"{text[:40]} lies in the future", "write when it was done")
    return moment.isoformat(timespec="seconds")
