"""All policies in one episode: what one worker does at a time."""

from __future__ import annotations

from typing import NamedTuple

from triagelab.agents.crisis_policies import load_crisis_policy, scripted_policies
from triagelab.evaluation.crisis.oracle import ORACLE, ROUNDS, find_oracle, play_policy
from triagelab.evaluation.crisis.play import play_episode
from triagelab.evaluation.crisis.records import CrisisRecord
from triagelab.hospital.hospital import begin


class EpisodeSet(NamedTuple):
    """One episode and the policies that play it. `rounds`: of the oracle's search."""

    scenario: str
    difficulty: float
    seed: int
    steps: int
    policies: tuple[str, ...]
    rounds: int = ROUNDS


def play_set(task: EpisodeSet) -> list[CrisisRecord]:
    """Return one record a policy, in the order of the task.

    The scripted policies are played once: for their own records and as the oracle's portfolio. The same task gives the
    same records in whatever process.
    """
    root = begin(task.scenario, task.difficulty, task.seed, task.steps)
    scripted = scripted_policies()
    wanted = scripted if ORACLE in task.policies else tuple(name for name in scripted if name in task.policies)
    played = {name: play_policy(name, root) for name in wanted}
    records: list[CrisisRecord] = []
    for name in task.policies:
        if name == ORACLE:
            portfolio = list(played.values())
            found = find_oracle(task.scenario, task.difficulty, task.seed, task.steps, portfolio, task.rounds)
            records.append(found.record)
        elif name in played:
            records.append(played[name].record)
        else:
            record = play_episode(load_crisis_policy(name), task.scenario, task.difficulty, task.seed, task.steps)
            records.append(record.model_copy(update={"policy": name}))
    return records


__all__ = ["EpisodeSet", "play_set"]
