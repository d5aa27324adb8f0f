"""An imaging reward as data: which terms with which weights, and what a right label is worth. Shipped ones by name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from triagelab.clinical.imaging import Appropriateness
from triagelab.clinical.imaging_table import LABELS
from triagelab.rewards.imaging.names import imaging_preset_names
from triagelab.rewards.preset_files import load_task_preset

TermName = Literal["answer", "format", "citation", "judge", "similarity"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LabelRow(_Row):
    """What a right answer is worth, by the gold label."""

    usually: float = Field(default=1.0, gt=0, le=1)
    may: float = Field(default=1.0, gt=0, le=1)
    not_: float = Field(default=1.0, gt=0, le=1, alias="not")

    def of(self, label: Appropriateness) -> float:
        """Return the worth of a label."""
        return {LABELS["usually"]: self.usually, LABELS["may"]: self.may, LABELS["not"]: self.not_}[label]


class TermRow(_Row):
    """One term with its weight. `gated`: paid only with the right answer, and then times the worth of its label."""

    term: TermName
    weight: float = Field(gt=0, le=1)
    gated: bool = False


class ImagingPreset(_Row):
    """One imaging reward.

    Attributes:
        evidence: whether prompts show evidence.
        reading: ours reads completions with the parser; published is for comparison only.
        labels: what a right answer is worth, so that no label is worth more than the others over the dataset.
    """

    kind: Literal["imaging"]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    title: str
    source: str = ""
    evidence: bool = False
    reading: Literal["ours", "published"] = "ours"
    labels: LabelRow = LabelRow()
    term: tuple[TermRow, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _coherent(self) -> ImagingPreset:
        names = [row.term for row in self.term]
        if len(set(names)) != len(names):
            raise ValueError("a term stands twice")
        if any(row.gated for row in self.term if row.term in ("format", "citation")):
            raise ValueError("form and citations do not hang on the answer; answer, judge and similarity can be gated")
        if self.reading == "published" and self.needs("citation"):
            raise ValueError("the published rewards look at no citation")
        return self

    def term_names(self) -> tuple[str, ...]:
        """Return the names of the terms."""
        return tuple(row.term for row in self.term)

    def bounds(self) -> tuple[float, float]:
        """Return the lowest and the highest total: citations only cost, every other term only pays."""
        high = sum(row.weight for row in self.term if row.term != "citation")
        return -sum(row.weight for row in self.term if row.term == "citation"), high

    def needs(self, term: str) -> bool:
        """Return whether a term is part of this reward."""
        return any(row.term == term for row in self.term)


def load_imaging_preset(name_or_path: str | Path) -> ImagingPreset:
    """Return a shipped imaging reward by name, or the one in a TOML file.

    Raises: UnknownNameError with the nearest name, BadInputError for a file that is not there, DataFormatError for a
    file that is no imaging reward.
    """
    return load_task_preset(ImagingPreset, "imaging", name_or_path)


__all__ = ["ImagingPreset", "LabelRow", "TermRow", "imaging_preset_names", "load_imaging_preset"]
