"""Metrics of imaging answers against sklearn and by hand; what has no answer counts as wrong."""

from __future__ import annotations

import numpy as np
import pytest

from triagelab.clinical.imaging import ORDER
from triagelab.evaluation.imaging.metrics import METRICS, class_f1, row_of, rows_of
from triagelab.evaluation.imaging.records import ImagingRecord, ReasoningScore
from triagelab.evaluation.imaging.summary import clustered, summarise
from triagelab.seeding import stream


def record(place: int, gold: int, told: int | None, **more) -> ImagingRecord:
    return ImagingRecord(
        id=f"row-{place}",
        variant_id=more.pop("variant", f"v{place // 3}"),
        condition="ankle-injury",
        procedure=f"p{place % 3}",
        split=more.pop("split", "test"),
        agent="a",
        gold=ORDER[gold],
        predicted=None if told is None else ORDER[told],
        status="clean",
        **more,
    )


def drawn(n: int, silent: bool) -> list[ImagingRecord]:
    rng = stream("tests/imaging/metrics", n)
    told = [None if silent and float(rng.random()) < 0.2 else int(rng.integers(3)) for _ in range(n)]
    return [record(place, int(rng.integers(3)), told[place]) for place in range(n)]


@pytest.mark.parametrize("silent", [False, True])
def test_f1_agrees_with_sklearn(silent):
    from sklearn.metrics import accuracy_score, f1_score

    rows = drawn(120, silent)
    total = rows_of(rows).sum(0)
    gold = [ORDER.index(row.gold) for row in rows]
    told = [9 if row.predicted is None else ORDER.index(row.predicted) for row in rows]
    for name, average in (("macro_f1", "macro"), ("weighted_f1", "weighted")):
        expected = f1_score(gold, told, labels=[0, 1, 2], average=average, zero_division=0)
        assert float(METRICS[name].compute(total)) == pytest.approx(expected)
    assert float(METRICS["exact"].compute(total)) == pytest.approx(accuracy_score(gold, told))
    assert float(METRICS["no_answer"].compute(total)) == pytest.approx(told.count(9) / 120)


def test_a_label_that_never_occurs_is_no_part_of_macro_f1():
    total = rows_of([record(0, 0, 0), record(1, 2, 2)]).sum(0)
    assert np.isnan(class_f1(total)[1])
    assert float(METRICS["macro_f1"].compute(total)) == 1.0


def test_calibration_by_hand_and_none_without_shares():
    sure = record(0, 0, 0, shares=(0.8, 0.1, 0.1))
    wrong = record(1, 2, 0, shares=(0.85, 0.1, 0.05))
    total = rows_of([sure, wrong]).sum(0)
    assert float(METRICS["ece"].compute(total)) == pytest.approx(abs(1.65 - 1) / 2)
    brier = (0.04 + 0.02 + 0.85**2 + 0.1**2 + 0.95**2) / 2
    assert float(METRICS["brier"].compute(total)) == pytest.approx(brier)
    assert np.isnan(METRICS["ece"].compute(row_of(record(0, 0, 0))))
    assert np.isnan(METRICS["brier"].compute(row_of(record(0, 0, 0))))


def test_reasoning_is_a_mean_over_answers_that_have_it():
    rows = [record(0, 0, 0, text="x", words=10), record(1, 0, 0, text="x", words=20), record(2, 0, 0)]
    scores = {
        rows[0].key: ReasoningScore(id="row-0", align_f1=0.5, judged=0.2, claims=4, held=3, contradicted=1),
        rows[1].key: ReasoningScore(id="row-1", align_f1=0.7),
    }
    total = rows_of(rows, scores).sum(0)
    wanted = {"align_f1": 0.6, "judged": 0.2, "faithful": 0.75, "contradicted": 0.25, "words": 15.0}
    for name, value in wanted.items():
        assert float(METRICS[name].compute(total)) == pytest.approx(value)
    assert np.isnan(METRICS["tokens"].compute(total))


def test_sums_by_variant_keep_every_answer():
    rows = drawn(30, True)
    stats = clustered(rows_of(rows), [row.variant_id for row in rows])
    assert stats.shape[0] == 10
    assert stats.sum(0) == pytest.approx(rows_of(rows).sum(0))


def test_no_interval_is_of_width_zero():
    right = [record(place, place % 3, place % 3) for place in range(60)]
    found = summarise(right)["splits"]["test"]["metrics"]
    assert found["exact"]["value"] == 1.0
    assert found["exact"]["low"] < 1.0 == found["exact"]["high"]
    assert found["exact"]["method"] == "wilson"
    assert found["macro_f1"]["low"] is None
    assert "no spread" in found["macro_f1"]["note"]
    few = summarise(drawn(9, True))["splits"]["test"]["metrics"]
    assert few["macro_f1"]["low"] is None
    assert "n too small" in few["macro_f1"]["note"]


def test_intervals_are_wider_over_variants_than_over_rows():
    """Rows of one variant that are right or wrong together are one observation, not three."""
    rng = stream("tests/imaging/clusters", 0)
    right = [bool(rng.random() < 0.5) for _ in range(60)]
    rows = [record(place, 0, 0 if right[place // 3] else 2) for place in range(180)]
    alone = [record(place, 0, 0 if right[place // 3] else 2, variant=f"w{place}") for place in range(180)]
    together, apart = (summarise(one)["splits"]["test"]["metrics"]["exact"] for one in (rows, alone))
    assert together["high"] - together["low"] > 1.5 * (apart["high"] - apart["low"])


def test_splits_stand_apart():
    found = summarise([*drawn(30, False), *(record(100 + n, 0, 0, split="ood") for n in range(3))])
    assert list(found["splits"]) == ["test", "ood"]
    assert found["splits"]["ood"]["n"] == 3
    assert found["splits"]["test"]["labels"][0]["label"] == "usually appropriate"
