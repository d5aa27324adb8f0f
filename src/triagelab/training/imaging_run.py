"""Training on imaging questions: SFT on gold reasoning, GRPO on an imaging reward."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from triagelab.cases.imaging.case import ImagingCase
from triagelab.errors import BadInputError
from triagelab.evaluation.provenance import config_hash
from triagelab.training import imaging_data as data
from triagelab.training.config import Recipe
from triagelab.training.data import show_order
from triagelab.training.imaging_format import tiny_tokenizer
from triagelab.training.machine import process_count
from triagelab.training.models import Policy, load_policy
from triagelab.training.sft import fit
from triagelab.training.trainer import shown_per_step, total_steps


def train_imaging(recipe: Recipe, out: Path, *, progress: bool) -> dict[str, Any]:
    """Train by SFT or GRPO on imaging questions, save the policy, and return what the manifest says.

    Raises: BadInputError for what cannot run: several processes, a split that is tested, no question that fits.
    """
    from transformers import set_seed

    from triagelab.seeding import derive_seed

    if process_count() != 1:
        raise BadInputError("processes", process_count(), "1: training on imaging questions runs in one process")
    set_seed(derive_seed("training.adapter", recipe.seed, bits=31))
    cases = data.cases(recipe)
    found = shown_examples(recipe, cases)
    folder = out / "tokenizer"
    if recipe.warm_start is None and recipe.model.name == "tiny" and not (folder / "tokenizer.json").is_file():
        tiny_tokenizer(data.texts_of(found), recipe.model.tiny.vocabulary, folder)
    policy = load_policy(recipe, folder, lambda: data.texts_of(found))
    summary = {"sft": _sft, "grpo": _grpo}[recipe.kind](recipe, policy, found, out, progress)
    return {
        "seeds": {"run": recipe.seed, "data": recipe.data.seed},
        "data": _about(recipe, cases, found),
        "parameters": sum(p.numel() for p in policy.model.parameters()),
        "base": policy.base,
        "targets": policy.targets.kinds() if policy.targets is not None else None,
        **summary,
    }


def shown_examples(recipe: Recipe, cases: list[ImagingCase]) -> list[data.Example]:
    """Return cases as they are shown: SFT with its own share of evidence, GRPO with all or none, as the reward says."""
    if recipe.kind == "sft":
        assert recipe.imaging is not None  # only recipes with this table come here
        return data.examples(recipe, cases, evidence=recipe.imaging.evidence)
    from triagelab.rewards.imaging.preset import load_imaging_preset

    return data.examples(recipe, cases, evidence=float(load_imaging_preset(recipe.reward.preset).evidence))


def _about(recipe: Recipe, cases: list[ImagingCase], found: list[data.Example]) -> dict[str, Any]:
    labels = [case.truth.label for case in cases]
    shown = {"ids": [case.id for case in cases], "template": recipe.data.template}
    return {
        "name": recipe.data.name,
        "split": recipe.data.split,
        "n": len(cases),
        "labels": {label.value: labels.count(label) for label in data.LABELS},
        "conditions": len({case.truth.condition for case in cases}),
        "with_evidence": sum(one.evidence for one in found),
        "hash": config_hash(shown),
    }


def _sft(recipe: Recipe, policy: Policy, found: list[data.Example], out: Path, progress: bool) -> dict[str, Any]:
    rows, places = data.sft_rows(found, policy.tokenizer, recipe.data.max_tokens, prompt_loss=recipe.optim.prompt_loss)
    weights = data.label_weights(places, recipe.data.balance)
    done = fit(recipe, policy, rows, places, weights, out, progress=progress)
    longest = max(len(row["labels"]) for row in rows)
    every = sum(len(row["labels"]) for row in rows) / len(rows)
    prompts = sum(sum(label == -100 for label in row["labels"]) for row in rows) / len(rows)
    teacher = {"questions": len(found), "too_long": len(found) - len(rows), "longest": longest}
    return {
        **done,
        "teacher": {
            **teacher,
            "mean_prompt_tokens": round(prompts, 1),
            "mean_answer_tokens": round(every - prompts, 1),
        },
    }


def _grpo(recipe: Recipe, policy: Policy, found: list[data.Example], out: Path, progress: bool) -> dict[str, Any]:
    from triagelab.training.grpo import ends_of_policy, optimise
    from triagelab.training.imaging_grpo import ImagingTrainer, ScoredReward

    rows = data.grpo_rows(
        found, policy.tokenizer, recipe.data.max_tokens, max_new_tokens=recipe.generation.max_new_tokens
    )
    scorer = ScoredReward(recipe.reward.preset, [one.case for one in found], ends_of_policy(policy))
    steps = total_steps(recipe, len(rows))
    order = show_order([1] * len(rows), {1: 1.0}, steps * shown_per_step(recipe), recipe.seed)
    shown = ("reward", "exact", "parse/no_answer")
    done = optimise(
        ImagingTrainer, recipe, policy, scorer, [rows[place] for place in order], steps, out, shown, progress=progress
    )
    return {**done, "reward": recipe.reward.preset, "scale_rewards": recipe.reward.scale}
