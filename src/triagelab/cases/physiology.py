"""Vital signs as they would be measured: by age, and by what is wrong with the patient."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict

from triagelab.cases.draws import Draws
from triagelab.clinical.knowledge import reference_vitals
from triagelab.clinical.vitals import RANGES
from triagelab.errors import UnknownNameError
from triagelab.files import read_toml

Interval = tuple[float, float]
_REFERRED = {"hr": "heart_rate_bpm", "rr": "resp_rate_bpm", "sbp": "sbp_mmhg"}


class Band(BaseModel):
    """Reference range of one band of adult ages, `under_years` being the first age beyond it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    under_years: float
    hr: Interval
    rr: Interval
    sbp: Interval


class Profile(BaseModel):
    """One state of the body. Rates and pressure are in half-widths of the reference range: -1 is its lower limit,
    +1 its upper; saturation and temperature are absolute. Missing: None is not measurable in this state."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    text: str
    hr: Interval | None = None
    rr: Interval | None = None
    sbp: Interval | None = None
    spo2: Interval | None = None
    temp: Interval | None = None


class Physiology(BaseModel):
    """The whole table, with its source."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    verified: bool
    band: tuple[Band, ...]
    profile: dict[str, Profile]

    def range_at(self, age_years: float, name: str) -> Interval:
        """Return the usual range of a rate or pressure; children's come from the ESI table."""
        child = reference_vitals(age_years)
        if child is not None:
            return getattr(child, _REFERRED[name])
        return getattr(next((band for band in self.band if age_years < band.under_years), self.band[-1]), name)


@cache
def physiology() -> Physiology:
    """Return the table in data/physiology.toml."""
    return Physiology.model_validate(read_toml(str(resources.files("triagelab.cases") / "data" / "physiology.toml")))


def sample_vitals(
    draws: Draws, age_years: float, profile: str, replaced: Mapping[str, Interval] | None = None
) -> dict[str, float]:
    """Return one set of vital signs; what the profile cannot have measured is left out.

    Units: as in VitalSigns. `replaced`: absolute ranges by vital sign; (0, -1) removes that sign.
    """
    table = physiology()
    if profile not in table.profile:
        raise UnknownNameError("physiology", profile, table.profile)
    state = table.profile[profile]
    values: dict[str, float] = {}
    for short, name in _REFERRED.items():
        position = getattr(state, short)
        if position is not None:
            reference = table.range_at(age_years, short)
            middle, half = sum(reference) / 2.0, (reference[1] - reference[0]) / 2.0
            values[name] = round(middle + half * draws.between(*position))
    if state.spo2 is not None:
        values["spo2_pct"] = round(draws.between(*state.spo2))
    if state.temp is not None:
        values["temp_c"] = round(draws.between(*state.temp), 1)
    for name, (low, high) in (replaced or {}).items():
        values.pop(name, None)
        if low <= high:
            values[name] = round(draws.between(low, high), 1 if name == "temp_c" else 0)
    if "sbp_mmhg" in values and "dbp_mmhg" not in values:
        values["dbp_mmhg"] = round(values["sbp_mmhg"] * draws.between(0.55, 0.68))
    return {name: float(min(max(value, RANGES[name].low), RANGES[name].high)) for name, value in values.items()}
