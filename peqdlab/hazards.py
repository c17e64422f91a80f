"""Hazards of the reagents of a plan: GHS statements with signal word and pictograms, flash and boiling points, and what to wear.

Texts of the statements: Annex III of Regulation (EC) No 1272/2008 (CLP); signal words and pictograms of each: its Annex I; which
pictogram replaces another: its Article 26. What has no statement on file is shown as such, never as harmless.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab.units import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from peqdlab.plan import Plan
    from peqdlab.reagents import Property, Reagent

NOT_ON_FILE: Final = "not on file"


class Statement(NamedTuple):
    """A hazard statement: its text, signal word, pictogram, and the keys of PROTECTION that it implies."""

    text: str
    signal: str
    pictogram: str
    protection: str


_VAPOUR, _BURNS, _CMR = "hood gloves glasses fire", "hood gloves goggles", "hood gloves unborn"
STATEMENTS: Final = {
    "H224": Statement("Extremely flammable liquid and vapour", "Danger", "GHS02", _VAPOUR),
    "H225": Statement("Highly flammable liquid and vapour", "Danger", "GHS02", _VAPOUR),
    "H226": Statement("Flammable liquid and vapour", "Warning", "GHS02", _VAPOUR),
    "H301": Statement("Toxic if swallowed", "Danger", "GHS06", "mouth"),
    "H302": Statement("Harmful if swallowed", "Warning", "GHS07", "mouth"),
    "H304": Statement("May be fatal if swallowed and enters airways", "Danger", "GHS08", "mouth"),
    "H311": Statement("Toxic in contact with skin", "Danger", "GHS06", "gloves"),
    "H312": Statement("Harmful in contact with skin", "Warning", "GHS07", "gloves"),
    "H314": Statement("Causes severe skin burns and eye damage", "Danger", "GHS05", _BURNS),
    "H315": Statement("Causes skin irritation", "Warning", "GHS07", "gloves"),
    "H317": Statement("May cause an allergic skin reaction", "Warning", "GHS07", "hood gloves"),
    "H318": Statement("Causes serious eye damage", "Danger", "GHS05", "goggles"),
    "H319": Statement("Causes serious eye irritation", "Warning", "GHS07", "glasses"),
    "H331": Statement("Toxic if inhaled", "Danger", "GHS06", "hood"),
    "H332": Statement("Harmful if inhaled", "Warning", "GHS07", "hood"),
    "H335": Statement("May cause respiratory irritation", "Warning", "GHS07", "hood"),
    "H336": Statement("May cause drowsiness or dizziness", "Warning", "GHS07", "hood"),
    "H351": Statement("Suspected of causing cancer", "Warning", "GHS08", "hood gloves"),
    "H360Df": Statement("May damage the unborn child. Suspected of damaging fertility", "Danger", "GHS08", _CMR),
    "H361": Statement("Suspected of damaging fertility or the unborn child", "Warning", "GHS08", _CMR),
    "H361d": Statement("Suspected of damaging the unborn child", "Warning", "GHS08", _CMR),
    "H361f": Statement("Suspected of damaging fertility", "Warning", "GHS08", _CMR),
    "H370": Statement("Causes damage to organs", "Danger", "GHS08", "hood mouth"),
    "H372": Statement("Causes damage to organs through prolonged or repeated exposure", "Danger", "GHS08", "hood mouth"),
    "H373": Statement("May cause damage to organs through prolonged or repeated exposure", "Warning", "GHS08", "hood"),
    "H400": Statement("Very toxic to aquatic life", "Warning", "GHS09", "drain"),
    "H402": Statement("Harmful to aquatic life", "", "", "drain"),
    "H410": Statement("Very toxic to aquatic life with long lasting effects", "Warning", "GHS09", "drain"),
    "H411": Statement("Toxic to aquatic life with long lasting effects", "", "GHS09", "drain"),
    "H412": Statement("Harmful to aquatic life with long lasting effects", "", "", "drain"),
}
# What the precautionary statements of these classes ask for (P210, P260/P261/P271, P264/P270, P273, P280, P201/P202).
WORN: Final = ("hood", "gloves", "goggles", "glasses")
PROTECTION: Final = {
    "hood": "fume hood",
    "gloves": "gloves that stand the liquid, lab coat",
    "goggles": "tight goggles or face shield",
    "glasses": "safety glasses",
    "fire": "no flame, spark or hot surface near; vessels earthed when much is poured",
    "unborn": "whoever is or may become pregnant speaks with the safety officer first",
    "mouth": "no food or drink; wash hands afterwards",
    "drain": "nothing into the drain: see the waste streams",
    "unread": "no statement on file: read the safety data sheet, until then as for a dangerous one",
}
_SIGNALS: Final = ("Danger", "Warning")
_IRRITATES: Final = ("H315", "H319")


def codes_of(reagent: Reagent) -> tuple[tuple[str, ...], str]:
    """Return the hazard statements of a reagent and the tag of their source; none and an empty tag where none are on file."""
    codes, _, tag = str(reagent.row.get("hazards", "")).rstrip("]").rpartition("[")
    return tuple(codes.split()), tag


def signal_of(codes: Iterable[str]) -> str:
    """Return the graver signal word of statements, or an empty text."""
    words = {STATEMENTS[code].signal for code in codes}
    return next((word for word in _SIGNALS if word in words), "")


def pictograms_of(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the pictograms of statements: GHS07 gives way to GHS06, and for irritation of skin and eyes to GHS05 (CLP, Article 26)."""
    codes = tuple(codes)
    found = {STATEMENTS[code].pictogram for code in codes} - {""}
    lesser = {code for code in codes if STATEMENTS[code].pictogram == "GHS07"}
    if "GHS06" in found or ("GHS05" in found and lesser <= {*_IRRITATES}):
        found.discard("GHS07")
    return tuple(sorted(found))


