"""Notes through `triagelab triage --file`: notes a second and peak memory, which must not grow with the file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from triagelab.cases.generator import generate_iter

DIFFERENT = 2_000
SIZES = (10_000, 100_000)
CHILD = """
import json, resource, sys, time
from triagelab.cli.main import run
begin = time.process_time()
code = run(["triage", "--file", sys.argv[1], "--out", sys.argv[2]])
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([code, usage.ru_maxrss, time.process_time() - begin]))
"""


def run() -> dict[str, Any]:
    """Return notes/s and peak memory for each size, each in a process of its own. Units: MiB, seconds."""
    wanted = os.environ.get("TRIAGELAB_BENCH_NOTES")
    sizes = tuple(int(size) for size in wanted.split(",")) if wanted else SIZES
    notes = [case.presentation.narrative for case in generate_iter(DIFFERENT, 1, "train")]
    found: dict[str, Any] = {"words_a_note": round(sum(len(note.split()) for note in notes) / len(notes), 1)}
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            found[f"{size}_notes"] = _measure(Path(folder), notes, size)
    return found


def _measure(folder: Path, notes: list[str], size: int) -> dict[str, float]:
    source, out = folder / "notes.jsonl", folder / "answers.jsonl"
    with source.open("w", encoding="utf-8") as stream:
        for number in range(size):
            stream.write(json.dumps({"id": number, "case": notes[number % len(notes)]}) + "\n")
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(source), str(out)], capture_output=True, check=True, text=True
    )
    wall = time.perf_counter() - begin
    code, peak_kib, cpu = json.loads(done.stdout.splitlines()[-1])
    return {
        "exit_code": code,
        "notes_per_s_wall": round(size / wall),
        "notes_per_cpu_s": round(size / cpu),
        "peak_MiB": round(peak_kib / 1024, 1),
        "answer_bytes_a_note": round(out.stat().st_size / size),
    }


if __name__ == "__main__":
    print(run())
