"""Sheets as files: PDF and HTML of plans, batches and sets, on either paper, and what cannot be written or printed."""

from __future__ import annotations

import io
import re
import tomllib
from pathlib import Path

import pytest
from pypdf import PdfReader

from peqdlab.bench_sheet import sheet_blocks
from peqdlab.blocks import Blank, Grid, Table
from peqdlab.cli.planning import Asked, made_plan
from peqdlab.document import plan_document
from peqdlab.writers.html import render_html
from peqdlab.writers.page import page_data
from peqdlab.writers.pdf import render_pdf
from peqdlab.writers.text import render_text
from tests.test_page import MOMENT, text_of_pdf, words_of_html

RECIPE = "hot_injection/binary-cspbi3"
CHAIN = (RECIPE, "purification/meoac", "ligand_exchange/meoac-humid", "soaking/fai-etoac")


def pages(path: Path) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(path.read_bytes())).pages]


def findings(ran) -> list[tuple[str, str]]:
    return [(row["code"], row["message"]) for row in ran.json["findings"]]


# one sheet ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("paper", "width"), [("a4", 595), ("letter", 612), ("LETTER", 612)])
def test_a_synthesis_is_two_pages_for_the_bench_and_two_to_look_up(peqdlab, tmp_path, paper, width) -> None:
    ran = peqdlab("run-sheet", RECIPE, "-o", str(tmp_path / "s.pdf"), "--paper", paper)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    found = pages(tmp_path / "s.pdf")
    assert ["For reference" in page.split("plan ")[0] for page in found] == [False, False, True, True]
    assert "Done" in found[1]
    assert round(PdfReader(tmp_path / "s.pdf").pages[0].mediabox.width) == width


