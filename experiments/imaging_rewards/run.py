"""Four imaging rewards compared: one start, the same questions, the same budget, three seeds; then unseen patients.

    python experiments/imaging_rewards/run.py all --out runs/imaging_rewards --workers 2
    python experiments/imaging_rewards/run.py train --out runs/imaging_rewards --workers 2
    python experiments/imaging_rewards/run.py evaluate --out runs/imaging_rewards --workers 2
    python experiments/imaging_rewards/run.py report --out runs/imaging_rewards

Every command goes on where it stopped. `--published` adds the published forms of the four rewards.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from triagelab.rewards.imaging.preset import load_imaging_preset

DESIGNS = ("baseline", "citations", "llm-eval", "embedding")
SEEDS = (0, 1, 2)
START, JUDGED = "start", "judged"
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Run:
    """One GRPO run of the grid. `published`: with the published form of the reward."""

    design: str
    seed: int
    published: bool = False

    @property
    def arm(self) -> str:
        return f"{self.design}-published" if self.published else self.design

    @property
    def name(self) -> str:
        return f"{self.arm}-s{self.seed}"

    def command(self, out: Path, extra: Sequence[str]) -> list[str]:
        """Return the line that trains it, or that goes on with it."""
        settings = {
            "warm_start": str(out / START),
            "seed": str(self.seed),
            "reward.preset": f"imaging-{self.arm}",
        }
        line = _train(f"tiny-imaging-grpo-{self.design}", out / self.name, [f"{k}={v}" for k, v in settings.items()])
        # The comparison is of rewards as they are; what the audit says of each is reported beside it.
        return [*line, *_settings(extra), "--accept-exploits"]


def grid(seeds: Iterable[int], designs: Iterable[str], *, published: bool) -> list[Run]:
    """Return the runs seed by seed, so that an early stop leaves whole grids."""
    forms = (False, True) if published else (False,)
    return [Run(design, seed, form) for seed in seeds for form in forms for design in designs]


def _train(recipe: str, folder: Path, settings: Sequence[str]) -> list[str]:
    line = [sys.executable, "-m", "triagelab.cli.main", "train", recipe, "--out", str(folder), *_settings(settings)]
    return [*line, "--resume"] if folder.exists() else line


def _settings(pairs: Sequence[str]) -> list[str]:
    return [part for pair in pairs for part in ("--set", pair)]


def done(folder: Path, name: str = "manifest.json") -> bool:
    return (folder / name).is_file()


def call(line: Sequence[str], log: Path) -> str:
    """Run a command with one thread and return `done` or `FAILED` with the seconds it took."""
    began = time.monotonic()
    threads = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    with log.open("ab") as sink:
        code = subprocess.run(line, stdout=sink, stderr=sink, env=threads).returncode
    state = "done" if code == 0 else f"FAILED ({code}), see {log}"
    return f"{state}, {time.monotonic() - began:.0f} s"


def in_parallel(jobs: Sequence[tuple[str, Callable[[], str]]], workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        for number, (name, told) in enumerate(zip(jobs, pool.map(lambda job: job[1](), jobs), strict=True), 1):
            print(f"{number}/{len(jobs)} {name[0]}: {told}", flush=True)


def train(arguments: argparse.Namespace) -> None:
    """Train the start policy if it is not there, then every run of the grid that is not done."""
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    if not done(out / START):
        line = [*_train("tiny-imaging-sft", out / START, arguments.start_set), "--accept-exploits"]
        print(f"start: {call(line, out / 'start.log')}", flush=True)
    if not done(out / START):
        raise SystemExit("the start policy was not trained")

    def one(run: Run) -> Callable[[], str]:
        return lambda: call(run.command(out, arguments.set), out / f"{run.name}.log")

    runs = [run for run in chosen(arguments) if not done(out / run.name)]
    in_parallel([(run.name, one(run)) for run in runs], arguments.workers)


def chosen(arguments: argparse.Namespace) -> list[Run]:
    return grid(arguments.seeds, arguments.designs, published=arguments.published)


def evaluate(arguments: argparse.Namespace) -> None:
    """Let the start and every finished run answer the test rows and the rows of held-out conditions."""
    out: Path = arguments.out
    shows = {run.name: _evidence(run) for run in chosen(arguments) if done(out / run.name)}
    jobs = []
    for name, evidence in ({START: False} | shows).items():
        folder = out / JUDGED / name
        if not done(folder, "summary.json"):
            jobs.append((name, _judging(out / name, folder, evidence=evidence, n=arguments.n)))
    in_parallel(jobs, arguments.workers)


def _evidence(run: Run) -> bool:
    """Return whether the prompts of a run carry evidence, as its reward says."""
    return load_imaging_preset(f"imaging-{run.arm}").evidence


def _judging(run: Path, folder: Path, *, evidence: bool, n: int | None) -> Callable[[], str]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    line = [sys.executable, str(HERE / "judged.py"), str(run), str(folder), *(["--evidence"] if evidence else [])]
    line += [] if n is None else ["--n", str(n)]
    return lambda: call(line, folder.with_suffix(".log"))


def report(arguments: argparse.Namespace) -> None:
    """Write results.json and results.md."""
    from judged import write_report

    place = arguments.out / JUDGED
    groups = {START: [place / START]}
    for run in chosen(arguments):
        if done(place / run.name, "summary.json"):
            groups.setdefault(run.arm, []).append(place / run.name)
    print(write_report(arguments.out, groups))


def everything(arguments: argparse.Namespace) -> None:
    for step in (train, evaluate, report):
        step(arguments)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["all", "train", "evaluate", "report"])
    parser.add_argument("--out", type=Path, default=Path("runs/imaging_rewards"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seeds", nargs="*", type=int, default=list(SEEDS))
    parser.add_argument("--designs", nargs="*", choices=DESIGNS, default=list(DESIGNS))
    parser.add_argument("--published", action="store_true", help="The published forms of the rewards, too.")
    parser.add_argument("--n", type=int, help="Rows of each split that are judged, for a trial.")
    parser.add_argument("--set", nargs="*", default=[], help="Settings of every GRPO run, such as optim.steps=10.")
    parser.add_argument("--start-set", nargs="*", default=[], help="Settings of the SFT run.")
    arguments = parser.parse_args()
    {"all": everything, "train": train, "evaluate": evaluate, "report": report}[arguments.step](arguments)


if __name__ == "__main__":
    main()
