"""The run sheet and the overview as whole pages, every number on them against the plan, and text that tries to break them."""

from __future__ import annotations

import os
import re
import unicodedata
from decimal import Decimal
from pathlib import Path

import pytest

from peqdlab.bench_sheet import sheet_blocks, weighing_table
from peqdlab.blocks import Blank, Callout, Grid, StepBlock, Table, printable, width
from peqdlab.catalog import open_template
from peqdlab.cli.planning import Asked, made_plan
from peqdlab.document import plan_document
from peqdlab.plan import Plan, make_plan
from peqdlab.reagents import shipped_reagents
from peqdlab.sheet import finding_callout, headline, plan_blocks, ratios_table
from peqdlab.units import parse_quantity
from peqdlab.writers.html import render_html
from peqdlab.writers.markdown import render_markdown
from peqdlab.writers.text import render_text

GOLDEN = Path(__file__).parent / "golden"
WIDTHS = (40, 80, 100, 120)


def planned(name: str = "hot_injection/binary-cspbi3") -> tuple[Plan, dict]:
    reagents = shipped_reagents()
    plan = make_plan(open_template(name, reagents), reagents)
    return plan, plan_document(plan)


# whole pages -------------------------------------------------------------------------------------------------------------------


def page(name: str) -> str:
    """Return a page of the shipped protocol with its digest replaced."""
    _, document = planned()
    text = {
        "run_sheet.txt": lambda: render_text(sheet_blocks(document), 100),
        "run_sheet.md": lambda: render_markdown(sheet_blocks(document)),
        "run_sheet.html": lambda: render_html(sheet_blocks(document)),
        "plan.txt": lambda: render_text(plan_blocks(document, [finding_callout(row) for row in document["findings"]]), 100),
    }[name]()
    text = re.sub(r"<svg.*?</svg>", "<svg/>", text)
    return text.replace(document["digest"].removeprefix("sha256:")[:12], "PLAN-DIGEST-")


