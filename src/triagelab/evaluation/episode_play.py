"""Playing episodes in lock step: one environment an episode, and one call of the agent for all that still run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from triagelab.agents.base import BedsideAgent
from triagelab.agents.bedside_registry import ORACLE, load_bedside_agent
from triagelab.cases.bedside.actions import BedsideAction
from triagelab.cases.bedside.observation import Dialogue
from triagelab.envs.base import Environment
from triagelab.errors import BadInputError
from triagelab.seeding import derive_seed

STAND_IN = BedsideAction(kind="reassess")
"""What is done for an agent that returns no action and no stand-in: time passes, and the answer counts as invalid."""

Choose = Callable[[Sequence[Environment], Sequence[Dialogue], int], Sequence[object]]


@dataclass(frozen=True)
class Player:
    """Something that can play an episode: an agent, or the oracle, which asks the environment itself.

    Attributes:
        raised: says by how many levels a safety layer raised the commit of a dialogue.
        stand_in: the very object that an agent returns in place of an answer that was no action.
    """

    name: str
    choose: Choose
    fingerprint: str | None = None
    raised: Callable[[Dialogue], int] | None = None
    stand_in: BedsideAction | None = None


def player_of(agent: BedsideAgent | str, **options: Any) -> Player:
    """Return the player of an agent, or of a name of the registry or `oracle`.

    Raises: UnknownNameError or BadInputError for a name that is none.
    """
    if agent == ORACLE:
        return Player(ORACLE, lambda environments, _dialogues, _seed: [env.best() for env in environments])
    loaded = load_bedside_agent(agent, **options) if isinstance(agent, str) else agent
    return Player(
        loaded.name,
        lambda _environments, dialogues, seed: loaded.act(dialogues, seed=seed),
        getattr(loaded, "fingerprint", None),
        getattr(loaded, "raised", None),
        getattr(loaded, "stand_in", None),
    )


def play_batch(
    player: Player, env: Environment, *, split: str, seeds: Sequence[int], seed: int = 0
) -> list[tuple[Dialogue, int]]:
    """Return the dialogue of every seed, played in lock step, and how many answers were no action.

    Args:
        env: gives the kind; every episode runs in an environment of its own.
    """
    with ExitStack() as stack:
        running = [stack.enter_context(Environment(env.kind)) for _ in seeds]
        dialogues = [Dialogue(one.reset(seed=case, split=split)) for one, case in zip(running, seeds, strict=True)]
        invalid = [0] * len(dialogues)
        for turn in range(env.kind.max_steps):
            places = [place for place, dialogue in enumerate(dialogues) if not dialogue.done]
            if not places:
                break
            here = derive_seed("evaluation/turn", seed, turn, bits=31)
            actions = player.choose([running[place] for place in places], [dialogues[place] for place in places], here)
            if len(actions) != len(places):
                raise BadInputError(f"actions of {player.name}", len(actions), f"one for each of {len(places)}")
            for place, action in zip(places, actions, strict=True):
                if not isinstance(action, BedsideAction) or action is player.stand_in:
                    invalid[place] += 1
                    action = action if isinstance(action, BedsideAction) else STAND_IN
                dialogues[place] = dialogues[place].then(action, running[place].step(action))
        return list(zip(dialogues, invalid, strict=True))
