"""Chains: what one protocol needs another makes, a shelf has or a batch left; what is then idle is left out; plans can be made again."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from peqdlab.catalog import open_template
from peqdlab.joining import Part, assemble, needing, with_inputs, without_followers
from peqdlab.ledger import balances

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
BINARY, FILM = "hot_injection/binary-cspbi3", "ligand_exchange/lead-acetate"

WASH = """format = 1
[sources]
own = { cite = "our notebook", evidence = "published" }

[acetone]
title = "A wash with acetone"
source = "own"
[acetone.needs.crude]
is = "crude of a hot injection"
product = "CsPbI3"
in = "ODE"
holds = { product = "5 mg/mL", "Pb+2" = "10 mmol/L", "I-" = "20 mmol/L" }
volume = "60 mL"
[acetone.set]
recovery = { is = "90 %", range = "0 % to 100 %" }
[acetone.make.ink]
vessel = "50 mL tubes"
steps = [
  { add = { crude = "all", acetone = "60 mL" }, name = "wash 1" },
  { spin = "8000 rpm", take = "pellet", wet = "1 mL", recovers = "= recovery" },
  { add = { octane = "= mass.product / (60 mg/mL)" } },
]
[acetone.check]
thick = { at = "end", want = "mass.product / volume <= 70 mg/mL", else = "warning", fix = "recovery", why = "too thick to coat [own]" }
"""


@pytest.fixture
def wash(tmp_path: Any) -> str:
    """Return a wash of the lab's own, which takes a crude and makes an ink."""
    path = tmp_path / "wash.toml"
    path.write_text(WASH, encoding="utf-8")
    return f"{path}/acetone"


# what is made, and what is left out ---------------------------------------------------------------------------------------------


def test_a_part_of_a_protocol_is_that_preparation_with_all_that_goes_into_it() -> None:
    stock = with_inputs(open_template(BINARY), "cs_oleate")
    assert [made.name for made in stock.preparations] == ["cs_oleate"]
    assert (dict(stock.parameters), stock.checks) == ({}, ())
    assert [made.name for made in with_inputs(open_template(BINARY), "crude").preparations] == ["cs_oleate", "crude"]


def test_what_is_made_from_a_preparation_that_another_takes_is_left_out() -> None:
    rest, out = without_followers(open_template(BINARY), ["crude"])
    assert ([made.name for made in rest.preparations], out) == (["cs_oleate", "crude"], ("dots",))
    assert {check.name for check in rest.checks} == {"cs-limits", "lead"}  # damp-wash was about the wash
    assert set(rest.parameters) == {"T_inject"}


def test_a_preparation_from_the_shelf_is_needed_and_what_went_into_it_alone_is_not_made() -> None:
    c18 = needing(open_template("hot_injection/binary-cspbi3-c18"), "cs_thin")
    assert ([made.name for made in c18.preparations], list(c18.needs)) == (["crude", "dots"], ["cs_thin"])


def test_a_name_that_nothing_needs_is_doubted(peqdlab: Callable[..., Any]) -> None:
    ran = peqdlab("plan", BINARY, "--use", "cs_oleat=20mL")
    assert ran.code == 2
    assert "did you mean cs_oleate?" in ran.err


# feeding by name ----------------------------------------------------------------------------------------------------------------


def test_a_crude_goes_into_the_next_wash_and_the_plan_says_which_wash_is_left_out(peqdlab: Callable[..., Any], wash: str) -> None:
    plan = peqdlab("plan", BINARY, wash, "--json").json
    assert [row["id"] for row in plan["preparations"]] == ["cs_oleate", "crude", "ink"]
    note = next(row for row in plan["findings"] if row["code"] == "N102")
    assert note["message"] == "dots of binary-cspbi3 is left out: acetone takes its crude"
    assert (plan["needs"], plan["ceiling_mg"], plan["expected_mg"]) == ([], "340.4", "306.3")  # 90 % of 340.4 mg


