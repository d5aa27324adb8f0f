"""Sex of the patient by what a note says: letters at the age, nouns, titles, what only one sex has, pronouns."""

from __future__ import annotations

from triagelab.cases.tokens import Tokens, wordset

FEMALE, MALE = "female", "male"
_NOUN = {
    **dict.fromkeys(wordset("female woman lady girl lass fem gal mrs ms miss schoolgirl"), FEMALE),
    **dict.fromkeys(wordset("male man gentleman gent boy lad guy bloke chap fella mr schoolboy"), MALE),
}
_KIN = {
    **dict.fromkeys(
        wordset("daughter wife mother mom mum grandmother grandma nan sister aunt girlfriend niece"), FEMALE
    ),
    **dict.fromkeys(wordset("son husband father dad grandfather grandpa brother uncle boyfriend nephew"), MALE),
}
_SPOUSE = wordset("wife husband girlfriend boyfriend partner spouse")
_ONLY = {
    **dict.fromkeys(
        wordset("tampon pregnant pregnancy vaginal vagina menstrual menses "
        "menstruation lmp miscarriage postpartum hysterectomy "
                "menopausal menopause ovarian ovary uterus uterine cervix cervical_os gravida primigravida primip hcg "
                "bhcg upt breastfeeding ectopic gravid twins tubal eclampsia preeclampsia endometriosis pcos"), FEMALE),
    **dict.fromkeys(
        wordset("testicle testicular scrotum scrotal penis penile prostate bph erection foreskin circumcision "
                "vasectomy priapism testis prostatectomy turp"), MALE),
}  # fmt: skip
_PLAIN_NOUN = wordset("male female")
_OTHERS = wordset("partner spouse friend nurse doctor parent sibling neighbor staff")
_TELLS = wordset("say state states report call bring brought found find "
        "deny tell give gave note notice drove think want "
                 "concern worried said provide help with witness")  # fmt: skip
_FIRST_PERSON = wordset("i im i'm ive i've i'd")
_SHE, _HE = wordset("she shes her herself hers"), wordset("he hes his him himself")


def read_sex(tokens: Tokens, age_span: tuple[int, int] | None, at_age: str | None) -> str | None:
    """Return the patient's sex, None where the note does not say it or contradicts itself.

    Args:
        age_span: tokens of the age, beside which a noun counts most.
        at_age: the sex written into the age ("34F").
    """
    words = tokens.words
    said = at_age or _beside(tokens, age_span) or _field(tokens)
    first_person = not _FIRST_PERSON.isdisjoint(words)
    if said is not None:
        return None if _contradicted(words, said, first_person) else said
    return (
        _mine(words)
        or (None if first_person else _noun(words))
        or _kin_told_of(words)
        or _only(words)
        or _pronouns(words, first_person)
    )


def _beside(tokens: Tokens, span: tuple[int, int] | None) -> str | None:
    if span is None:
        return None
    words = tokens.words
    for place in range(span[1], min(span[1] + 6, len(words))):
        word = words[place]
        if word in _NOUN:
            return _NOUN[word]
        if word in ("m", "f") and (tokens.raw(place).isupper() or place == span[1]):
            return FEMALE if word == "f" else MALE
        if word in _KIN and words[span[0] - 1 : span[0]] != ["his"] and word in ("son", "daughter"):
            return _KIN[word]
        if word in (".", "\n", "with", "who", "has", "present"):
            break
    for place in range(max(span[0] - 3, 0), span[0]):
        if words[place] in _NOUN:
            return _NOUN[words[place]]
        if words[place] in ("m", "f") and tokens.raw(place).isupper() and place + 3 > span[0]:
            return FEMALE if words[place] == "f" else MALE
    return None


def _field(tokens: Tokens) -> str | None:
    """Return what "Sex: M", "Gender: female" or a letter that opens the note says."""
    words = tokens.words
    for place, word in enumerate(words):
        if word in ("sex", "gender") or (place < 3 and word in ("m", "f") and tokens.raw(place).isupper()):
            for inner in range(place, min(place + 5, len(words))):
                if words[inner] in ("m", "f") and tokens.raw(inner).isupper():
                    return FEMALE if words[inner] == "f" else MALE
                if words[inner] in _PLAIN_NOUN:
                    return _NOUN[words[inner]]
    return None


def _contradicted(words: list[str], said: str, first_person: bool) -> bool:
    """Return whether only pronouns of the other sex stand in a note that names nobody else."""
    female, male = sum(word in _SHE for word in words), sum(word in _HE for word in words)
    against, agree = (male, female) if said == FEMALE else (female, male)
    if first_person or agree or not against:
        return False
    other = FEMALE if said == MALE else MALE
    return not any(_KIN.get(word) == other or _NOUN.get(word) == other for word in words) and not any(
        word in _OTHERS for word in words
    )


def _mine(words: list[str]) -> str | None:
    """Return the sex of the relative whom a lay writer brings ("my little girl is 4", "my husband is confused")."""
    for place in range(1, len(words)):
        sex = _KIN.get(words[place]) or (_NOUN.get(words[place]) if words[place] in ("girl", "boy") else None)
        if sex is None or not any(word in ("my", "our") for word in words[max(place - 2, 0) : place]):
            continue
        if words[place + 1 : place + 2] and words[place + 1] in _TELLS:
            continue
        if words[place] in _SPOUSE and any(
            word in ("i", "i'm", "im", "me") for word in words[max(place - 12, 0) : place]
        ):
            continue
        return sex
    return None


def _noun(words: list[str]) -> str | None:
    for place, word in enumerate(words):
        if word in _NOUN and not (place and words[place - 1] in ("hi", "hey", "hello", "ok")):
            return _NOUN[word]
    return None


def _kin_told_of(words: list[str]) -> str | None:
    """Return the sex of the relative of whom another relative tells ("son states his mother is weak")."""
    teller: int | None = None
    for place, word in enumerate(words):
        if word in _KIN or word == "parent":
            told = words[place + 1 : place + 3]
            if any(near in _TELLS for near in told[:2]):
                teller = place
            elif teller is not None and place - teller <= 7 and word in _KIN and word not in _SPOUSE:
                return _KIN[word]
    return None


def _only(words: list[str]) -> str | None:
    """Return the sex that alone can have what the note speaks of, unless it speaks of a relative."""
    for place, word in enumerate(words):
        sex = _ONLY.get(word)
        if sex is None and word == "baby" and words[max(place - 2, 0) : place] in (["had", "my"], ["deliver", "my"]):
            sex = FEMALE
        if sex is None and word == "g" and words[place + 2 : place + 3] == ["p"]:
            sex = FEMALE
        if (
            sex is None
            and word == "period"
            and words[place - 1 : place] in (["my"], ["her"], ["late"], ["heavy"], ["miss"])
        ):
            sex = FEMALE
        if sex is not None and not any(near in _KIN for near in words[max(place - 5, 0) : place]):
            return sex
    return None


def _pronouns(words: list[str], first_person: bool) -> str | None:
    if first_person and not any(
        word in ("my", "our") and _is_kin(words, place + 1) for place, word in enumerate(words)
    ):
        return None
    female, male = sum(word in _SHE for word in words), sum(word in _HE for word in words)
    if female == male:
        return None
    return FEMALE if female > male else MALE


def _is_kin(words: list[str], place: int) -> bool:
    near = words[place : place + 2]
    return any((word in _KIN and word not in _SPOUSE) or word in ("baby", "child", "kid", "patient") for word in near)
