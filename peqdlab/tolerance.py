"""The tolerance factor and the octahedral factor of every product of a plan, from the table of radii, for the note that is printed."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peqdlab.chemistry import FormulaError, perovskite_ions
from peqdlab.findings import Doubt
from peqdlab.language import DOUBTFUL
from peqdlab.units import ARITHMETIC, ZERO, significant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peqdlab.books import Books
    from peqdlab.preparation import Template

_FILE: Final = Path(__file__).with_name("ions.toml")
_SITES: Final = (("B", "+2"), ("A", "+"), ("X", "-"))  # a longer ending first
_LEAST_SHARE: Final = Decimal("0.001")  # of a product in a mixture that is still counted


class Factors(NamedTuple):
    """What follows from the radii of a product, or of products mixed to one: t, mu, the average radius of the A site (nm)."""

    name: str
    t: Decimal
    mu: Decimal
    r_a_nm: Decimal
    ions: tuple[str, ...]


@cache
def ion_table() -> Mapping[str, Any]:
    """Return the table of radii with its sources and the window of the tolerance factor."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def factors_of(shares: Mapping[str, Decimal]) -> Factors | None:
    """Return the factors of products by their share (in formula units), each site at its average radius; None where a radius is missing.

    t = (r_A + r_X) / (√2 (r_B + r_X)) (Goldschmidt), mu = r_B / r_X.
    """
    radii, ions = ion_table()["radii"], dict[str, Decimal]()
    for product, share in shares.items():
        try:
            counted = perovskite_ions(product)
        except (Doubt, FormulaError):
            return None
        for ion, count in counted:
            ions[ion] = ions.get(ion, ZERO) + ARITHMETIC.multiply(share, count)
    sites: dict[str, dict[str, Decimal]] = {"A": {}, "B": {}, "X": {}}
    for ion, count in ions.items():
        site = next((site for site, ending in _SITES if ion.endswith(ending)), None)
        if site is None or ion not in radii:
            return None
        sites[site][ion] = count
    if not all(sites.values()):
        return None
    a, b, x = (_average(sites[site]) for site in "ABX")
    t = ARITHMETIC.divide(a + x, ARITHMETIC.multiply(ARITHMETIC.sqrt(Decimal(2)), b + x))
    return Factors(_named(shares), t, ARITHMETIC.divide(b, x), a, tuple(ions))


def _average(ions: Mapping[str, Decimal]) -> Decimal:
    radii = ion_table()["radii"]
    total = sum((ARITHMETIC.multiply(Decimal(radii[ion]["nm"]), count) for ion, count in ions.items()), ZERO)
    return ARITHMETIC.divide(total, sum(ions.values(), ZERO))


def _named(shares: Mapping[str, Decimal]) -> str:
    return next(iter(shares)) if len(shares) == 1 else " + ".join(f"{significant(share, 3)} {name}" for name, share in shares.items())


def structure_rows(template: Template, books: Books) -> list[dict[str, Any]]:
    """Return t, mu and the average A radius for every product of a plan, and for products that are mixed at its end, as JSON values."""
    shares = [{product: Decimal(1)} for product in template.products]
    mixed = _mixed(template, books)
    found = [factors_of(each) for each in (*shares, *([mixed] if mixed else []))]
    return [_row(factors) for factors in found if factors is not None]


def _mixed(template: Template, books: Books) -> dict[str, Decimal]:
    """Return the shares of the products in the last preparation that holds several; empty where none does."""
    for held in reversed(books.finished.values()):
        there = {product: held.species[product] for product in template.products if held.species.get(product)}
        total = sum(there.values(), ZERO)
        shares = {product: ARITHMETIC.divide(n, total) for product, n in there.items()}
        if len([share for share in shares.values() if share >= _LEAST_SHARE]) > 1:
            return shares
    return {}


def _row(factors: Factors) -> dict[str, Any]:
    table = ion_table()
    window, sources = table["window"], {ion: table["radii"][ion]["source"] for ion in factors.ions}
    return {
        "product": factors.name,
        "tolerance_factor": significant(factors.t, 3),
        "octahedral_factor": significant(factors.mu, 3),
        "radius_a_nm": significant(factors.r_a_nm, 3),
        "window": f"{window['low']} to {window['high']}",
        "inside": Decimal(window["low"]) <= factors.t <= Decimal(window["high"]),
        "window_source": window["source"],
        "window_short": window["short"],
        "radii": {ion: f"{table['radii'][ion]['nm']} nm [{tag}]" for ion, tag in sources.items()},
        "sources": {tag: _cite(table["sources"][tag]) for tag in dict.fromkeys(sources.values())},
        "doubtful": any(table["sources"][tag]["evidence"] in DOUBTFUL for tag in sources.values()),
    }


def _cite(row: Mapping[str, str]) -> str:
    return f"{row['cite']}, doi:{row['doi']}" if "doi" in row else row["cite"]
