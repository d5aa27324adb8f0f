"""How well a reasoning matches the gold trace both ways: sentences matched one to one by an encoder and by claims.

The encoder tells what a sentence is about; it hardly sees "not". So a pair of sentences counts only where neither the
words nor the claims nor the labels of the two contradict each other, and only above a floor that unrelated sentences
about the same condition stay below. Matches are one to one: saying a thing twice gains nothing and costs precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import linear_sum_assignment

from triagelab.rewards.imaging.claims import claims_in
from triagelab.rewards.imaging.encoding import Encoder
from triagelab.rewards.imaging.lexical import is_full, labels_in, normal, words_of

FLOOR = 0.6
"""Cosine at and below which two sentences do not match; docs/imaging-rewards.md has the measurement."""
SAME_WORDS = 0.5
"""Share of common stems from which two sentences that differ in denying contradict each other."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """How two lists of sentences match, each 0 to 1: of the generated, of the gold, harmonic mean."""

    precision: float
    recall: float
    f1: float


NOTHING = Alignment(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Pair:
    """A reasoning and its gold trace. `condition`: whose criteria the claims are read by, None compares words only."""

    generated: tuple[str, ...]
    gold: tuple[str, ...]
    condition: str | None = None


def align(generated: Sequence[str], gold: Sequence[str], encoder: Encoder, condition: str | None = None) -> Alignment:
    """Return how well sentences match gold ones. Swapping the two swaps precision and recall."""
    return align_many([Pair(tuple(generated), tuple(gold), condition)], encoder)[0]


def align_many(pairs: Sequence[Pair], encoder: Encoder) -> list[Alignment]:
    """Return the alignment of every pair; all sentences are encoded in one call."""
    texts = list(dict.fromkeys(text for pair in pairs for text in (*pair.generated, *pair.gold)))
    if not texts:
        return [NOTHING for _ in pairs]
    table = encoder.encode(texts)
    place = {text: row for row, text in enumerate(texts)}
    return [_align(pair, table, place) for pair in pairs]


def recall_published(generated: Sequence[str], gold: Sequence[str], encoder: Encoder) -> float:
    """Return the published form: mean over gold sentences of the best cosine, put on 0 to 1 by (mean + 1) / 2."""
    return recall_published_many([Pair(tuple(generated), tuple(gold))], encoder)[0]


def recall_published_many(pairs: Sequence[Pair], encoder: Encoder) -> list[float]:
    """Return the published form of every pair; 0 where one side has no sentence."""
    texts = list(dict.fromkeys(text for pair in pairs for text in (*pair.generated, *pair.gold)))
    table = encoder.encode(texts) if texts else np.zeros((0, 1), dtype=np.float32)
    place = {text: row for row, text in enumerate(texts)}
    found = []
    for pair in pairs:
        if not pair.generated or not pair.gold:
            found.append(0.0)
            continue
        cosines = _cosines(pair.gold, pair.generated, table, place)
        found.append(float((cosines.max(axis=1).mean() + 1) / 2))
    return found


@lru_cache(maxsize=65_536)
def contradict(one: str, other: str, condition: str | None = None) -> bool:
    """Return whether two sentences about the same thing say opposite things: labels, claims, or negation differ."""
    labels, others = labels_in(one), labels_in(other)
    if labels or others:
        return labels != others
    if normal(one) == normal(other):
        return False
    if condition is not None:
        claims = {claim.criterion: claim.held for claim in claims_in(condition, one)}
        counter = {claim.criterion: claim.held for claim in claims_in(condition, other)}
        common = claims.keys() & counter.keys()
        if common:
            return any(claims[name] != counter[name] for name in common)
    said, told = words_of(one), words_of(other)
    fewest = min(len(said.stems), len(told.stems))
    return said.denies != told.denies and len(said.stems & told.stems) >= SAME_WORDS * max(1, fewest)


def _align(pair: Pair, table: np.ndarray, place: dict[str, int]) -> Alignment:
    if not pair.generated or not pair.gold:
        return NOTHING
    likeness = np.clip((_cosines(pair.generated, pair.gold, table, place) - FLOOR) / (1 - FLOOR), 0.0, 1.0)
    gold = {normal(sentence) for sentence in pair.gold}
    both = {normal(sentence) for sentence in pair.generated} & gold
    likeness[_repeats(pair.generated), :] = 0.0
    likeness[:, _repeats(pair.gold)] = 0.0
    for row, column in zip(*np.nonzero(likeness), strict=True):
        one, other = pair.generated[int(row)], pair.gold[int(column)]
        if not (_counts(one, both) and _counts(other, both)) or contradict(*sorted((one, other)), pair.condition):
            likeness[row, column] = 0.0
    rows, columns = linear_sum_assignment(likeness, maximize=True)
    matched = float(likeness[rows, columns].sum())
    precision, recall = matched / len(pair.generated), matched / len(pair.gold)
    total = precision + recall
    return Alignment(precision, recall, 2 * precision * recall / total if total else 0.0)


def _repeats(sentences: Sequence[str]) -> list[int]:
    """Return the places of sentences that have stood before: they match nothing again."""
    said = [normal(sentence) for sentence in sentences]
    return [place for place, one in enumerate(said) if one in said[:place]]


def _counts(sentence: str, both: set[str]) -> bool:
    """Return whether a text counts as a sentence: it is a full one, or stands word by word on both sides."""
    return normal(sentence) in both or is_full(sentence)


def _cosines(one: Sequence[str], other: Sequence[str], table: np.ndarray, place: dict[str, int]) -> np.ndarray:
    return table[[place[text] for text in one]] @ table[[place[text] for text in other]].T


__all__ = ["Alignment", "Pair", "align", "align_many", "contradict", "recall_published", "recall_published_many"]
