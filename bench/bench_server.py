"""Throughput of `triagelab serve` over WebSocket, and of environments in process; client and server share the machine.

Steps are real actions that end episodes; the resets between them are in the time and not in the count.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import websockets

from triagelab.cases.bedside.actions import PATHWAYS, PATTERNS, REGIONS, TESTS, TOPICS, VITALS
from triagelab.envs.registry import REGISTRY, make
from triagelab.errors import TriageLabError

CLIENTS = (1, 8, 64, 256)
TARGET_CLIENTS, RUNS = 64, 6
"""The cell with a target is run so many times more: the speed of a shared machine varies."""
SECONDS = float(os.environ.get("TRIAGELAB_BENCH_SECONDS", "4"))
SEEDS_IN_USE = 64
"""Episodes begin with so many different patients, so that esi-v1 is not timed at making notes."""
ANSWER = "EXTRACTION: chest pain\nESI ALGORITHM: A no; B yes, chest pain; C -; D -\nANSWER: ESI 2"


def script(env_id: str) -> list[dict[str, Any]]:
    """Return the actions of one episode; the last one ends it."""
    if env_id == "esi-v1":
        return [{"text": ANSWER}]
    asked = [("ask", name) for name in TOPICS[:5]] + [("measure", name) for name in tuple(VITALS)[:4]]
    asked += [("examine", name) for name in REGIONS[:4]] + [("test", name) for name in TESTS[:2]]
    turns: list[dict[str, Any]] = [{"kind": kind, "target": target} for kind, target in asked]
    return [*turns, {"kind": "commit", "level": 3, "pathway": PATHWAYS[2], "pattern": PATTERNS[0]}]


def served() -> list[str]:
    """Return the ids of the environments that can be made."""
    found = []
    for env_id in REGISTRY:
        try:
            make(env_id)
        except (TriageLabError, AttributeError, ImportError):
            continue
        found.append(env_id)
    return found


@contextmanager
def server(env_ids: list[str], sessions: int = 512):
    """Yield the base URL of a server of its own process."""
    chosen = [part for env_id in env_ids for part in ("--env", env_id)]
    command = [sys.executable, "-m", "triagelab.cli.main", "serve", "--port", "0", "--max-sessions", str(sessions)]
    process = subprocess.Popen([*command, *chosen], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        if not line.startswith("serving "):
            raise RuntimeError(line)
        yield line.split()[1], process.pid
    finally:
        process.terminate()
        process.wait(10)


class Raw:
    """One client that sends JSON over `websockets` and reads the reply."""

    def __init__(self, url: str) -> None:
        self.url = url.replace("http://", "ws://") + "/ws"

    async def __aenter__(self) -> Raw:
        self.socket = await websockets.connect(self.url, compression=None, proxy=None, max_size=None)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()

    async def reset(self, seed: int) -> None:
        await self._said({"type": "reset", "data": {"seed": seed}})

    async def step(self, action: dict[str, Any]) -> bool:
        return (await self._said({"type": "step", "data": action}))["done"]

    async def _said(self, message: dict[str, Any]) -> dict[str, Any]:
        await self.socket.send(json.dumps(message))
        reply = json.loads(await self.socket.recv())
        if reply["type"] != "observation":
            raise RuntimeError(str(reply))
        return reply["data"]


class Generic:
    """One client that is OpenEnv's own `GenericEnvClient`."""

    def __init__(self, url: str) -> None:
        from openenv import GenericEnvClient

        self.client = GenericEnvClient(base_url=url)

    async def __aenter__(self) -> Generic:
        await self.client.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()

    async def reset(self, seed: int) -> None:
        await self.client.reset(seed=seed)

    async def step(self, action: dict[str, Any]) -> bool:
        return (await self.client.step(action)).done


