"""What a comparison allows one to say, in plain words made from its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from triagelab.evaluation.imaging.metrics import METRICS
from triagelab.evaluation.imaging.pairs import Figure, Pair

SAID = ("exact", "macro_f1")
"""Metrics that the statement speaks of: the primary one, and the one that was published."""
_WORDS = {"exact": "share of right labels", "macro_f1": "macro F1"}
_SPLITS = {"test": "conditions seen in training", "ood": "conditions held out", "train": "training data"}


def statement(split: str, variants: int, groups: Mapping[str, int], pairs: Mapping[str, Sequence[Pair]]) -> list[str]:
    """Return one line a metric with what is told apart, then one a pair with its figures."""
    found = []
    for key in SAID:
        rows = pairs.get(key, ())
        if not rows:
            continue
        apart = [f"{_better(row)} over {_worse(row)}" for row in rows if row.told_apart]
        said = f"told apart: {', '.join(apart)}" if apart else "no two can be told apart"
        rest = len(rows) - len(apart)
        left = f"; {rest} of {len(rows)} pairs cannot be told apart" if apart and rest else ""
        where = _SPLITS.get(split, split)
        found.append(f"{split} ({where}, {variants} variants), {_WORDS[key]}: {said}{left}.")
        found += [_pair_line(row, variants, groups) for row in rows]
    return found


def figure_words(one: Figure) -> str:
    """Return the mean over seeds with its interval, over seeds and variants where there are several seeds."""
    value = sum(one.values) / len(one.values)
    low, high = (one.level.low, one.level.high) if one.level.low is not None else (one.interval.low, one.interval.high)
    digits = 1 if abs(value) >= 10 else 3
    between = "" if low is None or high is None else f" ({low:.{digits}f} to {high:.{digits}f})"
    return f"{value:.{digits}f}{between}"


def _better(row: Pair) -> str:
    return row.b if (row.value > 0) == (METRICS[row.metric].better >= 0) else row.a


def _worse(row: Pair) -> str:
    return row.a if _better(row) == row.b else row.b


def _pair_line(row: Pair, variants: int, groups: Mapping[str, int]) -> str:
    verdict = "told apart" if row.told_apart else "not told apart"
    both = row.decides != "variants"
    low, high = (row.level.low, row.level.high) if both else (row.low, row.high)
    span = "no interval" if low is None or high is None else f"{low:+.3f} to {high:+.3f}"
    seeds = f"seeds and variants, {groups[row.a]} and {groups[row.b]} seeds" if both else f"{row.test}, these models"
    head = f"{row.b} minus {row.a}: {row.value:+.3f} ({span}), Holm p {_p(row.p_holm)} ({seeds}): {verdict}"
    more = []
    if both and not row.told_apart and row.p is not None and row.p < 0.05:
        more.append(f"these models differ on these variants (p {_p(row.p)}, uncorrected), their designs may not")
    if not both and max(groups[row.a], groups[row.b]) > 1:
        more.append("one side has a single training seed, so this says nothing of the designs")
    if not row.told_apart:
        more.append(_needs(row, variants))
    if row.note:
        more.append(row.note)
    return "; ".join([head, *more]) + "."


def _needs(row: Pair, variants: int) -> str:
    """Return what it would take to tell the two apart, with 80 % power."""
    if row.detectable is None:
        return "answers do not differ enough to say what it would take"
    reach = f"{variants} variants show {row.detectable:.3f} or more with 80 % power"
    if abs(row.value) < 1e-9:
        return f"{reach}; no difference was seen, so no number of variants can be named"
    if row.variants_needed is None:
        seeds = "more seeds" if row.seeds_needed is None else f"about {row.seeds_needed} seeds a side"
        return f"{reach}; with these seeds no number of variants would do for {abs(row.value):.3f}, it takes {seeds}"
    if row.variants_needed <= variants:
        return (
            f"{reach}; for one pair alone about {row.variants_needed} are enough, for all pairs at once they were not"
        )
    return f"{reach}; for {abs(row.value):.3f} it takes about {row.variants_needed} variants"


def _p(value: float | None) -> str:
    return "-" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"


__all__ = ["figure_words", "statement"]
