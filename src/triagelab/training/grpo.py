"""Group-relative policy optimisation against a reward preset, by TRL's GRPOTrainer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from trl.trainer.grpo_config import GRPOConfig

from triagelab.cases.schema import LEVELS, Case
from triagelab.errors import BadInputError
from triagelab.rewards.trl import RewardFunction, reward
from triagelab.training import data, logs
from triagelab.training.config import Recipe
from triagelab.training.gate import advantage_scale
from triagelab.training.machine import process_count, process_index
from triagelab.training.models import Policy
from triagelab.training.rollouts import RolloutTrainer
from triagelab.training.term_logs import cut_off
from triagelab.training.trainer import (
    compact_head,
    own_optimizer,
    run_trainer,
    save_policy,
    shared_arguments,
    shown_per_step,
    total_steps,
)


class GradedReward:
    """A reward preset as TRL calls it: tells the reward which answers were cut off, and keeps case ids beside them.

    Missing: an answer that cannot be scored earns None, which TRL leaves out of the group; never zero.
    """

    def __init__(self, preset: str, ends: Sequence[int]) -> None:
        self.inner: RewardFunction = reward(preset)
        self.ends = frozenset(ends)
        self.__name__ = self.inner.__name__

    def __call__(
        self, *, completions: Sequence[Any], completion_ids: Sequence[Sequence[int]], **columns: Any
    ) -> list[float | None]:
        truncated = cut_off(completion_ids, self.ends)
        totals = self.inner(completions=completions, completion_ids=completion_ids, truncated=truncated, **columns)
        levels, log_extra, log_metric = columns["level"], columns.get("log_extra"), columns.get("log_metric")
        if log_extra is not None:
            log_extra("case_id", list(columns["case_id"]))
            log_extra("level", list(levels))
            log_extra("truncated", truncated)
        if log_metric is not None:
            answers = [breakdown.parsed.level for breakdown in self.inner.last]
            log_metric("exact", sum(a == t for a, t in zip(answers, levels, strict=True)) / len(answers))
            for level in LEVELS:
                log_metric(f"answers/{level}", sum(a == level for a in answers) / len(answers))
        return totals


class LoggedTrainer(RolloutTrainer):
    """GRPOTrainer that appends every completion to a log, once over all processes."""

    def _generate_and_score_completions(self, inputs: Any) -> Any:
        phase = self.phase()
        output = super()._generate_and_score_completions(inputs)
        if process_index() == 0:
            logs.append(self.run / logs.COMPLETIONS, self._rows(phase, len(inputs) * process_count()))
        return output

    def _rows(self, phase: str, count: int) -> list[dict[str, Any]]:
        """Return the newest `count` completions, in the order of the prompts: groups are neighbours."""
        extra = {name: list(values)[-count:] for name, values in self._logs["extra"].items()}
        texts = list(self._logs["completion"])[-count:]
        totals = list(self._logs["rewards"][self.reward_func_names[0]])[-count:]
        advantages = list(self._logs["advantages"])[-count:]
        terms = {name: values for name, values in extra.items() if "/" in name}
        plain = {name: values for name, values in extra.items() if "/" not in name}
        return [
            {
                **place,
                **{name: values[i] for name, values in plain.items()},
                "completion": _text(texts[i]),
                "reward": totals[i],
                "advantage": advantages[i],
                "terms": {name.split("/", 1)[1]: values[i] for name, values in terms.items()},
            }
            for i, place in enumerate(self.places(phase, len(texts)))
        ]


def _text(completion: Any) -> str:
    return completion if isinstance(completion, str) else "".join(str(part.get("content", "")) for part in completion)


def check_generation(recipe: Recipe) -> None:
    """Refuse, before anything is loaded, what cannot run.

    Raises: BadInputError.
    """
    completions = recipe.optim.batch * recipe.optim.accumulate * process_count()
    if completions % recipe.generation.group:
        raise BadInputError(
            "generation.group",
            recipe.generation.group,
            f"a divisor of {completions} (optim.batch x optim.accumulate x processes)",
        )
    if recipe.generation.vllm:
        _check_vllm()


def _check_vllm() -> None:
    from importlib.util import find_spec

    import torch

    if find_spec("vllm") is None:
        raise BadInputError("generation.vllm", True, "false, or true with vLLM installed", "pip install 'trl[vllm]'")
    if not torch.cuda.is_available():
        raise BadInputError("generation.vllm", True, "false on a machine without a GPU")


def grpo_arguments(recipe: Recipe, out: Path, steps: int) -> GRPOConfig:
    """Return TRL's configuration for a recipe."""
    settings, gen = recipe.reward, recipe.generation
    return GRPOConfig(
        **shared_arguments(recipe, out, steps),
        num_generations=gen.group,
        max_completion_length=gen.max_new_tokens,
        temperature=gen.temperature,
        top_p=gen.top_p,
        use_vllm=gen.vllm,
        vllm_gpu_memory_utilization=gen.vllm_memory,
        beta=settings.kl,
        epsilon=settings.clip,
        num_iterations=settings.iterations,
        scale_rewards=advantage_scale(settings),
        loss_type=settings.loss,
        shuffle_dataset=False,
        log_completions=False,
        remove_unused_columns=False,
    )


