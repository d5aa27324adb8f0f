"""The KTAS file: every quirk of its format, on made-up rows, and the counts of the real one."""

from __future__ import annotations

from collections import Counter

import pytest

from dataset_samples import ktas_file
from triagelab.cases.extraction import extract
from triagelab.datasets.ktas import load
from triagelab.datasets.registry import load_dataset
from triagelab.errors import BadInputError, DataFormatError, UnknownNameError

ARREST = dict.fromkeys(("SBP", "DBP", "HR", "RR", "BT", "Saturation"), "??")


def shown(tmp_path, **change):
    return load(ktas_file(tmp_path / "data.csv", change)).cases[0].presentation


def test_a_usual_row(tmp_path):
    (case,) = load(ktas_file(tmp_path / "data.csv", {}))
    assert case.presentation.narrative == (
        "68-year-old male. Complaint: made-up ache. Alert. Injury: no. "
        "HR 102, RR 20, BP 130/80, SpO2 98%, T 36.6 C, pain 5/10."
    )
    assert dict(case.presentation.structured) == {
        "mental": "alert",
        "injury": "no",
        "pain": "yes",
        "transport": "private vehicle",
    }
    assert (case.truth.level, case.truth.scale, case.truth.labelled_by) == (3, "ktas", "experts")
    assert (case.truth.acceptable, case.cluster, case.split, case.dataset) == (None, None, "test", "ktas")
    assert not case.presentation.credentialed


def test_the_nurse_is_another_dataset_with_the_same_presentations(tmp_path):
    path = ktas_file(tmp_path / "data.csv", {}, {"KTAS_RN": "2"})
    experts, nurse = load_dataset("ktas", path), load_dataset("ktas-nurse", path)
    assert [case.truth.level for case in nurse] == [4, 2]
    assert {case.truth.labelled_by for case in nurse} == {"nurse"}
    assert [case.presentation for case in nurse] == [case.presentation for case in experts]
    assert {case.dataset for case in nurse} == {"ktas-nurse"} == {nurse.name}


def test_a_row_of_question_marks_is_kept_and_said_in_words(tmp_path):
    presentation = shown(tmp_path, **ARREST, Mental="4", KTAS_expert="1")
    assert presentation.vitals.measured() == {"pain_score": 5}
    assert "HR, RR, BP, SpO2 and T not measurable or not recorded." in presentation.narrative
    assert "Unresponsive." in presentation.narrative
    found = extract(presentation.narrative)
    assert found.facts.vitals.measured() == {"pain_score": 5}
    assert found.facts.flags.get("unresponsive") is True
    assert not any(name in found.facts.flags for name in ("no_blood_pressure", "pulseless", "apneic"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"DBP": "??"}, "SBP 130, SpO2 98%, T 36.6 C, pain 5/10, DBP not measurable or not recorded."),
        ({"SBP": "??", "DBP": "??"}, "pain 5/10, BP not measurable or not recorded."),
        ({"Saturation": ""}, "BP 130/80, T 36.6 C, pain 5/10."),
        ({"Saturation": "??"}, "BP 130/80, T 36.6 C, pain 5/10, SpO2 not measurable or not recorded."),
    ],
)
def test_not_measured_is_not_the_same_as_not_there(tmp_path, change, words):
    assert shown(tmp_path, **change).narrative.endswith(words)


@pytest.mark.parametrize(
    ("change", "score", "words"),
    [
        ({"Pain": "0", "NRS_pain": "#BOŞ!"}, None, "Pain: no."),
        ({"Pain": "1", "NRS_pain": "#BOŞ!"}, None, "Pain: yes, not scored."),
        ({"Pain": "1", "NRS_pain": "10"}, 10, "pain 10/10."),
        ({"Pain": "1", "NRS_pain": "12"}, None, "Pain: yes, not scored."),
    ],
)
def test_pain(tmp_path, change, score, words):
    presentation = shown(tmp_path, **change)
    assert presentation.vitals.pain_score == score
    assert words in presentation.narrative


