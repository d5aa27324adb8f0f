"""Resource bounds: episodes end, steps are quick; memory, threads and open files do not grow with their number."""

from __future__ import annotations

import gc
import statistics
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from triagelab.envs.check.lab import Failed, Lab, Skip
from triagelab.envs.check.players import Act, cycle, play, random_act

WARM_UP = 0.4
"""Share of the episodes before memory is first measured: caches fill up once."""


def resource_bounds(lab: Lab) -> str:
    """Every way to play ends within max_steps, steps stay within their time, and memory stays where it is."""
    limit = lab.policy.max_steps
    if limit is None:
        raise Skip("no max_steps is declared")
    longest = _ends(lab, limit)
    seconds = sorted(_step_seconds(lab))
    slow = seconds[int(0.9 * (len(seconds) - 1))]
    if slow > lab.policy.limits.step_seconds:
        raise Failed(f"nine of ten steps take up to {slow * 1e3:.1f} ms; declared is "
                     f"{lab.policy.limits.step_seconds * 1e3:g} ms")  # fmt: skip
    memory = "memory of a server cannot be seen" if lab.target.remote else _memory(lab)
    middle = statistics.median(seconds) * 1e3
    return f"longest episode {longest} of {limit} steps; step {middle:.2f} ms, nine of ten {slow * 1e3:.2f}; {memory}"


def _ends(lab: Lab, limit: int) -> int:
    """Return the steps of the longest episode. Raises: Failed for one that does not end."""
    longest = 0
    for name, act in _stubborn(lab):
        for case in lab.some()[:4]:
            path = lab.run(case, act, limit + 1)
            if path.refused is not None:
                continue
            if not path.done or len(path.turns) > limit:
                raise Failed(f"{case.key}: {name} is still going on after {limit} steps, the declared end")
            longest = max(longest, len(path.turns))
    return longest


def _stubborn(lab: Lab) -> list[tuple[str, Act]]:
    """Return ways to play that could go on for ever."""
    found = [(player.name, player.act) for player in lab.lazy("nothing")]
    found += [(f"probe {place + 1} for ever", cycle([action])) for place, action in enumerate(lab.policy.probes[:3])]
    return [*found, ("random", random_act(lab.policy))]


def _step_seconds(lab: Lab) -> list[float]:
    act = random_act(lab.policy)
    return [seen.seconds for case in lab.some() for _, seen in lab.run(case, act).turns]


def _memory(lab: Lab) -> str:
    """Return one line on memory. Raises: Failed where anything grows with every episode, in one session or in many."""
    count = lab.budget.episodes
    cases = [case for suite in lab.policy.suites for case in lab.share(suite, min(count, 8))]
    act, allowed = random_act(lab.policy), lab.policy.limits.bytes_per_episode
    held = _held()
    started_here = not tracemalloc.is_tracing()
    if started_here:
        tracemalloc.start()
    try:
        with lab.session() as session:
            used = _growth(count, allowed, lambda place: play(session, cases[place % len(cases)], act, lab.limit))
        opened = _growth(count, allowed, lambda place: lab.run(cases[place % len(cases)], act))
    finally:
        if started_here:
            tracemalloc.stop()
    if (left := _held() - held) > count:
        raise Failed(f"{2 * count} episodes leave {left} threads and open files behind")
    for what, grown in (("in one session", used), ("with a session each", opened)):
        if grown > allowed:
            raise Failed(f"memory grows by {grown:.0f} bytes an episode {what}; allowed are {allowed}")
    return f"memory grows by {max(used, opened, 0.0):.0f} bytes an episode"


def _held() -> int:
    """Return how many threads, and where /dev/fd lists them open files, this process has."""
    files = Path("/dev/fd")
    return threading.active_count() + (sum(1 for _ in files.iterdir()) if files.is_dir() else 0)


def _growth(count: int, enough: float, once: Callable[[int], object]) -> float:
    """Return bytes an episode that stay after it, once caches are warm."""
    warm = int(count * WARM_UP)
    before = 0
    for place in range(count):
        if place == warm:
            gc.collect(1)
            before = tracemalloc.get_traced_memory()[0]
        once(place)
    gc.collect(1)
    grown = (tracemalloc.get_traced_memory()[0] - before) / (count - warm)
    if grown <= enough:
        return grown
    gc.collect()  # seconds in a large process, so only where something seems to have stayed
    return (tracemalloc.get_traced_memory()[0] - before) / (count - warm)
