"""An imaging agent that copies: the labels of the questions most like this one, by sentence embeddings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from triagelab.agents.imaging_base import ImagingReply, Table, rows_of, shares_of
from triagelab.cases.imaging.question import ImagingQuestion
from triagelab.completions.imaging_answers import gold_completion
from triagelab.errors import BadInputError
from triagelab.sentences import OFFLINE, SentenceEncoder

_EACH = 0.1
"""Added to the count of each label, so that none is impossible. Small, since k may be 1."""


class Encoder(Protocol):
    """What is needed of a sentence encoder."""

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...


class ImagingNeighbour:
    """Gives the commonest label of the `k` nearest questions that it was fitted on; of equals, that of the nearest.

    Likeness is the mean of two cosines: of the notes, and of the procedures as they are asked for.

    Attributes:
        vectors: of what it was fitted on. Shapes: (rows, 2 x width), rows of length one.
    """

    remote = False

    def __init__(self, table: Table | None, *, k: int = 5, encoder: Encoder | str = OFFLINE) -> None:
        rows = rows_of(table, "neighbour")
        if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= len(rows):
            raise BadInputError("k", k, f"a whole number from 1 to {len(rows)}, the rows of the table")
        self.k, self.name = k, f"neighbour-{k}"
        self.encoder: Encoder = SentenceEncoder(encoder) if isinstance(encoder, str) else encoder
        self.labels = [label for _, label in rows]
        self.vectors = self._vectors([question for question, _ in rows])

    def answer(self, questions: Sequence[ImagingQuestion], *, seed: int = 0) -> list[ImagingReply]:
        """Return the label of the neighbours of each question, with their shares."""
        if not questions:
            return []
        alike = self._vectors(questions) @ self.vectors.T
        nearest = np.argsort(-alike, axis=1, kind="stable")[:, : self.k]
        return [self._reply(row.tolist()) for row in nearest]

    def _reply(self, places: Sequence[int]) -> ImagingReply:
        counts = Counter(self.labels[place] for place in places)
        shares = shares_of(counts, _EACH)
        most = max(counts.values())
        label = next(self.labels[place] for place in places if counts[self.labels[place]] == most)
        said = f"Of the {self.k} questions seen before that are most like this one, {counts[label]} were {label.value}."
        return ImagingReply(label, gold_completion((said,), label), shares)

    def _vectors(self, questions: Sequence[ImagingQuestion]) -> np.ndarray:
        notes = self.encoder.encode([question.note for question in questions])
        asked = self.encoder.encode([question.asked for question in questions])
        return np.hstack([notes, asked]) / np.sqrt(2)


__all__ = ["ImagingNeighbour"]
