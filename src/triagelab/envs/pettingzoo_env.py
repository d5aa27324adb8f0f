"""crisis-v1 for PettingZoo: six agents in one hospital, each choosing from a menu of acts. Only this file imports it.

What an agent sees is a vector of numbers from 0 to 1 made from its view (`crisis_menu.observe`); what it sends says for
each place of its menu whether that act is taken. The words of the acts stand in `infos[agent]["menu"]`. All agents
earn the same: the pay of the step. Nobody is terminated; the last step truncates everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from triagelab.completions.crisis_prompts import view_text
from triagelab.envs.base import SEEDS
from triagelab.envs.crisis import CrisisKind
from triagelab.envs.crisis_actions import CrisisAction
from triagelab.envs.crisis_episode import SHOWN_PATIENTS, CrisisEpisode, results_of
from triagelab.envs.crisis_menu import HOUSE, MENU, Offer, features, menu, observe
from triagelab.errors import BadInputError, MissingDependencyError, UnknownNameError
from triagelab.hospital.tables import ROLES
from triagelab.seeding import derive_seed

try:
    from gymnasium import spaces
    from pettingzoo import ParallelEnv
except ImportError as error:
    raise MissingDependencyError("pettingzoo", "gym", "a PettingZoo environment") from error


class CrisisParallelEnv(ParallelEnv[str, np.ndarray, np.ndarray]):
    """Six roles, one disaster an episode.

    Args:
        split: train, dev, test, or tasks for the named ones.
        steps: decision steps of an episode.
        pay: as in `crisis-v1` itself.
        render_mode: `ansi` returns the message of the last step as text.

    Raises: UnknownNameError or BadInputError for an argument.
    """

    metadata: ClassVar[dict[str, Any]] = {"name": "triagelab_crisis_v1", "render_modes": ["ansi"], "render_fps": 1}

    def __init__(
        self, split: str = "train", steps: int = 20, pay: str = "steps", render_mode: str | None = None
    ) -> None:
        self.kind = CrisisKind(steps=steps, pay=pay)
        if split not in self.kind.splits:
            raise UnknownNameError("split", split, self.kind.splits)
        if render_mode not in (None, "ansi"):
            raise UnknownNameError("render mode", str(render_mode), ["ansi"])
        self.split, self.render_mode = split, render_mode
        self.possible_agents: list[str] = list(ROLES)
        self.agents: list[str] = []
        low_high = (0.0, 1.0, (HOUSE + MENU * features(),), np.float32)
        self.observation_spaces = {role: spaces.Box(*low_high) for role in ROLES}
        self.action_spaces = {role: spaces.MultiBinary(MENU) for role in ROLES}
        self._series, self._number = derive_seed("envs.pettingzoo", 0, bits=31), 0
        self._episode: CrisisEpisode | None = None
        self._menus: dict[str, list[Offer]] = {}

    def observation_space(self, agent: str) -> Any:
        """Return the space of what an agent sees, always the same object."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Any:
        """Return the space of what an agent sends: one bit for each place of its menu, in the order of urgency."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Begin an episode: a seed begins a series of cases, later resets without one go on with it.

        Args:
            options: `case` chooses one case of the split by its number instead; others are left alone, as the test of
                PettingZoo asks.

        Raises: BadInputError for a seed or case that is none.
        """
        if seed is not None:
            if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
                raise BadInputError("seed", seed, "a whole number from 0 up")
            self._series, self._number = derive_seed("envs.pettingzoo", seed, bits=31), 0
        count = self.kind.task_count(self.split)
        case = (options or {}).get("case")
        if case is None:
            case = derive_seed("envs.pettingzoo.case", self._series, self._number, bits=31) % min(count, SEEDS)
            self._number += 1
        if isinstance(case, bool) or not isinstance(case, int) or not 0 <= case < count:
            raise BadInputError("case", case, f"a whole number from 0 to {count - 1}")
        self._episode = self.kind.begin(self.split, case)
        self.agents = list(ROLES)
        return self._look()

    def step(
        self, actions: Mapping[str, np.ndarray]
    ) -> tuple[dict[str, np.ndarray], dict[str, float], dict[str, bool], dict[str, bool], dict[str, Any]]:
        """Take the chosen acts of every agent and return observations, rewards, terminations, truncations, infos.

        Raises: BadInputError for a step before reset or after the end, and for an action that does not fit its space;
            UnknownNameError for an agent that is none.
        """
        if self._episode is None or not self.agents:
            raise BadInputError("step", None, "a reset before it; the episode has not begun or has ended")
        if unknown := sorted(str(name) for name in set(actions) - set(ROLES)):
            raise UnknownNameError("agent", unknown[0], ROLES)
        sent = {role: self._chosen(role, actions[role]) for role in self.agents if role in actions}
        report, parts = self._episode.advance(CrisisAction(roles=sent))
        observations, infos = self._look()
        debrief = self._episode.debrief()
        for role in self.agents:
            infos[role] |= {"results": results_of(report, (role,)), "components": dict(parts)}
            if debrief is not None:
                infos[role]["debrief"] = debrief
        rewards = dict.fromkeys(self.agents, sum(parts.values()))
        terminations = dict.fromkeys(self.agents, False)
        truncations = dict.fromkeys(self.agents, debrief is not None)
        if debrief is not None:
            self.agents = []
        return observations, rewards, terminations, truncations, infos

    def render(self) -> str | None:
        """Return what the roles see now as text, in mode `ansi`."""
        if self.render_mode != "ansi" or self._episode is None:
            return None
        return "\n".join(view_text(self._episode.view(role), SHOWN_PATIENTS) for role in ROLES)

    def close(self) -> None:
        """Give the episode up."""
        self._episode, self.agents, self._menus = None, [], {}

    def _look(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        assert self._episode is not None
        views = {role: self._episode.view(role) for role in ROLES}
        self._menus = {role: menu(view) for role, view in views.items()}
        observations = {role: observe(view, self._menus[role]) for role, view in views.items()}
        return observations, {
            role: {"menu": [offer.act.to_dict() for offer in offers]} for role, offers in self._menus.items()
        }

    def _chosen(self, role: str, bits: Any) -> list[Any]:
        taken = np.asarray(bits)
        if taken.shape != (MENU,):
            raise BadInputError(f"action of {role}", f"shape {taken.shape}", f"{MENU} zeros and ones")
        if not (fits := np.isin(taken, (0, 1))).all():
            raise BadInputError(f"action of {role}", str(taken[~fits][0])[:40], f"{MENU} zeros and ones")
        return [offer.act.to_dict() for offer, bit in zip(self._menus[role], taken, strict=False) if bit]


def parallel_env(**options: Any) -> CrisisParallelEnv:
    """Return the environment, under the name that PettingZoo's tools look for."""
    return CrisisParallelEnv(**options)


__all__ = ["CrisisParallelEnv", "parallel_env"]
