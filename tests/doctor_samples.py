"""Small training folders with a chosen behaviour, as ours and as plain TRL's, for the tests of the doctor."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from triagelab.rewards.audit.finding import Finding
from triagelab.seeding import Generator, stream
from triagelab.training.doctor.diagnosis import Diagnosis

Policy = Callable[[float, int, Generator], int]
"""How far the run is (0 to 1), the true level, randomness -> the answer, 0 for none."""


def honest(progress: float, level: int, rng: Generator, *, skill: float = 0.7) -> int:
    """Be right with the same skill all the way, else one level off."""
    if rng.random() < skill:
        return level
    return min(5, max(1, level + (1 if rng.random() < 0.5 else -1)))


def terms_of(level: int, answer: int) -> dict[str, float]:
    return {"outcome": -2.0 if answer == 0 else 1.0 - abs(level - answer), "length": 0.01}


def rollouts(
    policy: Policy = honest,
    terms: Callable[[int, int], Mapping[str, float]] = terms_of,
    *,
    steps: int = 40,
    groups: int = 8,
    size: int = 8,
    mix: tuple[float, ...] = (0.2, 0.2, 0.2, 0.2, 0.2),
    same: bool = False,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Return completions as rows of our log; with `same`, all answers of a group are one and the same."""
    return [dict(row) for row in _rollouts(policy, terms, steps, groups, size, mix, same, seed)]


@cache
def _rollouts(
    policy: Policy,
    terms: Callable[[int, int], Mapping[str, float]],
    steps: int,
    groups: int,
    size: int,
    mix: tuple[float, ...],
    same: bool,
    seed: int,
) -> list[dict[str, Any]]:
    rng = stream("tests.doctor", seed)
    rows = []
    for step in range(steps):
        for group in range(groups):
            level = int(rng.choice(5, p=mix)) + 1
            drawn = policy(step / steps, level, rng)
            for rollout in range(size):
                answer = drawn if same else policy(step / steps, level, rng)
                paid = {
                    name: value + (0.001 * rollout if name == "length" else 0)
                    for name, value in terms(level, answer).items()
                }
                rows.append(_row(step, group, rollout, level, answer, paid))
    return rows


def _row(step: int, group: int, rollout: int, level: int, answer: int, paid: dict[str, float]) -> dict[str, Any]:
    return {
        "phase": "train",
        "step": step,
        "group": group,
        "rollout": rollout,
        "attempt": 0,
        "case_id": f"case-{step}-{group}",
        "level": level,
        "predicted": answer or None,
        "status": "clean" if answer else "malformed",
        "truncated": False,
        "completion": f"ANSWER: ESI {answer}" if answer else "I would wait and see",
        "reward": sum(paid.values()),
        "advantage": 0.0,
        "terms": paid,
    }


def curve(step: int, **more: float | None) -> dict[str, Any]:
    """Return one healthy logged step of GRPO, with changes."""
    wave = 0.01 * (step % 3)
    figures = {"loss": 0.0, "grad_norm": 0.5 + wave, "entropy": 0.3 + wave, "completions/mean_length": 40.0 + step % 3}
    return {"phase": "grpo", "step": step, "attempt": 0, "seconds": 2.0 * step, **figures, **more}


