"""What the symbols of a formula stand for: standard atomic weights, shorthands, neutral adducts, ions.

Source of the weights: Prohaska et al., Standard atomic weights of the elements 2021 (IUPAC Technical Report),
Pure Appl. Chem. 2022, 94, 573, doi:10.1515/pac-2019-0603.

Convention: where IUPAC gives an interval (H, Li, B, C, N, O, Mg, Si, S, Cl, Ar, Br, Tl, Pb) the single conventional
(abridged) value stands here; every other value is the standard one without its uncertainty. The interval of lead is
the widest that matters: 206.14 to 207.94, so lead of unknown origin moves the molar mass of CsPbI3 by -0.15 to +0.10 %.

Not checked: enriched or depleted material (lithium and boron are sold so).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# g/mol
STANDARD_ATOMIC_WEIGHTS: Final[Mapping[str, Decimal]] = {
    "H": Decimal("1.008"),
    "He": Decimal("4.002602"),
    "Li": Decimal("6.94"),
    "Be": Decimal("9.0121831"),
    "B": Decimal("10.81"),
    "C": Decimal("12.011"),
    "N": Decimal("14.007"),
    "O": Decimal("15.999"),
    "F": Decimal("18.998403162"),
    "Ne": Decimal("20.1797"),
    "Na": Decimal("22.98976928"),
    "Mg": Decimal("24.305"),
    "Al": Decimal("26.9815384"),
    "Si": Decimal("28.085"),
    "P": Decimal("30.973761998"),
    "S": Decimal("32.06"),
    "Cl": Decimal("35.45"),
    "Ar": Decimal("39.95"),
    "K": Decimal("39.0983"),
    "Ca": Decimal("40.078"),
    "Sc": Decimal("44.955907"),
    "Ti": Decimal("47.867"),
    "V": Decimal("50.9415"),
    "Cr": Decimal("51.9961"),
    "Mn": Decimal("54.938043"),
    "Fe": Decimal("55.845"),
    "Co": Decimal("58.933194"),
    "Ni": Decimal("58.6934"),
    "Cu": Decimal("63.546"),
    "Zn": Decimal("65.38"),
    "Ga": Decimal("69.723"),
    "Ge": Decimal("72.630"),
    "As": Decimal("74.921595"),
    "Se": Decimal("78.971"),
    "Br": Decimal("79.904"),
    "Kr": Decimal("83.798"),
    "Rb": Decimal("85.4678"),
    "Sr": Decimal("87.62"),
    "Y": Decimal("88.905838"),
    "Zr": Decimal("91.224"),
    "Nb": Decimal("92.90637"),
    "Mo": Decimal("95.95"),
    "Ru": Decimal("101.07"),
    "Rh": Decimal("102.90549"),
    "Pd": Decimal("106.42"),
    "Ag": Decimal("107.8682"),
    "Cd": Decimal("112.414"),
    "In": Decimal("114.818"),
    "Sn": Decimal("118.710"),
    "Sb": Decimal("121.760"),
    "Te": Decimal("127.60"),
    "I": Decimal("126.90447"),
    "Xe": Decimal("131.293"),
    "Cs": Decimal("132.90545196"),
    "Ba": Decimal("137.327"),
    "La": Decimal("138.90547"),
    "Ce": Decimal("140.116"),
    "Pr": Decimal("140.90766"),
    "Nd": Decimal("144.242"),
    "Sm": Decimal("150.36"),
    "Eu": Decimal("151.964"),
    "Gd": Decimal("157.25"),
    "Tb": Decimal("158.925354"),
    "Dy": Decimal("162.500"),
    "Ho": Decimal("164.930329"),
    "Er": Decimal("167.259"),
    "Tm": Decimal("168.934219"),
    "Yb": Decimal("173.045"),
    "Lu": Decimal("174.9668"),
    "Hf": Decimal("178.486"),
    "Ta": Decimal("180.94788"),
    "W": Decimal("183.84"),
    "Re": Decimal("186.207"),
    "Os": Decimal("190.23"),
    "Ir": Decimal("192.217"),
    "Pt": Decimal("195.084"),
    "Au": Decimal("196.966570"),
    "Hg": Decimal("200.592"),
    "Tl": Decimal("204.38"),
    "Pb": Decimal("207.2"),
    "Bi": Decimal("208.98040"),
    "Th": Decimal("232.0377"),
    "Pa": Decimal("231.03588"),
    "U": Decimal("238.02891"),
}

# Known symbols for which IUPAC gives no standard weight: no isotopic composition in normal material.
WITHOUT_STANDARD_WEIGHT: Final[frozenset[str]] = frozenset(
    (
        *("Tc", "Pm", "Po", "At", "Rn", "Fr", "Ra", "Ac", "Np", "Pu", "Am", "Cm", "Bk", "Cf", "Es", "Fm", "Md"),
        *("No", "Lr", "Rf", "Db", "Sg", "Bh", "Hs", "Mt", "Ds", "Rg", "Cn", "Nh", "Fl", "Mc", "Lv", "Ts", "Og"),
    ),
)

# Abbreviations a formula may hold, written in elements; FA, MA, GA and PEA are the ammonium-type cations.
SHORTHANDS: Final[Mapping[str, str]] = {
    "FA": "CH5N2",
    "MA": "CH6N",
    "GA": "CH6N3",
    "PEA": "C8H12N",
    "OAc": "C2H3O2",
    "AcO": "C2H3O2",
    "acac": "C5H7O2",
    "Me": "CH3",
    "Et": "C2H5",
    "iPr": "C3H7",
    "Bu": "C4H9",
    "Ph": "C6H5",
    "DMSO": "C2H6OS",
    "DMF": "C3H7NO",
}

# Neutral molecules a salt crystallises with; behind "." and a number they make the dot that of an adduct.
SOLVATES: Final[tuple[str, ...]] = (
    *("H2O", "OH2", "C2H6OS", "DMSO", "(CH3)2SO", "C3H7NO", "DMF", "CH3OH", "MeOH", "C2H5OH", "EtOH", "CH3CN"),
    *("NH3", "HCl", "HBr", "HI", "HF"),
)

# Ions of halide perovskites and their precursors, each at its one usual charge (no Sn+4, no Eu+2).
IONS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("Cs", "FA", "MA", "GA", "PEA", "Rb", "K", "Na", "Li", "Ag", "NH4"), 1),
    **dict.fromkeys(("Pb", "Sn", "Ge", "Zn", "Mn", "Cd", "Mg", "Ca", "Sr", "Ba", "Ni", "Co", "Cu"), 2),
    **dict.fromkeys(("Bi", "Sb", "In", "La", "Ce", "Nd", "Sm", "Tb", "Er", "Yb"), 3),
    **dict.fromkeys(("I", "Br", "Cl", "F", "SCN", "OAc", "BF4", "PF6", "NO3", "OH"), -1),
    "CO3": -2,
}
