"""Where the lab's config file is, and the instruments that it gives: for the commands that plan."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from peqdlab.errors import ContentError
from peqdlab.instruments import DEFAULT

if TYPE_CHECKING:
    from peqdlab.instruments import Instruments
    from peqdlab.source import Source


def config_path(given: str | None = None) -> Path:
    """Return the path of the config file: as given, else $PEQDLAB_CONFIG, else config.toml in the user's config folder."""
    if location := given or os.environ.get("PEQDLAB_CONFIG"):
        return Path(location)
    return _config_folder() / "config.toml"


def _config_folder() -> Path:
    """Return the folder that platformdirs names, on Linux without importing it: that alone would be a third of a plan's time."""
    if sys.platform.startswith("linux"):
        folder = os.environ.get("XDG_CONFIG_HOME", "").strip() or str(Path("~/.config").expanduser())
        return Path(folder) / "peqdlab"
    from platformdirs import user_config_path

    return user_config_path("peqdlab", appauthor=False)


def lab_instruments(given: str | None = None) -> Instruments:
    """Return the lab's instruments; the defaults where there is no config file.

    Raises SourceError for a file that is named with --config and missing, or cannot be read; ContentError for what it says.
    """
    path = config_path(given)
    if not given and not path.exists():
        return DEFAULT
    from peqdlab.config import read_instruments
    from peqdlab.source import read_source

    instruments, findings = read_instruments(read_source(path))
    if findings:
        raise ContentError(*findings)
    return instruments


def config_source(path: Path) -> Source:
    """Return the config file as it is; an empty one where there is none yet. Raises SourceError for one that cannot be read."""
    from peqdlab.source import parse_source, read_source

    return read_source(path) if path.exists() else parse_source("", str(path))
