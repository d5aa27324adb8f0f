"""How a patient goes on from arrival: who gets worse, when, and what stops it.

Danger never falls by itself: a course only adds facts and moves vital signs to the bad side. What the agent gives holds
a course where it is; it neither heals nor counts as an intervention of the event, so no treatment changes the truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from triagelab.cases.bedside.course_table import CareRule, CourseRule, courses
from triagelab.cases.bedside.patient import BedsidePatient
from triagelab.cases.draws import Draws
from triagelab.cases.physiology import sample_vitals
from triagelab.clinical.esi import EsiDecision, decide
from triagelab.clinical.facts import Facts

Effect = Literal["right", "late", "harmless", "wrong"]
"""`right`: indicated since arrival; `late`: only since the patient got worse."""
_LOWER_IS_WORSE = frozenset({"sbp_mmhg", "dbp_mmhg", "spo2_pct", "gcs", "glucose_mg_dl"})
_FEVERISH_C = 37.5


@dataclass(frozen=True)
class Course:
    """What happens to one patient if nobody does anything, and what would be right to do.

    Units: minutes since arrival.

    Attributes:
        start: facts on arrival; `arrival`: what the engine makes of them.
        rule: the way he gets worse; None stays as he is.
        onset, end: when it begins and is over.
        target: vital signs at its end, where they move at all.
        gains: (minute, fact) in order of time.
        right, later, harmless: interventions; see CourseRule. `right` and `harmless` come from every row that fits the
            patient, so they do not tell whether he would have got worse.
    """

    start: Facts
    arrival: EsiDecision
    rule: CourseRule | None = None
    onset: float = 0.0
    end: float = 0.0
    target: Mapping[str, float] = field(default_factory=dict)
    gains: tuple[tuple[float, str], ...] = ()
    right: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    harmless: frozenset[str] = frozenset()

    @property
    def level(self) -> int:
        """Return the true level on arrival."""
        return self.arrival.level

    @cached_property
    def stops(self) -> frozenset[str]:
        return frozenset(self.rule.stops) if self.rule is not None else frozenset()

    @cached_property
    def most_urgent(self) -> str | None:
        """Return what was indicated from arrival on and comes first; None where nothing was."""
        return next((name for name in courses().first if name in self.right), None)

    def moment(self, minute: float, given: Mapping[str, float]) -> float:
        """Return the minute whose facts hold at `minute`: it stands still before the onset, after the end, and from the
        first intervention that stops the course.

        Args:
            given: interventions and the minute since when each works.
        """
        if self.rule is None:
            return 0.0
        held = min((at for name, at in given.items() if name in self.stops), default=minute)
        now = min(minute, held, self.end)
        return now if now > self.onset else 0.0

    def facts_at(self, minute: float, given: Mapping[str, float] = MappingProxyType({})) -> Facts:
        """Return what is true at that minute. Args: see `moment`."""
        now = self.moment(minute, given)
        if now == 0.0:
            return self.start
        share = (now - self.onset) / (self.end - self.onset)
        vitals = {name: _between(name, getattr(self.start.vitals, name), to, share) for name, to in self.target.items()}
        gained = {name: True for at, name in self.gains if at <= now}
        return replace(self.start, vitals=self.start.vitals.with_(**vitals), flags={**self.start.flags, **gained})

    def effect(self, intervention: str, minute: float, given: Mapping[str, float]) -> Effect:
        """Return what an intervention is worth at that minute."""
        begun = self.moment(minute, given) > 0.0
        if intervention in self.right:
            return "right"
        if begun and intervention in self.later:
            return "late"
        return "harmless" if intervention in self.harmless or (begun and intervention in self.stops) else "wrong"


def course_of(patient: BedsidePatient) -> Course:
    """Return the course of this patient; it depends on the case alone.

    A named task keeps the severity it was written for, so only its level 2 patients get worse.
    """
    arrival = decide(patient.start)
    level = arrival.level
    named = patient.tier is not None and level > 2
    ways = [] if named else [rule for rule in courses().course if level in rule.from_ and rule.fits(patient)]
    rows: list[CareRule] = [*ways, *(row for row in courses().care if row.fits(patient))]
    right = frozenset(name for row in rows for name in row.right) if level <= 3 else frozenset[str]()
    harmless = {name for row in rows for name in row.harmless}
    if level <= 2:
        harmless |= {*courses().harmless_when_urgent}
    still = Course(patient.start, arrival, right=right, harmless=frozenset(harmless - right))
    for rule in ways:
        draws = Draws("bedside.course", 0, patient.case_id, rule.id)
        if draws.chance(rule.chance):
            return _drawn(still, rule, draws)
    return still


def _drawn(still: Course, rule: CourseRule, draws: Draws) -> Course:
    onset = round(draws.between(*rule.onset), 1)
    span = round(draws.between(*rule.span), 1)
    start, target = still.start, {}
    if rule.profile is not None and start.age_years is not None:
        target = sample_vitals(draws, start.age_years, rule.profile)
    if rule.gcs is not None:
        target["gcs"] = float(round(draws.between(*rule.gcs)))
    moves = {
        name: value
        for name, value in target.items()
        if (now := getattr(start.vitals, name)) is not None and _worse(name, now, value, rule.falls)
    }
    gains = sorted((round(onset + share * span, 2), name) for name, share in rule.gains.items() if not start[name])
    return replace(
        still, rule=rule, onset=onset, end=onset + span, target=moves, gains=tuple(gains),
        later=frozenset(rule.later) - still.right,
    )  # fmt: skip


def _worse(name: str, now: float, to: float, falls: tuple[str, ...]) -> bool:
    """Return whether moving there is a move to the bad side."""
    if name == "temp_c":
        return to > max(now, _FEVERISH_C)
    return to < now if name in _LOWER_IS_WORSE or name in falls else to > now


def _between(name: str, start: float, to: float, share: float) -> float:
    return round(start + (to - start) * share, 1 if name == "temp_c" else 0)


def facts_at(patient: BedsidePatient, minute: float, treated: frozenset[str] = frozenset()) -> Facts:
    """Return what is true of the patient at that minute, with `treated` given on arrival.

    Keep the `Course` instead where many minutes are asked for: this draws it anew.
    """
    return course_of(patient).facts_at(minute, dict.fromkeys(treated, 0.0))


__all__ = ["Course", "Effect", "course_of", "facts_at"]
