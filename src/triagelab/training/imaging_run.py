"""Training on imaging questions: SFT on gold reasoning, GRPO on an imaging reward."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from triagelab.cases.imaging.case import ImagingCase
from triagelab.errors import BadInputError
from triagelab.evaluation.imaging.judges import RUBRIC, make_judge
from triagelab.evaluation.provenance import config_hash
from triagelab.rewards.imaging.judge import Judge
from triagelab.rewards.imaging.preset import load_imaging_preset
from triagelab.training import imaging_data as data
from triagelab.training.config import Recipe
from triagelab.training.imaging_format import tiny_tokenizer
from triagelab.training.models import Policy
from triagelab.training.sft import fit
from triagelab.training.shown import begin_alone, start_policy, texts_of, token_counts


def train_imaging(recipe: Recipe, out: Path, *, progress: bool) -> dict[str, Any]:
    """Train by SFT or GRPO on imaging questions, save the policy, and return what the manifest says.

    Raises: BadInputError for what cannot run: several processes, a split that is tested, no question that fits.
    """
    begin_alone(recipe, "on imaging questions")
    judge = chosen_judge(recipe)
    cases = data.cases(recipe)
    found = shown_examples(recipe, cases)
    policy = start_policy(recipe, out, lambda: texts_of(found, data.TEXTS), tiny_tokenizer)
    if recipe.kind == "sft":
        summary = _sft(recipe, policy, found, out, progress)
    else:
        summary = _grpo(recipe, policy, found, judge, out, progress)
    return {
        "seeds": {"run": recipe.seed, "data": recipe.data.seed},
        "data": _about(recipe, cases, found),
        **policy.facts(),
        **summary,
    }


def shown_examples(recipe: Recipe, cases: list[ImagingCase]) -> list[data.Example]:
    """Return cases as they are shown: SFT with its own share of evidence, GRPO with all or none, as the reward says."""
    if recipe.kind == "sft":
        assert recipe.imaging is not None  # only recipes with this table come here
        return data.examples(recipe, cases, evidence=recipe.imaging.evidence)
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
    teacher = {"questions": len(found), "too_long": len(found) - len(rows), **token_counts(rows)}
    return {**done, "teacher": teacher}


def chosen_judge(recipe: Recipe) -> Judge | None:
    """Return the judge that a recipe names, None where its reward asks none.

    Raises: BadInputError for a judge that would never be asked, and what `make_judge` raises.
    """
    assert recipe.imaging is not None  # only recipes with this table come here
    named = recipe.imaging.judge
    asks = recipe.kind == "grpo" and load_imaging_preset(recipe.reward.preset).needs("judge")
    if not asks and named != RUBRIC:
        raise BadInputError("imaging.judge", named, RUBRIC, "nothing in this run asks a judge")
    return make_judge(named, field="imaging.judge") if asks else None


def _grpo(
    recipe: Recipe, policy: Policy, found: list[data.Example], judge: Judge | None, out: Path, progress: bool
) -> dict[str, Any]:
    from triagelab.training.grpo import ends_of_policy, optimise_evenly
    from triagelab.training.imaging_grpo import ImagingTrainer, ScoredReward

    rows = data.grpo_rows(
        found, policy.tokenizer, recipe.data.max_tokens, max_new_tokens=recipe.generation.max_new_tokens
    )
    scorer = ScoredReward(recipe.reward.preset, [one.case for one in found], ends_of_policy(policy), judge)
    shown = ("reward", "exact", "parse/no_answer")
    done = optimise_evenly(ImagingTrainer, recipe, policy, scorer, rows, out, shown, progress=progress)
    return {**done, "judge": judge.name if judge is not None else None}
