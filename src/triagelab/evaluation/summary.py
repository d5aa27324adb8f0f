"""The summary of an evaluation: every metric with its interval, and everything a reader needs to judge it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from triagelab.cases.schema import CROSS_SCALE
from triagelab.clinical.costs import NO_ANSWER_COLUMN, cost_matrices
from triagelab.errors import BadInputError, DataFormatError
from triagelab.evaluation.beliefs import BELIEFS, belief_figures
from triagelab.evaluation.intervals import LEVEL, RESAMPLES, Interval, intervals, wilson
from triagelab.evaluation.metrics import METRICS, class_f1, tally
from triagelab.evaluation.records import Record
from triagelab.evaluation.safety import KEY as SAFETY
from triagelab.evaluation.safety import effect_of

SUMMARY = "summary.json"
FORMAT = 1


def summarise(records: Sequence[Record], *, seed: int = 0, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Return n, every metric with value and interval, costs with their matrix, per-class table and confusion matrix.

    What a safety layer did stands under `safety` where the agent has one.
    """
    counts = tally(records)
    found = intervals(counts, seed=seed, resamples=resamples)
    safety = effect_of(records, seed=seed, resamples=resamples)
    return {
        "n": counts.n,
        "cases": len({record.case_id for record in records}),
        "units": len(counts.clusters),
        **{name: found[name].to_dict() for name in METRICS},
        "cost": {
            name: {**found[f"cost_{name}"].to_dict(), "matrix": matrix.table().tolist(), "text": matrix.text}
            for name, matrix in cost_matrices().items()
        },
        "probabilities": belief_figures(records, resamples=resamples, seed=seed),
        "per_class": per_class(counts.confusion, counts.total),
        "confusion": {
            "rows": "truth 1-5",
            "columns": "answer 1-5, no answer",
            "counts": counts.confusion.tolist(),
        },
        **({SAFETY: {**safety.to_dict(), "lines": safety.lines()}} if safety is not None else {}),
        "statuses": dict(Counter(record.status for record in records).most_common()),
        "intervals": {
            "level": LEVEL,
            "resamples": resamples,
            "seed": seed,
            "clustered": counts.clustered,
            "method": _method_line(counts.clustered),
        },
    }


def _method_line(clustered: bool) -> str:
    if clustered:
        return (
            "smoothed bootstrap over clusters (patients or hospitals; cases, where a case was answered several times)"
        )
    return "Wilson for shares; smoothed bootstrap over cases for the rest"


def per_class(confusion: np.ndarray, total: np.ndarray) -> list[dict[str, Any]]:
    """Return one row a level: counts, recall and precision with Wilson intervals, F1, under, over, no answer.

    Missing: a share of nothing is null. Shapes: (5, 6), (31,) -> 5 rows.
    """
    scores = class_f1(total)
    rows = []
    for index in range(5):
        line, hits = confusion[index], int(confusion[index, index])
        answered = int(confusion[:, index].sum())
        n = int(line.sum())
        rows.append(
            {
                "level": index + 1,
                "n": n,
                "answered": answered,
                "recall": _wilson(hits, n),
                "precision": _wilson(hits, answered),
                "f1": None if np.isnan(scores[index]) else float(scores[index]),
                "under_triage": _wilson(int(line[index + 1 : 5].sum()), n),
                "over_triage": _wilson(int(line[:index].sum()), n),
                "no_answer": _wilson(int(line[NO_ANSWER_COLUMN]), n),
            }
        )
    return rows


def _wilson(successes: int, n: int) -> dict[str, Any]:
    if n == 0:
        return Interval(None, None, None, 0, "wilson", "n too small: no such case").to_dict()
    return Interval(successes / n, *wilson(successes, n), n, "wilson").to_dict()


def read_summary(folder: Path | str) -> dict[str, Any]:
    """Return the summary of an evaluation folder.

    Raises: BadInputError where there is none, DataFormatError where it is not one.
    """
    import json

    path = Path(folder) / SUMMARY
    if not path.is_file():
        raise BadInputError(
            "evaluation folder", str(folder), f"a folder with {SUMMARY}", "run triagelab evaluate first"
        )
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataFormatError(f"{path}: not JSON ({str(error)[:80]})") from error
    if not isinstance(summary, dict) or summary.get("kind") != "evaluation":
        raise DataFormatError(f"{path}: not a summary of triagelab evaluate")
    return summary


def figure(metric: Mapping[str, Any] | None, digits: int = 3) -> str:
    """Return `0.654 (0.610-0.697)`, or the value and why it has no interval."""
    if not metric or metric.get("value") is None:
        return "-"
    value = f"{metric['value']:.{digits}f}"
    if metric.get("low") is None or metric.get("high") is None:
        return f"{value} (no interval: {metric.get('note', 'n too small')})"
    separator = "-" if metric["low"] >= 0 else " to "
    return f"{value} ({metric['low']:.{digits}f}{separator}{metric['high']:.{digits}f})"


def summary_lines(summary: Mapping[str, Any]) -> list[str]:
    """Return the summary for a terminal: one line a metric, and which cost matrix was used."""
    cases = (
        ""
        if summary["cases"] == summary["n"]
        else f" ({summary['cases']} cases, {summary.get('repeat', '?')} answers each)"
    )
    where = f"{summary['agent']} on {summary['dataset']}/{summary['split']}"
    lines = [f"{where}, n = {summary['n']}{cases}, scale {summary['scale']}"]
    if (warning := CROSS_SCALE.get(summary["scale"])) is not None:
        lines.append(f"  {warning}")
    lines += [f"  {name:<20} {figure(summary[name])}" for name in METRICS]
    for name in cost_matrices():
        cost = summary["cost"][name]
        lines.append(f"  {'cost, ' + name:<20} {figure(cost)}")
    if (beliefs := summary.get("probabilities")) is not None:
        lines += [f"  {name:<20} {figure(beliefs[name])}" for name in BELIEFS]
    lines += summary.get(SAFETY, {}).get("lines", [])
    lines.append(f"  95 % intervals: {summary['intervals']['method']}")
    lines += [f"  cost matrix, {name}: {summary['cost'][name]['text']}" for name in cost_matrices()]
    if summary.get("rejected"):
        lines.append(f"  {summary['rejected']} rows of the source were rejected; the reasons are in {SUMMARY}")
    return lines
