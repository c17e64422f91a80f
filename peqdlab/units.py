"""Exact quantities: a text such as ``0.75 g`` becomes a decimal number in base units with its dimension."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final, NamedTuple

from peqdlab.findings import Doubt, suggest

# Exponents of mass (mg), volume (mL), amount (mmol), time (s), temperature (°C), length (cm), rotation (rpm),
# centrifugal acceleration (times g), current (mA), voltage (V), power (mW), energy (eV).
Dimension = tuple[int, ...]
_BASES: Final = ("mg", "mL", "mmol", "s", "°C", "cm", "rpm", "× g", "mA", "V", "mW", "eV")
_KIND_BASES: Final = {
    "mass": 0, "volume": 1, "amount": 2, "duration": 3, "temperature": 4, "length": 5,
    "rotation speed": 6, "centrifugal acceleration": 7, "current": 8, "voltage": 9, "power": 10, "energy": 11,
}  # fmt: skip


def _dim(**exponents: int) -> Dimension:
    return tuple(exponents.get(name, 0) for name in ("kg", "l", "n", "t", "temp", "len", "rot", "rcf", "i", "v", "p", "e"))


RATIO: Final = _dim()
KINDS: Final[dict[str, Dimension]] = {
    **{kind: tuple(int(place == base) for place in range(len(_BASES))) for kind, base in _KIND_BASES.items()},
    "temperature difference": _dim(temp=1),
    "ratio": RATIO,
    "concentration": _dim(n=1, l=-1),
    "mass concentration": _dim(kg=1, l=-1),
    "area": _dim(len=2),
    "current density": _dim(i=1, len=-2),
    "flow rate": _dim(l=1, t=-1),
}
_EXAMPLES: Final = {
    "mass": "0.5 g", "volume": "5 mL", "amount": "0.2 mmol", "duration": "10 min", "temperature": "120 °C",
    "temperature difference": "3 °C", "length": "12 nm", "rotation speed": "8000 rpm", "ratio": "80 %",
    "concentration": "0.0625 mol/L", "mass concentration": "50 mg/mL", "centrifugal acceleration": "6440 x g", "area": "0.1 cm2",
    "voltage": "1.2 V", "current density": "17 mA/cm2", "flow rate": "0.5 mL/min",
}  # fmt: skip

# symbol -> (factor to the base units, dimension). SI prefixes are spelled out: only units of the field are read.
_UNITS: Final[dict[str, tuple[Decimal, Dimension]]] = {
    symbol: (Decimal(factor), KINDS[kind])
    for kind, table in {
        "mass": "kg 1e6 g 1e3 mg 1 µg 1e-3 ug 1e-3 ng 1e-6",
        "volume": "L 1e3 l 1e3 dL 1e2 mL 1 ml 1 µL 1e-3 µl 1e-3 uL 1e-3 ul 1e-3 cm3 1",
        "amount": "mol 1e3 mmol 1 µmol 1e-3 umol 1e-3 nmol 1e-6",
        "duration": "s 1 sec 1 min 60 h 3600 hr 3600 d 86400 day 86400 days 86400",
        "temperature": "°C 1 degC 1 C 1 ℃ 1",
        "length": "m 1e2 cm 1 mm 1e-1 µm 1e-4 um 1e-4 nm 1e-7",
        "rotation speed": "rpm 1",
        "centrifugal acceleration": "xg 1 ×g 1 rcf 1 RCF 1",
        "current": "A 1e3 mA 1 µA 1e-3 uA 1e-3",
        "voltage": "V 1 mV 1e-3",
        "power": "W 1e3 mW 1",
        "energy": "eV 1 meV 1e-3",
        "ratio": "% 1e-2 ppm 1e-6 mol% 1e-2 wt% 1e-2",
        "concentration": "M 1 mM 1e-3 µM 1e-6 uM 1e-6",
        "area": "cm2 1 cm² 1 mm2 1e-2 mm² 1e-2 m2 1e4",
    }.items()
    for symbol, factor in zip(table.split()[::2], table.split()[1::2], strict=True)
}
_SPACED: Final = {"x g": "xg", "× g": "×g"}  # as it is printed; 6000 g alone is a mass
_USUAL: Final = {"C": "°C", "degC": "°C", "℃": "°C", "ml": "mL", "ul": "µL", "uL": "µL", "µl": "µL", "l": "L", "umol": "µmol", "ug": "µg"}
_KELVIN: Final = Decimal("273.15")

# 40 digits: a thirtieth of the time of Fraction, and far below any balance (docs/decisions/0001).
ARITHMETIC: Final = Context(prec=40, rounding=ROUND_HALF_EVEN, Emax=999, Emin=-999)
ZERO: Final = Decimal(0)

NUMBER: Final = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_LEADING_NUMBER: Final = re.compile(rf"\s*({NUMBER})\s*", re.ASCII)
_LEADING_WORD: Final = re.compile(r"\s*[+-]?(nan|inf|infinity)\b", re.IGNORECASE)
_DECIMAL_COMMA: Final = re.compile(r",\d")
_UNIT_PART: Final = re.compile(r"\s*([^\s/*·]+)\s*([/*·])?")
_MAX_EXPONENT: Final = 30
_MAX_DIGITS: Final = 30
_MAX_PARTS: Final = 6
# What 1e30 kg makes in mg; and far below any remainder of a difference at 40 digits.
_LARGEST, _SMALLEST = 36, -100
_GREEK_MU: Final = str.maketrans("μ", "µ")


class Quantity(NamedTuple):
    """A number in base units (mg, mL, mmol, s, °C, cm, rpm …; per cent is 0.01) and its dimension."""

    value: Decimal
    dimension: Dimension

    def is_kind(self, kind: str) -> bool:
        """Return whether the quantity is of this kind, such as ``mass``."""
        return self.dimension == KINDS[kind]


def kind_of(dimension: Dimension) -> str:
    """Return the name of a dimension (``mass``), or its base units (``mg^2/mL``) where it has none."""
    for kind, known in KINDS.items():
        if known == dimension:
            return kind
    above = " ".join(_power(base, n) for base, n in zip(_BASES, dimension, strict=True) if n > 0) or "1"
    below = " ".join(_power(base, -n) for base, n in zip(_BASES, dimension, strict=True) if n < 0)
    return f"{above}/{below}" if below else above


def _power(base: str, exponent: int) -> str:
    return base if exponent == 1 else f"{base}^{exponent}"


def a_kind(kind: str) -> str:
    """Return the name of a kind with its article: ``a mass``, ``an amount``."""
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def example_of(kind: str) -> str:
    """Return an example of a quantity of this kind, to type."""
    return _EXAMPLES.get(kind, "1")


def units_read() -> dict[str, tuple[str, ...]]:
    """Return the unit symbols that are read, by kind; others are made of these, as mol/L and mg/mL are."""
    return {kind: tuple(symbol for symbol, (_, dimension) in _UNITS.items() if dimension == KINDS[kind]) for kind in KINDS}


def bounded(value: Decimal, dimension: Dimension) -> Quantity:
    """Return a quantity in base units; raise Doubt Q102 where it is too large or small to be reckoned with or printed."""
    if value and not _SMALLEST <= value.adjusted() <= _LARGEST:
        raise Doubt("Q102", f"a value of about 1e{value.adjusted()} is out of range", "check the numbers and the units")
    return Quantity(value, dimension)


def parse_number(text: str) -> tuple[Decimal, str]:
    """Return the leading number of a text, exact as typed, and what follows it.

    Raises Doubt: Q101 no number, Q102 not a finite number within 1e30 or more than 30 digits, Q103 a decimal comma.
    """
    text = text.replace("\u2212", "-")  # the minus sign of a typeset page
    match = _LEADING_NUMBER.match(text)
    if match is None:
        if _LEADING_WORD.match(text):
            raise Doubt("Q102", f"{text.strip()[:40]!r} is not a finite number", "give a measured or planned number")
        raise Doubt("Q101", f"{text.strip()[:40]!r} has no number", "write a number, then its unit, as in 0.75 g")
    digits = match.group(1)
    rest = text[match.end() :]
    if "," in text and (_DECIMAL_COMMA.match(rest) or _DECIMAL_COMMA.match(text, match.end(1))):
        raise Doubt("Q103", f"{text.strip()[:40]!r} has a decimal comma", "write the decimal point as .")
    if len(digits) <= _MAX_DIGITS and "e" not in digits and "E" not in digits:
        return Decimal(digits), rest
    mantissa, _, exponent = digits.lower().partition("e")
    if len(mantissa) > _MAX_DIGITS or len(exponent) > 4 or abs(int(exponent or 0)) > _MAX_EXPONENT:
        raise Doubt("Q102", f"{digits[:40]} is out of range: at most 30 digits and 1e30", "check the exponent and the unit")
    value = Decimal(digits)
    if value and abs(value.adjusted()) > _MAX_EXPONENT:
        raise Doubt("Q102", f"{digits[:40]} is out of range: at most 30 digits and 1e30", "check the exponent and the unit")
    return value, rest


def parse_unit(text: str) -> tuple[Decimal, Dimension]:
    """Return factor and dimension of a unit such as ``mg/mL``; raise Doubt Q104 for a unit that is not in the table."""
    stripped = text.strip().translate(_GREEK_MU)
    known = _UNITS.get(_SPACED.get(stripped, stripped))
    if known is not None:
        return known
    factor, dimension, sign, mark = Decimal(1), RATIO, 1, "*"
    position = 0
    for _ in range(_MAX_PARTS):
        part = _UNIT_PART.match(stripped, position)
        if part is None or not mark or part.group(1) not in _UNITS:
            break
        one, exponents = _UNITS[part.group(1)]
        factor = ARITHMETIC.multiply(factor, one) if sign > 0 else ARITHMETIC.divide(factor, one)
        dimension = tuple(a + sign * b for a, b in zip(dimension, exponents, strict=True))
        position, mark = part.end(), part.group(2)
        sign = -1 if mark == "/" else 1
        if position == len(stripped) and not mark:
            return factor, dimension
    raise Doubt("Q104", f"{stripped[:40]!r} is not a unit known here", _suggest_unit(stripped, position, mark))


def _suggest_unit(text: str, position: int, mark: str | None) -> str:
    """Return the remedy for a unit that could be read up to a position, where ``mark`` is the / or * before it."""
    folded = {symbol.casefold(): symbol for symbol in reversed(_UNITS)}
    joined = "".join(text.split()).casefold()
    if joined in folded:
        return f"did you mean {folded[joined]}?"
    if not mark and position:
        return f"put a comma before a remark, as in {text[:position].strip()}, {text[position:][:20]}"
    part = _UNIT_PART.match(text, position)
    name = part.group(1) if part else text[position:]
    if name.casefold() in folded:
        return f"did you mean {folded[name.casefold()]}?"
    return suggest(name[:20], ("g", "mg", "mL", "µL", "mmol", "°C", "min", "s", "h", "rpm", "%", "mol/L", "mg/mL", "nm"))


def parse_quantity(text: str, *, difference: bool = False) -> Quantity:
    """Return the quantity of a text such as ``8 mL``, ``180.5 °C``, ``34%`` or ``453.15 K``; as a ``difference`` 3 K is 3 °C.

    Raises Doubt Q101 to Q104, Q105 where the unit is missing, Q107 for a temperature below absolute zero.
    """
    value, unit = parse_number(text)
    unit = unit.strip()
    if not unit:
        raise Doubt("Q105", f"{text.strip()[:40]} has no unit", "write the unit after the number, as in 0.75 g or 8 mL")
    if unit == "K":
        factor, dimension = Decimal(1), KINDS["temperature"]
        value = value if difference else ARITHMETIC.subtract(value, _KELVIN)
    else:
        factor, dimension = parse_unit(unit)
    if dimension == KINDS["temperature"] and value < -_KELVIN:
        raise Doubt("Q107", f"{text.strip()[:40]} is below absolute zero", "check sign and unit")
    return bounded(ARITHMETIC.multiply(value, factor), dimension)


def is_bare(text: str) -> bool:
    """Return whether a text is a number alone, such as ``4``: a count, or a ratio as papers print it."""
    match = _LEADING_NUMBER.match(text)
    return match is not None and not text[match.end() :].strip()


def parse_count(text: str) -> Quantity:
    """Return a quantity, or a number alone as a ratio: where both are read, ``4`` is 4 and ``80 %`` is 0.8."""
    return bounded(parse_number(text)[0], RATIO) if is_bare(text) else parse_quantity(text)


def as_typed(text: str) -> str:
    """Return a quantity as it was typed, digits kept, with one space and the usual sign of its unit: ``180.5C`` is ``180.5 °C``.

    >>> as_typed("0.270g"), as_typed(" 34% ")
    ('0.270 g', '34 %')
    """
    number = _LEADING_NUMBER.match(text)
    if number is None:
        return text.strip()
    unit = text[number.end() :].strip()
    return f"{number.group(1)} {_USUAL.get(unit, unit)}"


def require_kind(quantity: Quantity, *kinds: str) -> Quantity:
    """Return the quantity if it is of one of the kinds; raise Doubt Q106 naming found and wanted otherwise."""
    if any(quantity.dimension == KINDS[kind] for kind in kinds):
        return quantity
    found, wanted = a_kind(kind_of(quantity.dimension)), " or ".join(map(a_kind, kinds))
    raise Doubt("Q106", f"found {found}, needed {wanted}", f"write {a_kind(kinds[0])}, as in {example_of(kinds[0])}")


def convert(quantity: Quantity, unit: str) -> Decimal:
    """Return the number of a quantity in this unit."""
    factor, dimension = parse_unit(unit)
    if dimension != quantity.dimension:
        raise Doubt("Q106", f"found {a_kind(kind_of(quantity.dimension))}, needed {unit}", f"give a value in {unit}")
    return ARITHMETIC.divide(quantity.value, factor)


def significant(value: Decimal, digits: int = 4) -> str:
    """Return a computed number in plain notation, rounded half-even to this many significant figures.

    >>> significant(Decimal("2.16915"))
    '2.169'
    >>> significant(Decimal(2))
    '2.000'
    """
    if not value:
        return "0"
    places = digits - 1 - value.adjusted()
    rounded = _round(value, places)
    if rounded.adjusted() > value.adjusted():  # 9.9996 -> 10.00
        rounded = _round(value, places - 1)
    return format(rounded, "f")


def stated(value: Decimal, digits: int = 4, most: int = 6) -> str:
    """Return a dispensed number in plain notation: as stated up to ``most`` figures, padded to at least ``digits``.

    >>> stated(Decimal("0.75")), stated(Decimal("0.10425"))
    ('0.7500', '0.10425')
    """
    if not value:
        return "0"
    length = len(_round(value, most - 1 - value.adjusted()).normalize().as_tuple().digits)
    return significant(value, max(digits, length))


def plain(value: Decimal) -> str:
    """Return a number in plain notation without trailing zeros, at most twelve figures."""
    if not value:
        return "0"
    return format(_round(value, 11 - value.adjusted()).normalize(), "f")


def _round(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places, ARITHMETIC), context=ARITHMETIC)


def round_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Return a value rounded half-even to a multiple of an instrument's step, in the step's digits."""
    steps = ARITHMETIC.divide(value, step).to_integral_value(rounding=ROUND_HALF_EVEN)
    return ARITHMETIC.multiply(steps, step).quantize(step, context=ARITHMETIC)


