"""Metrics of imaging answers, each a function of sums over rows, so that a bootstrap over variants needs sums alone.

An answer without a label is an error: it counts in `exact`, in both F1s and in recall, and is a column of its own in
the confusion matrix. A figure that speaks of reasoning is a mean over the answers that have one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from triagelab.clinical.imaging import ORDER
from triagelab.evaluation.imaging.records import ImagingRecord, ReasoningScore

L, BINS = len(ORDER), 10
NO_ANSWER = L
_CELLS = L * (L + 1)
_BIN = _CELLS
"""Start of the calibration bins: for each its answers, the sum of their highest shares, and how many were right."""
_BRIER = _BIN + 3 * BINS
"""Sum of Brier scores, and answers with shares."""
_MEANS: tuple[str, ...] = ("words", "tokens", "align_precision", "align_recall", "align_f1", "concepts", "logic")
_MEANS += ("support", "judged")
_MEAN = _BRIER + 2
"""Start of the means: for each a sum and a count."""
_CLAIM = _MEAN + 2 * len(_MEANS)
"""Claims, claims that hold, claims that the variant contradicts."""
N_STATS = _CLAIM + 3
Figure = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class ImagingMetric:
    """One metric. `compute`: sums (..., N_STATS) -> (...), NaN where it is not defined.

    Attributes:
        share: it is a share of rows, for which an interval exists also where all rows agree.
        better: +1 higher is better, -1 lower is, 0 neither.
        most: the largest value that there is; the least is 0.
    """

    name: str
    text: str
    compute: Figure
    better: int = 1
    share: bool = False
    most: float = 1.0


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1), np.nan)


def confusion(stats: np.ndarray) -> np.ndarray:
    """Return the confusion matrix, truth by answer, no answer last. Shapes: (..., N_STATS) -> (..., 3, 4)."""
    return stats[..., :_CELLS].reshape(*stats.shape[:-1], L, L + 1)


def exact(stats: np.ndarray) -> np.ndarray:
    """Return the share of rows with the right label."""
    table = confusion(stats)
    return _ratio(np.trace(table[..., :L], axis1=-2, axis2=-1), table.sum((-2, -1)))


def class_f1(stats: np.ndarray) -> np.ndarray:
    """Return F1 of each label; NaN for a label that is neither asked for nor given. Shapes: (..., 3)."""
    table = confusion(stats)
    hits = np.diagonal(table[..., :L], axis1=-2, axis2=-1)
    return _ratio(2 * hits, table.sum(-1) + table[..., :L].sum(-2))


def macro_f1(stats: np.ndarray) -> np.ndarray:
    """Return the mean F1 over the labels that are asked for or given."""
    scores = class_f1(stats)
    there = ~np.isnan(scores)
    return _ratio(np.where(there, scores, 0).sum(-1), there.sum(-1))


def weighted_f1(stats: np.ndarray) -> np.ndarray:
    """Return the mean F1 weighted by how often each label is right."""
    weights = confusion(stats).sum(-1)
    return _ratio((np.nan_to_num(class_f1(stats)) * weights).sum(-1), weights.sum(-1))


def no_answer(stats: np.ndarray) -> np.ndarray:
    table = confusion(stats)
    return _ratio(table[..., NO_ANSWER].sum(-1), table.sum((-2, -1)))


def ece(stats: np.ndarray) -> np.ndarray:
    """Return the expected calibration error of the likeliest label in ten bins; answers without shares are left out."""
    bins = stats[..., _BIN:_BRIER].reshape(*stats.shape[:-1], BINS, 3)
    gap = np.abs(bins[..., 1] - bins[..., 2]).sum(-1)
    return _ratio(gap, bins[..., 0].sum(-1))


def brier(stats: np.ndarray) -> np.ndarray:
    """Return the multi-class Brier score: squared errors of the three shares, summed; 0 to 2."""
    return _ratio(stats[..., _BRIER], stats[..., _BRIER + 1])


def _mean(name: str) -> Figure:
    place = _MEAN + 2 * _MEANS.index(name)
    return lambda stats: _ratio(stats[..., place], stats[..., place + 1])


def _claims(place: int) -> Figure:
    return lambda stats: _ratio(stats[..., _CLAIM + place], stats[..., _CLAIM])


_ROWS = (
    ImagingMetric("exact", "share of rows with the right label", exact, share=True),
    ImagingMetric("macro_f1", "mean F1 over labels", macro_f1),
    ImagingMetric("weighted_f1", "F1 weighted by how often a label is right", weighted_f1),
    ImagingMetric("no_answer", "share of rows without a label", no_answer, -1, share=True),
    ImagingMetric("ece", "expected calibration error, ten bins", ece, -1),
    ImagingMetric("brier", "multi-class Brier score, 0 to 2", brier, -1, most=2.0),
    ImagingMetric("align_f1", "sentence matches with the gold reasoning, F1", _mean("align_f1")),
    ImagingMetric("align_precision", "share of what is said that the gold reasoning says", _mean("align_precision")),
    ImagingMetric("align_recall", "share of the gold reasoning that is said", _mean("align_recall")),
    ImagingMetric("judged", "rubric or judge: (concepts + logic + support) / 30", _mean("judged")),
    ImagingMetric("concepts", "rubric or judge: medical concepts, 0 to 10", _mean("concepts"), most=10.0),
    ImagingMetric("logic", "rubric or judge: logic, 0 to 10", _mean("logic"), most=10.0),
    ImagingMetric("support", "rubric or judge: supporting evidence, 0 to 10", _mean("support"), most=10.0),
    ImagingMetric("faithful", "share of claims about criteria that hold in the variant", _claims(1)),
    ImagingMetric("contradicted", "share of claims that the variant contradicts", _claims(2), -1),
    ImagingMetric("words", "words of reasoning", _mean("words"), 0, most=math.inf),
    ImagingMetric("tokens", "tokens of the completion", _mean("tokens"), 0, most=math.inf),
)
METRICS: Mapping[str, ImagingMetric] = MappingProxyType({row.name: row for row in _ROWS})
"""Every metric by name, in the order of the tables."""


def row_of(record: ImagingRecord, score: ReasoningScore | None = None) -> np.ndarray:
    """Return what one row adds to the sums. Shapes: (N_STATS,)."""
    row = np.zeros(N_STATS)
    column = NO_ANSWER if record.predicted is None else ORDER.index(record.predicted)
    row[ORDER.index(record.gold) * (L + 1) + column] = 1
    if record.shares is not None:
        _add_belief(row, record)
    for number, name in enumerate(_MEANS):
        value = getattr(record if name in ("words", "tokens") else score, name, None)
        if value is not None and (name != "words" or record.text):
            row[_MEAN + 2 * number : _MEAN + 2 * number + 2] = value, 1
    if score is not None and score.claims is not None:
        row[_CLAIM:] = score.claims, score.held or 0, score.contradicted or 0
    return row


def _add_belief(row: np.ndarray, record: ImagingRecord) -> None:
    shares = np.asarray(record.shares, dtype=float)
    truth = ORDER.index(record.gold)
    top = int(shares.argmax())
    place = _BIN + 3 * min(BINS - 1, int(shares[top] * BINS))
    row[place : place + 3] = 1, shares[top], float(top == truth)
    row[_BRIER : _BRIER + 2] = ((shares - np.eye(L)[truth]) ** 2).sum(), 1


def rows_of(
    records: Sequence[ImagingRecord], scores: Mapping[tuple[str, int], ReasoningScore] | None = None
) -> np.ndarray:
    """Return one row of sums an answer. Shapes: (answers, N_STATS)."""
    found = scores or {}
    return np.stack([row_of(record, found.get(record.key)) for record in records])


__all__ = ["METRICS", "NO_ANSWER", "N_STATS", "ImagingMetric", "class_f1", "confusion", "row_of", "rows_of"]
