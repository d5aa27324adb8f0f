"""The numbers that each role sees beside its patients: stock and blood, systems, ventilators, queues, protocols."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from triagelab.hospital.ambulances import free_ambulances

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

Counts = dict[str, Any]


def up(h: Hospital, system: str) -> bool:
    """Return whether a system works, or paper stands in for it."""
    return h.systems[system] is None or system in h.paper


def _emergency(h: Hospital) -> Counts:
    return {
        "staff_minutes": round(h.hands, 1),
        "waiting_for_doctor": len(h.queue),
        "theatre_queue": len(h.theatre_queue),
        "monitors_up": up(h, "monitors"),
    }


def _intensive_care(h: Hospital) -> Counts:
    return {"free_ventilators": h.free_ventilators, "theatre_queue": len(h.theatre_queue)}


def _pharmacy(h: Hospital) -> Counts:
    return {
        "stock": dict(h.stock),
        "on_the_way": dict(h.restocking),
        "blood": dict(h.blood),
        "blood_bank_up": up(h, "blood_bank"),
        "staff_minutes": round(h.hands, 1),
    }


def _rostering(h: Hospital) -> Counts:
    return {"waiting_for_doctor": len(h.queue), "theatre_queue": len(h.theatre_queue)}


def _systems(h: Hospital) -> Counts:
    return {
        "down": [name for name, since in h.systems.items() if since is not None],
        "repairing": sorted(h.repairing),
        "paper": sorted(h.paper),
    }


def _oversight(h: Hospital) -> Counts:
    infectious = 0
    for one in h.here.values():
        for need in one.needs:
            if need.known and need.kind == "isolation":
                infectious += 1
                break
    return {
        "waiting": len(h.occupied["waiting"]),
        "infectious": infectious,
        "group_o": h.blood["O-"] + h.blood["O+"],
        "deaths": h.deaths,
        "protocols": sorted(h.protocols),
        "diverting": h.diverting,
        "ambulances_free": free_ambulances(h),
        "conflicts": {name: conflict.to_dict() for name, conflict in h.conflicts.items()},
        "blocks": {name: block.to_dict() for name, block in h.blocks.items()},
    }


_OF: Mapping[str, Callable[[Hospital], Counts]] = {
    "er_triage": _emergency,
    "icu_management": _intensive_care,
    "pharmacy": _pharmacy,
    "hr_rostering": _rostering,
    "it_systems": _systems,
    "cmo_oversight": _oversight,
}


def counts_of(h: Hospital, role: str) -> Counts:
    """Return the numbers of a role as plain data."""
    return _OF[role](h)


__all__ = ["counts_of", "up"]
