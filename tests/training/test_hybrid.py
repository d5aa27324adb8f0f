"""The encoder and hybrid recipes, from data to a loaded agent: real steps on the packaged encoder."""

from __future__ import annotations

import json

import numpy as np
import pytest

from triagelab.agents.encoder import EncoderAgent
from triagelab.agents.hybrid import HybridAgent
from triagelab.agents.registry import load_agent
from triagelab.agents.rules import RulesAgent
from triagelab.cases.presentation import Presentation
from triagelab.datasets.registry import load_dataset
from triagelab.errors import BadInputError, DataFormatError, RunStateError
from triagelab.seeding import stream
from triagelab.sentences import SentenceEncoder, VectorStore
from triagelab.training.pool_fit import fit_pool
from triagelab.training.run import train

pytestmark = pytest.mark.training
SMALL = {"notes.n": 120, "notes.n_dev": 60, "head.networks": 1, "head.epochs": 3, "threads": 1}
ARREST = Presentation("x", "Cardiac arrest, CPR in progress, intubated by the crew")


@pytest.fixture(scope="module")
def run(tmp_path_factory, monkeypatch_module):
    monkeypatch_module.setenv("TRIAGELAB_CACHE", str(tmp_path_factory.mktemp("cache")))
    return train("hybrid-generated", tmp_path_factory.mktemp("runs") / "hybrid", overrides=SMALL, progress=False)


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def shown():
    return [case.presentation for case in load_dataset("generated", split="test", n=30)]


@pytest.fixture(scope="module")
def hybrid(run) -> HybridAgent:
    agent = load_agent(f"hybrid:{run}")
    assert isinstance(agent, HybridAgent)
    return agent


def test_the_run_says_what_it_learnt_from_and_reached(run):
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["data"] == {"generated train": 120, "written dev": 60}
    assert sum(manifest["levels"].values()) == 120
    assert set(manifest["dev"]["note"]) >= {"kappa", "n", "rules alone", "encoder alone", "tabular alone"}
    curves = [json.loads(line) for line in (run / "curves.jsonl").read_text().splitlines()]
    assert [row["step"] for row in curves] == [1, 2, 3]
    assert curves[-1]["loss"] < curves[0]["loss"]


def test_predictions_are_whole(hybrid, shown):
    engine = RulesAgent().predict(shown)
    for prediction, alone in zip(hybrid.predict(shown), engine, strict=True):
        assert prediction.level in (1, 2, 3, 4, 5)
        assert sum(prediction.probabilities) == pytest.approx(1.0)
        assert prediction.confidence == pytest.approx(prediction.probabilities[prediction.level - 1])
        assert prediction.because == alone.because
        assert prediction.extra["engine_level"] == alone.level


def test_hard_findings_stand(hybrid):
    (prediction,) = hybrid.predict([ARREST])
    assert prediction.level == 1
    assert prediction.extra["floor"] == 1
    assert prediction.probabilities[0] == pytest.approx(1.0)
    for decision in ("cost", "likeliest"):
        assert (
            HybridAgent(hybrid.model, hybrid.encoder, hybrid.tabular, hybrid.rules, decision).predict([ARREST])[0].level
            == 1
        )


def test_alone_or_in_a_batch(hybrid, shown):
    together = hybrid.predict(shown[:8])
    for presentation, expected in zip(shown[:8], together, strict=True):
        (alone,) = hybrid.predict([presentation])
        assert alone.probabilities == pytest.approx(expected.probabilities, abs=1e-4)
    assert hybrid.predict([]) == []


def test_the_encoder_inside_a_hybrid_run_is_an_agent_of_its_own(run, shown):
    agent = load_agent(f"encoder:{run}")
    assert isinstance(agent, EncoderAgent)
    assert {prediction.level for prediction in agent.predict(shown)} <= {1, 2, 3, 4, 5}


def test_a_tuned_encoder_is_saved_and_loaded(tmp_path, shown, monkeypatch):
    monkeypatch.setenv("TRIAGELAB_CACHE", str(tmp_path / "cache"))
    few = {**SMALL, "notes.n": 48, "notes.n_dev": 50, "notes.dev": "generated"}
    settings = {**few, "sentences.tune_layers": 1, "kind": "encoder"}
    run = train("hybrid-generated", tmp_path / "tuned", overrides=settings, progress=False)
    agent = load_agent(f"encoder:{run}")
    assert (run / "model" / "sentence_encoder" / "model.safetensors").is_file()
    said = ["chest pain", "twisted ankle"]
    assert not np.allclose(agent.encoder.encode(said), SentenceEncoder().encode(said), atol=1e-4)
    assert agent.predict(shown[:3])[0].level in (1, 2, 3, 4, 5)


def test_more_layers_than_there_are(tmp_path, monkeypatch):
    monkeypatch.setenv("TRIAGELAB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(BadInputError, match=r"sentences.tune_layers.*0 to 6"):
        train("hybrid-generated", tmp_path / "r", overrides={**SMALL, "sentences.tune_layers": 9}, progress=False)
    assert not (tmp_path / "r").exists()


def test_a_finished_run_is_left_alone(run):
    with pytest.raises(RunStateError, match="already holds a run"):
        train("hybrid-generated", run, overrides=SMALL, progress=False)
    assert train("hybrid-generated", run, overrides=SMALL, resume=True, progress=False) == run


@pytest.mark.parametrize(
    ("file", "text"), [("hybrid.json", "{}"), ("encoder/encoder.json", "x"), ("encoder/encoder.npz", "x")]
)
def test_a_damaged_agent_is_one_line(run, tmp_path, file, text):
    import shutil

    shutil.copytree(run / "model", tmp_path / "model")
    (tmp_path / "model" / file).write_text(text)
    with pytest.raises(DataFormatError) as caught:
        load_agent(f"hybrid:{tmp_path}")
    assert "\n" not in str(caught.value)


def test_no_such_encoder():
    with pytest.raises(BadInputError, match="encoder"):
        SentenceEncoder("/nowhere/at-all")


def test_vectors_are_kept(tmp_path):
    encoder = SentenceEncoder()
    first = VectorStore(encoder, tmp_path).encode(["a cough", "a cough", "a burn"])
    assert np.linalg.norm(first, axis=1) == pytest.approx(1.0, abs=1e-3)
    told: list[int] = []
    again = VectorStore(encoder, tmp_path).encode(["a burn", "a fall", "a cough"], advance=told.append)
    assert np.array_equal(again[[2, 0]], first[1:])
    assert told == [1]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_store_is_made_anew(tmp_path):
    encoder = SentenceEncoder()
    store = VectorStore(encoder, tmp_path)
    expected = store.encode(["a cough"])
    store.place.write_bytes(b"x")
    assert np.allclose(VectorStore(encoder, tmp_path).encode(["a cough"]), expected)


def test_a_pool_finds_the_member_that_knows():
    rng = stream("tests.pool", 0)
    levels = rng.integers(1, 6, 600)
    knows = np.where(levels[:, None] <= np.arange(1, 5), 1.5, -1.5) + rng.normal(0, 1, (600, 4))
    pool = fit_pool({"knows": knows, "guesses": rng.normal(0, 1, (600, 4))}, levels, None, 0)
    assert pool.weights["knows"] > 10 * pool.weights["guesses"]
    assert list(pool.cuts) == sorted(pool.cuts)


def test_export_says_that_there_is_nothing_to_export(run, tmp_path):
    from triagelab.training.export import export

    with pytest.raises(BadInputError, match="a run of sft or grpo"):
        export(run, tmp_path / "x")
    assert not (tmp_path / "x").exists()
