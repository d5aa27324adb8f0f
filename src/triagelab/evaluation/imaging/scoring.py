"""What the reasoning of answers is worth: sentence matches by an encoder, points by a judge, claims that hold.

Gold is looked up by row id only; an answer whose id nobody knows is not scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from triagelab.cases.imaging.case import ImagingCase, ImagingTruth
from triagelab.completions.imaging_answers import parse_imaging, sentences_of
from triagelab.evaluation.imaging.records import ImagingRecord, ReasoningScore
from triagelab.rewards.imaging.claims import claims_of, faithful
from triagelab.rewards.imaging.judge import Judge, JudgeItem
from triagelab.rewards.imaging.similarity import Pair, align_many


def score_reasoning(
    records: Sequence[ImagingRecord],
    cases: Sequence[ImagingCase],
    *,
    encoder: Any | None = None,
    judge: Judge | None = None,
) -> list[ReasoningScore]:
    """Return one score an answer, in order.

    Args:
        encoder: what embeds sentences; None leaves the alignment out.
        judge: rubric scorer or judge; None leaves its points out.

    Missing: cases that come without gold reasoning (`RatedTruth`) have no figure. An answer without reasoning has no
        claims and no points, and an alignment of 0 where it wrote a completion; an agent that never writes has none.
    """
    gold = {case.id: case for case in cases if isinstance(case.truth, ImagingTruth)}
    told = [_sentences(record) for record in records]
    found: list[dict[str, Any]] = [{"id": record.id, "repeat": record.repeat} for record in records]
    writes = [place for place, record in enumerate(records) if record.text and record.id in gold]
    for place in writes:
        found[place] |= _claims(gold[records[place].id], told[place])
    if encoder is not None and writes:
        truths = [gold[records[place].id].truth for place in writes]
        pairs = [
            Pair(told[place], truth.reasoning, truth.condition) for place, truth in zip(writes, truths, strict=True)
        ]
        aligned = align_many(pairs, encoder)
        for place, one in zip(writes, aligned, strict=True):
            found[place] |= {"align_precision": one.precision, "align_recall": one.recall, "align_f1": one.f1}
    reasoned = [place for place in writes if told[place]]
    if judge is not None and reasoned:
        items = [judge_item(records[place], gold[records[place].id]) for place in reasoned]
        for place, grades in zip(reasoned, judge.grade(items), strict=True):
            if grades is not None:
                points = {"concepts": grades.concepts, "logic": grades.logic, "support": grades.evidence}
                found[place] |= {**points, "judged": grades.total}
    return [ReasoningScore.model_validate(_finite(row)) for row in found]


def judge_item(record: ImagingRecord, case: ImagingCase) -> JudgeItem:
    """Return what a judge is shown of one answer."""
    return JudgeItem(
        question_text=f"{case.question.note}\n{case.question.asked}",
        reasoning=parse_imaging(record.text, truncated=record.truncated).reasoning,
        gold_reasoning=case.truth.reasoning,
        answer_label=record.predicted,
        condition=case.truth.condition,
        procedure=case.truth.procedure,
        facts=case.truth.facts,
    )


def _sentences(record: ImagingRecord) -> tuple[str, ...]:
    return sentences_of(parse_imaging(record.text, truncated=record.truncated).reasoning) if record.text else ()


def _claims(case: ImagingCase, sentences: Sequence[str]) -> Mapping[str, int]:
    """Return how many criteria were spoken of, how many as they are, how many as they are not."""
    if not sentences:
        return {}
    name = case.truth.condition
    right, wrong, unknown = faithful(name, claims_of(name, sentences), case.truth.facts)
    total = right + wrong + unknown
    return {"claims": total, "held": right, "contradicted": wrong} if total else {}


def _finite(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row without what is not a number, to six digits: noise of floats is not a spread."""
    numbers = {key: round(value, 6) for key, value in row.items() if isinstance(value, float) and value == value}
    return {**{key: value for key, value in row.items() if not isinstance(value, float)}, **numbers}


__all__ = ["judge_item", "score_reasoning"]
