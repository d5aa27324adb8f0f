"""States as training data: splits that share no episode, answers that hold in view, a tokenizer that loses nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from triagelab.completions.crisis_reading import read_completion
from triagelab.errors import BadInputError, DataFormatError
from triagelab.hospital.acts import ACTS, COMMON
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View
from triagelab.rewards.crisis.preset import load_crisis_preset
from triagelab.rewards.crisis.score import score_crisis
from triagelab.rewards.crisis.states import StateKey, state_at
from triagelab.training import crisis_data as data
from triagelab.training.crisis_format import act_pieces, pieces, tiny_tokenizer
from triagelab.training.recipe_files import load_recipe
from triagelab.training.shown import texts_of

SMALL: dict[str, Any] = {"data.n": 24, "crisis.latest": 6, "crisis.quiet": 0.25}


@pytest.fixture(scope="module")
def found() -> list[data.Example]:
    return data.examples(load_recipe("tiny-crisis-sft", SMALL))


def test_states_are_as_many_as_asked_with_every_role_and_a_quiet_share(found: list[data.Example]) -> None:
    assert len(found) == 24
    assert {one.key.role for one in found} == set(ROLES)
    quiet = [one for one in found if not one.acts]
    assert 3 <= len(quiet) <= 9
    assert all(json.loads(one.answer)["acts"] == [] for one in quiet)
    assert len({one.key.text for one in found}) == 24


def test_equal_seeds_give_equal_states_and_other_seeds_others(found: list[data.Example]) -> None:
    again = data.examples(load_recipe("tiny-crisis-sft", SMALL))
    other = data.examples(load_recipe("tiny-crisis-sft", {**SMALL, "data.seed": 5}))
    assert [one.row() for one in again] == [one.row() for one in found]
    assert not {one.key.seed for one in other} & {one.key.seed for one in found}


def test_no_episode_is_in_two_splits_whatever_the_seed() -> None:
    for seed in (0, 1):
        told = {}
        for split in data.PARTS:
            wanted = {"data.n": 8, "data.split": split, "data.seed": seed, "crisis.latest": 2}
            told[split] = {one.key.seed for one in data.examples(load_recipe("tiny-crisis-sft", wanted))}
            assert all(data.split_of(episode) == split for episode in told[split])
    shares = [data.split_of(seed) for seed in range(4000)]
    assert 0.67 < shares.count("train") / 4000 < 0.73
    assert 0.12 < shares.count("test") / 4000 < 0.18


def test_gold_answers_are_read_cleanly_and_name_only_what_is_shown(found: list[data.Example]) -> None:
    for one in found:
        read = read_completion(one.answer, one.key.role)
        assert read.status.value == "clean"
        assert read.acts == one.acts
        assert not read.refused
        shown = one.messages[-1]["content"]
        named = {act.args["patient"] for act in one.acts if "patient" in act.args}
        assert all(name in shown for name in named), "an act about somebody whom the prompt does not show"


def test_gold_answers_earn_more_than_doing_nothing_and_their_reasons_hold(found: list[data.Example]) -> None:
    preset = load_crisis_preset("crisis-v1")
    better = []
    for one in [example for example in found if example.acts][:10]:
        gold = score_crisis(preset, one.key, one.answer)
        nothing = score_crisis(preset, one.key, '{"reasoning": "", "acts": []}')
        assert gold.total is not None
        assert nothing.total is not None
        better.append(gold.total - nothing.total)
        assert (gold.terms["no_hallucination"].value or 0.0) > 0.99, gold.terms["no_hallucination"].reason
        assert (gold.terms["reasoning_quality"].value or 0.0) > 0, gold.terms["reasoning_quality"].reason
    assert sum(better) > 0.5
    assert sum(gain >= -1e-9 for gain in better) >= 9


def test_showing_fewer_patients_leaves_out_the_acts_about_the_others(found: list[data.Example]) -> None:
    key = next(one.key for one in found if one.key.role == "er_triage" and len(one.acts) > 2)
    view = View(state_at(key), key.role)
    few = data.example(key, "crisis-brief", 1)
    assert len(few.acts) < len(data.shown_acts(view, 60))
    assert len({act.args["patient"] for act in few.acts if "patient" in act.args}) <= 1


def test_what_leads_to_no_states_is_refused() -> None:
    with pytest.raises(BadInputError, match=r"data\.n"):
        data.examples(load_recipe("tiny-crisis-sft", {"data.n": "none"}))
    with pytest.raises(DataFormatError, match="no more states"):
        wanted = {"data.n": 6, "crisis.roles": ["cmo_oversight"], "crisis.shares": [1.0], "crisis.latest": 0}
        wanted |= {"crisis.behaviours": ["book"], "crisis.scenarios": ["disease_outbreak"], "crisis.quiet": 0.0}
        data.RAREST, kept = 5, data.RAREST
        try:
            data.examples(load_recipe("tiny-crisis-sft", wanted))
        finally:
            data.RAREST = kept


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"crisis.scenarios": ["flood"]}, "mass_casualty"),
        ({"crisis.difficulty": [0.9, 0.1]}, "lower first"),
        ({"crisis.shares": [1.0, 2.0]}, "one number a role"),
        ({"kind": "dpo", "crisis": None}, "dpo"),
        ({"crisis.patients": 0}, "greater than or equal to 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises((BadInputError, DataFormatError), match=message):
        load_recipe("tiny-crisis-sft", change)


def test_the_tokenizer_loses_nothing_and_takes_few_tokens(found: list[data.Example], tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    tiny_tokenizer(texts_of(found), 1024, tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    for one in found:
        for text in (one.answer, one.messages[-1]["content"]):
            ids = tokenizer(text, add_special_tokens=False)["input_ids"]
            assert tokenizer.decode(ids) == text
        assert len(tokenizer(one.messages[-1]["content"])["input_ids"]) <= 450
    acts = json.dumps([{"act": "place", "patient": "P-003", "area": "resus"}] * 2)
    assert len(tokenizer(acts, add_special_tokens=False)["input_ids"]) <= 8
    with pytest.raises(BadInputError, match=r"model\.tiny\.vocabulary"):
        tiny_tokenizer(["x"], 400, tmp_path)


def test_every_act_of_the_table_has_its_pieces() -> None:
    told = "".join(act_pieces())
    for fields in [*ACTS.values(), COMMON]:
        for kind in fields:
            assert f'{{"act": "{kind}"' in told
    assert len(set(pieces())) == len(pieces())


def test_rows_that_do_not_fit_are_left_out_and_none_at_all_is_an_error(
    found: list[data.Example], tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    tiny_tokenizer(texts_of(found), 1024, tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    rows = data.sft_rows(found, tokenizer, 2000)
    assert len(rows) == len(found)
    for row, one in zip(rows, found, strict=True):
        kept = [i for i, label in zip(row["input_ids"], row["labels"], strict=True) if label != -100]
        assert tokenizer.decode(kept) == one.answer + tokenizer.eos_token
    middle = sorted(len(row["input_ids"]) for row in rows)[12]
    assert 0 < len(data.sft_rows(found, tokenizer, middle)) < len(found)
    told = data.grpo_rows(found, tokenizer, 2000, max_new_tokens=10)
    assert [StateKey.parse(row["state"]) for row in told] == [one.key for one in found]
    for call in (
        lambda: data.sft_rows(found, tokenizer, 3),
        lambda: data.grpo_rows(found, tokenizer, 3, max_new_tokens=2),
    ):
        with pytest.raises(BadInputError, match=r"data\.max_tokens"):
            call()
