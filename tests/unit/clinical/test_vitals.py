from __future__ import annotations

import math

import pytest

from triagelab.clinical.vitals import RANGES, VitalSigns, temperature_c
from triagelab.errors import BadInputError


@pytest.mark.parametrize("name", RANGES)
def test_limits_are_inclusive_and_beyond_is_refused(name):
    limits = RANGES[name]
    assert getattr(VitalSigns(**{name: limits.low}), name) == limits.low
    assert getattr(VitalSigns(**{name: limits.high}), name) == limits.high
    for value in (limits.low - 0.01, limits.high + 0.01):
        with pytest.raises(BadInputError, match=name):
            VitalSigns(**{name: value})


def test_nan_is_not_measured_and_text_is_refused():
    assert VitalSigns(heart_rate_bpm=math.nan).heart_rate_bpm is None
    with pytest.raises(BadInputError, match="a number or null"):
        VitalSigns(heart_rate_bpm="88")  # pyright: ignore
    with pytest.raises(BadInputError, match="a number or null"):
        VitalSigns(heart_rate_bpm=True)


def test_clean_keeps_the_plausible_and_names_the_rest():
    vitals, refused = VitalSigns.clean({"heart_rate_bpm": 998, "sbp_mmhg": 120, "spo2_pct": None, "temp_c": math.nan})
    assert vitals.measured() == {"sbp_mmhg": 120.0}
    assert refused == ("heart_rate_bpm",)


@pytest.mark.parametrize(
    ("raw", "celsius"), [(98.6, 37.0), (39.4, 39.4), (101.2, 38.44), (50, None), (0, None), (200, None)]
)
def test_temperature_in_either_scale(raw, celsius):
    assert temperature_c(raw) == celsius
