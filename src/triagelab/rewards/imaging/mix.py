"""How often each label is right over the train rows, and what a right answer is worth so that no label leads.

`python -m triagelab.rewards.imaging.mix` prints both for the presets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from triagelab.cases.imaging.case import ImagingCase
from triagelab.cases.imaging.generator import dataset_split
from triagelab.clinical.imaging_table import LABELS


def label_shares(cases: Iterable[ImagingCase]) -> dict[str, float]:
    """Return label, as the tables write it -> its share. Raises: ZeroDivisionError without a case."""
    counts = Counter(case.truth.label for case in cases)
    return {word: counts[label] / counts.total() for word, label in LABELS.items()}


def label_worths(shares: Mapping[str, float]) -> dict[str, float]:
    """Return label -> worth in proportion to 1 / share, the largest 1; equal pay for every constant answer."""
    least = min(share for share in shares.values() if share > 0)
    return {word: least / share if share > 0 else 1.0 for word, share in shares.items()}


if __name__ == "__main__":
    measured = label_shares(dataset_split("train"))
    for word, worth in label_worths(measured).items():
        print(f"{word}: share {measured[word]:.3f}, worth {worth:.2f}")


__all__ = ["label_shares", "label_worths"]
