"""bedside-v1 for Gymnasium, as `triagelab/Bedside-v1`: numbers and known findings in, one action of a finite list out.

What the agent sees is what the messages say, read by the package's own reader; the words themselves stand in
`info["message"]`. Nothing of the truth is in an observation or in `info` before the episode has ended.
"""

from __future__ import annotations

import operator
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.envs.registration import register, registry

from triagelab.cases.bedside.actions import PATHWAYS, PATTERNS, TARGETS, BedsideAction
from triagelab.cases.bedside.observation import BedsideObservation, Dialogue
from triagelab.cases.extraction import extract
from triagelab.cases.presentation import ARRIVALS, SEXES
from triagelab.clinical.facts import vocabulary
from triagelab.clinical.vitals import RANGES
from triagelab.envs.base import SEEDS, Environment
from triagelab.envs.registry import make
from triagelab.errors import BadInputError

GYM_ID = "triagelab/Bedside-v1"
QUESTIONS: tuple[tuple[str, str | None], ...] = (
    *((kind, target) for kind, targets in TARGETS.items() for target in targets),
    ("more_info", None),
    ("reassess", None),
)
"""Every action but the commit, by its place in the first part of the action."""
COMMIT = len(QUESTIONS)
"""The first part of an action that commits; the other parts say to what."""
FINDINGS: tuple[str, ...] = tuple(name for name, spec in vocabulary().items() if not spec.group.startswith("resource"))
LONGEST_MINUTES = 1_000.0
OLDEST_YEARS = 125.0


SIZES = (COMMIT + 1, 5, len(PATHWAYS), len(PATTERNS))
"""How many values each part of an action has."""


def action_space() -> spaces.MultiDiscrete:
    """Return (what to do, level 1-5 less one, pathway, pattern); the last three count only where the first commits."""
    return spaces.MultiDiscrete(list(SIZES))


def observation_space(max_steps: int) -> spaces.Dict:
    """Return the space of what is known; every part that can be unknown has a mask beside it.

    Units: as in VitalSigns; years; minutes.
    """
    low = np.array([limits.low for limits in RANGES.values()], np.float32)
    high = np.array([limits.high for limits in RANGES.values()], np.float32)
    return spaces.Dict(
        {
            "vitals": spaces.Box(low, high, dtype=np.float32),
            "vitals_known": spaces.MultiBinary(len(RANGES)),
            "age_years": spaces.Box(0.0, OLDEST_YEARS, (1,), np.float32),
            "age_known": spaces.MultiBinary(1),
            "sex": spaces.Discrete(len(SEXES) + 1),
            "arrival": spaces.Discrete(len(ARRIVALS) + 1),
            "minute": spaces.Box(0.0, LONGEST_MINUTES, (1,), np.float32),
            "steps_left": spaces.Discrete(max_steps + 1),
            "present": spaces.MultiBinary(len(FINDINGS)),
            "denied": spaces.MultiBinary(len(FINDINGS)),
        }
    )


def action_of(parts: Any) -> BedsideAction:
    """Return the action that the four numbers of `action_space` stand for. Raises: BadInputError for others."""
    try:
        numbers = [operator.index(part) for part in parts]
    except TypeError:
        numbers = []
    if len(numbers) != len(SIZES) or not all(0 <= part < size for part, size in zip(numbers, SIZES, strict=True)):
        raise BadInputError("action", parts, f"four whole numbers from 0, below {', '.join(map(str, SIZES))}")
    first, level, pathway, pattern = numbers
    if first == COMMIT:
        answer = {"level": level + 1, "pathway": PATHWAYS[pathway], "pattern": PATTERNS[pattern]}
        return BedsideAction.model_validate({"kind": "commit", **answer})
    kind, target = QUESTIONS[first]
    return BedsideAction.model_validate({"kind": kind, **({} if target is None else {"target": target})})


