"""Reasonings of known quality for checking judges: whole gold, half of it, and the gold of another question."""

from __future__ import annotations

from collections.abc import Sequence

from triagelab.cases.imaging.case import ImagingCase, ImagingTruth
from triagelab.rewards.imaging.judge import JudgeItem
from triagelab.seeding import stream

KINDS = ("whole", "half", "other")


def judge_samples(cases: Sequence[ImagingCase], n: int, seed: int = 0) -> tuple[list[JudgeItem], list[str]]:
    """Return at most `n` items, kinds in turn, and the variant of each."""
    known = [case for case in cases if isinstance(case.truth, ImagingTruth)]
    order = stream("evaluation/imaging/judge_samples", seed).permutation(len(known))[:n]
    chosen = [known[int(place)] for place in order]
    items = [
        JudgeItem(
            question_text=f"{case.question.note}\n{case.question.asked}",
            reasoning=_reasoning(case, chosen[number - 1], KINDS[number % len(KINDS)]),
            gold_reasoning=case.truth.reasoning,
            answer_label=case.truth.label,
            condition=case.truth.condition,
            procedure=case.truth.procedure,
            facts=case.truth.facts,
        )
        for number, case in enumerate(chosen)
    ]
    return items, [case.question.variant_id for case in chosen]


def _reasoning(case: ImagingCase, other: ImagingCase, kind: str) -> str:
    sentences = (other if kind == "other" else case).truth.reasoning
    return " ".join(sentences[len(sentences) // 2 :] if kind == "half" else sentences)


__all__ = ["KINDS", "judge_samples"]
