"""Proof of a replay: the recorded acts, played again from the seed, give every recorded state."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from triagelab.evaluation.crisis_replay import Replay
from triagelab.evaluation.crisis_replay_record import Recorder, deaths_of_nothing
from triagelab.hospital.hospital import begin
from triagelab.hospital.plan import STEP_MIN


class Proof(NamedTuple):
    """Whether a replay is what its seed and acts give. `states`: states compared; `difference`: the first one."""

    states: int
    difference: str | None

    @property
    def agrees(self) -> bool:
        return self.difference is None


def prove(replay: Replay) -> Proof:
    """Play the recorded acts again from the seed and compare every state, result, death and number of the record.

    What the simulator does not know is not proven: the name of the policy, what roles said, the version.

    Raises: UnknownNameError or BadInputError for a scenario or size that this version does not have.
    """
    header = replay.header
    h = begin(header.scenario, header.difficulty, header.seed, header.steps)
    recorder = Recorder(h, header.policy, header.roles)
    kept = {"triagelab": header.triagelab}
    found = _difference("header", header.model_dump() | kept, recorder.header.model_dump() | kept)
    if found:
        return Proof(0, found)
    for place, step in enumerate(replay.steps):
        report = h.step(step.acts)
        again = recorder.step(h, step.acts, report, step.said, step.unread)
        found = _difference(f"step {place} (minute {place * STEP_MIN})", step.model_dump(), again.model_dump())
        if found:
            return Proof(place + 1, found)
    nothing = deaths_of_nothing(header.scenario, header.difficulty, header.seed, header.steps)
    again = recorder.end(h, nothing)
    return Proof(len(replay.steps) + 1, _difference("end", replay.end.model_dump(), again.end.model_dump()))


def _difference(where: str, recorded: Any, now: Any) -> str | None:
    """Return the first difference in words, None where both agree; numbers may differ in the tenth digit."""
    if isinstance(recorded, dict) and isinstance(now, dict):
        for name in [*recorded, *(name for name in now if name not in recorded)]:
            if name not in recorded or name not in now:
                return f"{where}.{name}: only {'recorded' if name in recorded else 'now'}"
            # The digest covers everything: what is shown of a state is the clearer place to name, so it comes last.
            if name != "digest" and (found := _difference(f"{where}.{name}", recorded[name], now[name])):
                return found
        same = recorded.get("digest") == now.get("digest")
        return None if same else f"{where}.digest: recorded {recorded['digest']}, now {now['digest']}"
    if isinstance(recorded, list | tuple) and isinstance(now, list | tuple):
        if len(recorded) != len(now):
            return f"{where}: {len(recorded)} recorded, {len(now)} now"
        pairs = enumerate(zip(recorded, now, strict=True))
        return next((found for at, (a, b) in pairs if (found := _difference(f"{where}.{at}", a, b))), None)
    if isinstance(recorded, float) or isinstance(now, float):
        close = (
            isinstance(recorded, int | float)
            and isinstance(now, int | float)
            and math.isclose(recorded, now, rel_tol=1e-9, abs_tol=1e-9)
        )
        return None if close else f"{where}: recorded {recorded!r}, now {now!r}"
    return None if recorded == now else f"{where}: recorded {str(recorded)[:60]!r}, now {str(now)[:60]!r}"


__all__ = ["Proof", "prove"]
