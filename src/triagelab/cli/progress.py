"""A progress bar on standard error: for people only, silent when nobody is looking."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def track(items: Iterable[T], *, total: int | None, label: str) -> Iterator[T]:
    """Yield the items and show count, rate and time left where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(items, total=total)


def track_file(items: Iterable[T], *, size: int, place: Callable[[], int], label: str) -> Iterator[T]:
    """Yield the items and show how far a file of `size` bytes has been read, items a second and time left."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(label),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[count]} done, {task.fields[rate]}/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=size, count=0, rate="-")
        for count, item in enumerate(items, start=1):
            yield item
            if count % 64 == 0:
                elapsed = progress.tasks[0].elapsed or 0.0
                rate = f"{count / elapsed:.0f}" if elapsed > 0 else "-"
                progress.update(task, completed=place(), count=count, rate=rate)
