"""Films: layers on substrates, what stays of an ink, what dries, how long each layer has met a bath."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from peqdlab.catalog import open_template
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
FILM = "ligand_exchange/lead-acetate"


def planned(peqdlab: Callable[..., Any], *more: str) -> dict[str, Any]:
    ran = peqdlab("plan", FILM, "--json", *more)
    assert ran.code == 0, ran.err
    return ran.json


def test_layer_k_of_n_meets_every_bath_that_comes_after_it(peqdlab: Callable[..., Any]) -> None:
    layers = planned(peqdlab, "--set", "layers=5", "--set", "t_dip=7s")["layers"]
    assert [(row["n"], row["dips"], row["exposure_s"]) for row in layers] == [(k, 6 - k, str(7 * (6 - k))) for k in range(1, 6)]
    assert layers[0]["baths_s"] == {"lead_bath": "35"}


def test_the_steps_of_a_repeated_preparation_are_numbered_on_and_each_has_blanks_of_its_own(peqdlab: Callable[..., Any]) -> None:
    steps = planned(peqdlab, "--set", "layers=2")["steps"]
    film = [step for step in steps if step["preparation"] == "film"]
    assert [(step["n"], step["cycle"], step["cycles"]) for step in film] == [(4 + i, 1 + i // 4, 2) for i in range(8)]
    assert len({blank["code"] for step in steps for blank in step["blanks"]}) == sum(len(step["blanks"]) for step in steps)


def test_amounts_per_substrate_follow_the_substrates_and_not_the_scale(peqdlab: Callable[..., Any]) -> None:
    one, six, scaled = planned(peqdlab), planned(peqdlab, "--substrates", "6"), planned(peqdlab, "--scale", "1/2")

    def row(plan: dict[str, Any], reagent: str) -> str:
        return next(row["volume_ml"] for row in plan["materials"] if row["id"] == reagent)

    assert [row(plan, "MeOAc") for plan in (one, six, scaled)] == ["1.000", "6.000", "1.000"]
    assert [row(plan, "IPA") for plan in (one, six, scaled)] == ["30.00", "30.00", "15.00"]
    assert next(r["as_dispensed"] for r in six["materials"] if r["id"] == "MeOAc") == "6 × 1.000 mL"
    assert [row["count"] for row in six["equipment"] if row["what"] == "substrates"] == [6]


def test_what_does_not_stay_is_spun_off_and_what_boils_low_dries(peqdlab: Callable[..., Any]) -> None:
    plan = make_plan(open_template(FILM), shipped_reagents())
    film = plan.books.finished["cell_film"]
    ink_mg, stays = 4 * Decimal("0.060") * 60, Decimal("0.01")
    assert film.species["CsPbI3"] * Decimal("720.8") == pytest.approx(ink_mg * stays, rel=Decimal("1e-4"))
    assert film.liquids == {}
    spun = sum(held.volume_ml for account, held in plan.books.ledger.closing("waste").items() if account.name.startswith("spun off"))
    assert spun == 4 * Decimal("0.060") * (1 - stays)


def test_an_oil_does_not_dry_from_a_film(peqdlab: Callable[..., Any], tmp_path: Any) -> None:
    text = (
        'format = 1\n[sources]\nown = { cite = "ours", evidence = "published" }\n[oily]\ntitle = "oil"\nsource = "own"\n'
        '[oily.make.film]\nvessel = "substrates"\n'
        'steps = [ { coat = { ODE = "0.1 mL", toluene = "0.1 mL" }, keeps = "50 %" }, { dry = "air" } ]\n'
    )
    path = tmp_path / "oily.toml"
    path.write_text(text, encoding="utf-8")
    film = peqdlab("plan", str(path), "--json").json["preparations"][0]
    assert (film["volume_ml"], set(film["species_mmol"])) == ("0.05000", {"ODE"})


def test_the_ions_of_an_acid_stay_in_a_film_that_dries(peqdlab: Callable[..., Any], tmp_path: Any) -> None:
    text = (
        'format = 1\n[sources]\nown = { cite = "ours", evidence = "published" }\n[acid]\ntitle = "acid"\nsource = "own"\n'
        '[acid.make.film]\nvessel = "substrates"\n'
        'steps = [ { coat = { HI = "0.1 mL", EtOAc = "0.1 mL" }, keeps = "50 %" }, { dry = "air" } ]\n'
    )
    path = tmp_path / "acid.toml"
    path.write_text(text, encoding="utf-8")
    held = peqdlab("plan", str(path), "--json").json["preparations"][0]["species_mmol"]
    assert held["H+"] == held["I-"]
    assert "EtOAc" not in held


def test_a_film_goes_on_in_the_next_preparation_with_its_layers(peqdlab: Callable[..., Any], tmp_path: Any) -> None:
    text = (
        'format = 1\n[sources]\nown = { cite = "ours", evidence = "published" }\n[two]\ntitle = "two inks"\nsource = "own"\n'
        + "".join(
            f'[two.needs.{n}]\nis = "dots"\nproduct = "{p}"\nin = "octane"\nholds = {{ product = "50 mg/mL" }}\n'
            for n, p in (("a", "CsPbI3"), ("b", "FAPbI3"))
        )
        + '[two.make.bath]\nvessel = "50 mL bottle"\nsteps = [ { add = { MeOAc = "20 mL" } } ]\n'
        + '[two.make.low]\nvessel = "substrates"\nrepeat = "2"\nsteps = [ { coat = { a = "50 µL" }, keeps = "1 %" }, { dip = "bath", for = "3 s" } ]\n'
        + '[two.make.high]\nvessel = "substrates"\nsteps = [ { start = "low" }, { coat = { b = "50 µL" }, keeps = "1 %" }, { dip = "bath", for = "3 s" }, { dry = "air" } ]\n'
    )
    path = tmp_path / "two.toml"
    path.write_text(text, encoding="utf-8")
    plan = peqdlab("plan", str(path), "--json").json
    assert [(row["ink"], row["dips"]) for row in plan["layers"]] == [("a", 3), ("a", 2), ("b", 1)]
    assert set(plan["preparations"][-1]["species_mmol"]) == {"CsPbI3", "FAPbI3"}
    assert plan["preparations"][1]["species_mmol"]  # as it was when it was finished


def test_a_film_that_is_repeated_goes_on_with_another_once(peqdlab: Callable[..., Any]) -> None:
    steps = peqdlab("plan", "ligand_exchange/gla-graded", "--set", "layers_gla=3", "--json").json["steps"]
    film = [(step["n"], step["text"].split()[0].strip(":"), step["cycle"]) for step in steps if step["preparation"] == "film"]
    assert film == [(15, "go", 1)] + [(16 + i, ("coat", "dip", "rinse", "dry")[i % 4], 1 + i // 4) for i in range(12)]


@pytest.mark.parametrize(("layers", "said"), [("2.5", "repeated 2.5 times"), ("9", "at most 5"), ("1s", "a duration"), ("300%", "")])
def test_layers_are_a_whole_number_in_their_range(peqdlab: Callable[..., Any], layers: str, said: str) -> None:
    ran = peqdlab("plan", FILM, "--set", f"layers={layers}")
    assert (ran.code == 0) is (said == ""), ran.err
    assert said in ran.err or not said


def test_a_plan_says_for_how_many_substrates_its_ink_would_do(peqdlab: Callable[..., Any]) -> None:
    ran = peqdlab("plan", "hot_injection/binary-cspbi3", FILM, "--substrates", "6", "--json").json
    (ink,) = ran["inks"]
    each = 4 * Decimal("0.060")
    assert (ink["id"], Decimal(ink["used_ml"])) == ("dots", 6 * each)
    assert ink["covers_substrates"] == int(Decimal(ink["made_ml"]) / each)
    most = str(ink["covers_substrates"])
    chain = ("plan", "hot_injection/binary-cspbi3", FILM, "--scale", "1", "--substrates")
    assert [peqdlab(*chain, n).code for n in (most, str(int(most) + 1))] == [0, 1]
    assert planned(peqdlab)["inks"] == []


def test_too_many_substrates_for_a_stated_size_are_answered_with_what_fits(peqdlab: Callable[..., Any]) -> None:
    chain = ("plan", "hot_injection/binary-cspbi3", FILM, "--substrates")
    finding = next(row for row in peqdlab(*chain, "40", "--scale", "1", "--json").json["findings"] if row["code"] == "N106")
    assert finding["message"] == "9.600 mL of dots is to be coated on 40 substrates, 7.807 mL is made"
    assert finding["remedy"] == "--substrates 32, or --scale 1.23"
    assert [found["code"] for found in peqdlab(*chain, "32", "--json").json["findings"] if found["code"] == "N106"] == []
    larger = peqdlab(*chain, "40", "--scale", "1.23", "--json").json["findings"]
    assert [found["code"] for found in larger if found["code"] in ("N106", "B201")] == []


def test_the_overview_says_a_cycle_once(peqdlab: Callable[..., Any]) -> None:
    out = peqdlab("plan", FILM).out
    assert out.count("dip into lead_bath") == 1
    assert "steps 8 to 19: the same again, cycle 2 to 4 of 4" in out


def test_a_number_of_layers_is_solved_for_in_whole_numbers(peqdlab: Callable[..., Any], tmp_path: Any) -> None:
    text = (ROOT / "protocols" / "ligand_exchange.toml").read_text(encoding="utf-8")
    row = 'thin = { at = "sonicate", want = "layers <= 2", else = "warning", fix = "layers", why = "as we do it [computed]" }'
    path = tmp_path / "mine.toml"
    path.write_text(text.replace("[lead-acetate.check]\n", f"[lead-acetate.check]\n{row}\n"), encoding="utf-8")
    finding = next(found for found in peqdlab("plan", f"{path}/lead-acetate", "--json").json["findings"] if found["code"] == "thin")
    assert finding["remedy"] == "--set layers=2"
    again = peqdlab("plan", f"{path}/lead-acetate", "--set", "layers=2", "--json").json["findings"]
    assert "thin" not in {found["code"] for found in again}