def test_three_protocols_make_one_chain_with_the_ink_of_the_wash_on_the_film(peqdlab: Callable[..., Any], wash: str) -> None:
    plan = peqdlab("plan", BINARY, wash, FILM, "--substrates", "6", "--json").json
    ink = next(row for row in plan["preparations"] if row["id"] == "ink")
    film = next(row for row in plan["preparations"] if row["id"] == "film")
    on_film_mg = Decimal(film["species_mmol"]["CsPbI3"]) * Decimal("720.82")
    drawn_ml, stays = 4 * 6 * Decimal("0.060"), Decimal("0.01")
    concentration = Decimal(ink["species_mmol"]["CsPbI3"]) * Decimal("720.82") / Decimal(ink["volume_ml"])
    assert on_film_mg == pytest.approx(concentration * drawn_ml * stays, rel=Decimal("1e-3"))
    assert [row["dips"] for row in plan["layers"]] == [4, 3, 2, 1]
    assert {row["ink"] for row in plan["layers"]} == {"ink"}


def test_a_protocol_that_brings_nothing_is_refused_with_what_to_type(peqdlab: Callable[..., Any], tmp_path: Any) -> None:
    soak = tmp_path / "soak.toml"
    soak.write_text(
        WASH.replace("needs.crude", "needs.bottle").replace('crude = "all"', 'bottle = "all"').replace("make.ink", "make.other"), encoding="utf-8"
    )
    ran = peqdlab("plan", BINARY, str(soak))
    assert (ran.code, "--use bottle=dots" in ran.err) == (2, True)
    assert peqdlab("plan", BINARY, str(soak), "--use", "bottle=dots").code == 0


def test_a_need_may_be_made_under_another_name_that_it_lists(peqdlab: Callable[..., Any]) -> None:
    plain, said = (peqdlab("plan", BINARY, FILM, *use, "--json").json for use in ((), ("--use", "ink=dots")))
    assert plain["layers"] == said["layers"]
    assert plain["layers"][0]["ink"] == "dots"


def test_two_syntheses_meet_in_one_film_and_their_names_are_told_apart(peqdlab: Callable[..., Any], tmp_path: Any) -> None:
    mixed = WASH.replace(
        "[acetone.set]", '[acetone.needs.other]\nis = "another crude"\nproduct = "FAPbI3"\nin = "ODE"\nvolume = "1 mL"\n[acetone.set]'
    )
    path = tmp_path / "mix.toml"
    path.write_text(mixed.replace('crude = "all",', 'crude = "all", other = "all",'), encoding="utf-8")
    plan = peqdlab("plan", BINARY, f"{path}/acetone", "--use", "other=hot_injection/binary-fapbi3.crude", "--json").json
    names = [row["id"] for row in plan["preparations"]]
    assert names == ["fa_oleate", "crude", "cs_oleate", "crude_2", "ink"]
    ink = plan["preparations"][-1]["species_mmol"]
    assert {"CsPbI3", "FAPbI3"} <= set(ink)


def test_parameters_of_one_name_in_two_protocols_are_set_apart(peqdlab: Callable[..., Any], wash: str) -> None:
    chain = (BINARY, wash, FILM)
    assert peqdlab("plan", *chain, "--set", "recovery=50%").code == 0  # that of the wash: the other is left out
    two = ("hot_injection/binary-cspbi3", FILM, "--use", "ink=hot_injection/binary-cspbbr3")
    assert "brings nothing" in peqdlab("plan", *two).err
    both = peqdlab("plan", "hot_injection/binary-cspbi3", FILM, "--use", "ink=dots", "--set", "recovery=50%", "--json").json
    assert both["choices"] == {"recovery": "50 %"}


# stocks -------------------------------------------------------------------------------------------------------------------------


def test_a_stock_is_what_is_there_at_the_concentration_that_is_stated(peqdlab: Callable[..., Any]) -> None:
    plan = peqdlab("plan", BINARY, "--use", "cs_oleate=20mL,Cs=0.0600mol/L", "--json").json
    assert "cs_oleate" not in [row["id"] for row in plan["preparations"]]
    assert plan["ceiling_mmol"] == "0.4800"  # 8 mL of 0.0600 mol/L
    assert plan["needs"][0] | {"is": ""} == {
        "id": "cs_oleate", "is": "", "product": None, "from": "20 mL, Cs 0.0600mol/L", "used_ml": "8.000", "there_ml": "20.00",
    }  # fmt: skip
    as_made = peqdlab("plan", BINARY, "--use", "cs_oleate=20mL", "--json").json
    assert as_made["ratios"] == peqdlab("plan", BINARY, "--json").json["ratios"]


