"""NHAMCS rows: every quirk of the files, on made-up rows."""

from __future__ import annotations

import polars as pl
import pytest

from dataset_samples import shown, visits, year_of
from triagelab.errors import DataFormatError


def test_a_usual_visit():
    case = year_of(visits({})).cases[0]
    assert case.presentation.narrative == (
        "67-year-old female, arrived by ambulance. Complaint: chest pain; shortness of breath. Injury: no. "
        "HR 112, RR 22, BP 150/88, SpO2 93%, T 37.2 C, pain 8/10. History: COPD, type 2 diabetes."
    )
    assert (case.truth.level, case.truth.scale, case.truth.labelled_by) == (2, "immedr", "nurse")
    assert (case.case_id, case.split, case.cluster, case.weight) == ("nhamcs-2020-00001", "test", "2020-12", 4733.5)
    assert case.presentation.history == ("COPD", "type 2 diabetes")
    assert case.presentation.structured == {
        "rfv1": "10501",
        "rfv2": "14150",
        "n_reasons": 2.0,
        "n_chronic": 2.0,
        "chronic_copd": 1.0,
        "chronic_type_2_diabetes": 1.0,
        "injury": "no",
        "seen_72h": "no",
        "episode": "first",
        "arrival_hour": 20.0,
    }


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (-9.0, "no triage level (blank)"),
        (-8.0, "no triage level (unknown)"),
        (0.0, "no triage level (this visit was not triaged)"),
        (7.0, "no triage level (this department does not triage)"),
        (6.0, "no triage level (code 6)"),
        (2.5, "no triage level (code 2.5)"),
        (None, "no triage level (missing)"),
        (float("nan"), "no triage level (missing)"),
    ],
)
def test_rows_without_a_level_are_refused_and_counted(code, reason):
    year = year_of(visits({}, {"IMMEDR": code}))
    assert len(year.cases) == 1
    assert [(reject.where, reject.reason) for reject in year.rejects] == [("made-up row 2", reason)]


@pytest.mark.parametrize("level", [1.0, 2.0, 3.0, 4.0, 5.0])
def test_the_five_levels_are_kept(level):
    assert year_of(visits({"IMMEDR": level})).cases[0].truth.level == int(level)


VITALS = {
    "PULSE": "heart_rate_bpm",
    "RESPR": "resp_rate_bpm",
    "BPSYS": "sbp_mmhg",
    "BPDIAS": "dbp_mmhg",
    "POPCT": "spo2_pct",
    "TEMPF": "temp_c",
    "PAINSCALE": "pain_score",
}


@pytest.mark.parametrize("column", VITALS)
@pytest.mark.parametrize("code", [-9.0, -8.0, -7.0, None, float("nan")])
def test_missing_codes_are_not_measured(column, code):
    assert getattr(shown(**{column: code}).vitals, VITALS[column]) is None


def test_998_is_a_code_in_two_columns_and_a_temperature_in_a_third():
    doppler = shown(PULSE=998.0, BPDIAS=998.0, TEMPF=998.0)
    assert doppler.vitals.heart_rate_bpm is None
    assert doppler.vitals.dbp_mmhg is None
    assert doppler.vitals.temp_c == 37.7  # 99.8 F
    assert "pulse by Doppler only" in doppler.narrative
    assert "BP 150/palp" in doppler.narrative
    assert doppler.structured["pulse_by_doppler"] == 1.0
    assert doppler.structured["bp_by_palpation"] == 1.0


def test_zeros_of_an_arrest_stay():
    vitals = shown(PULSE=0.0, RESPR=0.0, BPSYS=0.0, BPDIAS=0.0, POPCT=0.0, PAINSCALE=0.0).vitals
    assert (vitals.heart_rate_bpm, vitals.resp_rate_bpm, vitals.sbp_mmhg, vitals.spo2_pct) == (0, 0, 0, 0)
    assert vitals.pain_score == 0


def test_a_saturation_of_a_slip_of_the_keyboard_is_left_out_and_counted():
    year = year_of(visits({"POPCT": 18.0, "RESPR": 18.0}, {"POPCT": 0.0}))
    assert [case.presentation.vitals.spo2_pct for case in year.cases] == [None, None]
    assert year.implausible == {"spo2_pct": 2}


