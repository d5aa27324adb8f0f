"""Runs an agent over a dataset: records as they come, a summary at the end, and nothing lost when it is stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from triagelab.agents.base import Agent, Prediction
from triagelab.cases.schema import Case
from triagelab.datasets.base import Dataset
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.evaluation.progress import Progress
from triagelab.evaluation.provenance import config_hash, data_hash
from triagelab.evaluation.records import RECORDS, Record, RecordWriter, make_record, read_records
from triagelab.evaluation.run_state import RunState
from triagelab.evaluation.summary import FORMAT, SUMMARY, summarise, summary_lines
from triagelab.files import write_json
from triagelab.seeding import derive_seed
from triagelab.version import VERSION

__all__ = ["evaluate", "summary_lines"]

PROTOCOLS = ("standard", "published")


@dataclass(frozen=True)
class _Batch:
    """Consecutive cases that are asked together, always with the same seed, also in a resumed run."""

    cases: tuple[Case, ...]
    repeat: int
    seed: int


def evaluate(
    agent: Agent,
    dataset: Dataset,
    out: Path | str,
    *,
    split: str | None = None,
    limit: int | None = None,
    repeat: int = 1,
    seed: int = 0,
    batch: int = 64,
    progress: bool = True,
    protocol: str = "standard",
    config: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the summary of `agent` on `dataset`, and leave records.jsonl, run.json and summary.json in `out`.

    An evaluation that was stopped goes on where it stopped; one with another configuration, other data or another
    package version in the same folder is refused. The agent is given presentations only.

    Args:
        split: name for the summary; default: what the cases say.
        limit: only the first cases.
        repeat: answers a case; the case is then the unit of every interval.
        batch: cases asked at once; part of the configuration, since sampling depends on it.
        protocol: `published` reads completions with the published regexes instead of the parser.
        config: further plain JSON values that decide the result (agent options and the like).

    Raises: BadInputError for arguments and for answers that are none, RunStateError for a folder that does not match.
    """
    state = collect(
        agent,
        dataset,
        out,
        split=split,
        limit=limit,
        repeat=repeat,
        seed=seed,
        batch=batch,
        progress=progress,
        protocol=protocol,
        config=config,
    )
    return _write_summary(state, dataset, read_records(state.folder))


def collect(
    agent: Agent,
    dataset: Dataset,
    out: Path | str,
    *,
    split: str | None = None,
    limit: int | None = None,
    repeat: int = 1,
    seed: int = 0,
    batch: int = 64,
    progress: bool = True,
    protocol: str = "standard",
    config: Mapping[str, Any] | None = None,
) -> RunState:
    """Return the state of a run after every case has its answer in records.jsonl; `evaluate` without the summary.

    Args and Raises: as `evaluate`.
    """
    cases = _choose(dataset, limit)
    _check(agent, cases, repeat=repeat, batch=batch, protocol=protocol)
    settings = _settings(agent, dataset, cases, split, limit, repeat, seed, batch, protocol, config)
    folder = Path(out)
    state = RunState.open(folder, settings)
    done = state.answered()
    batches = [
        one
        for one in _batches(cases, repeat, seed, batch)
        if any((case.case_id, one.repeat) not in done for case in one.cases)
    ]
    label = f"evaluate {agent.name} on {settings['dataset']}/{settings['split']}"
    bar = Progress(label, len(cases) * repeat, done_before=len(done), enabled=progress)
    if not batches:
        bar.say("finished before, nothing asked again; choose another folder to ask again")
        return state
    started = time.monotonic()
    try:
        _answer(agent, batches, state, protocol, done, bar)
    finally:
        bar.close()
        state.seconds += time.monotonic() - started
        if done:
            state.save()
    return state


def _choose(dataset: Dataset, limit: int | None) -> Sequence[Case]:
    if limit is not None and limit < 1:
        raise BadInputError("limit", limit, "a whole number from 1")
    cases = tuple(dataset)[:limit]
    if not cases:
        raise BadInputError("dataset", dataset.name, "at least one case", "is the split empty, or every row rejected?")
    return cases


