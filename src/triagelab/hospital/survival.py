"""The table of survival by severity and delay: what the numbers of archetypes.toml amount to.

Every need of a patient is met at once after a delay, by perfect care; the chance to be alive five hours after arrival
is exp(-hazard), which is exact because patients die when the hazard passes a draw from Exp(1).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from triagelab.errors import BadInputError
from triagelab.hospital.patient import Patient
from triagelab.hospital.specs import PatientSpec, draw_patient
from triagelab.hospital.tables import ArchetypeRow, archetypes

DELAYS: tuple[float | None, ...] = (0.0, 15.0, 30.0, 60.0, 120.0, 240.0, None)
"""Minutes from arrival until all needs are met; None is never."""
SEVERITIES: tuple[str, ...] = ("severe", "moderate", "mild", "expectant")
HORIZON_MIN = 300.0
"""Minutes after arrival at which survival is counted: an episode of 20 steps."""


class SurvivalRow(NamedTuple):
    """One line of the table. `alive`: share alive after five hours, in the order of the delays."""

    severity: str
    archetype: str
    alive: tuple[float, ...]


def survival_table(
    delays: Sequence[float | None] = DELAYS,
    severities: Sequence[str] = SEVERITIES,
    draws: int = 200,
    seed: int = 0,
) -> list[SurvivalRow]:
    """Return expected survival by archetype and delay; a line with archetype `all` is the mean over a severity.

    Args:
        delays: minutes from arrival until all needs are met, None for never.
        severities: which to show; patients who were in hospital before are left out.
        draws: patients drawn per archetype.

    Raises: BadInputError for a delay below 0 or beyond five hours, an unknown severity, or no draws.
    """
    for delay in delays:
        if delay is not None and not 0 <= delay <= HORIZON_MIN:
            raise BadInputError("delay", delay, f"0 to {HORIZON_MIN:g} minutes, or null for never")
    if draws < 1:
        raise BadInputError("draws", draws, "1 or more")
    rows: list[SurvivalRow] = []
    for severity in severities:
        if severity not in SEVERITIES:
            raise BadInputError("severity", severity, ", ".join(SEVERITIES))
        kinds = [row for row in archetypes().values() if row.severity == severity and row.kind != "inpatient"]
        found = [SurvivalRow(severity, row.id, tuple(_alive(row, delays, draws, seed))) for row in kinds]
        columns = zip(*(row.alive for row in found), strict=True)
        rows += [*found, SurvivalRow(severity, "all", tuple(sum(column) / len(found) for column in columns))]
    return rows


def chance_alive(spec: PatientSpec, delay: float | None) -> float:
    """Return the chance to be alive five hours after arrival when all needs are met after a delay."""
    patient = Patient(spec)
    if delay is not None:
        patient.settle(spec.arrival_min + delay)
        for need in patient.needs:
            if need.row.means:
                need.met_at = patient.at
    patient.settle(spec.arrival_min + HORIZON_MIN)
    return math.exp(-patient.hazard)


def _alive(row: ArchetypeRow, delays: Iterable[float | None], draws: int, seed: int) -> Iterable[float]:
    specs = [draw_patient(row, 0.0, f"survival.{row.id}", seed, number) for number in range(draws)]
    for delay in delays:
        yield sum(chance_alive(spec, delay) for spec in specs) / draws


def as_markdown(rows: Sequence[SurvivalRow], delays: Sequence[float | None] = DELAYS) -> str:
    """Return the table as Markdown, percent."""
    heads = ["never" if delay is None else f"{delay:g} min" for delay in delays]
    lines = [f"| severity | archetype | {' | '.join(heads)} |", f"|---|---|{'---:|' * len(heads)}"]
    for row in rows:
        shown = " | ".join(f"{100 * share:.0f}" for share in row.alive)
        name = f"**{row.archetype}**" if row.archetype == "all" else row.archetype
        lines.append(f"| {row.severity} | {name} | {shown} |")
    return "\n".join(lines)


__all__ = ["DELAYS", "HORIZON_MIN", "SEVERITIES", "SurvivalRow", "as_markdown", "chance_alive", "survival_table"]
