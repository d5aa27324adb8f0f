"""The figures of a report as plain rows: what the template prints, with nothing left to compute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from triagelab.evaluation.beliefs import AUROC, BELIEFS
from triagelab.evaluation.difference import Difference
from triagelab.evaluation.metrics import COSTS, METRICS
from triagelab.evaluation.paired import Comparison, compare_records
from triagelab.evaluation.report_charts import ticks
from triagelab.evaluation.report_sources import Evaluation

MAX_PAIRS = 15
LABELS = {
    "exact": "Exact",
    "within_one": "Within one",
    "qwk": "Quadratic kappa",
    "macro_f1": "Macro F1",
    "sensitivity_1_2": "Sensitivity 1-2",
    "severe_under_triage": "Severe under-triage",
    "under_triage": "Under-triage",
    "over_triage": "Over-triage",
    "acceptable": "Acceptable",
    "no_answer": "No answer",
    "cost_standard": "Clinical cost",
    "cost_sensitivity": "Clinical cost, second matrix",
    "auroc_1_2": "AUROC, levels 1-2",
    "brier": "Brier score",
    "ece_1_2": "Calibration error, levels 1-2",
}
PLAIN = ("cost", "qwk", "macro", "auroc", "brier", "ece")
"""Beginnings of the names that are printed as numbers, not as per cent."""
WORDS = {
    "exact": "exact share",
    "qwk": "kappa",
    "sensitivity_1_2": "sensitivity for levels 1-2",
    "severe_under_triage": "severe under-triage",
    "cost_standard": "clinical cost",
    "no_answer": "share without an answer",
}
FOREST = ("exact", "qwk", "sensitivity_1_2", "severe_under_triage", "macro_f1", "cost_standard")
OVERVIEW = ("exact", "qwk", "sensitivity_1_2", "cost_standard")
HIGHER = {
    **{name: metric.higher_is_better for name, metric in {**METRICS, **COSTS}.items()},
    **{name: name == AUROC for name in BELIEFS},
}


@dataclass(frozen=True)
class Figure:
    """One value as it is printed, with the place of its bar on the axis in percent."""

    text: str
    span: str
    note: str = ""
    best: bool = False
    left: float | None = None
    width: float = 0.0
    dot: float | None = None
    tone: str = ""


@dataclass(frozen=True)
class Forest:
    """One metric over all agents, on a common axis: rows of (agent, figure), ticks of (place in percent, text)."""

    name: str
    label: str
    direction: str
    rows: tuple[tuple[str, Figure], ...]
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Pair:
    """Two agents: the comparison, its rows (label, difference, figure), and the overview figures."""

    comparison: Comparison
    rows: tuple[tuple[str, Difference, Figure], ...]
    overview: tuple[Figure, ...]


def metric_of(one: Evaluation, name: str) -> Mapping[str, Any]:
    """Return the summary's entry for a metric or a cost; empty where an older summary lacks it."""
    if name.startswith("cost_"):
        return one.summary.get("cost", {}).get(name.removeprefix("cost_"), {})
    if name in BELIEFS:
        return (one.summary.get("probabilities") or {}).get(name, {})
    return one.summary.get(name, {})


def _number(value: float, name: str) -> str:
    return f"{value:.2f}" if name.startswith(PLAIN) else f"{100 * value:.1f} %"


def _span(low: float | None, high: float | None, name: str) -> str:
    if low is None or high is None:
        return "no interval"
    if name.startswith(PLAIN):
        return f"{low:.2f} to {high:.2f}"
    return f"{100 * low:.1f} to {100 * high:.1f}"


def figure(one: Evaluation, name: str, best: float | None = None) -> Figure:
    """Return the printed value of one metric of one evaluation."""
    entry = metric_of(one, name)
    value = entry.get("value")
    if value is None:
        return Figure("-", "", str(entry.get("note", "not measured")))
    span = _span(entry.get("low"), entry.get("high"), name)
    return Figure(
        _number(value, name), span, str(entry.get("note", "")), best is not None and abs(value - best) < 1e-12
    )


def headline(group: Sequence[Evaluation]) -> list[tuple[str, list[Figure]]]:
    """Return (metric label, one figure an agent) for every metric that some agent has; the best value is marked."""
    rows = []
    for name, label in LABELS.items():
        values = [value for one in group if (value := metric_of(one, name).get("value")) is not None]
        if values:
            best = max(values) if HIGHER[name] else min(values)
            marked = best if len(values) > 1 and len(set(values)) > 1 else None
            rows.append((label, [figure(one, name, marked) for one in group]))
    return rows


def forests(group: Sequence[Evaluation]) -> list[Forest]:
    """Return one interval plot a chosen metric."""
    found = []
    for name in FOREST:
        entries = [metric_of(one, name) for one in group]
        edges = [edge for entry in entries for edge in (entry.get("value"), entry.get("low"), entry.get("high"))]
        known = [float(edge) for edge in edges if edge is not None]
        if not known:
            continue
        low, high = _axis(min(known), max(known), floor=0.0 if min(known) >= 0 else None)
        rows = tuple(
            (one.label, _placed(figure(one, name), entry, low, high)) for one, entry in zip(group, entries, strict=True)
        )
        marks = tuple((100 * (mark - low) / (high - low), _tick(mark, name)) for mark in ticks(low, high, 4))
        direction = "higher is better" if HIGHER[name] else "lower is better"
        found.append(Forest(name, LABELS[name], direction, rows, marks))
    return found


