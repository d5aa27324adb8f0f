"""Names of what holds in each row as one string a row: built once for each distinct pattern, not once for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from triagelab.clinical.bits import Bits, codes

_ODD = 0x9E3779B97F4A7C15
_NEXT = 0xD1342543DE82EF95
_MASK = 2**64 - 1


def joined(planes: Mapping[str, Bits], height: int) -> pl.Series:
    """Return for each row the names whose plane holds there, in the order of the mapping, separated by a space."""
    hit = [(name, plane) for name, plane in planes.items() if plane.any()]
    if not hit or not height:
        return pl.repeat("", height, dtype=pl.String, eager=True)
    columns = [codes([plane for _, plane in hit[i : i + 8]], height) for i in range(0, len(hit), 8)]
    first, which = distinct(_words(columns, height))
    return _texts([name for name, _ in hit], [column[first] for column in columns]).gather(which)


def distinct(words: Sequence[np.ndarray]) -> tuple[np.ndarray, pl.Series]:
    """Return (the first row kept for each distinct pattern, the pattern of each row).

    Rows are thrown into a table by a hash of their words; the row that stays in a slot stands for all equal ones, and
    rows that found another pattern in their slot are thrown again with another hash. Equality is checked word by word.
    """
    height = len(words[0])
    bits = max(8, height.bit_length())
    everyone = np.arange(height, dtype=np.uint32)
    stands_for = np.empty(height, np.uint32)
    left, factor = everyone, _ODD
    while len(left):
        mine = words if left is everyone else [word[left] for word in words]
        slot = _hash(mine, factor) >> np.uint64(64 - bits)
        table = np.empty(1 << bits, np.uint32)
        table[slot] = left
        winner = table[slot]
        same = np.ones(len(left), bool)
        for word, own in zip(words, mine, strict=True):
            same &= word[winner] == own
        stands_for[left[same]] = winner[same]
        left = left[~same]
        factor = (factor * _NEXT + 2) & _MASK | 1
    kept = np.flatnonzero(stands_for == everyone)
    number = np.empty(height, np.uint32)
    number[kept] = np.arange(len(kept), dtype=np.uint32)
    return kept, pl.Series(number[stands_for])


def _hash(words: Sequence[np.ndarray], factor: int) -> np.ndarray:
    key = np.zeros(len(words[0]), np.uint64)
    for word in words:
        key = (key ^ (key >> np.uint64(29)) ^ word) * np.uint64(factor)
    return key


def _words(columns: Sequence[np.ndarray], height: int) -> list[np.ndarray]:
    """Return the byte columns as 64-bit words, eight at a time."""
    out = []
    for i in range(0, len(columns), 8):
        table = np.zeros((height, 8), np.uint8)
        for k, column in enumerate(columns[i : i + 8]):
            table[:, k] = column
        out.append(table.view(np.uint64).ravel())
    return out


def _texts(names: Sequence[str], columns: Sequence[np.ndarray]) -> pl.Series:
    """Return the joined names of each pattern, eight names at a time."""
    frame = pl.DataFrame({str(i): column for i, column in enumerate(columns)})
    pieces = [pl.lit(_subsets(names[8 * i : 8 * i + 8])).gather(pl.col(str(i))) for i in range(len(columns))]
    return frame.select(pl.concat_str(pieces).str.head(-1)).to_series()


def _subsets(names: Sequence[str]) -> pl.Series:
    """Return every subset of the names by its bits, each name with a space behind it."""
    texts = [""]
    for name in names:
        texts += [f"{text}{name} " for text in texts]
    return pl.Series(texts, dtype=pl.String)
