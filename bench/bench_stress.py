"""Speed of the perturbations, kind by kind, and that their time grows with the text and nothing else."""

from __future__ import annotations

import time
from typing import Any

from triagelab.cases.generator import generate
from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.evaluation.perturbations import KINDS, perturb

CASES = 300
NOISE = ("HR ", " ", "\n", "BP 120/80, ", "a. ", "pain ", ", and ")


def run() -> dict[str, Any]:
    """Return variants/s of each kind on generated notes, and seconds of all kinds for 20 and 80 kB of each noise."""
    cases = generate(CASES, 0, "test")
    for kind in KINDS.values():
        perturb(cases[0], kind, 3, 0)
    speed = {}
    for kind in KINDS.values():
        begin = time.process_time()
        made = sum(len(perturb(case, kind, 3, 0)) for case in cases)
        speed[kind.name] = round(made / (time.process_time() - begin))
    noise = {repr(text): tuple(_seconds(text, size) for size in (20_000, 80_000)) for text in NOISE}
    return {"variants_per_s": speed, "noise_s_20kB_80kB": noise}


def _seconds(text: str, size: int) -> float:
    shown = Presentation("noise", text * (size // len(text)) + "x")
    case = Case(shown, Truth(3, "esi-v5", "experts"), "noise", "test")
    begin = time.process_time()
    for kind in KINDS.values():
        perturb(case, kind, 1, 0)
    return round(time.process_time() - begin, 3)


if __name__ == "__main__":
    print(run())
