"""Spinning in the lab's rotor: from rpm to times g and back, and whether rotor and tubes can do what a step asks."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Final

from peqdlab.findings import Doubt, Finding, Severity
from peqdlab.instruments import MOST_PLACES
from peqdlab.scaling import vessels_filled
from peqdlab.units import ARITHMETIC, ZERO, Quantity, plain, significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peqdlab.books import Books, StepRun
    from peqdlab.instruments import Instruments, Rotor
    from peqdlab.preparation import Preparation, Template

# a = ω²·r with ω = 2π·n/60 s, over the standard acceleration 9.80665 m/s² (3rd CGPM 1901, resolution 2), for r in cm and n in rpm:
# 1.1182e-5, which centrifuge manuals print as 1.118e-5.
_PI: Final = Decimal("3.141592653589793238462643383279502884197")
_STANDARD_CM_PER_S2: Final = Decimal("980.665")
G_PER_CM_RPM2: Final = ARITHMETIC.divide(ARITHMETIC.power(ARITHMETIC.divide(_PI, Decimal(30)), 2), _STANDARD_CM_PER_S2)


def rcf_of(speed_rpm: Decimal, radius_cm: Decimal) -> Decimal:
    """Return the relative centrifugal force (times g) at a radius (cm) and speed (rpm): ω²·r/g, which is 1.118e-5·r·n²."""
    return ARITHMETIC.multiply(ARITHMETIC.multiply(G_PER_CM_RPM2, radius_cm), ARITHMETIC.power(speed_rpm, 2))


def speed_of(rcf_g: Decimal, radius_cm: Decimal) -> Decimal:
    """Return the speed (rpm) that gives a relative centrifugal force (times g) at a radius (cm)."""
    return ARITHMETIC.sqrt(ARITHMETIC.divide(rcf_g, ARITHMETIC.multiply(G_PER_CM_RPM2, radius_cm)))


def spin_of(run: StepRun, rotor: Rotor) -> tuple[Decimal, Decimal] | None:
    """Return speed (rpm) and relative centrifugal force (times g) of a spin step in a rotor; None for any other step."""
    typed = run.values.get("")
    if run.step.verb.name != "spin" or typed is None:
        return None
    if typed.is_kind("centrifugal acceleration"):
        return speed_of(typed.value, rotor.radius_cm), typed.value
    return typed.value, rcf_of(typed.value, rotor.radius_cm)


def say_spin(typed: Quantity, rotor: Rotor) -> str:
    """Return the other side of a speed in the lab's rotor: ``7790 × g at 9 cm`` for rpm, ``7720 rpm at 9 cm`` for times g."""
    other = f"{significant(rcf_of(typed.value, rotor.radius_cm), 3)} × g"
    if typed.is_kind("centrifugal acceleration"):
        other = f"{significant(speed_of(typed.value, rotor.radius_cm), 3)} rpm"
    return f"{other} at {plain(rotor.radius_cm)} cm"


def check_spins(template: Template, books: Books, instruments: Instruments) -> tuple[Finding, ...]:
    """Return a finding for every speed above the rotor's, and for tubes that it does not take or has no places for."""
    rotor = instruments.rotor
    findings = []
    for run in books.steps:
        spun = spin_of(run, rotor)
        if spun is not None and spun[0] > rotor.max_speed_rpm:
            path, doubt, severity = (*run.step.path, "spin"), _too_fast(run, spun[0], rotor), _severity("max_speed", rotor)
            findings.append(doubt.at(template.source.place(path), severity))
    spinning = dict.fromkeys(run.preparation.name for run in books.steps if run.step.verb.name == "spin")
    for preparation in template.preparations:
        if preparation.name in spinning and "tube" in preparation.vessel.kind:
            place = template.source.place(preparation.vessel.path)
            findings += [doubt.at(place, _severity(part, rotor)) for part, doubt in _tubes(preparation, books, rotor)]
    return tuple(findings)


def _severity(part: str, rotor: Rotor) -> Severity:
    """Return error where the lab itself has said what its rotor can; warning where that is assumed."""
    return "error" if part in rotor.own else "warning"


def _of(part: str, rotor: Rotor) -> str:
    return "the rotor" if part in rotor.own else "the assumed rotor"


def _too_fast(run: StepRun, speed_rpm: Decimal, rotor: Rotor) -> Doubt:
    most = plain(rotor.max_speed_rpm)
    message = f"step {run.n} spins at {significant(speed_rpm)} rpm, {_of('max_speed', rotor)} turns at {most} rpm at most"
    rcf = significant(rcf_of(rotor.max_speed_rpm, rotor.radius_cm), 3)
    faster = plain(speed_rpm.to_integral_value(rounding=ROUND_CEILING))
    remedy = f'spin = "{most} rpm" ({rcf} × g) and longer; or, of another rotor: peqdlab config rotor.max_speed={faster}rpm'
    return Doubt("I103", message, remedy)


def _tubes(preparation: Preparation, books: Books, rotor: Rotor) -> Iterator[tuple[str, Doubt]]:
    vessel = preparation.vessel
    if vessel.capacity_ml > rotor.tube_ml:
        message = f"{preparation.name} is spun in {vessel.text}, {_of('tube', rotor)} takes tubes of {plain(rotor.tube_ml)} mL"
        remedy = f'vessel = "{plain(rotor.tube_ml)} mL {vessel.kind}"'
        remedy += f"; or, of another rotor: peqdlab config rotor.tube={plain(vessel.capacity_ml)}mL"
        yield "tube", Doubt("I104", message, remedy)
    volume = books.fullest_ml.get(preparation.name, (ZERO, 0))[0]
    count = vessels_filled(vessel, volume)
    if count > rotor.places:
        message = f"{preparation.name} fills {count} of {vessel.text}, {_of('places', rotor)} has {rotor.places} places"
        most = ARITHMETIC.multiply(vessel.capacity_ml, Decimal(max(rotor.places - rotor.places % 2, 1)))
        smaller = ARITHMETIC.divide(ARITHMETIC.multiply(books.ledger.scale, most), volume)
        remedy = f"--scale {_floored(smaller)} fills no more, or spin in turns"
        remedy += f"; or, of another rotor: peqdlab config rotor.places={count}" if count <= MOST_PLACES else ""
        yield "places", Doubt("I105", message, remedy)


def _floored(scale: Decimal) -> str:
    return plain(scale.quantize(Decimal(1).scaleb(scale.adjusted() - 2), rounding=ROUND_FLOOR, context=ARITHMETIC))
