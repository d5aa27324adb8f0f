"""A loaded dataset: cases and, beside them, every row that was refused and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from triagelab.cases.schema import Case

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that is not in the dataset.

    Attributes:
        where: file and row, as a user would look it up.
        reason: short and countable, the same words for the same cause.
    """

    where: str
    reason: str


@dataclass
class Visits:
    """What an adapter gathers: accepted cases, refused rows, and the values that were left out as implausible."""

    cases: list[Case] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    implausible: Counter[str] = field(default_factory=Counter)


def counts_in_words(counter: Counter[str]) -> str:
    """Return "name count" pairs, the most frequent first; what was counted zero times is left out."""
    return ", ".join(f"{name} {count}" for name, count in counter.most_common() if count)


@dataclass(frozen=True)
class Dataset(Sequence[Case]):
    """Cases in order, with the reject log and notes a reader of the results must know.

    Attributes:
        name: dataset name on the command line.
        cases: accepted cases.
        rejects: refused rows.
        notes: one-line facts about the source (scale, licence condition, how splits were made).
        scale: scale of the labels.
    """

    name: str
    cases: tuple[Case, ...]
    scale: str
    rejects: tuple[Reject, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.cases)

    def __getitem__(self, index):  # type: ignore[override]
        return self.cases[index]

    def __iter__(self) -> Iterator[Case]:
        return iter(self.cases)

    def split(self, name: str) -> Dataset:
        """Return the part with that split name; the reject log stays whole."""
        kept = tuple(case for case in self.cases if case.split == name)
        return Dataset(self.name, kept, self.scale, self.rejects, self.notes)

    def reject_counts(self) -> dict[str, int]:
        """Return reason -> number of rows, most frequent first."""
        return dict(Counter(reject.reason for reject in self.rejects).most_common())
