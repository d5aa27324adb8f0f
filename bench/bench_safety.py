"""The safety layer alone and under other agents on unseen patients: shares put into level 1 or 2, with intervals.

    TRIAGELAB_DATA=DIR python bench/bench_safety.py [--generated N]

Prints Markdown: the layer alone by group of true levels, then each agent with and without it on the same cases.
`majority` and `tabular` are fitted on NHAMCS 2016-2019 everywhere.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from triagelab.agents.base import Agent, Prediction
from triagelab.agents.registry import load_agent
from triagelab.agents.safety import ALONE, QUIET_LEVEL, Alarm, alarm, guarded
from triagelab.datasets.base import Dataset
from triagelab.datasets.registry import load_dataset
from triagelab.evaluation.intervals import Interval
from triagelab.evaluation.paired import Comparison, compare_records
from triagelab.evaluation.records import Record, make_record
from triagelab.evaluation.safety import SafetyEffect, effect_of
from triagelab.training.tabular import fit_cached

COMPARED = ("sensitivity_1_2", "over_triage", "cost_standard")


def datasets(generated: int) -> list[tuple[str, Dataset]]:
    """Return (title, cases); those that need files are left out where TRIAGELAB_DATA does not have them."""
    found = [
        (f"generated/test, n = {generated}", load_dataset("generated", split="test", n=generated)),
        ("written/test", load_dataset("written", split="test")),
    ]
    data = os.environ.get("TRIAGELAB_DATA")
    if data:
        root = Path(data)
        found += [
            ("handbook chapter 9", load_dataset("vignettes", root / "esi_handbook" / "chapter9.jsonl")),
            ("MIMIC-IV-ED demo", load_dataset("mimic-iv-ed", root / "mimic_ed_demo")),
            ("NHAMCS 2020", load_dataset("nhamcs", root / "nhamcs", split="test")),
        ]
    return found


def agents() -> list[Agent]:
    found = [load_agent("rules")]
    data = os.environ.get("TRIAGELAB_DATA")
    if data:
        nhamcs = load_dataset("nhamcs", Path(data) / "nhamcs")
        found += [load_agent(f"{kind}:{fit_cached(nhamcs, kind)}") for kind in ("majority", "tabular")]
    return found


def records_of(cases: Dataset, answers: Sequence[Prediction], name: str) -> list[Record]:
    return [make_record(case, answer, agent=name) for case, answer in zip(cases, answers, strict=True)]


def figure(found: Interval) -> str:
    if found.value is None or found.low is None or found.high is None:
        return "-"
    return f"{found.value:.3f} ({found.low:.3f}-{found.high:.3f})"


def alone_row(title: str, effect: SafetyEffect) -> str:
    cells = [
        f"{figure(group.into_urgent)}, n = {group.n}" if (group := effect.groups.get(name)) else "-"
        for name in ("1-2", "level 1", "level 2", "3", "4-5")
    ]
    return f"| {title} | {' | '.join(cells)} |"


def paired_row(title: str, name: str, effect: SafetyEffect, found: Comparison) -> str:
    counts = effect.counts
    shares = [
        f"{effect.groups[key].without.value:.3f} -> {figure(effect.groups[key].into_urgent)}"
        if key in effect.groups
        else "-"
        for key in ("1-2", "3", "4-5")
    ]
    moved = []
    for metric in COMPARED:
        one = found.differences[metric]
        bounds = f" ({one.low:+.3f} to {one.high:+.3f})" if one.low is not None and one.high is not None else ""
        moved.append(f"{one.value:+.3f}{bounds}" if one.value is not None else "-")
    raised = f"{counts['raised_rightly']} / {counts['raised_wrongly']} / {counts['left']}"
    return f"| {title} | `{name}` | {raised} | {' | '.join([*shares, *moved])} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generated", type=int, default=4000, help="patients of generated/test")
    chosen = parser.parse_args()
    inner, alone, paired = agents(), [], []
    for title, cases in datasets(chosen.generated):
        presentations = [case.presentation for case in cases]
        alarms: list[Alarm] = [alarm(one) for one in presentations]
        quiet = [guarded(Prediction(QUIET_LEVEL), found) for found in alarms]
        effect = effect_of(records_of(cases, quiet, ALONE))
        assert effect is not None
        alone.append(alone_row(title, effect))
        for agent in inner:
            answers = agent.predict(presentations)
            plain = records_of(cases, answers, agent.name)
            raised = records_of(
                cases, [guarded(*pair) for pair in zip(answers, alarms, strict=True)], f"safety:{agent.name}"
            )
            done = effect_of(raised)
            assert done is not None
            found = compare_records(plain, raised, label_a=agent.name, label_b=f"safety:{agent.name}")
            paired.append(paired_row(title, agent.name, done, found))
    print("| data | truth 1-2 | truth 1 | truth 2 | truth 3 | truth 4-5 |\n|---|---|---|---|---|---|")
    print("\n".join(alone))
    print("\n| data | agent | raised rightly / wrongly / left | 1-2 | 3 | 4-5 | sensitivity | over-triage | cost |")
    print("|---|---|---|---|---|---|---|---|---|")
    print("\n".join(paired))


if __name__ == "__main__":
    main()
