"""Environments by name: what is no environment or no option of one is named, with the nearest that is."""

from __future__ import annotations

import pytest

from triagelab.envs.registry import REGISTRY, make
from triagelab.errors import UnknownNameError


@pytest.mark.parametrize("env_id", REGISTRY)
def test_an_option_that_no_kind_takes_is_named(env_id: str) -> None:
    with pytest.raises(UnknownNameError, match=f"option of {env_id}: got 'rewrad'"):
        make(env_id, rewrad="x")


def test_an_unknown_environment_answers_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'crisis-v1'"):
        make("crisis-v2")