def observe(dialogue: Dialogue) -> dict[str, Any]:
    """Return what is known after a dialogue, as `observation_space` lays it out."""
    seen, last, known = dialogue.first, dialogue.last, dialogue.measured()
    read = extract(dialogue.narrative())
    flags = read.facts.flags
    age = seen.age_years
    limits = list(RANGES.items())
    return {
        "vitals": np.array([known.get(name, limit.low) for name, limit in limits], np.float32),
        "vitals_known": np.array([name in known for name, _ in limits], np.int8),
        "age_years": np.array([0.0 if age is None else age], np.float32),
        "age_known": np.array([age is not None], np.int8),
        "sex": _place(SEXES, seen.sex),
        "arrival": _place(ARRIVALS, seen.arrival),
        "minute": np.array([min(last.minute, LONGEST_MINUTES)], np.float32),
        "steps_left": int(last.steps_left),
        "present": np.array([flags.get(name) is True for name in FINDINGS], np.int8),
        "denied": np.array([flags.get(name) is False for name in FINDINGS], np.int8),
    }


def _place(names: tuple[str, ...], name: str | None) -> int:
    """Return the place of a name, counted from 1; 0 is not known."""
    return names.index(name) + 1 if name in names else 0


class BedsideGymEnv(gymnasium.Env[dict[str, Any], np.ndarray]):
    """One patient an episode.

    Args:
        split: train, dev, test, or tasks for the named ones.
        reward: preset of the episodes; None is the environment's own.
        render_mode: `ansi` returns the dialogue as text.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi"], "render_fps": 1}

    def __init__(self, split: str = "train", reward: str | None = None, render_mode: str | None = None) -> None:
        self._env: Environment = make("bedside-v1", **({} if reward is None else {"reward": reward}))
        self._env.tasks(split, 0, 0)  # refuses a split that is none, here and not at the first reset
        self.split, self.render_mode = split, render_mode
        self.action_space = action_space()
        self.observation_space = observation_space(self._env.kind.max_steps)
        self._dialogue: Dialogue | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin with a case drawn by Gymnasium's generator; `options["case"]` chooses one by its number instead."""
        super().reset(seed=seed)
        chosen = (options or {}).get("case")
        case = int(self.np_random.integers(SEEDS)) if chosen is None else chosen
        first = self._env.reset(seed=case, split=self.split)
        self._dialogue = Dialogue(first)
        return observe(self._dialogue), _info(first)

    def step(self, action: Any) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Return observation, reward, terminated (committed), truncated (no action left without a commit), info."""
        typed = action_of(action)
        seen = self._env.step(typed)  # refuses a step before reset
        assert self._dialogue is not None
        self._dialogue = self._dialogue.then(typed, seen)
        committed = seen.done and typed.kind == "commit"
        info = {**_info(seen), "components": dict(seen.components), "action": typed.label()}
        return observe(self._dialogue), float(seen.reward or 0.0), committed, seen.done and not committed, info

    def render(self) -> str | None:
        """Return the dialogue so far as text, in mode `ansi`."""
        if self.render_mode != "ansi" or self._dialogue is None:
            return None
        turns = (f"> {action.label()}\n{seen.message}" for action, seen in self._dialogue.turns)
        return "\n".join([self._dialogue.first.message, *turns])

    def close(self) -> None:
        self._env.close()


def _info(seen: BedsideObservation) -> dict[str, Any]:
    told = {"message": seen.message, "minute": seen.minute, "refused": seen.refused}
    return told if seen.debrief is None else {**told, "debrief": seen.debrief}


def register_envs() -> None:
    """Register `triagelab/Bedside-v1`; a second call does nothing.

    Importing this module does it, as `gymnasium.make("triagelab.envs.gymnasium_env:triagelab/Bedside-v1")` does, too.
    """
    if GYM_ID not in registry:
        register(id=GYM_ID, entry_point="triagelab.envs.gymnasium_env:BedsideGymEnv")


register_envs()
