"""Training in `bedside-v1`: SFT on a teacher's episodes, GRPO by acting."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from triagelab.evaluation.provenance import config_hash
from triagelab.training import bedside_data as data
from triagelab.training import logs
from triagelab.training.bedside_format import set_calls, tiny_tokenizer
from triagelab.training.bedside_tools import Rollout, Sessions
from triagelab.training.config import Recipe
from triagelab.training.data import show_order
from triagelab.training.models import Policy, load_policy
from triagelab.training.rollouts import RolloutTrainer
from triagelab.training.sft import fit
from triagelab.training.shown import begin_alone
from triagelab.training.trainer import (
    compact_head,
    own_optimizer,
    run_trainer,
    save_policy,
    shared_arguments,
    shown_per_step,
    total_steps,
)

EVEN = dict.fromkeys(range(1, 6), 1.0)


def train_bedside(recipe: Recipe, out: Path, *, progress: bool) -> dict[str, Any]:
    """Train by SFT or GRPO in the environment, save the policy, and return what the manifest says.

    Raises: BadInputError for what cannot run: several processes, a template without tool calls.
    """
    assert recipe.bedside is not None
    begin_alone(recipe, "in the environment")
    taught = data.lessons(recipe) if recipe.kind == "sft" else []
    folder = out / "tokenizer"
    if (
        taught
        and recipe.warm_start is None
        and recipe.model.name == "tiny"
        and not (folder / "tokenizer.json").is_file()
    ):
        tiny_tokenizer(data.texts_of(taught), recipe.model.tiny.vocabulary, folder)
    policy = load_policy(recipe, folder, lambda: list(data.texts_of(taught)))
    set_calls(policy.tokenizer, recipe.bedside.calls)
    train = _sft if recipe.kind == "sft" else _grpo
    summary = train(recipe, policy, taught, out, progress)
    return {
        "seeds": {"run": recipe.seed, "data": recipe.data.seed},
        "data": {
            "name": recipe.bedside.env,
            "split": recipe.data.split,
            "n": recipe.data.n,
            "hash": config_hash({"split": recipe.data.split, "seeds": data.case_seeds(recipe)}),
        },
        **policy.facts(),
        **summary,
    }


def _sft(recipe: Recipe, policy: Policy, taught: list[data.Lesson], out: Path, progress: bool) -> dict[str, Any]:
    rows = data.sft_rows(taught, policy.tokenizer, recipe.data.max_tokens, prompt_loss=recipe.optim.prompt_loss)
    done = fit(recipe, policy, rows, [1] * len(rows), EVEN, out, progress=progress)
    return {
        **done,
        "teacher": {
            "episodes": len(taught),
            "too_long": len(taught) - len(rows),
            "mean_return": round(sum(lesson.total for lesson in taught) / len(taught), 4),
            "mean_tokens": round(sum(len(row["input_ids"]) for row in rows) / len(rows), 1),
        },
    }


class BedsideTrainer(RolloutTrainer):
    """GRPOTrainer that keeps a line of every rollout: what was done, what it earned, what was true."""

    def _generate_and_score_completions(self, inputs: Any) -> Any:
        phase = self.phase()
        output = super()._generate_and_score_completions(inputs)
        told = [tools._rollout for tools in self.environments or ()]
        for name, of in MEASURES.items():
            values = [value for rollout in told if (value := of(rollout)) is not None]
            if values:
                self._metrics[phase][name].append(sum(values) / len(values))
        logs.append(self.run / logs.COMPLETIONS, self._rows(phase, told))
        return output

    def _rows(self, phase: str, told: list[Rollout]) -> list[dict[str, Any]]:
        """Return one row a rollout, in the order of the prompts: groups are neighbours."""
        talks = list(self._logs["completion"])[-len(told) :]
        advantages = list(self._logs["advantages"])[-len(told) :]
        return [
            {
                **place,
                "case_id": f"{rollout.split}-{rollout.seed}",
                "level": rollout.level,
                "predicted": rollout.answer,
                "status": status(rollout),
                "completion": transcript(talks[i]),
                "actions": list(rollout.actions),
                "questions": rollout.questions,
                "invalid_calls": invalid_calls(talks[i]),
                "waited": rollout.waited,
                "minutes": rollout.minutes,
                "reward": rollout.total,
                "advantage": advantages[i],
                "terms": rollout.terms,
            }
            for i, (place, rollout) in enumerate(zip(self.places(phase, len(told)), told, strict=True))
        ]


MEASURES: Mapping[str, Callable[[Rollout], float | None]] = {
    "exact": lambda r: None if r.total is None else float(r.answer == r.level),
    "questions": lambda r: None if r.total is None else float(r.questions),
    "minutes": lambda r: r.minutes,
    "no_commit": lambda r: None if r.total is None else float(r.answer is None),
    "failed": lambda r: float(r.total is None),
    **{f"answers/{level}": lambda r, level=level: float(r.answer == level) for level in range(1, 6)},
}
"""Curves of GRPO in the environment -> what a rollout counts there."""


def status(rollout: Rollout) -> str:
    """Return `clean`, `no_commit`, or `failed` where the environment broke."""
    if rollout.total is None:
        return "failed"
    return "clean" if rollout.answer is not None else "no_commit"


def invalid_calls(talk: Any) -> int:
    """Return how many calls of a conversation were answered with an error."""
    replies = [str(m.get("content", "")) for m in talk if isinstance(m, Mapping) and m.get("role") == "tool"]
    return sum(reply.startswith("{'error'") for reply in replies)


def transcript(talk: Any) -> str:
    """Return a rollout as text: calls as they were made, replies behind an arrow."""
    if isinstance(talk, str):
        return talk
    lines = []
    for message in talk:
        if message.get("role") == "tool":
            lines.append(f"-> {message.get('content', '')}")
            continue
        calls = [f"{c['function']['name']}({c['function']['arguments']})" for c in message.get("tool_calls") or ()]
        lines.append(" ".join([str(message.get("content") or ""), *calls]).strip())
    return "\n".join(lines).strip()


def grpo_arguments(recipe: Recipe, out: Path, steps: int) -> Any:
    """Return TRL's configuration; the whole episode is its completion, one call is what is generated at a time."""
    from trl.trainer.grpo_config import GRPOConfig

    settings, gen, bedside = recipe.reward, recipe.generation, recipe.bedside
    assert bedside is not None
    return GRPOConfig(
        **shared_arguments(recipe, out, steps),
        num_generations=gen.group,
        max_completion_length=bedside.episode_tokens,
        max_tool_calling_iterations=bedside.turns,
        temperature=gen.temperature,
        top_p=gen.top_p,
        beta=settings.kl,
        epsilon=settings.clip,
        num_iterations=settings.iterations,
        scale_rewards=settings.scale,
        loss_type=settings.loss,
        shuffle_dataset=False,
        log_completions=False,
        remove_unused_columns=False,
    )


