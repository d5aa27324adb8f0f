from __future__ import annotations

import math
import pickle

import pytest

from triagelab.clinical.facts import RESOURCE_TYPES, Facts, vocabulary
from triagelab.errors import BadInputError, UnknownNameError


def test_absent_is_unknown_never_no():
    facts = Facts(flags={"intubated": False, "apneic": None})
    assert facts["intubated"] is False
    assert facts["apneic"] is None
    assert facts["pulseless"] is None


def test_flat_mapping_round_trip():
    flat = {"age_years": 3, "heart_rate_bpm": 150.0, "intubated": True, "apneic": False, "pregnancy_weeks": 12}
    facts = Facts.from_mapping(flat)
    assert facts.to_mapping() == flat
    assert pickle.loads(pickle.dumps(facts)) == facts


def test_unknown_names_and_wrong_kinds_are_refused():
    with pytest.raises(UnknownNameError, match="did you mean 'intubated'"):
        Facts.from_mapping({"intubatd": True})
    with pytest.raises(UnknownNameError):
        _ = Facts()["nonsense"]
    with pytest.raises(BadInputError, match="true, false or null"):
        Facts(flags={"intubated": 1})  # pyright: ignore
    with pytest.raises(BadInputError, match="age_years"):
        Facts(age_years=-1)


def test_nan_age_is_unknown():
    assert Facts(age_years=math.nan).age_years is None


def test_vocabulary_is_documented_and_holds_the_resources():
    words = vocabulary()
    assert set(RESOURCE_TYPES) <= set(words)
    assert all(spec.text.strip() and spec.group for spec in words.values())
