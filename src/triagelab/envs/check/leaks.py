"""No solution leakage: nothing that can be read before the end of an episode says what is true."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from triagelab.envs.check.lab import Failed, Lab, Skip, leaves, same
from triagelab.envs.check.leak_signs import named, tells
from triagelab.envs.check.leak_timing import slow_truth
from triagelab.envs.check.players import Case, Path, garbage, play, random_act
from triagelab.envs.check.policy import Suite
from triagelab.envs.check.target import Json, Refusal, Seen, Session

FEWEST = 16
"""Cases of a suite on which leaks are judged at least, however small its share."""


@dataclass
class Probe:
    """What could be read of one episode before its end, and what was true.

    Attributes:
        shown: surface (`first observation`, `state`, `error`, ...) -> what it said.
        seconds: call -> how long it took.
        size: characters of the first observation.
    """

    case: Case
    shown: dict[str, Any]
    truth: dict[str, Any]
    seconds: dict[str, float]
    size: int
    logged: list[str] = field(default_factory=list)


class _Listener(logging.Handler):
    """Keeps what is logged while an episode runs."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def no_solution_leakage(lab: Lab) -> str:
    """Schemas, metadata, task lists, observations, states, errors, logs, rewards on the way and times are mute."""
    splits = tuple(suite.task_list for suite in lab.policy.suites if suite.task_list is not None)
    documents, schemas = lab.target.documents(splits), lab.target.schemas()
    if sign := named(documents) or _schema_sign(schemas):
        raise Failed(f"documents: {sign}")
    said, judged = [], 0
    for suite in lab.policy.suites:
        probes = _probe_all(lab, suite)
        _judge_names(lab, probes)
        if not same(schemas, lab.target.schemas()) or not same(documents, lab.target.documents(splits)):
            raise Failed(f"{suite.name}: schemas or documents change with the episode that runs")
        _add_tasks(suite, probes, documents)
        known = [probe for probe in probes if probe.truth]
        if not known:
            said.append(f"{suite.name}: no telling name was found; values and times need a truth, see `truth`")
            continue
        judged += 1
        for name in known[0].truth:
            _judge_values(known, name)
        said.append(f"{suite.name}: {len(known)} cases, nothing tells {', '.join(known[0].truth)}; "
                    + slow_truth(lab, suite, known))  # fmt: skip
    if not judged:
        raise Skip("; ".join(said))
    return "; ".join(said)


def _probe_all(lab: Lab, suite: Suite) -> list[Probe]:
    cases = lab.share(suite, lab.budget.leak, FEWEST)
    listener, root = _Listener(), logging.getLogger()
    root.addHandler(listener)
    try:
        probes = []
        with lab.session() as session:
            for number, case in enumerate(cases):
                listener.lines.clear()
                probes.append(_probe(lab, session, case, number, listener))
        return probes
    finally:
        root.removeHandler(listener)


def _probe(lab: Lab, session: Session, case: Case, number: int, listener: _Listener) -> Probe:
    shown: dict[str, Any] = {}
    first = session.reset({**case.options, "episode_id": f"probe-{number}"})
    seconds = {"reset": first.seconds}
    shown["first observation"] = first.whole()
    shown["state"] = _state(session)
    shown["error"] = _errors(lab, session, case)
    newest = first
    for place, action in enumerate(lab.policy.probes):
        newest = session.step(action)
        seconds.setdefault("step", newest.seconds)
        if newest.done:
            raise Skip(f"probe {place + 1} of the policy file ends the episode; probes must not")
        shown[f"observation {place + 1}"] = newest.whole()
    shown["later state"] = _state(session)
    if listener.lines:
        shown["log"] = "\n".join(listener.lines)
    truth = lab.truth(_finish(lab, session, case, newest)) or _answer(lab, case)
    session.reset(case.options)
    shown["state of an episode without a name"] = session.state()
    return Probe(case, shown, truth, seconds, len(json.dumps(first.observation, default=str)))


def _answer(lab: Lab, case: Case) -> dict[str, Any]:
    """Return the fields of the oracle's last action, where the end of an episode tells no truth."""
    if lab.policy.truth:
        return {}
    try:
        path = lab.oracle(case)
    except Skip:
        return {}
    action = path.turns[-1][0] if path.turns else {}
    return {name: value for name, value in action.items() if isinstance(value, str | int | float | bool)}


