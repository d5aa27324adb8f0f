"""The checker passes what is sound, and each broken environment fails the one check that is there for it."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from broken_envs import BROKEN, LEAVING, SLOW, Broken, FilesLeftOpen
from env_samples import SampleKind, sample_policy
from triagelab.envs.base import Environment
from triagelab.envs.check import CHECKS, ContractError, Report, check_env
from triagelab.envs.check.checker import open_lab, run_checks
from triagelab.envs.registry import REGISTRY
from triagelab.errors import BadInputError, UnknownNameError

# An episode of crisis-v1 is a whole hospital, so fewer of them: the quick level's case draws, checks and limits stay.
FEWER = {"crisis-v1": {"cases": 5, "episodes": 16}}


def failures(report: Report) -> dict[str, str]:
    return {check.id: check.detail for check in report.failed}


@pytest.fixture(scope="module")
def sound() -> Report:
    return check_env(SampleKind(), policy=sample_policy())


def test_a_sound_environment_passes_every_check(sound: Report) -> None:
    assert [(check.id, check.status) for check in sound.checks] == [(name, "pass") for name in CHECKS]
    sound.raise_on_failure()


@pytest.mark.timeout(900)  # crisis-v1 plays some thousand steps of a whole hospital, on a busy machine too
@pytest.mark.parametrize("env_id", REGISTRY)
def test_every_environment_of_the_registry_keeps_the_contract(env_id: str) -> None:
    bench = open_lab(env_id, policy=None, level="quick")
    bench.budget = replace(bench.budget, **FEWER.get(env_id, {}))
    report = Report(env_id, tuple(run_checks(bench, None)))
    assert [check.id for check in report.checks] == list(CHECKS)
    assert failures(report) == {}
    skipped = {check.id for check in report.checks if check.status == "skip"}
    assert skipped <= {"statistical.difficulty_separation"}, "only tiers may be missing"


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_a_broken_environment_fails_the_check_that_is_there_for_it(broken: Broken) -> None:
    found = failures(check_env(broken.make, policy=sample_policy()))
    assert list(found) == [broken.check]
    assert broken.word in found[broken.check]
    assert "\n" not in found[broken.check]


def test_slow_steps_fail_the_bounds() -> None:
    found = failures(check_env(SLOW.make, policy=sample_policy(), only=[SLOW.check]))
    assert SLOW.word in found[SLOW.check]


def test_files_that_stay_open_fail_the_bounds() -> None:
    try:
        found = failures(check_env(LEAVING.make, policy=sample_policy(), only=[LEAVING.check]))
        assert LEAVING.word in found[LEAVING.check]
    finally:
        while FilesLeftOpen.kept:
            os.close(FilesLeftOpen.kept.pop())


def test_every_check_has_a_broken_environment() -> None:
    assert {broken.check for broken in BROKEN} == set(CHECKS)


def test_the_ids_are_those_that_openenv_reserves() -> None:
    found = find_spec("openenv")  # not imported: that takes seconds
    assert found is not None
    assert found.submodule_search_locations is not None
    text = Path(found.submodule_search_locations[0], "validation", "policies", "severity-v2.json").read_text()
    assert set(CHECKS) <= {entry["check_id"] for entry in json.loads(text)["entries"]}


def test_a_report_raises_with_every_failure_in_one_line() -> None:
    report = check_env(BROKEN[0].make, policy=sample_policy(), only=[BROKEN[0].check])
    with pytest.raises(ContractError, match=r"runtime\.seed_control: train/"):
        report.raise_on_failure()


def test_only_what_was_asked_for_runs() -> None:
    report = check_env(SampleKind(), policy=sample_policy(), only=["runtime.seed_control"])
    assert [check.id for check in report.checks] == ["runtime.seed_control"]


def test_what_is_missing_is_skipped_with_a_reason() -> None:
    bare = sample_policy().model_copy(update={"nothing": None, "components": "parts"})
    wanted = ["semantic.floor_gap", "runtime.reward_attribution"]
    details = {c.id: (c.status, c.detail) for c in check_env(SampleKind(), policy=bare, only=wanted).checks}
    assert details["semantic.floor_gap"] == ("skip", "the policy file does not say what doing nothing is")
    assert details["runtime.reward_attribution"] == ("skip", "observations have no 'parts'")


def test_the_declared_margins_and_ceilings_decide() -> None:
    strict = sample_policy().model_copy(update={"floor_margin": 0.99})
    found = failures(check_env(SampleKind(), policy=strict, only=["semantic.floor_gap"]))
    assert "declared is at least 0.99" in found["semantic.floor_gap"]


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="bedside-v1"):
        check_env("bedsite-v1")
    with pytest.raises(UnknownNameError, match="seed_control"):
        check_env(SampleKind(), policy=sample_policy(), only=["runtime.seed_controll"])
    with pytest.raises(UnknownNameError, match="quick"):
        check_env("esi-v1", level="quik")


def test_a_kind_nobody_knows_needs_a_policy() -> None:
    with pytest.raises(BadInputError, match="--policy FILE"):
        check_env(lambda: Environment(SampleKind()))
    with pytest.raises(BadInputError, match="episodes"):
        check_env("esi-v1", episodes=0)
