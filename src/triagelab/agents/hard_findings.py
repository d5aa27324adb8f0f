"""Which of the engine's findings no other opinion may overrule towards less urgency."""

from __future__ import annotations

from functools import cache

from triagelab.agents.pooling import kind_of
from triagelab.agents.rules import Assessment
from triagelab.cases.presentation import Presentation
from triagelab.clinical.knowledge import Rule, esi_table

MATTERS_OF_DEGREE = frozenset(
    ("B.pain_corroborated", "B.pain_always", "B.distress", "B.psychotic", "B.pregnant_symptom", "B.gi_bleed")
)
"""Rules whose own wording asks the nurse how severe it is; a word in a note does not settle that."""


def floor(assessment: Assessment, presentation: Presentation) -> int | None:
    """Return the least urgent level that hard findings allow: 1, 2, or None where there is no hard finding.

    Decision point A is always hard. A finding of point B is hard where the engine leaves no other level, the rule is no
    matter of degree, and everything it rests on was stated or measured, not derived by suspicion (chest pain at 60 is
    not a stated coronary syndrome). The label of a survey's code names a class of complaints, not a finding of this
    patient, so there only point A counts.
    """
    decision = assessment.decision
    if decision.point == "A":
        return 1
    if decision.point != "B" or decision.acceptable - {1, 2} or kind_of(presentation) == "coded":
        return None
    rules = _rules(decision.version)
    hard = (name for name in decision.because if name in rules and name not in MATTERS_OF_DEGREE)
    return 2 if any(_stated(rules[name], assessment) for name in hard) else None


def _stated(rule: Rule, assessment: Assessment) -> bool:
    """Return whether no fact that the rule rests on was derived."""
    derived = assessment.picture.reasons
    return not any(assessment.facts.flags.get(name) and name in derived for name in rule.when.names())


@cache
def _rules(version: int) -> dict[str, Rule]:
    return {rule.id: rule for rule in esi_table(version).rules}
