"""Any registered environment as an OpenEnv environment, and OpenEnv's own routes. Only this file imports openenv.

`adapt(kind)` derives the typed classes that OpenEnv wants from the kind's own models. The server answers `/ws` and the
HTTP episode routes by itself (server/websocket.py says why) and takes the rest from `info_app`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, create_model

from triagelab.envs.base import SEEDS, Environment, EnvKind, reset_options
from triagelab.errors import BadInputError, MissingDependencyError
from triagelab.observation import Observation
from triagelab.version import VERSION

try:
    from openenv.core.env_server.http_server import HTTPEnvServer
    from openenv.core.env_server.interfaces import Environment as OpenEnvEnvironment
    from openenv.core.env_server.types import Action as OpenEnvAction
    from openenv.core.env_server.types import ConcurrencyConfig, EnvironmentMetadata
    from openenv.core.env_server.types import Observation as OpenEnvObservation
    from openenv.core.env_server.types import State as OpenEnvState
    from openenv.core.rubrics import Rubric
except ImportError as error:
    raise MissingDependencyError("openenv", "openenv", "an OpenEnv environment") from error

PREVIEW = 100
"""Tasks of a generated split that a list shows; `num_tasks` tells the true number."""
LONGEST_RANGE = 1_000
"""Tasks that one range request may name."""
MCP_SESSIONS = 4
"""Sessions that `/mcp` may hold; no environment here offers MCP tools."""


class EpisodeView(OpenEnvState):
    """What `state` tells: never a seed, a case or a truth."""

    env_id: str = ""
    done: bool = False


class Part(Rubric):
    """One named component of the reward of the last step, 0 where the step paid none."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, action: Any, observation: Any) -> float:
        return observation.components.get(self.name, 0.0)


