"""The summary of an evaluation of imaging answers: every metric with its interval over variants, by split."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from triagelab.clinical.imaging import ORDER
from triagelab.errors import BadInputError, DataFormatError
from triagelab.evaluation.imaging.metrics import METRICS, ImagingMetric, class_f1, confusion, rows_of
from triagelab.evaluation.imaging.records import SUMMARY, ImagingRecord, ReasoningScore
from triagelab.evaluation.intervals import LEVEL, RESAMPLES, Interval, bootstrap_interval, resample, wilson

KIND, FORMAT = "imaging evaluation", 1
METHOD = "cluster bootstrap"
SPLIT_TITLES = {"test": "in distribution", "ood": "out of distribution", "train": "training data"}


def clustered(rows: np.ndarray, variants: Sequence[str]) -> np.ndarray:
    """Return the sums of each variant, in the order of their first row. Shapes: (n, S), n -> (variants, S)."""
    places = {name: number for number, name in enumerate(dict.fromkeys(variants))}
    stats_C_S = np.zeros((len(places), rows.shape[1]))
    np.add.at(stats_C_S, [places[name] for name in variants], rows)
    return stats_C_S


def summarise(
    records: Sequence[ImagingRecord],
    scores: Mapping[tuple[str, int], ReasoningScore] | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> dict[str, Any]:
    """Return split -> n, every metric with value and interval, table of labels, confusion matrix, by condition."""
    splits = {split: [one for one in records if one.split == split] for split in ("train", "test", "ood")}
    return {
        "splits": {
            split: _of_split(chosen, scores, seed=seed, resamples=resamples)
            for split, chosen in splits.items()
            if chosen
        },
        "intervals": {
            "level": LEVEL,
            "resamples": resamples,
            "seed": seed,
            "method": f"{METHOD} over patient variants; Wilson over variants for a share on which all rows agree",
        },
    }


def _of_split(
    records: Sequence[ImagingRecord],
    scores: Mapping[tuple[str, int], ReasoningScore] | None,
    *,
    seed: int,
    resamples: int,
) -> dict[str, Any]:
    rows = rows_of(records, scores)
    stats_C_S = clustered(rows, [record.variant_id for record in records])
    draws_R_S = resample(stats_C_S, resamples, seed, "imaging", records[0].split)
    total = stats_C_S.sum(0)
    return {
        "n": len(records),
        "variants": len(stats_C_S),
        "conditions": len({record.condition for record in records}),
        "metrics": {
            name: metric_interval(metric, stats_C_S, draws_R_S, len(records)).to_dict()
            for name, metric in METRICS.items()
        },
        "labels": per_label(total),
        "confusion": {
            "rows": [label.value for label in ORDER],
            "columns": [*(label.value for label in ORDER), "no answer"],
            "counts": confusion(total).astype(int).tolist(),
        },
        "by_condition": _by_condition(records),
        "statuses": dict(Counter(record.status for record in records).most_common()),
    }


def metric_interval(metric: ImagingMetric, stats_C_S: np.ndarray, draws_R_S: np.ndarray, n: int) -> Interval:
    """Return one metric with its interval over variants.

    Missing: no interval, with a note, below ten variants or where resamples do not vary; a share on which all rows
        agree has Wilson's, each variant counted once.
    """
    value, clusters = float(metric.compute(stats_C_S.sum(0))), len(stats_C_S)
    if metric.share and value in (0.0, 1.0):
        low, high = wilson(value * clusters, clusters)
        return Interval(value, low, high, n, "wilson", f"all rows agree; {clusters} variants, each counted once")
    return bootstrap_interval(value, metric.compute(draws_R_S), clusters=clusters, n=n, method=METHOD)


def per_label(total: np.ndarray) -> list[dict[str, Any]]:
    """Return one row a label: how often it is right and given, precision, recall, F1.

    Missing: a share of nothing is None. Shapes: (N_STATS,).
    """
    table, scores = confusion(total), class_f1(total)
    found = []
    for place, label in enumerate(ORDER):
        hits, asked, given = table[place, place], table[place].sum(), table[:, place].sum()
        found.append(
            {
                "label": label.value,
                "n": int(asked),
                "given": int(given),
                "precision": float(hits / given) if given else None,
                "recall": float(hits / asked) if asked else None,
                "f1": None if math.isnan(scores[place]) else float(scores[place]),
            }
        )
    return found


def _by_condition(records: Sequence[ImagingRecord]) -> dict[str, dict[str, float]]:
    right, total = Counter(), Counter()
    for record in records:
        total[record.condition] += 1
        right[record.condition] += record.right
    return {name: {"n": count, "exact": right[name] / count} for name, count in sorted(total.items())}


def summary_lines(summary: Mapping[str, Any]) -> list[str]:
    """Return a summary for a terminal."""
    lines = [f"{summary['agent']} (seed {summary['seed']}, repeat {summary['repeat']})"]
    for split, part in summary["splits"].items():
        lines.append(
            f"{split} ({SPLIT_TITLES[split]}): {part['n']} answers, {part['variants']} variants of"
            f" {part['conditions']} conditions; 95 % intervals over variants"
        )
        for name, row in part["metrics"].items():
            if row["value"] is not None:
                lines.append(f"  {name:<16} {figure_text(row):<32} {METRICS[name].text}")
        for row in part["labels"]:
            figures = ", ".join(f"{key} {_plain(row[key])}" for key in ("precision", "recall", "f1"))
            lines.append(f"  {row['label']:<24} n {row['n']:<4} given {row['given']:<4} {figures}")
    return lines


def figure_text(row: Mapping[str, Any]) -> str:
    """Return `0.512 (0.470 to 0.554)`, or the value alone where there is no interval."""
    digits = 1 if abs(row["value"]) >= 10 else 3
    between = "" if row["low"] is None else f" ({row['low']:.{digits}f} to {row['high']:.{digits}f})"
    return f"{row['value']:.{digits}f}{between}"


def _plain(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def read_imaging_summary(folder: Path | str) -> dict[str, Any]:
    """Return the summary of a folder. Raises: BadInputError where there is none, DataFormatError for another file."""
    import json

    path = Path(folder) / SUMMARY
    if not path.is_file():
        hint = "run triagelab imaging evaluate first"
        raise BadInputError("evaluation folder", str(folder), f"a folder with {SUMMARY}", hint)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataFormatError(f"{path}: not JSON ({str(error)[:80]})") from error
    if not isinstance(found, dict) or found.get("kind") != KIND:
        raise DataFormatError(f"{path}: not a summary of triagelab imaging evaluate")
    return found


__all__ = [
    "clustered",
    "figure_text",
    "metric_interval",
    "per_label",
    "read_imaging_summary",
    "summarise",
    "summary_lines",
]
