"""Whose patients are whose business: which charts each role sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from triagelab.hospital.orders import PENDING
from triagelab.hospital.patient import Patient

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

ED_AREAS = ("waiting", "resus", "bay", "isolation", "overflow")
"""Areas of the emergency department."""


def _in_emergency(h: Hospital) -> Iterable[Patient]:
    here = h.here
    return [here[name] for area in ED_AREAS for name in h.occupied[area]]


def _waits_for(one: Patient, role: str) -> bool:
    """Return whether somebody has a known need that nothing meets and that is a role's to meet."""
    return bool(one.needs) and role in [need.row.owner for need in one.needs if need.known and need.met_at is None]


def _for_intensive_care(h: Hospital) -> Iterable[Patient]:
    return [
        one
        for one in h.here.values()
        if (area := one.area) in ("icu", "ward", "theatre")
        or (area != "waiting" and (one.worked_up or one.called))
        or _waits_for(one, "icu_management")
    ]


def _for_pharmacy(h: Hospital) -> Iterable[Patient]:
    ordered = {order.patient for order in h.orders.values() if order.status == PENDING}
    return [one for name, one in h.here.items() if name in ordered or _waits_for(one, "pharmacy")]


def _for_oversight(h: Hospital) -> Iterable[Patient]:
    return [one for one in h.here.values() if one.tag == "immediate"]


CHOOSE: Mapping[str, Callable[[Hospital], Iterable[Patient]]] = MappingProxyType(
    {
        "er_triage": _in_emergency,
        "icu_management": _for_intensive_care,
        "pharmacy": _for_pharmacy,
        "cmo_oversight": _for_oversight,
    }
)
"""Role -> the patients whose charts it sees; a role that is missing sees none."""

__all__ = ["CHOOSE"]
