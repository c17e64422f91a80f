"""Where protocols are: the folder that ships, and the files in the folders of a lab."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_PACKAGE: Final = Path(__file__).parent
# As the work goes, from powders to a cell; another family stands behind them.
_ORDER: Final = (
    "hot_injection", "purification", "composition", "ligand_exchange", "soaking", "conductive_ink", "nanocomposite", "device",
)  # fmt: skip


def shipped_folder() -> Path:
    """Return the folder of the shipped protocols: inside an installed package, beside it in a checkout."""
    inside = _PACKAGE / "protocols"
    return inside if inside.is_dir() else _PACKAGE.parent / "protocols"


def shipped_families() -> tuple[str, ...]:
    """Return the names of the shipped families, in the order of the work."""
    names = sorted(path.stem for path in shipped_folder().glob("*.toml"))
    return tuple(sorted(names, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)))


@cache
def shipped_index() -> dict[str, Any]:
    """Return the index of the shipped families, as ``python -m peqdlab.listing`` wrote it, read once; nobody changes it."""
    import json

    index: dict[str, Any] = json.loads((_PACKAGE / "protocols.json").read_text(encoding="utf-8"))
    return index


def own_files(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Return the protocol files of the lab's own folders, sorted by name within each folder."""
    return tuple(path for folder in folders for path in sorted(folder.glob("*.toml")))
