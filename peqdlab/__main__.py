"""Run the command line; an interrupt while it is still being loaded ends it in one line, as any other."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line as ``peqdlab`` and ``python -m peqdlab`` do."""
    try:
        from peqdlab.cli import main as run

        run()
    except KeyboardInterrupt:
        print("interrupted; nothing was half-written", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
