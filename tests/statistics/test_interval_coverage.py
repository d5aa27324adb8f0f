"""Do 95 % intervals hold the truth 95 times in a hundred? By simulation, within the noise of the simulation."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation_samples import MIX
from triagelab.evaluation.difference import Pool, difference_in, mcnemar_cases, mcnemar_exact
from triagelab.evaluation.intervals import interval, resample, unrelated_answers, wilson
from triagelab.evaluation.metrics import COSTS, METRICS, N_COUNTS, N_STATS, Metric, Tally
from triagelab.seeding import Generator, stream

TRIALS, RESAMPLES = 400, 400
# Binomial noise of 400 trials at 95 % is 2.2 points (two standard errors); percentile bootstraps may lose two more.
LOWEST, HIGHEST = 0.91, 0.99


def confusion_probabilities(skill: float) -> np.ndarray:
    """Return the joint distribution of truth and answer of a noisy reader. Shapes: (5, 6)."""
    table = np.zeros((5, 6))
    for truth in range(5):
        weights = np.array([4.0 ** -abs(answer - truth) if answer != truth else 0.0 for answer in range(5)])
        table[truth, :5] = weights / weights.sum() * (0.97 - skill)
        table[truth, truth] = skill
        table[truth, 5] = 0.03
    return table * np.array(MIX)[:, None]


def rows(cells: np.ndarray) -> np.ndarray:
    """Return statistics of one answer each. Shapes: (n,) -> (n, 31)."""
    stats = np.zeros((len(cells), N_STATS))
    stats[np.arange(len(cells)), cells] = 1
    return stats


def tally_of(stats: np.ndarray, clustered: bool) -> Tally:
    return Tally(stats, tuple(map(str, range(len(stats)))), clustered, False)


def truth_of(metric: Metric, table: np.ndarray) -> float:
    return float(metric.compute(np.append(table.reshape(-1), 0.0)))


def coverage(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


@pytest.mark.parametrize("n", [36, 100, 400])
def test_wilson_covers_shares(n):
    generator = stream("test/coverage/wilson", n)
    for share in (0.02, 0.3, 0.65, 0.95):
        draws = generator.binomial(n, share, size=4000)
        bounds = {int(k): wilson(int(k), n) for k in np.unique(draws)}
        found = coverage([bounds[int(k)][0] <= share <= bounds[int(k)][1] for k in draws])
        assert 0.92 <= found <= 0.995, share


@pytest.mark.parametrize(
    ("name", "n", "skill"), [("qwk", 36, 0.85), ("qwk", 300, 0.65), ("macro_f1", 300, 0.65), ("cost", 60, 0.85)]
)
def test_bootstrap_covers_kappa_f1_and_cost(name, n, skill):
    metric = COSTS["cost_standard"] if name == "cost" else METRICS[name]
    table = confusion_probabilities(skill)
    target, generator = truth_of(metric, table), stream(f"test/coverage/{name}", n)
    hits, plain = [], []
    for trial in range(TRIALS):
        counts = tally_of(rows(generator.choice(N_COUNTS, size=n, p=table.reshape(-1))), clustered=False)
        ways = [(hits, unrelated_answers(counts)), (plain, None)]
        for kept, pseudo in ways if n == 36 else ways[:1]:
            found = interval(
                metric, counts, metric.compute(resample(counts.stats_C_S, RESAMPLES, trial, pseudo=pseudo))
            )
            kept.append(found.low is not None and found.low <= target <= found.high)
    assert LOWEST <= coverage(hits) <= HIGHEST
    if (name, n) == ("qwk", 36):
        assert coverage(plain) < 0.89, "without pseudo-cases the interval is too short for few cases: that must show"


def clustered_rows(
    generator: Generator, patients: int, visits: int, tables: list[np.ndarray], share: float
) -> np.ndarray:
    """Return one row of counts a patient; whole patients are easy or hard, so visits agree. Shapes: (patients, 31)."""
    stats = np.zeros((patients, N_STATS))
    for patient in range(patients):
        table = tables[0] if generator.random() < share else tables[1]
        stats[patient, :N_COUNTS] = generator.multinomial(visits, table.reshape(-1))
    return stats


@pytest.mark.parametrize("name", ["exact", "qwk"])
def test_cluster_bootstrap_covers_where_visits_of_a_patient_agree(name):
    easy, hard = confusion_probabilities(0.92), confusion_probabilities(0.25)
    target, generator = truth_of(METRICS[name], 0.6 * easy + 0.4 * hard), stream("test/coverage/cluster", 1)
    hits, naive = [], []
    for trial in range(TRIALS):
        stats = clustered_rows(generator, 40, 8, [easy, hard], 0.6)
        counts = tally_of(stats, clustered=True)
        draws = METRICS[name].compute(resample(stats, RESAMPLES, trial, pseudo=unrelated_answers(counts)))
        found = interval(METRICS[name], counts, draws)
        hits.append(found.low is not None and found.low <= target <= found.high)
        low, high = wilson(round(float(METRICS["exact"].compute(stats.sum(0))) * 320), 320)
        naive.append(low <= target <= high)
    assert LOWEST <= coverage(hits) <= HIGHEST
    if name == "exact":
        assert coverage(naive) < 0.85, "the clusters of this test matter: ignoring them must show"


@pytest.mark.parametrize("name", ["exact", "qwk", "severe_under_triage"])
@pytest.mark.parametrize("patients", [None, 40])
def test_paired_interval_covers_the_difference(name, patients):
    """Two readers who err on the same patients: the joint draw keeps what they share."""
    worse, better = confusion_probabilities(0.55), confusion_probabilities(0.7)
    target = truth_of(METRICS[name], better) - truth_of(METRICS[name], worse)
    generator = stream("test/coverage/paired", 0 if patients is None else patients)
    hits = []
    for trial in range(TRIALS // 2):
        a, b = paired_cells(generator, 160, worse, better)
        clusters = np.arange(160) if patients is None else np.arange(160) % patients
        item = difference_in(METRICS[name], Pool.of(rows(a), rows(b), clusters, RESAMPLES, trial))
        hits.append(item is not None and item.low is not None and item.low <= target <= item.high)
    assert coverage(hits) >= LOWEST


def paired_cells(generator: Generator, n: int, *tables: np.ndarray) -> list[np.ndarray]:
    """Return the cells of several readers of the same patients; one draw a patient ties their errors together."""
    truth, luck = generator.choice(5, size=n, p=MIX), generator.random(n)
    found = []
    for table in tables:
        by_rightness = np.array([[truth_, *[other for other in range(6) if other != truth_]] for truth_ in range(5)])
        ordered = np.take_along_axis(table / table.sum(1, keepdims=True), by_rightness, axis=1).cumsum(1)
        place = (luck[:, None] > ordered[truth]).sum(1).clip(max=5)
        found.append(truth * 6 + by_rightness[truth, place])
    return found


def test_mcnemar_keeps_its_level():
    """Two equal readers are called different in at most 5 % of the trials (the exact test is below it)."""
    generator = stream("test/coverage/mcnemar", 0)
    only_a, only_b = generator.multinomial(300, [0.1, 0.1, 0.8], size=2000)[:, :2].T
    false_alarms = coverage([mcnemar_exact(int(a), int(b)) < 0.05 for a, b in zip(only_a, only_b, strict=True)])
    assert 0.02 <= false_alarms <= 0.06


@pytest.mark.parametrize(("only_a", "only_b"), [(0.05, 0.12), (0.1, 0.14)])
def test_power_line_gives_the_power_it_names(only_a, only_b):
    n = mcnemar_cases(only_a, only_b)
    generator = stream("test/coverage/power", n)
    draws = generator.multinomial(n, [only_a, only_b, 1 - only_a - only_b], size=2000)[:, :2]
    assert 0.74 <= coverage([mcnemar_exact(int(a), int(b)) < 0.05 for a, b in draws]) <= 0.86
