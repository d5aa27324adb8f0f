"""The dataset card of the imaging questions: what is in it, what its splits share, and what a model could exploit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from triagelab.cases.imaging.case import ImagingCase
from triagelab.evaluation.imaging.card_facts import (
    Distractors,
    EvidenceFacts,
    Knowledge,
    SplitFacts,
    by_area,
    by_condition,
    distractors_of,
    evidence_facts,
    knowledge_of,
    split_facts,
)
from triagelab.evaluation.imaging.overlap import KeptPhrases, Overlap, kept_phrases, overlap_of
from triagelab.evaluation.imaging.run import cases_hash
from triagelab.evaluation.imaging.shortcuts import Length, Shortcut, length_of, shortcuts
from triagelab.evaluation.provenance import code_version

Mix = Mapping[str, float]


@dataclass(frozen=True)
class Card:
    """Everything the card says. `seed`, `variants`: what the data is made from."""

    seed: int
    variants: int
    data_hash: str
    knowledge: Knowledge
    splits: tuple[SplitFacts, ...]
    areas: Mapping[str, tuple[int, int, Mix]]
    conditions: Mapping[str, tuple[str, int, int, Mix]]
    overlaps: tuple[Overlap, ...]
    kept: KeptPhrases
    distractors: Distractors
    evidence: EvidenceFacts
    shortcuts: tuple[Shortcut, ...]
    length: Length
    code_version: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        clean = {f"{one.a}/{one.b}": one.clean for one in self.overlaps}
        return {"kind": "imaging dataset card", **asdict(self), "clean": clean}


def make_card(cases: Sequence[ImagingCase], *, seed: int, variants: int) -> Card:
    """Return the card of a dataset (`cases.imaging.generator.imaging_dataset`)."""
    there = {case.split for case in cases}
    pairs = [(a, b) for a, b in (("train", "test"), ("train", "ood"), ("test", "ood")) if {a, b} <= there]
    return Card(
        seed=seed,
        variants=variants,
        data_hash=cases_hash(cases),
        knowledge=knowledge_of(cases),
        splits=split_facts(cases),
        areas=by_area(cases),
        conditions=by_condition(cases),
        overlaps=tuple(overlap_of(cases, a, b) for a, b in pairs),
        kept=kept_phrases(cases),
        distractors=distractors_of(cases),
        evidence=evidence_facts(cases),
        shortcuts=shortcuts(cases),
        length=length_of(cases),
        code_version=code_version(),
    )


__all__ = ["Card", "make_card"]
