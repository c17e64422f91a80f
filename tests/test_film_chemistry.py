"""What a bath or a plate does to a film of dots: each check just outside and just inside, each remedy typed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from peqdlab.catalog import open_template
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
REAGENTS = shipped_reagents()
MEMBER = '{ cite = "ours", evidence = "published" }'


def film_codes(plan: dict[str, Any]) -> list[str]:
    return sorted(row["code"] for row in plan["findings"] if row["code"].startswith("F"))


@pytest.fixture
def bathed(peqdlab: Callable[..., Any], tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Plan a soak, or a dip on every layer, of a film of ``product`` in a bath of what is typed; errors are no hindrance."""

    def plan(bath: str, *, product: str = "CsPbI3", layer: bool = False, wet: str = '{ dip = "bath", for = "10 s" }') -> dict[str, Any]:
        need = 'needs.ink = { is = "dots", product = "%s", in = "octane", holds = { product = "70 mg/mL" } }' % product
        coat = '{ coat = { ink = "60 µL" }, keeps = "1 %" }, '
        text = (
            f'format = 1\n[sources]\nown = {MEMBER}\n[one]\ntitle = "a film"\nsource = "own"\n{need}\n'
            f'[one.make.bath]\nvessel = "50 mL dish"\nsteps = [ {{ add = {{ {bath} }} }} ]\n'
            f'[one.make.film]\nvessel = "substrates"\nsteps = [ {coat}{wet + ", " if layer else ""}{{ dry = "air" }} ]\n'
        )
        if not layer:
            text += f'[one.make.soaked]\nvessel = "substrates"\nsteps = [ {{ start = "film" }}, {wet}, {{ dry = "air" }} ]\n'
        path = tmp_path / "one.toml"
        path.write_text(text, encoding="utf-8")
        return dict(peqdlab("plan", str(path), "--json").json)

    return plan


# the solvent -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("solvent", "codes"), [
    ("MeOAc", ["F105"]), ("EtOAc", ["F105"]), ("2-pentanol", []), ("2-butanol", ["F101"]), ("IPA", ["F101"]), ("1-butanol", ["F101"]),
    ("ethanol", ["F102"]), ("methanol", ["F102"]), ("H2O", ["F102"]), ("acetonitrile", ["F104"]), ("ODE", ["F103"]),
])  # fmt: skip
def test_a_soak_is_judged_by_what_its_solvent_donates(solvent: str, codes: list[str], bathed: Callable[..., Any]) -> None:
    assert film_codes(bathed(f'"{solvent}" = "20 mL"')) == codes


@pytest.mark.parametrize(("solvent", "codes"), [("MeOAc", []), ("IPA", []), ("1-butanol", []), ("ethanol", ["F102"]), ("H2O", ["F102"])])
def test_a_bath_of_every_layer_may_donate_what_those_read_do(solvent: str, codes: list[str], bathed: Callable[..., Any]) -> None:
    assert film_codes(bathed(f'"{solvent}" = "20 mL"', layer=True)) == codes


def test_a_rinse_in_ethanol_is_an_error_and_one_in_2_propanol_is_not(bathed: Callable[..., Any]) -> None:
    rinsed = [bathed('MeOAc = "20 mL"', layer=True, wet=f'{{ rinse = {{ {name} = "1 mL" }} }}') for name in ("ethanol", "IPA")]
    assert [film_codes(plan) for plan in rinsed] == [["F102"], []]


def test_a_solvent_counts_from_a_twentieth_of_the_bath(bathed: Callable[..., Any]) -> None:
    # 1.0 of 20.0 mL is 5 %, 0.99 of 19.99 mL is 4.95 %
    assert film_codes(bathed('EtOAc = "19 mL", methanol = "1.0 mL"')) == ["F102"]
    assert film_codes(bathed('EtOAc = "19 mL", methanol = "0.99 mL", FAI = "1 mg"')) == []


def test_the_finding_has_figures_source_and_scope_and_what_it_says_to_type_mends_it(bathed: Callable[..., Any]) -> None:
    found = next(row for row in bathed('IPA = "20 mL"')["findings"] if row["code"] == "F101")
    assert "hydrogen-bond acidity is 0.283 and its relative permittivity is 20.18, wanted at most 0.21" in found["message"]
    assert found["remedy"].endswith(f"{found['where']['line']}:{found['where']['column']} write 2-pentanol for IPA, or EtOAc")
    assert (found["where"]["key"], found["limit"]) == ("one.make.bath.steps[0].add.IPA", "hydrogen-bond acidity (Catalán SA) <= 0.21")
    assert "Joule 2022, 6, 1632" in found["source"]
    assert found["scope"].startswith("CsPbI3 film, whole stack soaked for about 10 s")


