from __future__ import annotations

import pytest

from triagelab.clinical.clauses import FOREVER, Names, parse_age, parse_bands, parse_clause
from triagelab.clinical.predicates import AllOf, AnyOf, AtLeast, Banded, Compare, Denied, Flag, Missing, Not
from triagelab.errors import BadInputError, UnknownNameError

BANDS = {"fast": parse_bands("fast", [{"from": "0 d", "to": "1 y", "limit": 180}, {"from": "1 y", "limit": 100}])}
NAMES = Names({"known": Flag("fever")}, BANDS)


def parse(raw: object):
    return parse_clause(raw, NAMES, "row")


def test_every_form():
    assert parse("fever") == Flag("fever")
    assert parse({"all": ["fever", "stridor"]}) == AllOf((Flag("fever"), Flag("stridor")))
    assert parse({"any": ["fever"]}) == AnyOf((Flag("fever"),))
    assert parse({"not": "fever"}) == Not(Flag("fever"))
    assert parse({"denied": "fever"}) == Denied("fever")
    assert parse({"at_least": 2, "of": ["fever", "stridor"]}) == AtLeast(2, (Flag("fever"), Flag("stridor")))
    assert parse({"missing": "temp_c"}) == Missing("temp_c")
    assert parse({"number": "spo2_pct", "lt": 92}) == Compare("spo2_pct", "lt", 92.0)
    assert parse({"number": "heart_rate_bpm", "gt_by_age": "fast"}) == Banded("heart_rate_bpm", "gt", BANDS["fast"])
    assert parse({"age": {"to": "18 y"}}) == Compare("age_years", "lt", 18.0)
    assert parse({"age": {"from": "29 d", "to": "3 mo"}}) == AllOf(
        (Compare("age_years", "ge", 29 / 365.25), Compare("age_years", "lt", 0.25))
    )
    assert parse({"ref": "known"}) == Flag("fever")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("feverr", "did you mean 'fever'"),
        ({"al": ["fever"]}, "did you mean 'all'"),
        ({"all": []}, "a list with one clause or more"),
        ({"all": ["fever"], "any": []}, "any"),
        ({"at_least": 3, "of": ["fever"]}, "a whole number from 1 to 1"),
        ({"number": "spo2", "lt": 92}, "did you mean 'spo2_pct'"),
        ({"number": "spo2_pct"}, "exactly one of lt"),
        ({"number": "spo2_pct", "lt": 92, "gt": 3}, "exactly one of lt"),
        ({"number": "spo2_pct", "lt": "92"}, "a number"),
        ({"number": "heart_rate_bpm", "gt_by_age": "fst"}, "did you mean 'fast'"),
        ({"age": {}}, "29 d"),
        ({"age": {"to": "18 years"}}, "3 mo"),
        ({"missing": "fever"}, "missing|row"),
        ({"ref": "knwon"}, "did you mean 'known'"),
        (7, "a fact id or a table"),
    ],
)
def test_mistakes_are_named_with_their_place(raw, message):
    with pytest.raises((BadInputError, UnknownNameError), match=message) as caught:
        parse(raw)
    assert str(caught.value).startswith("row")


def test_ages():
    assert parse_age("28 d") == 28 / 365.25
    assert parse_age("3 mo") == 0.25
    assert parse_age("12 y") == 12.0
    with pytest.raises(BadInputError, match="3 mo"):
        parse_age("3mo")


def test_bands_follow_each_other_to_the_end_of_life():
    assert BANDS["fast"][-1].high == FOREVER
    for rows in (
        [],
        [{"from": "0 d", "to": "1 y", "limit": 1}],
        [{"from": "1 y", "limit": 1}],
        [{"from": "0 d", "to": "2 y", "limit": 1}, {"from": "1 y", "limit": 1}],
        [{"from": "0 d", "to": "1 y", "limit": 1}, {"from": "2 y", "limit": 1}],
    ):
        with pytest.raises(BadInputError, match=r"bands\.x"):
            parse_bands("x", rows)
    with pytest.raises(UnknownNameError, match="did you mean 'limit'"):
        parse_bands("x", [{"from": "0 d", "limti": 1}])
