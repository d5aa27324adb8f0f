"""The hospital while an episode runs: state, clock and one decision step.

A step: acts are applied in a fixed order of roles (`ORDER`), then the clock runs on for 15 minutes from event to event,
then everybody's body is worked out and the dead are found. Nothing here raises for what an agent sent.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from triagelab.hospital import care, events
from triagelab.hospital.acts import Act, Refusal, read_acts
from triagelab.hospital.deeds.common import Message
from triagelab.hospital.incidents import Incident
from triagelab.hospital.ledger import Ledger
from triagelab.hospital.orders import Order
from triagelab.hospital.patient import GONE, Patient
from triagelab.hospital.plan import STEP_MIN, Plan, build_plan
from triagelab.hospital.resolve import ORDER, apply_all
from triagelab.hospital.results import BLOCKED, Result
from triagelab.hospital.staff import ED, ICU, WARD, Member, Shift, first_roster
from triagelab.hospital.tables import ROLES, SYSTEMS, resource_table

NURSES_OF: Mapping[str, str] = {
    "resus": ED,
    "bay": ED,
    "isolation": ED,
    "overflow": ED,
    "waiting": ED,
    "icu": ICU,
    "ward": WARD,
}


class Report(NamedTuple):
    """One decision step: what became of the acts, and what happened until the next one.

    Attributes:
        hazard: expected deaths of the step: the hazard that was added over all patients.
        deaths: ids. `happened`: (minute, words) in order.
        caught, lapsed: incidents that were caught or did their harm; `false_flags`: flags on nothing.
        wrong: acts that were wrong; `blocked`: acts that a safety rule blocked.
    """

    minute: float
    results: tuple[Result, ...]
    refusals: tuple[Refusal, ...]
    hazard: float
    deaths: tuple[str, ...]
    happened: tuple[tuple[float, str], ...]
    caught: int
    lapsed: int
    false_flags: int
    wrong: int
    blocked: int


class Hospital:
    """One episode. `clone` gives a second one that goes on independently from here.

    Attributes:
        minute: the time now; `steps_done`; `mortal`: False keeps everybody alive and only adds the hazard up, for
            expected values.
        occupied: area -> ids of patients there. `queue`: ids of patients who wait for a doctor.
        systems: system -> minute at which it failed, None is up; `paper`: systems with a paper fallback.
    """

    def __init__(self, plan: Plan | None = None) -> None:
        if plan is None:
            return
        table = resource_table()
        self.plan = plan
        self.minute = 0.0
        self.steps_done = 0
        self.mortal = True
        self.patients: dict[str, Patient] = {spec.id: Patient(spec) for spec in plan.patients}
        self.here: dict[str, Patient] = {}
        self.occupied: dict[str, dict[str, None]] = {area: {} for area in table.areas}
        self.beds: dict[str, int] = {area: row.beds for area, row in table.areas.items()}
        self.census: dict[str, int] = dict(table.census)
        self.people: list[Member] = first_roster(plan)
        self.by_staff: dict[str, Member] = {one.id: one for one in self.people}
        self.ventilators: int = table.ventilators.count - table.ventilators.census
        self.ventilators_lost: int = 0
        self.blood: dict[str, int] = table.units
        self.blood_used: int = 0
        self.stock: dict[str, int] = dict(table.drugs.stock)
        self.restocking: dict[str, int] = {}
        self.systems: dict[str, float | None] = dict.fromkeys(SYSTEMS)
        self.repairing: frozenset[str] = frozenset()
        self.paper: frozenset[str] = frozenset()
        self.protocols: dict[str, float] = {}
        self.diverting = False
        self.orders: dict[str, Order] = {}
        self.incidents: dict[str, Incident] = {}
        self.flags: int = 0
        self.false_flags: int = 0
        self.conflicts: dict[str, tuple[Act, Act]] = {}
        self.blocks: dict[str, Act] = {}
        self.theatre_queue: dict[str, float] = {}
        self.queue: dict[str, float] = {}
        self.messages: list[Message] = []
        self.ledger = Ledger()
        self.counter = 0
        self.heap: list[tuple[float, int, str, str]] = []
        self.happened: list[tuple[float, str]] = []
        self.hands = 0.0
        self.shift = Shift(self.people, 0.0)
        self.step_hazard = 0.0
        self.charts: dict[str, dict[str, Any]] = {}
        for spec in plan.patients:
            if spec.arrival_min < 0:
                events.lie_in(self, self.patients[spec.id])
            else:
                self.at(spec.arrival_min, "arrival", spec.id)
        for index, failure in enumerate(plan.failures):
            self.at(failure.at_min, "failure", str(index))
        for incident in plan.incidents:
            self.at(incident.at_min, "incident", str(incident.index))
        self._begin_step()
        events.look_around(self)

    # -- time ---------------------------------------------------------------------------------------------------------

    def at(self, minute: float, kind: str, about: str) -> None:
        """Have an event happen at a minute; events of one minute happen in the order in which they were put in."""
        self.counter += 1
        heapq.heappush(self.heap, (minute, self.counter, kind, about))

    def say(self, words: str) -> None:
        """Write into the log of the step."""
        self.happened.append((self.minute, words))

    @property
    def done(self) -> bool:
        return self.steps_done >= self.plan.steps

    def step(self, acts: Mapping[str, object]) -> Report:
        """Apply the acts of the roles, let 15 minutes pass, and return what came of it.

        Args:
            acts: role -> list of acts (mappings or `Act`); a role that is missing does nothing. What cannot be read is
                refused with a reason and the step goes on.
        """
        begun = self.minute
        before = self._incident_counts()
        self.charts = {}
        self.happened = []
        self.step_hazard = 0.0
        read: dict[str, list[Act]] = {}
        refusals: list[Refusal] = []
        for role in ROLES:
            given = acts.get(role)
            if given:
                read[role], refused = read_acts(role, given)
                if refused:
                    refusals += refused
                    self.ledger.wrong[role] += len(refused)
        for role in acts:
            if role not in ACT_ROLES:
                refusals.append(Refusal(str(role)[:40], "", f"role: one of {', '.join(ROLES)}"))
        results = apply_all(self, read) if read else []
        deaths = self._run(begun + STEP_MIN)
        self.steps_done += 1
        self._begin_step()
        events.look_around(self)
        caught, lapsed, false_flags = (now - then for now, then in zip(self._incident_counts(), before, strict=True))
        return Report(
            minute=begun,
            results=tuple(results),
            refusals=tuple(refusals),
            hazard=self.step_hazard,
            deaths=tuple(deaths),
            happened=tuple(self.happened),
            caught=caught,
            lapsed=lapsed,
            false_flags=false_flags,
            wrong=len(refusals) + sum(1 for result in results if result.right is False),
            blocked=sum(1 for result in results if result.status == BLOCKED),
        )

    def _incident_counts(self) -> tuple[int, int, int]:
        status = [incident.status for incident in self.incidents.values()]
        return status.count("caught"), status.count("lapsed"), self.false_flags

    def _run(self, until: float) -> list[str]:
        heap, handlers = self.heap, HANDLERS
        while heap and heap[0][0] <= until:
            minute, _, kind, about = heapq.heappop(heap)
            if minute > self.minute:
                self.minute = minute
            handlers[kind](self, about)
        self.minute = until
        events.spread(self)
        deaths: list[str] = []
        for patient in self.patients.values():
            if patient.arrived and patient.alive:
                self.settle(patient)
                if not patient.alive:
                    deaths.append(patient.spec.id)
        return deaths

    def settle(self, patient: Patient) -> None:
        """Work one body out up to now; a patient whose hazard has passed his frailty is dead."""
        self.step_hazard += patient.settle(self.minute)
        if patient.hazard >= patient.spec.frailty and self.mortal and patient.alive:
            care.die(self, patient)

    def _begin_step(self) -> None:
        """Count the people of the coming step and how well everybody is looked after."""
        self.shift = Shift(self.people, self.minute)
        areas = resource_table().areas
        load = {ED: 0.0, ICU: 0.0, WARD: 0.0}
        for area, ids in self.occupied.items():
            place = NURSES_OF.get(area)
            if place is not None and ids:
                load[place] += len(ids) * areas[area].nurses
        self.cover = {
            place: 1.0 if need <= self.shift.nurses[place] else self.shift.nurses[place] / need
            for place, need in load.items()
        }
        spare = max(1.0, self.shift.nurses[ED] - load[ED])
        self.hands = STEP_MIN * (spare + 0.4 * self.shift.doctors) * (1.25 if "surge" in self.protocols else 1.0)
        for patient in self.here.values():
            patient.care = self.cover.get(NURSES_OF.get(patient.area, ""), 1.0)

    # -- places -------------------------------------------------------------------------------------------------------

    def free(self, area: str) -> int:
        """Return free beds of an area."""
        return self.beds[area] - self.census.get(area, 0) - len(self.occupied[area])

    @property
    def free_ventilators(self) -> int:
        used = sum(1 for patient in self.here.values() if patient.ventilator)
        return self.ventilators - self.ventilators_lost - used

    def move(self, patient: Patient, area: str) -> None:
        """Put a patient somewhere; what only holds at a place begins or ends. The caller has seen to a free bed."""
        self.settle(patient)
        if not patient.alive:
            return
        if patient.area in self.occupied:
            self.occupied[patient.area].pop(patient.id, None)
        patient.area = area
        if area in GONE:
            self.here.pop(patient.id, None)
        else:
            self.occupied[area][patient.id] = None
            self.here[patient.id] = patient
            patient.care = self.cover.get(NURSES_OF.get(area, ""), 1.0)
        care.placed(self, patient)

    # -- branches -----------------------------------------------------------------------------------------------------

    def clone(self) -> Hospital:
        """Return a hospital that is the same now and goes on by itself. Nothing that changes is shared."""
        new = Hospital()
        for name, value in self.__dict__.items():
            setattr(new, name, value)
        new.patients = {key: patient.copy() if patient.alive else patient for key, patient in self.patients.items()}
        new.here = {key: new.patients[key] for key in self.here}
        new.occupied = {area: dict(ids) for area, ids in self.occupied.items()}
        new.people = [one.copy() for one in self.people]
        new.by_staff = {one.id: one for one in new.people}
        for name in ("beds", "census", "blood", "stock", "restocking", "systems", "protocols", "conflicts", "blocks"):
            setattr(new, name, dict(getattr(self, name)))
        new.theatre_queue, new.queue, new.cover = dict(self.theatre_queue), dict(self.queue), dict(self.cover)
        new.orders = {key: order.copy() for key, order in self.orders.items()}
        new.incidents = {key: incident.copy() for key, incident in self.incidents.items()}
        new.messages, new.heap, new.happened = list(self.messages), list(self.heap), list(self.happened)
        new.ledger = self.ledger.copy()
        new.charts = {}
        return new

    def outcome(self) -> dict[str, Any]:
        """Return how the episode stands: survival over all who arrived or lay there, and the counts behind it."""
        arrived = [patient for patient in self.patients.values() if patient.arrived]
        dead = [patient for patient in arrived if not patient.alive]
        return {
            "patients": len(arrived),
            "deaths": len(dead),
            "survival": 1.0 - len(dead) / len(arrived) if arrived else 1.0,
        }


HANDLERS: dict[str, Callable[[Hospital, str], None]] = events.HANDLERS
ACT_ROLES = frozenset(ROLES)


def begin(scenario: str, difficulty: float = 0.5, seed: int = 0, steps: int = 20) -> Hospital:
    """Return a new episode. Raises: UnknownNameError or BadInputError, see `build_plan`."""
    return Hospital(build_plan(scenario, difficulty, seed, steps))


__all__ = [
    "NURSES_OF",
    "ORDER",
    "Hospital",
    "Report",
    "begin",
]