def test_more_than_the_stock_holds_cannot_be_drawn(peqdlab: Callable[..., Any]) -> None:
    ran = peqdlab("plan", BINARY, "--use", "cs_oleate=4mL")
    assert (ran.code, "B201" in ran.err, "draw at most 4 mL" in ran.err) == (1, True, True)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("cs_oleate=0mL", "no volume"),
        ("cs_oleate=20g", "needed a volume"),
        ("cs_oleate=20mL,Cs", "is not PART=CONCENTRATION"),
        ("cs_oleate=20mL,Br=0.1mol/L", "holds no 'Br'"),
        ("cs_oleate=20mL,Cs=0.1g", "needed a concentration"),
        ("cs_oleate=20mL,Cs=30mol/L", "other liquids alone"),
        ("cs_oleate=20mL,Cs=0.1M,OA=1M", "2 concentrations"),
        ("cs_oleate=hot_injection/binary-cspbi3.crud", "did you mean crude?"),
        ("cs_oleate=nowhere/nothing", "no protocol"),
        ("cs_oleate", "is not NAME=VALUE"),
    ],
)
def test_a_stock_that_cannot_be_is_refused(peqdlab: Callable[..., Any], typed: str, said: str) -> None:
    ran = peqdlab("plan", BINARY, "--use", typed)
    assert (ran.code, said in ran.err) == (2, True), ran.err


def test_what_a_batch_left_feeds_the_next_plan_as_it_really_went(peqdlab: Callable[..., Any]) -> None:
    assert peqdlab("log-batch", BINARY, "4a=1.034g").code == 0
    plan = peqdlab("plan", BINARY, "--use", "cs_oleate=B0001", "--json").json
    need = plan["needs"][0]
    assert (need["from"], need["there_ml"]) == ("B0001.cs_oleate", "70.00")  # 78 mL made, 8 mL injected
    film = peqdlab("plan", FILM, "--use", "ink=B1.dots", "--json").json
    assert film["needs"][0]["from"] == "B0001.dots"
    assert "nothing feeds" not in str(film["findings"])
    assert peqdlab("plan", FILM, "--use", "ink=B0009").code == 2


# the whole ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("uses", [("ink=dots",), ("ink=dots", "cs_oleate=20mL,Cs=0.06mol/L")])
def test_a_chain_that_was_saved_can_be_planned_again_to_the_same_digest(
    peqdlab: Callable[..., Any], tmp_path: Any, uses: tuple[str, ...]
) -> None:
    typed = [part for use in uses for part in ("--use", use)]
    for ending in ("json", "toml"):
        file = str(tmp_path / f"chain.{ending}")
        made = peqdlab("plan", BINARY, FILM, *typed, "--substrates", "3", "--set", "layers=2", "-o", file, "--json")
        assert made.code == 0, made.err
        again = peqdlab("plan", file, "--json").json
        assert again["digest"] == made.json["digest"]
    assert peqdlab("log-batch", file).code == 0
    assert peqdlab("show", "B0001").code == 0


def test_a_chain_keeps_its_books() -> None:
    from peqdlab.plan import make_plan
    from peqdlab.reagents import shipped_reagents

    template = assemble([Part(open_template(BINARY), (("ink", "dots"),)), Part(open_template(FILM))], ())
    ledger = make_plan(template, shipped_reagents()).books.ledger
    held = balances(ledger.entries)
    for symbol in ("Pb", "I", "Cs", "C"):
        brought = -sum(ledger.amount(contents, symbol) for account, contents in held.items() if account.kind in ("bottle", "reaction"))
        kept = sum(ledger.amount(contents, symbol) for account, contents in held.items() if account.kind not in ("bottle", "reaction"))
        assert abs(brought - kept) < Decimal("1e-20")
        assert brought > 0


