"""How good single answers are on unseen states: what the verifiers pay, and what the acts change in the simulator.

Each figure stands beside doing nothing and beside the playbook, and normalised between them: 0 is nothing, 1 is the
playbook. Sums are divided by sums, so that states in which little is at stake count little.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from triagelab.agents.crisis_model import CrisisModel
from triagelab.completions.crisis_reasons import write_completion
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.evaluation.intervals import RESAMPLES, Interval, bootstrap_interval, resample
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book
from triagelab.rewards.crisis.preset import load_crisis_preset
from triagelab.rewards.crisis.score import CrisisBreakdown, score_crisis
from triagelab.rewards.crisis.states import StateKey, state_at
from triagelab.training.crisis_data import examples
from triagelab.training.recipe_files import load_recipe

NOTHING, BOOK, MODEL = "nothing", "playbook", "model:"
MEASURES: Mapping[str, Callable[[CrisisBreakdown], float]] = MappingProxyType(
    {
        "score": lambda one: float(one.total or 0.0),
        "deaths_prevented": lambda one: one.deaths_prevented,
        "duties": lambda one: one.duties,
    }
)
"""What is measured of an answer: the verifiers' total, and gains over doing nothing in the simulator."""
READABLE = ("clean", "repaired")
Answers = Callable[[Sequence[StateKey]], list[tuple[str, bool]]]


@dataclass(frozen=True)
class StateScores:
    """What one policy earned on the states.

    Attributes:
        figures: measure -> mean a state and its normalised value, each with an interval over episodes.
        roles: role -> normalised score.
        gained: measure -> normalised value less that of the first policy that was asked for, paired by episode.
        readable: share of answers that could be read.
    """

    policy: str
    n: int
    episodes: int
    readable: float
    figures: Mapping[str, Mapping[str, Interval]]
    roles: Mapping[str, Interval]
    gained: Mapping[str, Interval]

    def row(self) -> dict[str, Any]:
        """Return plain JSON values."""
        figures = {name: {kind: one.to_dict() for kind, one in kinds.items()} for name, kinds in self.figures.items()}
        roles = {role: one.to_dict() for role, one in self.roles.items()}
        head = {"policy": self.policy, "n": self.n, "episodes": self.episodes, "readable": self.readable}
        gained = {name: one.to_dict() for name, one in self.gained.items()}
        return {**head, **figures, "roles": roles, "gained": gained}


def unseen_states(n: int, *, seed: int = 0, split: str = "test") -> list[StateKey]:
    """Return states of episodes that no recipe trains on, each with something to do."""
    wanted = {"data.n": n, "data.seed": seed, "data.split": split, "crisis.quiet": 0.0}
    return [one.key for one in examples(load_recipe("tiny-crisis-sft", wanted))]


def answers_of(policy: str) -> Answers:
    """Return what gives a policy's answers: `nothing`, `playbook`, or `model:DIR`.

    Raises: UnknownNameError, BadInputError for a folder without a model.
    """
    if policy == NOTHING:
        return lambda keys: [(write_completion(_view(key), []), False) for key in keys]
    if policy == BOOK:
        return lambda keys: [(write_completion(view, by_the_book(view)), False) for view in map(_view, keys)]
    if policy.startswith(MODEL) and Path(policy.removeprefix(MODEL)).is_dir():
        model = CrisisModel.load(policy.removeprefix(MODEL))
        return lambda keys: model.answers([_view(key) for key in keys])
    if policy.startswith(MODEL):
        raise BadInputError("policy", policy, "model: with an existing run folder after the colon")
    raise UnknownNameError("policy", policy, (NOTHING, BOOK, f"{MODEL}DIR"))


def _view(key: StateKey) -> View:
    return View(state_at(key), key.role)


