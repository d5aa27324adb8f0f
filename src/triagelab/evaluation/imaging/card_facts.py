"""Plain facts about the imaging data: knowledge, splits, labels, gold reasoning, distractors, evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from triagelab.cases.imaging.case import ImagingCase
from triagelab.cases.imaging.variant import SPLITS
from triagelab.cases.imaging.wording import common
from triagelab.clinical.imaging import ORDER, Condition, condition
from triagelab.clinical.imaging_evidence import evidence
from triagelab.clinical.imaging_table import Rule, safety_rules
from triagelab.evaluation.imaging.overlap import notes_of


@dataclass(frozen=True)
class Knowledge:
    """What the labels follow from. `verified` counts stand in a source that was read; the rest is recalled."""

    conditions: int
    held_out: tuple[str, ...]
    verified_conditions: tuple[str, ...]
    criteria: tuple[int, int]
    rules: tuple[int, int]
    safety: tuple[int, int]
    procedures: int


@dataclass(frozen=True)
class SplitFacts:
    """One split.

    Attributes:
        labels: share of each label.
        sentences: of the gold reasoning: fewest, mean, most. `words`: of a note, mean.
        lowered: triplets whose label a safety rule lowered.
        verified: triplets whose rule and deciding criteria all stand in a source that was read.
    """

    split: str
    conditions: int
    variants: int
    triplets: int
    labels: Mapping[str, float]
    sentences: tuple[int, float, int]
    words: float
    lowered: int
    verified: int


@dataclass(frozen=True)
class Distractors:
    """Sentences that decide nothing: how many phrases there are, share of notes with any, mean a note."""

    phrases: int
    share: float
    mean: float


def knowledge_of(cases: Sequence[ImagingCase]) -> Knowledge:
    """Return what the conditions of the data rest on."""
    names = sorted({case.truth.condition for case in cases})
    rows = [condition(name) for name in names]
    criteria = [criterion.verified for one in rows for criterion in one.criteria.values()]
    rules = [rule.verified for one in rows for rule in _rules(one)]
    safety = [rule.verified for rule in safety_rules()]
    return Knowledge(
        conditions=len(rows),
        held_out=tuple(one.id for one in rows if one.held_out),
        verified_conditions=tuple(one.id for one in rows if one.verified),
        criteria=(sum(criteria), len(criteria)),
        rules=(sum(rules), len(rules)),
        safety=(sum(safety), len(safety)),
        procedures=len({case.truth.procedure for case in cases}),
    )


def _rules(one: Condition) -> list[Rule]:
    """Return the rules of a condition, each once: a rule may serve several procedures."""
    return list({rule.id: rule for rows in one.rules.values() for rule in rows}.values())


def split_facts(cases: Sequence[ImagingCase]) -> tuple[SplitFacts, ...]:
    """Return one row a split that has questions."""
    return tuple(_split(split, rows) for split in SPLITS if (rows := [case for case in cases if case.split == split]))


def _split(split: str, rows: Sequence[ImagingCase]) -> SplitFacts:
    lengths = [len(case.truth.reasoning) for case in rows]
    notes = notes_of(rows)
    decisions = [case.truth.decision for case in rows if case.truth.decision is not None]
    return SplitFacts(
        split=split,
        conditions=len({case.truth.condition for case in rows}),
        variants=len(notes),
        triplets=len(rows),
        labels=label_mix(rows),
        sentences=(min(lengths), sum(lengths) / len(lengths), max(lengths)),
        words=sum(len(note.split()) for note in notes.values()) / len(notes),
        lowered=sum(bool(decision.safety) for decision in decisions),
        verified=sum(decision.verified for decision in decisions),
    )


def label_mix(cases: Iterable[ImagingCase]) -> dict[str, float]:
    """Return the share of each label."""
    counts = Counter(case.truth.label for case in cases)
    return {label.value: counts[label] / max(1, counts.total()) for label in ORDER}


def by_area(cases: Sequence[ImagingCase]) -> dict[str, tuple[int, int, Mapping[str, float]]]:
    """Return area of the body -> (conditions, triplets, label mix)."""
    found: dict[str, list[ImagingCase]] = {}
    for case in cases:
        found.setdefault(condition(case.truth.condition).area, []).append(case)
    return {
        area: (len({case.truth.condition for case in rows}), len(rows), label_mix(rows))
        for area, rows in sorted(found.items())
    }


def by_condition(cases: Sequence[ImagingCase]) -> dict[str, tuple[str, int, int, Mapping[str, float]]]:
    """Return condition -> (splits it is in, variants, triplets, label mix)."""
    found: dict[str, list[ImagingCase]] = {}
    for case in cases:
        found.setdefault(case.truth.condition, []).append(case)
    return {
        name: (
            "+".join(split for split in SPLITS if any(case.split == split for case in rows)),
            len(notes_of(rows)),
            len(rows),
            label_mix(rows),
        )
        for name, rows in sorted(found.items())
    }


def distractors_of(cases: Sequence[ImagingCase]) -> Distractors:
    """Return how often notes hold sentences that decide nothing."""
    phrases = [phrase.lower() for group in common().distractors.values() for phrase in group]
    notes = [note.lower() for note in notes_of(cases).values()]
    counts = [sum(phrase in note for phrase in phrases) for note in notes]
    return Distractors(len(phrases), sum(count > 0 for count in counts) / len(counts), sum(counts) / len(counts))


@dataclass(frozen=True)
class EvidenceFacts:
    """Entries of evidence. Verified ones may enter prompts and rewards, recalled ones never.

    Attributes:
        verified, recalled: (rules, studies).
        covered: conditions of the data that a verified entry names, of `conditions`.
    """

    verified: tuple[int, int]
    recalled: tuple[int, int]
    covered: int
    conditions: int


def evidence_facts(cases: Sequence[ImagingCase]) -> EvidenceFacts:
    """Return how many entries of evidence there are of each kind."""
    counts = Counter((one.verified, one.kind) for one in evidence())
    names = {case.truth.condition for case in cases}
    covered = {name for one in evidence() if one.verified for name in one.conditions} & names
    verified, recalled = ((counts[known, "rule"], counts[known, "study"]) for known in (True, False))
    return EvidenceFacts(verified, recalled, len(covered), len(names))


__all__ = [
    "Distractors",
    "EvidenceFacts",
    "Knowledge",
    "SplitFacts",
    "by_area",
    "by_condition",
    "distractors_of",
    "evidence_facts",
    "knowledge_of",
    "label_mix",
    "split_facts",
]
