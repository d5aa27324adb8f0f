"""The hospital while an episode runs: state, clock and one decision step.

A step: acts are applied in a fixed order of roles (`ORDER`), then the clock runs on for 15 minutes from event to event,
then everybody's body is worked out and the dead are found. Nothing here raises for what an agent sent.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from math import exp, log
from typing import Any

from triagelab.hospital import care, events
from triagelab.hospital.acts import Refusal
from triagelab.hospital.branches import branch
from triagelab.hospital.constitution import Block
from triagelab.hospital.contagion import spread
from triagelab.hospital.deeds.common import Message
from triagelab.hospital.digest import digest_of
from triagelab.hospital.hands import count_hands
from triagelab.hospital.incidents import Incident
from triagelab.hospital.ledger import Ledger
from triagelab.hospital.orders import Order
from triagelab.hospital.patient import GONE, Patient
from triagelab.hospital.plan import STEP_MIN, Plan, build_plan
from triagelab.hospital.reading import read_step
from triagelab.hospital.report import Report
from triagelab.hospital.resolve import ORDER, Conflict, apply_all
from triagelab.hospital.results import BLOCKED, Result
from triagelab.hospital.staff import NURSES_OF, Member, Shift, first_roster
from triagelab.hospital.tables import SYSTEMS, resource_table

GIVEN_UP = -log(0.05)
"""Hazard at which, while nobody dies, a patient with so little chance to live leaves his bed as the dead do."""


class Hospital:
    """One episode. `clone` gives a second one that goes on independently from here.

    Attributes:
        minute: the time now; `steps_done`; `mortal`: False lets nobody die of his draw of luck and adds the hazard up,
            for `expected_deaths`. Who has under 5 % of a chance to live leaves his bed then, as the dead do.
        occupied: area -> ids of patients there. `queue`: ids of patients who wait for a doctor.
        systems: system -> minute at which it failed, None is up; `paper`: systems with a paper fallback.
        died: who died in the last step. `last_results`, `last_refusals`: what became of the acts of the last step.
        charts: patient -> what his chart was built from, and the chart; `charts_now`: charts of this moment.
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
        self.ambulances: list[float] = [0.0] * table.ambulances.count
        self.orders: dict[str, Order] = {}
        self.incidents: dict[str, Incident] = {}
        self.flags: int = 0
        self.false_flags: int = 0
        self.conflicts: dict[str, Conflict] = {}
        self.conflict_count: int = 0
        self.blocks: dict[str, Block] = {}
        self.blocked_by: dict[str, int] = {}
        self.guarded = True
        self.theatre_queue: dict[str, float] = {}
        self.queue: dict[str, float] = {}
        self.messages: list[Message] = []
        self.ledger = Ledger()
        self.counter = 0
        self.heap: list[tuple[float, int, str, str]] = []
        self.happened: list[tuple[float, str]] = []
        self.died: list[str] = []
        self.last_results: tuple[Result, ...] = ()
        self.last_refusals: tuple[Refusal, ...] = ()
        self.cover: dict[str, float] = {}
        self.hands = 0.0
        self.shift = Shift(self.people, 0.0)
        self.step_hazard = 0.0
        self.charts: dict[str, tuple[list[Any], dict[str, Any]]] = {}
        self.charts_now: dict[str, dict[str, Any]] = {}
        for spec in plan.patients:
            if spec.arrival_min < 0:
                events.lie_in(self, self.patients[spec.id])
            else:
                self.at(spec.arrival_min, "arrival", spec.id)
        for index, failure in enumerate(plan.failures):
            self.at(failure.at_min, "failure", str(index))
        for incident in plan.incidents:
            self.at(incident.at_min, "incident", str(incident.index))
        count_hands(self)
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
        self.happened, self.died = [], []
        self.step_hazard = 0.0
        read, refusals = read_step(self, acts)
        results = apply_all(self, read) if read else []
        self._run(begun + STEP_MIN)
        self.steps_done += 1
        count_hands(self)
        events.look_around(self)
        self.charts_now = {}
        self.last_results, self.last_refusals = tuple(results), tuple(refusals)
        caught, lapsed, false_flags = (now - then for now, then in zip(self._incident_counts(), before, strict=True))
        return Report(
            minute=begun,
            results=self.last_results,
            refusals=self.last_refusals,
            hazard=self.step_hazard,
            deaths=tuple(self.died),
            happened=tuple(self.happened),
            caught=caught,
            lapsed=lapsed,
            false_flags=false_flags,
            wrong=len(refusals) + sum(1 for result in results if result.right is False),
            blocked=sum(1 for result in results if result.status == BLOCKED),
        )

    def _incident_counts(self) -> tuple[int, int, int]:
        if not self.incidents:
            return 0, 0, self.false_flags
        status = [incident.status for incident in self.incidents.values()]
        return status.count("caught"), status.count("lapsed"), self.false_flags

    def _run(self, until: float) -> None:
        heap, handlers = self.heap, HANDLERS
        while heap and heap[0][0] <= until:
            minute, _, kind, about = heapq.heappop(heap)
            if minute > self.minute:
                self.minute = minute
            handlers[kind](self, about)
        self.minute = until
        spread(self, STEP_MIN / 60.0)
        mortal = self.mortal
        for patient in self.patients.values():
            if patient.needs and patient.alive and patient.arrived:
                if patient.at < until:
                    self.step_hazard += patient.settle(until)
                if patient.hazard >= (patient.spec.frailty if mortal else GIVEN_UP):
                    self._lose(patient)

    def settle(self, patient: Patient) -> None:
        """Work one body out up to now; a patient whose hazard has passed his frailty is dead."""
        if patient.alive:
            if patient.at < self.minute:
                self.step_hazard += patient.settle(self.minute)
            if patient.hazard >= (patient.spec.frailty if self.mortal else GIVEN_UP):
                self._lose(patient)

    def _lose(self, patient: Patient) -> None:
        self.died.append(patient.spec.id)
        care.die(self, patient)

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
        patient.area, patient.moved_at = area, self.minute
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
        return branch(self, Hospital())

    @property
    def deaths(self) -> int:
        """How many of those who arrived or lay there have died."""
        return sum(1 for patient in self.patients.values() if not patient.alive)

    def expected_deaths(self) -> float:
        """Return the sum of everybody's chance to have died by now, from hazard: 1 - exp(-hazard) each.

        While `mortal` is False this is the expectation over frailty; otherwise the hazard of the dead stops at death.
        """
        return sum(1.0 - exp(-patient.hazard) for patient in self.patients.values() if patient.arrived)

    def digest(self) -> str:
        """Return a fingerprint of everything that decides how the episode goes on; equal states have equal ones."""
        return digest_of(self)

    def outcome(self) -> dict[str, Any]:
        """Return how the episode stands: survival over all who arrived or lay there, and the counts behind it."""
        arrived = [patient for patient in self.patients.values() if patient.arrived]
        dead = [patient for patient in arrived if not patient.alive]
        return {
            "patients": len(arrived),
            "deaths": len(dead),
            "expected_deaths": self.expected_deaths(),
            "survival": 1.0 - len(dead) / len(arrived) if arrived else 1.0,
        }


HANDLERS: dict[str, Callable[[Hospital, str], None]] = events.HANDLERS


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
