"""NHAMCS: seconds to load (cold, cached, one split), and what majority and tabular reach on its newest year."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from triagelab.agents.base import Agent
from triagelab.agents.registry import load_agent
from triagelab.datasets.base import Dataset
from triagelab.datasets.registry import load_dataset
from triagelab.training.tabular import fitted_spec
from triagelab.training.tabular_cuts import quadratic_kappa


def run() -> dict[str, Any]:
    """Return seconds, counts and figures; only a line that says why where the files are not at hand."""
    folder = Path(os.environ.get("TRIAGELAB_DATA") or "../shared/data") / "nhamcs"
    if not folder.is_dir():
        return {"skipped": "set TRIAGELAB_DATA to the data folder (docs/data.md)"}
    kept = os.environ.get("TRIAGELAB_CACHE")
    with tempfile.TemporaryDirectory() as cache:
        os.environ["TRIAGELAB_CACHE"] = cache
        try:
            return _measure(folder)
        finally:
            os.environ.pop("TRIAGELAB_CACHE")
            if kept is not None:
                os.environ["TRIAGELAB_CACHE"] = kept


def _measure(folder: Path) -> dict[str, Any]:
    result: dict[str, Any] = {}
    dataset, result["load_cold_s"] = _timed(lambda: load_dataset("nhamcs", folder))
    result["accepted"], result["rejected"] = len(dataset.cases), len(dataset.rejects)
    again, result["load_cached_s"] = _timed(lambda: load_dataset("nhamcs", folder))
    result["cached_equals_cold"] = again == dataset
    _, result["load_cached_test_split_s"] = _timed(lambda: load_dataset("nhamcs", folder, split="test"))
    result["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    del again
    for name in ("majority", "tabular"):
        spec, result[f"{name}_fit_s"] = _timed(lambda name=name: fitted_spec(name, dataset))
        result[name] = _figures(load_agent(spec), dataset.split("test"))
    result["tabular_by_rounding"] = _figures(load_agent(spec, decision="rounding"), dataset.split("test"))
    return result


def _timed(work: Any) -> tuple[Any, float]:
    start = time.perf_counter()
    value = work()
    return value, round(time.perf_counter() - start, 2)


def _figures(agent: Agent, cases: Dataset) -> dict[str, float]:
    predictions, seconds = _timed(lambda: agent.predict([case.presentation for case in cases]))
    truth = np.asarray([case.truth.level for case in cases])
    level = np.asarray([prediction.level for prediction in predictions])
    return {
        "n": len(cases),
        "exact": round(float(np.mean(level == truth)), 4),
        "within_one": round(float(np.mean(np.abs(level - truth) <= 1)), 4),
        "qwk": round(quadratic_kappa(truth, level), 4),
        "sensitivity_1_2": round(float(np.mean(level[truth <= 2] <= 2)), 4),
        "predict_s": seconds,
    }


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:28} {value}")
