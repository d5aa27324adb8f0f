"""One reward through every check: what it invites, what it pays the lazy, what it makes optimal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from triagelab.clinical.costs import Costs, cost_matrix
from triagelab.rewards.audit.attacks import AttackResult, run_attacks
from triagelab.rewards.audit.dynamics import simulate
from triagelab.rewards.audit.dynamics_path import Path
from triagelab.rewards.audit.finding import Finding, Judged, Severity, gravest_first
from triagelab.rewards.audit.groups import GroupReport, group_report, scaling_findings
from triagelab.rewards.audit.incentives import answers, incentive_findings
from triagelab.rewards.audit.optimum import (
    NO_ANSWER,
    SKILLS,
    TOLERANCE,
    Outcome,
    break_even_skill,
    cost_optimum,
    outcome_of,
    reward_optimum,
    sound,
)
from triagelab.rewards.audit.policies import PolicyValue, policy_values, winners, winning_skills
from triagelab.rewards.audit.regions import Region, regions
from triagelab.rewards.audit.signal import PRIORS, SignalModel, signal_model
from triagelab.rewards.audit.subject import Subject

SKILL = 0.65
"""Skill at which a reward is judged unless another is asked for: about what supervised models reach."""


@dataclass(frozen=True)
class Audit(Judged):
    """What an audit found.

    Missing: `break_even_skill` None where the optimum is still out of bounds at a skill of 0.99.

    Attributes:
        signal: prior, skill and sampling that were assumed.
        findings: gravest first.
        policies: what lazy and honest policies earn.
        optimum: the reward-maximal policy at skills 0.50-0.90 and at the skill asked for, lowest first.
        cheapest: the cost-minimal policy at the same skills.
        path: where a simulated training goes from an SFT policy at the skill asked for.
        seconds: time taken.
    """

    subject: Subject
    signal: SignalModel
    findings: tuple[Finding, ...]
    policies: tuple[PolicyValue, ...]
    optimum: tuple[Outcome, ...]
    cheapest: tuple[Outcome, ...]
    break_even_skill: float | None
    regions: tuple[Region, ...]
    groups: GroupReport
    path: Path
    attacks: tuple[AttackResult, ...]
    seconds: float

    def row(self) -> dict[str, object]:
        """Return what `triagelab audit --json` prints."""
        return {
            "preset": self.subject.name,
            "prior": [round(share, 6) for share in self.signal.prior],
            "skill": self.signal.skill,
            "findings": [finding.row() for finding in self.findings],
            "policies": [value.row() for value in self.policies],
            "optimum": [outcome.row() for outcome in self.optimum],
            "cost_minimal": [outcome.row() for outcome in self.cheapest],
            "break_even_skill": self.break_even_skill,
            "regions": [region.row() for region in self.regions],
            "groups": self.groups.row(),
            "dynamics": self.path.row(),
            "attacks": [result.row() for result in self.attacks],
            "seconds": round(self.seconds, 3),
        }


def audit(
    subject: Subject,
    *,
    prior: Sequence[float] = PRIORS["real"],
    skill: float = SKILL,
    costs: Costs | None = None,
    confusion: Sequence[Sequence[float]] | None = None,
) -> Audit:
    """Return everything that can be told of a reward before training on it.

    Args:
        prior: shares of levels 1-5 among the patients.
        skill: how often the policy's signal is right.
        costs: what wrong answers cost; None takes the standard matrix.
        confusion: how a policy of one's own answers, rows truth 1-5, columns answer 1-5, in place of the formula; its
            share of right answers at `prior` then takes the place of `skill`.
    """
    start = time.monotonic()
    signal = signal_model(prior, skill, subject.sampling, costs or cost_matrix(), confusion)
    skill = signal.skill
    ladder = [signal if at == skill else signal.at(at) for at in sorted({*SKILLS, skill})]
    optimum = tuple(outcome_of(reward_optimum(subject.table, at), at) for at in ladder)
    attacks = run_attacks(subject)
    findings = [
        *_optimum_findings(subject, signal, optimum),
        *_policy_findings(subject, signal),
        *_silence_findings(subject, ladder, skill),
        *_attack_findings(subject, attacks),
        *subject.extra,
        *incentive_findings(subject, signal),
        *scaling_findings(subject, signal),
    ]
    return Audit(
        subject=subject,
        signal=signal,
        findings=gravest_first(findings),
        policies=policy_values(subject, signal),
        optimum=optimum,
        cheapest=tuple(outcome_of(cost_optimum(at), at) for at in ladder),
        break_even_skill=break_even_skill(subject.table, signal),
        regions=regions(subject.table, subject.sampling, signal.costs),
        groups=group_report(subject, signal, scale=subject.scale_rewards or "group"),
        path=simulate(subject, signal),
        attacks=attacks,
        seconds=time.monotonic() - start,
    )


def _optimum_findings(subject: Subject, signal: SignalModel, optimum: Sequence[Outcome]) -> list[Finding]:
    bad = [outcome for outcome in optimum if not sound(outcome)]
    here = [outcome for outcome in bad if outcome.skill == signal.skill]
    shown = here or [outcome for outcome in bad if outcome.skill in SKILLS]
    if not shown:
        return []
    worst = max(shown, key=lambda outcome: outcome.cost_ratio)
    at = signal if worst.skill == signal.skill else signal.at(worst.skill)
    best = outcome_of(cost_optimum(at), at)
    skills = ", ".join(f"{outcome.skill:g}" for outcome in bad)
    return [
        Finding(
            "optimum-costs-more",
            Severity.SEVERE if here else Severity.WARNING,
            f"The policy that this reward pays most costs the patients {TOLERANCE - 1:.0%} or more above what the same "
            "signal allows.",
            f"skill {worst.skill:g}: signals 1-5 answered {answers(worst.answers)} (exact {worst.exact:.2f}, within "
            f"one {worst.within_one:.2f}, cost {worst.cost:.2f}, x{worst.cost_ratio:.2f}); cost-minimal "
            f"{answers(best.answers)} (exact {best.exact:.2f}, cost {best.cost:.2f}); out of bounds at skills {skills}",
            "Derive the table from the costs and the sampling weights: triagelab design.",
        )
    ]


def _policy_findings(subject: Subject, signal: SignalModel) -> list[Finding]:
    here = winners(subject, signal)
    skills = winning_skills(subject, signal)
    if not here and not skills:
        return []
    if here:
        best = max(here, key=lambda value: value.gap or 0.0)
        evidence = (
            f"at skill {signal.skill:g}: {best.name} earns {best.expected_reward:+.3f}, {best.gap:+.3f} above the "
            f"cost-minimal policy; also ahead: {', '.join(v.name for v in here if v is not best) or 'none'}"
        )
    else:
        at = signal.at(skills[0])
        best = max(winners(subject, at), key=lambda value: value.gap or 0.0)
        evidence = (
            f"at skill {at.skill:g}: {best.name} earns {best.expected_reward:+.3f}, {best.gap:+.3f} above the "
            f"cost-minimal policy; so at skills {', '.join(f'{skill:g}' for skill in skills)}"
        )
    return [
        Finding(
            "degenerate-policy-wins",
            Severity.SEVERE if here else Severity.WARNING,
            "A policy that never looks at the patient earns more than the cost-minimal one.",
            evidence,
            "Pay each answer by what it costs the patients it is given to, and no text without an answer.",
        )
    ]


def _silence_findings(subject: Subject, ladder: Sequence[SignalModel], skill: float) -> list[Finding]:
    silent = {
        at.skill: [s + 1 for s, column in enumerate(reward_optimum(subject.table, at)) if column == NO_ANSWER]
        for at in ladder
    }
    skills = [at for at, signals in silent.items() if signals]
    if not skills:
        return []
    at = skill if skill in skills else skills[0]
    named = ", ".join(map(str, silent[at]))
    return [
        Finding(
            "no-answer-optimal",
            Severity.SEVERE if skill in skills else Severity.WARNING,
            "Saying nothing is the best answer at a belief that occurs.",
            f"skill {at:g}: signals {named}; so at skills {', '.join(f'{s:g}' for s in skills)}",
            "Pay no answer less than the worst answer for every truth.",
        )
    ]


def _attack_findings(subject: Subject, attacks: Sequence[AttackResult]) -> list[Finding]:
    beaten = sorted((result for result in attacks if result.beats_ceiling), key=lambda result: -(result.excess or 0.0))
    if not beaten:
        return []
    shown = "; ".join(f"{r.id} {r.mean_reward:+.2f} over {r.ceiling:+.2f} ({r.beaten_cases}/{r.n})" for r in beaten[:4])
    return [
        Finding(
            "text-attack-pays",
            Severity.SEVERE,
            "A text that games the parser or a term earns more than honest text that commits to the same answer.",
            f"{len(beaten)} of {len(attacks)} attacks; {shown}",
            'Read answers with parser = "strict" and set rules off by the note, never by the completion.'
            if subject.spec is not None
            else "Read one final answer, from its own line at the end; pay a text that names two levels as no answer.",
        )
    ]
