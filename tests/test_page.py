"""Blocks to HTML and PDF: the same words as the text, nothing typed is obeyed, and the same bytes for the same moment."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from pypdf import PdfReader

from peqdlab.blocks import Blank, Block, Callout, Grid, Heading, Mark, Paragraph, StepBlock, Table, printable, runs
from peqdlab.writers.html import render_html
from peqdlab.writers.page import page_data, pieces
from peqdlab.writers.pdf import render_pdf

MOMENT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
BLOCKS: list[Block] = [
    Heading("Run sheet: CsPbI₃", 1),
    Mark("sha256:abc", "plan abc"),
    Paragraph("makes at most 340.4 mg", "strong"),
    Paragraph("a source", "quiet"),
    Table(("code", "planned", "real"), (("1a", "0.7500 g", Blank("1a", "Cs2CO3", unit="g")),), right=("planned",), ticked=True),
    StepBlock("8", "heat to 180 °C for 2 h", True, (Blank("8a", "temperature", "180 °C", "178 °C", was=("187 °C",)),), ("wanted: RH ≤ 30 %",)),
    Grid(("1", "2"), (("1 (steps 3–4)", (Blank("3a", "ink", "120 µL", unit="µL"),)),)),
    Callout("warning", "B201", "my.toml:3:7", "step 9 draws 8 mL", (("fix", "draw at most 5 mL"),)),
    Heading("For reference", 1),
]
WORDS = ("Run sheet:", "makes at most 340.4 mg", "0.7500 g", "8a", "178 °C", "187 °C", "wanted: RH ≤ 30 %", "3a", "120 µL", "B201", "draw at most 5 mL")


def text_of_pdf(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


class Words(HTMLParser):
    """Collects what is shown, which tags there are, and whatever would load or run something."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.tags, self.loads, self.open = "", [], [], []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.loads += [(tag, name, value) for name, value in attrs if name in ("src", "href", "onload", "onerror", "action")]

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self.open):
            self.text += data


def words_of_html(html: str) -> Words:
    found = Words()
    found.feed(html)
    return found


# pieces ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("", []),
        ("Cs₂CO₃", [["Cs", ""], ["2", "sub"], ["CO", ""], ["3", "sub"]]),
        ("CsPbI₂.₅", [["CsPbI", ""], ["2.5", "sub"]]),
        ("cm²", [["cm", ""], ["2", "sup"]]),
        ("heat to 120 °C? for 2 h", [["heat to ", ""], ["120 °C?", "num"], [" for ", ""], ["2 h", "num"]]),
        ("4 tubes, step 12", [["4 tubes, step 12", ""]]),
    ],
)
def test_a_text_is_cut_where_letters_are_small_or_a_quantity_stands(text: str, cut: list[list[str]]) -> None:
    assert pieces(text, numbers=True) == cut


def test_a_word_that_no_line_holds_may_be_broken_and_loses_no_letter() -> None:
    ((shown, _),) = pieces("x" * 10_000)
    assert shown.replace("\u200b", "") == "x" * 10_000
    assert max(map(len, shown.split("\u200b"))) <= 16


@pytest.mark.parametrize("text", ["a\x1b[31mb", "₂", "⁺₃x", "1 g 2 g", "a\u202eb"])
def test_pieces_put_together_are_the_printable_text(text: str) -> None:
    plain = str.maketrans("₀₁₂₃₄₅₆₇₈₉⁺", "0123456789+")
    assert "".join(words for words, _ in pieces(text, numbers=True)) == printable(text).translate(plain)
    assert "".join(words for words, _ in runs(text)) == printable(text).translate(plain)


# HTML --------------------------------------------------------------------------------------------------------------------------


def test_html_shows_every_word_in_one_file_that_loads_nothing() -> None:
    found = words_of_html(render_html(BLOCKS))
    assert [word for word in WORDS if word not in found.text] == []
    assert found.loads == []
    assert set(found.tags) & {"script", "link", "img", "iframe", "object", "base", "form"} == set()
    assert "default-src 'none'" in render_html(BLOCKS)


def test_html_strikes_out_what_was_corrected_and_sets_formulas() -> None:
    html = render_html(BLOCKS)
    assert "<s>187 °C</s>" in html
    assert "CsPbI<sub>3</sub>" in html
    assert "@page { size: letter;" in render_html(BLOCKS, "letter")


