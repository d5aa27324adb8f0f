"""How fast answers become figures: records written and read, intervals, a paired comparison, a report."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from triagelab.evaluation.intervals import intervals
from triagelab.evaluation.metrics import tally
from triagelab.evaluation.paired import compare_records
from triagelab.evaluation.records import Record, RecordWriter, read_records
from triagelab.seeding import stream

ANSWERS, RESAMPLES = 10_000, 2000


def _records(name: str, patients: int | None) -> list[Record]:
    truth = stream("bench/evaluation", 0, "truth").integers(1, 6, ANSWERS)
    noise = stream("bench/evaluation", 0, name).integers(-1, 2, ANSWERS)
    return [
        Record(
            case_id=f"case-{index}",
            cluster=None if patients is None else f"patient-{index % patients}",
            dataset="bench",
            split="test",
            scale="esi-v5",
            level=int(level),
            agent=name,
            predicted=int(min(5, max(1, level + step))),
            completion="ANSWER: ESI 3 " * 40,
        )
        for index, (level, step) in enumerate(zip(truth, noise, strict=True))
    ]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def run() -> dict[str, float]:
    """Return seconds and rates, and print them."""
    alone, clustered, other = _records("a", None), _records("a", 6000), _records("b", None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.jsonl"
        with RecordWriter(path) as writer:
            write_s = _seconds(lambda: writer.write(alone))
        read_s = _seconds(lambda: read_records(path))
    found = {
        "records_written_per_s": ANSWERS / write_s,
        "records_read_per_s": ANSWERS / read_s,
        "intervals_s": _seconds(lambda: intervals(tally(alone), resamples=RESAMPLES)),
        "intervals_clustered_s": _seconds(lambda: intervals(tally(clustered), resamples=RESAMPLES)),
        "compare_s": _seconds(lambda: compare_records(alone, other, label_a="a", label_b="b")),
    }
    print(f"evaluation: {ANSWERS} answers, {RESAMPLES} resamples (comparison: 5000)")
    for name, value in found.items():
        print(f"  {name:<24} {value:,.2f}")
    return found


if __name__ == "__main__":
    run()
