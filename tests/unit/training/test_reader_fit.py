"""Fitting the reader: an order that is there is found, the file reads back, and the shipped one fits real nurses."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from triagelab.agents.rules_reader import Reader
from triagelab.datasets.registry import load_dataset
from triagelab.seeding import stream
from triagelab.training.reader_fit import Sighting, as_toml, beliefs_of, evaluate, fit, handbook
from triagelab.training.reader_scores import auroc, measure


def draw(n: int) -> list[Sighting]:
    rng = stream("sightings", 3)
    found = []
    for i in range(n):
        urgent = i % 2 == 0
        score = (2.0 if urgent else -1.0) + rng.logistic()
        level = 1 + int(np.searchsorted([-3.0, -1.0, 1.0, 3.0], -score))
        cells = (float(urgent), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        found.append(
            Sighting(level, "A" if urgent else "C3", cells, ("F.x",) if i % 3 else ("F.rare",) if i < 9 else ())
        )
    return found


@pytest.fixture(scope="module")
def seen() -> list[Sighting]:
    return draw(2000)


@pytest.fixture(scope="module")
def told(seen) -> Reader:
    return fit(seen, seen[:200], "a test")


def test_an_order_that_is_there_is_found(told):
    assert told.cell["A"] == pytest.approx(3.0, abs=0.3)
    assert list(told.cuts) == sorted(told.cuts)
    assert set(told.step) == {"F.x"}
    assert abs(told.step["F.x"]) < 0.3


def test_its_probabilities_are_calibrated(seen, told):
    beliefs, truth = beliefs_of(seen, told, 0.0), np.array([visit.level for visit in seen])
    assert beliefs.sum(axis=1) == pytest.approx(np.ones(len(seen)))
    assert beliefs.mean(axis=0) == pytest.approx(np.bincount(truth, minlength=6)[1:] / len(truth), abs=0.02)


def test_the_handbook_is_counted_and_shrunk(seen):
    found = handbook(seen)
    assert all(sum(shares) == pytest.approx(1.0, abs=0.003) for shares in found.values())
    assert found["A"][0] > found["C3"][0]
    assert found["B"] == pytest.approx(np.bincount([v.level for v in seen], minlength=6)[1:] / len(seen), abs=0.002)


def test_the_file_reads_back(told):
    assert Reader.model_validate(tomllib.loads(as_toml(told))) == told


def test_auroc_and_measure():
    assert auroc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])) == pytest.approx(0.75)
    assert np.isnan(auroc(np.array([0.1, 0.2]), np.array([True, True])))
    found = measure(np.eye(5), np.array([1, 2, 3, 4, 5]), np.array([1, 2, 3, 4, 5]))
    assert (found["exact"], found["cost"], found["calibration_error"]) == (1.0, 0.0, 0.0)


@pytest.mark.realdata
def test_on_nurses_the_cost_decision_is_cheaper_and_the_nurses_reading_is_calibrated(data_dir):
    cases = load_dataset("nhamcs", data_dir / "nhamcs", split="dev", limit=600, seed=5).cases
    found = evaluate(cases)
    assert found["cost nurses"]["cost"] < found["preferred nurses"]["cost"] - 0.1
    assert found["preferred nurses"]["calibration_error"] < 0.1
    assert found["preferred both"]["auroc_1_2"] > 0.7
