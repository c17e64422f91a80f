"""Shared fixtures: the shipped protocol, a store and a config file that are never real ones, and the command line in process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "protocols" / "hot_injection.toml"


@pytest.fixture(autouse=True, scope="session")
def _no_real_config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Point the config file into a folder of the session before any fixture runs a command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEQDLAB_CONFIG", str(tmp_path_factory.mktemp("lab") / "config.toml"))
        yield


@pytest.fixture(autouse=True)
def _no_real_notebook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Point record, config and the lab's own protocols into the test's own folder; looking for the user's folders fails."""

    def guard(*_: object, **__: object) -> Path:
        message = "a test reached for a real notebook or config file"
        raise AssertionError(message)

    monkeypatch.setattr("platformdirs.user_data_path", guard)
    monkeypatch.setattr("platformdirs.user_config_path", guard)
    monkeypatch.setenv("PEQDLAB_CONFIG", str(tmp_path / "lab" / "config.toml"))
    monkeypatch.setenv("PEQDLAB_STORE", str(tmp_path / "batches.db"))
    monkeypatch.setenv("PEQDLAB_PROTOCOLS", str(tmp_path / "protocols"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PEQDLAB_OPERATOR", "tester")
    for name in ("COLUMNS", "PEQDLAB_PAPER", "PEQDLAB_FONTS", "SOURCE_DATE_EPOCH"):
        monkeypatch.delenv(name, raising=False)


class Ran(NamedTuple):
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        """Return standard output as JSON."""
        return json.loads(self.out)


@pytest.fixture
def peqdlab(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the command line in process: ``peqdlab("plan", "hot_injection/binary-cspbi3", "--json").json``."""
    from peqdlab.cli import app

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        try:
            app(list(arguments), standalone_mode=True)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return run


@pytest.fixture
def bites(peqdlab: Callable[..., Ran]) -> Callable[..., None]:
    """Assert that a check is silent inside its bound, bites once outside, and that its remedy, typed, silences it."""

    def assert_bites(protocol: str, check: str, inside: str, outside: str) -> None:
        silent = peqdlab("plan", protocol, "--set", inside, "--json")
        assert silent.code == 0
        assert check not in {row["code"] for row in silent.json["findings"]}
        outer = peqdlab("plan", protocol, "--set", outside, "--json").json["findings"]
        (found,) = [row for row in outer if row["code"] == check]
        mended = peqdlab("plan", protocol, *found["remedy"].split(), "--json")
        assert mended.code == 0
        assert check not in {row["code"] for row in mended.json["findings"]}

    return assert_bites


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., str]:
    """Write a copy of the first shipped hot injection with texts replaced (each must be there) and return the file's path."""

    def write(*replacements: tuple[str, str], name: str = "mine.toml") -> str:
        text = SHIPPED.read_text(encoding="utf-8").partition("\n[binary-cspbbr3]")[0]
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new, 1)
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write
