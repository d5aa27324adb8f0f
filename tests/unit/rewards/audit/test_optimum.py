"""The answers that a reward makes worth giving: the published rewards' figures, and what must hold for any table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from triagelab.clinical.costs import CostTable, cost_matrix
from triagelab.rewards.audit.optimum import (
    NO_ANSWER,
    SKILLS,
    TOLERANCE,
    Outcome,
    as_policy,
    best_columns,
    break_even_skill,
    cost_optimum,
    mean_value,
    minimal_cost,
    outcome_of,
    reward_optimum,
    sound,
)
from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.audit.subject import subject_of
from triagelab.rewards.presets import load_preset
from triagelab.rewards.spec import RewardSpec

cells = st.floats(-10, 10).map(lambda value: round(value, 3))
tables = arrays(float, (5, 6), elements=cells)
signals = st.builds(
    lambda prior, skill, sampling: SignalModel(tuple(x / sum(prior) for x in prior), skill, tuple(sampling)),
    st.lists(st.floats(0.01, 1.0), min_size=5, max_size=5),
    st.floats(0.25, 0.95),
    st.lists(st.floats(0.1, 20.0), min_size=5, max_size=5),
)


def preset_at(name: str, skill: float) -> Outcome:
    subject = subject_of(load_preset(name))
    at = SignalModel(skill=skill, sampling=subject.sampling)
    return outcome_of(reward_optimum(subject.table, at), at)


@pytest.mark.parametrize(
    ("name", "skill", "answers", "exact", "ratio"),
    [
        ("v45c", 0.65, (1, 1, 3, 3, 3), 0.45, 1.46),
        ("v46", 0.65, (1, 2, 2, 2, 2), 0.345, 1.46),
        ("v49", 0.65, (1, 2, 2, 2, 2), 0.345, 1.46),
        ("v48", 0.65, (1, 2, 3, 3, 3), 0.67, 1.00),
        ("v50", 0.65, (1, 2, 3, 3, 3), 0.67, 1.00),
    ],
)
def test_the_optimum_of_each_reward(name: str, skill: float, answers, exact: float, ratio: float) -> None:
    found = preset_at(name, skill)
    assert found.answers == answers
    assert found.exact == pytest.approx(exact, abs=0.005)
    assert found.cost_ratio == pytest.approx(ratio, abs=0.005)
    assert sound(found) == (ratio == 1.0)


def test_v46_at_a_higher_skill() -> None:
    assert preset_at("v46", 0.75).answers == (1, 2, 3, 4, 2)


def test_what_the_patients_pay() -> None:
    at = SignalModel(skill=0.65)
    costs = cost_matrix().table()
    best = outcome_of(cost_optimum(at), at)
    assert best.answers == (1, 2, 3, 3, 3)
    assert best.cost == pytest.approx(0.56, abs=0.005)
    assert best.cost == pytest.approx(minimal_cost(at))
    constants = [mean_value(costs, as_policy(np.full(5, answer)), at) for answer in range(5)]
    assert int(np.argmin(constants)) + 1 == 2
    assert min(constants) == pytest.approx(0.87, abs=0.005)
    assert mean_value(costs, as_policy(np.arange(5)), at) == pytest.approx(0.71, abs=0.005)


def test_v50_is_cost_minimal_at_every_skill() -> None:
    for skill in (*SKILLS, 0.2, 0.35, 0.99):
        assert preset_at("v50", skill).cost_ratio == pytest.approx(1.0)
    subject = subject_of(load_preset("v50"))
    assert break_even_skill(subject.table, SignalModel(sampling=subject.sampling)) == 0.2


def test_break_even_is_where_the_optimum_comes_into_bounds_for_good() -> None:
    for name in ("v45c", "v46", "v48", "v49", "cost-v0"):
        subject = subject_of(load_preset(name))
        at = SignalModel(sampling=subject.sampling)
        lowest = break_even_skill(subject.table, at)
        assert lowest is not None
        for percent in range(round(lowest * 100), 100):
            assert sound(preset_at(name, percent / 100))
        assert not sound(preset_at(name, round(lowest - 0.01, 2)))


def test_a_reward_that_stays_wrong_never_breaks_even() -> None:
    upside_down = -np.eye(5, 6)
    assert break_even_skill(upside_down, SignalModel()) is None


@given(signals)
def test_nothing_costs_less_than_the_cost_minimal_policy(signal: SignalModel) -> None:
    least = minimal_cost(signal)
    table = cost_matrix().table()
    for answer in range(6):
        assert mean_value(table, as_policy(np.full(5, answer)), signal) >= least - 1e-9
    assert mean_value(table, as_policy(np.arange(5)), signal) >= least - 1e-9


@given(tables, signals)
def test_nothing_earns_more_than_the_reward_optimum(table: np.ndarray, signal: SignalModel) -> None:
    best = mean_value(table, as_policy(reward_optimum(table, signal)), signal, training=True)
    for one in range(6):
        for other in range(6):
            mixed = as_policy([one, other, one, other, one])
            assert mean_value(table, mixed, signal, training=True) <= best + 1e-6


@given(tables, arrays(float, (5, 1), elements=st.floats(-1e6, 1e6)), signals)
def test_a_constant_by_truth_moves_no_optimum(table: np.ndarray, constant: np.ndarray, signal: SignalModel) -> None:
    moved = reward_optimum(table + constant, signal)
    usual = reward_optimum(table, signal)
    earned = [mean_value(table, as_policy(columns), signal, training=True) for columns in (moved, usual)]
    assert earned[0] == pytest.approx(earned[1], abs=1e-6)


@given(tables, st.floats(-8, 8), signals)
def test_the_unit_of_a_reward_moves_no_optimum(table: np.ndarray, power: float, signal: SignalModel) -> None:
    assert reward_optimum(table * 2.0 ** round(power * 4), signal).tolist() == reward_optimum(table, signal).tolist()


@pytest.mark.parametrize("unit", [1e-12, 1e-3, 1.0, 1e9])
def test_a_tie_goes_to_the_more_urgent_level_in_any_unit(unit: float) -> None:
    costs = cost_matrix().table() * unit
    doubt = np.array([[0.0, 0.25, 0.75, 0.0, 0.0], [0.0, 0.2499, 0.7501, 0.0, 0.0]])
    assert best_columns(-costs, doubt).tolist() == [1, 2]
    assert best_columns(np.full((5, 6), 0.1 * unit), doubt).tolist() == [0, 0]


def test_a_silence_beyond_all_measure_hides_no_other_difference() -> None:
    costs = cost_matrix().table()
    costs[:, NO_ANSWER] = 1e15
    at = SignalModel()
    dear = CostTable(name="dear", rows=tuple(map(tuple, costs.tolist())))
    assert cost_optimum(replace(at, costs=dear)).tolist() == cost_optimum(at).tolist()


@given(st.lists(st.integers(0, 5), min_size=5, max_size=5), signals)
def test_shares_of_an_outcome_add_up(columns: list[int], signal: SignalModel) -> None:
    found = outcome_of(columns, signal)
    assert found.exact + found.under + found.over + found.no_answer == pytest.approx(1.0)
    assert found.exact <= found.within_one + 1e-12
    assert found.cost_ratio >= 1.0 - 1e-9
    assert [None if column == 5 else column + 1 for column in columns] == list(found.answers)
    assert found.row()["answers"] == list(found.answers)


def test_a_perfect_signal_costs_nothing() -> None:
    at = SignalModel(skill=1.0)
    right = outcome_of(range(5), at)
    assert (right.cost, right.cost_ratio, right.exact) == pytest.approx((0.0, 1.0, 1.0))
    assert outcome_of([1, 1, 2, 3, 4], at).cost_ratio == float("inf")


def test_ten_per_cent_exactly_is_out_of_bounds() -> None:
    at = SignalModel()
    base = outcome_of(cost_optimum(at), at)
    assert sound(base)
    edge = Outcome(**{**{name: getattr(base, name) for name in base.__dataclass_fields__}, "cost_ratio": TOLERANCE})
    assert not sound(edge)


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e6])
@pytest.mark.parametrize("offset", [-9.0, 0.0, 100.0])
def test_neither_unit_nor_offset_of_the_costs_moves_the_ratio(unit: float, offset: float) -> None:
    """What right answers cost cannot be avoided; counted in, it would hide any wrong policy."""
    rows = (cost_matrix().table() + offset) * unit
    columns = [0, 1, 1, 1, 1]
    found = outcome_of(
        columns, replace(SignalModel(), costs=CostTable.model_validate({"name": "moved", "rows": rows.tolist()}))
    )
    assert found.cost_ratio == pytest.approx(outcome_of(columns, SignalModel()).cost_ratio)


def test_a_large_bonus_for_right_answers_is_part_of_the_table() -> None:
    """Such a bonus makes a sound table one that pays for being right alone, whatever a mistake costs."""
    raw = load_preset("v50").model_dump()
    raw["terms"] = [raw["terms"][0], {**raw["terms"][1], "value": 20.0, "pays": "right"}]
    raw["sampling"]["weights"] = (20.0, 1.0, 1.0, 1.0, 1.0)
    subject = subject_of(RewardSpec.model_validate(raw))
    assert subject.text == (0.0, 0.0)
    assert subject.table[2, 2] == pytest.approx(23.0)
    at = SignalModel(sampling=subject.sampling)
    assert not sound(outcome_of(reward_optimum(subject.table, at), at))
