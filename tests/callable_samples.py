"""Reward functions of users, and how a test looks at them."""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from triagelab.rewards.audit.callables import subject_of_callable
from triagelab.rewards.audit.cases import audit_cases
from triagelab.rewards.audit.subject import Subject

RIGHT = np.eye(5, 6)


FEW = [case for at, case in enumerate(audit_cases()) if at % 5 < 2]


look = partial(subject_of_callable, cases=FEW)


def ids(subject: Subject) -> list[str]:
    return [finding.id for finding in subject.extra]


def finding(subject: Subject, id_: str):
    return next(finding for finding in subject.extra if finding.id == id_)


def read(text: str) -> int | None:
    found = re.search(r"ANSWER: ESI ([1-5])\s*$", text)
    return int(found[1]) if found else None


def plain(prompts, completions, level, **columns):
    return [float(read(text) == gold) for text, gold in zip(completions, level, strict=True)]
