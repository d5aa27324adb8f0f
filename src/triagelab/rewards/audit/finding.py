"""What an audit says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad: severe refuses training, warning is bad elsewhere than at the skill asked for, note is worth knowing."""

    SEVERE = "severe"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that a reward does wrong.

    Attributes:
        id: stable name, such as `optimum-costs-more`.
        what: one sentence.
        evidence: the numbers that show it.
        change: what to do about it.
    """

    id: str
    severity: Severity
    what: str
    evidence: str
    change: str

    def row(self) -> dict[str, str]:
        """Return plain JSON values."""
        return {
            "id": self.id,
            "severity": self.severity.value,
            "what": self.what,
            "evidence": self.evidence,
            "change": self.change,
        }


def severe_ones(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the severe findings."""
    return tuple(finding for finding in findings if finding.severity is Severity.SEVERE)


def gravest(findings: Sequence[Finding]) -> str:
    """Return the severity of the first of findings that stand gravest first; `none` without a finding."""
    return findings[0].severity.value if findings else "none"
