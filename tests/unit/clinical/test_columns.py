from __future__ import annotations

import math

import polars as pl
import pytest

from triagelab.clinical.columns import checked_columns
from triagelab.errors import BadInputError, UnknownNameError

ASKED = {"numbers": {"rate": (0, 60)}, "flags": ("walks",), "letters": {"avpu": ("A", "U")}}


def test_absent_nan_and_null_are_unknown_and_types_are_fixed():
    known = checked_columns(pl.DataFrame({"walks": [None, True], "rate": [math.nan, 60]}), **ASKED)
    assert known.schema == {"rate": pl.Float64, "walks": pl.Boolean, "avpu": pl.String}
    assert known.rows() == [(None, None, None), (60.0, True, None)]


@pytest.mark.parametrize(
    ("column", "word"),
    [
        ({"rate": [61]}, "61.*0 to 60"),
        ({"rate": [True]}, "a column of numbers"),
        ({"walks": ["yes"]}, "a column of booleans"),
        ({"avpu": ["A", "V"]}, "'V'.*A, U"),
        ({"avpu": [1]}, "a column of text"),
    ],
)
def test_a_wrong_type_or_value_is_named(column, word):
    with pytest.raises(BadInputError, match=word):
        checked_columns(pl.DataFrame(column), **ASKED)


def test_an_unknown_column_answers_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'rate'"):
        checked_columns(pl.DataFrame({"rates": [1]}), **ASKED)
