"""What can be seen of a patient without measuring: what START and JumpSTART ask for, and the tag that follows."""

from __future__ import annotations

from functools import lru_cache

from triagelab.clinical.mass_casualty import Casualty, jumpstart, start
from triagelab.hospital.patient import Patient

CHILD_YEARS = 8.0
"""Below this age JumpSTART is used."""
NO_PULSE_SBP = 80.0
"""Systolic pressure under which the radial pulse is not felt. Assumed, a field rule of thumb."""
NO_PULSE_SBP_CHILD = 65.0
"""The same below the age of JumpSTART. Assumed."""


def casualty_facts(patient: Patient) -> dict[str, object]:
    """Return what somebody who stands before the patient can tell, as facts of `Casualty`."""
    vitals = patient.vitals()
    kinds = {need.kind: need for need in reversed(patient.needs)}
    arrest, airway = kinds.get("arrest"), kinds.get("airway")
    stopped = arrest is not None and arrest.met_at is None and arrest.s > 0.3
    blocked = airway is not None and airway.met_at is None and airway.s > 0.6
    lost = "unsurvivable" in kinds
    breathes = not (stopped or blocked or lost)
    gcs = vitals["gcs"]
    felt = NO_PULSE_SBP_CHILD if patient.spec.age_years < CHILD_YEARS else NO_PULSE_SBP
    facts: dict[str, object] = {
        "walks": bool(patient.spec.walks and patient.worst() < 0.5 and gcs >= 14),
        "breathes": breathes,
        "peripheral_pulse": vitals["sbp_mmhg"] >= felt,
        "obeys": gcs >= 14,
        "avpu": "A" if gcs >= 14 else "V" if gcs >= 11 else "P" if gcs >= 8 else "U",
    }
    if breathes:
        facts["resp_rate_bpm"] = vitals["resp_rate_bpm"]
        facts["breathing_irregular"] = gcs < 8
        facts["posturing"] = gcs < 6
    else:
        facts["breathes_after_airway"] = facts["breathes_after_rescue"] = not lost
    return facts


@lru_cache(maxsize=16384)
def tag_by_facts(items: tuple[tuple[str, object], ...], child: bool) -> str:
    """Return the tag of START, or of JumpSTART for a child, from facts as sorted pairs."""
    casualty = Casualty.from_mapping(dict(items))
    return str((jumpstart if child else start)(casualty).tag)


def right_tag(patient: Patient) -> str:
    """Return the tag the scheme gives on what can be seen now."""
    facts = casualty_facts(patient)
    return tag_by_facts(tuple(sorted(facts.items())), patient.spec.age_years < CHILD_YEARS)


__all__ = ["CHILD_YEARS", "casualty_facts", "right_tag", "tag_by_facts"]
