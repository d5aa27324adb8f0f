"""Settings of the smallest runs that tests train, and how their weights are compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SFT: dict[str, Any] = {
    "model.tiny.layers": 1,
    "model.tiny.width": 32,
    "model.tiny.heads": 2,
    "model.tiny.kv_heads": 2,
    "model.tiny.feed_forward": 32,
    "model.tiny.vocabulary": 900,
    "optim.steps": 4,
    "optim.batch": 4,
    "log.checkpoint_every": 2,
}
GRPO: dict[str, Any] = {"generation.group": 4, "optim.batch": 8, "optim.steps": 2, "log.checkpoint_every": 1}


def weights(run: Path, name: str = "model.safetensors") -> dict[str, Any]:
    """Return the tensors that a run saved."""
    from safetensors.torch import load_file

    return load_file(run / "model" / name)


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether two policies have the very same weights."""
    return one.keys() == other.keys() and all(bool((one[name] == other[name]).all()) for name in one)
