"""Scores of answers on unseen states: 0 is nothing and 1 the playbook, with intervals over episodes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from triagelab.errors import BadInputError, UnknownNameError
from triagelab.rewards.crisis.states import StateKey
from triagelab.training import crisis_eval
from triagelab.training.crisis_data import split_of
from triagelab.training.crisis_eval import BOOK, NOTHING, evaluate_states, unseen_states


@pytest.fixture(scope="module")
def keys() -> list[StateKey]:
    return [key for key in unseen_states(120) if key.step <= 6][:40]


def test_unseen_states_are_of_the_test_split_and_the_same_each_time(keys: list[StateKey]) -> None:
    assert {split_of(key.seed) for key in keys} == {"test"}
    assert unseen_states(6, seed=3) == unseen_states(6, seed=3)
    assert {key.seed for key in unseen_states(6, seed=3)}.isdisjoint(key.seed for key in keys)


def test_nothing_is_zero_and_the_playbook_one_in_every_measure(keys: list[StateKey]) -> None:
    nothing, book = evaluate_states(keys, [])
    assert (nothing.policy, book.policy) == (NOTHING, BOOK)
    for measure in crisis_eval.MEASURES:
        assert nothing.figures[measure]["normalised"].value == 0
        assert book.figures[measure]["normalised"].value == pytest.approx(1)
    assert nothing.figures["deaths_prevented"]["mean"].value == 0
    assert book.readable == nothing.readable == 1
    assert nothing.n == len(keys)
    assert nothing.episodes == len({key.seed for key in keys})
    json.dumps(book.row(), allow_nan=False)


def test_half_of_the_acts_lie_between_and_words_below(keys: list[StateKey], monkeypatch: pytest.MonkeyPatch) -> None:
    from triagelab.completions.crisis_reasons import write_completion
    from triagelab.playbook import by_the_book

    given = crisis_eval.answers_of

    def answers(policy: str) -> crisis_eval.Answers:
        if policy == "half":
            views = crisis_eval._view
            return lambda these: [(write_completion(views(k), by_the_book(views(k))[::2]), False) for k in these]
        return (lambda these: [("do something", False)] * len(these)) if policy == "words" else given(policy)

    monkeypatch.setattr(crisis_eval, "answers_of", answers)
    *_, half, words = evaluate_states(keys, ["half", "words"])
    value = half.figures["score"]["normalised"]
    assert value.value is not None
    assert 0.1 < value.value < 0.99
    assert value.low is not None
    assert value.high is not None
    assert value.low < value.value < value.high
    below = words.figures["score"]["normalised"].value
    assert below is not None
    assert below < 0
    assert words.readable == 0
    assert half.gained == {}
    lost = words.gained["score"]
    assert lost.value == pytest.approx(below - value.value), "normalised on one scale, so differences add up"
    assert lost.high is not None
    assert lost.high < 0


def test_sums_are_divided_by_sums_and_episodes_are_drawn() -> None:
    stats = np.array([[1.0, 2.0, 1.0, 3.0], [1.0, 5.0, 4.0, 4.0]] * 12)
    found = crisis_eval._figures(stats, [i // 2 for i in range(24)], 0, "x")
    assert found["mean"].value == 3.5
    assert found["normalised"].value == 1.0
    flat = crisis_eval._figures(np.array([[1.0, 1.0, 1.0, 1.0]] * 24), list(range(24)), 0, "x")
    assert flat["normalised"].value is None, "where the playbook gains nothing there is no scale"


def test_what_cannot_be_scored_is_refused(keys: list[StateKey], tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="at least one"):
        evaluate_states([], [])
    with pytest.raises(UnknownNameError, match="playbook"):
        evaluate_states(keys[:1], ["playbok"])
    with pytest.raises(BadInputError, match="existing run folder"):
        evaluate_states(keys[:1], [f"model:{tmp_path / 'no'}"])
