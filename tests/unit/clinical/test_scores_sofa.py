"""SOFA: both edges of every cell, organs that take the graver of several values, and sepsis as a rise."""

from __future__ import annotations

import pytest

from triagelab.clinical.scores import SofaValues, qsofa, sepsis, sofa
from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import BadInputError, UnknownNameError

WELL = {
    "pao2_fio2_mmhg": 450,
    "spo2_fio2": 460,
    "ventilated": False,
    "platelets_k_ul": 250,
    "bilirubin_mg_dl": 0.5,
    "map_mmhg": 85,
    "on_vasopressors": False,
    "creatinine_mg_dl": 0.8,
    "urine_ml_day": 1500,
}
ALERT = VitalSigns(gcs=15)


def score(oxygenation="pao2", **changes):
    return sofa(SofaValues(**{**WELL, **changes}), ALERT, oxygenation=oxygenation)


CELLS = [
    ("platelets_k_ul", [(150, 0), (149.9, 1), (100, 1), (99, 2), (50, 2), (49, 3), (20, 3), (19, 4), (0, 4)]),
    (
        "bilirubin_mg_dl",
        [
            (1.1, 0),
            (1.19, 0),
            (1.2, 1),
            (1.9, 1),
            (1.95, 1),
            (2.0, 2),
            (5.9, 2),
            (6.0, 3),
            (11.9, 3),
            (12.0, 4),
            (12.1, 4),
        ],
    ),
    ("map_mmhg", [(70, 0), (69.9, 1)]),
    (
        "creatinine_mg_dl",
        [(1.1, 0), (1.2, 1), (1.9, 1), (2.0, 2), (3.4, 2), (3.5, 3), (4.9, 3), (5.0, 4), (5.1, 4)],
    ),
    ("urine_ml_day", [(500, 0), (499, 3), (200, 3), (199, 4)]),
]


@pytest.mark.parametrize(("name", "value", "points"), [(name, *cell) for name, cells in CELLS for cell in cells])
def test_cell(name, value, points):
    assert score(**{name: value}).total == points


@pytest.mark.parametrize(
    ("gcs", "points"), [(15, 0), (14, 1), (13, 1), (12, 2), (10, 2), (9, 3), (6, 3), (5, 4), (3, 4)]
)
def test_gcs(gcs, points):
    assert sofa(SofaValues(**WELL), VitalSigns(gcs=gcs)).total == points


RATIOS = [
    ("pao2", "pao2_fio2_mmhg", [(400, 0, 0), (399, 1, 1), (300, 1, 1), (299, 2, 2), (200, 2, 2), (199, 3, 2)]),
    ("pao2", "pao2_fio2_mmhg", [(100, 3, 2), (99, 4, 2)]),
    ("spo2", "spo2_fio2", [(302, 0, 0), (301, 1, 1), (221, 1, 1), (220, 2, 2), (142, 2, 2), (141, 3, 2)]),
    ("spo2", "spo2_fio2", [(67, 3, 2), (66, 4, 2)]),
]


@pytest.mark.parametrize(
    ("oxygenation", "name", "value", "ventilated", "not_ventilated"),
    [(oxygenation, name, *cell) for oxygenation, name, cells in RATIOS for cell in cells],
)
def test_respiration(oxygenation, name, value, ventilated, not_ventilated):
    assert score(oxygenation, **{name: value}, ventilated=True).total == ventilated
    assert score(oxygenation, **{name: value}).total == not_ventilated
    unknown = score(oxygenation, **{name: value}, ventilated=None)
    assert (unknown.low, unknown.high) == (not_ventilated, ventilated)
    assert unknown.missing == (("ventilated",) if ventilated > 2 else ())


