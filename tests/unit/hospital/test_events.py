"""What happens by itself: arrivals, work-ups, operations, failures that bite, and the order of it all."""

from __future__ import annotations

import pytest

from triagelab.hospital.ambulances import free_ambulances
from triagelab.hospital.events import HANDLERS, fail, look_around, restored
from triagelab.hospital.hospital import Hospital, begin
from triagelab.hospital.patient import Patient
from triagelab.hospital.tables import SYSTEMS, resource_table
from triagelab.hospital.views import View


def until(h: Hospital, minute: float) -> Hospital:
    while h.minute < minute and not h.done:
        h.step({})
    return h


def sickest(h: Hospital, kind: str) -> Patient:
    """Return a living patient in the waiting room who has an unmet need of a kind."""
    found = [one for one in h.here.values() if one.area == "waiting" and one.need(kind) is not None]
    assert found, f"nobody waits with {kind}"
    return found[0]


@pytest.mark.parametrize("name", ["mass_casualty", "disease_outbreak", "combined_surge"])
def test_all_arrivals_enter_and_all_who_are_ill_get_worse(name: str) -> None:
    h = begin(name, 0.5, 0, 20)
    h.mortal = False
    while not h.done:
        h.step({})
    assert all(one.arrived for one in h.patients.values())
    ill = [
        one for one in h.patients.values() if one.spec.arrival_min >= 0 and one.spec.severity in ("severe", "moderate")
    ]
    assert all(one.hazard > 0 for one in ill)


def test_whoever_walks_needs_no_ambulance_and_every_other_takes_one() -> None:
    h = begin("mass_casualty", 1.0, 0, 20)
    rides = 0
    while not h.done:
        before = list(h.ambulances)
        report = h.step({})
        came = [words.split()[0] for _, words in report.happened if " arrives:" in words]
        walked = [name for name in came if h.patients[name].spec.walks]
        rides += len(came) - len(walked)
        if came and len(walked) == len(came):
            assert h.ambulances == before
    assert rides > 10


def test_with_few_ambulances_patients_come_later_and_sicker() -> None:
    delays = {}
    for count in (1, 10):
        h = begin("mass_casualty", 1.0, 0, 20)
        h.mortal = False
        h.ambulances = [0.0] * count
        total = 0.0
        while not h.done:
            for minute, words in h.step({}).happened:
                if " arrives:" in words:
                    spec = h.patients[words.split()[0]].spec
                    total += minute - spec.arrival_min
                    assert minute >= spec.arrival_min
        delays[count] = total
    assert delays[1] > delays[10] + 300


def test_waiting_at_the_roadside_counts_as_untreated() -> None:
    h = begin("mass_casualty", 1.0, 0, 20)
    h.mortal = False
    h.ambulances = [1e9]
    spec = next(one for one in h.plan.patients if one.arrival_min >= 0 and not one.walks and one.severity == "severe")
    h.ambulances = [spec.arrival_min + 60.0]
    until(h, spec.arrival_min + 75.0)
    late = h.patients[spec.id]
    twin = Patient(spec)
    twin.settle(late.at)
    assert late.hazard == pytest.approx(twin.hazard)


def test_diversion_sends_the_stable_on_and_keeps_ambulances_longer() -> None:
    h, open_ = begin("mass_casualty", 1.0, 0, 20), begin("mass_casualty", 1.0, 0, 20)
    h.diverting = True
    for one in (h, open_):
        until(one, 75.0)
    gone = [one for one in h.patients.values() if one.area == "diverted"]
    assert gone
    assert all(one.spec.severity in ("moderate", "mild") and not one.spec.walks for one in gone)
    assert free_ambulances(h) <= free_ambulances(open_)
    assert sum(h.ambulances) > sum(open_.ambulances)
    assert all(one.id not in h.here for one in gone)


def test_a_work_up_brings_hidden_needs_to_light_and_owes_them() -> None:
    h = until(begin("mass_casualty", 0.5, 0, 20), 90.0)
    patient = sickest(h, "surgery")
    h.move(patient, "bay")
    need = patient.need("surgery")
    assert need is not None
    assert not need.known
    h.step({})
    h.step({})
    h.step({})
    assert patient.worked_up
    assert need.known or need.onset_min > h.minute
    assert ("er_triage", "surgery", patient.id) in h.ledger.open or not patient.alive


def test_an_admission_is_owed_to_nobody_who_has_a_bed() -> None:
    h = until(begin("mass_casualty", 0.5, 0, 20), 90.0)
    patient = sickest(h, "surgery")
    h.move(patient, "ward")
    h.ledger.drop("icu_management", "admit", patient.id)
    HANDLERS["work_up"](h, patient.id)
    assert ("icu_management", "admit", patient.id) not in h.ledger.open


