"""Environments that are broken on purpose, each in one way, with the one check that must catch it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from broken_leaks import (
    Critical,
    EarlyDebrief,
    SeedInState,
    TellingClue,
    TellingError,
    TellingId,
    TellingLog,
    TellingPay,
    TellingSchema,
    TellingState,
    TellingTasks,
    TellingText,
    TellingTime,
    TrueSeverity,
)
from env_samples import SampleAction, SampleEpisode, SampleKind, SampleObservation
from triagelab.envs.base import Environment
from triagelab.envs.record import EpisodeRecord, EpisodeState
from triagelab.errors import BadInputError
from triagelab.seeding import stream

# --- seeds, determinism, isolation -----------------------------------------------------------------------------------


class SeedIgnored(SampleEpisode):
    def __init__(self, split: str, seed: int, tier: str | None) -> None:
        super().__init__(split, int.from_bytes(os.urandom(3), "big"), tier)


class OneForAll(SampleEpisode):
    """All sessions show the patient that was begun last."""

    newest: ClassVar[int] = 0

    def __init__(self, split: str, seed: int, tier: str | None) -> None:
        super().__init__(split, seed, tier)
        OneForAll.newest = seed

    def clue(self) -> float:
        mine, self.seed = self.seed, OneForAll.newest
        try:
            return super().clue()
        finally:
            self.seed = mine


class GlobalDraws(SampleEpisode):
    """Noise comes from one stream of the process, sown anew at every reset."""

    rng: ClassVar[Any] = stream("sample.global", 0)

    def __init__(self, split: str, seed: int, tier: str | None) -> None:
        super().__init__(split, seed, tier)
        GlobalDraws.rng = stream("sample.global", seed)

    def clue(self) -> float:
        return round(10.0 * self.level + float(GlobalDraws.rng.uniform(-15, 15)), 3)


class RandomLooks(SampleEpisode):
    def clue(self) -> float:
        return super().clue() + (int.from_bytes(os.urandom(1), "big") / 1000 if self.steps else 0.0)


class Racing(SampleEpisode):
    """Sound one after the other; two at the same time write to one scratch place."""

    scratch: ClassVar[float] = 0.0

    def clue(self) -> float:
        Racing.scratch = super().clue()
        time.sleep(2e-4)
        return Racing.scratch


class ForgetfulVerifier(SampleEpisode):
    """A wrong answer earns less every other time."""

    calls: ClassVar[int] = 0

    def answer(self, action: SampleAction) -> float:
        ForgetfulVerifier.calls += 1
        earned = super().answer(action)
        return earned - 0.05 * (ForgetfulVerifier.calls % 2) if earned < 0.8 and action.kind == "commit" else earned


class RememberedSeed(Environment[Any, Any]):
    """Whoever begins the same episode twice in a row is told that it is the same."""

    last: Any = None

    def reset(self, **options: Any) -> Any:
        first = super().reset(**options)
        again, self.last = self.last == options, options
        return first.model_copy(update={"message": f"{first.message} Again."}) if again else first


class RefusalsCost(Environment[Any, Any]):
    """What is no action is refused, but time passes."""

    def _read(self, raw: object) -> Any:
        try:
            return super()._read(raw)
        except BadInputError:
            if isinstance(self._episode, SampleEpisode):
                self._episode.seed += 1
            raise


class ShortRecord(Environment[Any, Any]):
    @property
    def record(self) -> EpisodeRecord[Any, Any]:
        whole = super().record
        return EpisodeRecord("sample-v1", "x", whole.split, whole.seed, whole.first, whole.turns[1:])


# --- form ------------------------------------------------------------------------------------------------------------


class LooseParts(SampleEpisode):
    def end(self, action: SampleAction) -> SampleObservation:
        seen = super().end(action)
        return seen.model_copy(update={"components": {"answer": (seen.reward or 0.0) - 0.3}})


class NotANumber(SampleEpisode):
    def step(self, action: SampleAction) -> SampleObservation:
        seen = super().step(action)
        wrong = {"reward": float("nan"), "components": {}}
        return seen.model_copy(update=wrong) if action.kind == "wait" else seen


class TooMuch(SampleEpisode):
    weights: ClassVar = {None: 1.5, "easy": 1.5, "medium": 1.4, "hard": 1.3}


class Undeclared(SampleObservation):
    surprise: int = 1


class ExtraField(SampleEpisode):
    def first(self) -> SampleObservation:
        return Undeclared(**super().first().model_dump())


class MissedCount(Environment[Any, Any]):
    @property
    def state(self) -> EpisodeState:
        found = super().state
        return EpisodeState(found.env_id, found.episode_id, max(0, found.step_count - 1), found.done)


class LostId(Environment[Any, Any]):
    @property
    def state(self) -> EpisodeState:
        found = super().state
        return EpisodeState(found.env_id, "episode", found.step_count, found.done)


class NeverOver(Environment[Any, Any]):
    """A step after the end is paid again."""

    def step(self, action: Any) -> Any:
        if self._record is not None and self._record.done:
            return self._record.turns[-1][1]
        return super().step(action)


class Crashing(SampleKind):
    def read_action(self, raw: Mapping[str, Any]) -> Any:
        if "kind" not in raw:
            raise KeyError("kind")
        return super().read_action(raw)


# --- resources -------------------------------------------------------------------------------------------------------


class Endless(SampleEpisode):
    def last_step(self) -> int:
        return 10**9


class Hoarding(SampleEpisode):
    kept: ClassVar[list[bytes]] = []

    def __init__(self, split: str, seed: int, tier: str | None) -> None:
        super().__init__(split, seed, tier)
        Hoarding.kept.append(bytes(20_000))


class FilesLeftOpen(SampleEpisode):
    """Memory stays; the files are closed when the test is over."""

    kept: ClassVar[list[int]] = []

    def __init__(self, split: str, seed: int, tier: str | None) -> None:
        super().__init__(split, seed, tier)
        FilesLeftOpen.kept.append(os.open(os.devnull, os.O_RDONLY))


class Slow(SampleEpisode):
    def step(self, action: SampleAction) -> SampleObservation:
        time.sleep(0.025)
        return super().step(action)


# --- scores ----------------------------------------------------------------------------------------------------------


class WeakOracle(SampleEpisode):
    def best(self) -> SampleAction:
        return SampleAction.model_validate({"kind": "commit", "level": min(4, self.level)})


class PaidForNothing(SampleEpisode):
    def answer(self, action: SampleAction) -> float:
        return self.weights[self.tier] if action.kind == "look" else super().answer(action)


class PaidForWaiting(SampleEpisode):
    def answer(self, action: SampleAction) -> float:
        return 0.5 if action.kind == "wait" else super().answer(action)


class ThreeWins(SampleEpisode):
    def answer(self, action: SampleAction) -> float:
        return max(super().answer(action), 0.75 if action.level == 3 else -1.0)


class PaidByLength(SampleEpisode):
    def answer(self, action: SampleAction) -> float:
        return max(super().answer(action), min(0.75, len(action.note) / 1000))


class PatienceWins(SampleEpisode):
    def answer(self, action: SampleAction) -> float:
        return self.weights[self.tier] if action.kind == "commit" and self.steps > 3 else super().answer(action)


class Reversed(SampleEpisode):
    weights: ClassVar = {None: 1.0, "easy": 0.8, "medium": 0.9, "hard": 1.0}


@dataclass(frozen=True)
class Broken:
    """A broken environment. `word` stands in the one line that says what is wrong."""

    name: str
    check: str
    make: Callable[[], Environment[Any, Any]]
    word: str


def _episode(name: str, check: str, episode: type[SampleEpisode], word: str) -> Broken:
    def make() -> Environment[Any, Any]:
        kind = SampleKind()
        kind.episode = episode
        return Environment(kind)

    return Broken(name, check, make, word)


def _kind(name: str, check: str, kind: type[SampleKind], word: str) -> Broken:
    return Broken(name, check, lambda: Environment(kind()), word)


def _env(name: str, check: str, env: type[Environment[Any, Any]], word: str) -> Broken:
    return Broken(name, check, lambda: env(SampleKind()), word)


LEAK = "semantic.no_solution_leakage"
BROKEN = (
    _episode("seed ignored", "runtime.seed_control", SeedIgnored, "begins differently"),
    _env("seed remembered", "runtime.seed_control", RememberedSeed, "in the same session"),
    _env("refusals take time", "runtime.episode_determinism", RefusalsCost, "refused actions in between"),
    _episode("one patient for all sessions", "runtime.episode_isolation", OneForAll, "session is used"),
    _episode("one stream for all sessions", "runtime.episode_isolation", GlobalDraws, "session is used"),
    _episode("random looks", "runtime.episode_determinism", RandomLooks, "played again"),
    _episode("race", "runtime.episode_determinism", Racing, "sessions at once"),
    _episode("verifier with a memory", "semantic.verifier_determinism", ForgetfulVerifier, "another score"),
    _env("record with holes", "runtime.trajectory_record", ShortRecord, "the record holds"),
    _episode("parts that do not sum", "runtime.reward_attribution", LooseParts, "parts sum to"),
    _episode("reward is no number", "runtime.reward_well_formed", NotANumber, "no finite number"),
    _episode("reward out of range", "runtime.reward_well_formed", TooMuch, "outside -0.2 to 1"),
    _episode("field out of the schema", "runtime.observation_schema", ExtraField, "not in the schema"),
    _env("step count wrong", "runtime.state_contract", MissedCount, "step_count 0"),
    _env("episode id dropped", "runtime.state_contract", LostId, "the state says 'episode'"),
    _env("paid after the end", "runtime.state_contract", NeverOver, "after the end"),
    _kind("crashes on nonsense", "semantic.canary_floor", Crashing, "crashes: KeyError"),
    _episode("never ends", "runtime.resource_bounds", Endless, "still going on after 6 steps"),
    _episode("memory grows", "runtime.resource_bounds", Hoarding, "bytes an episode in one session"),
    _episode("oracle below the maximum", "semantic.oracle_max", WeakOracle, "declared is at least"),
    _episode("nothing is paid", "semantic.floor_gap", PaidForNothing, "nothing earns 0.9"),
    _episode("waiting is paid", "semantic.canary_floor", PaidForWaiting, "wait earns"),
    _episode("a constant wins", "statistical.gameability_gap", ThreeWins, "always level-3 earns"),
    _episode("length is paid", "statistical.gameability_gap", PaidByLength, "spam earns"),
    _episode("patience is paid", "statistical.gameability_gap", PatienceWins, "dawdle earns"),
    _episode("tiers reversed", "statistical.difficulty_separation", Reversed, "easy 0.800"),
    _episode("truth in a number", LEAK, TellingClue, "first observation: message tells the debrief.level"),
    _episode("truth in words", LEAK, TellingText, "behind a word"),
    _episode("debrief before its time", LEAK, EarlyDebrief, "'debrief' is filled"),
    _episode("truth in the time of a reset", LEAK, TellingTime, "time of a reset"),
    _episode("truth in rewards on the way", LEAK, TellingPay, "observation 1: components.time tells whether"),
    _episode("truth in the log", LEAK, TellingLog, "log"),
    _env("truth in the state", LEAK, TellingState, "state: severity tells the debrief.level"),
    _env("truth in the state by name", LEAK, TrueSeverity, "true_severity is 'Emergency'"),
    _env("half of the truth in the state", LEAK, Critical, "critical tells whether"),
    _env("seed in the state", LEAK, SeedInState, "the seed is in it"),
    _env("seed in the episode id", LEAK, TellingId, "without a name: the seed is in it"),
    _env("truth in errors", LEAK, TellingError, "error: to garbage 1"),
    _kind("truth in the schema", LEAK, TellingSchema, "schemas or documents change"),
    _kind("truth in the task list", LEAK, TellingTasks, "task list: id tells"),
)
LEAVING = _episode("files left open", "runtime.resource_bounds", FilesLeftOpen, "open files behind")
SLOW = _episode("slow steps", "runtime.resource_bounds", Slow, "nine of ten steps take")
