"""Scores of many documents in one array are those of the documents."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.domain.scores import DocumentTokenScores, TokenScores
from workbench.errors import InputError

WORDS = np.array([[0, 1], [2, 3], [0, 4]], dtype=np.int32)
P = np.array([[1, 0, 0], [0.2, 0.5, 0.3], [0, 1, 0]], dtype=np.float32)


def test_documents_of_a_flat_array_are_parts_of_it() -> None:
    scores = TokenScores.of_flat(("PER",), WORDS, P, np.array([0, 2, 2, 3]))
    assert [len(document.words) for document in scores.documents] == [2, 0, 1]
    assert scores.documents[0].probabilities.base is P
    assert scores.documents[2].words.tolist() == [[0, 4]]
    assert scores.flat[0] is P


def test_the_flat_array_of_documents_holds_them_in_order() -> None:
    parts = ((0, 2), (2, 2), (2, 3))
    scores = TokenScores(("PER",), tuple(DocumentTokenScores(WORDS[a:b], P[a:b]) for a, b in parts))
    assert np.array_equal(scores.flat[0], P)
    assert scores.flat[1].tolist() == [0, 2, 2, 3]
    assert TokenScores(("PER",), ()).flat[0].shape == (0, 3)


@pytest.mark.parametrize("wrong", [np.nan, 1.5, -0.1])
def test_values_that_are_no_probabilities_are_refused_either_way(wrong: float) -> None:
    bad = P.copy()
    bad[1, 1] = wrong
    with pytest.raises(InputError, match="score"):
        TokenScores.of_flat(("PER",), WORDS, bad, np.array([0, 3]))
    with pytest.raises(InputError, match="score"):
        TokenScores(("PER",), (DocumentTokenScores(WORDS, bad),))
    with pytest.raises(InputError, match="do not fit 5 columns"):
        TokenScores(("PER", "LOC"), (DocumentTokenScores(WORDS, P),))
