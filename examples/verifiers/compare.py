"""Compares what verifiers recorded with the same episodes in process; exit code 1 where a return differs.

python examples/verifiers/compare.py runs/verifiers/traces.jsonl --agent rules
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

import triagelab
from triagelab.agents.bedside_registry import load_bedside_agent
from triagelab.cases.bedside.observation import Dialogue

TOLERANCE = 1e-9


def recorded(path: Path) -> dict[int, float]:
    """Return place in the task list -> the reward that verifiers summed."""
    found: dict[int, float] = {}
    for line in path.read_text().splitlines():
        place = re.search(r"/bedside#(\d+)", line)
        score = re.search(r'"openenv_reward":\s*\{"score":\s*([-0-9.e]+)', line)
        if place and score:
            found[int(place.group(1))] = float(score.group(1))
    return found


def in_process(agent: str, seed: int, split: str) -> float:
    """Return what the agent earns in the same episode without a server."""
    player = load_bedside_agent(agent)
    with triagelab.make("bedside-v1") as env:
        dialogue = Dialogue(env.reset(seed=seed, split=split))
        while not dialogue.done:
            action = player.act([dialogue])[0]
            dialogue = dialogue.then(action, env.step(action))
        return env.record.total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("traces", type=Path)
    parser.add_argument("--agent", default="rules")
    parser.add_argument("--split", default="dev")
    chosen = parser.parse_args()
    found = recorded(chosen.traces)
    wrong = 0
    for seed, over_the_wire in sorted(found.items()):
        here = in_process(chosen.agent, seed, chosen.split)
        same = abs(here - over_the_wire) < TOLERANCE
        wrong += not same
        print(json.dumps({"seed": seed, "verifiers": over_the_wire, "in_process": here, "same": same}))
    print(f"{len(found) - wrong} of {len(found)} episodes have the same return")
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main())