def hazard_rows(plan: Plan) -> list[dict[str, Any]]:
    """Return one row for each reagent that a plan uses, in the order of use: statements, flash and boiling point in °C, sources."""
    used = {use.reagent.key: use.reagent for run in plan.books.steps for use in run.uses if use.reagent is not None}
    return [_row(reagent, plan.reagents.data["sources"]) for reagent in used.values()]


def _row(reagent: Reagent, sources: dict[str, str]) -> dict[str, Any]:
    codes, tag = codes_of(reagent)
    return {
        "reagent": reagent.key,
        "name": reagent.name,
        "cas": reagent.cas,
        "codes": list(codes),
        "signal": signal_of(codes) or None,
        "pictograms": list(pictograms_of(codes)),
        "source": sources.get(tag, tag) if codes else NOT_ON_FILE,
        "flash_point_c": _celsius(reagent.flash_point),
        "flash_point_source": _cited(reagent.flash_point, sources),
        "boiling_point_c": _celsius(reagent.boiling_point),
        "boiling_point_source": _cited(reagent.boiling_point, sources),
    }


def _celsius(found: Property | None) -> str | None:
    return plain(found.quantity.value) if found else None


def _cited(found: Property | None, sources: dict[str, str]) -> str:
    return sources.get(found.source, found.source) if found else NOT_ON_FILE


def statements_used(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return the statements of hazard rows with their texts, by code."""
    return {code: STATEMENTS[code].text for code in sorted({code for row in rows for code in row["codes"]})}


def protection_rows(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what to wear and to keep in mind, each with the statements and reagents that ask for it."""
    found = []
    for key, what in PROTECTION.items():
        because: dict[str, list[str]] = {}
        for row in rows:
            asking = [code for code in row["codes"] if key in STATEMENTS[code].protection.split()]
            if asking or (key == "unread" and not row["codes"]):
                because[row["reagent"]] = asking
        if because:
            codes = sorted({code for asking in because.values() for code in asking})
            found.append({"what": what, "worn": key in WORN, "reagents": list(because), "codes": codes})
    return found
