"""The curriculum advances on measured success, falls back on collapse alone, and goes on where it stopped."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.errors import BadInputError, DataFormatError
from triagelab.hospital.curriculum import Curriculum, curriculum_table
from triagelab.hospital.tables import scenarios


def fed(successes: list[bool], **rule: Any) -> Curriculum:
    found = Curriculum(**rule)
    for success in successes:
        found.record(success)
    return found


def test_five_tiers_the_last_with_everything() -> None:
    rows = curriculum_table().tier
    assert len(rows) == 5
    assert {case.scenario for row in rows for case in row.cases} == set(scenarios())
    assert "combined_surge" not in {case.scenario for row in rows[:-1] for case in row.cases}
    hardest = [max(case.difficulty[1] for case in row.cases) for row in rows]
    assert hardest == sorted(hardest)


def test_draws_are_of_the_tier_and_the_same_again() -> None:
    for tier, row in enumerate(curriculum_table().tier):
        one, other = Curriculum(), Curriculum()
        one.tier = other.tier = tier
        allowed = {case.scenario: case.difficulty for case in row.cases}
        drawn = [one.draw(3, index) for index in range(200)]
        assert drawn == [other.draw(3, index) for index in range(200)]
        assert {name for name, _ in drawn} == set(allowed)
        assert all(allowed[name][0] <= level <= allowed[name][1] for name, level in drawn)
        assert len(set(drawn)) > 100


def test_weights_say_how_often() -> None:
    found = Curriculum()
    found.tier = 4
    share = sum(found.draw(0, index)[0] == "combined_surge" for index in range(1000)) / 1000
    assert 0.44 < share < 0.56


def test_it_advances_at_seven_of_ten_over_a_full_window_and_not_before() -> None:
    assert fed([True] * 19).tier == 0
    assert fed([True] * 20).tier == 1
    assert fed([False] * 6 + [True] * 14).tier == 1
    assert fed(([True] * 13 + [False] * 7) * 5).tier == 0


def test_a_tier_starts_with_an_empty_window() -> None:
    found = fed([True] * 20)
    assert list(found.recent) == []
    assert fed([True] * 39).tier == 1
    assert fed([True] * 40).tier == 2


def test_the_last_tier_is_the_last() -> None:
    assert fed([True] * 400).tier == 4


def test_it_stays_while_success_is_low_and_falls_back_on_collapse() -> None:
    risen = [True] * 20
    assert fed(risen + ([True] * 5 + [False] * 15) * 10).tier == 1
    fallen = fed(risen + [False] * 20)
    assert fallen.tier == 0
    assert fallen.held == 1
    assert fed([False] * 100).tier == 0


@given(st.lists(st.booleans(), max_size=120), st.integers(0, 120))
@settings(max_examples=50, deadline=None)
def test_saved_anywhere_it_goes_on_as_if_never_stopped(successes: list[bool], at: int) -> None:
    whole = Curriculum(window=6)
    halves = Curriculum(window=6)
    for place, success in enumerate(successes):
        if place == at:
            halves = Curriculum.from_dict(json.loads(json.dumps(halves.to_dict())))
        assert whole.record(success) == halves.record(success)
        assert whole.draw(1, place) == halves.draw(1, place)
    assert whole.to_dict() == halves.to_dict()


@pytest.mark.parametrize(
    "change",
    [
        {"tier": 5, "held": 5},
        {"tier": 3, "held": 1},
        {"tier": -1},
        {"tier": True},
        {"schema": 2},
        {"recent": [True] * 21},
        {"recent": ["yes"]},
        {"rule": {"window": 0, "advance": 0.7, "collapse": 0.2}},
        {"mood": "good"},
    ],
)
def test_what_was_never_saved_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DataFormatError):
        Curriculum.from_dict({**Curriculum().to_dict(), **change})


@pytest.mark.parametrize("raw", [None, 3, "tier", [], {}])
def test_what_is_no_mapping_is_refused(raw: Any) -> None:
    with pytest.raises(DataFormatError):
        Curriculum.from_dict(raw)


@pytest.mark.parametrize("rule", [{"window": 0}, {"advance": 1.5}, {"advance": 0.1}, {"collapse": -1.0}])
def test_a_rule_that_is_none_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(BadInputError):
        Curriculum(**rule)


@pytest.mark.parametrize("success", [1, 0.7, "yes", None])
def test_success_is_true_or_false(success: Any) -> None:
    with pytest.raises(BadInputError):
        Curriculum().record(success)


@pytest.mark.parametrize(("seed", "index"), [(-1, 0), (0, -1), (True, 0), (0, 1.5)])
def test_seed_and_index_are_whole_numbers(seed: Any, index: Any) -> None:
    with pytest.raises(BadInputError):
        Curriculum().draw(seed, index)
