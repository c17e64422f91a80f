"""A lab's own protocols: written from shipped ones, found by name, listed beside them; broken ones and taken names are told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from peqdlab.catalog import open_family, own_families
from peqdlab.cli.folders import own_folders
from peqdlab.errors import UsageError
from peqdlab.reagents import shipped_reagents
from peqdlab.schema import render_schema
from peqdlab.shipped import shipped_families

SHIPPED = "hot_injection/binary-cspbi3-half"


@pytest.fixture
def own(tmp_path):
    return tmp_path / "protocols"


# where -------------------------------------------------------------------------------------------------------------------------


def test_the_folders_are_those_of_the_variable_in_its_order(monkeypatch, tmp_path):
    monkeypatch.setenv("PEQDLAB_PROTOCOLS", os.pathsep.join([str(tmp_path / "b"), "", str(tmp_path / "a"), str(tmp_path / "b"), "~/c"]))
    assert own_folders() == (tmp_path / "b", tmp_path / "a", Path("~/c").expanduser())


@pytest.mark.parametrize("data", ["", "data"])
def test_without_the_variable_it_is_the_users_data_folder_of_platformdirs(data, tmp_path):
    probe = "import platformdirs; from peqdlab.cli.folders import own_folders; print(own_folders() == (platformdirs.user_data_path('peqdlab', appauthor=False) / 'protocols',))"
    environment = {name: value for name, value in os.environ.items() if name not in ("PEQDLAB_PROTOCOLS", "XDG_DATA_HOME")}
    environment |= {"XDG_DATA_HOME": str(tmp_path / data)} if data else {}
    ran = subprocess.run([sys.executable, "-c", probe], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "True"


def test_no_test_can_reach_the_users_folder(tmp_path):
    assert own_folders() == (tmp_path / "protocols",)
    with pytest.raises(AssertionError, match="real notebook"):
        platformdirs.user_data_path("peqdlab")


# new ---------------------------------------------------------------------------------------------------------------------------


def test_new_with_a_name_writes_into_the_own_folder_and_the_name_plans(peqdlab, own):
    ran = peqdlab("new", SHIPPED, "mylab")
    assert (ran.code, "next: peqdlab check mylab and peqdlab plan mylab/binary-cspbi3-half" in ran.out) == (0, True)
    assert sorted(path.name for path in own.iterdir()) == ["mylab.toml", "protocol.schema.json"]
    assert (own / "mylab.toml").read_text(encoding="utf-8").startswith("#:schema ./protocol.schema.json\n")
    assert (own / "protocol.schema.json").read_text(encoding="utf-8") == render_schema(shipped_reagents().data["reagents"])
    assert peqdlab("check", "mylab").code == 0
    mine, theirs = (peqdlab("plan", name, "--json").json for name in ("mylab/binary-cspbi3-half", SHIPPED))
    assert (mine["protocol"], mine["ratios"], mine["ceiling_mg"]) == ("mylab", theirs["ratios"], theirs["ceiling_mg"])


def test_new_writes_a_file_by_its_path_and_says_how_to_plan_it(peqdlab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = peqdlab("new", SHIPPED, "mine.toml", "--json")
    assert ran.json == {"file": "mine.toml", "protocol": "mine.toml/binary-cspbi3-half", "from": SHIPPED, "schema": "protocol.schema.json"}
    assert peqdlab("plan", "mine.toml").code == 0


def test_new_starts_from_an_own_protocol_too(peqdlab):
    peqdlab("new", SHIPPED, "first")
    peqdlab("new", "first", "second")
    assert peqdlab("plan", "--diff", "first", "second", "--json").json["differences"] == []


def test_new_takes_a_variant_whose_base_was_not_read_and_one_with_findings_where_it_swaps(peqdlab, own):
    own.mkdir()
    (own / "lab.toml").write_text(
        """format = 1
