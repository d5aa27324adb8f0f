"""What a report is made of: evaluation folders, training runs, and what a demo leaves beside them."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from triagelab.errors import BadInputError
from triagelab.evaluation.episode_records import EPISODES
from triagelab.evaluation.records import RECORDS, Record, read_records
from triagelab.evaluation.summary import SUMMARY, read_summary

CURVES = "curves.jsonl"
CONFIGS = ("config.json", "config.toml", "recipe.toml", "recipe.json", "manifest.json", "run.json")
REWARD_CHECK = "reward_check.json"
MAX_DEPTH = 4


@dataclass(frozen=True)
class Evaluation:
    """One agent on one dataset."""

    folder: Path
    label: str
    summary: Mapping[str, Any]
    records: tuple[Record, ...]

    @property
    def group(self) -> tuple[str, str, str, str]:
        """Return what must be equal for results to stand side by side: dataset, split, scale, data."""
        one = self.summary
        return str(one["dataset"]), str(one["split"]), str(one["scale"]), str(one["data_hash"])


@dataclass(frozen=True)
class TrainingRun:
    """One training run: its curves, one mapping a logged step, and every configuration file beside them."""

    folder: Path
    label: str
    curves: tuple[Mapping[str, Any], ...]
    configs: Mapping[str, Any]


@dataclass(frozen=True)
class Sources:
    """Everything that the given folders hold, each folder once, in the order given."""

    evaluations: tuple[Evaluation, ...] = ()
    runs: tuple[TrainingRun, ...] = ()
    reward_checks: tuple[Mapping[str, Any], ...] = field(default=())
    episodes: tuple[Path, ...] = ()

    def groups(self) -> list[list[Evaluation]]:
        """Return the evaluations that may be compared, group by group."""
        found: dict[tuple[str, ...], list[Evaluation]] = {}
        for one in self.evaluations:
            found.setdefault(one.group, []).append(one)
        return list(found.values())


def load_sources(dirs: Sequence[Path | str]) -> Sources:
    """Return what `dirs` hold: evaluation folders, training runs, or folders with such folders inside.

    Raises: BadInputError for a folder that is not there or holds neither; DataFormatError for a broken file.
    """
    if not dirs:
        raise BadInputError("folders", "none", "at least one evaluation or training folder")
    evaluations: dict[Path, None] = {}
    runs: dict[Path, None] = {}
    checks: dict[Path, None] = {}
    episodes: dict[Path, None] = {}
    for folder in map(Path, dirs):
        if not folder.is_dir():
            raise BadInputError("folder", str(folder), "an existing evaluation or training folder")
        found = list(_walk(folder))
        inside = sorted((place for place in found if _is_evaluation(place)), key=_finished)
        evaluations |= dict.fromkeys(inside)
        episodes |= dict.fromkeys(place for place in found if _is_episodes(place))
        trained = sorted((place for place in found if (place / CURVES).is_file()), key=_last_step)
        runs |= dict.fromkeys(trained)
        checks |= dict.fromkeys(place / REWARD_CHECK for place in found if (place / REWARD_CHECK).is_file())
    if not evaluations and not runs and not episodes:
        wanted = (
            f"a folder with {SUMMARY} (triagelab evaluate) or {CURVES} (triagelab train), or one above such folders"
        )
        raise BadInputError("folder", ", ".join(str(folder) for folder in dirs), wanted)
    return Sources(
        tuple(_with_labels([_evaluation(place) for place in evaluations])),
        tuple(_run(place) for place in runs),
        tuple(value for place in checks if isinstance(value := _read(place), Mapping)),
        tuple(episodes),
    )


def _walk(top: Path) -> Iterable[Path]:
    """Yield `top` and the folders below it, sorted, to a bounded depth; links and hidden folders are not followed."""
    top = top.resolve()
    for place, folders, _ in os.walk(top):
        here = Path(place)
        depth = len(here.relative_to(top).parts)
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if depth < MAX_DEPTH else []
        yield here


def _is_evaluation(place: Path) -> bool:
    return (place / SUMMARY).is_file() and (place / RECORDS).is_file()


def _is_episodes(place: Path) -> bool:
    return (place / SUMMARY).is_file() and (place / EPISODES).is_file()


def _finished(place: Path) -> tuple[float, str]:
    """Return when the last record was written: agents stand in the order in which they were evaluated."""
    return (place / RECORDS).stat().st_mtime, str(place)


def _evaluation(place: Path) -> Evaluation:
    summary = read_summary(place)
    asked = (summary.get("config") or {}).get("options", {}).get("agent") or summary["agent"]
    name, colon, what = str(asked).partition(":")
    label = f"{name}:{Path(what).name}" if colon and what else name
    return Evaluation(place, label, summary, tuple(read_records(place)))


def _last_step(place: Path) -> tuple[float, str]:
    return (place / CURVES).stat().st_mtime, str(place)


def _with_labels(evaluations: list[Evaluation]) -> Iterable[Evaluation]:
    """Yield the evaluations with labels that differ within each group: the folder's name settles it."""
    taken: dict[tuple[Any, ...], int] = {}
    for one in evaluations:
        taken[(one.group, one.label)] = taken.get((one.group, one.label), 0) + 1
    used: set[tuple[Any, ...]] = set()
    for one in evaluations:
        label = one.label if taken[(one.group, one.label)] == 1 else f"{one.label} [{one.folder.name}]"
        while (one.group, label) in used:
            label += "'"
        used.add((one.group, label))
        yield Evaluation(one.folder, label, one.summary, one.records)


def _run(place: Path) -> TrainingRun:
    configs = {name: _read(place / name) for name in CONFIGS if (place / name).is_file()}
    return TrainingRun(place, place.name, tuple(_curves(place / CURVES)), configs)


def _curves(path: Path) -> list[Mapping[str, Any]]:
    """Return the logged steps in order; a step that a resumed run logged again counts as last logged."""
    rows: dict[tuple[str, float], Mapping[str, Any]] = {}
    with path.open("rb") as stream:
        for line in stream:
            try:
                row = json.loads(line)
            except ValueError:  # the stump that a killed run leaves
                continue
            step = row.get("step") if isinstance(row, dict) else None
            if isinstance(step, int | float) and not isinstance(step, bool):
                rows[(str(row.get("phase", "")), float(step))] = row
    phases = list(dict.fromkeys(phase for phase, _ in rows))
    return [rows[key] for key in sorted(rows, key=lambda key: (phases.index(key[0]), key[1]))]


def _read(path: Path) -> Any:
    """Return the content of a JSON or TOML file; one that cannot be read is shown as text."""
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except ValueError:
        return text[:20_000]
