"""The checks of a template: judged at their step, and every remedy that is solved for works when typed and is close to the bound."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from peqdlab.books import Inputs, Room
from peqdlab.catalog import open_template
from peqdlab.findings import Finding
from peqdlab.plan import make_plan
from peqdlab.reagents import shipped_reagents
from peqdlab.units import parse_quantity

SHIPPED = Path(__file__).parents[1] / "protocols" / "hot_injection.toml"
INJECTION = '{ inject = { cs_oleate = "8 mL" }, how = "fast" }'


def findings(path: str, inputs: Inputs | None = None) -> dict[str, Finding]:
    reagents = shipped_reagents()
    return {finding.code: finding for finding in make_plan(open_template(path, reagents), reagents, inputs).findings}


def line_of(text: str) -> int:
    return next(n for n, line in enumerate(SHIPPED.read_text(encoding="utf-8").split("\n"), 1) if text in line)


def injecting(*amounts: str) -> tuple[str, str]:
    return INJECTION, ",\n  ".join(f'{{ inject = {{ cs_oleate = "{amount}" }} }}' for amount in amounts)


def amounts_in(remedy: str) -> list[str]:
    return re.findall(r"[\d.]+ [mµ]?[LgC°%]+", remedy)


def nearer(amount: str, old: str) -> str:
    """Return an amount 0.5 % further towards the old one."""
    now, before = parse_quantity(amount).value, parse_quantity(old).value
    return f"{now * (Decimal('1.005') if before > now else Decimal('0.995')):f} {amount.split()[1]}"


def test_a_protocol_too_long_to_solve_for_says_so(edited, monkeypatch) -> None:
    monkeypatch.setattr("peqdlab.checks._MOST_STEPS", 16 * 5)
    finding = findings(edited(injecting("0.5 mL")))["lead"]
    assert finding.remedy == "try other values of cs_oleate until 3 <= Pb/Cs <= 5 holds: the protocol is too long to solve for it"


# remedies ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "severity", "amount", "found", "remedy"),
    [
        # 2.169 mmol Pb; 0.05902 mol/L Cs: Pb/Cs is 36.75/V
        ("lead", "note", "5 mL", "Pb/Cs is 7.350 at step 9 (inject), wanted 3 <= Pb/Cs <= 5", "cs_oleate at least 7.351 mL"),
        ("lead", "note", "20 mL", "Pb/Cs is 1.838 at step 9 (inject), wanted 3 <= Pb/Cs <= 5", "cs_oleate at most 12.25 mL"),
        ("cs-limits", "error", "30 mL", "Pb/Cs is 1.225 at step 9 (inject), wanted Pb/Cs >= 1.5", "cs_oleate at most 24.5 mL"),
        ("lead", "note", "0.5 mL", "Pb/Cs is 73.50 at step 9 (inject), wanted 3 <= Pb/Cs <= 5", "cs_oleate at least 7.351 mL"),
    ],
)
def test_the_remedy_of_a_ratio_works_and_is_near_its_bound(code, severity, amount, found, remedy, edited) -> None:
    finding = findings(edited(injecting(amount)))[code]
    assert (finding.severity, finding.remedy) == (severity, remedy)
    assert finding.message.startswith(found)
    (better,) = amounts_in(remedy)
    assert code not in findings(edited(injecting(better)))
    assert code in findings(edited(injecting(nearer(better, amount))))


@pytest.mark.parametrize("amounts", [("3 mL", "1 mL"), ("15 mL", "6 mL")])
def test_the_remedy_of_two_draws_names_both(amounts: tuple[str, str], edited) -> None:
    remedy = findings(edited(injecting(*amounts)))["lead"].remedy
    better = amounts_in(remedy)
    assert remedy.count("+") == 1
    assert "lead" not in findings(edited(injecting(*better)))
    assert "lead" in findings(edited(injecting(*(nearer(new, old) for new, old in zip(better, amounts, strict=True)))))


def test_a_finding_of_a_check_names_limit_source_scope_and_the_place_to_change(edited) -> None:
    finding = findings(edited(injecting("20 mL")))["lead"]
    assert (finding.limit, finding.scope) == ("Pb/Cs >= 3", "binary CsPbI3")
    assert finding.source == (
        "Xu et al., J. Mater. Chem. A 2025, 13, 29688, doi:10.1039/d5ta03996g; "
        "K. Chen et al., Adv. Funct. Mater. 2019, 1900991, doi:10.1002/adfm.201900991"
    )
    assert (finding.where.line, finding.where.key) == (
        line_of("inject = { cs_oleate"),
        "binary-cspbi3.make.crude.steps[5].inject.cs_oleate",
    )


@pytest.mark.parametrize("window", ["3.9 <= Pb/Cs <= 4.1", "4.00 <= Pb/Cs <= 4.01", "6 <= Pb/Cs <= 6.1"])
def test_a_window_narrower_than_a_step_of_the_search_is_found(window: str, edited) -> None:
    narrow = ("3 <= Pb/Cs <= 5", window)
    remedy = findings(edited(narrow))["lead"].remedy
    assert "lead" not in findings(edited(narrow, injecting(*amounts_in(remedy))))


def test_what_one_material_cannot_mend_is_said(edited) -> None:
    remedy = findings(edited(("3 <= Pb/Cs <= 5", "OAm/Pb >= 100")))["lead"].remedy
    assert remedy == "no amount of cs_oleate alone makes OAm/Pb >= 100 hold: check the other materials"


def test_a_reagent_weighed_in_may_be_solved_for(edited) -> None:
    other = ('fix = "cs_oleate", why = "about 3', 'fix = "PbI2", why = "about 3')
    finding = findings(edited(other, ('PbI2 = "1 g"', 'PbI2 = "2 g"')))["lead"]
    # 5 x 0.47218 mmol x 461.009 g/mol = 1.0884 g
    assert finding.remedy == "PbI2 at most 1.088 g"
    assert "lead" not in findings(edited(other, ('PbI2 = "1 g"', 'PbI2 = "1.088 g"')))


def test_a_parameter_may_be_solved_for_and_set_as_printed(edited, peqdlab) -> None:
    dose = (
        ("[binary-cspbi3.set] ", '[binary-cspbi3.set]\ndose = { is = "20 mL" }\n#'),
        ('inject = { cs_oleate = "8 mL" }', 'inject = { cs_oleate = "= dose" }'),
        ('fix = "cs_oleate", why = "about 3', 'fix = "dose", why = "about 3'),
    )
    path = edited(*dose)
    remedy = findings(path)["lead"].remedy
    assert remedy == "--set dose=12.25mL"
    assert "lead" not in [finding["code"] for finding in peqdlab("plan", path, *remedy.split(), "--json").json["findings"]]
    again = peqdlab("plan", path, "--set", "dose=12.31mL", "--json").json
    assert "lead" in [finding["code"] for finding in again["findings"]]


def test_a_temperature_out_of_range_has_a_remedy_that_works(edited, peqdlab) -> None:
    too_hot = peqdlab("plan", "hot_injection/binary-cspbi3", "--set", "T_inject=210C", "--json")
    (finding,) = [finding for finding in too_hot.json["findings"] if finding["code"] == "L113"]
    assert (too_hot.code, finding["severity"], finding["where"]["key"]) == (1, "error", "--set T_inject")
    assert finding["message"] == "T_inject is 210 °C, at most 200 °C is within its range"
    assert finding["remedy"] == "set T_inject to at most 200 °C"
    assert peqdlab("plan", "hot_injection/binary-cspbi3", "--set", "T_inject=200 °C", "--json").code == 0
    in_file = findings(edited(('T_inject = { is = "180 °C', 'T_inject = { is = "130 °C')))["L113"]
    assert (in_file.remedy, in_file.where.line) == ("set T_inject to at least 140 °C", line_of("T_inject = {"))


# where and when a check is judged ----------------------------------------------------------------------------------------------


def test_a_check_of_the_room_is_judged_where_the_room_was_recorded(edited) -> None:
    path = edited()
    assert "damp-wash" not in findings(path)
    assert "damp-wash" not in findings(path, Inputs(rooms={12: Room(None, Decimal("0.30"))}))
    finding = findings(path, Inputs(rooms={12: Room(Decimal(21), Decimal("0.345"))}))["damp-wash"]
    assert finding.message.startswith("room.RH is 34.5 % at step 12 (wash 1), wanted room.RH <= 30 %: yellow delta phase")
    assert (finding.severity, finding.where.key, finding.limit) == ("note", "room.RH at step 12", "room.RH <= 30 %")


def test_a_check_is_judged_before_the_reaction_of_its_step(edited) -> None:
    # when all has arrived there is no product yet; at the end there is
    before = findings(edited(("Pb/Cs >= 1.5", "mass.product >= 1 g")))["cs-limits"]
    assert before.message.startswith("mass.product is 0 ")
    after = findings(edited(("Pb/Cs >= 1.5", "mass.product >= 1 g"), ('cs-limits = { at = "inject"', 'cs-limits = { at = "end"')))[
        "cs-limits"
    ]
    assert after.message.startswith("mass.product is 0.3404 g at step 16, wanted mass.product >= 1 g")


def test_a_check_by_verb_is_judged_at_the_last_such_step(edited) -> None:
    found = findings(edited(injecting("4 mL", "16 mL")))["lead"]
    assert "at step 10 (inject)" in found.message


def test_a_ratio_without_its_divisor_is_a_doubt_at_the_condition(edited) -> None:
    path = edited(("3 <= Pb/Cs <= 5", "Pb/Zn <= 5"))
    finding = findings(path)["X104"]
    assert finding.where.key == "binary-cspbi3.check.lead.want"


# evidence ----------------------------------------------------------------------------------------------------------------------


def test_values_that_nobody_looked_up_are_counted_in_one_note(edited) -> None:
    few = findings(edited())["U001"]
    more = findings(edited(('OAm = "5 mL"', 'OAm = "5 mL [unverified]"')))["U001"]
    counted = [int(re.match(r"(\d+) values? (?:is|are) unverified", finding.message)[1]) for finding in (few, more)]
    assert counted[1] - counted[0] == 1
    assert few.severity == "note"


def test_a_template_with_every_value_looked_up_has_no_such_note(tmp_path) -> None:
    text = SHIPPED.read_text(encoding="utf-8").partition("\n[binary-cspbbr3]")[0]
    (tmp_path / "known.toml").write_text(text.replace("[unverified]", "[zeng2018]").replace("[zeng2018-r]", "[zeng2018]"), encoding="utf-8")
    assert "U001" not in findings(str(tmp_path / "known.toml"))


def test_a_check_may_ask_how_much_is_left_of_another_preparation(peqdlab, edited) -> None:
    row = 'left = {{ at = "inject", want = "volume.cs_oleate >= {} mL", else = "warning", fix = "cs_oleate", why = "for the next batch [computed]" }}'
    for least, codes in (("69.9", []), ("70.1", ["left"])):
        path = edited(("[binary-cspbi3.check] ", f"[binary-cspbi3.check]\n{row.format(least)}\n#"))
        findings = peqdlab("plan", path, "--json").json["findings"]
        assert [found["code"] for found in findings if found["code"] == "left"] == codes  # 78 mL made, 8 mL drawn
