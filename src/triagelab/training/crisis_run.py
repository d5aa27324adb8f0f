"""Training on states of the hospital crisis: SFT on the playbook, GRPO on the verifiers, DPO on ranked answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from triagelab.evaluation.provenance import config_hash
from triagelab.training import crisis_data as data
from triagelab.training.config import Recipe
from triagelab.training.crisis_format import tiny_tokenizer
from triagelab.training.models import Policy
from triagelab.training.sft import fit
from triagelab.training.shown import begin_alone, start_policy, texts_of, token_counts

EVEN = {1: 1.0}


def train_crisis(recipe: Recipe, out: Path, *, progress: bool) -> dict[str, Any]:
    """Train by SFT, GRPO or DPO on states, save the policy, and return what the manifest says.

    Raises: BadInputError for what cannot run: several processes, no state that fits.
    """
    begin_alone(recipe, "on the hospital crisis")
    found = data.examples(recipe)
    policy = start_policy(recipe, out, lambda: texts_of(found, data.TEXTS), tiny_tokenizer)
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
        **policy.facts(),
        **summary,
    }


def _sft(recipe: Recipe, policy: Policy, found: list[data.Example], out: Path, progress: bool) -> dict[str, Any]:
    rows = data.sft_rows(found, policy.tokenizer, recipe.data.max_tokens, prompt_loss=recipe.optim.prompt_loss)
    done = fit(recipe, policy, rows, [1] * len(rows), EVEN, out, progress=progress)
    teacher = {"states": len(found), "too_long": len(found) - len(rows), **token_counts(rows)}
    return {**done, "teacher": teacher}


def _grpo(recipe: Recipe, policy: Policy, found: list[data.Example], out: Path, progress: bool) -> dict[str, Any]:
    from triagelab.training.crisis_grpo import CrisisTrainer, VerifiedReward
    from triagelab.training.grpo import ends_of_policy, optimise_evenly

    rows = data.grpo_rows(
        found, policy.tokenizer, recipe.data.max_tokens, max_new_tokens=recipe.generation.max_new_tokens
    )
    scorer = VerifiedReward(recipe.reward.preset, ends_of_policy(policy))
    shown = ("reward", "deaths_prevented", "parse/no_answer")
    return optimise_evenly(CrisisTrainer, recipe, policy, scorer, rows, out, shown, progress=progress)


def _dpo(recipe: Recipe, policy: Policy, found: list[data.Example], out: Path, progress: bool) -> dict[str, Any]:
    from triagelab.training.crisis_dpo import train_dpo

    return train_dpo(recipe, policy, found, out, progress=progress)
