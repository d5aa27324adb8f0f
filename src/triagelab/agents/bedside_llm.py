"""Any model behind an OpenAI-compatible endpoint at the bedside: one action a turn, as a tool call or as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from triagelab.agents.chat_client import ChatClient, make_client
from triagelab.agents.chat_reply import ChatReply, ChatRequest
from triagelab.agents.llm import fingerprint_of
from triagelab.cases.bedside.actions import BedsideAction
from triagelab.cases.bedside.observation import Dialogue
from triagelab.completions.answers import ParseStatus
from triagelab.completions.bedside_actions import ParsedAction, action_of_call, parse_action
from triagelab.completions.bedside_prompts import MODES, TEMPLATE, Mode, again_message, bedside_messages
from triagelab.completions.bedside_tools import api_tools
from triagelab.errors import UnknownNameError
from triagelab.seeding import derive_seed

HARMLESS = BedsideAction(kind="more_info")
"""What is done where a model has twice said nothing that is an action: it costs time, and never an answer."""
_SHOWN_BACK = 2_000


class BedsideLlm:
    """Decides with a served model; the conversation is made anew from the dialogue at every turn.

    Dialogues are of made-up patients only, so nothing that must stay on this machine can be in them.

    Attributes:
        counts: since this agent was made: `actions`, `asked_again` (what came first was no action), `invalid` (nor was
            the second), `failed` (the request failed for good). The last two did HARMLESS instead.
        stand_in: the very object that stands for an answer that was no action; the evaluation counts it as invalid.
        remote: requests leave this machine, or it is not certain that they do not.
    """

    stand_in = HARMLESS

    def __init__(self, client: ChatClient, *, mode: Mode = "json") -> None:
        if mode not in MODES:
            raise UnknownNameError("mode", mode, MODES)
        self.client = client
        self.mode: Mode = mode
        self.name = f"llm:{client.endpoint.model}"
        self.remote = not client.endpoint.loopback
        self.fingerprint = fingerprint_of(client, f"{TEMPLATE}-{mode}")
        self.counts: Counter[str] = Counter(actions=0, asked_again=0, invalid=0, failed=0)

    @classmethod
    def load(
        cls,
        *,
        base_url: str | None = None,
        model: str | None = None,
        api_key: str | None = None,
        mode: Mode = "json",
        temperature: float = 0.0,
        max_new_tokens: int = 512,
        stream: bool = False,
        concurrency: int = 8,
        timeout: float = 60.0,
        retries: int = 4,
        cache: str | None = None,
        price: str | None = None,
    ) -> BedsideLlm:
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
        )
        return cls(client, mode=mode)

    def act(self, dialogues: Sequence[Dialogue], *, seed: int = 0) -> list[BedsideAction]:
        """Return one action a dialogue, in order.

        Raises: ChatError where nothing answers at all.
        """
        conversations = [bedside_messages(dialogue, self.mode) for dialogue in dialogues]
        replies = self._ask(conversations, derive_seed("agents.bedside_llm", seed, 0, bits=31))
        found = [_read(reply) for reply in replies]
        unclear = [place for place, one in enumerate(found) if one.action is None and replies[place].answered]
        self.counts["asked_again"] += len(unclear)
        second = self._ask(
            [[*conversations[place], *_correction(replies[place], found[place])] for place in unclear],
            derive_seed("agents.bedside_llm", seed, 1, bits=31),
        )
        for place, reply in zip(unclear, second, strict=True):
            replies[place], found[place] = reply, _read(reply)
        return [self._settle(reply, one) for reply, one in zip(replies, found, strict=True)]

    def _ask(self, conversations: Sequence[list[dict]], seed: int) -> list[ChatReply]:
        tools = api_tools() if self.mode == "tools" else ()
        return self.client.ask([ChatRequest(messages, tools) for messages in conversations], seed=seed)

    def _settle(self, reply: ChatReply, found: ParsedAction) -> BedsideAction:
        self.counts["actions"] += 1
        if found.action is not None:
            return found.action
        self.counts["invalid" if reply.answered else "failed"] += 1
        return HARMLESS


def _read(reply: ChatReply) -> ParsedAction:
    """Return the one action of a reply: its only tool call, or else its text."""
    if not reply.answered:
        return ParsedAction(ParseStatus.EMPTY, None, reply.status)
    if len(reply.calls) > 1:
        return ParsedAction(ParseStatus.CONFLICTING, None, f"{len(reply.calls)} tool calls instead of one")
    if reply.calls:
        return action_of_call(reply.calls[0].name, reply.calls[0].arguments)
    return parse_action(reply.text or "", truncated=reply.truncated)


def _correction(reply: ChatReply, found: ParsedAction) -> list[dict]:
    """Return what was said and why it was no action; calls are shown as text, since no tool answered them."""
    said = reply.text or "".join(f"{call.name} {call.arguments}\n" for call in reply.calls)
    return [{"role": "assistant", "content": said[:_SHOWN_BACK] or "(nothing)"}, again_message(found.reason)]