def test_what_feeds_an_ink_holds_product(peqdlab: Callable[..., Any]) -> None:
    ran = peqdlab("plan", FILM, "--use", "ink=hot_injection/binary-cspbi3.cs_oleate")
    assert (ran.code, "N105" in ran.err, "but holds no CsPbI3" in " ".join(ran.err.split())) == (1, True, True)
    assert peqdlab("plan", FILM, "--use", "ink=hot_injection/binary-cspbi3.dots").code == 0
    assert peqdlab("log-batch", BINARY).code == 0
    stock = peqdlab("plan", FILM, "--use", "ink=B0001.cs_oleate")
    assert (stock.code, "N105" in stock.err) == (1, True)


@pytest.mark.parametrize("chain", [(FILM, BINARY), (FILM, FILM), (BINARY, BINARY)])
def test_a_chain_in_the_wrong_order_says_so(peqdlab: Callable[..., Any], chain: tuple[str, str]) -> None:
    ran = peqdlab("plan", *chain)
    assert (ran.code, "brings nothing" in ran.err, "cell_film" in ran.err.partition("fix")[2]) == (2, True, False)


def test_a_need_is_fed_once(peqdlab: Callable[..., Any]) -> None:
    ran = peqdlab("plan", BINARY, "--use", "cs_oleate=10mL", "--use", "cs_oleate=5mL")
    assert (ran.code, "is fed twice" in ran.err) == (2, True)


def test_a_source_tag_that_means_two_papers_stays_two(peqdlab: Callable[..., Any], tmp_path: Any) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(WASH.replace("own =", "zeng2018 =").replace('"own"', '"zeng2018"').replace("[own]", "[zeng2018]"), encoding="utf-8")
    plan = peqdlab("plan", BINARY, f"{path}/acetone", "--json").json
    assert {"Q. Zeng et al., Adv. Mater. 2018, 1705393, doi:10.1002/adma.201705393", "our notebook"} <= set(plan["sources"].values())
    rows = {row["id"]: row["source"] for row in plan["materials"]}
    assert (rows["PbI2"], rows["acetone"]) == ("10.1002/adma.201705393", "our notebook")


def test_a_check_that_is_mended_at_a_step_stays_in_a_chain(peqdlab: Callable[..., Any], wash: str, tmp_path: Any) -> None:
    mine = tmp_path / "hot.toml"
    text = (ROOT / "protocols" / "hot_injection.toml").read_text(encoding="utf-8").partition("\n[binary-cspbbr3]")[0]
    row = 'hot = { at = "inject", want = "pot.T <= 170 °C", else = "warning", fix = "heat", why = "as we do it [computed]" }'
    mine.write_text(text.replace("[binary-cspbi3.check] ", f"[binary-cspbi3.check]\n{row}\n#"), encoding="utf-8")
    for chain in ((f"{mine}/binary-cspbi3",), (f"{mine}/binary-cspbi3", wash)):
        assert "hot" in {found["code"] for found in peqdlab("plan", *chain, "--json").json["findings"]}


def test_one_preparation_does_not_bring_two_needs_by_its_name_alone(peqdlab: Callable[..., Any], tmp_path: Any) -> None:
    path = tmp_path / "mix.toml"
    need = '[acetone.needs.other]\nis = "another crude"\nproduct = "CsPbI3"\nin = "ODE"\nvolume = "1 mL"\nfrom = ["crude"]\n[acetone.set]'
    path.write_text(WASH.replace("[acetone.set]", need).replace('crude = "all",', 'crude = "20 mL", other = "10 mL",'), encoding="utf-8")
    ran = peqdlab("plan", BINARY, f"{path}/acetone")
    assert (ran.code, "could bring" in ran.err, "--use crude=crude" in ran.err or "--use other=crude" in ran.err) == (2, True, True)
    said = peqdlab("plan", BINARY, f"{path}/acetone", "--use", "other=crude")
    assert said.code == 0, said.err


def test_a_need_in_a_liquid_without_density_is_doubted(peqdlab: Callable[..., Any], tmp_path: Any) -> None:
    path = tmp_path / "wash.toml"
    path.write_text(WASH.replace('in = "ODE"', 'in = "PbI2"'), encoding="utf-8")
    ran = peqdlab("plan", f"{path}/acetone")
    assert (ran.code, "C105" in ran.err) == (1, True)
