"""Trees as arrays: the arithmetic by hand, missing values, and arrays from outside that would point anywhere."""

from __future__ import annotations

import numpy as np
import pytest

from triagelab.agents.trees import ROWS_AT_ONCE, Trees
from triagelab.errors import DataFormatError


def two_trees() -> Trees:
    """First tree: column 0 <= 5 gives 1, else 2, missing goes left. Second: a single leaf of 10."""
    return Trees(
        base=100.0,
        roots=np.asarray([0, 3], np.int32),
        feature=np.asarray([0, 0, 0, 0], np.int32),
        threshold=np.asarray([5.0, np.inf, np.inf, np.inf]),
        left=np.asarray([1, 1, 2, 3], np.int32),
        right=np.asarray([2, 1, 2, 3], np.int32),
        missing_left=np.asarray([True, False, False, False]),
        value=np.asarray([0.0, 1.0, 2.0, 10.0]),
    )


def test_by_hand():
    rows = np.asarray([[4.0], [5.0], [5.1], [np.nan], [np.inf], [-np.inf]])
    assert two_trees().predict(rows).tolist() == [111, 111, 112, 111, 112, 111]


def test_rows_are_independent_of_the_chunk():
    rows = np.linspace(0, 10, 2 * ROWS_AT_ONCE + 7)[:, None]
    whole = two_trees().predict(rows)
    assert np.array_equal(whole, np.where(rows[:, 0] <= 5, 111.0, 112.0))
    assert two_trees().predict(rows[:0]).shape == (0,)


def test_arrays_come_back():
    trees = Trees.from_arrays(two_trees().to_arrays(), n_features=1)
    assert trees.predict(np.asarray([[6.0]])).tolist() == [112]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("tree_left", [1, 9, 2, 3], "points outside"),
        ("tree_right", [-1, 1, 2, 3], "points outside"),
        ("tree_roots", [0, 4], "points outside"),
        ("tree_feature", [1, 0, 0, 0], "column"),
        ("tree_feature", [-1, 0, 0, 0], "column"),
        ("tree_value", [0.0, 1.0, np.nan, 10.0], "finite"),
        ("tree_threshold", [5.0], "one length"),
        ("tree_roots", [], "one length"),
    ],
)
def test_damaged_arrays_are_refused(name, value, message):
    arrays = two_trees().to_arrays() | {name: np.asarray(value)}
    with pytest.raises(DataFormatError, match=message):
        Trees.from_arrays(arrays, n_features=1)


def test_a_tree_that_bites_its_tail_ends():
    arrays = two_trees().to_arrays() | {"tree_left": np.asarray([0, 0, 2, 3]), "tree_right": np.asarray([0, 0, 2, 3])}
    assert np.isfinite(Trees.from_arrays(arrays, n_features=1).predict(np.zeros((3, 1)))).all()
