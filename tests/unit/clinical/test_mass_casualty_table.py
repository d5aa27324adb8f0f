"""The mass-casualty tables as data: what a mistake in the file answers."""

from __future__ import annotations

import copy
from importlib import resources

import pytest

from triagelab.clinical.mass_casualty_rows import parse_tables
from triagelab.clinical.mass_casualty_table import build_scheme, scheme_table
from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.files import read_toml


@pytest.fixture
def raw():
    return copy.deepcopy(read_toml(str(resources.files("triagelab.clinical") / "data" / "mass_casualty.toml")))


def test_the_limit_is_in_the_file(raw):
    row = next(row for row in raw["step"] if row["id"] == "start.rate")
    row["when"]["gt"] = 25
    changed = build_scheme(parse_tables(raw), "start")
    facts = {"walks": False, "resp_rate_bpm": 28, "crt_s": 1, "obeys": True}
    assert changed.decide(facts).possible == ("immediate",)
    assert scheme_table("start").decide(facts).possible == ("delayed",)


@pytest.mark.parametrize(
    ("place", "value", "nearest"),
    [
        ("source", "saalt", "salt"),
        ("outcome", "delaid", "delayed"),
        ("when", "walk", "walks"),
        ("id", "strat.x", "start"),
    ],
)
def test_an_unknown_name_answers_with_the_nearest(raw, place, value, nearest):
    raw["step"][0][place] = value
    with pytest.raises(UnknownNameError, match=f"did you mean '{nearest}'"):
        build_scheme(parse_tables(raw), "start")


def test_an_unknown_key_or_fact_is_refused(raw):
    raw["step"][0]["whenn"] = "walks"
    with pytest.raises(BadInputError, match="whenn"):
        parse_tables(raw)


def test_the_last_step_always_holds(raw):
    raw["step"] = [row for row in raw["step"] if row["id"] != "start.rest"]
    with pytest.raises(DataFormatError, match="start"):
        build_scheme(parse_tables(raw), "start")


def test_an_unknown_scheme_answers_with_the_nearest():
    with pytest.raises(UnknownNameError, match="jumpstart"):
        scheme_table("jumpstrat")
