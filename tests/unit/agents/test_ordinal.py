"""The head in NumPy is the network that torch trained; damaged arrays are refused."""

from __future__ import annotations

import numpy as np
import pytest

from triagelab.agents.ordinal import OrdinalHead
from triagelab.errors import DataFormatError
from triagelab.seeding import stream
from triagelab.training.head_fit import _network, fit_head
from triagelab.training.hybrid_config import HeadSettings

SMALL = HeadSettings(networks=2, width=8, second=6, epochs=6, batch=32)


def toy(count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = stream("tests.head", 0)
    rows = rng.normal(size=(count, 5)).astype(np.float32)
    return rows, np.clip(np.round(3 + rows[:, 0] * 1.2), 1, 5).astype(int)


@pytest.fixture(scope="module")
def head() -> OrdinalHead:
    rows, levels = toy()
    return fit_head(rows, levels, SMALL.model_copy(update={"learning_rate": 0.01, "dropout": 0.0}), 0, lambda row: None)


def test_it_learns_the_order(head):
    rows, levels = toy()
    expected = 5 - (1 / (1 + np.exp(-head.log_odds(rows)))).sum(axis=1)
    assert np.corrcoef(expected, levels)[0, 1] > 0.8


def test_numpy_computes_what_torch_does():
    import torch

    torch.manual_seed(0)
    network = _network(5, SMALL).eval()
    layers = tuple(
        (m.weight.detach().numpy(), m.bias.detach().numpy()) for m in network if isinstance(m, torch.nn.Linear)
    )
    rows, _ = toy(50)
    with torch.no_grad():
        there = network(torch.from_numpy(rows)).numpy()
    assert OrdinalHead((layers,)).log_odds(rows) == pytest.approx(there, abs=1e-5)


def test_the_same_seed_gives_the_same_head(head):
    rows, levels = toy()
    again = fit_head(
        rows, levels, SMALL.model_copy(update={"learning_rate": 0.01, "dropout": 0.0}), 0, lambda row: None
    )
    assert again.log_odds(rows[:5]) == pytest.approx(head.log_odds(rows[:5]))


def test_arrays_round_trip(head):
    back = OrdinalHead.from_arrays(head.to_arrays(), 5)
    rows, _ = toy(10)
    assert np.array_equal(back.log_odds(rows), head.log_odds(rows))


def test_outcomes_teach_and_leave_no_output():
    rows, levels = toy()
    outcomes = np.stack([levels <= 2, np.full(len(levels), np.nan)], axis=1).astype(np.float32)
    outcomes[::2] = np.nan
    taught = fit_head(rows, levels, SMALL, 0, lambda row: None, outcomes)
    assert taught.log_odds(rows[:3]).shape == (3, 4)
    assert np.isfinite(taught.log_odds(rows)).all()
    alone = fit_head(rows, levels, SMALL.model_copy(update={"outcome_weight": 0.0}), 0, lambda row: None, outcomes)
    assert not np.allclose(taught.log_odds(rows), alone.log_odds(rows))


@pytest.mark.parametrize("damage", ["none", "shape", "outputs", "extra"])
def test_damaged_arrays_are_refused(head, damage):
    arrays = head.to_arrays()
    if damage == "none":
        arrays = {}
    elif damage == "shape":
        arrays["network0_layer1_weights"] = arrays["network0_layer1_weights"][:, :-1]
    elif damage == "outputs":
        arrays["network1_layer2_weights"] = arrays["network1_layer2_weights"][:3]
        arrays["network1_layer2_bias"] = arrays["network1_layer2_bias"][:3]
    else:
        arrays["more"] = np.zeros(3)
    with pytest.raises(DataFormatError):
        OrdinalHead.from_arrays(arrays, 5)
