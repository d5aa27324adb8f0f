"""Rates of the forecast: the file, and the mixture that counts resources."""

from __future__ import annotations

import itertools
import math

import pytest

from triagelab.clinical.facts import RESOURCE_TYPES
from triagelab.clinical.resource_rates import NODES, WEIGHTS, chances, mixture, rates
from triagelab.clinical.resources import adjustments, forecast_table

NOTHING = dict.fromkeys(RESOURCE_TYPES)
UNKNOWN = (None,) * len(RESOURCE_TYPES)


def test_every_rate_belongs_to_a_row_and_was_seen_often_enough():
    known = {row.id for row in (*forecast_table(), *adjustments())}
    assert set(rates().rate) <= known
    assert all(rate.n >= 30 for rate in rates().rate.values())
    assert all(0.0 <= share <= 1.0 for rate in rates().rate.values() for share in rate.share)
    assert "NHAMCS 2016-2018" in rates().source


def test_most_rows_have_a_rate():
    rows = [row.id for row in forecast_table() if not row.id.startswith("F.asked")]
    assert sum(row in rates().rate for row in rows) > 0.7 * len(rows)


def test_illness_moves_no_type_backwards():
    assert all(value >= 0.0 for value in rates().illness)  # else a stated resource could lower the count


def test_without_illness_the_count_is_that_of_independent_types():
    odds = [-1.0, 0.5, -2.0, 0.0, 1.0, -0.5, -1.5, -3.0]
    p = [1.0 / (1.0 + math.exp(-value)) for value in odds]
    expected = [0.0, 0.0, 0.0]
    for used in itertools.product((False, True), repeat=8):
        chance = math.prod(a if u else 1.0 - a for a, u in zip(p, used, strict=True))
        expected[min(2, sum(used) + used[RESOURCE_TYPES.index("res_complex_procedure")])] += chance
    counts, shares = mixture(odds, (0.0,) * 8, UNKNOWN)
    assert counts == pytest.approx(expected)
    assert list(shares.values()) == pytest.approx(p)


def test_illness_makes_the_extremes_likelier_and_keeps_the_shares():
    odds = [0.0] * 7 + [-5.0]
    plain, _ = mixture(odds, (0.0,) * 8, UNKNOWN)
    ill, shares = mixture(odds, (2.0,) * 7 + (0.0,), UNKNOWN)
    assert ill[0] > plain[0]
    assert shares["res_labs"] == pytest.approx(0.5)


def test_a_stated_type_tells_about_the_others():
    _, unknown = chances(("F.abdomen",), NOTHING, {})
    _, used = chances(("F.abdomen",), NOTHING, {"res_iv_fluids": True})
    assert used["res_iv_fluids"] == 1.0
    assert used["res_labs"] > unknown["res_labs"]


def test_the_degrees_of_illness_are_a_standard_normal():
    assert sum(WEIGHTS) == pytest.approx(1.0, abs=1e-5)
    assert sum(w * z * z for w, z in zip(WEIGHTS, NODES, strict=True)) == pytest.approx(1.0, abs=1e-3)
