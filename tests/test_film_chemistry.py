"""What a bath or a plate does to a film of dots: each check just outside and just inside, each remedy typed."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from peqdlab.books import Inputs, Room
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
    assert "Catalán's solvent acidity SA, as compiled in the Python package doptools 1.3.9; CRC Handbook" in found["source"]
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


# thickness -------------------------------------------------------------------------------------------------------------

HUMID = "ligand_exchange/meoac-humid"  # three layers of 70 mg/mL, 1000 rpm, then 2000 rpm
POINT = "255 nm, 3 cycles, 70 mg/mL, 2000 rpm, 60 µL, 2.25 cm2 [profilometer, page 7]"


def layers_nm(plan: dict[str, Any]) -> list[str | None]:
    return [row["thickness_nm"] for row in plan["layers"]]


def test_without_a_measurement_no_thickness_is_predicted(peqdlab: Callable[..., Any]) -> None:
    plan = peqdlab("plan", HUMID, "--json").json
    assert (layers_nm(plan), plan["thickness"]["stack_nm"]) == ([None] * 3, None)
    assert plan["thickness"]["told"].startswith("70 to 100 nm a cycle (review 4.1), 3 cycles 210 to 300 nm: not predicted. Measure one and set it")
    typed = plan["thickness"]["told"].partition("peqdlab config ")[2].replace("NAME", "octane").replace('"', "")
    assert peqdlab("config", typed).code == 0
    assert layers_nm(peqdlab("plan", HUMID, "--json").json) == ["85.00"] * 3  # what it says to type is read
    blade = peqdlab("plan", "conductive_ink/sacp-blade", "--json").json["thickness"]["told"]
    assert blade.startswith("not predicted; what was measured is of another ink or speed")


@pytest.mark.parametrize(("point", "nm"), [
    (POINT, "85.00"), ("85 nm", "85.00"), ("170 nm, 2 cycles, 70 mg/mL", "85.00"),
    ("85 nm, 100 mg/mL, 2000 rpm", "59.50"),  # 85 x 70/100
    ("85 nm, 70 mg/mL, 1000 rpm", "60.10"),  # 85 x (1000/2000)^0.5
    ("85 nm, 50 mg/mL, 1500 rpm", "103.1"),  # 85 x 1.4 x 0.75^0.5
    ("85 nm, 140 mg/mL", "42.50"), ("85 nm, 141 mg/mL", None), ("85 nm, 35 mg/mL", "170.0"), ("85 nm, 34.9 mg/mL", None),
    ("85 nm, 4000 rpm", "120.2"), ("85 nm, 4001 rpm", None), ("85 nm, 999 rpm", None),
])  # fmt: skip
def test_a_measured_film_is_scaled_by_concentration_and_the_root_of_the_speed(point: str, nm: str | None, peqdlab: Callable[..., Any]) -> None:
    assert peqdlab("config", f"film.one={point}").code == 0
    assert layers_nm(peqdlab("plan", HUMID, "--json").json) == [nm] * 3


def test_of_several_measured_films_the_nearest_speaks(peqdlab: Callable[..., Any]) -> None:
    assert peqdlab("config", "film.thin=30 nm, 40 mg/mL", "film.near=90 nm, 75 mg/mL [page 9]", "film.fast=50 nm, 70 mg/mL, 3500 rpm").code == 0
    plan = peqdlab("plan", HUMID, "--json").json
    assert layers_nm(plan) == ["84.00"] * 3  # 90 x 70/75
    assert plan["thickness"]["stack_nm"] == "252.0"
    assert "252 nm in all, by film.near (90 nm in 1 cycle of 75 mg/mL; page 9)" in plan["thickness"]["told"]
    assert "section 1 of the review has 300 to 500 nm" in plan["thickness"]["told"]


@pytest.mark.parametrize(("nm", "layers", "remedy"), [
    (66, 3, "--set layers=4"), (67, 3, None), (100, 2, None), (100, 5, None), (101, 5, "--set layers=4"), (85, 6, "--set layers=5"),
    (300, 2, "--set layers=1"), (600, 1, "coat fewer layers"), (10, 3, "coat more layers"),
])  # fmt: skip
def test_a_stack_outside_200_to_500_nm_is_noted_with_the_layers_that_fit(nm: int, layers: int, remedy: str | None, peqdlab: Callable[..., Any]) -> None:
    assert peqdlab("config", f"film.one={nm} nm").code == 0
    typed = ("--set", f"layers={layers}")
    found = [row for row in peqdlab("plan", HUMID, *typed, "--json").json["findings"] if row["code"] == "F110"]
    assert [row["remedy"] for row in found] == ([] if remedy is None else [remedy])
    if remedy and remedy.startswith("--set"):
        assert film_codes(peqdlab("plan", HUMID, *remedy.split(), "--json").json) == []


def test_the_measured_film_is_frozen_with_the_plan_and_shown(peqdlab: Callable[..., Any], tmp_path: Path) -> None:
    assert peqdlab("config", f"film.octane={POINT}").code == 0
    assert peqdlab("config", "--json").json["instruments"]["film"]["octane"] == {
        "thickness": "255 nm", "concentration": "70 mg/mL", "speed": "2000 rpm", "volume": "60 µL", "area": "2.25 cm2", "cycles": 3,
        "source": "profilometer, page 7",
    }  # fmt: skip
    saved = str(tmp_path / "plan.json")
    made = peqdlab("plan", HUMID, "-o", saved, "--json").json
    assert "85.0 nm" in peqdlab("run-sheet", saved).out
    assert "film.octane" in peqdlab("config").out
    assert peqdlab("config", "--reset", "film.octane").code == 0
    again = peqdlab("plan", saved, "--json").json
    assert (again["digest"], layers_nm(again)) == (made["digest"], ["85.00"] * 3)
    assert layers_nm(peqdlab("plan", HUMID, "--json").json) == [None] * 3


def test_two_batches_tell_that_they_rest_on_different_measured_films(peqdlab: Callable[..., Any]) -> None:
    for nm in ("85", "90"):
        assert peqdlab("config", f"film.octane={nm} nm").code == 0
        assert peqdlab("log-batch", HUMID, "--room", "21C", "21%").code == 0
    rows = peqdlab("compare", "B0001", "B0002", "--json").json["differences"]
    assert [(row["first"].split(",")[0], row["second"].split(",")[0]) for row in rows if row["what"] == "film.octane"] == [
        ("thickness 85 nm", "thickness 90 nm")
    ]


@pytest.mark.parametrize(("typed", "code"), [
    ("film.one=3 cycles", "L102"), ("film.one=85 mg", "A120"), ("film.one=85 nm, 90 nm", "A120"), ("film.one=85 nm, 0 cycles", "Q102"),
    ("film.one.cycles=3", "A120"), ("film.one two=85 nm", "A120"), ("film=85 nm", "A120"), ("film.one=0 nm", "Q107"),
])  # fmt: skip
def test_a_film_that_cannot_be_read_is_doubted_and_nothing_changes(typed: str, code: str, peqdlab: Callable[..., Any]) -> None:
    ran = peqdlab("config", typed, "--json")
    assert (ran.code, [row["code"] for row in ran.json["findings"]]) == (2, [code])
    assert all(row["remedy"] for row in ran.json["findings"])
    assert peqdlab("config", "--json").json["exists"] is False


def test_one_part_of_a_measured_film_is_set_alone(peqdlab: Callable[..., Any]) -> None:
    assert peqdlab("config", "film.one=85 nm").code == 0
    assert peqdlab("config", "film.one.cycles=2", "film.one.thickness=170nm", "film.one.source=page 8").code == 0
    assert peqdlab("config", "--json").json["instruments"]["film"]["one"] == {"thickness": "170 nm", "cycles": 2, "source": "page 8"}


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
    assert re.search(r"crude.plqy  82\.0 %$", sheet, re.MULTILINE)
    assert re.search(r"^dots.pl_peak  687 nm \(was 686 nm\)", sheet, re.MULTILINE)
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


def exposures(plan: dict[str, Any]) -> list[tuple[str, int, dict[str, str]]]:
    return [(row["ink"], row["dips"], row["baths_s"]) for row in plan["layers"]]


def test_layer_k_of_n_meets_each_bath_that_comes_after_it_where_baths_and_inks_differ(peqdlab: Callable[..., Any]) -> None:
    graded = peqdlab("plan", "ligand_exchange/gla-graded", "soaking/2-pentanol", "--set", "t_dip=4s", "--json")
    soak = {"bath": "10"}
    assert exposures(graded.json) == [
        ("ink", 5, {"lead_bath": "8", "gla_bath": "8", **soak}), ("ink", 4, {"lead_bath": "4", "gla_bath": "8", **soak}),
        ("ink", 3, {"gla_bath": "8", **soak}), ("ink", 2, {"gla_bath": "4", **soak}),
    ]  # fmt: skip
    gradient = peqdlab("plan", "nanocomposite/pcbm-gradient", "--json").json
    assert exposures(gradient) == [(f"ink_{k}", 4 - k, {"bath": str(3 * (4 - k))}) for k in (1, 2, 3)]


@pytest.mark.parametrize("variant", ["pcbm-first-layer", "pcbm-gradient", "polymer-last-layer", "polymer-last-layer-ptp8", "y6-exchange", "stacked-junction"])
def test_films_exchanged_in_neat_ester_keep_its_window_of_humidity(variant: str) -> None:
    template = open_template(f"nanocomposite/{variant}", REAGENTS)
    at = [run.n for run in make_plan(template, REAGENTS).books.steps if run.step.text_of("name") == "exchange"]

    def codes(humidity: str) -> set[str]:
        rooms = {n: Room(None, Decimal(humidity)) for n in at}
        return {row.code for row in make_plan(template, REAGENTS, Inputs(rooms=rooms)).findings} & {"damp", "too-dry", "too-wet"}

    assert [codes(humidity) for humidity in ("0.029", "0.03", "0.19", "0.24", "0.30", "0.301")] == [
        {"damp", "too-dry"}, {"damp"}, set(), set(), {"damp"}, {"damp", "too-wet"},
    ]  # fmt: skip


def test_doped_spiro_is_coated_in_dry_air() -> None:
    template = open_template("device/nip", REAGENTS)
    (at,) = [run.n for run in make_plan(template, REAGENTS).books.steps if run.step.text_of("name") == "hole contact"]
    for humidity, codes in (("0.20", set()), ("0.201", {"dry-coat"})):
        found = make_plan(template, REAGENTS, Inputs(rooms={at: Room(None, Decimal(humidity))})).findings
        assert {row.code for row in found} & {"dry-coat", "dry-box"} == codes


def test_a_conductive_ink_says_that_no_bath_follows_its_coat(peqdlab: Callable[..., Any]) -> None:
    for variant in ("sacp-fapbi3", "sacp-blade"):
        (coat,) = [step for step in peqdlab("plan", f"conductive_ink/{variant}", "--json").json["steps"] if step["do"] == "coat"]
        assert coat["text"].endswith("the hole contact comes next: no MeOAc, no salt bath, no soak")


def test_every_paper_of_the_device_is_cited_by_its_authors() -> None:
    text = (ROOT / "protocols" / "device.toml").read_text(encoding="utf-8")
    assert "the paper of this DOI" not in text
    assert text.count(" et al., ") == 7
