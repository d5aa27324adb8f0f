"""Muon turns a matrix step into one of singular values near one, and resumes from its state."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from triagelab.training.muon import muon_for, orthogonal


@pytest.mark.parametrize("shape", [(3, 16, 16), (2, 32, 8), (2, 8, 32)])
def test_singular_values_come_near_one(shape: tuple[int, int, int]) -> None:
    steps = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    values = torch.linalg.svdvals(orthogonal(steps, rounds=8))
    assert float(values.min()) > 0.5
    assert float(values.max()) < 1.3
    assert orthogonal(torch.zeros(1, 4, 4)).abs().max() == 0


def model() -> nn.Module:
    torch.manual_seed(0)
    net = nn.Module()
    net.embed = nn.Embedding(7, 8)
    net.first, net.second = nn.Linear(8, 16), nn.Linear(16, 8)
    return net


def loss(net: nn.Module) -> torch.Tensor:
    hidden = net.second(torch.tanh(net.first(net.embed(torch.arange(7)))))
    return ((hidden - torch.eye(7, 8)) ** 2).sum()


def steps(net: nn.Module, optimizer: torch.optim.Optimizer, count: int) -> float:
    for _ in range(count):
        optimizer.zero_grad()
        value = loss(net)
        value.backward()
        optimizer.step()
    return value.item()


def test_it_learns_and_goes_on_from_a_saved_state() -> None:
    net = model()
    make = {"rate": 0.01, "matrix_rate": 0.02, "betas": (0.9, 0.99), "decay": 0.0}
    optimizer = muon_for(net, **make)
    assert [group["matrix"] for group in optimizer.param_groups] == [True, False, False]
    before = loss(net).item()
    steps(net, optimizer, 20)
    twin = copy.deepcopy(net)
    resumed = muon_for(twin, **make)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    after = steps(net, optimizer, 20)
    assert after < 0.2 * before
    assert steps(twin, resumed, 20) == after
