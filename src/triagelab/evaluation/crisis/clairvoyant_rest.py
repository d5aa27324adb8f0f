"""What rostering, IT, intensive care and oversight of the clairvoyant play do beside moving patients."""

from __future__ import annotations

from triagelab.evaluation.crisis.clairvoyant_sight import Sight
from triagelab.hospital.acts import Act
from triagelab.hospital.deeds.hr import cover_now
from triagelab.hospital.hospital import Hospital
from triagelab.hospital.tables import resource_table

HR, IT, CMO, UNIT = "hr_rostering", "it_systems", "cmo_oversight", "icu_management"


def rest_of(sight: Sight, beds: dict[str, int]) -> dict[str, list[Act]]:
    """Return role -> acts; flags first."""
    found = {
        HR: _flags(sight, HR) + _people(sight),
        IT: _flags(sight, IT) + _systems(sight),
        CMO: _flags(sight, CMO) + _protocols(sight),
        UNIT: _flags(sight, UNIT) + _overflow(sight, beds),
    }
    return {role: [act for act in acts if sight.may(act)] for role, acts in found.items()}


def _flags(sight: Sight, role: str) -> list[Act]:
    return [
        Act(role, "flag", {"incident": item.kind, "subject": item.subject})
        for item in sight.h.incidents.values()
        if item.kind is not None and item.status == "open" and item.role == role
    ]


def _people(sight: Sight) -> list[Act]:
    """Call in whoever will be of use: the nurses and doctors who come within the hour."""
    h = sight.h
    acts: list[Act] = []
    owed = any(role == HR and what == "cover" for role, what, _ in h.ledger.open)
    of_use = sight.hours >= 1.0
    if _home(h, "nurse") and (owed or (of_use and min(cover_now(h).values()) < 1.0)):
        acts.append(_call_in("nurse", 10))
    if _home(h, "doctor") and of_use and h.queue:
        acts.append(_call_in("doctor", 5))
    if h.theatre_queue and of_use:
        for role, there in (("surgeon", h.shift.surgeons), ("anaesthetist", h.shift.anaesthetists)):
            if _home(h, role) and there < h.beds["theatre"]:
                acts.append(_call_in(role, 2))
    low = min(h.cover, key=lambda place: h.cover[place])
    high = max(h.cover, key=lambda place: h.cover[place])
    if h.cover[low] < 0.85 and h.cover[high] >= 1.0:
        spare = [one.id for one in h.people if one.role == "nurse" and one.status == "on" and one.area == high]
        if len(spare) > 2:
            acts.append(Act(HR, "assign", {"staff": spare[0], "area": low}))
    return acts


def _call_in(role: str, count: int) -> Act:
    return Act(HR, "call_in", {"staff_role": role, "count": count})


def _home(h: Hospital, role: str) -> bool:
    return any(one.role == role and one.status == "home" for one in h.people)


def _systems(sight: Sight) -> list[Act]:
    h = sight.h
    acts: list[Act] = []
    for name, since in h.systems.items():
        if since is None:
            continue
        if name not in h.repairing:
            acts.append(Act(IT, "restore", {"system": name}))
        if name not in h.paper and name != "ventilators":
            acts.append(Act(IT, "paper", {"system": name}))
    return acts


def _protocols(sight: Sight) -> list[Act]:
    return [
        Act(CMO, "protocol", {"name": about})
        for role, what, about in sight.h.ledger.open
        if role == CMO and what == "protocol"
    ]


def _overflow(sight: Sight, beds: dict[str, int]) -> list[Act]:
    """Open overflow beds for those who are owed a bed, as long as there are nurses for them."""
    h = sight.h
    full = h.beds["overflow"] >= resource_table().times.overflow_most
    if full or h.free("bay") >= 2 or beds["overflow"] > 0 or h.cover.get("ed", 1.0) < 0.7:
        return []
    owed = sum(1 for role, what, _ in h.ledger.open if what in ("admit", "place") and role in (UNIT, "er_triage"))
    return [Act(UNIT, "open_overflow", {"beds": min(8, owed)})] if owed else []


__all__ = ["rest_of"]
