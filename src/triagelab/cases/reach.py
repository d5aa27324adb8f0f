"""How far a context trigger reaches: over a comma, to the end of a list, in parentheses, back to what "it" means."""

from __future__ import annotations

from triagelab.cases.findings import Assertion
from triagelab.cases.lexicon import lexicon
from triagelab.cases.scan import COMMA, Event, Scan
from triagelab.cases.tokens import wordset
from triagelab.cases.triggers import FORWARD, MENTION_ROLES, REACH, SECTIONS

_TIME = wordset("minute min hour hr h day d week wk")
_SINCE_WORD = wordset("since")
_SINCE = wordset("since today tonight yesterday morning")
_ASSERTING = wordset(
    "since mild moderate severe worse worst sudden started began constant yesterday today tonight now persistent x for "
    "tolerating drinking eating walking talking playing ambulating alert oriented awake able normal intact stable "
    "comfortable soft supple clear speaking moving"
)
_PRONOUNS = wordset("it this that they these those which")
_LIGHT = wordset("or and nor other any new recent the a an of in to no also acute significant real active")
_NEW_CLAUSE = wordset("after he she i they we pt patient who is has had are was now today but then since so it")
_JOINS = _LIGHT | wordset(", / & + with")
_VERBS = wordset(
    "is are was were has had have feel state report say came come went go take took he she i they it pt patient"
)
_KIN = wordset("mother father mom mum mam dad brother sister grandmother grandfather grandma grandpa nan gran granny "
               "granddad grandad husband wife partner boyfriend girlfriend aunt auntie uncle son daughter cousin twin "
               "niece nephew grandson granddaughter neighbor friend colleague flatmate roommate housemate "
               "boss fiance")  # fmt: skip
_COUNTS = wordset("one two three four five six seven few several couple")
NEVER = wordset("never")
_SUCH, _THINK = wordset("like"), wordset("think believe feel say know that if whether when because as")
_ACTORS = wordset("he she i they we")
_TOLD = wordset("twice started began since woke now today x")
_TELLS = frozenset(
    ("is", "are", "was", "were", "has", "have", "had", "feels", "felt", "looks", "can't", "cannot", "can", "suddenly",
     "very", "extremely")
)  # fmt: skip
"""First words of what is told: what is denied is named by a noun ("denies chest pain, feels short of breath")."""
_ADJECTIVES = frozenset(
    ("blurred", "altered", "increased", "decreased", "associated", "prolonged", "slurred", "related", "labored",
     "impaired", "reduced", "mottled")
)  # fmt: skip


_CHECK = wordset("wound recheck check review dressing suture staple stitch removal")
_NUMERAL = wordset("two three four five six seven eight nine ten twenty thirty forty fifty sixty eighty hundred half")
WELL = frozenset(
    ("well_now", "healthy", "well_child", "breathing_easy", "alert_oriented", "eating_well", "moving_normally",
     "ambulatory", "neurovascular_intact", "clear_lungs", "normal_perfusion", "immunised_fully", "afebrile")
)  # fmt: skip
"""Findings that say that all is well; a list of denials does not run on to them ("no rash, feels well")."""


VISITS = WELL | frozenset(
    ("suture_removal", "wound_check", "work_note", "medication_refill", "vaccination_visit", "test_results",
     "tetanus_needed", "pregnancy_test_wanted")
)  # fmt: skip
"""What somebody came for, and that they are well: "stitches out, wound healed" takes neither back."""


def about_something_else(words: list[str], event: Event) -> bool:
    """Return whether a trigger is none here: "maybe thirty tablets", "asked to return for a wound check"."""
    following = words[event.end : event.end + 2]
    if event.value == "doubt" and words[event.end - 1] in ("mayb", "maybe", "almost", "nearly", "probably"):
        return bool(following) and (following[0] in _NUMERAL or following[0][0].isdigit())
    return event.value == "if" and words[event.end - 1] == "for" and not _CHECK.isdisjoint(following)


def like_this(words: list[str], start: int) -> bool:
    """Return whether "never had a headache like this" is a headache after all."""
    for place in range(start, min(start + 8, len(words))):
        if words[place] in (".", ";", "\n", ","):
            return False
        if words[place] in _SUCH and words[place + 1 : place + 2] == ["this"]:
            return True
        if words[place] == "this" and words[place + 1 : place + 2] in (["bad"], ["sever"], ["strong"]):
            return True
    return False


def new_subject(words: list[str], start: int, end: int) -> bool:
    """Return whether somebody begins to act between a denial and a mention ("without warning he passed out")."""
    return any(words[place] in _ACTORS and words[place - 1] not in _THINK for place in range(start + 1, end))


def told_apart(scan: Scan, start: int) -> bool:
    """Return whether the next item of a list of denials is told and not denied ("denies LOC, vomited twice")."""
    words, tokens = scan.tokens.words, scan.tokens
    if start < len(words):
        first = tokens.raw(start).lower()
        if (first.endswith("ed") and first not in _ADJECTIVES) or first in _TELLS:
            return True
    for word in words[start : start + 6]:
        if word in (",", ".", ";", "\n", "or", "nor"):
            return False
        if word in _TOLD:
            return True
    return False


