"""Whether splits overlap: variants, signatures, equal and nearly equal notes, and phrases that were kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from triagelab.cases.imaging.case import ImagingCase
from triagelab.cases.imaging.variant import signature
from triagelab.cases.imaging.wording import (
    KEPT_OPENINGS,
    KEPT_PHRASES,
    NumberRow,
    Phrases,
    SayRow,
    Wording,
    wording,
)

NEAR = 0.8
"""Token Jaccard from which two notes are called near-duplicates."""
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Nearest:
    """How near the notes of one split come to those of another, by token Jaccard.

    Attributes:
        largest: of all pairs, and the variants of that pair; `median`: of the nearest note of each.
        near: notes that have one at NEAR or above.
    """

    largest: float
    pair: tuple[str, str]
    median: float
    near: int


@dataclass(frozen=True)
class Overlap:
    """The overlap of two splits. `variants`, `signatures`, `notes`: how many stand on both sides."""

    a: str
    b: str
    variants: int
    signatures: int
    notes: int
    conditions: int
    nearest: Nearest

    @property
    def clean(self) -> bool:
        """Return whether no variant, signature or note is on both sides."""
        return not (self.variants or self.signatures or self.notes)


@dataclass(frozen=True)
class KeptPhrases:
    """Phrases that only unseen data may be worded with.

    Attributes:
        total: of all conditions in the data; `in_train`: those that a train note of their condition has.
        used: those that unseen notes have.
        within: those that a phrase for training holds as a part, so that finding them says nothing; not counted.
    """

    total: int
    in_train: tuple[str, ...]
    used: int
    within: int


def overlap_of(cases: Sequence[ImagingCase], a: str, b: str) -> Overlap:
    """Return the overlap of two splits."""
    left, right = ([case for case in cases if case.split == split] for split in (a, b))
    return Overlap(
        a=a,
        b=b,
        variants=_shared(left, right, lambda case: case.question.variant_id),
        signatures=_shared(left, right, lambda case: signature(case.truth.condition, case.truth.facts)),
        notes=_shared(left, right, lambda case: " ".join(_tokens(case.question.note))),
        conditions=_shared(left, right, lambda case: case.truth.condition),
        nearest=nearest(notes_of(left), notes_of(right)),
    )


def _shared(left: Iterable[ImagingCase], right: Iterable[ImagingCase], key) -> int:
    return len({key(case) for case in left} & {key(case) for case in right})


def notes_of(cases: Iterable[ImagingCase]) -> dict[str, str]:
    """Return variant id -> note."""
    return {case.question.variant_id: case.question.note for case in cases}


def nearest(left: Mapping[str, str], right: Mapping[str, str]) -> Nearest:
    """Return how near the notes on the right come to those on the left; nothing is near to nothing."""
    bags = {name: frozenset(_tokens(note)) for name, note in left.items()}
    best: list[tuple[float, str, str]] = []
    for name, note in right.items():
        mine = frozenset(_tokens(note))
        best.append(max(((_jaccard(bag, mine), other, name) for other, bag in bags.items()), default=(0.0, "-", name)))
    if not best:
        return Nearest(0.0, ("-", "-"), 0.0, 0)
    best.sort()
    top = best[-1]
    return Nearest(top[0], (top[1], top[2]), best[len(best) // 2][0], sum(one[0] >= NEAR for one in best))


def _tokens(note: str) -> list[str]:
    return _WORD.findall(note.lower())


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared) if a or b else 0.0


def kept_phrases(cases: Sequence[ImagingCase]) -> KeptPhrases:
    """Return how the phrases that were kept for unseen data stand in the notes."""
    total = used = within = 0
    found: list[str] = []
    by_condition: dict[str, list[ImagingCase]] = {}
    for case in cases:
        by_condition.setdefault(case.truth.condition, []).append(case)
    for name, rows in by_condition.items():
        trained = [note.lower() for note in notes_of(case for case in rows if case.split == "train").values()]
        unseen = [note.lower() for note in notes_of(case for case in rows if case.split != "train").values()]
        known = "\n".join(phrase for phrases, kept in _lists(wording(name)) for phrase in phrases[:-kept]).lower()
        for phrase in (phrase for phrases, kept in _lists(wording(name)) for phrase in phrases[-kept:]):
            total += 1
            here = _pattern(phrase)
            if here.search(known):
                within += 1
                continue
            used += any(here.search(note) for note in unseen)
            if any(here.search(note) for note in trained):
                found.append(f"{name}: {phrase}")
    return KeptPhrases(total, tuple(found), used, within)


def _lists(words: Wording) -> Iterator[tuple[Phrases, int]]:
    """Yield every list of phrases of a condition, with how many of its last are kept."""
    yield words.opening, KEPT_OPENINGS
    for row in (*words.say.values(), *words.number.values()):
        yield from ((phrases, KEPT_PHRASES) for phrases in _phrases(row))


def _phrases(row: SayRow | NumberRow) -> tuple[Phrases, ...]:
    return (row.say,) if isinstance(row, NumberRow) else (row.yes, row.no)


def _pattern(phrase: str) -> re.Pattern[str]:
    parts = [re.escape(part) for part in phrase.lower().split("{}")]
    return re.compile(rf"(?<!\w){'(?:[0-9.]+|{})'.join(parts)}(?!\w)")


__all__ = ["NEAR", "KeptPhrases", "Nearest", "Overlap", "kept_phrases", "nearest", "notes_of", "overlap_of"]
