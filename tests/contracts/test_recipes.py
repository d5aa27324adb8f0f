"""Every shipped recipe loads; the published ones carry every published number, and say which values are ours."""

from __future__ import annotations

import pytest

from triagelab.completions.crisis_prompts import TEMPLATES as CRISIS_TEMPLATES
from triagelab.completions.imaging_prompts import TEMPLATES as IMAGING_TEMPLATES
from triagelab.completions.prompts import template_names
from triagelab.datasets.registry import DATASET_NAMES
from triagelab.envs.registry import make
from triagelab.errors import DataFormatError
from triagelab.rewards.crisis.preset import load_crisis_preset
from triagelab.rewards.imaging.preset import load_imaging_preset
from triagelab.rewards.presets import load_preset
from triagelab.training.config import Recipe
from triagelab.training.hybrid_config import HYBRIDS
from triagelab.training.recipe_files import build_recipe, known_settings, load_recipe, recipe_names

QWEN, MEDGEMMA = "Qwen/Qwen3.5-9B", "google/medgemma-4b-it"
SEVEN = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
QWEN_LORA = {"lora.enabled": True, "lora.rank": 32, "lora.alpha": 32, "lora.targets": "all"}
IMAGING = ("baseline", "citations", "llm-eval", "embedding")
LLAMA = {
    "kind": "grpo",
    "model.name": "meta-llama/Llama-3.1-8B-Instruct",
    "model.quantize": "nf4",
    "lora.enabled": True,
    "lora.rank": 32,
    "optim.learning_rate": 5e-6,
    "optim.steps": 200,
    "generation.group": 6,
    "generation.max_new_tokens": 1000,
    "data.max_tokens": 5500,  # 4 500 of the prompt and 1 000 of the completion
}
# What the model cards state, word for word; every other setting of these recipes must be listed as assumed.
PUBLISHED = {
    "qwen3.5-9b-sft-v43": {
        "kind": "sft",
        "model.name": QWEN,
        **QWEN_LORA,
        "data.name": "mimic-iv-ed",
        "data.n": 26000,
        "data.style": "full",
    },
    "qwen3.5-9b-grpo-v46": {
        "kind": "grpo",
        "model.name": QWEN,
        "warm_start": "runs/qwen3.5-9b-sft-v43",
        **QWEN_LORA,
        "data.name": "mimic-iv-ed",
        "data.n": 25000,
        "reward.preset": "v46",
        "reward.oversample": True,
        "optim.steps": 750,
        "generation.group": 8,
        "optim.batch": 1,
        "optim.accumulate": 8,
        "optim.learning_rate": 8e-7,
        "optim.schedule": "cosine",
        "generation.max_new_tokens": 512,
        "optim.name": "adamw_8bit",
        "optim.beta1": 0.9,
        "optim.beta2": 0.99,
        "optim.weight_decay": 0.1,
        "optim.max_grad_norm": 0.1,
    },
    "qwen3.5-9b-grpo-v47": {
        "kind": "grpo",
        "model.name": QWEN,
        "warm_start": "runs/qwen3.5-9b-grpo-v46",
        "lora.enabled": True,
        "reward.preset": "v47",
        "optim.steps": 750,
    },
    "qwen3.5-9b-grpo-v48": {
        "kind": "grpo",
        "model.name": QWEN,
        "warm_start": "runs/qwen3.5-9b-sft-v43",
        "lora.enabled": True,
        "reward.preset": "v48",
    },
    "qwen3.5-9b-grpo-v49": {"kind": "grpo", "model.name": QWEN, "lora.enabled": True, "reward.preset": "v49"},
    "medgemma-4b-sft": {
        "kind": "sft",
        "model.name": MEDGEMMA,
        "lora.enabled": True,
        "lora.rank": 32,
        "lora.alpha": 32,
        "lora.targets": SEVEN,
        "data.name": "mimic-iv-ed",
        "data.n": 7483,
        "data.balance": 1.0,
        "data.style": "full",
        "data.max_tokens": 2048,
        "optim.epochs": 3,
        "optim.learning_rate": 2e-4,
        "optim.schedule": "cosine",
        "optim.batch": 4,
        "optim.accumulate": 4,
    },
    "medgemma-4b-grpo-v49": {
        "kind": "grpo",
        "model.name": MEDGEMMA,
        "model.attention": "eager",
        "warm_start": "runs/medgemma-4b-sft",
        "lora.enabled": True,
        "lora.rank": 32,
        "lora.alpha": 32,
        "lora.targets": SEVEN,
        "data.name": "mimic-iv-ed",
        "reward.preset": "v49",
        "reward.oversample": True,
        "optim.steps": 300,
        "optim.learning_rate": 2e-7,
        "optim.schedule": "cosine",
        "generation.group": 8,
        "generation.max_new_tokens": 1024,
    },
    "qwen2.5-7b-crisis-grpo": {
        "kind": "grpo",
        "model.name": "Qwen/Qwen2.5-7B",
        "model.quantize": "nf4",
        "lora.enabled": True,
        "lora.rank": 16,
        "lora.alpha": 16,
        "data.n": 300,
        "optim.epochs": 1.0,
        "optim.name": "paged_adamw_8bit",
    },
    **{f"llama3.1-8b-imaging-{name}": LLAMA for name in IMAGING},
}
BEGIN_FROM_BASE = ("qwen2.5-7b-crisis-grpo", *(f"llama3.1-8b-imaging-{name}" for name in IMAGING))
"""The published runs that begin from their base model; every other GRPO run goes on from SFT."""
# Settings that decide no result, or that the other kind of run alone reads.
IDLE = (
    "name",
    "about",
    "source",
    "threads",
    "assumed",
    "data.path",
    "model.revision",
    "optim.bf16",
    "optim.matrix_rate",
)
IDLE_PREFIXES = ("bedside.", "log.", "model.tiny", "generation.vllm")
TASKS = ("crisis", "imaging")
OTHER_KIND = {
    "sft": ("generation.", "reward.", "warm_start", "optim.steps", "optim.group_by_length"),
    "grpo": ("data.style", "data.balance", "optim.epochs", "optim.prompt_loss", "optim.group_by_length"),
}


