"""Column maps: complete, closed, and apart from what happens after triage."""

from __future__ import annotations

import pytest

from dataset_samples import AFTER_TRIAGE
from triagelab.datasets import columns
from triagelab.datasets.columns import SurveyMap, hospital_map, survey_map
from triagelab.errors import DataFormatError


def test_the_label_and_the_design_are_not_shown():
    survey = survey_map("nhamcs")
    assert not {survey.label.column, survey.design.weight, survey.design.cluster} & set(survey.allowed())
    assert len(set(survey.read_columns())) == len(survey.read_columns())


def test_nothing_after_triage_is_read():
    assert not set(AFTER_TRIAGE) & set(survey_map("nhamcs").read_columns())
    hospital = hospital_map("mimic_iv_ed")
    shown = {name for table in hospital.shown.values() for name in table}
    assert not {"disposition", "outtime", "hadm_id", "acuity", "icd_code", "race"} & shown
    assert set(hospital.shown) == {"triage", "edstays", "patients"}


@pytest.mark.parametrize("payer_or_race", ["RACEUN", "RACERETH", "ETHUN", "PAYTYPER", "NOPAY"])
def test_neither_race_nor_payer_is_shown(payer_or_race):
    assert payer_or_race not in survey_map("nhamcs").read_columns()


def test_an_unknown_key_in_a_map_is_refused_with_its_place(monkeypatch):
    good = survey_map("nhamcs").model_dump()
    monkeypatch.setattr(columns, "read_toml", lambda *_: good | {"shwon": {}})
    with pytest.raises(DataFormatError, match=r"nhamcs\.toml: shwon"):
        columns.load_map(SurveyMap, "nhamcs")


def test_complaint_words_are_plain():
    for code, words in survey_map("nhamcs").complaint_words.items():
        assert 10_000 <= code <= 99_999
        assert words == words.strip()
        assert not {"...", ";"} & set(words.split())
