"""One command runs all: lint and types are tests too."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run(*arguments):
    return subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True)


def test_ruff_finds_nothing():
    ran = run("ruff", "check", "--no-cache", ".")
    assert ran.returncode == 0, ran.stdout


def test_mypy_strict_finds_nothing():
    ran = run("mypy", "--cache-dir", "/dev/null")
    assert ran.returncode == 0, ran.stdout


def test_no_file_names_a_folder_of_one_machine():
    named = re.compile(r"(?<![\w.])/(?:work|farm|root|home)/\w")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split("\n")
    files = [ROOT / name for name in tracked if name.endswith((".py", ".md", ".toml", "run")) and (ROOT / name).is_file()]
    assert [str(path) for path in files if path.name != "test_style.py" and named.search(path.read_text(encoding="utf-8"))] == []
