"""The patients on whom every policy of the experiment is judged: held out, in the mix that training showed."""

from __future__ import annotations

from pathlib import Path

from triagelab.agents.base import Prediction
from triagelab.agents.local import LocalAgent
from triagelab.cases.schema import LEVELS, Case
from triagelab.datasets.base import Dataset
from triagelab.datasets.registry import load_dataset
from triagelab.evaluation.records import Record, make_record, read_records
from triagelab.evaluation.runner import evaluate
from triagelab.seeding import stream

MIX = (0.06, 0.36, 0.48, 0.09, 0.01)


def held_out(data: str, split: str, n: int, folder: Path | None = None) -> Dataset:
    """Return at most `n` cases of a split in the mix 6/36/48/9/1 %, drawn once and for all."""
    wanted = {level: round(share * n) for level, share in zip(LEVELS, MIX, strict=True)}
    size = {"n": 4 * n} if data == "generated" else {}
    dataset = load_dataset(data, folder, split=split, **size)
    order = stream("reward_collapse.held_out", 0, split).permutation(len(dataset))
    by_level: dict[int, list[Case]] = {level: [] for level in LEVELS}
    for index in order:
        by_level[dataset[int(index)].truth.level].append(dataset[int(index)])
    # Where a level is rarer than its share, every level gives way alike: the mix stays what it is.
    fit = min(1.0, *(len(by_level[level]) / wanted[level] for level in LEVELS))
    chosen = [case for level in LEVELS for case in by_level[level][: int(fit * wanted[level])]]
    return Dataset(dataset.name, tuple(chosen), dataset.scale, notes=dataset.notes)


def judge(model: Path, dataset: Dataset, out: Path, name: str) -> dict:
    """Return the summary of a checkpoint on the held-out cases; it goes on where it stopped."""
    agent = LocalAgent.load(model, max_new_tokens=48, template="esi-brief", batch_size=256)
    agent.name = name
    return evaluate(agent, dataset, out, batch=256, progress=False)


def constant(level: int, dataset: Dataset, repeats: int = 1) -> list[Record]:
    """Return the records of an agent that answers every patient alike."""
    said = Prediction(level=level)
    return [
        make_record(case, said, agent=f"always-{level}", repeat=repeat) for repeat in range(repeats) for case in dataset
    ]


def records_of(folders: list[Path]) -> list[Record]:
    """Return the records of several runs of one reward, the run's place in the list as its repeat."""
    return [
        record.model_copy(update={"repeat": repeat})
        for repeat, folder in enumerate(folders)
        for record in read_records(folder)
    ]
