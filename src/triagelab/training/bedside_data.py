"""What a run in `bedside-v1` trains on: a teacher's episodes as conversations, or cases to act in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from triagelab.agents.bedside_calls import Message, messages_of, opening
from triagelab.agents.bedside_questions import action_of, question_values
from triagelab.agents.bedside_rules import BedsideRules
from triagelab.cases.bedside.actions import BedsideAction
from triagelab.cases.bedside.observation import Dialogue
from triagelab.cases.draws import Draws
from triagelab.cases.generator import draw_archetype
from triagelab.completions.bedside_tools import tool_schemas
from triagelab.envs.base import Environment
from triagelab.envs.registry import make
from triagelab.errors import BadInputError, DataFormatError
from triagelab.seeding import derive_seed, stream
from triagelab.training.config import Recipe
from triagelab.training.data import share_of

LONGEST_EPISODE = 64
RAREST = 5_000
"""Cases that are looked at for each one that is found, before a part counts as empty."""
STORY = BedsideAction(kind="ask", target="story")


@dataclass(frozen=True, slots=True)
class Lesson:
    """One episode of the teacher: the conversation, with the level that was true at its end."""

    seed: int
    messages: tuple[Message, ...]
    level: int
    total: float


def case_seeds(recipe: Recipe) -> list[int]:
    """Return the seeds of the recipe's cases, drawn without repetition from the seeds of split and `data.part`.

    Raises: BadInputError without a number of cases, DataFormatError where no family lies in the part.
    """
    if recipe.data.n is None:
        raise BadInputError("data.n", None, "a whole number: the environment has as many cases as you like")
    drawn: dict[int, None] = {}
    i = 0
    low, high = recipe.data.part
    while len(drawn) < recipe.data.n:
        seed = derive_seed("training.bedside.case", recipe.data.seed, i, bits=31)
        if low <= share_of(family_of(recipe.data.split, seed)) < high:
            drawn[seed] = None
        i += 1
        if i >= RAREST * (len(drawn) + 1):
            raise DataFormatError(f"data.part: no family of {recipe.data.split!r} lies from {low:g} to {high:g}")
    return list(drawn)


def family_of(split: str, seed: int) -> str:
    """Return the family of a case; not for agents, since with it the truth could be guessed."""
    return draw_archetype(split, Draws("cases.bedside", seed, split)).family


def environment(recipe: Recipe) -> Environment[Any, Any]:
    """Return a new environment of a recipe."""
    assert recipe.bedside is not None  # only recipes with this table come here
    return make(recipe.bedside.env, reward=recipe.reward.preset)


def lessons(recipe: Recipe) -> list[Lesson]:
    """Return the teacher's episodes on the recipe's cases.

    The teacher treats at once who must be treated at once. Else it asks for the story, learns what the rules agent then
    finds worth most, as often as a number drawn for the case says, and does what somebody who knows the truth does:
    treats what must be treated, and commits.
    """
    assert recipe.bedside is not None
    rules = BedsideRules()
    low, high = recipe.bedside.questions
    found = []
    with environment(recipe) as env:
        for seed in case_seeds(recipe):
            most = int(stream("training.bedside.teacher", recipe.data.seed, seed).integers(low, high + 1))
            found.append(_lesson(env, rules, recipe.data.split, seed, most))
    return found


def _lesson(env: Environment[Any, Any], rules: BedsideRules, split: str, seed: int, most: int) -> Lesson:
    dialogue = Dialogue(env.reset(seed=seed, split=split))
    plan = [] if env.best().kind == "intervene" else [STORY]
    for _ in range(LONGEST_EPISODE):
        action = plan.pop(0) if plan else env.best()
        seen = env.step(action)
        dialogue = dialogue.then(action, seen)
        if seen.done:
            break
        if action == STORY:
            plan = _worth_asking(rules, dialogue)[: most - 1]
    level = int((dialogue.last.debrief or {})["level"])
    return Lesson(seed, (*messages_of(dialogue), {"role": "assistant", "content": ""}), level, env.record.total)


def _worth_asking(rules: BedsideRules, dialogue: Dialogue) -> list[BedsideAction]:
    """Return what the rules agent would learn next, what is worth most first."""
    values = question_values(rules.assess(dialogue), dialogue, rules.table)
    return [action_of(name) for name in sorted(values, key=lambda name: (-values[name], name))]


def texts_of(taught: Sequence[Lesson], limit: int = 2000) -> Iterator[str]:
    """Yield what is said in conversations, for training a tokenizer; calls have tokens of their own."""
    for lesson in taught[:limit]:
        for message in lesson.messages:
            yield str(message["content"])


def sft_rows(
    taught: Sequence[Lesson], tokenizer: Any, max_tokens: int, *, prompt_loss: bool = False
) -> list[dict[str, list[int]]]:
    """Return `input_ids` and `labels` a lesson; only what the assistant writes carries loss, its end included.

    Raises: DataFormatError for a chat template that does not mark the assistant's part; BadInputError where no lesson
        fits `max_tokens`; longer ones are left out.
    """
    tools, rows = tool_schemas(), []
    for lesson in taught:
        encoded = tokenizer.apply_chat_template(
            list(lesson.messages),
            tools=tools,
            tokenize=True,
            return_dict=True,
            return_assistant_tokens_mask=True,
        )
        ids, mask = list(encoded["input_ids"]), list(encoded["assistant_masks"])
        if not any(mask):
            raise DataFormatError("bedside.calls: the chat template has no {% generation %} marks to learn from")
        if len(ids) > max_tokens:
            continue
        labels = ids if prompt_loss else [i if kept else -100 for i, kept in zip(ids, mask, strict=True)]
        rows.append({"input_ids": ids, "labels": labels})
    if not rows:
        raise BadInputError("data.max_tokens", max_tokens, "room for one episode")
    return rows


def grpo_rows(recipe: Recipe) -> list[dict[str, Any]]:
    """Return one row a case: the prompt without its opening, which the environment adds, and what names the case."""
    prompt = opening("")
    return [{"prompt": prompt, "seed": seed, "split": recipe.data.split} for seed in case_seeds(recipe)]
