"""Shock index and SIPA: classes and limits at their edges, one patient and a table."""

from __future__ import annotations

import math

import polars as pl
import pytest

from triagelab.clinical.scores import shock_index, shock_index_frame, sipa, sipa_frame
from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import BadInputError, UnknownNameError


def signs(pulse, pressure=100):
    return VitalSigns(heart_rate_bpm=pulse, sbp_mmhg=pressure)


@pytest.mark.parametrize(
    ("pulse", "band", "worrying", "usual"),
    [
        (49, "I", False, False),
        (50, "I", False, True),
        (59, "I", False, True),
        (60, "II", False, True),
        (70, "II", False, True),
        (71, "II", False, False),
        (90, "II", False, False),
        (91, "II", True, False),
        (99, "II", True, False),
        (100, "III", True, False),
        (139, "III", True, False),
        (140, "IV", True, False),
    ],
)
def test_classes(pulse, band, worrying, usual):
    found = shock_index(signs(pulse))
    assert (found.value, found.band, found.worrying, found.usual) == (pulse / 100, band, worrying, usual)


@pytest.mark.parametrize(("pulse", "pressure"), [(54, 90), (84, 60), (66, 110), (126, 90), (120, 120)])
def test_a_class_begins_where_the_division_is_exact(pulse, pressure):
    assert shock_index(signs(pulse, pressure)).band != shock_index(signs(pulse - 1, pressure)).band


def test_unknown_and_no_pressure():
    assert shock_index(VitalSigns()).missing == ("heart_rate_bpm", "sbp_mmhg")
    for pressure in (None, 0):
        found = shock_index(signs(120, pressure))
        assert (found.value, found.band, found.worrying, found.missing) == (None, None, None, ("sbp_mmhg",))


@pytest.mark.parametrize(
    ("age", "pulse", "elevated"),
    [
        (4, 122, False),
        (4, 123, True),
        (6.99, 122, False),
        (7, 101, True),
        (7, 100, False),
        (12.99, 101, True),
        (12.99, 100, False),
        (13, 91, True),
        (13, 90, False),
        (16.99, 91, True),
    ],
)
def test_sipa_limits(age, pulse, elevated):
    assert sipa(signs(pulse), age).elevated is elevated


@pytest.mark.parametrize("age", [0, 3.99, 17, 40])
def test_sipa_has_no_limit_for_other_ages(age):
    with pytest.raises(BadInputError, match=r"4 to under 17"):
        sipa(signs(100), age)


def test_sipa_without_age_where_every_age_agrees():
    assert (sipa(signs(90), None).elevated, sipa(signs(123), None).elevated) == (False, True)
    open_ = sipa(signs(110), None)
    assert (open_.elevated, open_.missing) == (None, ("age_years",))
    assert sipa(VitalSigns(sbp_mmhg=100), 5).missing == ("heart_rate_bpm",)
    assert sipa(signs(110), math.nan).elevated is None


PULSES = [None, 0, 49, 50, 59, 60, 70, 71, 90, 91, 99, 100, 101, 122, 123, 139, 140]
PRESSURES = [None, 0, 60, 90, 100, 123]


def test_frames_are_the_same_table():
    rows = [{"heart_rate_bpm": pulse, "sbp_mmhg": pressure} for pulse in PULSES for pressure in PRESSURES]
    table = shock_index_frame(pl.DataFrame(rows)).to_dicts()
    for row, line in zip(rows, table, strict=True):
        found = shock_index(VitalSigns(**row))
        assert line == {
            "value": found.value,
            "band": found.band,
            "worrying": found.worrying,
            "usual": found.usual,
            "missing": " ".join(found.missing),
        }
    aged = [{**row, "age_years": age} for row in rows for age in (None, 4.0, 6.9, 7.0, 12.9, 13.0, 16.9)]
    for row, line in zip(aged, sipa_frame(pl.DataFrame(aged)).to_dicts(), strict=True):
        found = sipa(signs(row["heart_rate_bpm"], row["sbp_mmhg"]), row["age_years"])
        assert (line["value"], line["limit"], line["elevated"]) == (found.value, found.limit, found.elevated), row
        assert (line["missing"], line["not_for"]) == (" ".join(found.missing), None), row


def test_sipa_frame_names_other_ages():
    table = sipa_frame(pl.DataFrame({"heart_rate_bpm": [100, 100], "sbp_mmhg": [90, 90], "age_years": [3.9, 17.0]}))
    assert table["not_for"].to_list() == ["age", "age"]
    assert table["elevated"].to_list() == table["limit"].to_list() == [None, None]


def test_frames_refuse_what_they_do_not_know():
    with pytest.raises(UnknownNameError, match="sbp_mmhg"):
        shock_index_frame(pl.DataFrame({"sbp": [100]}))
    with pytest.raises(BadInputError, match="age_years"):
        sipa_frame(pl.DataFrame({"age_years": [-1.0]}))
