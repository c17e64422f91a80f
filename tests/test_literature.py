"""The cells that the literature reports are in one generated file, each with its source, and their figures are held against each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import peqdlab
from peqdlab.catalog import open_template
from peqdlab.literature import amounts_of, closure, literature_rows, read_literature
from peqdlab.systems_page import systems

ROWS = read_literature()
CELLS = [(row["system"], row["variant"], cell) for row in ROWS for cell in row["cells"]]
# system and kind of cell, and the product of its curve in per cent, as reckoned apart from this program from the printed figures
PRODUCTS = {
    ("K01", "certified"): "13.58", ("L06", "certified"): "18.10", ("S07", "champion"): "15.47", ("P03", "champion"): "14.99",
    ("P05", "champion"): "16.14", ("P06", "champion"): "16.25", ("C03", "certified"): "16.76", ("C05", "champion"): "15.05",
    ("C06", "control"): "15.38", ("C06", "champion"): "17.28", ("C07", "champion"): "17.50", ("L09", "champion"): "15.27",
    ("K03", "champion"): "16.52",
}  # fmt: skip


def test_the_file_is_what_the_protocols_say() -> None:
    file = Path(peqdlab.__file__).with_name("literature.json")
    made = {"schema": "peqdlab.literature/1", "rows": literature_rows()}
    assert json.loads(file.read_text(encoding="utf-8")) == made, "python -m peqdlab.literature > peqdlab/literature.json"


def test_every_variant_of_every_system_has_a_row() -> None:
    assert {(row["system"], row["variant"]) for row in ROWS} == {(system, name) for system, names in systems().items() for name in names}


def test_the_product_of_a_curve_is_the_one_reckoned_by_hand() -> None:
    found = {(system, cell["kind"]): cell["jsc_voc_ff_pct"] for system, _, cell in CELLS if cell["jsc_voc_ff_pct"] is not None}
    assert {key: float(text) for key, text in found.items()} == {key: float(text) for key, text in PRODUCTS.items()}


def test_the_two_rows_of_the_review_that_do_not_close_are_flagged_and_no_other() -> None:
    open_ones = [(variant, cell["pce_pct"]) for _, variant, cell in CELLS if cell["closes"] is False]
    assert open_ones == [("soaking/fai-etoac", "13.43"), ("hot_injection/binary-cspbi3-zni2", "16.07")]
    assert all(cell["closes"] is not None for _, _, cell in CELLS if cell["jsc_ma_per_cm2"] and cell["voc_v"] and cell["ff_pct"])


@pytest.mark.parametrize(
    ("pce", "curve", "closes"),
    [
        ("16.6", ("18.3", "1.17", "78.3"), True),  # 16.64 to 16.89 by rounding, 16.55 to 16.65 as printed
        ("16.5", ("18.3", "1.17", "78.3"), False),
        ("15.10", ("17.30", "1.140", "76"), True),
        ("13.43", ("15.246", "1.1626", "75.77"), True),  # the fill factor that would close it
    ],
)
def test_an_efficiency_closes_within_the_rounding_of_all_four_figures(pce: str, curve: tuple[str, str, str], closes: bool) -> None:
    assert closure(pce, *curve)[1] is closes


def test_a_control_has_its_own_curve_and_every_cell_a_source() -> None:
    (control,) = [cell for system, _, cell in CELLS if (system, cell["kind"]) == ("C06", "control")]
    assert (control["jsc_ma_per_cm2"], control["voc_v"], control["ff_pct"]) == ("17.55", "1.25", "70.1")
    assert all(cell["source"] and cell["evidence"] for _, _, cell in CELLS)


def test_amounts_are_counted_by_their_evidence() -> None:
    assert amounts_of(open_template("soaking/etoac")) == {"unverified": 1}  # one bath, its volume a parameter
