"""Completions a second on one core, parse and every reward term included."""

from __future__ import annotations

import time
from collections.abc import Callable

from triagelab.completions.parser import parse
from triagelab.rewards.presets import load_preset
from triagelab.rewards.score import score

NOTE = (
    "54 y male, not intubated. Chest pain 8/10 since this morning, HR 104, RR 20, BP 142/88, SpO2 96%. History of MI."
)
WORDS = (
    "the patient is alert and talks in full sentences with pain in the left arm since the morning after a fall at work "
)


def completion(words: int) -> str:
    """Return a completion of about so many words in the asked form."""
    filler = (WORDS * (1 + words // 22)).split()
    parts = [" ".join(filler[: max(1, (words - 30) // 3)])] * 3
    return (
        f"EXTRACTION:\n- Chief complaint: {parts[0]}\n- Vital signs: HR 104, SpO2 96%\n- Red flags: {parts[1]}\n\n"
        f"ESI ALGORITHM:\n- Step A (lifesaving): no\n- Step B (high-risk): yes, {parts[2]}\n- Step C (resources): -\n"
        "- Step D (vitals): -\n\nANSWER: ESI 2\n"
    )


def per_second(work: Callable[[], object], seconds: float = 1.0) -> float:
    """Return how often a second `work` runs, best of three rounds."""
    best = 0.0
    for _ in range(3):
        count, begin = 0, time.perf_counter()
        while (passed := time.perf_counter() - begin) < seconds / 3:
            for _ in range(100):
                work()
            count += 100
        best = max(best, count / passed)
    return best


def run() -> dict[str, float]:
    """Return completions/s by preset for 150 and 770 words (about 1 024 tokens), and milliseconds for noise."""
    short, long = completion(150), completion(770)
    figures = {"words_short": float(len(short.split())), "words_long": float(len(long.split()))}
    for name in ("v46", "v49", "v49-published", "cost-v0"):
        spec = load_preset(name)
        score(spec, short, 2, note=NOTE)  # the note is read once a case
        figures[f"{name}_150_words_per_s"] = per_second(lambda spec=spec: score(spec, short, 2, note=NOTE))
        figures[f"{name}_1024_tokens_per_s"] = per_second(
            lambda spec=spec: score(spec, long, 2, note=NOTE, n_tokens=1024)
        )
    for label, noise in (("ascii", "answer: "), ("folded", "é\u200b ")):
        text = noise * (100_000 // len(noise))
        figures[f"noise_100kB_{label}_ms"] = 1000 / per_second(lambda text=text: parse(text), 0.5)
    return figures


if __name__ == "__main__":
    for key, value in run().items():
        print(f"{key:32} {value:12,.1f}")
