"""A crisis reward as data: which verifiers, with which weights, and what opens the gate. Shipped ones by name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from triagelab.errors import UnknownNameError
from triagelab.rewards.crisis.names import crisis_preset_names
from triagelab.rewards.crisis.verifiers import VERIFIERS
from triagelab.rewards.preset_files import load_task_preset

MEASURING_GAIN: tuple[str, ...] = ("patient_survival", "action_alignment", "icu_efficiency")
"""Verifiers that say how much of the book's gain was made."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TermRow(_Row):
    """One verifier with its weight. `gated`: paid only in proportion to how far the gate is open."""

    verifier: str
    weight: float = Field(gt=0, le=100)
    gated: bool = False


class GateRow(_Row):
    """What opens the gate: verifier -> its share. The gate is 0 at no gain over doing nothing, 1 at the book's gain."""

    over: dict[str, float] = Field(min_length=1)


class CrisisPreset(_Row):
    """One crisis reward.

    Attributes:
        verifiers: ours are functions of state and completion; published are for comparison only.
        combine: gated is the weighted mean with gated terms times the gate, 0 where nothing can be read; mean is the
            plain weighted mean, whatever was written.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    title: str
    source: str = ""
    verifiers: Literal["ours", "published"] = "ours"
    combine: Literal["gated", "mean"] = "gated"
    term: tuple[TermRow, ...] = Field(min_length=1)
    gate: GateRow | None = None

    @model_validator(mode="after")
    def _coherent(self) -> CrisisPreset:
        names = [row.verifier for row in self.term]
        for name in names:
            if name not in VERIFIERS:
                raise UnknownNameError("verifier", name, VERIFIERS)
        if len(set(names)) != len(names):
            raise ValueError("a verifier stands twice")
        if (self.combine == "gated") != (self.gate is not None):
            raise ValueError('combine = "gated" and [gate] belong together')
        if self.verifiers == "published" and self.gate is not None:
            raise ValueError("the published verifiers measure no gain, so nothing opens a gate")
        for name, share in (self.gate.over if self.gate else {}).items():
            if name not in MEASURING_GAIN:
                raise UnknownNameError("gate: verifier", name, MEASURING_GAIN)
            if not 0 < share <= 100:
                raise ValueError(f"gate: {name}: a share is above 0")
        return self


def load_crisis_preset(name_or_path: str | Path) -> CrisisPreset:
    """Return a shipped crisis reward by name, or the one in a TOML file.

    Raises: UnknownNameError with the nearest name, BadInputError for a file that is not there, DataFormatError for a
    file that is no crisis reward.
    """
    return load_task_preset(CrisisPreset, "crisis", name_or_path)


__all__ = ["CrisisPreset", "GateRow", "TermRow", "crisis_preset_names", "load_crisis_preset"]
