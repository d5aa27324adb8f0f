"""Gold reasoning: three to six sentences, each of which stands alone, in the order of the rule's own trace."""

from __future__ import annotations

from triagelab.clinical.imaging import Appropriateness, ImagingDecision, condition, procedures

LEAST, MOST = 3, 6


def gold_reasoning(decision: ImagingDecision) -> tuple[str, ...]:
    """Return the sentences: what decided, why, what safety rules say, and the conclusion.

    What held comes before what failed; of more criteria than there is room for, the first are said.
    """
    title = procedures()[decision.procedure].title
    safety = [rule.text for rule in decision.safety][:2]
    room = MOST - 2 - len(safety)
    steps = [step for step in decision.decided_by if step.held is not None]
    steps.sort(key=lambda step: not step.held)
    said = [step.text for step in steps[:room]]
    last = conclusion(decision.procedure, decision.label)
    # A rule may give its one criterion as the reason; nothing is said twice.
    sentences = list(dict.fromkeys((*said, decision.text, *safety, last)))
    if len(sentences) < LEAST:
        sentences.insert(0, f"The question is {title} for {condition(decision.condition).title}.")
    return tuple(sentences)


def conclusion(procedure: str, label: Appropriateness) -> str:
    """Return the last sentence: what follows for the procedure."""
    verb = "" if label is Appropriateness.MAY else "is "
    return f"So {procedures()[procedure].title} {verb}{label.value}."


__all__ = ["LEAST", "MOST", "conclusion", "gold_reasoning"]
