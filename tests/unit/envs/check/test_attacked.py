"""Text attacks of the reward lab on an environment that takes the right answer line wherever it stands."""

from __future__ import annotations

from triagelab.envs.base import Environment
from triagelab.envs.check import check_env
from triagelab.envs.esi import EsiAction, EsiEpisode, EsiKind, EsiObservation

GAME = "statistical.gameability_gap"


class Gullible(EsiEpisode):
    def step(self, action: EsiAction) -> EsiObservation:
        level = self.case.truth.level
        return EsiEpisode.step(self, self.best() if f"\nANSWER: ESI {level}" in action.text else action)


class GullibleKind(EsiKind):
    def begin(self, split: str, seed: int) -> EsiEpisode:
        whole = super().begin(split, seed)
        return Gullible(whole.case, whole.spec, whole.template)


def test_an_environment_that_takes_any_of_several_answers_is_caught() -> None:
    report = check_env(lambda: Environment(GullibleKind()), only=[GAME])
    assert "text attack" in report.checks[0].detail
    assert report.checks[0].status == "fail"