def test_a_low_saturation_with_nothing_to_contradict_it_stays():
    alone = {"POPCT": 40.0, "PULSE": -9.0, "RESPR": -9.0, "BPSYS": -9.0}
    assert shown(**alone).vitals.spo2_pct == 40.0
    assert shown(POPCT=50.0).vitals.spo2_pct == 50.0


def test_impossible_rates_are_left_out_and_counted():
    year = year_of(visits({"RESPR": 150.0}))
    assert year.cases[0].presentation.vitals.resp_rate_bpm is None
    assert year.implausible == {"resp_rate_bpm": 1}


def test_ages():
    assert shown(AGE=0.0, AGEDAYS=10.0).age_years == pytest.approx(10 / 365.25)
    assert shown(AGE=0.0, AGEDAYS=0.0).narrative.startswith("Newborn female")
    assert shown(AGE=0.0, AGEDAYS=-9.0).age_years == 0.5
    assert shown(AGE=-9.0).age_years is None
    top = shown(AGE=94.0)
    assert (top.age_years, top.structured["age_top_coded"]) == (94.0, 1.0)
    assert "age_top_coded" not in shown(AGE=92.0).structured


def test_sex_and_arrival():
    assert shown(SEX=2.0).sex == "male"
    assert shown(SEX=-9.0).sex is None
    assert shown(ARREMS=2.0).arrival == "walk_in"
    assert shown(ARREMS=-8.0).arrival is None
    assert "arrived" not in shown(ARREMS=2.0).narrative  # not by ambulance is all that the file says


def test_a_code_without_text_falls_back_to_its_group_or_is_counted():
    year = year_of(visits({"RFV1": 20152.0, "RFV2": 26310.0}))
    assert year.cases[0].presentation.chief_complaint == "viral disease"
    assert year.cases[0].presentation.structured["rfv2"] == "26310"
    assert year.codes_without_text == {26310: 1}


def test_codes_that_say_nothing_and_repeats_are_not_said():
    assert shown(RFV1=89980.0, RFV2=-9.0).chief_complaint is None
    assert shown(RFV1=10501.0, RFV2=10501.0).chief_complaint == "chest pain"
    assert "Complaint" not in shown(RFV1=-9.0, RFV2=-9.0).narrative


def test_chronic_flags_of_a_blank_item_are_unknown_not_none():
    blank = {"COPD": 0.0, "DIABTYP2": 0.0, "NOCHRON": 2.0}
    unknown, none = shown(**blank), shown(**(blank | {"NOCHRON": 1.0}))
    assert "History" not in unknown.narrative
    assert "n_chronic" not in unknown.structured
    assert none.narrative.endswith("History: none.")
    assert none.structured["n_chronic"] == 0.0


def test_injury_and_circumstances():
    hurt = shown(INJURY=1.0, INJURY72=1.0, INTENT15=1.0, RESIDNCE=2.0, AMBTRANSFER=1.0, SEEN72=1.0)
    for words in ("Injury: yes (intentional, under 72 h)", "Transferred from another facility", "From a nursing home"):
        assert words in hurt.narrative
    assert "Seen here within 72 h" in hurt.narrative
    assert "Injury: questionable" in shown(INJURY=2.0).narrative
    assert "Injury" not in shown(INJURY=-8.0).narrative
    assert "Follow-up visit" in shown(EPISODE=2.0).narrative
    assert "Homeless" in shown(RESIDNCE=3.0).narrative


@pytest.mark.parametrize(
    ("time", "hour"), [("0007", 0.0), ("2359", 23.0), ("-9", None), ("", None), ("9999", None), (None, None)]
)
def test_arrival_hour(time, hour):
    assert shown(ARRTIME=time).structured.get("arrival_hour") == hour


def test_weight_and_cluster_may_be_missing():
    case = year_of(visits({"PATWT": None, "HOSPCODE": -9.0})).cases[0]
    assert (case.weight, case.cluster) == (None, None)


def test_a_frame_without_the_columns_is_refused():
    with pytest.raises(DataFormatError, match="no column PULSE"):
        year_of(visits({}).drop("PULSE"))


def test_null_only_columns_and_empty_frames():
    frame = visits({}).with_columns(pl.lit(None).alias("PAINSCALE"))
    assert year_of(frame).cases[0].presentation.vitals.pain_score is None
    assert year_of(visits({}).head(0)).cases == []
