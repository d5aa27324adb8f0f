"""What an audit says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad: severe refuses training, warning is bad elsewhere than at the skill asked for, note is worth knowing."""

    SEVERE = "severe"
    WARNING = "warning"
    NOTE = "note"


FEW = 0.05
"""Share of rows or states up to which a fault is a warning: honest work is no optimum in each."""


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


def gravest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, the gravest first, in their order where they are equally grave."""
    gravity = list(Severity)
    return tuple(sorted(findings, key=lambda finding: gravity.index(finding.severity)))


def by_share(count: int, of: int) -> Severity:
    """Return how grave a fault is that shows in `count` of so many rows or states."""
    return Severity.SEVERE if count > FEW * of else Severity.WARNING


class Judged:
    """What every audit says of its findings, which stand gravest first."""

    __slots__ = ()
    findings: tuple[Finding, ...]

    @property
    def severe(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.SEVERE)

    @property
    def verdict(self) -> str:
        """Return the gravest severity, `none` without a finding."""
        return self.findings[0].severity.value if self.findings else "none"
