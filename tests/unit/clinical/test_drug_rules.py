"""The file of rules: what it refuses, and what swapping two drugs does."""

from __future__ import annotations

import copy
from importlib import resources

import pytest

from triagelab.clinical.drug_rules import compile_rules
from triagelab.clinical.drug_vocabulary import DrugFile, MatchRow
from triagelab.clinical.rows import validated
from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.files import read_toml

RAW = read_toml(str(resources.files("triagelab.clinical") / "data" / "drugs.toml"))


def changed(change):
    raw = copy.deepcopy(RAW)
    change(raw)
    return raw


def parsed(raw):
    return validated(DrugFile, raw, "drugs.toml")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw["rule"][0].update(severty="block"), "did you mean 'severity'"),
        (lambda raw: raw["rule"][0]["match"][0].update(within=24), "did you mean 'within_h'"),
        (lambda raw: raw["rule"][0]["match"][0].update(order=["nitrates"]), "did you mean 'nitrate'"),
        (lambda raw: raw["rule"][0]["match"][0].update({"with": ["sildenafill"]}), "did you mean 'sildenafil'"),
        (lambda raw: raw["rule"][0]["match"][0].update(when="rv_infarction"), "did you mean 'rv_infarct'"),
        (lambda raw: raw["rule"][0]["match"][0].update(when={"number": "sbp", "lt": 90}), "did you mean 'sbp_mmhg'"),
        (lambda raw: raw["rule"][0]["match"][0].update(when={"number": "sbp_mmhg", "less": 90}), "allowed"),
        (lambda raw: raw["rule"][0]["match"][0].update(when={"number": "sbp_mmhg", "lt": 90, "gt": 5}), "one of lt"),
        (lambda raw: raw["rule"][0]["match"][0].update(when={"number": "sbp_mmhg", "lt": "90"}), "with a number"),
        (lambda raw: raw["rule"][0]["match"][0].update(when={"al": ["dka"]}), "did you mean 'all'"),
        (lambda raw: raw["rule"][0]["match"][0].update(when={"all": []}), "one clause or more"),
        (lambda raw: raw["rule"][0]["match"][0].update(when={"route": []}), "one name or more"),
        (lambda raw: raw["rule"][0]["match"][0].update(when={"indication": ["strok"]}), "did you mean 'stroke'"),
        (lambda raw: raw["rule"][0]["match"][0].update(when=5), "a condition or a table"),
        (lambda raw: raw["rule"][0].update(source=["acc-ahaa"]), "did you mean 'acc-aha'"),
        (lambda raw: raw["rule"][0].update(options={"metformine": ["fda"]}), "did you mean 'metformin'"),
        (lambda raw: raw["rule"][0].update(options={"metformin": ["fdaa"]}), "did you mean 'fda'"),
        (lambda raw: raw["rule"][0].update(id="D1"), "pattern"),
        (lambda raw: raw["rule"][0].update(severity="stop"), "rule.0.severity"),
        (lambda raw: raw["rule"][1].update(id="D01a"), "occurs twice"),
        (lambda raw: raw["condition"]["dka"].update(implies="burn"), "did you mean 'implied'"),
        (lambda raw: raw.update(rules=[]), "did you mean 'rule'"),
    ],
)
def test_a_mistake_in_the_file_is_named(change, message):
    with pytest.raises((BadInputError, DataFormatError), match=message):
        compile_rules(parsed(changed(change)))


def test_unknown_key_is_an_unknown_name():
    with pytest.raises(UnknownNameError):
        parsed(changed(lambda raw: raw["number"]["egfr"].update(unit="x")))


def test_mirror_swaps_drugs_routes_and_exceptions_and_is_its_own_inverse():
    row = MatchRow.model_validate(
        {"order": ["warfarin"], "with": ["nsaid"], "with_route_not": ["topical"], "route": ["po"], "unless": ["doac"]}
    )
    swapped = row.mirrored()
    assert (swapped.order, swapped.with_) == (("nsaid",), ("warfarin",))
    assert (swapped.route_not, swapped.with_route, swapped.with_unless) == (("topical",), ("po",), ("doac",))
    assert swapped.mirrored() == row


def test_every_condition_and_number_of_the_file_serves_a_rule():
    used = str(RAW["rule"]) + str([row.get("implied") for row in RAW["condition"].values()])
    derived = {"age_days": "age_years", "sbp_drop_mmhg": "baseline_sbp_mmhg", "dose_mg_kg": "weight_kg"}
    names = {*RAW["condition"], *RAW["number"]}
    unused = {name for name in names if f"'{name}'" not in used}
    assert unused <= set(derived.values())
