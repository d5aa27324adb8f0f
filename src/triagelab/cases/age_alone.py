"""Ages that nothing but their place gives away: behind a noun for the patient, or a number that stands alone."""

from __future__ import annotations

from triagelab.cases.age_forms import LAST, PLAIN, WEAK, Age, word_at
from triagelab.cases.age_words import CALLED, FACTOR, GO_ON, STOP, YEAR
from triagelab.cases.readings import number_at
from triagelab.cases.tokens import Tokens, wordset

_LEADS = wordset("of aged age about approx approximately around roughly only / , : - is circa ~ maybe")
_NO_AGE = wordset("% percent kg lb mg ml cm mm l bpm x time ° beat breath of ft foot per")
_ENDS = frozenset((".", "", "\n", "!", "?", ";"))


def called(tokens: Tokens, index: int, place: int, value: float, labels: frozenset[int]) -> Age | None:
    """Read "lady 27,", "woman of 64 has", "female / 37", "grandmother 88 fell", "Male, about 60,"."""
    who = index - 1
    while who > index - 4 and word_at(tokens, who) in _LEADS:
        who -= 1
    noun, after = word_at(tokens, who), word_at(tokens, place)
    if noun not in CALLED or place in labels or after in FACTOR or after in _NO_AGE or value < 1:
        return None
    if number_at(tokens, place) is not None or (after in ("/", "-") and number_at(tokens, place + 1) is not None):
        return None
    if word_at(tokens, index - 1) == "," and after not in STOP:
        return None
    if after.isalpha() and len(after) < 3 and after not in GO_ON:
        return None
    return Age(value, index, place, PLAIN if after in STOP or word_at(tokens, index - 1) == "of" else WEAK)


def alone(tokens: Tokens, index: int, place: int, value: float, labels: frozenset[int]) -> Age | None:
    """Read a number that is a sentence of its own (". 61.", ". 24 years.") or that opens the note ("79, fell")."""
    before, after = word_at(tokens, index - 1), word_at(tokens, place)
    opens = before in _ENDS and (index < 2 or word_at(tokens, index - 2).isalpha() or before == "\n")
    if after in YEAR and word_at(tokens, place + 1) in _ENDS and (opens or before == ","):
        return Age(value, index, place + 1, WEAK if opens else LAST)
    if value < 2:
        return None
    if opens and after in _ENDS:
        return Age(value, index, place, WEAK)
    following = word_at(tokens, place + 1)
    if after != "," or place + 1 in labels or not following.isalpha() or len(following) < 3 or following in FACTOR:
        return None
    if opens:
        return Age(value, index, place, WEAK)
    near = tokens.words[max(index - 9, 0) : index - 1]
    plain = before == "," and near and not any("0" <= word[0] <= "9" for word in near)
    return Age(value, index, place, LAST) if plain and not labels & set(range(index - 9, index)) else None
