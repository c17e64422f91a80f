"""Chains that fit: what feeds a need is the product, the liquid, the film and the shell that it asks for, and there is enough of it."""

from __future__ import annotations

import re
import shlex
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from peqdlab.catalog import open_template
from peqdlab.fitting import REACHED
from peqdlab.listing import shipped_list
from peqdlab.reagents import shipped_reagents

if TYPE_CHECKING:
    from collections.abc import Callable

CS, FA, OAMI = "hot_injection/binary-cspbi3", "hot_injection/binary-fapbi3", "hot_injection/ternary-oami-fapbi3"
WASH, MEOAC, LEAD, SOAK, CELL = "purification/meoac", "ligand_exchange/meoac-humid", "ligand_exchange/lead-acetate", "soaking/fai-etoac", "device/nip"
REVIEW = "Xu et al., J. Mater. Chem. A 2025, 13, 29688"


@pytest.fixture
def findings(peqdlab: Callable[..., Any]) -> Callable[[str], dict[str, dict[str, Any]]]:
    """Plan what is typed, and return its findings by code."""

    def plan(typed: str) -> dict[str, dict[str, Any]]:
        return {row["code"]: row for row in peqdlab("plan", *shlex.split(typed), "--json").json["findings"]}

    return plan


def said(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["severity"], row["message"], re.sub(r"one of \d+ more", "one of N more", row["remedy"])


# typed, the finding in full, and what its remedy makes of what was typed
REFUSED = [
    (
        f"{FA} purification/fapbi3 {MEOAC}", "N107", "error",
        "ink feeds ink of meoac-humid: it holds FAPbI3, where CsPbI3 is wanted",
        (
            "take ligand_exchange/fascn, ligand_exchange/fai-mai-ipa, ligand_exchange/lead-nitrate-fapbi3, ligand_exchange/dpa-dry-fapbi3 or "
            "ligand_exchange/gla-graded in the place of ligand_exchange/meoac-humid"
        ),
        f"{FA} purification/fapbi3 ligand_exchange/fascn",
    ),
    (
        f"composition/cation-mixing --use cs={FA}.dots --use fa={FA}.dots", "N107", "error",
        "dots feeds cs of cation-mixing: it holds FAPbI3, where CsPbI3 is wanted",
        (
            "take dots of CsPbI3, as of hot_injection/binary-cspbi3, hot_injection/binary-cspbi3-half, hot_injection/binary-cspbi3-small, "
            "hot_injection/binary-cspbi3-hi, hot_injection/binary-cspbi3-zni2 or one of N more"
        ),
        f"composition/cation-mixing --use cs={CS}.dots --use fa={FA}.dots",
    ),
    (
        f"hot_injection/binary-mixed-halide {MEOAC}", "N108", "warning",
        "dots feeds ink of meoac-humid: it holds CsPbI2.5Br0.5, where CsPbI3 is wanted",
        "try it on one substrate first, and log how it looks", None,
    ),
    (
        f"{FA} {LEAD}", "N108", "warning",  # nobody says for which dots: what no source says cannot refuse
        "dots feeds ink of lead-acetate: it holds FAPbI3, where CsPbI3 or CsPbI2Br is wanted",
        "try it on one substrate first, and log how it looks", None,
    ),
    (
        f"composition/cation-mixing ligand_exchange/lead-nitrate-fapbi3 --use cs={CS}.dots --use fa={FA}.dots", "N109", "note",
        "ink feeds ink of lead-nitrate-fapbi3: a blend, it holds CsPbI3 and FAPbI3, where FAPbI3 is wanted",
        "nothing, or watch the first layer", None,
    ),
    (
        f"{CS} {MEOAC} --use ink=crude", "N110", "error",
        "crude is in ODE and holds 7.7 mmol OA per mmol Pb; meoac-humid takes ink in octane, hexane, toluene or chloroform",
        (
            "wash it first: put purification/meoac, purification/one-cycle, purification/size-selected or one of N more in front of "
            "ligand_exchange/meoac-humid, without --use ink=crude"
        ),
        f"{CS} {WASH} {MEOAC}",
    ),
    (
        f"hot_injection/binary-cspbi3-small purification/three-volumes {MEOAC}", "N110", "error",
        "ink is in MeOAc and holds 0.15 mmol OA per mmol Pb; meoac-humid takes ink in octane, hexane, toluene or chloroform",
        "leave less of MeOAc with the pellet: --set residue=300µL; wanted is octane",
        f"hot_injection/binary-cspbi3-small purification/three-volumes {MEOAC} --set residue=300µL",
    ),
    (
        f"{CS} {MEOAC}", "N111", "note", "dots is in toluene, meoac-humid says octane for its ink", "nothing, or take it up in octane",
        f"hot_injection/binary-cspbi3-c18 {MEOAC}",  # which is taken up in octane
    ),
    (
        f"{CS} {CELL} --use film=dots", "N112", "error", "dots feeds film of nip, which goes on with a film: dots is in 50 mL tubes",
        (
            "put ligand_exchange/meoac-humid, ligand_exchange/fai-etoac, ligand_exchange/gai or one of N more in front of device/nip, "
            "without --use film=dots"
        ),
        f"{CS} {MEOAC} {CELL}",
    ),
    (
        f"{CS} {LEAD} {MEOAC} --use ink=film", "N112", "error",
        "film feeds ink of meoac-humid, which takes a colloid: film lies on the substrates", "--use ink=dots", None,
    ),
    (
        f"{OAMI} ligand_exchange/lead-nitrate-fapbi3", "N113", "warning",
        "lead-nitrate-fapbi3 alone is not enough for OAm+, of which the shell of ternary-oami-fapbi3 mostly is: it takes off OA-",
        (
            "put soaking/gascn-fapbi3 or soaking/fascn behind ligand_exchange/lead-nitrate-fapbi3, or take ligand_exchange/fascn, "
            "ligand_exchange/fai-mai-ipa or one of N more in the place of ligand_exchange/lead-nitrate-fapbi3"
        ),
        f"{OAMI} ligand_exchange/lead-nitrate-fapbi3 soaking/fascn",
    ),
    (
        f"{CS} {MEOAC}", "N114", "note", "OAm+ of the shell of binary-cspbi3 stays: meoac-humid takes off OA-",
        (
            "put soaking/fai-etoac, soaking/fabr-etoac or one of N more behind ligand_exchange/meoac-humid, or take "
            "ligand_exchange/fai-etoac, ligand_exchange/gai or one of N more in the place of ligand_exchange/meoac-humid; or nothing"
        ),
        f"{CS} {MEOAC} soaking/fabr-etoac",
    ),
    (
        f"{FA} conductive_ink/sacp-fapbi3 ligand_exchange/lead-nitrate-fapbi3 --use ink=conductive", "N115", "warning",
        "lead-nitrate-fapbi3 is to exchange ligands of sacp-fapbi3, whose ink has had its exchange: its shell is TPP",
        "leave ligand_exchange/lead-nitrate-fapbi3 out",
        f"{FA} conductive_ink/sacp-fapbi3",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "code", "severity", "message", "remedy", "mended"), REFUSED)
def test_what_does_not_fit_is_said_with_a_remedy_that_removes_it(
    typed: str, code: str, severity: str, message: str, remedy: str, mended: str | None, findings: Callable[..., Any]
) -> None:
    assert said(findings(typed)[code]) == (severity, message, remedy)
    assert mended is None or code not in findings(mended)


def test_a_refusal_exits_with_1_and_says_what_it_was_shown_for(peqdlab: Callable[..., Any], findings: Callable[..., Any]) -> None:
    typed = f"{FA} purification/fapbi3 {MEOAC}"
    assert peqdlab("plan", *typed.split()).code == 1
    row = findings(typed)["N107"]
    assert (row["limit"], row["source"], row["scope"]) == ("CsPbI3", REVIEW, "shown for CsPbI3")
    assert row["where"]["file"].endswith("ligand_exchange.toml")


@pytest.mark.parametrize("variant", [row["protocol"] for family in shipped_list() if family.name == "ligand_exchange" for row in family.rows])
def test_every_variant_that_a_refusal_names_fits(variant: str, findings: Callable[..., Any]) -> None:
    wanted = open_template(variant).needs["ink"].product
    found = findings(f"{FA} purification/fapbi3 {variant}")
    assert ("N107" in found) is (wanted == "CsPbI3" and variant != LEAD)


def test_a_film_of_any_dots_takes_its_contacts(findings: Callable[..., Any]) -> None:
    found = findings(f"{FA} ligand_exchange/fascn {CELL}")
    assert not {"N105", "N107", "N108", "N109"} & set(found)


def test_dots_side_by_side_are_the_product_of_their_ions(findings: Callable[..., Any]) -> None:
    mixed = f"composition/halide-mixing {LEAD} --use iodide={CS}.dots --use bromide=hot_injection/binary-cspbbr3.dots"
    assert not {"N107", "N108", "N109"} & set(findings(mixed))  # CsPbI2Br, which lead-acetate lists


def test_a_halide_is_warned_of_once_for_all_needs_that_miss_it_alike(peqdlab: Callable[..., Any]) -> None:
    plan = peqdlab("plan", "hot_injection/binary-mixed-halide", WASH, MEOAC, SOAK, CELL, "--set", "residue=0.1mL", "--json").json
    assert [row["message"] for row in plan["findings"] if row["code"] == "N108"] == [
        "crude feeds crude of meoac: it holds CsPbI2.5Br0.5, where CsPbI3 is wanted"
    ]


def test_a_batch_of_other_dots_is_refused_too(peqdlab: Callable[..., Any], findings: Callable[..., Any]) -> None:
    assert peqdlab("log-batch", FA).code == 0
    found = findings(f"{MEOAC} --use ink=B0001.dots")
    assert found["N107"]["message"] == "ink feeds ink of meoac-humid: it holds FAPbI3, where CsPbI3 is wanted"


def test_a_soak_before_any_exchange_is_refused_with_what_goes_between(peqdlab: Callable[..., Any]) -> None:
    ran = peqdlab("plan", CS, SOAK)
    assert (ran.code, "put ligand_exchange/meoac-humid" in " ".join(ran.err.split())) == (2, True)
    assert peqdlab("plan", CS, MEOAC, SOAK).code == 0


# shells ------------------------------------------------------------------------------------------------------------------------


def test_the_standard_film_of_the_binary_route_has_no_warning(peqdlab: Callable[..., Any]) -> None:
    plan = peqdlab("plan", CS, WASH, MEOAC, SOAK, CELL, "--substrates", "6", "--json").json
    assert {row["code"] for row in plan["findings"]} == {"U001", "S112", "N102", "N111"}
    assert {row["severity"] for row in plan["findings"]} == {"note"}


@pytest.mark.parametrize(("variant", "rules"), [
    ("binary-cspbi3", ("OA-", "OAm+")), ("binary-fapbi3", ("OA-", "OAm+")), ("ternary-oami-cspbi3", ("OAm+",)), ("ternary-oami-fapbi3", ("OAm+",)),
    ("ternary-tbui-cspbi3", ("OAm+",)), ("ternary-tmsi-cspbi3", ("OAm+",)), ("ternary-benzoyl-mapbi3", ("OAm+",)),
    ("ternary-benzoyl-cspbbr3", ("TDPA-",)), ("binary-cspbi3-c8-c18", ("OA-", "OAm+", "octanoate-", "octylammonium+")),
])  # fmt: skip
def test_a_synthesis_says_what_rules_its_shell(variant: str, rules: tuple[str, ...]) -> None:
    assert open_template(f"hot_injection/{variant}").leaves == rules


@pytest.mark.parametrize("synthesis", ["ternary-oami-cspbi3", "ternary-tbui-cspbi3", "ternary-benzoyl-cspbi3"])
def test_methyl_acetate_alone_is_not_enough_for_oleylammonium_and_a_soak_behind_it_is(synthesis: str, findings: Callable[..., Any]) -> None:
    chain = f"hot_injection/{synthesis} {MEOAC}"
    found = findings(chain)["N113"]
    assert found["message"].startswith("meoac-humid alone is not enough for OAm+")
    assert found["source"] == f"{REVIEW}, doi:10.1039/d5ta03996g (4.1)"
    assert "N113" not in findings(f"{chain} {SOAK}")
    assert "N113" in findings(f"{chain} soaking/csi-etoac")  # Cs salts hardly dissolve
    assert "N113" in findings(f"{chain} soaking/etoac")


def test_short_ligands_are_reached_with_the_long_ones_of_their_kind(findings: Callable[..., Any]) -> None:
    found = findings(f"hot_injection/binary-cspbi3-c8-c18 {MEOAC}")
    assert found["N114"]["message"] == "OAm+ and octylammonium+ of the shell of binary-cspbi3-c8-c18 stays: meoac-humid takes off OA-"


def test_each_of_two_colloids_is_judged_by_its_own_shell(findings: Callable[..., Any]) -> None:
    found = findings(f"nanocomposite/stacked-junction --use cs={CS}.dots --use fa={OAMI}.dots --set c_FA=20mg/mL")
    assert found["N113"]["message"].startswith("stacked-junction alone is not enough for OAm+, of which the shell of ternary-oami-fapbi3")
    assert found["N114"]["message"].startswith("OAm+ of the shell of binary-cspbi3")


def test_what_shipped_protocols_reach_is_kept_with_a_plan() -> None:
    assert {name for family in shipped_list() for row in family.rows for name in row["reaches"]} == set(REACHED)
    assert all(shipped_reagents().formula(name) for name in REACHED)


# air ---------------------------------------------------------------------------------------------------------------------------

DRY_SOAK = """format = 1
[sources]
own = { cite = "our notebook", evidence = "own" }
[dry]
title = "A soak in dry air"
source = "own"
reaches = ["OAm+"]
needs.film = { is = "a stack", product = "CsPbI3" }
[dry.make.bath]
vessel = "50 mL dish"
steps = [ { add = { EtOAc = "20 mL", FAI = "10 mg" } } ]
[dry.make.soaked]
vessel = "substrates"
steps = [ { start = "film" }, { dip = "bath", for = "10 s", name = "soak", ask = ["room T", "room RH"] }, { dry = "air" } ]
[dry.check]
dry = { at = "soak", want = "room.RH < 10 %", else = "warning", fix = "room.RH", why = "as we do it [own]" }
"""


def test_exchanges_of_one_film_that_no_one_air_fits_are_warned_of(tmp_path: Any, findings: Callable[..., Any]) -> None:
    path = tmp_path / "dry.toml"
    path.write_text(DRY_SOAK, encoding="utf-8")
    row = findings(f"{CS} {MEOAC} {path}/dry")["N118"]
    assert said(row) == (
        "warning",
        "meoac-humid wants 19 % <= room.RH <= 24 %, room.RH >= 3 %, room.RH <= 30 %, dry behind it room.RH < 10 %: no one room has both",
        "bring the room from one to the other between them and log both, or leave dry/dry out",
    )
    path.write_text(DRY_SOAK.replace("< 10 %", "< 20 %"), encoding="utf-8")
    assert "N118" not in findings(f"{CS} {MEOAC} {path}/dry")
    assert "N118" not in findings(f"{CS} ligand_exchange/dpa-dry {path}/dry")


def test_a_change_of_air_is_said_before_starting(peqdlab: Callable[..., Any]) -> None:
    out = " ".join(peqdlab("plan", CS, WASH, MEOAC, SOAK, CELL).out.split())
    assert "change of air step 12: RH <= 30 %; steps 20, 23 and 26: 19 % <= RH <= 24 %" in out
    assert "change of air" not in peqdlab("plan", CS).out


# size --------------------------------------------------------------------------------------------------------------------------


def test_substrates_are_planned_backwards_to_the_smallest_size_that_is_enough(peqdlab: Callable[..., Any], findings: Callable[..., Any]) -> None:
    chain = f"{CS} {WASH} {MEOAC} {CELL} --substrates 60"
    plan = peqdlab("plan", *chain.split(), "--json").json
    # 60 substrates x 3 layers x 60 µL = 10.8 mL of an ink of which 7.807 mL is made: 1.3834, rounded up
    assert (plan["scale"], plan["scaled_for"], plan["portions"]) == ("139/100", "60", {"spiro": "2"})
    found = findings(chain)
    assert said(found["N116"]) == (
        "note",
        "scale 1.39 chosen for 60 substrates: 10.80 mL of ink is coated, 10.85 mL is made; at the published size it would be too little",
        "nothing, or say the size yourself: --scale 1.39",
    )
    assert said(found["N117"])[:2] == ("note", "spiro is made 2 times over, each in a vessel of its own: one portion is too little for 60 substrates")
    assert "S221" in found
    assert not {"N106", "B201", "B205"} & set(found)
    stated = findings(f"{chain} --scale 1.39")
    assert {"N116", "N106"} & set(stated) == set()
    assert "N106" in findings(f"{chain} --scale 1.38")


def test_a_size_that_was_given_is_not_changed(findings: Callable[..., Any]) -> None:
    found = findings(f"{CS} {WASH} {MEOAC} --substrates 60 --scale 1")
    assert said(found["N106"]) == ("error", "10.80 mL of ink is to be coated on 60 substrates, 7.807 mL is made", "--substrates 43, or --scale 1.39")
    assert "N106" in findings(f"{CS} {WASH} {MEOAC} --substrates 60 --target 300mg")


@pytest.mark.parametrize("chain", [f"{CS} {WASH} {MEOAC}", f"{FA} ligand_exchange/fascn", f"hot_injection/binary-cspbi3-half {MEOAC} {CELL}"])
def test_the_size_that_would_just_do_does(chain: str, peqdlab: Callable[..., Any], findings: Callable[..., Any]) -> None:
    typed = f"{chain} --substrates 5"
    ink = next(row for row in peqdlab("plan", *typed.split(), "--json").json["inks"] if "scale_enough" in row)
    assert not {"N106", "B201"} & set(findings(f"{typed} --scale {ink['scale_enough']}"))
    less = Decimal(ink["scale_enough"]) * Decimal("0.99")
    assert "N106" in findings(f"{typed} --scale {less}")


def test_the_scale_of_a_chain_is_that_of_the_colloid(peqdlab: Callable[..., Any]) -> None:
    chain = (CS, WASH, "ligand_exchange/fai-etoac", SOAK, CELL)
    one, two = (peqdlab("plan", *chain, "--scale", scale, "--json").json for scale in ("1", "2"))
    factors = {row["code"]: (row["preparation"], row["factor"]) for row in two["scale_report"]}
    by_factor = {factor: {name for name, other in factors.values() if other == factor} for factor in ("1.000", "2.000")}
    assert by_factor == {
        "2.000": {"cs_oleate", "crude", "washed", "ink"},
        "1.000": {"bath", "film", "bath_2", "soaked", "ti_bath", "etl", "li_stock", "spiro", "cell"},
    }
    baths = [[row["as_dispensed"] for row in plan["materials"] if row["preparation"] in ("bath", "ti_bath", "spiro")] for plan in (one, two)]
    assert baths[0] == baths[1]


@pytest.mark.parametrize("typed", [
    f"{CS} {WASH} {MEOAC} {CELL} --substrates 60", f"{FA} purification/fapbi3 conductive_ink/sacp-fapbi3 {CELL} --substrates 8",
    f"{OAMI} ligand_exchange/lead-nitrate-fapbi3", f"{CS} ligand_exchange/fai-etoac {SOAK} --set soaking/fai-etoac.c_salt=3mM",
])  # fmt: skip
def test_what_was_chosen_is_saved_and_planned_again_to_the_same_digest(typed: str, peqdlab: Callable[..., Any], tmp_path: Any) -> None:
    for ending in ("json", "toml"):
        file = str(tmp_path / f"plan.{ending}")
        made = peqdlab("plan", *typed.split(), "-o", file, "--json")
        assert made.code == 0, made.err
        assert peqdlab("plan", file, "--json").json["digest"] == made.json["digest"]


def test_scales_multiply_in_a_saved_chain_and_other_substrates_choose_anew(peqdlab: Callable[..., Any], tmp_path: Any) -> None:
    file = str(tmp_path / "plan.json")
    assert peqdlab("plan", CS, WASH, MEOAC, CELL, "--substrates", "60", "-o", file).code == 0
    assert peqdlab("plan", file, "--scale", "2", "--json").json["scale"] == "139/50"
    fewer = peqdlab("plan", file, "--substrates", "6", "--json").json
    assert (fewer["scale"], "portions" in fewer, "scaled_for" in fewer) == ("1", False, False)
    assert peqdlab("plan", CS, WASH, MEOAC, "--scale", "3", "-o", str(tmp_path / "b.json")).code == 0
    again, once = peqdlab("plan", str(tmp_path / "b.json"), "--scale", "1/2", "--json").json, peqdlab("plan", CS, WASH, MEOAC, "--scale", "3/2", "--json").json
    assert again["digest"] == once["digest"]


# names -------------------------------------------------------------------------------------------------------------------------


def test_variants_of_one_name_from_two_files_are_kept_apart(peqdlab: Callable[..., Any], findings: Callable[..., Any]) -> None:
    chain = f"{CS} ligand_exchange/fai-etoac {SOAK}"
    plan = peqdlab("plan", *chain.split(), "--set", "soaking/fai-etoac.c_salt=2.9mM", "--json").json
    fai = [(row["preparation"], row["amount_mmol"]) for row in plan["materials"] if row["id"] == "FAI"]
    assert fai == [("bath", "0.1160"), ("bath_2", "0.05800")]
    bound = findings(f"{chain} --set soaking/fai-etoac.c_salt=6mM")["bound"]
    assert (bound["where"]["file"], bound["remedy"]) == ("soaking.toml", "--set soaking/fai-etoac.c_salt=0.005815mol/L")
    contact = findings(f"{chain} --set t_dip=4s")["contact"]
    assert "contact" not in findings(f"{chain} --set t_dip=4s {contact['remedy']}")


def test_a_place_is_in_the_file_of_its_own_variant(findings: Callable[..., Any]) -> None:
    row = findings(f"hot_injection/binary-mixed-halide ligand_exchange/fai-etoac {SOAK}")["N108"]
    assert row["where"]["file"].endswith("ligand_exchange.toml")
