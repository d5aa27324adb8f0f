"""Runs tasks in this process or in several, results in the order of the tasks: the same numbers either way."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def in_order(
    function: Callable[[Task], Result], tasks: Sequence[Task], *, workers: int = 1, ray: str | None = None
) -> Iterator[Result]:
    """Yield `function(task)` for every task, in order.

    Args:
        workers: processes of this machine; 1 is this process.
        ray: address of a Ray cluster, `local` starts one; then `workers` counts for nothing.

    Raises: MissingDependencyError where Ray is asked for and not installed.
    """
    if ray is not None:
        from triagelab.evaluation.crisis.ray_pool import on_ray

        yield from on_ray(function, tasks, ray)
        return
    if workers == 1 or len(tasks) < 2:
        yield from map(function, tasks)
        return
    # Spawned, not forked: a fork would take threads and locks of this process along.
    with multiprocessing.get_context("spawn").Pool(min(workers, len(tasks))) as pool:
        yield from pool.imap(function, tasks)


__all__ = ["in_order"]
