"""A decision as a FHIR R4 RiskAssessment: the level, how sure the agent is, and the rules it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from triagelab.cases.presentation import Presentation
from triagelab.clinical.esi import rule_info
from triagelab.clinical.facts import vocabulary
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.files import write_json

if TYPE_CHECKING:
    from triagelab.datasets.fhir_visit import Visit

NOTICE = (
    "Made by software for research and education. Not a medical device, not checked by a clinician, not for decisions "
    "about patients."
)
MAX_UNKNOWN = 12
SYSTEM = "urn:triagelab:scale:"


class Decision(Protocol):
    """What is read of a prediction; `agents.base.Prediction` has all of it."""

    @property
    def level(self) -> int | None: ...
    @property
    def probabilities(self) -> tuple[float, float, float, float, float] | None: ...
    @property
    def confidence(self) -> float | None: ...
    @property
    def because(self) -> tuple[str, ...]: ...
    @property
    def unknown(self) -> tuple[str, ...]: ...
    @property
    def status(self) -> str: ...


def risk_assessment(
    shown: Visit | Presentation,
    decision: Decision,
    *,
    scale: str = "esi-v5",
    agent: str = "triagelab",
    when: datetime | None = None,
) -> dict[str, Any]:
    """Return a RiskAssessment resource (status `preliminary`), checked against the R4B model.

    The first prediction is the answered level; where probabilities are known, the other levels follow. FHIR gives
    probabilities in percent. No answer gives no prediction, and the note says so.

    Args:
        shown: the visit of `read_visit` (its patient, encounter and observations are referred to), or a presentation.
        when: time of the decision; now if not said.
    Raises: BadInputError for a level outside 1 to 5; MissingDependencyError without fhir.resources.
    """
    from triagelab.datasets.fhir_bundle import validate

    if decision.level is not None and decision.level not in (1, 2, 3, 4, 5):
        raise BadInputError("level", decision.level, "1 to 5, or none")
    moment = (when or datetime.now(UTC)).astimezone(UTC)
    resource: dict[str, Any] = {
        "resourceType": "RiskAssessment",
        "status": "preliminary",
        "method": {"text": f"{agent}, scale {scale}"},
        "code": {"text": "Triage level on arrival"},
        **_references(shown),
        "occurrenceDateTime": moment.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "note": [{"text": text} for text in _remarks(decision)],
    }
    if predictions := _predictions(decision, scale):
        resource["prediction"] = predictions
    validate(resource, "answer")
    return resource


def write_risk_assessment(path: str | Path, shown: Visit | Presentation, decision: Decision, **options: Any) -> None:
    """Write the RiskAssessment as JSON, whole or not at all. Raises: as `risk_assessment`."""
    write_json(path, risk_assessment(shown, decision, **options))


def _references(shown: Visit | Presentation) -> Mapping[str, Any]:
    if isinstance(shown, Presentation):
        return {"subject": {"display": shown.case_id}}
    found: dict[str, Any] = {
        "subject": {"reference": shown.patient} if shown.patient else {"display": shown.presentation.case_id}
    }
    if shown.encounter:
        found["encounter"] = {"reference": shown.encounter}
    if shown.basis:
        found["basis"] = [{"reference": name} for name in shown.basis]
    return found


def _predictions(decision: Decision, scale: str) -> list[dict[str, Any]]:
    if decision.level is None:
        return []
    first = _level(decision.level, scale, _share(decision, decision.level))
    if rationale := "; ".join(_reasons(decision.because, scale)):
        first["rationale"] = rationale
    if decision.probabilities is None:
        return [first]
    others = [level for level in (1, 2, 3, 4, 5) if level != decision.level]
    return [first, *(_level(level, scale, _share(decision, level)) for level in others)]


def _level(level: int, scale: str, share: float | None) -> dict[str, Any]:
    words = f"{scale} level {level}"
    risk = {"coding": [{"system": SYSTEM + scale, "code": str(level), "display": words}], "text": words}
    probability = {} if share is None else {"probabilityDecimal": round(100.0 * share, 2)}
    return {"outcome": {"text": "urgency of this visit"}, "qualitativeRisk": risk, **probability}


def _share(decision: Decision, level: int) -> float | None:
    if decision.probabilities is not None:
        return float(decision.probabilities[level - 1])
    return decision.confidence if level == decision.level else None


def _reasons(because: Sequence[str], scale: str) -> list[str]:
    """Return each rule in words with its id, in the wording of the scale; an id of another agent stays as it is."""
    version = int(scale.removeprefix("esi-v")) if scale in ("esi-v4", "esi-v5") else None
    said: list[str] = []
    for rule_id in because:
        try:
            rule = rule_info(rule_id, version)
            said.append(f"{rule.text} [{rule_id}{'' if rule.verified else ', not verified'}]")
        except UnknownNameError:
            said.append(rule_id)
    return said


def _remarks(decision: Decision) -> list[str]:
    remarks = [NOTICE]
    if decision.level is None:
        remarks.append(f"No level was given ({decision.status}).")
    if decision.unknown:
        known = vocabulary()
        words = [known[name].text if name in known else name.replace("_", " ") for name in decision.unknown]
        more = f"; and {len(words) - MAX_UNKNOWN} more" if words[MAX_UNKNOWN:] else ""
        remarks.append("Not known: " + "; ".join(words[:MAX_UNKNOWN]) + more)
    return remarks
