"""Acts of intensive care, rostering and IT."""

from __future__ import annotations

import pytest

from hospital_samples import act, adult, do, hospital_of, one, tagged
from triagelab.hospital.deeds.hr import cover_now
from triagelab.hospital.results import DONE, HELD, REFUSED


def test_intensive_care_takes_who_needs_it_and_not_the_well() -> None:
    h = hospital_of(adult("viral-pneumonia"), adult("sprain", 1))
    tagged(h, "delayed")
    one(h, "assess", patient="P-001")
    assert one(h, "admit", patient="P-001", unit="icu").right is not False
    assert one(h, "admit", patient="P-001", unit="icu").status == REFUSED
    assert one(h, "admit", patient="P-002", unit="icu").right is False


def test_a_ventilator_helps_who_cannot_breathe_and_weaning_too_early_is_wrong() -> None:
    h = hospital_of(adult("viral-pneumonia"), adult("sprain", 1))
    tagged(h)
    assert one(h, "ventilate", patient="P-001").status == REFUSED, "not in the waiting room"
    for patient in h.patients.values():
        h.move(patient, "resus")
    assert one(h, "ventilate", patient="P-001").status == DONE
    need = h.patients["P-001"].need("ventilation")
    assert need is not None
    assert need.met_at is not None
    assert one(h, "ventilate", patient="P-002").right is False
    assert one(h, "wean", patient="P-002").right is None
    assert one(h, "wean", patient="P-001").right is False
    assert need.met_at is None


def test_stepping_down_is_right_by_need() -> None:
    h = hospital_of(adult("viral-pneumonia"), adult("sprain", 1))
    for patient in h.patients.values():
        patient.worked_up = True
        h.move(patient, "icu")
    h.step({})
    assert one(h, "step_down", patient="P-001").right is False
    assert one(h, "step_down", patient="P-002").right is None
    assert one(h, "step_down", patient="P-002").status == REFUSED


def test_overflow_has_an_end() -> None:
    h = hospital_of(adult("sprain"))
    assert one(h, "open_overflow", beds=24).right is False, "there are free bays"
    assert h.beds["overflow"] == 24
    assert one(h, "open_overflow", beds=1).status == REFUSED


def test_cover_is_counted_as_people_stand_now() -> None:
    h = hospital_of(*(adult("septic-shock", index) for index in range(6)))
    for patient in h.patients.values():
        h.move(patient, "icu")
    h.step({})
    assert cover_now(h) == pytest.approx(h.cover)
    nurse = next(member for member in h.people if member.role == "nurse" and member.area == "icu")
    before = cover_now(h)["icu"]
    nurse.area = "ward"
    assert cover_now(h)["icu"] <= before


def test_rest_is_for_the_tired_and_people_come_when_called() -> None:
    h = hospital_of(adult("sprain"))
    nurse = next(member for member in h.people if member.role == "nurse" and member.status == "on")
    assert one(h, "rest", staff=nurse.id).right is False
    assert one(h, "rest", staff=nurse.id).status == REFUSED
    tired = next(member for member in h.people if member.role == "doctor" and member.status == "on")
    tired.on_since = h.minute - 60.0 * 12
    assert one(h, "rest", staff=tired.id).right is None
    assert one(h, "assign", staff=tired.id, area="icu").status == REFUSED, "only nurses are moved"
    assert one(h, "rest", staff="S-999").status == REFUSED
    assert one(h, "call_in", staff_role="surgeon", count=10).right is False
    assert one(h, "call_in", staff_role="surgeon", count=1).status == HELD
    for _ in range(4):
        h.step({})
    assert all(member.status != "coming" for member in h.people)


def test_a_system_is_restored_once_it_is_down() -> None:
    h = hospital_of(adult("sprain"))
    assert one(h, "restore", system="ehr").status == REFUSED
    h.systems["ehr"] = h.minute
    h.ledger.owe("it_systems", "restore", "ehr", h.minute)
    results = do(h, act("restore", system="ehr"), act("paper", system="ehr"), act("paper", system="ehr"))
    assert [result.right for result in results] == [True, None, False]
    assert one(h, "paper", system="ventilators").status == REFUSED
    for _ in range(4):
        h.step({})
    assert h.systems["ehr"] is None
    assert h.paper == frozenset()
    assert one(h, "correct", record="R-P-001-0").status == REFUSED
