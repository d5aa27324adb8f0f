"""States to judge a reward on: drawn over scenarios, roles, difficulties and behaviours, with something left to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from triagelab.errors import BadInputError
from triagelab.hospital.tables import ROLES, scenarios
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book
from triagelab.rewards.crisis.states import StateKey, snapshot
from triagelab.seeding import stream

_TRIES = 20
"""Episodes that are tried for one role; IT has nothing to do in some."""


def draw_states(
    count: int, seed: int = 0, *, quiet: bool = False, roles: Sequence[str] = ROLES, steps: int = 20
) -> tuple[StateKey, ...]:
    """Return states, roles and scenarios in turn. Same arguments, same states.

    Args:
        quiet: also those in which the book does nothing.

    Raises: BadInputError where hardly any state leaves the roles something to do.
    """
    draw = stream("crisis-sample", seed)
    names = tuple(scenarios())
    found: list[StateKey] = []
    failures = 0
    while len(found) < count:
        first = StateKey(
            scenario=names[(len(found) // len(roles)) % len(names)],
            difficulty=round(float(draw.uniform(0.2, 1.0)), 2),
            seed=int(draw.integers(0, 100_000)),
            steps=steps,
            step=int(draw.integers(1, max(2, (3 * steps) // 5))),
            role=roles[(len(found) + failures // _TRIES) % len(roles)],
            behaviour="mix" if draw.random() < 0.5 else "idle",
        )
        key = first if quiet else _busy(first)
        if key is not None:
            found.append(key)
        else:
            failures += 1
            if failures > _TRIES * max(len(roles), count):
                raise BadInputError("states", count, f"at most {len(found)} of these roles have something to do")
    return tuple(found)


def _busy(first: StateKey) -> StateKey | None:
    """Return the first moment from `first` on in which the book acts, None where there is none in that episode."""
    for step in range(first.step, first.steps - 1):
        key = replace(first, step=step)
        if by_the_book(View(snapshot(key), key.role)):
            return key
    return None


__all__ = ["draw_states"]
