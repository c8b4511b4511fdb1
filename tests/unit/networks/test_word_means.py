"""Vectors of words by half of a network: whose they are, and that they are remembered as they came."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from workbench.errors import ArtefactError

pytestmark = [pytest.mark.torch, pytest.mark.slow]


def test_words_are_those_of_the_tokenizer_and_their_vectors_have_length_one(
    weights: Callable[..., Path],
) -> None:
    from workbench.networks.word_means import WordMeans

    words = WordMeans(weights())
    found = words.encode_words(["nycger is big", "", "ada " * 40])
    assert found.lengths.tolist() == [3, 0, 40]
    assert found.words[:3].tolist() == [[0, 6], [7, 9], [10, 13]]
    lengths = np.linalg.norm(found.codes * found.scales[:, None], axis=1)
    assert lengths == pytest.approx(np.ones(43), abs=0.02)
    assert (words.width, words.n_layers) == (32, 1)


def test_the_id_is_that_of_the_weights(weights: Callable[..., Path]) -> None:
    from workbench.artefacts import read_tensors, write_tensors
    from workbench.networks.word_means import WordMeans

    first, second = weights("one"), weights("two")
    assert WordMeans(first).id == WordMeans(second).id
    tensors = {name: values + 1 for name, values in read_tensors(second / "model.safetensors").items()}
    write_tensors(second / "model.safetensors", tensors)
    assert WordMeans(first).id != WordMeans(second).id
    (second / "tokenizer.json").unlink()
    with pytest.raises(ArtefactError, match=r"lack tokenizer\.json"):
        WordMeans(second)
