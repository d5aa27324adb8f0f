"""The plan of an episode: who comes when and with what, what fails, who is absent. Drawn once by seed, then frozen.

All chance of an episode stands here or is a function of (seed, patient, time): two branches of one episode meet the
same patients with the same frailty, whatever is done for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from triagelab.clinical.blood import GROUPS
from triagelab.errors import BadInputError
from triagelab.hospital.acts import INCIDENTS
from triagelab.hospital.tables import (
    SYSTEMS,
    ArchetypeRow,
    ScenarioRow,
    Span,
    archetypes,
    resource_table,
    scenario,
    usual_inpatients,
)
from triagelab.seeding import Generator, derive_seed, stream

STEP_MIN = 15
"""Minutes between two decisions."""
STEPS: tuple[int, ...] = (20, 50)
"""Lengths of an episode, in steps."""
GROUP_SHARES = (0.07, 0.38, 0.06, 0.34, 0.02, 0.09, 0.01, 0.03)
"""Shares of the blood groups in the order of `GROUPS`: rounded to whole percents, assumed."""
NORMAL: Mapping[str, float] = {
    "heart_rate_bpm": 82,
    "resp_rate_bpm": 16,
    "spo2_pct": 98,
    "sbp_mmhg": 126,
    "temp_c": 36.8,
    "gcs": 15,
}
"""Vital signs of an adult at ease."""


@dataclass(frozen=True, slots=True)
class NeedSpec:
    """A need as drawn. Units: severity 0 to 1, per hour, minutes since the episode began."""

    kind: str
    start: float
    rise: float
    fall: float
    lethal: float
    onset_min: float
    drug: str | None
    units: int


@dataclass(frozen=True, slots=True, eq=False)
class PatientSpec:
    """One patient as drawn; nothing here changes.

    Units: minutes since the episode began, below 0 for those who are in hospital already.

    Attributes:
        frailty: cumulative hazard at which he dies. `resistance`: cumulative exposure at which he is infected.
        allergies: (drug or class, reaction); `recorded_allergies`: what the record says.
        background: facts that the drug rules ask for, such as egfr; `active`: drugs that he takes.
        salvageable: False is dead on arrival whatever is done.
    """

    id: str
    index: int
    arrival_min: float
    archetype: ArchetypeRow
    text: str
    age_years: float
    sex: str
    weight_kg: float
    weight_known: bool
    group: str
    group_known: bool
    allergies: tuple[tuple[str, str], ...]
    background: Mapping[str, float]
    active: tuple[str, ...]
    walks: bool
    vitals: Mapping[str, float]
    needs: tuple[NeedSpec, ...]
    frailty: float
    resistance: float
    comfort_drug: str | None

    @property
    def severity(self) -> str:
        return self.archetype.severity


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


@lru_cache(maxsize=512)
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
    patients: list[PatientSpec] = []
    inpatients = dict(usual_inpatients())
    for part, _ in parts.values():
        for kind, count in part.inpatients.items():
            inpatients[kind] = max(count, inpatients.get(kind, 0))
    rng = stream("hospital.inpatients", seed, name)
    for kind, count in inpatients.items():
        patients += [_patient(rng, seed, len(patients) + i, archetypes()[kind], -240.0) for i in range(count)]
    arrivals: list[tuple[float, ArchetypeRow]] = []
    for part_name, (part, share) in parts.items():
        arrivals += _arrivals(part_name, part, share, difficulty, seed, steps)
    arrivals.sort(key=lambda pair: (pair[0], pair[1].id))
    rng = stream("hospital.patients", seed, name)
    for minute, archetype in arrivals:
        patients.append(_patient(rng, seed, len(patients), archetype, minute))
    return Plan(
        scenario=name,
        difficulty=float(difficulty),
        seed=seed,
        steps=steps,
        text=row.text,
        patients=tuple(patients),
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


def _arrivals(
    part_name: str, part: ScenarioRow, share: float, difficulty: float, seed: int, steps: int
) -> list[tuple[float, ArchetypeRow]]:
    rng = stream("hospital.arrivals", seed, part_name)
    count = round(_at(part.patients, difficulty) * share)
    names, weights = list(part.mix), [part.mix[name] for name in part.mix]
    total = sum(weights)
    chosen = rng.choice(len(names), size=count, p=[weight / total for weight in weights])
    span = steps * STEP_MIN
    times = rng.uniform(part.spread[0] * span, part.spread[1] * span, size=count)
    return [(round(float(time), 1), archetypes()[names[int(kind)]]) for time, kind in zip(times, chosen, strict=True)]


def _patient(rng: Generator, seed: int, index: int, row: ArchetypeRow, arrival: float) -> PatientSpec:
    child = row.kind != "inpatient" and rng.random() < 0.08
    age = float(round(rng.uniform(2, 13) if child else rng.uniform(18, 88)))
    weight = round(float(2 * age + 9 if child else rng.normal(76, 13)), 0)
    group = GROUPS[int(rng.choice(8, p=GROUP_SHARES))]
    allergies, background, active, comfort = _background(rng, child)
    vitals = {name: float(value + rng.normal(0, 0.03) * value) for name, value in NORMAL.items() if name != "gcs"}
    if child:
        vitals |= {"heart_rate_bpm": 105.0 + 15 * float(rng.random()), "resp_rate_bpm": 22.0, "sbp_mmhg": 98.0}
    vitals |= {
        "gcs": 15.0,
        "spo2_pct": min(99.0, vitals["spo2_pct"]),
        "temp_c": 36.6 + 0.4 * float(rng.random()),
    }
    low, high = resource_table().blood.units_needed
    needs = tuple(
        NeedSpec(
            kind=need.kind,
            start=float(rng.uniform(*need.start)),
            rise=float(rng.uniform(*need.rise)),
            fall=need.fall,
            lethal=need.lethal,
            onset_min=arrival + float(rng.uniform(*need.onset_min)),
            drug=need.drug,
            units=int(rng.integers(low, high + 1)) if need.kind == "blood" else 0,
        )
        for need in row.need
    )
    return PatientSpec(
        id=f"P-{index + 1:03d}",
        index=index,
        arrival_min=arrival,
        archetype=row,
        text=row.text[int(rng.integers(len(row.text)))],
        age_years=age,
        sex="female" if rng.random() < 0.5 else "male",
        weight_kg=max(10.0, weight),
        weight_known=bool(rng.random() < 0.9),
        group=group,
        group_known=bool(rng.random() < 0.6),
        allergies=allergies,
        background=background,
        active=active,
        walks=bool(rng.random() < row.walks),
        vitals=vitals,
        needs=needs,
        frailty=float(rng.exponential()),
        resistance=float(rng.exponential()),
        comfort_drug=comfort,
    )


def _background(
    rng: Generator, child: bool
) -> tuple[tuple[tuple[str, str], ...], Mapping[str, float], tuple[str, ...], str | None]:
    """Return allergies, facts for the drug rules, drugs taken, and a comfort drug that a physician may order."""
    draw = rng.random(6)
    allergies: list[tuple[str, str]] = []
    if draw[0] < 0.12:
        allergies.append(("penicillin", "anaphylaxis" if draw[1] < 0.4 else "rash"))
    if draw[2] < 0.05:
        allergies.append(("cephalosporin", "anaphylaxis"))
    background: dict[str, float] = {"egfr": 20.0 if draw[3] < 0.08 else 85.0}
    active = ("warfarin",) if not child and draw[4] < 0.12 else ()
    comfort = ("ketorolac", "acetaminophen", "morphine", "ondansetron", None)[int(draw[5] * 5)]
    return tuple(allergies), background, active, comfort


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
