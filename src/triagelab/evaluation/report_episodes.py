"""Episodes in a report: agents side by side where environment, split and cases are the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triagelab.evaluation.episode_measures import MEASURES
from triagelab.evaluation.episode_summary import read_episode_summary
from triagelab.evaluation.report_tables import Figure

LABELS = {
    "normalised": "Normalised score",
    "mean_return": "Mean return",
    "exact": "Exact level",
    "within_one": "Within one",
    "sensitivity_1_2": "Sensitivity 1-2",
    "under_triage": "Under-triage",
    "over_triage": "Over-triage",
    "pathway": "Right pathway",
    "pattern": "Right pattern",
    "no_commit": "Nothing committed",
    "questions": "Questions",
    "minutes": "Minutes",
    "invalid": "Answers that were no action",
}
PLAIN = {"normalised": 1, "mean_return": 3, "questions": 1, "minutes": 1}
"""Measures that are printed as numbers, with their decimals; the others are per cent."""
BARS = 21
"""Bars of a histogram at most: an episode has at most 20 actions, and 0 is a number of questions, too."""


@dataclass(frozen=True)
class EpisodeRun:
    """One agent in one environment."""

    folder: Path
    label: str
    summary: Mapping[str, Any]

    @property
    def group(self) -> tuple[str, ...]:
        """Return what must be equal for results to stand side by side."""
        config = self.summary.get("config", {})
        names = ("env", "split", "n", "reward", "cases_hash", "best_constant")
        return tuple(str(config.get(name)) for name in names)


def episode_runs(places: Iterable[Path]) -> list[EpisodeRun]:
    """Return the runs of folders; of two runs that say the same name the folder's name tells which is which."""
    read = [(place, read_episode_summary(place)) for place in places]
    found = [EpisodeRun(place, str(summary["agent"]), summary) for place, summary in read]
    names = [(run.group, run.label) for run in found]
    return [
        run if names.count(name) == 1 else EpisodeRun(run.folder, f"{run.label} [{run.folder.name}]", run.summary)
        for run, name in zip(found, names, strict=True)
    ]


def episode_groups(runs: Sequence[EpisodeRun]) -> list[dict[str, Any]]:
    """Return everything the template prints of episodes, group by group, the best agent first."""
    groups: dict[tuple[str, ...], list[EpisodeRun]] = {}
    for run in runs:
        groups.setdefault(run.group, []).append(run)
    return [_group(sorted(group, key=_score, reverse=True), place) for place, group in enumerate(groups.values())]


def episode_definitions() -> list[tuple[str, str]]:
    """Return what each measure of episodes says."""
    return [(LABELS[name], measure.text) for name, measure in MEASURES.items()]


def _score(run: EpisodeRun) -> float:
    value = run.summary["normalised"].get("value")
    return float("-inf") if value is None else float(value)


def _group(group: Sequence[EpisodeRun], place: int) -> dict[str, Any]:
    first = group[0].summary
    return {
        "name": f"{first['env']}, {first['split']} split",
        "id": f"episodes-{place}",
        "n": first["n"],
        "method": first["intervals"]["method"],
        "best": first["best_constant"],
        "floor": first["floor"],
        "ceiling": first["ceiling"],
        "agents": [run.label for run in group],
        "summaries": [(run.label, run.summary) for run in group],
        "rows": [(LABELS[name], [_figure(run.summary[name], name) for run in group]) for name in MEASURES],
        "scores": [(run.label, figure) for run, figure in zip(group, _scores(group), strict=True)],
        "histograms": [(run.label, _bars(run.summary["questions_histogram"])) for run in group],
    }


def _figure(entry: Mapping[str, Any], name: str) -> Figure:
    if entry.get("value") is None:
        return Figure("-", "", str(entry.get("note", "")))
    factor, digits = (1, PLAIN[name]) if name in PLAIN else (100, 1)
    text = f"{factor * entry['value']:.{digits}f}" + ("" if name in PLAIN else " %")
    if entry.get("low") is None or entry.get("high") is None:
        return Figure(text, "no interval", str(entry.get("note", "")))
    return Figure(text, f"{factor * entry['low']:.{digits}f} to {factor * entry['high']:.{digits}f}")


def _scores(group: Sequence[EpisodeRun]) -> list[Figure]:
    """Return the normalised scores with their bars from 0 (best constant) to 100 (oracle); less than 0 stays at 0."""
    found = []
    for run in group:
        entry = run.summary["normalised"]
        shown = _figure(entry, "normalised")
        left, right, dot = (_within(entry.get(key)) for key in ("low", "high", "value"))
        width = 0.0 if left is None or right is None else right - left
        found.append(Figure(shown.text, shown.span, shown.note, False, left, width, dot, "open"))
    return found


def _within(value: float | None) -> float | None:
    return None if value is None else min(100.0, max(0.0, float(value)))


def _bars(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return one bar a number of questions, its height in percent of the highest."""
    asked = {min(BARS - 1, int(number)): count for number, count in counts.items()}
    most = max(asked.values(), default=1)
    heights = [(number, asked.get(number, 0)) for number in range(BARS)]
    return [{"number": number, "count": count, "height": 100 * count / most} for number, count in heights]
