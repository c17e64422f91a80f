"""Blocks to text, Markdown and terminal: the same words in every form, within the width, and nothing typed is obeyed."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peqdlab.blocks import Blank, Callout, Heading, Paragraph, StepBlock, Table, printable, width
from peqdlab.writers.markdown import escape, render_markdown
from peqdlab.writers.terminal import print_terminal
from peqdlab.writers.text import render_text, wrap

STEP = StepBlock(
    "9",
    "inject cs_oleate 8.00 mL, fast",
    True,
    (Blank("9a", "pot temperature", "180 °C"), Blank("9b", "cs_oleate", "8.00 mL", "7.90 mL")),
    ("be quick",),
)
FINDING = Callout("error", "B201", "my.toml:3:7", "step 9 draws 8 mL", (("fix", "draw at most 5 mL"), ("limit", "5 mL")))
TABLE = Table(("code", "material", "planned"), (("1a", "Cs₂CO₃", "0.7500 g"), ("1b", "OA", "3.00 mL")), right=("planned",))
ALL = [
    Heading("Run sheet", 1),
    Paragraph("quiet words", "quiet"),
    Heading("Weigh"),
    TABLE,
    STEP,
    FINDING,
    Paragraph("strong words", "strong"),
]


# printable and width -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("120 °C ± 3, Cs₂CO₃ – µL", "120 °C ± 3, Cs₂CO₃ – µL"),
        ("a\tb\nc\rd\u2028e\u2029f", "a b c d e f"),
        ("\x1b[31m\x07\x00\x7f\x9b", "�[31m����"),
        ("a\u202eb\u200bc\ufeffd", "a�b�c�d"),
        ("\ud800\ue000\U000e0001", "���"),
    ],
)
def test_what_steers_a_terminal_or_the_direction_is_not_printed(typed: str, shown: str) -> None:
    assert printable(typed) == shown


@pytest.mark.parametrize(("text", "columns"), [("", 0), ("abc", 3), ("°C µL", 5), ("量子", 4), ("e\u0301", 1), ("한", 2)])
def test_width_counts_columns_of_a_terminal(text: str, columns: int) -> None:
    assert width(text) == columns


# wrapping ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("", 10, [""]),
        ("  ", 10, [""]),
        ("one two three", 7, ["one two", "three"]),
        ("one  two", 40, ["one two"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("ab abcdefghij kl", 4, ["ab", "abcd", "efgh", "ij", "kl"]),
        ("abcdefgh ij", 7, ["abcdefg", "h ij"]),
        ("量子点", 3, ["量", "子", "点"]),
        ("量", 1, ["量"]),
    ],
)
def test_text_is_wrapped_at_words_and_long_words_are_broken(text: str, columns: int, lines: list[str]) -> None:
    assert wrap(text, columns) == lines


@given(st.text(max_size=200), st.integers(2, 60))
def test_wrapping_keeps_every_letter_and_the_width(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert "".join("".join(lines).split()) == "".join(printable(text).split())
    assert all(width(line) <= columns for line in lines)


def test_a_megabyte_without_a_blank_is_wrapped_in_reasonable_time() -> None:
    started = time.perf_counter()
    assert len(wrap("x" * 500_000, 100)) == 5_000
    assert len(wrap("量" * 100_000, 100)) == 2_000
    assert time.perf_counter() - started < 5


# text --------------------------------------------------------------------------------------------------------------------------


def test_the_text_of_every_kind_of_block() -> None:
    assert render_text(ALL, 60) == (
        "Run sheet\n"
        "quiet words\n"
        "\n"
        "Weigh\n"
        "code  material   planned\n"
        "1a    Cs₂CO₃    0.7500 g\n"
        "1b    OA         3.00 mL\n"
        "\n"
        "      HOLD  go on only when this is so\n"
        "[ ] 9     inject cs_oleate 8.00 mL, fast\n"
        "          be quick\n"
        "          9a pot temperature planned 180 °C __________\n"
        "          9b cs_oleate planned 8.00 mL 7.90 mL\n"
        "\n"
        "error B201  my.toml:3:7\n"
        "    step 9 draws 8 mL\n"
        "    fix     draw at most 5 mL\n"
        "    limit   5 mL\n"
        "\n"
        "strong words\n"
    )


def test_a_column_that_is_too_wide_gives_way_and_its_cell_wraps() -> None:
    table = Table(("tag", "source"), (("zeng2018", "the same, a digit repaired in a damaged scan: look before you trust it"),))
    assert render_text([table], 40) == (
        "tag       source\nzeng2018  the same, a digit repaired in\n          a damaged scan: look before\n          you trust it\n"
    )


CELLS = st.text(alphabet=st.sampled_from("ab µ°量\n|\x1b"), max_size=30)


@given(st.integers(1, 7).flatmap(lambda n: st.lists(st.tuples(*[CELLS] * n), min_size=1, max_size=4)), st.sampled_from([40, 60, 100]))
def test_a_table_of_up_to_seven_columns_fits_every_page(rows: list[tuple[str, ...]], columns: int) -> None:
    head, *body = rows
    for line in render_text([Table(head, tuple(body))], columns).splitlines():
        assert width(line) <= columns


@given(CELLS, CELLS, st.text(max_size=80), st.sampled_from([40, 80]))
def test_a_finding_or_step_fits_every_page(code: str, place: str, text: str, columns: int) -> None:
    blocks = [
        Callout("warning", code, place * 9, text, (("fix", text),)),
        StepBlock("1", text, False, (Blank("1a", text, place, code),), (text,)),
    ]
    shown = render_text(blocks, columns)
    assert max(map(width, shown.splitlines())) <= columns
    assert "\x1b" not in shown


def test_a_page_has_no_blank_at_the_end_of_a_line() -> None:
    assert not re.search(r"[ \t]\n", render_text([*ALL, Table(("a", ""), (("1", ""), ("", "")))], 80))


# Markdown ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "escaped"),
    [
        ("0.7500 g", "0.7500 g"),
        ("12.", "12\\."),
        ("1. one", "1\\. one"),
        ("2) two", "2\\) two"),
        ("12a", "12a"),
        ("- dash", "\\- dash"),
        ("+ plus", "\\+ plus"),
        ("=cmd()", "\\=cmd()"),
        ("# head", "\\# head"),
        ("a|b`c`", "a\\|b\\`c\\`"),
        ("[x](y)", "\\[x\\](y)"),
        ("<b>&amp;", "\\<b\\>\\&amp;"),
        ("https://a.b", "https\\://a.b"),
        ("WWW.a.b", "WWW\\.a.b"),
        ("x@y.z", "x\\@y.z"),
        ("10:30", "10:30"),
        ("cs_oleate *x*", "cs\\_oleate \\*x\\*"),
        ("\\*", "\\\\\\*"),
        ("a\n# b", "a \\# b"),
        ("    code", "code"),
    ],
)
def test_nothing_typed_becomes_markup(typed: str, escaped: str) -> None:
    assert escape(typed) == escaped


@given(st.text(max_size=60))
def test_an_escaped_text_reads_back_as_it_was_shown(text: str) -> None:
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", escape(text)) == printable(text).strip()


def test_the_markdown_of_every_kind_of_block() -> None:
    assert render_markdown(ALL) == (
        "# Run sheet\n\nquiet words\n\n## Weigh\n\n"
        "| code | material | planned |\n| --- | --- | ---: |\n| 1a | Cs₂CO₃ | 0.7500 g |\n| 1b | OA | 3.00 mL |\n\n"
        "- [ ] **9** **HOLD** inject cs\\_oleate 8.00 mL, fast\n  - be quick\n"
        "  - `9a` pot temperature, planned 180 °C: \\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\n"
        "  - `9b` cs\\_oleate, planned 8.00 mL: 7.90 mL\n\n"
        "**error B201** my.toml:3:7  \nstep 9 draws 8 mL  \nfix: draw at most 5 mL  \nlimit: 5 mL\n\n**strong words**\n"
    )


def test_the_head_of_a_table_is_escaped_too() -> None:
    assert render_markdown([Table(("a|b", ""), (("1", "2"),))]).split("\n")[0] == "| a\\|b |   |"


# terminal ----------------------------------------------------------------------------------------------------------------------


def test_the_terminal_shows_the_words_of_the_text_in_colour(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    print_terminal(ALL, 80)
    shown = capsys.readouterr().out
    assert "\x1b[1" in shown
    assert re.sub(r"\x1b\[[\d;]*m", "", shown) == render_text(ALL, 80)


@pytest.mark.parametrize("typed", ["[bold]x[/bold]", "[/]", "[link=http://a.b]x[/link]", ":smile:", "\x1b[31mx", "\\[x]"])
def test_the_terminal_obeys_no_typed_markup(typed: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    blocks = [Heading(typed), Paragraph(typed, "strong"), Table((typed,), ((typed,),)), Callout("note", "x", "y", typed)]
    print_terminal(blocks, 80)
    shown = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)
    assert shown == render_text(blocks, 80)
    assert shown.count(printable(typed)) == 5
