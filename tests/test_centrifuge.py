"""Spinning: rpm and times g are two sides of one thing in the lab's rotor, and the rotor's limits are kept."""

from __future__ import annotations

import math

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peqdlab.centrifuge import G_PER_CM_RPM2, rcf_of, speed_of
from peqdlab.units import parse_quantity

SPIN = '{ spin = "8800 rpm", for = "10 min [zeng2018-r]"'
decimals = st.decimals("0.1", "99999", places=2)


def test_the_constant_is_omega_squared_over_g_by_pint() -> None:
    units = pint.UnitRegistry()
    acceleration = (1 * units.rpm).to("rad/s") ** 2 * (1 * units.cm) / units.Quantity(1, "g_0")
    assert float(G_PER_CM_RPM2) == pytest.approx(acceleration.to("rad**2").magnitude, rel=1e-12)
    assert float(G_PER_CM_RPM2) == pytest.approx(1.118e-5, rel=3e-4)  # as centrifuge manuals print it


@given(decimals, decimals)
def test_a_speed_and_its_force_are_each_others_inverse(speed, radius) -> None:
    assert math.isclose(speed_of(rcf_of(speed, radius), radius), speed, rel_tol=1e-30)


@pytest.mark.parametrize("typed", ["6000 x g", "6000 xg", "6000 × g", "6000×g", "6000 rcf", "6e3 RCF"])
def test_a_force_may_be_written_in_every_usual_way(typed: str) -> None:
    assert parse_quantity(typed) == parse_quantity("6000 xg")


def spins(peqdlab, path: str, *more: str) -> list[dict]:
    return [step for step in peqdlab("plan", path, "--json", *more).json["steps"] if step["do"] == "spin"]


def test_a_speed_is_told_with_its_force_in_the_labs_rotor(peqdlab) -> None:
    first = spins(peqdlab, "hot_injection/binary-cspbi3")[0]
    # 1.11824e-5 x 9 cm x 8800 rpm squared
    assert (first["rcf_g"], first["speed_rpm"]) == ("7794", "8800")
    assert first["text"].startswith("spin at 8800 rpm (7790 × g at 9 cm) for 10 min?, ")
    assert peqdlab("config", "rotor.radius=12 cm").code == 0
    assert spins(peqdlab, "hot_injection/binary-cspbi3")[0]["rcf_g"] == "10390"  # a third more


def test_a_force_is_told_with_the_speed_that_gives_it(edited, peqdlab) -> None:
    path = edited((SPIN, SPIN.replace("8800 rpm", "6000 x g")))
    first = spins(peqdlab, path)[0]
    assert (first["rcf_g"], first["speed_rpm"]) == ("6000", "7721")
    assert first["text"].startswith("spin at 6000 x g (7720 rpm at 9 cm) for 10 min?, ")


def test_a_force_without_its_x_is_a_mass_and_the_remedy_says_how_to_write_it(edited, peqdlab) -> None:
    path = edited((SPIN, SPIN.replace("8800 rpm", "6000 g")))
    (found,) = peqdlab("check", path, "--json").json["findings"]
    assert (found["code"], found["remedy"]) == ("Q106", "write a rotation speed, as in 8000 rpm; for times g 6000 x g")


LIMITS = {
    "I103": ("rotor.max_speed=8000rpm", "rotor.max_speed=8800rpm"),
    "I104": ("rotor.tube=15mL", "rotor.tube=50mL"),
    "I105": ("rotor.places=2", "rotor.places=4"),
}


@pytest.mark.parametrize("code", LIMITS)
def test_what_the_labs_own_rotor_cannot_do_is_an_error_and_its_remedy_removes_it(code: str, peqdlab) -> None:
    setting, remedy = LIMITS[code]
    assert peqdlab("config", setting).code == 0
    ran = peqdlab("plan", "hot_injection/binary-cspbi3", "--json")
    found = [finding for finding in ran.json["findings"] if finding["code"] == code]
    assert (ran.code, {finding["severity"] for finding in found}) == (1, {"error"})
    assert found[0]["remedy"].endswith(f"peqdlab config {remedy}")
    assert peqdlab("config", remedy).code == 0
    assert peqdlab("plan", "hot_injection/binary-cspbi3", "--json").code == 0


def test_the_scale_that_a_full_rotor_asks_for_fills_it_and_no_more(peqdlab) -> None:
    ran = peqdlab("plan", "hot_injection/binary-cspbi3", "--scale", "2", "--json").json
    (found,) = [finding for finding in ran["findings"] if finding["code"] == "I105"]
    assert (found["severity"], found["remedy"].split(" fills")[0]) == ("warning", "--scale 1.87")
    again = peqdlab("plan", "hot_injection/binary-cspbi3", "--scale", "1.87", "--json").json
    assert [finding["code"] for finding in again["findings"] if finding["code"] == "I105"] == []
    assert [row["count"] for row in again["equipment"] if row["for"] == "dots" and row["kind"] == "vessel"] == [6]
