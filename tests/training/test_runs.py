"""A run from start to end, cut off and resumed, refused where it must be, and over two processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tiny_runs import same, weights
from triagelab.agents.local import LocalAgent
from triagelab.cases.generator import generate
from triagelab.errors import BadInputError, RunStateError
from triagelab.training import checkpoints, logs
from triagelab.training.run import train

pytestmark = pytest.mark.training

SMALLEST: dict[str, Any] = {
    "data.name": "generated",
    "data.style": "terse",
    "data.template": "esi-brief",
    "threads": 1,
    "data.n": 48,
    "data.max_tokens": 400,
    "model.tiny.layers": 1,
    "model.tiny.width": 32,
    "model.tiny.heads": 2,
    "model.tiny.kv_heads": 2,
    "model.tiny.feed_forward": 32,
    "model.tiny.vocabulary": 400,
    "optim.steps": 6,
    "optim.batch": 4,
    "log.every": 1,
    "log.checkpoint_every": 2,
}
GRPO = {**SMALLEST, "generation.group": 4, "optim.batch": 8, "optim.steps": 3, "generation.max_new_tokens": 12}


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train("tiny-sft", tmp_path_factory.mktemp("runs") / "sft", overrides=SMALLEST, progress=False)


def test_sft_leaves_what_a_reader_needs(start: Path) -> None:
    manifest = json.loads((start / "manifest.json").read_text())
    assert manifest["steps"] == 6
    assert manifest["data"]["n"] == 48
    assert manifest["config_hash"] == json.loads((start / "config.json").read_text())["hash"]
    curves = logs.read_curves(start)
    assert [row["step"] for row in curves] == [1, 2, 3, 4, 5, 6]
    assert curves[-1]["loss"] < curves[0]["loss"]
    assert [step for step, _ in checkpoints.checkpoints(start / "checkpoints")] == [4, 6]


def test_equal_seeds_give_equal_weights_and_other_seeds_others(start: Path, tmp_path: Path) -> None:
    again = train("tiny-sft", tmp_path / "again", overrides=SMALLEST, progress=False)
    other = train("tiny-sft", tmp_path / "other", overrides={**SMALLEST, "seed": 1}, progress=False)
    assert same(weights(start), weights(again))
    assert not same(weights(start), weights(other))


def test_a_run_cut_off_by_an_error_resumes_to_the_same_weights(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from triagelab.training.callbacks import Curves

    out = tmp_path / "cut"
    written = Curves.on_log

    def stop(self: Curves, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        written(self, args, state, control, **kwargs)
        if state.global_step == 5:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Curves, "on_log", stop)
        with pytest.raises(KeyboardInterrupt):
            train("tiny-sft", out, overrides=SMALLEST, progress=False)
    assert not (out / "manifest.json").exists()
    # A checkpoint that was being written when the machine went down: newer than every whole one, and to be left alone.
    broken = out / "checkpoints" / "checkpoint-5"
    broken.mkdir()
    (broken / "model.safetensors").write_bytes(b"half")
    train("tiny-sft", out, overrides=SMALLEST, progress=False, resume=True)
    assert same(weights(start), weights(out))
    assert not broken.exists()
    lines = [json.loads(line) for line in (out / "curves.jsonl").read_text().splitlines()]
    assert [(row["attempt"], row["step"]) for row in lines] == [*((0, s) for s in range(1, 6)), (1, 5), (1, 6)]
    assert [row["step"] for row in logs.read_curves(out)] == [1, 2, 3, 4, 5, 6]


def test_grpo_logs_every_completion_once_with_its_terms(start: Path, tmp_path: Path) -> None:
    run = train("tiny-grpo", tmp_path / "grpo", overrides={**GRPO, "warm_start": str(start)}, progress=False)
    rows = logs.read_completions(run)
    keys = [(row["phase"], row["step"], row["group"], row["rollout"]) for row in rows]
    assert keys == [("train", step, group, rollout) for step in range(3) for group in range(2) for rollout in range(4)]
    for row in rows:
        assert sum(value for value in row["terms"].values() if value is not None) == pytest.approx(row["reward"])
        assert row["truncated"] == (row["status"] == "truncated") or not row["truncated"]
    for step in range(3):
        for group in range(2):
            members = [row for row in rows if (row["step"], row["group"]) == (step, group)]
            assert len({row["case_id"] for row in members}) == 1
    curves = logs.read_curves(run)
    for name in ("reward", "frac_reward_zero_std", "completions/clipped_ratio", "entropy", "terms/cost-v0/outcome"):
        assert name in curves[0]
    # This model never answers, so a group's rewards are all equal: that must teach nothing at all.
    assert {row["reward"] for row in rows} == {-4.0}
    assert {row["advantage"] for row in rows} == {0.0}
    assert same(weights(start), weights(run))
    predictions = LocalAgent.load(run, max_new_tokens=4).predict([case.presentation for case in generate(2, 1, "dev")])
    assert [prediction.level for prediction in predictions] == [None, None]


def test_a_killed_grpo_run_goes_on_from_its_last_whole_checkpoint(start: Path, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    settings = {**GRPO, "warm_start": str(start), "optim.steps": 60, "log.checkpoint_every": 1}
    sets = [part for key, value in settings.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    command = [sys.executable, "-m", "triagelab.cli.main", "train", "tiny-grpo", *sets, "--out", str(out)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while checkpoints.last_whole(out / "checkpoints") is None and time.monotonic() < deadline:
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    last = checkpoints.last_whole(out / "checkpoints")
    assert last is not None, "no checkpoint was written before the kill"
    step = int(last.name.split("-")[1])
    if (out / "manifest.json").exists():
        pytest.fail("the run ended before it could be killed")

    # The recipe itself may not change on the way, so the short rest is reached by pretending it asked for less.
    saved = json.loads((out / "config.json").read_text())
    with pytest.raises(RunStateError, match=r"optim\.steps: was 60, now"):
        train("tiny-grpo", out, overrides={**settings, "optim.steps": step + 2}, progress=False, resume=True)
    saved["recipe"]["optim"]["steps"] = step + 2
    (out / "config.json").write_text(json.dumps(saved))
    train("tiny-grpo", out, overrides={**settings, "optim.steps": step + 2}, progress=False, resume=True)
    rows = logs.read_completions(out)
    assert {row["step"] for row in rows} == set(range(step + 2))
    assert len(rows) == (step + 2) * 8
    assert {row["attempt"] for row in rows if row["step"] >= step} == {1}


def test_a_folder_that_is_not_this_run_is_refused(start: Path, tmp_path: Path) -> None:
    with pytest.raises(RunStateError, match="--resume"):
        train("tiny-sft", start, overrides=SMALLEST, progress=False)
    with pytest.raises(RunStateError, match=r"optim\.learning_rate: was"):
        train("tiny-sft", start, overrides={**SMALLEST, "optim.learning_rate": 0.5}, progress=False, resume=True)
    (tmp_path / "thesis.txt").write_text("not a run")
    with pytest.raises(RunStateError, match="no run"):
        train("tiny-sft", tmp_path, overrides=SMALLEST, progress=False)
    before = (start / "manifest.json").stat().st_mtime_ns
    assert train("tiny-sft", start, overrides=SMALLEST, progress=False, resume=True) == start
    assert (start / "manifest.json").stat().st_mtime_ns == before


def test_what_cannot_run_is_said_before_anything_is_loaded(start: Path, tmp_path: Path) -> None:
    cases = {
        "generation.group": {"generation.group": 3},
        "vllm": {"generation.vllm": True},
        "warm_start": {"warm_start": str(tmp_path / "nothing")},
    }
    for word, change in cases.items():
        with pytest.raises((BadInputError, ImportError), match=word):
            train("tiny-grpo", tmp_path / word, overrides={**GRPO, "warm_start": str(start), **change}, progress=False)


WATCHED = """
import json, os, sys
from pathlib import Path
from transformers import Trainer
step = Trainer.training_step
place = Path(sys.argv[1])
def watched(self, model, inputs, *rest):
    shown = [row["case_id"] for row in inputs] if isinstance(inputs, list) else inputs["input_ids"].tolist()
    with (place / f"{kind}-{os.environ['RANK']}.jsonl").open("a") as stream:
        stream.write("".join(json.dumps(row) + "\\n" for row in shown))
    return step(self, model, inputs, *rest)
