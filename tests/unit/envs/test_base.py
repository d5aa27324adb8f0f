"""The lifecycle of every environment: what is refused, and that closed means closed."""

from __future__ import annotations

import pytest

from bedside_samples import bedside
from triagelab.envs.base import EpisodeError
from triagelab.errors import BadInputError


def test_nothing_is_told_after_close() -> None:
    env = bedside()
    env.reset(seed=1)
    env.close()
    for late in (lambda: env.record, lambda: env.state, lambda: env.tasks("tasks"), env.best, env.reset):
        with pytest.raises(EpisodeError, match="closed; make a new environment"):
            late()
    env.close()


@pytest.mark.parametrize("nested", [400, 800, 980])
def test_an_action_nested_as_deep_as_json_can_be_is_refused_in_one_line(nested: int) -> None:
    env = bedside()
    env.reset(seed=1)
    deep: dict[str, object] = {}
    for _ in range(nested):
        deep = {"kind": deep}
    with pytest.raises(BadInputError, match="action"):
        env.step(deep)
    assert env.state.step_count == 0
