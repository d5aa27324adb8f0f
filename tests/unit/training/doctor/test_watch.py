"""Watch warns while training runs, by the doctor's checks, and stops nothing."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from triagelab.seeding import Generator, stream
from triagelab.training.callbacks import Watch

ARGS: Any = SimpleNamespace(
    per_device_train_batch_size=64, gradient_accumulation_steps=1, world_size=1, logging_steps=1
)


def watched(logs: Callable[[int], dict[str, Any]], steps: int = 60, args: Any = ARGS) -> list[str]:
    watch, control = Watch(), SimpleNamespace(should_training_stop=False)
    for step in range(1, steps + 1):
        state: Any = SimpleNamespace(global_step=step, is_world_process_zero=True)
        watch.on_log(args, state, control, logs=logs(step))
    assert not control.should_training_stop
    return watch.said


def test_a_cause_is_said_once_after_five_logs_in_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    said = watched(lambda step: {"frac_reward_zero_std": 0.95})
    assert said == [
        "step 5: frac_reward_zero_std is 0.95 since 5 logs: nearly every group earns one and the same reward, so "
        "nothing is learnt; choose harder cases or sample warmer"
    ]
    assert capsys.readouterr().err == f"warning: {said[0]}\n"


def test_a_break_starts_the_count_again() -> None:
    assert watched(lambda step: {"entropy": 0.001 if step % 5 else 0.2}) == []


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("completions/clipped_ratio", 0.2),
        ("entropy", 0.001),
        ("grad_norm", float("nan")),
        ("grad_norm", 5e3),
        ("loss", float("nan")),
    ],
)
def test_each_cause_is_named(metric: str, value: float) -> None:
    assert [metric in line for line in watched(lambda step: {metric: value})] == [True]


def shares(rng: Generator, levels: tuple[float, ...], exact: float, silent: float = 0.0) -> dict[str, Any]:
    """Return one log of 8 groups of 8: the scatter of a group's case is in it."""
    drawn = rng.multinomial(8, levels) / 8
    figures = {f"answers/{k}": float(share) for k, share in enumerate(drawn, start=1)}
    return figures | {
        "exact": float(rng.binomial(8, exact)) / 8,
        "parse/no_answer": float(rng.binomial(64, silent)) / 64,
    }


EVEN = (0.2, 0.2, 0.2, 0.2, 0.2)


def test_steady_answers_raise_nothing_in_long_runs() -> None:
    for seed in range(6):
        rng = stream("tests.watch", seed)
        assert watched(lambda step, rng=rng: shares(rng, EVEN, 0.7, 0.01), 400) == []


def test_collapse_is_warned_of_while_it_happens() -> None:
    rng = stream("tests.watch", 1)
    said = watched(lambda s: shares(rng, EVEN if s < 30 else (0.0, 0.9, 0.1, 0.0, 0.0), 0.7 if s < 30 else 0.3), 80)
    assert sum("answers/2 went from" in line for line in said) == 1
    assert sum("exact went from" in line for line in said) == 1
    assert any("level 5 is no longer answered" in line for line in said)
    assert all("`triagelab " in line for line in said)


def test_silence_is_warned_of_while_it_happens() -> None:
    rng = stream("tests.watch", 2)
    said = watched(lambda s: shares(rng, EVEN, 0.7, 0.01 if s < 30 else 0.25), 80)
    assert [line.split(":")[1].split()[0] for line in said] == ["parse/no_answer"]


def test_small_batches_wait_for_enough_completions() -> None:
    small: Any = SimpleNamespace(
        per_device_train_batch_size=2, gradient_accumulation_steps=1, world_size=1, logging_steps=1
    )
    rng = stream("tests.watch", 3)
    assert watched(lambda s: shares(rng, EVEN if s < 30 else (0.0, 1.0, 0.0, 0.0, 0.0), 0.7), 200, small) == []


def test_other_processes_and_the_last_line_say_nothing() -> None:
    watch: Any = Watch()
    for step in range(1, 20):
        watch.on_log(ARGS, SimpleNamespace(global_step=step, is_world_process_zero=False), None, logs={"entropy": 0.0})
        watch.on_log(
            ARGS,
            SimpleNamespace(global_step=step, is_world_process_zero=True),
            None,
            logs={"entropy": 0.0, "train_runtime": 1.0},
        )
    assert watch.said == []