def optimise(
    kind: type[RolloutTrainer],
    recipe: Recipe,
    policy: Policy,
    scorer: Callable[..., list[float | None]],
    rows: list[dict[str, Any]],
    steps: int,
    out: Path,
    shown: tuple[str, ...],
    *,
    progress: bool,
) -> dict[str, Any]:
    """Run GRPO on rows in the order in which they stand, save the policy, and return what happened.

    Args:
        kind: the trainer; it logs what its task is about. `shown`: measures in the line of progress.
    """
    from datasets import Dataset

    with compact_head():
        trainer = kind(
            model=policy.model,
            reward_funcs=[scorer],
            args=grpo_arguments(recipe, out, steps),
            train_dataset=Dataset.from_list(rows),
            processing_class=policy.tokenizer,
            peft_config=policy.adapter,
            optimizers=own_optimizer(recipe, policy),
        )
        trainer.run, trainer.attempt = out, logs.next_attempt(out)
        done = run_trainer(trainer, recipe, out, progress=progress, shown=shown)
    save_policy(trainer, recipe, policy, out)
    return done


def train_grpo(recipe: Recipe, policy: Policy, cases: Sequence[Case], out: Path, *, progress: bool) -> dict[str, Any]:
    """Train the policy against the recipe's reward on `cases`, save it, and return what happened."""
    rows = data.grpo_rows(cases, policy.tokenizer, recipe.data, max_new_tokens=recipe.generation.max_new_tokens)
    scorer = GradedReward(recipe.reward.preset, ends_of_policy(policy))
    steps = total_steps(recipe, len(rows))
    levels = [row["level"] for row in rows]
    weights = data.level_weights(levels, recipe.data)
    if recipe.reward.oversample:
        weights = {k: weights[k] * w for k, w in zip(LEVELS, scorer.inner.spec.sampling_weights, strict=True)}
    order = data.show_order(levels, weights, steps * shown_per_step(recipe), recipe.seed)
    shown = ("reward", "exact", "parse/no_answer")
    done = optimise(
        LoggedTrainer, recipe, policy, scorer, [rows[place] for place in order], steps, out, shown, progress=progress
    )
    return {**done, "reward": recipe.reward.preset, "scale_rewards": advantage_scale(recipe.reward)}


def optimise_evenly(
    kind: type[RolloutTrainer],
    recipe: Recipe,
    policy: Policy,
    scorer: Callable[..., list[float | None]],
    rows: list[dict[str, Any]],
    out: Path,
    shown: tuple[str, ...],
    *,
    progress: bool,
) -> dict[str, Any]:
    """Run GRPO as `optimise` on rows that are shown equally often, in an order of the recipe's seed."""
    steps = total_steps(recipe, len(rows))
    order = data.show_order([1] * len(rows), {1: 1.0}, steps * shown_per_step(recipe), recipe.seed)
    done = optimise(
        kind, recipe, policy, scorer, [rows[place] for place in order], steps, out, shown, progress=progress
    )
    return {**done, "reward": recipe.reward.preset, "scale_rewards": recipe.reward.scale}


def ends_of_policy(policy: Policy) -> list[int]:
    """Return every token that ends an answer: the tokenizer's and those the model declares."""
    declared = policy.model.generation_config.eos_token_id
    more = declared if isinstance(declared, list) else [declared]
    end: Any = policy.tokenizer.eos_token_id
    return [token for token in {end, *more} if token is not None]
