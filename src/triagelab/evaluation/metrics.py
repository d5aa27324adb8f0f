"""What is counted and what is computed from the counts: every metric is one function of a confusion table.

Definitions that hold everywhere: all rates are over all answers, `no answer` included. No answer is wrong everywhere:
never exact, never within one, never acceptable, never found urgent; in kappa it counts as the farthest level from the
truth (5 for truth 3, the costlier of its two farthest levels). It is neither under- nor over-triage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from triagelab.clinical.costs import NO_ANSWER_COLUMN, cost_matrices
from triagelab.errors import BadInputError
from triagelab.evaluation.records import Record

N_COUNTS = 30
N_STATS = N_COUNTS + 1
TRUTH, ANSWER = np.mgrid[1:6, 1:6]
_ANSWERED = np.zeros((5, 6), bool)
_ANSWERED[:, :5] = True


def _mask(answered: np.ndarray) -> np.ndarray:
    """Return which of the 30 cells count; the no-answer column does not. Shapes: (5, 5) -> (5, 6)."""
    return np.concatenate([answered, np.zeros((5, 1), bool)], axis=1)


@dataclass(frozen=True)
class Metric:
    """One figure of merit.

    Attributes:
        name: key in summaries; stable.
        text: what it is, for people.
        higher_is_better: direction.
        cells: for a share of answers, which cells of the (5, 6) table are its successes.
        among: for such a share, which cells are its trials.
        compute: value from statistics; NaN where it is not defined. Shapes: (..., 31) -> (...).
    """

    name: str
    text: str
    higher_is_better: bool
    compute: Callable[[np.ndarray], np.ndarray]
    cells: np.ndarray | None = None
    among: np.ndarray | None = None

    def share(self, stats: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Return (successes, trials), None for what is not a share of answers. Shapes: (..., 31) -> (...)."""
        if self.name == "acceptable":
            return stats[..., N_COUNTS], stats[..., :N_COUNTS].sum(-1)
        if self.cells is None or self.among is None:
            return None
        counts = stats[..., :N_COUNTS]
        return counts @ self.cells.reshape(-1).astype(float), counts @ self.among.reshape(-1).astype(float)


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1), np.nan)


def _share(name: str, text: str, higher: bool, cells: np.ndarray, among: np.ndarray | None = None) -> Metric:
    trials = np.ones((5, 6), bool) if among is None else among
    weights, base = cells.reshape(-1).astype(float), trials.reshape(-1).astype(float)

    def compute(stats: np.ndarray) -> np.ndarray:
        counts = stats[..., :N_COUNTS]
        return _ratio(counts @ weights, counts @ base)

    return Metric(name, text, higher, compute, cells, trials)


def _acceptable(stats: np.ndarray) -> np.ndarray:
    return _ratio(stats[..., N_COUNTS], stats[..., :N_COUNTS].sum(-1))


def counts_of(stats: np.ndarray) -> np.ndarray:
    """Return the confusion tables inside statistics. Shapes: (..., 31) -> (..., 5, 6)."""
    return stats[..., :N_COUNTS].reshape(*stats.shape[:-1], 5, 6)


def quadratic_kappa(stats: np.ndarray) -> np.ndarray:
    """Return Cohen's kappa with quadratic weights; NaN where truth and answers are all one level.

    Shapes: (..., 31) -> (...).
    """
    counts = counts_of(stats)
    table = counts[..., :5].astype(float)
    for truth in range(5):
        farthest = 4 if truth <= 2 else 0
        table[..., truth, farthest] += counts[..., truth, NO_ANSWER_COLUMN]
    weights = (TRUTH - ANSWER) ** 2 / 16.0
    observed = (table * weights).sum((-2, -1))
    rows, columns, n = table.sum(-1), table.sum(-2), table.sum((-2, -1))
    expected = _ratio(((rows @ weights) * columns).sum(-1), n)
    return 1 - _ratio(observed, expected)


def class_f1(stats: np.ndarray) -> np.ndarray:
    """Return the F1 of each level; NaN where the level is neither truth nor answer. Shapes: (..., 31) -> (..., 5)."""
    counts = counts_of(stats)
    hits = np.diagonal(counts[..., :5], axis1=-2, axis2=-1)
    return _ratio(2 * hits, counts.sum(-1) + counts[..., :5].sum(-2))


def macro_f1(stats: np.ndarray) -> np.ndarray:
    """Return the mean F1 over the levels present in the truth. Shapes: (..., 31) -> (...)."""
    present = counts_of(stats).sum(-1) > 0
    scores = np.where(present, np.nan_to_num(class_f1(stats)), 0.0)
    return _ratio(scores.sum(-1), present.sum(-1).astype(float))


