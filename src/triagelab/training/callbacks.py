"""What happens beside training: curves, progress with time left, sealed checkpoints, warnings that stop nothing."""

from __future__ import annotations

import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from triagelab.training import checkpoints, logs
from triagelab.training.doctor import checks


class Curves(TrainerCallback):
    """Appends every logged metric to curves.jsonl, on the first process only."""

    def __init__(self, run: Path, phase: str, attempt: int) -> None:
        self.path, self.phase, self.attempt = run / logs.CURVES, phase, attempt
        self.start = time.monotonic()

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        values: dict[str, Any] = kwargs.get("logs") or {}
        if not state.is_world_process_zero or "train_runtime" in values:
            return  # The line at the end repeats averages of the whole run.
        metrics = {key: float(v) for key, v in values.items() if isinstance(v, int | float) and key != "total_flos"}
        seconds = round(time.monotonic() - self.start, 2)
        row = {"phase": self.phase, "step": state.global_step, "attempt": self.attempt, "seconds": seconds, **metrics}
        logs.append(self.path, [row])


class Sealing(TrainerCallback):
    """Seals each checkpoint once it is written, then removes the oldest ones."""

    def __init__(self, keep: int) -> None:
        self.keep = keep

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        _wait_for_all()
        if state.is_world_process_zero:
            folder = Path(str(args.output_dir))
            checkpoints.seal(folder / f"checkpoint-{state.global_step}")
            checkpoints.prune(folder, self.keep)
        _wait_for_all()


def _wait_for_all() -> None:
    """Return when every process is here: a checkpoint is whole only when each has written its part."""
    import torch.distributed as dist

    if dist.is_available() and dist.is_initialized():
        dist.barrier()


class ProgressLine(TrainerCallback):
    """Shows steps, time left and the latest figures on standard error, on the first process only.

    On a terminal this is one moving line; elsewhere a plain line about every 15 seconds.
    """

    def __init__(self, label: str, shown: tuple[str, ...]) -> None:
        self.label, self.shown = label, shown
        self.bar: Progress | None = None
        self.task: TaskID | None = None
        self.figures = ""
        self.last = time.monotonic()

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self.start, self.first = time.monotonic(), state.global_step
        if not state.is_world_process_zero or not sys.stderr.isatty():
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        columns = (*columns, TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[figures]}"))
        self.bar = Progress(*columns, console=Console(stderr=True), transient=False)
        self.bar.start()
        self.task = self.bar.add_task(self.label, total=state.max_steps, completed=state.global_step, figures="")

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        values = kwargs.get("logs") or {}
        picked = {key.rsplit("/", 1)[-1] if key.count("/") < 2 else key: values.get(key) for key in self.shown}
        self.figures = (
            " ".join(f"{key} {v:.3g}" for key, v in picked.items() if isinstance(v, int | float)) or self.figures
        )

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if not state.is_world_process_zero:
            return
        if self.bar is not None and self.task is not None:
            self.bar.update(self.task, completed=state.global_step, figures=self.figures)
        elif time.monotonic() - self.last >= 15:
            self.last = time.monotonic()
            done = state.global_step - self.first
            left = (time.monotonic() - self.start) / max(1, done) * (state.max_steps - state.global_step)
            line = f"{self.label}: {state.global_step}/{state.max_steps}, {left:.0f} s left, {self.figures}"
            print(line, file=sys.stderr, flush=True)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the terminal back, also when training ended by an error."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None


class Watch(TrainerCallback):
    """Says in one line what looks wrong, once a cause; it stops nothing.

    The checks are those of `triagelab doctor` (doctor/checks.py): figures that are wrong by themselves, and answers
    that move away from the first logs of this process.
    """

    def __init__(self, patience: int = checks.PATIENCE) -> None:
        self.patience = patience
        self.seen: dict[str, int] = {}
        self.said: list[str] = []
        self.first: dict[str, list[float]] = {}
        self.recent: dict[str, deque[float]] = {}
        self.drifted: set[int] = set()

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        values: dict[str, Any] = kwargs.get("logs") or {}
        if not state.is_world_process_zero or "train_runtime" in values:
            return  # The line at the end repeats averages of the whole run.
        for cause in checks.CAUSES:
            value = values.get(cause.metric)
            if not isinstance(value, int | float):
                continue
            self.seen[cause.id] = self.seen.get(cause.id, 0) + 1 if cause.wrong(value) else 0
            if self.seen[cause.id] == self.patience:
                self._say(
                    f"step {state.global_step}: {cause.metric} is {value:.3g} since {self.patience} logs: {cause.say}"
                )
        self._watch_answers(args, state.global_step, values)

    def _watch_answers(self, args: TrainingArguments, step: int, values: dict[str, Any]) -> None:
        """Compare the latest logs of the answers with the first ones, once both windows are full."""
        size = checks.logs_needed(_completions_per_log(args))
        for metric in {drift.metric for drift in checks.DRIFTS}:
            if isinstance(values.get(metric), int | float):
                self._keep(metric, float(values[metric]), size)
        for place, drift in enumerate(checks.DRIFTS):
            recent = self.recent.get(drift.metric, ())
            if place in self.drifted or len(recent) < size or drift.metric not in values:
                continue
            moved = checks.drifted(drift, self.first[drift.metric], tuple(recent))
            if moved is not None:
                self.drifted.add(place)
                path = f"{moved.before:.3g} in the first {size} logs to {moved.after:.3g} in the last {size}"
                self._say(f"step {step}: {drift.metric} went from {path}: {drift.advice}")

    def _keep(self, metric: str, value: float, size: int) -> None:
        first = self.first.setdefault(metric, [])
        if len(first) < size:
            first.append(value)
        else:
            self.recent.setdefault(metric, deque(maxlen=size)).append(value)

    def _say(self, line: str) -> None:
        self.said.append(line)
        print(f"warning: {line}", file=sys.stderr, flush=True)


def _completions_per_log(args: TrainingArguments) -> float:
    """Return how many completions, over all processes, one logged figure is the average of."""
    each = args.per_device_train_batch_size * args.gradient_accumulation_steps * args.world_size
    return each * max(1.0, float(args.logging_steps))
