"""Speed of the generator, its level mix, and how far the splits are apart."""

from __future__ import annotations

import time
from collections import Counter

from triagelab.cases.generator import generate
from triagelab.cases.splits import compare_notes


def run(n: int = 4000) -> dict[str, object]:
    """Return cases a second (wall clock and processor), the level mix a split, and the greatest note similarity."""
    generate(50, 0)
    result: dict[str, object] = {}
    cases = {}
    for split in ("train", "dev", "test"):
        wall, cpu = time.perf_counter(), time.process_time()
        cases[split] = generate(n, 0, split)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        result[f"{split}_cases_per_s"] = round(n / wall)
        result[f"{split}_cases_per_cpu_s"] = round(n / cpu)
        counts = Counter(case.truth.level for case in cases[split])
        result[f"{split}_mix"] = {level: round(counts[level] / n, 3) for level in range(1, 6)}
    for left, right in (("train", "dev"), ("train", "test"), ("dev", "test")):
        start = time.perf_counter()
        overlap = compare_notes(cases[left], cases[right])
        result[f"max_similarity_{left}_{right}"] = round(overlap.max_similarity, 3)
        result[f"compare_{left}_{right}_s"] = round(time.perf_counter() - start, 2)
    return result


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:28} {value}")
