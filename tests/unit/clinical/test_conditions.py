"""Conditions of table rows: names, numbers, and the unknown."""

from __future__ import annotations

import pytest

from triagelab.clinical.conditions import Conditions

ROW = Conditions.model_validate(
    {
        "all": ["a"],
        "any": ["b", "c"],
        "also": ["d"],
        "none": ["e"],
        "from": {"age_years": 12},
        "below": {"sbp_mmhg": 90},
    }
)
HOLDS = {"a", "c", "d"}
NUMBERS = {"age_years": 12.0, "sbp_mmhg": 89.0}


def test_all_parts_met():
    assert ROW.compiled().met(HOLDS, NUMBERS)


@pytest.mark.parametrize(
    ("holds", "numbers"),
    [
        (HOLDS - {"a"}, NUMBERS),
        (HOLDS - {"c"}, NUMBERS),
        (HOLDS - {"d"}, NUMBERS),
        (HOLDS | {"e"}, NUMBERS),
        (HOLDS, NUMBERS | {"age_years": 11.9}),
        (HOLDS, NUMBERS | {"sbp_mmhg": 90.0}),
        (HOLDS, {"age_years": 40.0}),
    ],
)
def test_one_part_missing(holds, numbers):
    assert not ROW.compiled().met(holds, numbers)


@pytest.mark.parametrize(("key", "at_limit"), [("above", False), ("from", True), ("below", False), ("upto", True)])
def test_limits_are_strict_or_inclusive(key, at_limit):
    assert Conditions.model_validate({key: {"gcs": 8}}).compiled().met(set(), {"gcs": 8.0}) is at_limit


def test_sex():
    row = Conditions(sex="female").compiled()
    assert row.met(set(), {}, "female")
    assert not row.met(set(), {}, "male")
    assert not row.met(set(), {}, None)


def test_names_and_numbers_of_a_row():
    assert ROW.names() == {"a", "b", "c", "d", "e"}
    assert ROW.numbers() == {"age_years", "sbp_mmhg"}


def test_a_misspelt_key_is_refused():
    with pytest.raises(ValueError, match="befow"):
        Conditions.model_validate({"befow": {"gcs": 8}})
