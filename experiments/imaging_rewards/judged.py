"""One policy answers the rows that no run has seen; the answers of all policies become the tables.

python experiments/imaging_rewards/judged.py RUN OUT [--evidence] [--n 50]
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from triagelab.agents.imaging_registry import make_imaging_agent
from triagelab.cases.imaging.generator import dataset_split
from triagelab.completions.imaging_evidence import evidence_lines
from triagelab.evaluation.imaging.compare import compare_imaging
from triagelab.evaluation.imaging.run import Scorers, evaluate_imaging
from triagelab.files import atomic_writer, write_json
from triagelab.rewards.imaging.rubric import RubricScorer
from triagelab.sentences import SentenceEncoder

SPLITS = ("test", "ood")


def judge(run: Path, out: Path, *, evidence: bool, n: int | None = None) -> dict[str, Any]:
    """Return the summary of a run's greedy answers, in the prompts in which its reward trained it.

    Args:
        n: rows of each split, for a trial; None is all of them.
    """
    cases = [case for split in SPLITS for case in dataset_split(split)[:n]]
    options = {"evidence": evidence_lines} if evidence else {}
    agent = make_imaging_agent(f"model:{run}", **options)
    scorers = Scorers(encoder=SentenceEncoder(), judge=RubricScorer())
    return evaluate_imaging(agent, cases, out, scorers=scorers, progress=False, config={"evidence": evidence})


def write_report(out: Path, judged: Mapping[str, Sequence[Path]]) -> str:
    """Write results.json and results.md of name -> evaluation folders, one a seed, and return the table as text."""
    found = compare_imaging([f"{name}={folder}" for name, folders in judged.items() for folder in folders])
    write_json(out / "results.json", found.to_dict())
    with atomic_writer(out / "results.md") as sink:
        sink.write(found.markdown())
    return "\n".join(found.lines())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--evidence", action="store_true", help="Prompts with evidence.")
    parser.add_argument("--n", type=int, help="Rows of each split, for a trial.")
    arguments = parser.parse_args()
    found = judge(arguments.run, arguments.out, evidence=arguments.evidence, n=arguments.n)
    for split, part in found["splits"].items():
        values = {name: row["value"] for name, row in part["metrics"].items()}
        print(split, {name: None if value is None else round(value, 3) for name, value in values.items()}, flush=True)


if __name__ == "__main__":
    main()
