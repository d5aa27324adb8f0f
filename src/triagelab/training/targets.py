"""Which modules get an adapter: every attention and MLP projection of the language tower, found in the model itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from triagelab.errors import BadInputError

if TYPE_CHECKING:
    from torch import nn

# Names of towers that are no language model: an adapter there would be trained on nothing but text.
_OTHER_TOWERS = re.compile(r"(^|\.)(vision\w*|visual\w*|audio\w*|multi_modal\w*|embed_vision|embed_audio|mtp)(\.|$)")
# A router picks experts; adapters on it change which expert runs, not how a token is projected.
_NO_PROJECTION = re.compile(r"(^|\.)(router|lm_head|score|shared_expert_gate)$")
_LAYER = re.compile(r"(^|\.)layers\.\d+\.")


@dataclass(frozen=True)
class Targets:
    """The modules that get an adapter.

    Attributes:
        modules: full names, in the model's order.
        spec: what peft is given: short names where they match exactly these modules, else one regular expression.
    """

    modules: tuple[str, ...]
    spec: list[str] | str

    def kinds(self) -> dict[str, int]:
        """Return projection (`self_attn.q_proj`) -> number of layers that have it."""
        found: dict[str, int] = {}
        for name in self.modules:
            kind = _LAYER.sub("", name[name.rindex("layers.") :])
            found[kind] = found.get(kind, 0) + 1
        return found

    def describe(self) -> str:
        """Return one line for people."""
        return f"{len(self.modules)} projections: " + ", ".join(f"{kind} x{n}" for kind, n in self.kinds().items())


def language_targets(model: nn.Module) -> Targets:
    """Return every linear projection inside a decoder layer of the language tower.

    Raises: BadInputError for a model with no such layer.
    """
    linear = _linear_names(model)
    chosen = [name for name in linear if _LAYER.search(name) and not _OTHER_TOWERS.search(name)]
    chosen = [name for name in chosen if not _NO_PROJECTION.search(name)]
    if not chosen:
        raise BadInputError("lora.targets", type(model).__name__, "a model with decoder layers that hold linear layers")
    return Targets(tuple(chosen), _spec(chosen, linear))


def named_targets(model: nn.Module, names: tuple[str, ...]) -> Targets:
    """Return the modules of the language tower whose last name is in `names`.

    Raises: BadInputError for a name that no projection carries.
    """
    every = language_targets(model)
    last = {name.rsplit(".", 1)[-1] for name in every.modules}
    for name in names:
        if name not in last:
            raise BadInputError("lora.targets", name, ", ".join(sorted(last)))
    chosen = [name for name in every.modules if name.rsplit(".", 1)[-1] in names]
    return Targets(tuple(chosen), _spec(chosen, _linear_names(model)))


def _linear_names(model: nn.Module) -> list[str]:
    from torch import nn

    # Quantised layers of bitsandbytes derive from nn.Linear, so NF4 models resolve to the same names.
    return [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]


def _spec(chosen: list[str], linear: list[str]) -> list[str] | str:
    short = sorted({name.rsplit(".", 1)[-1] for name in chosen})
    if [name for name in linear if name.rsplit(".", 1)[-1] in short] == chosen:
        return short
    return r"(.*\.)?(" + "|".join(sorted({_pattern(name) for name in chosen})) + ")"


def _pattern(name: str) -> str:
    head, tail = re.split(r"layers\.\d+\.", name, maxsplit=1)
    return re.escape(head) + r"layers\.\d+\." + re.escape(tail)