_SHOWN: Final = {
    "mass": (("g", Decimal(100)), ("mg", Decimal("0.1")), ("µg", ZERO)),
    "volume": (("mL", Decimal("0.5")), ("µL", ZERO)),
    "amount": (("mmol", Decimal("0.001")), ("µmol", ZERO)),
    "temperature": (("°C", ZERO),),
    "ratio": (("%", ZERO),),
    "rotation speed": (("rpm", ZERO),),
    "centrifugal acceleration": (("× g", ZERO),),
    "length": (("m", Decimal(100)), ("cm", Decimal(1)), ("mm", Decimal("0.01")), ("nm", ZERO)),
    "concentration": (("mol/L", Decimal("0.001")), ("µM", ZERO)),
    "mass concentration": (("mg/mL", ZERO),),
    "voltage": (("V", ZERO),),
    "flow rate": (("mL/min", Decimal("0.0166")), ("µL/min", ZERO)),  # from 1 mL/min, which is 0.01666… mL/s
    "area": (("cm2", ZERO),),
    "current density": (("mA/cm2", ZERO),),
    "energy": (("eV", ZERO),),
    "current": (("mA", ZERO),),
    "power": (("mW", ZERO),),
}


def show(quantity: Quantity, figures: int | None = None) -> str:
    """Return a quantity in the unit of the field that suits its size, such as ``120 °C``, ``2 h``, ``0.7500 g``.

    ``figures`` rounds to that many significant figures; without it the number is as stated (at most twelve figures).
    """
    kind = kind_of(quantity.dimension)
    if kind == "duration":
        whole = (unit for unit, size in (("h", 3600), ("min", 60)) if not ARITHMETIC.remainder(quantity.value, Decimal(size)))
        unit = next(whole, "s") if quantity.value else "s"
        return f"{plain(convert(quantity, unit))} {unit}"
    for unit, at_least in _SHOWN.get(kind, ()):
        if abs(quantity.value) >= at_least:
            number = convert(quantity, unit)
            return f"{plain(number) if figures is None else significant(number, figures)} {unit}"
    return f"{plain(quantity.value)} {_base_unit(quantity.dimension)}".strip()


def _base_unit(dimension: Dimension) -> str:
    """Return a dimension in base units as it can be typed, such as mg*mg/mL; nothing for a ratio."""
    above = [base for base, n in zip(_BASES, dimension, strict=True) for _ in range(max(n, 0))]
    below = [base for base, n in zip(_BASES, dimension, strict=True) for _ in range(max(-n, 0))]
    return "/".join(["*".join(above) or "1", *below]) if above or below else ""


def restate(quantity: Quantity) -> str:
    """Return a quantity as text that reads back to the very same value: as shown where that is exact, else in base units."""
    shown = show(quantity)
    try:
        if parse_quantity(shown) == quantity:
            return shown
    except Doubt:
        pass
    if quantity.dimension == RATIO:
        return f"{ARITHMETIC.multiply(quantity.value, Decimal(100)):f} %"
    return f"{quantity.value:f} {_base_unit(quantity.dimension)}"
