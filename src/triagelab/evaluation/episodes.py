"""Runs a bedside agent over the cases of a split: one line an episode, and nothing lost when it is stopped."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from triagelab.agents.base import BedsideAgent
from triagelab.envs.base import Environment
from triagelab.envs.registry import REGISTRY, make
from triagelab.errors import BadInputError, RunStateError, UnknownNameError
from triagelab.evaluation.episode_bounds import BestConstant, best_constant, constant_return, oracle_return
from triagelab.evaluation.episode_play import Player, play_batch, player_of
from triagelab.evaluation.episode_records import EPISODES, EpisodeRow, make_row, read_rows
from triagelab.evaluation.episode_summary import FORMAT, KIND, summarise_episodes
from triagelab.evaluation.progress import Progress
from triagelab.evaluation.provenance import config_hash
from triagelab.evaluation.records import RecordWriter, drop_broken_tail
from triagelab.evaluation.run_state import RUN, RunState
from triagelab.evaluation.summary import SUMMARY
from triagelab.files import write_json
from triagelab.seeding import derive_seed
from triagelab.version import VERSION

ENVS = ("bedside-v1",)
"""Environments whose agents act in dialogues."""
HASHED = 50
"""Cases whose first sight goes into the hash that tells other cases from the same ones."""


def evaluate_episodes(
    agent: BedsideAgent | str,
    out: Path | str,
    *,
    env: str = "bedside-v1",
    split: str = "test",
    n: int = 1000,
    seed: int = 0,
    batch: int = 64,
    reward: str | None = None,
    progress: bool = True,
    config: Mapping[str, Any] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Return the summary of `agent` over the cases 0 to n - 1, and leave episodes.jsonl, run.json and summary.json.

    An evaluation that was stopped goes on where it stopped; one with another configuration or other cases in the same
    folder is refused. Agents see dialogues only.

    Args:
        n: cases; at most as many as the split has.
        seed: of agents that sample, and of the intervals; the cases do not depend on it.
        batch: episodes that go on in lock step; part of the configuration, since sampling depends on it.
        reward: preset of the episodes; None is the environment's own.
        config: further plain JSON values that decide the result.
        options: for the agent, where it is given by name.

    Raises: BadInputError for arguments, RunStateError for a folder that does not match.
    """
    player = player_of(agent, **options)
    made = _environment(env, reward)
    cases = _cases(made, split, n)
    if batch < 1:
        raise BadInputError("batch", batch, "a whole number from 1")
    constant = best_constant(env, reward)
    settings = {
        "agent": player.name,
        "agent_fingerprint": player.fingerprint,
        "env": env,
        "split": split,
        "n": cases,
        "seed": seed,
        "batch": batch,
        "reward": reward,
        "cases_hash": _cases_hash(made, split, cases),
        "best_constant": constant.action.label(),
        "package_version": VERSION,
        "options": json.loads(json.dumps({**options, **(config or {})}, default=str)),
    }
    state = _open(Path(out), settings)
    _run(player, state, made, constant)
    return _write_summary(state, constant)


def _environment(env_id: str, reward: str | None) -> Environment:
    if env_id not in REGISTRY:
        raise UnknownNameError("environment", env_id, REGISTRY)
    if env_id not in ENVS:
        raise BadInputError("environment", env_id, ", ".join(ENVS), "evaluate --data asks for one answer a note")
    return make(env_id, **({} if reward is None else {"reward": reward}))


def _cases(env: Environment, split: str, n: int) -> int:
    if split not in env.kind.splits:
        raise UnknownNameError("split", split, env.kind.splits)
    if n < 1:
        raise BadInputError("n", n, "a whole number from 1")
    return min(n, env.kind.task_count(split))


def _cases_hash(env: Environment, split: str, n: int) -> str:
    """Return a hash of what the first cases look like."""
    digest = hashlib.blake2b(digest_size=8)
    for seed in range(min(n, HASHED)):
        digest.update(env.reset(seed=seed, split=split).model_dump_json().encode())
    return digest.hexdigest()


def _open(folder: Path, settings: Mapping[str, Any]) -> RunState:
    if not (folder / RUN).exists() and (folder / EPISODES).exists():
        raise RunStateError(f"{folder / EPISODES}: episodes without {RUN}; choose another folder or remove them")
    return RunState.open(folder, settings)


def _done(folder: Path) -> set[int]:
    """Return the seeds whose episodes are on the disk; half a line at the end is cut off."""
    place = folder / EPISODES
    if not place.exists():
        return set()
    drop_broken_tail(place)
    return {row.seed for row in read_rows(place)}


def _run(player: Player, state: RunState, env: Environment, constant: BestConstant) -> None:
    """Play what has not been played yet, batch by batch; a batch has the same seeds, also in a resumed run."""
    settings, done = state.settings, _done(state.folder)
    n, batch = int(settings["n"]), int(settings["batch"])
    batches = [range(start, min(n, start + batch)) for start in range(0, n, batch)]
    left = [one for one in batches if not done.issuperset(one)]
    bar = Progress(f"evaluate {player.name} in {settings['env']}/{settings['split']}", n, done_before=len(done))
    if not left:
        bar.say("finished before, nothing played again; choose another folder to play again")
        return
    started = time.monotonic()
    try:
        for place, rows in enumerate(_played(player, env, settings, left, constant)):
            if place == 0:  # an agent that cannot act leaves nothing behind
                state.add_code_version()
                state.save()
            with RecordWriter(state.folder / EPISODES) as writer:
                writer.write(row for row in rows if row.seed not in done)
            done.update(row.seed for row in rows)
            bar.update(len(done))
    finally:
        bar.close()
        state.seconds += time.monotonic() - started
        if done:
            state.save()


def _played(
    player: Player,
    env: Environment,
    settings: Mapping[str, Any],
    batches: Sequence[range],
    constant: BestConstant,
) -> Iterator[list[EpisodeRow]]:
    split = str(settings["split"])
    for seeds in batches:
        here = derive_seed("evaluation/episodes", int(settings["seed"]), seeds.start, bits=31)
        found = play_batch(player, env, split=split, seeds=seeds, seed=here)
        rows = []
        for seed, (dialogue, invalid) in zip(seeds, found, strict=True):
            bounds = (
                constant_return(env, constant.action, seed=seed, split=split),
                oracle_return(env, seed=seed, split=split),
            )
            rows.append(
                make_row(
                    dialogue,
                    env=str(settings["env"]),
                    split=split,
                    seed=seed,
                    agent=player.name,
                    bounds=bounds,
                    task=env.kind.task(split, seed).to_dict(),
                    invalid=invalid,
                    raised=player.raised(dialogue) if player.raised else 0,
                )
            )
        yield rows


def _write_summary(state: RunState, constant: BestConstant) -> dict[str, Any]:
    settings = state.settings
    rows = sorted(read_rows(state.folder), key=lambda row: row.seed)
    summary = {
        "kind": KIND,
        "format": FORMAT,
        **{key: settings[key] for key in ("agent", "env", "split", "seed", "cases_hash")},
        **summarise_episodes(rows, seed=int(settings["seed"])),
        "best_constant": constant.to_dict(),
        "config": dict(settings),
        "config_hash": config_hash(settings),
        "code_version": ", then ".join(state.code_versions),
        "seconds": round(state.seconds, 3),
    }
    write_json(state.folder / SUMMARY, summary)
    return summary
