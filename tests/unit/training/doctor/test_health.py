"""Curves that are ill by themselves, of GRPO and of SFT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from doctor_samples import curves, ids, own_run, rollouts
from triagelab.training.doctor.diagnosis import Diagnosis, diagnose

SICK_CURVES = {
    "entropy-collapse": {"entropy": lambda s: 0.3 if s < 25 else 0.001},
    "entropy-falls": {"entropy": lambda s: 0.3 if s < 10 else 0.02},
    "kl-high": {"kl": lambda s: 0.1 * s},
    "gradient-explodes": {"grad_norm": lambda s: 0.5 if s < 15 else 2e3},
    "loss-not-a-number": {"loss": lambda s: 0.1 if s < 15 else None},
    "no-gradient": {"grad_norm": lambda s: 0.5 if s < 15 else 0.0},
    "length-drift": {"completions__mean_length": lambda s: 40.0 + 3 * s + s % 3},
    "clipped": {"completions__clipped_ratio": 0.3},
}


@pytest.mark.parametrize("name", SICK_CURVES)
def test_a_sick_curve_is_named(tmp_path: Path, name: str) -> None:
    rows = [row | {"truncated": None} for row in rollouts()]
    assert ids(diagnose(own_run(tmp_path / "run", rows, curves(**SICK_CURVES[name])))) == {name}


def test_healthy_curves_with_all_figures_raise_nothing(tmp_path: Path) -> None:
    logged = curves(kl=0.02, completions__clipped_ratio=0.05, frac_reward_zero_std=0.4)
    assert ids(diagnose(own_run(tmp_path / "run", None, logged))) == set()


def test_a_loss_of_zero_is_normal_in_grpo(tmp_path: Path) -> None:
    assert ids(diagnose(own_run(tmp_path / "run", None, curves(loss=0.0)))) == set()


def sft(tmp_path: Path, loss: Any, **more: Any) -> Diagnosis:
    logged = [
        {"phase": "sft", "step": s, "seconds": float(s), "loss": loss(s), "grad_norm": 0.4}
        | {k: v(s) for k, v in more.items()}
        for s in range(1, 61)
    ]
    return diagnose(own_run(tmp_path / "run", [], logged, kind="sft"))


def test_sft_that_learns_says_only_that_overfitting_is_not_visible(tmp_path: Path) -> None:
    assert ids(sft(tmp_path, lambda s: 2.0 / s)) == {"overfitting-not-visible"}


def test_sft_that_learns_with_held_out_loss_raises_nothing(tmp_path: Path) -> None:
    assert ids(sft(tmp_path, lambda s: 2.0 / s, eval_loss=lambda s: 1.0 + 1.0 / s)) == set()


@pytest.mark.parametrize(
    ("loss", "held_out", "name"),
    [
        (lambda s: 2.0, lambda s: 2.0, "loss-does-not-fall"),
        (lambda s: abs(30 - s) / 10 + 0.1, lambda s: 2.0, "loss-rises"),
        (lambda s: None if s > 20 else 2.0 / s, lambda s: 2.0, "loss-not-a-number"),
        (lambda s: 2.0 / s, lambda s: 1.0 + abs(20 - s) / 20, "overfitting"),
    ],
)
def test_sft_that_goes_wrong(tmp_path: Path, loss: Any, held_out: Any, name: str) -> None:
    assert name in ids(sft(tmp_path, loss, eval_loss=held_out))
