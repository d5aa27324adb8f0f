"""A local checkpoint as an imaging agent: it answers in batches; labels are weighed where it first names one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from triagelab.agents.fingerprint import fingerprint
from triagelab.agents.generation import Completion, Generator
from triagelab.agents.imaging_base import ImagingReply, Shares
from triagelab.agents.imaging_llm import Evidence
from triagelab.agents.imaging_scoring import label_shares, where_named
from triagelab.agents.loading import Card, find_model, load_checkpoint
from triagelab.cases.imaging.question import ImagingQuestion
from triagelab.completions.imaging_answers import ANSWER, END_ANSWER, END_THINK, THINK, parse_imaging
from triagelab.completions.imaging_prompts import TEMPLATES, imaging_messages
from triagelab.errors import BadInputError, UnknownNameError

_MARKS = frozenset((THINK, END_THINK, ANSWER, END_ANSWER))


class ImagingModel:
    """Answers by generating with a model on this machine, asked as in its training.

    The shares are the probabilities that the model gives the three labels where it first names one: in the last
    sentence of its reasoning, or in the answer.
    Missing: no shares where the reasoning never ended.

    Attributes:
        name: `model:` and the folder's name.
    """

    remote = False

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        name: str = "model",
        template: str = "imaging-brief",
        evidence: Evidence | None = None,
        temperature: float = 0.0,
        max_new_tokens: int = 256,
        batch_size: int = 64,
        shares: bool = True,
    ) -> None:
        if template not in TEMPLATES:
            raise UnknownNameError("template", template, TEMPLATES)
        self.tokenizer, self.name, self.template, self.evidence = tokenizer, name, template, evidence
        self.shares = shares
        self.generator = Generator(
            model,
            tokenizer,
            namespace="agents.imaging_model",
            temperature=temperature,
            max_new_tokens=max_new_tokens,
            batch_size=batch_size,
        )
        self.fingerprint: str | None = None

    @classmethod
    def load(
        cls,
        directory: Path | str,
        *,
        template: str | None = None,
        evidence: Evidence | None = None,
        temperature: float = 0.0,
        max_new_tokens: int | None = None,
        batch_size: int = 64,
        shares: bool = True,
    ) -> ImagingModel:
        """Return the agent of a run folder or checkpoint that was trained on imaging questions.

        Raises: BadInputError for a folder that holds no such model, MissingDependencyError without the train extra.
        """
        folder = find_model(Path(directory))
        card = Card.read(folder)
        chosen = template or card.template
        if chosen not in TEMPLATES:
            raise BadInputError("model", str(directory), "a model of imaging questions", "or a template of them given")
        model, tokenizer = load_checkpoint(folder)
        tokenizer.padding_side = "left"
        agent = cls(
            model,
            tokenizer,
            name=f"model:{Path(directory).name}",
            template=chosen,
            evidence=evidence,
            temperature=temperature,
            max_new_tokens=max_new_tokens or card.max_new_tokens,
            batch_size=batch_size,
            shares=shares,
        )
        agent.fingerprint = fingerprint(Path(directory))
        return agent

    def answer(self, questions: Sequence[ImagingQuestion], *, seed: int = 0) -> list[ImagingReply]:
        """Return one reply a question, in order; equal seeds give equal samples."""
        if not questions:
            return []
        prompts = [self._prompt(question) for question in questions]
        found = self.generator.complete(prompts, seed)
        texts = [self._text(one) for one in found]
        shares = self._shares(prompts, texts)
        return [_read(text, one, share) for text, one, share in zip(texts, found, shares, strict=True)]

    def _text(self, completion: Completion) -> str:
        """Return what was written, with the marks of the format also where a tokenizer counts them as special."""
        text = self.generator.text(completion, special=True)
        for token in set(self.tokenizer.all_special_tokens) - _MARKS:
            text = text.replace(token, "")
        return text

    def _shares(self, prompts: Sequence[list[int]], texts: Sequence[str]) -> list[Shares | None]:
        """Return the shares of the labels where each text first names one."""
        named = {place: told for place, text in enumerate(texts) if self.shares and (told := where_named(text))}
        befores, ways = [told[0] for told in named.values()], [told[1] for told in named.values()]
        weighed = label_shares(self.generator, [prompts[place] for place in named], befores, ways)
        found: list[Shares | None] = [None] * len(texts)
        for place, shares in zip(named, weighed, strict=True):
            found[place] = shares
        return found

    def _prompt(self, question: ImagingQuestion) -> list[int]:
        lines = tuple(self.evidence(question)) if self.evidence else ()
        return self.generator.whole_prompt(imaging_messages(question, self.template, lines))


def _read(text: str, completion: Completion, shares: Shares | None) -> ImagingReply:
    found = parse_imaging(text, truncated=completion.truncated)
    return ImagingReply(found.label, text, shares, completion.truncated, found.status.value)


__all__ = ["ImagingModel"]
