"""Decision steps a second of the hospital in one process: nobody acts, the playbook plays all six roles, random acts.

A step is all six views, all six roles' acts and 15 minutes of hospital. Seeds are new in every repeat, so that nothing
but tables is cached beforehand; making the plan of an episode is timed by itself. Difficulty is chosen so that about 50
patients are in the plan. Targets: at least 2 000 steps a second with the playbook, a clone in under 0.3 ms.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

from triagelab.hospital.acts import ACTS, Act, Field
from triagelab.hospital.hospital import Hospital, begin
from triagelab.hospital.tables import ROLES, scenarios
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book
from triagelab.seeding import Generator, stream

EPISODES = int(os.environ.get("TRIAGELAB_BENCH_EPISODES", "12"))
REPEATS = 5
STEPS = 20
PATIENTS = 50
Play = Callable[[Hospital], Mapping[str, object]]


def nothing(h: Hospital) -> Mapping[str, object]:
    return {}


def playbook(h: Hospital) -> Mapping[str, object]:
    return {role: by_the_book(View(h, role)) for role in ROLES}


def random_acts(rng: Generator) -> Play:
    """Return a player that draws three well-formed acts a role, about patients, orders and staff that exist."""

    def value(h: Hospital, name: str, field: Field) -> Any:
        pool = {"patient": list(h.here), "order": list(h.orders), "staff": list(h.by_staff), "drug": list(h.stock)}
        if field.words:
            return field.words[int(rng.integers(len(field.words)))]
        if name in pool:
            return pool[name][int(rng.integers(len(pool[name])))] if pool[name] else "none"
        known = {"unit": "mg", "route": "iv", "on": True}
        return known.get(name, 1 + int(rng.integers(3)) if field.kind in ("number", "count") else "nothing")

    def play(h: Hospital) -> Mapping[str, object]:
        acts: dict[str, list[Act]] = {}
        for role in ROLES:
            kinds = list(ACTS[role])
            chosen = [kinds[int(rng.integers(len(kinds)))] for _ in range(3)]
            acts[role] = [
                Act(role, kind, {name: value(h, name, field) for name, field in ACTS[role][kind].items()})
                for kind in chosen
            ]
        return acts

    return play


def difficulty_for(scenario: str, patients: int = PATIENTS) -> float:
    """Return the difficulty, in tenths, at which the plan comes nearest to so many patients."""
    counts = {tenth: len(begin(scenario, tenth / 10, 0, STEPS).patients) for tenth in range(11)}
    return min(counts, key=lambda tenth: abs(counts[tenth] - patients)) / 10


def speed(play: Play, scenario: str, difficulty: float, first_seed: int) -> tuple[float, float, int]:
    """Return steps a second, plans a second and the most patients of `EPISODES` episodes."""
    before = time.perf_counter()
    hospitals = [begin(scenario, difficulty, first_seed + place, STEPS) for place in range(EPISODES)]
    made = time.perf_counter()
    for h in hospitals:
        while not h.done:
            h.step(play(h))
    played = time.perf_counter() - made
    patients = max(len(h.patients) for h in hospitals)
    return EPISODES * STEPS / played, EPISODES / (made - before), patients


def clone_ms(scenario: str, difficulty: float) -> float:
    """Return milliseconds of a clone in the middle of an episode: the best of several hundred."""
    h = begin(scenario, difficulty, 1, STEPS)
    while h.steps_done < STEPS // 2:
        h.step(playbook(h))
    best = 1.0
    for _ in range(300):
        before = time.perf_counter()
        h.clone()
        best = min(best, time.perf_counter() - before)
    return 1000 * best


def run() -> dict[str, Any]:
    """Return, by scenario and player, steps a second: the best and the median of the repeats."""
    result: dict[str, Any] = {"repeats": REPEATS, "episodes_a_repeat": EPISODES, "steps_an_episode": STEPS}
    rng = stream("bench.crisis", 0)
    for scenario in scenarios():
        difficulty = difficulty_for(scenario)
        figures: dict[str, Any] = {"difficulty": difficulty}
        for name, play in (("nothing", nothing), ("playbook", playbook), ("random", random_acts(rng))):
            speed(play, scenario, difficulty, 900_000)  # tables are loaded once
            runs = [speed(play, scenario, difficulty, 1_000 * (1 + repeat)) for repeat in range(REPEATS)]
            rates = [rate for rate, _, _ in runs]
            figures[name] = {"best": round(max(rates)), "median": round(statistics.median(rates))}
            figures["patients"] = runs[0][2]
            if name == "nothing":
                figures["plans_per_s"] = round(max(plans for _, plans, _ in runs))
        figures["clone_ms"] = round(clone_ms(scenario, difficulty), 3)
        result[scenario] = figures
    result["load_average"] = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return result


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
