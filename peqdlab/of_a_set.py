"""What the sheet says of a plan that is one run of a set: which run, its levels, and the air that is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peqdlab.air import said_air

if TYPE_CHECKING:
    from collections.abc import Mapping


def run_rows(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return which run of which set a plan is, and its levels; nothing for a plan that is of none."""
    run = document.get("run")
    if not run:
        return ()
    when = "".join(f", {name} {run[name]}" for name in ("day", "block", "replicate") if name in run)
    kind = "levels" if "levels" in run else "hands_over"
    told = "; ".join(f"{name} {value}" for name, value in run.get(kind, {}).items())
    return (("run", f"{run['run']} of set {run['set']}{when}"), (kind.replace("_", " "), told))


def room_planned(step: Mapping[str, Any]) -> str:
    """Return the air that is wanted at a step of this plan; nothing where none is."""
    return " / ".join(said_air(step.get("room_planned", {})))