def _grpo(recipe: Recipe, policy: Policy, _: Any, out: Path, progress: bool) -> dict[str, Any]:
    from datasets import Dataset

    # It is news to nobody who chose this recipe that TRL calls the feature experimental.
    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
    rows = data.grpo_rows(recipe)
    steps = total_steps(recipe, len(rows))
    order = show_order([1] * len(rows), EVEN, steps * shown_per_step(recipe), recipe.seed)
    with compact_head(), Sessions(lambda: data.environment(recipe)) as sessions:
        trainer = BedsideTrainer(
            model=policy.model,
            reward_funcs=[],
            args=grpo_arguments(recipe, out, steps),
            train_dataset=Dataset.from_list(rows).select(order.tolist()),
            processing_class=policy.tokenizer,
            peft_config=policy.adapter,
            optimizers=own_optimizer(recipe, policy),
            environment_factory=sessions,
        )
        # TRL lets one turn take the whole episode's tokens; a call that does not end would hold up the batch.
        trainer.generation_config.max_new_tokens = recipe.generation.max_new_tokens
        trainer.run, trainer.attempt = out, logs.next_attempt(out)
        shown = ("reward", "exact", "questions", "no_commit")
        done = run_trainer(trainer, recipe, out, progress=progress, shown=shown)
        made = len(sessions.made)
    save_policy(trainer, recipe, policy, out)
    return {
        **done,
        "reward": recipe.reward.preset,
        "scale_rewards": recipe.reward.scale,
        "sessions": {"made": made, "open": sessions.open_sessions()},
    }
