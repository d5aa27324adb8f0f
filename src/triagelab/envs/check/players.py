"""Players that do not look, and whole episodes of any player."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from triagelab.envs.check.policy import CheckPolicy, Player
from triagelab.envs.check.target import Json, Refusal, Seen, Session
from triagelab.seeding import derive_seed, stream

REPEATED = 6
"""Legal actions that are tried as the only thing ever done, spread over all groups of actions."""
SPAM = "The patient was seen and every finding was read through once more in full. " * 60

Moves = Iterator[Json]


@dataclass(frozen=True)
class Case:
    """One way to begin an episode.

    Attributes:
        key: names it among all cases of the target.
        tier: easy, medium, hard, ... where the suite has tiers.
        place: of its task in the suite, None for a seeded case.
    """

    key: str
    suite: str
    options: Mapping[str, Any]
    tier: str | None = None
    place: int | None = None


@dataclass(frozen=True)
class Path:
    """One episode as it was played.

    Attributes:
        refused: what the environment said when it took an action for none; the episode was given up there.
    """

    first: Seen
    turns: tuple[tuple[Json, Seen], ...]
    refused: str | None = None

    @property
    def total(self) -> float:
        return sum(float(seen.reward or 0.0) for _, seen in self.turns)

    @property
    def done(self) -> bool:
        return bool(self.turns) and bool(self.turns[-1][1].done)

    @property
    def last(self) -> Seen:
        return self.turns[-1][1] if self.turns else self.first


Act = Callable[[Case, Seen, int], Json | None]
"""What a player does: (case, newest observation, actions taken so far) -> action, None gives up."""


@dataclass(frozen=True)
class Lazy:
    """A named player that does not look.

    Attributes:
        group: nothing, constant, canary or degenerate.
    """

    name: str
    group: str
    act: Act


def play(session: Session, case: Case, act: Act, limit: int, options: Mapping[str, Any] | None = None) -> Path:
    """Return the episode of a player, at most `limit` actions long."""
    newest = first = session.reset(case.options if options is None else options)
    turns: list[tuple[Json, Seen]] = []
    while len(turns) < limit and not newest.done:
        action = act(case, newest, len(turns))
        if action is None:
            break
        try:
            newest = session.step(action)
        except Refusal as refusal:
            return Path(first, tuple(turns), str(refusal))
        turns.append((action, newest))
    return Path(first, tuple(turns))


def cycle(actions: tuple[Json, ...] | list[Json]) -> Act:
    """Return a player that does the same things over and over."""
    return lambda _case, _seen, done: actions[done % len(actions)]


def once(actions: tuple[Json, ...] | list[Json]) -> Act:
    """Return a player that does the things in their order and then gives up."""
    return lambda _case, _seen, done: actions[done] if done < len(actions) else None


def random_act(policy: CheckPolicy, name: str = "random") -> Act:
    """Return a player that draws a group of actions and one of its actions; the same draws for the same case."""
    groups = policy.actions.groups()

    def act(case: Case, _seen: Seen, done: int) -> Json:
        draws = stream("envs.check.random", 0, name, case.key, done)
        group = groups[int(draws.integers(len(groups)))]
        return group[int(draws.integers(len(group)))]

    return act


def script(policy: CheckPolicy, case: Case, limit: int) -> list[Json]:
    """Return a list of random legal actions, harmless ones first, so that the episode lasts a while."""
    act = random_act(policy, "script")
    nowhere = Seen({}, None, False, 0.0)
    drawn = [act(case, nowhere, place) or {} for place in range(limit)]
    shift = derive_seed("envs.check.script", 0, case.key, bits=31)
    probes = [policy.probes[(shift + i) % len(policy.probes)] for i in range(min(3, len(policy.probes)))]
    return [*probes, *drawn][:limit]


def lazy_players(policy: CheckPolicy) -> list[Lazy]:
    """Return every player that does not look: declared ones, and those that any action type allows."""
    found = []
    if policy.nothing is not None:
        found.append(Lazy("nothing", "nothing", cycle(policy.nothing.actions)))
    for group, players in _declared(policy):
        found += [Lazy(name, group, cycle(player.actions)) for name, player in players.items()]
    found.append(Lazy("random", "degenerate", random_act(policy)))
    found += _dawdlers(policy)
    found += [Lazy(f"repeat-{i + 1}", "degenerate", cycle([action])) for i, action in enumerate(_spread(policy))]
    if policy.text_field is not None:
        found += _writers(policy, policy.text_field)
    return found


def _declared(policy: CheckPolicy) -> list[tuple[str, dict[str, Player]]]:
    return [("constant", policy.constants), ("canary", policy.canaries), ("degenerate", policy.degenerate)]


def _spread(policy: CheckPolicy) -> list[Json]:
    """Return a few legal actions, the first and the middle of every group, that no declared player repeats already."""
    declared = [policy.nothing, *policy.canaries.values()]
    known = [player.actions[0] for player in declared if player is not None and len(player.actions) == 1]
    chosen = [group[place] for group in policy.actions.groups() for place in sorted({0, len(group) // 2})]
    return [action for action in chosen if action not in known][:REPEATED]


def _dawdlers(policy: CheckPolicy) -> list[Lazy]:
    """Return a player that does harmless things for half of an episode and then what the first constant does."""
    if not policy.probes or policy.max_steps is None or not policy.constants:
        return []
    wait, last = policy.max_steps // 2, next(iter(policy.constants.values())).actions

    def act(_case: Case, _seen: Seen, done: int) -> Json:
        return policy.probes[done % len(policy.probes)] if done < wait else last[(done - wait) % len(last)]

    return [Lazy("dawdle", "degenerate", act)]


def _writers(policy: CheckPolicy, field: str) -> list[Lazy]:
    """Return players that write instead of reading: everything that was seen, a lot, and nothing."""
    groups = policy.actions.groups()
    base = groups[0][len(groups[0]) // 2]

    def echo(_case: Case, seen: Seen, _done: int) -> Json:
        return {**base, field: str(seen.observation.get("message", seen.observation))[:10_000]}

    def long(_case: Case, _seen: Seen, _done: int) -> Json:
        return {**base, field: f"{SPAM}\n{base.get(field) or ''}"}

    return [Lazy("echo", "degenerate", echo), Lazy("spam", "degenerate", long)]


def garbage(policy: CheckPolicy) -> list[Any]:
    """Return things that are no action: empty, unknown keys, wrong types, far too long, deep."""
    base = policy.actions.all()[0]
    deep: Any = "x"
    for _ in range(40):
        deep = {"x": deep}
    wrong = [{**base, name: value} for name in base for value in ([], {"x": 1}, 1e308)]
    wrong = [action for action in wrong if action not in policy.actions.all()]
    return [{}, {"nonsense": 1}, {**base, "nonsense": 1}, {**base, "": deep}, *wrong[:12]]
