"""Speed of mass-casualty tags and scores: a million rows at once, and one patient at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from triagelab.clinical.mass_casualty import Casualty, jumpstart, salt, start, tag_frame
from triagelab.clinical.mass_casualty_rows import FLAGS
from triagelab.clinical.scores import news2, news2_frame
from triagelab.clinical.vitals import VitalSigns
from triagelab.seeding import stream

ROWS = 1_000_000


def casualties(rows: int) -> pl.DataFrame:
    """Return made-up casualties, each fact unknown in 10 %."""
    draw = stream("bench-scores", 0)
    columns: dict[str, Any] = {}
    for name in FLAGS:
        columns[name] = pl.Series(draw.random(rows) < 0.5).set(pl.Series(draw.random(rows) < 0.1), None)
    for name, low, high in (("resp_rate_bpm", 0, 60), ("crt_s", 0, 5)):
        values = draw.uniform(low, high, rows)
        values[draw.random(rows) < 0.1] = np.nan
        columns[name] = values
    columns["avpu"] = pl.Series(["A", "V", "P", "U", None]).gather(pl.Series(draw.integers(0, 5, rows)))
    return pl.DataFrame(columns)


def patients(rows: int) -> pl.DataFrame:
    """Return made-up adults, each item of NEWS2 unknown in 10 %."""
    draw = stream("bench-scores", 1)
    spans = {"resp_rate_bpm": 40, "spo2_pct": 100, "sbp_mmhg": 250, "heart_rate_bpm": 200}
    columns: dict[str, Any] = {name: np.round(draw.random(rows) * span) for name, span in spans.items()}
    columns["temp_c"] = np.round(34 + draw.random(rows) * 7, 1)
    for values in columns.values():
        values[draw.random(rows) < 0.1] = np.nan
    columns["on_oxygen"] = pl.Series([True, False, None]).gather(pl.Series(draw.integers(0, 3, rows)))
    columns["consciousness"] = pl.Series(["A", "C", "V", None]).gather(pl.Series(draw.integers(0, 4, rows)))
    return pl.DataFrame(columns)


def _best(call: Callable[[], object], times: int = 3) -> float:
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def run() -> dict[str, float]:
    """Return seconds for a million rows and patients a second one at a time, best of three."""
    found: dict[str, float] = {}
    frame = casualties(ROWS)
    for scheme in ("start", "jumpstart", "salt"):
        tag_frame(frame.head(10), scheme=scheme)
        seconds = _best(lambda scheme=scheme: tag_frame(frame, scheme=scheme))
        found[f"frame_{scheme}_seconds"], found[f"frame_{scheme}_rows_per_s"] = round(seconds, 3), round(ROWS / seconds)
    some = [Casualty(**row) for row in frame.head(5000).fill_nan(None).to_dicts()]
    for scheme in (start, jumpstart, salt):
        seconds = _best(lambda scheme=scheme: [scheme(casualty) for casualty in some])
        found[f"scalar_{scheme.__name__}_per_s"] = round(len(some) / seconds)
    adults = patients(ROWS)
    seconds = _best(lambda: news2_frame(adults))
    found["frame_news2_seconds"], found["frame_news2_rows_per_s"] = round(seconds, 3), round(ROWS / seconds)
    rows = adults.head(5000).fill_nan(None).to_dicts()
    names = [name for name in VitalSigns.names() if name in adults.columns]
    signs = [(VitalSigns(**{n: row[n] for n in names}), row["on_oxygen"], row["consciousness"]) for row in rows]
    seconds = _best(lambda: [news2(one, on_oxygen=oxygen, consciousness=letter) for one, oxygen, letter in signs])
    found["scalar_news2_per_s"] = round(len(signs) / seconds)
    return found


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:32s} {value:>14,}")
