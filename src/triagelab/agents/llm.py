"""Any model behind an OpenAI-compatible endpoint as an agent: prompt, client, parser."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from triagelab.agents.base import Prediction
from triagelab.agents.chat_client import ChatClient, make_client
from triagelab.agents.chat_reply import ChatReply, ChatRequest
from triagelab.cases.credentialed import refuse_remote
from triagelab.cases.presentation import Presentation
from triagelab.completions.parser import parse
from triagelab.completions.prompts import build_messages, load_template


class LlmAgent:
    """Answers with the text of a served model. What it is sent leaves this process, and maybe this machine.

    Missing: a request that failed for good is no answer, with the failure as its status.

    Attributes:
        remote: requests leave this machine, or it is not certain that they do not.
        allow_remote: the user's word that credentialed cases may go there; for this agent only, never saved.
        fingerprint: endpoint, model, prompt and sampling; an evaluation goes on only under the same.
    """

    def __init__(self, client: ChatClient, *, template: str = "esi", allow_remote: bool = False) -> None:
        self.client, self.allow_remote = client, allow_remote is True
        self.template = load_template(template).template_id
        self.name = f"llm:{client.endpoint.model}"
        self.remote = not client.endpoint.loopback
        self.fingerprint = fingerprint_of(client, self.template)

    @classmethod
    def load(
        cls,
        model: str | None = None,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        template: str = "esi",
        temperature: float = 0.0,
        max_new_tokens: int = 512,
        stream: bool = False,
        concurrency: int = 8,
        timeout: float = 60.0,
        retries: int = 4,
        cache: str | None = None,
        cache_credentialed: bool = False,
        price: str | None = None,
        allow_remote: bool = False,
    ) -> LlmAgent:
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
        return cls(client, template=template, allow_remote=allow_remote)

    def predict(self, presentations: Sequence[Presentation], *, seed: int = 0) -> list[Prediction]:
        """Return one prediction a presentation, in order.

        Raises: BadInputError before anything is sent, where a case may not leave this machine; ChatError where nothing
            answers at all.
        """
        refuse_remote(presentations, self.client.endpoint.base_url, allow=self.allow_remote)
        requests = [
            ChatRequest(build_messages(one, template=self.template), cacheable=not one.credentialed)
            for one in presentations
        ]
        replies = self.client.ask(requests, seed=seed)
        return [_read(reply, one) for reply, one in zip(replies, presentations, strict=True)]


def fingerprint_of(client: ChatClient, template: str) -> str:
    """Return a hash of what decides the answers of a client under a prompt, as far as it can be known from here."""
    parts = [client.endpoint.base_url, client.endpoint.model, template, client.temperature, client.max_tokens]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _read(reply: ChatReply, presentation: Presentation) -> Prediction:
    if not reply.answered:
        # A server may quote what it was sent, and records hold no text of credentialed cases.
        said = {} if presentation.credentialed else {"error": reply.error}
        return Prediction(level=None, status=reply.status, extra={"attempts": reply.attempts, **said})
    text = reply.text or ""
    parsed = parse(text, truncated=reply.truncated)
    return Prediction(
        level=parsed.level,
        status=parsed.status.value,
        completion=text,
        extra={
            "tokens": reply.completion_tokens,
            "prompt_tokens": reply.prompt_tokens,
            "truncated": reply.truncated,
            "finish": reply.finish,
        },
    )
