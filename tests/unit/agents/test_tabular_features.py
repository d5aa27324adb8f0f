"""Columns of the tabular agent: missing is NaN, absent flags are no, unseen values are unknown."""

from __future__ import annotations

import math

import numpy as np

from triagelab.agents.tabular_features import (
    FeatureMap,
    categorical_fields,
    dense_matrix,
    dense_row,
    token_matrix,
    tokens,
    with_fields,
)
from triagelab.cases.presentation import Presentation
from triagelab.clinical.vitals import VitalSigns

FEATURES = FeatureMap(
    numbers=("n_reasons",),
    flags=("chronic_copd",),
    categories={"arrival": {"ambulance": 2.5, "walk_in": 3.5}, "injury": {"yes": 3.9}},
    codes=("rfv1", "rfv2"),
    tokens={"c:10501": 0, "w:pain": 1},
)


def row(**fields):
    presentation = Presentation("a", fields.pop("narrative", ""), **fields)
    return dict(zip(FEATURES.columns(), dense_row(presentation, FEATURES), strict=True))


def test_nothing_known_is_missing_not_zero():
    empty = row()
    assert all(
        math.isnan(empty[name]) for name in ("age_years", "heart_rate_bpm", "shock_index", "n_reasons", "arrival")
    )
    assert (empty["n_vitals"], empty["n_history"], empty["chronic_copd"]) == (0, 0, 0)


def test_derived_numbers_and_a_pressure_of_zero():
    full = row(vitals=VitalSigns(heart_rate_bpm=120, sbp_mmhg=100, dbp_mmhg=60), history=("a", "b"))
    assert (full["shock_index"], full["pulse_pressure"], full["n_vitals"], full["n_history"]) == (1.2, 40, 3, 2)
    dead = row(vitals=VitalSigns(heart_rate_bpm=0, sbp_mmhg=0, dbp_mmhg=0))
    assert math.isnan(dead["shock_index"])
    assert (dead["heart_rate_bpm"], dead["pulse_pressure"]) == (0, 0)


def test_fields():
    known = row(arrival="ambulance", structured={"injury": "yes", "chronic_copd": 1.0, "n_reasons": 2.0, "other": 7.0})
    assert (known["arrival"], known["injury"], known["chronic_copd"], known["n_reasons"]) == (2.5, 3.9, 1, 2)
    unseen = row(arrival="police", structured={"injury": "questionable", "n_reasons": "two"})
    assert all(math.isnan(unseen[name]) for name in ("arrival", "injury", "n_reasons"))
    shown = Presentation("a", "", sex="male", structured={"injury": "no", "n": 1.0, "none": None})
    assert categorical_fields(shown) == {"injury": "no", "sex": "male"}


def test_tokens_of_a_coded_visit():
    shown = Presentation(
        "a", "the note", chief_complaint="Chest pain", history=("COPD",), structured={"rfv1": "10501", "rfv2": "14150"}
    )
    assert tokens(shown, ("rfv1", "rfv2")) == {
        "c:10501", "c4:1050", "c3:105", "first:10501", "c:14150", "c4:1415", "c3:141", "pair:10501&14150",
        "w:chest", "w:pain", "h:COPD",
    }  # fmt: skip


def test_words_stand_in_where_there_are_no_codes():
    shown = Presentation("a", "He can't walk.", chief_complaint="leg pain")
    assert tokens(shown, ()) == {
        "w:leg", "w:pain", "w2:leg pain", "n:he", "n:can't", "n:walk", "n2:he can't", "n2:can't walk",
    }  # fmt: skip
    assert tokens(Presentation("a", "Leg pain."), ()) == {"w:leg", "w:pain", "w2:leg pain"}


def test_shapes():
    assert dense_matrix([], FEATURES).shape == (0, len(FEATURES.columns()))
    table = token_matrix([{"w:pain", "unknown"}, set()], FEATURES.tokens)
    assert table.toarray().tolist() == [[0, 1], [0, 0]]


def test_a_bare_note_gives_its_numbers():
    read = with_fields(Presentation("a", "67-year-old woman with chest pain, HR 112, BP 150/88."))
    assert (read.age_years, read.sex, read.vitals.heart_rate_bpm) == (67, "female", 112)
    kept = Presentation("a", "67-year-old woman, HR 112.", age_years=30.0)
    assert with_fields(kept) is kept
    assert np.isnan(dense_matrix([with_fields(Presentation("a", ""))], FEATURES)[0, 0])
