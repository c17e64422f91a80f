"""The command line as a whole: help, exit codes, streams."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from inspect import getdoc

import pytest

from peqdlab.cli import COMMANDS, function_of

PEQDLAB = [sys.executable, "-m", "peqdlab"]
RECIPE = "hot_injection/binary-cspbi3"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_the_first_line_of_each_commands_help(name):
    assert COMMANDS[name] == getdoc(function_of(name)).split("\n")[0]


def test_help_lists_every_command_whole_in_80_columns(peqdlab):
    shown = peqdlab("--help").out
    for name, summary in COMMANDS.items():
        assert f"{name:<9}  {summary}" in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_json(peqdlab, name):
    ran = peqdlab(name, "--help")
    assert (ran.code, "--json" in ran.out) == (0, True)


def test_an_unknown_command_has_its_nearest_name(peqdlab):
    ran = peqdlab("plann")
    assert (ran.code, ran.out, ran.err) == (2, "", "peqdlab has no command 'plann': did you mean plan?; see peqdlab --help\n")


def test_a_missing_argument_and_an_unknown_option_end_with_2(peqdlab):
    assert peqdlab("plan").code == 2
    assert peqdlab("plan", RECIPE, "--colour").code == 2
    assert peqdlab().code in (0, 2)


def test_the_version_is_printed(peqdlab):
    from peqdlab import __version__

    assert peqdlab("--version").out == f"peqdlab {__version__}\n"


def test_a_bug_ends_with_3_and_a_report(peqdlab, monkeypatch):
    import peqdlab.plan as planning

    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(planning, "make_plan", broken)
    ran = peqdlab("plan", RECIPE)
    assert (ran.code, ran.out) == (3, "")
    path = re.search(r"in (\S+report\.txt)", ran.err).group(1)
    with open(path) as report:
        assert "ZeroDivisionError" in report.read()


def test_an_interrupt_ends_with_130(tmp_path):
    fifo = tmp_path / "slow.toml"
    os.mkfifo(fifo)
    process = subprocess.Popen([*PEQDLAB, "check", str(fifo)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, "Traceback" in err) == (130, False)


def test_a_closed_pipe_is_quiet():
    ran = subprocess.run(f"'{sys.executable}' -m peqdlab plan {RECIPE} --json | head -n 1", shell=True, capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("{\n", "")


def test_off_a_terminal_there_are_no_colours():
    ran = subprocess.run([*PEQDLAB, "plan", RECIPE], capture_output=True, text=True)
    assert "\x1b" not in ran.stdout + ran.stderr


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_it_is_coloured_and_fits(columns):
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen([*PEQDLAB, "plan", RECIPE], stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    process.wait()
    text = shown.decode()
    assert "\x1b[1m" in text
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert max(len(line.rstrip("\r")) for line in plain.split("\n")) <= columns


def test_a_stream_that_cannot_encode_shows_a_question_mark():
    ran = subprocess.run([*PEQDLAB, "plan", RECIPE], capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (ran.returncode, ran.stdout.split(b"\n")[0]) == (0, b"CsPbI? dots, binary route, 50 mL ODE")


def test_protocols_lists_and_shows(peqdlab):
    rows = peqdlab("protocols", "--json").json["protocols"]
    assert {"protocol": RECIPE, "product": "CsPbI3", "evidence": "published"}.items() <= rows[0].items()
    shown = peqdlab("protocols", RECIPE, "--json").json
    assert [row["name"] for row in shown["parameters"]] == ["T_inject", "recovery", "residue"]
    assert [row["name"] for row in shown["checks"]] == ["cs-limits", "lead", "damp-wash"]
    assert peqdlab("protocols", "hot_injecton").code == 2
    assert RECIPE in peqdlab("protocols").out


def test_check_says_that_a_good_file_is_read(peqdlab):
    ran = peqdlab("check", "hot_injection")
    assert (ran.code, ran.err) == (0, "1 file read: no errors\n")
