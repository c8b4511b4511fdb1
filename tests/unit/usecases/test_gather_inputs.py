"""What strategies are given, and what is said when a model cannot give it."""

import numpy as np
import pytest

from workbench import catalog
from workbench.domain.examples import Example
from workbench.domain.questions import Question
from workbench.domain.scores import ClassScores
from workbench.errors import InputError
from workbench.usecases.gather_inputs import N_SAMPLES, Evidence, gather_inputs
from workbench.usecases.propose_batch import Ranking, rank

TOPIC = Question("topic", "textcat", ("fault", "praise"))
NAMES = Question("names", "ner", ("PER",))
ANSWERED = (Example("a", "it broke", ("fault",)), Example("b", "it is fine", ("praise",)))
TEXTS = ["it fails", "it works", "it"]


class Scoring:
    """A model that gives longer texts more praise."""

    def score(self, texts):
        praise = np.array([len(text) / 20 for text in texts], dtype=np.float32)
        return {"topic": ClassScores(TOPIC.labels, np.stack([1 - praise, praise], axis=1))}


class Telling(Scoring):
    """One that also gives features and samples."""

    def features(self, texts):
        return np.array([[len(text), 1] for text in texts], dtype=np.float32)

    def samples(self, texts, *, n_samples, seed):
        rng = np.random.default_rng(seed)
        return {"topic": rng.dirichlet([1, 1], size=(n_samples, len(texts))).astype(np.float32)}


class Lengths:
    """Vectors of one's length."""

    id = "lengths"
    width = 2

    def encode(self, texts, *, progress=None):
        return np.array([[len(text), 1] for text in texts], dtype=np.float32).reshape(-1, 2)


def test_scores_of_the_answered_documents_stand_beside_their_vectors():
    evidence = Evidence(TOPIC, ANSWERED, Scoring(), Lengths())
    inputs = gather_inputs(catalog.strategy("contrastive"), TEXTS, evidence)
    assert inputs.labelled_scores.probabilities[:, 1] == pytest.approx([8 / 20, 10 / 20])
    assert inputs.labelled_vectors.tolist() == [[8, 1], [10, 1]]
    assert gather_inputs(catalog.strategy("typiclust"), TEXTS, evidence).labelled_scores is None


@pytest.mark.parametrize(("name", "what"), [("badge", "features"), ("bald", "samples")])
def test_a_model_that_cannot_serve_a_strategy_is_named(name, what):
    with pytest.raises(InputError, match=f"needs {what}, and a Scoring gives none"):
        rank(TEXTS, Ranking(name), Evidence(TOPIC, ANSWERED, Scoring()))


@pytest.mark.parametrize(("name", "what"), [("badge", "features"), ("bald", "samples")])
def test_a_question_about_spans_has_no_features_and_samples_of_documents(name, what):
    class Both(Telling):
        def score(self, texts):
            return {"names": None}

    with pytest.raises(InputError, match=f"needs {what} of whole documents; 'names' asks about spans"):
        rank(TEXTS, Ranking(name), Evidence(NAMES, (), Both()))


def test_samples_are_drawn_by_the_seed():
    bald = catalog.strategy("bald")
    one, two, same = (
        gather_inputs(bald, TEXTS, Evidence(TOPIC, (), Telling()), seed=s).samples for s in (1, 2, 1)
    )
    assert one.shape == (N_SAMPLES, 3, 2)
    assert np.array_equal(one, same)
    assert not np.array_equal(one, two)


@pytest.mark.parametrize("name", sorted(set(catalog.STRATEGIES) & set(catalog.strategy_names("textcat"))))
def test_every_strategy_of_labels_ranks_by_what_is_gathered(name):
    ranked = rank(TEXTS, Ranking(name, 2), Evidence(TOPIC, ANSWERED, Telling(), Lengths()))
    assert len(ranked.choice.rows) == 2


def test_strategies_are_offered_for_the_questions_they_can_serve():
    assert "mnlp" not in catalog.strategy_names("textcat-multi")
    assert "badge" not in catalog.strategy_names("ner")
    assert {"mnlp", "badge"} <= set(catalog.strategy_names())
