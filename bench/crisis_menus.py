"""Mean return of four ways to choose from the menus of the PettingZoo environment, on disasters of dev.

    python bench/crisis_menus.py [CASES]

Prints the figures of docs/crisis-environment.md with 95 % intervals (normal).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from triagelab.envs.crisis_menu import MENU
from triagelab.envs.pettingzoo_env import CrisisParallelEnv
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book
from triagelab.seeding import stream

Choice = Callable[[str, list[dict[str, Any]]], Any]


def play(env: CrisisParallelEnv, choose: Choice, case: int) -> float:
    """Return the return of one episode; `choose` takes a role and its menu."""
    _, infos = env.reset(options={"case": case})
    total = 0.0
    while env.agents:
        bits = {role: np.array(choose(role, infos[role]["menu"]), np.int8) for role in env.agents}
        _, rewards, _, _, infos = env.step(bits)
        total += rewards[ROLES[0]]
    return total


def main() -> None:
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    env, rng = CrisisParallelEnv(split="dev"), stream("bench.crisis_menus", 1)

    def book(role: str, menu: list[dict[str, Any]]) -> list[int]:
        wanted = [act.to_dict() for act in by_the_book(View(env._episode.hospital, role))]
        bits = [int(offer in wanted) for offer in menu]
        return [*bits, *([0] * (MENU - len(bits)))]

    ways: dict[str, Choice] = {
        "nothing": lambda *_: [0] * MENU,
        "random bits": lambda *_: rng.integers(0, 2, MENU),
        "everything": lambda *_: [1] * MENU,
        "playbook": book,
    }
    for name, choose in ways.items():
        returns = np.array([play(env, choose, case) for case in range(cases)])
        print(f"{name}: {returns.mean():.2f} +- {1.96 * returns.std(ddof=1) / cases**0.5:.2f} (n = {cases})")


if __name__ == "__main__":
    main()
