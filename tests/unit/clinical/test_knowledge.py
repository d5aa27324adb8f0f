from __future__ import annotations

import copy
import re
from importlib import resources

import pytest

from triagelab.clinical.esi_options import CHOICES
from triagelab.clinical.facts import RESOURCE_TYPES, vocabulary
from triagelab.clinical.knowledge import build_table, esi_table, reference_vitals, sources
from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.files import read_toml

ROOT = resources.files("triagelab.clinical") / "data"
FILES = ("esi_common", "esi_life_saving", "esi_high_risk", "esi_children", "esi_danger_zone", "esi_resources", "esi_v5")


def raw() -> dict:
    return copy.deepcopy({f"{name}.toml": read_toml(str(ROOT / f"{name}.toml")) for name in FILES})


@pytest.mark.parametrize("version", [4, 5])
def test_every_row_has_point_text_source_and_says_whether_it_was_checked(version):
    table = esi_table(version)
    assert len(table.info) > 150
    for name, row in table.info.items():
        assert row.id == name
        assert row.point in "ABCD"
        assert len(row.text) > 5
        assert row.text.endswith(".")
        assert any(citation in row.source for citation in sources().values())
        assert isinstance(row.verified, bool)


@pytest.mark.parametrize("version", [4, 5])
def test_choices_of_this_project_are_never_called_verified(version):
    own = sources()["triagelab"]
    assert [row.id for row in esi_table(version).rules if row.source == own and row.verified] == []


def test_recalled_items_of_the_high_risk_table_are_marked():
    info = esi_table(5).info
    recalled = ("pe", "icd", "thunderclap", "shunt", "dialysis", "gi_bleed", "eye_splash", "priapism")
    assert [name for name in recalled if info[f"B.{name}"].verified] == []


def test_ids_go_by_decision_point():
    for version in (4, 5):
        points = [name[0] for name in esi_table(version).info]
        assert points == sorted(points)


def test_every_resource_type_counts_and_a_complex_procedure_counts_two():
    table = esi_table(5)
    used = {name for resource in table.resources if not resource.options for name in resource.when.names()}
    assert used >= set(RESOURCE_TYPES)
    weights = {resource.id: resource.weight for resource in table.resources}
    assert weights.pop("C.complex_procedure") == 2
    assert set(weights.values()) == {1}
    assert [row.id for row in table.counts] == ["C.none", "C.one", "C.many"]


def test_every_option_is_used_by_a_rule_or_read_by_the_engine():
    used = {name for v in (4, 5) for row in (*esi_table(v).rules, *esi_table(v).resources) for name in row.options}
    assert used | {"unknown_resources"} == set(CHOICES)


def test_text_is_our_own_wording_without_the_phrase_that_version_5_dropped():
    assert not [row.text for row in esi_table(5).info.values() if re.search("last open bed", row.text)]


def test_reference_vitals_by_age():
    assert reference_vitals(0.0).heart_rate_bpm == (90, 190)
    assert reference_vitals(1.0).sbp_mmhg == (86, 104)
    assert reference_vitals(5.0).resp_rate_bpm == (16, 30)
    assert reference_vitals(17.99).heart_rate_bpm == (60, 100)
    assert reference_vitals(18.0) is None


def mistake(change) -> str:
    files = raw()
    change(files)
    with pytest.raises((BadInputError, UnknownNameError, DataFormatError)) as caught:
        build_table(5, files)
    return str(caught.value)


def test_an_unknown_key_answers_with_the_nearest():
    assert "did you mean 'text'" in mistake(lambda f: f["esi_high_risk.toml"]["rule"][0].update(txt="x"))
    assert "did you mean 'rule'" in mistake(lambda f: f["esi_high_risk.toml"].update(rules=[]))


def test_mistakes_in_rows_name_the_row():
    first = raw()["esi_high_risk.toml"]["rule"][0]["id"]

    def rule(**change):
        return lambda files: files["esi_high_risk.toml"]["rule"][0].update(change)

    assert first in mistake(rule(when="acs"))
    assert "esi-v6" in mistake(rule(source=["esi-v6"]))
    assert "danger_zon" in mistake(rule(options={"danger_zon": ["two"]}))
    assert "did you mean 'two'" in mistake(rule(options={"danger_zone": ["tow"]}))
    assert first in mistake(rule(also=[4]))
    assert first in mistake(rule(also_when="stable"))
    assert "level" in mistake(rule(level=3))
    assert "pattern" in mistake(rule(id="acs"))
    assert "verified" in mistake(rule(verified="maybe"))


def test_a_rule_without_level_must_widen_the_set():
    assert "also" in mistake(lambda f: f["esi_high_risk.toml"]["rule"][0].pop("level"))


def test_an_id_occurs_once():
    twice = raw()["esi_high_risk.toml"]["rule"][0]
    assert "twice" in mistake(lambda f: f["esi_v5.toml"]["rule"].append(twice))


def test_counts_are_complete():
    assert "0, 1 and 2" in mistake(lambda f: f["esi_resources.toml"]["count"].pop())


def test_every_fact_named_in_the_tables_is_in_the_vocabulary():
    for version in (4, 5):
        for row in (*esi_table(version).rules, *esi_table(version).resources):
            assert all(
                name in vocabulary()
                or name.endswith(("_years", "_weeks", "_bpm", "_mmhg", "_pct", "_c", "_score", "gcs", "_dl"))
                for name in row.when.names()
            )


def test_unknown_version():
    with pytest.raises(BadInputError, match="4 or 5"):
        esi_table(3)
