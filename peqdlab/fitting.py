"""Which shipped protocols would fit in the place of one that does not: asked of their index, so that none is read for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from peqdlab.findings import either
from peqdlab.shipped import shipped_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Row = dict[str, Any]
REACHED: Final = ("OA-", "OAm+")  # what the shipped protocols say that they reach


def that_take(
    products: Sequence[str],
    *,
    making: Iterable[str],
    as_: Iterable[str] = (),
    liquid: str = "",
    from_colloid: bool = False,
    forming: str = "",
) -> list[Row]:
    """Return the shipped protocols that take one of these products and make one of these things, the shortest first.

    ``as_`` are names under which they take it, ``liquid`` what it is in, where that matters; ``from_colloid`` leaves out those that take
    a film. ``forming`` asks for syntheses of a product instead, which take nothing.
    """
    named, made = set(as_), set(making)

    def takes(row: Row) -> bool:
        if forming:
            return not row["needs"] and row["product"] == forming
        if len(row["needs"]) != 1:
            return False
        need = row["needs"][0]
        fits = need["product"] in products and (not named or bool(named & set(need["names"])))
        return fits and (not liquid or need["in"] == liquid) and (not from_colloid or need["in"] is not None)

    rows = [row for family in shipped_index().values() for row in family["rows"] if made & set(row["makes"]) and takes(row)]
    return sorted(rows, key=lambda row: len(row["makes"]))


def that_reach(products: Sequence[str], *, as_: Iterable[str]) -> list[Row]:
    """Return the shipped protocols that take one of these products under one of these names, and take ligands off."""
    named = set(as_)
    rows = [row for family in shipped_index().values() for row in family["rows"] if row["reaches"] and len(row["needs"]) == 1]
    return [row for row in rows if row["needs"][0]["product"] in products and named & set(row["needs"][0]["names"])]


def said(rows: Sequence[Row], most: int = 5) -> str:
    """Return the names of protocols as they are typed, the first few of them.

    >>> said([{"protocol": "purification/meoac"}, {"protocol": "purification/pea"}])
    'purification/meoac or purification/pea'
    """
    names = [str(row["protocol"]) for row in rows[:most]]
    if len(rows) > most:
        names.append(f"one of {len(rows) - most} more")
    return either(names)
