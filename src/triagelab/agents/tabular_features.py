"""Presentations -> numbers, for the tabular agent: measured values, yes/no fields, categories, and complaint tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy import sparse

from triagelab.cases.presentation import Presentation
from triagelab.clinical.vitals import VitalSigns

VITALS = VitalSigns.names()
NUMBERS = ("age_years", *VITALS, "shock_index", "pulse_pressure", "n_vitals", "n_history")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_CODE_FAMILIES = (4, 3)  # a reason-for-visit code without its last one or two digits is its broader group


class FeatureMap(BaseModel):
    """Which columns the model has, in order: numbers, flags, categories, then one column a linear head.

    Attributes:
        numbers: structured fields read as numbers, after the fixed `NUMBERS`; absent is NaN.
        flags: structured fields that are only ever present or absent.
        categories: field -> value -> number; `sex` and `arrival` are fields too; an unseen value is NaN.
        codes: structured fields that hold a code out of many; they become tokens.
        tokens: token -> column of the linear heads.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    numbers: tuple[str, ...]
    flags: tuple[str, ...]
    categories: dict[str, dict[str, float]]
    codes: tuple[str, ...]
    tokens: dict[str, int]

    def columns(self) -> tuple[str, ...]:
        return (*NUMBERS, *self.numbers, *self.flags, *self.categories)


def categorical_fields(presentation: Presentation) -> dict[str, str]:
    """Return every field with a text value, sex and arrival among them."""
    fields = {name: value for name, value in presentation.structured.items() if isinstance(value, str)}
    for name in ("sex", "arrival"):
        if (value := getattr(presentation, name)) is not None:
            fields[name] = value
    return fields


def dense_row(presentation: Presentation, features: FeatureMap) -> list[float]:
    """Return the columns of one presentation without the linear heads. Missing: NaN, except flags (0)."""
    vitals = presentation.vitals
    hr, sbp, dbp = vitals.heart_rate_bpm, vitals.sbp_mmhg, vitals.dbp_mmhg
    measured = [getattr(vitals, name) for name in VITALS]
    row: list[float | None] = [
        presentation.age_years,
        *measured,
        hr / sbp if hr is not None and sbp else None,
        sbp - dbp if sbp is not None and dbp is not None else None,
        float(sum(value is not None for value in measured)),
        float(len(presentation.history)),
    ]
    structured = presentation.structured
    for name in features.numbers:
        value = structured.get(name)
        row.append(float(value) if isinstance(value, int | float) else None)
    row.extend(float(name in structured) for name in features.flags)
    fields = categorical_fields(presentation)
    row.extend(table.get(fields.get(name, "")) for name, table in features.categories.items())
    return [np.nan if value is None else value for value in row]


def with_fields(presentation: Presentation) -> Presentation:
    """Return the presentation with age, sex and vital signs read from its note, if it has a note and nothing else."""
    bare = presentation.age_years is None and not presentation.vitals.measured() and not presentation.structured
    if not bare or not presentation.narrative:
        return presentation
    from triagelab.cases.extraction import extract

    read = extract(presentation.narrative)
    return replace(presentation, age_years=read.age_years, sex=presentation.sex or read.sex, vitals=read.vitals)


def tokens(presentation: Presentation, codes: Iterable[str]) -> set[str]:
    """Return what the linear heads see: codes with their families and pairs, words of the complaint, the history.

    Where a source has no codes the words of the note are tokens too; where it has no complaint they stand in for it.
    """
    found: set[str] = set()
    said = [str(value) for name in codes if (value := presentation.structured.get(name)) is not None]
    for place, code in enumerate(said):
        found.add(f"c:{code}")
        found.update(f"c{length}:{code[:length]}" for length in _CODE_FAMILIES)
        if place == 0:
            found.add(f"first:{code}")
        found.update(f"pair:{min(code, other)}&{max(code, other)}" for other in said[place + 1 :])
    complaint = presentation.chief_complaint
    found |= _word_tokens("w", complaint if complaint is not None else presentation.narrative, pairs=not said)
    if complaint is not None and not said:  # a note rendered from codes says nothing that the codes do not
        found |= _word_tokens("n", presentation.narrative, pairs=True)
    found.update(f"h:{item}" for item in presentation.history)
    return found


def _word_tokens(mark: str, text: str, *, pairs: bool) -> set[str]:
    words = _WORD.findall(text.lower())
    found = {f"{mark}:{word}" for word in words}
    if pairs:
        found.update(f"{mark}2:{left} {right}" for left, right in pairwise(words))
    return found


def dense_matrix(presentations: Sequence[Presentation], features: FeatureMap) -> np.ndarray:
    """Return all columns but the linear heads. Shapes: n presentations -> (n, len(features.columns()))."""
    rows = [dense_row(presentation, features) for presentation in presentations]
    return np.asarray(rows, dtype=np.float64).reshape(len(rows), len(features.columns()))


def token_matrix(token_sets: Iterable[set[str]], index: dict[str, int]) -> sparse.csr_matrix:
    """Return which known tokens each presentation has. Shapes: n sets -> (n, len(index)) of 0 and 1."""
    columns: list[int] = []
    starts = [0]
    for found in token_sets:
        columns.extend(sorted(index[token] for token in found if token in index))
        starts.append(len(columns))
    ones = np.ones(len(columns), dtype=np.float64)
    return sparse.csr_matrix((ones, columns, starts), shape=(len(starts) - 1, len(index)))
