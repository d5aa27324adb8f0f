"""Progress of a long evaluation on standard error, with the time left."""

from __future__ import annotations

import sys
import time
from typing import TextIO


def duration(seconds: float) -> str:
    """Return seconds as people read them: `8 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class Progress:
    """One line that is rewritten on a terminal; elsewhere a new line every ten seconds.

    Attributes:
        done_before: items that an earlier run finished; they do not count towards the rate.
    """

    def __init__(
        self, label: str, total: int, *, done_before: int = 0, enabled: bool = True, stream: TextIO | None = None
    ) -> None:
        self._label, self._total, self._before = label, total, done_before
        self._enabled = enabled
        self._stream = stream if stream is not None else sys.stderr
        self._live = self._stream.isatty()
        self._start = time.monotonic()
        self._last = self._start if not self._live else 0.0
        self._shown = False

    def update(self, done: int) -> None:
        now = time.monotonic()
        if self._enabled and now - self._last >= (0.2 if self._live else 10.0):
            self._last = now
            self._print(self.line(done, now - self._start))

    def line(self, done: int, elapsed: float) -> str:
        """Return the line for `done` items after `elapsed` seconds."""
        fresh = done - self._before
        left = "" if fresh <= 0 else f", {duration(elapsed / fresh * (self._total - done))} left"
        rate = "" if fresh <= 0 or elapsed <= 0 else f", {fresh / elapsed:.3g}/s"
        return f"{self._label}: {done}/{self._total} ({done / max(1, self._total):.0%}){rate}{left}"

    def say(self, words: str) -> None:
        """Print one line for people, unless progress is off."""
        if self._enabled:
            self.close()
            self._stream.write(f"{self._label}: {words}\n")
            self._stream.flush()

    def _print(self, line: str) -> None:
        self._shown = True
        self._stream.write(f"\r\033[K{line}" if self._live else f"{line}\n")
        self._stream.flush()

    def close(self) -> None:
        if self._shown and self._live:
            self._stream.write("\r\033[K")
            self._stream.flush()
