"""What the encoder sees: which text, shorthand spelled out, numbers with a mark where nothing was measured."""

from __future__ import annotations

import numpy as np

from tabular_samples import dataset
from triagelab.agents.encoder_input import spelled_out, texts
from triagelab.cases.presentation import Presentation
from triagelab.training.head_fit import fit_numbers


def test_shorthand_is_spelled_out_and_the_rest_left_alone():
    assert spelled_out("CP, SOB").lower().startswith("chest pain, ")
    assert "sob" not in spelled_out("CP, SOB").lower()
    assert spelled_out("numbness of the left hand") == "numbness of the left hand"
    assert spelled_out("") == ""


def test_a_record_gives_its_complaint_a_note_itself():
    record = Presentation("a", "Complaint: earache; cough. HR 80.", chief_complaint="earache; cough")
    assert texts(record) == ("earache; cough", "earache")
    whole, first = texts(Presentation("b", "Twisted the ankle on a kerb. Walks on it."))
    assert whole.startswith("Twisted the ankle on a kerb. Walks")
    assert first == "Twisted the ankle on a kerb"


def test_text_without_letters_is_no_error():
    assert texts(Presentation("a", "120/80, 90")) == ("120/80, 90", "120/80, 90")
    assert texts(Presentation("a", "", chief_complaint="")) == ("", "")


def test_missing_is_marked_and_never_reads_as_a_value():
    cases = list(dataset(train=200, dev=20, test=20).split("train"))
    numbers = fit_numbers(cases, np.asarray([case.truth.level for case in cases], dtype=float))
    block = numbers.block([Presentation("x", "")])
    assert block.shape == (1, numbers.width())
    names = [numbers.features.columns()[place] for place in numbers.kept]
    width = [2 + len(steps) for steps in numbers.steps]
    start = sum(width[: names.index("heart_rate_bpm")])
    assert block[0, start] == 1.0
    assert not block[0, start + 1 : start + width[names.index("heart_rate_bpm")]].any()
