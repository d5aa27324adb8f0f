"""What was accepted, what was refused and why, in lines for a terminal."""

from __future__ import annotations

from collections import Counter

from triagelab.cases.schema import LEVELS
from triagelab.datasets.base import SPLITS, Dataset

MAX_REASONS = 20


def summary_lines(dataset: Dataset) -> list[str]:
    """Return the lines that `triagelab data load` prints: counts, level mix a split, refusals by reason, notes."""
    total = len(dataset.cases) + len(dataset.rejects)
    lines = [f"{dataset.name}: {total} rows, {len(dataset.cases)} accepted, {len(dataset.rejects)} rejected"]
    for split in SPLITS:
        levels = Counter(case.truth.level for case in dataset.cases if case.split == split)
        count = sum(levels.values())
        if count:
            mix = "  ".join(f"{level}: {levels[level]} ({levels[level] / count:.1%})" for level in LEVELS)
            lines.append(f"  {split}: {count} cases   {mix}")
    reasons = dataset.reject_counts()
    for reason, count in list(reasons.items())[:MAX_REASONS]:
        lines.append(f"  rejected {count}: {reason}")
    if len(reasons) > MAX_REASONS:
        rest = sum(list(reasons.values())[MAX_REASONS:])
        lines.append(f"  rejected {rest}: {len(reasons) - MAX_REASONS} other reasons")
    lines.append(f"  scale: {dataset.scale}")
    lines.extend(f"  note: {text}" for text in dataset.notes)
    return lines
