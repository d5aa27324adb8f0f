"""What an imaging reward pays completions, term by term; encoder and judge are asked once for the whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triagelab.completions.imaging_answers import ImagingAnswer, parse_imaging, sentences_of
from triagelab.errors import BadInputError
from triagelab.rewards.imaging.citations import invented
from triagelab.rewards.imaging.encoding import Encoder, shared_encoder
from triagelab.rewards.imaging.form import form_value
from triagelab.rewards.imaging.gold import Gold
from triagelab.rewards.imaging.judge import Judge, JudgeItem
from triagelab.rewards.imaging.preset import ImagingPreset
from triagelab.rewards.imaging.published import published_answer, published_format, published_reasoning
from triagelab.rewards.imaging.rubric import RubricScorer
from triagelab.rewards.imaging.similarity import Pair, align_many, recall_published_many

Measured = tuple[float | None, str]
"""A value and why."""
NOT_ASKED = "not asked: the answer is wrong"


@dataclass(frozen=True, slots=True)
class Term:
    """One term's part. `value` as measured, None could not be; `paid`: what it adds to the total."""

    value: float | None
    weight: float
    paid: float
    reason: str


@dataclass(frozen=True, slots=True)
class ImagingBreakdown:
    """What one completion earns.

    Missing: `total` is None where a term that is owed could not be measured: a judge's reply that cannot be read.

    Attributes:
        answer: how the completion was read.
    """

    total: float | None
    terms: dict[str, Term]
    answer: ImagingAnswer

    def row(self) -> dict[str, object]:
        """Return plain JSON values."""
        terms = {
            name: {"value": term.value, "weight": term.weight, "paid": term.paid, "reason": term.reason}
            for name, term in self.terms.items()
        }
        label = self.answer.label.value if self.answer.label is not None else None
        return {"total": self.total, "status": self.answer.status.value, "label": label, "terms": terms}


@dataclass(frozen=True)
class _Row:
    """One completion with its gold, read."""

    gold: Gold
    text: str
    answer: ImagingAnswer
    right: bool
    reasoning: str


def score_imaging(
    preset: ImagingPreset,
    golds: Sequence[Gold | None],
    texts: Sequence[str],
    *,
    truncated: Sequence[bool] | None = None,
    encoder: Encoder | None = None,
    judge: Judge | None = None,
) -> list[ImagingBreakdown | None]:
    """Return what each completion earns.

    Args:
        golds: of the rows that the completions belong to, by `GoldTable.of`.
        texts: completions without their prompts: data, never instructions.
        truncated: which writers were cut off by their token limit.
        encoder: None takes the packaged one; it is loaded only for a reward that needs it.
        judge: None takes the rubric scorer.

    Missing: a completion whose gold is None has no breakdown.

    Raises: BadInputError for columns of different lengths.
    """
    for name, column in (("golds", golds), ("truncated", truncated)):
        if column is not None and len(column) != len(texts):
            raise BadInputError(name, f"{len(column)} values", f"{len(texts)}, one a completion")
    cut = truncated if truncated is not None else [False] * len(texts)
    places = [place for place, gold in enumerate(golds) if gold is not None]
    rows = [_read(preset, gold, texts[place], cut[place]) for place in places if (gold := golds[place]) is not None]
    values = {row.term: _TERMS[row.term](preset, row.gated, rows, encoder, judge) for row in preset.term}
    found: list[ImagingBreakdown | None] = [None] * len(texts)
    for number, place in enumerate(places):
        found[place] = _sum(preset, rows[number], {name: column[number] for name, column in values.items()})
    return found


def _read(preset: ImagingPreset, gold: Gold, text: str, truncated: bool) -> _Row:
    answer = parse_imaging(text, truncated=truncated)
    if preset.reading == "published":
        return _Row(gold, text, answer, published_answer(text, gold.label), published_reasoning(text))
    return _Row(gold, text, answer, answer.label is gold.label, answer.reasoning)


