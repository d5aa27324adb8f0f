"""The patients on whom a reward's text terms are tried: generated ones, shipped, so that an audit starts at once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from triagelab.rewards.triggers import CaseFindings

FILE = "audit_cases.jsonl"


@dataclass(frozen=True)
class AuditCase:
    """One generated patient.

    Attributes:
        case_id: of the generated case (train split, seed 0).
        note: what a prompt shows.
        level: gold level 1-5.
        body: honest extraction and algorithm sections, without the answer line.
        findings: what the note asserts, so that no reader of notes has to be loaded.
    """

    case_id: str
    note: str
    level: int
    body: str
    findings: CaseFindings = field(repr=False)

    def honest(self, level: int | None = None) -> str:
        """Return the whole honest completion that names `level`, by default the right one."""
        return f"{self.body}\nANSWER: ESI {level or self.level}"

    def shortest(self, level: int | None = None) -> str:
        """Return the shortest completion that has all three sections and names `level`."""
        return f"EXTRACTION: x\nESI ALGORITHM: x\nANSWER: ESI {level or self.level}"


@cache
def audit_cases() -> tuple[AuditCase, ...]:
    """Return the shipped cases, five a level, level 1 first."""
    text = (resources.files("triagelab.rewards.audit") / "data" / FILE).read_text(encoding="utf-8")
    return tuple(_read(json.loads(line)) for line in text.splitlines())


def _read(row: dict) -> AuditCase:
    findings = CaseFindings(frozenset(row["present"]), row["pain_score"])
    return AuditCase(row["case_id"], row["note"], row["level"], row["body"], findings)