def test_an_operation_needs_a_team_and_stops_the_bleeding() -> None:
    h = until(begin("mass_casualty", 0.5, 0, 20), 60.0)
    h.mortal = False
    patient = sickest(h, "surgery")
    h.move(patient, "resus")
    h.theatre_queue[patient.id] = h.minute
    for one in h.people:
        if one.role == "surgeon" and one.status == "on":
            one.status = "sick"
    h.step({})
    assert patient.area == "resus"
    next(one for one in h.people if one.role == "surgeon").status = "on"
    h.step({})
    h.step({})
    assert patient.area == "theatre"
    h.step({})
    h.step({})
    need = patient.need("surgery")
    assert need is not None
    assert need.met_at is not None


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_fails_is_owed_to_it_and_works_again_when_restored(system: str) -> None:
    h = until(begin("equipment_failure", 1.0, 0, 20), 90.0)
    assert h.systems[system] is not None
    assert ("it_systems", "restore", system) in h.ledger.open
    restored(h, system)
    assert h.systems[system] is None
    assert ("it_systems", "restore", system) not in h.ledger.open


def test_failing_ventilators_take_them_from_patients_who_then_get_worse() -> None:
    h = begin("equipment_failure", 1.0, 0, 20)
    h.mortal = False
    on = [one for one in h.here.values() if one.ventilator]
    until(h, 60.0)
    off = [one for one in on if not one.ventilator]
    assert off
    assert h.free_ventilators <= 0
    until(h, 120.0)
    kept = [one for one in on if one.ventilator]
    assert min(one.hazard for one in off) > max((one.hazard for one in kept), default=0.0)


def test_without_the_laboratory_and_the_computer_work_ups_take_longer() -> None:
    ends = {}
    for down in ((), ("lab",), ("lab", "ehr")):
        h = until(begin("mass_casualty", 0.5, 0, 20), 60.0)
        for name in down:
            h.systems[name] = 0.0
        h.move(sickest(h, "surgery"), "bay")
        look_around(h)
        ends[down] = min(minute for minute, _, kind, _ in h.heap if kind == "work_up")
    assert ends[()] < ends[("lab",)] < ends[("lab", "ehr")]


def test_without_the_record_allergies_cannot_be_read() -> None:
    h = until(begin("mass_casualty", 0.5, 0, 20), 60.0)
    readable = [[one["allergies"] is not None for one in View(h, "er_triage").patients]]
    h.systems["ehr"] = h.minute
    h.step({})
    readable.append([one["allergies"] is not None for one in View(h, "er_triage").patients])
    h.paper |= {"ehr"}
    h.step({})
    readable.append([one["allergies"] is not None for one in View(h, "er_triage").patients])
    assert all(readable[0])
    assert not any(readable[1])
    assert all(readable[2])


def test_without_monitors_a_bed_shows_nothing_by_itself() -> None:
    seen = {}
    for down in (False, True):
        h = until(begin("mass_casualty", 0.5, 0, 20), 60.0)
        if down:
            h.systems["monitors"] = h.minute
        patient = sickest(h, "blood")
        h.move(patient, "bay")
        seen[down] = (patient.seen is not None, patient.need("blood"))
    assert seen[False][0]
    assert not seen[True][0]
    assert seen[False][1] is not None
    assert seen[False][1].known
    assert seen[True][1] is not None
    assert not seen[True][1].known


def test_a_failure_without_ventilators_takes_none() -> None:
    h = begin("equipment_failure", 0.5, 0, 20)
    place = next(n for n, failure in enumerate(h.plan.failures) if failure.system == "lab")
    fail(h, str(place))
    assert h.ventilators_lost == 0


def test_drugs_and_blood_that_were_sent_for_come_once() -> None:
    h = begin("mass_casualty", 0.5, 0, 20)
    h.stock["naloxone"] = 1
    h.restocking["naloxone"] = 10
    HANDLERS["restocked"](h, "naloxone")
    assert h.stock["naloxone"] == 11
    assert h.restocking == {}
    group_o = h.blood["O+"] + h.blood["O-"]
    HANDLERS["blood"](h, "massive_transfusion")
    assert h.blood["O+"] + h.blood["O-"] == group_o + 12


def test_beds_are_finite_and_overflow_takes_nurses() -> None:
    areas = resource_table().areas
    h = begin("mass_casualty", 1.0, 0, 20)
    until(h, 105.0)
    for one in [one for one in h.here.values() if one.area == "waiting"][: areas["overflow"].beds + 20]:
        h.move(one, "overflow")
    before = min(h.cover.values())
    h.step({})
    assert h.cover["ed"] <= before
    assert areas["overflow"].nurses > areas["bay"].nurses
    assert h.free("icu") == 60 - resource_table().census["icu"] - len(h.occupied["icu"])