def _check(agent: Agent, cases: Sequence[Case], *, repeat: int, batch: int, protocol: str) -> None:
    for name, value in (("repeat", repeat), ("batch", batch)):
        if value < 1:
            raise BadInputError(name, value, "a whole number from 1")
    if protocol not in PROTOCOLS:
        raise UnknownNameError("protocol", protocol, PROTOCOLS)
    seen: set[str] = set()
    for case in cases:
        if case.case_id in seen:
            raise BadInputError("case_id", case.case_id, "ids that are unique within the dataset")
        seen.add(case.case_id)
    allowed = getattr(agent, "allow_remote", False) is True
    if getattr(agent, "remote", False) and not allowed and any(case.presentation.credentialed for case in cases):
        raise BadInputError(
            "agent",
            agent.name,
            "an agent on this machine: the source forbids sending its cases elsewhere",
            "if its terms allow this endpoint, say so for this run with --allow-remote",
        )


def _settings(
    agent: Agent,
    dataset: Dataset,
    cases: Sequence[Case],
    split: str | None,
    limit: int | None,
    repeat: int,
    seed: int,
    batch: int,
    protocol: str,
    config: Mapping[str, Any] | None,
) -> dict[str, Any]:
    splits = "+".join(sorted({case.split for case in cases}))
    return {
        "agent": agent.name,
        "agent_fingerprint": getattr(agent, "fingerprint", None),
        "dataset": dataset.name,
        "split": split or splits,
        "scale": dataset.scale,
        "limit": limit,
        "repeat": repeat,
        "seed": seed,
        "batch": batch,
        "protocol": protocol,
        "data_hash": data_hash(cases),
        "package_version": VERSION,
        "options": json.loads(json.dumps(dict(config or {}), default=str)),
    }


def _batches(cases: Sequence[Case], repeat: int, seed: int, batch: int) -> Iterator[_Batch]:
    for again in range(repeat):
        for start in range(0, len(cases), batch):
            here = derive_seed("evaluation/batch", seed, again, start // batch, bits=31)
            yield _Batch(tuple(cases[start : start + batch]), again, here)


def _answer(
    agent: Agent,
    batches: Sequence[_Batch],
    state: RunState,
    protocol: str,
    done: set[tuple[str, int]],
    bar: Progress,
) -> None:
    """Ask every batch, and append what is new.

    The folder is made only once the first answers are there, so an agent that cannot answer leaves nothing behind.
    """
    first = _ask(agent, batches[0], protocol)
    state.add_code_version()
    state.save()
    with RecordWriter(state.folder / RECORDS) as writer:
        for number, one in enumerate(batches):
            answers = first if number == 0 else _ask(agent, one, protocol)
            fresh = [record for record in answers if record.key not in done]
            writer.write(fresh)
            done.update(record.key for record in fresh)
            bar.update(len(done))


def _ask(agent: Agent, one: _Batch, protocol: str) -> list[Record]:
    predictions = agent.predict([case.presentation for case in one.cases], seed=one.seed)
    if len(predictions) != len(one.cases):
        raise BadInputError(
            f"answers of {agent.name}", len(predictions), f"one for each of {len(one.cases)} presentations"
        )
    if protocol == "published":
        predictions = [_published(prediction) for prediction in predictions]
    return [_record(agent, case, found, one.repeat) for case, found in zip(one.cases, predictions, strict=True)]


def _published(prediction: Prediction) -> Prediction:
    """Return the prediction as the published regexes read its completion; agents without text keep theirs."""
    if prediction.completion is None:
        return prediction
    from triagelab.completions.parser import parse_published

    parsed = parse_published(prediction.completion)
    return replace(prediction, level=parsed.level, status=str(parsed.status))


def _record(agent: Agent, case: Case, prediction: Prediction, repeat: int) -> Record:
    try:
        return make_record(case, prediction, agent=agent.name, repeat=repeat)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        where = f"answer of {agent.name} to case {case.case_id}, {field}"
        raise BadInputError(where, first.get("input"), first["msg"]) from error


def _write_summary(state: RunState, dataset: Dataset, records: Sequence[Record]) -> dict[str, Any]:
    settings, rejects = state.settings, dataset.reject_counts()
    summary = {
        "kind": "evaluation",
        "format": FORMAT,
        **{
            key: settings[key]
            for key in ("agent", "dataset", "split", "scale", "repeat", "seed", "protocol", "data_hash")
        },
        **summarise(records, seed=settings["seed"]),
        "labelled_by": sorted({record.labelled_by for record in records if record.labelled_by}),
        "credentialed": any(record.credentialed for record in records),
        "rejected": sum(rejects.values()),
        "rejects": rejects,
        "notes": list(dataset.notes),
        "config": dict(settings),
        "config_hash": config_hash(settings),
        "code_version": ", then ".join(state.code_versions),
        "seconds": round(state.seconds, 3),
    }
    write_json(state.folder / SUMMARY, summary)
    return summary
