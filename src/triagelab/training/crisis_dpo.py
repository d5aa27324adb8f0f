"""Direct preference optimisation on pairs of ranked answers, by TRL's DPOTrainer."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from triagelab.agents.generation import Generator
from triagelab.errors import BadInputError
from triagelab.seeding import derive_seed
from triagelab.training.config import Recipe
from triagelab.training.crisis_data import Example
from triagelab.training.crisis_pairs import Pair, pairs, read_pairs, scripted_answers, write_pairs
from triagelab.training.data import show_order
from triagelab.training.models import Policy
from triagelab.training.trainer import (
    own_optimizer,
    run_trainer,
    save_policy,
    shared_arguments,
    shown_per_step,
    total_steps,
)

PAIRS = "pairs.jsonl"
"""File of a DPO run: the pairs that it learnt from. A resumed run reads it and ranks nothing again."""


def train_dpo(recipe: Recipe, policy: Policy, found: Sequence[Example], out: Path, *, progress: bool) -> dict[str, Any]:
    """Rank answers to the states, train on the pairs, save the policy, and return what happened.

    Raises: BadInputError without a start policy, and where no two answers differ enough.
    """
    from datasets import Dataset
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DPOTrainer

    assert recipe.crisis is not None
    if recipe.warm_start is None and recipe.model.name == "tiny":
        raise BadInputError("warm_start", None, "a run to start from: preferences are learnt against a start policy")
    place = out / PAIRS
    if not place.is_file():
        write_pairs(make_pairs(recipe, policy, found), place)
    told = read_pairs(place)
    rows = dpo_rows(told, policy.tokenizer, recipe.data.max_tokens)
    steps = total_steps(recipe, len(rows))
    order = show_order([1] * len(rows), {1: 1.0}, steps * shown_per_step(recipe), recipe.seed)
    trainer = DPOTrainer(
        model=policy.model,
        ref_model=None
        if policy.adapter is not None or hasattr(policy.model, "peft_config")
        else copy.deepcopy(policy.model),
        args=DPOConfig(
            **shared_arguments(recipe, out, steps), beta=recipe.crisis.beta, max_length=recipe.data.max_tokens
        ),
        train_dataset=Dataset.from_list(rows).select(order.tolist()),
        processing_class=policy.tokenizer,
        peft_config=policy.adapter,
        optimizers=own_optimizer(recipe, policy),
    )
    done = run_trainer(trainer, recipe, out, progress=progress, shown=("loss", "rewards/accuracies"))
    save_policy(trainer, recipe, policy, out)
    return {**done, "reward": recipe.reward.preset, "pairs": {"states": len(found), **summary_of(told, len(rows))}}


def make_pairs(recipe: Recipe, policy: Policy, found: Sequence[Example]) -> list[Pair]:
    """Return the pairs of a recipe: answers of the start policy, scripted ones, or both, ranked by its verifiers."""
    settings = recipe.crisis
    assert settings is not None
    answers: list[list[tuple[str, str]]] = [[] for _ in found]
    if settings.pairs != "sampled":
        for given, one in zip(answers, found, strict=True):
            given += scripted_answers(one.key, recipe.data.template, settings.patients, recipe.seed)
    if settings.pairs != "scripted":
        for given, texts in zip(answers, sample(recipe, policy, found), strict=True):
            given += [("sampled", text) for text in texts]
    return pairs(found, answers, recipe.reward.preset, settings.margin)


def sample(recipe: Recipe, policy: Policy, found: Sequence[Example]) -> list[list[str]]:
    """Return `crisis.samples` answers of the policy to each state."""
    from triagelab.training.data import render_prompt

    assert recipe.crisis is not None
    generator = Generator(
        policy.model,
        policy.tokenizer,
        namespace="training.crisis.sample",
        temperature=recipe.generation.temperature,
        max_new_tokens=recipe.generation.max_new_tokens,
        batch_size=64,
    )
    prompts = [render_prompt(policy.tokenizer, one.messages) for one in found]
    seeds = [derive_seed("training.crisis.sample", recipe.seed, i, bits=31) for i in range(recipe.crisis.samples)]
    rounds = [[generator.text(one) for one in generator.complete(prompts, seed)] for seed in seeds]
    return [list(texts) for texts in zip(*rounds, strict=True)]


def dpo_rows(told: Sequence[dict[str, Any]], tokenizer: Any, max_tokens: int) -> list[dict[str, str]]:
    """Return prompt, chosen and rejected as the model sees them; longer pairs than `max_tokens` are left out.

    Raises: BadInputError where no pair fits.
    """
    rows = []
    for row in told:
        prompt = tokenizer.apply_chat_template(row["prompt"], add_generation_prompt=True, tokenize=False)
        texts = [row[name][0]["content"] for name in ("chosen", "rejected")]
        longest = max(len(tokenizer(prompt + text, add_special_tokens=False)["input_ids"]) for text in texts)
        if longest < max_tokens:
            rows.append({"prompt": prompt, "chosen": texts[0], "rejected": texts[1]})
    if not rows:
        raise BadInputError("data.max_tokens", max_tokens, "room for one state and two answers")
    return rows


def summary_of(told: Sequence[dict[str, Any]], kept: int) -> dict[str, Any]:
    """Return how many pairs there are, where they come from, and how far apart their scores are."""
    apart = [row["chosen_score"] - row["rejected_score"] for row in told]
    sources = sorted({row[f"{name}_source"] for row in told for name in ("chosen", "rejected")})
    return {
        "pairs": len(told),
        "too_long": len(told) - kept,
        "mean_margin": round(sum(apart) / len(apart), 4),
        **{
            name: {source: sum(row[f"{name}_source"] == source for row in told) for source in sources}
            for name in ("chosen", "rejected")
        },
    }
