"""A recipe: one training run as data."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from triagelab.evaluation.provenance import config_hash
from triagelab.training.bedside_config import BedsideSettings
from triagelab.training.crisis_config import CrisisSettings
from triagelab.training.imaging_config import ImagingSettings
from triagelab.training.model_config import LoraSettings, ModelSettings

_FROZEN = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class DataSettings(BaseModel):
    """Which cases, how they are shown.

    Attributes:
        name, path, split: as `triagelab.load_dataset` takes them.
        n: cases to generate (generated data) or to keep at most (other data); None keeps all.
        seed: seed of the generated cases and of the choice of which to keep.
        template: prompt template of `completions.prompts`.
        style: style of the gold completion, `full`, `brief` or `terse`.
        part: keep only cases whose family falls between these shares of all; two runs whose parts do not overlap
            share no family. A case without a family counts as one of its own.
        balance: 0 keeps the level mix of the data, 1 shows every level equally often, between is between.
        mix: shares of levels 1-5 in what is shown, in place of the data's own (6, 36, 48, 9, 1 is an emergency
            department's); None keeps the data's.
        max_tokens: prompt and answer together; a longer example is cut at the end of the note, never in the answer.
    """

    model_config = _FROZEN
    name: str = "generated"
    path: str | None = None
    split: Literal["train", "dev", "test"] = "train"
    n: int | None = Field(default=None, ge=1)
    seed: int = 0
    template: str = "esi"
    style: Literal["full", "brief", "terse"] = "full"
    part: tuple[float, float] = (0.0, 1.0)
    balance: float = Field(default=0.0, ge=0, le=1)
    mix: tuple[float, float, float, float, float] | None = None
    max_tokens: int = Field(default=2048, ge=32)

    @field_validator("mix")
    @classmethod
    def _shares(cls, mix: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if mix is not None and not all(0 < share < float("inf") for share in mix):
            raise ValueError("five shares above 0, level 1 first, such as [6, 36, 48, 9, 1]")
        return mix

    @model_validator(mode="after")
    def _one_mix(self) -> DataSettings:
        if self.mix is not None and self.balance:
            raise ValueError("balance = 0 where mix is given: both say how often each level is shown")
        return self

    @field_validator("part")
    @classmethod
    def _ordered(cls, part: tuple[float, float]) -> tuple[float, float]:
        if not 0 <= part[0] < part[1] <= 1:
            raise ValueError("two shares, the first below the second, from 0 to 1, such as [0.0, 0.7]")
        return part


class OptimSettings(BaseModel):
    """The optimiser.

    Attributes:
        batch: completions (SFT: examples) a process and micro-step.
        name: an optimiser of transformers, or `muon`, which trains a model from scratch in fewer steps.
        matrix_rate: learning rate of the hidden matrices under `muon`; the rest takes `learning_rate`.
        warmup: share of the steps.
        group_by_length: batches of like length; shown in the same passes, so it costs nothing but order.
        prompt_loss: learn to write the prompts, too.
    """

    model_config = _FROZEN
    steps: int | None = Field(default=None, ge=1)
    epochs: float = Field(default=1.0, gt=0)
    batch: int = Field(default=8, ge=1)
    accumulate: int = Field(default=1, ge=1)
    learning_rate: float = Field(default=2e-4, gt=0)
    schedule: Literal["cosine", "linear", "constant", "constant_with_warmup", "cosine_with_min_lr"] = "cosine"
    warmup: float = Field(default=0.0, ge=0, lt=1)
    weight_decay: float = Field(default=0.0, ge=0)
    beta1: float = Field(default=0.9, gt=0, lt=1)
    beta2: float = Field(default=0.999, gt=0, lt=1)
    max_grad_norm: float = Field(default=1.0, gt=0)
    name: str = "adamw_torch_fused"
    matrix_rate: float = Field(default=0.02, gt=0)
    bf16: Literal["auto", "yes", "no"] = "auto"
    gradient_checkpointing: bool = False
    group_by_length: bool = False
    prompt_loss: bool = False


class GenerationSettings(BaseModel):
    """How completions are sampled while training by GRPO."""

    model_config = _FROZEN
    group: int = Field(default=8, ge=2)
    max_new_tokens: int = Field(default=512, ge=1)
    temperature: float = Field(default=1.0, gt=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    vllm: bool = False
    vllm_memory: float = Field(default=0.3, gt=0, le=1)


class RewardSettings(BaseModel):
    """Which reward GRPO maximises, and how advantages are made of it.

    Attributes:
        preset: name of a reward preset, or a TOML file.
        oversample: show rare levels as often as the preset says; false leaves the level mix of the data.
        scale: what a group's advantages are divided by; `preset` is what the reward asks for, or `group` where it does
            not say.
        kl: weight of the KL penalty to the start policy.
    """

    model_config = _FROZEN
    preset: str = "cost-v0"
    oversample: bool = True
    scale: Literal["preset", "group", "batch", "none"] = "preset"
    kl: float = Field(default=0.0, ge=0)
    clip: float = Field(default=0.2, gt=0)
    loss: Literal["grpo", "dapo", "dr_grpo", "bnpo"] = "dapo"
    iterations: int = Field(default=1, ge=1)


class LogSettings(BaseModel):
    """How often metrics are written and checkpoints kept."""

    model_config = _FROZEN
    every: int = Field(default=10, ge=1)
    checkpoint_every: int = Field(default=100, ge=1)
    keep: int = Field(default=2, ge=1)


class RunRecipe(BaseModel):
    """What every training run has.

    Attributes:
        name: recipe name; the default output folder carries it.
        source: where the hyper-parameters come from.
        threads: threads of torch, or None for its choice.
    """

    model_config = _FROZEN
    name: str
    kind: str
    about: str = ""
    source: str = ""
    seed: int = Field(default=0, ge=0, lt=2**31)
    threads: int | None = Field(default=None, ge=1)

    def hash(self) -> str:
        """Return a hash of every setting; two runs with equal hashes had the same configuration."""
        return config_hash(self.model_dump(mode="json"))


class Recipe(RunRecipe):
    """One run of SFT, GRPO or DPO.

    Attributes:
        kind: `sft`, `grpo`, or `dpo` (with `crisis` only).
        warm_start: run folder (or model folder) whose policy the run continues.
        assumed: dotted keys whose value is our assumption, because the published description does not give it.
        bedside: the run takes place in an environment, by tool calls; None is one answer a note.
        crisis: the run learns single steps of a hospital crisis; None is one answer a note.
        imaging: the run learns to judge imaging questions; None is one answer a note.
    """

    kind: Literal["sft", "grpo", "dpo"]
    warm_start: str | None = None
    assumed: tuple[str, ...] = ()
    model: ModelSettings = ModelSettings()
    lora: LoraSettings = LoraSettings()
    data: DataSettings = DataSettings()
    optim: OptimSettings = OptimSettings()
    generation: GenerationSettings = GenerationSettings()
    reward: RewardSettings = RewardSettings()
    log: LogSettings = LogSettings()
    bedside: BedsideSettings | None = None
    crisis: CrisisSettings | None = None
    imaging: ImagingSettings | None = None

    @model_validator(mode="after")
    def _assumed_keys_exist(self) -> Recipe:
        for key in self.assumed:
            value: Any = self
            for part in key.split("."):
                if not isinstance(value, BaseModel) or part not in type(value).model_fields:
                    raise ValueError(f"assumed: {key!r} is no setting of a recipe")
                value = getattr(value, part)
        return self

    @model_validator(mode="after")
    def _episodes_scale_for_themselves(self) -> Recipe:
        own = next((name for name in ("bedside", "crisis", "imaging") if getattr(self, name) is not None), None)
        if own is not None and self.kind == "grpo" and self.reward.scale == "preset":
            raise ValueError(f"reward.scale: group, batch or none where {own} is given: it has no preset for it")
        return self

    @model_validator(mode="after")
    def _pairs_come_from_states(self) -> Recipe:
        if self.kind == "dpo" and self.crisis is None:
            raise ValueError("kind: sft or grpo; dpo learns from pairs of answers to states, a [crisis] table")
        if sum(table is not None for table in (self.bedside, self.crisis, self.imaging)) > 1:
            raise ValueError("one of the tables bedside, crisis and imaging")
        if self.crisis is not None and len(self.crisis.shares) != len(self.crisis.roles):
            raise ValueError("crisis.shares: one number a role of crisis.roles")
        return self

    @model_validator(mode="after")
    def _muon_trains_whole_models(self) -> Recipe:
        if self.optim.name == "muon" and self.lora.enabled:
            raise ValueError(
                "optim.name: muon trains whole models; adapters take an optimiser such as adamw_torch_fused"
            )
        return self

    @model_validator(mode="after")
    def _adapters_have_a_base(self) -> Recipe:
        if self.lora.enabled and self.model.name == "tiny" and self.warm_start is None:
            raise ValueError(
                "lora.enabled = false: a model from scratch is trained whole, adapters need trained weights"
            )
        return self
