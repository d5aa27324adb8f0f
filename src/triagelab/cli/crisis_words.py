"""What is told of a step of a crisis in words: clock, trends, the sickest, acts, and deaths beside doing nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence

from triagelab.cli.highlight import one_line
from triagelab.evaluation.crisis_replay import PatientNow, Snapshot, Step
from triagelab.evaluation.crisis_replay_page import act_words

BARS, ASCII_BARS = "▁▂▃▄▅▆▇█", "_.-=+*#@"
PLACES = ("waiting", "resus", "bay", "isolation", "overflow", "theatre", "icu", "ward")
SHORT_ROLES = {
    "er_triage": "ER",
    "icu_management": "ICU",
    "pharmacy": "Rx",
    "hr_rostering": "HR",
    "it_systems": "IT",
    "cmo_oversight": "CMO",
}
STATUSES = ("done", "refused", "blocked", "held")


class Nothing:
    """Who dies of the same patients when nobody acts, worked out beside the episode."""

    def __init__(self, scenario: str, difficulty: float, seed: int, steps: int) -> None:
        self._deaths: Mapping[str, float] | None = None
        self._thread = threading.Thread(target=self._find, args=(scenario, difficulty, seed, steps), daemon=True)
        self._thread.start()

    def _find(self, scenario: str, difficulty: float, seed: int, steps: int) -> None:
        from triagelab.evaluation.crisis_replay_record import deaths_of_nothing

        self._deaths = deaths_of_nothing(scenario, difficulty, seed, steps)

    def wait(self) -> Nothing:
        """Return itself as soon as the answer is there."""
        self._thread.join()
        return self

    def at(self, minute: float) -> int | None:
        """Return how many are dead by a minute, None while it is still being worked out."""
        found = self._deaths
        return None if found is None else sum(1 for died in found.values() if died <= minute)


def clock(minute: float) -> str:
    """Return minutes as hours and minutes."""
    return f"{int(minute) // 60}:{int(minute) % 60:02d}"


def trend(values: Sequence[float], low: float, high: float, bars: str = BARS) -> str:
    """Return values as a row of bars; what lies outside of the ends stands at the end."""
    top = len(bars) - 1
    return "".join(bars[round(top * min(1.0, max(0.0, (value - low) / (high - low))))] for value in values)


def sickest(state: Snapshot, most: int) -> list[tuple[str, PatientNow]]:
    """Return the living patients in hospital with the worst need first; a truth of the simulator, not of its staff."""
    here = [(name, one) for name, one in state.patients.items() if one.alive and one.area in PLACES]
    return sorted(here, key=lambda pair: (-pair[1].severity, pair[0]))[:most]


def feed(step: Step) -> Iterator[tuple[str, str, str, str]]:
    """Yield role, act, status and reason of a step: what was blocked, refused or held first, then what was done."""
    for one in sorted(step.results, key=lambda one: one.status == "done"):
        what = act_words(one.act) if one.act is not None else "not an act"
        yield SHORT_ROLES.get(one.role, one_line(one.role, 12)), one_line(what, 80), one.status, one_line(one.reason)


def saved_words(state: Snapshot, nothing: int | None, short: bool = False) -> str:
    """Return the deaths so far beside those of doing nothing."""
    if nothing is None:
        return f"deaths {state.deaths}"
    if short:
        return f"deaths {state.deaths}, prevented {nothing - state.deaths}"
    return f"deaths {state.deaths}, if nobody acted {nothing}, prevented {nothing - state.deaths}"


def plain_line(step: Step, steps: int, nothing: int | None) -> str:
    """Return one step in one line, for output that is no terminal."""
    state = step.state
    taken = " ".join(f"{area} {state.beds[area][0]}" for area in PLACES if area in state.beds and state.beds[area][0])
    counts = {status: sum(1 for one in step.results if one.status == status) for status in STATUSES}
    acts = ", ".join(f"{count} {status}" for status, count in counts.items() if count) or "no acts"
    died = f"; died: {', '.join(step.deaths)}" if step.deaths else ""
    return f"{clock(state.minute)} step {step.step + 1}/{steps}: {saved_words(state, nothing)}; {taken}; {acts}{died}"


__all__ = ["Nothing", "clock", "feed", "plain_line", "saved_words", "sickest", "trend"]
