"""The lexicon: concepts, body sites, senses, context triggers and vital-sign labels, compiled into one trie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from triagelab.cases.lexicon_files import (
    KINDS,
    ConceptSpec,
    LexiconFile,
    SenseSpec,
    SiteSpec,
    expand,
    merge,
    read_files,
)
from triagelab.cases.spelling import Spelling
from triagelab.cases.tokens import fold_phrase
from triagelab.errors import DataFormatError, UnknownNameError

GAP = "\0gap"
LEAF = "\0leaf"


class Entry(NamedTuple):
    """What a phrase stands for (concept, site, sense, trigger, label) and in which form it must be written."""

    role: str
    value: str
    capitals: bool = False
    exact: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lexicon:
    """Everything the reader knows, ready to use."""

    concepts: Mapping[str, ConceptSpec]
    sites: Mapping[str, SiteSpec]
    senses: Mapping[str, SenseSpec]
    root: dict[str, Any]
    ancestors: Mapping[str, frozenset[str]] = field(repr=False)
    composites: Mapping[tuple[str, str], str] = field(repr=False)
    spelling: Spelling = field(repr=False)

    def closure(self, concepts: Iterable[str]) -> set[str]:
        """Return the concepts together with every broader concept that holds with them."""
        found: set[str] = set()
        for concept in concepts:
            found.add(concept)
            found |= self.ancestors.get(concept, frozenset())
        return found


def _insert(root: dict[str, Any], phrase: str, entry: Entry) -> None:
    node = root
    for word in fold_phrase(phrase):
        node = node.setdefault(GAP if word == "*" else word, {})
    held = node.get(LEAF, ())
    if entry not in held:
        node[LEAF] = (*held, entry)


def _compile(files: Mapping[str, LexiconFile], words: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    only = frozenset(word for content in files.values() for word in content.exact)

    def add(role: str, name: str, terms: Iterable[str]) -> None:
        for term in terms:
            capitals = term.startswith("^")
            for phrase in expand(term.removeprefix("^"), words):
                exact = tuple(word[1:].lower() for word in phrase.split() if word.startswith("=") and len(word) > 1)
                if phrase.lower() in only:
                    exact = (phrase.lower(),)
                entry = Entry(role, name, capitals, exact)
                _insert(root, phrase.replace("=", "") if exact else phrase, entry)
                if phrase.startswith("no ") and role == "concept":
                    # "with no" denies what follows; here the "no" belongs to the finding ("found with no pulse")
                    _insert(root, f"with {phrase}", entry)

    for content in files.values():
        for section in ("concept", "site", "sense"):
            for name, spec in getattr(content, section).items():
                add(section, name, spec.terms)
        for section in ("trigger", "label"):
            for name, terms in getattr(content, section).items():
                add(section, name, terms)
    return root


def _composites(
    sites: Mapping[str, SiteSpec], senses: Mapping[str, SenseSpec], concepts: dict[str, ConceptSpec]
) -> dict[tuple[str, str], str]:
    """Return (sense, site) -> concept, and add the concepts that come from composition alone."""
    table: dict[tuple[str, str], str] = {}
    for sense_name, sense in senses.items():
        for site_name, site in sites.items():
            places = (site_name, *site.regions)
            if sense.regions and not set(places) & set(sense.regions):
                continue
            named = next((sense.at[place] for place in places if place in sense.at), None)
            concept = named or f"{site_name}_{sense_name}"
            table[sense_name, site_name] = concept
            if concept not in concepts:
                parents = [f"{region}_{sense_name}" for region in site.regions]
                if sense.alone:
                    parents.append(sense.alone)
                parents = [parent for parent in parents if parent != concept]
                concepts[concept] = ConceptSpec(kind=sense.kind, parents=tuple(parents), uncertain=sense.uncertain)
    return table


def _ancestors(concepts: Mapping[str, ConceptSpec]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}

    def climb(name: str, path: tuple[str, ...]) -> frozenset[str]:
        if name in found:
            return found[name]
        if name in path:
            raise DataFormatError(f"lexicon: concept {name!r} is its own ancestor: {' > '.join((*path, name))}")
        spec = concepts.get(name)
        above: set[str] = set()
        for parent in spec.parents if spec else ():
            above.add(parent)
            above |= climb(parent, (*path, name))
        found[name] = frozenset(above)
        return found[name]

    for name in concepts:
        climb(name, ())
    return found


@cache
def lexicon() -> Lexicon:
    """Return the compiled lexicon; read once.

    Raises: DataFormatError or UnknownNameError naming the file and key that is wrong.
    """
    files = read_files()
    concepts = merge(files, "concept")
    for name, spec in concepts.items():
        if spec.kind not in KINDS:
            raise UnknownNameError(f"lexicon concept.{name}.kind", spec.kind, KINDS)
    sites, senses = merge(files, "site"), merge(files, "sense")
    root = _compile(files, merge(files, "words"))
    composites = _composites(sites, senses, concepts)
    for sense in senses.values():
        if sense.alone and sense.alone not in concepts:
            concepts[sense.alone] = ConceptSpec(kind=sense.kind, uncertain=sense.uncertain)
    ordinary = {word for content in files.values() for item in content.ordinary for word in fold_phrase(item)}
    spelling = Spelling(_words(root), _whole_terms(root), ordinary)
    return Lexicon(concepts, sites, senses, root, _ancestors(concepts), composites, spelling)


def _words(node: Mapping[str, Any]) -> set[str]:
    """Return every word of the trie."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        for word, inner in waiting.pop().items():
            if word != LEAF:
                found.add(word)
                waiting.append(inner)
    return found


def _whole_terms(root: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return the words that mean something by themselves, in any form, with what they stand for."""
    found: dict[str, frozenset[str]] = {}
    for word, node in root.items():
        entries = [entry for entry in node.get(LEAF, ()) if entry.role in ("concept", "site", "sense")]
        if any(not entry.capitals for entry in entries):
            found[word] = frozenset(entry.value for entry in entries)
    return found
