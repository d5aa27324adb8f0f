"""Advantages as TRL computes them, what scaling leaves of a reward, and where it leads."""

from __future__ import annotations

import json

import numpy as np
import pytest

from triagelab.errors import BadInputError
from triagelab.rewards.audit.finding import Severity
from triagelab.rewards.audit.groups import (
    advantages,
    constant_terms,
    dead_groups,
    effective_table,
    group_report,
    scaling_findings,
)
from triagelab.rewards.audit.groups_advantage import belief_policy, compositions, sft_policy
from triagelab.rewards.audit.groups_climb import ExpectedAdvantage, climb, stable_answers
from triagelab.rewards.audit.optimum import reward_optimum
from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.audit.subject import Subject, subject_of
from triagelab.rewards.presets import load_preset
from triagelab.rewards.spec import ScaleRewards, build_spec
from triagelab.seeding import stream

PRESETS = ("cost-v0", "v45c", "v46", "v48", "v49", "v50")
SIGNAL = SignalModel(skill=0.65)


def subject(name: str) -> Subject:
    return subject_of(load_preset(name))


def bare(table: np.ndarray) -> Subject:
    return Subject("bare", table, (0.0, 0.0), (1.0,) * 5, lambda cases, texts: [0.0] * len(texts))


def random_table(seed: int) -> np.ndarray:
    return stream("test.groups", seed).normal(size=(5, 6))


def ids(findings: list) -> list[str]:
    return [finding.id for finding in findings]


def test_group_advantages_by_hand() -> None:
    # Rewards 1, 0, 0, 0: mean 1/4, sample deviation sqrt((9/16 + 3/16) / 3) = 1/2.
    got = advantages(np.array([[1.0, 0.0, 0.0, 0.0], [2.0, 2.0, 2.0, 2.0]]), "group")
    assert got[0] == pytest.approx([0.75 / 0.5001, -0.25 / 0.5001, -0.25 / 0.5001, -0.25 / 0.5001])
    assert got[1].tolist() == [0.0] * 4


def test_batch_advantages_divide_by_the_deviation_of_all_rewards() -> None:
    rewards = np.array([[1.0, 0.0], [5.0, 5.0]])
    # Mean 2.75; deviations from it -1.75, -2.75, 2.25, 2.25: squares sum to 20.75.
    deviation = (20.75 / 3) ** 0.5 + 1e-4
    assert advantages(rewards, "batch") == pytest.approx(np.array([[0.5, -0.5], [0.0, 0.0]]) / deviation)


def test_unscaled_advantages_are_centred_only() -> None:
    assert advantages(np.array([[3.0, 1.0]]), "none").tolist() == [[1.0, -1.0]]


def test_unscorable_completions_are_left_out_and_get_zero() -> None:
    rewards = np.array([[1.0, np.nan, 0.0], [np.nan, np.nan, np.nan], [4.0, np.nan, np.nan]])
    got = advantages(rewards, "group")
    deviation = 0.5**0.5 + 1e-4
    assert got[0] == pytest.approx([0.5 / deviation, 0.0, -0.5 / deviation])
    assert got[1:].tolist() == [[0.0] * 3] * 2


def test_compositions_are_all_ways_to_share_eight_answers() -> None:
    counts, orders = compositions(8)
    assert counts.shape == (1287, 6)
    assert (counts.sum(axis=1) == 8).all()
    assert np.exp(orders).sum() == pytest.approx(6**8)


@pytest.mark.parametrize("scale", ["group", "none"])
def test_effective_table_is_what_drawn_groups_give(scale) -> None:
    table, row = random_table(0), np.array([0.3, 0.3, 0.2, 0.1, 0.06, 0.04])
    exact = effective_table(table, row, 8, scale)
    answers = stream("test.groups.draws", 0).choice(6, size=(40_000, 8), p=row)
    for truth in (0, 3):
        drawn = advantages(table[truth][answers], scale)
        for answer in range(6):
            values = drawn[answers == answer]
            assert exact[truth, answer] == pytest.approx(values.mean(), abs=5 * values.std() / len(values) ** 0.5)


