"""Two agents in the same episodes: paired differences with intervals, and how many cases would tell them apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from triagelab.errors import BadInputError
from triagelab.evaluation.difference import Difference, bootstrap_p, mcnemar_cases, mcnemar_exact, power
from triagelab.evaluation.episode_measures import MEASURES, Measure, ratio
from triagelab.evaluation.episode_records import EPISODES, EpisodeRow, read_rows
from triagelab.evaluation.episode_summary import KIND, read_episode_summary
from triagelab.evaluation.intervals import bootstrap_interval, resample
from triagelab.evaluation.paired import PAIRED_RESAMPLES, Comparison, difference_line, holm, power_line
from triagelab.evaluation.paired import compare as compare_notes
from triagelab.evaluation.summary import SUMMARY

POWER_MEASURES = {"normalised": "the normalised score", "exact": "exact", "pattern": "pattern"}


@dataclass(frozen=True)
class EpisodeComparison:
    """What two agents did in the same episodes; `n` is the number of episodes. Differences are b minus a."""

    a: str
    b: str
    env: str
    split: str
    n: int
    differences: dict[str, Difference]
    notes: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Return the comparison for a terminal."""
        where = f"{self.env}/{self.split}, n = {self.n} paired episodes"
        head = f"{self.b} (b) against {self.a} (a) in {where}; difference = b - a"
        shown = [(words, self.differences[name]) for name, words in POWER_MEASURES.items() if name in self.differences]
        return [
            head,
            *(difference_line(one) for one in self.differences.values()),
            *(power_line(words, one, self.n) for words, one in shown),
            *(f"note: {note}" for note in self.notes),
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, the text lines included."""
        return {**asdict(self), "kind": "episode comparison", "difference": "b - a", "lines": self.lines()}


def compare_folders(dir_a: Path | str, dir_b: Path | str, *, intersect: bool = False) -> Comparison | EpisodeComparison:
    """Return the comparison of two evaluation folders of one kind: answers to notes, or episodes.

    Raises: BadInputError for a folder that is not there or folders of two kinds, and as the comparison of their kind.
    """
    for folder in (dir_a, dir_b):
        if not Path(folder).is_dir():
            raise BadInputError("evaluation folder", str(folder), f"a folder with {SUMMARY}", "run triagelab evaluate")
    kinds = [(Path(folder) / EPISODES).is_file() for folder in (dir_a, dir_b)]
    if kinds[0] != kinds[1]:
        found = [
            f"{folder} ({'episodes' if kind else 'notes'})" for folder, kind in zip((dir_a, dir_b), kinds, strict=True)
        ]
        raise BadInputError(
            "evaluation folders", " and ".join(found), "two of one kind: both of --data, or both of --env"
        )
    compare = compare_episodes if kinds[0] else compare_notes
    return compare(dir_a, dir_b, intersect=intersect)


def compare_episodes(
    dir_a: Path | str,
    dir_b: Path | str,
    *,
    intersect: bool = False,
    resamples: int = PAIRED_RESAMPLES,
    seed: int = 0,
) -> EpisodeComparison:
    """Return the comparison of two episode folders, paired by seed.

    Args:
        intersect: compare the episodes that both have, and say how many were left out, instead of refusing.

    Raises: BadInputError where environment, split, reward, reference or episodes differ.
    """
    one, two = read_episode_summary(dir_a), read_episode_summary(dir_b)
    _check_alike(one, two)
    rows_a, rows_b = ({row.seed: row for row in read_rows(folder)} for folder in (dir_a, dir_b))
    shared, notes = _shared(rows_a, rows_b, intersect)
    names = [str(one["agent"]), str(two["agent"])]
    if names[0] == names[1]:
        names = [f"{name} [{Path(folder).resolve().name}]" for name, folder in zip(names, (dir_a, dir_b), strict=True)]
    found = differences(
        [rows_a[key] for key in shared], [rows_b[key] for key in shared], resamples=resamples, seed=seed
    )
    return EpisodeComparison(names[0], names[1], str(one["env"]), str(one["split"]), len(shared), found, notes)


def _check_alike(one: dict[str, Any], two: dict[str, Any]) -> None:
    assert one["kind"] == two["kind"] == KIND  # read_episode_summary has seen to that
    config = [summary.get("config", {}) for summary in (one, two)]
    for field in ("env", "split", "reward", "best_constant", "cases_hash"):
        values = [part.get(field) for part in config]
        if field == "cases_hash" and config[0].get("n") != config[1].get("n"):
            continue  # of another number of cases; the rows themselves are compared
        if values[0] != values[1]:
            raise BadInputError(field, f"{values[0]} and {values[1]}", "the same in both folders")


def _shared(
    rows_a: dict[int, EpisodeRow], rows_b: dict[int, EpisodeRow], intersect: bool
) -> tuple[list[int], tuple[str, ...]]:
    shared = sorted(rows_a.keys() & rows_b.keys())
    left = len(rows_a.keys() ^ rows_b.keys())
    if left and not intersect:
        raise BadInputError("episodes", f"{left} in one folder only", "the same in both", "or --intersect")
    if not shared:
        raise BadInputError("episodes", "none in both folders", "at least one")
    for key in shared:
        if (rows_a[key].floor, rows_a[key].ceiling) != (rows_b[key].floor, rows_b[key].ceiling):
            raise BadInputError("episodes", f"seed {key} is another case in each folder", "the same cases")
    return shared, (f"{left} episodes that only one folder has were left out",) if left else ()


def differences(
    rows_a: Sequence[EpisodeRow], rows_b: Sequence[EpisodeRow], *, resamples: int = PAIRED_RESAMPLES, seed: int = 0
) -> dict[str, Difference]:
    """Return the difference in every measure that is defined for both, with Holm's correction over all of them."""
    parts = {name: (one.parts(rows_a), one.parts(rows_b)) for name, one in MEASURES.items()}
    stats = np.concatenate([part for pair in parts.values() for part in pair], axis=1)
    draws = resample(stats, resamples, seed, "episodes", "paired")
    found: dict[str, Difference] = {}
    for place, (name, one) in enumerate(MEASURES.items()):
        start = 4 * place
        drawn = ratio(draws[:, start + 2 : start + 4]) - ratio(draws[:, start : start + 2])
        difference = _difference(one, *parts[name], drawn)
        if difference is not None:
            found[name] = difference
    return dict(holm(found))


def _difference(one: Measure, parts_a: np.ndarray, parts_b: np.ndarray, draws: np.ndarray) -> Difference | None:
    a, b = float(ratio(parts_a.sum(0))), float(ratio(parts_b.sum(0)))
    if math.isnan(a) or math.isnan(b):
        return None
    n = len(parts_a)
    span = bootstrap_interval(b - a, draws, clusters=n, n=n, method="bootstrap")
    needed, detectable = power(draws, b - a, n)
    p, test = bootstrap_p(draws, span), "bootstrap"
    same_cases = np.array_equal(parts_a[:, 1], parts_b[:, 1])
    if one.share and same_cases:  # an outcome of the course can move a case out of a share's base
        only_a, only_b = int((parts_a[:, 0] > parts_b[:, 0]).sum()), int((parts_a[:, 0] < parts_b[:, 0]).sum())
        p, test = mcnemar_exact(only_a, only_b), "McNemar exact"
        needed = mcnemar_cases(only_a / n, only_b / n)
    return Difference(
        metric=one.name,
        a=a,
        b=b,
        value=b - a,
        low=span.low,
        high=span.high,
        p=p,
        test=test,
        verdict=_verdict(one, b - a),
        cases_needed=needed,
        detectable=detectable,
        method=span.method,
        note=span.note,
    )


def _verdict(one: Measure, value: float) -> str:
    if one.higher_is_better is None:
        return "b more" if value > 0 else "b fewer"
    return "b better" if (value > 0) == one.higher_is_better else "b worse"
