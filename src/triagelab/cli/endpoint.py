"""What the commands share that can ask a model at an endpoint."""

from __future__ import annotations

from typing import Any

from triagelab.errors import BadInputError

LLM = "llm"


def endpoint_options(agent: str, **given: Any) -> dict[str, Any]:
    """Return the options of the endpoint that were given. None of them is part of a saved configuration: what decides
    the answers is in the agent's fingerprint, and the user's word for an endpoint holds for one run.

    Raises: BadInputError for an option that the agent has no use for.
    """
    found = {name: value for name, value in given.items() if value is not None and value is not False}
    if found and LLM not in agent.split(":"):
        name, value = next(iter(found.items()))
        raise BadInputError(f"--{name.replace('_', '-')}", value, f"only with --agent {LLM}")
    return found


def usage_lines(agent: object) -> list[str]:
    """Return what an agent, or the one that it wraps, has asked of an endpoint; nothing for agents without one."""
    while agent is not None:
        client = getattr(agent, "client", None)
        if client is not None:
            counts = [f"{name} {number}" for name, number in getattr(agent, "counts", {}).items()]
            return [client.usage.line(client.price), *(["actions: " + ", ".join(counts)] if counts else [])]
        agent = getattr(agent, "inner", None)
    return []
