"""The rows on which an imaging reward is audited: dataset rows of the train split, all labels, many conditions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from triagelab.cases.imaging.case import ImagingCase
from triagelab.cases.imaging.generator import dataset_split
from triagelab.clinical.imaging import ORDER, Appropriateness
from triagelab.errors import BadInputError
from triagelab.rewards.imaging.gold import Gold, gold_of
from triagelab.seeding import stream

VARIANTS = 4
"""Variants a condition that rows are drawn from: the first ones of the dataset, which are made much faster than all."""
MOST_ROWS = 300


@dataclass(frozen=True)
class Bench:
    """One row with what tricks are made of.

    Attributes:
        wrong: the label next to the right one, less appropriate where there is one.
        other: a row of another condition.
        sibling: another row of this condition, of another label where there is one.
        weight: share of the row when labels are as common as in the dataset; weights add up to 1.
    """

    gold: Gold
    wrong: Appropriateness
    other: Gold
    sibling: Gold
    weight: float = field(default=0.0)


def draw_benches(rows: int, seed: int) -> tuple[Bench, ...]:
    """Return so many rows, as many of each label as there can be, conditions in turn.

    Raises: BadInputError for a number of rows below 3 or too large.
    """
    if isinstance(rows, bool) or not isinstance(rows, int) or not 3 <= rows <= MOST_ROWS:
        raise BadInputError("rows", rows, f"a whole number from 3 to {MOST_ROWS}")
    pool = dataset_split("train", variants=VARIANTS)
    chosen = _chosen(pool, rows, seed)
    shares, counts = label_shares(pool), Counter(case.truth.label for case in chosen)
    golds = [gold_of(case) for case in chosen]
    found = []
    for place, (case, gold) in enumerate(zip(chosen, golds, strict=True)):
        other = next(one for one in golds[place + 1 :] + golds[:place] if one.condition != gold.condition)
        weight = shares[gold.label] / counts[gold.label]
        found.append(Bench(gold, wrong_label(gold.label), other, gold_of(_sibling(pool, case)), weight))
    return tuple(found)


def label_shares(cases: Sequence[ImagingCase]) -> Mapping[Appropriateness, float]:
    """Return label -> its share."""
    counts = Counter(case.truth.label for case in cases)
    return {label: counts[label] / len(cases) for label in ORDER}


def wrong_label(right: Appropriateness) -> Appropriateness:
    """Return the label next to the right one."""
    return Appropriateness.NOT if right is Appropriateness.MAY else Appropriateness.MAY


def _chosen(pool: Sequence[ImagingCase], rows: int, seed: int) -> list[ImagingCase]:
    """Return rows label by label in turn, each of the condition that has been taken least so far."""
    order = stream("rewards.audit.imaging", seed).permutation(len(pool))
    left = {label: [pool[int(place)] for place in order if pool[int(place)].truth.label is label] for label in ORDER}
    taken: Counter[str] = Counter()
    chosen: list[ImagingCase] = []
    while len(chosen) < rows:
        label = ORDER[len(chosen) % len(ORDER)]
        if not left[label]:
            raise BadInputError("rows", rows, f"at most {len(chosen)}")
        case = min(left[label], key=lambda one: taken[one.truth.condition])
        left[label].remove(case)
        taken[case.truth.condition] += 1
        chosen.append(case)
    return chosen


def _sibling(pool: Sequence[ImagingCase], case: ImagingCase) -> ImagingCase:
    """Return another row of the condition: of another label where there is one, else of another procedure."""
    near = [one for one in pool if one.truth.condition == case.truth.condition and one.id != case.id]
    unlike = [one for one in near if one.truth.label is not case.truth.label]
    apart = [one for one in unlike if one.truth.procedure != case.truth.procedure]
    return (apart or unlike or near)[0]


__all__ = ["Bench", "draw_benches", "label_shares", "wrong_label"]
