"""What each role owes and has done: duties open when something is due and close when it is done."""

from __future__ import annotations

from triagelab.hospital.tables import ROLES

Duty = tuple[str, str, str]
"""(role, what, about whom or what)."""


class Ledger:
    """Duties of one episode. `wrong`: acts that were none of a role's business or did harm."""

    __slots__ = ("done", "missed", "open", "wrong")

    def __init__(self) -> None:
        self.open: dict[Duty, float] = {}
        self.done: dict[str, int] = dict.fromkeys(map(str, ROLES), 0)
        self.wrong: dict[str, int] = dict.fromkeys(ROLES, 0)
        self.missed: dict[str, int] = dict.fromkeys(ROLES, 0)

    def copy(self) -> Ledger:
        new = Ledger()
        new.open, new.done = dict(self.open), dict(self.done)
        new.wrong, new.missed = dict(self.wrong), dict(self.missed)
        return new

    def owe(self, role: str, what: str, about: str, now: float) -> None:
        """Open a duty; it stays as it is where it is open already."""
        self.open.setdefault((role, what, about), now)

    def close(self, role: str, what: str, about: str) -> bool:
        """Count a duty as done; False where nobody owed it."""
        if self.open.pop((role, what, about), None) is None:
            return False
        self.done[role] += 1
        return True

    def lapse(self, role: str, what: str, about: str) -> None:
        """Count a duty as missed: it can no longer be done."""
        if self.open.pop((role, what, about), None) is not None:
            self.missed[role] += 1

    def drop(self, role: str, what: str, about: str) -> None:
        """Take a duty back: it is no longer due."""
        self.open.pop((role, what, about), None)

    def share(self, now: float, grace_min: float = 30.0) -> dict[str, float | None]:
        """Return, per role, done / (done + wrong + missed + overdue): None where nothing was due and nothing wrong.

        Duties younger than `grace_min` are left out.
        """
        late: dict[str, int] = dict.fromkeys(map(str, ROLES), 0)
        for (role, _, _), since in self.open.items():
            if now - since >= grace_min:
                late[role] += 1
        found: dict[str, float | None] = {}
        for role in ROLES:
            total = self.done[role] + self.wrong[role] + self.missed[role] + late[role]
            found[role] = self.done[role] / total if total else None
        return found
