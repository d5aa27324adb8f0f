"""Blood groups against antigens and antibodies, and the choice from a stock."""

from __future__ import annotations

from itertools import product

import pytest

from triagelab.clinical.blood import GROUPS, RED_CELLS, choose_red_cells, plasma_ok, red_cells_ok
from triagelab.errors import BadInputError, UnknownNameError

ALL = dict.fromkeys(GROUPS, 5)


def antigens(group):
    """Return what stands on the red cells: A, B, D."""
    return set(group[:-1].replace("O", "")) | ({"D"} if group.endswith("+") else set())


@pytest.mark.parametrize(("donor", "recipient"), list(product(GROUPS, GROUPS)))
def test_red_cells_bring_no_antigen_that_the_recipient_lacks(donor, recipient):
    assert red_cells_ok(donor, recipient) == (antigens(donor) <= antigens(recipient))


@pytest.mark.parametrize(("donor", "recipient"), list(product(GROUPS, GROUPS)))
def test_plasma_brings_no_antibody_against_the_recipient(donor, recipient):
    antibodies = {"A", "B"} - antigens(donor)
    assert plasma_ok(donor, recipient) == antibodies.isdisjoint(antigens(recipient))


def test_plasma_needs_no_rhesus_factor():
    assert plasma_ok("AB", "O-")
    assert not plasma_ok("O", "A")
    with pytest.raises(UnknownNameError):
        plasma_ok("C", "A")


@pytest.mark.parametrize("recipient", GROUPS)
def test_known_group_takes_its_own_first_and_spares_o_negative(recipient):
    found = choose_red_cells(recipient, 30, "female", ALL)
    assert (found.donor, found.verified) == (recipient, True)
    assert set(found.acceptable) == {donor for donor in GROUPS if antigens(donor) <= antigens(recipient)}
    assert RED_CELLS[recipient][-1] == "O-"


@pytest.mark.parametrize(("recipient", "stock"), [("A-", {"A+": 9, "O+": 9}), ("O+", {"AB+": 3}), ("B+", {})])
def test_nothing_acceptable_in_stock(recipient, stock):
    found = choose_red_cells(recipient, 40, "male", stock)
    assert found.donor is None
    assert "in stock" in found.reason
    assert found.override_condition == ""


@pytest.mark.parametrize(
    ("age", "sex", "donor"),
    [
        (30, "female", "O-"),
        (0, "female", "O-"),
        (50.9, "female", "O-"),
        (51, "female", "O+"),
        (30, "male", "O+"),
        (None, "male", "O+"),
        (None, "female", "O-"),
        (30, None, "O-"),
        (None, None, "O-"),
        (80, None, "O+"),
    ],
)
def test_unknown_group(age, sex, donor):
    found = choose_red_cells(None, age, sex, ALL)
    assert (found.donor, found.verified) == (donor, False)


def test_unknown_group_without_the_first_choice():
    assert choose_red_cells(None, 60, "male", {"O-": 1}).donor == "O-"
    found = choose_red_cells(None, 30, "female", {"O+": 10})
    assert found.donor is None
    assert "O+" in found.override_condition


def test_spellings_and_refusals():
    assert red_cells_ok("o neg", "AB pos")
    assert choose_red_cells("A+", 30, "male", {"0−": 2}).donor == "O-"
    assert red_cells_ok("O negative", "A Rh+")
    assert not red_cells_ok("A POSITIVE", "O Rh neg")
    with pytest.raises(UnknownNameError):
        red_cells_ok("C+", "A+")
    with pytest.raises(UnknownNameError):
        red_cells_ok("AB", "AB+")  # red cells need the Rh(D)
    for age in ("30", True, 126):
        with pytest.raises(BadInputError, match="age_years"):
            choose_red_cells(None, age, "female", ALL)
    with pytest.raises(BadInputError, match="stock"):
        choose_red_cells(None, 30, "male", None)
    with pytest.raises(BadInputError):
        choose_red_cells(None, 30, "woman", ALL)
    with pytest.raises(BadInputError):
        choose_red_cells(None, -1, "male", ALL)
    for units in (-1, 1.5, True):
        with pytest.raises(BadInputError):
            choose_red_cells(None, 30, "male", {"O-": units})
