"""What waiting costs a patient, for somebody who knows his needs, how they will move and when he would die."""

from __future__ import annotations

from typing import NamedTuple

from triagelab.hospital.patient import Need, Patient

STEP_H = 0.25
"""Hours between two decisions."""


def met_hazard(need: Need, s: float, hours: float, care: float = 1.0) -> float:
    """Return the hazard that is still to come until `hours` from now if the need is met from now on."""
    if s <= 0.0 or hours <= 0.0:
        return 0.0
    fall = need.fall * max(care, 0.05)
    if fall * hours >= s:
        return need.lethal * s * s * s / (3.0 * fall)
    end = s - fall * hours
    return need.lethal * (s * s + s * end + end * end) / 3.0 * hours


def unmet_hazard(need: Need, s: float, hours: float) -> float:
    """Return the hazard that is still to come until `hours` from now if the need is never met."""
    if hours <= 0.0:
        return 0.0
    rise = need.rise
    if rise <= 0.0:
        return need.lethal * s * s * hours
    rising = min(hours, max(0.0, (1.0 - s) / rise))
    end = min(1.0, s + rise * rising)
    return need.lethal * ((s * s + s * end + end * end) / 3.0 * rising + (hours - rising))


def delay_cost(need: Need, hours: float, care: float = 1.0) -> float:
    """Return the hazard that meeting an open need one step later adds, over the rest of the episode."""
    if need.lethal <= 0.0 or hours <= 0.0:
        return 0.0
    wait = min(STEP_H, hours)
    later = min(1.0, need.s + need.rise * wait)
    added = unmet_hazard(need, need.s, wait) + met_hazard(need, later, hours - wait, care)
    return max(0.0, added - met_hazard(need, need.s, hours, care))


class Prospect(NamedTuple):
    """How a patient stands. Units: cumulative hazard.

    Attributes:
        room: hazard that he can still take. `least`: what comes if every need is met now; `most`: if none ever is.
    """

    room: float
    least: float
    most: float

    @property
    def lost(self) -> bool:
        """Whether he dies within the episode whatever is done."""
        return self.least >= self.room

    @property
    def safe(self) -> bool:
        """Whether he lives to the end of the episode though nothing is done."""
        return self.most < self.room

    def worth(self, cost: float, life: float, hazard: float) -> float:
        """Return what a cost of hazard is worth: points for the hazard, and a share of a life that hangs on it.

        Args:
            life, hazard: points of a life and of one unit of hazard.
        """
        value = hazard * cost
        if self.lost:
            return 0.15 * value
        if not self.safe:
            value += life * min(1.0, cost / max(1e-6, self.room - self.least))
        return value


def prospect(patient: Patient, now: float, end: float) -> Prospect:
    """Return how a patient stands who is worked out up to `now`, until minute `end`."""
    least = most = 0.0
    for need in patient.needs:
        if need.lethal <= 0.0 or need.onset_min >= end:
            continue
        hours = (end - max(now, need.onset_min)) / 60.0
        met = met_hazard(need, need.s, hours)
        least += met
        most += unmet_hazard(need, need.s, hours) if need.met_at is None else met
    return Prospect(patient.spec.frailty - patient.hazard, least, most)


__all__ = ["STEP_H", "Prospect", "delay_cost", "met_hazard", "prospect", "unmet_hazard"]
