"""The end of a shift: who has been on long enough goes, and somebody from home takes over where there is anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.hospital.incidents import LONG_SHIFT_H
from triagelab.hospital.staff import Member
from triagelab.hospital.tables import resource_table
from triagelab.seeding import unit

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital


def end_shifts(h: Hospital) -> None:
    """Send people home whose shift is over; the recall protocol keeps them until the limit of an over-long shift.

    Somebody whose over-long shift is an incident stays until he is sent to rest: that nobody does so is the incident.
    """
    row = resource_table().people
    limit = 60.0 * (LONG_SHIFT_H if "recall" in h.protocols else row.shift_h)
    latest = h.minute - limit
    for number, one in enumerate(h.people):
        if one.status != "on" or one.on_since > latest or one.id in h.incidents:
            continue
        one.status = "resting"
        h.at(h.minute + 60.0 * row.off_h, "staff", one.id)
        relief = _relief(h, one, number)
        if relief is not None:
            relief.status, relief.area, relief.on_since = "on", one.area, h.minute
        h.say(f"{one.id} ({one.role}) ends the shift, {'nobody' if relief is None else relief.id} takes over")


def _relief(h: Hospital, one: Member, number: int) -> Member | None:
    """Return who takes over: nobody where the relief is sick too, which is as likely as sickness in the shift."""
    if unit(h.plan.noise, 8, number) < h.plan.staff_absent:
        return None
    return next((other for other in h.people if other.role == one.role and other.status == "home"), None)


__all__ = ["end_shifts"]
