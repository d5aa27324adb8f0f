"""The machine a run is on: processes, threads, precision, and what a record says of the hardware."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import sys
from collections.abc import Iterator
from typing import Any

from triagelab.libraries import settle_libraries
from triagelab.training.config import Recipe, RunRecipe


def process_index() -> int:
    """Return this process's place among all that torchrun or accelerate started; 0 when alone."""
    return int(os.environ.get("RANK", "0"))


def process_count() -> int:
    """Return how many processes train together; 1 when alone."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def settle(recipe: RunRecipe) -> None:
    """Make the libraries quiet, offline where nothing needs the net, and fast on a CPU. Call before importing them."""
    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
    if isinstance(recipe, Recipe) and (
        recipe.warm_start is not None or recipe.model.name == "tiny" or os.path.isdir(recipe.model.name)
    ):
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    _keep_memory()
    settle_libraries()
    import datasets
    import torch

    datasets.disable_progress_bars()
    if recipe.threads is not None:
        torch.set_num_threads(recipe.threads)


@contextlib.contextmanager
def denormals_as_zero() -> Iterator[None]:
    """Treat denormal numbers as zero inside the block only: faster here, but no rule for the rest of the process."""
    import torch

    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def _keep_memory() -> None:
    """Ask glibc to keep freed blocks: giving back and faulting in every large tensor costs 15-20 % of a CPU run."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, (1 << 31) - 1)  # M_TRIM_THRESHOLD


def use_bf16(choice: str) -> bool:
    """Return whether to compute in bfloat16: as told, or by `auto` where the processor has the instructions."""
    import torch

    if choice != "auto":
        return choice == "yes"
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return False


def hardware() -> dict[str, Any]:
    """Return what a result was computed on, as plain JSON values."""
    import torch

    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpus": gpus,
        "processes": process_count(),
        "python": platform.python_version(),
    }


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that decide a result."""
    from importlib import metadata

    names = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "tokenizers", "bitsandbytes")
    names += ("sentence-transformers", "scikit-learn")
    found = {}
    for name in names:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