def own_run(
    folder: Path,
    rows: list[dict[str, Any]] | None = None,
    curves: list[dict[str, Any]] | None = None,
    *,
    kind: str = "grpo",
    finished: bool = True,
    reward: Mapping[str, Any] | None = None,
) -> Path:
    """Write a folder as `triagelab train` does and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = rollouts() if rows is None else rows
    steps = max([int(row["step"]) + 1 for row in rows], default=0)
    curves = [curve(step) for step in range(1, steps + 1)] if curves is None else curves
    total = max([steps, *(int(row["step"]) for row in curves)])
    recipe = {"kind": kind, "optim": {"steps": total}, "reward": {"preset": "v46", "scale": "none", **(reward or {})}}
    (folder / "config.json").write_text(json.dumps({"recipe": recipe}))
    _lines(folder / "curves.jsonl", curves)
    if rows:
        _lines(folder / "completions.jsonl", rows)
    if finished:
        (folder / "manifest.json").write_text("{}")
    return folder


def _lines(place: Path, rows: list[dict[str, Any]]) -> None:
    place.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def history(steps: int = 8, **more: float) -> list[dict[str, Any]]:
    """Return a log_history as TRL's GRPOTrainer leaves it in trainer_state.json."""
    return [
        {
            "epoch": step / steps,
            "step": step,
            "loss": 0.0,
            "grad_norm": 0.4 + 0.01 * (step % 3),
            "learning_rate": 1e-6,
            "reward": 0.5,
            "reward_std": 0.4,
            "frac_reward_zero_std": 0.25 * (step % 2),
            "rewards/right/mean": 0.5,
            "rewards/right/std": 0.4,
            "completions/mean_length": 30.0 + step % 3,
            "completions/clipped_ratio": 0.0,
            "entropy": 0.3 + 0.01 * (step % 3),
            "step_time": 2.0,
            **more,
        }
        for step in range(1, steps + 1)
    ]


def trainer_state(place: Path, rows: list[dict[str, Any]], *, total: int | None = None) -> None:
    """Write a trainer_state.json that reached the last of the rows."""
    reached = max([int(row["step"]) for row in rows], default=0)
    state = {"global_step": reached, "max_steps": total or reached, "save_steps": 10, "log_history": rows}
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(state))


def parquet(folder: Path, rows: list[dict[str, Any]], *, drop: tuple[str, ...] = ()) -> None:
    """Write rows of our log as TRL's completions parquet, one file a step."""
    import polars as pl

    place = folder / "completions"
    place.mkdir(parents=True, exist_ok=True)
    for step in sorted({row["step"] for row in rows}):
        here = [row for row in rows if row["step"] == step]
        columns = {
            "step": [step + 1 for _ in here],
            "prompt": [f"patient {row['step']}-{row['group']}" for row in here],
            "completion": [row["completion"] for row in here],
            "right": [row["reward"] for row in here],
            "level": [row["level"] for row in here],
            "predicted": [row["predicted"] for row in here],
            "status": [row["status"] for row in here],
            **{f"v/{name}": [row["terms"][name] for row in here] for name in here[0]["terms"]},
            "advantage": _advantages(here),
        }
        kept = {name: values for name, values in columns.items() if name not in drop and name.split("/")[0] not in drop}
        pl.DataFrame(kept, strict=False).write_parquet(place / f"completions_{step + 1:05d}.parquet")


def _advantages(rows: list[dict[str, Any]]) -> list[float]:
    """Return advantages divided by the group's own deviation, TRL's default."""
    rewards = np.array([row["reward"] for row in rows])
    groups = np.array([row["group"] for row in rows])
    found = np.zeros(len(rows))
    for group in set(groups.tolist()):
        here = groups == group
        found[here] = (rewards[here] - rewards[here].mean()) / (rewards[here].std(ddof=1) + 1e-4)
    return found.tolist()


STEPS = 40


def only(found: Diagnosis, name: str) -> Finding:
    named = [finding for finding in found.findings if finding.id == name]
    assert len(named) == 1, [finding.id for finding in found.findings]
    return named[0]


def ids(found: Diagnosis) -> set[str]:
    return {finding.id for finding in found.findings}


def at_step(value: Any, step: int) -> Any:
    return value(step) if callable(value) else value


def curves(**more: Any) -> list[dict[str, Any]]:
    """Return curves where each figure is a number, or a function of the step."""
    return [curve(s, **{k.replace("__", "/"): at_step(v, s) for k, v in more.items()}) for s in range(1, STEPS + 1)]


def collapsing(progress: float, level: int, rng: Generator) -> int:
    return 2 if rng.random() < 1.5 * progress else honest(progress, level, rng)


def paid_for_two(level: int, answer: int) -> dict[str, float]:
    return {"outcome": 2.0 if answer == 2 else 1.0 if answer == level else 0.0, "length": 0.01}