@pytest.mark.parametrize("scale", ["group", "batch", "none"])
def test_expected_advantages_average_to_zero(scale) -> None:
    row = sft_policy()[2]
    assert effective_table(random_table(1), row, 6, scale, spread=1.5) @ row == pytest.approx(np.zeros(5), abs=1e-12)


def test_large_groups_are_drawn_and_agree_with_exact_ones() -> None:
    # The expectation moves little from 16 to 17 answers.
    table, row = random_table(2), np.full(6, 1 / 6)
    assert effective_table(table, row, 17) == pytest.approx(effective_table(table, row, 16), abs=0.05)
    assert (effective_table(table, row, 17) == effective_table(table, row, 17)).all()


def test_batch_scaling_needs_the_spread_of_the_batch() -> None:
    with pytest.raises(BadInputError, match="spread"):
        effective_table(random_table(0), sft_policy()[0], 8, "batch")
    with pytest.raises(BadInputError, match="group"):
        effective_table(random_table(0), sft_policy()[0], 1)


def test_a_factor_on_a_row_cancels_under_group_scaling_and_not_unscaled() -> None:
    table, factors = random_table(3), np.array([3.0, 2.0, 1.0, 0.5, 10.0])
    row = sft_policy(0.6)[1]
    scaled = effective_table(table * factors[:, None], row, 8, "group")
    assert scaled == pytest.approx(effective_table(table, row, 8, "group"), abs=2e-3)
    unscaled = effective_table(table * factors[:, None], row, 8, "none")
    assert unscaled == pytest.approx(effective_table(table, row, 8, "none") * factors[:, None])


def test_weights_of_v46_vanish() -> None:
    report = group_report(subject("v46"), SIGNAL)
    first, third = report.classes[0], report.classes[2]
    assert first.unscaled / third.unscaled > 3
    assert first.scaled / third.scaled == pytest.approx(1.0, abs=0.25)
    assert first.weight_lost == pytest.approx((first.unscaled / third.unscaled) / (first.scaled / third.scaled))
    assert sum(effect.signal_scaled for effect in report.classes) == pytest.approx(1.0)
    # Sampling alone weighs the levels then: 5 x 6 % and 3 x 36 % of what is shown.
    assert [effect.in_training for effect in report.classes[:2]] == pytest.approx([30 / 196, 108 / 196])


def test_near_a_pure_answer_a_deviation_counts_by_its_sign_alone() -> None:
    table = np.zeros((5, 6))
    table[:, 1], table[2:, 2], table[:2, 2] = 0.0, 0.1, -100.0
    nearly = np.array([0.0, 1 - 1e-9, 1e-9, 0.0, 0.0, 0.0])
    got = effective_table(table, nearly, 8)[:, 2]
    assert got == pytest.approx(np.where(np.arange(5) < 2, -1, 1) * 7 / 8**0.5, rel=0.01)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("skill", [0.55, 0.65, 0.8])  # at 0.5 answers 2 and 3 lie within 0.3 % of a tie
