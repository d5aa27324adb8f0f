"""Words that make a number an age, and words that make it something else's."""

from __future__ import annotations

from triagelab.cases.tokens import wordset

DAYS = 365.25
YEAR, MONTH = wordset("year yr yrs yo y yoa yof yom yf ym"), wordset("month mo mos mth mths mof")
_WEEK, DAY, HOUR = wordset("week wk wks wo wof"), wordset("day d dol"), wordset("hour hr hrs h")
FACTOR: dict[str, float] = {
    **dict.fromkeys(YEAR, 1.0), **dict.fromkeys(MONTH, 1 / 12), **dict.fromkeys(_WEEK, 7 / DAYS),
    **dict.fromkeys(DAY, 1 / DAYS), **dict.fromkeys(HOUR, 1 / 24 / DAYS),
}  # fmt: skip
WHOLE = wordset("yo yoa yof yom yf ym mof wof")
"""Units that say "old" by themselves."""
KID = wordset("baby infant newborn neonate")
NEWBORN = wordset("newborn neonate")
YOUNG = KID | wordset("child toddler kid son daughter boy girl")
SEXED = wordset("male female man woman boy girl lady gentleman gent fem lad lass guy bloke chap fella gal m f")
PEOPLE = SEXED | YOUNG | wordset("pt patient teen pedestrian driver resident student worker person")
KIN = wordset("mother father mom dad mum parent grandmother grandfather "
        "brother sister husband wife spouse partner aunt "
               "uncle boyfriend girlfriend roommate son daughter "
        "neighbor caregiver sibling twin cousin dog cat")  # fmt: skip
CHILDREN = wordset("son daughter")
THINGS = wordset(
    "bruise wound cut injury hip knee replacement history hx "
    "h scar tattoo fracture burn laceration surgery graft stent "
    "prosthesis car bite sprain rash sore ulcer puncture dressing suture stitch catheter foley tube needle french fr "
    "port line implant iud tab tablet pill dose iv gauge screw house pacemaker fistula cast dog cat abscess incision"
)
LINKS = PEOPLE | wordset("with w c for has and here s in presents after post")
AGED_AT = wordset("at since by from until till before after around")
SUBJECT = wordset("he she shes hes i'm im i patient pt caller child baby son "
        "daughter boy girl infant toddler kid mother father mom dad "
                   "mum husband wife grandmother grandfather grandma grandpa nan who brother sister")  # fmt: skip
CALLED = (
    (SEXED - wordset("m f"))
    | YOUNG - wordset("kid child")
    | wordset(
        "pt patient caller teen teenager pensioner grandmother grandfather grandma grandpa granny nan "
        "widow widower bachelor student schoolboy schoolgirl passenger driver cyclist"
    )
)
"""Nouns for the patient behind which a bare number is the age ("lady 27", "woman of 64", "female / 37")."""
TUBES = wordset("catheter foley tube french fr needle gauge port line drain sheath cannula")
BE = wordset("is am was turned only just about aged nearly almost")
STOP = frozenset((",", ".", ";", "", "\n", ")", "-", "!", "?", ":", "/"))
GO_ON = STOP | wordset("and but who with he she i has had my have so it not we came fell")
OPEN = frozenset(("", ".", "\n", ":", ",", "(", ";", "|", "/", ")", "-")) | wordset(
    "pt patient a an the is triag this old approx for from with w of about ~ hpi cc am im i'm and"
)
SAY = wordset("say state states report tell call think note")
BORN = wordset("weeker preemie premature premie born")
DECADES = {
    word: 10.0 * value
    for value, group in enumerate(
        ("twenties twenty", "thirties thirty", "forties forty", "fifties fifty", "sixties sixty", "seventies seventy",
         "eighties eighty", "nineties ninety"), 2)
    for word in wordset(group)
}  # fmt: skip
DECADE_BEFORE = wordset("her his their late early mid my the")
SHIFT = {"late": 7.5, "early": 2.5}