def evaluate_states(
    keys: Sequence[StateKey], policies: Sequence[str], *, preset: str = "crisis-v1", seed: int = 0
) -> list[StateScores]:
    """Return the scores of each policy on the same states; nothing and the playbook are played beside them.

    Raises: BadInputError without states.
    """
    if not keys:
        raise BadInputError("states", 0, "at least one")
    loaded = load_crisis_preset(preset)
    # States of one episode are neighbours, so that it is played once and not once a state.
    keys = sorted(keys, key=_place)
    given = {policy: answers_of(policy)(keys) for policy in dict.fromkeys((NOTHING, BOOK, *policies))}
    told: dict[str, list[CrisisBreakdown]] = {policy: [] for policy in given}
    for i, key in enumerate(keys):
        for policy, answers in given.items():
            text, cut = answers[i]
            told[policy].append(score_crisis(loaded, key, text, truncated=cut))
    first = policies[0] if policies else None
    return [_scores(policy, keys, told, seed, first) for policy in told]


def _scores(
    policy: str, keys: Sequence[StateKey], told: Mapping[str, Sequence[CrisisBreakdown]], seed: int, first: str | None
) -> StateScores:
    figures, gained = {}, {}
    episodes = [key.seed for key in keys]
    for name, of in MEASURES.items():
        stats_S_4 = _columns(of, told[policy], told[NOTHING], told[BOOK])
        figures[name] = _figures(stats_S_4, episodes, seed, policy, name)
        if first is not None and policy not in (first, NOTHING, BOOK):
            # What the first policy earned becomes the zero; the scale stays that of nothing and the playbook.
            stats_S_4[:, 1] += stats_S_4[:, 2] - _columns(of, told[first])[:, 1]
            gained[name] = _figures(stats_S_4, episodes, seed, policy, name, "gained")["normalised"]
    roles = {}
    for role in dict.fromkeys(key.role for key in keys):
        chosen = [i for i, key in enumerate(keys) if key.role == role]
        stats_S_4 = _columns(MEASURES["score"], told[policy], told[NOTHING], told[BOOK])[chosen]
        roles[role] = _figures(stats_S_4, [keys[i].seed for i in chosen], seed, policy, role)["normalised"]
    read = [one.status.value in READABLE for one in told[policy]]
    return StateScores(
        policy, len(keys), len({key.seed for key in keys}), sum(read) / len(read), figures, roles, gained
    )


def _columns(of: Callable[[CrisisBreakdown], float], *parts: Sequence[CrisisBreakdown]) -> np.ndarray:
    """Return one row a state: 1, then the measure under the policy, doing nothing and the playbook."""
    return np.array([[1.0, *(of(one) for one in row)] for row in zip(*parts, strict=True)])


def _figures(stats_S_4: np.ndarray, episodes: Sequence[int], seed: int, *keys: str) -> dict[str, Interval]:
    """Return mean and normalised value with intervals; episodes are drawn, not states.

    Shapes: (S, 4) -> two intervals.
    """
    clusters = {episode: i for i, episode in enumerate(dict.fromkeys(episodes))}
    stats_C_4 = np.zeros((len(clusters), 4))
    np.add.at(stats_C_4, [clusters[episode] for episode in episodes], stats_S_4)
    draws = resample(stats_C_4, RESAMPLES, seed, *keys)
    found = {}
    for name, of in (("mean", _mean), ("normalised", _normalised)):
        value = float(of(stats_C_4.sum(0, keepdims=True))[0])
        found[name] = bootstrap_interval(
            value, of(draws), clusters=len(clusters), n=len(episodes), method="cluster bootstrap"
        )
    return found


def _mean(sums_R_4: np.ndarray) -> np.ndarray:
    return sums_R_4[:, 1] / sums_R_4[:, 0]


def _normalised(sums_R_4: np.ndarray) -> np.ndarray:
    """Return (policy - nothing) / (playbook - nothing) of sums; NaN where the playbook gains nothing."""
    gap = sums_R_4[:, 3] - sums_R_4[:, 2]
    return np.divide(sums_R_4[:, 1] - sums_R_4[:, 2], gap, out=np.full(len(gap), np.nan), where=np.abs(gap) > 1e-12)


def _place(key: StateKey) -> tuple[str, int, str, str, int]:
    return key.scenario, key.seed, key.behaviour, key.role if key.behaviour == "idle" else "", key.step
