"""Checks of scores: the oracle is the most, nothing is little, and not looking does not pay."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from triagelab.envs.check.lab import Failed, Lab, Skip
from triagelab.envs.check.players import Case, Lazy, garbage, random_act
from triagelab.envs.check.policy import Suite
from triagelab.envs.check.target import Refusal, Seen, Session

FLOOR = "semantic.floor_gap"


def oracle_max(lab: Lab) -> str:
    """The oracle earns the declared maximum on every case, and nothing that was tried earns more there."""
    _needs_seeds(lab)
    said = []
    for suite in lab.policy.suites:
        least = suite.oracle_least if suite.oracle_least is not None else lab.return_range(suite)[1]
        tolerance = lab.policy.oracle_tolerance
        cases = lab.scored(suite)
        for case in cases:
            path = lab.oracle(case)
            if path.refused is not None:
                raise Failed(f"{case.key}: the oracle's action is refused: {path.refused[:120]}")
            if path.total < least - tolerance:
                raise Failed(f"{case.key}: the oracle earns {path.total:.4g}, declared is at least {least:.4g}")
            for player in lab.lazy():
                earned = lab.played(player, case).total
                if earned > path.total + max(tolerance, 1e-9):
                    raise Failed(f"{case.key}: {player.name} earns {earned:.4g}, the oracle {path.total:.4g}")
        said.append(f"{suite.name}: the oracle earns at least {least:.4g} on {len(cases)} cases and is never beaten")
    return "; ".join(said)


def floor_gap(lab: Lab) -> str:
    """Doing nothing earns less than the oracle by the declared share of the range of returns."""
    players = lab.lazy("nothing")
    if not players:
        raise Skip("the policy file does not say what doing nothing is")
    said = []
    for suite in lab.policy.suites:
        low, high = lab.return_range(suite)
        margin = suite.floor_margin or lab.policy.floor_margin
        cases = lab.scored(suite)
        oracle, nothing = _oracle_mean(lab, cases), _mean(lab, players[0], cases)
        gap = (oracle - nothing) / (high - low)
        line = f"{suite.name}: nothing earns {nothing:.3f}, the oracle {oracle:.3f}, gap {gap:.2f} of the range"
        if gap < margin:
            raise Failed(f"{line}; declared is at least {margin:g}")
        said.append(line)
    return "; ".join(said)


def canary_floor(lab: Lab) -> str:
    """Useless answers stay at the floor, and what is no action is refused or earns no more than they may."""
    worst, said = lab.lazy("canary"), []
    for suite in lab.policy.suites:
        cases = lab.scored(suite)
        ceiling = lab.ceilings(suite).canary
        for player in worst:
            share = _share(lab, suite, cases, _mean(lab, player, cases))
            limit = lab.ceilings(suite).by_name.get(player.name, ceiling)
            if share > limit:
                raise Failed(f"{suite.name}: {player.name} earns {share:.2f} of the oracle; allowed is {limit:g}")
        refused, taken = _garbage(lab, suite, cases, ceiling)
        said.append(f"{suite.name}: {len(worst)} useless players at most {ceiling:g}; of {refused + taken} things "
                    f"that are no action {refused} are refused")  # fmt: skip
    return "; ".join(said)


def _garbage(lab: Lab, suite: Suite, cases: Sequence[Case], ceiling: float) -> tuple[int, int]:
    """Return how many things that are no action were refused and taken. Raises: Failed where one crashes or pays."""
    refused = taken = 0
    for action in garbage(lab.policy):
        earned = []
        for case in cases[:3]:
            with lab.session() as session:
                session.reset(case.options)
                try:
                    earned.append(_return_after(lab, session, case, session.step(action)))
                except Refusal as refusal:
                    if refusal.crash:
                        raise Failed(f"{str(action)[:60]} crashes: {str(refusal)[:120]}") from refusal
                    refused += 1
        taken += len(earned)
        if earned and _share(lab, suite, cases, sum(earned) / len(earned)) > ceiling:
            raise Failed(f"{suite.name}: {str(action)[:60]} is taken for an action and earns {max(earned):.3f}")
    return refused, taken


def _return_after(lab: Lab, session: Session, case: Case, seen: Seen) -> float:
    """Return what a taken action earns with nothing done after it: pay may come with the last step only."""
    total, done = float(seen.reward or 0.0), 1
    nothing = lab.lazy("nothing")
    while nothing and not seen.done and done < lab.limit:
        action = nothing[0].act(case, seen, done)
        if action is None:
            break
        seen = session.step(action)
        total, done = total + float(seen.reward or 0.0), done + 1
    return total


def difficulty_separation(lab: Lab) -> str:
    """The reference player earns less from each tier to the next harder one."""
    _needs_seeds(lab)
    said = []
    for suite in lab.policy.suites:
        if len(suite.tiers) < 2:
            continue
        means = {}
        for tier in suite.tiers:
            cases = [case for case in lab.cases(suite, len(suite.tasks)) if case.tier == tier]
            means[tier] = _oracle_mean(lab, cases) if lab.policy.reference == "oracle" else _reference(lab, cases)
        line = " > ".join(f"{tier} {mean:.3f}" for tier, mean in means.items())
        values = list(means.values())
        if any(harder >= easier for easier, harder in pairwise(values)):
            raise Failed(f"{suite.name}: {lab.policy.reference} does not earn less on harder tiers: "
                         f"{line.replace(' > ', ', ')}")  # fmt: skip
        said.append(f"{suite.name}, {lab.policy.reference}: {line}")
    if not said:
        raise Skip("no suite has tiers")
    return "; ".join(said)


def _reference(lab: Lab, cases: Sequence[Case]) -> float:
    name = lab.policy.reference
    players = {player.name: player for player in lab.lazy()}
    players.setdefault("random", Lazy("random", "degenerate", random_act(lab.policy)))
    if name not in players:
        raise Skip(f"the reference player {name!r} is not declared")
    return _mean(lab, players[name], cases)


def gameability_gap(lab: Lab) -> str:
    """Constants, random play, repeating, spam, echo and text attacks earn no more than they may."""
    _needs_seeds(lab)
    said = []
    for suite in lab.policy.suites:
        cases = lab.scored(suite)
        ceilings = lab.ceilings(suite)
        shares = {p.name: _share(lab, suite, cases, _mean(lab, p, cases)) for p in lab.lazy("constant")}
        for name, share in shares.items():
            limit = ceilings.by_name.get(name, ceilings.constant)
            if share > limit:
                raise Failed(f"{suite.name}: always {name} earns {share:.2f} of the oracle; allowed is {limit:g}")
        best = max(shares.values(), default=ceilings.constant)
        for player in lab.lazy("degenerate"):
            share = _share(lab, suite, cases, _mean(lab, player, cases))
            limit = ceilings.by_name.get(player.name, max(best, 0.0) + ceilings.slack)  # nothing itself is at 0
            if share > limit:
                raise Failed(f"{suite.name}: {player.name} earns {share:.2f} of the oracle; allowed is {limit:.2f}")
        top = max(shares, key=lambda name: shares[name], default="")
        constant = f"best constant {top} {best:.2f} of the oracle" if top else "no constants declared"
        said.append(f"{suite.name}: {constant}, {len(lab.lazy('degenerate'))} degenerate players at most there")
    if lab.policy.text_answers == "esi":
        from triagelab.envs.check.attacked import text_attacks

        said.append(text_attacks(lab))
    return "; ".join(said)


def _needs_seeds(lab: Lab) -> None:
    """Raises: Skip where two players cannot be given the same case."""
    if lab.outcome.get("runtime.seed_control") == "fail":
        raise Skip("needs runtime.seed_control, which failed: players cannot be compared on the same case")


def _mean(lab: Lab, player: Lazy, cases: Sequence[Case]) -> float:
    return sum(lab.played(player, case).total for case in cases) / len(cases)


def _oracle_mean(lab: Lab, cases: Sequence[Case]) -> float:
    return sum(lab.oracle(case).total for case in cases) / len(cases)


def _share(lab: Lab, suite: Suite, cases: Sequence[Case], value: float) -> float:
    """Return how far a mean return is on the way from what doing nothing earns to what the oracle earns.

    Missing: the lowest return stands for a nothing that is not declared or itself unsound, the highest for the oracle.
    """
    low, high = lab.return_range(suite)
    nothing = lab.lazy("nothing")
    if nothing and lab.outcome.get(FLOOR) != "fail":
        low = _mean(lab, nothing[0], cases)
    try:
        top = _oracle_mean(lab, cases)
    except Skip:
        top = high
    return (value - low) / (top - low) if top > low else 1.0