class Parts(Rubric):
    """The reward of a step as the sum of its named components, one child a name."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        for name in names:
            setattr(self, f"part_{name}", Part(name))

    def forward(self, action: Any, observation: Any) -> float:
        scores = [child(action, observation) for child in self.children()]
        return sum(score for score in scores if isinstance(score, int | float))


@dataclass(frozen=True)
class Adapted:
    """The classes of one kind of environment as OpenEnv wants them.

    Attributes:
        environment: takes no argument; every instance is one session.
    """

    kind: EnvKind[Any, Any]
    action: type[OpenEnvAction]
    observation: type[OpenEnvObservation]
    environment: type[AdaptedEnvironment]


class AdaptedEnvironment(OpenEnvEnvironment):
    """One session. Steps take less than 1 ms (crisis-v1: some), so they run on the event loop and not in a thread."""

    SUPPORTS_CONCURRENT_SESSIONS = True
    kind: EnvKind[Any, Any]
    seen_type: type[OpenEnvObservation]

    def __init__(self) -> None:
        super().__init__(rubric=Parts(self.kind.component_names))
        self._inner = Environment(self.kind)

    def reset(
        self,
        seed: int | None = None,
        episode_id: str | None = None,
        split: str | None = None,
        task: str | int | None = None,
        index: int | None = None,
        **ignored: Any,
    ) -> OpenEnvObservation:
        """Begin an episode.

        Args: as `Environment.reset`; `index` is OpenEnv's word for the place of a task; what no reset takes is ignored.
        """
        options = {name: ignored[name] for name in reset_options(self.kind) if name in ignored}
        chosen = chosen_task(task, index)
        seen = self._inner.reset(seed=seed, episode_id=episode_id, split=split, task=chosen, **options)
        self._reset_rubric()
        return self._typed(seen)

    def step(self, action: Any, timeout_s: float | None = None, **ignored: Any) -> OpenEnvObservation:
        """Take one action. Raises: EpisodeError out of turn, BadInputError for an action that is none."""
        raw = action.model_dump() if isinstance(action, BaseModel) else action
        seen = self._typed(self._inner.step(without_metadata(raw)))
        self._apply_rubric(action, seen)
        return seen

    async def reset_async(
        self,
        seed: int | None = None,
        episode_id: str | None = None,
        split: str | None = None,
        task: str | int | None = None,
        index: int | None = None,
        **ignored: Any,
    ) -> OpenEnvObservation:
        return self.reset(seed, episode_id, split, task, index, **ignored)

    async def step_async(self, action: Any, timeout_s: float | None = None, **ignored: Any) -> OpenEnvObservation:
        return self.step(action)

    @property
    def state(self) -> EpisodeView:
        return EpisodeView(**self._inner.state.to_dict())

    def close(self) -> None:
        """Give the episode up; every later call but this one raises EpisodeError."""
        self._inner.close()

    def get_metadata(self) -> EnvironmentMetadata:
        return EnvironmentMetadata(
            name=self.kind.env_id, description=self.kind.description, version=VERSION, author="The triagelab authors"
        )

    def list_splits(self) -> list[str]:
        return list(self.kind.splits)

    def num_tasks(self, split: str) -> int:
        self._inner.tasks(split, 0, 0)  # refuses an unknown split
        return self.kind.task_count(split)

    def list_tasks(self, split: str) -> list[dict[str, Any]]:
        """Return every task of a split with a fixed number, the first `PREVIEW` of a generated one."""
        stop = PREVIEW if self.num_tasks(split) >= SEEDS else None
        return [task.to_dict() for task in self._inner.tasks(split, 0, stop)]

    def get_task(self, split: str, index: int) -> dict[str, Any]:
        if not 0 <= index < self.num_tasks(split):
            raise IndexError(index)
        return self.kind.task(split, index).to_dict()

    def get_task_range(self, split: str, start: int | None = None, stop: int | None = None) -> list[dict[str, Any]]:
        """Return the tasks from `start` up to `stop`, at most `LONGEST_RANGE` of them."""
        first, last, _ = slice(start, stop).indices(self.num_tasks(split))
        return [task.to_dict() for task in self._inner.tasks(split, first, min(last, first + LONGEST_RANGE))]

    def _typed(self, seen: Observation) -> OpenEnvObservation:
        # The kind's own model has validated every field already.
        return self.seen_type.model_construct(**{name: getattr(seen, name) for name in type(seen).model_fields})


def adapt(kind: EnvKind[Any, Any]) -> Adapted:
    """Return the OpenEnv classes of a kind; fields, types and descriptions are those of its models."""
    name = "".join(part.capitalize() for part in kind.env_id.split("-"))
    action = create_model(f"{name}Action", __base__=OpenEnvAction, **_fields(kind.action_type))
    seen = create_model(f"{name}Observation", __base__=OpenEnvObservation, **_fields(kind.observation_type))
    environment = type(f"{name}Environment", (AdaptedEnvironment,), {"kind": kind, "seen_type": seen})
    return Adapted(kind, action, seen, environment)


def info_app(kind: EnvKind[Any, Any], session_timeout: float) -> FastAPI:
    """Return an app with OpenEnv's health, metadata, schema, MCP and Task API routes, without `/ws` and control routes.

    The caller awaits `app.router.on_startup` and `on_shutdown`: a mounted app gets no events of its own.
    """
    made = adapt(kind)
    app = FastAPI(title=kind.title, version=VERSION, description=kind.description, redoc_url=None, docs_url=None)
    limits = ConcurrencyConfig(max_concurrent_envs=MCP_SESSIONS, session_timeout=session_timeout)
    server = HTTPEnvServer(
        made.environment,
        made.action,
        made.observation,
        concurrency_config=limits,
        env_name=kind.env_id,
        state_cls=EpisodeView,
    )
    server.register_routes(app, mode="production")
    kept = [route for route in app.router.routes if getattr(route, "path", None) != "/ws"]
    app.router.routes[:] = kept
    return app


def chosen_task(task: str | int | None, index: int | None) -> str | int | None:
    """Return the task that `task` or OpenEnv's `index` names. Raises: BadInputError for both."""
    if task is not None and index is not None:
        raise BadInputError("index", index, "either task or index, not both")
    return index if task is None else task


def without_metadata(raw: Any) -> Any:
    """Return an action without the `metadata` that every OpenEnv action carries and no environment here reads."""
    return {key: value for key, value in raw.items() if key != "metadata"} if isinstance(raw, dict) else raw


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    """Return the fields of a model as `create_model` takes them, those that OpenEnv's base has left out."""
    own = {"done", "reward", "metadata"}
    return {name: (field.annotation, field) for name, field in model.model_fields.items() if name not in own}


__all__ = ["PREVIEW", "Adapted", "AdaptedEnvironment", "EpisodeView", "adapt", "chosen_task", "info_app"]
