"""What every GRPO trainer here logs of a rollout: where in the run it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trl.trainer.grpo_trainer import GRPOTrainer


class RolloutTrainer(GRPOTrainer):
    """GRPOTrainer that knows its run folder and the attempt (how often the run was started)."""

    run: Path
    attempt: int = 0

    def phase(self) -> str:
        """Return `train` or `eval`, as TRL names its own logs."""
        model: Any = self.model
        return "train" if model.training else "eval"

    def places(self, phase: str, count: int) -> list[dict[str, Any]]:
        """Return the place of each of the newest rollouts, in the order of the prompts: groups are neighbours."""
        group = int((self.num_generations if phase == "train" else self.num_generations_eval) or 1)
        step = self.state.global_step
        return [
            {"phase": phase, "step": step, "group": i // group, "rollout": i % group, "attempt": self.attempt}
            for i in range(count)
        ]
