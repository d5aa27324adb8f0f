"""Every published recipe on a tiny random model of its class: steps, adapters, saving, loading, answering.

One code path with the real runs: only the model folder, the data and the sizes differ from what is published.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tiny_models import SMALL, save_model
from triagelab.agents.local import LocalAgent
from triagelab.datasets.registry import load_dataset
from triagelab.errors import BadInputError
from triagelab.training import logs
from triagelab.training.callbacks import Curves
from triagelab.training.model_config import ModelSettings
from triagelab.training.models import load_weights
from triagelab.training.recipe_files import load_recipe, recipe_names
from triagelab.training.run import train
from triagelab.training.targets import language_targets

pytestmark = pytest.mark.training
OWN_TESTS = ("tiny", "crisis", "imaging")
"""Recipes with these words take their steps in tests of their own."""
PUBLISHED = [name for name in recipe_names() if not any(word in name for word in OWN_TESTS)]
SFT = [name for name in PUBLISHED if load_recipe(name).kind == "sft"]
GRPO = [name for name in PUBLISHED if load_recipe(name).kind == "grpo"]
COMMON = {f"self_attn.{part}_proj" for part in "qkvo"} | {f"mlp.{part}_proj" for part in ("gate", "up", "down")}
LINEAR = {f"linear_attn.{part}" for part in ("in_proj_qkv", "in_proj_z", "in_proj_b", "in_proj_a", "out_proj")}
# A random model never ends an answer, so all have as many tokens; in words they differ, and GRPO has a gradient.
WORDS = """
name = "words"
title = "fewer words earn more"
terms = [
  { name = "outcome", kind = "outcome_distance", right = 1, over_per_level = -1, under_per_level = -1, no_answer = -5 },
  { name = "length", kind = "length", value = 10.0, limit = 40, unit = "words" },
]
"""


class Bench:
    """Makes base models and runs, each when it is first asked for; a run starts from the run its recipe names."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def base(self, recipe: str) -> Path:
        name = "qwen3.5" if recipe.startswith("qwen3.5") else "gemma3"
        folder = self.root / "base" / name
        return folder if folder.is_dir() else save_model(name, folder)

    def run(self, name: str) -> Path:
        place = self.root / name
        return (
            place
            if place.is_dir()
            else train(name, place, overrides=self.settings(name), progress=False, accept_exploits=True)
        )

    def settings(self, name: str) -> dict[str, Any]:
        settings = {**SMALL, "model.name": str(self.base(name)), "optim.steps": 2, "data.max_tokens": 400}
        settings["log.every"] = 1
        if load_recipe(name).warm_start is None:
            return settings
        return {**settings, "warm_start": str(self.start(name)), "generation.max_new_tokens": 8}

    def start(self, name: str) -> Path:
        return self.run(str(load_recipe(name).warm_start).removeprefix("runs/"))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("architectures"))


