"""Speed of the note reader and of the rules agent: notes a second, and that time grows with length and nothing else."""

from __future__ import annotations

import time
from typing import Any

from triagelab.agents.rules import RulesAgent
from triagelab.cases.extraction import extract
from triagelab.cases.generator import generate

NOTES = 2_000
NOISE = ("no ", "pain, ", "1/", "chest ", "(-) ", "a|", "history of ", "HR ", "9")


def run() -> dict[str, Any]:
    """Return notes/s of `extract` and of the agent on one core, and seconds for 100 and 400 kB of each noise."""
    cases = generate(NOTES, 0, "train")
    notes = [case.presentation.narrative for case in cases]
    extract(notes[0])
    reading = _seconds(lambda: [extract(note) for note in notes])
    agent = RulesAgent()
    deciding = _seconds(lambda: agent.predict([case.presentation for case in cases]))
    noise = {text.strip(): _growth(text) for text in NOISE}
    return {
        "words_a_note": round(sum(len(note.split()) for note in notes) / NOTES, 1),
        "extract_notes_per_s": round(NOTES / reading),
        "rules_agent_notes_per_s": round(NOTES / deciding),
        "noise_s_100kB_400kB": noise,
    }


def _growth(text: str) -> tuple[float, float]:
    small, large = text * (100_000 // len(text)), text * (400_000 // len(text))
    return round(_seconds(lambda: extract(small)), 3), round(_seconds(lambda: extract(large)), 3)


def _seconds(work: Any) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    print(run())
