"""What policies earn that never look at the patient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from triagelab.rewards.audit.optimum import NO_ANSWER, as_policy, cost_optimum, mean_value
from triagelab.rewards.audit.policies import paid_table, policy_values, text_pay, winners, winning_skills
from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.audit.subject import Subject, subject_of
from triagelab.rewards.presets import load_preset
from triagelab.rewards.spec import build_spec

DEGENERATE = {*(f"always-{level}" for level in range(1, 6)), "no-answer", "random"}
WRITTEN = {"hedge", "copy-keywords", "longest", "shortest", "format-only"}


def subject(table: np.ndarray, *terms: dict, parser: str = "strict", weights=(1, 1, 1, 1, 1)) -> Subject:
    cells = [
        {"gold": truth + 1, "predicted": "none" if answer == 5 else answer + 1, "value": float(table[truth, answer])}
        for truth in range(5)
        for answer in range(6)
    ]
    outcome = {"name": "outcome", "kind": "outcome_table", "cells": cells}
    raw = {"name": "made", "title": "made", "parser": parser, "sampling": {"weights": list(weights)}}
    return subject_of(build_spec({**raw, "terms": [outcome, *terms]}, "test"))


def values(of: Subject, signal: SignalModel | None = None) -> dict[str, float | None]:
    return {v.name: v.expected_reward for v in policy_values(of, signal or SignalModel(sampling=of.sampling))}


def test_a_reward_of_one_for_right_pays_each_constant_its_share() -> None:
    paid = values(subject(np.eye(5, 6)))
    for level, share in enumerate(SignalModel().prior, start=1):
        assert paid[f"always-{level}"] == pytest.approx(share)
    assert paid["no-answer"] == paid["hedge"] == paid["format-only"] == 0.0
    assert paid["random"] == pytest.approx(0.2)
    assert paid["honest"] == pytest.approx(0.65)
    assert paid["oracle"] == pytest.approx(1.0)
    for name in ("copy-keywords", "longest", "shortest"):  # each names the usual level, 3
        assert paid[name] == pytest.approx(0.48)


def test_oversampling_pays_the_level_it_shows() -> None:
    paid = values(subject(np.eye(5, 6), weights=(20, 1, 1, 1, 1)))
    assert paid["always-1"] == pytest.approx(1.2 / 2.14)
    assert paid["shortest"] == pytest.approx(1.2 / 2.14)


def test_every_policy_is_there_once_with_its_gap() -> None:
    found = policy_values(subject_of(load_preset("v46")), SignalModel(sampling=(5, 3, 1, 1, 1)))
    names = [value.name for value in found]
    assert len(set(names)) == len(names)
    assert set(names) == DEGENERATE | WRITTEN | {"honest", "cost-minimal", "oracle"}
    assert {value.name for value in found if value.degenerate} == DEGENERATE | WRITTEN
    reference = next(value for value in found if value.name == "cost-minimal")
    assert reference.gap == 0.0
    for value in found:
        assert value.expected_reward is not None
        assert reference.expected_reward is not None
        assert value.gap == pytest.approx(value.expected_reward - reference.expected_reward)
        assert (value.break_even_skill is None) == (not value.degenerate)
        assert set(value.row()) == {"name", "expected_reward", "degenerate", "gap", "break_even_skill"}


def test_break_even_skill_is_where_an_honest_reader_first_earns_more() -> None:
    of = subject(np.eye(5, 6))
    found = {value.name: value.break_even_skill for value in policy_values(of, SignalModel())}
    assert found["always-3"] == pytest.approx(0.49)  # a reader at skill s earns s; 0.48 is a tie
    assert found["always-5"] == 0.20
    nothing_beats = subject(np.array([[0, 0, 2, 0, 0, 0]] * 5, dtype=float))
    unbeaten = {value.name: value.break_even_skill for value in policy_values(nothing_beats, SignalModel())}
    assert unbeaten["always-3"] is None


def test_the_paid_table_takes_the_text_that_pays_best() -> None:
    always = {"name": "format", "kind": "format", "value": 0.1, "check": "sections", "pays": "always"}
    answered = {**always, "pays": "answered"}
    brief = {"name": "brief", "kind": "length", "value": 0.3, "limit": 300, "unit": "words", "pays": "always"}
    plain = np.eye(5, 6)
    assert text_pay(subject(plain)) == (0.0, 0.0)
    assert text_pay(subject(plain, answered)) == pytest.approx((0.1, 0.0))
    spoken, silent = text_pay(subject(plain, always, brief))
    assert spoken == pytest.approx(0.1 + 0.3 * (1 - 8 / 300))  # the shortest text with all three sections
    assert silent == pytest.approx(0.1 + 0.3 * (1 - 6 / 300))  # all three sections, the answer left open
    table = paid_table(subject(plain, answered))
    np.testing.assert_allclose(table[:, :5], plain[:, :5] + 0.1)
    np.testing.assert_allclose(table[:, NO_ANSWER], 0.0)


def test_a_rule_of_the_note_is_no_pay_for_the_text() -> None:
    spoken, silent = text_pay(subject_of(load_preset("v49")))
    usual = text_pay(subject_of(load_preset("v46")))
    assert (spoken, silent) == pytest.approx(usual, abs=0.02)


def test_a_reward_that_pays_silence_is_won_by_silence() -> None:
    table = np.eye(5, 6)
    table[:, NO_ANSWER] = 0.9
    won = winners(subject(table), SignalModel())
    assert {value.name for value in won} == {"no-answer", "hedge", "format-only"}
    assert winning_skills(subject(table), SignalModel())[0] == 0.5


def test_a_reward_that_pays_one_level_is_won_by_it() -> None:
    table = np.eye(5, 6)
    table[:, 1] += 1.0
    of = subject(table)
    assert "always-2" in {value.name for value in winners(of, SignalModel())}
    assert winning_skills(of, SignalModel()) == tuple(round(0.5 + 0.05 * step, 2) for step in range(9))


def test_a_hedge_that_wins_at_low_skill_only_is_seen_at_other_skills() -> None:
    """A text, not a constant, is ahead: the cost-minimal reader is right for less than 0.65 below a skill of 0.65."""
    of = subject(np.eye(5, 6))

    def pays_hedges(given, texts):
        plain = of.pay(given, texts)
        return [0.65 if text.endswith(("2-3", "3-4")) else paid for text, paid in zip(texts, plain, strict=True)]

    hedged = replace(of, pay=pays_hedges)
    assert winners(hedged, SignalModel(skill=0.65)) == ()
    assert winning_skills(hedged, SignalModel(skill=0.65)) == (0.5, 0.55, 0.6)


def test_v50_is_won_by_no_lazy_policy_at_any_skill() -> None:
    of = subject_of(load_preset("v50"))
    signal = SignalModel(sampling=of.sampling)
    assert winners(of, signal) == ()
    assert winning_skills(of, signal) == ()
    best = mean_value(paid_table(of), as_policy(cost_optimum(signal)), signal, training=True)
    honest = values(of)["honest"]
    assert honest is not None
    assert best > honest


@pytest.mark.parametrize("name", ["v45c", "v46", "v48", "v49", "cost-v0", "v50"])
def test_no_policy_earns_more_than_the_oracle(name: str) -> None:
    of = subject_of(load_preset(name))
    found = values(of)
    assert max(value for value in found.values() if value is not None) == found["oracle"]


def test_texts_that_cannot_be_scored_earn_nothing_known() -> None:
    of = subject(np.eye(5, 6))
    blind = replace(of, pay=lambda cases, texts: [None] * len(texts))
    found = values(blind)
    assert {name for name, value in found.items() if value is None} == WRITTEN
    assert winning_skills(blind, SignalModel()) == ()


def test_what_the_note_sets_off_is_no_pay_for_a_policy_of_text() -> None:
    """Else a text policy would be paid rules that the table of the policy it is compared with leaves out."""
    found = values(subject_of(load_preset("v49")))
    usual = values(subject_of(load_preset("v46")))
    for name in ("copy-keywords", "longest", "shortest"):
        assert found[name] == pytest.approx(usual[name], abs=0.02)


def test_a_bonus_for_right_answers_pays_no_constant_in_full() -> None:
    bonus = {"name": "format", "kind": "format", "value": 10.0, "check": "sections", "pays": "right"}
    paid = values(subject(np.eye(5, 6), bonus))
    assert paid["always-3"] == pytest.approx(11 * 0.48)
    assert paid["no-answer"] == 0.0
    assert paid["oracle"] == pytest.approx(11.0)
