"""Judges of imaging reasoning by name: the rubric scorer, a served model, or one on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from triagelab.errors import BadInputError, UnknownNameError
from triagelab.rewards.imaging.judge import Judge, judge_messages, read_grades

RUBRIC, SERVED, LOCAL = "rubric", "llm", "model"
NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})


def make_judge(spec: str, options: Mapping[str, Any] = NO_OPTIONS, *, field: str = "--judge") -> Judge:
    """Return the judge that a name means: `rubric`, `llm`, `llm:MODEL` or `model:DIR`.

    Args:
        options: what a served or local model takes; a served one finds endpoint and key as the agent `llm` does.
        field: what the name is called where it was given.

    Raises: UnknownNameError, BadInputError; MissingDependencyError without the extra that the judge needs.
    """
    name, _, rest = spec.partition(":")
    if spec == RUBRIC:
        from triagelab.rewards.imaging.rubric import RubricScorer

        if options:
            raise BadInputError(field, spec, "llm or model, for the options that were given")
        return RubricScorer()
    asked: dict[str, Any] = {"prompt": judge_messages, "parse": read_grades, **options}
    if name == SERVED:
        from triagelab.agents.imaging_judge import ChatJudge
        from triagelab.agents.registry import one_model

        return ChatJudge.load(one_model(spec, rest, asked.pop("model", None)), **asked)
    if name == LOCAL and rest:
        from triagelab.agents.imaging_judge import LocalJudge

        return LocalJudge.load(rest, **asked)
    raise UnknownNameError(field, spec, (RUBRIC, SERVED, f"{SERVED}:MODEL", f"{LOCAL}:DIR"))


__all__ = ["RUBRIC", "make_judge"]
