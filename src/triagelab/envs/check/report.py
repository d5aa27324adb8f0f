"""What the contract checker found: one line a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from triagelab.errors import TriageLabError

Status = Literal["pass", "fail", "skip"]


class ContractError(TriageLabError, AssertionError):
    """An environment does not keep the contract; the text names every check that failed, and why."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check. `detail` says in one line what was measured, what is wrong, or why nothing could be checked."""

    id: str
    status: Status
    detail: str
    seconds: float = 0.0

    def row(self) -> dict[str, str]:
        return {"id": self.id, "status": self.status, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Report:
    """All checks of one target, in the order in which they ran."""

    target: str
    checks: tuple[CheckResult, ...]

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        return tuple(check for check in self.checks if check.status == "fail")

    @property
    def passed(self) -> bool:
        return not self.failed

    def row(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"target": self.target, "checks": [check.row() for check in self.checks]}

    def raise_on_failure(self) -> None:
        """Raises: ContractError where a check failed; for tests of third parties."""
        if self.failed:
            lines = "; ".join(f"{check.id}: {check.detail}" for check in self.failed)
            raise ContractError(f"{self.target} breaks its contract: {lines}")
