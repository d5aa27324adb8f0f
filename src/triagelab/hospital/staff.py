"""Staff: who is on duty where, how tired, and how much work that is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from triagelab.hospital.plan import Plan
from triagelab.hospital.tables import resource_table
from triagelab.seeding import stream

ED, ICU, WARD, THEATRE = "ed", "icu", "ward", "theatre"
NURSES_OF: Mapping[str, str] = {
    "resus": ED,
    "bay": ED,
    "isolation": ED,
    "overflow": ED,
    "waiting": ED,
    "icu": ICU,
    "ward": WARD,
}
"""Area -> whose nurses look after who lies there."""


class Member:
    """One member of staff.

    Attributes:
        on_since: minute at which the shift began. `status`: on, home, coming, resting or sick.
        exposure: to what goes round, added up.
    """

    __slots__ = ("area", "exposure", "id", "on_since", "role", "status")

    def __init__(self, id: str, role: str, area: str, status: str, on_since: float) -> None:
        self.id, self.role, self.area, self.status, self.on_since = id, role, area, status, on_since
        self.exposure = 0.0

    def copy(self) -> Member:
        new = Member(self.id, self.role, self.area, self.status, self.on_since)
        new.exposure = self.exposure
        return new

    def hours(self, now: float) -> float:
        """Return hours on duty."""
        return (now - self.on_since) / 60.0 if self.status == "on" else 0.0


def strength(hours: float) -> float:
    """Return how much of a rested person's work one does after so many hours on duty."""
    begins, span, loss = _fatigue()
    if hours <= begins:
        return 1.0
    tired = (hours - begins) / span
    return 1.0 - loss * tired if tired < 1.0 else 1.0 - loss


@cache
def _fatigue() -> tuple[float, float, float]:
    row = resource_table().people
    return row.fatigue_from_h, row.fatigue_full_h - row.fatigue_from_h, row.fatigue_loss


def first_roster(plan: Plan) -> list[Member]:
    """Return everybody, with absences drawn: the absent are sick and cannot be called."""
    rng = stream("hospital.staff", plan.seed, plan.scenario)
    people: list[Member] = []
    for role, row in resource_table().staff.items():
        for area, count in row.on.items():
            for _ in range(count):
                since = -60.0 * float(rng.uniform(0, max(1.0, plan.hours_on)))
                people.append(Member(f"S-{len(people) + 1:03d}", role, area, "on", round(since, 0)))
        base = next(iter(row.on))
        for _ in range(row.home):
            people.append(Member(f"S-{len(people) + 1:03d}", role, base, "home", 0.0))
    for role in resource_table().staff:
        on = [one for one in people if one.role == role and one.status == "on"]
        absent = round(plan.staff_absent * len(on))
        for index in sorted(rng.permutation(len(on))[: min(absent, len(on) - 1)]):
            on[int(index)].status = "sick"
    return people


class Shift:
    """Work to be had in this step, per place. Units: full-strength people; minutes of emergency staff."""

    __slots__ = ("anaesthetists", "doctors", "nurses", "surgeons")

    def __init__(self, people: list[Member], now: float) -> None:
        self.nurses: dict[str, float] = {ED: 0.0, ICU: 0.0, WARD: 0.0}
        self.doctors = 0.0
        self.surgeons = 0
        self.anaesthetists = 0
        for one in people:
            if one.status != "on":
                continue
            if one.role == "nurse":
                self.nurses[one.area] += strength((now - one.on_since) / 60.0)
            elif one.role == "doctor":
                self.doctors += strength((now - one.on_since) / 60.0)
            elif one.role == "surgeon":
                self.surgeons += 1
            else:
                self.anaesthetists += 1


__all__ = ["ED", "ICU", "NURSES_OF", "THEATRE", "WARD", "Member", "Shift", "first_roster", "strength"]
