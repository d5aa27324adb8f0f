"""The summary of an episode evaluation: every measure with its interval, and what it is measured against."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from triagelab.errors import BadInputError, DataFormatError
from triagelab.evaluation.episode_measures import MEASURES, measured
from triagelab.evaluation.episode_records import EpisodeRow
from triagelab.evaluation.intervals import LEVEL, RESAMPLES
from triagelab.evaluation.summary import SUMMARY, figure

KIND = "episodes"
FORMAT = 1
METHOD = "Wilson for shares; bootstrap over cases for the rest"


def summarise_episodes(rows: Sequence[EpisodeRow], *, seed: int = 0, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Return n, every measure with its interval, mean components, confusion and the histogram of questions.

    Raises: BadInputError without rows.
    """
    if not rows:
        raise BadInputError("episodes", "none", "at least one episode")
    found = measured(rows, seed=seed, resamples=resamples)
    names = sorted({name for row in rows for name in row.components})
    counts = [[0] * 6 for _ in range(5)]
    for row in rows:
        counts[row.level - 1][5 if row.answer is None else row.answer - 1] += 1
    asked = Counter(row.questions for row in rows)
    return {
        "n": len(rows),
        **{name: found[name].to_dict() for name in MEASURES},
        "components": {name: sum(row.components.get(name, 0.0) for row in rows) / len(rows) for name in names},
        "floor": sum(row.floor for row in rows) / len(rows),
        "ceiling": sum(row.ceiling for row in rows) / len(rows),
        "confusion": {"rows": "truth 1-5", "columns": "answer 1-5, no answer", "counts": counts},
        "questions_histogram": {str(number): asked[number] for number in sorted(asked)},
        "raised": _raised(rows),
        "intervals": {"level": LEVEL, "resamples": resamples, "seed": seed, "method": METHOD},
    }


def _raised(rows: Sequence[EpisodeRow]) -> dict[str, int]:
    """Return how often the safety layer raised the level, and how often the truth was that urgent."""
    changed = [row for row in rows if row.raised]
    rightly = sum(row.answer is not None and row.level <= row.answer for row in changed)
    return {"all": len(changed), "rightly": rightly, "wrongly": len(changed) - rightly}


def read_episode_summary(folder: Path | str) -> dict[str, Any]:
    """Return the summary of an episode folder.

    Raises: BadInputError where there is none, DataFormatError where it is not one.
    """
    path = Path(folder) / SUMMARY
    if not path.is_file():
        raise BadInputError("evaluation folder", str(folder), f"a folder with {SUMMARY}", "run triagelab evaluate")
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataFormatError(f"{path}: not JSON ({str(error)[:80]})") from error
    if not isinstance(summary, dict) or summary.get("kind") != KIND:
        raise DataFormatError(f"{path}: not a summary of triagelab evaluate --env")
    return summary


def episode_lines(summary: Mapping[str, Any]) -> list[str]:
    """Return the summary for a terminal: one line a measure, and what 0 and 100 mean."""
    lines = [f"{summary['agent']} in {summary['env']}/{summary['split']}, n = {summary['n']} episodes"]
    for name in MEASURES:
        digits = 1 if name in ("normalised", "questions", "minutes") else 3
        lines.append(f"  {name:<16} {figure(summary[name], digits)}")
    best = summary["best_constant"]
    lines.append(
        f"  normalised: 0 is {best['answer']} to everybody ({summary['floor']:.3f}; chosen on {best['cases']} "
        f"{best['split']} cases), 100 is the oracle ({summary['ceiling']:.3f}), on the same cases"
    )
    raised = summary["raised"]
    if raised["all"]:
        lines.append(
            f"  safety layer raised {raised['all']}: {raised['rightly']} rightly, {raised['wrongly']} too far or for "
            "nothing"
        )
    lines.append(f"  95 % intervals: {summary['intervals']['method']}")
    return lines
