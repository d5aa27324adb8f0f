"""Bodies: severities move as the table says, however time is cut, and vital signs follow them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.hospital.patient import LIMITS, Patient
from triagelab.hospital.specs import PatientSpec, draw_patient
from triagelab.hospital.tables import archetypes

KINDS = sorted(archetypes())
SICK = [kind for kind in KINDS if archetypes()[kind].need]


def drawn(kind: str, number: int = 0) -> PatientSpec:
    return draw_patient(archetypes()[kind], 0.0, "test", 0, number)


@given(
    kind=st.sampled_from(SICK),
    number=st.integers(0, 50),
    cuts=st.lists(st.floats(0, 300), max_size=6),
    met=st.one_of(st.none(), st.floats(0, 300)),
)
@settings(max_examples=60, deadline=None)
def test_hazard_does_not_depend_on_how_time_is_cut(
    kind: str, number: int, cuts: list[float], met: float | None
) -> None:
    one, other = Patient(drawn(kind, number)), Patient(drawn(kind, number))
    times: list[float] = sorted([*cuts, 300.0] if met is None else [*cuts, 300.0, met])
    for patient, stops in ((one, times), (other, [300.0] if met is None else [met, 300.0])):
        for stop in stops:
            patient.settle(stop)
            if stop == met:
                for need in patient.needs:
                    need.met_at = stop
    assert math.isclose(one.hazard, other.hazard, rel_tol=1e-9, abs_tol=1e-12)
    assert all(math.isclose(a.s, b.s, abs_tol=1e-9) for a, b in zip(one.needs, other.needs, strict=True))


@given(kind=st.sampled_from(SICK), number=st.integers(0, 50), minutes=st.floats(0, 3000))
@settings(max_examples=60, deadline=None)
def test_severities_and_vital_signs_stay_within_their_limits(kind: str, number: int, minutes: float) -> None:
    patient = Patient(drawn(kind, number))
    patient.settle(minutes)
    assert all(0.0 <= need.s <= 1.0 for need in patient.needs)
    assert patient.hazard >= 0.0
    for name, value in patient.vitals().items():
        low, high = LIMITS[name]
        assert low <= value <= high


def test_time_never_runs_backwards() -> None:
    patient = Patient(drawn("septic-shock"))
    patient.settle(60.0)
    before = (patient.hazard, patient.needs[0].s)
    assert patient.settle(30.0) == 0.0
    assert (patient.hazard, patient.needs[0].s) == before


@pytest.mark.parametrize("kind", SICK)
def test_the_untreated_worsen_and_the_treated_get_better(kind: str) -> None:
    row = archetypes()[kind]
    left, treated = Patient(drawn(kind)), Patient(drawn(kind))
    for need in treated.needs:
        need.onset_min, need.met_at = 0.0, 0.0
    start = [need.s for need in left.needs]
    left.settle(300.0)
    treated.settle(300.0)
    for now, better, then, spec in zip(left.needs, treated.needs, start, row.need, strict=True):
        assert now.s > then or spec.rise[1] == 0.0 or then == 1.0
        assert better.s < then or spec.fall == 0.0


def test_bleeding_shows_in_pressure_and_pulse_and_stops_showing() -> None:
    patient = Patient(drawn("limb-haemorrhage"))
    first = patient.vitals()
    patient.settle(60.0)
    later = patient.vitals()
    assert later["sbp_mmhg"] < first["sbp_mmhg"]
    assert later["heart_rate_bpm"] > first["heart_rate_bpm"]
    for need in patient.needs:
        need.met_at = 60.0
    patient.settle(300.0)
    assert patient.vitals()["sbp_mmhg"] > later["sbp_mmhg"]


def test_what_has_not_begun_neither_shows_nor_kills() -> None:
    patient = Patient(drawn("late-airway"))
    late = patient.need("ventilation")
    assert late is not None
    calm = patient.vitals()["spo2_pct"]
    patient.settle(late.onset_min - 1)
    assert patient.vitals()["spo2_pct"] == calm
    quiet = patient.hazard
    patient.settle(late.onset_min + 60)
    assert patient.vitals()["spo2_pct"] < calm - 5
    assert patient.hazard > 4 * quiet


def test_poor_nursing_slows_recovery() -> None:
    good, poor = Patient(drawn("septic-shock")), Patient(drawn("septic-shock"))
    poor.care = 0.5
    for patient in (good, poor):
        for need in patient.needs:
            need.met_at = 0.0
        patient.settle(60.0)
    assert poor.hazard > good.hazard
    assert poor.worst() > good.worst()


def test_the_dead_do_not_go_on() -> None:
    patient = Patient(drawn("arrest"))
    patient.settle(10.0)
    patient.alive = False
    assert patient.settle(300.0) == 0.0


def test_a_copy_shares_nothing_that_changes() -> None:
    patient = Patient(drawn("limb-haemorrhage"))
    twin = patient.copy()
    twin.settle(120.0)
    twin.given["morphine"] = 1.0
    assert patient.at == 0.0
    assert patient.hazard == 0.0
    assert patient.given == {}
    assert all(need.s == spec.start for need, spec in zip(patient.needs, patient.spec.needs, strict=True))
