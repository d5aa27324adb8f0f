"""A training folder as the doctor reads it, while it may still be written to: ours here, TRL's in trl.py."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from triagelab.errors import BadInputError
from triagelab.rewards.audit.finding import Finding, Severity
from triagelab.training import logs
from triagelab.training.doctor.values import (
    Curve,
    answer,
    clip,
    json_lines,
    level,
    merge_steps,
    number,
    read_json,
    usual,
    whole,
)

CONFIG, MANIFEST, STATE = "config.json", "manifest.json", "trainer_state.json"
SCALES = ("group", "batch", "none")
"""What a recipe may say outright; "preset" leaves it to the reward, and the advantages show what that was."""
EXPECTED = (
    "a training folder: curves.jsonl with config.json (triagelab), or trainer_state.json, "
    "checkpoint-*/trainer_state.json or completions/completions_*.parquet (TRL)"
)


@dataclass
class Rollouts:
    """Sampled completions as columns, in order of the steps.

    Missing: NaN is unknown; `predicted` 0 is no answer; `status` "" is unknown.

    Attributes:
        step: optimiser step that learnt from it, from 1.
        group: id of the group; equal only within one group of one step.
        length: characters.
        terms: name -> what that reward term paid.
        examples: status -> the latest text that has it, cleaned and short; only of what could not be read.
    """

    step: np.ndarray
    group: np.ndarray
    level: np.ndarray
    predicted: np.ndarray
    status: np.ndarray
    truncated: np.ndarray
    reward: np.ndarray
    advantage: np.ndarray
    length: np.ndarray
    terms: dict[str, np.ndarray] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.step)


@dataclass
class Record:
    """Everything that is known of one run.

    Attributes:
        phase: grpo, sft, or the name that the curves carry.
        curves: logged metrics by step; NaN is a value that was logged and is no number.
        total: steps that the run is to take; None is unknown.
        attempts: first step of every attempt after the first.
        pace: usual seconds between two signs of life; None is unknown.
        last: when the newest file changed, in seconds since 1970.
        scale: what advantages were divided by: group, batch, none; None is unknown.
        reward: name of the reward preset; "" is unknown.
        reading: what the reader itself has to say.
        levels: whether the answers are ESI levels; those to states of a crisis and to imaging questions are not.
    """

    path: Path
    kind: str
    phase: str
    curves: list[Curve]
    rollouts: Rollouts | None
    total: int | None
    done: int
    finished: bool
    attempts: list[int]
    pace: float | None
    last: float
    scale: str | None = None
    reward: str = ""
    reading: list[Finding] = field(default_factory=list)
    levels: bool = True


def read_run(run: Path) -> Record:
    """Return what a training folder holds.

    Raises: BadInputError for a path that is no training folder.
    """
    if not run.is_dir():
        raise BadInputError("RUN", str(run), EXPECTED, "it is a file" if run.exists() else "it is not there")
    config = read_json(run / CONFIG)
    if (run / logs.CURVES).is_file() or isinstance(config.get("recipe"), dict):
        return _read_own(run, config.get("recipe") or {})
    from triagelab.training.doctor.trl import read_trl

    record = read_trl(run)
    if record is None:
        raise BadInputError("RUN", str(run), EXPECTED, _instead(run))
    return record


def _instead(run: Path) -> str:
    """Return what a folder that is no run seems to be."""
    if (run / "records.jsonl").is_file():
        return "it is an evaluation: see `triagelab report`"
    runs = sorted(place.parent.name for name in (logs.CURVES, STATE) for place in run.glob(f"*/{name}"))
    return (
        f"it holds runs, name one: {', '.join(runs[:5])}{', ...' * (len(runs) > 5)}" if runs else "none of them is here"
    )


def _read_own(run: Path, recipe: Mapping[str, Any]) -> Record:
    lost: dict[str, list[int]] = {logs.CURVES: [], logs.COMPLETIONS: []}
    lines, starts = _newest(
        json_lines(run / logs.CURVES, lost[logs.CURVES]), lambda row: (row.get("phase"), row.get("network"))
    )
    phases = [str(row.get("phase", "")) for row in lines]
    phase = str(recipe.get("kind") or (phases[-1] if phases else ""))
    curves = merge_steps(lines if phase not in ("grpo", "sft") else [r for r in lines if r.get("phase") == phase])
    texts, late = _newest(
        map(_slim, json_lines(run / logs.COMPLETIONS, lost[logs.COMPLETIONS])), lambda row: row.get("phase")
    )
    rollouts = own_rollouts([row for row in texts if row.get("phase", "train") == "train"])
    reward, optim = _table(recipe, "reward"), _table(recipe, "optim")
    steps = optim.get("steps")
    total = steps if isinstance(steps, int) else _planned(run)
    seconds = [curve["seconds"] for curve in curves if "seconds" in curve]
    done = max([0, *(int(c["step"]) for c in curves)])
    files = [p for n in (*lost, MANIFEST, CONFIG) if (p := run / n).is_file()]
    return Record(
        path=run,
        kind="triagelab",
        phase=phase,
        curves=curves,
        rollouts=rollouts,
        total=total,
        done=done,
        finished=(run / MANIFEST).is_file(),
        attempts=sorted(late or starts),
        pace=usual(np.diff(seconds)),
        last=max((p.stat().st_mtime for p in files), default=run.stat().st_mtime),
        scale=scale if (scale := reward.get("scale")) in SCALES else None,
        reward=str(reward.get("preset") or "") if phase == "grpo" else "",
        reading=[_unreadable(name, numbers) for name, numbers in lost.items() if numbers],
        levels=not (_table(recipe, "crisis") or _table(recipe, "imaging")),
    )


def _unreadable(name: str, lines: list[int]) -> Finding:
    return Finding(
        "unreadable-lines",
        Severity.NOTE,
        f"What cannot be read in {name} is left out: {len(lines)} line{'s' * (len(lines) > 1)}",
        f"line {', '.join(map(str, lines[:8]))}{' and more' * (len(lines) > 8)}",
        "look at them: a full disk, a kill in the middle of a write, or two processes that write to one folder",
    )


def _table(recipe: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return recipe[name] if isinstance(recipe.get(name), dict) else {}


def _planned(run: Path) -> int | None:
    """Return the steps that the newest checkpoint was told to reach."""
    for place in sorted(run.glob(f"checkpoints/checkpoint-*/{STATE}"), reverse=True):
        steps = read_json(place).get("max_steps")
        if isinstance(steps, int) and steps > 0:
            return steps
    return None


def _newest(rows: Iterator[dict[str, Any]], key: Any) -> tuple[list[dict[str, Any]], set[int]]:
    """Return the rows without those that a resumed attempt went over again, and the step where each attempt began."""
    kept = list(rows)
    first: dict[Any, dict[int, int]] = {}
    for row in kept:
        attempt, step = whole(row.get("attempt")), whole(row.get("step"))
        begun = first.setdefault(key(row), {})
        begun[attempt] = min(begun.get(attempt, step), step)
    if all(len(begun) <= 1 for begun in first.values()):
        return kept, set()
    over = {
        (k, attempt): min((s for a, s in begun.items() if a > attempt), default=None)
        for k, begun in first.items()
        for attempt in begun
    }
    fresh = []
    for row in kept:
        end = over[(key(row), whole(row.get("attempt")))]
        if end is None or whole(row.get("step")) < end:
            fresh.append(row)
    return fresh, {begun[a] for begun in first.values() for a in begun if a > min(begun)}


KEPT = ("phase", "attempt", "group", "level", "predicted", "status", "truncated", "reward", "advantage", "terms")


def _slim(row: dict[str, Any]) -> dict[str, Any]:
    """Return what is needed of a logged completion, under the step that learns from it (the log counts from 0).

    Of the text only its length is kept, and its end where no answer was read.
    """
    text = str(row.get("completion") or "")
    slim = {name: row[name] for name in KEPT if name in row}
    end = clip(text) if unread(row, str(row.get("status") or "")) else ""
    return {**slim, "completion": end, "length": len(text), "step": whole(row.get("step")) + 1}


def own_rollouts(rows: list[dict[str, Any]]) -> Rollouts | None:
    """Return logged completions as columns, or None where there are none."""
    if not rows:
        return None
    names = sorted({str(name) for row in rows if isinstance(row.get("terms"), dict) for name in row["terms"]})
    step = np.array([whole(row.get("step")) for row in rows])
    order = np.argsort(step, kind="stable")
    pairs = np.array([[whole(row.get("step")), whole(row.get("group"), i)] for i, row in enumerate(rows)])
    group = np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1)
    status = [str(row.get("status") or "") for row in rows]

    def column(read: Any) -> np.ndarray:
        return np.array([read(row) for row in rows], dtype=float)[order]

    return Rollouts(
        step=step[order],
        group=group[order],
        level=column(lambda row: level(row.get("level"))),
        predicted=column(lambda row: answer(row["predicted"]) if "predicted" in row else math.nan),
        status=np.array(status, dtype=object)[order],
        truncated=column(lambda row: number(row.get("truncated"))),
        reward=column(lambda row: number(row.get("reward"))),
        advantage=column(lambda row: number(row.get("advantage"))),
        length=column(lambda row: number(row.get("length"))),
        terms={n: column(lambda row, n=n: number((row.get("terms") or {}).get(n))) for n in names},
        examples={s: str(row.get("completion") or "") for s, row in zip(status, rows, strict=True) if unread(row, s)},
    )


def unread(row: Mapping[str, Any], status: str) -> bool:
    """Return whether this is a completion that was read and held no answer."""
    return bool(status) and "predicted" in row and answer(row["predicted"]) == 0.0
