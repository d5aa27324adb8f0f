"""Names of what holds in each row as one string a row: built once for each distinct pattern, not once for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from triagelab.clinical.bits import Bits, codes

_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(31))


def joined(planes: Mapping[str, Bits], height: int) -> pl.Series:
    """Return for each row the names whose plane holds there, in the order of the mapping, separated by a space."""
    hit = [(name, plane) for name, plane in planes.items() if plane.any()]
    if not hit or not height:
        return pl.repeat("", height, dtype=pl.String, eager=True)
    bytes_ = [codes([plane for _, plane in hit[i : i + 8]], height) for i in range(0, len(hit), 8)]
    first, which = _distinct(bytes_, height)
    names = [name for name, _ in hit]
    texts = _texts(names, [column[first] for column in bytes_])
    return texts.gather(which)


def _distinct(columns: Sequence[np.ndarray], height: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (a row of each distinct pattern, the pattern of each row)."""
    words = _words(columns, height)
    key = words[0].copy()
    for word in words[1:]:
        key = (key ^ (key >> _MIX[2])) * _MIX[0] + word * _MIX[1]
    frame = pl.DataFrame({"key": key}).with_row_index("row")
    groups = frame.group_by("key").agg(pl.col("row").first()).with_row_index("pattern")
    which = frame.join(groups, on="key", how="left", maintain_order="left")["pattern"].to_numpy()
    return groups["row"].to_numpy(), which


def _words(columns: Sequence[np.ndarray], height: int) -> list[np.ndarray]:
    out = []
    for i in range(0, len(columns), 8):
        table = np.zeros((height, 8), np.uint8)
        for k, column in enumerate(columns[i : i + 8]):
            table[:, k] = column
        out.append(table.view(np.uint64).ravel())
    return out


def _texts(names: Sequence[str], columns: Sequence[np.ndarray]) -> pl.Series:
    """Return the joined names of each pattern, eight names at a time."""
    parts = []
    for i, column in enumerate(columns):
        chunk = names[8 * i : 8 * i + 8]
        words = [" ".join(name for k, name in enumerate(chunk) if byte >> k & 1) or None for byte in range(256)]
        parts.append(pl.Series(str(i), words, dtype=pl.String).gather(column))
    return pl.DataFrame(parts).select(pl.concat_str(pl.all(), separator=" ", ignore_nulls=True)).to_series()
