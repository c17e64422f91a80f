"""Every finding code has one broken template that yields it and nothing else; hostile and mangled files yield findings, never a crash."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from peqdlab.catalog import check_file, open_family
from peqdlab.codes import CODES, render_findings_page
from peqdlab.findings import SEVERITIES, Doubt, Finding, Place, has_errors, sort_findings, suggest
from peqdlab.standalone import standalone_text

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
BROKEN = Path(__file__).parent / "broken"
CLEAN = (BROKEN / "clean.toml").read_text(encoding="utf-8")

# Made by this file and not kept: bytes that are no text, a megabyte, a missing file, a deep nest.
MADE_HERE = {"T002", "T003", "T004", "T006"}
# Films of FAPbI3 dots, and of two kinds of dots, differ from the clean protocol by too much: test_film_chemistry.py.
OF_OTHER_DOTS = {"F106", "F109"}
# No template yields these: they are about arguments of a command and about records, and tested with those.
# S221 is about the size that a plan is given, F110 about what the lab has measured.
NOT_OF_A_TEMPLATE = {code for code in CODES if code[0] in "ARV" or code in ("I106", "S221", "F110", *(f"N{n}" for n in range(102, 120)))}
# Listed for modules that are still to come: the command line and the record.
OF_LATER_MODULES = NOT_OF_A_TEMPLATE


def described(finding: Finding) -> str:
    """Return a finding as the .txt files hold it: one field a line."""
    rows = {"severity": finding.severity, "code": finding.code, "place": str(finding.where), "key": finding.where.key}
    rows |= {name: getattr(finding, name) for name in ("message", "remedy", "limit", "source", "scope") if getattr(finding, name)}
    return "".join(f"{name}: {text}\n" for name, text in rows.items())


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | bytes], tuple[Finding, ...]]:
    """Return a function from the text of a protocol to its findings."""
    monkeypatch.chdir(tmp_path)

    def check_text(text: str | bytes) -> tuple[Finding, ...]:
        Path("my.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return check_file("my.toml")

    return check_text


# one file, one finding ----------------------------------------------------------------------------------------------------------


def test_the_clean_protocol_yields_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    assert check_file("clean.toml") == ()


@pytest.mark.parametrize("name", sorted(path.stem for path in BROKEN.glob("*.txt")))
def test_a_broken_protocol_yields_exactly_its_finding(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    findings = check_file(f"{name}.toml")
    assert [finding.code for finding in findings] == [name]
    assert described(findings[0]) == (BROKEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(path.stem for path in BROKEN.glob("*.txt") if path.stem in CODES))
def test_a_finding_has_the_severity_of_its_row(name: str) -> None:
    first = (BROKEN / f"{name}.txt").read_text(encoding="utf-8").splitlines()[0]
    assert first == f"severity: {CODES[name].severity}"


def test_a_broken_protocol_differs_from_the_clean_one_by_few_lines() -> None:
    clean = set(CLEAN.splitlines())
    for path in BROKEN.glob("*.toml"):
        lines = path.read_text(encoding="utf-8").splitlines()[1:]
        assert sum(line not in clean for line in lines) <= 4, path.name


def test_every_code_that_a_template_can_yield_has_its_broken_protocol() -> None:
    kept = {path.stem for path in BROKEN.glob("*.txt")}
    assert kept == {path.stem for path in BROKEN.glob("*.toml")} - {"clean"}
    assert kept - {"enough-lead"} == CODES.keys() - NOT_OF_A_TEMPLATE - MADE_HERE - OF_OTHER_DOTS


def test_bytes_that_are_no_utf_8_are_named(check: Callable[[str | bytes], tuple[Finding, ...]]) -> None:
    (finding,) = check(CLEAN.replace("own notebook", "own Büchlein").replace("our ", "").encode("latin-1", "replace"))
    assert (finding.code, finding.severity) == ("T002", "error")


def test_a_file_of_more_than_a_megabyte_is_not_read(check: Callable[[str | bytes], tuple[Finding, ...]]) -> None:
    (finding,) = check("#" * (1024 * 1024 + 1))
    assert (finding.code, finding.where.file) == ("T003", "my.toml")


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.toml").mkdir()
    assert [check_file(name)[0].code for name in ("missing.toml", "folder.toml")] == ["T004", "T004"]


@pytest.mark.parametrize("text", ["a = " + "[" * 200 + "]" * 200, "a = " + "{b = " * 200 + "1" + "}" * 200, ".".join("a" * 200) + " = 1"])
def test_a_nest_that_is_too_deep_is_named(text: str, check: Callable[[str | bytes], tuple[Finding, ...]]) -> None:
    assert [finding.code for finding in check(text)] == ["T006"]


# codes --------------------------------------------------------------------------------------------------------------------------


def codes_in_package() -> set[str]:
    """Return every finding code that stands in quotes in the package, the list of codes itself and the GHS statements left out."""
    files = [path for path in (ROOT / "peqdlab").rglob("*.py") if path.name not in ("codes.py", "hazards.py")]
    return {code for path in files for code in re.findall(r'"([A-Z]\d{3})"', path.read_text(encoding="utf-8"))}


def test_every_code_of_the_package_is_listed() -> None:
    assert codes_in_package() - CODES.keys() == set()


def test_every_listed_code_is_used_or_belongs_to_a_later_module() -> None:
    assert CODES.keys() - codes_in_package() - OF_LATER_MODULES == set()


def test_the_page_of_findings_is_the_list_of_codes() -> None:
    assert (ROOT / "docs" / "findings.md").read_text(encoding="utf-8") == render_findings_page()


def test_a_code_is_a_letter_and_three_digits_with_a_severity_and_a_sentence() -> None:
    for code, row in CODES.items():
        assert re.fullmatch(r"[A-Z]\d{3}", code)
        assert row.severity in SEVERITIES
        assert row.means.endswith(".")
        assert "|" not in row.title + row.means


# the values themselves ----------------------------------------------------------------------------------------------------------


def finding_at(line: int | None, code: str = "Q101", severity: str = "error", file: str | None = "a.toml") -> Finding:
    return Finding(severity, code, Place("key", file, line, 1), "message", "remedy")  # type: ignore[arg-type]


def test_findings_are_sorted_by_place_then_severity_and_stand_once() -> None:
    wanted = [finding_at(1, "U001", "note"), finding_at(2, "X101"), finding_at(2, "B207", "warning"), finding_at(10)]
    assert sort_findings([wanted[3], wanted[2], wanted[0], wanted[1], wanted[3]]) == tuple(wanted)
    assert sort_findings([finding_at(1), finding_at(None, file=None)])[0].where.file is None


def test_only_an_error_counts_as_an_error() -> None:
    assert has_errors([finding_at(1, severity="note"), finding_at(2)])
    assert not has_errors([finding_at(1, severity="note"), finding_at(2, severity="warning")])


def test_a_place_says_as_much_as_is_known() -> None:
    assert str(Place("key", "a.toml", 3, 7)) == "a.toml:3:7"
    assert str(Place("", "a.toml")) == "a.toml"
    assert str(Place("--set T_inject")) == "--set T_inject"


def test_a_doubt_becomes_a_finding_at_the_place_its_reader_knows() -> None:
    found = Doubt("Q105", "5 has no unit", "write the unit").at(Place("dots", "a.toml", 3, 7), "warning")
    assert found == Finding("warning", "Q105", Place("dots", "a.toml", 3, 7), "5 has no unit", "write the unit")


def test_the_nearest_name_is_suggested_in_its_own_spelling() -> None:
    assert suggest("pbi2", ["PbI2", "PbBr2"]) == "did you mean PbI2?"
    assert suggest("Steqs", ["steps", "vessel"]) == "did you mean steps?"


def test_at_most_eight_names_are_listed() -> None:
    assert suggest("zzz", map(str, range(9))) == "one of: 0, 1, 2, 3, 4, 5, 6, 7 … (9 in all)"
    assert suggest("zzz", []) == "none is defined here"


# many at once -------------------------------------------------------------------------------------------------------------------

TEN_ERRORS = """format = 1
[sources]
own = { cite = "our notebook", evidence = "published" }

