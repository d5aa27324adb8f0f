from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from triagelab.clinical.bits import codes, packed, words_for
from triagelab.seeding import stream


def unpacked(plane: np.ndarray, height: int) -> list[bool]:
    return np.unpackbits(plane.view(np.uint8), bitorder="little")[:height].astype(bool).tolist()


@pytest.mark.parametrize("height", [0, 1, 8, 63, 64, 65, 1000])
def test_packed_keeps_rows_and_unknowns(height):
    draw = stream("test-bits", 0, height).integers(0, 3, height).tolist()
    values = [(True, False, None)[d] for d in draw]
    yes, unknown = packed(pl.Series(values, dtype=pl.Boolean))
    assert len(yes) == words_for(height)
    assert unpacked(yes, height) == [value is True for value in values]
    if None in values:
        assert unpacked(unknown, height) == [value is None for value in values]
    else:
        assert unknown is None


@pytest.mark.parametrize("start", [0, 1, 7, 8, 13])
def test_packed_reads_slices_and_several_chunks(start):
    values = [(True, False, None, False, True)[i % 5] for i in range(200)]
    series = pl.Series(values)[start:]
    yes, unknown = packed(series)
    assert unpacked(yes, len(series)) == [value is True for value in values[start:]]
    assert unpacked(unknown, len(series)) == [value is None for value in values[start:]]
    pieces = pl.concat([series[:5], series[5:70], series[70:]], rechunk=False)
    assert unpacked(packed(pieces)[0], len(series)) == unpacked(yes, len(series))


@pytest.mark.parametrize("planes", [1, 3, 8])
@pytest.mark.parametrize("height", [1, 64, 65, 70000])
def test_codes_are_the_bits_of_each_row(planes, height):
    rows = stream("test-codes", 0, planes, height).integers(0, 2, (planes, height)).astype(bool)
    found = codes([packed(pl.Series(row))[0] for row in rows], height)
    expected = sum(row.astype(np.uint8) << k for k, row in enumerate(rows))
    assert np.array_equal(found, expected)
