"""The outcomes that can be logged by hand: name, kind of quantity, range that makes sense, and what it is."""

from __future__ import annotations

from typing import Final, NamedTuple


class Outcome(NamedTuple):
    """One outcome: the kind of its quantity, its unit, the range of sense in that unit (ends included), and its meaning."""

    kind: str
    unit: str
    low: str
    high: str
    means: str


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
