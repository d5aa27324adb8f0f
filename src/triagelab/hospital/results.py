"""What becomes of an act."""

from __future__ import annotations

from typing import NamedTuple

from triagelab.hospital.acts import Act

DONE, REFUSED, HELD, BLOCKED = "done", "refused", "held", "blocked"


class Result(NamedTuple):
    """What became of one act.

    Attributes:
        status: done; refused (wrong or impossible); held (right, but it has to wait); blocked (by a safety rule).
        right: True is something the role owed, False is wrong, None is neither.
    """

    act: Act
    status: str
    reason: str
    right: bool | None


def done(act: Act, right: bool | None, reason: str = "") -> Result:
    return Result(act, DONE, reason, right)


def refused(act: Act, reason: str) -> Result:
    """Return a refusal: the act was wrong or impossible, and somebody could have seen it."""
    return Result(act, REFUSED, reason, False)


def held(act: Act, reason: str) -> Result:
    """Return that the act has to wait: nobody or nothing is free for it. Neither right nor wrong."""
    return Result(act, HELD, reason, None)


def blocked(act: Act, reason: str) -> Result:
    """Return that a safety rule forbids the act: wrong, for what it looks at was known."""
    return Result(act, BLOCKED, reason, False)
