"""Scores of reviewers: worked by hand."""

from __future__ import annotations

import pytest

from triagelab.clinical.drug_scores import Answer, score_reviews
from triagelab.errors import BadInputError, UnknownNameError

TRUTH = [Answer("reject", ("D03a", "D27a")), Answer("modify", ("D29",)), Answer("approve"), Answer("approve")]


def test_worked_by_hand():
    given = [Answer("reject", ("D03a",)), Answer("approve"), Answer("approve"), Answer("reject", ("D12",))]
    found = score_reviews(TRUTH, given)
    assert (found.n, found.precision, found.recall) == (4, 1 / 2, 1 / 3)
    assert found.f1 == pytest.approx(2 * 1 / (2 + 3))
    assert found.verdict_accuracy == 0.5
    assert found.verdict_balanced == pytest.approx((1 + 0 + 0.5) / 3)
    assert (found.unsafe, found.needless) == (0.0, 0.5)
    assert found.score == pytest.approx((found.f1 + found.verdict_balanced) / 2)


def test_rows_forgive_the_letter():
    given = [Answer("reject", ("D03b", "D27b")), *TRUTH[1:]]
    assert score_reviews(TRUTH, given).recall == pytest.approx(1 / 3)
    assert score_reviews(TRUTH, given, by="row").recall == 1.0


def test_no_answer_is_wrong_and_not_unsafe():
    found = score_reviews(TRUTH, [Answer(None) for _ in TRUTH])
    assert (found.verdict_accuracy, found.unsafe, found.needless) == (0.0, 0.0, 0.0)
    assert (found.precision, found.recall, found.f1) == (None, 0.0, 0.0)


def test_nothing_broken_and_nothing_named():
    found = score_reviews([Answer("approve")], [Answer("approve")])
    assert (found.precision, found.recall, found.unsafe, found.f1, found.score) == (None, None, None, 1.0, 1.0)


def test_refused():
    with pytest.raises(BadInputError):
        score_reviews(TRUTH, TRUTH[:2])
    with pytest.raises(BadInputError):
        score_reviews([], [])
    with pytest.raises(UnknownNameError, match="did you mean 'row'"):
        score_reviews(TRUTH, TRUTH, by="rows")
    with pytest.raises(UnknownNameError):
        score_reviews([Answer("deny")], [Answer("reject")])
