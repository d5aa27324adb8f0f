"""The oracle: the best play of one episode that a search finds which knows everything. A strong bound, not a proof.

Three stages. The portfolio: what every scripted policy does here is a candidate, so none can be better. The clairvoyant
play with several aims. Then rounds of repair: whoever died and could have lived gets more weight, and the play goes on
from a clone of the hospital as it was when he came; who dies in spite of that gives his weight up for the others. The
best raw composite wins among the plays that save at least as many as every member of the portfolio.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from triagelab.agents.crisis_policies import Acts, load_crisis_policy, scripted_policies
from triagelab.evaluation.crisis.clairvoyant import Clairvoyant
from triagelab.evaluation.crisis.clairvoyant_sight import Aims
from triagelab.evaluation.crisis.foresight import met_hazard
from triagelab.evaluation.crisis.play import Meter, policy_seed
from triagelab.evaluation.crisis.records import CrisisRecord
from triagelab.hospital.hospital import Hospital, begin
from triagelab.hospital.patient import Patient
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View
from triagelab.seeding import stream

ORACLE = "oracle"
ROUNDS = 8
"""Rounds of repair: most of what more of them find, at a third of a second an episode."""
MARK = 4
"""Steps between two clones of the best play that a repair can go on from."""
AIMS: tuple[Aims, ...] = (
    Aims(),
    Aims(duty=0.1),
    Aims(isolate=0.5),
    Aims(duty=0.02, hazard=0.6),
    Aims(life=3.0, hazard=0.1, duty=0.03),
)
"""Aims that are tried in the second stage."""


class Mark(NamedTuple):
    """The best play at one moment: enough to go on from there another way."""

    step: int
    h: Hospital
    meter: Meter
    player: Clairvoyant


@dataclass
class Found:
    """One play of an episode. `plays`: how many were tried to find it; `source`: the stage that found it."""

    record: CrisisRecord
    acts: list[Acts]
    source: str
    weights: Mapping[str, float] = field(default_factory=dict)
    aims: Aims = field(default_factory=Aims)
    marks: list[Mark] = field(default_factory=list)
    plays: int = 1

    def policy(self) -> Replay:
        """Return a policy that does the same again, in this episode."""
        return Replay(self.record.policy, self.acts)


class Replay:
    """Does what was done before, step by step."""

    def __init__(self, name: str, acts: Sequence[Acts]) -> None:
        self.name, self._acts, self._step = name, acts, 0

    def begin(self, seed: int) -> None:
        """Start again at the first step."""
        self._step = 0

    def act(self, views: Mapping[str, View]) -> Acts:
        self._step += 1
        return self._acts[self._step - 1] if self._step <= len(self._acts) else {}


def play_policy(name: str, root: Hospital) -> Found:
    """Return what a scripted policy does in the episode that `root` begins."""
    h, meter, acts = root.clone(), Meter(), list[Acts]()
    policy = load_crisis_policy(name)
    policy.begin(policy_seed(h.plan.scenario, h.plan.seed))
    while not h.done:
        chosen = policy.act({role: View(h, role) for role in ROLES})
        acts.append(chosen)
        meter.add(h, h.step(chosen))
    return Found(meter.record(h, name), acts, name)


def play_clairvoyant(
    root: Hospital,
    weights: Mapping[str, float],
    aims: Aims,
    source: str,
    start: Found | None = None,
    minute: float = 0.0,
) -> Found:
    """Return a clairvoyant play, from the beginning or from the last mark of `start` before a minute."""
    marks = [mark for mark in (start.marks if start else ()) if mark.h.minute <= minute]
    if start is not None and marks:
        last = marks[-1]
        h, meter, player = last.h.clone(), last.meter.copy(), last.player.go_on(weights, aims)
        acts = list(start.acts[: last.step])
        marks = marks[:-1]
    else:
        h, meter, player, acts = root.clone(), Meter(), Clairvoyant(weights, aims), []
    while not h.done:
        if h.steps_done % MARK == 0:
            marks.append(Mark(h.steps_done, h.clone(), meter.copy(), player.go_on(weights, aims)))
        chosen = player.act(h)
        report = h.step(chosen)
        player.see(report)
        meter.add(h, report)
        acts.append(chosen)
    return Found(meter.record(h, ORACLE), acts, source, dict(weights), aims, marks)


def find_oracle(
    scenario: str,
    difficulty: float = 0.5,
    seed: int = 0,
    steps: int = 20,
    portfolio: Sequence[Found] | None = None,
    rounds: int = ROUNDS,
) -> Found:
    """Return the best play that was found for an episode; the same arguments give the same play.

    Args:
        portfolio: plays of the scripted policies in this episode, where they are known already.
    """
    root = begin(scenario, difficulty, seed, steps)
    if portfolio is None:
        portfolio = [play_policy(name, root) for name in scripted_policies()]
    search = _Search(root, portfolio)
    for aims in AIMS:
        search.consider(play_clairvoyant(root, {}, aims, "clairvoyant"))
    for number in range(rounds):
        search.repair(number)
    return search.result()


class _Search:
    """The best play so far, the bar that it has to clear, and how often each patient was given more weight."""

    def __init__(self, root: Hospital, portfolio: Sequence[Found]) -> None:
        self.root, self.portfolio = root, list(portfolio)
        self.survival = max((found.record.survival for found in portfolio), default=0.0)
        self.composite = max((found.record.composite for found in portfolio), default=-1e9)
        self.plays = 0
        self.best: Found | None = None
        self.tried: dict[str, int] = {}
        self.hopeless = {one.id for one in root.patients.values() if doomed(one, float(root.plan.minutes))}
        self.rng = stream("evaluation.crisis.oracle", root.plan.seed, root.plan.scenario)

    def rank(self, found: Found) -> tuple[bool, bool, float, float]:
        """Return what plays are ordered by: the bar in survival, then in composite, then the composite itself."""
        record = found.record
        clears = record.survival >= self.survival - 1e-12
        return clears, record.composite >= self.composite - 1e-9, record.composite, record.survival

    def consider(self, found: Found) -> bool:
        """Keep a play if it is the best so far."""
        self.plays += 1
        if self.best is None or self.rank(found) > self.rank(self.best):
            self.best = found
            return True
        return False

    def repair(self, number: int) -> None:
        """Give more weight to one who died, or in later rounds to several, and less to who cannot be helped."""
        best = self.best
        assert best is not None  # the clairvoyant plays came first
        lost = [name for name in best.record.dead if name not in self.hopeless]
        lost.sort(key=lambda name: (self.tried.get(name, 0), name))
        weights = dict(best.weights)
        for name in self.hopeless:
            weights[name] = 0.1
        if not lost:
            chosen: list[str] = []
        elif number % 3 == 2:
            chosen = lost
        else:
            chosen = lost[:1]
        for name in chosen:
            tried = self.tried[name] = self.tried.get(name, 0) + 1
            weights[name] = weights.get(name, 1.0) * (4.0 if tried <= 2 else 0.25)
        if number % 3 == 1 or not chosen:
            for name in self.root.patients:
                weights[name] = weights.get(name, 1.0) * float(self.rng.lognormal(0.0, 0.4))
            minute = float(self.rng.integers(0, self.root.plan.steps)) * 15.0
        else:
            minute = min(self.root.patients[name].spec.arrival_min for name in chosen)
        self.consider(play_clairvoyant(self.root, weights, best.aims, "repair", best, max(0.0, minute)))

    def result(self) -> Found:
        """Return the best of all; a member of the portfolio where no play is at least as good."""
        found = [*self.portfolio] if self.best is None else [self.best, *self.portfolio]
        best = max(found, key=self.rank)
        record = best.record.model_copy(update={"policy": ORACLE})
        return Found(record, best.acts, best.source, best.weights, plays=self.plays + len(self.portfolio))


def doomed(patient: Patient, end: float) -> bool:
    """Return whether a patient dies within the episode though every need were met as soon as it begins."""
    total = sum(
        met_hazard(need, need.s, (end - max(0.0, need.onset_min)) / 60.0)
        for need in patient.needs
        if need.onset_min < end
    )
    return total >= patient.spec.frailty


__all__ = ["ORACLE", "Found", "Replay", "doomed", "find_oracle", "play_clairvoyant", "play_policy"]
