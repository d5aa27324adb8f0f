"""What SFT and GRPO have in common: trainer arguments, the loop around training, saving."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from triagelab.agents.loading import CARD
from triagelab.errors import MissingDependencyError
from triagelab.files import write_json
from triagelab.training import checkpoints, logs
from triagelab.training.callbacks import Curves, ProgressLine, Sealing, Watch
from triagelab.training.config import Recipe
from triagelab.training.machine import process_count, process_index, use_bf16
from triagelab.training.models import Policy

CHECKPOINTS, MODEL, MUON = "checkpoints", "model", "muon"


def total_steps(recipe: Recipe, rows: int) -> int:
    """Return the number of optimiser steps: as told, or enough to show every case `epochs` times."""
    if recipe.optim.steps is not None:
        return recipe.optim.steps
    return max(1, math.ceil(recipe.optim.epochs * rows / shown_per_step(recipe)))


def shown_per_step(recipe: Recipe) -> int:
    """Return how many cases one optimiser step shows, over all processes."""
    completions = recipe.optim.batch * recipe.optim.accumulate * process_count()
    return max(1, completions // recipe.generation.group) if recipe.kind == "grpo" else completions


def shared_arguments(recipe: Recipe, out: Path, steps: int) -> dict[str, Any]:
    """Return the trainer arguments that SFT and GRPO share."""
    import torch

    optim = recipe.optim
    # Muon is ours and is handed to the trainer ready-made; the name below is then not used.
    name = "adamw_torch_fused" if optim.name == MUON else optim.name
    if "8bit" in name:
        try:
            import bitsandbytes  # noqa: F401
        except ImportError as error:
            raise MissingDependencyError("bitsandbytes", "train", f"the optimiser {name}") from error
    return {
        "output_dir": str(out / CHECKPOINTS),
        "max_steps": steps,
        "per_device_train_batch_size": optim.batch,
        "gradient_accumulation_steps": optim.accumulate,
        "learning_rate": optim.learning_rate,
        "lr_scheduler_type": optim.schedule,
        "lr_scheduler_kwargs": {"min_lr_rate": 0.1} if optim.schedule == "cosine_with_min_lr" else {},
        "warmup_steps": round(optim.warmup * steps),
        "weight_decay": optim.weight_decay,
        "adam_beta1": optim.beta1,
        "adam_beta2": optim.beta2,
        "max_grad_norm": optim.max_grad_norm,
        "optim": name,
        "bf16": use_bf16(optim.bf16),
        "activation_checkpointing": optim.gradient_checkpointing,
        "use_cpu": not torch.cuda.is_available(),
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "logging_steps": recipe.log.every,
        "logging_first_step": True,
        "logging_nan_inf_filter": False,
        "save_strategy": "steps",
        "save_steps": recipe.log.checkpoint_every,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": torch.cuda.is_available(),
        "dataloader_num_workers": 0,
        # A model trained whole on text alone may have towers that get no gradient; adapters never do.
        "ddp_find_unused_parameters": not recipe.lora.enabled and recipe.model.name != "tiny",
    }


def own_optimizer(recipe: Recipe, policy: Policy) -> tuple[Any, None]:
    """Return the optimiser that transformers does not have, or None to let it make its own."""
    if recipe.optim.name != MUON:
        return None, None
    from triagelab.training.muon import muon_for

    optim = recipe.optim
    betas = (optim.beta1, optim.beta2)
    made = muon_for(
        policy.model, rate=optim.learning_rate, matrix_rate=optim.matrix_rate, betas=betas, decay=optim.weight_decay
    )
    return made, None


def run_trainer(trainer: Any, recipe: Recipe, out: Path, *, progress: bool, shown: tuple[str, ...]) -> dict[str, Any]:
    """Train from the last whole checkpoint on, save the model, and return what happened.

    The returned mapping holds steps, seconds, attempt and warnings.
    """
    from transformers import PrinterCallback

    attempt = logs.next_attempt(out)
    line = ProgressLine(recipe.name, shown) if progress else None
    watch = Watch()
    trainer.remove_callback(PrinterCallback)
    for callback in (Curves(out, recipe.kind, attempt), Sealing(recipe.log.keep), watch, line):
        if callback is not None:
            trainer.add_callback(callback)
    last = checkpoints.last_whole(out / CHECKPOINTS)
    if process_index() == 0:
        checkpoints.drop_broken(out / CHECKPOINTS)
    start = time.monotonic()
    try:
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    finally:
        if line is not None:
            line.close()
    seconds = time.monotonic() - start
    return {
        "steps": trainer.state.global_step,
        "seconds": round(seconds, 1),
        "attempt": attempt,
        "warnings": watch.said,
        "optimizer": _optimizer_name(trainer),
    }


def _optimizer_name(trainer: Any) -> str:
    """Return library and class of the optimiser that stepped, with its bits where it has few."""
    inner = getattr(trainer.optimizer, "optimizer", trainer.optimizer)
    bits = getattr(getattr(inner, "args", None), "optim_bits", 32)
    name = f"{type(inner).__module__.split('.')[0]}.{type(inner).__name__}"
    return name if bits == 32 else f"{name} {bits} bit"


def save_policy(trainer: Any, recipe: Recipe, policy: Policy, out: Path) -> None:
    """Write the trained model or adapter with its tokenizer to `out/model`, on the first process."""
    import torch.distributed as dist

    place = out / MODEL
    model = trainer.accelerator.unwrap_model(trainer.model)
    if "ref" in getattr(model, "peft_config", {}):
        # GRPO with a KL penalty keeps a frozen copy of the start adapter; it is no part of the result.
        model.delete_adapter("ref")
    trainer.save_model(str(place))
    if process_index() == 0:
        policy.tokenizer.save_pretrained(place)
        (place / "training_args.bin").unlink(missing_ok=True)
        write_json(place / CARD, {"template": recipe.data.template, "max_new_tokens": _longest(recipe)})
    if dist.is_available() and dist.is_initialized():
        dist.barrier()


def _longest(recipe: Recipe) -> int:
    """Return how many tokens an answer may take: SFT is shown no limit, so the recipe's own for generation holds."""
    return recipe.generation.max_new_tokens


@contextlib.contextmanager
def compact_head() -> Iterator[None]:
    """Score only the tokens that carry loss, on a CPU too.

    TRL's fused output layer drops masked positions where Triton runs and scores every position elsewhere, for the sake
    of compilers that need fixed shapes. A CPU has no such need, and prompts are most of the tokens.
    """
    import trl.trainer.utils as utils

    original = getattr(utils, "_use_triton", None)
    if original is None:
        yield
        return
    utils._use_triton = lambda device: device.type == "cpu" or original(device)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        utils._use_triton = original  # type: ignore[attr-defined]
