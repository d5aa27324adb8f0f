"""One vocabulary of decisions for every agent with probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from triagelab.agents.decisions import DECISIONS, check_decision, decide_levels, expected_level, levels_from_scores
from triagelab.errors import BadInputError, UnknownNameError

DOUBT = np.asarray([[0.0, 0.3, 0.7, 0.0, 0.0], [0.0, 0.0, 0.1, 0.5, 0.4]])
CUTS = (1.5, 2.8, 3.5, 4.2)


def test_each_decision_answers_as_it_says():
    scores = expected_level(DOUBT)
    answers = {name: decide_levels(DOUBT, scores, CUTS, name).tolist() for name in DECISIONS}
    assert answers == {"preferred": [2, 5], "likeliest": [3, 4], "rounding": [3, 4], "cost": [2, 4]}


def test_a_score_on_a_cut_is_the_less_urgent_level():
    assert levels_from_scores(np.asarray([-9.0, 1.49, 1.5, 3.0, 4.5, 9.0]), (1.5, 2.5, 3.5, 4.5)).tolist() == [
        1, 1, 2, 3, 5, 5,
    ]  # fmt: skip


def test_unknown_names():
    with pytest.raises(BadInputError, match="decision"):
        check_decision("coin", "standard")
    with pytest.raises(UnknownNameError, match="standard"):
        check_decision("cost", "standart")
