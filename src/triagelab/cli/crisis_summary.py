"""What `triagelab crisis run` and `replay` print of an episode: a JSON object, or lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from triagelab.cli.highlight import one_line
from triagelab.evaluation.crisis_replay import Replay, nothing_deaths
from triagelab.evaluation.crisis_replay_page import ROLE_NAMES

STATUSES = ("done", "held", "refused", "blocked")


def summary(replay: Replay) -> dict[str, Any]:
    """Return the episode and its outcome as plain JSON values.

    Missing: the share of a role that owed nothing and did nothing wrong is null.
    """
    header, end = replay.header, replay.end
    nothing = nothing_deaths(end, replay.steps[-1].state.minute)
    parts: Counter[str] = Counter()
    for step in replay.steps:
        parts.update(step.pay)
    acts = Counter(one.status for step in replay.steps for one in step.results)
    return {
        "scenario": header.scenario,
        "difficulty": header.difficulty,
        "seed": header.seed,
        "steps": header.steps,
        "policy": header.policy,
        "roles": dict(header.roles),
        "patients": end.patients,
        "deaths": end.deaths,
        "deaths_if_nobody_acted": nothing,
        "deaths_prevented": nothing - end.deaths,
        "survival": end.survival,
        "incidents": end.incidents,
        "caught": end.caught,
        "false_flags": end.false_flags,
        "role_share": dict(end.shares),
        "reward": end.reward,
        "reward_parts": dict(parts),
        "acts": {status: acts[status] for status in (*STATUSES, *sorted(set(acts) - set(STATUSES)))},
        "digest": replay.steps[-1].state.digest,
    }


def lines(replay: Replay, proof: Mapping[str, Any] | None = None) -> Iterator[str]:
    """Yield the summary for people."""
    row = summary(replay)
    others = "".join(f", {ROLE_NAMES[role]} by {one_line(name, 60)}" for role, name in row["roles"].items())
    yield (
        f"{row['scenario']}, difficulty {row['difficulty']:g}, seed {row['seed']}, {row['steps']} steps: "
        f"played by {one_line(row['policy'], 60)}{others}"
    )
    yield (
        f"survival {row['survival']:.1%}: {row['deaths']} of {row['patients']} patients died; "
        f"if nobody acted {row['deaths_if_nobody_acted']}, prevented {row['deaths_prevented']}"
    )
    yield f"incidents caught {row['caught']} of {row['incidents']}, false flags {row['false_flags']}"
    shares = (
        f"{ROLE_NAMES.get(role, role)} {'-' if share is None else f'{share:.0%}'}"
        for role, share in row["role_share"].items()
    )
    yield f"duties done: {', '.join(shares)}"
    parts = ", ".join(f"{name} {value:+.3f}" for name, value in row["reward_parts"].items())
    yield f"reward {row['reward']:+.3f} ({parts})"
    yield "acts: " + ", ".join(f"{count} {status}" for status, count in row["acts"].items())
    if proof is not None:
        yield _proof_line(replay, proof)
    yield "one episode is luck as well as skill; triagelab crisis benchmark compares policies. Not a medical device."


def _proof_line(replay: Replay, proof: Mapping[str, Any]) -> str:
    from triagelab.version import VERSION

    if proof["agrees"]:
        return f"check: every state agrees ({proof['states']} states played again from seed {replay.header.seed})"
    made = replay.header.triagelab
    versions = f" (recorded with triagelab {one_line(made, 20)}, this is {VERSION})" if made != VERSION else ""
    return f"check: differs at {one_line(str(proof['difference']), 300)}{versions}"


__all__ = ["lines", "summary"]
