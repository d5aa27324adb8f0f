"""The rubric scorer: marks for a reasoning by fixed rules over claims and reasons. Deterministic, offline, no model.

Only full sentences count. A criterion that decides nothing here, a criterion said both ways, a reason of another rule,
an invented citation and sentences about nothing known all cost, so that naming everything is worth less than
naming what decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from triagelab.clinical.imaging import Appropriateness, ImagingDecision, decide_imaging
from triagelab.clinical.imaging_evidence import verified_evidence
from triagelab.completions.imaging_answers import sentences_of
from triagelab.rewards.imaging.citations import invented
from triagelab.rewards.imaging.claims import QUESTION, SAFETY, Claim, claims_in, holding, reason_likeness, reasons_of
from triagelab.rewards.imaging.judge import HIGHEST, Grades, JudgeItem
from triagelab.rewards.imaging.lexical import is_full, labels_in, normal

REASON_NEAR = 0.5
"""Likeness from which a sentence gives a reason."""
COST = 0.5
"""What each wrong claim, wrong reason or invented citation leaves of the marks for evidence."""
UNSAID = 0.5
"""What a reasoning without a conclusion keeps of the marks for logic."""


@dataclass(frozen=True)
class _Key:
    """What a good reasoning on one case says.

    Attributes:
        wanted: criterion -> whether it holds, as the gold sentences tell; `deciding`: all that decide.
        reasons: texts of the rule and of the safety rules that acted.
    """

    wanted: Mapping[str, bool]
    deciding: frozenset[str]
    holding: Mapping[str, bool | None]
    reasons: tuple[str, ...]
    label: Appropriateness


@dataclass(frozen=True)
class _Read:
    """What a reasoning says.

    Attributes:
        given: reason -> likeness. strange: reasons of other rules. idle: sentences that say nothing known.
    """

    claims: frozenset[tuple[str, bool]]
    given: Mapping[str, float]
    strange: int
    idle: int
    repeated: int
    sentences: int
    labels: frozenset[Appropriateness]


class RubricScorer:
    """Marks by rule. Implements the protocol of a judge; it is not a model."""

    name = "rubric scorer"

    def grade(self, items: Sequence[JudgeItem]) -> list[Grades | None]:
        """Return the marks of every item; there are always some."""
        return [_grade(item) for item in items]


def _grade(item: JudgeItem) -> Grades:
    key = _key(item.condition, item.procedure, tuple(sorted(item.facts.items())), item.gold_reasoning)
    read = _read(item.condition, item.reasoning, key)
    if not read.sentences:
        return Grades(0.0, 0.0, 0.0)
    claimed = {name for name, _ in read.claims if not name.startswith(SAFETY)}
    right = {
        name for name, held in read.claims if key.holding.get(name) == held and (name, not held) not in read.claims
    }
    useful = (read.sentences - read.idle - read.repeated) / read.sentences
    reason = sum(read.given.values()) / len(key.reasons)
    concepts = _f1(claimed, right, key) if key.wanted else reason / (1 + len(claimed - key.deciding))
    sense = _sense(claimed, right, key) if key.wanted else reason / (1 + len(claimed - right))
    faults = read.strange + len(invented(item.reasoning, _citable()))
    faults += sum(key.holding.get(name) != held for name, held in read.claims)
    marks = (concepts * useful, sense * _conclusion(read, item) * useful, reason * COST**faults * useful)
    return Grades(*(round(HIGHEST * min(1.0, mark), 4) for mark in marks))


def _f1(claimed: set[str], right: set[str], key: _Key) -> float:
    """Return the F1 of claimed against deciding criteria; deciding ones beyond the gold sentences are no fault.

    A criterion said the wrong way round, or both ways, is beside the point.
    """
    hits = len(right & key.wanted.keys())
    beside = len(claimed - key.wanted.keys() - key.deciding) + len((claimed - right) & key.deciding)
    return 2 * hits / (hits + beside + len(key.wanted)) if hits else 0.0


def _sense(claimed: set[str], right: set[str], key: _Key) -> float:
    """Return the share of criteria, wanted or claimed, that are said as they are."""
    asked = (claimed - key.deciding) | key.wanted.keys() | (claimed - right)
    return len(right & key.wanted.keys()) / len(asked)


def _conclusion(read: _Read, item: JudgeItem) -> float:
    """Return how the conclusion fits the answer: the same label, no conclusion, or another one."""
    if item.answer_label is None:
        return 0.0
    if not read.labels:
        return UNSAID
    return 1.0 if read.labels == {item.answer_label} else 0.0


@cache
def _citable() -> tuple[str, ...]:
    """Return the lines of evidence that somebody has read; whatever else is cited counts as invented."""
    return tuple(one.line for one in verified_evidence())


@lru_cache(maxsize=65_536)
def _read_cached(condition: str, reasoning: str, reasons: tuple[str, ...]) -> _Read:
    sentences = sentences_of(reasoning)
    claims: set[tuple[str, bool]] = set()
    given = dict.fromkeys(reasons, 0.0)
    labels: set[Appropriateness] = set()
    strange = idle = repeated = 0
    seen: set[str] = set()
    for sentence in sentences:
        repeated += normal(sentence) in seen
        seen.add(normal(sentence))
        named = labels_in(sentence)
        if named:
            labels |= named
            continue
        reason, near = _reason(condition, sentence)
        found: tuple[Claim, ...] = claims_in(condition, sentence)
        claims |= {(claim.criterion, claim.held) for claim in found}
        if reason in given:
            given[reason] = max(given[reason], near)
        elif reason is not None and not found:
            strange += 1
        elif not found and not (sentence.startswith(QUESTION) and is_full(sentence)):
            idle += 1
    return _Read(frozenset(claims), given, strange, idle, repeated, len(sentences), frozenset(labels))


def _read(condition: str, reasoning: str, key: _Key) -> _Read:
    return _read_cached(condition, reasoning, key.reasons)


@lru_cache(maxsize=65_536)
def _reason(condition: str, sentence: str) -> tuple[str | None, float]:
    """Return the reason of a rule that a sentence gives, the nearest one, and how near it is."""
    best, near = None, 0.0
    for text in reasons_of(condition):
        found = reason_likeness(condition, sentence, text)
        if found > near:
            best, near = text, found
    return (best, near) if near >= REASON_NEAR else (None, near)


@lru_cache(maxsize=16_384)
def _key(condition: str, procedure: str, facts: tuple[tuple[str, Any], ...], gold: tuple[str, ...]) -> _Key:
    decision: ImagingDecision = decide_imaging(condition, procedure, dict(facts))
    held = holding(condition, dict(facts))
    deciding = frozenset(step.criterion for step in decision.decided_by)
    said = {claim.criterion: claim.held for sentence in gold for claim in claims_in(condition, sentence)}
    wanted = {name: value for name, value in said.items() if name in deciding}
    if not gold:
        wanted = {step.criterion: step.held for step in decision.decided_by if step.held is not None}
    reasons = (decision.text, *(rule.text for rule in decision.safety[:2]))
    return _Key(wanted, deciding, held, tuple(dict.fromkeys(reasons)), decision.label)


__all__ = ["RubricScorer"]
