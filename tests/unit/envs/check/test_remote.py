"""The checker over the wire: our own server passes, a peer's is caught by the checks that should."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from env_servers import SEVERITIES, SeededPeer, peer_app, served
from triagelab.envs.check import check_env
from triagelab.envs.check.policy import Oracle, policy_of
from triagelab.errors import BadInputError
from triagelab.server.app import build_app

LEAK = "semantic.no_solution_leakage"
PEER = policy_of(
    {
        "reward_range": [0.0, 1.0],
        "return_range": [0.0, 1.0],
        "max_steps": 1,
        "actions": {"grids": [{"severity": ["Mild", "Moderate", "Emergency"]}]},
        "nothing": {"actions": [{"severity": "none"}]},
        "constants": {"mild": {"actions": [{"severity": "Mild"}]}},
    },
    "peer",
)
FAST = [
    "runtime.state_contract", "runtime.seed_control", "runtime.episode_isolation", "runtime.episode_determinism",
    "runtime.trajectory_record", "semantic.floor_gap", "statistical.difficulty_separation",
]  # fmt: skip


@pytest.fixture(scope="module")
def ours() -> Iterator[str]:
    with served(build_app()) as address:
        yield address


def test_our_server_passes_with_the_oracle_of_this_process(ours: str) -> None:
    statuses = {check.id: check.status for check in check_env(f"{ours}/bedside", episodes=2, only=FAST).checks}
    assert statuses.pop("runtime.trajectory_record") == "skip"
    assert set(statuses.values()) == {"pass"}


def test_nothing_leaks_over_the_wire_and_answers_fit_the_schema(ours: str) -> None:
    wanted = ["runtime.observation_schema", "runtime.reward_attribution", "semantic.no_solution_leakage"]
    report = check_env(f"{ours}/esi", episodes=2, only=wanted)
    assert [check.status for check in report.checks] == ["pass"] * 3


def test_a_peer_with_one_patient_no_seeds_and_the_answer_in_the_state_is_caught() -> None:
    with served(peer_app()) as address:
        report = check_env(address, policy=PEER)
    found = {check.id: check.detail for check in report.failed}
    assert "begins differently" in found["runtime.seed_control"]
    assert "true_severity is" in found["semantic.no_solution_leakage"]
    assert "before the first reset is answered with reward" in found["runtime.state_contract"]
    skipped = {check.id: check.detail for check in report.checks if check.status == "skip"}
    assert skipped["runtime.reward_attribution"] == "observations have no 'components'"
    assert "needs runtime.seed_control" in skipped["semantic.oracle_max"]


def test_a_seeded_peer_with_one_patient_fails_isolation_and_leaks_by_value() -> None:
    """The oracle comes from the policy file; its answers are the truth that the state is held against."""
    by_case = {str(seed): ({"severity": SEVERITIES[seed % 3]},) for seed in range(40)}
    policy = PEER.model_copy(
        update={"seeds": tuple(range(40)), "seed_is_public": True, "oracle": Oracle(by_case=by_case)},
    )
    wanted = ["runtime.seed_control", "runtime.episode_isolation", "semantic.floor_gap", LEAK]
    with served(peer_app(SeededPeer)) as address:
        report = check_env(address, policy=policy, only=wanted)
    statuses = {check.id: check.status for check in report.checks}
    assert statuses["runtime.seed_control"] == statuses["semantic.floor_gap"] == "pass"
    found = {check.id: check.detail for check in report.failed}
    assert set(found) == {"runtime.episode_isolation", LEAK}
    assert "colour tells the severity" in found[LEAK]


def test_an_address_that_is_none_or_that_nobody_answers_is_refused() -> None:
    for url in ("http://", "ftp://x", "http://127.0.0.1:1", "http://127.0.0.1:99999"):
        with pytest.raises(BadInputError, match="URL"):
            check_env(url)


def test_a_server_that_is_not_ours_needs_a_policy() -> None:
    with served(peer_app()) as address, pytest.raises(BadInputError, match="--policy FILE"):
        check_env(address)
