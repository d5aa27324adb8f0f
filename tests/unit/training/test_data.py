"""The order in which cases are shown, and the prompts they are shown in."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.cases.generator import generate
from triagelab.completions.parser import parse
from triagelab.errors import BadInputError
from triagelab.training import data
from triagelab.training.config import DataSettings
from triagelab.training.models import train_tokenizer

LEVELS = [1] * 5 + [2] * 20 + [3] * 50 + [4] * 20 + [5] * 5
SETTINGS = DataSettings(n=30, template="esi-brief", style="brief", max_tokens=400)


@pytest.fixture(scope="module")
def cases() -> tuple:
    return data.load_cases(SETTINGS)


@pytest.fixture(scope="module")
def tokenizer(cases: tuple):
    return train_tokenizer(data.texts_of(cases, SETTINGS), 500)


def test_without_weights_every_pass_shows_every_case_once() -> None:
    order = data.show_order(LEVELS, {}, 250, seed=3)
    assert len(order) == 250
    assert sorted(order[:100]) == sorted(order[100:200]) == list(range(100))
    assert list(order[:100]) != list(order[100:200])
    assert list(order) == list(data.show_order(LEVELS, {}, 250, seed=3))
    assert list(order) != list(data.show_order(LEVELS, {}, 250, seed=4))


def test_oversampling_shows_each_level_as_often_as_its_weight_says() -> None:
    weights = {1: 5.0, 2: 3.0, 3: 1.0, 4: 1.0, 5: 1.0}
    order = data.show_order(LEVELS, weights, 16_000, seed=0)
    shown = Counter(LEVELS[i] for i in order)
    per_case = {level: shown[level] / LEVELS.count(level) for level in weights}
    for level, weight in weights.items():
        assert per_case[level] / per_case[3] == pytest.approx(weight, rel=0.02)


def test_balance_one_shows_all_levels_equally_often() -> None:
    order = data.show_order(LEVELS, data.level_weights(LEVELS, DataSettings(balance=1.0)), 10_000, seed=0)
    shown = Counter(LEVELS[i] for i in order)
    assert max(shown.values()) - min(shown.values()) <= 0.02 * 10_000


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=80), st.integers(1, 9), st.integers(0, 3))
def test_grouping_by_length_only_reorders(lengths: list[int], batch: int, seed: int) -> None:
    order = np.arange(len(lengths))
    grouped = data.group_lengths(order, lengths, batch, seed)
    assert sorted(grouped) == list(order)
    whole = [grouped[i : i + batch] for i in range(0, len(grouped) - batch + 1, batch)]
    spans = [(min(lengths[i] for i in part), max(lengths[i] for i in part)) for part in whole]
    assert all(low <= high for low, high in spans)
    if len(lengths) == batch * (len(lengths) // batch):
        ordered = sorted(spans)
        assert all(a[1] <= b[0] for a, b in pairwise(ordered))


def test_only_the_answer_carries_loss(cases: tuple, tokenizer) -> None:
    rows = data.sft_rows(cases, tokenizer, SETTINGS)
    for case, row in zip(cases, rows, strict=True):
        learnt = [token for token in row["labels"] if token != -100]
        assert row["input_ids"][-len(learnt) :] == learnt
        assert learnt[-1] == tokenizer.eos_token_id
        text = tokenizer.decode(learnt[:-1])
        assert parse(text).level == case.truth.level
        prompt = tokenizer.decode(row["input_ids"][: -len(learnt)])
        assert "ANSWER" not in prompt
        assert f"ESI {case.truth.level}" not in prompt
    whole = data.sft_rows(cases[:1], tokenizer, SETTINGS, prompt_loss=True)[0]
    assert whole["labels"] == whole["input_ids"]


def test_a_long_note_is_cut_at_its_end_and_keeps_the_answer(cases: tuple, tokenizer) -> None:
    budget = 120
    row = data.sft_rows(cases[:1], tokenizer, SETTINGS.model_copy(update={"max_tokens": budget}))[0]
    full = data.sft_rows(cases[:1], tokenizer, SETTINGS)[0]
    assert len(row["input_ids"]) <= budget < len(full["input_ids"])
    assert [x for x in row["labels"] if x != -100] == [x for x in full["labels"] if x != -100]
    assert row["input_ids"][:20] == full["input_ids"][:20]
    shown = tokenizer.decode(row["input_ids"])
    assert shown.count("<note>") == shown.count("</note>") == 1
    messages, ids = data.fit_prompt(tokenizer, cases[0], SETTINGS, 40)
    assert len(ids) <= 40
    assert messages[-1]["content"].endswith("\n</note>"), "a cut prompt still says where the note ends"
    with pytest.raises(BadInputError, match=r"data\.max_tokens"):
        data.fit_prompt(tokenizer, cases[0], SETTINGS, 3)


def test_every_digit_is_a_token_of_its_own(tokenizer) -> None:
    tokens = tokenizer.convert_ids_to_tokens(tokenizer("BP 120/80")["input_ids"])
    assert [token for token in tokens if any(c.isdigit() for c in token)] == ["1", "2", "0", "8", "0"]


def test_grpo_rows_carry_what_the_reward_needs(tokenizer) -> None:
    case = generate(1, 9, "dev")[0]
    row = data.grpo_rows([case], tokenizer, SETTINGS, max_new_tokens=50)[0]
    assert row["level"] == case.truth.level
    assert row["note"] == case.presentation.narrative
    assert row["case_id"] == case.case_id
    assert row["prompt"][-1]["role"] == "user"


def test_parts_that_do_not_overlap_share_no_family(cases: tuple) -> None:
    settings = SETTINGS.model_copy(update={"n": 200})
    whole = {case.case_id: case.family for case in data.load_cases(settings)}
    parts = []
    for part in ((0.0, 0.6), (0.6, 1.0)):
        parts.append({c.case_id: c.family for c in data.load_cases(settings.model_copy(update={"part": part}))})
    assert {**parts[0], **parts[1]} == whole
    assert parts[0]
    assert parts[1]
    assert not set(parts[0].values()) & set(parts[1].values())
