"""Comparison of agents or reward designs on the same imaging questions, and what it allows one to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from triagelab.evaluation.difference import ALPHA
from triagelab.evaluation.imaging.groups import Block, Group, blocks_of, read_groups
from triagelab.evaluation.imaging.metrics import METRICS
from triagelab.evaluation.imaging.pairs import (
    PRIMARY,
    Figure,
    Pair,
    figure_of,
    holm_of,
    mcnemar_first,
    pair_of,
)
from triagelab.evaluation.imaging.statement import figure_words, statement
from triagelab.evaluation.intervals import RESAMPLES, resample
from triagelab.evaluation.provenance import code_version

COMPARED = ("exact", "macro_f1", "weighted_f1", "brier", "ece", "align_f1", "judged", "faithful", "words", "no_answer")
"""Metrics that are compared, each with Holm's correction over all pairs of its split."""
SHOWN = ("macro_f1", "weighted_f1", "exact", "ece", "brier", "align_f1", "judged", "faithful", "words", "no_answer")
WHY = (
    f"primary: {PRIMARY} on the share of right labels, all questions: questions about one variant share its note, so "
    "the variant is the unit and signs of variants are flipped; McNemar exact on the first question of each variant "
    "stands beside it, valid too, with fewer answers. F1 and the rest: cluster bootstrap of the difference over "
    "variants. Holm over all pairs, for each metric and split. Where both sides have two or more training seeds, a t "
    "test over seeds and variants decides."
)


@dataclass(frozen=True)
class SplitComparison:
    """One split: figures by group and metric, pairs by metric, and McNemar's exact test by pair."""

    split: str
    n: int
    variants: int
    figures: Mapping[str, Mapping[str, Figure]]
    pairs: Mapping[str, tuple[Pair, ...]]
    exact_tests: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class ImagingComparison:
    """What runs on the same questions have in common and what not."""

    groups: Mapping[str, int]
    splits: tuple[SplitComparison, ...]

    def lines(self) -> list[str]:
        """Return the comparison for a terminal."""
        seeds = ", ".join(f"{name} ({count} seed{'s' * (count > 1)})" for name, count in self.groups.items())
        found = [f"compared: {seeds}"]
        for part in self.splits:
            found.append(f"{part.split}: {part.n} questions about {part.variants} variants")
            for name, figures in part.figures.items():
                shown = [f"{key} {figure_words(figures[key])}" for key in SHOWN if key in figures]
                found.append(f"  {name}: {'; '.join(shown)}")
        return [*found, *self.statement(), WHY]

    def statement(self) -> list[str]:
        """Return in plain words what can and cannot be told apart."""
        return [line for part in self.splits for line in statement(part.split, part.variants, self.groups, part.pairs)]

    def markdown(self) -> str:
        """Return tables and statement as Markdown."""
        found = ["# Imaging: comparison", ""]
        for part in self.splits:
            columns = [key for key in SHOWN if any(key in figures for figures in part.figures.values())]
            found += [f"## {part.split}: {part.n} questions, {part.variants} variants", ""]
            found += [f"| | seeds | {' | '.join(columns)} |", f"|---|---|{'---|' * len(columns)}"]
            for name, figures in part.figures.items():
                cells = [figure_words(figures[key]) if key in figures else "-" for key in columns]
                found.append(f"| {name} | {self.groups[name]} | {' | '.join(cells)} |")
            found += ["", "95 % intervals; over seeds and variants where there are two or more seeds.", ""]
        found += ["## What can be told apart", "", *(f"- {line}" for line in self.statement()), "", WHY, ""]
        return "\n".join(found)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, the text lines included."""
        return {
            "kind": "imaging comparison",
            "groups": dict(self.groups),
            "difference": "b - a",
            "why": WHY,
            "splits": [
                {
                    "split": part.split,
                    "n": part.n,
                    "variants": part.variants,
                    "figures": {
                        name: {key: asdict(one) for key, one in figures.items()}
                        for name, figures in part.figures.items()
                    },
                    "pairs": {key: [asdict(one) for one in rows] for key, rows in part.pairs.items()},
                    "mcnemar_exact_first": [dict(row) for row in part.exact_tests],
                }
                for part in self.splits
            ],
            "statement": self.statement(),
            "lines": self.lines(),
            "code_version": code_version(),
        }


def compare_imaging(specs: Sequence[str], *, seed: int = 0, resamples: int = RESAMPLES) -> ImagingComparison:
    """Return the comparison of evaluation folders, `DIR` or `NAME=DIR`; see `groups.read_groups`.

    Raises: BadInputError where there are fewer than two groups, or they answer different questions.
    """
    return compare_groups(read_groups(specs), seed=seed, resamples=resamples)


def compare_groups(groups: Sequence[Group], *, seed: int = 0, resamples: int = RESAMPLES) -> ImagingComparison:
    """Return the comparison of groups of runs; all pairs, each metric that both sides have."""
    splits = tuple(_compare_block(block, seed, resamples) for block in blocks_of(groups))
    return ImagingComparison({group.name: group.seeds for group in groups}, splits)


def _compare_block(block: Block, seed: int, resamples: int) -> SplitComparison:
    draws = _draws(block, seed, resamples)
    figures = {
        name: {
            key: one for key in COMPARED if (one := figure_of(METRICS[key], stats, draws[name], block.n)) is not None
        }
        for name, stats in block.stats.items()
    }
    pairs: dict[str, tuple[Pair, ...]] = {}
    both = list(combinations(block.stats, 2))
    for key in COMPARED:
        rows = [
            pair_of(METRICS[key], (a, b), [block.stats[a], block.stats[b]], [draws[a], draws[b]], seed) for a, b in both
        ]
        pairs[key] = _corrected([row for row in rows if row is not None])
    tests = [{"a": a, "b": b, **mcnemar_first(block.first[a], block.first[b])} for a, b in both]
    holm = holm_of([row["p"] for row in tests])
    exact = tuple({**row, "p_holm": p} for row, p in zip(tests, holm, strict=True))
    return SplitComparison(block.split, block.n, len(block.variants), figures, pairs, exact)


def _draws(block: Block, seed: int, resamples: int) -> dict[str, np.ndarray]:
    """Return resampled sums, the same variants drawn for every group and seed. Shapes: group -> (K, R, S)."""
    flat = np.concatenate([side for stats in block.stats.values() for side in stats], axis=1)
    drawn = resample(flat, resamples, seed, "imaging", "paired", block.split)
    found, place = {}, 0
    for name, stats in block.stats.items():
        seeds, _, width = stats.shape
        part = drawn[:, place : place + seeds * width].reshape(len(drawn), seeds, width)
        found[name], place = part.transpose(1, 0, 2), place + seeds * width
    return found


def _corrected(rows: Sequence[Pair]) -> tuple[Pair, ...]:
    holm = holm_of([row.deciding_p for row in rows])
    return tuple(
        replace(row, p_holm=p, told_apart=p is not None and p < ALPHA) for row, p in zip(rows, holm, strict=True)
    )


__all__ = ["COMPARED", "WHY", "ImagingComparison", "SplitComparison", "compare_groups", "compare_imaging"]
