"""Speed of the ESI engine: decisions for a million patients with every fact, and for one patient at a time."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import polars as pl

from triagelab.clinical.esi import decide, decide_frame
from triagelab.clinical.facts import NUMBERS, Facts, vocabulary
from triagelab.seeding import Generator, stream

ROWS = 1_000_000
USUAL = {
    "heart_rate_bpm": (88, 20, 0.05),
    "resp_rate_bpm": (18, 4, 0.08),
    "sbp_mmhg": (132, 22, 0.1),
    "dbp_mmhg": (78, 13, 0.1),
    "spo2_pct": (97.5, 2, 0.08),
    "temp_c": (36.9, 0.6, 0.1),
    "pain_score": (4, 3, 0.3),
    "gcs": (15, 0.3, 0.6),
    "glucose_mg_dl": (120, 35, 0.8),
}
"""Vital sign -> mean, spread, share not measured."""

RANGE = {"gcs": (3, 15), "pain_score": (0, 10), "spo2_pct": (50, 100), "temp_c": (30, 42)}


def patients(rows: int, how: str, seed: int = 0) -> pl.DataFrame:
    """Return made-up patients with every fact of the vocabulary.

    how: `documented`: a group of facts was asked about or not, one patient in five each; `scattered`: each fact of each
    patient is missing on its own in 5 %; `numbers`: vital signs and age only, no column of facts.
    """
    draw = stream("bench-engine", seed, how)
    columns: dict[str, Any] = {} if how == "numbers" else _facts(rows, how, draw)
    for name, (mean, spread, gone) in USUAL.items():
        low, high = RANGE.get(name, (20, 300))
        values = np.clip(draw.normal(mean, spread, rows), low, high).round(1)
        values[draw.random(rows) < gone] = np.nan
        columns[name] = values
    columns["age_years"] = np.where(draw.random(rows) < 0.2, draw.random(rows) * 5, draw.random(rows) * 95)
    columns["pregnancy_weeks"] = np.where(draw.random(rows) < 0.98, np.nan, draw.random(rows) * 40)
    return pl.DataFrame(columns)


def _facts(rows: int, how: str, draw: Generator) -> dict[str, pl.Series]:
    asked: dict[str, np.ndarray] = {}
    columns = {}
    for name, spec in vocabulary().items():
        share = 0.3 if spec.group == "resources" else 0.001 if spec.group in ("circulation", "intervention") else 0.01
        yes = pl.Series(draw.random(rows) < share)
        if how == "documented":
            gone = asked.setdefault(spec.group, draw.random(rows) < 0.2)
        else:
            gone = draw.random(rows) < 0.05
        columns[name] = yes.set(pl.Series(gone), None)
    return columns


def _best(call: Any, times: int) -> tuple[float, float]:
    """Return the least wall time and the least processor time (all cores together) of some calls, in seconds."""
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return min(walls), min(cpus)


def run() -> dict[str, float]:
    """Return seconds and rows a second: a full decision with its reasons and unknown facts, best of some calls."""
    found: dict[str, float] = {}
    for how in ("documented", "scattered", "numbers"):
        frame = patients(ROWS, how)
        for version in (5, 4):
            decide_frame(frame.head(1000), version=version)
            seconds, cpu = _best(lambda frame=frame, version=version: decide_frame(frame, version=version), 5)
            found[f"frame_{how}_v{version}_seconds"] = round(seconds, 3)
            found[f"frame_{how}_v{version}_cpu_seconds"] = round(cpu, 3)
            found[f"frame_{how}_v{version}_rows_per_s"] = round(ROWS / seconds)
    rows = patients(2000, "documented").fill_nan(None).to_dicts()
    known = [Facts.from_mapping(row) for row in rows]
    sparse = [{k: v for k, v in row.items() if v or k in NUMBERS} for row in rows]
    for name, items in (("facts", known), ("mapping", rows), ("sparse_mapping", sparse)):
        seconds, _ = _best(lambda items=items: [decide(item) for item in items], 3)
        found[f"scalar_{name}_per_s"] = round(len(items) / seconds)
    return found


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:40s} {value:>14,}")
