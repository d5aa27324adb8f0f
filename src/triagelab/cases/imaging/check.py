"""Checks of the knowledge and wording of conditions: reachable rules, distinct phrases, label mix, sample notes.

`python -m triagelab.cases.imaging.check ankle-injury` prints them for whoever writes a condition.
"""

from __future__ import annotations

import sys
from collections import Counter

from triagelab.cases.imaging.generator import cases_of
from triagelab.cases.imaging.variant import draw_variant
from triagelab.cases.imaging.wording import wording
from triagelab.clinical.imaging import condition
from triagelab.clinical.imaging_label import settle
from triagelab.seeding import stream

DRAWS = 600


def problems(name: str, draws: int = DRAWS) -> list[str]:
    """Return what is wrong with a condition: rules that no drawn variant reaches, phrases that stand twice."""
    one, words = condition(name), wording(name)
    found = []
    phrases = Counter(words.opening)
    for row in words.say.values():
        phrases.update((*row.yes, *row.no))
    for number in words.number.values():
        phrases.update(number.say)
    found += [f"{name}: the phrase {phrase!r} stands {count} times" for phrase, count in phrases.items() if count > 1]
    reached: set[str] = set()
    split = "ood" if one.held_out else "train"
    for number in range(draws):
        variant = draw_variant(name, stream("cases.imaging.check", number, name), split)
        reached.update(settle(one, procedure, variant.facts).rule.id for procedure in variant.labels)
    rules = {rule.id for rows in one.rules.values() for rule in rows}
    return found + [f"{name}: no variant of {draws} reaches the rule {rule}" for rule in sorted(rules - reached)]


def label_mix(name: str, draws: int = 300) -> Counter[str]:
    """Return label -> count over drawn variants and their procedures."""
    split = "ood" if condition(name).held_out else "train"
    drawn = (draw_variant(name, stream("cases.imaging.check", number, name), split) for number in range(draws))
    return Counter(label.value for variant in drawn for label in variant.labels.values())


def _show(name: str) -> None:
    for line in problems(name) or [f"{name}: no problem"]:
        print(line)
    mix = label_mix(name)
    print(name, {label: f"{count / mix.total():.2f}" for label, count in mix.items()})
    for number in range(2):
        split = "ood" if condition(name).held_out else "test"
        rng = stream("cases.imaging.check.sample", number, name)
        variant = draw_variant(name, rng, split)
        for case in cases_of(variant, split, rng, list(variant.labels)):
            print("\n" + case.question.note, "\n?", case.question.asked, "\n ->", " ".join(case.truth.reasoning))


if __name__ == "__main__":
    for condition_id in sys.argv[1:]:
        _show(condition_id)
