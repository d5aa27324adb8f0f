"""FHIR observations -> the first set of vital signs: status, codes, times and units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from triagelab.clinical.vitals import RANGES, VitalSigns
from triagelab.datasets.fhir_bundle import Bundle, Resource, name_of
from triagelab.datasets.fhir_map import fhir_map
from triagelab.datasets.fhir_times import TriageHours, effective, instant
from triagelab.errors import BadInputError

USABLE = ("registered", "preliminary", "final", "amended", "corrected")


@dataclass(frozen=True)
class Reading:
    """One measured value. `comparator` is < or > where the instrument gave only a limit."""

    name: str
    value: float
    comparator: str | None
    moment: datetime | None
    source: str | None


@dataclass
class FirstSet:
    """The vital signs of triage, what was only given as a limit, and the observations they come from."""

    vitals: VitalSigns = field(default_factory=VitalSigns)
    limits: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)


def usable_observations(bundle: Bundle, skipped: Counter[str]) -> list[Resource]:
    """Return the observations that count as made; the others are counted by their status."""
    kept: list[Resource] = []
    for one in bundle.of("Observation"):
        if one.get("status") in USABLE:
            kept.append(one)
        else:
            skipped[f"observation {one.get('status')}"] += 1
    return kept


def codes_of(concept: Any) -> set[str]:
    """Return the LOINC codes of a CodeableConcept."""
    codings = concept.get("coding", []) if isinstance(concept, Mapping) else []
    return {str(one.get("code")) for one in codings if one.get("system") == "http://loinc.org" and one.get("code")}


def readings(observations: list[Resource], where: str, skipped: Counter[str]) -> list[Reading]:
    """Return every value of a vital sign that is mapped, in the units of `VitalSigns`.

    Raises: BadInputError for a unit that is not in the map: a number without a known unit is never guessed.
    """
    found: list[Reading] = []
    for one in observations:
        moment = instant(effective(one))
        for part in (one, *one.get("component", [])):
            name = fhir_map().vital_of(codes_of(part.get("code")))
            if name is None:
                continue
            quantity = part.get("valueQuantity")
            if quantity is None and isinstance(part.get("valueInteger"), int):
                quantity = {"value": part["valueInteger"]}
            if not isinstance(quantity, Mapping) or quantity.get("value") is None:
                skipped["observation without a value"] += 1
                continue
            value = _in_our_unit(name, quantity, f"{where}: {name_of(one) or 'Observation'}")
            found.append(Reading(name, value, quantity.get("comparator"), moment, name_of(one)))
    return found


def _in_our_unit(name: str, quantity: Mapping[str, Any], where: str) -> float:
    row, value = fhir_map().vitals[name], float(quantity["value"])
    unit = quantity.get("code") or quantity.get("unit")
    if unit is None and row.without_unit:
        return value
    if unit not in row.units:
        raise BadInputError(f"{where}: unit of {name}", unit, ", ".join(row.units), "UCUM units, please")
    factor, offset = row.units[unit]
    return round(value * factor + offset, 1) if (factor, offset) != (1.0, 0.0) else value


def first_set(found: list[Reading], hours: TriageHours, skipped: Counter[str]) -> FirstSet:
    """Return for each vital sign the first value of triage.

    A value measured after arrival goes before one of the ambulance. Values without a time count only where no value
    has one, and only one each.
    """
    timed = any(reading.moment is not None for reading in found)
    result, raw = FirstSet(), dict[str, float]()
    for name in VitalSigns.names():
        mine = [reading for reading in found if reading.name == name]
        usable = list(_of_triage(mine, hours, timed, skipped))
        if not usable:
            continue
        first = min(usable, key=lambda reading: _rank(reading, hours))
        skipped["later measurement"] += len(usable) - 1
        if first.comparator:
            shown = f"{RANGES[name].label} {first.comparator}{first.value:g} {RANGES[name].unit}"
            result.limits.append(shown.strip().replace(" /10", "/10"))
        else:
            raw[name] = first.value
        if first.source and first.source not in result.sources:
            result.sources.append(first.source)
    result.vitals, refused = VitalSigns.clean(raw)
    skipped.update(f"implausible {name}" for name in refused)
    return result


def _of_triage(mine: list[Reading], hours: TriageHours, timed: bool, skipped: Counter[str]) -> Iterator[Reading]:
    for reading in mine:
        if reading.moment is None and (timed or len(mine) > 1):
            skipped["measurement without a time"] += 1
        elif reading.moment is not None and not hours.hold(reading.moment):
            skipped["measurement outside triage"] += 1
        else:
            yield reading


def _rank(reading: Reading, hours: TriageHours) -> tuple[bool, float]:
    """Order: from arrival on the earliest first, then before arrival the latest first."""
    if reading.moment is None:
        return False, 0.0
    stamp = reading.moment.timestamp()
    early = hours.arrival is not None and reading.moment < hours.arrival
    return early, -stamp if early else stamp
