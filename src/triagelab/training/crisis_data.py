"""What a run on the hospital crisis trains on: states, how they are shown, and what the playbook answers there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from triagelab.completions.crisis_lines import urgent
from triagelab.completions.crisis_prompts import MOST_PATIENTS, crisis_messages
from triagelab.completions.crisis_reasons import write_completion
from triagelab.errors import BadInputError, DataFormatError
from triagelab.hospital.acts import Act
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book
from triagelab.rewards.crisis.states import StateKey, state_at
from triagelab.seeding import Generator, derive_seed, stream
from triagelab.training.config import Recipe
from triagelab.training.crisis_config import CrisisSettings
from triagelab.training.shown import leaves_room, sft_row

Message = dict[str, str]
TEXTS = 4000
"""States whose text a tokenizer learns from, at most."""
PARTS = {"train": (0.0, 0.7), "dev": (0.7, 0.85), "test": (0.85, 1.0)}
"""Split -> shares of all episode seeds, by hash: no episode is in two splits."""
PER_EPISODE = 2
"""States of one role that one episode gives at most."""
RAREST = 400
"""Episodes that are looked at for each state that is found, before the search ends."""


@dataclass(frozen=True, slots=True)
class Example:
    """One state: its key, the messages that show it, and what the playbook answers, limited to what is shown."""

    key: StateKey
    messages: tuple[Message, ...]
    acts: tuple[Act, ...]
    answer: str

    def row(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"state": self.key.text, "role": self.key.role, "prompt": list(self.messages), "answer": self.answer}


def split_of(seed: int) -> str:
    """Return the split that an episode seed belongs to, whatever recipe asks."""
    share = derive_seed("training.crisis.split", 0, seed, bits=53) / (1 << 53)
    return next(name for name, (low, high) in PARTS.items() if low <= share < high)


def examples(recipe: Recipe) -> list[Example]:
    """Return the states of a recipe with something to do, and its share of quiet ones, in a fixed mixed order.

    Raises: BadInputError without a number of states, DataFormatError where the settings lead to too few.
    """
    assert recipe.crisis is not None  # only recipes with this table come here
    if recipe.data.n is None:
        raise BadInputError("data.n", None, "a whole number: the simulator has as many states as you like")
    settings = recipe.crisis
    wanted = quotas(settings, recipe.data.n)
    found: dict[tuple[str, bool], list[Example]] = {place: [] for place in wanted}
    looked = 0
    while any(len(found[place]) < count for place, count in wanted.items()):
        episode = derive_seed("training.crisis.episode", recipe.data.seed, looked, bits=31)
        looked += 1
        if looked > RAREST * (1 + sum(map(len, found.values()))):
            missing = [f"{role}{'' if busy else ' (quiet)'}" for (role, busy), n in wanted.items() if not n]
            raise DataFormatError(f"crisis: no more states of {', '.join(missing) or 'some role'} with these settings")
        if split_of(episode) == recipe.data.split:
            _collect(recipe, settings, episode, looked, wanted, found)
    everything = [one for place, count in wanted.items() for one in found[place][:count]]
    order = stream("training.crisis.order", recipe.data.seed).permutation(len(everything))
    return [everything[i] for i in order]


def quotas(settings: CrisisSettings, n: int) -> dict[tuple[str, bool], int]:
    """Return (role, something to do) -> how many states; they add up to `n`."""
    total = sum(settings.shares)
    cuts = [0.0]
    for share in settings.shares:
        for part in (share * (1 - settings.quiet), share * settings.quiet):
            cuts.append(cuts[-1] + n * part / total)
    edges = [round(cut) for cut in cuts]
    places = [(role, busy) for role in settings.roles for busy in (True, False)]
    return {place: high - low for place, low, high in zip(places, edges, edges[1:], strict=False) if high > low}


def _collect(
    recipe: Recipe,
    settings: CrisisSettings,
    episode: int,
    looked: int,
    wanted: dict[tuple[str, bool], int],
    found: dict[tuple[str, bool], list[Example]],
) -> None:
    """Add the states of one episode that are still wanted."""
    rng = stream("training.crisis.draw", recipe.data.seed, episode)
    low, high = settings.difficulty
    scenario = settings.scenarios[looked % len(settings.scenarios)]
    difficulty = round(low + (high - low) * float(rng.random()), 2)
    behaviour = settings.behaviours[int(rng.integers(len(settings.behaviours)))]
    taken: dict[tuple[str, bool], int] = {}
    for step in _steps(rng, settings):
        for role in settings.roles:
            for_role = [(role, busy) for busy in (True, False) if (role, busy) in wanted]
            if not any(len(found[place]) < wanted[place] and taken.get(place, 0) < PER_EPISODE for place in for_role):
                continue
            key = StateKey(scenario, difficulty, episode, settings.steps, step, role, behaviour)
            one = example(key, recipe.data.template, settings.patients)
            place = (role, bool(one.acts))
            if place not in wanted or len(found[place]) >= wanted[place] or taken.get(place, 0) >= PER_EPISODE:
                continue
            taken[place] = taken.get(place, 0) + 1
            found[place].append(one)


def _steps(rng: Generator, settings: CrisisSettings) -> list[int]:
    """Return the steps of an episode that are looked at: every third or so, from a drawn start."""
    last = min(settings.latest, settings.steps - 1)
    return list(range(int(rng.integers(0, 3)), last + 1, 2 + int(rng.integers(0, 2))))


def example(key: StateKey, template: str, patients: int | None = None) -> Example:
    """Return a state as it is shown, with the playbook's answer to what is shown."""
    view = View(state_at(key), key.role)
    messages = tuple(crisis_messages(view, template, patients))
    acts = tuple(shown_acts(view, MOST_PATIENTS[template] if patients is None else patients))
    return Example(key, messages, acts, write_completion(view, list(acts)))


def shown_acts(view: View, most: int) -> list[Act]:
    """Return the playbook's acts, without those about patients that the prompt does not show."""
    shown = {one["patient"] for one in urgent(view, most)[0]}
    hidden = {one["patient"] for one in view.patients} - shown
    return [act for act in by_the_book(view) if act.args.get("patient") not in hidden]


def sft_rows(
    found: Sequence[Example], tokenizer: Any, max_tokens: int, *, prompt_loss: bool = False
) -> list[dict[str, list[int]]]:
    """Return `input_ids` and `labels` a state; longer ones than `max_tokens` are left out.

    Raises: BadInputError where no state fits.
    """
    drawn = (sft_row(one, tokenizer, max_tokens, prompt_loss=prompt_loss) for one in found)
    rows = [row for row in drawn if row is not None]
    if not rows:
        raise BadInputError("data.max_tokens", max_tokens, "room for one state and its answer")
    return rows


def grpo_rows(
    found: Sequence[Example], tokenizer: Any, max_tokens: int, *, max_new_tokens: int
) -> list[dict[str, Any]]:
    """Return a prompt a state with the state's key beside it; longer ones are left out.

    Raises: BadInputError where no state fits.
    """
    rows = [
        {"prompt": list(one.messages), "state": one.key.text, "role": one.key.role}
        for one in found
        if leaves_room(one, tokenizer, max_tokens, max_new_tokens)
    ]
    if not rows:
        raise BadInputError("data.max_tokens", max_tokens, "room for one state and an answer")
    return rows


def lines(found: Sequence[Example]) -> Iterator[str]:
    """Yield one JSON line a state, as `triagelab crisis states` writes them."""
    for one in found:
        yield json.dumps(one.row(), ensure_ascii=False)
