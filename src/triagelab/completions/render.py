"""The gold completion of a case, in the EXTRACTION / ESI ALGORITHM / ANSWER form, full or brief."""

from __future__ import annotations

from triagelab.cases.schema import Case
from triagelab.clinical.facts import vocabulary
from triagelab.clinical.vitals import RANGES
from triagelab.completions.prompts import harmless
from triagelab.completions.reading import Reading, read_case
from triagelab.errors import UnknownNameError

STYLES = ("full", "brief")
BRIEF_WORDS = 45
"""A brief answer has at most so many words: a one-million-parameter model can learn to write it."""

_RESOURCES = {
    "res_labs": "labs",
    "res_ecg_or_xray": "ECG or X-ray",
    "res_ct_mri_us": "CT, MRI or ultrasound",
    "res_iv_fluids": "IV fluids",
    "res_parenteral_or_neb_med": "IV, IM or nebulised medication",
    "res_consult": "consultation",
    "res_simple_procedure": "simple procedure",
    "res_complex_procedure": "complex procedure",
}
_ANSWER_MARK = "answer"


def render_answer(case: Case, style: str = "full") -> str:
    """Return the answer a model should give to this case; it parses CLEAN to the truth's level.

    Engine-labelled cases give the decision point and the facts behind it. For labels given by people there is no
    decision: flags and vital signs are the note's own, and each step says no more than the label does.

    Raises: UnknownNameError for a style other than full or brief.
    """
    if style not in STYLES:
        raise UnknownNameError("style", style, STYLES)
    read = read_case(case)
    level = case.truth.level
    lines = _full(read, level) if style == "full" else _brief(read, level)
    return "\n".join(lines)


def _full(read: Reading, level: int) -> list[str]:
    measured = [
        f"{RANGES[name].label} {value:g}{' %' if name == 'spo2_pct' else ''}"
        for name, value in read.vitals.measured().items()
    ]
    flags = [_wording(name) for name in read.flags[:4]]
    step_a, step_b, step_c, step_d = _steps(read, level, flags, list(read.notable), _resource_words(read, level))
    return [
        "EXTRACTION:",
        f"- Chief complaint: {_plain(read.complaint, 16)}",
        f"- Vital signs: {', '.join(measured) if measured else 'not recorded'}",
        f"- Red flags: {'; '.join(flags) if flags else 'none stated'}",
        "",
        "ESI ALGORITHM:",
        f"- Step A (lifesaving): {step_a}",
        f"- Step B (high-risk): {step_b}",
        f"- Step C (resources): {step_c}",
        f"- Step D (vitals): {step_d}",
        "",
        f"ANSWER: ESI {level}",
    ]


def _steps(
    read: Reading, level: int, flags: list[str], notable: list[str], resources: str
) -> tuple[str, str, str, str]:
    """Return the four steps in words, consistent with the level."""
    skipped = "not reached"
    if level == 1:
        why = flags[0] if flags else ", ".join(notable[:2]) or "needs immediate intervention"
        return f"yes, {why}", skipped, skipped, skipped
    if level == 2 and read.point != "D":
        why = flags[0] if flags else ", ".join(notable[:2]) or "judged high risk"
        return "no", f"yes, {why}", skipped, skipped
    if level <= 3:
        danger = ", ".join(notable[:3])
        if level == 2:
            return "no", "no", resources, f"yes, {danger or 'danger-zone vital signs'}"
        return "no", "no", resources, f"no, {danger} considered" if danger else "no"
    return "no", "no", resources, skipped


def _resource_words(read: Reading, level: int) -> str:
    count = {4: "one", 5: "none"}.get(level, "two or more")
    named = [_RESOURCES[name] for name in (read.resources or ())]
    return f"{count} ({', '.join(named[:3])})" if named and level < 5 else count


def _brief(read: Reading, level: int) -> list[str]:
    """Return three lines of at most BRIEF_WORDS words."""
    flags = [_short(name) for name in read.flags[:2]]
    notable = list(read.notable[:3])
    step_a, step_b, step_c, step_d = _brief_steps(read, level, flags, notable)
    vitals = " ".join(notable) if notable else ("vitals ok" if read.vitals.measured() else "vitals unknown")
    return [
        f"EXTRACTION: {_plain(read.complaint, 5)}; {vitals}; flags {', '.join(flags) if flags else 'none'}",
        f"ESI ALGORITHM: A {step_a}; B {step_b}; C {step_c}; D {step_d}",
        f"ANSWER: ESI {level}",
    ]


def _brief_steps(read: Reading, level: int, flags: list[str], notable: list[str]) -> tuple[str, str, str, str]:
    why = flags[0] if flags else (notable[0] if notable else "judged so")
    if level == 1:
        return f"yes {why}", "-", "-", "-"
    if level == 2 and read.point != "D":
        return "no", f"yes {why}", "-", "-"
    count = {4: "one", 5: "none"}.get(level, "two+")
    if level == 2:
        return "no", "no", count, f"yes {notable[0] if notable else 'vitals'}"
    return "no", "no", count, "no" if level == 3 else "-"


def _wording(fact: str) -> str:
    """Return the fact in the words of the vocabulary, without its examples."""
    return vocabulary()[fact].text.split(":")[0].split(",")[0]


def _short(fact: str) -> str:
    """Return the fact in at most four words."""
    return " ".join(fact.split("_")[:4])


def _plain(text: str, words: int) -> str:
    """Return the first words of a text from the source, as data: one line, no answer mark of its own."""
    kept = " ".join(harmless(text).split()[:words]).rstrip(" ,.;:-")
    return kept if _ANSWER_MARK not in kept.lower() else "not stated"
