"""The wheel alone: built, installed without the development packages in an empty environment, used from another folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)], check=True, capture_output=True)
    wheel = next(folder.glob("peqdlab-*.whl"))
    venv.create(folder / "empty", with_pip=True)
    python = folder / "empty" / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", str(wheel)], check=True, capture_output=True)
    return wheel, python


def test_the_wheel_holds_the_protocols_the_reagents_and_no_tests(installed):
    names = zipfile.ZipFile(installed[0]).namelist()
    assert {"peqdlab/protocols/hot_injection.toml", "peqdlab/reagents.toml"} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


def test_the_wheel_plans_from_another_folder(installed, tmp_path):
    peqdlab = installed[1].with_name("peqdlab")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    ran = subprocess.run([str(peqdlab), "plan", "hot_injection/binary-cspbi3", "--json"], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    assert json.loads(ran.stdout)["ceiling_mg"] == "340.4"


def test_the_installed_command_prints_a_sheet(installed, tmp_path) -> None:
    peqdlab = installed[1].with_name("peqdlab")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    for ending in ("pdf", "html"):
        subprocess.run([str(peqdlab), "run-sheet", "hot_injection/binary-cspbi3", "-o", f"sheet.{ending}"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF-")
    assert "CsPbI<sub>3</sub>" in (tmp_path / "sheet.html").read_text(encoding="utf-8")


def test_the_empty_environment_has_no_development_package(installed):
    listed = subprocess.run([str(installed[1]), "-m", "pip", "list", "--format", "json"], check=True, capture_output=True, text=True)
    names = {row["name"].lower() for row in json.loads(listed.stdout)}
    assert names & {"pytest", "hypothesis", "periodictable", "pint", "ruff", "mypy"} == set()
