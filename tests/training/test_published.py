"""Every published recipe, with its hyper-parameters, takes real steps on a tiny model of the same architecture."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tiny_models import SMALL, save_model
from triagelab.agents.local import LocalAgent
from triagelab.cases.generator import generate
from triagelab.training import logs
from triagelab.training.config import load_recipe
from triagelab.training.run import train

pytestmark = pytest.mark.training

QWEN_PARTS = {
    *(f"linear_attn.{name}" for name in ("in_proj_qkv", "in_proj_z", "in_proj_b", "in_proj_a", "out_proj")),
    *(f"self_attn.{name}_proj" for name in "qkvo"),
    *(f"mlp.{name}_proj" for name in ("gate", "up", "down")),
}
GEMMA_PARTS = {
    *(f"self_attn.{name}_proj" for name in "qkvo"),
    *(f"mlp.{name}_proj" for name in ("gate", "up", "down")),
}
Runs = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("bases")
    return {name: save_model(name, place / name) for name in ("qwen3.5", "gemma3")}


@pytest.fixture(scope="module")
def starts(bases: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The two published SFT recipes, trained: every published GRPO run starts from one of them."""
    place = tmp_path_factory.mktemp("starts")
    found = {}
    for recipe, base in (("qwen3.5-9b-sft-v43", "qwen3.5"), ("medgemma-4b-sft", "gemma3")):
        settings = {**SMALL, "model.name": str(bases[base]), "optim.steps": 2}
        found[base] = train(recipe, place / recipe, overrides=settings, progress=False)
    return found


def adapter(run: Path) -> dict[str, object]:
    from safetensors.torch import load_file

    return dict(load_file(run / "model" / "adapter_model.safetensors"))


def carriers(run: Path) -> set[str]:
    """Names of the modules that carry an adapter, layer numbers and wrappers left out."""
    names = {name.split(".lora_")[0] for name in adapter(run)}
    assert not [name for name in names if "vision" in name or "visual" in name], "the vision tower was touched"
    return {name.split("layers.")[1].split(".", 1)[1] for name in names}


@pytest.mark.parametrize(("base", "parts"), [("qwen3.5", QWEN_PARTS), ("gemma3", GEMMA_PARTS)])
def test_sft_puts_adapters_on_the_language_tower_and_trains_them(
    starts: dict[str, Path], base: str, parts: set[str]
) -> None:
    run = starts[base]
    assert carriers(run) == parts
    moved = [name for name, value in adapter(run).items() if "lora_B" in name and bool(value.abs().sum() > 0)]  # type: ignore[attr-defined]
    assert moved, "lora_B starts at zero, so no step was taken"
    curves = logs.read_curves(run)
    assert curves
    assert all(row["loss"] > 0 for row in curves)


@pytest.mark.parametrize(
    ("recipe", "base"),
    [
        ("qwen3.5-9b-grpo-v46", "qwen3.5"),
        ("qwen3.5-9b-grpo-v47", "qwen3.5"),
        ("qwen3.5-9b-grpo-v48", "qwen3.5"),
        ("qwen3.5-9b-grpo-v49", "qwen3.5"),
        ("medgemma-4b-grpo-v49", "gemma3"),
    ],
)
def test_grpo_steps_saves_reloads_and_generates(
    bases: dict[str, Path], starts: dict[str, Path], tmp_path: Path, recipe: str, base: str
) -> None:
    settings = {
        **SMALL,
        "model.name": str(bases[base]),
        "warm_start": str(starts[base]),
        "optim.steps": 2,
        # A random model never ends an answer by itself: a short budget keeps the step short, nothing else.
        "generation.max_new_tokens": 8,
        "data.max_tokens": 512,
    }
    run = train(recipe, tmp_path / "run", overrides=settings, progress=False)
    published = load_recipe(recipe)
    rows = logs.read_completions(run)
    assert len(rows) == 2 * published.generation.group
    assert {(row["step"], row["group"], row["rollout"]) for row in rows} == {
        (step, 0, rollout) for step in (0, 1) for rollout in range(8)
    }
    assert all(row["reward"] is not None for row in rows)
    assert set(rows[0]["terms"]) >= {"outcome"}
    assert json.loads((run / "manifest.json").read_text())["optimizer"] == "bitsandbytes.AdamW 8 bit"
    assert carriers(run) == carriers(starts[base])

    agent = LocalAgent.load(run, max_new_tokens=6)
    predictions = agent.predict([case.presentation for case in generate(3, 5, "dev")])
    assert len(predictions) == 3
    assert all(prediction.completion is not None for prediction in predictions)


def test_a_warm_start_continues_the_adapter_and_adds_no_second_one(
    bases: dict[str, Path], starts: dict[str, Path], tmp_path: Path
) -> None:
    settings = {
        **SMALL,
        "model.name": str(bases["gemma3"]),
        "warm_start": str(starts["gemma3"]),
        "optim.steps": 1,
        "optim.learning_rate": 1e-12,
        "reward.kl": 0.1,
        "generation.max_new_tokens": 4,
        "data.max_tokens": 512,
    }
    run = train("medgemma-4b-grpo-v49", tmp_path / "run", overrides=settings, progress=False)
    before, after = adapter(starts["gemma3"]), adapter(run)
    assert before.keys() == after.keys()
    assert all(bool((before[name] - after[name]).abs().max() < 1e-6) for name in before)  # type: ignore[operator]
    assert not [p for p in (run / "model").iterdir() if p.is_dir()], "a reference adapter was saved beside the policy"
    assert json.loads((run / "model" / "adapter_config.json").read_text())["base_model_name_or_path"] == str(
        bases["gemma3"]
    )
