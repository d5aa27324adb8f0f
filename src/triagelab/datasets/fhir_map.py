"""The map of FHIR bundles: which codes are read, in which units, and which coding systems are triage scales."""

from __future__ import annotations

import re
from functools import cache

from triagelab.datasets.columns import MapTable, load_map


class FhirSource(MapTable):
    """What is read, on what terms, and whether the codes were looked up."""

    name: str
    terms: str
    verified: bool


class Window(MapTable):
    """Which measurements belong to triage, in minutes around the arrival."""

    before_arrival_min: int
    after_arrival_min: int


class ComplaintCodes(MapTable):
    """Where the chief complaint stands."""

    observation_codes: tuple[str, ...]
    composition_types: tuple[str, ...]
    section_codes: tuple[str, ...]


class Transport(MapTable):
    """Codes of the way to the hospital; `words` is a word in its text -> arrival, the first that is found counts."""

    codes: tuple[str, ...]
    words: dict[str, str]


class LevelSystem(MapTable):
    """A pattern of coding systems and the scale their codes belong to."""

    system: str
    scale: str


class VitalCodes(MapTable):
    """Codes of one vital sign; `units` is unit -> (factor, offset) to the unit of the field."""

    codes: tuple[str, ...]
    units: dict[str, tuple[float, float]]
    without_unit: bool = False


class FhirMap(MapTable):
    """The map of FHIR bundles; `resources` is the allow-list of resource types."""

    source: FhirSource
    window: Window
    resources: dict[str, str]
    complaint: ComplaintCodes
    transport: Transport
    levels: tuple[LevelSystem, ...]
    vitals: dict[str, VitalCodes]

    def vital_of(self, codes: set[str]) -> str | None:
        """Return the vital sign that one of the codes stands for."""
        return next((name for name, row in self.vitals.items() if codes & set(row.codes)), None)

    def scale_of(self, system: str) -> str | None:
        """Return the triage scale of a coding system, None if it is not one."""
        found = (row.scale for row in self.levels if re.search(row.system, system.strip().lower()))
        return next(found, None)


@cache
def fhir_map() -> FhirMap:
    """Return maps/fhir.toml."""
    return load_map(FhirMap, "fhir")
