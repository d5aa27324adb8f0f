"""The oracle: never below a scripted policy, in any episode, by legal acts that can be played again."""

from __future__ import annotations

import pytest

from triagelab.agents.crisis_policies import scripted_policies
from triagelab.evaluation.crisis.clairvoyant import Clairvoyant
from triagelab.evaluation.crisis.foresight import delay_cost, met_hazard, unmet_hazard
from triagelab.evaluation.crisis.oracle import doomed, find_oracle, play_policy
from triagelab.evaluation.crisis.play import play_episode
from triagelab.hospital.acts import read_acts
from triagelab.hospital.hospital import begin
from triagelab.hospital.patient import Need
from triagelab.hospital.plan import NeedSpec
from triagelab.hospital.tables import scenarios

UNSEEN = range(9000, 9010)
"""Seeds on which nothing was chosen."""


@pytest.mark.parametrize("scenario", scenarios())
def test_the_oracle_is_at_least_as_good_as_every_policy_in_every_episode(scenario):
    for seed in UNSEEN:
        root = begin(scenario, 0.5, seed, 20)
        portfolio = [play_policy(name, root) for name in scripted_policies()]
        best = find_oracle(scenario, 0.5, seed, 20, portfolio, rounds=0).record
        for other in portfolio:
            where = f"{scenario} {seed} {other.record.policy}"
            assert best.survival >= other.record.survival - 1e-9, where
            assert best.composite >= other.record.composite - 1e-9, where


@pytest.mark.parametrize("scenario", scenarios())
def test_nothing_is_clearly_below_the_oracle(scenario):
    root = begin(scenario, 0.5, 9020, 20)
    nothing = play_policy("nothing", root)
    found = find_oracle(scenario, 0.5, 9020, 20, [nothing], rounds=0)
    assert found.record.survival > nothing.record.survival + 0.1
    assert found.source != "nothing"


def test_the_oracle_is_the_same_again_and_can_be_played_again():
    found = find_oracle("combined_surge", 0.5, 9001, 20, rounds=3)
    again = find_oracle("combined_surge", 0.5, 9001, 20, rounds=3)
    assert found.record == again.record
    assert found.record.policy == "oracle"
    assert play_episode(found.policy(), "combined_surge", 0.5, 9001, 20) == found.record
    for acts in found.acts:
        for role, chosen in acts.items():
            assert read_acts(role, [act.to_dict() for act in chosen])[1] == []


def test_more_search_is_never_worse():
    portfolio = [play_policy("heuristic", begin("staff_shortage", 0.5, 9002, 20))]
    one, two = (find_oracle("staff_shortage", 0.5, 9002, 20, portfolio, rounds=rounds).record for rounds in (0, 6))
    assert two.composite >= one.composite


def test_the_clairvoyant_flags_no_decoy_and_catches_what_happens():
    caught = false = injected = 0
    for seed in range(9030, 9034):
        h, player = begin("equipment_failure", 0.5, seed, 20), Clairvoyant()
        while not h.done:
            player.see(h.step(player.act(h)))
        real = [item for item in h.incidents.values() if item.kind is not None]
        injected += len(real)
        caught += sum(item.status == "caught" for item in real)
        false += h.false_flags
    assert false == 0
    assert caught >= 0.95 * injected


def test_playing_from_the_hospital_changes_nothing_in_it():
    h = begin("mass_casualty", 0.5, 9003, 20)
    for _ in range(5):
        h.step({})
    other = h.clone()
    Clairvoyant().act(h)
    assert h.step({}) == other.step({})


def need(s=0.4, rise=0.3, fall=0.8, lethal=0.7):
    return Need(NeedSpec("surgery", s, rise, fall, lethal, 0.0, None, 0))


def test_foresight_agrees_with_the_simulators_own_arithmetic():
    for hours in (0.25, 1.0, 3.0, 6.0):
        patient = begin("mass_casualty", 0.5, 0, 20).patients["P-012"]
        for met in (False, True):
            one = patient.copy()
            one.needs, one.at, one.hazard, one.care = [need()], 0.0, 0.0, 1.0
            one.needs[0].met_at = 0.0 if met else None
            expected = met_hazard(need(), 0.4, hours) if met else unmet_hazard(need(), 0.4, hours)
            assert one.settle(60.0 * hours) == pytest.approx(expected)


def test_waiting_costs_more_where_it_kills_faster():
    assert delay_cost(need(), 4.0) > 0
    assert delay_cost(need(lethal=1.4), 4.0) == pytest.approx(2 * delay_cost(need(), 4.0))
    assert delay_cost(need(rise=0.8), 4.0) > delay_cost(need(), 4.0)
    assert delay_cost(need(), 0.0) == 0.0
    assert delay_cost(need(lethal=0.0), 4.0) == 0.0


def test_the_doomed_die_in_every_play():
    for seed in range(9040, 9044):
        root = begin("mass_casualty", 0.5, seed, 20)
        lost = {one.id for one in root.patients.values() if doomed(one, 300.0)}
        record = find_oracle("mass_casualty", 0.5, seed, 20, [play_policy("heuristic", root)], rounds=0).record
        arrived_late = {one.id for one in root.patients.values() if one.spec.arrival_min > 270}
        assert lost - arrived_late <= set(record.dead)
