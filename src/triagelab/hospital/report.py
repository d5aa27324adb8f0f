"""What a decision step came to."""

from __future__ import annotations

from typing import NamedTuple

from triagelab.hospital.acts import Refusal
from triagelab.hospital.results import Result


class Report(NamedTuple):
    """One decision step: what became of the acts, and what happened until the next one.

    Attributes:
        hazard: expected deaths of the step: the hazard that was added over all patients.
        deaths: ids. `happened`: (minute, words) in order.
        caught, lapsed: incidents that were caught or did their harm; `false_flags`: flags on nothing.
        wrong: acts that were wrong; `blocked`: acts that a safety rule blocked.
    """

    minute: float
    results: tuple[Result, ...]
    refusals: tuple[Refusal, ...]
    hazard: float
    deaths: tuple[str, ...]
    happened: tuple[tuple[float, str], ...]
    caught: int
    lapsed: int
    false_flags: int
    wrong: int
    blocked: int
