"""The tiny model on this machine: SFT examples and tokens a second, answers a second, seconds a GRPO step."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from triagelab.agents.local import LocalAgent
from triagelab.cases.generator import generate
from triagelab.training import logs
from triagelab.training.run import train

SFT_STEPS, GRPO_STEPS, ANSWERS = 60, 6, 300


def run() -> dict[str, Any]:
    """Return rates of the tiny recipes as shipped, with fewer steps."""
    with tempfile.TemporaryDirectory() as place:
        sft, grpo = Path(place) / "sft", Path(place) / "grpo"
        settings = {"optim.steps": SFT_STEPS, "data.n": 2000, "log.every": 1}
        train("tiny-sft", sft, overrides=settings, progress=False)
        result = _sft_rates(sft)
        train(
            "tiny-grpo",
            grpo,
            overrides={"warm_start": str(sft), "optim.steps": GRPO_STEPS, "data.n": 500},
            progress=False,
        )
        result.update(_grpo_rates(grpo))
        result["answers_per_s"] = _answer_rate(sft)
    return result


def _sft_rates(folder: Path) -> dict[str, Any]:
    curves = logs.read_curves(folder)
    first, last = curves[len(curves) // 4], curves[-1]
    seconds = last["seconds"] - first["seconds"]
    steps = last["step"] - first["step"]
    recipe = json.loads((folder / "config.json").read_text(encoding="utf-8"))["recipe"]
    return {
        "parameters": json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["parameters"],
        "sft_steps_per_s": round(steps / seconds, 2),
        "sft_examples_per_s": round(steps * recipe["optim"]["batch"] / seconds, 1),
        "sft_tokens_per_s": round((last["num_tokens"] - first["num_tokens"]) / seconds),
    }


def _grpo_rates(folder: Path) -> dict[str, Any]:
    curves = logs.read_curves(folder)
    rows = logs.read_completions(folder)
    return {
        "grpo_s_per_step": round((curves[-1]["seconds"] - curves[0]["seconds"]) / (len(curves) - 1), 2),
        "completions_per_step": len(rows) // len(curves),
    }


def _answer_rate(folder: Path) -> float:
    agent = LocalAgent.load(folder)
    shown = [case.presentation for case in generate(ANSWERS, 1, "dev")]
    agent.predict(shown[:16])
    start = time.perf_counter()
    agent.predict(shown)
    return round(ANSWERS / (time.perf_counter() - start), 1)
