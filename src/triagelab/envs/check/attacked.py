"""The reward lab's text attacks, written for the environment's own cases and paid by the environment itself."""

from __future__ import annotations

from collections.abc import Sequence

from triagelab.envs.check.lab import Failed, Lab, Skip
from triagelab.envs.check.players import Case
from triagelab.envs.check.target import Refusal
from triagelab.rewards.audit.attack_base import Attack, Ceiling, plain_answers, plain_silences
from triagelab.rewards.audit.attacks import TIE, attacks
from triagelab.rewards.audit.cases import AuditCase
from triagelab.rewards.triggers import CaseFindings

BODY = "EXTRACTION: as in the note\nESI ALGORITHM: by the decision points"


def text_attacks(lab: Lab) -> str:
    """Return one line on the attacks. Raises: Failed where one earns more than a plain text that says the same."""
    cases = [case for suite in lab.policy.suites for case in lab.cases(suite, lab.budget.attacked)]
    tried = 0
    for case in cases[: lab.budget.attacked]:
        known = _known(lab, case)
        plain: dict[tuple[str, ...], float | None] = {}
        for attack in attacks():
            earned = _pay(lab, case, [attack.write(known)])
            if earned is None:
                continue
            tried += 1
            texts = tuple(_plain(attack, known))
            if texts not in plain:
                plain[texts] = _pay(lab, case, texts)
            allowed = plain[texts]
            if allowed is not None and earned > allowed + TIE:
                raise Failed(f"{case.key}: text attack {attack.id} earns {earned:.3f}, plain text {allowed:.3f}")
    return f"{len(attacks())} text attacks, {tried} tried, none above plain text"


def _plain(attack: Attack, known: AuditCase) -> Sequence[str]:
    silences = plain_silences(known)
    if attack.ceiling is Ceiling.NO_ANSWER:
        return silences
    level = attack.level(known) if attack.level is not None else known.level
    return [*plain_answers(known, level), *silences]


def _known(lab: Lab, case: Case) -> AuditCase:
    """Return what an attack may use of a case: the note, and the level that the end of an episode tells."""
    path = lab.oracle(case)
    truth = lab.truth(path)
    level = next((value for value in truth.values() if isinstance(value, int) and value in range(1, 6)), None)
    if level is None:
        raise Skip("text attacks need the level at the end of an episode; see `truth` in the policy file")
    seen = path.first.observation
    note = str(seen.get("note") or seen.get("message") or "")
    text = str((path.turns[0][0] if path.turns else {}).get(lab.policy.text_field or "", ""))
    head, mark, _ = text.rpartition("\nANSWER:")
    body = head if mark else BODY
    return AuditCase(case.key, note, level, body, CaseFindings(frozenset(), None))


def _pay(lab: Lab, case: Case, texts: Sequence[str]) -> float | None:
    """Return the best reward of the texts, None where all are refused."""
    field = lab.policy.text_field or "text"
    base = lab.policy.actions.all()[0]
    found = []
    with lab.session() as session:
        for text in texts:
            session.reset(case.options)
            try:
                found.append(float(session.step({**base, field: text}).reward or 0.0))
            except Refusal as refusal:
                if refusal.crash:
                    raise Failed(
                        f"{case.key}: a text of {len(text)} characters crashes: {str(refusal)[:120]}"
                    ) from None
    return max(found, default=None)
