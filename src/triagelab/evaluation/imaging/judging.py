"""Whether a judge can be trusted: agreement over repeated calls, bias by order and by length. Also the rubric scorer's.

Order: a judge that reads a batch must not care where an item stands in it, nor may the order of independent sentences
move its marks much. Where reference and reasoning change places, a judge that only compares the two gives about the
same marks; one that knows the rules itself, as the rubric scorer does, gives the reference more.
Length: the same reasoning with sentences added that say nothing must not earn more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from triagelab.completions.imaging_answers import sentences_of
from triagelab.errors import BadInputError
from triagelab.evaluation.imaging.agreement import Agreement, agreement_of
from triagelab.evaluation.intervals import RESAMPLES, Interval, bootstrap_interval, resample
from triagelab.rewards.imaging.judge import Grades, Judge, JudgeItem
from triagelab.seeding import stream

FILLER = (
    "The note was read from the beginning to the end.",
    "All of the information given was taken into account.",
    "This is a question that comes up in daily practice.",
    "The procedure in question was considered with care.",
)
"""Sentences that say nothing about any patient or procedure."""


@dataclass(frozen=True)
class Bias:
    """Change of the total (0 to 1) that a change of form alone brings, with its interval over variants.

    Attributes:
        raised: share of items whose total rises. `pairs`: items that were marked both times.
    """

    name: str
    text: str
    change: Interval
    raised: float | None
    pairs: int


@dataclass(frozen=True)
class JudgeCheck:
    """Everything that was found about one judge."""

    judge: str
    agreement: Agreement
    biases: tuple[Bias, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, the text lines included."""
        return {"kind": "imaging judge check", **asdict(self), "lines": self.lines()}

    def lines(self) -> list[str]:
        """Return the check for a terminal."""
        one = self.agreement
        found = [
            f"{self.judge}: {one.items} items, {one.calls} calls each, {one.unparsable:.1%} of the calls unreadable"
        ]
        for name, part in one.parts.items():
            exact, alpha, spread = (_figure(value) for value in (part.exact, part.alpha, part.spread))
            found.append(f"  {name:<9} agrees exactly {exact}, Krippendorff's alpha {alpha}, mean range {spread}")
        for bias in self.biases:
            change, value = bias.change, bias.change.value
            span = "" if change.low is None else f" ({change.low:+.3f} to {change.high:+.3f})"
            said = (
                "not measured"
                if value is None
                else f"total changes by {value:+.3f}{span}, raised {_figure(bias.raised)}"
            )
            found.append(f"  {bias.name:<9} {said}: {bias.text}")
        return found


def check_judge(
    judge: Judge,
    items: Sequence[JudgeItem],
    *,
    clusters: Sequence[str] | None = None,
    calls: int = 3,
    seed: int = 0,
) -> JudgeCheck:
    """Return agreement and biases of a judge on these items.

    Args:
        clusters: variant of each item, the unit of intervals; None means that every item is its own.
        calls: how often every item is marked; a judge with `grade_times` gives each call a seed of its own.

    Raises: BadInputError for less than one call, or no items.
    """
    if calls < 1 or not items:
        raise BadInputError("calls and items", f"{calls} and {len(items)}", "at least one of each")
    first = judge.grade(items)
    times = getattr(judge, "grade_times", None)
    rounds = times(items, calls) if times is not None else None
    repeated = (
        [list(call) for call in zip(*rounds, strict=True)]
        if rounds is not None
        else [first, *(judge.grade(items) for _ in range(1, calls))]
    )
    names = list(clusters) if clusters is not None else [str(place) for place in range(len(items))]
    biases = tuple(_bias(judge, items, first, names, seed, *test) for test in _tests(seed))
    return JudgeCheck(judge.name, agreement_of(judge.name, repeated), biases)


Change = Callable[[Sequence[JudgeItem]], tuple[list[JudgeItem], list[int]]]
"""Items -> the changed ones, and for each the place of the item that it is compared with."""


def _tests(seed: int) -> tuple[tuple[str, str, Change], ...]:
    return (
        ("batch", "the same items in reverse order", lambda items: (list(items)[::-1], list(range(len(items)))[::-1])),
        ("sentences", "the sentences of the reasoning in reverse order", lambda items: _each(items, _reversed)),
        (
            "swap",
            "reference and reasoning change places; about 0 for a judge that only compares the two",
            lambda items: _each(items, _swapped),
        ),
        ("length", f"{len(FILLER)} sentences added that say nothing", lambda items: _each(items, _padder(seed))),
    )


def _bias(
    judge: Judge,
    items: Sequence[JudgeItem],
    before: Sequence[Grades | None],
    clusters: Sequence[str],
    seed: int,
    name: str,
    text: str,
    change: Change,
) -> Bias:
    changed, places = change(items)
    after = judge.grade(changed) if changed else []
    gains: list[tuple[str, float]] = []
    for place, now in zip(places, after, strict=True):
        then = before[place]
        if now is not None and then is not None:
            gains.append((clusters[place], now.total - then.total))
    raised = sum(gain > 1e-9 for _, gain in gains) / len(gains) if gains else None
    return Bias(name, text, _mean_interval(gains, seed, name), raised, len(gains))


def _mean_interval(gains: Sequence[tuple[str, float]], seed: int, name: str) -> Interval:
    """Return the mean gain with its bootstrap interval over variants; none below ten variants, or without spread."""
    if not gains:
        return Interval(None, None, None, 0, "cluster bootstrap", "no item was marked both times")
    places = {cluster: number for number, cluster in enumerate(dict.fromkeys(cluster for cluster, _ in gains))}
    stats = np.zeros((len(places), 2))
    for cluster, gain in gains:
        stats[places[cluster]] += gain, 1
    draws = resample(stats, RESAMPLES, seed, "imaging", "judge", name)
    value = float(stats[:, 0].sum() / stats[:, 1].sum())
    mean = draws[:, 0] / draws[:, 1]
    return bootstrap_interval(value, mean, clusters=len(stats), n=len(gains), method="cluster bootstrap")


def _each(
    items: Sequence[JudgeItem], change: Callable[[int, JudgeItem], JudgeItem | None]
) -> tuple[list[JudgeItem], list[int]]:
    """Return the items that can be changed, changed, and their places."""
    rows = [(place, changed) for place, item in enumerate(items) if (changed := change(place, item)) is not None]
    return [item for _, item in rows], [place for place, _ in rows]


def _reversed(place: int, item: JudgeItem) -> JudgeItem | None:
    sentences = sentences_of(item.reasoning)
    return replace(item, reasoning=" ".join(sentences[::-1])) if len(sentences) > 1 else None


def _swapped(place: int, item: JudgeItem) -> JudgeItem | None:
    sentences = sentences_of(item.reasoning)
    if not sentences or not item.gold_reasoning:
        return None
    return replace(item, reasoning=" ".join(item.gold_reasoning), gold_reasoning=sentences)


def _padder(seed: int) -> Callable[[int, JudgeItem], JudgeItem | None]:
    def padded(place: int, item: JudgeItem) -> JudgeItem | None:
        sentences = list(sentences_of(item.reasoning))
        if not sentences:
            return None
        rng = stream("evaluation/imaging/padding", seed, place)
        for filler in FILLER:
            sentences.insert(int(rng.integers(len(sentences))), filler)
        return replace(item, reasoning=" ".join(sentences))

    return padded


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


__all__ = ["FILLER", "Bias", "JudgeCheck", "check_judge"]
