"""One patient and a table decide alike: level, set, point, reasons and unknown facts, with missing values."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from esi_strategies import options, patients, versions
from triagelab.clinical.esi import decide, decide_frame
from triagelab.clinical.facts import NUMBERS, vocabulary

SCHEMA = {**dict.fromkeys(vocabulary(), pl.Boolean), **dict.fromkeys(NUMBERS, pl.Float64)}


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(patients(), min_size=1, max_size=6), versions, options, st.booleans())
def test_scalar_equals_frame(rows, version, chosen, nan):
    frame = pl.DataFrame(rows, schema=SCHEMA)
    if nan:
        frame = frame.with_columns(pl.col(pl.Float64).fill_null(float("nan")))
    found = decide_frame(frame, version=version, options=chosen)
    for facts, row in zip(rows, found.iter_rows(named=True), strict=True):
        single = decide(facts, version=version, options=chosen)
        assert row["level"] == single.level
        assert row["acceptable"] == sorted(single.acceptable)
        assert row["point"] == single.point
        assert tuple(row["because"].split()) == single.because
        assert tuple(row["unknown"].split()) == single.unknown


@settings(max_examples=60, deadline=None, derandomize=True)
@given(patients(), versions, options)
def test_the_acceptable_set_holds_the_level_and_the_point_goes_with_it(facts, version, chosen):
    found = decide(facts, version=version, options=chosen)
    assert found.level in found.acceptable
    assert found.acceptable <= {1, 2, 3, 4, 5}
    assert (found.point == "A") == (found.level == 1)
    if found.point == "B":
        assert found.level == 2
    if found.level in (4, 5):
        assert found.point == "C"
    assert found.because
    assert not {name for name in found.unknown if facts.get(name) is not None}
