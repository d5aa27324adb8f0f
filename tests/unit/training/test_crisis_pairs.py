"""Preference pairs: ranked by what the verifiers pay, kept only where the answers differ, written and read whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from triagelab.errors import BadInputError, DataFormatError
from triagelab.training import crisis_data as data
from triagelab.training import crisis_pairs
from triagelab.training.crisis_pairs import Pair, pairs, rank, read_pairs, scripted_answers, write_pairs
from triagelab.training.recipe_files import load_recipe

PRESET = "crisis-v1"


@pytest.fixture(scope="module")
def found() -> list[data.Example]:
    return data.examples(load_recipe("tiny-crisis-sft", {"data.n": 12, "crisis.latest": 5, "crisis.quiet": 0.0}))


@pytest.fixture(scope="module")
def made(found: list[data.Example]) -> list[Pair]:
    return pairs(found, [scripted_answers(one.key, "crisis-brief", None, 0) for one in found], PRESET, 0.05)


def test_the_best_is_chosen_and_the_worst_rejected(made: list[Pair]) -> None:
    assert len(made) >= 8
    for pair in made:
        assert pair.chosen.score - pair.rejected.score >= 0.05
        assert pair.chosen.text != pair.rejected.text
    chosen = [pair.chosen.source for pair in made]
    assert sum(source in ("book", "half") for source in chosen) >= 0.6 * len(made)
    assert "words" not in chosen
    assert "spam" not in chosen


def test_ranking_is_by_score_and_counts_a_text_once(found: list[data.Example]) -> None:
    one = next(example for example in found if len(example.acts) > 1)
    answers = scripted_answers(one.key, "crisis-brief", None, 0)
    ranked = rank(one.key, [*answers, *answers], PRESET)
    assert len({item.text for item in ranked}) == len(ranked)
    assert [item.score for item in ranked] == sorted((item.score for item in ranked), reverse=True)


def test_a_margin_that_nothing_reaches_is_refused(found: list[data.Example]) -> None:
    answers = [scripted_answers(one.key, "crisis-brief", None, 0) for one in found[:2]]
    with pytest.raises(BadInputError, match=r"crisis\.margin"):
        pairs(found[:2], answers, PRESET, 5.0)
    same = [[("book", one.answer), ("again", one.answer)] for one in found[:2]]
    with pytest.raises(BadInputError, match="no two answers"):
        pairs(found[:2], same, PRESET, 0.01)


def test_scripted_answers_differ_and_stay_within_the_budget(found: list[data.Example]) -> None:
    for one in found:
        answers = dict(scripted_answers(one.key, "crisis-brief", None, 0))
        assert set(answers) == {"book", "half", "nothing", "swapped", "spam", "words"}
        assert answers["book"] == one.answer
        assert len(json.loads(answers["half"])["acts"]) <= len(one.acts)
        assert all(act["act"] == "flag" for act in json.loads(answers["spam"])["acts"])
        assert scripted_answers(one.key, "crisis-brief", None, 0) == list(answers.items())


def test_pairs_are_written_in_trls_format_and_read_back(made: list[Pair], tmp_path: Path) -> None:
    place = tmp_path / "pairs.jsonl"
    assert write_pairs(made, place) == len(made)
    rows = read_pairs(place)
    assert rows == [pair.row() for pair in made]
    for row in rows:
        assert row["prompt"][-1]["role"] == "user"
        assert row["chosen"][0]["role"] == row["rejected"][0]["role"] == "assistant"
        assert row["chosen_score"] > row["rejected_score"]


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"state": "x"}', '{"state": 3, "chosen": [], "rejected": []}'])
def test_a_line_that_is_no_pair_is_told_with_its_number(made: list[Pair], tmp_path: Path, line: str) -> None:
    place = tmp_path / "pairs.jsonl"
    write_pairs(made[:1], place)
    place.write_text(place.read_text() + line + "\n")
    with pytest.raises(DataFormatError, match="line 2"):
        read_pairs(place)


def test_a_write_that_fails_leaves_the_old_file(made: list[Pair], tmp_path: Path) -> None:
    place = tmp_path / "pairs.jsonl"
    write_pairs(made[:1], place)
    before = place.read_text()

    def broken() -> Iterator[Pair]:
        yield made[0]
        raise RuntimeError("disk")

    with pytest.raises(RuntimeError):
        write_pairs(broken(), place)
    assert place.read_text() == before
    assert crisis_pairs.read_pairs(place)
