"""What a run writes while it goes: curves and completions, one JSON line each, only ever appended to."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

CURVES, COMPLETIONS = "curves.jsonl", "completions.jsonl"


def append(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Append one JSON object a line and flush it; a number that is none (NaN, infinite) is written as null."""
    text = "".join(json.dumps(_plain(row), ensure_ascii=False) + "\n" for row in rows)
    if not text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as stream:
        # A run that was killed in the middle of a line leaves a stump; the next line must not grow on it.
        if stream.tell() and not _ends_line(stream):
            stream.write(b"\n")
        stream.write(text.encode("utf-8"))


def _ends_line(stream: Any) -> bool:
    stream.seek(-1, 2)
    return stream.read(1) == b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def next_attempt(run: Path) -> int:
    """Return 0 for a new run and one more than the last attempt for a resumed one."""
    last = -1
    for name in (CURVES, COMPLETIONS):
        if (run / name).is_file():
            last = max([last, *(int(row.get("attempt", 0)) for row in _whole_lines(run / name))])
    return last + 1


def read_curves(run: Path) -> list[dict[str, Any]]:
    """Return logged metrics by step; where a resumed run passed a step again, its later line."""
    return _latest(run / CURVES, ("phase", "step"))


def read_completions(run: Path) -> list[dict[str, Any]]:
    """Return logged completions by (phase, step, group, rollout); the later line where a step was done twice."""
    return _latest(run / COMPLETIONS, ("phase", "step", "group", "rollout"))


def _latest(path: Path, key: tuple[str, ...]) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in _whole_lines(path):
        found[tuple(row.get(name) for name in key)] = row
    return [found[place] for place in sorted(found, key=lambda place: tuple(str(part).zfill(12) for part in place))]


def _whole_lines(path: Path) -> Iterable[dict[str, Any]]:
    """Yield every line that is whole JSON: a killed run may leave one stump."""
    with path.open("rb") as stream:
        for line in stream:
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                yield row
