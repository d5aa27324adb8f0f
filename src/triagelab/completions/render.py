"""The gold completion of a case, in the EXTRACTION / ESI ALGORITHM / ANSWER form, full, brief or terse."""

from __future__ import annotations

from collections.abc import Callable

from triagelab.cases.schema import Case
from triagelab.clinical.facts import vocabulary
from triagelab.clinical.knowledge import esi_table
from triagelab.completions.prompts import harmless
from triagelab.completions.reading import LIFE_GROUPS, Reading, read_case, vital_words
from triagelab.errors import UnknownNameError

STYLES = ("full", "brief", "terse")
BRIEF_WORDS = 45
"""A brief answer has at most so many words: a one-million-parameter model can learn to write it."""

_STEP_NAMES = ("A (lifesaving)", "B (high-risk)", "C (resources)", "D (vitals)")
_RESOURCES = {
    "res_labs": ("labs", "labs"),
    "res_ecg_or_xray": ("ECG or X-ray", "film"),
    "res_ct_mri_us": ("CT, MRI or ultrasound", "imaging"),
    "res_iv_fluids": ("IV fluids", "fluids"),
    "res_parenteral_or_neb_med": ("IV, IM or nebulised medication", "injection"),
    "res_consult": ("consultation", "consult"),
    "res_simple_procedure": ("simple procedure", "procedure"),
    "res_complex_procedure": ("complex procedure", "sedation"),
}
"""Resource type -> its words in a full and in a brief answer."""

_ANSWER_MARK = "answer"


def render_answer(case: Case, style: str = "full") -> str:
    """Return the answer a model should give to this case; it parses CLEAN to the truth's level.

    Engine-labelled cases give the decision point and the facts behind it. For labels given by people there is no
    decision: flags and vital signs are the note's own, and each step says no more than the label does.

    Raises: UnknownNameError for a style other than full, brief or terse.
    """
    if style not in STYLES:
        raise UnknownNameError("style", style, STYLES)
    read = read_case(case)
    level = case.truth.level
    return "\n".join({"full": _full, "brief": _brief, "terse": _terse}[style](read, level))


def _full(read: Reading, level: int) -> list[str]:
    measured = [vital_words(name, value) for name, value in read.vitals.measured().items()]
    flags = [_wording(name) for name in read.flags[:4]]
    why = _rule_text(read.rule) or _because(read, level, _wording, 2)
    resources = [_RESOURCES[name][0] for name in read.resources or ()]
    steps = _steps(read, level, why, ", ".join(resources[:3]), "not reached")
    return [
        "EXTRACTION:",
        f"- Chief complaint: {_plain(read.complaint, 16)}",
        f"- Vital signs: {', '.join(measured) if measured else 'not recorded'}",
        f"- Red flags: {'; '.join(flags) if flags else 'none stated'}",
        "",
        "ESI ALGORITHM:",
        *(f"- Step {name}: {said}" for name, said in zip(_STEP_NAMES, steps, strict=True)),
        "",
        f"ANSWER: ESI {level}",
    ]


def _brief(read: Reading, level: int) -> list[str]:
    """Return three lines of at most BRIEF_WORDS words."""
    flags = [_short(name) for name in read.flags[:2]]
    why = _short(read.rule.partition(".")[2]) if read.rule else _because(read, level, _short, 1)
    resources = [_RESOURCES[name][1] for name in read.resources or ()]
    measured = any(name != "pain_score" for name in read.vitals.measured())
    vitals = " ".join(read.notable[:3]) or ("vitals ok" if measured else "vitals unknown")
    steps = _steps(read, level, why, ", ".join(resources[:2]), "-")
    return [
        f"EXTRACTION: {_plain(read.complaint, 5)}; {vitals}; flags {', '.join(flags) if flags else 'none'}",
        "ESI ALGORITHM: " + "; ".join(f"{letter} {said}" for letter, said in zip("ABCD", steps, strict=True)),
        f"ANSWER: ESI {level}",
    ]


def _terse(read: Reading, level: int) -> list[str]:
    """Return three lines with the vital signs that stand out and the four steps, without their reasons.

    A model that starts from nothing learns the names of diagnoses by heart and then writes them about patients it has
    not met; here it is asked for nothing that the note in front of it does not hold.
    """
    measured = any(name != "pain_score" for name in read.vitals.measured())
    vitals = " ".join(read.notable[:3]) or ("vitals ok" if measured else "vitals unknown")
    steps = [step.split(",")[0] for step in _steps(read, level, "", "", "-")]
    return [
        f"EXTRACTION: {vitals}",
        "ESI ALGORITHM: " + "; ".join(f"{letter} {said}" for letter, said in zip("ABCD", steps, strict=True)),
        f"ANSWER: ESI {level}",
    ]


def _steps(read: Reading, level: int, why: str, resources: str, skipped: str) -> tuple[str, str, str, str]:
    """Return what the four steps say; they lead to the level and to no other."""
    if level == 1:
        return f"yes, {why or 'judged life-threatening'}", skipped, skipped, skipped
    if level == 2 and read.point != "D":
        return "no", f"yes, {why or 'judged high risk'}", skipped, skipped
    count = {4: "one", 5: "none"}.get(level, "two or more")
    needed = f"{count}, {resources}" if resources and level < 5 else count
    danger = " ".join(read.danger[:2])
    if level == 2:
        return "no", "no", needed, f"yes, {danger or 'vital signs'}"
    if level == 3:
        return "no", "no", needed, f"no, {danger} considered" if danger else "no"
    return "no", "no", needed, skipped


def _because(read: Reading, level: int, words: Callable[[str], str], vitals: int) -> str:
    """Return what the note itself gives as a reason where no rule decided; empty if it gives none."""
    known = vocabulary()
    flags = [name for name in read.flags if level > 1 or known[name].group in LIFE_GROUPS]
    return words(flags[0]) if flags else ", ".join(read.notable[:vitals])


def _rule_text(rule: str | None) -> str:
    """Return the wording of a rule as part of a sentence, empty for no rule."""
    if rule is None:
        return ""
    text = esi_table(5).info[rule].text if rule in esi_table(5).info else rule.partition(".")[2].replace("_", " ")
    text = text.split(";")[0].rstrip(".")
    return text if text[:2].isupper() else text[0].lower() + text[1:]


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
