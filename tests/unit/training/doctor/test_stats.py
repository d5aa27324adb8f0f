"""Errors that count groups, not completions, and changes that noise does not make."""

from __future__ import annotations

import math

import numpy as np
import pytest

from triagelab.seeding import stream
from triagelab.training.doctor.stats import Change, Estimate, at_mix, change, clustered, of_steps


def test_copies_within_a_group_add_nothing() -> None:
    rng = stream("tests.doctor.stats", 0)
    groups = rng.integers(0, 2, 200).astype(float)
    alone = clustered(groups, np.arange(200))
    copied = clustered(np.repeat(groups, 8), np.repeat(np.arange(200), 8))
    assert alone is not None
    assert copied is not None
    assert copied.mean == pytest.approx(alone.mean)
    assert copied.error == pytest.approx(alone.error)
    assert copied.units == 200


def test_the_error_covers_the_truth_as_often_as_it_says() -> None:
    rng = stream("tests.doctor.stats", 1)
    covered = 0
    for _ in range(300):
        skill = rng.beta(2, 2, 40)
        values = (rng.random((40, 8)) < skill[:, None]).astype(float).ravel()
        found = clustered(values, np.repeat(np.arange(40), 8))
        assert found is not None
        covered += abs(found.mean - 0.5) < 1.96 * found.error
    assert 0.92 <= covered / 300 <= 0.99


def test_a_few_groups_that_agree_are_not_certain() -> None:
    found = clustered(np.ones(16), np.repeat([0, 1], 8))
    assert found is not None
    assert found.error > 0.1


def test_missing_values_are_left_out() -> None:
    found = clustered(np.array([1.0, math.nan, 3.0]), np.arange(3))
    assert found is not None
    assert (found.mean, found.units) == (2.0, 2)
    assert clustered(np.array([math.nan]), np.arange(1)) is None


def test_weighing_to_a_mix_undoes_oversampling() -> None:
    level = np.array([1] * 90 + [3] * 10)
    right = (level == 1).astype(float)
    found = at_mix(right, np.arange(100), level, {1: 0.1, 3: 0.9})
    assert found is not None
    assert found.mean == pytest.approx(0.1)
    assert at_mix(right, np.arange(100), level, {1: 0.5, 2: 0.5}) is None


def test_the_scatter_of_few_logs_is_widened() -> None:
    assert of_steps([]) is None
    few, many = of_steps([0.0, 1.0, 0.0, 1.0]), of_steps([0.0, 1.0] * 200)
    assert few is not None
    assert many is not None
    assert few.error == pytest.approx(0.5)
    assert many.error == pytest.approx(0.5 / 20, rel=0.01)
    assert of_steps([1.0, 2.0]) == Estimate(1.5, math.inf, 2)


def test_a_change_is_counted_in_errors() -> None:
    assert change(Estimate(0.5, 0.03, 10), Estimate(0.6, 0.04, 10)) == Change(0.5, 0.6, pytest.approx(2.0))
    assert change(Estimate(0.5, 0.0, 10), Estimate(0.5, 0.0, 10)).z == 0.0
    assert change(Estimate(0.5, 0.0, 10), Estimate(0.6, 0.0, 10)).z == math.inf
    assert change(Estimate(0.5, math.inf, 2), Estimate(0.6, 0.0, 10)).z == 0.0
    moved = Change(0.5, 0.7, 4.0)
    assert moved.rose(0.1, 3.5)
    assert not moved.rose(0.3, 3.5)
    assert not moved.rose(0.1, 4.5)
    assert not moved.fell(0.0, 0.0)
