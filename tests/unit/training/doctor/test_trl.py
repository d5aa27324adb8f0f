"""The doctor on plain TRL output: what is there is used, what is not is said to be unknown, nothing stops it."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from doctor_samples import history, honest, parquet, rollouts, trainer_state
from triagelab.seeding import Generator
from triagelab.training.doctor.diagnosis import Diagnosis, diagnose
from triagelab.training.doctor.groups import scaling_of
from triagelab.training.doctor.trl import read_rollouts, read_trl

STEPS = 24


def ids(found: Diagnosis) -> set[str]:
    return {finding.id for finding in found.findings}


def collapsing(progress: float, level: int, rng: Generator) -> int:
    return 2 if progress > 0.5 else honest(progress, level, rng)


def test_a_healthy_run_raises_nothing(tmp_path: Path) -> None:
    parquet(tmp_path, rollouts(steps=STEPS))
    trainer_state(tmp_path / "checkpoint-24" / "trainer_state.json", history(STEPS))
    found = diagnose(tmp_path)
    assert ids(found) == set()
    assert (found.kind, found.phase, found.state, found.done, found.total) == ("trl", "grpo", "finished", 24, 24)
    assert sum(window.completions for window in found.windows) == STEPS * 64
    groups = found.windows[-1].groups
    assert groups is not None
    assert groups.n == found.windows[-1].completions / 8


def test_what_our_reward_logs_is_used(tmp_path: Path) -> None:
    parquet(tmp_path, rollouts(collapsing, steps=STEPS))
    found = diagnose(tmp_path)
    assert "class-collapse" in ids(found)
    assert "length" in (found.windows[0].row()["groups"]["terms"])


def test_texts_are_read_where_no_answer_was_logged(tmp_path: Path) -> None:
    parquet(tmp_path, rollouts(collapsing, steps=STEPS), drop=("predicted", "status"))
    assert "class-collapse" in ids(diagnose(tmp_path))


def test_without_gold_levels_right_and_wrong_are_unknown(tmp_path: Path) -> None:
    parquet(tmp_path, rollouts(collapsing, lambda level, answer: {"outcome": 1.0}, steps=STEPS), drop=("level",))
    found = diagnose(tmp_path)
    assert {"levels-unknown", "dead-groups", "class-collapse"} <= ids(found)
    dead = next(finding for finding in found.findings if finding.id == "dead-groups")
    assert "unknown" in dead.evidence
    assert found.windows[0].mean("exact") is None


def test_answers_of_another_task_are_unknown(tmp_path: Path) -> None:
    rows = [row | {"completion": "42"} for row in rollouts(steps=STEPS)]
    parquet(tmp_path, rows, drop=("level", "predicted", "status", "v"))
    assert ids(diagnose(tmp_path)) == {"answers-unknown"}


@pytest.mark.parametrize("column", ["prompt", "completion", "right", "advantage", "step"])
def test_a_missing_column_stops_nothing(tmp_path: Path, column: str) -> None:
    parquet(tmp_path, rollouts(steps=STEPS), drop=(column,))
    found = diagnose(tmp_path)
    assert found.done == STEPS
    assert not {"reward-hacked", "class-collapse", "dead-groups"} & ids(found)


def test_a_broken_file_is_passed_over(tmp_path: Path) -> None:
    parquet(tmp_path, rollouts(steps=STEPS))
    (tmp_path / "completions" / "completions_00003.parquet").write_bytes(b"PAR1 not really")
    assert sum(window.completions for window in diagnose(tmp_path).windows) == (STEPS - 1) * 64


def test_the_newest_state_that_can_be_read_counts(tmp_path: Path) -> None:
    trainer_state(tmp_path / "checkpoint-10" / "trainer_state.json", history(10), total=40)
    (tmp_path / "checkpoint-20").mkdir()
    (tmp_path / "checkpoint-20" / "trainer_state.json").write_text('{"global_step": 20, "log_hist')
    found = diagnose(tmp_path)
    assert (found.done, found.total, found.state) == (10, 40, "running")


def test_a_state_with_a_run_time_is_finished(tmp_path: Path) -> None:
    rows = [*history(10), {"step": 10, "train_runtime": 20.0, "train_loss": 0.0}]
    trainer_state(tmp_path / "trainer_state.json", rows, total=40)
    assert diagnose(tmp_path).state == "finished"


def test_not_a_number_in_a_state_is_seen(tmp_path: Path) -> None:
    rows = history(30)
    for row in rows[20:]:
        row["loss"] = float("nan")
    trainer_state(tmp_path / "trainer_state.json", rows)
    assert "loss-not-a-number" in ids(diagnose(tmp_path))


def test_completions_that_an_evaluation_overwrote_are_left_out(tmp_path: Path) -> None:
    parquet(tmp_path, rollouts(steps=STEPS))
    rows = history(STEPS)
    rows.insert(6, {"step": 6, "eval_reward": 0.4, "eval_runtime": 1.0})
    trainer_state(tmp_path / "trainer_state.json", rows)
    found = diagnose(tmp_path)
    assert ids(found) == {"eval-overwrites-train"}
    assert sum(window.completions for window in found.windows) == (STEPS - 1) * 64


def test_sparse_logging_is_said(tmp_path: Path) -> None:
    rows = [row for row in rollouts(steps=100) if row["step"] % 5 == 4]
    parquet(tmp_path, rows)
    assert ids(diagnose(tmp_path)) == {"batches-not-logged"}


def test_supervised_output_is_read_as_such(tmp_path: Path) -> None:
    rows = [{"step": s, "loss": 3.0 / s, "grad_norm": 1.0, "mean_token_accuracy": 0.5} for s in range(1, 41)]
    trainer_state(tmp_path / "checkpoint-40" / "trainer_state.json", rows)
    found = diagnose(tmp_path)
    assert (found.phase, ids(found)) == ("sft", {"overfitting-not-visible"})


def test_several_reward_functions_are_the_terms(tmp_path: Path) -> None:
    place = tmp_path / "completions"
    place.mkdir()
    n = 64
    frame = pl.DataFrame(
        {
            "step": [1] * n,
            "prompt": [[{"role": "user", "content": f"case {i // 8}"}] for i in range(n)],
            "completion": [[{"role": "assistant", "content": f"ANSWER: ESI {i % 5 + 1}"}] for i in range(n)],
            "accuracy": [float(i % 5 == 0) for i in range(n)],
            "brevity": [None if i == 0 else 0.0 for i in range(n)],
            "advantage": [0.0] * n,
        },
        strict=False,
    )
    frame.write_parquet(place / "completions_00001.parquet")
    record = read_trl(tmp_path)
    assert record is not None
    assert record.rollouts is not None
    assert set(record.rollouts.terms) == {"accuracy", "brevity"}
    assert len(set(record.rollouts.group.tolist())) == 8
    assert record.rollouts.predicted[:6].tolist() == [1, 2, 3, 4, 5, 1]


def test_scaling_is_read_off_the_advantages(tmp_path: Path) -> None:
    parquet(tmp_path, rollouts(steps=3))
    found = read_rollouts(list(enumerate(sorted((tmp_path / "completions").iterdir()))), ["right"])
    assert found is not None
    assert scaling_of(found) == "group"
    means = {g: found.reward[found.group == g].mean() for g in set(found.group.tolist())}
    found.advantage = found.reward - [means[g] for g in found.group.tolist()]
    assert scaling_of(found) == "none"
    found.advantage = found.advantage * 0.37
    assert scaling_of(found) == "batch"


def test_numbers_that_are_text_do_no_harm(tmp_path: Path) -> None:
    rows = [{"step": 1, "loss": "high", "reward": [1]}, {"step": "two"}, {"step": 2, "loss": 10**400}, 5, None]
    (tmp_path / "trainer_state.json").write_text(
        json.dumps({"global_step": "x", "max_steps": None, "log_history": rows})
    )
    assert diagnose(tmp_path).done == 2
