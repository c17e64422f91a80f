"""Double entry: what leaves one account comes to another, reactions run to the end of what is there, and splits share by liquid."""

from __future__ import annotations

from decimal import Decimal

import pytest

from peqdlab.chemistry import parse_reaction
from peqdlab.ledger import DUST, GAS, Account, Contents, Ledger, balances, split
from peqdlab.reagents import shipped_reagents

FLASK, VIAL, BOTTLE = Account("vessel", "flask"), Account("vessel", "vial"), Account("bottle", "PbI2")


def holding(**species: str) -> Contents:
    return Contents({name: Decimal(n) for name, n in species.items()})


def solution(liquid_ml: str, **species: str) -> Contents:
    return Contents({name: Decimal(n) for name, n in species.items()}, {"ODE": Decimal(liquid_ml)})


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(shipped_reagents())


# contents -----------------------------------------------------------------------------------------------------------------------


def test_the_volume_is_the_sum_of_the_liquids() -> None:
    assert Contents({"OA": Decimal(9)}, {"OA": Decimal(3), "ODE": Decimal("75.5")}).volume_ml == Decimal("78.5")
    assert Contents().volume_ml == 0


def test_a_share_takes_the_same_fraction_of_everything() -> None:
    part = solution("78", Cs="4.6").share(Decimal("0.5"))
    assert (part.species, part.liquids) == ({"Cs": Decimal("2.30")}, {"ODE": Decimal("39.0")})


def test_a_copy_does_not_change_with_its_original() -> None:
    held = solution("1", Cs="1")
    kept = held.copy()
    held.book(solution("1", Cs="1"), 1)
    assert (kept.species["Cs"], kept.liquids["ODE"], held.species["Cs"]) == (1, 1, 2)


def test_what_is_taken_away_whole_leaves_no_entry() -> None:
    held = solution("1", Cs="1", I="3")
    held.book(solution("1", Cs="1"), -1)
    assert (held.species, held.liquids) == ({"I": 3}, {})


def test_a_remainder_of_the_fortieth_digit_is_not_kept() -> None:
    held = holding(Cs="1")
    held.book(Contents({"Cs": 1 - DUST / 2}), -1)
    assert held.species == {}


def test_forty_digits_go_out_as_they_came_in() -> None:
    held = Contents({"Cs": Decimal("1234567890.123456789012345678901234567891")})
    held.book(Contents({"Cs": Decimal("1234567890.123456789012345678901234567890")}), -1)
    assert held.species == {}
    held.book(Contents({"Cs": Decimal("-1234567890.123456789012345678900000000000")}), -1)
    assert held.species == {"Cs": Decimal("1234567890.123456789012345678900000000000")}


def test_contents_without_others_are_the_rest() -> None:
    rest = solution("5", Cs="1", I="3").without(solution("2", I="1"))
    assert (rest.species, rest.liquids) == ({"Cs": 1, "I": 2}, {"ODE": 3})


# moves and reactions ------------------------------------------------------------------------------------------------------------


def test_a_move_has_two_sides(ledger: Ledger) -> None:
    ledger.move(1, BOTTLE, FLASK, holding(Pb="2"), "added")
    assert ledger.contents(BOTTLE).species == {"Pb": -2}
    assert ledger.contents(FLASK).species == {"Pb": 2}
    assert [(entry.step, str(entry.source), str(entry.target), entry.why) for entry in ledger.entries] == [
        (1, "bottle PbI2", "vessel flask", "added")
    ]


def test_a_reaction_runs_until_its_first_reactant_is_used_up(ledger: Ledger) -> None:
    ledger.contents(FLASK).book(Contents({"CO3-2": Decimal(2), "OA": Decimal(3)}), 1)
    extent = ledger.react(1, FLASK, parse_reaction("CO3-2 + 2 OA -> 2 OA- + CO2 + H2O"))
    assert extent == Decimal("1.5")
    assert ledger.contents(FLASK).species == {"CO3-2": Decimal("0.5"), "OA-": 3, "CO2": Decimal("1.5"), "H2O": Decimal("1.5")}


