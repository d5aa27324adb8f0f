"""Completions a second of the imaging rewards: sentences never seen before, and a warm cache of sentences.

Cold: every sentence of the completions is new to encoder and claims reader, gold sentences are new to the encoder as
well. Warm: the same completions again. Batches are those of training: 64 completions a call. Targets for
imaging-embedding on 2 cores: at least 40 a second cold and 500 warm.
"""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

from triagelab.cases.imaging.generator import imaging_case
from triagelab.rewards.imaging.encoding import RememberingEncoder, shared_encoder
from triagelab.rewards.imaging.gold import Gold, gold_of
from triagelab.rewards.imaging.preset import imaging_preset_names, load_imaging_preset
from triagelab.rewards.imaging.score import score_imaging

COMPLETIONS = int(os.environ.get("TRIAGELAB_BENCH_COMPLETIONS", "384"))
BATCH = 64
WARM_REPEATS = 5


def completion(gold: Gold, number: int) -> str:
    """Return a completion with the right label whose sentences no other completion has."""
    said = [f"{sentence[:-1]}, as told of patient {number}." for sentence in gold.reasoning[:-1]]
    return f"<think>{' '.join([*said, gold.reasoning[-1]])}</think><answer>{gold.label.value}</answer>"


def speed(name: str, golds: list[Gold], texts: list[str], encoder: RememberingEncoder) -> float:
    """Return completions a second."""
    preset = load_imaging_preset(name)
    started = time.perf_counter()
    for start in range(0, len(texts), BATCH):
        score_imaging(preset, golds[start : start + BATCH], texts[start : start + BATCH], encoder=encoder)
    return len(texts) / (time.perf_counter() - started)


def run() -> dict[str, Any]:
    """Return, by preset, completions a second: cold once, warm as the median of some."""
    golds = [gold_of(imaging_case("train", 700_000 + number)) for number in range(COMPLETIONS)]
    encoder = shared_encoder()
    encoder.encode(["The first call of the encoder sets up its threads."])
    result: dict[str, Any] = {"completions": COMPLETIONS, "batch": BATCH}
    for place, name in enumerate(imaging_preset_names()):
        encoder.forget()
        texts = [completion(gold, place * COMPLETIONS + number) for number, gold in enumerate(golds)]
        cold = speed(name, golds, texts, encoder)
        warm = [speed(name, golds, texts, encoder) for _ in range(WARM_REPEATS)]
        result[name] = {"cold": round(cold), "warm": round(statistics.median(warm))}
    result["load_average"] = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return result


if __name__ == "__main__":
    import json

    print(json.dumps(run(), indent=2))
