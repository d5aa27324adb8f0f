"""Recipe of the agents that read with a sentence encoder: `encoder` and `hybrid`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from triagelab.sentences import OFFLINE
from triagelab.training.config import RunRecipe

_FROZEN = ConfigDict(extra="forbid", frozen=True)
HYBRIDS = ("encoder", "hybrid")


class VisitSettings(BaseModel):
    """Real visits, with train and dev splits.

    Attributes:
        name: dataset, or "" for generated notes alone.
        path: where its files are.
        n, n_dev: at most this many of each split; None keeps all.
    """

    model_config = _FROZEN
    name: str = "nhamcs"
    path: str | None = None
    n: int | None = Field(default=None, ge=50)
    n_dev: int | None = Field(default=None, ge=50)


class NoteSettings(BaseModel):
    """Free notes.

    Attributes:
        n, seed: generated notes to learn from; 0 leaves them out.
        dev: notes to calibrate on: `written` by hand, or `generated` from other families. A member that has learnt from
            generated notes knows their wording, and a pool calibrated on more of them would trust it too much on
            the notes of people.
        n_dev: at most this many of them.
    """

    model_config = _FROZEN
    n: int = Field(default=6000, ge=0)
    seed: int = 0
    dev: Literal["written", "generated"] = "written"
    n_dev: int = Field(default=2000, ge=50)


class SentenceSettings(BaseModel):
    """The sentence encoder.

    Attributes:
        name: the packaged default, any sentence-transformers id, or a folder.
        tune_layers: topmost transformer layers to train on the levels before the head; 0 leaves the encoder as it is.
        tune_epochs, tune_rate, tune_batch: of that training.
    """

    model_config = _FROZEN
    name: str = OFFLINE
    tune_layers: int = Field(default=0, ge=0, le=48)
    tune_epochs: int = Field(default=1, ge=1)
    tune_rate: float = Field(default=5e-5, gt=0)
    tune_batch: int = Field(default=64, ge=2)


class HeadSettings(BaseModel):
    """The ordinal head: `networks` small networks, trained from different seeds and averaged.

    Attributes:
        outcome_weight: weight of the further targets (`training.visit_outcomes`) beside the level, where visits have
            them; 0 leaves them out.
    """

    model_config = _FROZEN
    networks: int = Field(default=3, ge=1, le=20)
    width: int = Field(default=512, ge=4, le=4096)
    second: int = Field(default=64, ge=4, le=4096)
    epochs: int = Field(default=5, ge=1)
    batch: int = Field(default=256, ge=2)
    learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.05, ge=0)
    dropout: float = Field(default=0.3, ge=0, lt=1)
    outcome_weight: float = Field(default=1.5, ge=0)


class HybridRecipe(RunRecipe):
    """One fit of the encoder agent or of the hybrid."""

    kind: Literal["encoder", "hybrid"]
    visits: VisitSettings = VisitSettings()
    notes: NoteSettings = NoteSettings()
    sentences: SentenceSettings = SentenceSettings()
    head: HeadSettings = HeadSettings()

    @model_validator(mode="after")
    def _learns_from_something(self) -> HybridRecipe:
        if not self.visits.name and not self.notes.n:
            raise ValueError("visits.name or notes.n: there is nothing to learn from")
        return self
