"""No training on a reward that the audit finds exploitable, unless the user says so; the run records it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from triagelab.errors import BadInputError
from triagelab.rewards.audit.audit import Audit, audit
from triagelab.rewards.audit.crisis_audit import CrisisAudit, audit_crisis
from triagelab.rewards.audit.imaging_audit import ImagingAudit, audit_imaging
from triagelab.rewards.audit.signal import PRIORS, mix_of
from triagelab.rewards.audit.subject import subject_of
from triagelab.rewards.crisis.preset import CrisisPreset, load_crisis_preset
from triagelab.rewards.imaging.preset import ImagingPreset, load_imaging_preset
from triagelab.rewards.presets import load_preset
from triagelab.rewards.spec import ScaleRewards
from triagelab.training.checkpoints import CONFIG
from triagelab.training.config import Recipe, RewardSettings, RunRecipe

FLAG = "--accept-exploits"


def advantage_scale(settings: RewardSettings) -> ScaleRewards:
    """Return what advantages are divided by: what the recipe says, else what the reward asks for, else the group's."""
    if settings.scale != "preset":
        return settings.scale
    return load_preset(settings.preset).scale_rewards or "group"


def audit_recipe(recipe: Recipe) -> Audit:
    """Return the audit of a recipe's reward as this recipe uses it: its mix, oversampling and advantage scaling."""
    settings = recipe.reward
    subject = replace(subject_of(load_preset(settings.preset)), scale_rewards=advantage_scale(settings))
    if not settings.oversample:
        subject = replace(subject, sampling=(1.0,) * 5)
    mix = recipe.data.mix
    prior = PRIORS["real"] if mix is None else mix_of(mix, "data.mix", mix, "five shares")
    return audit(subject, prior=prior)


def check_reward(recipe: RunRecipe, out: Path, *, accept: bool) -> dict[str, Any] | None:
    """Return what is recorded of the reward's audit, None for a run without a reward.

    A run that was begun with its exploits accepted goes on without being asked again.

    Raises: BadInputError where the audit finds something severe and nobody accepted it.
    """
    # An environment's reward is proved by `triagelab validate`: it scores episodes, not answers to notes.
    if not isinstance(recipe, Recipe) or recipe.kind != "grpo" or recipe.bedside is not None:
        return None
    if recipe.imaging is not None:
        found = _imaging_audit(load_imaging_preset(recipe.reward.preset).model_dump_json(by_alias=True))
        about: dict[str, Any] = {"rows": found.rows}
    elif recipe.crisis is not None:
        found = _crisis_audit(load_crisis_preset(recipe.reward.preset).model_dump_json())
        about = {"states": found.states}
    else:
        found = audit_recipe(recipe)
        about = {"skill": found.signal.skill, "prior": [round(share, 6) for share in found.signal.prior]}
    severe = [finding.id for finding in found.severe]
    accepted = bool(severe) and (accept or _accepted(out, severe))
    if severe and not accepted:
        first = found.severe[0]
        raise BadInputError(
            "reward.preset",
            recipe.reward.preset,
            "a reward without a severe audit finding",
            f"{first.id}: {first.evidence}; see {_command(recipe)}, or train on it knowingly with {FLAG}",
        )
    return {
        **about,
        "verdict": found.verdict,
        "findings": [f"{finding.severity.value}: {finding.id}" for finding in found.findings],
        "accepted_exploits": severe if accepted else [],
    }


@cache
def _crisis_audit(preset: str) -> CrisisAudit:
    """Return the audit of a crisis preset, given as JSON so that a changed file is audited again."""
    return audit_crisis(CrisisPreset.model_validate_json(preset))


@cache
def _imaging_audit(preset: str) -> ImagingAudit:
    """Return the audit of an imaging preset, given as JSON so that a changed file is audited again."""
    return audit_imaging(ImagingPreset.model_validate_json(preset))


def _command(recipe: Recipe) -> str:
    """Return the command that audits the reward at the recipe's mix of patients."""
    prior = "" if recipe.data.mix is None else f" --prior {','.join(f'{share:g}' for share in recipe.data.mix)}"
    return f"triagelab audit {recipe.reward.preset}{prior}"


def _accepted(out: Path, severe: list[str]) -> bool:
    """Return whether the run in this folder was begun with just these findings accepted."""
    try:
        saved = json.loads((out / CONFIG).read_text(encoding="utf-8")).get("audit") or {}
    except (OSError, ValueError, AttributeError):
        return False
    return set(severe) <= set(saved.get("accepted_exploits", ()))