[tiny]
titel = "dots"
title = "dots"
product = "CsPbI3"
source = "onw"

[tiny.set]
T_inject = { is = "180", range = "140 °C - 200 °C" }

[tiny.make.crude]
vessel = "flask"
react = ["OA -> OA-"]
steps = [
  { add = { PbI3 = "1 g", ODE = "5,5 mL" } },
  { haet = "120 °C" },
  { heat = "= T_injekt" },
]
"""


def test_ten_errors_are_found_at_once_each_at_its_line_and_column(check: Callable[[str | bytes], tuple[Finding, ...]]) -> None:
    found = sort_findings(check(TEN_ERRORS))
    assert [(finding.code, finding.where.line, finding.where.column) for finding in found] == [
        ("L101", 6, 1),
        ("L107", 9, 10),
        ("Q105", 12, 19),
        ("L112", 12, 34),
        ("L114", 15, 10),
        ("C103", 16, 10),
        ("C102", 18, 13),
        ("Q103", 18, 33),
        ("L105", 19, 5),
        ("X105", 20, 12),
    ]
    assert [finding.remedy for finding in found if finding.remedy.startswith("did you mean")] == [
        "did you mean title?",
        "did you mean own?",
        "did you mean PbI2?",
        "did you mean heat?",
        "did you mean T_inject?",
    ]


def test_errors_of_every_variant_are_found(check: Callable[[str | bytes], tuple[Finding, ...]]) -> None:
    second = CLEAN[CLEAN.index("[tiny]") :].replace("tiny", "other").replace('toluene = "5 mL"', "toluene = 5")
    found = check(CLEAN.replace('"8000 rpm"', "8000") + second)
    assert [(finding.code, finding.where.key.partition(".")[0]) for finding in found] == [("Q105", "tiny"), ("Q105", "other")]


def test_what_could_not_be_read_does_not_make_a_second_finding(check: Callable[[str | bytes], tuple[Finding, ...]]) -> None:
    for typed, broken, code in (
        ('inject = { cs_oleate = "1 mL" }', 'injct = { cs_oleate = "1 mL" }', "L105"),
        ('inject = { cs_oleate = "1 mL" }', 'inject = { cs_oleat = "1 mL" }', "C102"),
        ('inject = { cs_oleate = "1 mL" }', 'inject = { cs_oleate = "1 g" }', "Q106"),
        ('T_inject = { is = "180 °C"', 'T_inject = { is = "180"', "Q105"),
        ('vessel = "50 mL flask"', 'vessel = "flask"', "L114"),
        ('evidence = "published"', 'evidence = "publish"', "L104"),
        ("[tiny.make.crude]", "[tiny.make.crude]\nsetps = 1", "L101"),
    ):
        assert [finding.code for finding in check(CLEAN.replace(typed, broken))] == [code], broken


# wrong kinds everywhere ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\ufeff",
        "# nothing\n",
        "format = 1",
        "format = true",
        "format = nan",
        "format = [[[]]]",
        "[format]",
        "[title]\na = 1",
        "[sources]",
        "sources = 1",
        "sources = { a = 1 }",
        "[sources]\ntitle = 1",
        "[[tiny]]",
        "tiny = 1",
        "[tiny]",
        "[tiny]\nmake = 1",
        "[tiny.make]",
        "[tiny]\nmake = { a = 1, b = [], c = {} }",
        "[tiny.make.a]\nsteps = {}",
        "[tiny.make.a]\nsteps = [1, [], {}, '', 1979-05-27]",
        "[tiny.make.a]\nsteps = [{ add = [] }, { add = {} }, { add = '' }, { add = { PbI2 = {} } }, { add = { PbI2 = [1] } }]",
        "[tiny.make.a]\nsteps = [{ warm = [] }, { warm = {} }, { heat = {} }, { heat = 07:32:00 }, { cool = 1 }, { hold = 1 }]",
        "[tiny.make.a]\nvessel = []\nready = 1\nlabel = 1\nreact = 1\nforms = 1\nsteps = 1",
        "[tiny]\ntitle = 1\nproduct = []\nshell = { }\nsource = 1\nset = []\nmake = 1\ncheck = 1",
        "[tiny.set]\na = 1\nb = {}\nc = { is = {} }\nd = { is = '', range = 1 }\ne = { is = inf }",
        "[tiny.check]\na = 1\nb = {}\nc = { at = 1 }",
        "[tiny.check.a]\nat = 'end'\nwant = ''\nelse = 'error'\nfix = ''\nwhy = ''",
        "['']\n'' = 1",
        "['x'.'\\']\na = 1",
        "[sources]\nformat = 1\n[title]\n[format]",
        "[tiny]\ntitle = '" + "x" * 10000 + "'",
    ],
)
def test_junk_yields_findings_with_place_and_remedy(text: str, check: Callable[[str | bytes], tuple[Finding, ...]]) -> None:
    found = check(text)
    assert has_errors(found)
    for finding in found:
        assert_is_complete(finding, text)


@pytest.mark.parametrize(("name", "code"), [("sources", "T005"), ("title", "T005"), ("format", "T005")])
def test_a_variant_cannot_be_named_as_a_key_of_the_file(name: str, code: str, check: Callable[[str | bytes], tuple[Finding, ...]]) -> None:
    text = CLEAN.replace("[tiny", f"[{name}")
    codes = {finding.code for finding in check(text if name != "title" else 'title = "family"\n' + text)}
    assert codes == {code}


def assert_is_complete(finding: Finding, text: str) -> None:
    """Assert that a finding stands inside the file, at a character or the end of a line, and says what to do."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    assert finding.where.file == "my.toml"
    assert finding.where.line is not None
    assert 1 <= finding.where.line <= len(lines)
    assert finding.where.column is not None
    assert 1 <= finding.where.column <= len(lines[finding.where.line - 1]) + 1
    assert finding.message.strip()
    assert finding.remedy.strip()
    assert "\n" not in finding.message + finding.remedy


