"""The benchmark: the same numbers however it is run, and nothing lost when it is stopped."""

from __future__ import annotations

import builtins
import json

import pytest

from triagelab.errors import BadInputError, MissingDependencyError, RunStateError, UnknownNameError
from triagelab.evaluation.crisis import benchmark as module
from triagelab.evaluation.crisis.benchmark import (
    BenchmarkConfig,
    default_policies,
    default_scenarios,
    run_benchmark,
)
from triagelab.evaluation.crisis.pools import in_order
from triagelab.evaluation.crisis.ray_pool import on_ray

SMALL = BenchmarkConfig(("heuristic", "flag-spam"), ("mass_casualty",), episodes=2, rounds=0)
"""Searches little: these tests are about the running, not about the bound."""


@pytest.fixture(scope="module")
def reference():
    return run_benchmark(SMALL, progress=False)


def test_the_scale_is_always_played(reference):
    assert list(reference["scenarios"]["mass_casualty"]) == ["nothing", "heuristic", "flag-spam", "oracle"]
    assert reference["overall"]["nothing"]["composite"] == pytest.approx(0)
    assert reference["overall"]["oracle"]["composite"] == pytest.approx(100)
    assert set(reference["overall"]["heuristic"]) >= {"composite", "low", "high", "grade"}
    json.dumps(reference, allow_nan=False)


def test_processes_give_the_same_numbers(reference):
    assert run_benchmark(SMALL, workers=2, progress=False) == reference


def test_a_local_ray_cluster_gives_the_same_numbers(reference):
    pytest.importorskip("ray")
    assert run_benchmark(SMALL, ray="local", progress=False) == reference


def test_without_ray_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest, **more):
        if name == "ray":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingDependencyError, match=r"triagelab\[ray\]"):
        list(on_ray(abs, [1], "local"))


def test_results_come_in_the_order_of_the_tasks():
    tasks = [-3, 1, -2]
    assert list(in_order(abs, tasks)) == list(in_order(abs, tasks, workers=2)) == [3, 1, 2]


def test_a_stopped_benchmark_goes_on_and_ends_alike(tmp_path, reference, monkeypatch):
    real, calls = module.play_set, []

    def stops(task):
        calls.append(task)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(task)

    monkeypatch.setattr(module, "play_set", stops)
    with pytest.raises(KeyboardInterrupt):
        run_benchmark(SMALL, out=tmp_path, progress=False)
    lines = (tmp_path / "records.jsonl").read_text().splitlines()
    assert len(lines) == 4
    (tmp_path / "records.jsonl").write_text("\n".join(lines[:3]) + "\n" + lines[3][:50])
    monkeypatch.setattr(module, "play_set", real)
    assert run_benchmark(SMALL, out=tmp_path, resume=True, progress=False) == reference
    assert sorted((tmp_path / "records.jsonl").read_text().splitlines())[:1] == sorted(lines)[:1]
    assert len((tmp_path / "records.jsonl").read_text().splitlines()) == 8
    assert json.loads((tmp_path / "summary.json").read_text()) == reference
    monkeypatch.setattr(module, "play_set", None)  # a finished one plays nothing again
    assert run_benchmark(SMALL, out=tmp_path, resume=True, progress=False) == reference


def test_a_folder_of_another_configuration_is_refused(tmp_path):
    run_benchmark(SMALL, out=tmp_path, progress=False)
    with pytest.raises(RunStateError, match="--resume"):
        run_benchmark(SMALL, out=tmp_path, progress=False)
    other = BenchmarkConfig(("heuristic", "flag-spam"), ("mass_casualty",), episodes=2, difficulty=0.6, rounds=0)
    with pytest.raises(RunStateError, match=r"difficulty was 0\.5, is 0\.6"):
        run_benchmark(other, out=tmp_path, resume=True, progress=False)


def test_progress_says_what_is_left(capsys):
    run_benchmark(SMALL, progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"policies": ("heuristics",)}, UnknownNameError),
        ({"policies": ()}, BadInputError),
        ({"policies": ("nothing", "nothing")}, BadInputError),
        ({"scenarios": ("flood",)}, UnknownNameError),
        ({"scenarios": ()}, BadInputError),
        ({"episodes": 0}, BadInputError),
        ({"difficulty": float("nan")}, BadInputError),
        ({"difficulty": -0.1}, BadInputError),
        ({"seed": -1}, BadInputError),
        ({"steps": 3}, BadInputError),
    ],
)
def test_values_that_make_no_benchmark_are_refused(arguments, error):
    with pytest.raises(error):
        BenchmarkConfig(**{"policies": ("nothing",), "scenarios": ("mass_casualty",), **arguments})


def test_workers_are_a_number_from_one():
    with pytest.raises(BadInputError, match="workers"):
        run_benchmark(SMALL, workers=0, progress=False)


def test_defaults_are_all_of_them():
    assert default_policies() == (
        "nothing",
        "random",
        "flag-spam",
        "discharge-all",
        "triage-only",
        "heuristic",
        "oracle",
    )
    assert len(default_scenarios()) == 5
