"""Runs to compare: groups of evaluation folders (one a training seed) on the same questions, as sums by variant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from triagelab.errors import BadInputError
from triagelab.evaluation.imaging.metrics import rows_of
from triagelab.evaluation.imaging.records import SUMMARY, ImagingRecord, read_imaging_records, read_scores
from triagelab.evaluation.imaging.summary import clustered, read_imaging_summary


@dataclass(frozen=True)
class Run:
    """One evaluation folder."""

    folder: Path
    agent: str
    records: tuple[ImagingRecord, ...]
    rows: np.ndarray


@dataclass(frozen=True)
class Group:
    """One agent or reward design: its runs, one a training seed."""

    name: str
    runs: tuple[Run, ...]

    @property
    def seeds(self) -> int:
        return len(self.runs)


@dataclass(frozen=True)
class Block:
    """One split of all groups, in the same order of variants everywhere.

    Shapes: stats: group -> (seeds, variants, N_STATS); first: group -> (seeds, variants), whether the first question
    about each variant was answered rightly.
    """

    split: str
    variants: tuple[str, ...]
    n: int
    stats: Mapping[str, np.ndarray]
    first: Mapping[str, np.ndarray]


def read_groups(specs: Sequence[str]) -> tuple[Group, ...]:
    """Return the groups of `DIR` or `NAME=DIR` arguments; equal names are training seeds of one design.

    A folder of evaluations stands for all of them: under `NAME=` as seeds of one design, else one group each.

    Raises: BadInputError where there is no evaluation, fewer than two groups, or they answer different questions.
    """
    found: dict[str, list[Run]] = {}
    for spec in specs:
        name, given, place = spec.partition("=") if "=" in spec and not Path(spec).exists() else ("", "", spec)
        if given and not (name and place):
            raise BadInputError("evaluation folder", spec, "DIR or NAME=DIR")
        for folder in _folders(Path(place)):
            run = _read(folder)
            label = name or run.agent
            if not given and label in found:
                label = f"{run.agent} [{folder.name}]"
            if not given and label in found:
                label = f"{run.agent} [{folder}]"
            found.setdefault(label, []).append(run)
    groups = tuple(Group(name, tuple(runs)) for name, runs in found.items())
    if len(groups) < 2:
        names = ", ".join(found) or "none"
        raise BadInputError("evaluation folders", names, "at least two agents or designs to compare")
    _check_same(groups)
    return groups


def _folders(place: Path) -> list[Path]:
    if (place / SUMMARY).is_file():
        return [place]
    found = sorted(entry.parent for entry in place.glob(f"*/{SUMMARY}")) if place.is_dir() else []
    if not found:
        raise BadInputError("evaluation folder", str(place), "a folder of triagelab imaging evaluate", "run that first")
    return found


def _read(folder: Path) -> Run:
    agent = str(read_imaging_summary(folder)["agent"])
    records = read_imaging_records(folder)
    records.sort(key=lambda record: record.repeat)  # stable: questions stay in their order
    return Run(folder, agent, tuple(records), rows_of(records, read_scores(folder)))


def _check_same(groups: Sequence[Group]) -> None:
    """Raise BadInputError unless every run answers the same questions as often, with the same truth."""
    runs = [run for group in groups for run in group.runs]
    first = {record.key: (record.gold, record.variant_id, record.split) for record in runs[0].records}
    for run in runs[1:]:
        here = {record.key: (record.gold, record.variant_id, record.split) for record in run.records}
        differ = sorted(key for key in here.keys() | first.keys() if here.get(key) != first.get(key))
        if differ:
            what = f"{run.folder} and {runs[0].folder} differ in {len(differ)} answers, first row {differ[0][0]!r}"
            raise BadInputError("evaluation folders", what, "the same questions, splits and repeats in all")


def blocks_of(groups: Sequence[Group]) -> list[Block]:
    """Return one block a split that the runs have, in-distribution first."""
    reference = groups[0].runs[0].records
    found = []
    for split in ("train", "test", "ood"):
        chosen = [record for record in reference if record.split == split]
        if not chosen:
            continue
        variants = tuple(dict.fromkeys(record.variant_id for record in chosen))
        stats, first = {}, {}
        for group in groups:
            sums, rights = zip(*(_by_variant(run, split, variants) for run in group.runs), strict=True)
            stats[group.name], first[group.name] = np.stack(sums), np.stack(rights)
        found.append(Block(split, variants, len(chosen), stats, first))
    return found


def _by_variant(run: Run, split: str, variants: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums of each variant, and whether its first question (by procedure) was answered rightly."""
    chosen = [place for place, record in enumerate(run.records) if record.split == split]
    order = {name: number for number, name in enumerate(variants)}
    chosen.sort(key=lambda place: order[run.records[place].variant_id])
    names = [run.records[place].variant_id for place in chosen]
    first: dict[str, ImagingRecord] = {}
    for place in chosen:
        record = run.records[place]
        kept = first.get(record.variant_id)
        if kept is None or (record.repeat, record.procedure) < (kept.repeat, kept.procedure):
            first[record.variant_id] = record
    return clustered(run.rows[chosen], names), np.array([first[name].right for name in variants], dtype=float)


__all__ = ["Block", "Group", "Run", "blocks_of", "read_groups"]