def value_of(recipe: Recipe, dotted: str) -> object:
    value: object = recipe
    for part in dotted.split("."):
        value = getattr(value, part)
    return value


@pytest.mark.parametrize("name", recipe_names())
def test_recipe_loads_and_its_names_exist(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.about
    assert recipe.source
    if recipe.kind in HYBRIDS:
        assert not recipe.visits.name or recipe.visits.name in DATASET_NAMES
        return
    if recipe.bedside is not None:
        assert recipe.data.name == recipe.data.template == recipe.bedside.env
        make(recipe.bedside.env, reward=recipe.reward.preset).close()
    elif recipe.crisis is not None:
        make(recipe.data.name).close()
        assert recipe.data.template in CRISIS_TEMPLATES
        assert recipe.kind == "sft" or load_crisis_preset(recipe.reward.preset).term
    elif recipe.imaging is not None:
        assert recipe.data.template in IMAGING_TEMPLATES
        assert load_imaging_preset(recipe.reward.preset).term
    else:
        assert recipe.data.name in DATASET_NAMES
        assert any(recipe.data.template.startswith(known) for known in template_names())
    if recipe.kind == "grpo":
        if recipe.bedside is None and recipe.crisis is None and recipe.imaging is None:
            load_preset(recipe.reward.preset)
        assert recipe.warm_start is not None or name in BEGIN_FROM_BASE
        shown = recipe.optim.batch * recipe.optim.accumulate
        assert shown % recipe.generation.group == 0


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_number_stands_in_the_recipe(name: str) -> None:
    recipe = load_recipe(name)
    assert {key: value_of(recipe, key) for key in PUBLISHED[name]} == PUBLISHED[name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_setting_is_published_or_assumed_and_never_both(name: str) -> None:
    recipe = load_recipe(name)
    others = (f"{task}." for task in TASKS if getattr(recipe, task) is None)
    idle = (*IDLE_PREFIXES, *OTHER_KIND[recipe.kind], *others)
    decisive = {key for key in known_settings() if key not in IDLE and not key.startswith(idle)}
    assert len(recipe.assumed) == len(set(recipe.assumed))
    assert set(PUBLISHED[name]) | set(recipe.assumed) >= decisive
    assert not set(PUBLISHED[name]) & set(recipe.assumed)
    assert set(recipe.assumed) <= set(known_settings())


def test_each_run_continues_the_policy_it_says() -> None:
    for name in PUBLISHED:
        recipe = load_recipe(name)
        if recipe.warm_start is None:
            continue
        start = load_recipe(recipe.warm_start.removeprefix("runs/"))
        assert start.model == recipe.model
        assert start.lora == recipe.lora


@pytest.mark.parametrize("family", ["tiny-imaging-grpo", "llama3.1-8b-imaging"])
def test_the_imaging_runs_differ_in_the_reward_alone(family: str) -> None:
    told = [load_recipe(f"{family}-{name}").model_dump(exclude={"name", "about"}) for name in IMAGING]
    assert [one["reward"].pop("preset") for one in told] == [f"imaging-{name}" for name in IMAGING]
    assert all(one == told[0] for one in told)


def test_an_assumed_key_that_does_not_exist_is_refused() -> None:
    with pytest.raises(DataFormatError, match=r"assumed: 'optim.lr' is no setting"):
        build_recipe({"name": "x", "kind": "sft", "assumed": ["optim.lr"]})
