"""The lab's config file: over the defaults, every doubt at its line, and a change that leaves all else as it was."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from peqdlab.config import change_of, check_instruments, names_of, path_named, read_instruments, with_value, without
from peqdlab.findings import Doubt
from peqdlab.instruments import DEFAULT, PARTS
from peqdlab.source import parse_source
from peqdlab.units import parse_quantity

MINE = """# our lab, room 2.14
[balance.analytical]  # in the glove box
step = "1 mg"         # three digits
[rotor]
radius = "8.4 cm"
"""


def read(text: str):
    return read_instruments(parse_source(text, "config.toml"))


def row(instruments, key: str):
    return next(found for found in instruments.measuring if found.key == key)


def test_what_is_not_set_is_the_default() -> None:
    assert read("") == (DEFAULT, ())
    mine, findings = read(MINE)
    assert findings == ()
    assert row(mine, "balance.analytical").step == parse_quantity("1 mg")
    assert row(mine, "balance.analytical").own == ("step",)
    assert row(mine, "balance.analytical").tolerance == parse_quantity("0.2 mg")
    assert (str(mine.rotor.radius_cm), mine.rotor.own, mine.rotor.places) == ("8.4", ("radius",), 6)
    assert mine.measuring[1:] == DEFAULT.measuring[1:]


def test_an_instrument_of_the_labs_own_is_chosen_like_any_other() -> None:
    mine, findings = read('[syringe.glass]\nfrom = "0.1 mL"\nto = "2 mL"\nstep = "0.02 mL"\ntolerance = "1 %"\nsource = "certificate 17"\n')
    assert findings == ()
    assert (row(mine, "syringe.glass").evidence, row(mine, "syringe.glass").source) == ("own", "certificate 17")


BROKEN = {
    '[balance.analytical]\nstep = "1 mL"': ("Q106", 2, "balance.analytical.step"),
    "[balance.analytical]\nstep = 1": ("Q105", 2, "balance.analytical.step"),
    '[balance.analytical]\nstep = "0 mg"': ("Q107", 2, "balance.analytical.step"),
    '[balance.analytical]\nstep = "1,5 mg"': ("Q103", 2, "balance.analytical.step"),
    '[balance.analytical]\nstop = "1 mg"': ("L101", 2, "balance.analytical.stop"),
    '[balance.analytical]\nfrom = "300 g"': ("L112", 1, "balance.analytical"),
    '[balance.micro]\nstep = "1 µg"': ("L102", 1, "balance.micro"),
    '[balance]\nanalytical = "1 mg"': ("L103", 2, "balance.analytical"),
    'balance = "1 mg"': ("L103", 1, "balance"),
    '[balances.analytical]\nstep = "1 mg"': ("L101", 1, "balances"),
    '[balance]\nanalytical = "none"\nprecision = "none"': ("L102", 1, ""),
    "[rotor]\nplaces = 0": ("Q102", 2, "rotor.places"),
    '[rotor]\nplaces = "6"': ("Q102", 2, "rotor.places"),
    '[rotor]\nmax_speed = "12000 g"': ("Q106", 2, "rotor.max_speed"),
    "[flask]\nsizes = [10, 25]": ("L103", 2, "flask.sizes"),
    '[balance.analytical]\nevidence = "published"': ("L101", 2, "balance.analytical.evidence"),
}


@pytest.mark.parametrize("text", BROKEN)
def test_an_error_is_found_at_its_line(text: str) -> None:
    code, line, key = BROKEN[text]
    _, (found,) = read(text)
    assert (found.code, found.where.file, found.where.line, found.where.key) == (code, "config.toml", line, key)
    assert found.remedy


def test_a_tolerance_below_half_a_step_is_said() -> None:
    (found,) = check_instruments(read(MINE)[0])
    assert (found.code, found.severity) == ("I106", "warning")
    setting = found.remedy.removeprefix("peqdlab config ").partition(",")[0]
    path, value = change_of(*setting.split("="), DEFAULT)
    assert check_instruments(read(with_value(MINE, path, value))[0]) == ()


# changes -------------------------------------------------------------------------------------------------------------


def test_a_change_touches_its_value_alone() -> None:
    assert with_value(MINE, ("balance", "analytical", "step"), "2 mg") == MINE.replace('"1 mg"', '"2 mg"')
    assert with_value(MINE, ("rotor", "places"), 8) == MINE.replace("[rotor]\n", "[rotor]\nplaces = 8\n")
    more = with_value(MINE, ("cylinder", "c25", "step"), "0.5 mL")
    assert more == f'# our lab, room 2.14\ncylinder.c25.step = "0.5 mL"\n{MINE.removeprefix("# our lab, room 2.14" + chr(10))}'


def test_a_reset_takes_its_line_alone() -> None:
    assert without(MINE, ("rotor", "radius")) == MINE.replace('radius = "8.4 cm"\n', "")
    assert "step" not in without(MINE, ("balance",))
    assert read(without(MINE, ()))[0] == DEFAULT


settings = st.sampled_from(
    [
        ("balance.analytical.step", "1mg"),
        ("balance.analytical.tolerance", "0.05 %"),
        ("balance.precision", "none"),
        ("balance.precision.step", "0.1 g"),
        ("pipette.p1000.to", "1.2mL"),
        ("cylinder.c50", "10 mL to 50 mL, step 0.2 mL, tolerance 0.5 mL"),
        ("rotor.radius", "9.5cm"),
        ("rotor.places", "8"),
        ("flask.sizes", "5 mL, 10 mL, 25 mL"),
        ("balance.analytical.source", 'certificate "17", §3'),
    ]
)
forms = st.sampled_from(["", MINE, '[balance]\nanalytical = { step = "1 mg" }\n', 'rotor = { places = 4 }\n"flask".sizes = [\n "1 L",\n]', "#\r\n"])


@given(forms, st.lists(settings, max_size=6))
def test_the_file_says_what_was_set_last_and_nothing_else_changes(text: str, changes) -> None:
    for name, value in changes:
        before = tomllib.loads(text)
        path, wanted = change_of(name, value, DEFAULT)
        text = with_value(text, path, wanted)
        after = tomllib.loads(text)
        found = after
        for key in path:
            found = found[key]
        assert found == wanted
        for key in before.keys() - {path[0]}:
            assert after[key] == before[key]
        assert read(text)[1] == ()


@given(forms, st.lists(settings, max_size=4), settings)
@example(
    '[balance]\nanalytical = { step = "1 mg" }\n',
    [("cylinder.c50", "10 mL to 50 mL, step 0.2 mL, tolerance 0.5 mL"), ("balance.analytical.tolerance", "0.05 %")],
    ("cylinder.c50", "10 mL to 50 mL, step 0.2 mL, tolerance 0.5 mL"),
)
def test_a_reset_brings_back_the_default(text: str, changes, last) -> None:
    for name, value in (*changes, last):
        path, wanted = change_of(name, value, DEFAULT)
        text = with_value(text, path, wanted)
    again = without(text, path[:2])
    found = tomllib.loads(again)
    assert path[-1] not in found.get(path[0], {}).get(path[1], {}) if len(path) == 3 else path[1] not in found.get(path[0], {})
    assert read(again)[1] == ()


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("balance.analytcal.step", "did you mean balance.analytical.step?"),
        ("rotor.radus", "did you mean rotor.radius?"),
        ("balance.step", "one of: balance.analytical.step, balance.precision.step"),
        ("zzz", "one of: "),
    ],
)
def test_a_name_that_is_not_there_gets_the_nearest(name: str, remedy: str) -> None:
    with pytest.raises(Doubt) as raised:
        path_named(name, DEFAULT)
    assert (raised.value.code, raised.value.remedy[: len(remedy)]) == ("A120", remedy)


def test_every_name_that_is_listed_can_be_set() -> None:
    assert len(names_of(DEFAULT)) == len(DEFAULT.measuring) * len(PARTS) + 5
    for name in names_of(DEFAULT):
        assert ".".join(map(str, path_named(name, DEFAULT))) == name
