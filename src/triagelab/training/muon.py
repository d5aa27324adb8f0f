"""Muon for the matrices of a small model, AdamW for the rest: about half the steps of AdamW alone from scratch.

Source: K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

# Coefficients of the quintic iteration, as published: they drive every singular value to near one in five rounds.
_A, _B, _C = 3.4445, -4.7750, 2.0315


class Muon(torch.optim.Optimizer):
    """Steps groups marked `matrix` by orthogonalised momentum, all others by AdamW.

    Shapes: parameters of a matrix group are two-dimensional.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], lr: float, betas: tuple[float, float] = (0.9, 0.99)) -> None:
        super().__init__(groups, {"lr": lr, "betas": betas, "momentum": 0.95, "weight_decay": 0.0, "matrix": False})

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:  # type: ignore[override]
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            live = [p for p in group["params"] if p.grad is not None]
            (self._matrices if group["matrix"] else self._others)(live, group)
        return loss

    def _matrices(self, parameters: list[torch.Tensor], group: dict[str, Any]) -> None:
        by_shape: dict[torch.Size, list[torch.Tensor]] = defaultdict(list)
        for parameter in parameters:
            by_shape[parameter.shape].append(parameter)
        for shape, members in by_shape.items():
            steps = []
            for parameter in members:
                state = self.state[parameter]
                grad = parameter.grad
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(parameter)
                state["momentum"].lerp_(grad, 1 - group["momentum"])  # type: ignore[arg-type]
                steps.append(grad.lerp(state["momentum"], group["momentum"]))  # type: ignore[union-attr]
            # One batched product for all matrices of a shape: a step of many small ones is all overhead.
            turned = orthogonal(torch.stack(steps)) * max(1.0, shape[0] / shape[1]) ** 0.5
            for parameter, step in zip(members, turned.unbind(), strict=True):
                parameter.mul_(1 - group["lr"] * group["weight_decay"]).add_(step, alpha=-group["lr"])

    def _others(self, parameters: list[torch.Tensor], group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        for parameter in parameters:
            state = self.state[parameter]
            if not state:
                state["step"] = torch.zeros(())
                state["mean"], state["square"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
            state["step"] += 1
            count = float(state["step"])
            state["mean"].lerp_(parameter.grad, 1 - beta1)
            state["square"].mul_(beta2).addcmul_(parameter.grad, parameter.grad, value=1 - beta2)  # type: ignore[arg-type]
            spread = (state["square"] / (1 - beta2**count)).sqrt_().add_(1e-8)
            parameter.mul_(1 - group["lr"] * group["weight_decay"])
            parameter.addcdiv_(state["mean"], spread, value=-group["lr"] / (1 - beta1**count))


def orthogonal(steps: torch.Tensor, rounds: int = 5) -> torch.Tensor:
    """Return each matrix with its singular values pushed to about one. Shapes: (n, rows, columns) in and out."""
    tall = steps.size(-2) > steps.size(-1)
    x = steps.mT if tall else steps
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    for _ in range(rounds):
        gram = x @ x.mT
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    return x.mT if tall else x


def muon_for(model: nn.Module, *, rate: float, matrix_rate: float, betas: tuple[float, float], decay: float) -> Muon:
    """Return the optimiser of a model: hidden matrices by Muon, embeddings and gains by AdamW."""
    matrices, tables, gains = [], [], []
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        place = gains if parameter.ndim != 2 else tables if "embed" in name or "lm_head" in name else matrices
        place.append(parameter)
    groups = [
        {"params": matrices, "matrix": True, "lr": matrix_rate, "weight_decay": decay},
        {"params": tables, "weight_decay": decay},
        {"params": gains},
    ]
    return Muon([group for group in groups if group["params"]], rate, betas)
