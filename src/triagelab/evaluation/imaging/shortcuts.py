"""What could be answered without reading the note: constants that a model may learn instead of the rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from triagelab.cases.imaging.case import ImagingCase
from triagelab.clinical.imaging import ORDER, Appropriateness
from triagelab.evaluation.imaging.metrics import METRICS, N_STATS

_KEYS: Mapping[str, Callable[[ImagingCase], Hashable]] = MappingProxyType(
    {
        "commonest label": lambda case: None,
        "commonest label of the procedure": lambda case: case.truth.procedure,
        "commonest label of the condition": lambda case: case.truth.condition,
        "commonest label of condition and procedure": lambda case: (case.truth.condition, case.truth.procedure),
    }
)


@dataclass(frozen=True)
class Shortcut:
    """One constant guess, learnt on train: split -> (share right, macro F1)."""

    name: str
    figures: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Length:
    """Words of a note by label, and the share of their variance that the label explains (eta squared)."""

    words: Mapping[str, float]
    eta_squared: float


def shortcuts(cases: Sequence[ImagingCase]) -> tuple[Shortcut, ...]:
    """Return every constant guess with what it reaches on unseen data; an unknown key gets the commonest label."""
    train = [case for case in cases if case.split == "train"]
    unseen = {split: [case for case in cases if case.split == split] for split in ("test", "ood")}
    if not train:
        return ()
    overall = _commonest(Counter(case.truth.label for case in train))
    found = []
    for name, key in _KEYS.items():
        table: dict[Hashable, Counter[Appropriateness]] = defaultdict(Counter)
        for case in train:
            table[key(case)][case.truth.label] += 1
        guess = {group: _commonest(counts) for group, counts in table.items()}
        figures = {
            split: _reached(rows, [guess.get(key(case), overall) for case in rows])
            for split, rows in unseen.items()
            if rows
        }
        found.append(Shortcut(name, figures))
    return tuple(found)


def _commonest(counts: Counter[Appropriateness]) -> Appropriateness:
    return max(ORDER, key=lambda label: (counts[label], ORDER.index(label)))


def _reached(cases: Sequence[ImagingCase], guesses: Sequence[Appropriateness]) -> tuple[float, float]:
    stats = np.zeros(N_STATS)
    for case, guess in zip(cases, guesses, strict=True):
        stats[ORDER.index(case.truth.label) * (len(ORDER) + 1) + ORDER.index(guess)] += 1
    return float(METRICS["exact"].compute(stats)), float(METRICS["macro_f1"].compute(stats))


def length_of(cases: Sequence[ImagingCase]) -> Length:
    """Return how the length of a note goes with its label."""
    by_label = {
        label: [len(case.question.note.split()) for case in cases if case.truth.label is label] for label in ORDER
    }
    groups = [np.asarray(words, dtype=float) for words in by_label.values() if words]
    every = np.concatenate(groups) if groups else np.zeros(1)
    total = float(((every - every.mean()) ** 2).sum())
    between = sum(len(group) * float((group.mean() - every.mean()) ** 2) for group in groups)
    means = {label.value: float(np.mean(words)) for label, words in by_label.items() if words}
    return Length(means, between / total if total > 0 else 0.0)


__all__ = ["Length", "Shortcut", "length_of", "shortcuts"]
