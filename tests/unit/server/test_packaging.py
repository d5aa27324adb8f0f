"""What a Space and `openenv validate` read: it agrees with the environments and with the pinned versions."""

import json
import shutil
from pathlib import Path

import yaml
from openenv.cli.__main__ import app
from typer.testing import CliRunner

from triagelab.envs.registry import make
from triagelab.server.app import AT_ROOT
from triagelab.version import VERSION

ROOT = Path(__file__).parents[3]
MANIFEST = yaml.safe_load((ROOT / "openenv.yaml").read_text())


def test_openenv_validates_the_package(tmp_path):
    # A copy: the check reads every byte below the folder twice and fails where anything changes meanwhile.
    for name in ("openenv.yaml", "Dockerfile", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "validation", tmp_path / "validation")
    done = CliRunner().invoke(app, ["validate", "--level", "static", "--skip-build", "--json", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["verdict"] == "pass"


def test_the_manifest_says_what_the_environment_at_the_root_is():
    kind, said = make(AT_ROOT).kind, MANIFEST["validation"]
    assert MANIFEST["version"] == VERSION
    assert tuple(said["reward"]["range"]) == kind.reward_range
    assert said["capabilities"]["declared_task_count"] == {split: kind.task_count(split) for split in kind.splits}


def test_the_probe_is_a_whole_episode_inside_the_declared_range():
    probe = json.loads((ROOT / MANIFEST["validation"]["execution"]["probe_path"]).read_text())
    low, high = MANIFEST["validation"]["reward"]["range"]
    with make(AT_ROOT) as env:
        env.reset(seed=probe["reset"]["seed"], episode_id=probe["reset"]["episode_id"], **probe["reset"]["options"])
        seen = [env.step(action) for action in probe["actions"]]
    assert seen[-1].done
    assert all(low <= item.reward <= high for item in seen)


def test_the_image_is_pinned_unprivileged_and_healthy_on_the_declared_port():
    text = (ROOT / MANIFEST["validation"]["execution"]["dockerfile"]).read_text()
    port = str(MANIFEST["port"])
    assert "FROM python:3.11-slim" in text
    assert "-c constraints.txt" in text
    assert f"EXPOSE {port}" in text
    assert f'"--port", "{port}"' in text
    assert f"127.0.0.1:{port}/health" in text
    steps = [line.split()[0] for line in text.splitlines() if line[:1].isupper()]
    assert steps.index("RUN") < steps.index("USER") < steps.index("CMD")
