"""The outcomes that can be logged by hand: name, kind of quantity, range that makes sense, and what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection


class Outcome(NamedTuple):
    """One outcome: the kind of its quantity, its unit, the range of sense in that unit (ends included), and its meaning."""

    kind: str
    unit: str
    low: str
    high: str
    means: str


# What is measured of a colloid of dots at every stage, and of a film of them.
OF_A_COLLOID: Final = ("pl_peak", "pl_fwhm", "plqy")
OF_A_FILM: Final = ("thickness",)

OUTCOMES: Final[dict[str, Outcome]] = {
    "yield": Outcome("mass", "mg", "0", "1000000", "dry mass of dots obtained, ligands included"),
    "pl_peak": Outcome("length", "nm", "200", "2000", "photoluminescence peak"),
    "pl_fwhm": Outcome("length", "nm", "1", "500", "full width at half maximum of the photoluminescence"),
    "plqy": Outcome("ratio", "%", "0", "100", "photoluminescence quantum yield"),
    "absorption_edge": Outcome("length", "nm", "200", "2000", "first absorption peak or edge"),
    "size": Outcome("length", "nm", "1", "100", "mean edge length of the dots"),
    "size_spread": Outcome("ratio", "%", "0", "100", "standard deviation of the edge length over its mean"),
    "concentration": Outcome("mass concentration", "mg/mL", "0", "1000", "of the ink"),
    "thickness": Outcome("length", "nm", "1", "10000", "of the film"),
    "pce": Outcome("ratio", "%", "0", "47", "power conversion efficiency of the best or only cell"),
    "voc": Outcome("voltage", "V", "0", "3", "open-circuit voltage"),
    "jsc": Outcome("current density", "mA/cm2", "0", "50", "short-circuit current density"),
    "ff": Outcome("ratio", "%", "0", "95", "fill factor, in per cent or as a fraction"),
}


def is_outcome(name: str, preparations: Collection[str]) -> bool:
    """Return whether a name is that of an outcome, of the batch or of one of its preparations: ``plqy``, ``dots.plqy``."""
    stage, _, outcome = name.rpartition(".")
    return outcome in OUTCOMES and (not stage or stage in preparations)


def outcome_of(name: str) -> Outcome:
    """Return the outcome of a name with or without the preparation that it is of."""
    return OUTCOMES[name.rpartition(".")[2]]
