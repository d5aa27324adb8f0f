"""Training on states of the hospital crisis: SFT on the playbook, GRPO on the verifiers, DPO on ranked answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from triagelab.errors import BadInputError
from triagelab.evaluation.provenance import config_hash
from triagelab.training import crisis_data as data
from triagelab.training.config import Recipe
from triagelab.training.crisis_format import tiny_tokenizer
from triagelab.training.data import show_order
from triagelab.training.machine import process_count
from triagelab.training.models import Policy, load_policy
from triagelab.training.sft import fit
from triagelab.training.trainer import (
    shown_per_step,
    total_steps,
)

EVEN = {1: 1.0}


def train_crisis(recipe: Recipe, out: Path, *, progress: bool) -> dict[str, Any]:
    """Train by SFT, GRPO or DPO on states, save the policy, and return what the manifest says.

    Raises: BadInputError for what cannot run: several processes, no state that fits.
    """
    from transformers import set_seed

    from triagelab.seeding import derive_seed

    if process_count() != 1:
        raise BadInputError("processes", process_count(), "1: training on the hospital crisis runs in one process")
    set_seed(derive_seed("training.adapter", recipe.seed, bits=31))
    found = data.examples(recipe)
    folder = out / "tokenizer"
    if recipe.warm_start is None and recipe.model.name == "tiny" and not (folder / "tokenizer.json").is_file():
        tiny_tokenizer(data.texts_of(found), recipe.model.tiny.vocabulary, folder)
    policy = load_policy(recipe, folder, lambda: data.texts_of(found))
    train = {"sft": _sft, "grpo": _grpo, "dpo": _dpo}[recipe.kind]
    summary = train(recipe, policy, found, out, progress)
    return {
        "seeds": {"run": recipe.seed, "data": recipe.data.seed},
        "data": {
            "name": recipe.data.name,
            "split": recipe.data.split,
            "n": len(found),
            "roles": {role: sum(one.key.role == role for one in found) for role in sorted({x.key.role for x in found})},
            "hash": config_hash({"states": [one.key.text for one in found], "template": recipe.data.template}),
        },
        "parameters": sum(p.numel() for p in policy.model.parameters()),
        "base": policy.base,
        "targets": policy.targets.kinds() if policy.targets is not None else None,
        **summary,
    }


def _sft(recipe: Recipe, policy: Policy, found: list[data.Example], out: Path, progress: bool) -> dict[str, Any]:
    rows = data.sft_rows(found, policy.tokenizer, recipe.data.max_tokens, prompt_loss=recipe.optim.prompt_loss)
    done = fit(recipe, policy, rows, [1] * len(rows), EVEN, out, progress=progress)
    lengths = [sum(label == -100 for label in row["labels"]) for row in rows]
    return {
        **done,
        "teacher": {
            "states": len(found),
            "too_long": len(found) - len(rows),
            "mean_prompt_tokens": round(sum(lengths) / len(rows), 1),
            "mean_answer_tokens": round(
                sum(len(row["labels"]) for row in rows) / len(rows) - sum(lengths) / len(rows), 1
            ),
            "longest": max(len(row["labels"]) for row in rows),
        },
    }


def _grpo(recipe: Recipe, policy: Policy, found: list[data.Example], out: Path, progress: bool) -> dict[str, Any]:
    from triagelab.training.crisis_grpo import CrisisTrainer, VerifiedReward
    from triagelab.training.grpo import ends_of_policy, optimise

    rows = data.grpo_rows(
        found, policy.tokenizer, recipe.data.max_tokens, max_new_tokens=recipe.generation.max_new_tokens
    )
    scorer = VerifiedReward(recipe.reward.preset, ends_of_policy(policy))
    steps = total_steps(recipe, len(rows))
    order = show_order([1] * len(rows), EVEN, steps * shown_per_step(recipe), recipe.seed)
    shown = ("reward", "deaths_prevented", "parse/no_answer")
    done = optimise(
        CrisisTrainer, recipe, policy, scorer, [rows[place] for place in order], steps, out, shown, progress=progress
    )
    return {**done, "reward": recipe.reward.preset, "scale_rewards": recipe.reward.scale}


def _dpo(recipe: Recipe, policy: Policy, found: list[data.Example], out: Path, progress: bool) -> dict[str, Any]:
    from triagelab.training.crisis_dpo import train_dpo

    return train_dpo(recipe, policy, found, out, progress=progress)
