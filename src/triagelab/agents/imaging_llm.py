"""Any model behind an OpenAI-compatible endpoint as an imaging agent: prompt, client, parser."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from triagelab.agents.chat_client import ChatClient, make_client
from triagelab.agents.chat_reply import ChatReply, ChatRequest
from triagelab.agents.imaging_base import ImagingReply
from triagelab.agents.llm import fingerprint_of
from triagelab.cases.credentialed import refuse_remote
from triagelab.cases.imaging.question import ImagingQuestion
from triagelab.completions.imaging_answers import parse_imaging
from triagelab.completions.imaging_prompts import TEMPLATES, imaging_messages
from triagelab.errors import UnknownNameError

Evidence = Callable[[ImagingQuestion], Sequence[str]]
"""What gives the lines of evidence for a question, such as `completions.imaging_evidence.evidence_lines`."""


class ImagingLlm:
    """Answers with the text of a served model. What it is sent leaves this process, and maybe this machine.

    Missing: a request that failed for good is no answer, with the failure as its status; shares are never given.

    Attributes:
        remote: requests leave this machine, or it is not certain that they do not.
        allow_remote: the user's word that credentialed questions may go there; for this agent only, never saved.
        fingerprint: endpoint, model, prompt and sampling; an evaluation goes on only under the same.
    """

    def __init__(
        self,
        client: ChatClient,
        *,
        template: str = "imaging",
        evidence: Evidence | None = None,
        allow_remote: bool = False,
    ) -> None:
        if template not in TEMPLATES:
            raise UnknownNameError("template", template, TEMPLATES)
        self.client, self.template, self.evidence = client, template, evidence
        self.allow_remote = allow_remote is True
        self.name = f"llm:{client.endpoint.model}"
        self.remote = not client.endpoint.loopback
        self.fingerprint = fingerprint_of(client, f"{template}{'+evidence' if evidence else ''}")

    @classmethod
    def load(
        cls,
        model: str | None = None,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        template: str = "imaging",
        evidence: Evidence | None = None,
        temperature: float = 0.0,
        max_new_tokens: int = 1024,
        stream: bool = False,
        concurrency: int = 8,
        timeout: float = 60.0,
        retries: int = 4,
        cache: str | None = None,
        cache_credentialed: bool = False,
        price: str | None = None,
        allow_remote: bool = False,
    ) -> ImagingLlm:
        """Return the agent of an endpoint; address, key and model come from the environment where they are not given.

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
            cache_credentialed=cache_credentialed,
        )
        return cls(client, template=template, evidence=evidence, allow_remote=allow_remote)

    def answer(self, questions: Sequence[ImagingQuestion], *, seed: int = 0) -> list[ImagingReply]:
        """Return one reply a question, in order.

        Raises: BadInputError before anything is sent, where a question may not leave this machine; ChatError where
            nothing answers at all.
        """
        refuse_remote(questions, self.client.endpoint.base_url, allow=self.allow_remote)
        requests = [ChatRequest(self._messages(one), cacheable=not one.credentialed) for one in questions]
        return [_read(reply) for reply in self.client.ask(requests, seed=seed)]

    def _messages(self, question: ImagingQuestion) -> list[dict[str, str]]:
        lines = tuple(self.evidence(question)) if self.evidence else ()
        return imaging_messages(question, self.template, lines)


def _read(reply: ChatReply) -> ImagingReply:
    if not reply.answered:
        return ImagingReply(None, "", status=reply.status)
    found = parse_imaging(reply.text or "", truncated=reply.truncated)
    return ImagingReply(found.label, reply.text or "", None, reply.truncated, found.status.value)


__all__ = ["Evidence", "ImagingLlm"]
