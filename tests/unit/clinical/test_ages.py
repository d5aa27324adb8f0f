from __future__ import annotations

import math

import pytest

from triagelab.clinical.ages import known_age
from triagelab.errors import BadInputError


def test_known_and_unknown():
    assert [known_age(age) for age in (0, 0.5, 125, None, math.nan)] == [0, 0.5, 125, None, None]


@pytest.mark.parametrize("age", [-0.1, 126, math.inf, "5", True])
def test_what_is_no_age_is_named(age):
    with pytest.raises(BadInputError, match="age_years"):
        known_age(age)
