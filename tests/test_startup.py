"""What a command may load: the start-up paths stay free of heavy modules, whatever is added later."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"rich", "pydantic", "pydantic_core", "typst", "scipy", "numpy", "matplotlib", "psycopg", "jinja2", "segno", "dataclasses", "tomli_w"}
FREE_OF = {
    "--help": HEAVY | {"sqlite3", "tomllib", "json", "hashlib", "platformdirs", "peqdlab.plan", "peqdlab.store", "peqdlab.units"},
    "protocols": HEAVY | {"sqlite3", "tomllib", "hashlib", "platformdirs", "peqdlab.chemistry", "peqdlab.catalog", "peqdlab.plan", "peqdlab.store", "peqdlab.units"},
    "batches": HEAVY | {"tomllib", "platformdirs", "peqdlab.plan", "peqdlab.chemistry", "peqdlab.units", "peqdlab.protocol"},
    "plan hot_injection/binary-cspbi3": HEAVY | {"sqlite3", "platformdirs", "peqdlab.store", "peqdlab.record"},
}
PROBE = """
import sys, os
sys.argv = ["peqdlab", *{arguments!r}]
sys.stdout = open(os.devnull, "w")
from peqdlab.cli import main
try:
    main()
except SystemExit:
    pass
print("\\n".join(sys.modules), file=sys.__stdout__)
"""


def modules_after(arguments, tmp_path):
    import os

    environment = {**os.environ, "PEQDLAB_STORE": str(tmp_path / "batches.db")}
    if arguments == ["batches"]:
        subprocess.run([sys.executable, "-m", "peqdlab", "log-batch", "hot_injection/binary-cspbi3"], env=environment, check=True, capture_output=True)
    ran = subprocess.run([sys.executable, "-c", PROBE.format(arguments=arguments)], env=environment, check=True, capture_output=True, text=True)
    return set(ran.stdout.split())


@pytest.mark.parametrize("command", FREE_OF)
def test_a_start_up_path_loads_no_heavy_module(command, tmp_path):
    loaded = modules_after(command.split(), tmp_path)
    assert "peqdlab.cli" in loaded
    assert loaded & FREE_OF[command] == set()


def test_importing_the_package_loads_nothing_else_of_it():
    ran = subprocess.run([sys.executable, "-c", "import peqdlab, sys; print([m for m in sys.modules if m.startswith('peqdlab.')])"], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "[]"