async def load(make_client: Callable[[], Raw | Generic], clients: int, actions: list[dict[str, Any]]) -> dict[str, Any]:
    """Return steps a second and latencies of `clients` clients that play for SECONDS."""
    waits: list[float] = []
    begin, everybody = asyncio.Event(), asyncio.Barrier(clients + 1)
    until = 0.0

    async def one(number: int) -> None:
        async with make_client() as client:
            await everybody.wait()
            await begin.wait()
            seed = number
            while time.perf_counter() < until:
                await client.reset(seed % SEEDS_IN_USE)
                seed += clients
                for action in actions:
                    before = time.perf_counter()
                    done = await client.step(action)
                    waits.append(time.perf_counter() - before)
                    if done:
                        break

    tasks = [asyncio.create_task(one(number)) for number in range(clients)]
    await asyncio.wait([asyncio.create_task(everybody.wait()), *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        if task.done():
            task.result()  # a client that could not connect ends the measurement
    started = time.perf_counter()
    until = started + SECONDS
    begin.set()
    await asyncio.gather(*tasks)
    spent = time.perf_counter() - started
    waits.sort()
    return {
        "steps_per_s": round(len(waits) / spent),
        "p50_ms": round(1000 * waits[len(waits) // 2], 2),
        "p99_ms": round(1000 * waits[int(0.99 * len(waits))], 2),
    }


async def mixed_up(url: str, env_id: str, sessions: int) -> dict[str, int]:
    """Return how many of so many simultaneous sessions were lost, or saw anything but their own patient."""
    actions = script(env_id)

    async def one(seed: int) -> list[Any] | None:
        try:
            async with Raw(url) as client:
                seen = [await client._said({"type": "reset", "data": {"seed": seed}})]
                await asyncio.sleep(0.2)  # until every session has begun
                for action in actions:
                    seen.append(await client._said({"type": "step", "data": action}))
                    if seen[-1]["done"]:
                        break
                return seen
        except (OSError, RuntimeError, websockets.WebSocketException):
            return None

    found = await asyncio.gather(*(one(seed) for seed in range(sessions)))
    mixed = sum(1 for seed, seen in enumerate(found) if seen is not None and seen != alone(env_id, seed, actions))
    return {"sessions": sessions, "lost": found.count(None), "mixed_up": mixed}


def alone(env_id: str, seed: int, actions: list[dict[str, Any]]) -> list[Any]:
    """Return what the same episode shows in process."""
    env = make(env_id)
    seen = [env.reset(seed=seed)]
    for action in actions:
        seen.append(env.step(action))
        if seen[-1].done:
            break
    whole = [item.model_dump(mode="json") for item in seen]
    return [{"reward": item.pop("reward"), "done": item.pop("done"), "observation": item} for item in whole]


def in_process(env_id: str, episodes: int = 2000) -> dict[str, int]:
    """Return steps a second by themselves, and with the reset of a patient not met before."""
    actions = script(env_id)
    envs = [make(env_id) for _ in range(episodes)]
    times = [time.perf_counter()]
    for seed, env in enumerate(envs):
        env.reset(seed=10_000 + seed)
    times.append(time.perf_counter())
    steps = 0
    for env in envs:
        for action in actions:
            steps += 1
            if env.step(action).done:
                break
    times.append(time.perf_counter())
    reset, step = (after - before for before, after in pairwise(times))
    return {
        "steps_per_s": round(steps / step),
        "resets_per_s": round(episodes / reset),
        "steps_per_s_with_reset": round(steps / (step + reset)),
    }


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process so far."""
    with open(f"/proc/{pid}/stat") as stream:
        fields = stream.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run() -> dict[str, Any]:
    """Return the figures of every environment."""
    result: dict[str, Any] = {}
    for env_id in served():
        mount, actions = REGISTRY[env_id].mount, script(env_id)
        in_process(env_id, 50)  # tables are loaded once
        figures: dict[str, Any] = {"in_process": in_process(env_id)}
        with server([env_id]) as (base, pid):
            url = base + mount
            asyncio.run(load(lambda url=url: Raw(url), 8, actions))  # warm
            for name, client in (("raw_json", Raw), ("generic_env_client", Generic)):
                for clients in CLIENTS:
                    before = cpu_seconds(pid)
                    measured = asyncio.run(load(lambda url=url, client=client: client(url), clients, actions))
                    measured["server_cpu_s"] = round(cpu_seconds(pid) - before, 2)
                    figures[f"{name}_{clients}"] = measured
            figures["raw_json_64_runs"] = sorted(
                asyncio.run(load(lambda url=url: Raw(url), TARGET_CLIENTS, actions))["steps_per_s"] for _ in range(RUNS)
            )
            figures["isolation"] = asyncio.run(mixed_up(url, env_id, 256))
        result[env_id] = figures
    return result


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
