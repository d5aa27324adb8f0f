"""Values of a log as numbers, whatever a file really holds: half-written lines, NaN, text where a number should be."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from triagelab.files import MAX_LINE_BYTES

MAX_JSON_BYTES = 64 * 1024 * 1024

Curve = dict[str, float]


def merge_steps(rows: list[dict[str, Any]]) -> list[Curve]:
    """Return one mapping of numbers a step, in order; an evaluation logged at the same step joins it."""
    found: dict[float, Curve] = {}
    for row in rows:
        step = number(row.get("step"))
        if not math.isfinite(step):
            continue
        values = {k: number(v) for k, v in row.items() if v is None or isinstance(v, int | float)}
        found.setdefault(step, {}).update(values)
    return [found[step] for step in sorted(found)]


def clip(text: object, limit: int = 90) -> str:
    """Return the end of a text as one line without control characters: a model's words are data."""
    tail = str(text or "")[-4 * limit :]
    line = " ".join("".join(char if char.isprintable() else " " for char in tail).split())
    return line if len(line) <= limit else "..." + line[-limit:]


def number(value: object) -> float:
    """Return a logged number, NaN for anything else."""
    try:
        return float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return math.inf


def level(value: object) -> float:
    """Return a level 1-5 as a number, NaN for anything else."""
    text = str(value).strip().removesuffix(".0")
    return float(text) if text in ("1", "2", "3", "4", "5") else math.nan


def answer(value: object) -> float:
    """Return an answer 1-5, or 0 for no answer."""
    found = level(value)
    return found if math.isfinite(found) else 0.0


def whole(value: object, missing: int = 0) -> int:
    return int(value) if isinstance(value, int | float) and math.isfinite(value) else missing


def usual(gaps: Any) -> float | None:
    """Return the median of the gaps above 0, None without one."""
    gaps = np.asarray(gaps, dtype=float)
    gaps = gaps[np.isfinite(gaps) & (gaps > 0)]
    return float(np.median(gaps)) if len(gaps) else None


def read_json(place: Path) -> dict[str, Any]:
    """Return the object in a JSON file; an empty one where the file is missing, too large, half written or none."""
    try:
        if place.stat().st_size > MAX_JSON_BYTES:
            return {}
        value = json.loads(place.read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def json_lines(place: Path, lost: list[int] | None = None) -> Iterator[dict[str, Any]]:
    """Yield every line that is a whole JSON object; a half-written or endless line is passed over.

    Args:
        lost: gets the number of each line that was passed over, but not of a last line still being written.
    """
    if not place.is_file():
        return
    with place.open("rb") as stream:
        for at, line in enumerate(iter(lambda: stream.readline(MAX_LINE_BYTES), b""), start=1):
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if isinstance(row, dict):
                yield row
            elif lost is not None and line.endswith(b"\n") and not line.isspace():
                lost.append(at)
