"""How long to wait before a request is sent again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from triagelab.seeding import stream


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential waits with jitter; a server's Retry-After is honoured.

    Units: seconds.

    Attributes:
        first: longest wait before the first repetition; doubles with every further one.
        longest: no wait of our own is longer.
        patience: a server that asks for more than this is not waited for.
    """

    first: float = 0.5
    longest: float = 30.0
    patience: float = 120.0

    def wait(self, attempt: int, seed: int, key: str, asked: float | None = None) -> float | None:
        """Return the wait after failed attempt number `attempt` (from 0), None where waiting is too long.

        Half of our own wait is fixed and half is drawn; what is drawn is added to a wait that the server asked for, so
        that many clients do not come back at once.
        """
        own = min(self.longest, self.first * 2.0 ** min(attempt, 60))
        drawn = float(stream("agents.chat.backoff", seed, key, attempt).random())
        if asked is None:
            return own * (0.5 + 0.5 * drawn)
        return None if asked > self.patience else asked + self.first * drawn


def retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or a date; None where it says nothing.

    Units: `now` and a date count as seconds since 1970.
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - now
        except (ValueError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