def test_swapping_the_solvent_of_a_shipped_soak_makes_the_check_bite(peqdlab: Callable[..., Any], tmp_path: Path) -> None:
    text = (ROOT / "protocols" / "soaking.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    for solvent, codes in (("2-pentanol", []), ("IPA", ["F101"]), ("ethanol", ["F102"])):
        path.write_text(text.replace('swap     = { EtOAc = "2-pentanol" }', f'swap     = {{ EtOAc = "{solvent}" }}'), encoding="utf-8")
        assert film_codes(peqdlab("plan", f"{path}/2-pentanol", "--json").json) == codes, solvent


def test_the_ester_alone_is_the_control_and_2_pentanol_for_it_is_silent(peqdlab: Callable[..., Any]) -> None:
    assert film_codes(peqdlab("plan", "soaking/etoac", "--json").json) == ["F105"]
    assert film_codes(peqdlab("plan", "soaking/2-pentanol", "--json").json) == []


# salts and water -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [True, False])
def test_fai_on_fapbi3_wants_mai_beside_it(layer: bool, bathed: Callable[..., Any]) -> None:
    def codes(salts: str, product: str) -> list[str]:
        return film_codes(bathed(f'{salts}, EtOAc = "20 mL"', product=product, layer=layer))

    assert codes('FAI = "20 mg"', "FAPbI3") == ["F106"]
    assert codes('FAI = "20 mg", MAI = "= n.FA [unverified]"', "FAPbI3") == []  # what the remedy says to add
    assert codes('FAI = "20 mg"', "CsPbI3") == []
    assert codes('FASCN = "20 mg"', "FAPbI3") == []


def test_fai_of_a_soak_finds_the_fapbi3_that_a_chain_brings(peqdlab: Callable[..., Any]) -> None:
    before = ("purification/meoac", "ligand_exchange/lead-nitrate-fapbi3", "soaking/fai-etoac")
    assert film_codes(peqdlab("plan", "hot_injection/binary-fapbi3", *before, "--json").json) == ["F106"]


def test_a_template_that_asks_for_mai_itself_is_not_doubted_twice(peqdlab: Callable[..., Any]) -> None:
    codes = {row["code"] for row in peqdlab("plan", "ligand_exchange/fai-mai-ipa", "--set", "x_MAI=0%", "--json").json["findings"]}
    assert "ma-needed" in codes
    assert "F106" not in codes


def test_a_soak_in_a_salt_of_caesium_is_said_to_do_little(peqdlab: Callable[..., Any], tmp_path: Path) -> None:
    for variant in ("csi-etoac", "csbr-etoac"):
        found = [row for row in peqdlab("plan", f"soaking/{variant}", "--json").json["findings"] if row["code"] == "F107"]
        assert [row["severity"] for row in found] == ["note"]
        assert "write FAI for Cs" in found[0]["remedy"]
    mine = (ROOT / "protocols" / "soaking.toml").read_text(encoding="utf-8").replace('swap    = { FAI = "CsI" }', 'swap    = { FAI = "FAI" }')
    (tmp_path / "mine.toml").write_text(mine, encoding="utf-8")
    assert film_codes(peqdlab("plan", f"{tmp_path / 'mine.toml'}/csi-etoac", "--json").json) == []


def test_water_in_the_ester_does_not_stand_for_humid_air(bathed: Callable[..., Any]) -> None:
    wet = bathed('MeOAc = "20 mL", H2O = "0.1 mL"', layer=True)
    assert film_codes(wet) == ["F108"]
    assert "an ester with 0.50 % of water" in next(row["message"] for row in wet["findings"] if row["code"] == "F108")
    assert film_codes(bathed('MeOAc = "20 mL"', layer=True)) == []  # H2O taken out
    assert film_codes(bathed('MeOAc = "20 mL", "Pb(OAc)2·3H2O" = "20 mg"', layer=True)) == []  # a hydrate brings none to speak of


# heat ------------------------------------------------------------------------------------------------------------------


def test_layers_of_different_a_sites_are_not_heated(peqdlab: Callable[..., Any]) -> None:
    stack = ("nanocomposite/stacked-junction", "soaking/gascn")
    found = next(row for row in peqdlab("plan", *stack, "--json").json["findings"] if row["code"] == "F109")
    assert found["remedy"].startswith("--set T_anneal=25C")
    assert film_codes(peqdlab("plan", *stack, "--set", "T_anneal=25C", "--json").json) == []
    assert film_codes(peqdlab("plan", "ligand_exchange/meoac-humid", "soaking/gascn", "--json").json) == []


# stages ----------------------------------------------------------------------------------------------------------------


def test_emission_is_asked_of_every_colloid_and_thickness_of_every_film_that_is_coated(peqdlab: Callable[..., Any]) -> None:
    chain = ("hot_injection/binary-cspbi3", "purification/meoac", "ligand_exchange/meoac-humid", "soaking/2-pentanol", "device/nip")
    plan = peqdlab("plan", *chain, "--json").json
    asked = {row["id"]: [each["code"] for each in row["measured"]] for row in plan["preparations"] if row["measured"]}
    colloids = {name: [f"{name}.{what}" for what in ("pl_peak", "pl_fwhm", "plqy")] for name in ("crude", "washed", "ink")}
    assert asked == {**colloids, "film": ["film.thickness"]}
    assert all(code.rstrip("abcdefghijkl").isdigit() for step in plan["steps"] for code in (blank["code"] for blank in step["blanks"]))


def test_what_a_stage_shows_is_logged_by_its_name_corrected_and_printed(peqdlab: Callable[..., Any]) -> None:
    assert peqdlab("log-batch", "hot_injection/binary-cspbi3", "crude.plqy=82.0%").code == 0
    assert peqdlab("measure", "B0001", "dots.plqy=0.785", "dots.pl_peak=686nm", "plqy=78%").code == 0
    assert peqdlab("measure", "B0001", "--correct", "dots.pl_peak=687nm", "--reason", "misread").code == 0
    outcomes = {row["name"]: row["value"] for row in peqdlab("show", "B0001", "--json").json["outcomes"]}
    assert outcomes == {"crude.plqy": "82.0 %", "dots.plqy": "78.5 %", "dots.pl_peak": "687 nm", "plqy": "78 %"}
    sheet = peqdlab("run-sheet", "B0001").out
    assert "crude.plqy     photoluminescence quantum yield                      82.0 %" in sheet
    assert "dots.pl_peak  photoluminescence peak                               687 nm (was 686 nm: misread)" in sheet
    for name, remedy in (("dot.plqy", "did you mean dots.plqy?"), ("dots.plyq", "did you mean dots.plqy?")):
        ran = peqdlab("measure", "B0001", f"{name}=1%", "--json")
        assert (ran.code, ran.json["findings"][0]["code"], ran.json["findings"][0]["remedy"]) == (2, "R109", remedy)


# templates -------------------------------------------------------------------------------------------------------------


def test_a_check_whose_mending_moves_its_step_is_solved(tmp_path: Path) -> None:
    text = (
        f'format = 1\n[sources]\nown = {MEMBER}\n[one]\ntitle = "a film"\nsource = "own"\n'
        'needs.ink = { is = "dots", product = "CsPbI3", in = "octane", holds = { product = "70 mg/mL" } }\n'
        '[one.set]\nlayers = { is = "2", range = "1 to 9" }\n'
        '[one.make.film]\nvessel = "substrates"\nrepeat = "= layers"\nsteps = [ { coat = { ink = "60 µL" }, keeps = "1 %" }, { dry = "air" } ]\n'
        '[one.check]\nmany = { at = "coat", want = "layers >= 4", else = "warning", fix = "layers", why = "thin [own]" }\n'
        'last = { at = "end", want = "layers <= 1", else = "note", fix = "layers", why = "thick [own]" }\n'
    )
    path = tmp_path / "one.toml"
    path.write_text(text, encoding="utf-8")
    found = {row.code: row.remedy for row in make_plan(open_template(str(path), REAGENTS), REAGENTS).findings}
    assert (found["many"], found["last"]) == ("--set layers=4", "--set layers=1")


def test_every_paper_of_the_device_is_cited_by_its_authors() -> None:
    text = (ROOT / "protocols" / "device.toml").read_text(encoding="utf-8")
    assert "the paper of this DOI" not in text
    assert text.count(" et al., ") == 7
