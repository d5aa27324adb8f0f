"""The lexicon: pattern syntax, consistency of the data, and errors that name the place."""

from __future__ import annotations

import pytest

from triagelab.agents.rules_requests import ASKS_ONLY
from triagelab.cases.derivation import KNOWN_NUMBERS, SUFFIXES, Rule, rules
from triagelab.cases.extraction import extract
from triagelab.cases.lexicon import KINDS, expand, lexicon
from triagelab.cases.lexicon_files import read_files
from triagelab.clinical.facts import vocabulary
from triagelab.clinical.resources import forecast_table
from triagelab.errors import DataFormatError, UnknownNameError

WORDS = {"cannot": ("cannot", "unable to"), "body": ("his", "her")}


@pytest.mark.parametrize(
    ("pattern", "phrases"),
    [
        ("chest pain", {"chest pain"}),
        ("short|out of breath", {"short of breath", "out of breath"}),
        ("bad? headache", {"bad headache", "headache"}),
        ("{cannot} walk", {"cannot walk", "unable to walk"}),
        ("bit {body}? tongue", {"bit his tongue", "bit her tongue", "bit tongue"}),
    ],
)
def test_patterns_expand(pattern, phrases):
    assert set(expand(pattern, WORDS)) == phrases


def test_an_unknown_word_class_answers_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'cannot'"):
        list(expand("{canot} walk", WORDS))


def test_a_pattern_that_explodes_is_refused():
    wide = {"many": tuple(f"w{i}" for i in range(200))}
    with pytest.raises(DataFormatError, match="the limit is"):
        list(expand("{many} {many} {many}", wide))


def test_there_are_enough_concepts_and_all_are_of_a_known_kind():
    concepts = lexicon().concepts
    assert sum(len(content.concept) for content in read_files().values()) >= 700
    assert len(concepts) >= 2000
    assert {spec.kind for spec in concepts.values()} <= set(KINDS)


def known_names() -> set[str]:
    names = set(vocabulary()) | set(lexicon().concepts) | set(KNOWN_NUMBERS)
    names |= {parent for spec in lexicon().concepts.values() for parent in spec.parents}
    names |= {rule.fact for rule in rules()}
    return names | {name + suffix for name in names for suffix in SUFFIXES.values()}


def test_every_parent_is_a_fact_a_concept_or_used_by_a_rule():
    reachable = set(vocabulary()) | set(lexicon().concepts)
    lost = {parent for spec in lexicon().concepts.values() for parent in spec.parents} - reachable
    used = {name for rule in rules() for name in rule.names()}
    used |= {name for row in forecast_table() for name in row.names()}
    regional = {name for name in lost if name.rsplit("_", 1)[0] in _regions() or _ends_with_sense(name)}
    assert lost - used - regional == set()


def _regions() -> set[str]:
    return {region for site in lexicon().sites.values() for region in site.regions}


def _ends_with_sense(name: str) -> bool:
    return any(name == f"{region}_{sense}" for region in _regions() for sense in lexicon().senses)


def test_the_forecast_table_names_only_what_the_lexicon_knows():
    names = {*known_names(), ASKS_ONLY}
    unknown = {(row.id, name) for row in forecast_table() for name in row.names() if name not in names}
    assert unknown == set()


def test_every_fact_that_a_note_can_state_is_reachable():
    resources = {name for name, spec in vocabulary().items() if spec.group.startswith("resource")}
    reached = set(lexicon().concepts) | {rule.fact for rule in rules()}
    reached |= {parent for spec in lexicon().concepts.values() for parent in spec.parents}
    assert set(vocabulary()) - resources - reached == set()


@pytest.mark.parametrize("concept", sorted(set(lexicon().concepts) & set(vocabulary())))
def test_the_first_plain_term_of_every_fact_concept_is_read_back(concept):
    spec = lexicon().concepts[concept]
    plain = [term for term in spec.terms if not set(term) & set("{|?*^=+#<>%")]
    if not plain:
        pytest.skip("composed only")
    found = {finding.concept for finding in extract(plain[0]).findings}
    assert any(concept == name or concept in lexicon().ancestors.get(name, ()) for name in found), plain[0]


def test_a_rule_must_be_spelled_right():
    with pytest.raises(ValueError, match="abov"):
        Rule.model_validate({"fact": "fever", "reason": "x", "abov": {"temp_c": 38}})
