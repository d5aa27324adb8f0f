"""Who is there for the coming step: cover by place, minutes of emergency staff, and how well everybody is nursed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.hospital.plan import STEP_MIN
from triagelab.hospital.staff import ED, ICU, NURSES_OF, WARD, Shift
from triagelab.hospital.tables import resource_table

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital


def count_hands(h: Hospital) -> None:
    """Count the people of the coming step and how well everybody is looked after."""
    h.shift = shift = Shift(h.people, h.minute)
    areas = resource_table().areas
    load = {ED: 0.0, ICU: 0.0, WARD: 0.0}
    for area, place in NURSES_OF.items():
        ids = h.occupied[area]
        if ids:
            load[place] += len(ids) * areas[area].nurses
    cover = h.cover = {
        place: 1.0 if need <= shift.nurses[place] else shift.nurses[place] / need for place, need in load.items()
    }
    spare = max(1.0, shift.nurses[ED] - load[ED])
    h.hands = STEP_MIN * (spare + 0.4 * shift.doctors) * (1.25 if "surge" in h.protocols else 1.0)
    places = {area: cover[place] for area, place in NURSES_OF.items()}
    for patient in h.here.values():
        patient.care = places.get(patient.area, 1.0)


__all__ = ["count_hands"]
