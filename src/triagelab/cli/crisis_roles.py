"""The policy of a crisis run: one for every role, or another one in single roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from triagelab.agents.crisis_policies import REGISTRY, Acts, CrisisPolicy, load_crisis_policy
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View

ORACLE = "oracle"


class Mixed:
    """One policy in every role but those that other policies play.

    Attributes:
        roles: role -> policy; one object may play several roles.
        said: role -> what the policies that write text said in the last step; `reasons`: why that was no answer.
    """

    def __init__(self, rest: CrisisPolicy, roles: Mapping[str, CrisisPolicy]) -> None:
        self.rest, self.roles, self.name = rest, dict(roles), rest.name
        self.said: dict[str, str] = {}
        self.reasons: dict[str, str] = {}

    def begin(self, seed: int) -> None:
        """Begin every policy once; all get the same seed."""
        for policy in self.policies():
            policy.begin(seed)

    def act(self, views: Mapping[str, View]) -> Acts:
        """Return the acts of each role from the policy that plays it."""
        self.said, self.reasons, found = {}, {}, {}
        for policy in self.policies():
            mine = [role for role in views if self.roles.get(role, self.rest) is policy]
            # A script may look at any view; a model is asked for its own roles only.
            entry = REGISTRY.get(policy.name.partition(":")[0])
            acts = policy.act(views if entry is None or entry.scripted else {role: views[role] for role in mine})
            found |= {role: acts[role] for role in mine if role in acts}
            for kept, name in ((self.said, "said"), (self.reasons, "reasons")):
                texts = getattr(policy, name, None)
                if isinstance(texts, Mapping):
                    kept |= {role: texts[role] for role in mine if role in texts}
        return found

    def policies(self) -> list[CrisisPolicy]:
        """Return every policy once, that of most roles first."""
        return list({id(policy): policy for policy in (self.rest, *self.roles.values())}.values())


def read_roles(given: Sequence[str]) -> dict[str, str]:
    """Return role -> name of its policy from words such as `er_triage=llm`.

    Raises: BadInputError for another form or a role that stands twice; UnknownNameError for a role that is none.
    """
    found: dict[str, str] = {}
    for words in given:
        role, equals, policy = words.partition("=")
        role, policy = role.strip(), policy.strip()
        if not equals or not policy:
            raise BadInputError("--role", words, "ROLE=POLICY, such as er_triage=llm")
        if role not in ROLES:
            raise UnknownNameError("--role", role, ROLES)
        if role in found:
            raise BadInputError("--role", words, f"each role once; {role} is played by {found[role]} already")
        found[role] = policy
    return found


def build_policy(
    policy: str, roles: Mapping[str, str], episode: tuple[str, float, int, int], **options: Any
) -> CrisisPolicy:
    """Return the policy of a run.

    Args:
        episode: scenario, difficulty, seed, steps: what the oracle searches in.
        options: what policies with a model take.

    Raises: UnknownNameError or BadInputError for names and options that make no policy.
    """
    names = list(dict.fromkeys([policy, *roles.values()]))
    built = {name: _built(name, episode, options) for name in names}
    if not roles:
        return built[policy]
    return Mixed(built[policy], {role: built[name] for role, name in roles.items()})


def _built(name: str, episode: tuple[str, float, int, int], options: Mapping[str, Any]) -> CrisisPolicy:
    if name != ORACLE:
        if name.partition(":")[0] not in REGISTRY:
            raise UnknownNameError("policy", name, (*REGISTRY, ORACLE))
        return load_crisis_policy(name, **options)
    from triagelab.evaluation.crisis.oracle import find_oracle

    return find_oracle(*episode).policy()


__all__ = ["Mixed", "build_policy", "read_roles"]
