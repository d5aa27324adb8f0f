"""Checks that play the same thing again: seeds, determinism, isolation, the verifier, and the record of an episode."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from triagelab.envs.check.lab import Failed, Lab, Skip, difference, same
from triagelab.envs.check.players import Case, Path, garbage, once, play, script
from triagelab.envs.check.target import Json, Refusal, Session

LONGEST_SCRIPT = 12
"""Actions of the random scripts that are repeated."""

SEED = "runtime.seed_control"
DETERMINISM = "runtime.episode_determinism"
ISOLATION = "runtime.episode_isolation"


def seed_control(lab: Lab) -> str:
    """The same seed begins the same episode, in this session and in another; different seeds begin different ones."""
    suites = [suite for suite in lab.policy.suites if suite.seeded and not suite.tasks]
    if not suites:
        raise Skip("no suite takes a seed")
    counted = []
    for suite in suites:
        cases = lab.cases(suite, max(6, lab.budget.runtime))
        with lab.session() as session, lab.session() as other:
            firsts = [_seen(session.reset(case.options), lab) for case in cases]
            for case, first in zip(cases, firsts, strict=True):
                for where, again in (("another session", other), *[("the same session", session)] * 2):
                    now = _seen(again.reset(case.options), lab)
                    if not same(first, now):
                        raise Failed(f"{case.key} begins differently in {where}: {difference(first, now)}")
        kinds = {str(sorted(first.items(), key=lambda item: item[0])) for first in firsts}
        if len(cases) > 1 and len(kinds) == 1:
            raise Failed(f"{suite.name}: {len(cases)} different seeds all begin the same episode: the seed is ignored")
        counted.append(f"{suite.name}: {len(kinds)} of {len(cases)} seeds begin different episodes")
    return "the same seed begins the same episode; " + "; ".join(counted)


def episode_determinism(lab: Lab) -> str:
    """The same case and actions give the same observations: again, with refusals in between, and in many sessions."""
    if lab.outcome.get(SEED) == "fail":
        raise Skip(f"needs {SEED}, which failed")
    cases = lab.some()
    alone = {case.key: _trace(_scripted(lab, case), lab) for case in cases}
    for case in cases:
        again = _trace(_scripted(lab, case), lab)
        if not same(alone[case.key], again):
            raise Failed(f"{case.key}, played again: {difference(alone[case.key], again)}")
        broken = _with_refusals(lab, case)
        if broken is not None and not same(alone[case.key], broken):
            raise Failed(f"{case.key}, with refused actions in between: {difference(alone[case.key], broken)}")
    if lab.outcome.get(ISOLATION) == "fail":
        return f"{len(cases)} episodes repeat alone; not judged at the same time, for {ISOLATION} failed"
    for case, trace in zip(cases, _at_once(lab, cases), strict=True):
        for found in trace:
            if not same(alone[case.key], found):
                raise Failed(f"{case.key}, {lab.budget.threads} sessions at once: {difference(alone[case.key], found)}")
    return f"{len(cases)} episodes repeat alone and in {lab.budget.threads} sessions at the same time"


def episode_isolation(lab: Lab) -> str:
    """Two sessions that take turns see what each would see alone; nothing of one shows in the other."""
    cases = lab.some()
    alone = {case.key: _trace(_scripted(lab, case), lab) for case in cases}
    if any(not same(alone[case.key], _trace(_scripted(lab, case), lab)) for case in cases):
        raise Skip(f"an episode does not repeat even alone; see {DETERMINISM} and {SEED}")
    others = cases[1:] + cases[:1] if len(cases) > 1 else cases
    for case, other in zip(cases, others, strict=True):
        for one, trace in zip((case, other), _in_turns(lab, case, other), strict=True):
            if not same(alone[one.key], trace):
                where = "the other" if one is case else "the first"
                raise Failed(f"{one.key} changes when {where} session is used: {difference(alone[one.key], trace)}")
    return f"{len(cases)} pairs of sessions took turns and saw what they see alone"


def verifier_determinism(lab: Lab) -> str:
    """The same case and actions earn the same rewards: in new sessions, in a used one, and after other episodes."""
    if lab.outcome.get(SEED) == "fail":
        raise Skip(f"needs {SEED}, which failed")
    cases = lab.some()
    players = [player.act for player in lab.lazy() if player.group in ("constant", "canary")][:4]
    plays = [once(_script(lab, case)) for case in cases]
    scores = {}
    for case, act in zip(cases, plays, strict=True):
        for number, one in enumerate([act, *players]):
            scores[case.key, number] = (case, one, _scores(lab.run(case, one), lab))
    with lab.session() as used:
        for (key, _), (case, act, before) in reversed(scores.items()):
            for _ in range(2):
                now = _scores(play(used, case, act, lab.limit), lab)
                if not same(before, now):
                    raise Failed(f"{key}: the same actions earn another score the next time: {difference(before, now)}")
    return f"{len(scores)} episodes scored three times each, twice in a used session: the same rewards"


def trajectory_record(lab: Lab) -> str:
    """The record of an episode holds every action and observation, its rewards add up, and it can be played again."""
    checked = 0
    repeats = "fail" not in (lab.outcome.get(SEED), lab.outcome.get(DETERMINISM))
    for case in lab.some():
        with lab.session() as session:
            path = play(session, case, once(_script(lab, case)), lab.limit)
            record = session.record()
        if record is None:
            raise Skip("the target gives no record of its episodes")
        if problem := _record_problem(record, path):
            raise Failed(f"{case.key}: {problem}")
        checked += 1
        if not repeats:
            continue
        if not same(_trace(lab.run(case, once([turn["action"] for turn in record["turns"]])), lab), _trace(path, lab)):
            raise Failed(f"{case.key}: the actions of the record do not give its observations again")
    again = "can be played again" if repeats else f"were not played again, for {SEED} or {DETERMINISM} failed"
    return f"{checked} records are complete, add up and {again}"


def _record_problem(record: Json, path: Path) -> str | None:
    turns = record.get("turns")
    if not isinstance(turns, list) or len(turns) != len(path.turns):
        return f"{len(path.turns)} actions were taken, the record holds {len(turns or ())}"
    for place, (turn, (_, seen)) in enumerate(zip(turns, path.turns, strict=True)):
        if not same(turn.get("observation"), {**seen.observation, "reward": seen.reward, "done": seen.done}):
            return f"the observation of turn {place + 1} is not the one that was seen"
    if not same(record.get("first"), path.first.whole()):
        return "the first observation is not the one that was seen"
    if abs(float(record.get("return", float("nan"))) - path.total) > 1e-9:
        return f"the return is {record.get('return')}, the rewards sum to {path.total}"
    if record.get("done") is not path.done:
        return f"done is {record.get('done')}, the episode says {path.done}"
    return None


def _script(lab: Lab, case: Case) -> list[Json]:
    return script(lab.policy, case, min(lab.limit, LONGEST_SCRIPT))


def _scripted(lab: Lab, case: Case) -> Path:
    return lab.run(case, once(_script(lab, case)))


def _with_refusals(lab: Lab, case: Case) -> list[Json] | None:
    """Return the trace of the script with refused actions in between; None where they are taken or crash."""
    with lab.session() as session:
        trace = [_seen(session.reset(case.options), lab)]
        for action in _script(lab, case):
            for wrong in garbage(lab.policy)[:2]:
                try:
                    session.step(wrong)
                except Refusal as refusal:
                    if refusal.crash:
                        return None
                    continue
                return None
            if _one_step(session, action, trace, lab):
                break
    return trace


def _in_turns(lab: Lab, case: Case, other: Case) -> list[list[Json]]:
    with lab.session() as left, lab.session() as right:
        turns = [(left, case, _script(lab, case)), (right, other, _script(lab, other))]
        traces = [[_seen(session.reset(one.options), lab)] for session, one, _ in turns]
        ended = [False, False]
        for place in range(LONGEST_SCRIPT):
            for side, (session, _, actions) in enumerate(turns):
                if not ended[side] and place < len(actions):
                    ended[side] = _one_step(session, actions[place], traces[side], lab)
    return traces


def _one_step(session: Session, action: Json, trace: list[Json], lab: Lab) -> bool:
    """Append what an action gives to the trace and return whether the episode is over."""
    try:
        seen = session.step(action)
    except Refusal as refusal:
        trace.append({"refused": str(refusal)})
        return True
    trace.append(_seen(seen, lab))
    return bool(seen.done)


def _at_once(lab: Lab, cases: list[Case]) -> list[list[list[Json]]]:
    """Return, for every case, its traces in sessions that run at once, each with the cases in another order."""
    count = lab.budget.threads
    start = Barrier(count)

    def work(number: int) -> dict[str, list[Json]]:
        shift = number % len(cases)
        with lab.session() as session:
            start.wait(60)
            found = {}
            for case in cases[shift:] + cases[:shift]:
                path = play(session, case, once(_script(lab, case)), lab.limit)
                found[case.key] = _trace(path, lab)
            return found

    with ThreadPoolExecutor(count) as pool:
        results = list(pool.map(work, range(count)))
    return [[result[case.key] for result in results] for case in cases]


def _seen(seen: Any, lab: Lab) -> Json:
    """Return what is compared of an observation: all but how it was scored."""
    scored = lab.policy.components.split(".")[0]
    return {**{k: v for k, v in seen.observation.items() if k not in (scored, "metadata")}, "done": seen.done}


def _trace(path: Path, lab: Lab) -> list[Json]:
    found = [_seen(seen, lab) for seen in (path.first, *(seen for _, seen in path.turns))]
    return found if path.refused is None else [*found, {"refused": path.refused}]


def _scores(path: Path, lab: Lab) -> list[Json]:
    scored = lab.policy.components.split(".")[0]
    return [{"reward": seen.reward, "parts": seen.observation.get(scored), "done": seen.done} for _, seen in path.turns]
