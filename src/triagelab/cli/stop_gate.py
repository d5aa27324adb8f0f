"""Ctrl-C and a polite kill that wait while something is said that must be whole."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopGate:
    """Turns SIGINT and SIGTERM into KeyboardInterrupt, once, and only inside `open`; one that came else is raised at
    the end of the block.

    Python's own handlers are changed, not the mask of the thread: libraries keep threads that take what the main thread
    masks, and the handler runs in the main thread all the same. Off the main thread signals are left alone.
    """

    def __init__(self) -> None:
        self._shut, self._came = True, False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopGate:
        try:
            for number in SIGNALS:
                self._before[number] = signal.signal(number, self._stop)
        except ValueError:  # not the main thread
            pass
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._came and kind is not KeyboardInterrupt:
            raise KeyboardInterrupt

    @contextmanager
    def open(self) -> Iterator[None]:
        """Let signals through; the first one that comes shuts the gate behind it."""
        try:
            self._shut = False
            if self._came:
                raise KeyboardInterrupt
            yield
        finally:
            self._shut = True

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self._shut:
            self._came = True
            return
        self._shut = True
        raise KeyboardInterrupt
