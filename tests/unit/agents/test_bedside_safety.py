"""The safety layer at the bedside: asks before a patient is called safe, raises a level, never lowers one."""

from __future__ import annotations

import pytest

from triagelab.agents.bedside_rules import answer
from triagelab.agents.bedside_safety import SafeBedside
from triagelab.agents.bedside_scripted import Constant, DoNothing, RandomAgent
from triagelab.cases.bedside.observation import BedsideObservation, Dialogue

MILD = Constant(answer(5, "primary_care", "minor_illness"), "mild")


def at_the_door(message: str, steps_left: int = 20) -> Dialogue:
    seen = BedsideObservation(message=message, complaint="unwell", age_years=60.0, sex="female", steps_left=steps_left)
    return Dialogue(seen)


def test_a_red_flag_raises_the_level_and_is_counted():
    agent, dialogue = SafeBedside(MILD), at_the_door("A woman with stroke signs.")
    (action,) = agent.act([dialogue])
    assert (action.kind, action.level, action.pathway, action.pattern) == ("commit", 2, "emergency", "minor_illness")
    ended = dialogue.then(action, dialogue.first.model_copy(update={"done": True}))
    assert agent.raised(ended) == 3
    assert agent.raised(dialogue) == 0


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    "message", ["A woman with stroke signs.", "A woman with no pulse.", "A woman with a form to sign."]
)
def test_it_never_lowers_a_level(level, message):
    inner = Constant(answer(level, "urgent", "stroke"), "inner")
    (action,) = SafeBedside(inner).act([at_the_door(message, steps_left=1)])
    assert action.level is not None
    assert action.level <= level


def test_a_patient_is_not_called_safe_before_what_is_wanted_was_asked():
    agent, dialogue = SafeBedside(MILD), at_the_door("A woman with chest pain.")
    labels = []
    for left in range(19, 0, -1):
        (action,) = agent.act([dialogue])
        labels.append(action.label())
        if action.kind == "commit":
            break
        seen = dialogue.first.model_copy(update={"message": "Nothing of note.", "steps_left": left})
        dialogue = dialogue.then(action, seen)
    assert labels[-1].startswith("commit")
    assert len(labels) == len(set(labels))
    assert len(labels) <= 8


def test_what_is_no_commit_is_left_alone():
    dialogue = at_the_door("A woman with stroke signs.")
    assert SafeBedside(DoNothing()).act([dialogue]) == DoNothing().act([dialogue])


def test_name_and_order_are_kept():
    agent = SafeBedside(RandomAgent())
    assert agent.name == "safety:random"
    shown = [at_the_door("A woman with a cough."), at_the_door("A woman with stroke signs.")]
    assert agent.act(shown, seed=4) == [agent.act([one], seed=4)[0] for one in shown]
