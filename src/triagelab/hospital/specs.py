"""One patient as drawn: body, record, needs and luck. Nothing here changes while the episode runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from triagelab.clinical.blood import GROUPS
from triagelab.hospital.tables import ArchetypeNeed, ArchetypeRow, resource_table
from triagelab.seeding import Generator, stream

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
        origin, number: the scenario whose patient he is, and which of its patients: who he is follows from these and
            the seed alone.
    """

    id: str
    index: int
    origin: str
    number: int
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


def draw_patient(row: ArchetypeRow, arrival: float, origin: str, seed: int, number: int) -> PatientSpec:
    """Return the patient that (origin, seed, number) stands for: the same whoever else comes, and in every scenario.

    Args:
        arrival: minute at the door, or at the roadside for whoever comes by ambulance.
        origin: the scenario that he comes from.
    """
    rng = stream("hospital.patient", seed, origin, number)
    age, weight, vitals = _body(rng, row)
    allergies, background, active, comfort = _background(rng, age < 14)
    return PatientSpec(
        id="",
        index=-1,
        origin=origin,
        number=number,
        arrival_min=arrival,
        archetype=row,
        text=row.text[int(rng.integers(len(row.text)))],
        age_years=age,
        sex="female" if rng.random() < 0.5 else "male",
        weight_kg=weight,
        weight_known=bool(rng.random() < 0.9),
        group=GROUPS[int(rng.choice(8, p=GROUP_SHARES))],
        group_known=bool(rng.random() < 0.6),
        allergies=allergies,
        background=background,
        active=active,
        walks=bool(rng.random() < row.walks),
        vitals=vitals,
        needs=tuple(_need(rng, need, arrival) for need in row.need),
        frailty=float(rng.exponential()),
        resistance=float(rng.exponential()),
        comfort_drug=comfort,
    )


def _need(rng: Generator, need: ArchetypeNeed, arrival: float) -> NeedSpec:
    low, high = resource_table().blood.units_needed
    return NeedSpec(
        kind=need.kind,
        start=float(rng.uniform(*need.start)),
        rise=float(rng.uniform(*need.rise)),
        fall=need.fall,
        lethal=need.lethal,
        onset_min=arrival + float(rng.uniform(*need.onset_min)),
        drug=need.drug,
        units=int(rng.integers(low, high + 1)) if need.kind == "blood" else 0,
    )


def _body(rng: Generator, row: ArchetypeRow) -> tuple[float, float, Mapping[str, float]]:
    """Return age, weight and the vital signs at ease."""
    child = rng.random() < row.child
    age = float(round(rng.uniform(2, 13) if child else rng.uniform(18, 88)))
    weight = max(10.0, round(float(2 * age + 9 if child else rng.normal(76, 13)), 0))
    vitals = {name: float(value + rng.normal(0, 0.03) * value) for name, value in NORMAL.items() if name != "gcs"}
    if child:
        vitals |= {"heart_rate_bpm": 105.0 + 15 * float(rng.random()), "resp_rate_bpm": 22.0, "sbp_mmhg": 98.0}
    vitals |= {
        "gcs": 15.0,
        "spo2_pct": min(99.0, vitals["spo2_pct"]),
        "temp_c": 36.6 + 0.4 * float(rng.random()),
    }
    return age, weight, vitals


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


__all__ = ["GROUP_SHARES", "NORMAL", "NeedSpec", "PatientSpec", "draw_patient"]
