"""The forecast of decision point C: what a complaint needs, what it surely does not, and what stays unknown."""

from __future__ import annotations

import pytest

from triagelab.clinical.facts import RESOURCE_TYPES, Facts
from triagelab.clinical.resources import Forecast, ForecastRow, adjustments, forecast, forecast_table
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
    assert len({row.id for row in (*rows, *adjustments())}) == len(rows) + len(adjustments())
    assert all(row.any or row.all for row in rows)  # numbers alone are no complaint


COMPLAINTS = [
    set(),
    {"something_new"},
    {"ear_pain"},
    {"dysuria"},
    {"chest_pain", "dyspnoea"},
    {"limb_injury", "limb_laceration"},
    {"pneumonia", "fever", "copd"},
]


@pytest.mark.parametrize("concepts", COMPLAINTS)
@pytest.mark.parametrize("age", [None, 0.1, 7, 45, 90])
def test_probabilities_sum_to_one_and_nothing_is_impossible_or_certain(concepts, age):
    found = forecast(Facts(age_years=age), concepts)
    assert sum(found.probabilities) == pytest.approx(1.0)
    assert all(0.0 < p < 1.0 for p in (*found.probabilities, *found.shares.values()))
    assert found.low <= found.high
    assert found.low_stated <= found.low


@pytest.mark.parametrize("concepts", COMPLAINTS)
@pytest.mark.parametrize("name", RESOURCE_TYPES)
def test_a_resource_more_never_makes_the_count_smaller(concepts, name):
    without = forecast(Facts(age_years=45, flags={name: False}), concepts).probabilities
    unknown = forecast(Facts(age_years=45), concepts).probabilities
    used = forecast(Facts(age_years=45, flags={name: True}), concepts).probabilities
    assert used[0] == 0.0
    assert used[2] >= unknown[2] >= without[2]
    assert without[0] >= unknown[0]


def test_two_stated_resources_are_two():
    found = forecast(Facts(flags={"res_labs": True, "res_ecg_or_xray": True}), {"ear_pain"})
    assert found.probabilities == (0.0, 0.0, 1.0)
    assert found.count == 2
    sedation = forecast(Facts(flags={"res_complex_procedure": True}), {"ear_pain"})
    assert sedation.probabilities == (0.0, 0.0, 1.0)


def test_age_and_vital_signs_move_the_forecast():
    young = forecast(Facts(age_years=25, vitals=VitalSigns(heart_rate_bpm=80)), {"cough"})
    ill = forecast(Facts(age_years=82, vitals=VitalSigns(heart_rate_bpm=128, spo2_pct=90)), {"cough", "heart_failure"})
    assert ill.probabilities[2] > young.probabilities[2] + 0.3
    assert {"X.age_80", "X.heart_120", "X.saturation_92", "X.heart_disease"} <= set(ill.adjusted)


def _said(probabilities, needed=None, stated=frozenset()):
    types = dict.fromkeys(RESOURCE_TYPES, False) | (needed or {})
    shares = {name: 0.1 * i for i, name in enumerate(RESOURCE_TYPES)}
    return Forecast(types, ("F.x",), {}, (), probabilities, shares, stated)


def test_the_rates_overrule_the_table_only_when_they_are_sure():
    two = {"res_labs": True, "res_ecg_or_xray": True}
    assert _said((0.2, 0.4, 0.4), two).count == 2
    assert _said((0.3, 0.5, 0.2), two).count == 1
    assert _said((0.1, 0.2, 0.7), {"res_labs": True}).count == 2
    assert _said((0.2, 0.3, 0.5), {"res_labs": True}).count == 1
    assert _said((0.3, 0.4, 0.3)).count == 0
    assert _said((0.1, 0.5, 0.4)).count == 1
    assert _said((0.1, 0.1, 0.8)).count == 2


def test_resources_that_are_stated_are_never_overruled():
    two = {"res_labs": True, "res_ecg_or_xray": True}
    assert _said((0.3, 0.5, 0.2), two, frozenset(two)).count == 2


def test_an_overruled_count_leaves_the_other_one_defensible():
    found = _said((0.3, 0.5, 0.2), {"res_labs": True, "res_ecg_or_xray": True})
    told, cautious = found.told()
    assert not cautious
    assert sum(value is True for value in told.values()) == 1
    assert all(value is not False for value in told.values())
    agreed = _said((0.1, 0.2, 0.7), {"res_labs": True, "res_ecg_or_xray": True})
    assert agreed.told() == (agreed.needed, True)
