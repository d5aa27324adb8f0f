"""The forecast of decision point C: what a complaint needs, what it surely does not, and what stays unknown."""

from __future__ import annotations

import pytest

from triagelab.clinical.facts import RESOURCE_TYPES, Facts
from triagelab.clinical.resources import ForecastRow, forecast, forecast_table
from triagelab.clinical.vitals import VitalSigns


@pytest.mark.parametrize(
    ("concepts", "age", "low", "high"),
    [
        ({"ear_pain"}, 7, 0, 0),
        ({"medication_refill"}, 50, 0, 0),
        ({"dysuria"}, 30, 1, 1),
        ({"laceration"}, 30, 1, 1),
        ({"limb_injury"}, 30, 1, 1),
        ({"dvt_suspected"}, 50, 2, 2),
        ({"pneumonia"}, 50, 3, 3),
        ({"limb_injury", "limb_laceration"}, 30, 2, 2),
        ({"limb_deformity", "limb_injury"}, 30, 4, 4),
    ],
)
def test_counts(concepts, age, low, high):
    found = forecast(Facts(age_years=age), concepts)
    assert (found.low, found.high) == (low, high)


def test_an_unknown_complaint_leaves_everything_unknown():
    found = forecast(Facts(), {"something_new"})
    assert {found.needed[name] for name in RESOURCE_TYPES} == {None}
    assert (found.low, found.high) == (0, 9)
    assert found.rows == ()


def test_an_open_row_leaves_the_rest_unknown():
    found = forecast(Facts(age_years=50), {"chest_pain"})
    assert found.needed["res_labs"] is True
    assert found.needed["res_ct_mri_us"] is None


def test_what_is_stated_is_kept():
    found = forecast(Facts(flags={"res_labs": False}), {"dysuria"})
    assert found.needed["res_labs"] is False


def test_every_asked_type_has_a_reason():
    found = forecast(Facts(age_years=50), {"pneumonia"})
    asked = {name for name, value in found.needed.items() if value}
    assert set(found.reasons) == asked
    assert all(found.reasons.values())


def test_facts_and_vital_signs_count_as_conditions():
    found = forecast(Facts(age_years=30, vitals=VitalSigns(pain_score=9), flags={"headache": True}))
    assert "F.headache_strong" in found.rows


def test_a_misspelt_key_is_refused():
    with pytest.raises(ValueError, match="ned"):
        ForecastRow.model_validate({"id": "F.x", "reason": "r", "ned": ["labs"]})


def test_every_row_has_a_condition_and_an_own_id():
    rows = forecast_table()
    assert len({row.id for row in rows}) == len(rows)
    assert all(row.any or row.all for row in rows)  # numbers alone are no complaint
