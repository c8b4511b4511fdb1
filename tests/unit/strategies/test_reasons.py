"""What the strategies say of a document that they ask because of the model's doubt."""

import numpy as np

from workbench import catalog
from workbench.domain.ports import StrategyInputs
from workbench.domain.scores import ClassScores, DocumentTokenScores, TokenScores


def test_strategies_that_ask_where_the_model_wavers_say_between_what():
    p = np.array([[0.5, 0.4, 0.1], [0.9, 0.05, 0.05]], dtype=np.float32)
    inputs = StrategyInputs(2, scores=ClassScores(("a", "b", "c"), p), vectors=np.eye(2, 4, dtype=np.float32))
    for name in ("least-confidence", "margin", "entropy", "cluster-margin"):
        reason = catalog.strategy(name)(inputs, 1, np.random.default_rng(0)).reasons[0]
        assert reason.startswith("the model wavers between 'a' and 'b'"), name


def test_of_entities_they_name_the_word_where_its_text_is_there():
    said = np.array([[0.5, 0.4, 0.1], [0.98, 0.01, 0.01]], dtype=np.float32)
    document = DocumentTokenScores(np.array([(0, 3), (4, 8)], dtype=np.int32), said)
    inputs = StrategyInputs(1, scores=TokenScores(("PER",), (document,)), texts=["Ada came"])
    for name in ("margin", "mnlp", "token-entropy", "total-token-entropy"):
        reason = catalog.strategy(name)(inputs, 1, np.random.default_rng(0)).reasons[0]
        assert reason == "of 2 words the model is least sure of 'Ada': nothing or the start of 'PER'", name
