"""Tasks on a Ray cluster, results in order. The only file that knows Ray."""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from triagelab.errors import BadInputError, MissingDependencyError

Task = TypeVar("Task")
Result = TypeVar("Result")
LOCAL = "local"
AHEAD = 4
"""Tasks a processor that are handed out before their turn, so that nobody waits."""

PROBE_S = 10.0
"""Seconds in which a cluster is to take a connection."""


def on_ray(function: Callable[[Task], Result], tasks: Sequence[Task], address: str) -> Iterator[Result]:
    """Yield `function(task)` for every task, in order, from the workers of a cluster.

    Args:
        address: `local` starts a cluster on this machine and ends it again; else as `ray.init` takes it.

    Raises: MissingDependencyError without Ray; BadInputError for a cluster that does not answer.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise MissingDependencyError("ray", "ray", "a benchmark on a cluster") from error
    _connect(ray, address)
    try:
        remote = ray.remote(function)
        most = max(2, AHEAD * int(ray.cluster_resources().get("CPU", 1)))
        waiting: deque[Any] = deque()
        left = iter(tasks)
        for task in left:
            waiting.append(remote.remote(task))
            if len(waiting) >= most:
                yield ray.get(waiting.popleft())
        while waiting:
            yield ray.get(waiting.popleft())
    finally:
        ray.shutdown()


def _connect(ray: Any, address: str) -> None:
    _probe(address)
    try:
        ray.init(
            address=LOCAL if address == LOCAL else address,
            log_to_driver=False,
            logging_level="error",
            **({"include_dashboard": False} if address == LOCAL else {}),
        )
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        raise BadInputError("--ray", address, "local, auto or the address of a running cluster", str(error)) from error


def _probe(address: str) -> None:
    """Open the port of an address and close it again: Ray itself waits for minutes where nobody answers."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), PROBE_S).close()
    except (OSError, OverflowError) as error:
        raise BadInputError("--ray", address, "local, auto or the address of a running cluster", str(error)) from error


__all__ = ["on_ray"]