# mutations ----------------------------------------------------------------------------------------------------------------------

TOKEN = re.compile(r'"[^"\n]*"|[\w-]+|\s+|.')
# One variant of every kind, each alone in its file: a family of thirty takes thirty times as long to check.
MANGLED = (
    "hot_injection/binary-cspbi3", "hot_injection/ternary-benzoyl-cspbbr3", "hot_injection/microfluidic-cspbbr3", "purification/meoac",
    "composition/cation-mixing", "ligand_exchange/meoac-humid", "soaking/fai-etoac", "nanocomposite/pcbm-gradient", "device/nip",
)  # fmt: skip


def tokens_of(name: str) -> tuple[list[str], list[int]]:
    """Return the tokens of a shipped variant alone in its file, and the places of the texts in it."""
    family, _, variant = name.partition("/")
    tokens = TOKEN.findall(standalone_text(open_family(family), variant))
    start = max(place for place, token in enumerate(tokens) if token == "sources")
    return tokens, [place for place, token in enumerate(tokens) if token.startswith('"') and place > start]


FILES = [tokens_of(name) for name in MANGLED]
HOSTILE = (
    "{}",
    "[]",
    "1",
    "-5",
    "nan",
    "1979-05-27",
    "true",
    '""',
    '"all"',
    '"= 1/0"',
    '"= room.T"',
    '"0 mL"',
    '"1e30 kg"',
    '"1e-30 g"',
    '"= n.Pb"',
    '"= -T_inject"',
    '"5 g m"',
    '"= mass.product"',
    '{ is = "1 g" }',
    '"0 %"',
    '"= volume"',
    '"= residue * 3"',
    '"= residue / 0"',
    '"1 mmol"',
    '"Pb/Br > 1"',
    '"volume.crude <= 1 mL"',
    '"crude"',
    '"dots"',
    '"FAPbI3"',
    '"CsPb(I0.5Br0.5)3"',
    '"OA -> OA"',
    '"0 mol/L"',
    '"end"',
)


