"""The latent patient at the bedside: who it is, what is true on arrival, what is kept back. Never shown to an agent."""

from __future__ import annotations

from dataclasses import dataclass

from triagelab.cases.patient import Patient
from triagelab.clinical.facts import Facts


@dataclass(frozen=True, slots=True)
class BedsidePatient:
    """One patient as the environment knows it.

    Attributes:
        case_id: stable id; with it the truth can be computed, so it is not shown either.
        patient: the generator's latent patient, for words (complaint, story, sex, speech).
        complaint: why the patient came, in a few words.
        start: facts on arrival, with every vital sign that can be measured at all, recorded or not.
        minimised: facts of the history that the patient plays down until asked again.
        pattern: the clinical pattern, one of `actions.PATTERNS`.
        tier: easy, medium or hard, for the named tasks.
    """

    case_id: str
    patient: Patient
    complaint: str
    start: Facts
    minimised: frozenset[str]
    pattern: str
    tier: str | None = None
