"""Small made-up datasets, agents and records for the tests of the evaluation."""

from __future__ import annotations

from collections.abc import Sequence

from triagelab.agents.base import Prediction
from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.datasets.base import Dataset, Reject
from triagelab.evaluation.records import Record
from triagelab.seeding import Generator, derive_seed, stream

MIX = (0.06, 0.36, 0.48, 0.09, 0.01)


def record(index: int, level: int, predicted: int | None, *, agent: str = "spy", **more) -> Record:
    fields = {"dataset": "made-up", "split": "test", "scale": "esi-v5", "case_id": f"case-{index}"}
    return Record(**{**fields, "level": level, "predicted": predicted, "agent": agent, **more})


def records(pairs: Sequence[tuple[int, int | None]], **more) -> list[Record]:
    """Return one record for each (truth, answer)."""
    return [record(index, level, predicted, **more) for index, (level, predicted) in enumerate(pairs)]


def noisy_answers(
    levels: Sequence[int], generator: Generator, *, skill: float, silent: float = 0.0
) -> list[int | None]:
    """Return answers that are right with probability `skill`, else one level off, and missing at rate `silent`."""
    found: list[int | None] = []
    for level in levels:
        draw = generator.random()
        step = 0 if draw < skill else (1 if draw < skill + (1 - skill) / 2 else -1)
        found.append(None if generator.random() < silent else min(5, max(1, level + step)))
    return found


def dataset(n: int = 40, *, name: str = "made-up", credentialed: bool = False, patients: int | None = None) -> Dataset:
    generator = stream("test/dataset", 1)
    cases = []
    for index in range(n):
        level = int(generator.choice(5, p=MIX)) + 1
        shown = Presentation(
            case_id=f"case-{index}",
            narrative=f"Patient {index}: chest pain for {index + 1} h, BP 120/80. <script>alert('note')</script>",
            credentialed=credentialed,
        )
        truth = Truth(
            level=level, scale="esi-v5", labelled_by="nurse", acceptable=frozenset({level, max(1, level - 1)})
        )
        cluster = None if patients is None else f"p{index % patients}"
        cases.append(Case(shown, truth, dataset=name, split="test", cluster=cluster))
    rejects = (
        Reject("file:3", "level missing"),
        Reject("file:9", "level missing"),
        Reject("file:11", "age not a number"),
    )
    return Dataset(name, tuple(cases), "esi-v5", rejects, notes=("made up for tests",))


class SpyAgent:
    """Answers by hash of case and seed, and remembers everything it was given."""

    def __init__(self, name: str = "spy", *, fail_after: int | None = None, **answer) -> None:
        self.name, self.answer, self.fail_after = name, answer, fail_after
        self.given: list[Presentation] = []
        self.calls = 0

    def predict(self, presentations: Sequence[Presentation], *, seed: int = 0) -> list[Prediction]:
        if self.fail_after is not None and self.calls >= self.fail_after:
            raise KeyboardInterrupt
        self.calls += 1
        self.given.extend(presentations)
        return [self._one(presentation, seed) for presentation in presentations]

    def _one(self, presentation: Presentation, seed: int) -> Prediction:
        number = derive_seed(self.name, seed, presentation.case_id, bits=16) % 6
        start = presentation.narrative.find("chest pain")
        fields = {
            "level": number or None,
            "status": "clean" if number else "malformed",
            "evidence": ((start, start + 10, "chest pain"),),
            "completion": f"EXTRACTION: <b>chest pain</b>\nANSWER: ESI {number}",
            "because": ("b.high_risk",),
        }
        return Prediction(**{**fields, **self.answer})
