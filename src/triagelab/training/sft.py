"""Supervised fine-tuning on gold completions, by TRL's SFTTrainer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from triagelab.cases.schema import Case
from triagelab.training import data
from triagelab.training.config import Recipe
from triagelab.training.models import Policy
from triagelab.training.trainer import (
    compact_head,
    own_optimizer,
    run_trainer,
    save_policy,
    shared_arguments,
    shown_per_step,
    total_steps,
)


def train_sft(recipe: Recipe, policy: Policy, cases: Sequence[Case], out: Path, *, progress: bool) -> dict[str, Any]:
    """Train the policy on the gold completions of `cases`, save it, and return what happened."""
    rows = data.sft_rows(cases, policy.tokenizer, recipe.data, prompt_loss=recipe.optim.prompt_loss)
    levels = [case.truth.level for case in cases]
    return fit(recipe, policy, rows, levels, data.level_weights(levels, recipe.data), out, progress=progress)


def fit(
    recipe: Recipe,
    policy: Policy,
    rows: list[dict[str, list[int]]],
    levels: Sequence[int],
    weights: Mapping[int, float],
    out: Path,
    *,
    progress: bool,
) -> dict[str, Any]:
    """Train the policy on rows of `input_ids` and `labels`, save it, and return what happened.

    Args:
        levels: one a row; `weights` says how often each level is shown.
    """
    from datasets import Dataset
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    steps = total_steps(recipe, len(rows))
    order = data.show_order(levels, weights, steps * shown_per_step(recipe), recipe.seed)
    if recipe.optim.group_by_length:
        order = data.group_lengths(order, [len(row["input_ids"]) for row in rows], recipe.optim.batch, recipe.seed)
    arguments = SFTConfig(
        **shared_arguments(recipe, out, steps),
        train_sampling_strategy="sequential",
        dataset_kwargs={"skip_prepare_dataset": True},
        max_length=None,
        remove_unused_columns=False,
    )
    with compact_head():
        trainer = SFTTrainer(
            model=policy.model,
            args=arguments,
            train_dataset=Dataset.from_list(rows).select(order.tolist()),
            processing_class=policy.tokenizer,
            peft_config=policy.adapter,
            optimizers=own_optimizer(recipe, policy),
        )
        done = run_trainer(trainer, recipe, out, progress=progress, shown=("loss", "mean_token_accuracy"))
    save_policy(trainer, recipe, policy, out)
    return done
