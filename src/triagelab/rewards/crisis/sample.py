"""States to judge a reward on: drawn over scenarios, roles, difficulties and behaviours, with something left to do."""

from __future__ import annotations

from collections.abc import Sequence

from triagelab.errors import BadInputError
from triagelab.hospital.tables import ROLES, scenarios
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book
from triagelab.rewards.crisis.states import StateKey, snapshot
from triagelab.seeding import stream

_TRIES = 60
"""Draws a state; roles such as IT have nothing to do in most."""


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
    place = failures = 0
    while len(found) < count:
        key = StateKey(
            scenario=names[(len(found) // len(roles)) % len(names)],
            difficulty=round(float(draw.uniform(0.2, 1.0)), 2),
            seed=int(draw.integers(0, 100_000)),
            steps=steps,
            step=int(draw.integers(1, max(2, (4 * steps) // 5))),
            role=roles[(place + failures // _TRIES) % len(roles)],
            behaviour="mix" if draw.random() < 0.5 else "idle",
        )
        if quiet or by_the_book(View(snapshot(key), key.role)):
            found.append(key)
            place += 1
        else:
            failures += 1
            if failures > _TRIES * max(len(roles), count):
                raise BadInputError("states", count, f"at most {len(found)} of these roles have something to do")
    return tuple(found)


__all__ = ["draw_states"]
