"""Moments of an episode by name: a key is one short text, and `state_at` replays up to it.

States come from a fixed policy, the behaviour, so that they leave something to do: by the book, nothing at all, by the
book with the role in question idle, or a mix in which every role is idle in half of its steps by draw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from triagelab.errors import BadInputError, UnknownNameError
from triagelab.hospital.acts import Act
from triagelab.hospital.hospital import Hospital, begin
from triagelab.hospital.tables import ROLES, scenarios
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book
from triagelab.seeding import derive_seed, unit

BEHAVIOURS: tuple[str, ...] = ("book", "nothing", "idle", "mix")
"""Policies that lead to a state."""
MOST_STEPS = 200
"""Steps of the longest episode that a key may name."""
_CACHED = 256


@dataclass(frozen=True, slots=True)
class StateKey:
    """One moment of one episode, seen by one role.

    Attributes:
        steps: length of the episode; `step`: decision steps that were played before this moment.
        behaviour: who played them, see `BEHAVIOURS`.

    Raises: UnknownNameError, BadInputError for a key that is none.
    """

    scenario: str
    difficulty: float
    seed: int
    steps: int
    step: int
    role: str
    behaviour: str = "mix"

    def __post_init__(self) -> None:
        if self.scenario not in scenarios():
            raise UnknownNameError("state: scenario", self.scenario, scenarios())
        if self.role not in ROLES:
            raise UnknownNameError("state: role", self.role, ROLES)
        if self.behaviour not in BEHAVIOURS:
            raise UnknownNameError("state: behaviour", self.behaviour, BEHAVIOURS)
        if not 0.0 <= self.difficulty <= 1.0:
            raise BadInputError("state: difficulty", self.difficulty, "0 to 1")
        if not 1 <= self.steps <= MOST_STEPS:
            raise BadInputError("state: steps", self.steps, f"1 to {MOST_STEPS}")
        if not 0 <= self.step < self.steps:
            raise BadInputError("state: step", self.step, f"0 to {self.steps - 1}")
        if not 0 <= self.seed < 2**31:
            raise BadInputError("state: seed", self.seed, "0 to 2147483647")

    @property
    def text(self) -> str:
        """The key as one text, `scenario:difficulty:seed:steps:step:role:behaviour`."""
        where = f"{self.scenario}:{self.difficulty!r}:{self.seed}:{self.steps}:{self.step}"
        return f"{where}:{self.role}:{self.behaviour}"

    @classmethod
    def parse(cls, text: str) -> StateKey:
        """Return the key of a text. Raises: BadInputError, UnknownNameError."""
        parts = text.split(":")
        try:
            scenario, difficulty, seed, steps, step, role, behaviour = parts
            numbers = float(difficulty), int(seed), int(steps), int(step)
        except ValueError as error:
            raise BadInputError("state", text, "scenario:difficulty:seed:steps:step:role:behaviour") from error
        return cls(scenario, *numbers, role, behaviour)


def state_at(key: StateKey) -> Hospital:
    """Return the hospital at a moment; every call gives a branch of its own."""
    return snapshot(key).clone()


def snapshot(key: StateKey) -> Hospital:
    """Return the kept hospital at a moment: to look at or to clone, never to step."""
    idle = key.role if key.behaviour == "idle" else ""
    return _reach(key.scenario, key.difficulty, key.seed, key.steps, key.step, key.behaviour, idle)


@lru_cache(maxsize=_CACHED)
def _reach(scenario: str, difficulty: float, seed: int, steps: int, step: int, behaviour: str, idle: str) -> Hospital:
    if step == 0:
        return begin(scenario, difficulty, seed, steps)
    h = _reach(scenario, difficulty, seed, steps, step - 1, behaviour, idle).clone()
    h.step(_PLAYS[behaviour](h, idle))
    return h


def _book(h: Hospital, idle: str) -> dict[str, list[Act]]:
    return {role: by_the_book(View(h, role)) for role in ROLES if role != idle}


def _nothing(h: Hospital, idle: str) -> dict[str, list[Act]]:
    return {}


def _mix(h: Hospital, idle: str) -> dict[str, list[Act]]:
    draw = derive_seed("crisis-state-mix", h.plan.seed)
    plays = [role for place, role in enumerate(ROLES) if unit(draw, h.steps_done, place) < 0.5]
    return {role: by_the_book(View(h, role)) for role in plays}


_PLAYS: dict[str, Callable[[Hospital, str], dict[str, list[Act]]]] = {
    "book": _book,
    "nothing": _nothing,
    "idle": _book,
    "mix": _mix,
}

__all__ = ["BEHAVIOURS", "StateKey", "snapshot", "state_at"]
