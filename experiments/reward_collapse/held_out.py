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
from triagelab.files import read_toml
from triagelab.seeding import stream

HERE = Path(__file__).parent
MIX = (0.06, 0.36, 0.48, 0.09, 0.01)


def held_out(data: str, n: int, folder: Path | None = None) -> Dataset:
    """Return at most `n` cases to judge by: NHAMCS 2019 and 2020, or generated patients of the test families."""
    if data == "generated":
        return in_mix(load_dataset(data, split="test", n=4 * n), n, "judge")
    years = [load_dataset(data, folder, split=split) for split in ("dev", "test")]
    both = tuple(case for year in years for case in year)
    return in_mix(Dataset(data, both, years[0].scale, notes=years[0].notes), n, "judge")


def unseen(data: str, n: int, folder: Path | None = None) -> Dataset:
    """Return at most `n` cases that tell what the start policy confuses: neither judged by nor shown to it.

    Of NHAMCS visits of the training years that were not among those drawn for the start; else the dev families.
    """
    if data == "generated":
        return in_mix(load_dataset(data, split="dev", n=4 * n), n, "confusion")
    drawn = read_toml(str(HERE / f"start-{data}.toml"))["data"]["n"]
    shown = {case.case_id for case in load_dataset(data, folder, split="train", limit=drawn, seed=0)}
    whole = load_dataset(data, folder, split="train")
    rest = tuple(case for case in whole if case.case_id not in shown)
    return in_mix(Dataset(data, rest, whole.scale, notes=whole.notes), n, "confusion")


def in_mix(dataset: Dataset, n: int, purpose: str) -> Dataset:
    """Return at most `n` cases in the mix 6/36/48/9/1 %, drawn once and for all."""
    wanted = {level: round(share * n) for level, share in zip(LEVELS, MIX, strict=True)}
    order = stream("reward_collapse.held_out", 0, purpose).permutation(len(dataset))
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
