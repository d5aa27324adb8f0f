"""Imaging questions as training data: the train split alone, gold that parses, a tokenizer that loses nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from triagelab.cases.imaging.generator import dataset_split
from triagelab.cases.imaging.variant import signature, split_of
from triagelab.clinical.imaging import condition
from triagelab.completions.imaging_answers import parse_imaging, sentences_of
from triagelab.errors import BadInputError, DataFormatError
from triagelab.rewards.imaging.rubric import RubricScorer
from triagelab.training import imaging_data as data
from triagelab.training.config import Recipe
from triagelab.training.imaging_format import MARKS, pieces, tiny_tokenizer
from triagelab.training.imaging_run import chosen_judge
from triagelab.training.recipe_files import load_recipe
from triagelab.training.shown import texts_of

SMALL: dict[str, Any] = {"data.n": 200}


def recipe(**changes: Any) -> Recipe:
    return load_recipe(
        "tiny-imaging-sft", {**SMALL, **{key.replace("__", "."): value for key, value in changes.items()}}
    )


@pytest.fixture(scope="module")
def found() -> list[data.Example]:
    return data.examples(recipe(), data.cases(recipe()), evidence=0.5)


@pytest.fixture(scope="module")
def tokenizer(found: list[data.Example], tmp_path_factory: pytest.TempPathFactory) -> Any:
    from transformers import AutoTokenizer

    folder = tmp_path_factory.mktemp("tokenizer")
    tiny_tokenizer(texts_of(found), 1500, folder)
    return AutoTokenizer.from_pretrained(folder)


@pytest.mark.parametrize("source", ["dataset", "generated"])
def test_no_case_to_learn_from_is_one_that_is_tested(source: str) -> None:
    cases = data.cases(recipe(imaging__source=source))
    tested = {
        case.truth.condition + str(signature(case.truth.condition, case.truth.facts)) for case in dataset_split("test")
    }
    assert len(cases) == 200
    for case in cases:
        mark = signature(case.truth.condition, case.truth.facts)
        assert case.split == "train"
        assert split_of(case.truth.condition, mark) == "train"
        assert case.truth.condition + mark not in tested
        assert not condition(case.truth.condition).held_out


def test_the_dataset_is_shown_as_published_and_in_one_order() -> None:
    every = data.cases(recipe(imaging__source="dataset", data__n=None))
    assert {case.id for case in every} == {case.id for case in dataset_split("train")}
    assert [case.id for case in every] != [case.id for case in dataset_split("train")]
    again = data.cases(recipe(imaging__source="dataset", data__n=50))
    assert [case.id for case in again] == [case.id for case in every[:50]]


def test_equal_seeds_give_equal_cases_and_other_seeds_others() -> None:
    one, again = ([case.id for case in data.cases(recipe())] for _ in range(2))
    other = [case.id for case in data.cases(recipe(data__seed=7))]
    assert one == again
    assert len(set(one) & set(other)) < 3


@pytest.mark.parametrize("split", ["dev", "test"])
def test_nothing_else_is_trained_on(split: str) -> None:
    with pytest.raises(BadInputError, match="never trained on"):
        data.cases(recipe(data__split=split))


def test_generated_cases_need_a_number() -> None:
    with pytest.raises(BadInputError, match=r"data\.n"):
        data.cases(recipe(data__n=None))


def test_one_table_a_recipe() -> None:
    with pytest.raises(DataFormatError, match="one of the tables"):
        load_recipe("tiny-imaging-sft", {"crisis.quiet": 0.1})


def test_gold_answers_parse_to_the_gold_label_and_hold_three_to_six_sentences(found: list[data.Example]) -> None:
    for one in found:
        answer = parse_imaging(one.answer)
        assert answer.well_formed
        assert answer.label is one.case.truth.label
        assert 3 <= len(sentences_of(answer.reasoning)) <= 6


def test_the_prompt_holds_the_question_and_nothing_of_the_answer(found: list[data.Example]) -> None:
    for one in found:
        text = one.messages[-1]["content"]
        assert one.case.question.asked in text
        assert one.case.id not in text
        assert one.case.question.variant_id not in text
        assert not any(label.value in text for label in data.LABELS)


def test_the_tokenizer_keeps_the_format_when_special_tokens_are_left_out(
    tokenizer: Any, found: list[data.Example]
) -> None:
    for piece in pieces():
        assert len(tokenizer(piece, add_special_tokens=False)["input_ids"]) == 1
    for one in found[:50]:
        ids = tokenizer(one.answer, add_special_tokens=False)["input_ids"]
        assert tokenizer.decode([*ids, tokenizer.eos_token_id], skip_special_tokens=True) == one.answer
    assert not set(MARKS) & set(tokenizer.all_special_tokens)


def test_a_vocabulary_without_room_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="vocabulary"):
        tiny_tokenizer(["a"], 300, tmp_path)


def test_rows_carry_the_id_and_lose_only_what_is_too_long(tokenizer: Any, found: list[data.Example]) -> None:
    rows = data.grpo_rows(found, tokenizer, 640, max_new_tokens=100)
    assert [row["id"] for row in rows] == [one.case.id for one in found]
    assert set(rows[0]) == {"prompt", "id"}, "no gold beside the prompt: it is looked up by id"
    fewer, places = data.sft_rows(found, tokenizer, 160)
    assert 0 < len(fewer) == len(places) < len(found)
    assert all(len(row["input_ids"]) == len(row["labels"]) <= 160 for row in fewer)
    with pytest.raises(BadInputError, match="max_tokens"):
        data.sft_rows(found, tokenizer, 20)


def test_balance_shows_rare_labels_more_often() -> None:
    places = [0, 2, 2, 2]
    assert data.label_weights(places, 0.0) == {0: 1.0, 1: 1.0, 2: 1.0}
    even = data.label_weights(places, 1.0)
    assert even[0] == pytest.approx(3 * even[2])


@pytest.mark.parametrize(
    ("recipe", "judge", "said"),
    [
        ("tiny-imaging-grpo-llm-eval", "nobody", "imaging.judge: got 'nobody'"),
        ("tiny-imaging-grpo-llm-eval", "model:/nowhere", "nowhere"),
        ("tiny-imaging-grpo-baseline", "llm:some-model", "nothing in this run asks a judge"),
        ("tiny-imaging-sft", "llm:some-model", "nothing in this run asks a judge"),
    ],
)
def test_a_judge_that_cannot_be_asked_is_refused_in_one_line(recipe: str, judge: str, said: str) -> None:
    with pytest.raises(BadInputError, match=said) as caught:
        chosen_judge(load_recipe(recipe, {"imaging.judge": judge}))
    assert "\n" not in str(caught.value)


def test_the_rubric_scorer_is_the_judge_where_one_is_asked_and_nobody_elsewhere() -> None:
    assert isinstance(chosen_judge(load_recipe("tiny-imaging-grpo-llm-eval")), RubricScorer)
    assert chosen_judge(load_recipe("tiny-imaging-grpo-embedding")) is None
