"""Training of the sentence encoder's topmost layers on the levels, before its vectors are used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from triagelab.errors import BadInputError
from triagelab.evaluation.progress import Progress
from triagelab.seeding import derive_seed
from triagelab.sentences import SentenceEncoder
from triagelab.training.hybrid_config import HybridRecipe

MAX_TOKENS = 96
"""A complaint has some twenty tokens; what a long note says after its first lines is left to the untuned reading."""
WARMUP = 0.1
LOG_EVERY = 20


def tune(
    encoder: SentenceEncoder,
    said: Sequence[str],
    levels: np.ndarray,
    recipe: HybridRecipe,
    log: Callable[[dict[str, Any]], None],
    *,
    progress: bool,
) -> None:
    """Train the topmost layers of `encoder` in place, so that its vectors tell the levels apart.

    A linear ordinal head learns with them and is thrown away. Each distinct text is shown once an epoch with the mean
    of its labels. Shapes: n texts, levels (n,) of 1-5.

    Raises: BadInputError where the encoder has fewer layers than are to be trained.
    """
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    settings = recipe.sentences
    layers = _layers(encoder, settings.tune_layers)
    texts, targets, weights = _distinct(said, levels)
    generator = torch.Generator().manual_seed(derive_seed("hybrid.tune", recipe.seed, bits=31))
    device = encoder.model.device
    head = torch.nn.Linear(encoder.width, 4)
    with torch.no_grad():
        head.weight.normal_(0.0, 0.5, generator=generator)
        head.bias.zero_()
    head.to(device)
    trained = [parameter for layer in layers for parameter in layer.parameters()]
    optimiser = torch.optim.AdamW(
        [{"params": trained, "lr": settings.tune_rate}, {"params": head.parameters(), "lr": 100 * settings.tune_rate}],
        weight_decay=0.01,
    )
    each = max(1, len(texts) // settings.tune_batch)
    steps = each * settings.tune_epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps))
    bar = Progress(f"{recipe.name}: tuning the encoder", steps, enabled=progress, stream=sys.stderr)
    length, encoder.model.max_seq_length = encoder.model.max_seq_length, MAX_TOKENS
    encoder.model.train()
    running = 0.0
    for step in range(steps):
        if step % each == 0:
            order = torch.randperm(len(texts), generator=generator).tolist()
        chosen = order[step % each * settings.tune_batch :][: settings.tune_batch]
        batch = encoder.model.preprocess([texts[place] for place in chosen])
        batch = {key: value.to(device) if hasattr(value, "to") else value for key, value in batch.items()}
        vectors = torch.nn.functional.normalize(encoder.model(batch)["sentence_embedding"], dim=1)
        loss = binary_cross_entropy_with_logits(
            head(vectors),
            torch.from_numpy(targets[chosen]).to(device),
            weight=torch.from_numpy(weights[chosen, None]).to(device),
        )
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        schedule.step()
        running += float(loss.detach())
        bar.update(step + 1)
        if (step + 1) % LOG_EVERY == 0:
            log({"phase": "tune", "step": step + 1, "loss": running / LOG_EVERY})
            running = 0.0
    bar.close()
    encoder.model.max_seq_length = length
    encoder.model.eval()


def _rate(step: int, steps: int) -> float:
    """Return the share of the learning rate: up over the first tenth, then down to nothing."""
    rise = max(1, round(WARMUP * steps))
    return min(1.0, (step + 1) / rise) * max(0.0, 1.0 - step / steps)


def _layers(encoder: SentenceEncoder, count: int) -> list[Any]:
    """Return the topmost layers, and freeze all the rest."""
    from torch import nn

    stacks = [module for module in encoder.model.modules() if isinstance(module, nn.ModuleList) and len(module) > 1]
    layers = list(max(stacks, key=len)) if stacks else []
    if len(layers) < count:
        raise BadInputError("sentences.tune_layers", count, f"0 to {len(layers)} for {encoder.name}")
    for parameter in encoder.model.parameters():
        parameter.requires_grad_(False)
    for layer in layers[-count:]:
        for parameter in layer.parameters():
            parameter.requires_grad_(True)
    return layers[-count:]


def _distinct(said: Sequence[str], levels: np.ndarray) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return distinct texts, the share of each whose level is at most 1, 2, 3, 4, and a weight that grows with count.

    Shapes: n texts -> m texts, (m, 4), (m,) with mean one.
    """
    place: dict[str, int] = {}
    index = np.asarray([place.setdefault(text, len(place)) for text in said])
    counts = np.bincount(index).astype(float)
    hits = np.stack([np.bincount(index, levels <= level) for level in range(1, 5)], axis=1)
    weights = np.sqrt(counts)
    return list(place), (hits / counts[:, None]).astype(np.float32), (weights / weights.mean()).astype(np.float32)