def _axis(low: float, high: float, floor: float | None) -> tuple[float, float]:
    pad = 0.08 * (high - low) or 0.05
    start = low - pad if floor is None else max(floor, low - pad)
    return start, high + pad


def _tick(value: float, name: str) -> str:
    return f"{value:.4g}" if name.startswith(PLAIN) else f"{100 * value:.4g} %"


def _placed(shown: Figure, entry: Mapping[str, Any], low: float, high: float, tone: str = "") -> Figure:
    if entry.get("value") is None:
        return shown
    scale = 100 / (high - low)
    dot = (float(entry["value"]) - low) * scale
    if entry.get("low") is None or entry.get("high") is None:
        return Figure(shown.text, shown.span, shown.note, shown.best, None, 0.0, dot, tone)
    left = (float(entry["low"]) - low) * scale
    width = (float(entry["high"]) - float(entry["low"])) * scale
    return Figure(shown.text, shown.span, shown.note, shown.best, left, width, dot, tone)


def pairs(group: Sequence[Evaluation]) -> tuple[list[Pair], int]:
    """Return the comparisons of all pairs of the group, newest pairs first, and how many were left out."""
    wanted = sorted(combinations(range(len(group)), 2), key=lambda pair: (-pair[1], -pair[0]))
    found = []
    for a, b in wanted[:MAX_PAIRS]:
        first, second = group[a], group[b]
        done = compare_records(
            first.records, second.records, label_a=first.label, label_b=second.label, intersect=True, seed=0
        )
        found.append(_pair(done))
    return found, max(0, len(wanted) - MAX_PAIRS)


def _pair(done: Comparison) -> Pair:
    names = [name for name in LABELS if name in done.differences]
    rows = []
    for name in names:
        item = done.differences[name]
        reach = max([abs(edge) for edge in (item.low, item.high, item.value) if edge is not None] + [1e-9]) * 1.15
        entry = {"value": item.value, "low": item.low, "high": item.high}
        rows.append((LABELS[name], item, _placed(_change(item), entry, -reach, reach, _tone(item))))
    by_name = dict(zip(names, rows, strict=True))
    overview = tuple(by_name[name][2] if name in by_name else Figure("-", "") for name in OVERVIEW)
    return Pair(done, tuple(rows), overview)


def _change(item: Difference) -> Figure:
    shares = not item.metric.startswith(("cost", "qwk", "macro"))
    factor, digits = (100, 1) if shares else (1, 3)
    unit = " pp" if shares else ""
    value = f"{factor * item.value:+.{digits}f}{unit}"
    if item.low is None or item.high is None:
        return Figure(value, "no interval", item.note or "")
    return Figure(value, f"{factor * item.low:+.{digits}f} to {factor * item.high:+.{digits}f}", item.note or "")


def _tone(item: Difference) -> str:
    return {"b better": "good", "b worse": "bad"}.get(item.verdict, "open")


def in_short(group: Sequence[Evaluation], compared: Sequence[Pair]) -> list[str]:
    """Return what a reader should take away from one group, in sentences made from the figures alone."""
    lines = []
    for name in ("exact", "qwk", "cost_standard"):
        known = [(value, one) for one in group if (value := metric_of(one, name).get("value")) is not None]
        if len(known) > 1:
            value, one = (max if HIGHER[name] else min)(known, key=lambda pair: pair[0])
            shown = figure(one, name)
            what = "Highest" if HIGHER[name] else "Lowest"
            lines.append(f"{what} {WORDS[name]}: {one.label}, {shown.text} ({shown.span}).")
    if compared:
        lines.append(_pair_sentence(compared[0].comparison))
    silent = [one.label for one in group if (metric_of(one, "no_answer").get("value") or 0) > 0.02]
    if silent:
        lines.append(f"More than 2 % without an answer: {', '.join(silent)}. No answer counts as wrong everywhere.")
    return lines


def _pair_sentence(done: Comparison) -> str:
    better, worse = (
        [
            words
            for name, words in WORDS.items()
            if name in done.differences and done.differences[name].verdict == verdict
        ]
        for verdict in ("b better", "b worse")
    )
    if not better and not worse:
        return f"{done.b} and {done.a} cannot be told apart on {done.cases} cases (Holm over all metrics, 5 %)."
    parts = [f"better in {', '.join(better)}"] if better else []
    parts += [f"worse in {', '.join(worse)}"] if worse else []
    return f"{done.b} against {done.a} on the same {done.cases} cases: {'; '.join(parts)} (Holm, 5 %)."


def confusion(one: Evaluation) -> list[dict[str, Any]]:
    """Return the confusion table of one agent, row by row: truth, n, and per cell count, share of the row and kind."""
    rows = []
    for index, counts in enumerate(one.summary["confusion"]["counts"]):
        n = sum(counts)
        cells = []
        for column, count in enumerate(counts):
            kind = "none" if column == 5 else ("hit" if column == index else ("under" if column > index else "over"))
            cells.append({"count": count, "share": count / n if n else 0.0, "kind": kind})
        rows.append({"level": index + 1, "n": n, "cells": cells})
    return rows
