"""One patient while the episode runs: severities that move, the hazard that adds up, vital signs that follow.

Severity s of a need lies from 0 to 1: it rises with `rise` an hour while the need is not met, falls with `fall` an hour
while it is, and adds lethal * s^2 an hour to the cumulative hazard. A patient dies when that passes his frailty, a draw
from Exp(1): so the chance to live is exp(-hazard), and the same patient has the same luck in every branch.
"""

from __future__ import annotations

from functools import lru_cache

from triagelab.hospital.plan import NeedSpec, PatientSpec
from triagelab.hospital.tables import NeedRow, needs

GONE: frozenset[str] = frozenset({"home", "morgue", "diverted", "coming"})
"""Places outside the hospital's beds; `home` is discharged and goes on living or dying, unseen."""
LIMITS: dict[str, tuple[float, float]] = {
    "heart_rate_bpm": (0, 210),
    "resp_rate_bpm": (0, 60),
    "spo2_pct": (40, 100),
    "sbp_mmhg": (0, 220),
    "temp_c": (33, 42),
    "gcs": (3, 15),
}


def _shown(name: str, value: float) -> float:
    low, high = LIMITS[name]
    value = low if value < low else high if value > high else value
    return round(value, 1) if name == "temp_c" else float(round(value))


@lru_cache(maxsize=8192)
def _as_shown(spec: PatientSpec) -> dict[str, float]:
    """Return the vital signs that somebody would have without any need, as a monitor shows them: to be copied."""
    return {name: _shown(name, value) if name in LIMITS else value for name, value in spec.vitals.items()}


class Need:
    """One need of one patient. `met_at`: since when it is met, None is unmet; `known`: staff know of it."""

    __slots__ = ("drug", "fall", "kind", "known", "lethal", "met_at", "onset_min", "rise", "row", "s", "units")

    def __init__(self, spec: NeedSpec | None = None) -> None:
        if spec is None:
            return
        self.kind: str = spec.kind
        self.row: NeedRow = needs()[spec.kind]
        self.s: float = spec.start
        self.rise: float = spec.rise
        self.fall: float = spec.fall
        self.lethal: float = spec.lethal
        self.onset_min: float = spec.onset_min
        self.met_at: float | None = None
        self.known: bool = False
        self.drug: str | None = spec.drug
        self.units: int = spec.units

    def copy(self) -> Need:
        new = Need()
        new.kind, new.row, new.s, new.rise, new.fall = self.kind, self.row, self.s, self.rise, self.fall
        new.lethal, new.onset_min, new.met_at, new.known = self.lethal, self.onset_min, self.met_at, self.known
        new.drug, new.units = self.drug, self.units
        return new

    def open(self, now: float) -> bool:
        """Return whether it has begun and is not met."""
        return self.met_at is None and self.onset_min <= now


class Patient:
    """One patient of a running episode. Units: minutes since the episode began.

    Attributes:
        area: where he is: `coming`, `waiting`, an area of the table, `home`, `morgue` or `diverted`.
        at: the moment up to which severities and hazard are worked out. `moved_at`: since when he is where he is.
        care: quality of nursing where he lies, 0 to 1; it slows recovery.
        seen: last vital signs that were taken, and when.
        bagged: arrived and died in hospital or after discharge.
    """

    __slots__ = (
        "alive",
        "area",
        "arrived",
        "at",
        "called",
        "care",
        "died_at",
        "exposure",
        "first_treated",
        "given",
        "hazard",
        "infected",
        "moved_at",
        "needs",
        "placed_at",
        "seen",
        "seen_at",
        "spec",
        "tag",
        "tagged_at",
        "treated",
        "ventilator",
        "weighed",
        "worked_up",
    )

    def __init__(self, spec: PatientSpec | None = None) -> None:
        if spec is None:
            return
        self.spec: PatientSpec = spec
        self.needs: list[Need] = [Need(need) for need in spec.needs]
        self.at: float = spec.arrival_min
        self.area: str = "coming"
        self.alive = True
        self.arrived = False
        self.hazard = 0.0
        self.exposure = 0.0
        self.infected = False
        self.care = 1.0
        self.died_at: float | None = None
        self.tag: str | None = None
        self.tagged_at: float | None = None
        self.placed_at: float | None = None
        self.moved_at: float = spec.arrival_min
        self.worked_up = False
        self.called: frozenset[str] = frozenset()
        self.ventilator = False
        self.given: dict[str, float] = {}
        self.treated: dict[str, float] = {}
        self.weighed = False
        self.first_treated: float | None = None
        self.seen: dict[str, float] | None = None
        self.seen_at: float = 0.0

    def copy(self) -> Patient:
        new = Patient()
        for name in self.__slots__:
            setattr(new, name, getattr(self, name))
        new.needs = [need.copy() for need in self.needs]
        new.given = dict(self.given)
        new.treated = dict(self.treated)
        return new

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def present(self) -> bool:
        """Whether he is alive in the hospital."""
        return self.alive and self.area not in GONE

    def settle(self, now: float) -> float:
        """Work severities and hazard out up to `now`; return the hazard that was added."""
        begin = self.at
        if now <= begin or not self.alive or not self.needs:
            return 0.0
        added = 0.0
        care = self.care
        for need in self.needs:
            start = need.onset_min if need.onset_min > begin else begin
            hours = (now - start) / 60.0
            if hours <= 0.0:
                continue
            s = need.s
            if need.met_at is None:
                slope = need.rise
            elif s == 0.0:
                continue
            else:
                slope = -need.fall * care if care > 0.4 or not need.row.lasting else 0.3 * need.rise
            end = s + slope * hours
            if 0.0 <= end <= 1.0:
                area = (s * s + s * end + end * end) / 3.0 * hours
            elif end < 0.0:
                area = s * s / 3.0 * (s / -slope)
                end = 0.0
            else:
                rising = (1.0 - s) / slope
                area = (s * s + s + 1.0) / 3.0 * rising + (hours - rising)
                end = 1.0
            need.s = end
            added += need.lethal * area
        self.at = now
        self.hazard += added
        return added

    def vitals(self) -> dict[str, float]:
        """Return the vital signs at the moment `at`, rounded as a monitor shows them."""
        usual = self.spec.vitals
        moved: dict[str, float] = {}
        for need in self.needs:
            s = need.s
            if s > 0.0 and need.onset_min <= self.at:
                for name, effect in need.row.effect.items():
                    moved[name] = moved.get(name, usual[name]) + effect * s
        found = _as_shown(self.spec).copy()
        for name, value in moved.items():
            found[name] = _shown(name, value)
        return found

    def need(self, kind: str) -> Need | None:
        """Return the need of a kind, None where he has none."""
        for need in self.needs:
            if need.kind == kind:
                return need
        return None

    def worst(self) -> float:
        """Return the greatest severity of a need that has begun."""
        return max((need.s for need in self.needs if need.onset_min <= self.at), default=0.0)


__all__ = ["GONE", "LIMITS", "Need", "Patient"]
