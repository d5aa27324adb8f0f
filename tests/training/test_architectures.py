"""The published recipes one after the other on tiny models of their classes: what is adapted, and that it learns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tiny_models import SMALL, save_model
from triagelab.errors import BadInputError
from triagelab.training import logs
from triagelab.training.callbacks import Curves
from triagelab.training.config import ModelSettings, load_recipe
from triagelab.training.models import load_weights
from triagelab.training.run import train
from triagelab.training.targets import language_targets

pytestmark = pytest.mark.training
# A random model never ends an answer, so all have as many tokens; in words they differ, and GRPO has a gradient.
WORDS = """
name = "words"
title = "fewer words earn more"
terms = [
  { name = "outcome", kind = "outcome_distance", right = 1, over_per_level = -1, under_per_level = -1, no_answer = -5 },
  { name = "length", kind = "length", value = 10.0, limit = 40, unit = "words" },
]
"""
GRPO = ("qwen3.5-9b-grpo-v46", "qwen3.5-9b-grpo-v47", "medgemma-4b-grpo-v49")


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
        return place if place.is_dir() else train(name, place, overrides=self.settings(name), progress=False)

    def settings(self, name: str) -> dict[str, Any]:
        settings = {**SMALL, "model.name": str(self.base(name)), "optim.steps": 2, "data.max_tokens": 400}
        start = load_recipe(name).warm_start
        if start is None:
            return settings
        reward = self.root / "words.toml"
        reward.write_text(WORDS)
        settings |= {"warm_start": str(self.start(name)), "reward.preset": str(reward)}
        return {**settings, "generation.max_new_tokens": 16, "log.every": 1}

    def start(self, name: str) -> Path:
        return self.run(str(load_recipe(name).warm_start).removeprefix("runs/"))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("architectures"))


def adapter(run: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(run / "model" / "adapter_model.safetensors")


@pytest.mark.parametrize("name", GRPO)
def test_grpo_learns_in_the_adapter_it_continues(bench: Bench, name: str) -> None:
    import torch

    before, run = adapter(bench.start(name)), bench.run(name)
    after = adapter(run)
    assert before.keys() == after.keys()
    assert not all(torch.equal(before[key], after[key]) for key in before)
    rewards = [row["reward"] for row in logs.read_completions(run)]
    assert len(rewards) == 2 * 8
    assert len(set(rewards)) > 1
    curves = logs.read_curves(run)
    # Weight decay alone would move weights too; a gradient shows that the reward did.
    assert max(row["grad_norm"] for row in curves) > 0
    assert curves[0]["learning_rate"] == load_recipe(name).optim.learning_rate


def test_the_optimiser_keeps_8_bit_states(bench: Bench) -> None:
    import torch

    run = bench.run("medgemma-4b-grpo-v49")
    state = torch.load(run / "checkpoints" / "checkpoint-2" / "optimizer.pt", weights_only=True)["state"]
    moments = [entry["__bnb_optimizer_quant_state__"]["state1"] for entry in state.values()]
    assert moments
    assert {moment.dtype for moment in moments if moment.numel() >= 4096} == {torch.uint8}


def test_the_usual_names_would_reach_the_vision_tower_and_miss_linear_attention(bench: Bench) -> None:
    names = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
    for recipe in GRPO[1:]:
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
            train(name, tmp_path / key, overrides={**bench.settings(name), key: value}, progress=False)


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
