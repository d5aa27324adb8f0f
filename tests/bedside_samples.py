"""Episodes at the bedside for tests: every action there is, scripted policies, and dialogues that they make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from triagelab.cases.bedside.actions import PATHWAYS, PATTERNS, TARGETS, BedsideAction
from triagelab.cases.bedside.observation import BedsideObservation, Dialogue
from triagelab.cases.draws import Draws
from triagelab.envs.base import Environment
from triagelab.envs.bedside_episode import BedsideEpisode
from triagelab.envs.registry import make

BedsideEnvironment = Environment[BedsideAction, BedsideObservation]
Policy = Callable[[BedsideEnvironment, int], BedsideAction]
"""What to do next: of the environment (for those who cheat) and the number of actions taken so far."""

LOOK = (BedsideAction(kind="more_info"), BedsideAction(kind="reassess"))
STORY = BedsideAction(kind="ask", target="story")
SCRIPT = (
    STORY,
    BedsideAction(kind="measure", target="spo2"),
    BedsideAction(kind="measure", target="blood_pressure"),
    BedsideAction(kind="examine", target="chest"),
    BedsideAction(kind="test", target="glucose"),
    BedsideAction(kind="more_info"),
)
"""A short dialogue of every kind of question."""


def commit(level: int = 3, pathway: str = "urgent", pattern: str = "minor_illness") -> BedsideAction:
    """Return an answer."""
    return BedsideAction.model_validate({"kind": "commit", "level": level, "pathway": pathway, "pattern": pattern})


def bedside(**options: Any) -> BedsideEnvironment:
    """Return a new environment."""
    return make("bedside-v1", **options)


@cache
def questions() -> tuple[BedsideAction, ...]:
    """Return every action that neither treats nor ends."""
    asked = [
        BedsideAction.model_validate({"kind": kind, "target": target})
        for kind, targets in TARGETS.items()
        if kind != "intervene"
        for target in targets
    ]
    return (*asked, *LOOK)


@cache
def interventions() -> tuple[BedsideAction, ...]:
    """Return every intervention."""
    return tuple(BedsideAction(kind="intervene", target=target) for target in TARGETS["intervene"])


def random_action(draws: Draws, commits: float = 0.05, treats: float = 0.15) -> BedsideAction:
    """Return any action."""
    if draws.chance(commits):
        return commit(draws.whole(1, 5), draws.pick(PATHWAYS), draws.pick(PATTERNS))
    return draws.pick(interventions() if draws.chance(treats) else questions())


def random_policy(seed: int, commits: float = 0.05, treats: float = 0.15) -> Policy:
    """Return a policy that does anything."""
    draws = Draws("tests.bedside", seed)
    return lambda env, taken: random_action(draws, commits, treats)


def always(action: BedsideAction) -> Policy:
    """Return a policy that does one thing at once and for ever."""
    return lambda env, taken: action


def do_nothing(env: BedsideEnvironment, taken: int) -> BedsideAction:
    """Look on until the episode ends by itself."""
    del env, taken
    return LOOK[1]


def oracle(env: BedsideEnvironment, taken: int) -> BedsideAction:
    """Do what somebody who knows the truth would do."""
    del taken
    return env.best()


def truth(env: BedsideEnvironment, taken: int) -> BedsideAction:
    """Give the right answer of now, whatever would be worth doing first."""
    del taken
    found = env.best()
    return found if found.kind == "commit" else _episode(env).answer()


def _episode(env: BedsideEnvironment) -> BedsideEpisode:
    """Return the running episode, which the environment keeps to itself."""
    found = getattr(env, "_episode", None)
    assert isinstance(found, BedsideEpisode)
    return found


def after(actions: Sequence[BedsideAction], then: Policy) -> Policy:
    """Return a policy that takes these actions first."""
    return lambda env, taken: actions[taken] if taken < len(actions) else then(env, taken)


def play(env: BedsideEnvironment, policy: Policy, **reset: Any) -> Dialogue:
    """Return the dialogue of one whole episode."""
    dialogue = Dialogue(env.reset(**reset))
    while not dialogue.done:
        action = policy(env, len(dialogue.turns))
        dialogue = dialogue.then(action, env.step(action))
    return dialogue


def total(dialogue: Dialogue) -> float:
    """Return what an episode earned."""
    return sum(seen.reward or 0.0 for _, seen in dialogue.turns)


def mean_return(policy: Policy, seeds: range, split: str = "test", env: BedsideEnvironment | None = None) -> float:
    """Return the mean return over seeds."""
    used = env or bedside()
    return sum(total(play(used, policy, seed=seed, split=split)) for seed in seeds) / len(seeds)


def observations(dialogue: Dialogue) -> Iterator[BedsideObservation]:
    """Yield everything that was seen, the first look included."""
    yield dialogue.first
    yield from (seen for _, seen in dialogue.turns)
