"""The tables of data/*.toml, read once: needs, archetypes, resources and scenarios."""

from __future__ import annotations

from functools import cache

from triagelab.errors import UnknownNameError
from triagelab.files import packaged_table
from triagelab.hospital.rows import (
    ROLES,
    SYSTEMS,
    ArchetypeNeed,
    ArchetypeRow,
    NeedRow,
    ResourceTable,
    Role,
    Row,
    ScenarioRow,
    Span,
)


class _Needs(Row):
    source: str
    verified: bool
    need: dict[str, NeedRow]


class _Archetypes(Row):
    source: str
    verified: bool
    archetype: tuple[ArchetypeRow, ...]


class _Scenarios(Row):
    source: str
    verified: bool
    archetype_inpatients: dict[str, int]
    scenario: dict[str, ScenarioRow]


@cache
def needs() -> dict[str, NeedRow]:
    """Return kinds of need by id."""
    return packaged_table("triagelab.hospital", "needs.toml", _Needs).need


@cache
def archetypes() -> dict[str, ArchetypeRow]:
    """Return kinds of patient by id. Raises: UnknownNameError for a need or a drug that is none."""
    rows = packaged_table("triagelab.hospital", "archetypes.toml", _Archetypes).archetype
    for row in rows:
        for need in row.need:
            if need.kind not in needs():
                raise UnknownNameError(f"{row.id}: need", need.kind, needs())
            if need.drug is not None and need.drug not in resource_table().drug:
                raise UnknownNameError(f"{row.id}: drug", need.drug, resource_table().drug)
    return {row.id: row for row in rows}


@cache
def resource_table() -> ResourceTable:
    """Return what the hospital has at the start."""
    return packaged_table("triagelab.hospital", "resources.toml", ResourceTable)


@cache
def _scenario_file() -> _Scenarios:
    """Return the file. Raises: UnknownNameError for a kind of patient, a system or a part that is none."""
    found = packaged_table("triagelab.hospital", "scenarios.toml", _Scenarios)
    for name, row in found.scenario.items():
        for what, used, known in (
            ("archetype", {**row.mix, **row.inpatients, **found.archetype_inpatients}, archetypes()),
            ("system", row.failures, SYSTEMS),
            ("scenario", row.superpose, found.scenario),
        ):
            for one in used:
                if one not in known:
                    raise UnknownNameError(f"{name}: {what}", one, known)
    return found


def scenarios() -> dict[str, ScenarioRow]:
    """Return scenarios by name, in the order of the file."""
    return _scenario_file().scenario


def scenario(name: str) -> ScenarioRow:
    """Return one scenario. Raises: UnknownNameError."""
    if name not in scenarios():
        raise UnknownNameError("scenario", name, scenarios())
    return scenarios()[name]


def usual_inpatients() -> dict[str, int]:
    """Return who lies in intensive care when an episode begins, by archetype."""
    return _scenario_file().archetype_inpatients


__all__ = [
    "ROLES",
    "SYSTEMS",
    "ArchetypeNeed",
    "ArchetypeRow",
    "NeedRow",
    "ResourceTable",
    "Role",
    "ScenarioRow",
    "Span",
    "archetypes",
    "needs",
    "resource_table",
    "scenario",
    "scenarios",
    "usual_inpatients",
]
