"""How the ordinal head learns, on vectors that do not change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from triagelab.agents.encoder_input import Numbers
from triagelab.agents.ordinal import OrdinalHead
from triagelab.agents.tabular_features import dense_matrix
from triagelab.cases.schema import Case
from triagelab.seeding import derive_seed
from triagelab.training.hybrid_config import HeadSettings
from triagelab.training.tabular_fit import learn_features

QUANTILES = np.linspace(0.04, 0.96, 12)
MIN_STEPS = 4
INPUT_DROPOUT = 0.1
LEVELS = 4
"""Outputs for the level: at most 1, 2, 3, 4."""


def fit_numbers(cases: list[Case], levels: np.ndarray) -> Numbers:
    """Return how the structured columns of these cases are read. Shapes: n cases, (n,)."""
    features, _ = learn_features(cases, levels)
    features = features.model_copy(update={"codes": (), "tokens": {}})
    table = dense_matrix([case.presentation for case in cases], features)
    kept = [place for place, column in enumerate(table.T) if len(np.unique(column[~np.isnan(column)])) > 1]
    centre, spread, steps = [], [], []
    for column in table[:, kept].T:
        seen = column[~np.isnan(column)]
        edges = np.unique(np.quantile(seen, QUANTILES))
        centre.append(float(seen.mean()))
        spread.append(float(seen.std()) + 1e-6)
        steps.append(tuple(edges.tolist()) if len(edges) >= MIN_STEPS else ())
    return Numbers(features=features, kept=tuple(kept), centre=tuple(centre), spread=tuple(spread), steps=tuple(steps))


def fit_head(
    rows: np.ndarray,
    levels: np.ndarray,
    settings: HeadSettings,
    seed: int,
    log: Callable[[dict[str, Any]], None],
    outcomes: np.ndarray | None = None,
) -> OrdinalHead:
    """Return the trained head. Shapes: rows (n, inputs), levels (n,) of 1-5, outcomes (n, targets) of 0, 1 and NaN.

    Args:
        log: called after every epoch of every network with its mean loss.
        outcomes: further targets, NaN where unknown; the networks lose these outputs when they are trained.
    """
    further = np.zeros((len(levels), 0)) if outcomes is None else outcomes
    targets = np.hstack([levels[:, None] <= np.arange(1, 5), further])
    targets = targets.astype(np.float32)
    networks = []
    for place in range(settings.networks):
        own = derive_seed("hybrid.head", seed, place, bits=31)
        networks.append(_fit_network(rows, targets, settings, own, place, log))
    return OrdinalHead(tuple(networks))


def _fit_network(
    rows: np.ndarray,
    targets: np.ndarray,
    settings: HeadSettings,
    seed: int,
    place: int,
    log: Callable[[dict[str, Any]], None],
) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Return weights and biases, layer by layer."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _network(rows.shape[1], settings, targets.shape[1])
        given = torch.from_numpy(np.ascontiguousarray(rows, dtype=np.float32))
        wanted = torch.from_numpy(np.ascontiguousarray(targets))
        batch = min(settings.batch, len(rows))
        each = max(1, len(rows) // batch)
        optimiser = torch.optim.AdamW(network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, settings.learning_rate, total_steps=settings.epochs * each + 1
        )
        network.train()
        for epoch in range(settings.epochs):
            order = torch.randperm(len(rows), generator=generator)
            total = 0.0
            for step in range(each):
                chosen = order[step * batch : (step + 1) * batch]
                loss = _loss(network(given[chosen]), wanted[chosen], settings.outcome_weight)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                total += float(loss.detach())
            log({"phase": "head", "step": place * settings.epochs + epoch + 1, "network": place, "loss": total / each})
    layers = [module for module in network if isinstance(module, torch.nn.Linear)]
    arrays = [(layer.weight.detach().numpy().copy(), layer.bias.detach().numpy().copy()) for layer in layers]
    weights, bias = arrays.pop()
    return (*arrays, (weights[:LEVELS], bias[:LEVELS]))


def _loss(outputs: Any, wanted: Any, outcome_weight: float) -> Any:
    """Return the loss on the level plus, weighted, the mean loss on the outcomes that are known."""
    from torch.nn.functional import binary_cross_entropy_with_logits

    loss = binary_cross_entropy_with_logits(outputs[:, :LEVELS], wanted[:, :LEVELS])
    known = ~wanted[:, LEVELS:].isnan()
    if outcome_weight and bool(known.any()):
        further = binary_cross_entropy_with_logits(outputs[:, LEVELS:][known], wanted[:, LEVELS:][known])
        loss = loss + outcome_weight * further * known.float().mean()
    return loss


def _network(inputs: int, settings: HeadSettings, outputs: int = LEVELS) -> Any:
    """Return an untrained network; its linear layers are what `OrdinalHead` computes."""
    from torch import nn

    return nn.Sequential(
        nn.Dropout(INPUT_DROPOUT),
        nn.Linear(inputs, settings.width),
        nn.GELU(),
        nn.Dropout(settings.dropout),
        nn.Linear(settings.width, settings.second),
        nn.GELU(),
        nn.Dropout(settings.dropout / 2),
        nn.Linear(settings.second, outputs),
    )