Trainer.training_step = watched
from triagelab.training.run import train
import torch.distributed as dist
for kind, settings in json.loads(sys.argv[2]).items():
    train(f"tiny-{kind}", place / kind, overrides=settings, progress=False)
    assert dist.get_world_size() == 2
dist.destroy_process_group()
"""


def test_two_processes_share_the_work_and_write_once(tmp_path: Path) -> None:
    settings = {"sft": SMALLEST, "grpo": {**GRPO, "warm_start": str(tmp_path / "sft")}}
    script = tmp_path / "watched.py"
    script.write_text(WATCHED)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = subprocess.run(
        [*launcher, str(script), str(tmp_path), json.dumps(settings)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for kind in settings:
        run = tmp_path / kind
        assert json.loads((run / "manifest.json").read_text())["hardware"]["processes"] == 2
        seen = [set((tmp_path / f"{kind}-{rank}.jsonl").read_text().splitlines()) for rank in (0, 1)]
        assert seen[0]
        assert seen[1]
        assert not seen[0] & seen[1], "both processes were shown the same cases"
        lines = (run / "curves.jsonl").read_text().splitlines()
        assert len(lines) == len(logs.read_curves(run)) == settings[kind]["optim.steps"]
    rows = logs.read_completions(tmp_path / "grpo")
    assert len((tmp_path / "grpo" / "completions.jsonl").read_text().splitlines()) == len(rows) == 3 * 2 * 8
    by_step = [{row["case_id"] for row in rows if row["step"] == step} for step in range(3)]
    assert all(len(cases) == 4 for cases in by_step), "four groups a step, each with a case of its own"


def test_a_severe_reward_is_trained_on_only_knowingly_and_the_run_says_so(start: Path, tmp_path: Path) -> None:
    settings = {**GRPO, "warm_start": str(start), "reward.preset": "v46"}
    with pytest.raises(BadInputError, match=r"optimum-costs-more.*--accept-exploits"):
        train("tiny-grpo", tmp_path / "refused", overrides=settings, progress=False)
    assert not (tmp_path / "refused").exists()
    run = train("tiny-grpo", tmp_path / "known", overrides=settings, progress=False, accept_exploits=True)
    for name in ("config.json", "manifest.json"):
        told = json.loads((run / name).read_text())["audit"]
        assert told["verdict"] == "severe"
        assert told["accepted_exploits"] == ["optimum-costs-more"]
    (run / "manifest.json").unlink()
    assert train("tiny-grpo", run, overrides=settings, progress=False, resume=True) == run
