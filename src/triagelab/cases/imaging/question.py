"""An imaging question: a note and a procedure. Nothing of the answer is in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImagingQuestion:
    """What may be shown.

    Attributes:
        variant_id: the patient variant; questions about several procedures share it. Says nothing of the answer.
        note: the patient, in words.
        procedure: id of the procedure in `clinical.imaging.procedures`.
        asked: the procedure as it is asked for.
        credentialed: the source forbids sending it to a third party.
    """

    variant_id: str
    note: str
    procedure: str
    asked: str
    credentialed: bool = False

    @property
    def id(self) -> str:
        """Return the row id: a hash of what is shown, by which gold is looked up."""
        text = "\x1f".join((self.variant_id, self.note, self.procedure, self.asked))
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def row(self) -> dict[str, str]:
        """Return plain JSON values."""
        return {
            "id": self.id,
            "variant_id": self.variant_id,
            "note": self.note,
            "procedure": self.procedure,
            "asked": self.asked,
        }


__all__ = ["ImagingQuestion"]
