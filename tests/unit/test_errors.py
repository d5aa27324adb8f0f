from __future__ import annotations

import pytest

from triagelab.errors import BadInputError, TriageLabError, UnknownNameError


def test_bad_input_is_one_line_with_field_value_allowed_and_hint():
    error = BadInputError("age_years", -3, "0 to 125", "use null\nif unknown")
    assert str(error) == "age_years: got -3; allowed: 0 to 125; use null if unknown"
    assert isinstance(error, TriageLabError)
    assert isinstance(error, ValueError)


def test_long_values_are_cut():
    assert len(str(BadInputError("note", "x" * 10_000, "short"))) < 200


def test_a_value_nested_too_deep_is_still_one_line():
    nested: dict[str, object] = {}
    for _ in range(20_000):
        nested = {"a": nested}
    assert str(BadInputError("action", nested, "one object")).startswith("action: got a dict nested too deep")


def test_unknown_name_offers_the_nearest():
    with pytest.raises(LookupError, match="did you mean 'nhamcs'"):
        raise UnknownNameError("dataset", "nhmacs", ["nhamcs", "generated"])


def test_of_a_long_list_the_nearest_names_are_shown():
    names = [f"name{number:04d}" for number in range(1000)] + ["ketorolac"]
    message = str(UnknownNameError("drug", "ketorolak", names))
    assert message == "drug: got 'ketorolak'; allowed: ketorolac, and 1000 more; did you mean 'ketorolac'?"
    assert "name0000" in str(UnknownNameError("drug", "!", names))
