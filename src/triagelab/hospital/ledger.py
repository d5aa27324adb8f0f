"""What each role owes and has done: duties open when something is needed and close when it is done, in time or late.

The needs of a patient are owed from the moment they begin, whether anybody knows of them or not: finding out is part of
the duty.
"""

from __future__ import annotations

from triagelab.hospital.tables import ROLES

Duty = tuple[str, str, str]
"""(role, what, about whom or what)."""
RECURRENT: frozenset[str] = frozenset({"cover", "restore"})
"""Duties that the world opens again and again; every other is counted as done once, however often it is undone."""
WINDOW_MIN = 45.0
"""Minutes in which a duty is to be done where nothing else is said: three decisions. Assumed."""
AGAIN_MIN = 60.0
"""Minutes after which a recurrent duty that has opened again counts again. Assumed."""


class Ledger:
    """Duties of one episode.

    Attributes:
        acting: the role whose act is being done; what closes a duty of anybody else, or by itself, is nobody's merit.
        minute: the time now. `open`: duty -> minute until which it is to be done.
        counted: duty -> that minute when it was last counted as done.
        done, missed: duties by role; what is done late is missed. `wrong`: acts that were none of a role's business or
            did harm.
    """

    __slots__ = ("acting", "counted", "done", "minute", "missed", "open", "wrong")

    def __init__(self) -> None:
        self.acting: str | None = None
        self.minute = 0.0
        self.open: dict[Duty, float] = {}
        self.counted: dict[Duty, float] = {}
        self.done: dict[str, int] = dict.fromkeys(map(str, ROLES), 0)
        self.wrong: dict[str, int] = dict.fromkeys(ROLES, 0)
        self.missed: dict[str, int] = dict.fromkeys(ROLES, 0)

    def copy(self) -> Ledger:
        new = Ledger()
        new.minute = self.minute
        new.open, new.done, new.counted = dict(self.open), dict(self.done), dict(self.counted)
        new.wrong, new.missed = dict(self.wrong), dict(self.missed)
        return new

    def owe(self, role: str, what: str, about: str, now: float, window_min: float = WINDOW_MIN) -> None:
        """Open a duty that is to be done within so many minutes; it stays as it is where it is open already."""
        self.open.setdefault((role, what, about), now + window_min)

    def close(self, role: str, what: str, about: str) -> bool:
        """End a duty, and count it as done where the role that owes it is acting and it was not counted before.

        Returns: whether it counted. What comes late counts as missed; another end only takes the duty away.
        """
        duty = (role, what, about)
        until = self.open.pop(duty, None)
        if until is None or role != self.acting:
            return False
        last = self.counted.get(duty)
        if last is not None and (what not in RECURRENT or until - last < AGAIN_MIN):
            return False
        self.counted[duty] = until
        if self.minute > until:
            self.missed[role] += 1
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

    def share(self, now: float) -> dict[str, float | None]:
        """Return, per role, done / (done + wrong + missed + overdue): None where nothing was due and nothing wrong."""
        late: dict[str, int] = dict.fromkeys(map(str, ROLES), 0)
        for (role, _, _), until in self.open.items():
            if now >= until:
                late[role] += 1
        found: dict[str, float | None] = {}
        for role in ROLES:
            total = self.done[role] + self.wrong[role] + self.missed[role] + late[role]
            found[role] = self.done[role] / total if total else None
        return found
