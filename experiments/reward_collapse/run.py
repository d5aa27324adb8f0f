"""The reward collapse experiment: one start, the same budget, one reward a run. Train, evaluate, report.

    python experiments/reward_collapse/run.py train --out runs/reward_collapse --workers 2
    python experiments/reward_collapse/run.py evaluate --out runs/reward_collapse
    python experiments/reward_collapse/run.py report --out runs/reward_collapse

Every command goes on where it stopped. NHAMCS is looked for in $TRIAGELAB_DATA/nhamcs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from held_out import held_out, judge, unseen

from triagelab.files import read_toml

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Run:
    """One GRPO run of the grid."""

    track: str
    preset: str
    seed: int
    steps: int
    label: str = ""
    settings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.label or self.preset}-s{self.seed}"

    def folder(self, out: Path) -> Path:
        return out / self.track / self.name


def grid(tracks: list[str] | None = None, seeds: list[int] | None = None) -> list[Run]:
    """Return the runs in the order in which they are done: seed by seed, so that an early stop leaves whole grids."""
    raw = read_toml(str(HERE / "grid.toml"))
    runs = []
    for track, about in raw["tracks"].items():
        for seed in seeds or raw["seeds"]:
            for preset in raw["presets"]:
                steps = about["steps"] * (2 if preset in raw["longer"] else 1)
                if not tracks or track in tracks:
                    runs.append(Run(track, preset, seed, steps))
    return runs


def why(tracks: list[str] | None = None) -> list[Run]:
    """Return the runs that look for the cause of what did not happen as published."""
    rows = read_toml(str(HERE / "grid.toml"))["why"]
    runs = [Run(row["track"], row["preset"], 0, row["steps"], row["label"], tuple(row["set"])) for row in rows]
    return [run for run in runs if not tracks or run.track in tracks]


def done_why(track: str, out: Path) -> list[Run]:
    return [run for run in why([track]) if (run.folder(out) / "manifest.json").is_file()]


def data_folder(track: str) -> Path | None:
    return Path(os.environ.get("TRIAGELAB_DATA", "../shared/data")) / "nhamcs" if track == "nhamcs" else None


def data_settings(track: str) -> list[str]:
    folder = data_folder(track)
    return ["--set", f"data.path={folder}"] if folder is not None else []


def command(recipe: str, folder: Path, settings: list[str], resume: bool) -> list[str]:
    line = [sys.executable, "-m", "triagelab.cli.main", "train", str(HERE / recipe), "--out", str(folder), *settings]
    return [*line, "--resume"] if resume else line


def start(track: str, out: Path) -> Path:
    """Return the folder of the track's start policy, trained if it is not there."""
    folder = out / track / "start"
    if not (folder / "manifest.json").is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(command(f"start-{track}.toml", folder, data_settings(track), folder.exists()), check=True)
    return folder


def train_one(run: Run, out: Path) -> str:
    folder = run.folder(out)
    if (folder / "manifest.json").is_file():
        return f"{run.track} {run.name}: done before"
    settings = [*data_settings(run.track)]
    chosen = {"warm_start": start(run.track, out), "reward.preset": run.preset, "seed": run.seed}
    for key, value in {**chosen, "optim.steps": run.steps}.items():
        settings += ["--set", f"{key}={value}"]
    for setting in run.settings:
        settings += ["--set", setting]
    began = time.monotonic()
    with (folder.parent / f"{run.name}.log").open("ab") as log:
        line = [*command(f"grpo-{run.track}.toml", folder, settings, folder.exists()), *ACCEPT]
        done = subprocess.run(line, stdout=log, stderr=log)
    state = "done" if done.returncode == 0 else f"FAILED ({done.returncode})"
    return f"{run.track} {run.name}: {state}, {time.monotonic() - began:.0f} s"


