"""Intervals: known values, equal distributions of the two ways to resample, and honest silence."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation_samples import MIX, noisy_answers, record, records
from triagelab.errors import BadInputError
from triagelab.evaluation.intervals import bootstrap_interval, intervals, resample, unrelated_answers, wilson
from triagelab.evaluation.metrics import METRICS, tally
from triagelab.seeding import stream


def sample(n: int, skill: float = 0.65, seed: int = 0, **more):
    generator = stream("test/intervals", seed)
    levels = [int(level) + 1 for level in generator.choice(5, size=n, p=MIX)]
    return records(list(zip(levels, noisy_answers(levels, generator, skill=skill), strict=True)), **more)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (15, 36, 0.2714, 0.5780), (500, 1000, 0.4691, 0.5309)],
)
def test_wilson_known_values(successes, n, low, high):
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-4)


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (3, 2), (-1, 5)])
def test_wilson_refuses_what_is_no_share(successes, n):
    with pytest.raises(BadInputError, match="successes"):
        wilson(successes, n)


def test_shares_without_clusters_are_wilson():
    counts = tally(sample(300))
    found = intervals(counts)["exact"]
    assert found.method == "wilson"
    assert (found.low, found.high) == pytest.approx(wilson(round(found.value * 300), 300))


def test_every_interval_holds_its_value_and_has_a_width():
    for name, found in intervals(tally(sample(400))).items():
        if name == "acceptable":
            assert found.value is None
            assert found.note == "no case has an acceptable set"
        else:
            assert found.low is not None
            assert found.low <= found.value <= found.high
            assert found.low < found.high


def test_resampling_counts_is_resampling_cases():
    """Against the plain way: draw single cases by index and add them up."""
    stats = tally(sample(600)).stats_C_S
    generator = stream("test/rows", 0)
    by_row = np.stack([stats[generator.integers(0, 600, size=600)].sum(0) for _ in range(3000)])
    by_count = resample(stats, 3000, 1)
    assert (by_count[:, :-1].sum(1) == 600).all()
    assert by_count.mean(0) == pytest.approx(by_row.mean(0), abs=1.5)
    assert by_count.std(0) == pytest.approx(by_row.std(0), abs=0.5)


def test_pseudo_cases_have_the_margins_of_the_answers():
    counts = tally(sample(400))
    pseudo = unrelated_answers(counts)
    table = (pseudo.probability_K @ pseudo.rows_K_S)[:30].reshape(5, 6)
    assert pseudo.probability_K.sum() == pytest.approx(1)
    assert table.sum(1) == pytest.approx(counts.confusion.sum(1) / 400)
    assert table.sum(0) == pytest.approx(counts.confusion.sum(0) / 400)


def test_smoothing_fades_with_n():
    """Two pseudo-cases matter to twenty answers and not to twenty thousand."""
    for n, tolerance in ((20_000, 0.002), (20, 0.5)):
        counts = tally(sample(n))
        plain = np.nanmean(METRICS["qwk"].compute(resample(counts.stats_C_S, 500, 0)))
        smooth = np.nanmean(
            METRICS["qwk"].compute(resample(counts.stats_C_S, 500, 0, pseudo=unrelated_answers(counts)))
        )
        assert smooth == pytest.approx(plain, abs=tolerance)


def test_repeating_every_answer_does_not_narrow_the_interval():
    once = sample(200)
    thrice = [one.model_copy(update={"repeat": again}) for again in range(3) for one in once]
    for name in ("exact", "qwk", "under_triage"):
        single, triple = intervals(tally(once))[name], intervals(tally(thrice))[name]
        assert triple.method == "cluster bootstrap"
        assert triple.high - triple.low == pytest.approx(single.high - single.low, rel=0.15)


def test_too_few_cases_give_no_interval_and_say_so():
    found = intervals(tally(records([(1, 1), (2, 3), (3, 3), (4, 4)])))
    assert found["qwk"].low is None
    assert found["qwk"].note == "n too small: 4 independent units, at least 10 are needed"
    assert found["exact"].low is not None


def test_no_zero_width():
    perfect = intervals(tally(records([(2, 2), (3, 3)] * 20)))["qwk"]
    assert (perfect.value, perfect.high) == (1, 1)
    assert perfect.low < 0.95
    constant = intervals(tally(records([(2, 3), (3, 3)] * 20)))["qwk"]
    assert (constant.value, constant.low, constant.high) == (0, None, None)
    assert "one answer for all" in constant.note


def test_a_part_without_cases_is_null():
    found = intervals(tally(records([(3, 3), (4, 4)] * 10)))["sensitivity_1_2"]
    assert (found.value, found.low, found.high, found.n) == (None, None, None, 0)


def test_perfect_share_over_patients_uses_patients_as_n():
    answers = [record(index, 2, 2, cluster=f"p{index % 20}") for index in range(200)]
    found = intervals(tally(answers))["exact"]
    assert found.value == 1
    assert (found.low, found.high) == pytest.approx(wilson(20, 20))
    assert "20 independent units" in found.note


def test_many_undefined_resamples_leave_the_interval_open():
    draws = np.where(np.arange(1000) < 80, np.nan, np.linspace(0, 1, 1000))
    found = bootstrap_interval(0.5, draws, clusters=40, n=40, method="bootstrap")
    assert found.low is None
    assert "5 %" in found.note


def test_same_seed_same_interval_and_another_seed_another():
    counts = tally(sample(150))
    assert intervals(counts, seed=3)["qwk"] == intervals(counts, seed=3)["qwk"]
    assert intervals(counts, seed=3)["qwk"] != intervals(counts, seed=4)["qwk"]


def test_interval_as_plain_values():
    found = intervals(tally(sample(60)))["exact"].to_dict()
    assert set(found) == {"value", "low", "high", "n", "method"}
