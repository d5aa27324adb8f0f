"""A second hospital that goes on from where a first one stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital


def branch(h: Hospital, new: Hospital) -> Hospital:
    """Make an empty hospital the same as one that runs; nothing that changes is shared."""
    for name, value in h.__dict__.items():
        setattr(new, name, value)
    new.patients = {key: patient.copy() if patient.alive else patient for key, patient in h.patients.items()}
    new.here = {key: new.patients[key] for key in h.here}
    new.occupied = {area: dict(ids) for area, ids in h.occupied.items()}
    new.people = [one.copy() for one in h.people]
    new.by_staff = {one.id: one for one in new.people}
    for name in ("beds", "census", "blood", "stock", "restocking", "systems", "protocols"):
        setattr(new, name, dict(getattr(h, name)))
    for name in ("conflicts", "blocks", "blocked_by"):
        setattr(new, name, dict(getattr(h, name)))
    new.theatre_queue, new.queue, new.cover = dict(h.theatre_queue), dict(h.queue), dict(h.cover)
    new.orders = {key: order.copy() for key, order in h.orders.items()}
    new.incidents = {key: incident.copy() for key, incident in h.incidents.items()}
    new.messages, new.heap, new.happened = list(h.messages), list(h.heap), list(h.happened)
    new.died, new.ambulances = list(h.died), list(h.ambulances)
    new.ledger = h.ledger.copy()
    new.charts, new.charts_now = dict(h.charts), {}
    return new


__all__ = ["branch"]
