"""Plain TRL output: `log_history` of the newest trainer_state.json, and completions from parquet, read with limits."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from triagelab.rewards.audit.finding import Finding, Severity
from triagelab.training.doctor.read import STATE, Record, Rollouts
from triagelab.training.doctor.values import (
    Curve,
    answer,
    clip,
    level,
    merge_steps,
    number,
    read_json,
    usual,
    whole,
)

MAX_FILES, MAX_ROWS, MAX_TEXT = 20_000, 8192, 16_384
LEVELS = ("level", "gold", "esi")
_FILE = re.compile(r"completions_(\d+)\.parquet")
_OWN = {"step", "prompt", "completion", "advantage", "predicted", "status", "truncated", "case_id", *LEVELS}


def read_trl(run: Path) -> Record | None:
    """Return what a folder of TRL output holds, None where there is nothing of the kind."""
    state, place = _newest_state(run)
    files = sorted((int(m[1]), p) for p in run.glob("completions/*.parquet") if (m := _FILE.fullmatch(p.name)))
    files = files[-MAX_FILES:]
    if place is None and not files:
        return None
    history = [row for row in state.get("log_history") or [] if isinstance(row, dict)]
    curves = merge_steps([row for row in history if "train_runtime" not in row])
    held_out = {int(c["step"]) for c in curves if any(key.startswith("eval_") for key in c)}
    names = sorted({m[1] for curve in curves for key in curve if (m := re.fullmatch(r"rewards/(.+)/mean", key))})
    rollouts = read_rollouts([one for one in files if one[0] not in held_out], names)
    steps = [step for step, _ in files]
    done = max([0, whole(state.get("global_step")), *steps, *(int(curve["step"]) for curve in curves)])
    planned = whole(state.get("max_steps"))
    grpo = rollouts is not None or any("reward" in curve or "frac_reward_zero_std" in curve for curve in curves)
    times = [p.stat().st_mtime for _, p in files]
    return Record(
        path=run,
        kind="trl",
        phase="grpo" if grpo else "sft",
        curves=curves,
        rollouts=rollouts,
        total=planned if planned > 0 else None,
        done=done,
        finished=any("train_runtime" in row for row in history) or 0 < planned <= done,
        attempts=[],
        pace=_pace(state, curves, times),
        last=max([*times, *([place.stat().st_mtime] if place else [])]),
        reading=[*_overwritten([step for step in steps if step in held_out]), *_thinned(curves, steps)],
    )


def _newest_state(run: Path) -> tuple[dict[str, Any], Path | None]:
    """Return the trainer state that went furthest and can be read; one that is half written is passed over."""
    best: tuple[dict[str, Any], Path | None] = ({}, None)
    for place in (run / STATE, *sorted(run.glob(f"checkpoint-*/{STATE}"))):
        state = read_json(place)
        if isinstance(state.get("log_history"), list):
            reached = number(state.get("global_step"))
            # At equal steps the file at the top counts: it alone holds the line of the end.
            if best[1] is None or reached > number(best[0].get("global_step")):
                best = (state, place)
    return best


def _pace(state: Mapping[str, Any], curves: Sequence[Curve], times: Sequence[float]) -> float | None:
    """Return the usual seconds between two files, by the files themselves or by the logged time of a step."""
    if (pace := usual(np.diff(times))) is not None:
        return pace
    step = usual([curve["step_time"] for curve in curves if "step_time" in curve])
    every = number(state.get("save_steps"))
    return step * max(1.0, every) if step is not None and math.isfinite(every) else None


def _overwritten(lost: Sequence[int]) -> list[Finding]:
    if not lost:
        return []
    return [
        Finding(
            "eval-overwrites-train",
            Severity.WARNING,
            "Completions of an evaluation took the place of the training completions of the same step",
            f"TRL names both files completions_STEP.parquet; {len(lost)} files, left out here: steps {_some(lost)}",
            "evaluate in a run of its own, or log completions from a reward function",
        )
    ]


def _thinned(curves: Sequence[Curve], steps: Sequence[int]) -> list[Finding]:
    """Say so where only the last batch before each log was kept."""
    gaps = np.diff(steps if len(steps) > 1 else [int(curve["step"]) for curve in curves])
    every = int(np.median(gaps)) if len(steps) > 1 and len(gaps) else 1
    if every <= 1:
        return []
    return [
        Finding(
            "batches-not-logged",
            Severity.NOTE,
            f"Completions of about one step in {every} were kept",
            f"{len(steps)} files, {every} steps apart: TRL keeps the last generation batch before each log only",
            "set logging_steps=1 to see every completion",
        )
    ]


def _some(steps: Sequence[int]) -> str:
    return ", ".join(str(step) for step in steps[:5]) + (f" and {len(steps) - 5} more" if len(steps) > 5 else "")


def read_rollouts(files: Sequence[tuple[int, Path]], reward_names: Sequence[str]) -> Rollouts | None:
    """Return the completions in the (step, file) pairs as columns; a file that cannot be read is passed over.

    A group is neighbours with the same prompt. Texts are cut to their last `MAX_TEXT` characters, where the answer is.
    """
    parts = [part for step, place in files if (part := _read_file(step, place, reward_names)) is not None]
    if not parts:
        return None
    groups, base = [], 0
    for part in parts:
        groups.append(part["group"] + base)
        base += int(part["group"].max(initial=-1)) + 1
    names = sorted({name for part in parts for name in part["terms"]})

    def joined(key: str) -> np.ndarray:
        return np.concatenate([part[key] for part in parts])

    terms = {
        n: np.concatenate([part["terms"].get(n, np.full(len(part["step"]), np.nan)) for part in parts]) for n in names
    }
    examples = {status: text for part in parts for status, text in part["examples"].items()}
    columns = {key: joined(key) for key in parts[0] if key not in ("group", "terms", "examples")}
    return Rollouts(group=np.concatenate(groups), terms=terms, examples=examples, **columns)


def _read_file(step: int, place: Path, reward_names: Sequence[str]) -> dict[str, Any] | None:
    import polars as pl

    try:
        lazy = pl.scan_parquet(place)
        schema = lazy.collect_schema()
        text = schema.get("completion") == pl.String
        frame = lazy.head(MAX_ROWS)
        if text:
            frame = frame.with_columns(pl.col("completion").str.len_chars().alias("\x00length"))
            frame = frame.with_columns(pl.col("completion").str.tail(MAX_TEXT))
        rows = frame.collect()
    except (pl.exceptions.PolarsError, OSError):
        return None
    if not rows.height:
        return None
    columns = {name: rows[name].to_list() for name in rows.columns}
    texts = [_text(value) for value in columns.get("completion", [""] * rows.height)]
    lengths = columns.get("\x00length") or [len(value) for value in texts]
    return _columns(step, columns, texts, lengths, reward_names, schema)


def _columns(
    step: int,
    columns: dict[str, list[Any]],
    texts: list[str],
    lengths: list[Any],
    reward_names: Sequence[str],
    schema: Any,
) -> dict[str, Any]:
    n = len(texts)
    numeric = [k for k, kind in schema.items() if kind.is_numeric() and k not in _OWN and "/" not in k]
    paid = [k for k in reward_names if k in columns] or [k for k in numeric if not k.startswith("__")]
    pay = np.array([[number(v) for v in columns[k]] for k in paid]).reshape(len(paid), n)
    split = {k.split("/", 1)[1]: _numbers(columns[k]) for k, kind in schema.items() if "/" in k and kind.is_numeric()}
    gold = next((columns[k] for k in LEVELS if k in columns), [None] * n)
    status, predicted, examples = _answers(columns, texts)
    reward = np.where(np.isnan(pay).all(axis=0), np.nan, np.nansum(pay, axis=0)) if paid else np.full(n, np.nan)
    return {
        "step": np.full(n, step),
        "group": _neighbours(columns["prompt"]) if "prompt" in columns else np.arange(n),
        "level": np.array([level(v) for v in gold]),
        "predicted": predicted,
        "status": np.array(status, dtype=object),
        "truncated": _numbers(columns.get("truncated", [None] * n)),
        "reward": reward,
        "advantage": _numbers(columns.get("advantage", [None] * n)),
        "length": _numbers(lengths),
        # One reward function that logged its terms is taken apart; several functions are the terms themselves.
        "terms": split if split and len(paid) <= 1 else dict(zip(paid, pay, strict=True)) if len(paid) > 1 else {},
        "examples": examples,
    }


def _numbers(values: Sequence[Any]) -> np.ndarray:
    return np.array([number(value) for value in values], dtype=float)


def _neighbours(prompts: Sequence[Any]) -> np.ndarray:
    """Return a group number for each row: a new one wherever the prompt differs from the row before."""
    keys = [value if isinstance(value, str) else json.dumps(value, default=str) for value in prompts]
    new = [index == 0 or keys[index] != keys[index - 1] for index in range(len(keys))]
    return np.cumsum(new) - 1


def _answers(columns: Mapping[str, Any], texts: Sequence[str]) -> tuple[list[str], np.ndarray, dict[str, str]]:
    """Return status and answer as logged, or else as our parser reads the text."""
    from triagelab.completions.parser import parse

    if "predicted" in columns:
        predicted = [answer(value) for value in columns["predicted"]]
        status = [str(value or "") for value in columns.get("status", [""] * len(texts))]
    elif any("esi" in text.lower() for text in texts):
        read = [parse(text) for text in texts]
        predicted = [float(found.level or 0) for found in read]
        status = [found.status.value for found in read]
    else:
        return [""] * len(texts), np.full(len(texts), np.nan), {}
    examples = {s: clip(text) for s, text, found in zip(status, texts, predicted, strict=True) if s and not found}
    return status, np.array(predicted), examples


def _text(completion: Any) -> str:
    """Return the text of a completion that is a string or a list of messages, cut to its end."""
    from triagelab.rewards.trl import completion_text

    if isinstance(completion, str):
        return completion[-MAX_TEXT:]
    if isinstance(completion, list):
        return completion_text([part for part in completion if isinstance(part, Mapping)])[-MAX_TEXT:]
    return ""
