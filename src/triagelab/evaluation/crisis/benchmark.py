"""The crisis benchmark: policies and the oracle in the same episodes; nothing is lost when it is stopped."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from triagelab.agents.crisis_policies import REGISTRY, scripted_policies
from triagelab.errors import BadInputError, RunStateError, UnknownNameError
from triagelab.evaluation.crisis.episode_set import EpisodeSet, play_set
from triagelab.evaluation.crisis.oracle import ORACLE, ROUNDS
from triagelab.evaluation.crisis.pools import in_order
from triagelab.evaluation.crisis.records import CrisisRecord, read_crisis_records
from triagelab.evaluation.crisis.score import NOTHING
from triagelab.evaluation.crisis.summary import summarise
from triagelab.evaluation.progress import Progress
from triagelab.evaluation.records import RECORDS, RecordWriter, drop_broken_tail
from triagelab.evaluation.run_state import RUN, RunState
from triagelab.evaluation.summary import SUMMARY
from triagelab.files import write_json
from triagelab.hospital.plan import build_plan
from triagelab.hospital.tables import scenarios
from triagelab.version import VERSION


@dataclass(frozen=True)
class BenchmarkConfig:
    """What decides the numbers of a benchmark. `episodes` a scenario, with the seeds `seed`, `seed + 1`, ...

    Attributes:
        rounds: of the oracle's search; fewer make a lower bound.

    Raises: UnknownNameError or BadInputError for a value that makes no benchmark.
    """

    policies: tuple[str, ...]
    scenarios: tuple[str, ...]
    episodes: int = 20
    steps: int = 20
    difficulty: float = 0.5
    seed: int = 0
    rounds: int = ROUNDS

    def __post_init__(self) -> None:
        for name in self.policies:
            if name != ORACLE and name.partition(":")[0] not in REGISTRY:
                raise UnknownNameError("policy", name, [*REGISTRY, ORACLE])
        if not self.policies or not self.scenarios:
            raise BadInputError("policies and scenarios", "none", "at least one of each")
        for name in self.scenarios:
            build_plan(name, self.difficulty, self.seed, self.steps)
        for field, value in (("policies", self.policies), ("scenarios", self.scenarios)):
            if len(set(value)) != len(value):
                raise BadInputError(field, ", ".join(value), "each name once")
        if isinstance(self.episodes, bool) or self.episodes < 1:
            raise BadInputError("episodes", self.episodes, "a whole number from 1")

    @property
    def played(self) -> tuple[str, ...]:
        """Return the policies that are played: also those that the scale needs."""
        return tuple(dict.fromkeys((NOTHING, *self.policies, ORACLE)))

    def tasks(self) -> list[EpisodeSet]:
        return [
            EpisodeSet(scenario, self.difficulty, seed, self.steps, self.played, self.rounds)
            for seed in range(self.seed, self.seed + self.episodes)
            for scenario in self.scenarios
        ]


def default_policies() -> tuple[str, ...]:
    """Return the policies of a benchmark that names none: all scripted ones and the oracle."""
    return (*scripted_policies(), ORACLE)


def default_scenarios() -> tuple[str, ...]:
    return tuple(scenarios())


def run_benchmark(
    config: BenchmarkConfig,
    *,
    workers: int = 1,
    ray: str | None = None,
    out: Path | None = None,
    resume: bool = False,
    progress: bool = True,
) -> dict[str, Any]:
    """Return the summary of a benchmark; see `summarise`. Workers and Ray change the time, never the numbers.

    Args:
        out: folder for records.jsonl (one line an episode), run.json and summary.json; None keeps nothing.
        resume: go on with what is in the folder.

    Raises: RunStateError for a folder of another configuration, or that holds episodes without `resume`.
    """
    if isinstance(workers, bool) or workers < 1:
        raise BadInputError("workers", workers, "a whole number from 1")
    tasks = config.tasks()
    state = None if out is None else _open(out, config, resume)
    done = _done(state)
    left = [task for task in tasks if any(_key(task, name) not in done for name in task.policies)]
    bar = Progress("crisis benchmark", len(tasks), done_before=len(tasks) - len(left), enabled=progress)
    started = time.monotonic()
    try:
        for count, records in enumerate(in_order(play_set, left, workers=workers, ray=ray), start=1):
            fresh = [record for record in records if record.key not in done]
            done.update({record.key: record for record in fresh})
            if state is not None:
                _append(state, fresh)
            bar.update(len(tasks) - len(left) + count)
    finally:
        bar.close()
        if state is not None and (state.folder / RECORDS).exists():
            state.seconds += time.monotonic() - started
            state.save()
    ordered = [done[_key(task, name)] for task in tasks for name in task.policies]
    summary = {"config": _settings(config), **summarise(ordered, seed=config.seed)}
    if state is not None:
        write_json(state.folder / SUMMARY, summary)
    return summary


def _settings(config: BenchmarkConfig) -> dict[str, Any]:
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(config).items()}
    return {"benchmark": "crisis", **plain, "package_version": VERSION}


def _open(folder: Path, config: BenchmarkConfig, resume: bool) -> RunState:
    if folder.exists() and not folder.is_dir():
        raise BadInputError("--out", str(folder), "a folder", "this is a file")
    if (folder / RECORDS).exists() and not resume:
        raise RunStateError(f"{folder}: holds episodes already; --resume goes on with them, or choose another folder")
    state = RunState.open(folder, _settings(config))
    folder.mkdir(parents=True, exist_ok=True)
    return state


def _done(state: RunState | None) -> dict[tuple[str, int, str], CrisisRecord]:
    """Return the episodes that are on the disk; half a line at the end is cut off."""
    if state is None or not (state.folder / RECORDS).exists():
        return {}
    drop_broken_tail(state.folder / RECORDS)
    return {record.key: record for record in read_crisis_records(state.folder / RECORDS)}


def _append(state: RunState, records: Sequence[CrisisRecord]) -> None:
    if not (state.folder / RUN).exists():
        state.add_code_version()
        state.save()
    with RecordWriter(state.folder / RECORDS) as writer:
        writer.write(records)


def _key(task: EpisodeSet, policy: str) -> tuple[str, int, str]:
    return task.scenario, task.seed, policy


__all__ = ["BenchmarkConfig", "default_policies", "default_scenarios", "run_benchmark"]
