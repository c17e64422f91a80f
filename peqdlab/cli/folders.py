"""Where the lab's own protocols live: the folders that $PEQDLAB_PROTOCOLS lists, else one in the user's data folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def own_folders() -> tuple[Path, ...]:
    """Return the folders of the lab's own protocols; the first is the one that new protocols are written to."""
    listed = [Path(part).expanduser() for part in os.environ.get("PEQDLAB_PROTOCOLS", "").split(os.pathsep) if part.strip()]
    return tuple(dict.fromkeys(listed)) or (_data_folder() / "protocols",)


def folders_for(name: str) -> tuple[Path, ...]:
    """Return the folders in which a protocol's name is looked up: none for the path of a file."""
    return () if name.endswith(".toml") or ".toml/" in name else own_folders()


def _data_folder() -> Path:
    """Return the user's data folder for peqdlab, as platformdirs gives it (a test compares).

    Importing platformdirs takes 4 ms, a third of bare Python, in every command that looks up a name; so it is asked only where
    the answer needs more than an environment variable.
    """
    if sys.platform == "linux":
        given = os.environ.get("XDG_DATA_HOME", "").strip()
        return (Path(given) if given else Path("~/.local/share").expanduser()) / "peqdlab"
    from platformdirs import user_data_path

    return user_data_path("peqdlab", appauthor=False)
