"""What acts do: the hospital rolled forward from one state with and without them, everything else the same.

The other roles act by the book now, and everybody does afterwards. Nobody dies in a rollout (`Hospital.mortal` False):
the hazard that is added gives expected deaths, so luck neither pays nor costs, and one pair of rollouts is exact. Draws
are keyed by patient and time, so both branches meet the same arrivals, incidents and failures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from triagelab.hospital.acts import Act, Refusal
from triagelab.hospital.hospital import Hospital
from triagelab.hospital.ledger import Ledger
from triagelab.hospital.patient import GONE
from triagelab.hospital.results import Result
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book
from triagelab.rewards.crisis.states import StateKey, snapshot

HORIZON = 8
"""Decision steps of a rollout, the one in question included: two hours."""
WRONG, LATE = 1.5, 0.25
"""What a wrong act, and a duty that is open for one more step, cost in duties done. Assumed."""
_INTENSIVE = ("critical_care", "harm", "ventilation")
_FIT = 0.12
"""Severity at or below which intensive care is no longer needed."""


@dataclass(frozen=True, slots=True)
class Course:
    """What became of a state.

    Attributes:
        deaths: expected deaths over the horizon, of everybody.
        duty: what the role had done, less what it did wrong, missed or left open.
        icu: mean over the steps, negative: needs of intensive care or a ventilator that are not met, and beds and
            ventilators that serve nobody's need.
        results: what became of the role's own acts. `caught`: ids of incidents that its acts stopped.
    """

    deaths: float
    duty: float
    icu: float
    results: tuple[Result, ...]
    caught: frozenset[str]


@dataclass(frozen=True, slots=True)
class Stakes:
    """What a state holds for a role: the courses of doing nothing and of the book, and the book's acts."""

    nothing: Course
    book: Course
    acts: tuple[Act, ...]


def course_of(key: StateKey, acts: Sequence[Act], refused: Sequence[Refusal] = ()) -> Course:
    """Return what becomes of a state when the role takes these acts. Same arguments, same course.

    Args:
        refused: what the role sent beside them and nobody could read; each counts as a wrong act.
    """
    frozen = tuple((act.kind, tuple(act.args.items())) for act in acts)
    return _course(key, frozen, len(refused))


@lru_cache(maxsize=4096)
def stakes_of(key: StateKey) -> Stakes:
    """Return the two courses between which a completion is judged."""
    acts = tuple(by_the_book(View(snapshot(key), key.role)))
    return Stakes(course_of(key, ()), course_of(key, acts), acts)


def prevented(stakes: Stakes, course: Course) -> float:
    """Return the expected deaths that a course prevents against doing nothing, those of diverted patients included."""
    return stakes.nothing.deaths - course.deaths


@lru_cache(maxsize=1024)
def _others(key: StateKey) -> dict[str, list[Act]]:
    return {role: by_the_book(View(snapshot(key), role)) for role in ROLES if role != key.role}


_Frozen = tuple[tuple[str, tuple[tuple[str, object], ...]], ...]


@lru_cache(maxsize=4096)
def _course(key: StateKey, frozen: _Frozen, refused: int) -> Course:
    acts = [Act(key.role, kind, dict(args)) for kind, args in frozen]
    h = snapshot(key).clone()
    h.mortal = False
    before = {name: patient.hazard for name, patient in h.patients.items() if patient.alive}
    open_before = frozenset(
        name for name, found in h.incidents.items() if found.kind is not None and found.status == "open"
    )
    first = _counts(h, key.role)
    watched = h.ledger = _Watched(h.ledger)
    report = h.step({**_others(key), key.role: acts})
    results = tuple(result for result in report.results if result.act.role == key.role)
    caught = _caught(h, results, open_before)
    left = sum(1 for role, about in watched.dropped if role == key.role and _sent_away(h, about))
    late, icu = _open(h, key.role), _served(h)
    for _ in range(HORIZON - 1):
        h.step({role: by_the_book(View(h, role)) for role in ROLES})
        late += _open(h, key.role)
        icu += _served(h)
    done, wrong, missed = (now - then for now, then in zip(_counts(h, key.role), first, strict=True))
    deaths = sum(
        1.0 - math.exp(before.get(name, 0.0) - patient.hazard)
        for name, patient in h.patients.items()
        if patient.arrived and patient.alive
    )
    duty = done - WRONG * (wrong + refused) - missed - LATE * late - left * (1.0 + LATE * HORIZON)
    return Course(deaths, duty, icu / HORIZON, results, caught)


class _Watched(Ledger):
    """A ledger that keeps what was taken back: a duty that ends because its patient was sent away is not done."""

    __slots__ = ("dropped",)

    def __init__(self, ledger: Ledger) -> None:
        for name in Ledger.__slots__:
            setattr(self, name, getattr(ledger, name))
        self.dropped: list[tuple[str, str]] = []

    def drop(self, role: str, what: str, about: str) -> None:
        """Take a duty back and keep whose it was, and about whom."""
        if (role, what, about) in self.open:
            self.dropped.append((role, about))
        super().drop(role, what, about)


def _sent_away(h: Hospital, about: str) -> bool:
    found = h.patients.get(about)
    return found is not None and found.alive and found.area in GONE


def _counts(h: Hospital, role: str) -> tuple[int, int, int]:
    return h.ledger.done[role], h.ledger.wrong[role], h.ledger.missed[role]


def _open(h: Hospital, role: str) -> int:
    return sum(1 for duty in h.ledger.open if duty[0] == role)


def _caught(h: Hospital, results: Sequence[Result], were_open: frozenset[str]) -> frozenset[str]:
    """Return the incidents that were open and that an act of the role names and stopped."""
    named = {str(value) for result in results for value in result.act.args.values() if result.right}
    return frozenset(name for name in named & were_open if h.incidents[name].status == "caught")


def _served(h: Hospital) -> float:
    """Return, negative, patients who lack intensive care or a ventilator they need, and what serves nobody's need."""
    short = 0
    for patient in h.here.values():
        intensive = False
        for need in patient.needs:
            if need.kind in _INTENSIVE and need.s > _FIT and need.onset_min <= h.minute:
                intensive = True
                short += need.met_at is None
        if not intensive:
            short += (patient.area == "icu") + patient.ventilator
    return -float(short)


__all__ = ["HORIZON", "Course", "Stakes", "course_of", "prevented", "stakes_of"]
