"""The main job in one call: patients, reward check, SFT, GRPO, evaluation before and after, report."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triagelab.datasets.base import Dataset
from triagelab.errors import BadInputError, DataFormatError, RunStateError
from triagelab.files import read_toml, write_json, write_jsonl

_FROZEN = ConfigDict(extra="forbid", frozen=True)
STATE, CASES = "demo.json", "cases.jsonl"


class CaseCounts(BaseModel):
    """How many patients to generate for each split."""

    model_config = _FROZEN
    train: int = Field(ge=1)
    dev: int = Field(ge=1)
    test: int = Field(ge=1)


class Step(BaseModel):
    """One training run of the plan: a recipe and the settings that differ from it."""

    model_config = _FROZEN
    recipe: str
    set: dict[str, Any] = Field(default_factory=dict)


class Plan(BaseModel):
    """What a demo does. `agents` are the baselines beside the two trained models."""

    model_config = _FROZEN
    about: str
    dataset: str
    seed: int = Field(0, ge=0)
    cases: CaseCounts | None = None
    agents: tuple[str, ...]
    sft: Step
    grpo: Step


def load_plan(name: str) -> Plan:
    """Return a shipped plan by the name of its data."""
    place = resources.files("triagelab.training") / "plans" / f"{name}.toml"
    try:
        return Plan.model_validate(read_toml(str(place), "plan"))
    except ValidationError as error:
        first = error.errors()[0]
        raise DataFormatError(f"{place}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def run_demo(name: str, path: Path | None, out: Path, *, plan: Plan | None = None) -> Path:
    """Run or resume the demo in `out` and return the report's path.

    Every stage leaves its own folder; a second call in the same folder goes on where the first was stopped.

    Raises: BadInputError where the data needs a path, RunStateError where `out` holds another demo.
    """
    plan = plan or load_plan(name)
    source = _source(plan, path)
    state = _State(out, plan, source)
    with state.stage("patients"):
        dataset = _patients(plan, source, out)
        _say(f"  {_counts(dataset)}")
    with state.stage("reward check"):
        _reward_check(plan, dataset, out)
    for kind, step in (("sft", plan.sft), ("grpo", plan.grpo)):
        with state.stage(kind):
            _train(kind, step, plan, source, out)
    evaluated = []
    for agent in (*plan.agents, "sft", "grpo"):
        with state.stage(f"evaluate {agent}"):
            evaluated.append(_evaluate(agent, dataset, out))
    with state.stage("report"):
        report = _report(evaluated, out)
    _print_results(evaluated, out, report, state.seconds)
    return report


def _source(plan: Plan, path: Path | None) -> Path | None:
    if plan.cases is not None:
        if path is not None:
            raise BadInputError("--path", str(path), "nothing: generated patients need no path")
        return None
    if path is None:
        raise BadInputError("--path", None, "the folder with the source's files", "docs/data.md says where to get them")
    if not path.is_dir():
        raise BadInputError("--path", str(path), "an existing folder", "docs/data.md says where to get the files")
    return path


class _State:
    """Remembers which demo a folder holds, and how long each stage has taken over all calls."""

    def __init__(self, out: Path, plan: Plan, source: Path | None) -> None:
        self.place = out / STATE
        wanted = {"plan": plan.model_dump(mode="json"), "path": str(source.resolve()) if source else None}
        if self.place.is_file():
            saved = json.loads(self.place.read_text(encoding="utf-8"))
            if {key: saved.get(key) for key in wanted} != wanted:
                raise RunStateError(f"{out}: holds a demo with other data or settings; choose another --out")
            self.saved = saved
            _say(f"resuming in {out}")
        elif out.is_dir() and any(out.iterdir()):
            raise RunStateError(f"{out}: holds files that are no demo; choose another --out")
        else:
            self.saved = {**wanted, "seconds": {}}

    @property
    def seconds(self) -> float:
        return sum(self.saved["seconds"].values())

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        _say(f"[{name}]")
        before = self.saved["seconds"].get(name, 0.0)
        start = time.monotonic()
        try:
            yield
        finally:
            # A stage that is stopped keeps the time it took, so the total is honest after a resume.
            if self.place.parent.is_dir():
                self.saved["seconds"][name] = round(before + time.monotonic() - start, 2)
                write_json(self.place, self.saved)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _patients(plan: Plan, source: Path | None, out: Path) -> Dataset:
    from triagelab.datasets.registry import load_dataset

    if plan.cases is None:
        return load_dataset(plan.dataset, source)
    place = out / CASES
    if not place.is_file():
        parts = [load_dataset(plan.dataset, split=s, n=n, seed=plan.seed) for s, n in plan.cases.model_dump().items()]
        write_jsonl(place, (case.to_dict() for part in parts for case in part))
    return load_dataset(plan.dataset, place)


def _counts(dataset: Dataset) -> str:
    parts = []
    for split in ("train", "dev", "test"):
        cases = dataset.split(split)
        levels = [sum(case.truth.level == level for case in cases) for level in range(1, 6)]
        parts.append(f"{split} {len(cases)} (levels {'/'.join(map(str, levels))})")
    return ", ".join(parts)


def _reward_check(plan: Plan, dataset: Dataset, out: Path) -> None:
    from triagelab.rewards.presets import load_preset
    from triagelab.rewards.scripted import policy_rewards
    from triagelab.training.recipe_files import load_recipe

    preset = load_recipe(plan.grpo.recipe, plan.grpo.set).reward.preset
    rows = policy_rewards(load_preset(preset), list(dataset.split("dev"))[:300])
    write_json(
        out / "reward_check.json", {"preset": preset, "cases": min(300, len(dataset.split("dev"))), "policies": rows}
    )
    for row in sorted(rows, key=lambda item: -item["mean_reward"]):
        _say(f"  {row['policy']:<24} {row['mean_reward']:+.3f}")


def _train(kind: str, step: Step, plan: Plan, source: Path | None, out: Path) -> None:
    from triagelab.training.run import train

    place = source or out / CASES
    settings: dict[str, Any] = {"data.name": plan.dataset, "data.path": str(place.resolve()), **step.set}
    if kind == "grpo":
        settings["warm_start"] = str((out / "sft").resolve())
    train(step.recipe, out / kind, resume=(out / kind).is_dir(), overrides=settings)


def _evaluate(agent: str, dataset: Dataset, out: Path) -> Path:
    from triagelab.agents.registry import load_agent
    from triagelab.evaluation import runner
    from triagelab.training.tabular import fitted_spec

    folder = out / "eval" / agent
    spec = f"model:{out / agent}" if agent in ("sft", "grpo") else fitted_spec(agent, dataset)
    loaded = load_agent(spec)
    summary = runner.evaluate(loaded, dataset.split("test"), folder, split="test", config={"agent": agent})
    _say("  " + _row(agent, summary))
    return folder


def _report(evaluated: list[Path], out: Path) -> Path:
    from triagelab.evaluation.report import build_report

    return build_report([*evaluated, out / "sft", out / "grpo", out], out / "report.html")


COLUMNS = (
    ("exact", "exact"),
    ("within_one", "within one"),
    ("qwk", "kappa"),
    ("sensitivity_1_2", "sens. 1-2"),
    ("severe_under_triage", "severe under"),
    ("no_answer", "no answer"),
    ("cost", "cost"),
)


def _row(agent: str, summary: dict[str, Any]) -> str:
    from triagelab.evaluation.summary import figure

    return f"{agent}: " + ", ".join(f"{label} {figure(summary[name], 2)}" for name, label in COLUMNS[:3])


def _print_results(evaluated: list[Path], out: Path, report: Path, seconds: float) -> None:
    from triagelab.evaluation import paired
    from triagelab.evaluation.summary import read_summary

    summaries = {folder.name: read_summary(folder) for folder in evaluated}
    first = next(iter(summaries.values()))
    print(f"\n{first['dataset']} test split, n = {first['n']}, scale {first['scale']}, 95 % intervals")
    for line in _table(summaries, _cell):
        print(line)
    comparison = paired.compare(out / "eval" / "sft", out / "eval" / "grpo")
    print("\nSFT versus GRPO on the same patients")
    for line in comparison.lines():
        print(line)
    print(f"\ntook {seconds / 60:.1f} minutes; research and education only, not a medical device")
    print(f"report: {report}")


def _cell(summary: dict[str, Any], name: str) -> str:
    from triagelab.evaluation.summary import figure

    metric = summary["cost"]["standard"] if name == "cost" else summary[name]
    if metric["value"] is not None and metric["low"] is None:
        return f"{metric['value']:.2f} (no interval)"
    return figure(metric, 2)


def _table(summaries: dict[str, dict[str, Any]], cell: Callable[[dict[str, Any], str], str]) -> list[str]:
    rows = [["agent", *(label for _, label in COLUMNS)]]
    rows += [[agent, *(cell(summary, name) for name, _ in COLUMNS)] for agent, summary in summaries.items()]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