def test_the_same_moment_gives_the_same_file(peqdlab, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795000000")
    for name in ("a.pdf", "b.pdf"):
        assert peqdlab("run-sheet", RECIPE, "-o", str(tmp_path / name)).code == 0
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert "printed 2026-11-18" in pages(tmp_path / "a.pdf")[0]


@pytest.mark.parametrize("ending", ["pdf", "html", "md", "txt"])
def test_a_plan_is_written_as_a_page_too(peqdlab, tmp_path, ending) -> None:
    path = tmp_path / f"plan.{ending}"
    assert peqdlab("plan", RECIPE, "-o", str(path)).code == 0
    text = " ".join(pages(path)) if ending == "pdf" else path.read_text(encoding="utf-8")
    assert "340.4 mg (0.4722 mmol)" in re.sub(r"\s+", " ", text.replace("\\", ""))


@pytest.mark.parametrize("name", [(RECIPE,), CHAIN, ("hot_injection/microfluidic-cspbbr3",)])
def test_pdf_and_html_have_every_word_of_the_text(name) -> None:
    document = plan_document(made_plan(name, Asked([], [], substrates=5 if len(name) > 1 else None)))
    blocks = sheet_blocks(document)
    plain = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
    words = set(re.findall(r"[^\s_\[\]]+", render_text(blocks, 400).translate(plain)))
    html = words_of_html(render_html(blocks)).text
    printed = text_of_pdf(render_pdf(blocks, MOMENT).pdf)
    for shown in (html, printed):
        squeezed = "".join(shown.split()).replace("\u200b", "").lower()
        assert sorted(word for word in words if word.lower().strip(":;,") not in squeezed) == []


def test_no_letter_of_any_shipped_protocol_lacks_a_font(peqdlab, tmp_path) -> None:
    from peqdlab.catalog import open_template
    from peqdlab.plan import make_plan
    from peqdlab.reagents import shipped_reagents

    index = Path(__file__).parent.parent / "protocols"
    reagents = shipped_reagents()
    letters = set()
    for family in sorted(index.glob("*.toml")):
        for variant in tomllib.loads(family.read_text(encoding="utf-8")).keys() - {"format", "title", "sources"}:
            document = plan_document(make_plan(open_template(f"{family.stem}/{variant}", reagents), reagents))
            letters |= set(str(page_data(sheet_blocks(document))))
    from peqdlab.blocks import Paragraph

    assert render_pdf([Paragraph(" ".join(sorted(letters)))], MOMENT).missing == ()


# what cannot be ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("-o", "sheet.doc"), "A105", ".doc is not written here"),
        (("-o", "sheet.pdf", "--paper", "a5"), "A105", "'a5' is no paper that is known here"),
        (("-o", "none/sheet.pdf"), "A107", "none/sheet.pdf cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_written_is_said_and_nothing_is(peqdlab, tmp_path, monkeypatch, arguments, code, message) -> None:
    monkeypatch.chdir(tmp_path)
    ran = peqdlab("run-sheet", RECIPE, *arguments, "--json")
    assert (ran.code, findings(ran)) == (2, [(code, message)])
    assert [path for path in tmp_path.iterdir() if path.suffix in (".doc", ".pdf", ".part")] == []


def test_a_letter_without_a_font_is_said_and_prints_in_html(peqdlab, edited, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = edited(("CsPbI3 dots, binary route, 50 mL ODE", "量子点 Ωμέγα"))
    ran = peqdlab("run-sheet", path, "-o", "s.pdf")
    assert ran.code == 0
    assert "A112  -o s.pdf\n    no font has 子 (U+5B50), 点 (U+70B9), 量 (U+91CF): printed as numbers" in ran.err
    assert "U+91CFU+5B50U+70B9 Ωμέγα" in pages(tmp_path / "s.pdf")[0]
    assert peqdlab("run-sheet", path, "-o", "s.html").err == ""
    assert "量子点 Ωμέγα" in (tmp_path / "s.html").read_text(encoding="utf-8")
    monkeypatch.setenv("PEQDLAB_FONTS", "nowhere")
    ran = peqdlab("run-sheet", path, "-o", "t.pdf", "--json")
    assert (ran.code, findings(ran)) == (2, [("A112", "nowhere is no folder")])


# several, sets, batches ----------------------------------------------------------------------------------------------------------


def test_several_sheets_are_one_document_each_under_its_own_name(peqdlab, tmp_path) -> None:
    assert peqdlab("run-sheet", RECIPE, "hot_injection/binary-fapbi3", "-o", str(tmp_path / "two.pdf")).code == 0
    found = pages(tmp_path / "two.pdf")
    assert ["FAPbI3" in page[:80] for page in found] == [False] * 4 + [True] * (len(found) - 4)
    assert f"page 5 / {len(found)}" in found[4]
    both = peqdlab("run-sheet", RECIPE, "hot_injection/binary-fapbi3", "--json").json
    assert [row["variant"] for row in both] == ["binary-cspbi3", "binary-fapbi3"]


def test_a_set_is_one_document_with_what_is_shared_once(peqdlab, tmp_path) -> None:
    folder = tmp_path / "set"
    peqdlab("plan", *CHAIN, "--vary", "soak.time=5s,10s", "--vary", "rh=15%,21%", "-o", f"{folder}/")
    ran = peqdlab("run-sheet", str(folder))
    assert ran.code == 0
    titles = re.findall(r"^(?:Run sheet|For reference): (\w+)", ran.out, re.MULTILINE)
    assert titles == ["shared", "shared", "R01", "R02", "R03", "R04", "R01"]
    assert ran.out.count("add Cs₂CO₃ 0.7500 g") == 1
    assert ran.out.startswith("4 runs in 1 day: ")
    (folder / "R02.toml").write_text((folder / "R01.toml").read_text(encoding="utf-8"), encoding="utf-8")
    ran = peqdlab("run-sheet", str(folder), "--json")
    assert (ran.code, findings(ran)) == (2, [("A106", f"{folder}/R02.toml is not the plan that the set was made with")])
    for damage in ('schema="peqdlab.set/1"', 'schema="peqdlab.set/1"\nruns=3\nshared=1.5', (folder / "set.toml").read_text(encoding="utf-8").replace("15 %", "16 %")):
        (folder / "set.toml").write_text(damage, encoding="utf-8")
        assert findings(peqdlab("run-sheet", str(folder), "--json")) == [("A106", f"{folder}/set.toml was changed since it was saved")]
    (folder / "set.toml").write_text('schema = "other"\n', encoding="utf-8")
    assert findings(peqdlab("run-sheet", str(folder), "--json")) == [("A106", f"{folder}/set.toml is no set")]


def test_a_finished_batch_prints_what_was_logged_with_its_corrections_struck_out(peqdlab, tmp_path) -> None:
    peqdlab("log-batch", RECIPE, "4a=1.034g", "--room", "21.5C", "34%", "MeOAc=lot:M7")
    peqdlab("log-batch", "B0001", "--correct", "4a=1.030g", "--reason", "read the wrong line")
    peqdlab("log-batch", "B0001", "14=21C/30%/O2:0.5ppm/H2O:0.1ppm", "--as-planned", "--close", "good")
    for ending in ("pdf", "html"):
        assert peqdlab("run-sheet", "B0001", "-o", str(tmp_path / f"b.{ending}")).code == 0
    html = (tmp_path / "b.html").read_text(encoding="utf-8")
    assert '<s>1.034 g</s> <b class="actual">1.030 g</b>' in html
    text = " ".join("\n".join(pages(tmp_path / "b.pdf")).split())
    for shown in ("1.034 g1.030 g", "lot M7", "21.5 °C", "as planned", "not logged", "read the wrong line", "0.5 ppm O2", "4.732"):
        assert shown.replace(" ", "") in text.replace(" ", ""), shown


def test_every_blank_of_a_sheet_has_a_code_and_a_unit_or_words() -> None:
    blocks = sheet_blocks(plan_document(made_plan(CHAIN, Asked([], [], substrates=3))))
    blanks = [cell for block in blocks if isinstance(block, Table) for row in block.rows for cell in row if isinstance(cell, Blank)]
    blanks += [blank for block in blocks for blank in getattr(block, "lines", ())]
    blanks += [blank for block in blocks if isinstance(block, Grid) for _, row in block.rows for blank in row]
    words = {"batch", "lot", "remark", "operator", "date", "checked by"}
    assert [blank for blank in blanks if not blank.unit and blank.asks not in words] == []
    assert [blank for blank in blanks if not blank.code and blank.asks != "batch"] == []