@pytest.mark.parametrize("name", ["run_sheet.txt", "run_sheet.md", "run_sheet.html", "plan.txt"])
def test_the_page_is_as_it_was(name: str) -> None:
    """PEQDLAB_UPDATE_GOLDEN=1 writes the pages anew; look at the difference before it is kept."""
    if os.environ.get("PEQDLAB_UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / name).write_text(page(name), encoding="utf-8")
    assert page(name) == (GOLDEN / name).read_text(encoding="utf-8")


# numbers -----------------------------------------------------------------------------------------------------------------------


def same(shown: str, planned_value: Decimal) -> bool:
    """Return whether a quantity on the sheet is the planned one, to half the last digit that is shown."""
    number, unit = re.fullmatch(r"([\d.]+) (\S+)", shown).groups()
    digits = len(number.partition(".")[2])
    step = parse_quantity(f"1 {unit}").value * Decimal(1).scaleb(-digits)
    return abs(parse_quantity(shown).value - planned_value) <= step / 2


CHAIN = ("hot_injection/binary-cspbi3", "purification/meoac", "ligand_exchange/meoac-humid", "soaking/fai-etoac")


def chained() -> tuple[Plan, dict]:
    """Return a chain of four on five substrates, with three layers."""
    plan = made_plan(CHAIN, Asked([], [], substrates=5))
    return plan, plan_document(plan)


def blanks_on(blocks: list) -> list[Blank]:
    """Return every blank of a sheet, in the order of the page."""
    found: list[Blank] = []
    for block in blocks:
        if isinstance(block, StepBlock):
            found += block.lines
        elif isinstance(block, Grid):
            found += [blank for _, blanks in block.rows for blank in blanks]
        elif isinstance(block, Table):
            found += [cell for row in block.rows for cell in row if isinstance(cell, Blank)]
    return found


@pytest.mark.parametrize("made", [planned, chained])
def test_every_quantity_of_the_sheet_is_that_of_the_plan(made) -> None:
    """The text of the sheet is parsed back; what is written there is the stored value to half its last digit."""
    plan, document = made()
    text = render_text(sheet_blocks(document), 400)
    wanted = {blank.code: blank.planned.value for run in plan.books.steps for blank in run.blanks if blank.planned is not None}
    wanted |= {use.code: use.quantity.value for run in plan.books.steps for use in run.uses if use.code}
    weighed = re.findall(r"^(\d+[a-z]+) .*? ([\d.]+ \S+?)\?? +((?:\d+ × )?[\d.]+ \S+)(?:  ± \S+ \S+)?  +_+ \S+  +_+$", text, re.MULTILINE)
    lines = re.findall(r"^ +(\d+[a-z]+) +\S.*? {2,}planned ([\d.]+ [^\s?]+)", text, re.MULTILINE)
    for row in re.findall(r"^\d+ \(steps .*$", text, re.MULTILINE):
        lines += re.findall(r"(\d+[a-z]+) [^_]*?, planned ([\d.]+ [^\s?]+)\??(?: ± \S+ \S+)?: _", row)
    assert len(weighed) == len(document["materials"])
    assert {code for code, *_ in weighed} | {code for code, _ in lines} == wanted.keys()
    for code, exact, dispensed in weighed:
        assert same(exact, wanted[code]), (code, exact)
        times, _, each = dispensed.rpartition(" × ")
        assert same(each, wanted[code] / int(times or 1)), (code, dispensed)
    for code, shown in lines:
        assert same(shown, wanted[code]), (code, shown)


@pytest.mark.parametrize("made", [planned, chained])
def test_every_code_of_the_plan_is_on_the_sheet_once_to_fill_in(made) -> None:
    plan, document = made()
    blocks = sheet_blocks(document)
    codes = [blank.code for blank in blanks_on(blocks) if blank.code]
    assert len([code for code in codes if not code.endswith("=lot")]) == len({code for code in codes if not code.endswith("=lot")})
    assert set(codes) >= {blank.code for run in plan.books.steps for blank in run.blanks}
    first = [str(run.n) for run in plan.books.steps if run.cycle is None or run.cycle[0] == 1]
    assert [block.code for block in blocks if isinstance(block, StepBlock)] == first


def test_layers_are_a_grid_of_boxes_with_the_blanks_of_every_cycle() -> None:
    _, document = chained()
    (grid,) = [block for block in sheet_blocks(document) if isinstance(block, Grid)]
    assert grid.columns == ("1", "2", "3", "4", "5")
    assert [label for label, _ in grid.rows] == ["1 (steps 19–21)", "2 (steps 22–24)", "3 (steps 25–27)"]
    assert [[blank.code for blank in blanks] for _, blanks in grid.rows] == [["19a", "20a", "20"], ["22a", "23a", "23"], ["25a", "26a", "26"]]
    assert not any(block.boxed or block.lines for block in sheet_blocks(document) if isinstance(block, StepBlock) and block.code in ("19", "20", "21"))


def test_what_is_doubtful_has_a_question_mark_and_nothing_else_has() -> None:
    _, document = planned()
    table = weighing_table(document)
    assert (
        {row[0] for row in table.rows if "?" in row[3]}
        == {row["code"] for row in document["materials"] if row["doubtful"]}
        == {"14a"}
    )


def test_an_accepted_error_is_on_the_sheet_with_its_reason(edited, peqdlab, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = edited(('{ inject = { cs_oleate = "8 mL" }', '{ inject = { cs_oleate = "30 mL" }'))
    assert peqdlab("run-sheet", path).code == 1
    peqdlab("plan", path, "--accept", "cs-limits=a trial of the limit", "-o", "plan.json")
    sheet = peqdlab("run-sheet", "plan.json")
    assert sheet.code == 0
    assert re.search(r"cs-limits  accepted\n +a trial of the limit", sheet.out)


def test_the_headline_says_ceiling_limit_and_what_stays_outside() -> None:
    _, document = planned()
    assert headline(document) == (
        "makes at most 340.4 mg (0.4722 mmol); Cs limits; 78 % of the Pb stays outside the product; 67 % of the I stays outside the product"
    )
    assert "; 272.3 mg expected; 78 %" in headline({**document, "expected_mg": "272.3"})
    assert headline({**document, "ceiling_mg": None}) == ""


def test_many_ratios_stand_under_one_another() -> None:
    few, many = ({f"X{n}/Pb": "1.000" for n in range(count)} for count in (4, 9))
    assert ratios_table({"ratios": few}).columns == ("", "X0/Pb", "X1/Pb", "X2/Pb", "X3/Pb")
    assert len(ratios_table({"ratios": many}).rows) == 9


def test_a_finding_without_a_file_is_placed_by_its_argument() -> None:
    row = {"severity": "error", "code": "L113", "where": {"key": "--set T_inject"}, "message": "m", "remedy": "r"}
    assert finding_callout(row) == Callout("error", "L113", "--set T_inject", "m", (("fix", "r"),))


# text that tries to break the page ---------------------------------------------------------------------------------------------

HOSTILE = {
    "rich markup": "a [/bold] b [/red] c [ /] d",
    "html": "<script>alert(1)</script> & <b>bold",
    "typst": '#read("/etc/passwd") $x$ #import',
    "formula": "=cmd()|'/C calc'!A0",
    "terminal": "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b31m",
    "direction": "a\u202edcba\u202c \u2066b\u2069 \u200fc",
    "long word": "x" * 10_000,
    "long wide word": "量" * 3_000,
    "pipes and quotes": "a | b `code` *bold* _it_ ~no~ \\ \\| ![/x](y) <http://a.b> https://a.b www.a.b x@y.z",
    "lines": "one\ntwo\r\nthree\n\n# four\n- five\n1. six\n---\n\u2028seven\u2029eight\x85nine",
    "wide and greek": "量子点 α-CsPbI₃ γ 한국어 ﬁ",
    "combining": "e\u0301a\u0308 \u200b\u200d z\u0489",
    "nothing but blanks": "  \t \n ",
    "numbers first": "0.75 g; 1. one; 12) two",
}


def toml_text(text: str) -> str:
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text) + '"'


def hostile_template(text: str) -> str:
    """Return a protocol with this text wherever the language takes one."""
    odd = toml_text(f"{text} .")
    remark = toml_text(f"1 g, {text} .")
    return f"""format = 1
title = {odd}
[sources]
own = {{ cite = {odd}, doi = {odd}, evidence = "published" }}
[v]
title = {odd}
product = "CsPbI3"
shell = ["OA-", "OAm+"]
source = "own"
[v.set]
hot = {{ is = "180 °C", range = "140 °C to 170 °C", why = {odd} }}
[v.make.crude]
vessel = {toml_text(f"250 mL {text} .")}
ready = {odd}
forms = "product"
steps = [
  {{ add = {{ PbI2 = {remark}, CsOAc = {{ is = "0.3 g", grade = {odd} }}, ODE = "50 mL" }}, name = {odd}, ask = [{odd}], hold = true }},
  {{ stir = "1 min", note = {odd} }},
  {{ heat = "= hot", under = {odd}, until = {odd}, inspect = [{odd}], stop_if = {odd}, how = {odd} }},
  {{ cool = {odd} }},
  {{ keep = {odd} }},
]
[v.check.odd]
at = "end"
want = "Pb/Cs > 5"
else = "note"
fix = "CsOAc"
why = {odd}
scope = {odd}
"""


@pytest.fixture(params=HOSTILE)
def hostile(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, dict]:
    """Return a text and the document of a plan that is full of it."""
    monkeypatch.chdir(tmp_path)
    text = HOSTILE[request.param]
    Path("odd.toml").write_text(hostile_template(text), encoding="utf-8")
    return text, planned("odd.toml")[1]


def pages(document: dict) -> list[list]:
    findings = [finding_callout(row) for row in document["findings"]]
    return [sheet_blocks(document), sheet_blocks(document, batch="B0001"), plan_blocks(document, findings, "run-sheet")]


def is_harmless(character: str) -> bool:
    return character == "\n" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@pytest.mark.parametrize("columns", WIDTHS)
def test_no_line_of_text_is_wider_than_the_page_whatever_was_typed(columns: int, hostile) -> None:
    _, document = hostile
    for blocks in pages(document):
        text = render_text(blocks, columns)
        assert max(map(width, text.splitlines())) <= columns
        assert all(map(is_harmless, text))


def test_what_was_typed_is_on_the_sheet_as_text(hostile) -> None:
    typed, document = hostile
    shown = "".join(printable(typed).split())
    text = "".join(render_text(sheet_blocks(document), 100).split())
    marked = "".join(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", render_markdown(sheet_blocks(document))).split())
    for page_text in (text, marked):
        assert page_text.count(shown) >= 5


def test_markdown_of_hostile_text_keeps_its_lines_and_cells(hostile) -> None:
    _, document = hostile
    for blocks in pages(document):
        text = render_markdown(blocks)
        assert all(map(is_harmless, text))
        for block, shown in zip(blocks, (render_markdown([block]) for block in blocks), strict=True):
            if isinstance(block, Table):
                rows = shown.rstrip("\n").split("\n")
                assert len(rows) == len(block.rows) + 2
                assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {len(block.columns) + 1}
            elif isinstance(block, StepBlock):
                assert len(shown.rstrip("\n").split("\n")) == 1 + len(block.remarks) + len(block.lines)
        assert not re.search(r"(?<!\\)<[a-z/!]|(?<!\\)!?\[(?! \] )|(?<!\\)https?:(?=//)|(?<!\\)&", text)


def test_the_words_of_a_plain_page_do_not_depend_on_its_width() -> None:
    _, document = planned()
    # tables break cells at other places, so lines of steps and paragraphs are compared
    blocks = [block for block in sheet_blocks(document) if not isinstance(block, Table)]
    pages_of = [re.sub(r"\s+|\[ \]", "", render_text(blocks, columns)) for columns in WIDTHS]
    assert len(set(pages_of)) == 1
