"""The library of text attacks, and what a reward pays them against what it may pay them at most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from triagelab.rewards.audit import attack_answers, attack_hedges, attack_hidden, attack_text, attack_unicode
from triagelab.rewards.audit.attack_base import KINDS, Attack, Ceiling, plain_answers, plain_silences
from triagelab.rewards.audit.cases import AuditCase, audit_cases
from triagelab.rewards.audit.subject import Subject

__all__ = ["KINDS", "LONG_TEXT", "TIE", "Attack", "AttackResult", "Ceiling", "attacks", "run_attacks"]

TIE = 1e-9
"""Rewards this close are the same."""

LONG_TEXT = 20_000
"""A text of more characters is tried on the first and the last case alone: its length is the point, not the patient."""


@dataclass(frozen=True)
class AttackResult:
    """What one attack earns under one reward.

    Attributes:
        id, kind: of the attack.
        mean_reward: over the cases tried.
        ceiling: mean of what it may earn there.
        excess: the largest lead over the ceiling of its own case; below 0 where the attack never reaches it.
        beaten_cases: cases on which the attack earns more than its ceiling.
        n: cases tried on which the text and its ceiling could be scored.
        beats_honest: it earns more, on average, than the plain right answer to the same cases.

    Missing: the three means are None where nothing could be scored; then n is 0.
    """

    id: str
    kind: str
    mean_reward: float | None
    ceiling: float | None
    excess: float | None
    beaten_cases: int
    n: int
    beats_honest: bool

    @property
    def beats_ceiling(self) -> bool:
        return self.beaten_cases > 0

    def row(self) -> dict[str, object]:
        """Return plain JSON values."""
        means = {name: _rounded(getattr(self, name)) for name in ("mean_reward", "ceiling", "excess")}
        counts = {"beaten_cases": self.beaten_cases, "n": self.n}
        flags = {"beats_honest": self.beats_honest, "beats_ceiling": self.beats_ceiling}
        return {"id": self.id, "kind": self.kind, **means, **counts, **flags}


@cache
def attacks() -> tuple[Attack, ...]:
    """Return the library, one kind after the other."""
    modules = (attack_answers, attack_hedges, attack_hidden, attack_unicode, attack_text)
    return tuple(attack for module in modules for attack in module.ATTACKS)


def run_attacks(subject: Subject, cases: Sequence[AuditCase] | None = None) -> tuple[AttackResult, ...]:
    """Return what each attack earns under the reward, in the order of the library.

    Args:
        subject: the reward under audit. What its `pay` raises is raised here.
        cases: the patients; by default the shipped ones.

    Missing: a case on which the text or all its plain counterparts are unscorable counts for neither side.
    """
    bench = _Bench(subject, tuple(audit_cases() if cases is None else cases))
    return tuple(_result(attack, bench) for attack in attacks())


@dataclass
class _Bench:
    """A reward with the cases, and what it pays for plain texts; each is asked for once."""

    subject: Subject
    cases: tuple[AuditCase, ...]
    _silence: dict[AuditCase, float | None] = field(default_factory=dict)
    _named: dict[tuple[AuditCase, int], float | None] = field(default_factory=dict)

    def tried(self, attack: Attack) -> tuple[AuditCase, ...]:
        """Return the cases an attack is tried on: all, or two where its text is very long."""
        if len(self.cases) <= 2 or len(attack.write(self.cases[0])) <= LONG_TEXT:
            return self.cases
        return self.cases[0], self.cases[-1]

    def silence(self, case: AuditCase) -> float | None:
        """Return the best plain text without an answer."""
        if case not in self._silence:
            self._silence[case] = self._best(case, plain_silences(case))
        return self._silence[case]

    def named(self, case: AuditCase, level: int) -> float | None:
        """Return the best plain completion that names the level."""
        if (case, level) not in self._named:
            self._named[case, level] = self._best(case, plain_answers(case, level))
        return self._named[case, level]

    def ceiling(self, attack: Attack, case: AuditCase) -> float | None:
        """Return what the attack may earn on the case."""
        if attack.ceiling is Ceiling.NO_ANSWER:
            return self.silence(case)
        level = attack.level(case) if attack.level is not None else case.level
        return _highest((self.named(case, level), self.silence(case)))

    def _best(self, case: AuditCase, texts: Sequence[str]) -> float | None:
        return _highest(self.subject.pay([case] * len(texts), texts))


def _result(attack: Attack, bench: _Bench) -> AttackResult:
    tried = bench.tried(attack)
    paid = bench.subject.pay(tried, [attack.write(case) for case in tried]) if tried else []
    earned, allowed, honest = [], [], []
    for case, reward in zip(tried, paid, strict=True):
        limit, plain = bench.ceiling(attack, case), bench.named(case, case.level)
        if reward is None or limit is None:
            continue
        earned.append(reward)
        allowed.append(limit)
        honest.append(limit if plain is None else plain)
    leads = [reward - limit for reward, limit in zip(earned, allowed, strict=True)]
    mean, right = _mean(earned), _mean(honest)
    return AttackResult(
        id=attack.id,
        kind=attack.kind,
        mean_reward=mean,
        ceiling=_mean(allowed),
        excess=max(leads, default=None),
        beaten_cases=sum(lead > TIE + bench.subject.slack for lead in leads),
        n=len(earned),
        beats_honest=mean is not None and right is not None and mean > right + TIE + bench.subject.slack,
    )


def _highest(rewards: Iterable[float | None]) -> float | None:
    return max((reward for reward in rewards if reward is not None), default=None)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
