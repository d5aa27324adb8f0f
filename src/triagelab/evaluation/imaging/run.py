"""Asks an agent every imaging question: answers as they come, a summary at the end, nothing lost when stopped."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from triagelab.agents.imaging_base import ImagingAgent
from triagelab.cases.imaging.case import ImagingCase
from triagelab.errors import BadInputError
from triagelab.evaluation.imaging.records import (
    RECORDS,
    SUMMARY,
    ImagingRecord,
    answered,
    make_record,
    read_imaging_records,
    write_scores,
)
from triagelab.evaluation.imaging.scoring import score_reasoning
from triagelab.evaluation.imaging.summary import FORMAT, KIND, summarise
from triagelab.evaluation.progress import Progress
from triagelab.evaluation.provenance import config_hash
from triagelab.evaluation.records import RecordWriter
from triagelab.evaluation.run_state import RunState
from triagelab.files import write_json
from triagelab.seeding import derive_seed
from triagelab.version import VERSION

BATCH = 64


@dataclass(frozen=True)
class Scorers:
    """What scores reasoning. Missing: None leaves its figures out."""

    encoder: Any | None = None
    judge: Any | None = None

    @property
    def names(self) -> dict[str, str | None]:
        """Return what they are called in a summary."""
        inner = getattr(self.encoder, "encoder", self.encoder)  # one that remembers sentences has another inside
        encoder = None if inner is None else str(getattr(inner, "name", type(inner).__name__))
        return {"encoder": encoder, "judge": None if self.judge is None else str(self.judge.name)}


@dataclass(frozen=True)
class _Batch:
    cases: tuple[ImagingCase, ...]
    repeat: int
    seed: int


def evaluate_imaging(
    agent: ImagingAgent,
    cases: Sequence[ImagingCase],
    out: Path | str,
    *,
    seed: int = 0,
    repeat: int = 1,
    batch: int = BATCH,
    scorers: Scorers | None = None,
    progress: bool = True,
    config: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the summary of `agent`, and leave records.jsonl, scores.jsonl, run.json and summary.json in `out`.

    A run that was stopped goes on where it stopped; another configuration or other data in the folder is refused.
    The agent is given questions only.

    Args:
        repeat: answers a question.
        batch: questions asked at once; part of the configuration, since sampling depends on it.
        config: further plain JSON values that decide the answers (reward design, training seed and the like).

    Raises: BadInputError for arguments and answers that are none; RunStateError for a folder that does not match.
    """
    _check(cases, repeat, batch)
    settings = {
        "agent": agent.name,
        "agent_fingerprint": getattr(agent, "fingerprint", None),
        "splits": sorted({case.split for case in cases}),
        "n": len(cases),
        "repeat": repeat,
        "seed": seed,
        "batch": batch,
        "data_hash": cases_hash(cases),
        "package_version": VERSION,
        "options": json.loads(json.dumps(dict(config or {}), default=str)),
    }
    state = RunState.open(Path(out), settings)
    _collect(agent, cases, state, progress)
    return _summary(state, cases, scorers or Scorers())


def cases_hash(cases: Sequence[ImagingCase]) -> str:
    """Return a hash of questions, splits, labels and gold reasoning, in order."""
    digest = hashlib.blake2b(digest_size=8)
    for case in cases:
        parts = (case.id, case.split, case.truth.label.value, *case.truth.reasoning)
        digest.update("\x1f".join(parts).encode() + b"\x1e")
    return digest.hexdigest()


def _check(cases: Sequence[ImagingCase], repeat: int, batch: int) -> None:
    for name, value in (("repeat", repeat), ("batch", batch)):
        if value < 1:
            raise BadInputError(name, value, "a whole number from 1")
    if not cases:
        raise BadInputError("cases", 0, "at least one question")
    if len({case.id for case in cases}) < len(cases):
        raise BadInputError("cases", "a row id twice", "row ids that are unique")


def _collect(agent: ImagingAgent, cases: Sequence[ImagingCase], state: RunState, progress: bool) -> None:
    repeat, seed, size = (int(state.settings[key]) for key in ("repeat", "seed", "batch"))
    done = answered(state.folder)
    left = [
        one
        for one in _batches(cases, repeat, seed, size)
        if any((case.id, one.repeat) not in done for case in one.cases)
    ]
    bar = Progress(f"imaging {agent.name}", len(cases) * repeat, done_before=len(done), enabled=progress)
    if not left:
        bar.say("finished before, nothing asked again; choose another folder to ask again")
        return
    started = time.monotonic()
    try:
        first = _ask(agent, left[0])  # before the folder is made: an agent that cannot answer leaves nothing behind
        state.add_code_version()
        state.save()
        with RecordWriter(state.folder / RECORDS) as writer:
            for number, one in enumerate(left):
                found = first if number == 0 else _ask(agent, one)
                fresh = [record for record in found if record.key not in done]
                writer.write(fresh)
                done.update(record.key for record in fresh)
                bar.update(len(done))
    finally:
        bar.close()
        state.seconds += time.monotonic() - started
        if done:
            state.save()


def _batches(cases: Sequence[ImagingCase], repeat: int, seed: int, size: int) -> Iterator[_Batch]:
    for again in range(repeat):
        for start in range(0, len(cases), size):
            here = derive_seed("evaluation/imaging/batch", seed, again, start // size, bits=31)
            yield _Batch(tuple(cases[start : start + size]), again, here)


def _ask(agent: ImagingAgent, one: _Batch) -> list[ImagingRecord]:
    replies = agent.answer([case.question for case in one.cases], seed=one.seed)
    if len(replies) != len(one.cases):
        raise BadInputError(f"answers of {agent.name}", len(replies), f"one for each of {len(one.cases)} questions")
    found = []
    for case, reply in zip(one.cases, replies, strict=True):
        try:
            found.append(make_record(case, reply, agent=agent.name, seed=one.seed, repeat=one.repeat))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            where = f"answer of {agent.name} to {case.id}, {field}"
            raise BadInputError(where, first.get("input"), first["msg"]) from error
    return found


def _summary(state: RunState, cases: Sequence[ImagingCase], scorers: Scorers) -> dict[str, Any]:
    settings, records = state.settings, read_imaging_records(state.folder)
    scores = score_reasoning(records, cases, encoder=scorers.encoder, judge=scorers.judge)
    write_scores(state.folder, scores)
    found = {
        "kind": KIND,
        "format": FORMAT,
        **{key: settings[key] for key in ("agent", "repeat", "seed", "data_hash")},
        **summarise(records, {score.key: score for score in scores}, seed=settings["seed"]),
        "scorers": scorers.names,
        "config": dict(settings),
        "config_hash": config_hash(settings),
        "code_version": ", then ".join(state.code_versions),
        "seconds": round(state.seconds, 3),
    }
    write_json(state.folder / SUMMARY, found)
    return found


__all__ = ["BATCH", "Scorers", "cases_hash", "evaluate_imaging"]