def _cost(name: str) -> Metric:
    matrix = cost_matrices()[name]
    table = matrix.table().reshape(-1)

    def compute(stats: np.ndarray) -> np.ndarray:
        counts = stats[..., :N_COUNTS]
        return _ratio(counts @ table, counts.sum(-1))

    return Metric(f"cost_{name}", f"mean clinical cost a patient: {matrix.text}", False, compute)


_URGENT = TRUTH <= 2
METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            _share("exact", "the level itself", True, _mask(TRUTH == ANSWER)),
            _share("within_one", "at most one level off", True, _mask(abs(TRUTH - ANSWER) <= 1)),
            Metric("qwk", "quadratic weighted kappa", True, quadratic_kappa),
            Metric("macro_f1", "mean F1 over the levels present in the truth", True, macro_f1),
            _share("under_triage", "answered less urgent than the truth", False, _mask(ANSWER > TRUTH)),
            _share("over_triage", "answered more urgent than the truth", False, _mask(ANSWER < TRUTH)),
            _share("severe_under_triage", "two levels or more less urgent", False, _mask(ANSWER - TRUTH >= 2)),
            _share(
                "sensitivity_1_2",
                "level 1 or 2 answered for truth 1 or 2",
                True,
                _mask(_URGENT & (ANSWER <= 2)),
                np.broadcast_to((np.arange(5) < 2)[:, None], (5, 6)),
            ),
            Metric("acceptable", "inside the set a careful clinician could defend", True, _acceptable),
            _share("no_answer", "no level answered", False, ~_ANSWERED),
        )
    }
)
"""The ten headline metrics, by the names that summaries use."""

COSTS: Mapping[str, Metric] = MappingProxyType({f"cost_{name}": _cost(name) for name in cost_matrices()})
"""Mean clinical cost a patient under each stated cost matrix."""


@dataclass(frozen=True)
class Tally:
    """Counts of one agent's answers, one row a cluster; resampling rows is resampling patients.

    Attributes:
        stats_C_S: 30 confusion counts (truth x answer, the last answer column is no answer) and the number inside the
            acceptable set. Shapes: (clusters, 31).
        clusters: what each row stands for, in order.
        clustered: some row holds more than one answer.
        has_acceptable: some case has an acceptable set; a case without one counts only its level.
    """

    stats_C_S: np.ndarray
    clusters: tuple[str, ...]
    clustered: bool
    has_acceptable: bool

    @property
    def total(self) -> np.ndarray:
        return self.stats_C_S.sum(0)

    @property
    def n(self) -> int:
        return int(self.total[:N_COUNTS].sum())

    @property
    def confusion(self) -> np.ndarray:
        """Counts, rows truth 1-5, columns answer 1-5 and no answer. Shapes: (5, 6)."""
        return counts_of(self.total).astype(int)


def cluster_of(record: Record) -> str:
    """Return the unit of resampling: the patient where there is one, else the case (its repeats stay together)."""
    return f"patient:{record.cluster}" if record.cluster is not None else f"case:{record.case_id}"


def row_of(record: Record) -> np.ndarray:
    """Return the statistics of one answer. Shapes: (31,)."""
    row = np.zeros(N_STATS)
    column = NO_ANSWER_COLUMN if record.predicted is None else record.predicted - 1
    row[(record.level - 1) * 6 + column] = 1
    defensible = (record.level,) if record.acceptable is None else record.acceptable
    row[N_COUNTS] = float(record.predicted is not None and record.predicted in defensible)
    return row


def tally(records: Sequence[Record]) -> Tally:
    """Return the counts of `records` by cluster.

    Raises: BadInputError without records.
    """
    if not records:
        raise BadInputError("records", "none", "at least one record")
    names = [cluster_of(record) for record in records]
    index = {name: row for row, name in enumerate(dict.fromkeys(names))}
    stats = np.zeros((len(index), N_STATS))
    np.add.at(stats, [index[name] for name in names], np.stack([row_of(record) for record in records]))
    has_sets = any(record.acceptable is not None for record in records)
    return Tally(stats, tuple(index), len(index) < len(records), has_sets)


def values(stats: np.ndarray, *, has_acceptable: bool = True) -> dict[str, np.ndarray]:
    """Return every metric and cost; `acceptable` only where cases have sets. Shapes: (..., 31) -> (...)."""
    chosen = {**METRICS, **COSTS}
    return {name: metric.compute(stats) for name, metric in chosen.items() if name != "acceptable" or has_acceptable}
