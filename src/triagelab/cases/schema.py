"""A case: what may be shown and, apart from it, the truth."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from triagelab.cases.presentation import Presentation
from triagelab.errors import BadInputError

LEVELS = (1, 2, 3, 4, 5)
SCALES = ("esi-v4", "esi-v5", "ktas", "immedr")
CROSS_SCALE = {"ktas": "KTAS has no resource step: cross-scale transfer, never ESI accuracy"}
"""What a reader of results on a scale that no agent here is made for must be told."""
LABELLERS = ("engine", "nurse", "experts", "writers")


@dataclass(frozen=True)
class Truth:
    """The label and why; never shown before an episode ends.

    Attributes:
        level: 1 (most urgent) to 5.
        acceptable: levels a careful clinician could defend; None where the source gives only one label.
        scale: which scale the level belongs to; equal digits on two scales are not equal meaning.
        labelled_by: engine, nurse, experts, or the writers of the note.
        because: rule ids of the decision, where the engine made it.
        point: decision point (A, B, C, D) that settled it, where the engine made it.
        facts: the latent facts (flat mapping of `Facts.to_mapping`), where the generator made the case.
    """

    level: int
    scale: str
    labelled_by: str
    acceptable: frozenset[int] | None = None
    because: tuple[str, ...] = ()
    point: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise BadInputError("level", self.level, "1, 2, 3, 4 or 5")
        if self.scale not in SCALES:
            raise BadInputError("scale", self.scale, ", ".join(SCALES))
        if self.labelled_by not in LABELLERS:
            raise BadInputError("labelled_by", self.labelled_by, ", ".join(LABELLERS))
        if self.acceptable is not None and self.level not in self.acceptable:
            raise BadInputError("acceptable", sorted(self.acceptable), f"a set that holds the level {self.level}")

    def to_dict(self) -> dict[str, Any]:
        return {
            "level": self.level,
            "scale": self.scale,
            "labelled_by": self.labelled_by,
            "acceptable": sorted(self.acceptable) if self.acceptable is not None else None,
            "because": list(self.because),
            "point": self.point,
            "facts": dict(self.facts),
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Truth:
        acceptable = raw.get("acceptable")
        return cls(
            level=raw["level"],
            scale=raw["scale"],
            labelled_by=raw["labelled_by"],
            acceptable=frozenset(acceptable) if acceptable is not None else None,
            because=tuple(raw.get("because", ())),
            point=raw.get("point"),
            facts=dict(raw.get("facts", {})),
        )


@dataclass(frozen=True)
class Case:
    """One patient with its label.

    Attributes:
        dataset: where it comes from (`generated`, `nhamcs`, ...).
        split: train, dev or test.
        family: archetype family (generated) or None; train and test share none.
        cluster: what cases share and intervals must respect: the patient, or the hospital whose nurses gave the label.
        weight: survey weight where the source has one.
    """

    presentation: Presentation
    truth: Truth
    dataset: str
    split: str
    family: str | None = None
    cluster: str | None = None
    weight: float | None = None

    @property
    def case_id(self) -> str:
        return self.presentation.case_id

    def to_dict(self) -> dict[str, Any]:
        return {
            "presentation": self.presentation.to_dict(),
            "truth": self.truth.to_dict(),
            "dataset": self.dataset,
            "split": self.split,
            "family": self.family,
            "cluster": self.cluster,
            "weight": self.weight,
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Case:
        return cls(
            **{
                **raw,
                "presentation": Presentation.from_dict(raw["presentation"]),
                "truth": Truth.from_dict(raw["truth"]),
            }
        )

    def content_hash(self) -> str:
        """Return a hash of everything in the case, for data hashes in run records."""
        text = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
