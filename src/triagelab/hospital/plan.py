"""The plan of an episode: who comes when and with what, what fails, who is absent. Drawn once by seed, then frozen.

All chance of an episode stands here or is a function of (seed, patient, time): two branches of one episode meet the
same patients with the same frailty, whatever is done for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from triagelab.errors import BadInputError
from triagelab.hospital.acts import INCIDENTS
from triagelab.hospital.specs import NeedSpec, PatientSpec, draw_patient
from triagelab.hospital.tables import (
    SYSTEMS,
    ScenarioRow,
    Span,
    archetypes,
    scenario,
    usual_inpatients,
)
from triagelab.seeding import derive_seed, stream

STEP_MIN = 15
"""Minutes between two decisions."""
STEPS: tuple[int, ...] = (20, 50)
"""Lengths of an episode, in steps."""
LONG_AGO = -240.0
"""Minute at which those came who lie in hospital already."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A system that fails at a minute; `lost`: ventilators that stop."""

    system: str
    at_min: float
    lost: int = 0


@dataclass(frozen=True, slots=True)
class IncidentSpec:
    """An incident to come: its kind and when; what it is about is found when it happens."""

    index: int
    kind: str
    at_min: float


@dataclass(frozen=True, slots=True)
class Plan:
    """One episode before anybody acts."""

    scenario: str
    difficulty: float
    seed: int
    steps: int
    text: str
    patients: tuple[PatientSpec, ...]
    failures: tuple[Failure, ...]
    incidents: tuple[IncidentSpec, ...]
    staff_absent: float
    hours_on: float
    transmission: float
    noise: int

    @property
    def minutes(self) -> int:
        return self.steps * STEP_MIN


def _at(pair: Span | tuple[int, int], difficulty: float) -> float:
    return pair[0] + (pair[1] - pair[0]) * difficulty


@lru_cache(maxsize=512, typed=True)
def build_plan(name: str, difficulty: float = 0.5, seed: int = 0, steps: int = 20) -> Plan:
    """Return the plan of an episode.

    Args:
        difficulty: 0 to 1.
        steps: decision steps of 15 minutes, 4 to 200; 20 and 50 are the published lengths.

    Raises: UnknownNameError for a scenario, BadInputError for the rest.
    """
    row = scenario(name)
    if isinstance(difficulty, bool) or not isinstance(difficulty, int | float) or not 0 <= difficulty <= 1:
        raise BadInputError("difficulty", difficulty, "a number from 0 to 1")
    if isinstance(steps, bool) or not isinstance(steps, int) or not 4 <= steps <= 200:
        raise BadInputError("steps", steps, "a whole number from 4 to 200, such as 20 or 50")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise BadInputError("seed", seed, "a whole number, 0 or more")
    parts = {part: (scenario(part), share) for part, share in row.superpose.items()} or {name: (row, 1.0)}
    drawn = _inpatients(parts, seed)
    arrivals = [
        one for part, (found, share) in parts.items() for one in _arrivals(part, found, share, difficulty, seed, steps)
    ]
    drawn += sorted(arrivals, key=lambda one: (one.arrival_min, one.origin, one.number))
    patients = tuple(replace(one, id=f"P-{index + 1:03d}", index=index) for index, one in enumerate(drawn))
    return Plan(
        scenario=name,
        difficulty=float(difficulty),
        seed=seed,
        steps=steps,
        text=row.text,
        patients=patients,
        failures=_failures(parts, difficulty, seed, steps),
        incidents=_incidents(parts, difficulty, seed, steps),
        staff_absent=max(_at(part.staff_absent, difficulty) * _eased(share) for part, share in parts.values()),
        hours_on=max(_at(part.hours_on, difficulty) for part, _ in parts.values()),
        transmission=max(_at(part.transmission, difficulty) for part, _ in parts.values()),
        noise=derive_seed("hospital.noise", seed, name),
    )


def _eased(share: float) -> float:
    """Return the share of a superposed scenario's shortage: more of it than of its patients."""
    return min(1.0, share + 0.3)


def _inpatients(parts: Mapping[str, tuple[ScenarioRow, float]], seed: int) -> list[PatientSpec]:
    """Return who lies in intensive care: the same people in every scenario, and more where a scenario asks for it."""
    wanted = dict(usual_inpatients())
    for part, _ in parts.values():
        for kind, count in part.inpatients.items():
            wanted[kind] = max(count, wanted.get(kind, 0))
    kinds = [(kind, place) for kind, count in wanted.items() for place in range(count)]
    return [draw_patient(archetypes()[kind], LONG_AGO, kind, seed, place) for kind, place in kinds]


def _arrivals(
    name: str, part: ScenarioRow, share: float, difficulty: float, seed: int, steps: int
) -> list[PatientSpec]:
    """Return the patients of a scenario, or the share of them that a superposition takes.

    A harder episode has all patients of an easier one and more; a superposed one has no others than its parts have.
    """
    count = round(_at(part.patients, difficulty) * (steps / STEPS[0]) ** 0.5)
    rng = stream("hospital.arrivals", seed, name)
    kinds = list(part.mix)
    weights = [part.mix[kind] for kind in kinds]
    span = steps * STEP_MIN
    found: list[PatientSpec] = []
    for number in range(count):
        when, which, kept = (float(value) for value in rng.random(3))
        if kept < share:
            minute = round(span * (part.spread[0] + (part.spread[1] - part.spread[0]) * when), 1)
            row = archetypes()[_pick(kinds, weights, which)]
            found.append(draw_patient(row, minute, name, seed, number))
    return found


def _pick(names: list[str], weights: list[float], chance: float) -> str:
    left = chance * sum(weights)
    for name, weight in zip(names, weights, strict=True):
        left -= weight
        if left < 0:
            return name
    return names[-1]


def _failures(
    parts: Mapping[str, tuple[ScenarioRow, float]], difficulty: float, seed: int, steps: int
) -> tuple[Failure, ...]:
    found: dict[str, Failure] = {}
    for name, (part, share) in parts.items():
        rng = stream("hospital.failures", seed, name)
        for system, window in part.failures.items():
            minute = round(float(rng.uniform(*window)) * steps * STEP_MIN, 1)
            lost = round(_at(part.ventilators_lost, difficulty) * _eased(share)) if system == "ventilators" else 0
            found.setdefault(system, Failure(system, minute, lost))
    assert set(found) <= set(SYSTEMS)
    return tuple(sorted(found.values(), key=lambda failure: failure.at_min))


def _incidents(
    parts: Mapping[str, tuple[ScenarioRow, float]], difficulty: float, seed: int, steps: int
) -> tuple[IncidentSpec, ...]:
    rng = stream("hospital.incidents", seed, *parts)
    count = max(round(_at(part.incidents, difficulty)) for part, _ in parts.values())
    count = round(count * (steps / 20) ** 0.5)
    kinds = [INCIDENTS[int(k)] for k in rng.choice(len(INCIDENTS), size=count, replace=count > len(INCIDENTS))]
    times = sorted(rng.uniform(0.1, 0.75, size=count) * steps * STEP_MIN)
    return tuple(
        IncidentSpec(index, kind, round(float(minute), 1))
        for index, (kind, minute) in enumerate(zip(kinds, times, strict=True))
    )


__all__ = ["STEPS", "STEP_MIN", "Failure", "IncidentSpec", "NeedSpec", "PatientSpec", "Plan", "build_plan"]
