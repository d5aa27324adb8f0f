"""Checks of judges: agreement, unreadable replies, and biases that are put in on purpose."""

from __future__ import annotations

import pytest

from triagelab.cases.imaging.generator import dataset_split
from triagelab.errors import BadInputError
from triagelab.evaluation.imaging.agreement import agreement_of, krippendorff
from triagelab.evaluation.imaging.judge_samples import judge_samples
from triagelab.evaluation.imaging.judging import check_judge
from triagelab.rewards.imaging.judge import Grades
from triagelab.rewards.imaging.rubric import RubricScorer


@pytest.fixture(scope="module")
def samples():
    return judge_samples(dataset_split("test", seed=7, variants=4), 60)


class LovesWords:
    """Marks by length, reads nothing, and does not always answer."""

    name = "loves words"

    def __init__(self) -> None:
        self.calls = 0

    def grade(self, items):
        self.calls += 1
        marks = [min(10.0, len(item.reasoning.split()) / 20) for item in items]
        return [None if place == self.calls else Grades(mark, mark, mark) for place, mark in enumerate(marks)]


class LovesTheFirst:
    """The first of a batch gets more."""

    name = "loves the first"

    def grade(self, items):
        return [Grades(*(3 * [10.0 - 10.0 * place / len(items)])) for place, _ in enumerate(items)]


def test_the_rubric_scorer_agrees_with_itself_and_is_not_won_by_padding(samples):
    found = check_judge(RubricScorer(), samples[0], clusters=samples[1])
    assert found.agreement.unparsable == 0
    assert found.agreement.parts["total"].exact == 1.0
    biases = {bias.name: bias for bias in found.biases}
    assert biases["batch"].change.value == 0.0
    assert biases["length"].change.value <= 0.0
    assert biases["length"].raised == 0.0
    assert found.lines()[0].startswith("rubric scorer: 60 items, 3 calls")
    assert found.to_dict()["kind"] == "imaging judge check"


def test_a_judge_that_loves_words_is_found(samples):
    found = check_judge(LovesWords(), samples[0], clusters=samples[1])
    bias = next(bias for bias in found.biases if bias.name == "length")
    assert bias.change.value > 0.1
    assert bias.raised > 0.9
    assert found.agreement.unparsable == pytest.approx(1 / 60)


def test_a_judge_that_minds_the_place_is_found(samples):
    bias = next(bias for bias in check_judge(LovesTheFirst(), samples[0]).biases if bias.name == "batch")
    assert bias.change.low is not None
    assert bias.raised == pytest.approx(0.5, abs=0.02)


def test_krippendorff_by_hand():
    # Krippendorff 2011, "Computing Krippendorff's alpha-reliability", example C: 12 units, interval metric.
    a = [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None]
    b = [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3]
    c = [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None]
    d = [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None]
    rows = [[float(mark) for mark in item if mark is not None] for item in zip(a, b, c, d, strict=True)]
    assert krippendorff(rows) == pytest.approx(0.849, abs=0.001)
    assert krippendorff([[1.0, 1.0], [1.0, 1.0]]) is None
    assert krippendorff([[1.0], [2.0]]) is None


def test_agreement_of_calls_that_differ():
    low, high = Grades(1, 1, 1), Grades(9, 9, 9)
    found = agreement_of("j", [[low, high, None], [low, low, None]])
    assert found.unparsable == pytest.approx(1 / 3)
    assert found.parts["logic"].exact == 0.5
    assert found.parts["logic"].spread == 4.0


def test_no_items_is_an_error():
    with pytest.raises(BadInputError, match="at least one"):
        check_judge(RubricScorer(), [])
