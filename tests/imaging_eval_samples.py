"""Imaging agents whose skill is known, and small sets of cases, for tests of the evaluation."""

from __future__ import annotations

from collections.abc import Sequence

from triagelab.agents.imaging_base import ImagingReply
from triagelab.cases.imaging.case import ImagingCase
from triagelab.cases.imaging.generator import imaging_dataset
from triagelab.cases.imaging.question import ImagingQuestion
from triagelab.clinical.imaging import ORDER
from triagelab.completions.imaging_answers import gold_completion
from triagelab.seeding import stream


def some_cases(variants: int = 4, splits: tuple[str, ...] = ("test", "ood")) -> list[ImagingCase]:
    """Return the questions of these splits of a small dataset."""
    return [case for case in imaging_dataset(seed=7, variants=variants) if case.split in splits]


class Skilled:
    """Right with probability `skill`, else any label; writes the gold reasoning. `silent` never answers."""

    remote = False

    def __init__(self, cases: Sequence[ImagingCase], skill: float, seed: int = 0, name: str = "skilled") -> None:
        self.name, self.skill, self.seed, self.asked = name, skill, seed, 0
        self._gold = {case.id: case for case in cases}

    def answer(self, questions: Sequence[ImagingQuestion], *, seed: int = 0) -> list[ImagingReply]:
        self.asked += len(questions)
        return [self._one(question) for question in questions]

    def _one(self, question: ImagingQuestion) -> ImagingReply:
        rng = stream("tests/imaging", self.seed, question.id)
        truth = self._gold[question.id].truth
        label = truth.label if float(rng.random()) < self.skill else ORDER[int(rng.integers(3))]
        usually, may, no = (0.8 if one is label else 0.1 for one in ORDER)
        return ImagingReply(label, gold_completion(truth.reasoning, label), (usually, may, no))


class Silent(Skilled):
    """Never gives a label."""

    def _one(self, question: ImagingQuestion) -> ImagingReply:
        return ImagingReply(None, "", None, status="refused")
