"""What each role owes and has done: duties open when something is due and close when it is done."""

from __future__ import annotations

from triagelab.hospital.tables import ROLES

Duty = tuple[str, str, str]
"""(role, what, about whom or what)."""
RECURRENT: frozenset[str] = frozenset({"cover", "restore"})
"""Duties that the world opens again and again; every other is counted as done once, however often it is undone."""
AGAIN_MIN = 60.0
"""Minutes after which a recurrent duty that has opened again counts again. Assumed."""


class Ledger:
    """Duties of one episode.

    Attributes:
        acting: the role whose act is being done; what closes a duty of anybody else, or by itself, is nobody's merit.
        open: duty -> minute since which it is due. `counted`: duty -> that minute when it was last counted as done.
        done, missed: duties by role. `wrong`: acts that were none of a role's business or did harm.
    """

    __slots__ = ("acting", "counted", "done", "missed", "open", "wrong")

    def __init__(self) -> None:
        self.acting: str | None = None
        self.open: dict[Duty, float] = {}
        self.counted: dict[Duty, float] = {}
        self.done: dict[str, int] = dict.fromkeys(map(str, ROLES), 0)
        self.wrong: dict[str, int] = dict.fromkeys(ROLES, 0)
        self.missed: dict[str, int] = dict.fromkeys(ROLES, 0)

    def copy(self) -> Ledger:
        new = Ledger()
        new.open, new.done, new.counted = dict(self.open), dict(self.done), dict(self.counted)
        new.wrong, new.missed = dict(self.wrong), dict(self.missed)
        return new

    def owe(self, role: str, what: str, about: str, now: float) -> None:
        """Open a duty; it stays as it is where it is open already."""
        self.open.setdefault((role, what, about), now)

    def close(self, role: str, what: str, about: str) -> bool:
        """End a duty, and count it as done where the role that owes it is acting and it was not counted before.

        Returns: whether it counted; an end that does not count only takes the duty away.
        """
        duty = (role, what, about)
        since = self.open.pop(duty, None)
        if since is None or role != self.acting:
            return False
        last = self.counted.get(duty)
        if last is not None and (what not in RECURRENT or since - last < AGAIN_MIN):
            return False
        self.counted[duty] = since
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
