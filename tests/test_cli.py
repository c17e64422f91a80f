"""The command line as a process: help, exit codes, interrupts, pipes, terminals, encodings and reports of bugs."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

import peqdlab.cli
from peqdlab.blocks import width
from peqdlab.cli import COMMANDS, function_of

RECIPE = "hot_injection/binary-cspbi3"
PEQDLAB = [sys.executable, "-m", "peqdlab"]
# Every command as it is run on two batches.
RUNS = {
    "protocols": ("protocols",),
    "new": ("new", RECIPE, "mine", "--force"),
    "check": ("check", "hot_injection"),
    "plan": ("plan", RECIPE),
    "run-sheet": ("run-sheet", "B0001"),
    "log-batch": ("log-batch", "B0001", "--note", "[/bold] 25 °C"),
    "measure": ("measure", "B0001", "ff=73%"),
    "batches": ("batches",),
    "show": ("show", "B0001"),
    "compare": ("compare", "B0001", "B0002"),
    "config": ("config",),
    "verify": ("verify",),
}
SGR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """Write a record of two batches with all that makes lines long."""
    path = tmp_path_factory.mktemp("record") / "batches.db"
    bottle = "supplier:a dealer of a long name,grade:anhydrous 99.5 %,water:30ppm"
    for arguments in (
        (RECIPE, "4a=1.03g", "12=21C/34%", f"MeOAc=lot:STBK1234567,opened:2026-11-20,{bottle}", "--note", "hazy " * 40),
        ("B0001", "--correct", f"MeOAc=lot:STBK7654321,opened:2026-11-21,{bottle}", "--reason", "misread in the dark " * 9),
        (RECIPE, "4a=1.00g", "12=21C/21%", f"MeOAc=lot:X,{bottle}", "pce=11%", "--by", "a person of a long name"),
    ):
        subprocess.run([*PEQDLAB, "log-batch", *arguments, "--store", str(path)], check=True, capture_output=True)
    return path


@pytest.fixture
def two(peqdlab, record, tmp_path):
    """Run a command on a copy of the record of two batches."""
    shutil.copy(record, tmp_path / "batches.db")
    return peqdlab


def buffered(**more: str) -> dict[str, str]:
    """Return the environment of a process whose standard output is buffered, as for a user."""
    return {**{name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}, **more}


# help ----------------------------------------------------------------------------------------------------------------


def test_every_command_has_a_module_and_every_module_of_a_command_is_in_the_table():
    for name in COMMANDS:
        assert function_of(name).__module__ == f"peqdlab.cli.{name.replace('-', '_')}"
    files = Path(peqdlab.cli.__file__).parent.glob("*.py")
    commands = {path.stem for path in files if re.search(r"^@command$", path.read_text(encoding="utf-8"), re.MULTILINE)}
    assert commands == {name.replace("-", "_") for name in COMMANDS} == {name.replace("-", "_") for name in RUNS}


def test_a_line_of_help_is_a_sentence_of_at_most_60_characters():
    assert [summary for summary in COMMANDS.values() if len(summary) > 60 or not summary.endswith(".")] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_every_option_with_what_it_is_for(peqdlab, name):
    shown = peqdlab(name, "-h").out
    assert shown == peqdlab(name, "--help").out
    assert COMMANDS[name] in shown
    assert max(map(len, shown.split("\n"))) <= 80
    assert not re.search(r"^  --[\w-]+( [\w|-]+)?$\n(?!\s{10})", shown, re.MULTILINE)


def test_an_unknown_command_like_none_lists_what_there_is(peqdlab):
    ran = peqdlab("zzz")
    listed = ", ".join(sorted(COMMANDS)[:8])
    assert (ran.code, ran.out, ran.err) == (
        2,
        "",
        f"peqdlab has no command 'zzz': one of: {listed} … ({len(COMMANDS)} in all); see peqdlab --help\n",
    )


# streams -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_json_stands_alone_on_standard_output(two, name):
    ran = two(*RUNS[name], "--json")
    assert (ran.code, ran.err) == (0, "" if name != "check" else ran.err)
    assert isinstance(json.loads(ran.out), dict)


REFUSED = {
    "protocols": ("protocols", "hot_injecton"),
    "new": ("new", RECIPE, "hot_injection"),
    "check": ("check", "none.toml"),
    "plan": ("plan", "none.toml"),
    "run-sheet": ("run-sheet", "B0099"),
    "log-batch": ("log-batch", "B0001", "4z=1g"),
    "measure": ("measure", "B0001", "fff=73%"),
    "batches": ("batches", "--status", "lost"),
    "show": ("show", "B0099"),
    "compare": ("compare", "B0001", "B0099"),
    "config": ("config", "rotr.radius=3cm"),
    "verify": ("verify", "--store", "none.db"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_refusal_is_json_alone_or_talk_alone(two, name):
    as_json, as_text = two(*REFUSED[name], "--json"), two(*REFUSED[name])
    assert (as_json.code, as_text.code) == ((4, 4) if name == "verify" else (2, 2))
    assert as_json.err == ""
    assert [finding["severity"] for finding in as_json.json["findings"]] == ["error"]
    if name != "check":  # its findings are its results
        assert (as_text.out, as_text.err.startswith("error ")) == ("", True)


@pytest.mark.parametrize("name", COMMANDS)
def test_off_a_terminal_no_command_has_escape_codes(two, name):
    ran = subprocess.run(
        [*PEQDLAB, *RUNS[name]], capture_output=True, text=True, env=buffered(TERM="xterm-256color", COLORTERM="truecolor")
    )
    assert (ran.returncode, "\x1b" in ran.stdout + ran.stderr) == (0, False)
    assert max(width(line) for line in ran.stdout.split("\n")) <= 100


@pytest.mark.parametrize("name", COMMANDS)
def test_a_pipe_that_nobody_reads_ends_quietly(two, name):
    read, write = os.pipe()
    os.close(read)
    ran = subprocess.run([*PEQDLAB, *RUNS[name]], stdout=write, stderr=subprocess.PIPE, text=True, env=buffered())
    os.close(write)
    assert (ran.returncode, ran.stderr.replace("1 file read: no errors\n", "")) == (0, "")


def test_a_head_that_reads_one_line_is_enough():
    ran = subprocess.run(
        f"'{sys.executable}' -m peqdlab plan {RECIPE} | head -n 1", shell=True, capture_output=True, text=True, env=buffered()
    )
    assert (ran.stdout, ran.stderr) == ("CsPbI₃ dots, binary route, 50 mL ODE\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
@pytest.mark.parametrize("environment", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["buffered", "unbuffered"])
def test_an_answer_that_cannot_be_printed_is_no_bug_and_the_entry_is_kept(two, environment):
    with open("/dev/full", "w") as full:
        ran = subprocess.run(
            [*PEQDLAB, "log-batch", "B0002", "4b=50mL"], stdout=full, stderr=subprocess.PIPE, text=True, env=buffered(**environment)
        )
    why = "the disk that standard output goes to is full"
    said = f"the answer cannot be printed: {why}; what was logged is in the record: peqdlab batches\n"
    assert (ran.returncode, ran.stderr) == (2, said)
    assert [row["actual"] for row in two("show", "B0002", "--json").json["values"] if row["code"] == "4b"] == ["50 mL"]


def test_json_loses_no_letter_where_a_stream_cannot_encode_it(two):
    plain, narrow = (
        subprocess.run([*PEQDLAB, *RUNS["show"], "--json"], capture_output=True, check=True, env=buffered(PYTHONIOENCODING=encoding)).stdout
        for encoding in ("utf-8", "ascii")
    )
    assert json.loads(narrow.decode("ascii")) == json.loads(plain.decode("utf-8"))


# terminals -----------------------------------------------------------------------------------------------------------


def on_terminal(columns: int, *arguments: str, **more: str) -> str:
    """Return what a command prints on a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in buffered().items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    process = subprocess.Popen(
        [*PEQDLAB, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env={**environment, "TERM": "xterm-256color", **more}
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # so ends a terminal on Linux
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    process.wait()
    return shown.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("name", COMMANDS)
def test_on_a_terminal_no_line_is_wider_than_it(two, name, columns):
    shown = on_terminal(columns, *RUNS[name])
    assert max(width(line) for line in SGR.sub("", shown).split("\n")) <= columns
    assert ("\x1b[" in shown) is (name != "verify")


@pytest.mark.parametrize("name", COMMANDS)
def test_on_a_terminal_a_refusal_fits_and_has_its_remedy(two, name):
    refused = SGR.sub("", on_terminal(80, *REFUSED[name]))
    assert "\n    fix     " in refused
    assert max(width(line) for line in refused.split("\n")) <= 80


def test_no_color_is_heeded_and_says_the_same(two):
    plain = on_terminal(80, *RUNS["show"], NO_COLOR="1")
    assert "\x1b" not in plain
    assert SGR.sub("", on_terminal(80, *RUNS["show"])) == plain


def test_only_colours_reach_a_terminal_from_hostile_text(two):
    two("log-batch", "B0001", "--note", "\x1b]0;title\x07\x1b[2J\u202e[red]x[/red]")
    shown = SGR.sub("", on_terminal(120, "show", "B0001"))
    assert not set("\x1b\x07\u202e") & set(shown)
    assert "[red]x[/red]" in shown


# interrupts and bugs -------------------------------------------------------------------------------------------------


SLOW = """
import sys, time
import peqdlab.source
peqdlab.source.read_source = lambda *_: (print("reading", flush=True), time.sleep(60))
sys.argv = ["peqdlab", *sys.argv[1:]]
from peqdlab.__main__ import main
main()
"""


def heed_interrupts():
    """Undo what a suite in the background hands down: there an interrupt is ignored, and a command started from it would be too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize("name", ["check", "plan", "log-batch", "run-sheet"])
def test_an_interrupt_ends_a_command_with_130_and_leaves_nothing(tmp_path, name):
    slow, store = tmp_path / "slow.toml", tmp_path / "lab.db"
    slow.write_text("format = 1")
    command = [sys.executable, "-c", SLOW, name, str(slow)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=buffered(PEQDLAB_STORE=str(store)), preexec_fn=heed_interrupts
    )
    assert process.stdout.readline() == "reading\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "interrupted; nothing was half-written\n")
    assert not store.exists()


@pytest.fixture
def broken(monkeypatch):
    """Make every plan fail as a bug would."""
    import peqdlab.plan

    def fail(*_, **__):
        message = "half a letter \udcff"
        raise ZeroDivisionError(message)

    monkeypatch.setattr(peqdlab.plan, "make_plan", fail)


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_a_bug_names_a_report_with_version_arguments_and_traceback(peqdlab, broken, monkeypatch, as_json):
    monkeypatch.setattr(sys, "argv", ["peqdlab", "plan", RECIPE, "\udcff"])
    ran = peqdlab("plan", RECIPE, *as_json)
    said = re.fullmatch(
        r"peqdlab met a bug \(ZeroDivisionError\) and stopped; what happened is in (\S+)\n"
        r"nothing was half-written in the record; send that file with a report of the bug\n",
        ran.err,
    )
    assert (ran.code, ran.out, said is not None) == (3, "", True)
    report = Path(said[1]).read_text(encoding="utf-8")
    assert report.startswith(f"peqdlab {peqdlab_version()}, Python {sys.version}\npeqdlab plan {RECIPE} \\udcff\n\nTraceback ")
    assert report.endswith("ZeroDivisionError: half a letter \\udcff\n")


def peqdlab_version() -> str:
    from peqdlab import __version__

    return __version__


def test_a_bug_while_a_batch_starts_leaves_no_store(peqdlab, broken, tmp_path):
    assert peqdlab("log-batch", RECIPE).code == 3
    assert not (tmp_path / "batches.db").exists()