def new_statement(scan: Scan, start: int) -> bool:
    """Return whether the chunk after a comma has a verb or subject of its own ("hx of asthma, tongue feels thick")."""
    for word in scan.tokens.words[start : start + 9]:
        if word in (",", ".", ";", "\n"):
            return False
        if word in _VERBS:
            return True
    return False


def chunk_end(scan: Scan, index: int) -> int:
    """Return the token where the list that follows a comma must end: a harder break, or a trigger that ends scopes."""
    words = scan.tokens.words
    for following in scan.events[index + 1 : index + 24]:
        if following.role == "break" and following.value != COMMA:
            return following.start
        if following.role == "trigger" and (following.value == "end" or following.value in SECTIONS):
            return following.start
        if following.role == "label" and any(word[0].isdigit() for word in words[following.end : following.end + 4]):
            return following.start
    return len(scan.tokens)


def alternatives(scan: Scan, start: int, stop: int) -> bool:
    """Return whether "or" or "nor" joins the rest of the list, with no verb that starts a new statement before it."""
    words = scan.tokens.words
    for place in range(start, min(stop, start + 30)):
        if words[place] in ("or", "nor"):
            return True
        if words[place] in _VERBS:
            return False
    return False


def bare(scan: Scan, index: int, start: int, stop: int) -> bool:
    """Return whether the next chunk is nothing but mentions and light words."""
    words, place, met = scan.tokens.words, start, False
    for word in words[start : min(stop, start + 12)]:
        if word in _ASSERTING:
            return False
        if word == ",":
            break
    for following in scan.events[index + 1 : index + 12]:
        if any(word not in _LIGHT for word in words[place : following.start]):
            return False
        if following.role == "break":
            return met
        if following.role not in MENTION_ROLES:
            return following.role == "trigger" and FORWARD.get(following.value, (None,))[0] is Assertion.NEGATED
        met, place = True, following.end
    return met and place >= min(stop, len(words))


def is_recent(scan: Scan, event: Event) -> bool:
    """Return whether "history of" tells of this illness: "2 day history of", "hx of chest pain since noon"."""
    words = scan.tokens.words
    before = words[max(event.start - 3, 0) : event.start]
    if any(word in _TIME for word in before[-2:]) and any("0" <= word[0] <= "9" or word in _COUNTS for word in before):
        return True
    for place in range(event.end, min(event.end + 9, len(words))):
        word = words[place]
        if word in (".", ";", "\n", ",", "here", "present", "presents", "with"):
            return False
        if word in _SINCE_WORD and any(near in _SINCE for near in words[place + 1 : place + 4]):
            return True
        if word in ("x", "for") and any(near in _TIME for near in words[place + 1 : place + 4]):
            return True
    return False


def parentheses(scan: Scan) -> dict[int, int]:
    """Return for every token inside parentheses where they close; a scope that opens inside ends there."""
    words = scan.tokens.words
    if "(" not in words:
        return {}
    closing: dict[int, int] = {}
    opened: int | None = None
    for place, word in enumerate(words):
        if word == "(":
            opened = place
        elif word == ")" and opened is not None:
            if place - opened < 40:
                closing.update(dict.fromkeys(range(opened, place), place))
            opened = None
    return closing


def patient_is_kin(scan: Scan) -> str | None:
    """Return the relative whom a lay writer writes about ("My husband has chest pain"), None if there is none."""
    words = scan.tokens.words[:10]
    for place, word in enumerate(words[:-1]):
        if word in ("my", "our"):
            return next((near for near in words[place + 1 : place + 3] if near in _KIN), None)
        if word in ("i", "i'm", "im", "ive", "i've"):
            return None
    return None


def after_pronoun(scan: Scan, event: Event) -> bool:
    """Return whether "it", "this", "they" stands right before a trigger ("... chest pain, but it is gone")."""
    words = scan.tokens.words
    return any(word in _PRONOUNS for word in words[max(event.start - 2, 0) : event.start + 1])


def parted(between: list[str], assertion: Assertion) -> bool:
    """Return whether the words between two mentions part them: for a denial anything but "and", "or", a comma."""
    if assertion is Assertion.NEGATED:
        slashed = len(between) > 1 and between[0] == between[-1] == "/"  # "CP/vision/SOB all denied"
        return not slashed and any(word not in _JOINS for word in between)
    if assertion is Assertion.HISTORICAL and "," in between and not {"and", "or", "&"} & set(between):
        return True  # "runny nose, hay fever every spring"
    return any(word in _NEW_CLAUSE for word in between)


def as_old(scan: Scan, mention: Event, event: Event) -> bool:
    """Return whether a treatment was given after something that a trigger behind it calls old, so that both are old.

    A complaint is told apart: "chest tube after a crash years ago" is past, "chest pain after a stent years ago" not.
    """
    if event.start - mention.end > 2 * REACH:
        return False
    spec = lexicon().concepts.get(mention.value)
    between = scan.tokens.words[mention.end : event.start]
    treated = spec is not None and spec.kind == "intervention"
    return treated and "," not in between and _NEW_CLAUSE & set(between) == {"after"}
