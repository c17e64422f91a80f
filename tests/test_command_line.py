"""The command line as a whole: help, exit codes, streams."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
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


SLOW = """
import sys, time
import peqdlab.catalog
peqdlab.catalog.check_file = lambda *_: (print("ready", flush=True), time.sleep(60))
sys.argv = ["peqdlab", "check", "my.toml"]
from peqdlab.__main__ import main
main()
"""


def heed_interrupts():
    """Undo what a suite in the background hands down: there an interrupt is ignored, and a command started from it would be too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_an_interrupt_ends_with_130_and_one_line():
    process = subprocess.Popen([sys.executable, "-c", SLOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "interrupted; nothing was half-written\n")


def test_an_interrupt_while_the_program_is_loaded_ends_with_130_and_one_line(tmp_path):
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    ran = subprocess.run([*PEQDLAB, "plan", RECIPE], capture_output=True, text=True, env=environment)
    assert (ran.returncode, ran.stderr) == (130, "interrupted; nothing was half-written\n")


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of the shell in which $P is the command."""
    given = {**os.environ, "P": f"{sys.executable} -m peqdlab", **environment}
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=given, timeout=120)


def test_a_closed_pipe_is_quiet():
    ran = shell(f"$P plan {RECIPE} --json | head -n 1")
    assert (ran.stdout, ran.stderr) == ("{\n", "")


@pytest.mark.parametrize("arguments", ["--help", "plan --help", "protocols", f"plan {RECIPE}", "--version"])
def test_a_pipe_that_nobody_reads_ends_with_0(arguments):
    assert shell(f"set -o pipefail; (sleep 0.2; $P {arguments}) | true").returncode == 0


@pytest.mark.parametrize("arguments", ["--help", "protocols", f"plan {RECIPE}", "--version"])
@pytest.mark.parametrize(
    ("where", "why"),
    [(">&-", "standard output is closed"), ("> /dev/full", "the disk that standard output goes to is full")],
)
def test_standard_output_that_cannot_be_written_is_named(arguments, where, why):
    ran = shell(f"$P {arguments} {where}")
    remedy = "send it elsewhere, as in > FILE on another disk"
    assert (ran.returncode, ran.stderr) == (2, f"the answer cannot be printed: {why}; {remedy}\n")


def test_what_was_logged_stands_although_its_answer_cannot_be_printed(tmp_path):
    store = str(tmp_path / "a.db")
    ran = shell(f"$P log-batch {RECIPE} 4a=1g --store {store} >&-")
    assert (ran.returncode, ran.stderr.split("\n")[-2].endswith("what was logged is in the record: peqdlab batches")) == (2, True)
    assert shell(f"$P verify --store {store}").stdout.startswith("2 events, each as it was written")


def test_all_streams_may_be_closed(tmp_path):
    assert shell(f"$P log-batch {RECIPE} --store {tmp_path}/a.db <&- >&- 2>&-").returncode == 2
    assert shell(f"$P verify --store {tmp_path}/a.db").returncode == 0


def test_a_pipe_for_a_protocol_is_named_at_once(tmp_path):
    fifo = tmp_path / "slow.toml"
    os.mkfifo(fifo)
    ran = subprocess.run([*PEQDLAB, "check", str(fifo), "--json"], capture_output=True, text=True, timeout=30)
    assert (ran.returncode, '"code": "T004"' in ran.stdout, "a pipe or a device" in ran.stdout) == (2, True, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("plan",), "Missing argument 'PROTOCOL...'."),
        (("batches", "--colour"), "No such option: --colour"),
        (("plann",), "peqdlab has no command 'plann'"),
        (("compare", "B0001"), "Missing argument 'B'."),
        (("show",), "Missing argument 'BATCH'."),
    ],
)
def test_wrong_usage_is_json_where_that_is_asked_for(peqdlab, arguments, message):
    ran = peqdlab(*arguments, "--json")
    (finding,) = ran.json["findings"]
    assert (ran.code, ran.err, finding["code"], finding["severity"]) == (2, "", "A130", "error")
    assert message in (None, finding["message"])


@pytest.mark.parametrize("columns", [40, 60, 132])
def test_a_pipe_is_as_wide_as_columns_says(columns):
    ran = shell(f"$P plan {RECIPE}", COLUMNS=str(columns))
    assert max(map(len, ran.stdout.split("\n"))) <= columns


@pytest.mark.parametrize("columns", ["", "0", "wide", "-3", "٤٠"])
def test_columns_that_are_no_number_are_passed_over(columns):
    assert shell(f"$P plan {RECIPE}", COLUMNS=columns).stdout == shell(f"$P plan {RECIPE}").stdout


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


def test_a_stream_without_the_signs_has_them_spelt(tmp_path):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ran = subprocess.run([*PEQDLAB, "plan", RECIPE], capture_output=True, env=environment)
    assert (ran.returncode, ran.stdout.split(b"\n")[0]) == (0, b"CsPbI3 dots, binary route, 50 mL ODE")
    assert b"heat to 120 deg C for 2 h under vacuum" in ran.stdout
    assert max(map(len, ran.stdout.split(b"\n"))) <= 100
    latin = subprocess.run([*PEQDLAB, "plan", RECIPE], capture_output=True, env={**environment, "PYTHONIOENCODING": "latin-1"})
    assert "heat to 120 °C for 2 h".encode("latin-1") in latin.stdout


def test_protocols_lists_and_shows(peqdlab):
    rows = peqdlab("protocols", "--json").json["protocols"]
    row = next(row for row in rows if row["protocol"] == RECIPE)
    assert (row["product"], row["evidence"], row["systems"]) == ("CsPbI3", "published", [])
    shown = peqdlab("protocols", RECIPE, "--json").json
    assert [row["name"] for row in shown["parameters"]] == ["T_inject", "recovery", "residue"]
    assert [row["name"] for row in shown["checks"]] == ["cs-limits", "lead", "damp-wash"]
    assert peqdlab("protocols", "hot_injecton").code == 2
    assert RECIPE in peqdlab("protocols").out


def test_a_newcomer_finds_the_humid_exchange_and_its_window(peqdlab, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    found = peqdlab("protocols", "humid").out.splitlines()
    assert "ligand_exchange/meoac-humid: CsPbI₃, review" in found
    assert "air: 19 % <= room.RH <= 24 %; room.RH >= 3 %; room.RH <= 30 %" in found
    screen = "\n".join(peqdlab("protocols", "ligand_exchange/meoac-humid").out.splitlines()[:24])
    assert "19 % <= room.RH <= 24 %" in screen
    assert peqdlab("protocols", "no-such-word").code == 2


@pytest.mark.parametrize("columns", ["80", "120"])
def test_the_list_of_protocols_has_one_line_for_each_variant_and_breaks_no_name(columns, peqdlab, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    lines = peqdlab("protocols").out.splitlines()
    names = [row["protocol"].partition("/")[2] for row in peqdlab("protocols", "--json").json["protocols"]]
    assert {*names} <= {line.split()[0] for line in lines if line.strip()}
    assert max(map(len, lines)) <= int(columns)
    if columns == "80":
        assert len(lines) < len(names) + 45  # headings, and one line for each


def test_check_says_that_a_good_file_is_read(peqdlab):
    ran = peqdlab("check", "hot_injection")
    assert (ran.code, ran.err) == (0, "1 file read: no errors\n")