def mangle(rng: random.Random) -> str:
    """Return a shipped protocol with up to three tokens deleted, repeated, replaced, or changed by a character."""
    tokens = list(rng.choice(FILES)[0])
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(tokens))
        match rng.randrange(4):
            case 0:
                del tokens[place]
            case 1:
                tokens.insert(place, tokens[place])
            case 2:
                tokens[place] = rng.choice((*HOSTILE, *tokens))
            case _:
                cut = rng.randrange(len(tokens[place]) + 1)
                tokens[place] = (
                    tokens[place][:cut] + rng.choice(("", "x", "5", "é", " ", '"', "-", ".", "/", "\\", "\n")) + tokens[place][cut + 1 :]
                )
    return "".join(tokens)


def retype(rng: random.Random) -> str:
    """Return a shipped protocol with one or two of its values replaced: it stays TOML, and is often planned."""
    shipped, texts = rng.choice(FILES)
    tokens = list(shipped)
    for _ in range(rng.randint(1, 2)):
        place = rng.choice(texts)
        cut = rng.randrange(1, len(tokens[place]))
        slip = tokens[place][:cut] + rng.choice("x05é -./[]=,") + tokens[place][cut:]
        tokens[place] = rng.choice((slip, slip, tokens[rng.choice(texts)], rng.choice(HOSTILE)))
    return "".join(tokens)


@pytest.mark.parametrize("change", [mangle, retype])
@pytest.mark.parametrize("block", range(4))
def test_a_mangled_protocol_yields_complete_findings(
    change: Callable[[random.Random], str], block: int, check: Callable[[str | bytes], tuple[Finding, ...]]
) -> None:
    for seed in range(block * 250, block * 250 + 250):
        text = change(random.Random(seed))
        for finding in check(text):
            assert_is_complete(finding, text)
