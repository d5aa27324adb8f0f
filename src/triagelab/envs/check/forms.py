"""Checks of form: rewards, their parts, observations against the schema, and what the state says."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from triagelab.envs.check.lab import Failed, Lab, Skip, at_path, number
from triagelab.envs.check.players import Case, Path, garbage, once, script
from triagelab.envs.check.shape import problems
from triagelab.envs.check.target import Refusal, Seen, Session

SLACK = 1e-6


def reward_well_formed(lab: Lab) -> str:
    """Every step earns a finite number in the declared range; so does every episode."""
    count = 0
    for case, path in _episodes(lab):
        suite = next(suite for suite in lab.policy.suites if suite.name == case.suite)
        reward_range = suite.reward_range or lab.policy.reward_range
        if path.first.reward is not None and not number(path.first.reward):
            raise Failed(f"{case.key}: the reset has reward {path.first.reward!r}; a number or none is allowed")
        for place, (_, seen) in enumerate(path.turns):
            count += 1
            if not number(seen.reward):
                raise Failed(f"{case.key}, step {place + 1}: reward {seen.reward!r} is no finite number")
            if reward_range and not reward_range[0] - SLACK <= seen.reward <= reward_range[1] + SLACK:
                raise Failed(f"{case.key}, step {place + 1}: reward {seen.reward:.6g} outside {_range(reward_range)}")
        returns = suite.return_range or lab.policy.return_range
        if returns and path.done and not returns[0] - SLACK <= path.total <= returns[1] + SLACK:
            raise Failed(f"{case.key}: return {path.total:.6g} outside {_range(returns)}")
    if lab.policy.reward_range is None:
        raise Skip(f"{count} rewards are finite numbers, but no reward_range is declared")
    return f"{count} rewards are finite and in {_range(lab.policy.reward_range)}"


def reward_attribution(lab: Lab) -> str:
    """Every reward is the sum of named parts that the observation shows."""
    path_of_parts, counted, names = lab.policy.components, 0, set()
    for case, path in _episodes(lab):
        for place, (_, seen) in enumerate(path.turns):
            parts = at_path(seen.observation, path_of_parts)
            if not isinstance(parts, dict):
                raise Skip(f"observations have no {path_of_parts!r}")
            if bad := [name for name, value in parts.items() if not number(value)]:
                raise Failed(f"{case.key}, step {place + 1}: part {bad[0]!r} is {parts[bad[0]]!r}")
            if number(seen.reward) and abs(math.fsum(parts.values()) - seen.reward) > SLACK:
                total = math.fsum(parts.values())
                raise Failed(f"{case.key}, step {place + 1}: parts sum to {total:.6g}, the reward is {seen.reward:.6g}")
            counted += 1
            names |= set(parts)
    if not names:
        raise Failed(f"no reward of {counted} steps names a part")
    declared = getattr(getattr(lab.target, "kind", None), "component_names", None)
    if declared is not None and not names <= set(declared):
        raise Failed(f"parts that are not declared: {', '.join(sorted(names - set(declared)))}")
    return f"{counted} rewards are the sum of their parts ({', '.join(sorted(names))})"


def observation_schema(lab: Lab) -> str:
    """Every observation fits the published schema."""
    schemas = lab.target.schemas()
    schema = schemas.get("observation")
    if not isinstance(schema, dict):
        raise Skip("no observation schema is published")
    first = schemas.get("reset_observation") or schema
    count = 0
    for case, path in _episodes(lab):
        for place, seen in enumerate((path.first, *(seen for _, seen in path.turns))):
            wrong = problems(seen.whole(), first if place == 0 else schema)
            if wrong:
                raise Failed(f"{case.key}, observation {place}: {wrong[0]}")
            if not isinstance(seen.done, bool):
                raise Failed(f"{case.key}, observation {place}: done is {seen.done!r}")
            count += 1
    return f"{count} observations fit the schema"


def state_contract(lab: Lab) -> str:
    """The state echoes episode_id and counts the steps; out of turn and after refusals nothing moves."""
    cases = lab.some()
    for place, case in enumerate(cases):
        with lab.session() as session:
            _out_of_turn(session, lab, "before the first reset")
            name = f"check-{place}-{case.key.replace('/', '-')}"
            newest = session.reset({**case.options, "episode_id": name})
            _state_is(session, name, 0, case)
            taken = 0
            for action in script(lab.policy, case, min(lab.limit, 8)):
                if newest.done:
                    break
                newest = session.step(action)
                taken += 1
                _state_is(session, name, taken, case)
                if taken == 1 and not newest.done:
                    _refusals_change_nothing(session, lab, name, case)
            if newest.done:
                _out_of_turn(session, lab, "after the end of the episode")
                _state_is(session, name, taken, case)
    return f"{len(cases)} episodes: id echoed, steps counted, nothing moved out of turn"


def _state_is(session: Session, name: str, steps: int, case: Case) -> None:
    state = session.state()
    if state.get("episode_id") != name:
        raise Failed(f"{case.key}: episode_id {name!r} was given, the state says {state.get('episode_id')!r}")
    if state.get("step_count") != steps:
        raise Failed(f"{case.key}: after {steps} steps the state says step_count {state.get('step_count')!r}")


def _out_of_turn(session: Session, lab: Lab, when: str) -> None:
    """Raises: Failed where a step at this moment earns something or crashes."""
    try:
        seen: Seen = session.step(lab.policy.actions.all()[0])
    except Refusal as refusal:
        if refusal.crash:
            raise Failed(f"a step {when} crashes: {str(refusal)[:120]}") from refusal
        return
    raise Failed(f"a step {when} is answered with reward {seen.reward!r} instead of an error")


def _refusals_change_nothing(session: Session, lab: Lab, name: str, case: Case) -> None:
    for action in garbage(lab.policy)[:2]:
        try:
            session.step(action)
        except Refusal:
            _state_is(session, name, 1, case)
            continue
        return  # it was taken for an action: what such actions earn is for the canaries


def _episodes(lab: Lab) -> Iterator[tuple[Case, Path]]:
    """Yield episodes with as many different ends as there are: scripts, lazy players, and the oracle."""
    lazy = [*lab.lazy("nothing"), *lab.lazy("canary"), *lab.lazy("constant"), *lab.lazy("degenerate")][:12]
    for case in lab.some():
        yield case, lab.run(case, once(script(lab.policy, case, min(lab.limit, 12))))
        for player in lazy:
            yield case, lab.played(player, case)
        try:
            yield case, lab.oracle(case)
        except Skip:
            continue


def _range(limits: tuple[float, float] | Any) -> str:
    return f"{limits[0]:g} to {limits[1]:g}"
