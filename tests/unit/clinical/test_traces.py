from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from triagelab.clinical import traces
from triagelab.clinical.bits import packed
from triagelab.clinical.traces import distinct, joined
from triagelab.seeding import stream


@pytest.mark.parametrize(("names", "share"), [(1, 0.5), (9, 0.3), (70, 0.02), (130, 0.5)])
def test_joined_is_the_names_of_each_row(names, share):
    height = 700
    rows = stream("test-traces", 0, names).random((names, height)) < share
    found = joined({f"n{k}": packed(pl.Series(row))[0] for k, row in enumerate(rows)}, height)
    assert found.to_list() == [" ".join(f"n{k}" for k in range(names) if rows[k, i]) for i in range(height)]


def test_joined_of_nothing():
    nothing = packed(pl.Series([False] * 5))[0]
    assert joined({"a": nothing}, 5).to_list() == [""] * 5
    assert joined({"a": nothing[:0]}, 0).to_list() == []


def test_distinct_patterns_are_exact_even_if_every_hash_collides(monkeypatch):
    words = [stream("test-distinct", 0, k).integers(0, 5, 400).astype(np.uint64) for k in range(2)]
    pairs = list(zip(*(word.tolist() for word in words), strict=True))

    def check() -> None:
        kept, which = distinct(words)
        assert [pairs[kept[i]] for i in which] == pairs
        assert len(kept) == len(set(pairs))

    check()
    monkeypatch.setattr(traces, "_hash", lambda words, factor: np.zeros(len(words[0]), np.uint64))
    check()
