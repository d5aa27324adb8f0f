"""FHIR dates and times, which may be partial, and the hours that belong to triage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from triagelab.datasets.fhir_map import Window

DAYS_A_YEAR = 365.25
YEAR_ONLY_FROM = 3.0


def instant(text: Any) -> datetime | None:
    """Return the point in time of a FHIR dateTime, None for a date without a time. No zone is read as UTC."""
    if not isinstance(text, str) or "T" not in text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def day(text: Any) -> date | None:
    """Return the calendar day as written, None for a partial date."""
    try:
        return date.fromisoformat(text[:10]) if isinstance(text, str) else None
    except ValueError:
        return None


def effective(resource: Mapping[str, Any]) -> str | None:
    """Return when an observation was made, as written."""
    period = resource.get("effectivePeriod")
    start = period.get("start") if isinstance(period, Mapping) else None
    return resource.get("effectiveDateTime") or resource.get("effectiveInstant") or start


def age_at(birth: Any, arrival: Any) -> float | None:
    """Return the age in years at arrival.

    Missing: None without a birth date or an arrival, and for a birth year alone under three years of age. A missing
    day or month is taken as the middle of what is left open. Negative if born after the arrival.
    """
    here = day(arrival)
    if here is None or not isinstance(birth, str):
        return None
    parts = birth.split("-")
    try:
        month, middle = (int(parts[1]), 15) if len(parts) == 2 else (7, 1)
        born = date.fromisoformat(birth[:10]) if len(parts) == 3 else date(int(parts[0]), month, middle)
    except ValueError:
        return None
    years = (here - born).days / DAYS_A_YEAR
    if len(parts) < 3 and -1 < years < 0:
        years = 0.0
    if len(parts) == 3 and years >= 1:
        years = float(here.year - born.year - ((here.month, here.day) < (born.month, born.day)))
    return None if len(parts) == 1 and 0 <= years < YEAR_ONLY_FROM else years


@dataclass(frozen=True)
class TriageHours:
    """From when to when a measurement belongs to triage.

    Attributes:
        arrival: start of the visit, None if not known.
        first, last: the limits; None is open.
    """

    arrival: datetime | None
    first: datetime | None
    last: datetime | None

    @property
    def start(self) -> datetime | None:
        """The arrival, else the first measurement: what was written before it was known before the visit."""
        return self.arrival or self.first

    def hold(self, moment: datetime) -> bool:
        """Return whether the moment belongs to triage."""
        return (self.first is None or self.first <= moment) and (self.last is None or moment <= self.last)

    def before(self, text: Any) -> bool:
        """Return whether a record was written before the visit; without a time of its own or of the visit, no."""
        moment, end = instant(text), self.last
        if moment is not None:
            return end is not None and moment <= end
        written = day(text)
        if written is not None:
            return self.start is not None and written < self.start.date()
        if isinstance(text, str) and self.start is not None:  # a year, or a year and a month
            return text[:7] < self.start.date().isoformat()[: len(text[:7])]
        return False


def triage_hours(encounter: Mapping[str, Any] | None, moments: list[datetime], window: Window) -> TriageHours:
    """Return the hours of triage: up to the time the visit became `triaged`, else an hour from arrival.

    Without an arrival, `moments` (the measurements) decide: an hour from the first of them.
    """
    after, before = timedelta(minutes=window.after_arrival_min), timedelta(minutes=window.before_arrival_min)
    arrival = instant((encounter or {}).get("period", {}).get("start"))
    if arrival is None:
        start = min(moments, default=None)
        return TriageHours(None, start, start + after if start else None)
    return TriageHours(arrival, arrival - before, _triaged(encounter or {}) or arrival + after)


def _triaged(encounter: Mapping[str, Any]) -> datetime | None:
    """Return when triage was over: the end of the status `triaged`, else its start."""
    for status in encounter.get("statusHistory", []):
        if status.get("status") == "triaged":
            period = status.get("period", {})
            return instant(period.get("end")) or instant(period.get("start"))
    return None
