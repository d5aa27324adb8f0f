"""Who the note is about: age, sex, weeks of pregnancy."""

from __future__ import annotations

from dataclasses import dataclass, field

from triagelab.cases.ages import read_age
from triagelab.cases.gestation import pregnancy_test, read_gestation, weeks_beside_age
from triagelab.cases.number_words import View, spoken_view
from triagelab.cases.scan import Scan
from triagelab.cases.sexes import read_sex
from triagelab.cases.tokens import wordset

GROUPS = {
    "infant": wordset("infant baby newborn neonate"),
    "child": wordset("toddler child kid preschooler schoolchild boy girl paediatric pediatric"),
    "teenager": wordset("teenager teen adolescent"),
    "elderly": wordset("elderly geriatric senior aged"),
    "adult": wordset("adult man woman gentleman lady middle"),
}
"""Words that give an age group where no number is written, youngest first."""
_OWN = wordset("her his their of with my")


@dataclass(slots=True)
class Person:
    """Age, sex and pregnancy as written.

    Attributes:
        age_group: infant, child, teenager, adult or elderly where a word says so and no number does.
        spans: name -> (start, end) token indexes of the note.

    Missing: None is "the note does not say".
    """

    age_years: float | None = None
    sex: str | None = None
    pregnancy_weeks: float | None = None
    pregnant: bool | None = None
    age_group: str | None = None
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)


def read_person(scan: Scan, view: View | None = None) -> Person:
    """Return age, sex and weeks of pregnancy of the patient.

    Args:
        view: the note with spoken numbers merged, where the caller has it already.
    """
    view = spoken_view(scan.tokens) if view is None else view
    tokens, person = view.tokens, Person()
    labels = frozenset(view.place(event.start) for event in scan.events if event.role == "label")
    age = read_age(tokens, labels)
    if age is not None:
        person.age_years, person.spans["age_years"] = age.years, view.span(age.start, age.end)
    else:
        person.age_group = _group(tokens.words)
    person.sex = read_sex(tokens, None if age is None else (age.start, age.end), None if age is None else age.sex)
    weeks = read_gestation(tokens, None if age is None else age.start) if person.sex != "male" else None
    if weeks is None and age is not None and person.sex == "female":
        weeks = weeks_beside_age(tokens, (age.start, age.end), age.years)
    if weeks is not None:
        person.pregnancy_weeks, person.pregnant = weeks[0], True
        person.spans["pregnancy_weeks"] = view.span(weeks[1], weeks[2])
    elif person.sex != "male":
        person.pregnant = pregnancy_test(tokens.words)
    return person


def _group(words: list[str]) -> str | None:
    """Return the age group that words give; "her baby" is somebody else."""
    for place, word in enumerate(words):
        for name, members in GROUPS.items():
            if word in members and (name == "elderly" or place == 0 or words[place - 1] not in _OWN - {"my"}):
                return name
    return None
