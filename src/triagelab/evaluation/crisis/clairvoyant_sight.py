"""What the clairvoyant play works with in one step: the hospital as it is, and what each act would be worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from triagelab.evaluation.crisis.foresight import Prospect, delay_cost
from triagelab.hospital.acts import Act
from triagelab.hospital.hospital import Hospital
from triagelab.hospital.patient import Need, Patient
from triagelab.hospital.plan import STEP_MIN

LAST = 2.5
"""How much more a duty counts in the last step in which it is in time."""
_RARE = {"er_triage": 1.0, "icu_management": 2.5, "pharmacy": 2.0}
"""How much more a duty of a role counts than one of emergency triage, which has most of them."""


class Aims(NamedTuple):
    """What the play weighs. Units: points of the composite.

    Attributes:
        life, hazard: a life, and one unit of hazard that costs none. `duty`: a duty done.
        isolate: an infectious patient isolated.
    """

    life: float = 1.5
    hazard: float = 0.3
    duty: float = 0.05
    isolate: float = 0.15


class Option(NamedTuple):
    """One act, what it is worth, and the minutes of staff it takes."""

    worth: float
    act: Act
    minutes: float
    patient: str


class Sight(NamedTuple):
    """What the play works with in one step: the hospital, and how each patient stands."""

    h: Hospital
    aims: Aims
    prospects: Mapping[str, Prospect]
    hours: float
    weigh: Callable[[Patient, float], float]
    barred: frozenset[tuple[str, ...]]

    def cost(self, patient: Patient, need: Need) -> float:
        """Return what meeting a need now rather than a step later is worth, in points."""
        return self.weigh(patient, delay_cost(need, self.hours, patient.care))

    def owed(self, role: str, what: str, about: str) -> float:
        """Return what doing a duty now is worth: most at the last chance, nothing when it is late; 0 if not owed."""
        until = self.h.ledger.open.get((role, what, about))
        if until is None or self.h.minute > until:
            return 0.0
        return self.aims.duty * _RARE.get(role, 3.0) * (LAST if until - self.h.minute < STEP_MIN else 1.0)

    def may(self, act: Act) -> bool:
        """Return whether the hospital has not turned this act down for good."""
        return key_of(act) not in self.barred


def key_of(act: Act) -> tuple[str, ...]:
    """Return what an act comes to: kind, about whom, and what."""
    return (act.kind, *(str(act.args[name]) for name in sorted(act.args) if name not in ("dose", "units")))


__all__ = ["Aims", "Option", "Sight", "key_of"]
