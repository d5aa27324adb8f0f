"""Figures of probabilities: held against direct calculation, with intervals that respect clusters."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from triagelab.evaluation.beliefs import Beliefs, auroc, auroc_difference, belief_figures
from triagelab.evaluation.records import Record
from triagelab.seeding import stream


def records(count: int, skill: float, *, per_patient: int = 1, seed: int = 0, known: bool = True) -> list[Record]:
    """Answers whose probabilities follow the truth with that skill."""
    rng = stream("tests.beliefs", seed)
    made = []
    for number in range(count):
        level = int(rng.integers(1, 6))
        heights = np.exp(rng.normal(size=5) - skill * np.abs(np.arange(1, 6) - level))
        shares = tuple((heights / heights.sum()).tolist())
        made.append(
            Record(
                case_id=str(number),
                cluster=f"p{number // per_patient}" if per_patient > 1 else None,
                level=level,
                scale="esi-v5",
                predicted=1 + int(np.argmax(shares)),
                status="clean",
                probabilities=shares if known else None,
                agent="a",
                dataset="d",
                split="test",
            )
        )
    return made


def figures(made: list[Record]) -> dict:
    found = belief_figures(made, resamples=300, seed=0)
    assert found is not None
    return found


def test_auroc_is_what_scikit_learn_says():
    made = records(200, 0.8)
    beliefs = Beliefs.of(made)
    assert beliefs is not None
    expected = roc_auc_score(beliefs.levels <= 2, beliefs.urgent)
    found = figures(made)["auroc_1_2"]
    assert found["value"] == pytest.approx(expected)
    assert found["low"] < expected < found["high"]


def test_ties_count_half_and_one_kind_is_undefined():
    scores, everyone = np.asarray([0.5, 0.5, 0.5, 0.5]), np.ones((1, 4), dtype=int)
    assert auroc(scores, np.asarray([True, False, True, False]), np.arange(4), everyone)[0] == 0.5
    assert math.isnan(auroc(scores, np.ones(4, dtype=bool), np.arange(4), everyone)[0])


def test_brier_and_calibration_by_hand():
    made = [
        record.model_copy(update={"level": level, "probabilities": (0.0, 0.8, 0.2, 0.0, 0.0)})
        for record, level in zip(records(10, 1.0), [2] * 6 + [3] * 4, strict=True)
    ]
    found = figures(made)
    assert found["brier"]["value"] == pytest.approx((6 * (0.04 + 0.04) + 4 * (0.64 + 0.64)) / 10)
    assert found["ece_1_2"]["value"] == pytest.approx(0.2)
    assert found["reliability"] == [{"n": 10, "predicted": 0.8, "observed": 0.6}]


def test_patients_with_many_visits_widen_the_interval():
    wide = figures([r.model_copy(update={"cluster": f"p{int(r.case_id) % 12}"}) for r in records(240, 0.6)])
    assert wide["auroc_1_2"]["method"] == "cluster bootstrap"
    assert figures(records(240, 0.6))["auroc_1_2"]["method"] == "bootstrap"


def test_too_few_and_none():
    assert "low" not in figures(records(5, 1.0))["brier"] or figures(records(5, 1.0))["brier"]["low"] is None
    assert belief_figures(records(5, 1.0, known=False), resamples=10, seed=0) is None


def test_paired_difference():
    good, poor = records(300, 2.0), records(300, 0.2)
    same_cases = [b.model_copy(update={"level": a.level}) for a, b in zip(good, poor, strict=True)]
    found = auroc_difference(same_cases, good, resamples=300, seed=0)
    assert found is not None
    assert found.low > 0
    assert found.verdict == "b better"
    assert auroc_difference(good, good, resamples=100, seed=0).value == 0
    assert auroc_difference(good, records(300, 1.0, known=False), resamples=10, seed=0) is None
