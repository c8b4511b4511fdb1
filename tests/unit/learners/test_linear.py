"""The fast learner, on an encoder that counts letters."""

from pathlib import Path

import numpy as np
import pytest

from workbench.domain.examples import Example
from workbench.domain.ports import HasSamples, LearnerContext
from workbench.domain.questions import Question
from workbench.errors import ArtefactError, InputError, UnknownNameError
from workbench.learners.linear import LinearLearner

TOPIC = Question("topic", "textcat", ("billing", "delivery"))
TAGS = Question("tags", "textcat-multi", ("urgent", "polite"))


class LetterEncoder:
    """Unit vectors of letter counts."""

    id = "letters-1"
    width = 27

    def encode(self, texts, *, progress=None):
        counts = np.ones((len(texts), self.width), dtype=np.float32) * 0.1
        for row, text in enumerate(texts):
            for letter in text.lower():
                counts[row, max(0, min(26, ord(letter) - 96))] += 1
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def learner(encoder=None, **options):
    return LinearLearner(LearnerContext(encoder=encoder or LetterEncoder(), config=options))


def examples():
    return {
        TOPIC: [Example(text, text, (label,)) for text, label in (("bbb", "billing"), ("ddd", "delivery"))],
        TAGS: [Example(text, text, labels) for text, labels in (("uuu", ("urgent",)), ("ppp", ("polite",)))],
    }


def test_each_question_learns_from_its_own_examples():
    scores = learner().fit(examples(), seed=0).score(["bb", "d", "up"])
    assert scores["topic"].probabilities.argmax(axis=1)[:2].tolist() == [0, 1]
    assert (scores["tags"].probabilities[2] > scores["tags"].probabilities[0].max() - 1e-6).all()


def test_features_are_the_encoders_vectors():
    model = learner().fit(examples(), seed=0)
    assert (model.features(["abc"]) == LetterEncoder().encode(["abc"])).all()


def test_without_an_encoder_there_is_nothing_to_fit_on():
    with pytest.raises(InputError, match="needs an encoder"):
        LinearLearner(LearnerContext())


def test_a_model_of_another_encoder_is_refused(tmp_path):
    class Other(LetterEncoder):
        id = "letters-2"

    learner().fit(examples(), seed=0).save(tmp_path)
    with pytest.raises(ArtefactError, match="letters-1, not of letters-2"):
        learner(Other()).load(tmp_path)


def test_a_model_of_another_width_is_refused(tmp_path):
    class Wide(LetterEncoder):
        width = 28

    learner().fit(examples(), seed=0).save(tmp_path)
    with pytest.raises(ArtefactError, match="do not fit the encoder"):
        learner(Wide()).load(tmp_path)


def test_only_means_of_piece_vectors_become_a_network():
    model = learner().fit(examples(), seed=0)
    with pytest.raises(InputError, match="letters-1 cannot become part of a network"):
        model.network("topic")


def test_a_network_is_asked_for_by_its_question():
    class Named(LetterEncoder):
        backbone_folder = Path("weights")
        max_pieces = 8

    with pytest.raises(UnknownNameError, match="Known: topic, tags"):
        learner(Named()).fit(examples(), seed=0).network("topics")


@pytest.mark.torch
@pytest.mark.slow
def test_encoder_and_head_are_one_network_that_says_the_same(tmp_path):
    from workbench.encoders.minilm import MiniLmEncoder
    from workbench.networks.network import network_scores
    from workbench.store.vectors import CachedEncoder, VectorFile

    texts = ["the invoice is wrong", "refund the invoice", "my parcel is late", "where is it", ""]
    given = {
        TOPIC: [Example(t, t, ("billing" if "invoice" in t else "delivery",)) for t in texts],
        TAGS: [Example(t, t, ("polite",) if "is" in t else ()) for t in texts],
    }
    encoder = MiniLmEncoder(precision="fp32")
    cached = CachedEncoder(encoder, VectorFile(tmp_path, encoder.id, encoder.width))
    for source, tolerance in ((encoder, 1e-5), (cached, 1e-3), (MiniLmEncoder(precision="bf16"), 0.02)):
        model = learner(source).fit(given, seed=0)
        for question in (TOPIC, TAGS):
            network = model.network(question.name)
            assert (network.kind, network.labels) == (question.kind, question.labels)
            found = network_scores(network, texts).probabilities
            assert found == pytest.approx(model.score(texts)[question.name].probabilities, abs=tolerance)


def test_samples_leave_connections_out_and_scatter_around_the_scores():
    model = learner().fit(examples(), seed=0)
    texts = ["bb", "dd", "up"]
    samples = model.samples(texts, n_samples=200, seed=0)
    assert isinstance(model, HasSamples)
    for name in ("topic", "tags"):
        scores = model.score(texts)[name]
        assert samples[name].shape == (200, 3, 2)
        assert samples[name].dtype == np.float32
        assert samples[name].std(axis=0).max() > 0.01
        assert samples[name].mean(axis=0) == pytest.approx(scores.probabilities, abs=0.1)
    assert samples["topic"].sum(axis=2) == pytest.approx(np.ones((200, 3)), abs=1e-5)


def test_samples_are_those_of_their_seed_and_of_the_text_alone():
    model = learner().fit(examples(), seed=0)
    samples = model.samples(["bb", "dd"], n_samples=5, seed=3)["topic"]
    assert (samples == model.samples(["bb", "dd"], n_samples=5, seed=3)["topic"]).all()
    assert (samples != model.samples(["bb", "dd"], n_samples=5, seed=4)["topic"]).any()
    assert samples[:, 1:] == pytest.approx(model.samples(["dd"], n_samples=5, seed=3)["topic"], abs=1e-6)
