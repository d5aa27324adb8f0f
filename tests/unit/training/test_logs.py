"""Logs are only appended to, survive a kill in the middle of a line, and are read by their latest line."""

from __future__ import annotations

import json
from pathlib import Path

from triagelab.training import logs


def completion(step: int, rollout: int, attempt: int = 0, reward: float | None = 0.0) -> dict[str, object]:
    return {"phase": "train", "step": step, "group": 0, "rollout": rollout, "attempt": attempt, "reward": reward}


def test_a_number_that_is_none_is_written_as_null(tmp_path: Path) -> None:
    path = tmp_path / logs.CURVES
    logs.append(path, [{"step": 1, "loss": float("nan"), "terms": {"a": float("inf"), "b": [1.5]}}])
    assert json.loads(path.read_text()) == {"step": 1, "loss": None, "terms": {"a": None, "b": [1.5]}}


def test_a_stump_does_not_spoil_the_next_line(tmp_path: Path) -> None:
    path = tmp_path / logs.COMPLETIONS
    logs.append(path, [completion(0, 0), completion(0, 1)])
    with path.open("ab") as stream:
        stream.write(b'{"phase": "train", "step": 1, "gro')
    logs.append(path, [completion(1, 0, attempt=1)])
    assert [(row["step"], row["rollout"]) for row in logs.read_completions(tmp_path)] == [(0, 0), (0, 1), (1, 0)]


def test_a_step_done_twice_is_read_once_by_its_later_line(tmp_path: Path) -> None:
    logs.append(tmp_path / logs.COMPLETIONS, [completion(s, r, reward=-1.0) for s in (9, 10) for r in (0, 1)])
    assert logs.next_attempt(tmp_path) == 1
    logs.append(tmp_path / logs.COMPLETIONS, [completion(10, r, attempt=1, reward=1.0) for r in (0, 1)])
    rows = logs.read_completions(tmp_path)
    assert [(row["step"], row["rollout"], row["reward"]) for row in rows] == [
        (9, 0, -1.0),
        (9, 1, -1.0),
        (10, 0, 1.0),
        (10, 1, 1.0),
    ]
    assert logs.next_attempt(tmp_path) == 2


def test_a_run_without_logs_has_no_rows(tmp_path: Path) -> None:
    assert logs.read_curves(tmp_path) == []
    assert logs.read_completions(tmp_path) == []
    assert logs.next_attempt(tmp_path) == 0
    logs.append(tmp_path / logs.CURVES, [])
    assert not (tmp_path / logs.CURVES).exists()
