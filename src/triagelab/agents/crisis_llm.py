"""Any model behind an OpenAI-compatible endpoint in the hospital: every role asks at once, one JSON object each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from triagelab.agents.chat_client import ChatClient, make_client
from triagelab.agents.chat_reply import ChatReply, ChatRequest
from triagelab.agents.llm import fingerprint_of
from triagelab.completions.crisis_prompts import TEMPLATES, crisis_messages
from triagelab.completions.crisis_reading import CrisisReading, read_completion
from triagelab.completions.prompts import harmless
from triagelab.errors import UnknownNameError
from triagelab.hospital.acts import Act
from triagelab.hospital.views import View
from triagelab.seeding import derive_seed

_SHOWN_BACK = 2_000


class CrisisLlm:
    """Plays every role with a served model. Patients are made up, so nothing that must stay here can be sent.

    An answer that cannot be read is asked for once more with the reason; then the role does nothing in that step.

    Attributes:
        said: role -> what was written in the last step. `reasons`: role -> why it was no answer, where it was none.
        counts: since this policy was made: `answers`, `asked_again`, `invalid` (nor was the second one), `failed` (the
            request failed for good), `refused` (acts of a wrong shape).
        remote: requests leave this machine, or it is not certain that they do not.
    """

    def __init__(self, client: ChatClient, *, template: str = "crisis") -> None:
        if template not in TEMPLATES:
            raise UnknownNameError("template", template, TEMPLATES)
        self.client, self.template = client, template
        self.name = f"llm:{client.endpoint.model}"
        self.remote = not client.endpoint.loopback
        self.fingerprint = fingerprint_of(client, template)
        self.counts: Counter[str] = Counter(answers=0, asked_again=0, invalid=0, failed=0, refused=0)
        self.said: dict[str, str] = {}
        self.reasons: dict[str, str] = {}
        self._seed = 0

    @classmethod
    def load(
        cls,
        model: str | None = None,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        template: str = "crisis",
        temperature: float = 0.0,
        max_new_tokens: int = 1024,
        stream: bool = False,
        concurrency: int = 8,
        timeout: float = 60.0,
        retries: int = 4,
        cache: str | None = None,
        price: str | None = None,
    ) -> CrisisLlm:
        """Return the policy of an endpoint; address, key and model come from the environment where they are not given.

        Raises: BadInputError naming what is missing.
        """
        client = make_client(
            base_url=base_url,
            model=model,
            api_key=api_key,
            cache=cache,
            price=price,
            temperature=temperature,
            max_tokens=max_new_tokens,
            stream=stream,
            concurrency=concurrency,
            timeout=timeout,
            retries=retries,
        )
        return cls(client, template=template)

    def begin(self, seed: int) -> None:
        """Begin an episode; requests of equal views under equal seeds are one question."""
        self._seed = seed
        self.said, self.reasons = {}, {}

    def act(self, views: Mapping[str, View]) -> dict[str, list[Act]]:
        """Return the acts of each role; all roles are asked at once.

        Raises: ChatError where nothing answers at all.
        """
        roles = list(views)
        talks = [crisis_messages(views[role], self.template) for role in roles]
        replies = self._ask(talks, 0)
        found = [_read(reply, role) for reply, role in zip(replies, roles, strict=True)]
        unclear = [i for i, one in enumerate(found) if not one.readable and replies[i].answered]
        self.counts["asked_again"] += len(unclear)
        second = self._ask([[*talks[i], *_correction(replies[i], found[i])] for i in unclear], 1)
        for i, reply in zip(unclear, second, strict=True):
            replies[i], found[i] = reply, _read(reply, roles[i])
        self.said = {role: reply.text or "" for role, reply in zip(roles, replies, strict=True)}
        self.reasons = {role: one.reason for role, one in zip(roles, found, strict=True) if not one.readable}
        return {role: self._settle(reply, one) for role, reply, one in zip(roles, replies, found, strict=True)}

    def _ask(self, talks: Sequence[list[dict[str, str]]], attempt: int) -> list[ChatReply]:
        seed = derive_seed("agents.crisis_llm", self._seed, attempt, bits=31)
        return self.client.ask([ChatRequest(talk) for talk in talks], seed=seed)

    def _settle(self, reply: ChatReply, found: CrisisReading) -> list[Act]:
        self.counts["answers"] += 1
        self.counts["refused"] += len(found.refused)
        if not found.readable:
            self.counts["invalid" if reply.answered else "failed"] += 1
        return list(found.acts)


def _read(reply: ChatReply, role: str) -> CrisisReading:
    """Return the reading of a reply; a request that failed is an empty answer."""
    return read_completion(reply.text or "" if reply.answered else "", role, truncated=reply.truncated)


def _correction(reply: ChatReply, found: CrisisReading) -> list[dict[str, str]]:
    """Return what was said and why it was no answer."""
    said = (reply.text or "(nothing)")[:_SHOWN_BACK]
    form = '{"reasoning": "...", "acts": [...]}'
    again = f"That could not be read ({harmless(found.reason)}). Answer with one JSON object: {form}"
    return [{"role": "assistant", "content": said}, {"role": "user", "content": again}]