def test_group_scaled_training_climbs_to_answers_at_rest(name: str, skill: float) -> None:
    reward = subject(name)
    signal = SignalModel(skill=skill, sampling=reward.sampling)
    rest = stable_answers(reward.table, signal, "group")
    assert all(column in columns for column, columns in zip(climb(reward.table, signal), rest, strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_unscaled_flow_ends_where_the_table_says(seed: int) -> None:
    table = random_table(seed)
    expected, beliefs = ExpectedAdvantage(table, 8, "none"), SIGNAL.beliefs(training=True)
    policy = sft_policy(0.5, 0.1)
    for _ in range(4000):
        policy = policy * np.exp(np.einsum("st,tsa->sa", beliefs, expected(policy)))
        policy /= policy.sum(axis=1, keepdims=True)
    assert (
        policy.argmax(axis=1).tolist()
        == reward_optimum(table, SIGNAL).tolist()
        == climb(table, SIGNAL, scale="none").tolist()
    )


def test_expected_advantages_of_a_policy_are_those_of_its_rows() -> None:
    table, policy = random_table(4), sft_policy(0.7)
    whole = ExpectedAdvantage(table, 5, "group")(policy)
    assert whole[:, 2] == pytest.approx(effective_table(table, policy[2], 5), abs=1e-9)
    with pytest.raises(BadInputError, match="group"):
        ExpectedAdvantage(table, 17, "group")


def test_dead_groups_by_hand() -> None:
    table = np.zeros((5, 6))
    table[np.arange(5), np.arange(5)] = 1.0
    one = SignalModel(prior=(0.0, 0.0, 1.0, 0.0, 0.0), skill=1.0)
    policy = np.tile([0.1, 0.1, 0.7, 0.05, 0.05, 0.0], (5, 1))
    found = dead_groups(table, one, policy=policy, sizes=(2, 4), skills=(1.0,))
    for dead, size in zip(found, (2, 4), strict=True):
        assert (dead.all_right, dead.all_wrong, dead.tied) == pytest.approx((0.7**size, 0.3**size, 0.0))
        assert dead.dead == pytest.approx(0.7**size + 0.3**size)


def test_groups_that_are_paid_alike_whatever_they_answer_are_tied() -> None:
    (dead,) = dead_groups(np.zeros((5, 6)), SIGNAL, sizes=(2,), skills=(0.65,))
    assert dead.dead == pytest.approx(1.0)
    assert dead.tied == pytest.approx(1.0 - dead.all_right - dead.all_wrong)
    assert dead.tied > 0


def test_dead_groups_fall_with_size_and_more_are_right_with_skill() -> None:
    found = {(dead.skill, dead.size): dead for dead in dead_groups(subject("v50").table, SIGNAL)}
    assert len(found) == 50
    sizes = [found[0.65, size].dead for size in (2, 4, 8, 16, 32)]
    assert sizes == sorted(sizes, reverse=True)
    rights = [found[skill, 8].all_right for skill in (0.5, 0.65, 0.8, 0.95)]
    assert rights == sorted(rights)


def test_dead_groups_of_a_measured_signal_are_those_of_its_confusion() -> None:
    measured = SignalModel(
        skill=0.65, confusion=tuple(tuple(float(row == column) for column in range(5)) for row in range(5))
    )
    policy = sft_policy(0.9)
    dead = group_report(bare(np.eye(5, 6)), measured, policy=policy).dead
    assert dead.all_right == pytest.approx(0.9**8)


def test_a_term_that_pays_every_answer_alike_teaches_nothing() -> None:
    raw = {
        "name": "x",
        "title": "x",
        "terms": [
            {"name": "outcome", "kind": "outcome_distance", "right": 1.0, "per_level": -0.5, "no_answer": -3.0},
            {
                "name": "by_patient",
                "kind": "rule",
                "pain_at_least": 5,
                "predicted": [1, 2, 3, 4, 5, "none"],
                "value": 1,
            },
            {"name": "by_answer", "kind": "rule", "pain_at_least": 5, "predicted": [2], "value": 1},
            {"name": "format", "kind": "format", "value": 0.1},
            {"name": "nothing", "kind": "format", "value": 0.0},
        ],
    }
    raw["terms"][0] = {
        "name": "outcome",
        "kind": "outcome_table",
        "cells": [
            {"gold": gold, "predicted": said, "value": float(gold == said)}
            for gold in range(1, 6)
            for said in (1, 2, 3, 4, 5, "none")
        ],
    }
    spec = build_spec(raw, "test")
    assert constant_terms(spec) == ("by_patient", "nothing")
    assert "term-teaches-nothing" in ids(scaling_findings(subject_of(spec), SIGNAL, scale="none"))


@pytest.mark.parametrize("skill", [0.5, 0.65, 0.8, 0.9])
def test_v50_has_no_finding_at_its_own_scaling(skill: float) -> None:
    assert scaling_findings(subject("v50"), SignalModel(skill=skill)) == []


def test_no_preset_gets_a_severe_finding_here_and_weights_are_named() -> None:
    found = {name: scaling_findings(subject(name), SIGNAL) for name in PRESETS}
    assert all(finding.severity is not Severity.SEVERE for findings in found.values() for finding in findings)
    for name in ("v46", "v48", "v49"):
        assert "scaling-cancels-class-weights" in ids(found[name])
    assert "scaling-cancels-class-weights" not in ids(found["v45c"])
    for name, tells in {"v46": True, "v48": True, "v45c": False, "v50": False}.items():
        assert ("text-decides-agreed-groups" in ids(found[name])) is tells, name
    assert "text-decides-agreed-groups" in ids(scaling_findings(subject("v50"), SIGNAL, scale="group"))
    assert "scaling-cancels-class-weights" in ids(scaling_findings(subject("v50"), SIGNAL, scale="group"))


def test_many_dead_groups_are_noted_where_the_policy_is_sure() -> None:
    sure, unsure = (scaling_findings(subject("v45c"), SignalModel(skill=skill)) for skill in (0.99, 0.65))
    assert "many-dead-groups" in ids(sure)
    assert "many-dead-groups" not in ids(unsure)


def test_a_table_that_scaling_turns_is_warned_of_and_unscaled_it_is_not() -> None:
    # At skill 0.75 the written table of cost-v0 is sound (1,2,3,4,3); majorities of belief are not (2,2,3,4,4).
    signal = SignalModel(skill=0.75)
    turned = {finding.id: finding for finding in scaling_findings(subject("cost-v0"), signal)}["scaling-turns-optimum"]
    assert turned.severity is Severity.WARNING
    assert "2,2,3,4,4" in turned.evidence
    for scale in ("none", "batch"):
        assert "scaling-turns-optimum" not in ids(scaling_findings(subject("cost-v0"), signal, scale=scale))


def test_sampling_is_the_reward_s_own_whatever_the_signal_says() -> None:
    reward = subject("v45c")
    told = SignalModel(skill=0.65, sampling=reward.sampling)
    assert group_report(reward, SIGNAL).row() == group_report(reward, told).row()
    assert group_report(reward, SIGNAL).climbed.answers == (1, 1, 3, 3, 3)


def test_reports_are_plain_json_for_any_group_size() -> None:
    asked: tuple[tuple[int, ScaleRewards], ...] = ((2, "group"), (8, "batch"), (32, "none"))
    for group, scale in asked:
        row = group_report(bare(random_table(5)), SIGNAL, group=group, scale=scale).row()
        assert json.loads(json.dumps(row)) == row
        assert np.array(row["effective"]).shape == (5, 5, 6)


def test_what_a_row_has_in_common_is_nothing_however_large() -> None:
    table, row = random_table(6), sft_policy(0.6)[1]
    assert effective_table(table + 1e6, row) == pytest.approx(effective_table(table, row), abs=1e-6)
    equal = advantages(np.full((2, 8), 8 / 3), "group")
    assert equal == pytest.approx(np.zeros((2, 8)), abs=1e-9)


def test_a_policy_of_beliefs_answers_as_often_as_it_believes() -> None:
    policy = belief_policy(SIGNAL, 0.1)
    assert policy.sum(axis=1) == pytest.approx(np.ones(5))
    assert policy[1, :5] == pytest.approx(SIGNAL.beliefs()[1] * 0.9)


def test_a_confidence_no_policy_can_have_is_refused() -> None:
    with pytest.raises(BadInputError, match="confidence"):
        sft_policy(1.0)
