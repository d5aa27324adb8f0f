"""Expected deaths in each scenario with all roles by the playbook, with none, and with one role away.

    python bench/crisis_roles.py [SEEDS]

Prints the table of docs/crisis-simulator.md.
"""

from __future__ import annotations

import sys

from triagelab.hospital.hospital import begin
from triagelab.hospital.tables import ROLES, scenarios
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book


def expected_deaths(scenario: str, seed: int, playing: tuple[str, ...]) -> float:
    """Return the expected deaths of one episode at difficulty 0.5, 20 steps, in which these roles play."""
    hospital = begin(scenario, 0.5, seed, 20)
    hospital.mortal = False
    while not hospital.done:
        hospital.step({role: by_the_book(View(hospital, role)) for role in playing})
    return hospital.expected_deaths()


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    casts: dict[str, tuple[str, ...]] = {"nobody": (), "all six": tuple(ROLES)}
    casts |= {f"no {away}": tuple(role for role in ROLES if role != away) for away in ROLES}
    print("| scenario | " + " | ".join(casts) + " |")
    print("|---" * (len(casts) + 1) + "|")
    for scenario in scenarios():
        means = [sum(expected_deaths(scenario, seed, cast) for seed in range(seeds)) / seeds for cast in casts.values()]
        print(f"| `{scenario}` | " + " | ".join(f"{mean:.1f}" for mean in means) + " |")


if __name__ == "__main__":
    main()