def _sum(preset: ImagingPreset, row: _Row, values: dict[str, Measured]) -> ImagingBreakdown:
    terms: dict[str, Term] = {}
    owed = True
    for term in preset.term:
        value, reason = values[term.term]
        share = (preset.labels.of(row.gold.label) if row.right else 0.0) if term.gated else 1.0
        owed = owed and not (value is None and share > 0)
        terms[term.term] = Term(value, term.weight, term.weight * share * (value or 0.0), reason)
    total = sum(term.paid for term in terms.values()) if owed else None
    return ImagingBreakdown(total, terms, row.answer)


def _answer(preset: ImagingPreset, gated: bool, rows: Sequence[_Row], *_: object) -> list[Measured]:
    return [(float(row.right), "the right label" if row.right else _wrong(row)) for row in rows]


def _wrong(row: _Row) -> str:
    label = row.answer.label
    return f"{label.value} instead of {row.gold.label.value}" if label is not None else row.answer.reason


def _format(preset: ImagingPreset, gated: bool, rows: Sequence[_Row], *_: object) -> list[Measured]:
    if preset.reading == "published":
        return [(float(published_format(row.text)), "tags in order, or not") for row in rows]
    return [form_value(row.answer, row.gold) for row in rows]


def _citation(preset: ImagingPreset, gated: bool, rows: Sequence[_Row], *_: object) -> list[Measured]:
    found: list[Measured] = []
    for row in rows:
        made_up = invented(row.text, row.gold.evidence if preset.evidence else ())
        reason = f"cites what was not shown: {', '.join(made_up[:3])}" if made_up else "nothing invented"
        found.append((0.5 ** len(made_up) - 1.0, reason))
    return found


def _judge(
    preset: ImagingPreset, gated: bool, rows: Sequence[_Row], encoder: Encoder | None, judge: Judge | None
) -> list[Measured]:
    """Return the judge's totals; a gated judge is asked about right answers only."""
    asked = [row for row in rows if row.right or not gated]
    scorer = judge if judge is not None else RubricScorer()
    marks = scorer.grade([_item(row) for row in asked]) if asked else []
    if len(marks) != len(asked):
        raise BadInputError("judge", f"{len(marks)} marks", f"{len(asked)}, one an item", scorer.name)
    given = iter(marks)
    found: list[Measured] = []
    for row in rows:
        if not (row.right or not gated):
            found.append((None, NOT_ASKED))
            continue
        grades = next(given)
        if grades is None:
            found.append((None, f"{scorer.name}: the reply could not be read"))
        else:
            parts = f"concepts {grades.concepts:g}, logic {grades.logic:g}, evidence {grades.evidence:g}"
            found.append((grades.total, f"{scorer.name}: {parts}"))
    return found


def _item(row: _Row) -> JudgeItem:
    gold = row.gold
    question = f"{gold.note}\nProcedure: {gold.asked or gold.procedure}".strip()
    return JudgeItem(
        question_text=question,
        reasoning=row.reasoning,
        gold_reasoning=gold.reasoning,
        answer_label=row.answer.label,
        condition=gold.condition,
        procedure=gold.procedure,
        facts=gold.facts,
        credentialed=gold.credentialed,
    )


def _similarity(
    preset: ImagingPreset, gated: bool, rows: Sequence[_Row], encoder: Encoder | None, judge: Judge | None
) -> list[Measured]:
    """Return how well reasonings match; a gated similarity is measured for right answers only."""
    asked = [place for place, row in enumerate(rows) if row.right or not gated]
    found: list[Measured] = [(None, NOT_ASKED)] * len(rows)
    if not asked:
        return found
    used = encoder if encoder is not None else shared_encoder()
    pairs = [
        Pair(sentences_of(rows[place].reasoning), rows[place].gold.reasoning, rows[place].gold.condition)
        for place in asked
    ]
    if preset.reading == "published":
        for place, value in zip(asked, recall_published_many(pairs, used), strict=True):
            found[place] = (value, f"(mean best cosine + 1) / 2 = {value:.2f}")
        return found
    for place, one in zip(asked, align_many(pairs, used), strict=True):
        found[place] = (one.f1, f"precision {one.precision:.2f}, recall {one.recall:.2f}")
    return found


_TERMS = {
    "answer": _answer,
    "format": _format,
    "citation": _citation,
    "judge": _judge,
    "similarity": _similarity,
}

__all__ = ["ImagingBreakdown", "Term", "score_imaging"]