# PDF ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("paper", "size"), [("a4", (595, 842)), ("letter", (612, 792))])
def test_pdf_shows_every_word_on_either_paper(paper: str, size: tuple[int, int]) -> None:
    printed = render_pdf(BLOCKS, MOMENT, paper=paper)
    first, second = PdfReader(io.BytesIO(printed.pdf)).pages
    assert (round(first.mediabox.width), round(first.mediabox.height)) == size
    text = " ".join(text_of_pdf(printed.pdf).split())
    assert [word for word in WORDS if word not in text] == []
    assert "HOLD – go on only when this is so" in text
    assert "printed 2026-11-20 09:30" in text
    assert "page 2 / 2" in second.extract_text()
    assert printed.missing == ()


def test_the_same_blocks_and_moment_give_the_same_bytes_in_another_process() -> None:
    code = (
        "import hashlib, datetime as d; from tests.test_page import BLOCKS; from peqdlab.writers.pdf import render_pdf;"
        "print(hashlib.sha256(render_pdf(BLOCKS, d.datetime(2026, 11, 20, 9, 30, tzinfo=d.UTC)).pdf).hexdigest())"
    )
    runs_of = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in range(2)}
    assert len(runs_of) == 1
    import hashlib

    assert runs_of == {hashlib.sha256(render_pdf(BLOCKS, MOMENT).pdf).hexdigest() + "\n"}
    assert render_pdf(BLOCKS, MOMENT).pdf != render_pdf(BLOCKS, MOMENT.replace(hour=10)).pdf


def test_a_letter_that_no_font_has_is_printed_as_its_number_and_named() -> None:
    printed = render_pdf([Heading("量子点 Ωμέγα Привет ő", 1)], MOMENT)
    assert printed.missing == ("子", "点", "量")
    text = text_of_pdf(printed.pdf)
    assert "U+91CFU+5B50U+70B9 Ωμέγα Привет ő" in text


# what somebody typed -----------------------------------------------------------------------------------------------------------

TYPED = [
    "[/bold] b [/red]",
    "<script>alert(1)</script> & <b>bold",
    '#read("/etc/passwd") $x$ #import "a.typ": *',
    "=cmd()|'/C calc'!A0",
    "\x1b[31mred\x1b[0m",
    "{{ 7*7 }} {% raw %}",
    "--- -- ~ 'quotes' \"double\" \\u{41} // comment /* a */ @ref <label>",
]


def everywhere(typed: str) -> list[Block]:
    blank = Blank(typed, typed, typed, typed, typed, (typed,))
    return [
        Heading(typed, 1),
        Mark(typed, typed),
        Paragraph(typed),
        Table((typed, "b"), ((typed, blank),)),
        StepBlock(typed, typed, True, (blank,), (typed,)),
        Grid((typed,), ((typed, (blank,)),)),
        Callout(typed, typed, typed, typed, ((typed, typed),)),
    ]


@pytest.mark.parametrize("typed", TYPED)
def test_nothing_typed_is_obeyed_and_all_of_it_is_shown(typed: str) -> None:
    shown = "".join(printable(typed).split())
    html = words_of_html(render_html(everywhere(typed)))
    assert "".join(html.text.split()).count(shown) >= 12
    assert set(html.tags) & {"script", "label"} == set()
    printed = "".join(text_of_pdf(render_pdf(everywhere(typed), MOMENT).pdf).split())
    assert printed.count(shown) >= 3  # narrow cells break the rest into lines in another order
    assert "root:" not in printed


def test_a_long_word_stays_on_the_page() -> None:
    data = page_data([block for block in everywhere("x" * 10_000) if not isinstance(block, Mark)])
    assert all(len(part) <= 16 for words in re.findall(r"x[x\u200b]+", str(data)) for part in words.split("\u200b") if len(words) > 10_000)
    reader = PdfReader(io.BytesIO(render_pdf([Heading("x" * 10_000, 1), Table(("a", "b"), (("y" * 10_000, "z"),))], MOMENT).pdf))
    for page in reader.pages:
        right = []
        page.extract_text(visitor_text=lambda text, _cm, tm, _font, _size, right=right: right.append(tm[4]) if text.strip() else None)
        assert max(right, default=0) < page.mediabox.width
    assert sum(page.extract_text().count("x") for page in reader.pages) >= 10_000
