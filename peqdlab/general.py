"""What holds for any hot injection, whoever typed it: one row for each check, with its limit, source and scope."""

from __future__ import annotations

from typing import Final, NamedTuple

from peqdlab.preparation import Citation


class Row(NamedTuple):
    """One general check.

    ``at`` names the steps: "forms" (the last reactant of the product arrives), "hot" (that step and those after it), "injects"
    (that step, but of no flow), "filled" (the last addition to a preparation), "any". ``want`` is a condition of the language in
    which {A}, {M} and {X} stand for the A site, metal and halide of the product. ``fix`` is a role of peqdlab/remedies.py. A row is
    asked of ``routes`` (binary: lead halide is the only halide; mixed: it is not the only one; ternary: no lead halide), and of
    products whose A site or halide is only, has, or is not what is named; everywhere where that is empty.
    """

    code: str
    at: str
    want: str
    severity: str
    fix: str
    why: str
    sources: tuple[str, ...]
    scope: str
    routes: tuple[str, ...] = ()
    only_a: str = ""
    only_x: str = ""
    has_a: str = ""
    not_a: str = ""


def _cited(*rows: Citation) -> dict[str, Citation]:
    return {row.tag: row for row in rows}


SOURCES: Final = _cited(
    Citation("review", "Xu et al., J. Mater. Chem. A 2025, 13, 29688", "10.1039/d5ta03996g", "review"),
    Citation("qian2021", "Y. Qian et al., Sol. RRL 2021, 5, 2100090, as the review tells it", "10.1002/solr.202100090", "review"),
    Citation("sasongko2025", "Sasongko et al., J. Phys. Chem. C 2025, 129, 15342, SI p. S3", "10.1021/acs.jpcc.5c05144", "transcribed"),
    Citation("zhang2019", "B. Zhang et al., Chem. Mater. 2019, 31, 9140", "10.1021/acs.chemmater.9b03529", "transcribed"),
    Citation("latini2017", "A. Latini et al., Sustainable Energy Fuels 2017, abstract", "10.1039/c7se00114b", "abstract"),
    Citation("computed", "computed", None, "computed"),
    Citation("unverified", "unverified", None, "unverified"),
)
REVIEW: Final = f"{SOURCES['review'].cite}, doi:{SOURCES['review'].doi}"

# Limits leave 2 % for weighing where the bound itself is exact and nothing is lost by passing it a little.
ROWS: Final = (
    Row(
        "S201", "forms", "{M}/{A} >= 1.5", "error", "A",
        "2 {A}+ + 3 {M}{X}2 give 2 {A}{M}{X}3, so below this the halide runs out and {A} stays outside the product",
        ("computed",), "binary route, the lead halide as the only halide; not FAPbX3, which forms with FA in excess",
        routes=("binary",), not_a="FA",
    ),
    Row(
        "S202", "forms", "pot.halide >= 98 %", "warning", "X",
        "A site and metal there take up three halides each formula unit; with less of them the ceiling is what the halide makes",
        ("computed",), "routes with a halide source of their own",
        routes=("mixed", "ternary"),
    ),
    Row(
        "S203", "forms", "pot.halide >= 98 %", "note", "X",
        "with FA in excess and {M}{X}2 as the only halide at most two thirds of the lead become product",
        ("computed", "review"), "binary route of FAPbX3",
        routes=("binary",), only_a="FA",
    ),
    Row(
        "S204", "forms", "{M}/FA < 1", "error", "A",
        "FAPbI3 forms only with FA in excess, and decomposes otherwise",
        ("review", "sasongko2025"), "FAPbI3, binary route",
        routes=("binary",), only_a="FA", only_x="I",
    ),
    Row(
        "S205", "forms", "{M}/FA < 1", "note", "A",
        "FAPbI3 forms only with FA in excess, and decomposes otherwise",
        ("review",), "FAPbI3; shown for the binary route",
        routes=("mixed", "ternary"), only_a="FA", only_x="I",
    ),
    Row(
        "S206", "forms", "{X}/Cs + 2 * {M}/Cs >= 7.6", "warning", "X",
        "Cs:Pb:I of 1:1:3 gave Cs4PbI6 too (5 on this line), 1:1:6 and 1:2:4 did not (both 8); the line between is drawn here",
        ("qian2021", "computed"), "ternary routes of CsPbX3; shown for CsPbI3 with oleylammonium iodide; 5 % left for weighing",
        routes=("ternary",), only_a="Cs",
    ),
    Row(
        "S207", "filled", "pot.acid/pot.base >= 1", "error", "acid",
        "each acetate takes one acid and each carbonate two; with less acid a part of the salt stays as it is",
        ("computed",), "salts dissolved as carboxylates; acids taken as pure",
    ),
    Row(
        "S208", "forms", "pot.acid/FA >= 12", "warning", "acid",
        "much acid keeps FA protonated; 12.4 for each FA is the least of the recipes read",
        ("review", "sasongko2025"), "FAPbI3 from a lead halide; acid with its anion",
        routes=("binary", "mixed"), only_a="FA", only_x="I",
    ),
    Row(
        "S209", "forms", "H2O/{M} <= 1 %", "warning", "water",
        "the water comes from a solution or a hydrate; it boils off the hot pot and takes the ions apart. Dry before the injection",
        ("unverified",), "any hot injection; the recipes read dry their pot under vacuum, how dry is not printed",
    ),
    Row(
        "S221", "injects", "pot.size <= 1.1", "warning", "size",
        "hot injection is sensitive to the reaction volume: heat and mixing differ in a larger pot",
        ("review", "unverified"), "any hot injection; the tenth is ours, not a published limit",
    ),
    Row(
        "T301", "hot", "pot.T <= 100 °C", "warning", "T",
        "100 °C is the hottest growth of FAPbI3 read, about 80 °C is usual; hotter, formamidinium gives off toxic gases [unverified]",
        ("sasongko2025", "review", "unverified"), "products with FA and I; shown for FAPbI3 by the binary route",
        has_a="FA", only_x="I",
    ),
    Row(
        "T302", "hot", "pot.T < 140 °C", "warning", "T",
        "from 140 °C HI and methylamine were seen above MAPbI3",
        ("latini2017",), "products with MA; shown for solid MAPbI3 under vacuum",
        has_a="MA",
    ),
    Row(
        "T303", "hot", "pot.T <= 220 °C", "note", "T",
        "220 °C is the hottest pot of the recipes read",
        ("zhang2019",), "any hot injection",
    ),
    Row(
        "T304", "any", "pot.T < pot.boils", "warning", "volatile",
        "{volatile} boils there: it spatters or leaves the vessel, while the books still count it",
        ("boiling point",), "boiling points at ambient pressure; under vacuum it boils colder",
    ),
    Row(
        "T305", "injects", "pot.drop <= 15 °C", "note", "stock",
        "the injection cools the pot, and the growth temperature is that after it",
        ("computed", "unverified"),
        "an estimate: liquids taken to have the same heat capacity by volume, no heat from the mantle; the limit is ours",
    ),
)  # fmt: skip