def adapter(run: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(run / "model" / "adapter_model.safetensors")


def kinds_of(weights: dict[str, Any]) -> set[str]:
    """Return which projections carry an adapter, numbers of layers left out."""
    return {name.split(".lora_")[0].split("layers.")[1].split(".", 1)[1] for name in weights}


@pytest.mark.parametrize("name", SFT)
def test_sft_trains_adapters_on_every_projection_of_the_language_tower_only(bench: Bench, name: str) -> None:
    weights = adapter(bench.run(name))
    assert kinds_of(weights) == COMMON | (LINEAR if name.startswith("qwen3.5") else set())
    assert not [key for key in weights if "vision" in key or "visual" in key]
    # B starts at zero, so whatever is there was learnt.
    assert all(bool(value.any()) for key, value in weights.items() if "lora_B" in key)
    assert {value.shape[0] for key, value in weights.items() if "lora_A" in key} == {32}
    assert all(row["loss"] > 0 for row in logs.read_curves(bench.run(name)))


@pytest.mark.parametrize("name", GRPO)
def test_grpo_continues_the_adapter_scores_by_its_reward_saves_reloads_and_answers(bench: Bench, name: str) -> None:
    import torch

    before, run = adapter(bench.start(name)), bench.run(name)
    after = adapter(run)
    assert before.keys() == after.keys()
    assert not all(torch.equal(before[key], after[key]) for key in before)
    assert not [item for item in (run / "model").iterdir() if item.is_dir()]
    saved = json.loads((run / "model" / "adapter_config.json").read_text())
    assert saved["base_model_name_or_path"] == str(bench.base(name))

    rows = logs.read_completions(run)
    assert [(row["step"], row["group"], row["rollout"]) for row in rows] == [
        (s, 0, i) for s in (0, 1) for i in range(8)
    ]
    assert all(len({row["case_id"] for row in rows if row["step"] == step}) == 1 for step in (0, 1))
    # Nothing readable was said, which pays what the reward says of no answer, and the bonus for a short text.
    published = {"v46": -0.5, "v47": -0.5, "v48": -0.5, "v49": -2.0}[name.rsplit("-", 1)[1]]
    assert {row["terms"]["outcome"] for row in rows} == {published}
    assert all(0.3 * (1 - 8 / 300) - 1e-6 <= row["terms"]["length"] < 0.3 for row in rows)
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["optimizer"] == "bitsandbytes.AdamW 8 bit"
    assert logs.read_curves(run)[0]["learning_rate"] == load_recipe(name).optim.learning_rate

    agent = LocalAgent.load(run, max_new_tokens=6)
    shown = [case.presentation for case in load_dataset("generated", n=2, seed=5, split="test")]
    answers = agent.predict(shown)
    assert [found.completion for found in answers] == [found.completion for found in agent.predict(shown)]
    assert all(0 < found.extra["tokens"] <= 6 for found in answers)
    carried = [key for key, _ in agent.generator.model.named_modules() if key.endswith("lora_A.default")]
    assert len(carried) == sum("lora_A" in key for key in after)


@pytest.mark.parametrize("name", ["qwen3.5-9b-grpo-v46", "medgemma-4b-grpo-v49"])
def test_the_gradient_of_the_reward_reaches_the_continued_adapter(bench: Bench, name: str, tmp_path: Path) -> None:
    """Weight decay moves weights too; only answers that earn differently make a gradient."""
    (tmp_path / "words.toml").write_text(WORDS)
    settings = {**bench.settings(name), "reward.preset": str(tmp_path / "words.toml"), "optim.steps": 1}
    settings |= {"generation.max_new_tokens": 16}
    run = train(name, tmp_path / "run", overrides=settings, progress=False, accept_exploits=True)
    assert len({row["reward"] for row in logs.read_completions(run)}) > 1
    assert logs.read_curves(run)[0]["grad_norm"] > 0


def test_the_optimiser_keeps_8_bit_states(bench: Bench) -> None:
    import torch

    run = bench.run("medgemma-4b-grpo-v49")
    state = torch.load(run / "checkpoints" / "checkpoint-2" / "optimizer.pt", weights_only=True)["state"]
    moments = [entry["__bnb_optimizer_quant_state__"]["state1"] for entry in state.values()]
    assert moments
    assert {moment.dtype for moment in moments if moment.numel() >= 4096} == {torch.uint8}


def test_the_usual_names_would_reach_the_vision_tower_and_miss_linear_attention(bench: Bench) -> None:
    names = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
    for recipe in SFT:
        model, _ = load_weights(str(bench.base(recipe)), ModelSettings(attention=load_recipe(recipe).model.attention))
        usual = {name for name, _ in model.named_modules() if name.rsplit(".", 1)[-1] in names}
        chosen = set(language_targets(model).modules)
        if recipe.startswith("qwen3.5"):
            assert all("linear_attn" in name for name in chosen - usual)
            assert chosen - usual
        else:
            assert all("vision_tower" in name for name in usual - chosen)
            assert usual - chosen
            assert model.config.get_text_config()._attn_implementation == "eager"


def test_weights_of_the_multimodal_checkpoint_reach_the_language_model(bench: Bench) -> None:
    """The hub's Qwen3.5 holds a vision model too; the text model must come out of it, not start at random."""
    import torch
    from transformers import Qwen3_5ForConditionalGeneration

    base = bench.base("qwen3.5-9b-sft-v43")
    whole = Qwen3_5ForConditionalGeneration.from_pretrained(base).eval()
    model, _ = load_weights(str(base), ModelSettings())
    ids = torch.arange(20, 60)[None]
    with torch.no_grad():
        assert torch.equal(whole(input_ids=ids).logits, model.eval()(input_ids=ids).logits)


def test_an_adapter_of_another_shape_is_not_continued(bench: Bench, tmp_path: Path) -> None:
    name = "qwen3.5-9b-grpo-v46"
    other = {"lora.rank": r"lora.rank: got 16; allowed: 32", "lora.targets": r"the modules of the adapter that"}
    for value, (key, message) in zip((16, ["q_proj"]), other.items(), strict=True):
        with pytest.raises(BadInputError, match=message):
            train(
                name,
                tmp_path / key,
                overrides={**bench.settings(name), key: value},
                progress=False,
                accept_exploits=True,
            )


def test_an_adapter_run_with_the_8_bit_optimiser_resumes_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    settings = {**SMALL, "model.name": str(save_model("llama", tmp_path / "base")), "data.max_tokens": 400}
    settings |= {"lora.enabled": True, "lora.rank": 64, "optim.name": "adamw_8bit", "optim.steps": 4, "optim.batch": 2}
    settings |= {"log.every": 1, "log.checkpoint_every": 2}
    straight = train("tiny-sft", tmp_path / "straight", overrides=settings, progress=False)
    written = Curves.on_log

    def stop(self: Curves, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        written(self, args, state, control, **kwargs)
        if state.global_step == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Curves, "on_log", stop)
        train("tiny-sft", tmp_path / "cut", overrides=settings, progress=False)
    resumed = train("tiny-sft", tmp_path / "cut", overrides=settings, progress=False, resume=True)
    assert [row["attempt"] for row in logs.read_curves(resumed)] == [0, 0, 1, 1]
    before, after = adapter(straight), adapter(resumed)
    assert all(torch.equal(before[key], after[key]) for key in before)
