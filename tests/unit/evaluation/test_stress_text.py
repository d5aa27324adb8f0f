"""Reordering, typing errors, paraphrases and hidden instructions keep every fact of the note."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import pytest

from triagelab.cases.draws import Draws
from triagelab.cases.generator import generate, make, pool
from triagelab.cases.narrative import VOICES
from triagelab.cases.presentation import Presentation
from triagelab.evaluation.perturbations import KINDS, choose, perturb
from triagelab.evaluation.stress_injection import DIRECTIONS, hide, inject
from triagelab.evaluation.stress_paraphrase import by_lexicon, by_table, in_voice, latent, readings
from triagelab.evaluation.stress_sightings import current
from triagelab.evaluation.stress_tables import injections, paraphrases
from triagelab.evaluation.stress_text import SPARED, blocks, known_words, reorder, sentences, typos

CASES = generate(120, 9, "dev")
NOTES = [case.presentation for case in CASES]


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\S+", text.replace(",", " ").replace(".", " ")))


def digits(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def test_sentences_lose_nothing_and_abbreviations_do_not_end_one():
    text = "Seen by Dr. Smith at noon. Fell.\nNo pain! Then he slept; Eats well."
    assert sentences(text) == ["Seen by Dr. Smith at noon.", "Fell.", "No pain!", "Then he slept;", "Eats well."]
    assert blocks(text)[-2] == "No pain! Then he slept;"
    for shown in NOTES:
        assert "".join(sentences(shown.narrative)).replace(" ", "") == shown.narrative.replace(" ", "")


def test_a_heading_keeps_the_lines_under_it():
    assert blocks("Alert.\nPMH:\nDiabetes\nGout") == ["Alert.", "PMH:\nDiabetes\nGout"]


def test_reordering_keeps_every_word_and_changes_their_places():
    moved = 0
    for place, shown in enumerate(NOTES):
        after = reorder(shown, Draws("test.reorder", 0, place))
        if after is not None:
            moved += 1
            assert words(after.narrative) == words(shown.narrative)
            assert after.vitals == shown.vitals
    assert moved > 100
    assert reorder(Presentation("x", "Chest pain"), Draws("test.reorder", 0)) is None


def test_typing_errors_spare_numbers_negations_and_known_words():
    slipped = 0
    for place, shown in enumerate(NOTES):
        after = typos(shown, Draws("test.typos", 0, place))
        if after is None:
            continue
        assert digits(after.narrative) == digits(shown.narrative)
        old, new = shown.narrative.split(), after.narrative.split()
        assert len(old) == len(new)
        changed = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
        slipped += len(changed)
        for a, b in changed:
            assert abs(len(a) - len(b)) <= 1
            assert a[0] == b[0]
            assert re.sub(r"\W", "", a).lower() not in SPARED
            assert re.sub(r"\W", "", b).lower() not in known_words()
    assert slipped > 120


def test_the_complaint_field_gets_the_same_typing_errors_as_the_note():
    shown = Presentation("x", "Complaint: shoulder", chief_complaint="shoulder")
    after = next(
        found for seed in range(50) if (found := typos(shown, Draws("t", seed))) and "should" not in found.narrative
    )
    assert after.chief_complaint in after.narrative


def test_table_paraphrases_come_from_the_table_and_leave_numbers_alone():
    for place, shown in enumerate(NOTES):
        after = by_table(shown, Draws("test.table", 0, place))
        if after is not None:
            assert digits(after.narrative) == digits(shown.narrative)
            assert after.vitals == shown.vitals
    shown = Presentation("x", "Denies chest pain. Hay fever.", chief_complaint="chest pain")
    after = by_table(shown, Draws("test.table", 3))
    assert after is not None
    assert "pyrexia" not in after.narrative
    assert after.chief_complaint.lower() in after.narrative.lower()


def test_every_group_of_the_table_offers_something_else():
    first = [group[0] for group in paraphrases().groups]
    assert len(first) == len(set(first))
    for group in paraphrases().groups:
        assert len(group) > 1
        assert len(set(group)) == len(group)
        assert group[0] == "denies" or not re.search(r"\b(no|not|without|denies)\b", group[0])


def test_lexicon_paraphrases_stay_with_close_wordings():
    shown = Presentation("x", "Chest pain and cough. No fever. HR 96.")
    after = next(found for seed in range(40) if (found := by_lexicon(shown, Draws("test.lexicon", seed))) is not None)
    assert "HR 96" in after.narrative
    assert "pertussis" not in " ".join(readings("cough", "cough"))


@pytest.mark.parametrize("voice", VOICES)
def test_a_generated_patient_in_another_voice_has_the_same_vital_signs(voice):
    generated = make(pool("dev")[0], 3, 7, split="dev", voice=voice)
    assert latent(generated.case) is None  # its id is not that of a list of cases
    for case in CASES[:40]:
        after = in_voice(case, Draws("test.voice", 0, voice))
        assert after is not None
        assert after.vitals == case.presentation.vitals
        assert after.narrative != case.presentation.narrative
        for item in current(after.narrative, after.vitals):
            assert all(name in after.vitals.measured() for name in item.names)


def test_a_case_that_was_changed_is_not_taken_for_the_generated_one():
    from dataclasses import replace

    case = CASES[0]
    assert latent(case) is not None
    assert latent(replace(case, presentation=replace(case.presentation, narrative="other"))) is None


def test_hidden_instructions_keep_the_note_and_ask_for_both_ends():
    case, seen = CASES[0], set()
    for variant in perturb(case, KINDS["injection"], 2 * len(injections()), 0):
        ident, direction = variant.how.split()
        seen.add(variant.how)
        assert variant.asked == DIRECTIONS[direction]
        left = variant.presentation.narrative
        assert not words(case.presentation.narrative) - words(left)
        hidden = next(item.hide for item in injections() if item.id == ident)
        if hidden:
            visible = "".join(sign for sign in left if unicodedata.category(sign) != "Cf")
            assert words(visible) == words(case.presentation.narrative)
        else:
            assert str(variant.asked) in left
            assert "{" not in left or ident == "json"
    assert len(seen) == 2 * len(injections())


def test_hidden_text_can_be_read_back():
    assert "".join(chr(ord(sign) - 0xE0000) for sign in hide("ESI 5", "tags")) == "ESI 5"
    bits = "".join("1" if sign == "\u200c" else "0" for sign in hide("ESI 5", "zero_width")[1:-1])
    assert bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)) == b"ESI 5"


def test_an_instruction_is_the_same_in_both_directions_but_for_the_level():
    shown = CASES[1].presentation
    down, how_down, _ = inject(shown, Draws("t", 0), 0)
    up, how_up, _ = inject(shown, Draws("t", 0), 1)
    assert how_down.split()[0] == how_up.split()[0]
    assert len(down.narrative) == pytest.approx(len(up.narrative), abs=1)


@pytest.mark.parametrize("name", list(KINDS))
def test_a_variant_depends_on_case_kind_number_and_seed_alone(name):
    kind, case = KINDS[name], CASES[2]
    few, many = perturb(case, kind, 2, 0), perturb(case, kind, 5, 0)
    assert many[: len(few)] == few
    assert perturb(case, kind, 5, 0) == many
    ids = [variant.as_case().case_id for variant in many]
    assert len(set(ids)) == len(ids)
    assert all(variant.as_case().cluster == case.case_id for variant in many)
    assert all(variant.as_case().truth == case.truth for variant in many)


def test_another_seed_gives_other_variants():
    kind = KINDS["typos"]
    assert perturb(CASES[2], kind, 3, 0) != perturb(CASES[2], kind, 3, 1)


def test_the_control_is_always_there_and_an_unknown_kind_names_the_nearest():
    from triagelab.errors import UnknownNameError

    assert [kind.name for kind in choose(("typos",))] == ["typos", "control"]
    with pytest.raises(UnknownNameError, match="typos"):
        choose(("typo",))


@pytest.mark.parametrize(
    "note",
    [
        "Family history of diabetes insipidus.",
        "Low back pain.",
        "Scarlet fever.",
        "Denies any c/s.",
        "A 7-year-old male.",
    ],
)
def test_the_table_leaves_alone_what_a_swap_would_change(note):
    assert all(by_table(Presentation("x", note), Draws("test.keep", seed)) is None for seed in range(6))


def test_a_kept_phrase_stays_beside_the_same_words_elsewhere():
    shown = Presentation("x", "Low back pain. Back pain since May.")
    assert by_table(shown, Draws("test.keep", 0)).narrative == "Low back pain. Pain in the back since May."


@pytest.mark.parametrize(
    ("concept", "words", "wrong"),
    [
        ("mvc", "car crash", "motor"),
        ("neck_stiffness", "neck stiffness", "is"),
        ("medication_refill", "ran out of insulin", "bp"),
        ("ear_foreign_body", "bead in her ear", "his"),
        ("fall", "fell", "fell on"),
        ("gi_bleed", "poop is black", "tarry"),
    ],
)
def test_wordings_of_the_lexicon_keep_the_words_of_content(concept, words, wrong):
    assert not [reading for reading in readings(concept, words) if re.search(rf"\b{wrong}", reading)]


def test_a_pronoun_stays_behind_the_person_it_may_mean():
    parts = blocks("Chest pain. Her father had a stent. He died at 50. She smokes.")
    assert "Her father had a stent. He died at 50." in parts
    assert blocks("He has a cough. He smokes.") == ["He has a cough.", "He smokes."]
