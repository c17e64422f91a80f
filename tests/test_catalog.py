"""A protocol by name, by path, by variant; and every name that is none of these says what it might have been."""

from __future__ import annotations

from pathlib import Path

import pytest

from peqdlab.catalog import check_file, open_family, open_template, split_name
from peqdlab.errors import ContentError, SourceError, UsageError
from peqdlab.listing import listed_family, render_index, shipped_list
from peqdlab.shipped import shipped_families, shipped_folder

SMALL = 'source = "computed"\n[{0}.make.a]\nvessel = "5 mL vial"\nsteps = [{{ add = {{ toluene = "1 mL" }} }}]\n'
TWO = 'format = 1\n[one]\ntitle = "first"\n' + SMALL.format("one") + '[two]\ntitle = "second"\n' + SMALL.format("two")


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a file with two variants, in the present folder."""
    monkeypatch.chdir(tmp_path)
    Path("my.toml").write_text(TWO, encoding="utf-8")
    return "my.toml"


# names -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "family", "variant"),
    [
        ("hot_injection", "hot_injection", None),
        ("hot_injection/binary-cspbi3", "hot_injection", "binary-cspbi3"),
        ("my.toml", "my.toml", None),
        ("folder/my.toml", "folder/my.toml", None),
        ("folder/my.toml/one", "folder/my.toml", "one"),
        ("nothing", "nothing", None),
        ("a/b/c", "a/b", "c"),
        ("/one", "/one", None),
        ("", "", None),
    ],
)
def test_a_name_is_family_and_variant(name: str, family: str, variant: str | None) -> None:
    assert split_name(name) == (family, variant)


ROOT = Path(__file__).parent.parent


def test_every_shipped_family_can_be_opened_and_has_no_error() -> None:
    assert "hot_injection" in shipped_families()
    for name in shipped_families():
        family = open_family(name)
        assert (family.name, family.source.name) == (name, f"{name}.toml")
        assert [finding for finding in check_file(name) if finding.severity == "error"] == []
        assert [open_template(f"{name}/{variant}").variant for variant in family.variants] == list(family.variants)


def test_the_shipped_folder_holds_protocols() -> None:
    assert {path.suffix for path in shipped_folder().iterdir()} == {".toml"}


def test_the_only_variant_needs_no_name(edited) -> None:
    assert open_template(edited()).variant == "binary-cspbi3"


def test_a_path_means_a_file_and_its_variants(two: str) -> None:
    assert (open_template(f"{two}/two").title, open_family(two).variants) == ("second", ("one", "two"))
    assert open_template(f"{Path(two).absolute()}/one").title == "first"


def test_a_variant_may_have_blanks_in_its_name(tmp_path: Path) -> None:
    text = TWO.replace("[one", '["one half"').replace("[two", '["2/3"')
    (tmp_path / "my.toml").write_text(text, encoding="utf-8")
    assert open_template(f"{tmp_path}/my.toml/one half").title == "first"


# names that are none -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "message", "remedy"),
    [
        ("hot_injektion", "there is no protocol 'hot_injektion'", "did you mean hot_injection?"),
        ("hot_injektion/binary-cspbi3", "there is no protocol 'hot_injektion'", "did you mean hot_injection?"),
        ("hot_injection/binary-cspbj3", "hot_injection has no variant 'binary-cspbj3'", "did you mean binary-cspbi3?"),
        ("my.toml", "my has 2 variants: say which", "one of: one, two; for instance my.toml/one"),
        ("my.toml/three", "my has no variant 'three'", "one of: one, two"),
        ("my.toml/", "my has no variant ''", "one of: one, two"),
        ("my.json", "there is no protocol 'my.json'", "hot_injection"),
        ("", "there is no protocol ''", "hot_injection"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest_one(name: str, message: str, remedy: str, two: str) -> None:
    with pytest.raises(UsageError) as raised:
        open_template(name)
    (finding,) = raised.value.findings
    assert (finding.code, finding.message) == ("A101", message)
    assert remedy in finding.remedy
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(("text", "code"), [(None, "T004"), ("a = ", "T001"), ("a = 1\na = 2", "T005")])
def test_a_file_that_cannot_be_read_stops_with_its_place(text: str | None, code: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("my.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError) as raised:
        open_template("my.toml")
    assert [(finding.code, finding.where.file) for finding in raised.value.findings] == [(code, "my.toml")]
    assert [finding.code for finding in check_file("my.toml")] == [code]


def test_a_template_with_errors_stops_with_all_of_them(edited) -> None:
    path = edited(('"0.75 g"', '"0.75"'), ("heat = ", "haet = "), ('forms  = "product"', 'froms  = "product"'))
    with pytest.raises(ContentError) as raised:
        open_template(path)
    assert sorted(finding.code for finding in raised.value.findings) == ["L101", "L105", "Q105"]
    assert raised.value.exit_code == 1


def test_a_file_without_a_variant_says_so_rather_than_which(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("format = 1\n", encoding="utf-8")
    with pytest.raises(ContentError, match="the file has no variant"):
        open_template(f"{tmp_path}/my.toml")


def test_a_file_is_checked_in_all_its_variants(two: str) -> None:
    Path(two).write_text(TWO.replace('"1 mL"', '"9 mL"'), encoding="utf-8")
    assert [(finding.code, finding.where.key.partition(".")[0]) for finding in check_file(two)] == [("B205", "one"), ("B205", "two")]


def test_the_index_of_shipped_protocols_says_what_the_files_say() -> None:
    assert (ROOT / "peqdlab" / "protocols.json").read_text(encoding="utf-8") == render_index(), "python -m peqdlab.listing > peqdlab/protocols.json"
    for listed in shipped_list():
        assert listed._replace(rows=()) == listed_family(open_family(listed.name))._replace(rows=())


def test_a_family_that_was_changed_is_read_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in shipped_families():
        text = (shipped_folder() / f"{name}.toml").read_text(encoding="utf-8")
        (tmp_path / f"{name}.toml").write_text(text.replace('title  = "Hot-injection synthesis"', 'title  = "Changed"'), encoding="utf-8")
    monkeypatch.setattr("peqdlab.listing.shipped_folder", lambda: tmp_path)
    monkeypatch.setattr("peqdlab.catalog.shipped_folder", lambda: tmp_path)
    assert "Changed" in {listed.title for listed in shipped_list()}
