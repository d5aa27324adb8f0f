"""Speed of the rules agent's parts: microseconds a note for reading, forecast, probabilities and questions."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from triagelab.agents.rules import RulesAgent, prediction
from triagelab.agents.rules_ask import ask
from triagelab.agents.rules_reader import probabilities
from triagelab.cases.generator import generate
from triagelab.clinical.resources import forecast

NOTES = 1_000


def run() -> dict[str, Any]:
    """Return notes/s of the agent for both decisions, and what its parts take on one core."""
    notes = [case.presentation for case in generate(NOTES, 0, "train")]
    seen = [RulesAgent().assess(note) for note in notes]
    parts: dict[str, Callable[[], object]] = {
        "forecast": lambda: [forecast(found.facts, found.picture.present) for found in seen],
        "probabilities": lambda: [probabilities(found.decision, found.forecast) for found in seen],
        "ask": lambda: [ask(found.decision, found.forecast, found.options) for found in seen],
        "prediction": lambda: [prediction(found) for found in seen],
    }
    speeds = {f"{name}_us_a_note": round(_seconds(work) / NOTES * 1e6, 1) for name, work in parts.items()}
    for decision in ("preferred", "cost"):
        agent = RulesAgent(decision=decision)
        speeds[f"{decision}_notes_per_s"] = round(NOTES / _seconds(lambda agent=agent: agent.predict(notes)))
    return speeds


def _seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    print(run())
