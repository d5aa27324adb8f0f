"""How alike a clause of a note and each known phrase are: words and pieces of words, weighted by how rare they are."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import sparse

from triagelab.cases.tokens import fold_phrase, wordset

PIECES = 0.25
"""Weight of three-letter pieces beside whole words."""
FAR = 0.5
"""How much less alike two phrases are for numbers that are far apart."""
STEEP = 8.0
"""Numbers count as far apart from an eighth of the larger one on: 36.7 and 37.9 °C are not alike."""
_STOP = wordset(
    "the a an of in on at to is are was be been has have had and or with for by from as it this that there patient "
    "since so than then here now he she they his her their some any one into about after before during"
)
_NEGATIONS = wordset(
    "no not never without neither nor none nothing cannot unable deny denies absent lack lacks free n't negative fails "
    "failed ruled"
)
_LESS = re.compile(r"[a-z]{3,}less")
_SPELT_NOT = re.compile(r"(?<=[a-z])n['’`]t\b")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def is_negative(text: str) -> bool:
    """Return whether a phrase holds a word that denies: no, not, without, painless."""
    words = fold_phrase(_SPELT_NOT.sub(" not", text.lower()))
    return any(word in _NEGATIONS or _LESS.fullmatch(word) for word in words)


def numbers_in(text: str) -> list[float]:
    """Return the numbers of a clause, in order."""
    return [float(found) for found in _NUMBER.findall(text)]


@lru_cache(maxsize=20_000)
def _pieces(text: str) -> tuple[tuple[str, float], ...]:
    """Return what a text is made of -> how much of it: words, three-letter pieces, `#` for a number."""
    found: dict[str, float] = defaultdict(float)
    for word in fold_phrase(text.lower().replace("{}", " 0 ")):
        if word[0].isdigit():
            found["#"] += 1
        elif word[0].isalpha() and word not in _STOP and word not in _NEGATIONS:
            found[f"={word}"] += 1
            edged = f"^{word}$"
            for place in range(len(edged) - 2):
                found[edged[place : place + 3]] += PIECES / math.sqrt(len(word))
    return tuple(found.items())


@dataclass(frozen=True)
class Index:
    """Known phrases as weighted vectors of length one.

    Shapes: `table` (phrases, pieces); `negative` and `numbers`, the first number or nan, (phrases).
    """

    columns: Mapping[str, int]
    weights: np.ndarray
    table: sparse.csr_array
    negative: np.ndarray
    numbers: np.ndarray

    @classmethod
    def of(cls, texts: Sequence[str]) -> Index:
        """Return the index of phrases; rare pieces weigh more."""
        made = [_pieces(text) for text in texts]
        standing = Counter(piece for pieces in made for piece, _ in pieces)
        columns = {piece: place for place, piece in enumerate(sorted(standing))}
        weights = np.array([math.log(1 + len(texts) / standing[piece]) for piece in sorted(standing)])
        rows, places, values = [], [], []
        for row, pieces in enumerate(made):
            for piece, count in pieces:
                rows.append(row)
                places.append(columns[piece])
                values.append(count)
        table = sparse.csr_array((values, (rows, places)), shape=(len(texts), len(columns)))
        table = table.multiply(weights).tocsr()
        lengths = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
        scaled = sparse.diags_array(1 / np.maximum(lengths, 1e-9)) @ table
        numbers = np.array([next(iter(numbers_in(text)), np.nan) for text in texts])
        return cls(columns, weights, scaled.tocsr(), np.array([is_negative(text) for text in texts]), numbers)

    def likeness(self, clause: str) -> np.ndarray:
        """Return the cosine of a clause with every phrase; pieces that no phrase has count as unlike."""
        vector = np.zeros(len(self.columns))
        unknown = 0.0
        rare = float(self.weights.max(initial=1.0))
        for piece, count in _pieces(clause):
            place = self.columns.get(piece)
            if place is None:
                unknown += (count * rare) ** 2
            else:
                vector[place] = count * self.weights[place]
        length = math.sqrt(float(vector @ vector) + unknown)
        if not length:
            return np.zeros(len(self.negative))
        return self.table @ vector / length * self._numbers_alike(clause)

    def _numbers_alike(self, clause: str) -> np.ndarray:
        """Return how near the first numbers of clause and phrase are; 1 where either has none. Shapes: (phrases)."""
        told = numbers_in(clause)
        if not told:
            return np.ones(len(self.numbers))
        apart = np.abs(self.numbers - told[0]) / np.maximum(self.numbers, max(told[0], 1e-9))
        return 1 - FAR * np.nan_to_num(np.minimum(STEEP * apart, 1.0), nan=0.0)


__all__ = ["Index", "is_negative", "numbers_in"]
