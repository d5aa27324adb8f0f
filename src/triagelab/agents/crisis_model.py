"""A local checkpoint in the hospital: the answers of all roles are generated in one batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from triagelab.agents.fingerprint import fingerprint
from triagelab.agents.generation import Completion, Generator
from triagelab.agents.loading import Card, find_model, load_checkpoint
from triagelab.completions.crisis_prompts import MOST_PATIENTS, TEMPLATES, crisis_messages
from triagelab.completions.crisis_reading import read_completion
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.hospital.acts import Act
from triagelab.hospital.views import View
from triagelab.seeding import derive_seed


class CrisisModel:
    """Plays every role with a model on this machine, shown the views as in its training. Nothing is asked again.

    Attributes:
        name: `model:` and the folder's name.
        said: role -> what was written in the last step.
        counts: since this policy was made: `answers`, `invalid` (no answer, so the role did nothing), `truncated`,
            `refused` (acts of a wrong shape).
    """

    remote = False

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        name: str = "model",
        template: str = "crisis-brief",
        temperature: float = 0.0,
        max_new_tokens: int = 160,
        batch_size: int = 64,
    ) -> None:
        if template not in TEMPLATES:
            raise UnknownNameError("template", template, TEMPLATES)
        self.tokenizer, self.name, self.template = tokenizer, name, template
        self.generator = Generator(
            model,
            tokenizer,
            namespace="agents.crisis_model.part",
            temperature=temperature,
            max_new_tokens=max_new_tokens,
            batch_size=batch_size,
        )
        self.counts: Counter[str] = Counter(answers=0, invalid=0, truncated=0, refused=0)
        self.said: dict[str, str] = {}
        self.fingerprint: str | None = None
        self._seed = self._step = 0

    @classmethod
    def load(
        cls,
        directory: Path | str,
        *,
        temperature: float = 0.0,
        max_new_tokens: int | None = None,
        batch_size: int = 64,
        template: str | None = None,
    ) -> CrisisModel:
        """Return the policy of a run folder or checkpoint that was trained on states of the hospital.

        Raises: BadInputError for a folder that holds no such model, MissingDependencyError without the train extra.
        """
        folder = find_model(Path(directory))
        card = Card.read(folder)
        chosen = template or card.template
        if chosen not in TEMPLATES:
            made = "made by `triagelab train tiny-crisis-sft`, or --template given"
            raise BadInputError("model", str(directory), "a model of the hospital crisis", made)
        model, tokenizer = load_checkpoint(folder)
        tokenizer.padding_side = "left"
        policy = cls(
            model,
            tokenizer,
            name=f"model:{Path(directory).name}",
            template=chosen,
            temperature=temperature,
            max_new_tokens=max_new_tokens or card.max_new_tokens,
            batch_size=batch_size,
        )
        policy.fingerprint = fingerprint(Path(directory))
        return policy

    def begin(self, seed: int) -> None:
        """Begin an episode; equal seeds give equal samples."""
        self._seed, self._step = seed, 0
        self.said = {}

    def act(self, views: Mapping[str, View]) -> dict[str, list[Act]]:
        """Return the acts of each role, from one batch of answers."""
        roles = list(views)
        texts = self.answers(
            [views[role] for role in roles], derive_seed("agents.crisis_model", self._seed, self._step, bits=31)
        )
        self._step += 1
        self.said = {role: text for role, (text, _) in zip(roles, texts, strict=True)}
        return {role: self._read(role, *said) for role, said in zip(roles, texts, strict=True)}

    def answers(self, views: Sequence[View], seed: int = 0) -> list[tuple[str, bool]]:
        """Return (text, was it cut off) for each view, in order; equal seeds give equal samples."""
        found = self.generator.complete([self._prompt(view) for view in views], seed)
        return [(self._text(one), one.truncated) for one in found]

    def _text(self, completion: Completion) -> str:
        return self.generator.text(completion)

    def _read(self, role: str, text: str, truncated: bool) -> list[Act]:
        found = read_completion(text, role, truncated=truncated)
        self.counts["answers"] += 1
        self.counts["truncated"] += truncated
        self.counts["invalid"] += not found.readable
        self.counts["refused"] += len(found.refused)
        return list(found.acts)

    def _prompt(self, view: View) -> list[int]:
        """Return the prompt's ids; fewer patients are shown where the model has no room for all of them."""
        for most in range(MOST_PATIENTS[self.template], -1, -1):
            ids = self.generator.prompt(crisis_messages(view, self.template, most))
            if len(ids) <= self.generator.room:
                return ids
        asked = self.generator.max_new_tokens
        raise BadInputError("max_new_tokens", asked, f"{len(ids) - self.generator.room} less with this model")
