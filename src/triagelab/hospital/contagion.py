"""How infection passes: between patients who lie together, to the staff beside them, and in town by those sent home.

Isolation beds keep it in, the isolation protocol (masks, distance) slows it everywhere in the hospital. Units: exposure
adds up per hour; whoever's passes his resistance, a draw from Exp(1), is infected.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from triagelab.hospital.care import watch
from triagelab.hospital.patient import Need, Patient
from triagelab.hospital.specs import NeedSpec
from triagelab.hospital.staff import ED
from triagelab.seeding import unit

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

SHARED: tuple[str, ...] = ("waiting", "bay", "resus", "overflow", "ward", "icu")
"""Areas where people lie together; the last two have other staff than the emergency department."""
STAFF_AREAS = frozenset({"waiting", "bay", "resus", "overflow"})
PROTOCOL = 0.35
"""What the isolation protocol leaves of exposure. Assumed."""
PROTECTED = 0.2
"""Share of the patients' exposure that staff in their everyday protection take. Assumed."""
TOWN = 1.5
"""Exposure among those who were sent home, against the same number in a waiting room: households are close. Assumed."""
CAUGHT_HERE = 0.15
"""How infectious somebody is who caught it during the episode. Assumed."""
COURSE = (("isolation", 0.2, 0.0, 30.0), ("observation", 0.3, 0.5, 45.0))
"""What an infected patient comes to need: kind, severity, lethality, minutes after infection. Assumed: days pressed
into hours, so that it matters within an episode."""


def spread(h: Hospital, hours: float) -> None:
    """Let infection pass for a while."""
    rate = h.plan.transmission * hours
    if rate <= 0.0:
        return
    inside = rate * (PROTOCOL if "isolation" in h.protocols else 1.0)
    beside_staff = 0.0
    for area in SHARED:
        ids = h.occupied[area]
        if ids:
            dose = _share(h, [h.patients[name] for name in ids], inside)
            if area in STAFF_AREAS:
                beside_staff += dose
    _share(h, [one for one in h.patients.values() if one.area == "home" and one.alive], rate * TOWN)
    if beside_staff > 0.0:
        _expose_staff(h, beside_staff * PROTECTED)


def _share(h: Hospital, together: list[Patient], rate: float) -> float:
    """Expose everybody who is together to whoever is infectious among them; return the exposure of each."""
    source = _source(together)
    if source <= 0.0:
        return 0.0
    dose = source * rate / (1.0 + 0.1 * len(together))
    for patient in together:
        if patient.infected or patient.spec.archetype.infectious:
            continue
        patient.exposure += dose
        if patient.exposure >= patient.spec.resistance:
            infect(h, patient)
    return dose


def _source(together: Iterable[Patient]) -> float:
    return sum(one.spec.archetype.infectious or (CAUGHT_HERE if one.infected else 0.0) for one in together)


def infect(h: Hospital, patient: Patient) -> None:
    """Make a patient ill with what goes round: he becomes infectious, and within the hour he needs a monitored bed."""
    patient.infected = True
    h.settle(patient)
    if patient.alive:
        for kind, start, lethal, after in COURSE:
            patient.needs.append(Need(NeedSpec(kind, start, 0.25, 0.4, lethal, h.minute + after, None, 0)))
        if patient.present:
            watch(h, patient)
            h.say(f"{patient.id} is infected")


def _expose_staff(h: Hospital, dose: float) -> None:
    """Expose whoever works in the emergency department; who is infected goes home sick and cannot be called."""
    for number, one in enumerate(h.people):
        if one.status != "on" or one.area != ED:
            continue
        one.exposure += dose
        if one.exposure >= -math.log(1.0 - unit(h.plan.noise, 9, number)):
            one.status = "sick"
            h.say(f"{one.id} ({one.role}) falls sick")


__all__ = ["PROTOCOL", "SHARED", "infect", "spread"]
