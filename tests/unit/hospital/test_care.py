"""What holds for a patient from moment to moment: what is known, what is met, and death."""

from __future__ import annotations

from triagelab.hospital import care
from triagelab.hospital.hospital import Hospital, begin
from triagelab.hospital.patient import Need, Patient


def later(name: str = "mass_casualty", minutes: float = 60.0, seed: int = 0) -> Hospital:
    h = begin(name, 0.5, seed, 20)
    h.mortal = False
    while h.minute < minutes:
        h.step({})
    return h


def waits(h: Hospital, kind: str) -> tuple[Patient, Need]:
    patient = next(one for one in h.here.values() if one.area == "waiting" and one.need(kind) is not None)
    need = patient.need(kind)
    assert need is not None
    return patient, need


def test_what_stands_before_the_eyes_is_known_at_the_door() -> None:
    h = later()
    patient, need = waits(h, "haemorrhage")
    assert need.known
    assert ("er_triage", "haemorrhage", patient.id) in h.ledger.open


def test_vital_signs_bring_out_what_they_show_and_no_more() -> None:
    h = later()
    patient, shown = waits(h, "blood")
    hidden = patient.need("surgery")
    assert not shown.known
    care.look_at(h, patient)
    assert shown.known
    assert patient.seen == patient.vitals()
    assert hidden is None or not hidden.known


def test_a_work_up_makes_the_hidden_known() -> None:
    h = later()
    patient, need = waits(h, "surgery")
    patient.worked_up = True
    care.look_at(h, patient)
    assert need.known or need.onset_min > h.minute


def test_what_nobody_can_meet_is_never_shown() -> None:
    for seed in range(12):
        h = begin("mass_casualty", 1.0, seed, 20)
        while not h.done:
            h.step({})
            for one in h.patients.values():
                lost = one.need("unsurvivable")
                assert lost is None or not lost.known
        gone = [one for one in h.patients.values() if one.spec.severity == "expectant"]
        assert not any(one.alive for one in gone)


def test_meeting_a_need_closes_what_was_owed_and_stops_it() -> None:
    h = later()
    patient, need = waits(h, "haemorrhage")
    care.meet(h, patient, need)
    assert need.met_at == h.minute
    assert ("er_triage", "haemorrhage", patient.id) not in h.ledger.open
    h.minute += 5.0
    care.meet(h, patient, need)
    assert need.met_at == h.minute - 5.0
    before = need.s
    h.step({})
    assert need.s < before


def test_a_need_that_lasts_is_open_again_when_the_place_is_left() -> None:
    h = later()
    patient, need = waits(h, "observation")
    care.look_at(h, patient)
    h.move(patient, "bay")
    assert need.met_at == h.minute
    h.move(patient, "waiting")
    assert need.met_at is None
    assert (need.row.owner, need.kind, patient.id) in h.ledger.open


def test_a_ventilator_stays_behind_where_there_is_none() -> None:
    h = begin("equipment_failure", 0.0, 0, 20)
    patient = next(one for one in h.here.values() if one.ventilator)
    free = h.free_ventilators
    h.move(patient, "ward")
    assert not patient.ventilator
    assert h.free_ventilators == free + 1
    need = patient.need("ventilation")
    assert need is not None
    assert need.met_at is None


def test_the_dead_leave_bed_ventilator_and_queue() -> None:
    h = begin("equipment_failure", 0.0, 0, 20)
    patient = next(one for one in h.here.values() if one.ventilator)
    free_beds, free_ventilators = h.free("icu"), h.free_ventilators
    h.theatre_queue[patient.id] = 0.0
    care.die(h, patient)
    assert h.free("icu") == free_beds + 1
    assert h.free_ventilators == free_ventilators + 1
    assert patient.id not in h.here
    assert patient.id not in h.theatre_queue
    assert not [duty for duty in h.ledger.open if duty[2] == patient.id]


def test_a_death_is_missed_by_whoever_owed_something_but_not_where_nothing_could_be_done() -> None:
    h = later()
    patient, _ = waits(h, "haemorrhage")
    missed = h.ledger.missed["er_triage"]
    care.die(h, patient)
    assert h.ledger.missed["er_triage"] > missed
    for seed in range(20):
        h = later("mass_casualty", 90.0, seed)
        lost = [one for one in h.here.values() if one.spec.severity == "expectant" and one.alive]
        if lost:
            before = dict(h.ledger.missed)
            care.die(h, lost[0])
            assert h.ledger.missed == before
            return
    raise AssertionError("nobody expectant in twenty episodes")


def test_an_order_of_a_physician_waits_for_the_pharmacy() -> None:
    h = later()
    patient = next(iter(h.here.values()))
    order = care.new_order(h, patient, "acetaminophen", 1000.0, "mg", "po", "physician")
    assert order.flaw is None
    assert ("pharmacy", "review", order.id) in h.ledger.open
    care.die(h, patient)
    assert order.status == "void"
    assert ("pharmacy", "review", order.id) not in h.ledger.open
