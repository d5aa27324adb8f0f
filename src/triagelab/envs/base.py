"""The lifecycle that every environment shares: reset, step, state, close, and the record of the episode.

A task is an `EnvKind`: it begins episodes and knows their cases. `Environment` holds one episode at a time and lets
nothing of it out before its time. Nothing is shared between two environments, so sessions cannot mix.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import uuid4

from pydantic import BaseModel

from triagelab.envs.record import Act, EpisodeRecord, EpisodeState, Seen
from triagelab.errors import BadInputError, TriageLabError, UnknownNameError
from triagelab.observation import Observation
from triagelab.seeding import derive_seed

ActIn = TypeVar("ActIn", bound=BaseModel, contravariant=True)
SeenOut = TypeVar("SeenOut", bound=Observation, covariant=True)

SEEDS = 2**31
"""Seeds lie below this number; each is another case of a generated split."""
LONGEST_ID = 255
"""Characters of the longest episode id."""


class EpisodeError(TriageLabError, RuntimeError):
    """An environment was used out of turn: before reset, after the end of the episode, or after close."""


@dataclass(frozen=True, slots=True)
class Task:
    """One case that can be chosen by name or place; says nothing of its truth.

    Attributes:
        tier: easy, medium or hard, where the split has tiers.
    """

    id: str
    split: str
    index: int
    tier: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"id": self.id, "split": self.split, "index": self.index, "tier": self.tier}


class Episode(Protocol[ActIn, SeenOut]):
    """One running episode. It knows the truth; its observations do not tell it before the end."""

    def first(self) -> SeenOut:
        """Return what is seen before any action."""
        ...

    def step(self, action: ActIn) -> SeenOut:
        """Return what comes of an action; called only while the episode runs."""
        ...

    def best(self) -> BaseModel:
        """Return the action that somebody who knows the truth would take now. For checks, never for agents."""
        ...


class EnvKind(Protocol[Act, Seen]):
    """One kind of environment: what it is called, what it takes and gives, and how its episodes begin.

    Attributes:
        env_id: versioned id such as `bedside-v1`.
        action_type, observation_type: pydantic models.
        splits: names, the default one first.
        reward_range: lowest and highest reward of one step.
        return_range: lowest and highest sum of rewards of one episode.
        component_names: every name that can stand in `components`.
        max_steps: an episode never takes more actions.
    """

    env_id: str
    title: str
    description: str
    action_type: type[Act]
    observation_type: type[Seen]
    splits: tuple[str, ...]
    reward_range: tuple[float, float]
    return_range: tuple[float, float]
    component_names: tuple[str, ...]
    max_steps: int

    def begin(self, split: str, seed: int) -> Episode[Act, Seen]:
        """Return a new episode: the same (split, seed) gives the same case and the same course.

        A kind with `reset_options` takes those, too, by name.
        """
        ...

    def read_action(self, raw: Mapping[str, Any]) -> Act:
        """Return the typed action. Raises: BadInputError."""
        ...

    def task_count(self, split: str) -> int:
        """Return how many tasks a split has; generated splits have `SEEDS`."""
        ...

    def task(self, split: str, index: int) -> Task:
        """Return the task at one place; `begin(split, index)` begins it."""
        ...


class Environment(Generic[Act, Seen]):
    """One environment: at most one episode at a time, nothing shared with any other."""

    def __init__(self, kind: EnvKind[Act, Seen]) -> None:
        self.kind = kind
        self._episode: Episode[Act, Seen] | None = None
        self._record: EpisodeRecord[Act, Seen] | None = None
        self._closed = False
        self._unseeded = 0
        self._entropy = int.from_bytes(os.urandom(6), "big")

    def reset(
        self,
        *,
        seed: int | None = None,
        split: str | None = None,
        task: str | int | None = None,
        episode_id: str | None = None,
        **options: str,
    ) -> Seen:
        """Begin a new episode and return what is seen first; a running episode is given up.

        Args:
            seed: the case; None draws one that no other reset of this environment had. In a split with a fixed number
                of tasks, seed modulo that number is the task.
            split: see `kind.splits`; None is the first.
            task: id or place of a task of the split, instead of a seed.
            episode_id: what the caller calls it; None makes one.
            options: what the kind takes besides, such as `role`; see `reset_options`.

        Raises: EpisodeError after close, UnknownNameError for a split or task, BadInputError for the rest.
        """
        self._check_open()
        chosen = self.kind.splits[0] if split is None else split
        if chosen not in self.kind.splits:
            raise UnknownNameError("split", chosen, self.kind.splits)
        place = self._place(chosen, seed, task)
        name = _checked_id(episode_id)
        taken = checked_options(self.kind, options)
        begin: Callable[..., Episode[Act, Seen]] = self.kind.begin
        episode = begin(chosen, place, **taken)
        first = episode.first()
        self._episode = episode
        self._record = EpisodeRecord(self.kind.env_id, name, chosen, place, first, options=taken)
        return first

    def step(self, action: Act | Mapping[str, Any]) -> Seen:
        """Take one action and return what comes of it.

        Raises: EpisodeError before reset, after the end and after close; BadInputError for an action that is none (the
            episode goes on as if it had not been sent).
        """
        self._check_open()
        if self._episode is None or self._record is None:
            raise EpisodeError(f"{self.kind.env_id}: step before reset; call reset first")
        if self._record.done:
            raise EpisodeError(f"{self.kind.env_id}: the episode has ended; call reset for the next one")
        typed = action if isinstance(action, self.kind.action_type) else self._read(action)
        seen = self._episode.step(typed)
        self._record.turns.append((typed, seen))
        return seen

    @property
    def state(self) -> EpisodeState:
        """Return what may be told of the episode; before a reset there is none."""
        self._check_open()
        if self._record is None:
            return EpisodeState(self.kind.env_id, None, 0, False)
        record = self._record
        return EpisodeState(self.kind.env_id, record.episode_id, len(record.turns), record.done)

    @property
    def record(self) -> EpisodeRecord[Act, Seen]:
        """Return the record of the episode. Not for agents: its seed gives the truth away.

        Raises: EpisodeError before the first reset and after close.
        """
        self._check_open()
        if self._record is None:
            raise EpisodeError(f"{self.kind.env_id}: no episode yet; call reset first")
        return self._record

    def best(self) -> Act:
        """Return what somebody who knows the truth would do now. For checks and bounds, never for agents."""
        self._check_open()
        if self._episode is None:
            raise EpisodeError(f"{self.kind.env_id}: no episode yet; call reset first")
        found = self._episode.best()
        assert isinstance(found, self.kind.action_type)  # the kind's own promise
        return found

    def tasks(self, split: str, start: int = 0, stop: int | None = None) -> Sequence[Task]:
        """Return the tasks of a split from place `start` up to `stop`.

        Raises: UnknownNameError for a split that is none, EpisodeError after close.
        """
        self._check_open()
        if split not in self.kind.splits:
            raise UnknownNameError("split", split, self.kind.splits)
        count = self.kind.task_count(split)
        return [
            self.kind.task(split, index) for index in range(max(0, start), min(count, count if stop is None else stop))
        ]

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Give the episode up; every later call but this one raises EpisodeError."""
        self._closed, self._episode, self._record = True, None, None

    def __enter__(self) -> Environment[Act, Seen]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise EpisodeError(f"{self.kind.env_id}: closed; make a new environment")

    def _read(self, raw: object) -> Act:
        if not isinstance(raw, Mapping):
            raise BadInputError("action", raw, f"one object, see the action schema of {self.kind.env_id}")
        return self.kind.read_action(raw)

    def _place(self, split: str, seed: int | None, task: str | int | None) -> int:
        count = self.kind.task_count(split)
        if task is not None:
            if seed is not None:
                raise BadInputError("task", task, "either a task or a seed, not both")
            if isinstance(task, int) and not isinstance(task, bool):
                if not 0 <= task < count:
                    raise BadInputError("task", task, f"0 to {count - 1} in split {split!r}")
                return task
            if count >= SEEDS or not isinstance(task, str):
                raise BadInputError("task", task, f"a place from 0 to {count - 1} in split {split!r}")
            names = {self.kind.task(split, index).id: index for index in range(count)}
            if task not in names:
                raise UnknownNameError("task", task, names)
            return names[task]
        if seed is None:
            self._unseeded += 1
            return derive_seed("envs.unseeded", self._entropy, self._unseeded, bits=31) % count
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < SEEDS:
            raise BadInputError("seed", seed, f"a whole number from 0 to {SEEDS - 1}")
        return seed % count


def reset_options(kind: object) -> Mapping[str, tuple[str, ...]]:
    """Return what resets of a kind take besides split, seed and task: name -> values, the default first.

    Missing: a kind without the attribute `reset_options` takes nothing.
    """
    return getattr(kind, "reset_options", {})


def checked_options(kind: object, given: Mapping[str, object]) -> dict[str, str]:
    """Return the options of a reset, None left out. Raises: UnknownNameError for a name or value that is none."""
    known = reset_options(kind)
    taken: dict[str, str] = {}
    for name, value in given.items():
        if name not in known:
            raise UnknownNameError("option of reset", name, (*known, "seed", "split", "task", "episode_id"))
        if value is None:
            continue
        if not isinstance(value, str) or value not in known[name]:
            raise UnknownNameError(name, value if isinstance(value, str) else repr(value)[:40], known[name])
        taken[name] = value
    return taken


def _checked_id(episode_id: str | None) -> str:
    if episode_id is None:
        return uuid4().hex
    if not isinstance(episode_id, str) or not 0 < len(episode_id) <= LONGEST_ID or not episode_id.isprintable():
        raise BadInputError("episode_id", episode_id, f"1 to {LONGEST_ID} printable characters")
    return episode_id
