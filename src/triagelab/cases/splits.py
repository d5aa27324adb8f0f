"""Splits by archetype family, and the check that no text of one split is nearly a text of another."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator
from scipy.sparse import csr_matrix

from triagelab.cases.archetypes import load_archetypes
from triagelab.cases.schema import Case
from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.files import read_toml

SPLITS = ("train", "dev", "test")
_BLOCK = 1024
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_WORD = re.compile(r"[a-z0-9]+")


class _Families(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    train: tuple[str, ...]
    dev: tuple[str, ...]
    test: tuple[str, ...]

    @model_validator(mode="after")
    def _once(self) -> _Families:
        every = [*self.train, *self.dev, *self.test]
        twice = sorted({name for name in every if every.count(name) > 1})
        if twice:
            raise ValueError(f"families in two splits: {', '.join(twice)}")
        return self


@cache
def split_of_family() -> Mapping[str, str]:
    """Return family -> split, as data/families.toml assigns it.

    Raises: DataFormatError for an archetype whose family has no split, and for a family without archetypes.
    """
    path = str(resources.files("triagelab.cases") / "data" / "families.toml")
    table = _Families.model_validate(read_toml(path))
    found = {family: split for split in SPLITS for family in getattr(table, split)}
    used = {item.family for item in load_archetypes().values()}
    if used != set(found):
        wrong = ", ".join(sorted(used ^ set(found)))
        raise DataFormatError(f"families.toml and the archetype files disagree about: {wrong}")
    return MappingProxyType(found)


def families_of(split: str) -> frozenset[str]:
    """Return the archetype families of one split. Raises: UnknownNameError."""
    if split not in SPLITS:
        raise UnknownNameError("split", split, SPLITS)
    return frozenset(family for family, where in split_of_family().items() if where == split)


def shared_families(left: Sequence[Case], right: Sequence[Case]) -> frozenset[str]:
    """Return the families that occur on both sides. Missing: cases without a family share none."""
    return frozenset({case.family for case in left if case.family} & {case.family for case in right if case.family})


@dataclass(frozen=True)
class Overlap:
    """How alike two lists of cases are.

    Attributes:
        max_similarity: greatest Jaccard similarity of any pair, 0.0 where either side is empty.
        closest: ids of that pair, None where either side is empty.
        pairs: (left id, right id, similarity) at or above the threshold, most alike first.
        families: families on both sides.
        same_id: ids on both sides.
    """

    max_similarity: float
    closest: tuple[str, str] | None
    pairs: tuple[tuple[str, str, float], ...]
    families: frozenset[str]
    same_id: frozenset[str]
    threshold: float
    size: int


def shingles(text: str, size: int = 4) -> frozenset[str]:
    """Return the runs of `size` words of a text, numbers made equal so that other vital signs do not hide a copy.

    Missing: a text shorter than `size` words is one shingle.
    """
    words = _WORD.findall(_NUMBER.sub("0", text.lower()))
    if len(words) <= size:
        return frozenset({" ".join(words)})
    return frozenset(" ".join(words[i : i + size]) for i in range(len(words) - size + 1))


def _matrix(sets: Sequence[frozenset[str]], columns: dict[str, int]) -> csr_matrix:
    """Return a 0/1 matrix, one row a set; grows `columns`."""
    indices = [columns.setdefault(shingle, len(columns)) for members in sets for shingle in members]
    starts = np.cumsum([0, *(len(members) for members in sets)])
    return csr_matrix((np.ones(len(indices), dtype=np.int32), indices, starts), shape=(len(sets), max(len(columns), 1)))


def compare_notes(left: Sequence[Case], right: Sequence[Case], *, threshold: float = 0.6, size: int = 4) -> Overlap:
    """Return the exact near-duplicate check of every note of `left` against every note of `right`.

    Shapes: any two lists of cases, of any datasets; all pairs are compared, in blocks.
    """
    if not 0.0 < threshold <= 1.0:
        raise BadInputError("threshold", threshold, "a similarity above 0 and up to 1")
    if size < 1:
        raise BadInputError("size", size, "at least 1 word")
    best, closest, pairs = 0.0, None, []
    columns: dict[str, int] = {}
    sets_l = [shingles(case.presentation.narrative, size) for case in left]
    sets_r = [shingles(case.presentation.narrative, size) for case in right]
    _matrix(sets_l, columns)
    matrix_r = _matrix(sets_r, columns)
    matrix_l = _matrix(sets_l, columns)
    sizes_l, sizes_r = np.array([len(s) for s in sets_l]), np.array([len(s) for s in sets_r])
    for start in range(0, len(left), _BLOCK) if len(right) else ():
        common = (matrix_l[start : start + _BLOCK] @ matrix_r.T).tocoo()
        rows, cols, both = common.row + start, common.col, common.data
        similarity = both / (sizes_l[rows] + sizes_r[cols] - both)
        if similarity.size and similarity.max() > best:
            top = int(similarity.argmax())
            best, closest = float(similarity[top]), (left[rows[top]].case_id, right[cols[top]].case_id)
        for at in np.flatnonzero(similarity >= threshold):
            pairs.append((left[rows[at]].case_id, right[cols[at]].case_id, float(similarity[at])))
    if closest is None and len(left) and len(right):
        closest = (left[0].case_id, right[0].case_id)
    return Overlap(
        max_similarity=best,
        closest=closest,
        pairs=tuple(sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))),
        families=shared_families(left, right),
        same_id=frozenset(case.case_id for case in left) & frozenset(case.case_id for case in right),
        threshold=threshold,
        size=size,
    )