DOSES = [
    ("dopamine_ug_kg_min", [(0.1, 2), (5, 2), (5.1, 3), (15, 3), (15.1, 4)]),
    ("dobutamine_ug_kg_min", [(0.1, 2), (50, 2)]),
    ("epinephrine_ug_kg_min", [(0.01, 3), (0.1, 3), (0.11, 4)]),
    ("norepinephrine_ug_kg_min", [(0.01, 3), (0.1, 3), (0.11, 4)]),
]
NONE_GIVEN = {name: 0 for name, _ in DOSES}


@pytest.mark.parametrize(("name", "dose", "points"), [(name, *cell) for name, cells in DOSES for cell in cells])
def test_vasopressor(name, dose, points):
    assert score(**{**NONE_GIVEN, "on_vasopressors": True, name: dose}).total == points


def test_unknown_doses_widen_the_score():
    unknown = score(on_vasopressors=None)
    assert (unknown.total, unknown.low, unknown.high, unknown.missing) == (None, 0, 4, tuple(NONE_GIVEN))
    some = score(on_vasopressors=True, map_mmhg=None)
    assert (some.low, some.high, some.missing) == (2, 4, tuple(NONE_GIVEN))
    last = score(**{**NONE_GIVEN, "on_vasopressors": True, "norepinephrine_ug_kg_min": None})
    assert (last.low, last.high) == (3, 4)
    settled = score(on_vasopressors=True, norepinephrine_ug_kg_min=0.3, map_mmhg=None)
    assert (settled.total, settled.missing) == (4, ())


def test_creatinine_or_urine_unknown():
    assert score(creatinine_mg_dl=5.0, urine_ml_day=None).total == 4
    half = score(creatinine_mg_dl=2.5, urine_ml_day=None)
    assert (half.low, half.high, half.missing) == (2, 4, ("urine_ml_day",))


def test_nothing_known_is_not_zero():
    found = sofa(SofaValues())
    assert (found.total, found.low, found.high, found.band) == (None, 0, 24, None)
    assert {"pao2_fio2_mmhg", "gcs", "platelets_k_ul", "map_mmhg", "urine_ml_day"} <= set(found.missing)


def test_the_surrogate_is_never_taken_unasked():
    found = score(pao2_fio2_mmhg=None, spo2_fio2=150)
    assert (found.points["respiration"], found.missing) == (None, ("pao2_fio2_mmhg",))
    with pytest.raises(UnknownNameError, match="spo2"):
        score("spo")


@pytest.mark.parametrize(
    "bad",
    [
        {"platelets_k_ul": 250_000},
        {"pao2_fio2_mmhg": -1},
        {"ventilated": 1},
        {"map_mmhg": "70"},
        {"on_vasopressors": False, "dopamine_ug_kg_min": 4},
        {"on_vasopressors": True, **NONE_GIVEN},
    ],
)
def test_bad_values_are_named(bad):
    with pytest.raises(BadInputError, match=next(iter(bad))):
        SofaValues(**bad)


def test_si_units():
    found = SofaValues(**WELL).with_si(bilirubin_umol_l=20, creatinine_umol_l=110, pao2_fio2_kpa=40)
    assert (found.bilirubin_mg_dl, found.creatinine_mg_dl) == (1.2, 1.2)
    assert found.pao2_fio2_mmhg == pytest.approx(300.02, abs=0.01)
    with pytest.raises(BadInputError, match="creatinine_umol_l"):
        SofaValues().with_si(creatinine_umol_l="110")  # pyright: ignore


def test_sepsis_is_a_rise_of_two():
    usual, ill, worse = score(), score(platelets_k_ul=120), score(platelets_k_ul=90)
    assert sepsis(True, usual, worse) is True
    assert sepsis(True, usual, ill) is False
    assert sepsis(None, usual, ill) is False
    assert sepsis(False, usual, worse) is False
    assert sepsis(None, usual, worse) is None
    assert sepsis(True, usual, score(platelets_k_ul=None)) is None
    assert sepsis(True, sofa(SofaValues()), worse) is None
    with pytest.raises(BadInputError, match="before"):
        sepsis(True, qsofa(ALERT), worse)