def policies(track: str) -> dict[str, tuple[str, int]]:
    """Return policy -> (preset, step at which it is read); v47 is v46 at twice the steps."""
    raw = read_toml(str(HERE / "grid.toml"))
    steps = raw["tracks"][track]["steps"]
    found = {preset: (preset, steps) for preset in raw["presets"]}
    return found | {raw["longer"][preset]: (preset, 2 * steps) for preset in raw["longer"]}


def seeds_done(track: str, preset: str, out: Path) -> list[int]:
    return [run.seed for run in grid([track]) if run.preset == preset and (run.folder(out) / "manifest.json").is_file()]


def evaluate(arguments: argparse.Namespace) -> None:
    """Judge the start and every finished run on the held-out patients, and the start on unseen ones apart."""
    raw = read_toml(str(HERE / "grid.toml"))
    for track in arguments.tracks or list(raw["tracks"]):
        out, about = arguments.out, raw["tracks"][track]
        model, judged = start(track, out) / "model", out / track / "judged"
        judge(model, unseen(about["data"], about["n_test"], data_folder(track)), judged / "start-unseen", "start")
        cases = held_out(about["data"], about["n_test"], data_folder(track))
        found = judge(model, cases, judged / "start", "start")
        print(f"{track} start: {_words(found)}", flush=True)
        for name, (preset, step) in policies(track).items():
            for seed in seeds_done(track, preset, out):
                model = out / track / f"{preset}-s{seed}" / "checkpoints" / f"checkpoint-{step}"
                found = judge(model, cases, judged / f"{name}-s{seed}", f"{name}-s{seed}")
                print(f"{track} {name} seed {seed}: {_words(found)}", flush=True)
        for run in done_why(track, out):
            found = judge(run.folder(out) / "model", cases, judged / run.name, run.name)
            print(f"{track} {run.name}: {_words(found)}", flush=True)


def _words(summary: dict) -> str:
    return f"exact {summary['exact']['value']:.3f}, cost {summary['cost']['standard']['value']:.3f}"


ACCEPT = ["--accept-exploits"]
"""Most of these rewards are known to be exploitable: that is the experiment."""


def train(arguments: argparse.Namespace) -> None:
    runs = why(arguments.tracks) if arguments.why else grid(arguments.tracks, arguments.seeds)
    runs = [run for run in runs if not arguments.presets or run.preset in arguments.presets]
    for track in dict.fromkeys(run.track for run in runs):
        start(track, arguments.out)
    with ThreadPoolExecutor(arguments.workers) as pool:
        for number, line in enumerate(pool.map(lambda run: train_one(run, arguments.out), runs), 1):
            print(f"{number}/{len(runs)} {line}", flush=True)


def report(arguments: argparse.Namespace) -> None:
    """Write the tables of a track; a command of its own, so that training needs nothing that it imports."""
    from results import write_report

    raw = read_toml(str(HERE / "grid.toml"))
    for track in arguments.tracks or list(raw["tracks"]):
        about = raw["tracks"][track]
        cases = held_out(about["data"], about["n_test"], data_folder(track))
        runs = {
            name: (step, seeds_done(track, preset, arguments.out)) for name, (preset, step) in policies(track).items()
        }
        presets = {name: preset for name, (preset, _) in policies(track).items()}
        causes = {run.label: (run.folder(arguments.out), run.steps) for run in done_why(track, arguments.out)}
        print(write_report(track, arguments.out / track, cases, runs, presets, causes))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["train", "evaluate", "report"])
    parser.add_argument("--out", type=Path, default=Path("runs/reward_collapse"))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--tracks", nargs="*")
    parser.add_argument("--seeds", nargs="*", type=int)
    parser.add_argument("--presets", nargs="*", help="Only these rewards of the grid.")
    parser.add_argument("--why", action="store_true", help="The runs that look for causes, in place of the grid.")
    arguments = parser.parse_args()
    {"train": train, "evaluate": evaluate, "report": report}[arguments.step](arguments)


if __name__ == "__main__":
    main()
