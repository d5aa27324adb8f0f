"""Acts of emergency triage: tag, look again, place, treat, call a specialist, discharge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.hospital import care
from triagelab.hospital.acts import Act
from triagelab.hospital.deeds.common import patient_of, work
from triagelab.hospital.incidents import harm_patient
from triagelab.hospital.known import known_weight, looks_well, open_needs
from triagelab.hospital.patient import Patient
from triagelab.hospital.results import Result, done, held, refused
from triagelab.hospital.sight import right_tag

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

URGENCY = {"immediate": 3, "delayed": 2, "minor": 1, "deceased": 0}
SICK = 0.3
"""Severity above which nobody is sent home safely. Assumed."""


def tag(h: Hospital, act: Act) -> Result:
    """Tag a patient; vital signs are taken with it."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    busy = work(h, act, "tag")
    if busy:
        return busy
    h.settle(patient)
    rights = _right_tags(h, patient)
    right = rights[0]
    given, before = act.args["tag"], patient.tag
    patient.tag, patient.tagged_at = given, h.minute
    care.look_at(h, patient)
    if before is None:
        if given in rights:
            owed = h.ledger.close("er_triage", "tag", patient.id)
            _due_after_tag(h, patient, right)
            return done(act, owed or None)
        h.ledger.lapse("er_triage", "tag", patient.id)
        _due_after_tag(h, patient, right)
        return done(act, False, f"the scheme says {right}")
    if before == given:
        return done(act, False, "he has that tag")
    grave = URGENCY[given] > URGENCY[right] and bool(open_needs(h, patient))
    fair = given in rights or grave
    return done(act, None if fair else False, "" if fair else f"the scheme says {right}")


def _right_tags(h: Hospital, patient: Patient) -> list[str]:
    """Return the tag of the scheme, and the one before what was done for him in this very step."""
    found = [right_tag(patient)]
    just = [need for need in patient.needs if need.row.by == "procedure" and need.met_at == h.minute]
    if just:
        for need in just:
            need.met_at = None
        found.append(right_tag(patient))
        for need in just:
            need.met_at = h.minute
    return found


def _due_after_tag(h: Hospital, patient: Patient, right: str) -> None:
    """Owe a bed to whoever is seen to need one, and the way home to whoever is well."""
    if not patient.alive or patient.area != "waiting" or patient.spec.severity == "expectant":
        return
    kinds = {need.kind for need in open_needs(h, patient)}
    if (right in ("immediate", "delayed") and patient.spec.severity != "mild") or kinds - {"isolation"}:
        if "isolation" not in kinds:
            h.ledger.owe("er_triage", "place", patient.id, h.minute)
    elif right == "minor" and patient.spec.severity == "mild" and looks_well(patient) and not patient.needs:
        h.ledger.owe("er_triage", "discharge", patient.id, h.minute)


def assess(h: Hospital, act: Act) -> Result:
    """Take vital signs again, and weigh him."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    weigh = known_weight(patient) is None
    fresh = not weigh and patient.seen is not None and h.minute - patient.seen_at < 30
    busy = work(h, act, "assess")
    if busy:
        return busy
    care.look_at(h, patient)
    patient.weighed = True
    return done(act, False if fresh else None, "his vital signs were fresh" if fresh else "")


def place(h: Hospital, act: Act) -> Result:
    """Put a patient into an area of the emergency department."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    area = act.args["area"]
    if patient.area == area:
        return refused(act, f"he is in {area}")
    if patient.area in ("theatre", "icu", "ward"):
        return refused(act, f"he is in {patient.area}; that is for intensive care to decide")
    if h.free(area) < 1:
        return held(act, f"no free bed in {area}")
    busy = work(h, act, "place")
    if busy:
        return busy
    from_waiting = patient.area == "waiting"
    before = h.ledger.done["er_triage"]
    h.move(patient, area)
    if area == "waiting":
        return done(act, False, "back to the waiting room")
    owed = h.ledger.close("er_triage", "place", patient.id)
    kinds = {need.kind for need in patient.needs if need.known}
    if area == "isolation" and "isolation" not in kinds:
        return done(act, False, "nothing says that he is infectious")
    if from_waiting and not owed and patient.tag == "minor" and not kinds and looks_well(patient):
        return done(act, False, "he is well enough to wait")
    return done(act, owed or h.ledger.done["er_triage"] > before or None)


def treat(h: Hospital, act: Act) -> Result:
    """Do a procedure; where it is not what he needs, it only takes time."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    name = act.args["procedure"]
    busy = work(h, act, name)
    if busy:
        return busy
    patient.treated[name] = h.minute
    if name == "oxygen":
        low = patient.vitals()["spo2_pct"] < 92
        return done(act, None if low else False, "" if low else "his saturation is good")
    for need in patient.needs:
        if need.row.by == "procedure" and name in need.row.means and need.open(h.minute):
            if name == "cpr":
                h.settle(patient)
                need.s = max(0.35, need.s - 0.2)
                return done(act, None, "it buys time until the shock")
            return done(act, care.meet(h, patient, need) or None)
    if name in ("decompress_chest", "defibrillate"):
        harm_patient(h, patient, 0.3)
    return done(act, False, "not what he needs")


def call(h: Hospital, act: Act) -> Result:
    """Ask surgery or intensive care to take a patient."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    service = act.args["service"]
    if service in patient.called:
        return refused(act, f"{service} was called for him")
    busy = work(h, act, "call")
    if busy:
        return busy
    patient.called |= {service}
    kind = "surgery" if service == "surgery" else "critical_care"
    need = patient.need(kind)
    wanted = need is not None and need.open(h.minute)
    if kind == "surgery":
        if not wanted:
            return done(act, False, "surgeons see nothing to operate on")
        h.theatre_queue[patient.id] = h.minute
        return done(act, h.ledger.close("er_triage", "surgery", patient.id) or None)
    if not wanted or need is None:
        return done(act, False, "intensive care sees no reason")
    first = not need.known
    need.known = True
    care.owe(h, patient, need)
    return done(act, True if first else None)


def discharge(h: Hospital, act: Act) -> Result:
    """Send a patient home. Whoever is sick goes on being sick there, and nobody sees it."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    busy = work(h, act, "discharge")
    if busy:
        return busy
    h.settle(patient)
    if not patient.alive:
        return refused(act, "he has just died")
    seen = patient.seen is not None and patient.tag is not None
    fit = seen and patient.tag not in ("immediate", "deceased") and not open_needs(h, patient)
    sick = any(need.s > SICK and need.lethal > 0 for need in patient.needs if need.onset_min <= h.minute)
    infectious = any(need.kind == "isolation" and need.known for need in patient.needs)
    owed = h.ledger.close("er_triage", "discharge", patient.id)
    h.move(patient, "home")
    if not fit or infectious:
        return done(act, False, "he was not fit to go")
    return done(act, None if sick else owed or None)


DEEDS = {"tag": tag, "assess": assess, "place": place, "treat": treat, "call": call, "discharge": discharge}
