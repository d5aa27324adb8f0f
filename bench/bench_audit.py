"""How long `triagelab audit` takes as a user calls it, start of Python included, and what of it is the audit itself."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

from triagelab.rewards.presets import preset_names

REPEATS = 3


def run() -> dict[str, object]:
    """Return seconds by preset: wall of the whole command (median of 3), and of the audit within."""
    found = {}
    for preset in preset_names():
        walls, inner = [], []
        for _ in range(REPEATS):
            started = time.perf_counter()
            command = [sys.executable, "-m", "triagelab.cli.main", "audit", preset, "--json"]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            walls.append(time.perf_counter() - started)
            inner.append(json.loads(said)["seconds"])
        found[preset] = {"wall_s": round(statistics.median(walls), 2), "audit_s": round(statistics.median(inner), 2)}
    return found