@pytest.mark.parametrize(
    ("code", "arrival", "transport"),
    [
        ("1", "walk_in", "on foot"),
        ("2", "ambulance", "public ambulance"),
        ("3", "walk_in", "private vehicle"),
        ("4", "ambulance", "private ambulance"),
        ("5", None, "other"),
        ("6", None, "other"),
        ("7", None, "other"),
        ("9", None, None),
        ("", None, None),
    ],
)
def test_arrival_modes(tmp_path, code, arrival, transport):
    presentation = shown(tmp_path, **{"Arrival mode": code})
    assert (presentation.arrival, presentation.structured.get("transport")) == (arrival, transport)
    assert ("arrived by ambulance" in presentation.narrative) == (arrival == "ambulance")
    assert "walked" not in presentation.narrative


@pytest.mark.parametrize(
    ("code", "words"),
    [("1", "Alert."), ("2", "Responds to voice."), ("3", "Responds to pain only."), ("4", "Unresponsive.")],
)
def test_avpu_is_words_and_never_a_coma_score(tmp_path, code, words):
    presentation = shown(tmp_path, Mental=code)
    assert words in presentation.narrative
    assert presentation.vitals.gcs is None


@pytest.mark.parametrize("text", ["??", "?? ??? ??", "?", "??, ??"])
def test_an_unreadable_complaint_is_counted_and_the_row_kept(tmp_path, text):
    dataset = load(ktas_file(tmp_path / "data.csv", {"Chief_complain": text}))
    assert dataset.cases[0].presentation.chief_complaint is None
    assert "?" not in dataset.cases[0].presentation.narrative
    assert "complaints that cannot be read 1" in dataset.notes[-1]


def test_typing_errors_are_left_out_and_counted(tmp_path):
    change = {"BT": "366", "HR": "1020", "RR": "2o", "Age": "680"}
    dataset = load(ktas_file(tmp_path / "data.csv", change))
    presentation = dataset.cases[0].presentation
    assert set(presentation.vitals.measured()) == {"sbp_mmhg", "dbp_mmhg", "spo2_pct", "pain_score"}
    assert presentation.age_years is None
    counted = dataset.notes[-1].removeprefix("left out as implausible: ").split(", ")
    assert set(counted) == {"temp_c 1", "heart_rate_bpm 1", "resp_rate_bpm 1", "age_years 1"}


def test_rows_without_a_level_are_refused(tmp_path):
    path = ktas_file(tmp_path / "data.csv", {}, {"KTAS_expert": "0"}, {"KTAS_expert": ""}, {"KTAS_expert": "??"})
    path.write_bytes(path.read_bytes() + b"1;2;3\n")
    dataset = load(path)
    assert len(dataset) == 1
    assert dataset.reject_counts() == {"KTAS_expert is not 1 to 5": 3, "another number of cells": 1}
    assert dataset.rejects[-1].where == "data.csv:6"


def test_a_file_saved_again_as_utf_8_reads_the_same(tmp_path):
    change = {"NRS_pain": "#BOŞ!", "Chief_complain": "ağrı"}
    old = load(ktas_file(tmp_path / "old.csv", change))
    assert old.cases == load(ktas_file(tmp_path / "new.csv", change, encoding="utf-8-sig")).cases
    assert old.cases[0].presentation.chief_complaint == "ağrı"


def test_the_notes_say_that_it_is_another_scale(tmp_path):
    assert (
        "KTAS has no resource step: cross-scale transfer, never ESI accuracy"
        in load(ktas_file(tmp_path / "data.csv", {})).notes
    )


def test_what_is_not_the_file(tmp_path):
    with pytest.raises(DataFormatError, match=r"no column Sex.*separated by ';'"):
        load(ktas_file(tmp_path / "comma.csv", {}, separator=","))
    ktas_file(tmp_path / "more.csv", {})
    with pytest.raises(BadInputError, match="the folder that holds it alone"):
        load_dataset("ktas", tmp_path)
    with pytest.raises(UnknownNameError, match="did you mean 'experts'"):
        load(tmp_path / "more.csv", labelled_by="expert")


@pytest.mark.realdata
def test_the_real_file(data_dir):
    dataset = load_dataset("ktas", data_dir / "ktas")
    assert Counter(case.truth.level for case in dataset) == {1: 13, 2: 107, 3: 236, 4: 223, 5: 43}
    assert not dataset.rejects
    assert "vital signs marked ?? 74, rows with a vital sign marked ?? 23, complaints that cannot be read 8" in str(
        dataset.notes
    )
    nurse = load_dataset("ktas-nurse", data_dir / "ktas")
    assert sum(one.truth.level == other.truth.level for one, other in zip(dataset, nurse, strict=True)) == 531
