"""What endings pay: the whole table of tiers-v1, the parts of bedside-v1, and what an audit says of its levels."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from triagelab.cases.bedside.actions import PATHWAYS
from triagelab.clinical.costs import cost_matrix
from triagelab.errors import BadInputError
from triagelab.rewards.audit.audit import audit
from triagelab.rewards.audit.subject import subject_of
from triagelab.rewards.episodes import (
    BedsideOutcome,
    PartsReward,
    TiersReward,
    final_pay,
    load_episode_reward,
    step_pay,
)
from triagelab.rewards.spec import build_spec

LEVELS = (1, 2, 3, 4, 5)
SEVERITY = {1: 2, 2: 2, 3: 1, 4: 0, 5: 0}
SERVICE = {"resuscitation": "e", "emergency": "e", "urgent": "u", "primary_care": "g"}
RIGHT = BedsideOutcome(
    level=2,
    true_pathway="emergency",
    true_pattern="stroke",
    answer=2,
    pathway="emergency",
    pattern="stroke",
    steps=1,
    tier="easy",
)


def parts() -> PartsReward:
    reward = load_episode_reward("bedside-v1")
    assert isinstance(reward, PartsReward)
    return reward


def tiers() -> TiersReward:
    reward = load_episode_reward("tiers-v1")
    assert isinstance(reward, TiersReward)
    return reward


def test_tiers_over_every_tier_truth_answer_service_pattern_and_speed() -> None:
    full = {"easy": 0.60, "medium": 0.55, "hard": 0.47}
    near = {"easy": 0.30, "medium": 0.25, "hard": 0.20}
    seen = 0
    for tier, truth, answer, true_way, way, same, steps in itertools.product(
        full, LEVELS, (*LEVELS, None), PATHWAYS, PATHWAYS, (True, False), (1, 2, 10)
    ):
        outcome = BedsideOutcome(
            level=truth,
            true_pathway=true_way,
            true_pattern="stroke",
            answer=answer,
            pathway=way if answer else None,
            pattern=("stroke" if same else "burn") if answer else None,
            steps=steps,
            tier=tier,
        )
        off = 2 if answer is None else abs(SEVERITY[truth] - SEVERITY[answer])
        expected = 0.05 if off == 2 else near[tier]
        if off == 0:
            expected = full[tier] + 0.15 * (SERVICE[way] == SERVICE[true_way]) + 0.10 * same + 0.05 * (steps == 1)
        paid = final_pay(tiers(), outcome, 1.0)
        assert paid.total == pytest.approx(expected, abs=1e-12)
        assert 0.0 < paid.total < 1.0
        assert paid.total == sum(paid.components.values())
        seen += 1
    assert seen == 3 * 5 * 6 * 16 * 2 * 3


@pytest.mark.parametrize(("tier", "once", "later"), [("easy", 0.9, 0.85), ("medium", 0.85, 0.8), ("hard", 0.77, 0.72)])
def test_the_published_totals(tier: str, once: float, later: float) -> None:
    assert final_pay(tiers(), replace(RIGHT, tier=tier), 0.0).total == pytest.approx(once)
    assert final_pay(tiers(), replace(RIGHT, tier=tier, steps=4), 0.0).total == pytest.approx(later)


def test_tiers_pay_nothing_on_the_way_and_need_a_tier() -> None:
    assert step_pay(tiers(), 6.0).total == 0.0
    with pytest.raises(BadInputError, match="tier"):
        final_pay(tiers(), replace(RIGHT, tier=None), 0.0)


def test_a_right_answer_at_once_earns_one() -> None:
    assert final_pay(parts(), RIGHT, 0.0).total == pytest.approx(1.0)


@pytest.mark.parametrize("truth", LEVELS)
def test_levels_pay_by_cost(truth: int) -> None:
    for answer in LEVELS:
        paid = final_pay(parts(), replace(RIGHT, level=truth, answer=answer), 0.0)
        assert paid.components["level"] == pytest.approx(0.6 - 0.12 * cost_matrix().cost(truth, answer))


def test_no_answer_is_worse_than_every_answer() -> None:
    none = final_pay(parts(), replace(RIGHT, answer=None, pathway=None, pattern=None), 0.0)
    assert none.total == -1.2
    assert {"pathway", "pattern"}.isdisjoint(none.components)
    table = parts().level.table()
    assert all(row[5] < min(row[:5]) for row in table)


def test_time_delay_and_treatment() -> None:
    outcome = replace(
        RIGHT, untreated=((2, 0.0, 6.0), (2, 6.0, 14.0), (1, 14.0, 17.0), (3, 17.0, 40.0)), helped=True, wrong=2
    )
    paid = final_pay(parts(), outcome, 3.0).components
    assert paid["time"] == pytest.approx(-0.006)
    assert paid["delay"] == pytest.approx(-0.003 * 4 - 0.01 * 3)
    assert paid["treatment"] == pytest.approx(0.05 - 0.2)
    assert step_pay(parts(), 5.0).components == {"time": -0.01}


def test_parts_sum_to_the_last_bit_and_stay_in_bounds() -> None:
    one, whole = parts().bounds(20, 6.0)
    for answer, minutes, helped, wrong in itertools.product(
        (*LEVELS, None), (0.0, 0.5, 6.0), (True, False), (0, 3, 20)
    ):
        late = tuple((1, 6.0 * step, 6.0 * step + 6.0) for step in range(20))
        outcome = replace(RIGHT, level=1, answer=answer, helped=helped, wrong=wrong, untreated=late)
        paid = final_pay(parts(), outcome, minutes)
        assert paid.total == sum(paid.components.values())
        assert one[0] <= paid.total <= one[1]
        assert set(paid.components) <= set(parts().components)
        assert whole[0] <= paid.total + 19 * step_pay(parts(), 6.0).total <= whole[1]


def test_an_audit_of_what_levels_pay_finds_nothing_severe() -> None:
    cells = [
        {"gold": gold + 1, "predicted": answer + 1 if answer < 5 else "none", "value": value}
        for gold, row in enumerate(parts().level.table())
        for answer, value in enumerate(row)
    ]
    raw = {"name": "bedside-v1-level", "title": "level part", "scale_rewards": "none"}
    spec = build_spec({**raw, "terms": [{"name": "level", "kind": "outcome_table", "cells": cells}]}, "test")
    found = audit(subject_of(spec)).findings
    assert not [finding.id for finding in found if finding.severity == "severe"]
