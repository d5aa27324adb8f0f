"""The score tables as data: what a mistake in the file answers, and that the limits are read from it."""

from __future__ import annotations

import copy
from importlib import resources

import pytest

from triagelab.clinical.scores_table import _item, parse_scores, score_table
from triagelab.errors import DataFormatError, UnknownNameError
from triagelab.files import read_toml


@pytest.fixture
def raw():
    return copy.deepcopy(read_toml(str(resources.files("triagelab.clinical") / "data" / "scores.toml")))


def test_an_unknown_source_or_key_answers_with_the_nearest(raw):
    raw["item"][0]["source"] = "news"
    with pytest.raises(UnknownNameError, match="did you mean 'news2'"):
        parse_scores(raw)
    raw["item"][0]["source"] = "news2"
    raw["item"][0]["cells"][0]["uptoo"] = 8
    with pytest.raises(UnknownNameError, match="did you mean 'upto'"):
        parse_scores(raw)
    del raw["item"][0]["cells"][0]["uptoo"]
    raw["sipas"] = []
    with pytest.raises(UnknownNameError, match="did you mean 'sipa'"):
        parse_scores(raw)


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ([{"upto": 8, "points": 3}, {"upto": 7, "points": 0}, {"points": 1}], "rise"),
        ([{"points": 3}, {"points": 1}], "one limit"),
        ([{"upto": 8, "below": 9, "points": 3}, {"points": 1}], "one limit"),
        ([{"upto": 8, "points": 3}, {"upto": 9, "points": 1}], "one limit"),
    ],
)
def test_cells_are_in_order_and_end_without_limit(raw, cells, word):
    raw["item"][0]["cells"] = cells
    with pytest.raises(DataFormatError, match=word):
        _item(parse_scores(raw).item[0])


def test_unknown_score():
    with pytest.raises(UnknownNameError, match="news2"):
        score_table("news3")


def test_recalled_limits_are_marked():
    limits = score_table("news2").limits
    assert limits is not None
    assert limits.verified is False
