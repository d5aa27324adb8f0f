"""What is measured of episodes: every measure a sum over cases divided by another, so that one bootstrap serves all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from triagelab.evaluation.episode_records import EpisodeRow
from triagelab.evaluation.intervals import RESAMPLES, Interval, bootstrap_interval, resample, wilson

Part = Callable[[EpisodeRow], float]


@dataclass(frozen=True)
class Measure:
    """One measure: the sum of `top` over the sum of `bottom`.

    Attributes:
        higher_is_better: None where neither is.
        share: `top` is 0 or 1 where `bottom` is 1.
    """

    name: str
    text: str
    top: Part
    bottom: Part
    higher_is_better: bool | None
    share: bool = False

    def parts(self, rows: Sequence[EpisodeRow]) -> np.ndarray:
        """Return the two parts of every episode. Shapes: (N, 2)."""
        return np.array([(self.top(row), self.bottom(row)) for row in rows], dtype=float).reshape(-1, 2)


def ratio(parts: np.ndarray) -> np.ndarray:
    """Return top over bottom, NaN where the bottom is none. Shapes: (..., 2) -> (...)."""
    top, bottom = parts[..., 0], parts[..., 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), np.nan)


def _one(_: EpisodeRow) -> float:
    return 1.0


def _urgent(row: EpisodeRow) -> float:
    return float(row.level <= 2)


def _share(
    name: str, text: str, test: Callable[[EpisodeRow], bool], higher: bool | None, among: Part = _one
) -> Measure:
    return Measure(name, text, lambda row: float(test(row)) * among(row), among, higher, share=True)


def _mean(name: str, text: str, value: Part, higher: bool | None) -> Measure:
    return Measure(name, text, value, _one, higher)


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        one.name: one
        for one in (
            Measure(
                "normalised",
                "return between the best constant (0) and the oracle (100) on the same cases",
                lambda row: 100.0 * (row.total - row.floor),
                lambda row: row.ceiling - row.floor,
                True,
            ),
            _mean("mean_return", "sum of rewards of an episode", lambda row: row.total, True),
            _share("exact", "the level itself", lambda row: row.answer == row.level, True),
            _share(
                "within_one",
                "at most one level off",
                lambda row: row.answer is not None and abs(row.answer - row.level) <= 1,
                True,
            ),
            _share(
                "sensitivity_1_2",
                "level 1 or 2 answered for truth 1 or 2",
                lambda row: row.answer is not None and row.answer <= 2,
                True,
                _urgent,
            ),
            _share(
                "under_triage",
                "answered less urgent than the truth",
                lambda row: row.answer is not None and row.answer > row.level,
                False,
            ),
            _share(
                "over_triage",
                "answered more urgent than the truth",
                lambda row: row.answer is not None and row.answer < row.level,
                False,
            ),
            _share("pathway", "the right pathway", lambda row: row.answer_pathway == row.pathway, True),
            _share("pattern", "the right pattern", lambda row: row.answer_pattern == row.pattern, True),
            _share("no_commit", "nothing committed", lambda row: row.answer is None, False),
            _mean("questions", "questions, measurements, examinations and tests", lambda row: row.questions, None),
            _mean("minutes", "minutes until the end", lambda row: row.minutes, None),
            Measure(
                "invalid",
                "answers that were no action, of all answers",
                lambda row: float(row.invalid),
                lambda row: float(max(1, len(row.actions))),
                False,
            ),
        )
    }
)
"""Every measure, by the name that summaries use."""


def measured(rows: Sequence[EpisodeRow], *, seed: int = 0, resamples: int = RESAMPLES) -> dict[str, Interval]:
    """Return every measure with its interval: Wilson for shares, a bootstrap over cases for the rest."""
    stats = np.concatenate([one.parts(rows) for one in MEASURES.values()], axis=1)
    draws = resample(stats, resamples, seed, "episodes")
    found: dict[str, Interval] = {}
    for place, (name, one) in enumerate(MEASURES.items()):
        parts = stats[:, 2 * place : 2 * place + 2]
        found[name] = _interval(one, parts, ratio(draws[:, 2 * place : 2 * place + 2]))
    return found


def _interval(one: Measure, parts: np.ndarray, draws: np.ndarray) -> Interval:
    top, bottom = parts.sum(0)
    value = float(ratio(parts.sum(0)))
    if one.share:
        if bottom == 0:
            return Interval(None, None, None, 0, "wilson", "n too small: no such case")
        return Interval(value, *wilson(float(top), float(bottom)), int(bottom), "wilson")
    return bootstrap_interval(value, draws, clusters=len(parts), n=len(parts), method="bootstrap")
