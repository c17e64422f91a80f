"""Time whole commands against a bare `python -c pass`: medians of alternating runs, not on a terminal.

Run it with the interpreter that peqdlab is installed for: python benchmarks/startup.py
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 25
LIMITS = {
    "--help": 8,
    "protocols": 8,
    "batches": 8,
    "plan hot_injection/binary-cspbi3": 16,
}


def wall_s(arguments: list[str], environment: dict[str, str]) -> float:
    """Return the wall time of one whole process in seconds."""
    began = time.perf_counter()
    subprocess.run(arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=False)
    return time.perf_counter() - began


def main() -> int:
    """Print the table; return 1 where a limit is passed."""
    passed = False
    with tempfile.TemporaryDirectory() as folder:
        # As a user has it: bytecode is kept between runs (the two batches below are the warm-up).
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PEQDLAB_STORE"] = str(Path(folder) / "batches.db")
        peqdlab = [sys.executable, "-m", "peqdlab"]
        for _ in range(2):
            for command in ("log-batch hot_injection/binary-cspbi3", *LIMITS):
                subprocess.run([*peqdlab, *command.split()], env=environment, check=True, stdout=subprocess.DEVNULL)
        print(f"Python {sys.version.split()[0]}, medians of {RUNS} alternating runs")
        print("| command | median, ms | bare Python, ms | ratio | limit |")
        print("|---|---:|---:|---:|---:|")
        for command, limit in LIMITS.items():
            full, bare = [], []
            for _ in range(RUNS):
                bare.append(wall_s([sys.executable, "-c", "pass"], environment))
                full.append(wall_s([*peqdlab, *command.split()], environment))
            ratio = statistics.median(full) / statistics.median(bare)
            passed |= ratio > limit
            print(f"| `{command}` | {statistics.median(full) * 1e3:.0f} | {statistics.median(bare) * 1e3:.1f} | {ratio:.1f} | {limit} |")
    return int(passed)


if __name__ == "__main__":
    sys.exit(main())
