"""What a run at the bedside learns from: a teacher's episodes, and cases to act in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from triagelab.agents.bedside_calls import ENDED, SYSTEM, call_message, call_pieces, read_call
from triagelab.cases.bedside.actions import TARGETS, BedsideAction
from triagelab.errors import BadInputError, DataFormatError
from triagelab.training import bedside_data as data
from triagelab.training.bedside_format import set_calls, tiny_tokenizer
from triagelab.training.models import CHAT_TEMPLATE
from triagelab.training.recipe_files import load_recipe

RECIPE = load_recipe("tiny-bedside-sft", {"data.n": 12, "bedside.questions": [1, 3]})


@pytest.fixture(scope="module")
def taught() -> list[data.Lesson]:
    return data.lessons(RECIPE)


@pytest.fixture(scope="module")
def tokenizer(taught: list[data.Lesson], tmp_path_factory: pytest.TempPathFactory) -> Any:
    from transformers import AutoTokenizer

    folder = tmp_path_factory.mktemp("tokenizer")
    tiny_tokenizer(data.texts_of(taught), 700, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    set_calls(tokenizer, "terse")
    return tokenizer


def test_the_teacher_asks_little_and_ends_with_the_truth(taught: list[data.Lesson]) -> None:
    assert len(taught) == 12
    for lesson in taught:
        calls = [m["tool_calls"][0]["function"] for m in lesson.messages if m.get("tool_calls")]
        questions = [call for call in calls if call["name"] not in ("intervene", "commit")]
        assert len(questions) <= 3
        assert calls[-1]["name"] == "commit"
        assert calls[-1]["arguments"]["level"] == lesson.level
        assert lesson.total > 0.5
        assert [m["content"] for m in lesson.messages[-2:]] == [ENDED, ""]
    assert {len(lesson.messages) for lesson in taught} != {len(taught[0].messages)}
    assert data.lessons(RECIPE) == taught


def test_cases_are_seeded_and_never_repeat() -> None:
    seeds = data.case_seeds(RECIPE)
    assert seeds == data.case_seeds(RECIPE)
    assert len(set(seeds)) == 12
    other = load_recipe("tiny-bedside-sft", {"data.n": 12, "data.seed": 1})
    assert not set(seeds) & set(data.case_seeds(other))
    rows = data.grpo_rows(RECIPE)
    assert [row["seed"] for row in rows] == seeds
    assert {row["split"] for row in rows} == {"train"}
    assert rows[0]["prompt"][0]["content"] == SYSTEM
    assert set(rows[0]) == {"prompt", "seed", "split"}
    with pytest.raises(BadInputError, match=r"data\.n"):
        data.case_seeds(load_recipe("tiny-bedside-sft", {"data.n": "none"}))


def test_the_two_recipes_share_no_family_and_an_empty_part_is_said() -> None:
    families = []
    for name in ("tiny-bedside-sft", "tiny-bedside-grpo"):
        recipe = load_recipe(name, {"data.n": 150})
        families.append({data.family_of("train", seed) for seed in data.case_seeds(recipe)})
    assert len(families[0]) > 20
    assert len(families[1]) > 15
    assert not families[0] & families[1]
    with pytest.raises(DataFormatError, match=r"data\.part"):
        data.case_seeds(load_recipe("tiny-bedside-sft", {"data.n": 1, "data.part": [0.0, 1e-9]}))


def test_only_what_the_assistant_writes_carries_loss(taught: list[data.Lesson], tokenizer: Any) -> None:
    for lesson, row in zip(taught, data.sft_rows(taught, tokenizer, 4096), strict=True):
        learnt = tokenizer.decode([label for label in row["labels"] if label != -100])
        turns = learnt.split("<|im_end|>")
        assert turns.pop() == turns.pop() == ""
        calls = [m["tool_calls"][0]["function"] for m in lesson.messages if m.get("tool_calls")]
        assert [read_call(turn).to_dict() for turn in turns] == [
            {"kind": call["name"], **call["arguments"]} for call in calls
        ]
        assert all(label in (-100, token) for label, token in zip(row["labels"], row["input_ids"], strict=True))


def test_a_call_is_five_tokens_and_reads_back(tokenizer: Any) -> None:
    assert all(len(tokenizer(piece, add_special_tokens=False)["input_ids"]) == 1 for piece in call_pieces())
    answer = BedsideAction(kind="commit", level=2, pathway="emergency", pattern="stroke")
    actions = [BedsideAction(kind=kind, target=target) for kind, names in TARGETS.items() for target in names]
    for action in (*actions, answer):
        message = [{"role": "user", "content": ""}, call_message(action)]
        text = tokenizer.apply_chat_template(message, tokenize=False).rpartition("assistant\n")[2].strip()
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert len(ids) == (7 if action.kind == "commit" else 5)
        assert read_call(tokenizer.decode(ids)) == action


def test_what_cannot_be_learnt_from_is_refused(taught: list[data.Lesson], tokenizer: Any, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="room for one episode"):
        data.sft_rows(taught, tokenizer, 32)
    some = data.sft_rows(
        taught, tokenizer, sorted(len(r["input_ids"]) for r in data.sft_rows(taught, tokenizer, 4096))[5]
    )
    assert 6 <= len(some) < 12
    with pytest.raises(BadInputError, match=r"model\.tiny\.vocabulary"):
        tiny_tokenizer(data.texts_of(taught), 330, tmp_path)
    template = tokenizer.chat_template
    try:
        tokenizer.chat_template = CHAT_TEMPLATE
        with pytest.raises(DataFormatError, match="generation"):
            data.sft_rows(taught, tokenizer, 4096)
    finally:
        tokenizer.chat_template = template
