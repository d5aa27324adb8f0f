"""Fitting rates of resources: known rates come back, rare rows get none, the file reads back."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from triagelab.clinical.facts import RESOURCE_TYPES
from triagelab.clinical.resource_rates import Rates, mixture
from triagelab.clinical.resources import Forecast
from triagelab.seeding import stream
from triagelab.training.resource_scores import reliability, scores
from triagelab.training.resources_fit import Visit, as_toml, compare, count_probabilities, fit

UNKNOWN = dict.fromkeys(RESOURCE_TYPES)
SHARES = {"F.a": 0.8, "F.b": 0.1, "F.rare": 0.5}


def draw(n: int, seed: int) -> list[Visit]:
    rng = stream("visits", seed)
    found = []
    for i in range(n):
        row = "F.rare" if i < 20 else ("F.a", "F.b")[i % 2]
        used = rng.random(8) < np.where(np.arange(8) == 0, SHARES[row], 0.2)
        found.append(Visit(Forecast(UNKNOWN, (row,)), used))
    return found


@pytest.fixture(scope="module")
def rates() -> Rates:
    return fit(draw(3000, 1), "a test")


def test_rows_seen_too_rarely_get_no_rate(rates):
    assert set(rates.rate) == {"F.a", "F.b"}


def test_the_rates_are_those_of_the_visits(rates):
    assert rates.rate["F.a"].share[0] == pytest.approx(0.8, abs=0.04)
    odds = [b + s for b, s in zip(rates.base, rates.rate["F.a"].step, strict=True)]
    counts, shares = mixture(odds, rates.illness, (None,) * 8)
    assert shares["res_labs"] == pytest.approx(0.8, abs=0.05)
    assert shares["res_consult"] == pytest.approx(0.2, abs=0.05)
    assert counts[0] == pytest.approx(0.2 * 0.8**7, abs=0.03)


def test_they_beat_a_constant_on_other_visits(rates):
    found = compare(draw(3000, 1), draw(1000, 2), rates)
    assert found["rates"]["log_loss"] < found["constant"]["log_loss"] - 0.02


def test_many_visits_at_once_agree_with_one(rates):
    odds = np.array([[-1.0, 0.5, -2.0, 0.0, 1.0, -0.5, -1.5, -3.0], [8.0, -8.0, 0, 0, 0, 0, 0, 0]])
    illness = np.array([1.5, 0.3, 2.5, 0.0, 1.0, 0.2, 0.1, 0.4])
    together = count_probabilities(odds, illness)
    for row, several in zip(odds, together, strict=True):
        assert mixture(list(row), tuple(illness), (None,) * 8)[0] == pytest.approx(tuple(several), rel=1e-4)


def test_a_perfect_forecast_scores_perfectly():
    found = scores(np.eye(3), np.array([0, 1, 2]))
    assert found == pytest.approx({"log_loss": 0.0, "brier": 0.0, "calibration_error": 0.0, "exact": 1.0})


def test_reliability_sets_the_forecast_against_what_was_seen():
    said = np.array([[0.05, 0.1, 0.85], [0.1, 0.05, 0.85], [0.6, 0.25, 0.15]])
    assert reliability(said, np.array([2, 0, 1])) == [pytest.approx((0.15, 0.0, 1)), pytest.approx((0.85, 0.5, 2))]


def test_the_file_reads_back(rates):
    assert Rates.model_validate(tomllib.loads(as_toml(rates))) == rates
