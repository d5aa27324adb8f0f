"""Presentations -> what the encoder's head sees: two texts to embed and a block of numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict

from triagelab.agents.tabular_features import FeatureMap, dense_matrix
from triagelab.cases.extraction import extract
from triagelab.cases.presentation import Presentation
from triagelab.datasets.notes import is_record

MAX_TEXT = 2000
SHORTHAND = 5
_CLAUSE = re.compile(r"[;\n,]|\.\s")
_LETTER = re.compile(r"[A-Za-z]")


def texts(presentation: Presentation) -> tuple[str, str]:
    """Return the note and its complaint or first clause; of a record, the complaint and its first clause.

    Shorthand is spelled out. The numbers of a record reach the head as numbers, so its rendered note is not embedded.
    """
    complaint = presentation.chief_complaint
    if not is_record(presentation):
        whole = spelled_out(presentation.narrative[:MAX_TEXT])
        return whole, spelled_out(complaint[:MAX_TEXT]) if complaint else _first_clause(whole)
    whole = spelled_out((complaint or "")[:MAX_TEXT])
    return whole, _first_clause(whole)


def _first_clause(text: str) -> str:
    return next((part.strip() for part in _CLAUSE.split(text) if _LETTER.search(part)), text)


def spelled_out(text: str) -> str:
    """Return the text with short forms (CP, SOB, N/V) replaced by the concept they stand for.

    A sentence encoder was not trained on charts: to it `SOB` is no breathlessness.
    """
    parts, end = [], 0
    for found in extract(text).findings:
        if found.start < end or len(found.text) > SHORTHAND:
            continue
        parts += [text[end : found.start], found.concept.replace("_", " ")]
        end = found.end
    return "".join([*parts, text[end:]])


class Numbers(BaseModel):
    """How structured columns become inputs: centred, scaled, clipped, with steps and a mark for "not measured".

    Attributes:
        features: which columns, see `tabular_features`.
        kept: positions of the columns that vary.
        centre, spread: of each kept column.
        steps: for each kept column the values above which one more input is on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    features: FeatureMap
    kept: tuple[int, ...]
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    steps: tuple[tuple[float, ...], ...]

    def width(self) -> int:
        return 2 * len(self.kept) + sum(len(each) for each in self.steps)

    def block(self, presentations: Sequence[Presentation]) -> np.ndarray:
        """Return the inputs. Shapes: n presentations -> (n, width). Missing: a column of its own says so."""
        table = dense_matrix(presentations, self.features)[:, list(self.kept)]
        columns: list[np.ndarray] = []
        for column, centre, spread, steps in zip(table.T, self.centre, self.spread, self.steps, strict=True):
            missing = np.isnan(column)
            value = np.where(missing, centre, column)
            columns.append(missing)
            columns.append(np.clip((value - centre) / spread, -4.0, 4.0))
            columns.extend((value > step) & ~missing for step in steps)
        return np.stack(columns, axis=1).astype(np.float32) if columns else np.zeros((len(table), 0), np.float32)