[sources]
unread = { cite = "as quoted in [read]", evidence = "unverified" }
read = { cite = "Read", evidence = "published" }
[a]
title = "a"
source = "unread"
[a.make.x]
vessel = "5 mL vial"
steps = [{ add = { PbI2 = "1 g", toluene = "1 mL" } }, { wait = "1 min", until = "clear" }]
[b]
extends = "a"
title = "b"
source = "read"
swap = { PbI2 = { PbBr2 = "1 mL" } }
""",
        encoding="utf-8",
    )
    assert peqdlab("new", "lab/a", "a").code == peqdlab("new", "lab/b", "b").code == 0
    text = (own / "b.toml").read_text(encoding="utf-8")
    assert 'add = { PbBr2 = "1 mL", toluene = "1 mL [unread]" }' in text
    assert 'until = "clear [unread]"' in text


def test_new_writes_over_nothing_unless_told(peqdlab, own):
    peqdlab("new", SHIPPED, "mylab")
    (own / "mylab.toml").write_text("mine", encoding="utf-8")
    ran = peqdlab("new", SHIPPED, "mylab")
    assert (ran.code, "A110" in ran.err, "--force" in ran.err) == (2, True, True)
    assert (own / "mylab.toml").read_text(encoding="utf-8") == "mine"
    assert peqdlab("new", SHIPPED, "mylab", "--force").code == 0
    assert peqdlab("plan", "mylab").code == 0


def test_new_leaves_a_foreign_file_called_as_the_schema_alone(peqdlab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("protocol.schema.json").write_text('{"title": "theirs"}', encoding="utf-8")
    assert peqdlab("new", SHIPPED, "mine.toml", "--json").json["schema"] is None
    assert json.loads(Path("protocol.schema.json").read_text(encoding="utf-8")) == {"title": "theirs"}


@pytest.mark.parametrize(
    ("source", "file", "code"),
    [
        (SHIPPED, "hot_injection", "A109"),
        (SHIPPED, "mine.txt", "A105"),
        (SHIPPED, "my lab", "A105"),
        (SHIPPED, "missing/mine.toml", "A107"),
        ("hot_injection", "mine", "A101"),
        ("hot_injection/nothing", "mine", "A101"),
        ("missing.toml/a", "mine", "T004"),
    ],
)
def test_new_says_what_it_cannot_write_or_start_from(peqdlab, source, file, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = peqdlab("new", source, file)
    assert (ran.code, ran.err.split()[:2]) == (2, ["error", code])
    assert list(tmp_path.rglob("*.toml")) == []


def test_an_own_folder_that_cannot_be_made_is_told(peqdlab, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("PEQDLAB_PROTOCOLS", str(tmp_path / "file" / "protocols"))
    ran = peqdlab("new", SHIPPED, "mine")
    assert (ran.code, "A107" in ran.err) == (2, True)


def test_new_shows_what_is_wrong_with_what_it_would_start_from(peqdlab, edited):
    ran = peqdlab("new", edited(("heat = ", "haet = ")), "mine")
    assert (ran.code, "L105" in ran.err) == (1, True)


# the list ----------------------------------------------------------------------------------------------------------------------


def test_own_protocols_are_listed_behind_the_shipped_ones_as_the_labs_own(peqdlab, own):
    peqdlab("new", SHIPPED, "mylab")
    rows = peqdlab("protocols", "--json").json["protocols"]
    assert rows[-1]["protocol"] == "mylab/binary-cspbi3-half"
    assert rows[-1]["own_file"] == str(own / "mylab.toml")
    assert {row["own_file"] for row in rows[:-1]} == {None}
    assert "mylab/… Hot-injection synthesis (your own:" in " ".join(peqdlab("protocols").out.split())
    assert "next: peqdlab plan mylab/binary-cspbi3-half" in peqdlab("protocols", "mylab/binary-cspbi3-half").out


def test_a_broken_own_file_is_listed_with_its_finding_and_breaks_nothing(peqdlab, own):
    peqdlab("new", SHIPPED, "mylab")
    (own / "broken.toml").write_text("x = [", encoding="utf-8")
    (own / "bytes.toml").write_bytes(b"\xff\xfe")
    (own / "empty.toml").write_text("format = 1\n", encoding="utf-8")
    (own / "folder.toml").mkdir()
    ran = peqdlab("protocols", "--json")
    assert ran.code == 0
    assert [(Path(found["where"]["file"]).name, found["code"]) for found in ran.json["findings"]] == [
        ("broken.toml", "T001"), ("bytes.toml", "T002"), ("empty.toml", "L102"), ("folder.toml", "T004"),
    ]  # fmt: skip
    assert ran.json["protocols"][-1]["protocol"] == "mylab/binary-cspbi3-half"
    assert "error T001" in peqdlab("protocols").out


def test_a_name_that_a_shipped_family_has_is_told_and_its_remedy_frees_it(peqdlab, own):
    peqdlab("new", SHIPPED, "mylab")
    (own / "mylab.toml").rename(own / "hot_injection.toml")
    (finding,) = peqdlab("protocols", "--json").json["findings"]
    assert (finding["code"], finding["remedy"]) == ("A109", f"mv {own}/hot_injection.toml {own}/hot_injection-own.toml")
    ran = peqdlab("plan", "hot_injection/binary-cspbi3")
    assert (ran.code, "A109" in ran.err) == (2, True)
    subprocess.run(finding["remedy"], shell=True, check=True)
    assert peqdlab("plan", "hot_injection/binary-cspbi3").code == 0
    assert peqdlab("plan", "hot_injection-own").code == 0


def test_of_two_own_files_of_one_name_the_first_counts_and_the_second_is_told(tmp_path):
    folders = (tmp_path / "one", tmp_path / "two")
    for folder in folders:
        folder.mkdir()
        (folder / "lab.toml").write_text(f'format = 1\ntitle = "{folder.name}"\n[a]\ntitle = "a"\n', encoding="utf-8")
    first, second = own_families(folders)
    assert (first.title, first.variants, second.variants) == ("one", ("a",), ())
    assert [finding.code for finding in second.findings] == ["A109"]
    assert open_family("lab", folders).title == "one"


def test_an_unknown_name_is_compared_with_own_ones_too(tmp_path):
    (tmp_path / "cspbi3-mk.toml").write_text("format = 1\n", encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        open_family("cspbi3-mj", (tmp_path,))
    assert raised.value.findings[0].remedy == "did you mean cspbi3-mk?"


def test_a_missing_own_folder_is_an_empty_one(tmp_path):
    assert own_families((tmp_path / "nothing",)) == ()
    assert "hot_injection" in shipped_families()
