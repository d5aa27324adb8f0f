"""The rules as an imaging agent: text -> condition and features -> decision, with the trace as reasoning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp

from triagelab.agents.imaging_base import ImagingReply, shares_of
from triagelab.cases.imaging.question import ImagingQuestion
from triagelab.cases.imaging.reading import Reading, read_note
from triagelab.cases.imaging.reasoning import gold_reasoning
from triagelab.clinical.imaging import Appropriateness, ImagingDecision, decide_imaging
from triagelab.completions.imaging_answers import gold_completion

SHARPNESS = 12.0
"""How fast the share of a condition falls with the weight of its reading."""
_CONDITIONS = 3
_OPEN = 0.25
"""Share of a decision that goes to the other labels which unknown features leave open."""
_EACH = 0.05


class ImagingRules:
    """Reads the note and decides by the rules of the condition that it fits best.

    It has only the text: no variant id, no truth. What it is not sure of is unknown, and the rules read that as absent.
    """

    name = "rules"
    remote = False

    def answer(self, questions: Sequence[ImagingQuestion], *, seed: int = 0) -> list[ImagingReply]:
        """Return the decision on each question; no label where no condition with this procedure fits the patient."""
        return [self._one(question) for question in questions]

    def _one(self, question: ImagingQuestion) -> ImagingReply:
        decided = decisions(question)
        if not decided:
            text = "<think>No condition that is known here fits this patient and procedure.</think>"
            return ImagingReply(None, text, status="malformed")
        decision = decided[0][1]
        text = gold_completion(gold_reasoning(decision), decision.label)
        return ImagingReply(decision.label, text, shares_of(_counts(decided), _EACH))


def decisions(question: ImagingQuestion) -> list[tuple[Reading, ImagingDecision]]:
    """Return the readings of a question with what the rules say of each, the best reading first."""
    readings = read_note(question.note, question.procedure)[:_CONDITIONS]
    return [(one, decide_imaging(one.condition, question.procedure, one.facts)) for one in readings]


def _counts(decided: Sequence[tuple[Reading, ImagingDecision]]) -> Mapping[Appropriateness, float]:
    """Return how much speaks for each label, over readings and over what their unknown features leave open."""
    best = decided[0][0].weight
    counts = dict.fromkeys(Appropriateness, 0.0)
    for reading, decision in decided:
        share = exp(SHARPNESS * (reading.weight - best))
        others = decision.possible - {decision.label}
        counts[decision.label] += share * (1 - _OPEN if others else 1.0)
        for label in others:
            counts[label] += share * _OPEN / len(others)
    total = sum(counts.values())
    return {label: count / total for label, count in counts.items()}


__all__ = ["ImagingRules", "decisions"]
