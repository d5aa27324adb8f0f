"""The stated cost of a wrong level, and the decision that costs least."""

import numpy as np
import pytest

from triagelab.clinical.costs import cost_matrices, cost_matrix
from triagelab.errors import UnknownNameError


def test_under_triage_of_an_urgent_patient_is_dearest():
    standard = cost_matrix()
    assert standard.cost(2, 3) == 3.0 > standard.cost(4, 5) == 1.5 > standard.cost(3, 2) == 1.0
    assert standard.cost(1, None) == standard.cost(1, 5) + 1


@pytest.mark.parametrize("name", list(cost_matrices()))
def test_certainty_is_answered_as_it_is(name):
    assert cost_matrix(name).cheapest(np.eye(5)).tolist() == [1, 2, 3, 4, 5]


def test_doubt_is_settled_towards_the_dearer_mistake():
    doubt = np.array([[0.0, 0.3, 0.7, 0.0, 0.0], [0.0, 0.1, 0.9, 0.0, 0.0]])
    assert cost_matrix().cheapest(doubt).tolist() == [2, 3]


def test_a_tie_goes_to_the_more_urgent_level():
    assert cost_matrix().cheapest(np.array([[0.0, 0.25, 0.75, 0.0, 0.0]])).tolist() == [2]


def test_unknown_matrix_names_the_nearest():
    with pytest.raises(UnknownNameError, match="standard"):
        cost_matrix("standart")