def test_a_reaction_stops_at_the_extent_that_is_asked(ledger: Ledger) -> None:
    ledger.contents(FLASK).book(Contents({"CO3-2": Decimal(2), "OA": Decimal(3)}), 1)
    assert ledger.react(1, FLASK, parse_reaction("CO3-2 + 2 OA -> 2 OA- + CO2 + H2O"), Decimal(1)) == 1
    assert ledger.contents(FLASK).species["OA"] == 1


@pytest.mark.parametrize("held", [{}, {"OA": "3"}, {"CO3-2": "2"}])
def test_a_reaction_without_its_reactants_books_nothing(held: dict[str, str], ledger: Ledger) -> None:
    ledger.contents(FLASK).book(holding(**held), 1)
    assert ledger.react(1, FLASK, parse_reaction("CO3-2 + 2 OA -> 2 OA- + CO2 + H2O")) == 0
    assert ledger.entries == []


@pytest.mark.parametrize("n", ["1e33", "7e-20", "0.3333333333333333333333333333333333333333"])
def test_a_reaction_never_takes_more_than_there_is(n: str, ledger: Ledger) -> None:
    ledger.contents(FLASK).book(Contents({"A": Decimal(n), "B": Decimal(n)}), 1)
    ledger.react(1, FLASK, parse_reaction("3 A + 7 B -> C"))
    assert all(left >= 0 for left in ledger.contents(FLASK).species.values())


# questions ----------------------------------------------------------------------------------------------------------------------


def test_an_acid_counts_together_with_its_anion(ledger: Ledger) -> None:
    held = Contents({"OA": Decimal(5), "OA-": Decimal(2), "OAm": Decimal(1), "OAm+": Decimal(4)})
    assert (ledger.amount(held, "OA"), ledger.amount(held, "OAm")) == (7, 5)


def test_an_element_counts_wherever_it_is_bound(ledger: Ledger) -> None:
    held = Contents({"I-": Decimal(2), "CsPbI3": Decimal(1), "BzI": Decimal(4), "OA": Decimal(9)})
    assert (ledger.amount(held, "I"), ledger.amount(held, "Pb"), ledger.amount(held, "Cs")) == (9, 1, 1)


def test_closing_names_the_accounts_of_a_kind_that_hold_something(ledger: Ledger) -> None:
    ledger.move(1, BOTTLE, FLASK, holding(Pb="2"), "added")
    ledger.move(2, FLASK, VIAL, holding(Pb="2"), "poured")
    ledger.contents(GAS)
    assert list(ledger.closing("vessel", "gas")) == [VIAL]


def test_balances_of_all_entries_are_the_accounts_and_of_fewer_are_not(ledger: Ledger) -> None:
    ledger.move(1, BOTTLE, FLASK, solution("5", Pb="2"), "added")
    ledger.move(2, FLASK, VIAL, solution("1", Pb="0.4"), "drawn")
    same = balances(ledger.entries)
    assert {account: held.species for account, held in same.items()} == {account: held.species for account, held in ledger.accounts.items()}
    assert balances(ledger.entries[:1])[FLASK].species == {"Pb": 2}


# splits -------------------------------------------------------------------------------------------------------------------------


def test_a_pellet_keeps_its_solid_and_dissolved_species_by_the_liquid_left() -> None:
    kept = split(solution("160", CsPbI3="0.5", OA="16"), {"CsPbI3": Decimal("0.8")}, Decimal(1))
    assert (kept.species, kept.liquids) == ({"CsPbI3": Decimal("0.40"), "OA": Decimal("0.1")}, {"ODE": Decimal("1.00000")})


def test_a_split_never_keeps_more_liquid_than_there_is() -> None:
    assert split(solution("2", OA="16"), {}, Decimal(5)).species == {"OA": 16}


def test_a_split_of_a_dry_solid_keeps_what_is_named_solid() -> None:
    assert split(holding(CsPbI3="1", OA="1"), {"CsPbI3": Decimal(1)}, Decimal(1)).species == {"CsPbI3": 1, "OA": 0}


def test_a_solid_that_is_not_there_is_not_made_by_a_split() -> None:
    assert split(solution("2", OA="16"), {"CsPbI3": Decimal(1)}, Decimal(1)).species == {"OA": 8}
