"""Tables of the bedside: every fact has a channel and words, every kind of patient a pattern, every action a price."""

from __future__ import annotations

from collections import Counter

import pytest
from pydantic import ValidationError

from triagelab.cases.archetypes import load_archetypes
from triagelab.cases.bedside.actions import PATHWAYS, PATTERNS, REGIONS, TARGETS, TOPICS, BedsideAction, read_action
from triagelab.cases.bedside.vocabulary import (
    Channels,
    bedside_bank,
    bedside_facts,
    bedside_table,
    channels,
    channels_of,
    minutes_of,
    pathway_of,
    patterns,
    result_table,
)
from triagelab.cases.splits import split_of_family
from triagelab.clinical.facts import RESOURCE_TYPES, Facts, vocabulary
from triagelab.errors import BadInputError

ACTIONS = [read_action({"kind": kind, "target": target}) for kind, targets in TARGETS.items() for target in targets]


def test_every_fact_but_the_resources_is_learned_somewhere() -> None:
    assert set(channels_of()) == set(bedside_facts())
    left_out = set(vocabulary()) - set(bedside_facts())
    assert set(RESOURCE_TYPES) <= left_out
    assert {vocabulary()[name].group for name in left_out} == {"resources", "resource_detail"}


def test_every_channel_is_an_action_that_exists() -> None:
    labels = {action.label() for action in ACTIONS}
    assert {label for found in channels_of().values() for label in found} <= labels


def test_every_topic_and_region_tells_something() -> None:
    assert set(channels().ask) == set(TOPICS)
    assert all(channels().ask.values())
    assert set(channels().examine) == set(REGIONS)
    assert all(channels().examine.values())


def test_what_is_seen_at_a_glance_is_found_by_examining_too() -> None:
    for name in channels().visible:
        assert any(label.startswith("examine(") for label in channels_of()[name]), name


def test_no_list_names_a_fact_twice() -> None:
    for names in (channels().visible, *channels().ask.values(), *channels().examine.values()):
        assert len(names) == len(set(names))


def test_every_fact_has_words_for_history_and_examination() -> None:
    for name in bedside_facts():
        assert bedside_bank()[name].yes
        assert bedside_bank()[name].lay


def test_channels_refuse_a_name_that_does_not_exist() -> None:
    raw = channels().model_dump()
    for place, value in (
        ("visible", ["no_such_fact"]),
        ("ask", {"weather": ["fever"]}),
        ("examine", {"skin": ["res_labs"]}),
    ):
        with pytest.raises(ValidationError, match="allowed"):
            Channels.model_validate({**raw, place: value})


def test_every_kind_of_patient_has_one_pattern() -> None:
    table = patterns()
    assert set(table) == set(load_archetypes())
    assert set(table.values()) == set(PATTERNS)


def test_every_pattern_has_at_least_two_kinds_of_patients() -> None:
    counts = Counter(patterns().values())
    assert min(counts.values()) >= 2
    assert max(counts.values()) <= 0.08 * len(load_archetypes())


def test_patterns_of_dev_and_test_are_mostly_known_from_train() -> None:
    seen: dict[str, set[str]] = {"train": set(), "dev": set(), "test": set()}
    for item in load_archetypes().values():
        seen[split_of_family()[item.family]].add(patterns()[item.id])
    assert seen["train"] == set(PATTERNS)
    assert len(seen["test"]) >= 25
    assert len(seen["dev"]) >= 18


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.label())
def test_every_action_costs_its_minutes(action: BedsideAction) -> None:
    low, high = {
        "ask": (1.0, 2.0),
        "measure": (0.5, 1.0),
        "examine": (1.0, 2.0),
        "test": (2.0, 6.0),
        "intervene": (1.0, 1.0),
    }[action.kind]
    assert low <= minutes_of(action) <= high


def test_what_has_no_target_has_its_price_and_the_answer_costs_nothing() -> None:
    assert minutes_of(BedsideAction(kind="more_info")) == 2.0
    assert minutes_of(BedsideAction(kind="reassess")) == 1.0
    answer = BedsideAction(kind="commit", level=3, pathway="urgent", pattern="stroke")
    assert minutes_of(answer) == 0.0


@pytest.mark.parametrize(
    ("level", "needed", "pathway"),
    [
        (1, (), "resuscitation"),
        (2, ("res_labs",), "emergency"),
        (3, (), "urgent"),
        (4, (), "primary_care"),
        (4, ("res_labs",), "primary_care"),
        (4, ("res_ecg_or_xray",), "urgent"),
        (4, ("res_simple_procedure",), "urgent"),
        (4, ("res_parenteral_or_neb_med",), "urgent"),
        (5, ("res_simple_procedure",), "primary_care"),
    ],
)
def test_the_pathway_follows_level_and_needs(level: int, needed: tuple[str, ...], pathway: str) -> None:
    assert pathway in PATHWAYS
    assert pathway_of(level, Facts(flags=dict.fromkeys(needed, True))) == pathway


@pytest.mark.parametrize("level", [0, 6, -1])
def test_there_is_no_pathway_beyond_the_levels(level: int) -> None:
    with pytest.raises(BadInputError, match="level"):
        pathway_of(level, Facts())


def test_every_test_ends_with_a_result_for_everybody() -> None:
    table = result_table()
    for findings in (table.ecg, table.urine, table.ultrasound, table.blood_gas):
        assert not findings[-1].when
        assert not findings[-1].archetypes
        assert not findings[-1].tells


def test_what_is_never_played_down_holds_everything_others_did() -> None:
    given = {name for name in channels().ask["story"] if vocabulary()[name].group == "intervention"}
    assert given <= set(bedside_table().minimise.never)
