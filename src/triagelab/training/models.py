"""The policy that is trained: from scratch, from the hub, from a folder, or going on from an earlier run."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triagelab.agents.loading import adapter_base, find_model
from triagelab.errors import BadInputError, MissingDependencyError
from triagelab.seeding import derive_seed
from triagelab.training.config import Recipe
from triagelab.training.model_config import ModelSettings, TinyModel
from triagelab.training.targets import Targets, language_targets, named_targets

if TYPE_CHECKING:
    from peft import LoraConfig
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
RESERVED = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>")
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@dataclass
class Policy:
    """A model ready for a trainer.

    Attributes:
        model: the model, or a peft model whose adapter goes on training.
        tokenizer: its tokenizer, with a chat template and a padding token.
        adapter: settings of a new adapter that the trainer adds; None for full weights or a continued adapter.
        base: what the weights below an adapter are: `tiny`, a hub id or a folder.
        targets: modules that carry the adapter, where there is one.
    """

    model: PreTrainedModel | Any
    tokenizer: PreTrainedTokenizerBase
    adapter: LoraConfig | None
    base: str
    targets: Targets | None = None

    def facts(self) -> dict[str, Any]:
        """Return what a manifest says of it."""
        return {
            "parameters": sum(p.numel() for p in self.model.parameters()),
            "base": self.base,
            "targets": self.targets.kinds() if self.targets is not None else None,
        }


def train_tokenizer(texts: Sequence[str], vocabulary: int) -> PreTrainedTokenizerBase:
    """Return a byte-level BPE tokenizer learnt from `texts`; every digit is a token of its own, so numbers compare."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    core.decoder = decoders.ByteLevel()
    special = [PAD, START, END, *RESERVED]
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token=PAD, eos_token=END, clean_up_tokenization_spaces=False, padding_side="left"
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def tiny_model(tokenizer: PreTrainedTokenizerBase, shape: TinyModel, seed: int) -> PreTrainedModel:
    """Return a new Qwen3-shaped model with random weights that depend on `seed` alone."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=shape.width,
        intermediate_size=shape.feed_forward,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.width // shape.heads,
        max_position_embeddings=shape.positions,
        tie_word_embeddings=True,
        initializer_range=shape.spread,
        pad_token_id=tokenizer.convert_tokens_to_ids(PAD),  # type: ignore[arg-type]
        eos_token_id=tokenizer.convert_tokens_to_ids(END),  # type: ignore[arg-type]
        bos_token_id=None,
    )
    with torch.random.fork_rng():
        torch.manual_seed(derive_seed("training.weights", seed))
        return Qwen3ForCausalLM(config)


def load_policy(recipe: Recipe, tokenizer_folder: Path, texts: Callable[[], Sequence[str]]) -> Policy:
    """Return the policy a recipe starts from.

    Args:
        tokenizer_folder: where the tokenizer of a `tiny` model is kept, so that a resumed run reads the same one.
        texts: gives prompts and answers of the training split, from which a new tokenizer is learnt.
    """
    if recipe.warm_start is not None:
        return _continued(recipe, _start(recipe.warm_start))
    if recipe.model.name == "tiny":
        from transformers import AutoTokenizer

        if not (tokenizer_folder / "tokenizer.json").is_file():
            train_tokenizer(texts(), recipe.model.tiny.vocabulary).save_pretrained(tokenizer_folder)
        tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
        return _with_adapter(recipe, tiny_model(tokenizer, recipe.model.tiny, recipe.seed), tokenizer, "tiny")
    model, tokenizer = load_weights(recipe.model.name, recipe.model, adapters=recipe.lora.enabled)
    return _with_adapter(recipe, model, tokenizer, recipe.model.name)


def load_weights(
    name: str, settings: ModelSettings, *, adapters: bool = False
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return model and tokenizer from a hub id or folder, quantised to NF4 where the settings and the machine say so.

    Raises: BadInputError with the library's reason where the name leads to no model.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    options: dict[str, Any] = {"dtype": _dtype(settings), "revision": settings.revision}
    if settings.attention:
        options["attn_implementation"] = settings.attention
    if settings.quantize == "nf4" or (settings.quantize == "auto" and adapters and torch.cuda.is_available()):
        options["quantization_config"] = _nf4()
    if torch.cuda.is_available():
        options["device_map"] = {"": torch.cuda.current_device()}
    local = Path(name).is_dir()
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, revision=settings.revision, local_files_only=local)
        model = AutoModelForCausalLM.from_pretrained(name, local_files_only=local, **options)
    except (OSError, ValueError) as error:
        hint = " ".join(str(error).split())[:200]
        raise BadInputError("model.name", name, "tiny, a local model folder or a hub id", hint) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if not tokenizer.chat_template:
        raise BadInputError(
            "model.name", name, "a model whose tokenizer has a chat template", "an -it or -instruct one"
        )
    tokenizer.padding_side = "left"
    return model, tokenizer


def _dtype(settings: ModelSettings) -> Any:
    import torch

    if settings.dtype == "auto":
        return torch.bfloat16 if torch.cuda.is_available() else torch.float32
    return getattr(torch, settings.dtype)


def _nf4() -> Any:
    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError("bitsandbytes", "train", "loading a model in NF4") from error
    import torch
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def _start(place: str) -> Path:
    try:
        return find_model(Path(place))
    except BadInputError:
        raise BadInputError("warm_start", place, "a finished run, or a folder that holds a model or adapter") from None


def _continued(recipe: Recipe, folder: Path) -> Policy:
    base = adapter_base(folder)
    if base is None:
        model, tokenizer = load_weights(str(folder), recipe.model, adapters=recipe.lora.enabled)
        return _with_adapter(recipe, model, tokenizer, str(folder))
    from peft import PeftModel

    _same_adapter(recipe, folder)
    model, tokenizer = load_weights(base, recipe.model, adapters=True)
    # Before the adapter wraps them: afterwards its own matrices look like projections too.
    targets = _targets(recipe, model)
    policy = PeftModel.from_pretrained(model, folder, is_trainable=True)
    _same_modules(policy, targets)
    return Policy(policy, tokenizer, None, base, targets)


def _same_adapter(recipe: Recipe, folder: Path) -> None:
    """Refuse a recipe whose adapter differs from the one it continues: the policy would not be the same."""
    if not recipe.lora.enabled:
        raise BadInputError(
            "lora.enabled",
            False,
            "true, since warm_start is an adapter",
            "or export it with --merge and start from that",
        )
    saved = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    for key, field in (("r", "rank"), ("lora_alpha", "alpha")):
        wanted = getattr(recipe.lora, field)
        if saved.get(key) != wanted:
            raise BadInputError(
                f"lora.{field}", wanted, f"{saved.get(key)}, as in the adapter that warm_start continues"
            )


def _same_modules(policy: Any, targets: Targets) -> None:
    """Refuse an adapter that sits on other modules than the recipe asks for."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    layers = policy.base_model.model.named_modules()
    carried = {name for name, module in layers if isinstance(module, BaseTunerLayer)}
    differ = sorted(carried ^ set(targets.modules))
    if differ:
        raise BadInputError(
            "lora.targets", differ[0], "the modules of the adapter that warm_start continues", f"{len(differ)} differ"
        )


def _with_adapter(recipe: Recipe, model: Any, tokenizer: Any, base: str) -> Policy:
    if not recipe.lora.enabled:
        return Policy(model, tokenizer, None, base)
    from peft import LoraConfig

    targets = _targets(recipe, model)
    config = LoraConfig(
        r=recipe.lora.rank,
        lora_alpha=recipe.lora.alpha,
        lora_dropout=recipe.lora.dropout,
        target_modules=targets.spec,
        bias="none",
        task_type="CAUSAL_LM",
    )
    return Policy(model, tokenizer, config, base, targets)


def _targets(recipe: Recipe, model: Any) -> Targets:
    wanted = recipe.lora.targets
    return language_targets(model) if isinstance(wanted, str) else named_targets(model, wanted)