def _state(session: Session) -> Json:
    return {name: value for name, value in session.state().items() if name != "episode_id"}


def _errors(lab: Lab, session: Session, case: Case) -> Json:
    """Return what is said to things that are no action. The texts are read, so nothing of the truth may be in them."""
    found: Json = {}
    for place, action in enumerate(garbage(lab.policy)[:5]):
        try:
            session.step(action)
        except Refusal as refusal:
            found[f"to garbage {place + 1}"] = str(refusal)
            continue
        session.reset(case.options)  # it was taken for an action and may have ended the episode
    for place, text in enumerate(session.provoke()):
        found[f"to nonsense {place + 1}"] = text
    return found


def _finish(lab: Lab, session: Session, case: Case, newest: Seen) -> Path:
    """Return the rest of the episode, played by whatever ends it."""
    ends = [*lab.lazy("constant"), *lab.lazy("canary"), *lab.lazy("nothing")]
    act = ends[0].act if ends else random_act(lab.policy, "finish")
    turns: list[tuple[Json, Seen]] = []
    while not newest.done and len(turns) < lab.limit:
        action = act(case, newest, len(turns))
        if action is None:
            break
        newest = session.step(action)
        turns.append((action, newest))
    return Path(newest, tuple(turns)) if turns else play(session, case, act, lab.limit)


def _judge_names(lab: Lab, probes: Sequence[Probe]) -> None:
    """Raises: Failed for what needs no statistics: telling names, a debrief before its time, the seed."""
    for probe in probes:
        for surface, shown in probe.shown.items():
            if sign := named(shown, public=lab.policy.public_names):
                raise Failed(f"{probe.case.key}, {surface}: {sign}")
            for path in lab.policy.truth:
                top = path.split(".")[0]
                if isinstance(shown, Mapping) and shown.get(top) not in (None, "", {}, []):
                    raise Failed(f"{probe.case.key}, {surface}: {top!r} is filled before the episode ended")
            seed = probe.case.options.get("seed")
            if lab.policy.seed_is_public or not isinstance(seed, int) or seed < 10_000:
                continue
            if re.search(rf"(?<!\d){seed}(?!\d)", json.dumps(shown, default=str)):
                raise Failed(f"{probe.case.key}, {surface}: the seed is in it, and the truth follows from the seed")


def _judge_values(probes: Sequence[Probe], name: str) -> None:
    """Raises: Failed where one value on one surface says what the truth is."""
    truths = [probe.truth.get(name) for probe in probes]
    for surface in dict.fromkeys(surface for probe in probes for surface in probe.shown):
        columns: dict[str, list[Any]] = {}
        for place, probe in enumerate(probes):
            for path, value in leaves(probe.shown.get(surface)):
                columns.setdefault(path, [None] * len(probes))[place] = value
        for path, values in columns.items():
            if sign := tells(values, truths, name, evidence="observation" in surface):
                raise Failed(f"{surface}: {path or 'its text'} {sign}")


def _add_tasks(suite: Suite, probes: Sequence[Probe], documents: Json) -> None:
    """Put what the task list says of a case among what could be read of it; its tier may be said."""
    listed = documents.get("tasks", {}).get(suite.task_list, []) if suite.task_list else []
    for probe in probes:
        place = probe.case.place
        if place is not None and place < len(listed):
            entry = listed[place]
            shown = {k: v for k, v in entry.items() if k != "tier"} if isinstance(entry, dict) else entry
            probe.shown["task list"] = shown


def _schema_sign(schemas: Json) -> str:
    """Return a telling default, example or constant of a field whose name says truth, empty where there is none."""
    for kind, schema in schemas.items():
        tables = [schema, *schema.get("$defs", {}).values()] if isinstance(schema, dict) else []
        for table in tables:
            for name, about in table.get("properties", {}).items() if isinstance(table, dict) else ():
                given = {k: about[k] for k in ("default", "const", "examples", "example") if k in about}
                for word, value in given.items():
                    if sign := named({name: value}):
                        return f"{kind} schema, {word}: {sign}"
    return ""
